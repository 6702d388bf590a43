//! Set operations and common table expressions to text.

use std::borrow::Cow;
use std::sync::Arc;

use super::Scope;
use super::check;
use super::select::{Form, NO_LIMIT, write_formed};
use crate::backend::StatementBuilder;
use crate::query::Node;
use crate::query::select::{
    Body, Derived, Item, JoinKind, NamedQuery, Recursion, Relation, Select, SetOperator, Source,
};
use crate::{Error, Result};

/// Writes queries with set operations between them. One that has an order or a limit of its own, or is over others, goes
/// into parentheses of its own: not every engine takes parentheses around it.
pub(super) fn write_body(
    builder: &mut StatementBuilder<'_>,
    body: &Body,
    scope: &Scope<'_>,
) -> Result<()> {
    // Definitions stand in front of the whole; the queries themselves see no sources but their own.
    let outside = Nothing::around(scope);
    let alone = body.rest.is_empty();
    write_part(builder, &body.first, &outside.scope(), alone)?;
    for (operator, select) in &body.rest {
        same_columns(&body.first, select)?;
        if *operator != SetOperator::UnionAll {
            check::documents(&body.first, operator.name())?;
            check::documents(select, operator.name())?;
        }
        builder.push(operator.sql());
        write_part(builder, select, &outside.scope(), false)?;
    }
    Ok(())
}

fn write_part(
    builder: &mut StatementBuilder<'_>,
    select: &Select,
    scope: &Scope<'_>,
    alone: bool,
) -> Result<()> {
    if alone || !select.is_limited() {
        return write_formed(builder, select, Some(scope), Form::Numbered);
    }
    let wrapped = Derived::select(Body::of(select.clone()), "part");
    write_formed(builder, &wrapped, Some(scope), Form::Numbered)
}

/// A scope without tables.
pub(super) struct Nothing<'a> {
    source: Source,
    defined: bool,
    hidden: Option<&'a Scope<'a>>,
}

impl<'a> Nothing<'a> {
    /// A scope inside of another one whose tables can't be seen.
    pub(super) fn around(hidden: &'a Scope<'a>) -> Self {
        Self {
            hidden: Some(hidden),
            ..Self::new(hidden.defined)
        }
    }

    pub(super) fn new(defined: bool) -> Self {
        Self {
            source: Source {
                name: Cow::Borrowed(""),
                relation: Relation::Itself(Cow::Borrowed(""), Arc::from([])),
            },
            defined,
            hidden: None,
        }
    }

    pub(super) fn scope(&self) -> Scope<'_> {
        Scope {
            outer: None,
            source: &self.source,
            joins: &[],
            defined: self.defined,
            hidden: self.hidden,
            joining: false,
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
        let name = left.own_name().map_or("a value", |name| name.as_ref());
        let (left, right) = (left.node.bind_type(), right.node.bind_type());
        if left != right {
            return Err(Error::invalid_query(format!(
                "{}.{name}: set operations need the same types on both sides, not {left:?} and {right:?}; to_decimal() changes a scale",
                first.subject()
            )));
        }
    }
    Ok(())
}

/// `WITH …`: the definitions of all common table expressions that the query uses, those that others need first.
pub(super) fn write_definitions(builder: &mut StatementBuilder<'_>, select: &Select) -> Result<()> {
    let mut found = Found::default();
    found.look(select);
    let keeps = builder.dialect().capabilities().nulls_of_merged;
    let named = found.named;
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
        if found.tables.contains(&query.name.as_ref()) {
            return Err(Error::invalid_query(format!(
                "{}: a common table expression with the name of a table that the query uses; give it another",
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
        match &query.recursive {
            None => {
                write_body(builder, &query.body, &outside.scope())?;
                if !keeps && found.optional.contains(&query.name.as_ref()) && is_merged(&query.body)
                {
                    // With a limit it stays a query of its own.
                    builder.push(&format!(" LIMIT {NO_LIMIT}"));
                }
            }
            Some((recursion, step)) => {
                write_recursion(builder, query, *recursion, step, &outside.scope())?;
            }
        }
        builder.push(") ");
    }
    Ok(())
}

/// Whether a planner may put the query into the one around it, values that it computes among its columns.
fn is_merged(body: &Body) -> bool {
    let Body { first, rest } = body;
    let plain = |item: &Item| matches!(&item.node, Node::Column(column) if column.field.is_some());
    rest.is_empty()
        && !first.distinct
        && !first.is_grouped()
        && !first.is_limited()
        && !first.items().iter().all(plain)
}

fn write_recursion(
    builder: &mut StatementBuilder<'_>,
    query: &NamedQuery,
    recursion: Recursion,
    step: &Select,
    scope: &Scope<'_>,
) -> Result<()> {
    let first = &query.body.first;
    check::step(&query.name, step)?;
    same_columns(first, step)?;
    let first = if first.is_limited() {
        Cow::Owned(Derived::select(Body::of(first.clone()), "part"))
    } else {
        Cow::Borrowed(first)
    };
    write_formed(builder, &first, Some(scope), Form::Recursive)?;
    builder.push(match recursion {
        Recursion::All => " UNION ALL ",
        Recursion::Distinct => {
            check::documents(step, "recursive_cte_distinct")?;
            " UNION "
        }
    });
    write_formed(builder, step, Some(scope), Form::Recursive)
}

/// The common table expressions that a query uses, those that others need first, and its tables.
#[derive(Default)]
struct Found<'a> {
    named: Vec<&'a Arc<NamedQuery>>,
    tables: Vec<&'a str>,
    /// The names of those that a left join looks for.
    optional: Vec<&'a str>,
}

impl<'a> Found<'a> {
    fn look(&mut self, select: &'a Select) {
        let left = (select.joins.iter()).filter(|join| join.kind == JoinKind::Left);
        self.optional
            .extend(left.filter_map(|join| match &join.source.relation {
                Relation::Named(query) => Some(query.name.as_ref()),
                _ => None,
            }));
        let sources =
            std::iter::once(&select.source).chain(select.joins.iter().map(|join| &join.source));
        for source in sources {
            match &source.relation {
                Relation::Table(model) => self.tables.push(model.table_name()),
                Relation::Itself(..) => {}
                Relation::Derived(derived) => {
                    derived.body.selects().for_each(|select| self.look(select));
                }
                Relation::Named(query) => {
                    query.selects().for_each(|select| self.look(select));
                    if !self.named.contains(&query) {
                        self.named.push(query);
                    }
                }
            }
        }
        for node in select.nodes() {
            self.look_below(node);
        }
    }

    fn look_below(&mut self, node: &'a Node) {
        if let Some(query) = node.query() {
            self.look(query);
        }
        node.children(&mut |child| self.look_below(child));
    }
}
