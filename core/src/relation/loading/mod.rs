//! Rows and what they are related to, level by level: one set of statements for values and for objects of a session.

mod fetch;
mod joined;
mod link;
mod links;
mod selectin;
mod subquery;
mod values;

use std::collections::{HashMap, HashSet};

use foldhash::fast::RandomState;

use super::level::Level;
use super::step::{Depth, How, Step, all, check};
use super::{RelationInfo, Strategy};
use crate::model::ModelInfo;
use crate::query::{Executor, Select};
use crate::session::Identity;
use crate::value::Value;
use crate::{Error, Result};
use joined::Names;
pub(crate) use link::Link;
pub(crate) use links::Links;
pub(crate) use values::ValuesHost;

/// Who loads: whose connection it is, and who keeps what arrives.
pub(crate) trait Host {
    /// Whether rows are read whole, also where a query would leave columns out.
    fn reads_whole(&self) -> bool;

    fn executor(&mut self) -> &mut dyn Executor;

    /// An empty level for objects of a model.
    fn new_level(&mut self, model: &'static ModelInfo) -> Box<dyn Level>;

    /// All objects of a level have arrived.
    fn settle(&mut self, level: &mut dyn Level) -> Result<()>;

    /// The values of an object's fields; `None` when one is NULL.
    fn values(
        &self,
        level: &dyn Level,
        object: usize,
        fields: &[usize],
    ) -> Result<Option<Vec<Value>>>;

    /// The same as they are compared.
    fn identity(
        &self,
        level: &dyn Level,
        object: usize,
        fields: &[usize],
    ) -> Result<Option<Identity>> {
        let values = self.values(level, object, fields)?;
        Ok(values.map(|values| Identity::new(&values)))
    }

    /// Puts objects into a level that are known without a query, and takes their keys out.
    fn known(
        &mut self,
        relation: &'static RelationInfo,
        keys: &mut Vec<Wanted>,
        level: &mut dyn Level,
        links: &mut Links,
    ) -> Result<()>;

    /// Gives parents what they are related to. Those that are not among `parents` are left as they are.
    fn assign(
        &mut self,
        level: &mut dyn Level,
        parents: &Parents,
        relation: &'static RelationInfo,
        children: Box<dyn Level>,
        links: &Links,
        partial: bool,
    ) -> Result<()>;

    /// Says how a relation of the objects is loaded.
    fn set_lazy(&mut self, level: &mut dyn Level, relation: &'static RelationInfo, lazy: Strategy);
}

/// The objects of a level that a relation is loaded for: nothing for one that is left out, and the values that it goes by,
/// unless one of them is NULL.
pub(crate) type Parents = Vec<Option<Option<Identity>>>;

/// What rows of the other side go by, and one of the parents that has it.
pub(crate) type Wanted = (Identity, usize);

/// What is being loaded.
pub(crate) struct Loader<'a> {
    host: &'a mut dyn Host,
    /// The rows that a relationship was followed from, where it is followed without end.
    met: HashMap<(&'static str, &'static str), HashSet<Identity, RandomState>>,
    names: Names,
}

/// What is known of the columns of a query's own rows.
#[derive(Default)]
pub(crate) struct Own {
    /// Those by which the rows are related to their parents; none for rows that have no parents.
    link: Vec<usize>,
    /// The one that the rows are put in order by once they are here.
    order: Option<usize>,
    /// Whether a parent may have several rows.
    many: bool,
}

/// Reads the rows of a query, and loads what goes along with them.
pub(crate) fn read(host: &mut dyn Host, level: &mut dyn Level, mut select: Select) -> Result<()> {
    let model = level.model();
    check(&select.loads)?;
    let steps = all(model, std::mem::take(&mut select.loads), &[model]);
    let mut links = Links::default();
    Loader::new(host).fetch(level, &mut links, select, steps, &Own::default(), &[model])
}

/// The statement for the rows of a query together with what is joined to them.
pub(crate) fn with_joins(model: &'static ModelInfo, mut select: Select) -> Result<Select> {
    check(&select.loads)?;
    let steps = all(model, std::mem::take(&mut select.loads), &[model]);
    let plan = Names::default().plan(model, select, steps, &[], &[model], true)?;
    let mut select = plan.select;
    for one in &plan.joined {
        select.left_out.extend(&one.step.left_out, one.start);
    }
    Ok(select)
}

/// Loads what goes along with objects that are in hand.
pub(crate) fn load(host: &mut dyn Host, level: &mut dyn Level, steps: Vec<Step>) -> Result<()> {
    let model = level.model();
    check(&steps)?;
    Loader::new(host).load(level, None, steps, &[model])
}

/// Whether a query gives the same rows when it is sent again: a limit cuts rows that agree in the order anywhere.
fn is_repeatable(query: &Select, model: &'static ModelInfo) -> bool {
    let items = query.items();
    let ordered_by = |field: &usize| {
        let key = items.get(*field);
        key.is_some_and(|key| query.order.iter().any(|order| order.node == key.node))
    };
    !query.is_limited() || (query.joins.is_empty() && model.key.iter().all(ordered_by))
}

impl<'a> Loader<'a> {
    fn new(host: &'a mut dyn Host) -> Self {
        Self {
            host,
            met: HashMap::new(),
            names: Names::default(),
        }
    }

    /// Loads what goes along with the objects of a level; `query` is the one that they came from.
    fn load(
        &mut self,
        level: &mut dyn Level,
        query: Option<&Select>,
        steps: Vec<Step>,
        path: &[&'static ModelInfo],
    ) -> Result<()> {
        for step in steps {
            match (&step.how, query) {
                (How::By(lazy), _) if !lazy.is_eager() => {
                    if step.is_refined() || !step.nested.is_empty() || step.depth != Depth::Times(1)
                    {
                        return Err(Error::invalid_query(format!(
                            "{}: {}() leaves it to be loaded later, as a whole; what is said about its rows takes joined(), subquery() or selectin()",
                            step.relation.subject(),
                            lazy.name()
                        )));
                    }
                    self.host.set_lazy(level, step.relation, *lazy);
                }
                (How::By(Strategy::Subquery), Some(query))
                    if is_repeatable(query, level.model()) =>
                {
                    self.subquery(level, query, &step, path)?;
                }
                (How::By(_), _) => self.selectin(level, &step, path)?,
                (How::Contains(_), _) => {
                    return Err(Error::invalid_query(format!(
                        "{}: contains() fills it from a join of the query itself; here there is none",
                        step.relation.subject()
                    )));
                }
            }
        }
        Ok(())
    }

    /// The objects that a relation is to be loaded for.
    fn parents(&mut self, level: &dyn Level, step: &Step) -> Result<Parents> {
        let local = (step.relation.route)().local;
        let mut parents = Vec::with_capacity(level.len());
        for object in 0..level.len() {
            parents.push(Some(self.host.identity(level, object, &local)?));
        }
        self.leave_out_met(step, &mut parents);
        Ok(parents)
    }

    /// Leaves out the objects that were met before, where a relationship is followed without end.
    fn leave_out_met(&mut self, step: &Step, parents: &mut Parents) {
        if step.depth != Depth::All {
            return;
        }
        let name = (step.relation.model.name, step.relation.field);
        let met = self.met.entry(name).or_default();
        if !step.again {
            met.clear();
        }
        for parent in parents.iter_mut() {
            if let Some(Some(key)) = parent
                && met.contains(key)
            {
                *parent = None;
            }
        }
        // Afterwards: two objects of one row on the same level both have it.
        met.extend(parents.iter().flatten().flatten().cloned());
    }
}
