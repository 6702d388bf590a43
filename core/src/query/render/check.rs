//! What a query may be: engines differ in what they let pass, so that only what all of them answer alike is written.

use super::scope::Scope;
use crate::backend::{BindType, Function};
use crate::query::select::{Join, JoinKind, Projection, Relation, Select, aggregates};
use crate::query::{ColumnNode, Comparison, Node};
use crate::{Error, Result};

fn refuse(select: &Select, problem: impl std::fmt::Display) -> Error {
    Error::invalid_query(format!("{}: {problem}", select.subject()))
}

/// Refuses to select a value that can't be NULL from a row that may be missing.
pub(super) fn missing_rows(select: &Select, scope: &Scope<'_>) -> Result<()> {
    let Projection::Items(items) = &select.projection else {
        return Ok(());
    };
    for item in items.iter().filter(|item| !item.nullable) {
        if let Some(problem) = missing(&item.node, scope) {
            return Err(Error::invalid_query(problem));
        }
    }
    Ok(())
}

/// Why the expression may be NULL though its type is none that may.
fn missing(node: &Node, scope: &Scope<'_>) -> Option<String> {
    match node {
        Node::Column(column) => {
            let (_, optional) = scope.own(&column.table)?;
            let name = || format!("{}.{}", column.table, column.name);
            if optional {
                let advice = "select it by .nullable(), or the whole row by model_or_none()";
                return Some(format!(
                    "{}: stands behind a left join and may be NULL; {advice}",
                    name()
                ));
            }
            // A model's own column is nullable when its type is; what a query in front of this one gives may be too.
            (column.nullable && column.field.is_none())
                .then(|| format!("{}: may be NULL; select it by .nullable()", name()))
        }
        // Of these the branches decide, or nothing makes them NULL.
        Node::Call(call) if call.function == Function::Coalesce => {
            missing(call.arguments.last()?, scope)
        }
        Node::Call(call) => call.arguments.iter().find_map(|node| missing(node, scope)),
        Node::Case(case) => case
            .branches
            .iter()
            .map(|(_, value)| value)
            .chain(&case.otherwise)
            .find_map(|node| missing(node, scope)),
        _ => None,
    }
}

/// Refuses groups and an order that look at the query around this one: SQLite does not.
pub(super) fn outer_order(select: &Select, scope: &Scope<'_>) -> Result<()> {
    if scope.outer.is_none() {
        return Ok(());
    }
    let orders = select.order.iter().map(|order| &order.node);
    let column = select
        .group
        .iter()
        .chain(orders)
        .find_map(|node| outer_column(node, scope));
    let Some(column) = column else {
        return Ok(());
    };
    Err(refuse(
        select,
        format!(
            "grouped or ordered by {}.{}, a column of the query around it; select it, and order a query over this one",
            column.table, column.name
        ),
    ))
}

/// A column in the expression that is the query's around this one; what a query in parentheses gives is no such column.
fn outer_column(node: &Node, scope: &Scope<'_>) -> Option<ColumnNode> {
    let substitute = scope.substitute(node);
    if let Some(column) = substitute.as_ref().or(match node {
        Node::Column(column) => Some(column),
        _ => None,
    }) {
        return scope.own(&column.table).is_none().then(|| column.clone());
    }
    let mut found = None;
    node.children(&mut |child| {
        if found.is_none() {
            found = outer_column(child, scope);
        }
    });
    found
}

/// Refuses a lock on what no row of a table stands for, or what only some engines lock.
pub(super) fn lock(select: &Select) -> Result<()> {
    if select.lock.is_none() {
        return Ok(());
    }
    let tables =
        std::iter::once(&select.source).chain(select.joins.iter().map(|join| &join.source));
    let problem = if select.is_grouped() || select.distinct || has_windows(select) {
        "groups, distinct rows and window functions can't be locked; lock the rows by a query of their own"
    } else if !tables
        .into_iter()
        .all(|source| matches!(source.relation, Relation::Table(_)))
    {
        "only rows of tables can be locked, not those of set operations and common table expressions"
    } else if select.joins.iter().any(|join| join.kind == JoinKind::Left) {
        "rows behind a left join can't be locked on every engine; lock the rows first, then read what belongs to them"
    } else {
        return Ok(());
    };
    Err(refuse(select, format_args!("for_update: {problem}")))
}

