//! The hooks of models around a flush.

use super::Plan;
use crate::Result;
use crate::model::{Hook, Problems};
use crate::session::entry::State;
use crate::session::{Place, Session};

impl Session {
    pub(super) fn run_hooks_before(&mut self) -> Result<()> {
        for place in self.in_state(&self.pending, State::Pending) {
            if self.store(place).has_hooks() {
                // The hook may change it.
                self.remember(place)?;
                self.run_hook(place, Hook::BeforeInsert)?;
            }
        }
        for place in self.in_state(&self.touched, State::Persistent) {
            let changed = || Ok(self.is_late(place) || !self.changed_fields(place)?.is_empty());
            if self.store(place).has_hooks() && changed()? {
                self.run_hook(place, Hook::BeforeUpdate)?;
            }
        }
        for place in self.in_state(&self.deleting, State::Deleting) {
            if self.store(place).has_hooks() {
                self.run_hook(place, Hook::BeforeDelete)?;
            }
        }
        Ok(())
    }

    /// Collects what the models say against the objects that are going to be sent.
    pub(super) fn validate(&mut self, plan: &Plan) -> Result<()> {
        let mut problems = Problems::default();
        let inserts =
            (plan.inserts.iter().copied()).chain(plan.replaced.iter().map(|(new, _)| *new));
        let updates = plan.updates.iter().map(|update| update.place);
        let updates = updates.chain(plan.late.iter().copied());
        for place in inserts.chain(updates).collect::<Vec<_>>() {
            if self.store(place).has_hooks() {
                self.run_hook(place, Hook::Validate(&mut problems))?;
            }
        }
        problems.into_result()
    }

    pub(super) fn run_hooks_after(&mut self, hooked: Vec<(Place, Hook<'_>)>) -> Result<()> {
        for (place, hook) in hooked {
            if !self.store(place).has_hooks() {
                continue;
            }
            if let Err(error) = self.run_hook(place, hook) {
                // What was sent is part of the transaction, and the objects no longer know what it was.
                self.failed.get_or_insert_with(|| error.to_string());
                return Err(error);
            }
        }
        Ok(())
    }

    fn run_hook(&mut self, place: Place, hook: Hook<'_>) -> Result<()> {
        self.store_mut(place).run_hook(place.slot, hook)
    }
}
