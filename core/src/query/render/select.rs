//! SELECT to text.

use std::borrow::Cow;
use std::sync::Arc;

use super::expression::{write, write_alone};
use super::window::{may_be_null, write_item};
use super::{InStatement, Scope, grouping};
use crate::backend::{BindType, Dialect, Statement, StatementBuilder};
use crate::query::Node;
use crate::query::select::{
    Body, Derived, Item, Join, JoinKind, Lock, NamedQuery, Projection, Relation, Select, Source,
};
use crate::{Error, Result};

/// Without an ordering this is what `LIMIT` needs so that `OFFSET` may follow, on every engine: the largest `i64`.
const NO_LIMIT: u64 = i64::MAX as u64;

/// The most values that a statement can carry on every engine (<https://sqlite.org/limits.html>).
const BIND_LIMIT: usize = 32_766;

impl Select {
    /// The statement for the rows.
    pub(crate) fn to_statement(&self, dialect: &dyn Dialect) -> Result<Statement> {
        let mut builder = StatementBuilder::new(dialect);
        write_select(&mut builder, self, None)?;
        finish(builder, self.subject())
    }

    /// The statement for the number of rows.
    pub(crate) fn to_count(&self, dialect: &dyn Dialect) -> Result<Statement> {
        let mut builder = StatementBuilder::new(dialect);
        let whole = self.is_limited() || self.distinct || self.is_grouped();
        let mut inner = self.clone();
        inner.lock = None;
        inner.order.clear();
        if whole {
            if self.is_limited() {
                inner.order.clone_from(&self.order);
            }
            if !self.distinct && !self.is_grouped() {
                inner.projection = Projection::Items(vec![Item {
                    node: Node::bind(crate::Value::Integer(1), BindType::BigInt),
                    name: None,
                    nullable: false,
                }]);
            }
            builder.push("SELECT COUNT(*) FROM (");
            write_numbered(&mut builder, &inner, None)?;
            builder.push(") AS ").identifier("counted");
        } else {
            write_definitions(&mut builder, &inner)?;
            builder.push("SELECT COUNT(*)");
            let scope = Scope {
                outer: None,
                source: &inner.source,
                joins: &inner.joins,
                defined: true,
            };
            write_tables(&mut builder, &inner, &scope)?;
            write_filter(&mut builder, &inner.filter, &scope)?;
        }
        finish(builder, self.subject())
    }

    /// The statement that tells whether there is a row.
    pub(crate) fn to_exists(&self, dialect: &dyn Dialect) -> Result<Statement> {
        let mut builder = StatementBuilder::new(dialect);
        builder.push("SELECT EXISTS(");
        write_exists(&mut builder, self, None)?;
        builder.push(")");
        finish(builder, self.subject())
    }
}

/// The statement, unless an engine would refuse it for its size.
pub(crate) fn finish(builder: StatementBuilder<'_>, subject: &str) -> Result<Statement> {
    let count = builder.bind_count();
    if count > BIND_LIMIT {
        return Err(Error::invalid_query(format!(
            "{subject}: {count} values in one statement, at most {BIND_LIMIT} on every engine; split the list",
        )));
    }
    Ok(builder.finish())
}

/// Writes a query whose rows don't count, only whether there are any.
pub(super) fn write_exists(
    builder: &mut StatementBuilder<'_>,
    select: &Select,
    outer: Option<&Scope<'_>>,
) -> Result<()> {
    if select.is_grouped() || select.distinct || select.is_limited() {
        return write_select(builder, select, outer);
    }
    let defined = outer.is_some_and(|scope| scope.defined);
    if !defined {
        write_definitions(builder, select)?;
    }
    builder.push("SELECT 1");
    let scope = Scope {
        outer,
        source: &select.source,
        joins: &select.joins,
        defined: true,
    };
    write_tables(builder, select, &scope)?;
    write_filter(builder, &select.filter, &scope)
}

/// Writes a query whose rows are inserted somewhere.
pub(crate) fn write_into(builder: &mut StatementBuilder<'_>, select: &Select) -> Result<()> {
    write_select(builder, select, None)
}

/// Writes a query.
pub(super) fn write_select(
    builder: &mut StatementBuilder<'_>,
    select: &Select,
    outer: Option<&Scope<'_>>,
) -> Result<()> {
    write_whole(builder, select, outer, false)
}

/// Writes a query whose values are called `c1`, `c2` …
pub(super) fn write_numbered(
    builder: &mut StatementBuilder<'_>,
    select: &Select,
    outer: Option<&Scope<'_>>,
) -> Result<()> {
    write_whole(builder, select, outer, true)
}

