//! The query for what one row is related to: the strategies `select` and `dynamic`.

use std::borrow::Cow;
use std::sync::Arc;

use super::info::fields;
use super::{Owner, RelationInfo, Strategy};
use crate::model::{FieldInfo, Model};
use crate::query::{Item, Node, Order, Projection, Select, node_equal};
use crate::value::Value;

/// The rows that one row is related to.
pub(super) enum Rows {
    /// None, as is known without a query.
    None,
    Of(Box<Select>),
}

/// The rows that a row is related to, in their order; nothing when they must not be loaded so.
pub(super) fn ordered(
    info: Option<&'static RelationInfo>,
    owner: &Owner,
    strategy: Strategy,
) -> Option<Rows> {
    let info = info?;
    if strategy == Strategy::Raise || *owner == Owner::Unknown {
        return None;
    }
    let Some(values) = owner.values() else {
        return Some(Rows::None);
    };
    Some(Rows::Of(Box::new(related(info, &values))))
}

/// The query for the rows that a row with these values is related to, in their order.
fn related(info: &'static RelationInfo, values: &[Value]) -> Select {
    let mut select = of(info, values);
    if info.kind.is_many() {
        select.order = order(info);
    }
    select
}

/// The query for the rows that a row is related to, to be refined.
pub(super) fn query<T: Model>(
    info: Option<&'static RelationInfo>,
    owner: &Owner,
    strategy: Strategy,
) -> Select {
    let refused = |problem: String| {
        let mut select = Select::of(T::info());
        select.filter.push(Node::Invalid(problem));
        select
    };
    let Some(info) = info else {
        return refused(format!(
            "{}: the relation was made by hand, and belongs to no row; query the row",
            T::info().name
        ));
    };
    if strategy == Strategy::Raise {
        return refused(super::field::not_loaded(Some(info), strategy, "").to_string());
    }
    match (owner, owner.values()) {
        (Owner::Unknown, _) => refused(format!(
            "{}: the value belongs to no row; query the row",
            info.subject()
        )),
        (_, None) => {
            let mut select = Select::of(T::info());
            select.filter.push(Node::Or(Vec::new()));
            select
        }
        (_, Some(values)) => {
            let mut select = of(info, &values);
            select.order = info.order.map_or_else(Vec::new, |order| order());
            select
        }
    }
}

/// The order of a collection: the relationship's, and by primary key where rows agree in it.
pub(crate) fn order(info: &'static RelationInfo) -> Vec<Order> {
    let declared = info.order.map_or_else(Vec::new, |order| order());
    then_by_key(declared, info)
}

/// Gives rows that agree in an order one nevertheless, the same on every engine.
pub(super) fn then_by_key(mut order: Vec<Order>, info: &'static RelationInfo) -> Vec<Order> {
    for item in by_key((info.target)().table_name().into(), info) {
        if !order.iter().any(|known| known.node == item.node) {
            order.push(item);
        }
    }
    order
}

/// The primary key of the other model as an order, under a name of its table.
pub(super) fn by_key(table: Cow<'static, str>, info: &'static RelationInfo) -> Vec<Order> {
    let fields = (info.target)().key_fields();
    fields
        .map(|field| Order::new(field.node_of(table.clone()), false))
        .collect()
}

fn of(info: &'static RelationInfo, values: &[Value]) -> Select {
    let route = (info.route)();
    let target = (info.target)();
    let mut select = Select::of(target);
    match &route.through {
        None => {
            let remote = fields(target, &route.remote);
            select.filter.extend(equal(&remote, values));
        }
        Some(through) => {
            // A condition, not a join: the query can then be refined by anything, and also change and delete its rows.
            let mut pairs = Select::of(through.model);
            pairs.filter = equal(&fields(through.model, &through.local), values);
            let remote = fields(through.model, &through.remote);
            let items = remote.iter().map(|field| Item::of(field.node(), false));
            pairs.projection = Projection::Items(items.collect());
            let operands = fields(target, &route.remote);
            select.filter.push(Node::InQuery {
                operands: operands.iter().map(|field| field.node()).collect(),
                query: Arc::new(pairs),
                negated: false,
            });
        }
    }
    select
}

/// The conditions that fields have these values.
fn equal(fields: &[&'static FieldInfo], values: &[Value]) -> Vec<Node> {
    fields
        .iter()
        .zip(values)
        .map(|(field, value)| node_equal(field.node(), field.operand(Ok(value.clone()))))
        .collect()
}
