//! What a query with groups may select: engines differ in what they let pass, so that only what all of them take is
//! written.

use super::scope::Scope;
use crate::backend::Function;
use crate::query::Node;
use crate::query::select::{Projection, Select, aggregates};
use crate::{Error, Result};

/// Refuses what some engine would refuse, or answer by chance, in a query with groups.
pub(super) fn check(select: &Select, scope: &Scope<'_>) -> Result<()> {
    for condition in &select.filter {
        if aggregates(condition) {
            return Err(Error::invalid_query(format!(
                "{}: an aggregate in a filter; put it into having",
                select.subject()
            )));
        }
    }
    if !select.is_grouped() {
        return Ok(());
    }
    let Projection::Items(items) = &select.projection else {
        return Err(Error::invalid_query(format!(
            "{}: a query with group_by, having or aggregates must select what it groups by",
            select.subject()
        )));
    };
    let grouping = Grouping { select, scope };
    for item in items {
        grouping.check(&item.node, true)?;
    }
    for condition in &select.having {
        grouping.check(condition, false)?;
    }
    for order in &select.order {
        let selected = items.iter().any(|item| item.node == order.node);
        grouping.check(&order.node, selected)?;
    }
    Ok(())
}

struct Grouping<'a> {
    select: &'a Select,
    scope: &'a Scope<'a>,
}

impl Grouping<'_> {
    /// `whole` says that the expression is selected as it stands, and can be named by its place.
    fn check(&self, node: &Node, whole: bool) -> Result<()> {
        if self.select.group.contains(node) {
            if has_values(node) && !whole {
                return Err(Error::invalid_query(format!(
                    "{}: an expression with values that rows are grouped by can only be used whole, where it is selected",
                    self.select.subject()
                )));
            }
            return Ok(());
        }
        match node {
            Node::Column(column) => {
                if self.scope.own(&column.table).is_none() {
                    return Ok(());
                }
                Err(Error::invalid_query(format!(
                    "{}.{}: a bare column beside an aggregate or group_by; group by it, or aggregate it",
                    column.table, column.name
                )))
            }
            Node::Aggregate(_) => Ok(()),
            _ => {
                let mut result = Ok(());
                node.children(&mut |child| {
                    if result.is_ok() {
                        result = self.check(child, false);
                    }
                });
                result
            }
        }
    }
}

/// The place of an expression among those selected, from 1, when it can only be named by that: each of its values would
/// be sent twice, and an engine could not tell that they are the same.
pub(super) fn place(select: &Select, node: &Node) -> Result<Option<usize>> {
    if !has_values(node) {
        return Ok(None);
    }
    let Projection::Items(items) = &select.projection else {
        return Ok(None);
    };
    Ok(items
        .iter()
        .position(|item| item.node == *node)
        .map(|position| position + 1))
}

/// Whether a value is sent with the expression.
pub(super) fn has_values(node: &Node) -> bool {
    node.any(&mut |node| match node {
        Node::Bind(_) | Node::Position { .. } | Node::InValues { .. } => true,
        Node::Call(call) => matches!(
            call.function,
            Function::JsonGet(_) | Function::JsonType(_) | Function::JsonLength(_)
        ),
        _ => false,
    })
}