fn has_windows(select: &Select) -> bool {
    select
        .nodes()
        .any(|node| node.any(&mut |node| matches!(node, Node::Window(_))))
}

/// Refuses a lock in a query inside of another one.
pub(super) fn nested_lock(select: &Select) -> Result<()> {
    if select.lock.is_none() {
        return Ok(());
    }
    let problem = "for_update: only the outermost query can lock its rows";
    Err(refuse(select, problem))
}

/// Refuses a limit without an order in a query inside of another one.
pub(super) fn nested_limit(select: &Select) -> Result<()> {
    if !select.is_limited() || !select.order.is_empty() || has_one_row(select) {
        return Ok(());
    }
    let problem = "a limit inside of another query needs an order; chance would choose the rows";
    Err(refuse(select, problem))
}

/// Whether it gives one row at most, whatever is stored: an aggregate of all rows, or the row with a key.
fn has_one_row(select: &Select) -> bool {
    (select.is_grouped() && select.group.is_empty()) || is_by_key(select)
}

/// Whether the filter gives every column of a unique key a value.
fn is_by_key(select: &Select) -> bool {
    let Relation::Table(model) = &select.source.relation else {
        return false;
    };
    if !select.joins.is_empty() || select.is_grouped() {
        return false;
    }
    let given = |name: &str| {
        select
            .filter
            .iter()
            .any(|node| gives_value(node, &select.source.name, name))
    };
    model.key_fields().all(|field| given(field.column))
        || (model.fields.iter()).any(|field| field.unique && given(field.column))
}

/// Whether a row passes the condition for one value of the column alone.
fn gives_value(node: &Node, table: &str, name: &str) -> bool {
    let is_it = |node: &Node| matches!(node, Node::Column(column) if column.table == table && column.name == name);
    let depends = |node: &Node| {
        node.any(&mut |node| {
            matches!(node, Node::Column(column) if column.table == table) || node.query().is_some()
        })
    };
    match node {
        Node::And(nodes) => nodes.iter().any(|node| gives_value(node, table, name)),
        Node::Compare {
            left,
            operator: Comparison::Equal,
            right,
        } => (is_it(left) && !depends(right)) || (is_it(right) && !depends(left)),
        _ => false,
    }
}

/// Refuses a query as a value that may give several rows: SQLite would take the first of them.
pub(super) fn at_most_one_row(select: &Select) -> Result<()> {
    if select.limit.is_some_and(|rows| rows <= 1) || has_one_row(select) {
        return Ok(());
    }
    let problem = "as a value a query must give one row at most: aggregate all rows, filter by a key or by a unique column, or order it and limit(1)";
    Err(refuse(select, problem))
}

/// Refuses a limited query behind IN that looks at the query around it: not every engine can limit it there.
pub(super) fn listed(select: &Select) -> Result<()> {
    if !select.is_limited() {
        return Ok(());
    }
    match outside_column(select, &mut Vec::new()) {
        None => Ok(()),
        Some(column) => Err(Error::invalid_query(format!(
            "{}.{}: a limited query behind IN can't look at the query around it",
            column.table, column.name
        ))),
    }
}

/// Refuses distinct rows with an offset that look at the query around: an engine that forgets the offset there needs
/// parentheses around them.
pub(super) fn offset_of_distinct(select: &Select, nested: bool) -> Result<()> {
    if !nested || !select.distinct || select.offset.is_none() {
        return Ok(());
    }
    match outside_column(select, &mut Vec::new()) {
        None => Ok(()),
        Some(column) => Err(Error::invalid_query(format!(
            "{}.{}: a query for distinct rows with an offset can't look at the query around it",
            column.table, column.name
        ))),
    }
}

/// Whether an expression of the query looks at the one around it.
pub(super) fn looks_outside(select: &Select, node: &Node) -> bool {
    let joined = select.joins.iter().map(|join| join.source.name.as_ref());
    let mut known: Vec<&str> = std::iter::once(select.source.name.as_ref())
        .chain(joined)
        .collect();
    outside_column_of(node, &mut known).is_some()
}

