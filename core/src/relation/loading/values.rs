//! Plain values, which own what they are related to.

use super::{Host, Links, Parents, Wanted};
use crate::Result;
use crate::model::ModelInfo;
use crate::query::Executor;
use crate::relation::level::{Filled, Level};
use crate::relation::{RelationInfo, Strategy};
use crate::session::Identity;
use crate::value::Value;

/// Values, and what runs their statements.
pub(crate) struct ValuesHost<'a>(pub(crate) &'a mut dyn Executor);

impl Host for ValuesHost<'_> {
    fn reads_whole(&self) -> bool {
        false
    }

    fn executor(&mut self) -> &mut dyn Executor {
        self.0
    }

    fn new_level(&mut self, model: &'static ModelInfo) -> Box<dyn Level> {
        (model.new_level)().0
    }

    fn settle(&mut self, _level: &mut dyn Level) -> Result<()> {
        Ok(())
    }

    fn values(
        &self,
        level: &dyn Level,
        object: usize,
        fields: &[usize],
    ) -> Result<Option<Vec<Value>>> {
        let mut values = Vec::with_capacity(fields.len());
        for field in fields {
            match level.value(object, *field)? {
                Value::Null => return Ok(None),
                value => values.push(value),
            }
        }
        Ok(Some(values))
    }

    fn identity(
        &self,
        level: &dyn Level,
        object: usize,
        fields: &[usize],
    ) -> Result<Option<Identity>> {
        if let [field] = fields {
            // The commonest case takes no memory of its own.
            if let Some(key) = level.integer(object, *field) {
                return Ok(Some(Identity::integer(key)));
            }
        }
        let values = self.values(level, object, fields)?;
        Ok(values.map(|values| Identity::new(&values)))
    }

    fn known(
        &mut self,
        _relation: &'static RelationInfo,
        _keys: &mut Vec<Wanted>,
        _level: &mut dyn Level,
        _links: &mut Links,
    ) -> Result<()> {
        Ok(())
    }

    fn assign(
        &mut self,
        level: &mut dyn Level,
        parents: &Parents,
        relation: &'static RelationInfo,
        children: Box<dyn Level>,
        links: &Links,
        partial: bool,
    ) -> Result<()> {
        let filled = Filled {
            groups: children.into_groups(relation, links)?,
            group_of: (parents.iter())
                .map(|parent| {
                    let key = parent.as_ref()?;
                    Some(key.as_ref().and_then(|key| links.known(key)))
                })
                .collect(),
            partial,
        };
        level.fill(relation, &filled);
        Ok(())
    }

    fn set_lazy(&mut self, level: &mut dyn Level, relation: &'static RelationInfo, lazy: Strategy) {
        level.set_lazy(relation, lazy);
    }
}
