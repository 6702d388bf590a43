//! `joined` and `contains`: rows that come along with those of their parents, in one statement.

use std::borrow::Cow;
use std::sync::Arc;

use super::Own;
use super::selectin::{equal, numbered, within};
use crate::backend::BindType;
use crate::model::{FieldInfo, ModelInfo};
use crate::query::{
    Body, Derived, Item, Join, JoinKind, Node, Order, Projection, Select, Source, SourceRelation,
    WindowFunction,
};
use crate::relation::info::fields;
use crate::relation::lazy::by_key;
use crate::relation::step::{Depth, How, Step};
use crate::relation::{RelationInfo, Strategy};
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
    /// Both: what a pair of parent and row is known by.
    pub(super) pair: Vec<At>,
    /// Whether a pair of parent and row may come several times.
    pub(super) repeats: bool,
    /// What is loaded afterwards.
    pub(super) rest: Vec<Step>,
    /// The models on the way here, its own among them.
    pub(super) path: Vec<&'static ModelInfo>,
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

/// The names that joined tables get.
#[derive(Default)]
pub(super) struct Names(usize);

/// What is known of a query while joins are added to it.
struct Build {
    select: Select,
    items: Vec<Item>,
    joined: Vec<Joined>,
    /// Whether a collection is joined already: a second one would multiply its rows.
    many: bool,
    order: Vec<Order>,
}

fn is_joined(step: &Step) -> bool {
    step.is_contained() || step.how == How::By(Strategy::Joined)
}

