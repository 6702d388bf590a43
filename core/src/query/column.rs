//! Typed columns.

use std::fmt;
use std::marker::PhantomData;

use super::{Expr, Expression, Node, Order};
use crate::model::{ColumnValue, FieldInfo};

/// A column of the model `M` that holds a `T`: `User::username`.
///
/// The derive makes one constant a field, so an unknown column and a value of a wrong type don't compile. What can be
/// done with it is listed at [`Expression`].
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
    pub const fn field(self) -> &'static FieldInfo {
        self.field
    }
}

impl<M, T: ColumnValue> Expression for Column<M, T> {
    type Value = T;

    fn into_node(self) -> Node {
        self.field.node()
    }
}

impl<M> From<Column<M, bool>> for Expr<bool> {
    fn from(column: Column<M, bool>) -> Self {
        column.eq(true)
    }
}

/// NULL is unknown, which a filter takes for false.
impl<M> From<Column<M, Option<bool>>> for Expr<bool> {
    fn from(column: Column<M, Option<bool>>) -> Self {
        column.eq(true)
    }
}

/// A column alone is rising.
impl<M, T: ColumnValue> From<Column<M, T>> for Order {
    fn from(column: Column<M, T>) -> Self {
        column.asc()
    }
}
