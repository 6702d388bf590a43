//! What a query with groups may select: engines differ in what they let pass, so that only what all of them take is
//! written.

use super::scope::Scope;
use crate::backend::Function;
use crate::query::select::{Projection, Select};
use crate::query::{ColumnNode, Node};
use crate::{Error, Result};

/// Refuses what some engine would refuse, or answer by chance, in a query with groups or windows.
pub(super) fn check(select: &Select, scope: &Scope<'_>) -> Result<()> {
    check_places(select, scope)?;
    if !select.is_grouped() {
        let mut orders = select.order.iter().map(|order| &order.node);
        if orders.any(|node| scope.any(node, &mut is_aggregate)) {
            return Err(Error::invalid_query(format!(
                "{}: ordered by an aggregate, without group_by or an aggregate that is selected",
                select.subject()
            )));
        }
        return Ok(());
    }
    if select.group.is_empty() && !select.has_aggregates() {
        return Err(Error::invalid_query(format!(
            "{}: having without group_by needs an aggregate that is selected; for a condition on rows use filter",
            select.subject()
        )));
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
        grouping.check(&order.node, selected || !has_values(&order.node))?;
    }
    Ok(())
}

/// Refuses aggregates and window functions where the rows that they are over don't exist yet.
fn check_places(select: &Select, scope: &Scope<'_>) -> Result<()> {
    let refuse = |problem: &str| {
        Err(Error::invalid_query(format!(
            "{}: {problem}",
            select.subject()
        )))
    };
    for node in &select.group {
        if scope.any(node, &mut is_aggregate) || scope.any(node, &mut is_window) {
            return refuse("rows can't be grouped by an aggregate or a window function");
        }
    }
    let windows = |node: &Node| scope.any(node, &mut is_window);
    if select.having.iter().any(windows) {
        return refuse(
            "a window function in having, which is decided before it is computed; filter a query over this one",
        );
    }
    let items = match &select.projection {
        Projection::Items(items) => items.as_slice(),
        Projection::Model => &[],
    };
    let nodes = items.iter().map(|item| &item.node).chain(&select.having);
    for node in nodes.chain(select.order.iter().map(|order| &order.node)) {
        check_nesting(node, scope)?;
    }
    Ok(())
}

/// Refuses aggregates and window functions in a condition that decides which rows there are.
pub(super) fn check_condition(condition: &Node, scope: &Scope<'_>) -> Result<()> {
    let problem = if scope.any(condition, &mut is_aggregate) {
        "an aggregate in a filter; put it into having"
    } else if scope.any(condition, &mut is_window) {
        "a window function in a filter, which is decided before it is computed; filter a query over this one"
    } else {
        return Ok(());
    };
    Err(Error::invalid_query(format!(
        "{}: {problem}",
        scope.source.name
    )))
}

fn is_aggregate(node: &Node) -> bool {
    matches!(node, Node::Aggregate(_))
}

fn is_window(node: &Node) -> bool {
    matches!(node, Node::Window(_))
}

/// Refuses aggregates of aggregates and of window functions, and window functions of window functions.
fn check_nesting(node: &Node, scope: &Scope<'_>) -> Result<()> {
    if scope.substitute(node).is_some() {
        return Ok(());
    }
    let below = |found: &mut dyn FnMut(&Node) -> bool| {
        let mut any = false;
        node.children(&mut |child| any = any || scope.any(child, found));
        any
    };
    let problem = match node {
        Node::Aggregate(_) if below(&mut is_aggregate) => "an aggregate of an aggregate",
        Node::Aggregate(_) if below(&mut is_window) => "an aggregate of a window function",
        Node::Window(_) if below(&mut is_window) => "a window function of a window function",
        Node::Aggregate(_) if is_of_outer(node, scope) => {
            "an aggregate of nothing but columns of the query around it, which some engines compute there"
        }
        _ => {
            let mut result = Ok(());
            node.children(&mut |child| {
                if result.is_ok() {
                    result = check_nesting(child, scope);
                }
            });
            return result;
        }
    };
    Err(Error::invalid_query(format!(
        "{}: {problem}; select it in a query and use that one",
        scope.source.name
    )))
}