fn write_whole(
    builder: &mut StatementBuilder<'_>,
    select: &Select,
    outer: Option<&Scope<'_>>,
    numbered: bool,
) -> Result<()> {
    if needs_parentheses(select) {
        return write_whole(builder, &in_parentheses(select), outer, numbered);
    }
    let defined = outer.is_some_and(|scope| scope.defined);
    if !defined {
        write_definitions(builder, select)?;
    }
    let scope = Scope {
        outer,
        source: &select.source,
        joins: &select.joins,
        defined: true,
    };
    grouping::check(select, &scope)?;
    grouping::check_missing(select, &scope)?;
    builder.push(if select.distinct {
        "SELECT DISTINCT "
    } else {
        "SELECT "
    });
    write_items(builder, select, &scope, numbered)?;
    write_tables(builder, select, &scope)?;
    write_filter(builder, &select.filter, &scope)?;
    write_groups(builder, select, &scope)?;
    write_order(builder, select, &scope)?;
    write_limit(builder, select);
    if let Some(lock) = select.lock {
        builder.push(lock_sql(builder.dialect(), lock));
    }
    Ok(())
}

fn lock_sql(dialect: &dyn Dialect, lock: Lock) -> &'static str {
    if !dialect.capabilities().row_locks {
        return "";
    }
    match lock {
        Lock::Update => " FOR UPDATE",
        Lock::UpdateNoWait => " FOR UPDATE NOWAIT",
        Lock::UpdateSkipLocked => " FOR UPDATE SKIP LOCKED",
    }
}

/// Whether the order is by something that must not stand beside DISTINCT.
fn needs_parentheses(select: &Select) -> bool {
    let Projection::Items(items) = &select.projection else {
        return false;
    };
    select.distinct
        && select.order.iter().any(|order| {
            let selected = items.iter().any(|item| item.node == order.node);
            !selected || !matches!(order.node, Node::Column(_))
        })
}

/// The query with DISTINCT in parentheses, and its order outside.
fn in_parentheses(select: &Select) -> Select {
    let mut inner = select.clone();
    let order = std::mem::take(&mut inner.order);
    let (limit, offset) = (inner.limit.take(), inner.offset.take());
    let mut outside = Derived::select(Body::of(inner), "rows");
    outside.order = order;
    outside.limit = limit;
    outside.offset = offset;
    outside
}

fn write_items(
    builder: &mut StatementBuilder<'_>,
    select: &Select,
    scope: &Scope<'_>,
    numbered: bool,
) -> Result<()> {
    let items = match &select.projection {
        Projection::Items(items) => items,
        Projection::Model => {
            let fields = select.model().map_or(&[][..], |model| model.fields);
            for (position, field) in fields.iter().enumerate() {
                if position > 0 {
                    builder.push(", ");
                }
                builder
                    .identifier(&select.source.name)
                    .push(".")
                    .identifier(field.column);
                if numbered {
                    builder.push(&format!(" AS \"c{}\"", position + 1));
                }
            }
            return Ok(());
        }
    };
    if items.is_empty() {
        return Err(Error::invalid_query(format!(
            "{}: nothing is selected",
            select.subject()
        )));
    }
    for (position, item) in items.iter().enumerate() {
        if position > 0 {
            builder.push(", ");
        }
        write_alone(&mut InStatement { builder, scope }, &item.node)?;
        if numbered {
            builder.push(&format!(" AS \"c{}\"", position + 1));
        } else if let Some(name) = &item.name {
            builder.push(" AS ").identifier(name);
        }
    }
    Ok(())
}

fn write_tables(
    builder: &mut StatementBuilder<'_>,
    select: &Select,
    scope: &Scope<'_>,
) -> Result<()> {
    builder.push(" FROM ");
    write_source(builder, &select.source, scope)?;
    for (position, join) in select.joins.iter().enumerate() {
        let known = std::iter::once(&select.source)
            .chain(select.joins[..position].iter().map(|join| &join.source));
        for source in known {
            if source.name == join.source.name {
                return Err(Error::invalid_query(format!(
                    "{}: joined to itself under one name; use an alias",
                    source.name
                )));
            }
        }
        write_join(builder, join, scope)?;
    }
    Ok(())
}

