//! Typed columns and the conditions made from them.

use std::fmt;
use std::marker::PhantomData;

use super::{Comparison, Node};
use crate::backend::BindType;
use crate::model::{ColumnValue, FieldInfo, IntoColumnValue, Kind};
use crate::value::Value;
use crate::{Error, Result};

/// A column of the model `M` that holds a `T`: `User::username`.
///
/// The derive makes one constant a field, so an unknown column and a value of a wrong type don't compile.
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
pub struct Column<M, T> {
    field: &'static FieldInfo,
    marker: PhantomData<fn() -> (M, T)>,
}

impl<M, T> Clone for Column<M, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<M, T> Copy for Column<M, T> {}

impl<M, T> fmt::Debug for Column<M, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.field, f)
    }
}

/// An expression whose value is a `T`; a condition is an `Expr<bool>`.
#[must_use = "a condition does nothing until a query is filtered by it"]
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

    /// The expression as plain data.
    pub fn into_node(self) -> Node {
        self.node
    }
}

/// Something that a column of type `T` can be compared with: a value, or another column of that type.
#[diagnostic::on_unimplemented(
    message = "a column of type `{T}` can't be compared with `{Self}`",
    label = "expected a value or a column of type `{T}`"
)]
pub trait Operand<T> {
    /// The operand as plain data; `field` is the column that it is compared with.
    #[doc(hidden)]
    fn into_operand(self, field: &'static FieldInfo) -> Node;
}

#[diagnostic::do_not_recommend]
impl<M, T: ColumnValue> Operand<T> for Column<M, T> {
    fn into_operand(self, field: &'static FieldInfo) -> Node {
        column_operand(self.field, field)
    }
}

#[diagnostic::do_not_recommend]
impl<M, T: ColumnValue> Operand<Option<T>> for Column<M, T>
where
    Option<T>: ColumnValue,
{
    fn into_operand(self, field: &'static FieldInfo) -> Node {
        column_operand(self.field, field)
    }
}

/// A column that is compared with another one.
fn column_operand(column: &'static FieldInfo, other: &'static FieldInfo) -> Node {
    // An engine without exact numbers stores them scaled, and would compare 1.5 of one scale with 150 of another.
    if column.kind == Kind::Decimal && column.scale() != other.scale() {
        return Node::Invalid(format!(
            "{}: compared with {}, which has another scale",
            other.subject(),
            column.subject()
        ));
    }
    column.node()
}

/// The longest pattern of LIKE, in bytes, on every engine (<https://sqlite.org/limits.html>).
const PATTERN_LIMIT: usize = 50_000;

fn is_null(node: &Node) -> bool {
    matches!(node, Node::Bind(bind) if bind.value.is_null())
}

impl<M, T> Column<M, T> {
    /// Made by the derive.
    #[doc(hidden)]
    pub const fn new(field: &'static FieldInfo) -> Self {
        Self {
            field,
            marker: PhantomData,
        }
    }

    /// The description of the field.
    pub fn field(self) -> &'static FieldInfo {
        self.field
    }

    /// The column where its equality counts. Documents have none that is the same everywhere: PostgreSQL compares them
    /// parsed, the others their texts, and MySQL never finds one equal to a text.
    fn equal_node(self) -> Node {
        if self.field.kind == Kind::Json {
            return Node::Invalid(format!(
                "{}: documents can't be compared or ordered the same on every engine; only is_null() and is_not_null() are offered",
                self.field.subject()
            ));
        }
        self.field.node()
    }

    /// The column where its order counts.
    fn ordered_node(self) -> Node {
        self.in_order(self.equal_node())
    }

