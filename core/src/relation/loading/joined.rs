//! `joined` and `contains`: rows that come along with those of their parents, in one statement.

use std::borrow::Cow;
use std::sync::Arc;

use super::selectin::{numbered, within};
use super::{Loader, Own};
use crate::backend::BindType;
use crate::model::{FieldInfo, ModelInfo};
use crate::query::{
    Body, Derived, Item, Join, JoinKind, Node, Order, Projection, Select, Source, SourceRelation,
    WindowFunction, node_equal,
};
use crate::relation::Strategy;
use crate::relation::info::fields;
use crate::relation::step::{How, Step};
use crate::{Error, Result};

/// A column of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct At {
    pub(super) index: usize,
    pub(super) bind_type: BindType,
}

/// A relationship whose rows come along with those of its parents.
pub(super) struct Joined {
    pub(super) step: Step,
    /// The relationship by which the parents come along; nothing when they are the query's own rows.
    pub(super) parent: Option<usize>,
    /// Where the columns of its rows begin.
    pub(super) start: usize,
    /// The parents' columns that it goes by.
    pub(super) link: Vec<At>,
    /// The primary key, which is NULL where there is no row.
    pub(super) key: Vec<At>,
    /// Whether a pair of parent and row may come several times.
    pub(super) repeats: bool,
    /// What is loaded afterwards.
    pub(super) rest: Vec<Step>,
}

/// A query whose rows have others beside them.
pub(super) struct Plan {
    pub(super) select: Select,
    pub(super) joined: Vec<Joined>,
    /// The columns by which rows of one parent are known, where it has several.
    pub(super) identity: Option<Vec<At>>,
    /// What is loaded afterwards.
    pub(super) rest: Vec<Step>,
}

/// What is known of a query while joins are added to it.
struct Build<'a> {
    select: Select,
    items: Vec<Item>,
    joined: Vec<Joined>,
    /// Whether a collection is joined already: a second one would multiply its rows.
    many: bool,
    order: Vec<Order>,
    path: &'a [&'static ModelInfo],
}

fn is_joined(step: &Step) -> bool {
    step.is_contained() || step.how == How::By(Strategy::Joined)
}

