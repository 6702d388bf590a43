//! `selectin`: one statement with a list of the parents' keys.

use std::collections::HashSet;

use foldhash::fast::RandomState;

use super::{Links, Loader, Own, Parents, Wanted};
use crate::Result;
use crate::model::{FieldInfo, ModelInfo};
use crate::query::{
    Body, Derived, Item, Join, JoinKind, Node, Order, Projection, Select, WindowFunction,
    node_equal,
};
use crate::relation::info::fields;
use crate::relation::level::Level;
use crate::relation::step::Step;
use crate::session::Identity;
use crate::value::Value;

impl Loader<'_> {
    pub(super) fn selectin(
        &mut self,
        level: &mut dyn Level,
        step: &Step,
        path: &[&'static ModelInfo],
    ) -> Result<()> {
        let local = (step.relation.route)().local;
        let parents = self.parents(level, step)?;
        let mut keys = wanted(&parents);
        let target = (step.relation.target)();
        let mut children = self.host.new_level(target);
        let mut links = Links::of(parents.len());
        if !step.is_partial() {
            let mut path = path.to_vec();
            path.push(target);
            let below = step.below(&path);
            if below.is_empty() {
                (self.host).known(step.relation, &mut keys, children.as_mut(), &mut links)?;
            } else {
                // What goes along is loaded for all of them together: with the query for the others, if there are any.
                let mut left = keys.clone();
                let mut known = self.host.new_level(target);
                let mut met = Links::default();
                (self.host).known(step.relation, &mut left, known.as_mut(), &mut met)?;
                if left.is_empty() && !keys.is_empty() {
                    (children, links, keys) = (known, met, left);
                    self.load(children.as_mut(), None, below, &path)?;
                }
            }
        }
        if !keys.is_empty() {
            let mut values: Vec<Value> = Vec::with_capacity(keys.len() * local.len());
            for (key, object) in keys {
                match key.as_integer() {
                    Some(key) => values.push(Value::Integer(key)),
                    None => {
                        values.extend(self.host.values(level, object, &local)?.unwrap_or_default())
                    }
                }
            }
            let query = children_of(step, |operands| Node::InValues {
                types: operands.iter().map(Node::bind_type).collect(),
                values: values.into(),
                operands,
                negated: false,
                // Primary, foreign and unique keys all have one.
                indexed: true,
            });
            self.arrive(children.as_mut(), &mut links, query, step, path)?;
        }
        let partial = step.is_partial();
        (self.host).assign(level, &parents, step.relation, children, &links, partial)
    }

    /// Reads the rows of a query for children, and what goes along with them.
    pub(super) fn arrive(
        &mut self,
        children: &mut dyn Level,
        links: &mut Links,
        (mut select, own): (Select, Own),
        step: &Step,
        path: &[&'static ModelInfo],
    ) -> Result<()> {
        let mut path = path.to_vec();
        path.push((step.relation.target)());
        let steps = step.below(&path);
        select.left_out = step.left_out.clone();
        self.fetch(children, links, select, steps, &own, &path)
    }
}

/// The keys of the parents, each once.
fn wanted(parents: &Parents) -> Vec<Wanted> {
    let mut keys: Vec<Wanted> = Vec::with_capacity(parents.len());
    let mut all = parents.iter().enumerate();
    let named = |(object, parent): (usize, &Option<Option<Identity>>)| {
        Some((parent.as_ref()?.clone()?, object))
    };
    // Parents mostly come in the order of their keys: what is greater than the one before was not there yet.
    let mut last = i64::MIN;
    let other = all
        .by_ref()
        .filter_map(named)
        .find_map(|wanted| match wanted.0.as_integer() {
            Some(key) if key > last || keys.is_empty() => {
                last = key;
                keys.push(wanted);
                None
            }
            _ => Some(wanted),
        });
    let Some(other) = other else {
        return keys;
    };
    let mut met: HashSet<Identity, RandomState> =
        (keys.iter()).map(|(key, _)| key.clone()).collect();
    let rest = std::iter::once(other).chain(all.filter_map(named));
    keys.extend(rest.filter(|(key, _)| met.insert(key.clone())));
    keys
}

/// The query for the children of some parents, and which columns say whose they are and in which order. `restrict` makes
/// the condition that these are the parents'.
pub(super) fn children_of(step: &Step, restrict: impl FnOnce(Vec<Node>) -> Node) -> (Select, Own) {
    let route = (step.relation.route)();
    let target = (step.relation.target)();
    let remote = fields(target, &route.remote);
    let mut select = Select::of(target);
    let mut link = route.remote.clone();
    let mut operands = nodes(&remote);
    let partition;
    if let Some(through) = &route.through {
        let own = nodes(&fields(through.model, &through.local));
        let other = nodes(&fields(through.model, &through.remote));
        let mut between = Select::of(through.model);
        if step.relation.pairs_may_repeat() {
            // Each pair once, however often the table has it.
            let items = own.iter().chain(&other).cloned();
            between.projection =
                Projection::Items(items.map(|node| Item::of(node, false)).collect());
            between.distinct = true;
            between.filter.push(restrict(own.clone()));
            between = Derived::select(
                Body::of(between),
                match target.table_name() {
                    "pairs" => "between",
                    _ => "pairs",
                },
            );
            let columns: Vec<Node> =
                (between.items().iter().map(|item| item.node.clone())).collect();
            let (left, right) = columns.split_at(own.len());
            partition = left.to_vec();
            operands = equal(right.to_vec(), operands);
        } else {
            select.filter.push(restrict(own.clone()));
            partition = own;
            operands = equal(other, operands);
        }
        let mut items = select.items().into_owned();
        link = (items.len()..items.len() + partition.len()).collect();
        items.extend((partition.iter().cloned()).map(|node| Item::of(node, false)));
        select.projection = Projection::Items(items);
        select.joins.push(Join {
            kind: JoinKind::Inner,
            source: between.source,
            on: Some(Node::And(operands)),
        });
    } else {
        partition = operands.clone();
        select.filter.push(restrict(operands));
    }
    select.filter.extend(step.filter.iter().cloned());
    let many = step.relation.kind.is_many();
    let mut own = Own {
        link,
        order: None,
        many,
    };
    if !many {
        return (select, own);
    }
    if step.is_limited() {
        return (numbered(select, step, partition), own);
    }
    own.order = step.order_by_integer();
    if own.order.is_none() {
        select.order = step.order();
    }
    (select, own)
}

fn nodes(fields: &[&'static FieldInfo]) -> Vec<Node> {
    fields.iter().map(|field| field.node()).collect()
}

/// The conditions that columns are equal, pair by pair.
pub(super) fn equal(left: Vec<Node>, right: Vec<Node>) -> Vec<Node> {
    let pairs = left.into_iter().zip(right);
    pairs.map(|(left, right)| node_equal(left, right)).collect()
}

/// The first rows of each parent: the query's rows are numbered within those of a parent.
pub(super) fn numbered(mut select: Select, step: &Step, partition: Vec<Node>) -> Select {
    let mut items = select.items().into_owned();
    let number = items.len();
    let window = crate::query::Window {
        function: WindowFunction::Rank(crate::backend::RankFunction::RowNumber),
        partition,
        order: step.order(),
        frame: None,
    };
    items.push(Item::of(Node::Window(Box::new(window)), false));
    select.projection = Projection::Items(items);
    let mut outer = Derived::select(Body::of(select), "numbered");
    let place = outer.items()[number].node.clone();
    outer.filter.extend(within(&place, step));
    outer.order = vec![Order::new(place, false)];
    outer
}

/// The condition that a number is one of those that a step asks for.
pub(super) fn within(number: &Node, step: &Step) -> Vec<Node> {
    let bound = |rows: u64| {
        let rows = i64::try_from(rows).unwrap_or(i64::MAX);
        Node::bind(Value::Integer(rows), crate::backend::BindType::BigInt)
    };
    let compare = |operator, rows| Node::Compare {
        left: Box::new(number.clone()),
        operator,
        right: Box::new(bound(rows)),
    };
    let before = step.offset.unwrap_or(0);
    let mut conditions = Vec::new();
    if before > 0 {
        conditions.push(compare(crate::query::Comparison::Greater, before));
    }
    if let Some(limit) = step.limit {
        let last = before.saturating_add(limit);
        conditions.push(compare(crate::query::Comparison::LessOrEqual, last));
    }
    conditions
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_key_is_wanted_once_for_the_first_parent_that_has_it() {
        let integer = |key: i64| Some(Some(Identity::integer(key)));
        let text = |key: &str| Some(Some(Identity::new(&[Value::Text(key.into())])));
        let places = |parents: &Parents| -> Vec<usize> {
            wanted(parents)
                .into_iter()
                .map(|(_, object)| object)
                .collect()
        };
        let ascending = vec![integer(i64::MIN), None, integer(2), Some(None), integer(3)];
        assert_eq!(places(&ascending), [0, 2, 4]);
        let mixed = vec![
            integer(1),
            integer(5),
            integer(5),
            integer(2),
            integer(1),
            integer(7),
        ];
        assert_eq!(places(&mixed), [0, 1, 3, 5]);
        let texts = vec![text("b"), text("a"), Some(None), text("b"), None, text("c")];
        assert_eq!(places(&texts), [0, 1, 5]);
    }
}
