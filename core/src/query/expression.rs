//! Typed expressions, and what can be done with one of any type.

use std::fmt;
use std::marker::PhantomData;

use super::{Comparison, InList, IntoOperand, Labelled, Node, Operand, Order, Query, Typing};
use crate::backend::{BindType, Function};
use crate::model::{ColumnValue, Kind};
use crate::value::Value;

/// An expression whose value is a `T`; a condition is an `Expr<bool>`.
#[must_use = "an expression does nothing until a query holds it"]
pub struct Expr<T> {
    node: Node,
    marker: PhantomData<fn() -> T>,
}

impl<T> Clone for Expr<T> {
    fn clone(&self) -> Self {
        Self::from_node(self.node.clone())
    }
}

impl<T> fmt::Debug for Expr<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.node, f)
    }
}

impl<T> Expr<T> {
    pub(crate) fn from_node(node: Node) -> Self {
        Self {
            node,
            marker: PhantomData,
        }
    }

    pub(crate) fn invalid(problem: impl Into<String>) -> Self {
        Self::from_node(Node::Invalid(problem.into()))
    }

    /// The expression as plain data.
    pub fn into_node(self) -> Node {
        self.node
    }
}

/// `left = right`
pub(crate) fn node_equal(left: Node, right: Node) -> Node {
    Node::Compare {
        left: Box::new(left),
        operator: Comparison::Equal,
        right: Box::new(right),
    }
}

impl<T: ColumnValue> Expression for Expr<T> {
    type Value = T;

    fn into_node(self) -> Node {
        self.node
    }
}

/// A typed expression: a column, or what is made of columns and values.
///
/// What can be done with one of any type is here; texts, numbers, dates, documents and aggregates have traits of their
/// own. All of them are in the prelude.
///
/// ```
/// # extern crate birgus_core as birgus;
/// use birgus::prelude::*;
/// # #[derive(Model)]
/// # pub struct User { #[key] pub id: i64, pub username: String, pub age: Option<i32>, pub active: bool }
///
/// # fn main() {
/// let grown = User::age.ge(18).and(User::username.ne("root"));
/// let either = User::username.like("s%").or(User::id.in_([1, 2, 3]));
/// let query = User::query()
///     .filter(grown)              // several filters: all must be true
///     .filter(!either)
///     .filter(User::active)       // a bool column is a condition
///     .order_by(User::age.desc()) // NULL last
///     .order_by(User::id.asc());
/// # let _ = query;
/// # }
/// ```
#[allow(
    clippy::wrong_self_convention,
    reason = "an expression is a small value that a query takes over; `is_null` builds one more"
)]
pub trait Expression: Sized {
    /// The type of the value.
    type Value: ColumnValue;

    /// The expression as plain data.
    fn into_node(self) -> Node;

    /// The expression without what it is made of: all expressions of a type are alike then.
    fn into_expr(self) -> Expr<Self::Value> {
        Expr::from_node(self.into_node())
    }

    /// `=`; with `None` it is `IS NULL`, as in SQLAlchemy.
    fn eq(self, value: impl Operand<Self::Value>) -> Expr<bool> {
        let (left, typing) = parts(self);
        let right = value.into_operand(typing);
        if right.is_null() {
            return is_null(left, false);
        }
        compare(left, typing, Comparison::Equal, right)
    }

    /// `<>`; with `None` it is `IS NOT NULL`. A NULL is not unequal: SQL calls it unknown.
    fn ne(self, value: impl Operand<Self::Value>) -> Expr<bool> {
        let (left, typing) = parts(self);
        let right = value.into_operand(typing);
        if right.is_null() {
            return is_null(left, true);
        }
        compare(left, typing, Comparison::NotEqual, right)
    }

    /// `IS DISTINCT FROM`: unequal, where NULL is like any other value.
    fn is_distinct_from(self, value: impl Operand<Self::Value>) -> Expr<bool> {
        let (left, typing) = parts(self);
        compare(
            left,
            typing,
            Comparison::Distinct,
            value.into_operand(typing),
        )
    }

    /// `IS NOT DISTINCT FROM`: equal, where NULL is like any other value.
    fn is_not_distinct_from(self, value: impl Operand<Self::Value>) -> Expr<bool> {
        let (left, typing) = parts(self);
        compare(
            left,
            typing,
            Comparison::NotDistinct,
            value.into_operand(typing),
        )
    }

    /// `<`
    fn lt(self, value: impl Operand<Self::Value>) -> Expr<bool> {
        let (left, typing) = parts(self);
        compare(left, typing, Comparison::Less, value.into_operand(typing))
    }

