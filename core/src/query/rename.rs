//! A table under another name: what was written for the one name, for the other.

use std::borrow::Cow;
use std::sync::Arc;

use super::select::{Body, Item, Join, Projection, Relation, Select, Source};
use super::{Node, Order, WindowFunction};

impl Node {
    /// The expression with every column of the table `from` as one of `to`, in queries inside of it too unless they have a
    /// table of that name themselves.
    pub(crate) fn renamed(&self, from: &str, to: &str) -> Self {
        let mut node = self.clone();
        rename(&mut node, from, to);
        node
    }

    /// Whether the name of a table occurs, in queries inside of it too.
    pub(crate) fn mentions(&self, table: &str) -> bool {
        self.any(&mut |node| match node {
            Self::Column(column) => column.table == table,
            _ => node.query().is_some_and(|query| {
                let mut found = false;
                query.each_query(&mut |select| {
                    found = found
                        || select.sources().any(|source| source.name == table)
                        || select.nodes().any(|node| node.mentions(table));
                });
                found
            }),
        })
    }
}

impl Order {
    /// As [`Node::renamed`].
    pub(crate) fn renamed(&self, from: &str, to: &str) -> Self {
        let mut order = self.clone();
        rename(&mut order.node, from, to);
        order
    }
}

impl Select {
    /// What stands behind FROM and JOIN.
    pub(crate) fn sources(&self) -> impl Iterator<Item = &Source> {
        std::iter::once(&self.source).chain(self.joins.iter().map(|join| &join.source))
    }
}

fn rename_all<'a>(nodes: impl IntoIterator<Item = &'a mut Node>, from: &str, to: &str) {
    for node in nodes {
        rename(node, from, to);
    }
}

fn rename_orders(orders: &mut [Order], from: &str, to: &str) {
    rename_all(orders.iter_mut().map(|order| &mut order.node), from, to);
}

fn rename(node: &mut Node, from: &str, to: &str) {
    match node {
        Node::Column(column) => {
            if column.table == from {
                column.table = Cow::Owned(to.to_owned());
            }
        }
        Node::Bind(_) | Node::Invalid(_) => {}
        Node::Position { operand, .. } | Node::Not(operand) | Node::IsNull { operand, .. } => {
            rename(operand, from, to);
        }
        Node::Compare { left, right, .. } => {
            rename(left, from, to);
            rename(right, from, to);
        }
        Node::And(nodes) | Node::Or(nodes) => rename_all(nodes, from, to),
        Node::InValues { operands, .. } => rename_all(operands, from, to),
        Node::In { operand, list, .. } => {
            rename(operand, from, to);
            rename_all(list, from, to);
        }
        Node::InRows { operands, rows, .. } => {
            rename_all(operands, from, to);
            rename_all(rows.iter_mut().flatten(), from, to);
        }
        Node::InQuery {
            operands, query, ..
        } => {
            rename_all(operands, from, to);
            rename_select(Arc::make_mut(query), from, to);
        }
        Node::Exists(query) | Node::Subquery(query) => {
            rename_select(Arc::make_mut(query), from, to);
        }
        Node::Between {
            operand, low, high, ..
        } => rename_all([operand, low, high].map(|node| &mut **node), from, to),
        Node::Like {
            operand, pattern, ..
        } => rename_all([operand, pattern].map(|node| &mut **node), from, to),
        Node::Call(call) => rename_all(&mut call.arguments, from, to),
        Node::Case(case) => {
            for (condition, value) in &mut case.branches {
                rename(condition, from, to);
                rename(value, from, to);
            }
            rename_all(&mut case.otherwise, from, to);
        }
        Node::Aggregate(aggregate) => rename_aggregate(aggregate, from, to),
        Node::Window(window) => {
            match &mut window.function {
                WindowFunction::Aggregate(aggregate) => rename_aggregate(aggregate, from, to),
                WindowFunction::Lag(node, _)
                | WindowFunction::Lead(node, _)
                | WindowFunction::First(node)
                | WindowFunction::Last(node) => rename(node, from, to),
                WindowFunction::Rank(_) => {}
            }
            rename_all(&mut window.partition, from, to);
            rename_orders(&mut window.order, from, to);
        }
    }
}

fn rename_aggregate(aggregate: &mut super::Aggregate, from: &str, to: &str) {
    rename_all(&mut aggregate.arguments, from, to);
    rename_all(&mut aggregate.filter, from, to);
    rename_orders(&mut aggregate.order, from, to);
}

/// Renames what a query inside of an expression takes from outside.
fn rename_select(select: &mut Select, from: &str, to: &str) {
    let own = |source: &Source| source.name == from;
    if select.sources().any(own) {
        return;
    }
    if let Projection::Items(items) = &mut select.projection {
        rename_all(
            items.iter_mut().map(|item: &mut Item| &mut item.node),
            from,
            to,
        );
    }
    let ons = select
        .joins
        .iter_mut()
        .filter_map(|join: &mut Join| join.on.as_mut());
    rename_all(ons, from, to);
    rename_all(&mut select.filter, from, to);
    rename_all(&mut select.group, from, to);
    rename_all(&mut select.having, from, to);
    rename_orders(&mut select.order, from, to);
    // A query in parentheses sees what is outside of both; only the one behind a set operation and a limited one are such.
    for source in std::iter::once(&mut select.source)
        .chain(select.joins.iter_mut().map(|join| &mut join.source))
    {
        if let Relation::Derived(derived) = &mut source.relation {
            let derived = Arc::make_mut(derived);
            rename_body(&mut derived.body, from, to);
            rename_all(&mut derived.originals, from, to);
        }
    }
}

fn rename_body(body: &mut Body, from: &str, to: &str) {
    rename_select(&mut body.first, from, to);
    for (_, select) in &mut body.rest {
        rename_select(select, from, to);
    }
}