impl Loader<'_> {
    /// Adds the joins to a query that its steps ask for; the rows begin with the columns of the model and of `link`.
    pub(super) fn plan(
        &mut self,
        model: &'static ModelInfo,
        mut select: Select,
        steps: Vec<Step>,
        link: &[usize],
        path: &[&'static ModelInfo],
        root: bool,
    ) -> Result<Plan> {
        let left_out = std::mem::take(&mut select.left_out);
        let takes_joins = !select.is_grouped() && !select.distinct && select.lock.is_none();
        let (joins, mut rest): (Vec<Step>, Vec<Step>) = (steps.into_iter())
            .partition(|step| step.is_contained() || (takes_joins && is_joined(step)));
        if joins.is_empty() {
            select.left_out = left_out;
            return Ok(Plan {
                select,
                joined: Vec::new(),
                identity: None,
                rest,
            });
        }
        let contains_many = |step: &Step| step.is_contained() && step.relation.kind.is_many();
        let contained = joins.iter().find(|step| contains_many(step));
        if let Some(step) = contained
            && (select.is_limited() || !takes_joins)
        {
            return Err(Error::invalid_query(format!(
                "{}: contains() of a collection takes every row of the query; a limit, groups or distinct rows would cut it",
                step.relation.subject()
            )));
        }
        let many = joins
            .iter()
            .any(|step| step.relation.kind.is_many() || joins_many(step));
        let repeats = root && !select.joins.is_empty();
        let wrapped = many && contained.is_none() && (select.is_limited() || repeats);
        let mut identity = None;
        let mut order = std::mem::take(&mut select.order);
        if wrapped {
            let number;
            (select, number) = wrap(model, select, order);
            order = vec![Order::new(select.items()[number].node.clone(), false)];
            identity = Some(vec![At {
                index: number,
                bind_type: BindType::BigInt,
            }]);
        } else if many {
            let items = select.items();
            if order.is_empty() {
                order.extend(by_key(model, &items));
            }
            let mut columns: Vec<usize> = link.to_vec();
            columns.extend(model.key);
            identity = Some(at(&items, 0, &columns));
        }
        let items = select.items().into_owned();
        let mut build = Build {
            select,
            items,
            joined: Vec::new(),
            many: contained.is_some(),
            order,
            path,
        };
        let simple = root && !wrapped && !repeats;
        let mut contained_many = false;
        for step in joins {
            let second = contains_many(&step) && std::mem::replace(&mut contained_many, true);
            if second {
                return Err(Error::invalid_query(format!(
                    "{}: contains() of two collections would multiply their rows; load one of them by selectin()",
                    step.relation.subject()
                )));
            }
            let local = (step.relation.route)().local;
            let link = at(&build.items, 0, &local);
            if let Some(left) = self.join(&mut build, step, None, link, !simple) {
                rest.push(left);
            }
        }
        let Build {
            mut select,
            items,
            joined,
            order,
            ..
        } = build;
        select.projection = Projection::Items(items);
        select.order = order;
        // The columns of the rows themselves are the first ones still.
        select.left_out = left_out;
        Ok(Plan {
            select,
            joined,
            identity,
            rest,
        })
    }

    /// Adds the join of a step and those below it; gives the step back when it has to be loaded by itself.
    fn join(
        &mut self,
        build: &mut Build<'_>,
        mut step: Step,
        parent: Option<usize>,
        link: Vec<At>,
        repeats: bool,
    ) -> Option<Step> {
        let many = step.relation.kind.is_many();
        // A second collection; and a relationship that is followed without end.
        let endless = step.depth == crate::relation::step::Depth::All;
        if !step.is_contained() && ((many && build.many) || endless) {
            step.how = How::By(Strategy::Selectin);
            return Some(step);
        }
        build.many |= many;
        let target = (step.relation.target)();
        let start = build.items.len();
        let orders = self.add_join(build, &step, &link);
        if many && !step.is_contained() {
            build.order.extend(orders);
        }
        let number = build.joined.len();
        let mut path = build.path.to_vec();
        path.push(target);
        let (below, mut rest): (Vec<Step>, Vec<Step>) =
            step.below(&path).into_iter().partition(is_joined);
        build.joined.push(Joined {
            link,
            key: at(&build.items, start, target.key),
            parent,
            start,
            repeats,
            rest: Vec::new(),
            step,
        });
        for nested in below {
            let local = (nested.relation.route)().local;
            let link = at(&build.items, start, &local);
            // Whatever is below a row comes again where the row does.
            for above in &mut build.joined {
                above.repeats |= nested.relation.kind.is_many();
            }
            rest.extend(self.join(build, nested, Some(number), link, true));
        }
        build.joined[number].rest = rest;
        None
    }

    /// Adds the tables of a step and its columns; gives the order of its rows.
    fn add_join(&mut self, build: &mut Build<'_>, step: &Step, link: &[At]) -> Vec<Order> {
        let target = (step.relation.target)();
        if let How::Contains(name) = &step.how {
            build.items.extend(whole(target, name));
            return Vec::new();
        }
        let route = (step.relation.route)();
        self.names += 1;
        let name = format!("{}_{}", step.relation.field, self.names);
        let own: Vec<Node> = (link.iter())
            .filter_map(|at| Some(build.items.get(at.index)?.node.clone()))
            .collect();
        if step.is_limited() && step.relation.kind.is_many() {
            return limited(build, step, name, own);
        }
        let renamed = |node: &Node| node.renamed(target.table_name(), &name);
        let mut remote = own;
        if let Some(through) = &route.through {
            let between = format!("{name}_by");
            let locals = columns(&fields(through.model, &through.local), &between);
            build.left_join(through.model, &between, equal(locals, remote));
            remote = columns(&fields(through.model, &through.remote), &between);
        }
        let mut on = equal(columns(&fields(target, &route.remote), &name), remote);
        on.extend(step.filter.iter().map(renamed));
        build.left_join(target, &name, on);
        build.items.extend(whole(target, &name));
        let orders = step.order();
        (orders.iter())
            .map(|order| order.renamed(target.table_name(), &name))
            .collect()
    }
}

