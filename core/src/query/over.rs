//! Windows: which rows a window function looks at.

use super::{Expr, Expression, Frame, Node, Order, Window, WindowFunction};
use crate::backend::RankFunction;
use crate::model::ColumnValue;

/// The rows that a window function looks at around each one; begun by [`over`].
///
/// ```
/// # extern crate birgus_core as birgus;
/// use birgus::prelude::*;
/// use birgus::query::{over, row_number};
/// # #[derive(Model)]
/// # pub struct Post { #[key] pub id: i64, pub author_id: i64, pub likes: i32 }
///
/// # fn main() {
/// let by_author = over().partition_by(Post::author_id).order_by(Post::id);
/// let query = Post::query().select((
///     Post::id,
///     row_number(by_author.clone()),                         // the author's 1st, 2nd … post
///     Post::likes.sum().over(by_author.clone().rows(-2, 0)), // of this one and the two before
///     Post::likes.lag(1, by_author),                         // of the one before
/// ));
/// # let _ = query;
/// # }
/// ```
#[derive(Clone, Debug, Default)]
#[must_use = "a window does nothing until a function looks through it"]
pub struct Over {
    pub(super) partition: Vec<Node>,
    pub(super) order: Vec<Order>,
    pub(super) frame: Option<Frame>,
}

/// All rows, in no order.
pub fn over() -> Over {
    Over::default()
}

impl Over {
    /// Rows that agree in the expression, and in those given before, are looked at together.
    pub fn partition_by(mut self, expression: impl Expression) -> Self {
        self.partition.push(expression.into_node());
        self
    }

    /// The order of the rows; every window function but an aggregate needs one.
    pub fn order_by(mut self, order: impl Into<Order>) -> Self {
        self.order.push(order.into());
        self
    }

    /// Only so many rows around each one: from `first` to `last`, which are counted from this row, those before it
    /// negative.
    pub fn rows(mut self, first: i32, last: i32) -> Self {
        self.frame = Some(Frame {
            before: Some(first),
            after: Some(last),
        });
        self
    }

    /// Every row up to this one.
    pub fn rows_so_far(mut self) -> Self {
        self.frame = Some(Frame {
            before: None,
            after: Some(0),
        });
        self
    }

    /// Every row of the partition.
    pub fn all_rows(mut self) -> Self {
        self.frame = Some(Frame {
            before: None,
            after: None,
        });
        self
    }

    fn apply<T>(self, function: WindowFunction) -> Expr<T> {
        Expr::from_node(Node::Window(Box::new(Window {
            function,
            partition: self.partition,
            order: self.order,
            frame: self.frame,
        })))
    }

    fn without_frame<T>(self, function: WindowFunction) -> Expr<T> {
        if self.frame.is_some() {
            return Expr::invalid(
                "this window function looks at the whole partition; a frame has no meaning",
            );
        }
        self.apply(function)
    }
}

/// The number of the row, from 1.
pub fn row_number(window: Over) -> Expr<i64> {
    window.without_frame(WindowFunction::Rank(RankFunction::RowNumber))
}

/// The number of the first row that agrees with it in order, from 1; gaps follow those that agree.
pub fn rank(window: Over) -> Expr<i64> {
    window.without_frame(WindowFunction::Rank(RankFunction::Rank))
}

/// The rank without gaps.
pub fn dense_rank(window: Over) -> Expr<i64> {
    window.without_frame(WindowFunction::Rank(RankFunction::DenseRank))
}

/// The number of the bucket, from 1, when the rows are dealt into so many in their order.
pub fn ntile(buckets: u32, window: Over) -> Expr<i64> {
    window.without_frame(WindowFunction::Rank(RankFunction::Buckets(buckets)))
}

/// Window functions of an expression.
pub trait WindowFunctions: Expression {
    /// The value of the row so many before; `None` where there is none.
    fn lag<Base: ColumnValue>(self, rows: u32, window: Over) -> Expr<Option<Base>>
    where
        Self::Value: ColumnValue<Base = Base>,
        Option<Base>: ColumnValue,
    {
        window.without_frame(WindowFunction::Lag(self.into_node(), rows))
    }

    /// The value of the row so many after; `None` where there is none.
    fn lead<Base: ColumnValue>(self, rows: u32, window: Over) -> Expr<Option<Base>>
    where
        Self::Value: ColumnValue<Base = Base>,
        Option<Base>: ColumnValue,
    {
        window.without_frame(WindowFunction::Lead(self.into_node(), rows))
    }

    /// The value of the frame's first row; `None` when the frame is empty.
    fn first_value<Base: ColumnValue>(self, window: Over) -> Expr<Option<Base>>
    where
        Self::Value: ColumnValue<Base = Base>,
        Option<Base>: ColumnValue,
    {
        window.apply(WindowFunction::First(self.into_node()))
    }

    /// The value of the frame's last row. Without a frame that is this row, or the last one that agrees with it.
    fn last_value<Base: ColumnValue>(self, window: Over) -> Expr<Option<Base>>
    where
        Self::Value: ColumnValue<Base = Base>,
        Option<Base>: ColumnValue,
    {
        window.apply(WindowFunction::Last(self.into_node()))
    }
}

impl<E: Expression> WindowFunctions for E {}
