//! Relations that are loaded row by row, where one statement would load them for all rows.

use std::fmt;
use std::panic::Location;

use super::Session;
use crate::config::NPlusOneConfig;
use crate::relation::RelationInfo;
use crate::{Error, Result};

/// How often each relation was loaded for one row by itself.
#[derive(Debug)]
pub(super) struct LoneLoads {
    config: NPlusOneConfig,
    /// The relations that were loaded so; they are few.
    met: Vec<Met>,
}

#[derive(Debug)]
struct Met {
    relation: &'static RelationInfo,
    count: u64,
    /// Where it was loaded first: that is most likely the loop.
    first: &'static Location<'static>,
}

impl LoneLoads {
    pub(super) fn new(config: NPlusOneConfig) -> Self {
        Self {
            config,
            met: Vec::new(),
        }
    }

    /// Begins anew, when the session does.
    pub(super) fn clear(&mut self) {
        self.met.clear();
    }

    /// Counts a load. The one that exceeds the limit is told, and no later one of the relation, so that a loop does not
    /// fill the log; as an error it stays one.
    fn count(
        &mut self,
        relation: &'static RelationInfo,
        caller: &'static Location<'static>,
    ) -> Result<()> {
        let Some(limit) = self.config.limit else {
            return Ok(());
        };
        let known = self.met.iter().position(|met| met.relation == relation);
        let number = known.unwrap_or_else(|| {
            self.met.push(Met {
                relation,
                count: 0,
                first: caller,
            });
            self.met.len() - 1
        });
        let met = &mut self.met[number];
        met.count += 1;
        if self.config.error && met.count > u64::from(limit) {
            let times = if met.count == 1 { "time" } else { "times" };
            return Err(Error::n_plus_one(
                relation.subject(),
                format_args!(
                    "loaded for one row by itself {} {times} in a session, first at {}: {}",
                    met.count,
                    met.first,
                    Remedy(relation)
                ),
            ));
        }
        if met.count == u64::from(limit) + 1 {
            tracing::warn!(
                relation = %relation.subject(),
                count = met.count,
                first = %met.first,
                remedy = %Remedy(relation),
                "a relation is loaded row by row"
            );
        }
        Ok(())
    }
}

/// What loads a relation of all rows together.
struct Remedy(&'static RelationInfo);

impl fmt::Display for Remedy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (model, field) = (self.0.model.name, self.0.field);
        write!(
            f,
            "load it for all rows together, by .with({model}::{field}.selectin()) on their query, or for values in hand by \
             birgus::load(&mut rows, {model}::{field}, &mut session)"
        )?;
        if std::ptr::eq((self.0.target)(), self.0.model) {
            write!(
                f,
                "; .with({model}::{field}.recursive()) follows it to its end"
            )?;
        }
        Ok(())
    }
}

impl Session {
    /// Counts that a relation is loaded for one row by itself, and tells when that happens too often.
    pub(super) fn count_lone_load(
        &mut self,
        relation: &'static RelationInfo,
        caller: &'static Location<'static>,
    ) -> Result<()> {
        self.lone_loads.count(relation, caller)
    }
}
