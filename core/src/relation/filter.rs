//! Conditions and values over what rows are related to: `any`, `has`, `count`.

use std::borrow::Cow;
use std::sync::Arc;

use super::info::fields;
use super::relation::Related;
use super::{RelationInfo, RelationType};
use crate::model::{ColumnValue, Model};
use crate::query::{
    Aggregated, Column, Expr, Expression, Item, Join, JoinKind, Node, Projection, Select, Source,
    SourceRelation, count_rows, node_equal,
};

/// The related rows of one row of a query around.
struct Rows {
    select: Select,
    /// The table of the other model, and the name that it has here.
    table: &'static str,
    name: Cow<'static, str>,
}

impl Rows {
    /// The rows that a relationship leads to; `condition` is one more that they meet, `value` what is read of them.
    fn of<M: Model, F: RelationType>(
        related: &Related<M, F>,
        condition: Option<&Node>,
        value: Option<&Node>,
    ) -> Self {
        let relation = related.step.relation;
        let target = (relation.target)();
        let table = target.table_name();
        let owner = related.owner.unwrap_or(relation.model.table_name());
        let conditions: Vec<&Node> = related.step.filter.iter().chain(condition).collect();
        let route = (relation.route)();
        let between = route
            .through
            .as_ref()
            .map(|through| through.model.table_name());
        // A query of the table inside of one of the same table takes another name.
        let name = if table == owner || between == Some(owner) {
            let said: Vec<&Node> = conditions.iter().copied().chain(value).collect();
            free_name(relation, owner, &said)
        } else {
            Cow::Borrowed(table)
        };
        let mut select = Select::from_source(Source {
            name: name.clone(),
            relation: SourceRelation::Table(target),
        });
        let own = fields(relation.model, &route.local);
        let own = own.iter().map(|field| field.node_of(Cow::Borrowed(owner)));
        let remote = fields(target, &route.remote);
        let remote = remote.iter().map(|field| field.node_of(name.clone()));
        let pair = |(left, right)| node_equal(left, right);
        match &route.through {
            None => select.filter.extend(remote.zip(own).map(pair)),
            Some(through) if relation.pairs_may_repeat() => {
                // A row counts once, however often the table between pairs it.
                let mut pairs = Select::of(through.model);
                let locals = fields(through.model, &through.local);
                let locals = locals.iter().map(|field| field.node());
                pairs.filter.extend(locals.zip(own).map(pair));
                let others = fields(through.model, &through.remote);
                let others = others.iter().map(|field| Item::of(field.node(), false));
                pairs.projection = Projection::Items(others.collect());
                select.filter.push(Node::InQuery {
                    operands: remote.collect(),
                    query: Arc::new(pairs),
                    negated: false,
                });
            }
            Some(through) => {
                let others = fields(through.model, &through.remote);
                let others = others.iter().map(|field| field.node());
                select.joins.push(Join {
                    kind: JoinKind::Inner,
                    source: Select::of(through.model).source,
                    on: Some(Node::And(others.zip(remote).map(pair).collect())),
                });
                let locals = fields(through.model, &through.local);
                let locals = locals.iter().map(|field| field.node());
                select.filter.extend(locals.zip(own).map(pair));
            }
        }
        let renamed = conditions.iter().map(|node| node.renamed(table, &name));
        select.filter.extend(renamed);
        if related.step.is_limited() {
            let problem = format!(
                "{}: a limit means nothing where its rows are only looked at",
                relation.subject()
            );
            select.filter.push(Node::Invalid(problem));
        }
        Self {
            select,
            table,
            name,
        }
    }

    /// One value of them.
    fn value<M: Model, F: RelationType, T>(related: &Related<M, F>, node: &Node) -> Expr<T> {
        let mut rows = Self::of(related, None, Some(node));
        let node = node.renamed(rows.table, &rows.name);
        rows.select.projection = Projection::Items(vec![Item::of(node, true)]);
        Expr::from_node(Node::Subquery(Arc::new(rows.select)))
    }
}

/// A name that occurs nowhere in what is said about the rows.
fn free_name(relation: &'static RelationInfo, owner: &str, said: &[&Node]) -> Cow<'static, str> {
    let name = (1_u32..)
        .map(|number| format!("{}_{number}", relation.field))
        .find(|name| name != owner && !said.iter().any(|node| node.mentions(name)));
    name.map_or(Cow::Borrowed(relation.field), Cow::Owned)
}

/// Conditions and values over related rows.
pub(super) fn exists<M: Model, F: RelationType>(
    related: &Related<M, F>,
    condition: Option<Node>,
) -> Expr<bool> {
    let rows = Rows::of(related, condition.as_ref(), None);
    Expr::from_node(Node::Exists(Arc::new(rows.select)))
}

pub(super) fn count<M: Model, F: RelationType>(related: &Related<M, F>) -> Expr<i64> {
    Rows::value(related, &count_rows().into_node())
}

pub(super) fn aggregate<M: Model, F: RelationType, T: ColumnValue>(
    related: &Related<M, F>,
    aggregate: Aggregated<T>,
) -> Expr<T> {
    Rows::value(related, &aggregate.into_node())
}

pub(super) fn column<M: Model, F: RelationType, T: ColumnValue>(
    related: &Related<M, F>,
    column: Column<F::Target, T>,
) -> Expr<Option<T::Base>>
where
    Option<T::Base>: ColumnValue,
{
    Rows::value(related, &column.into_node())
}