impl Build<'_> {
    fn left_join(&mut self, model: &'static ModelInfo, name: &str, on: Vec<Node>) {
        self.select.joins.push(Join {
            kind: JoinKind::Left,
            source: Source {
                name: Cow::Owned(name.to_owned()),
                relation: SourceRelation::Table(model),
            },
            on: Some(Node::And(on)),
        });
    }
}

/// Joins the first rows of each parent: they are numbered in a query in parentheses.
fn limited(build: &mut Build<'_>, step: &Step, name: String, own: Vec<Node>) -> Vec<Order> {
    let (select, Own { link, .. }) = super::selectin::children_of(
        &Step {
            limit: None,
            offset: None,
            ..step.clone()
        },
        |_| Node::And(Vec::new()),
    );
    let mut select = select;
    select.order.clear();
    let items = select.items().into_owned();
    let partition: Vec<Node> = link.iter().map(|at| items[*at].node.clone()).collect();
    let numbered = numbered(select, step, partition);
    let SourceRelation::Derived(derived) = numbered.source.relation else {
        return Vec::new();
    };
    let source = Source {
        name: Cow::Owned(name),
        relation: SourceRelation::Derived(Arc::clone(&derived)),
    };
    let columns: Vec<Node> = (derived.columns.iter())
        .map(|column| source.column(column))
        .collect();
    let Some(number) = columns.last().cloned() else {
        return Vec::new();
    };
    let mut on = equal(link.iter().map(|at| columns[*at].clone()).collect(), own);
    on.extend(within(&number, step));
    let width = (step.relation.target)().fields.len();
    let items = columns.into_iter().take(width);
    build.items.extend(items.map(|node| Item::of(node, true)));
    build.select.joins.push(Join {
        kind: JoinKind::Left,
        source,
        on: Some(Node::And(on)),
    });
    vec![Order::new(number, false)]
}

/// Whether a collection is joined below a step.
fn joins_many(step: &Step) -> bool {
    (step.nested.iter())
        .filter(|nested| is_joined(nested))
        .any(|nested| nested.relation.kind.is_many() || joins_many(nested))
}

/// The query in parentheses, with its rows numbered in their order; gives the position of the number.
fn wrap(model: &'static ModelInfo, mut select: Select, mut order: Vec<Order>) -> (Select, usize) {
    let items = select.items().into_owned();
    for item in by_key(model, &items) {
        if !order.iter().any(|known| known.node == item.node) {
            order.push(item);
        }
    }
    let number = items.len();
    let window = crate::query::Window {
        function: WindowFunction::Rank(crate::backend::RankFunction::RowNumber),
        partition: Vec::new(),
        order: order.clone(),
        frame: None,
    };
    let mut numbered = items;
    numbered.push(Item::of(Node::Window(Box::new(window)), false));
    select.projection = Projection::Items(numbered);
    if select.is_limited() {
        select.order = order;
    }
    (Derived::select(Body::of(select), "parents"), number)
}

/// The primary key of a row, whose columns are the first ones, as an order.
fn by_key(model: &'static ModelInfo, items: &[Item]) -> Vec<Order> {
    (model.key.iter())
        .filter_map(|field| items.get(*field))
        .map(|item| Order::new(item.node.clone(), false))
        .collect()
}

/// Every column of a table under a name, any of which is NULL where there is no row.
fn whole(model: &'static ModelInfo, name: &str) -> Vec<Item> {
    columns(&model.fields.iter().collect::<Vec<_>>(), name)
        .into_iter()
        .map(|node| Item::of(node, true))
        .collect()
}

fn columns(fields: &[&'static FieldInfo], table: &str) -> Vec<Node> {
    (fields.iter())
        .map(|field| field.node_of(Cow::Owned(table.to_owned())))
        .collect()
}

fn equal(left: Vec<Node>, right: Vec<Node>) -> Vec<Node> {
    let pairs = left.into_iter().zip(right);
    pairs.map(|(left, right)| node_equal(left, right)).collect()
}

/// The columns of a row behind some of its items.
pub(super) fn at(items: &[Item], start: usize, positions: &[usize]) -> Vec<At> {
    (positions.iter())
        .filter_map(|position| {
            let index = start + position;
            let bind_type = items.get(index)?.node.bind_type();
            Some(At { index, bind_type })
        })
        .collect()
}
