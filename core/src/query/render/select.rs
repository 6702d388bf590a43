//! SELECT to text.

use std::borrow::Cow;

use super::body::{Nothing, write_body, write_definitions};
use super::exists::write_exists;
use super::expression::{all_of, write, write_alone};
use super::window::{may_be_null, write_item};
use super::{InStatement, Scope, check, grouping};
use crate::backend::{BindType, Dialect, Statement, StatementBuilder};
use crate::query::select::{
    Body, Derived, Item, Join, JoinKind, Lock, Projection, Relation, Select, Source,
};
use crate::query::{Node, Order};
use crate::{Error, Result};

/// Without an ordering this is what `LIMIT` needs so that `OFFSET` may follow, on every engine: the largest `i64`.
pub(super) const NO_LIMIT: u64 = i64::MAX as u64;

/// The most values that a statement can carry on every engine (<https://sqlite.org/limits.html>); those of long lists
/// are sent together and count as one.
const BIND_LIMIT: usize = 32_766;

/// How the values of a query are written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// Under their own names.
    Plain,
    /// Called `c1`, `c2` …
    Numbered,
    /// The same, in a query that is recursive: later rows must fit.
    Recursive,
    /// The same, of a query whose rows are only counted.
    Counted,
}

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
        write_definitions(&mut builder, &inner)?;
        let outside = Nothing::new(true);
        if whole {
            if !self.distinct && !self.is_grouped() {
                inner.projection = one();
            }
            builder.push("SELECT COUNT(*) FROM (");
            write_formed(&mut builder, &inner, Some(&outside.scope()), Form::Counted)?;
            builder.push(") AS ").identifier("counted");
        } else {
            builder.push("SELECT COUNT(*)");
            write_rows(&mut builder, &inner, &outside.scope())?;
        }
        finish(builder, self.subject())
    }

    /// The statement that tells whether there is a row.
    pub(crate) fn to_exists(&self, dialect: &dyn Dialect) -> Result<Statement> {
        let mut builder = StatementBuilder::new(dialect);
        let mut inner = self.clone();
        inner.lock = None;
        write_definitions(&mut builder, &inner)?;
        builder.push("SELECT EXISTS(");
        write_exists(&mut builder, &inner, &Nothing::new(true).scope())?;
        builder.push(")");
        finish(builder, self.subject())
    }
}

/// What is selected where only the rows count.
pub(super) fn one() -> Projection {
    let node = Node::bind(crate::Value::Integer(1), BindType::BigInt);
    Projection::Items(vec![Item::of(node, false)])
}

/// The statement, unless an engine would refuse it for its size.
pub(crate) fn finish(builder: StatementBuilder<'_>, subject: &str) -> Result<Statement> {
    let count = builder.bind_count();
    if count > BIND_LIMIT {
        return Err(Error::invalid_query(format!(
            "{subject}: {count} values in one statement, at most {BIND_LIMIT} on every engine",
        )));
    }
    Ok(builder.finish())
}

