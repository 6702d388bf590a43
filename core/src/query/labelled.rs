//! Expressions with a name in the result.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use super::{Expression, Node, Order};
use crate::model::ColumnValue;

/// An expression with a name in the result; made by [`Expression::label`].
///
/// It can be used wherever the expression can: in `order_by` and `having` the expression is meant.
#[must_use = "an expression does nothing until a query holds it"]
pub struct Labelled<T> {
    node: Node,
    pub(super) name: Cow<'static, str>,
    marker: PhantomData<fn() -> T>,
}

impl<T> Clone for Labelled<T> {
    fn clone(&self) -> Self {
        Self {
            node: self.node.clone(),
            name: self.name.clone(),
            marker: PhantomData,
        }
    }
}

impl<T> fmt::Debug for Labelled<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Labelled")
            .field("name", &self.name)
            .field("node", &self.node)
            .finish()
    }
}

impl<T> Labelled<T> {
    pub(super) fn new(node: Node, name: &'static str) -> Self {
        Self {
            node,
            name: Cow::Borrowed(name),
            marker: PhantomData,
        }
    }
}

impl<T: ColumnValue> Expression for Labelled<T> {
    type Value = T;

    fn into_node(self) -> Node {
        self.node
    }
}

impl<T: ColumnValue> From<Labelled<T>> for Order {
    fn from(labelled: Labelled<T>) -> Self {
        labelled.asc()
    }
}