fn write_join(builder: &mut StatementBuilder<'_>, join: &Join, scope: &Scope<'_>) -> Result<()> {
    builder.push(match join.kind {
        JoinKind::Inner => " INNER JOIN ",
        JoinKind::Left => " LEFT JOIN ",
        JoinKind::Cross => " CROSS JOIN ",
    });
    write_source(builder, &join.source, scope)?;
    if let Some(on) = &join.on {
        grouping::check_condition(on, &scope.source.name)?;
        builder.push(" ON ");
        write(&mut InStatement { builder, scope }, on)?;
    }
    Ok(())
}

fn write_source(
    builder: &mut StatementBuilder<'_>,
    source: &Source,
    scope: &Scope<'_>,
) -> Result<()> {
    match &source.relation {
        Relation::Table(model) => {
            builder.identifier(model.table_name());
            if source.name != model.table_name() {
                builder.push(" AS ").identifier(&source.name);
            }
        }
        Relation::Derived(derived) => {
            builder.push("(");
            write_body(builder, &derived.body, scope)?;
            builder.push(") AS ").identifier(&source.name);
        }
        Relation::Named(named) => {
            builder.identifier(&named.name);
            if source.name != named.name {
                builder.push(" AS ").identifier(&source.name);
            }
        }
        Relation::Itself(_) => {
            builder.identifier(&source.name);
        }
    }
    Ok(())
}

/// Writes queries with set operations between them. One that has an order or a limit of its own, or is over others, goes
/// into parentheses of its own: not every engine takes parentheses around it.
pub(super) fn write_body(
    builder: &mut StatementBuilder<'_>,
    body: &Body,
    scope: &Scope<'_>,
) -> Result<()> {
    // Definitions stand in front of the whole; the queries themselves see no sources but their own.
    let outside = Nothing::new(scope.defined);
    let alone = body.rest.is_empty();
    write_part(builder, &body.first, &outside, alone)?;
    for (operator, select) in &body.rest {
        same_columns(&body.first, select)?;
        builder.push(operator.sql());
        write_part(builder, select, &outside, false)?;
    }
    Ok(())
}

fn write_part(
    builder: &mut StatementBuilder<'_>,
    select: &Select,
    outside: &Nothing,
    alone: bool,
) -> Result<()> {
    let scope = outside.scope();
    if alone || (select.order.is_empty() && !select.is_limited()) {
        return write_numbered(builder, select, Some(&scope));
    }
    let wrapped = Derived::select(Body::of(select.clone()), "part");
    write_numbered(builder, &wrapped, Some(&scope))
}

/// A scope without tables.
struct Nothing {
    source: Source,
    defined: bool,
}

impl Nothing {
    fn new(defined: bool) -> Self {
        Self {
            source: Source {
                name: Cow::Borrowed(""),
                relation: Relation::Itself(Arc::from([])),
            },
            defined,
        }
    }

    fn scope(&self) -> Scope<'_> {
        Scope {
            outer: None,
            source: &self.source,
            joins: &[],
            defined: self.defined,
        }
    }
}

/// Refuses to put values of different columns together, whose decimals would be read with the wrong scale.
fn same_columns(first: &Select, other: &Select) -> Result<()> {
    let (first_items, other_items) = (first.items(), other.items());
    if first_items.len() != other_items.len() {
        return Err(Error::invalid_query(format!(
            "{}: set operations need as many values on both sides",
            first.subject()
        )));
    }
    for (left, right) in first_items.iter().zip(other_items.iter()) {
        let (left, right) = (left.node.bind_type(), right.node.bind_type());
        if left != right {
            return Err(Error::invalid_query(format!(
                "{}: set operations need the same types on both sides, not {left:?} and {right:?}",
                first.subject()
            )));
        }
    }
    Ok(())
}

pub(super) fn write_filter(
    builder: &mut StatementBuilder<'_>,
    filter: &[Node],
    scope: &Scope<'_>,
) -> Result<()> {
    for condition in filter {
        grouping::check_condition(condition, &scope.source.name)?;
    }
    write_conditions(builder, " WHERE ", filter, scope)
}

fn write_conditions(
    builder: &mut StatementBuilder<'_>,
    word: &str,
    conditions: &[Node],
    scope: &Scope<'_>,
) -> Result<()> {
    for (position, node) in conditions.iter().enumerate() {
        builder.push(if position == 0 { word } else { " AND " });
        let grouped = conditions.len() > 1 && matches!(node, Node::Or(_));
        if grouped {
            builder.push("(");
        }
        write(&mut InStatement { builder, scope }, node)?;
        if grouped {
            builder.push(")");
        }
    }
    Ok(())
}

