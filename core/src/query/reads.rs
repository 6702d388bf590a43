//! Which tables a query looks at.

use super::select::{Relation, Select, Source};
use super::{ColumnNode, Node};
use crate::model::ModelInfo;

/// Tells the models that are looked for.
type Found<'a> = dyn Fn(&'static ModelInfo) -> bool + 'a;

impl Select {
    /// Whether the table of such a model is looked at, by whatever name, here or in a query inside of this one.
    fn reads_any(&self, found: &Found<'_>) -> bool {
        let mut sources =
            std::iter::once(&self.source).chain(self.joins.iter().map(|join| &join.source));
        sources.any(|source| source.reads(found)) || self.nodes().any(|node| node.reads_any(found))
    }
}

impl Select {
    /// The named database that the query is for: that of the first table which it looks at.
    pub(crate) fn bind(&self) -> Option<&'static str> {
        self.source.bind()
    }
}

impl Source {
    fn bind(&self) -> Option<&'static str> {
        match &self.relation {
            Relation::Table(model) => model.bind,
            Relation::Derived(derived) => derived.body.selects().next()?.bind(),
            Relation::Named(query) => query.body.selects().next()?.bind(),
            Relation::Itself(..) => None,
        }
    }

    fn reads(&self, found: &Found<'_>) -> bool {
        match &self.relation {
            Relation::Table(own) => found(own),
            Relation::Derived(derived) => {
                derived.body.selects().any(|select| select.reads_any(found))
            }
            Relation::Named(query) => query
                .body
                .selects()
                .chain(query.recursive.as_ref().map(|(_, step)| step))
                .any(|select| select.reads_any(found)),
            Relation::Itself(..) => false,
        }
    }
}

impl Node {
    /// Whether a subquery looks at the model's table.
    pub(crate) fn reads(&self, model: &'static ModelInfo) -> bool {
        self.reads_any(&|own| std::ptr::eq(own, model))
    }

    /// Whether a subquery looks at the table of such a model.
    pub(crate) fn reads_any(&self, found: &Found<'_>) -> bool {
        self.any(&mut |node| match node {
            Self::InQuery { query, .. } | Self::Exists(query) | Self::Subquery(query) => {
                query.reads_any(found)
            }
            _ => false,
        })
    }

    /// Whether such a column occurs, be it inside of a subquery.
    pub(crate) fn any_column(&self, found: &mut dyn FnMut(&ColumnNode) -> bool) -> bool {
        self.any(&mut |node| match node {
            Self::Column(column) => found(column),
            Self::InQuery { query, .. } | Self::Exists(query) | Self::Subquery(query) => {
                query.nodes().any(|node| node.any_column(found))
            }
            _ => false,
        })
    }

    /// Whether it is computed from the row alone: no subquery, no aggregate, no window.
    pub(crate) fn is_of_row(&self) -> bool {
        !self.any(&mut |node| {
            matches!(
                node,
                Self::InQuery { .. }
                    | Self::Exists(_)
                    | Self::Subquery(_)
                    | Self::Aggregate(_)
                    | Self::Window(_)
            )
        })
    }
}
