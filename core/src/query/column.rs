//! Typed columns, and what is assigned to them.

use std::fmt;
use std::marker::PhantomData;

use super::{Expr, Expression, IntoOperand, Node, Order, Typing};
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
    pub fn field(self) -> &'static FieldInfo {
        self.field
    }

    /// `column = value`, for a set-based update: a value, or an expression over the row as it was.
    pub fn set(self, value: impl IntoOperand<T>) -> Assignment<M> {
        let value = value.into_value_of(Typing::stored(self.field));
        Assignment {
            field: self.field,
            value,
            marker: PhantomData,
        }
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

/// `column = value` of a set-based update of `M`.
#[derive(Debug)]
pub struct Assignment<M> {
    pub(crate) field: &'static FieldInfo,
    pub(crate) value: Node,
    marker: PhantomData<fn() -> M>,
}

impl<M> Clone for Assignment<M> {
    fn clone(&self) -> Self {
        Self {
            field: self.field,
            value: self.value.clone(),
            marker: PhantomData,
        }
    }
}

/// One assignment stands where several may: `update(User::age.set(18), …)`.
impl<M> IntoIterator for Assignment<M> {
    type Item = Self;
    type IntoIter = std::iter::Once<Self>;

    fn into_iter(self) -> Self::IntoIter {
        std::iter::once(self)
    }
}