    /// `<=`
    fn le(self, value: impl Operand<Self::Value>) -> Expr<bool> {
        let (left, typing) = parts(self);
        compare(
            left,
            typing,
            Comparison::LessOrEqual,
            value.into_operand(typing),
        )
    }

    /// `>`
    fn gt(self, value: impl Operand<Self::Value>) -> Expr<bool> {
        let (left, typing) = parts(self);
        compare(
            left,
            typing,
            Comparison::Greater,
            value.into_operand(typing),
        )
    }

    /// `>=`
    fn ge(self, value: impl Operand<Self::Value>) -> Expr<bool> {
        let (left, typing) = parts(self);
        compare(
            left,
            typing,
            Comparison::GreaterOrEqual,
            value.into_operand(typing),
        )
    }

    /// `BETWEEN`, both ends included.
    fn between(
        self,
        low: impl Operand<Self::Value>,
        high: impl Operand<Self::Value>,
    ) -> Expr<bool> {
        let (node, typing) = parts(self);
        Expr::from_node(Node::Between {
            operand: Box::new(in_order(typing, comparable(typing, node))),
            low: Box::new(in_order(typing, low.into_operand(typing))),
            high: Box::new(in_order(typing, high.into_operand(typing))),
            negated: false,
        })
    }

    /// `IN`: a list of any number of values, or a query for one value a row. An empty list is false; NULL among a query's
    /// values is left out.
    fn in_<Marker>(self, list: impl InList<Self::Value, Marker>) -> Expr<bool> {
        let (node, typing) = parts(self);
        Expr::from_node(list.into_in(comparable(typing, node), typing, false))
    }

    /// `NOT IN`; an empty list is true.
    fn not_in<Marker>(self, list: impl InList<Self::Value, Marker>) -> Expr<bool> {
        let (node, typing) = parts(self);
        Expr::from_node(list.into_in(comparable(typing, node), typing, true))
    }

    /// `IS NULL`
    fn is_null(self) -> Expr<bool> {
        is_null(self.into_node(), false)
    }

    /// `IS NOT NULL`
    fn is_not_null(self) -> Expr<bool> {
        is_null(self.into_node(), true)
    }

    /// Rising; NULL first, and enums in the order of their declaration.
    fn asc(self) -> Order {
        order(self, false)
    }

    /// Falling; NULL last.
    fn desc(self) -> Order {
        order(self, true)
    }

    /// The value, or the other one where it is NULL.
    fn coalesce<Base: ColumnValue>(self, other: impl IntoOperand<Base>) -> Expr<Base>
    where
        Self::Value: ColumnValue<Base = Base>,
    {
        let (node, typing) = parts(self);
        let other = other.into_value_of(typing);
        let result = node.bind_type();
        Expr::from_node(Node::call(Function::Coalesce, [node, other], result))
    }

    /// The value, or the other one, which may be NULL too, where it is NULL.
    fn or_else<Base: ColumnValue>(self, other: impl IntoOperand<Option<Base>>) -> Expr<Option<Base>>
    where
        Self::Value: ColumnValue<Base = Base>,
        Option<Base>: ColumnValue,
    {
        let (node, typing) = parts(self);
        let other = other.into_value_of(typing);
        let result = node.bind_type();
        Expr::from_node(Node::call(Function::Coalesce, [node, other], result))
    }

    /// NULL where the value equals the other one.
    fn null_if<Base: ColumnValue>(self, other: impl Operand<Self::Value>) -> Expr<Option<Base>>
    where
        Self::Value: ColumnValue<Base = Base>,
        Option<Base>: ColumnValue,
    {
        let (node, typing) = parts(self);
        let other = other.into_operand(typing);
        let result = node.bind_type();
        let node = comparable(typing, node);
        Expr::from_node(Node::call(Function::NullIf, [node, other], result))
    }

    /// The same value, as one that may be NULL: what stands behind a left join is selected so.
    fn nullable<Base: ColumnValue>(self) -> Expr<Option<Base>>
    where
        Self::Value: ColumnValue<Base = Base>,
        Option<Base>: ColumnValue,
    {
        Expr::from_node(self.into_node())
    }

    /// A name in the result: for a derived struct, and for columns of common table expressions.
    fn label(self, name: &'static str) -> Labelled<Self::Value> {
        Labelled::new(self.into_node(), name)
    }
}

/// The expression as plain data, and what is known of its type.
pub(super) fn parts<E: Expression>(expression: E) -> (Node, Typing) {
    let node = expression.into_node();
    let typing = Typing::of::<E::Value>(&node);
    (node, typing)
}

fn is_null(node: Node, negated: bool) -> Expr<bool> {
    Expr::from_node(Node::IsNull {
        operand: Box::new(node),
        negated,
    })
}