fn is_of_outer(aggregate: &Node, scope: &Scope<'_>) -> bool {
    let columns = aggregate.columns();
    let own = |column: &ColumnNode| {
        scope.own(&column.table).is_some()
            || scope.substitute(&Node::Column(column.clone())).is_some()
    };
    !columns.is_empty() && !columns.iter().any(|column| own(column))
}

struct Grouping<'a> {
    select: &'a Select,
    scope: &'a Scope<'a>,
}

impl Grouping<'_> {
    /// `whole` says that the expression is selected or ordered by as it stands.
    fn check(&self, node: &Node, whole: bool) -> Result<()> {
        if self.select.group.contains(node) && (whole || matches!(node, Node::Column(_))) {
            return Ok(());
        }
        let checked = self.check_parts(node);
        if checked.is_err() && self.select.group.contains(node) {
            // MySQL does not find what rows are grouped by inside of an expression, nor in HAVING.
            return Err(Error::invalid_query(format!(
                "{}: an expression that rows are grouped by can only be used whole, where it is selected or ordered by; for a condition use filter",
                self.select.subject()
            )));
        }
        checked
    }

    fn check_parts(&self, node: &Node) -> Result<()> {
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
                let mut visit = |child: &Node| {
                    if result.is_ok() {
                        result = self.check(child, false);
                    }
                };
                node.children(&mut visit);
                if let Node::Subquery(query) | Node::Exists(query) | Node::InQuery { query, .. } =
                    node
                {
                    outer_columns(query, &mut Vec::new(), &mut visit);
                }
                result
            }
        }
    }
}

/// Hands out the columns in a query that belong to queries around it.
fn outer_columns<'a>(select: &'a Select, known: &mut Vec<&'a str>, each: &mut dyn FnMut(&Node)) {
    let depth = known.len();
    known.push(&select.source.name);
    known.extend(select.joins.iter().map(|join| join.source.name.as_ref()));
    for node in select.nodes() {
        outer_columns_below(node, known, each);
    }
    known.truncate(depth);
}

fn outer_columns_below<'a>(node: &'a Node, known: &mut Vec<&'a str>, each: &mut dyn FnMut(&Node)) {
    match node {
        Node::Column(column) if !known.contains(&column.table.as_ref()) => each(node),
        Node::Subquery(query) | Node::Exists(query) | Node::InQuery { query, .. } => {
            outer_columns(query, known, each);
        }
        _ => {}
    }
    let mut children = Vec::new();
    node.children(&mut |child| children.push(child));
    for child in children {
        outer_columns_below(child, known, each);
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

/// Whether a value is sent with the expression, or an engine can't tell for another reason that two of it are the same.
pub(super) fn has_values(node: &Node) -> bool {
    node.any(&mut |node| match node {
        Node::Bind(_) | Node::Position { .. } | Node::InValues { .. } => true,
        // MySQL and MariaDB take two subqueries for different ones.
        Node::Subquery(_) | Node::Exists(_) | Node::InQuery { .. } => true,
        Node::Call(call) => matches!(
            call.function,
            Function::JsonGet(_)
                | Function::JsonType(_)
                | Function::JsonLength(_)
                | Function::JsonRemove(_)
                // Written with a collation, and MariaDB can't tell that two of those are the same.
                | Function::Lower
                | Function::Upper
                // Of whose first operand MariaDB keeps a copy, and can't tell that two of those are the same.
                | Function::NullIf
                // Written with a NULLIF, for a divisor of 0.
                | Function::Divide
                | Function::IntegerDivide
                | Function::Remainder
        ),
        _ => false,
    })
}