    /// Something that the column is ordered with: enums by the place of their variant.
    fn in_order(self, node: Node) -> Node {
        let Kind::Enum(list) = self.field.kind else {
            return node;
        };
        let Node::Bind(bind) = &node else {
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

    fn compare(self, operator: Comparison, right: Node) -> Expr<bool> {
        let (left, right) = match operator {
            Comparison::Equal | Comparison::NotEqual => (self.equal_node(), right),
            _ => (self.ordered_node(), self.in_order(right)),
        };
        Expr::from_node(Node::Compare {
            left: Box::new(left),
            operator,
            right: Box::new(right),
        })
    }

    /// `=`; with `None` it is `IS NULL`, as in SQLAlchemy.
    pub fn eq(self, value: impl Operand<T>) -> Expr<bool> {
        let right = value.into_operand(self.field);
        if is_null(&right) {
            self.is_null()
        } else {
            self.compare(Comparison::Equal, right)
        }
    }

    /// `<>`; with `None` it is `IS NOT NULL`. A NULL in the column is not unequal: SQL calls it unknown.
    pub fn ne(self, value: impl Operand<T>) -> Expr<bool> {
        let right = value.into_operand(self.field);
        if is_null(&right) {
            self.is_not_null()
        } else {
            self.compare(Comparison::NotEqual, right)
        }
    }

    /// `<`
    pub fn lt(self, value: impl Operand<T>) -> Expr<bool> {
        self.compare(Comparison::Less, value.into_operand(self.field))
    }

    /// `<=`
    pub fn le(self, value: impl Operand<T>) -> Expr<bool> {
        self.compare(Comparison::LessOrEqual, value.into_operand(self.field))
    }

    /// `>`
    pub fn gt(self, value: impl Operand<T>) -> Expr<bool> {
        self.compare(Comparison::Greater, value.into_operand(self.field))
    }

    /// `>=`
    pub fn ge(self, value: impl Operand<T>) -> Expr<bool> {
        self.compare(Comparison::GreaterOrEqual, value.into_operand(self.field))
    }

    /// `BETWEEN`, both ends included.
    pub fn between(self, low: impl Operand<T>, high: impl Operand<T>) -> Expr<bool> {
        Expr::from_node(Node::Between {
            operand: Box::new(self.ordered_node()),
            low: Box::new(self.in_order(low.into_operand(self.field))),
            high: Box::new(self.in_order(high.into_operand(self.field))),
            negated: false,
        })
    }

    fn list<O: Operand<T>>(self, values: impl IntoIterator<Item = O>, negated: bool) -> Expr<bool> {
        let list: Vec<Node> = values
            .into_iter()
            .map(|value| value.into_operand(self.field))
            .collect();
        // `x IN (NULL)` is never true and `x NOT IN (NULL)` neither: a trap on every engine.
        if list.iter().any(is_null) {
            let message = format!(
                "{}: a list must not hold None; ask by is_null()",
                self.field.subject()
            );
            return Expr::from_node(Node::Invalid(message));
        }
        Expr::from_node(Node::In {
            operand: Box::new(self.equal_node()),
            list,
            negated,
        })
    }

    /// `IN`; an empty list is false.
    pub fn in_<O: Operand<T>>(self, values: impl IntoIterator<Item = O>) -> Expr<bool> {
        self.list(values, false)
    }

    /// `NOT IN`; an empty list is true.
    pub fn not_in<O: Operand<T>>(self, values: impl IntoIterator<Item = O>) -> Expr<bool> {
        self.list(values, true)
    }

    /// `IS NULL`
    pub fn is_null(self) -> Expr<bool> {
        Expr::from_node(Node::IsNull {
            operand: Box::new(self.field.node()),
            negated: false,
        })
    }

    /// `IS NOT NULL`
    pub fn is_not_null(self) -> Expr<bool> {
        Expr::from_node(Node::IsNull {
            operand: Box::new(self.field.node()),
            negated: true,
        })
    }

    /// Rising; NULL first, and enums in the order of their declaration.
    pub fn asc(self) -> Order {
        Order {
            node: self.ordered_node(),
            descending: false,
        }
    }

    /// Falling; NULL last.
    pub fn desc(self) -> Order {
        Order {
            node: self.ordered_node(),
            descending: true,
        }
    }

    /// `column = value`, for a set-based update.
    pub fn set(self, value: impl IntoColumnValue<T>) -> Assignment<M> {
        let value = value
            .into_column_value()
            .and_then(|value| self.field.check(value));
        Assignment {
            field: self.field,
            value,
            marker: PhantomData,
        }
    }
}

/// Text columns, and optional ones.
pub trait TextColumn {}
impl TextColumn for String {}
impl TextColumn for Option<String> {}

impl<M, T: TextColumn> Column<M, T> {
    fn like_node(self, pattern: &str, negated: bool) -> Expr<bool> {
        // An escape with nothing behind it is an error on PostgreSQL and a literal backslash elsewhere.
        let escapes = pattern
            .chars()
            .rev()
            .take_while(|letter| *letter == '\\')
            .count();
        if escapes % 2 == 1 {
            let message = format!(
                "{}: a like pattern must not end in a single backslash",
                self.field.subject()
            );
            return Expr::from_node(Node::Invalid(message));
        }
        if pattern.len() > PATTERN_LIMIT {
            let message = format!(
                "{}: a like pattern of {} bytes, at most {PATTERN_LIMIT} on every engine",
                self.field.subject(),
                pattern.len()
            );
            return Expr::from_node(Node::Invalid(message));
        }
        Expr::from_node(Node::Like {
            operand: Box::new(self.field.node()),
            pattern: Box::new(self.field.operand(Ok(Value::Text(pattern.to_owned())))),
            negated,
        })
    }

    /// `LIKE`, telling cases apart: `%` is any text, `_` any one character, and `\` takes the next one literally.
    pub fn like(self, pattern: &str) -> Expr<bool> {
        self.like_node(pattern, false)
    }

    /// `NOT LIKE`
    pub fn not_like(self, pattern: &str) -> Expr<bool> {
        self.like_node(pattern, true)
    }
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

impl<M> From<Column<M, bool>> for Expr<bool> {
    fn from(column: Column<M, bool>) -> Self {
        column.eq(true)
    }
}

/// An item of ORDER BY.
#[derive(Clone, Debug)]
pub struct Order {
    pub(crate) node: Node,
    pub(crate) descending: bool,
}

/// A column alone is rising.
impl<M, T> From<Column<M, T>> for Order {
    fn from(column: Column<M, T>) -> Self {
        column.asc()
    }
}

/// `column = value` of a set-based update of `M`.
#[derive(Debug)]
pub struct Assignment<M> {
    pub(crate) field: &'static FieldInfo,
    pub(crate) value: Result<Value, Error>,
    marker: PhantomData<fn() -> M>,
}

/// One assignment stands where several may: `update(User::age.set(18), …)`.
impl<M> IntoIterator for Assignment<M> {
    type Item = Self;
    type IntoIter = std::iter::Once<Self>;

    fn into_iter(self) -> Self::IntoIter {
        std::iter::once(self)
    }
}