/// The expression where its equality counts. Documents have none that is the same everywhere: PostgreSQL compares them
/// parsed, the others their texts, and MySQL never finds one equal to a text.
pub(super) fn comparable(typing: Typing, node: Node) -> Node {
    if typing.kind == Kind::Json {
        return Node::Invalid(format!(
            "{}: documents can't be compared or ordered the same on every engine; only is_null() and is_not_null() are offered",
            typing.subject()
        ));
    }
    node
}

/// Something that is ordered: enums by the place of their variant.
fn in_order(typing: Typing, node: Node) -> Node {
    let Kind::Enum(list) = typing.kind else {
        return node;
    };
    let Node::Bind(bind) = &node else {
        if matches!(node, Node::Invalid(_)) {
            return node;
        }
        let operand = Box::new(node);
        return Node::Position { operand, list };
    };
    let position = match &bind.value {
        Value::Text(text) => list.iter().position(|value| value == text),
        _ => None,
    };
    let value = position.and_then(|position| i64::try_from(position).ok());
    Node::bind(value.map_or(Value::Null, Value::Integer), BindType::BigInt)
}

fn compare(left: Node, typing: Typing, operator: Comparison, right: Node) -> Expr<bool> {
    let left = comparable(typing, left);
    let (left, right) = match operator {
        Comparison::Less
        | Comparison::LessOrEqual
        | Comparison::Greater
        | Comparison::GreaterOrEqual => (in_order(typing, left), in_order(typing, right)),
        _ => (left, right),
    };
    Expr::from_node(Node::Compare {
        left: Box::new(left),
        operator,
        right: Box::new(right),
    })
}

fn order<E: Expression>(expression: E, descending: bool) -> Order {
    let (node, typing) = parts(expression);
    let node = match (comparable(typing, node), typing.kind) {
        // Rows of a set operation may be ordered by it: then it stands for a column.
        (node @ Node::Bind(_), Kind::Enum(list)) => Node::Position {
            operand: Box::new(node),
            list,
        },
        (node, _) => in_order(typing, node),
    };
    Order::new(node, descending)
}

impl Expr<bool> {
    /// Both.
    pub fn and(self, other: impl Into<Self>) -> Self {
        Self::from_node(match (self.node, other.into().node) {
            (Node::And(mut all), Node::And(more)) => {
                all.extend(more);
                Node::And(all)
            }
            (Node::And(mut all), one) => {
                all.push(one);
                Node::And(all)
            }
            (left, right) => Node::And(vec![left, right]),
        })
    }

    /// At least one.
    pub fn or(self, other: impl Into<Self>) -> Self {
        Self::from_node(match (self.node, other.into().node) {
            (Node::Or(mut any), one) => {
                any.push(one);
                Node::Or(any)
            }
            (left, right) => Node::Or(vec![left, right]),
        })
    }
}

/// `a & b` is `a.and(b)`.
impl<C: Into<Self>> std::ops::BitAnd<C> for Expr<bool> {
    type Output = Self;

    fn bitand(self, other: C) -> Self {
        self.and(other)
    }
}

/// `a | b` is `a.or(b)`.
impl<C: Into<Self>> std::ops::BitOr<C> for Expr<bool> {
    type Output = Self;

    fn bitor(self, other: C) -> Self {
        self.or(other)
    }
}

impl std::ops::Not for Expr<bool> {
    type Output = Self;

    /// `NOT`; unknown stays unknown.
    fn not(self) -> Self {
        Self::from_node(Node::Not(Box::new(self.node)))
    }
}

/// A value that may be NULL as a condition: NULL is unknown.
impl From<Expr<Option<bool>>> for Expr<bool> {
    fn from(expression: Expr<Option<bool>>) -> Self {
        expression.eq(true)
    }
}

/// An expression alone is rising.
impl<T: ColumnValue> From<Expr<T>> for Order {
    fn from(expression: Expr<T>) -> Self {
        expression.asc()
    }
}

/// Whether the query has a row.
///
/// ```
/// # extern crate birgus_core as birgus;
/// use birgus::prelude::*;
/// use birgus::query::exists;
/// # #[derive(Model)]
/// # pub struct User { #[key] pub id: i64, pub username: String }
/// # #[derive(Model)]
/// # pub struct Post { #[key] pub id: i64, #[column(references = User::id)] pub author_id: i64 }
///
/// # fn main() {
/// let writers = User::query().filter(exists(Post::query().filter(Post::author_id.eq(User::id))));
/// # let _ = writers;
/// # }
/// ```
pub fn exists<M, O>(query: Query<M, O>) -> Expr<bool> {
    Expr::from_node(Node::Exists(query.into_select()))
}
