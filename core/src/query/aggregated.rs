//! Aggregates.

use std::fmt;
use std::marker::PhantomData;

use super::{Aggregate, Expr, Expression, Node, Number, Order, TextValue, Window, WindowFunction};
use crate::backend::{AggregateFunction, BindType};
use crate::model::ColumnValue;
use crate::query::over::Over;

/// An aggregate whose value is a `T`: refined by [`Aggregated::distinct`], [`Aggregated::filter`], and turned into a
/// window function by [`Aggregated::over`].
#[must_use = "an expression does nothing until a query holds it"]
pub struct Aggregated<T> {
    pub(super) aggregate: Aggregate,
    marker: PhantomData<fn() -> T>,
}

impl<T> Clone for Aggregated<T> {
    fn clone(&self) -> Self {
        Self::new(self.aggregate.clone())
    }
}

impl<T> fmt::Debug for Aggregated<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.aggregate, f)
    }
}

impl<T> Aggregated<T> {
    fn new(aggregate: Aggregate) -> Self {
        Self {
            aggregate,
            marker: PhantomData,
        }
    }

    fn of(function: AggregateFunction, arguments: Vec<Node>, result: BindType) -> Self {
        Self::new(Aggregate {
            function,
            arguments,
            distinct: false,
            filter: None,
            order: Vec::new(),
            result,
        })
    }

    /// Each value counts once.
    pub fn distinct(mut self) -> Self {
        self.aggregate.distinct = true;
        self
    }

    /// Only the rows for which the condition is true take part; several filters must all be.
    pub fn filter(mut self, condition: impl Into<Expr<bool>>) -> Self {
        let condition = condition.into();
        let filter = match self.aggregate.filter.take() {
            Some(filter) => Expr::from_node(filter).and(condition),
            None => condition,
        };
        self.aggregate.filter = Some(filter.into_node());
        self
    }

    /// The order in which the values are taken: for [`Aggregates::join_text`], the only one that it matters to.
    pub fn order_by(mut self, order: impl Into<Order>) -> Self {
        self.aggregate.order.push(order.into());
        self
    }

    /// The aggregate of a window of rows around each one, instead of a group.
    pub fn over(self, window: Over) -> Expr<T> {
        Expr::from_node(Node::Window(Box::new(Window {
            function: WindowFunction::Aggregate(self.aggregate),
            partition: window.partition,
            order: window.order,
            frame: window.frame,
        })))
    }
}

impl<T: ColumnValue> Expression for Aggregated<T> {
    type Value = T;

    fn into_node(self) -> Node {
        Node::Aggregate(Box::new(self.aggregate))
    }
}

impl<T: ColumnValue> From<Aggregated<T>> for Order {
    fn from(aggregated: Aggregated<T>) -> Self {
        aggregated.asc()
    }
}

impl From<Aggregated<Option<bool>>> for Expr<bool> {
    fn from(aggregated: Aggregated<Option<bool>>) -> Self {
        aggregated.eq(true)
    }
}

/// The number of rows: `COUNT(*)`.
pub fn count_rows() -> Aggregated<i64> {
    Aggregated::of(AggregateFunction::Count, Vec::new(), BindType::BigInt)
}

/// Values that have a least and a greatest one on every engine.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no least and greatest value on every engine",
    label = "not a number, a text, a date or a time"
)]
pub trait Ordered {}

macro_rules! ordered {
    ($($type:ty),* $(,)?) => {$(
        impl Ordered for $type {}
        impl Ordered for Option<$type> {}
    )*};
}

ordered!(
    i16,
    i32,
    i64,
    f64,
    String,
    rust_decimal::Decimal,
    chrono::NaiveDate,
    chrono::NaiveTime,
    chrono::NaiveDateTime,
    chrono::DateTime<chrono::Utc>,
);

/// Truth values.
#[diagnostic::on_unimplemented(message = "`{Self}` is no truth value", label = "not a bool")]
pub trait TruthValue {}
impl TruthValue for bool {}
impl TruthValue for Option<bool> {}

/// Aggregates of an expression. NULL takes no part in them; of no values all but the counts are `None`.
///
/// ```
/// # extern crate birgus_core as birgus;
/// use birgus::prelude::*;
/// use birgus::query::count_rows;
/// # #[derive(Model)]
/// # pub struct Post { #[key] pub id: i64, pub author_id: i64, pub likes: i32, pub body: String }
///
/// # fn main() {
/// let popular = Post::query()
///     .select((Post::author_id, count_rows(), Post::likes.sum()))
///     .group_by(Post::author_id)
///     .having(Post::likes.sum().gt(100))
///     .order_by(Post::likes.sum().desc());
/// # let _ = popular;
/// # }
/// ```
pub trait Aggregates: Expression {
    /// How many values there are.
    fn count(self) -> Aggregated<i64> {
        Aggregated::of(
            AggregateFunction::Count,
            vec![self.into_node()],
            BindType::BigInt,
        )
    }

    /// The sum: of whole numbers an `i64`, out of whose range is an error.
    fn sum(self) -> Aggregated<Option<<Self::Value as Number>::Wide>>
    where
        Self::Value: Number,
    {
        let node = self.into_node();
        let result = super::arithmetic::widened(&node);
        Aggregated::of(AggregateFunction::Sum, vec![node], result)
    }

    /// The mean: of whole numbers an `f64`, of decimals one with four more digits, rounded half away from zero.
    fn avg(self) -> Aggregated<Option<<Self::Value as Number>::Quotient>>
    where
        Self::Value: Number,
    {
        let node = self.into_node();
        let result = super::arithmetic::quotient(&node);
        Aggregated::of(AggregateFunction::Average, vec![node], result)
    }

    /// The least value.
    fn min<Base: ColumnValue>(self) -> Aggregated<Option<Base>>
    where
        Self::Value: Ordered + ColumnValue<Base = Base>,
    {
        let node = self.into_node();
        let result = node.bind_type();
        Aggregated::of(AggregateFunction::Minimum, vec![node], result)
    }

    /// The greatest value.
    fn max<Base: ColumnValue>(self) -> Aggregated<Option<Base>>
    where
        Self::Value: Ordered + ColumnValue<Base = Base>,
    {
        let node = self.into_node();
        let result = node.bind_type();
        Aggregated::of(AggregateFunction::Maximum, vec![node], result)
    }

    /// The texts joined, with the separator between them. Give an order ([`Aggregated::order_by`]): without one, engines
    /// join as the rows come.
    fn join_text(self, separator: &str) -> Aggregated<Option<String>>
    where
        Self::Value: TextValue,
    {
        let (node, typing) = super::expression::parts(self);
        let separator = typing.text(separator);
        Aggregated::of(
            AggregateFunction::JoinText,
            vec![node, separator],
            BindType::Text,
        )
    }

    /// Whether all are true.
    fn bool_and(self) -> Aggregated<Option<bool>>
    where
        Self::Value: TruthValue,
    {
        Aggregated::of(
            AggregateFunction::All,
            vec![self.into_node()],
            BindType::Boolean,
        )
    }

    /// Whether one is true.
    fn bool_or(self) -> Aggregated<Option<bool>>
    where
        Self::Value: TruthValue,
    {
        Aggregated::of(
            AggregateFunction::Any,
            vec![self.into_node()],
            BindType::Boolean,
        )
    }
}

impl<E: Expression> Aggregates for E {}