impl Names {
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
        let mut contained = Vec::new();
        for step in &joins {
            contained_collections(step, &mut contained)?;
        }
        if let [_, second, ..] = contained[..] {
            return Err(Error::invalid_query(format!(
                "{}: contains() of two collections would multiply their rows; load one of them by selectin()",
                second.subject()
            )));
        }
        if let [relation] = contained[..]
            && (select.is_limited() || !takes_joins)
        {
            return Err(Error::invalid_query(format!(
                "{}: contains() of a collection takes every row of the query; a limit (as first() has one), groups or distinct rows would cut it",
                relation.subject()
            )));
        }
        // A row may come several times by itself.
        let repeats = root && (!select.joins.is_empty() || select.model().is_none());
        // What the query joins itself can't be read from outside of parentheses, which a collection would need.
        let many = contained.len() == 1
            || !((select.is_limited() || repeats) && joins.iter().any(Step::is_contained))
                && joins.iter().any(|step| joins_many(step, path));
        let wrapped = many && contained.is_empty() && (select.is_limited() || repeats);
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
            // The rows of a parent stand together.
            add_key(&mut order, model, &items);
            let mut columns: Vec<usize> = link.to_vec();
            columns.extend(model.key);
            identity = Some(at(&items, 0, &columns));
        }
        let items = select.items().into_owned();
        let mut build = Build {
            select,
            items,
            joined: Vec::new(),
            many: !many || !contained.is_empty(),
            order,
        };
        let simple = root && !wrapped && !repeats;
        for step in joins {
            let local = (step.relation.route)().local;
            let link = at(&build.items, 0, &local);
            if let Some(left) = self.join(&mut build, step, None, link, !simple, path) {
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
        build: &mut Build,
        mut step: Step,
        parent: Option<usize>,
        link: Vec<At>,
        repeats: bool,
        path: &[&'static ModelInfo],
    ) -> Option<Step> {
        let many = step.relation.kind.is_many();
        // A second collection; and a relationship that is followed without end.
        let endless = step.depth == Depth::All;
        if !step.is_contained() && ((many && build.many) || endless) {
            step.how = How::By(Strategy::Selectin);
            return Some(step);
        }
        build.many |= many;
        let target = (step.relation.target)();
        let start = build.items.len();
        let orders = self.add_join(build, &step, &link);
        if many {
            build.order.extend(orders);
        }
        let number = build.joined.len();
        let mut path = path.to_vec();
        path.push(target);
        let (below, mut rest): (Vec<Step>, Vec<Step>) =
            step.below(&path).into_iter().partition(is_joined);
        let key = at(&build.items, start, target.key);
        build.joined.push(Joined {
            pair: link.iter().chain(&key).copied().collect(),
            link,
            key,
            parent,
            start,
            repeats: repeats || step.relation.pairs_may_repeat(),
            rest: Vec::new(),
            path: path.clone(),
            step,
        });
        for nested in below {
            let local = (nested.relation.route)().local;
            let link = at(&build.items, start, &local);
            // Whatever is below a row comes again where the row does.
            for above in &mut build.joined {
                above.repeats |= nested.relation.kind.is_many();
            }
            rest.extend(self.join(build, nested, Some(number), link, true, &path));
        }
        build.joined[number].rest = rest;
        None
    }

    /// Adds the tables of a step and its columns; gives the order of its rows.
    fn add_join(&mut self, build: &mut Build, step: &Step, link: &[At]) -> Vec<Order> {
        let target = (step.relation.target)();
        if let How::Contains(name) = &step.how {
            build.items.extend(whole(target, name));
            return by_key(name.clone(), step.relation);
        }
        let route = (step.relation.route)();
        let name = self.free_name(build, step);
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

impl Build {
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
fn limited(build: &mut Build, step: &Step, name: String, own: Vec<Node>) -> Vec<Order> {
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
    let SourceRelation::Derived(mut derived) = numbered.source.relation else {
        return Vec::new();
    };
    let mut source = Source {
        name: Cow::Owned(name),
        relation: SourceRelation::Derived(Arc::clone(&derived)),
    };
    let columns: Vec<Node> = (derived.columns.iter())
        .map(|column| source.column(column))
        .collect();
    // Its rows are none of those around, which may be of the same table.
    Arc::make_mut(&mut derived).originals.clone_from(&columns);
    source.relation = SourceRelation::Derived(derived);
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

impl Names {
    /// A name that neither the query nor what is said about the rows gives to anything.
    fn free_name(&mut self, build: &Build, step: &Step) -> String {
        let orders = step.order();
        let said: Vec<&Node> = (step.filter.iter())
            .chain(orders.iter().map(|order| &order.node))
            .collect();
        loop {
            self.0 += 1;
            let name = format!("{}_{}", step.relation.field, self.0);
            let between = format!("{name}_by");
            let taken = |name: &str| {
                build.select.sources().any(|source| source.name == name)
                    || said.iter().any(|node| node.mentions(name))
            };
            if !taken(&name) && !taken(&between) {
                return name;
            }
        }
    }
}

/// Whether a step or one below it joins a collection.
fn joins_many(step: &Step, path: &[&'static ModelInfo]) -> bool {
    if step.relation.kind.is_many() {
        return true;
    }
    if step.depth == Depth::All {
        return false;
    }
    let mut path = path.to_vec();
    path.push((step.relation.target)());
    let below = step.below(&path);
    (below.iter()).any(|nested| is_joined(nested) && joins_many(nested, &path))
}

/// The collections that are filled from the query's own joins, from a step on.
fn contained_collections(step: &Step, found: &mut Vec<&'static RelationInfo>) -> Result<()> {
    if !is_joined(step) {
        return Ok(());
    }
    if step.is_contained() {
        if step.is_refined() {
            return Err(Error::invalid_query(format!(
                "{}: contains() takes what the query's join gives; filter and order the query itself",
                step.relation.subject()
            )));
        }
        if step.depth != Depth::Times(1) {
            return Err(Error::invalid_query(format!(
                "{0}: contains() takes one join of the query, once; what is further down takes another alias: .with({1}::{2}.contains_as(…))",
                step.relation.subject(),
                step.relation.model.name,
                step.relation.field
            )));
        }
        if step.relation.kind.is_many() {
            found.push(step.relation);
        }
    }
    for nested in &step.nested {
        contained_collections(nested, found)?;
    }
    Ok(())
}

/// The query in parentheses, with its rows numbered in their order; gives the position of the number.
fn wrap(model: &'static ModelInfo, mut select: Select, mut order: Vec<Order>) -> (Select, usize) {
    let items = select.items().into_owned();
    add_key(&mut order, model, &items);
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

/// Orders what agrees so far by the primary key of the row, whose columns are the first ones.
fn add_key(order: &mut Vec<Order>, model: &'static ModelInfo, items: &[Item]) {
    for item in model.key.iter().filter_map(|field| items.get(*field)) {
        if !order.iter().any(|known| known.node == item.node) {
            order.push(Order::new(item.node.clone(), false));
        }
    }
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