fn write_groups(
    builder: &mut StatementBuilder<'_>,
    select: &Select,
    scope: &Scope<'_>,
) -> Result<()> {
    for (position, node) in select.group.iter().enumerate() {
        builder.push(if position == 0 { " GROUP BY " } else { ", " });
        match grouping::place(select, node)? {
            Some(place) => {
                builder.push(&place.to_string());
            }
            None if grouping::has_values(node) => {
                return Err(Error::invalid_query(format!(
                    "{}: an expression with values that rows are grouped by must be selected",
                    select.subject()
                )));
            }
            None => write(&mut InStatement { builder, scope }, node)?,
        }
    }
    write_conditions(builder, " HAVING ", &select.having, scope)
}

fn write_order(
    builder: &mut StatementBuilder<'_>,
    select: &Select,
    scope: &Scope<'_>,
) -> Result<()> {
    let grouped = select.is_grouped();
    for (position, order) in select.order.iter().enumerate() {
        builder.push(if position == 0 { " ORDER BY " } else { ", " });
        let place = match &order.node {
            node if grouped => grouping::place(select, node)?,
            _ => None,
        };
        let mut sink = InStatement { builder, scope };
        let nullable = may_be_null(&sink, &order.node);
        write_item(&mut sink, order, nullable, &mut |sink| match place {
            Some(place) => {
                sink.push(&place.to_string());
                Ok(())
            }
            None => write(sink, &order.node),
        })?;
    }
    Ok(())
}

fn write_limit(builder: &mut StatementBuilder<'_>, select: &Select) {
    // Limits are literals: a bound one makes SQLite prepare the statement again. Texts then vary by limit, so only
    // the commonest is kept.
    if select.is_limited() {
        builder.push(&format!(
            " LIMIT {}",
            select.limit.unwrap_or(NO_LIMIT).min(NO_LIMIT)
        ));
        if select.limit != Some(1) && select.limit != Some(2) {
            builder.vary();
        }
    }
    if let Some(offset) = select.offset {
        builder.push(&format!(" OFFSET {}", offset.min(NO_LIMIT)));
        builder.vary();
    }
}

/// `WITH …`: the definitions of all common table expressions that the query uses, those that others need first.
fn write_definitions(builder: &mut StatementBuilder<'_>, select: &Select) -> Result<()> {
    let mut named = Vec::new();
    collect(select, &mut named);
    if named.is_empty() {
        return Ok(());
    }
    let recursive = named.iter().any(|named| named.recursive.is_some());
    builder.push(if recursive {
        "WITH RECURSIVE "
    } else {
        "WITH "
    });
    let outside = Nothing::new(true);
    for (position, query) in named.iter().enumerate() {
        if let Some(problem) = &query.problem {
            return Err(Error::invalid_query(problem.clone()));
        }
        let clash = |other: &&Arc<NamedQuery>| other.name == query.name;
        if named[..position].iter().any(clash) {
            return Err(Error::invalid_query(format!(
                "{}: two common table expressions of one name",
                query.name
            )));
        }
        builder
            .push(if position > 0 { ", " } else { "" })
            .identifier(&query.name);
        for (position, column) in query.columns.iter().enumerate() {
            builder
                .push(if position > 0 { ", " } else { " (" })
                .identifier(&column.name);
        }
        builder.push(") AS (");
        write_body(builder, &query.body, &outside.scope())?;
        if let Some(recursive) = &query.recursive {
            same_columns(&query.body.first, recursive)?;
            builder.push(" UNION ALL ");
            write_numbered(builder, recursive, Some(&outside.scope()))?;
        }
        builder.push(") ");
    }
    Ok(())
}

fn collect<'a>(select: &'a Select, named: &mut Vec<&'a Arc<NamedQuery>>) {
    let sources =
        std::iter::once(&select.source).chain(select.joins.iter().map(|join| &join.source));
    for source in sources {
        match &source.relation {
            Relation::Table(_) | Relation::Itself(_) => {}
            Relation::Derived(derived) => derived
                .body
                .selects()
                .for_each(|select| collect(select, named)),
            Relation::Named(query) => {
                query
                    .body
                    .selects()
                    .chain(&query.recursive)
                    .for_each(|select| collect(select, named));
                if !named.contains(&query) {
                    named.push(query);
                }
            }
        }
    }
    for node in select.nodes() {
        collect_below(node, named);
    }
}

fn collect_below<'a>(node: &'a Node, named: &mut Vec<&'a Arc<NamedQuery>>) {
    if let Node::InQuery { query, .. } | Node::Exists(query) | Node::Subquery(query) = node {
        collect(query, named);
    }
    node.children(&mut |child| collect_below(child, named));
}