/// What stands behind SELECT in a query that is a part of a join's condition.
pub(super) fn hint(dialect: &dyn Dialect, outer: &Scope<'_>) -> &'static str {
    if outer.joining {
        dialect.query_in_join()
    } else {
        ""
    }
}

/// Writes where the rows of a query without groups come from.
pub(super) fn write_rows(
    builder: &mut StatementBuilder<'_>,
    select: &Select,
    outer: &Scope<'_>,
) -> Result<()> {
    check::nested_lock(select)?;
    check::conditions(select)?;
    let scope = Scope::inside(select, Some(outer));
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
    write_formed(builder, select, outer, Form::Plain)
}

/// Writes a query whose values are called `c1`, `c2` …
pub(super) fn write_numbered(
    builder: &mut StatementBuilder<'_>,
    select: &Select,
    outer: Option<&Scope<'_>>,
) -> Result<()> {
    write_formed(builder, select, outer, Form::Numbered)
}

/// Writes a query in a form; with `outer` it stands inside of another one.
pub(super) fn write_formed(
    builder: &mut StatementBuilder<'_>,
    select: &Select,
    outer: Option<&Scope<'_>>,
    form: Form,
) -> Result<()> {
    if outer.is_some() {
        check::nested_lock(select)?;
        if form != Form::Counted {
            check::nested_limit(select)?;
        }
        // Nothing keeps the order of the rows of an inner query, and their number does not depend on it.
        if !select.order.is_empty() && (!select.is_limited() || form == Form::Counted) {
            let mut unordered = select.clone();
            unordered.order.clear();
            return write_formed(builder, &unordered, outer, form);
        }
    }
    check::lock(select)?;
    check::offset_of_distinct(select, outer.is_some())?;
    let offset = builder.dialect().capabilities().offset_of_distinct;
    // Rows that differ in what is left out alone are two rows.
    let hidden = form == Form::Plain && !select.left_out.is_empty() && !select.is_whole();
    if needs_parentheses(select)
        || (select.distinct && hidden)
        || (!offset && select.distinct && select.offset.is_some())
    {
        return write_formed(builder, &in_parentheses(select), outer, form);
    }
    let defined = outer.is_some_and(|scope| scope.defined);
    if !defined {
        write_definitions(builder, select)?;
    }
    let scope = Scope::inside(select, outer);
    check::conditions(select)?;
    grouping::check(select, &scope)?;
    check::outer_order(select, &scope)?;
    check::missing_rows(select, &scope)?;
    if select.distinct {
        check::documents(select, "distinct")?;
    }
    builder.push("SELECT ");
    if let Some(outer) = outer {
        builder.push(hint(builder.dialect(), outer));
    }
    if select.distinct {
        builder.push("DISTINCT ");
    }
    write_items(builder, select, &scope, form)?;
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

/// Whether the order is by something that must not stand beside DISTINCT, or not beside GROUP BY.
fn needs_parentheses(select: &Select) -> bool {
    if select.order.is_empty() || !(select.distinct || select.is_grouped()) {
        return false;
    }
    let items = select.items();
    select.order.iter().any(|order| {
        // In place of a column that is left out stands another value.
        let place = items.iter().position(|item| item.node == order.node);
        let selected = place.is_some_and(|place| !select.left_out.contains(place));
        // Where NULL is not the smallest, an engine may need an expression for the order: it can't be by the place of an
        // expression, nor does MySQL always find that one among the groups.
        let as_usual = order.nulls_first != order.descending;
        let column = matches!(order.node, Node::Column(_));
        if select.distinct {
            !selected || !as_usual || !column
        } else {
            selected && !as_usual && !column
        }
    })
}

/// The query in parentheses, and its order outside.
fn in_parentheses(select: &Select) -> Select {
    let mut inner = select.clone();
    let order = std::mem::take(&mut inner.order);
    let (limit, offset) = (inner.limit.take(), inner.offset.take());
    let left_out = std::mem::take(&mut inner.left_out);
    let mut outside = Derived::select(Body::of(inner), "rows");
    outside.order = order;
    outside.limit = limit;
    outside.offset = offset;
    outside.left_out = left_out;
    outside
}

fn write_items(
    builder: &mut StatementBuilder<'_>,
    select: &Select,
    scope: &Scope<'_>,
    form: Form,
) -> Result<()> {
    let left_out = |position| form == Form::Plain && select.left_out.contains(position);
    let items = match &select.projection {
        Projection::Items(items) => Cow::Borrowed(items.as_slice()),
        Projection::Model if form == Form::Recursive => select.items(),
        Projection::Model => {
            let fields = select.model().map_or(&[][..], |model| model.fields);
            for (position, field) in fields.iter().enumerate() {
                if position > 0 {
                    builder.push(", ");
                }
                if left_out(position) {
                    builder.push("NULL");
                    continue;
                }
                builder
                    .identifier(&select.source.name)
                    .push(".")
                    .identifier(field.column);
                if form != Form::Plain {
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
        let bound = matches!(item.node, Node::Bind(_)) && form == Form::Numbered;
        if left_out(position) {
            builder.push("NULL");
        } else if bound || form == Form::Recursive {
            let dialect = builder.dialect();
            let mut value = |builder: &mut StatementBuilder<'_>| {
                write_alone(&mut InStatement { builder, scope }, &item.node)
            };
            dialect.write_column_value(builder, item.node.bind_type(), &mut value)?;
        } else {
            write_alone(&mut InStatement { builder, scope }, &item.node)?;
        }
        if form != Form::Plain {
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
        // A condition sees the tables up to its own; engines differ in whether it sees later ones.
        let so_far = Scope {
            joins: &select.joins[..=position],
            joining: true,
            ..*scope
        };
        write_join(builder, join, &so_far)?;
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
        grouping::check_condition(on, scope)?;
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
            write_name(builder, model.table_name(), &source.name);
        }
        Relation::Derived(derived) => {
            builder.push("(");
            write_body(builder, &derived.body, scope)?;
            builder.push(") AS ").identifier(&source.name);
        }
        Relation::Named(named) => write_name(builder, &named.name, &source.name),
        Relation::Itself(name, _) => write_name(builder, name, &source.name),
    }
    Ok(())
}

fn write_name(builder: &mut StatementBuilder<'_>, relation: &str, name: &str) {
    builder.identifier(relation);
    if name != relation {
        builder.push(" AS ").identifier(name);
    }
}

pub(super) fn write_filter(
    builder: &mut StatementBuilder<'_>,
    filter: &[Node],
    scope: &Scope<'_>,
) -> Result<()> {
    for condition in filter {
        grouping::check_condition(condition, scope)?;
    }
    write_conditions(builder, " WHERE ", filter, scope)
}

fn write_conditions(
    builder: &mut StatementBuilder<'_>,
    word: &str,
    conditions: &[Node],
    scope: &Scope<'_>,
) -> Result<()> {
    if conditions.is_empty() {
        return Ok(());
    }
    builder.push(word);
    all_of(&mut InStatement { builder, scope }, conditions)
}

fn write_groups(
    builder: &mut StatementBuilder<'_>,
    select: &Select,
    scope: &Scope<'_>,
) -> Result<()> {
    let alone = &scope.alone();
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
            None => {
                let scope = alone;
                write(&mut InStatement { builder, scope }, node)?;
            }
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
    let scope = &scope.alone();
    // A value orders nothing, and MariaDB takes a bound number for the place of a column.
    let orders = select.order.iter().filter_map(|order| match &order.node {
        Node::Bind(_) => of_combined(order, &order.node, scope).map(Cow::Owned),
        Node::Position { operand, .. } if matches!(**operand, Node::Bind(_)) => {
            of_combined(order, operand, scope).map(Cow::Owned)
        }
        _ => Some(Cow::Borrowed(order)),
    });
    for (position, order) in orders.enumerate() {
        builder.push(if position == 0 { " ORDER BY " } else { ", " });
        let place = match &order.node {
            node if grouped => grouping::place(select, node)?,
            _ => None,
        };
        let mut sink = InStatement { builder, scope };
        let nullable = may_be_null(&sink, &order.node);
        write_item(&mut sink, &order, nullable, &mut |sink| match place {
            Some(place) => {
                sink.push(&place.to_string());
                Ok(())
            }
            None => write(sink, &order.node),
        })?;
    }
    Ok(())
}

/// The order by a value that the first of several queries selects, where the others may have something else in its place.
fn of_combined(order: &Order, value: &Node, scope: &Scope<'_>) -> Option<Order> {
    let Relation::Derived(derived) = &scope.source.relation else {
        return None;
    };
    let column = Node::Column(scope.substitute(value)?);
    let node = match &order.node {
        Node::Position { list, .. } => Node::Position {
            operand: Box::new(column),
            list,
        },
        _ => column,
    };
    (!derived.body.rest.is_empty()).then(|| Order {
        node,
        ..order.clone()
    })
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
