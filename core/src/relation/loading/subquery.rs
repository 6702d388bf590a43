//! `subquery`: one statement that repeats the parents' query.

use std::sync::Arc;

use super::selectin::children_of;
use super::{Links, Loader};
use crate::Result;
use crate::model::ModelInfo;
use crate::query::{Body, Derived, Item, Node, Select, not_null};
use crate::relation::level::Level;
use crate::relation::step::Step;

impl Loader<'_> {
    pub(super) fn subquery(
        &mut self,
        level: &mut dyn Level,
        query: &Select,
        step: &Step,
        path: &[&'static ModelInfo],
    ) -> Result<()> {
        let parents = self.parents(level, step)?;
        let target = (step.relation.target)();
        let mut children = self.host.new_level(target);
        let mut links = Links::of(parents.len());
        if parents.iter().any(|parent| matches!(parent, Some(Some(_)))) {
            let keys = Arc::new(keys(query, &(step.relation.route)().local));
            let query = children_of(step, |operands| Node::InQuery {
                operands,
                query: keys,
                negated: false,
            });
            self.arrive(children.as_mut(), &mut links, query, step, path)?;
        }
        let partial = step.is_partial();
        (self.host).assign(level, &parents, step.relation, children, &links, partial)
    }
}

/// The parents' query, of the columns alone that the relationship goes by.
fn keys(query: &Select, local: &[usize]) -> Select {
    let mut keys = query.clone();
    if keys.distinct && keys.is_limited() {
        // Of the columns alone fewer rows would be distinct, and the limit cut others.
        keys.loads.clear();
        keys = Derived::select(Body::of(keys), "parents");
    }
    let items = keys.items().into_owned();
    let items: Vec<Item> = (local.iter())
        .filter_map(|field| items.get(*field).cloned())
        .collect();
    // Without a limit it is the same rows in any order.
    if !keys.is_limited() {
        keys.order.clear();
    }
    keys.lock = None;
    keys.project(items);
    not_null(keys)
}