/// A column of the query around this one.
fn outside_column<'a>(select: &'a Select, known: &mut Vec<&'a str>) -> Option<&'a ColumnNode> {
    let before = known.len();
    known.push(&select.source.name);
    known.extend(select.joins.iter().map(|join| join.source.name.as_ref()));
    let found = select
        .nodes()
        .find_map(|node| outside_column_of(node, known));
    known.truncate(before);
    found
}

fn outside_column_of<'a>(node: &'a Node, known: &mut Vec<&'a str>) -> Option<&'a ColumnNode> {
    if let Node::Column(column) = node {
        return (!known.contains(&column.table.as_ref())).then_some(column);
    }
    if let Some(query) = node.query()
        && let Some(found) = outside_column(query, known)
    {
        return Some(found);
    }
    let mut found = None;
    node.children(&mut |child| {
        if found.is_none() {
            found = outside_column_of(child, known);
        }
    });
    found
}

/// Refuses to tell rows apart by documents, which engines compare each in its own way. Whole models have keys to be told
/// apart by.
pub(super) fn documents(select: &Select, what: &str) -> Result<()> {
    let Projection::Items(items) = &select.projection else {
        return Ok(());
    };
    let Some(item) = (items.iter()).find(|item| item.node.bind_type() == BindType::Json) else {
        return Ok(());
    };
    let has_key = items.iter().any(|item| {
        let Node::Column(column) = &item.node else {
            return false;
        };
        let key = column
            .field
            .is_some_and(|field| field.model.key == [field.position()]);
        key && column.table == select.source.name && select.joins.is_empty()
    });
    if has_key {
        return Ok(());
    }
    let name = item.own_name().map_or("a value", |name| name.as_ref());
    Err(refuse(
        select,
        format_args!("{what}: {name} is a document, which engines don't compare alike"),
    ))
}

/// Refuses a step of a recursive query that not every engine takes: it asks what was found last once, and nothing is
/// computed over several rows.
pub(super) fn step(name: &str, step: &Select) -> Result<()> {
    let is_itself = |relation: &Relation| matches!(relation, Relation::Itself(..));
    let first = usize::from(is_itself(&step.source.relation));
    let joined = |join: &&Join| is_itself(&join.source.relation);
    let count = first + step.joins.iter().filter(joined).count();
    let left = |join: &Join| is_itself(&join.source.relation) && join.kind == JoinKind::Left;
    let mut inner = 0;
    step.each_query(&mut |select| {
        if !std::ptr::eq(select, step) {
            let sources =
                std::iter::once(&select.source).chain(select.joins.iter().map(|join| &join.source));
            inner += sources.filter(|source| is_itself(&source.relation)).count();
        }
    });
    let problem = if inner > 0 {
        "the step of a recursive query can't ask the query itself in a subquery, nor under a set operation"
    } else if count != 1 {
        "the step of a recursive query asks the query itself exactly once"
    } else if step.joins.iter().any(left) {
        "the step of a recursive query can't left join the query itself"
    } else if step.is_grouped()
        || step.distinct
        || step.is_limited()
        || !step.order.is_empty()
        || has_windows(step)
    {
        "the step of a recursive query takes filters and joins only; not every engine offers groups, order, limit or windows there"
    } else {
        return Ok(());
    };
    Err(Error::invalid_query(format!("{name}: {problem}")))
}

/// Refuses aggregates and windows where only single rows are looked at.
pub(super) fn conditions(select: &Select) -> Result<()> {
    let joined = select.joins.iter().filter_map(|join| join.on.as_ref());
    for condition in joined.chain(&select.filter) {
        if aggregates(condition) {
            return Err(refuse(
                select,
                "an aggregate in a filter or a join; put it into having",
            ));
        }
        if condition.any(&mut |node| matches!(node, Node::Window(_))) {
            return Err(refuse(
                select,
                "a window function in a filter or a join; select it in a common table expression, and filter that",
            ));
        }
    }
    Ok(())
}
