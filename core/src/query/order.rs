//! Items of ORDER BY.

use super::Node;

/// An item of ORDER BY.
///
/// NULL is smaller than every value, unless [`Order::nulls_first`] or [`Order::nulls_last`] says otherwise.
#[derive(Clone, Debug, PartialEq)]
#[must_use = "an order does nothing until a query is ordered by it"]
pub struct Order {
    pub(crate) node: Node,
    pub(crate) descending: bool,
    pub(crate) nulls_first: bool,
}

impl Order {
    pub(crate) fn new(node: Node, descending: bool) -> Self {
        Self {
            node,
            descending,
            nulls_first: !descending,
        }
    }

    /// NULL before every value.
    pub fn nulls_first(mut self) -> Self {
        self.nulls_first = true;
        self
    }

    /// NULL behind every value.
    pub fn nulls_last(mut self) -> Self {
        self.nulls_first = false;
        self
    }

    /// The other way round, NULL included.
    pub fn reversed(mut self) -> Self {
        self.descending = !self.descending;
        self.nulls_first = !self.nulls_first;
        self
    }
}
