//! What set-based statements inside of a session do to the objects that it tracks.

use super::Session;
use super::entry::State;
use super::references::{Reference, references};
use crate::Result;
use crate::model::ModelInfo;
use crate::query::SetChange;
use crate::schema::ReferentialAction;

impl Session {
    /// Reads the objects again that a statement may have changed, one query a model; of models that the session tracks
    /// nothing of, none.
    ///
    /// The rows that a statement meant can't be told afterwards (an update may have changed what its filter looks at),
    /// so all tracked objects of the table are read; and those of tables whose rows the database has changed with it.
    pub(super) fn read_changed(&mut self, change: SetChange) -> Result<()> {
        // Which rows are related to which now can't be told from here; of new ones it is what was linked.
        let stores = &self.stores;
        self.relations.forget_those(|place| {
            let entry = stores[place.store as usize].ledger().entry(place.slot);
            entry.is_none_or(|entry| entry.state != State::Pending)
        });
        let (model, deleted) = match change {
            SetChange::Updated(model) => (model, false),
            SetChange::Deleted(model) => (model, true),
        };
        let mut affected = self.affected_by(&[model], deleted)?;
        if !affected.iter().any(|known| std::ptr::eq(*known, model)) {
            affected.insert(0, model);
        }
        self.reread_models(&affected)
    }

    /// Reads the tracked objects of models again.
    pub(super) fn reread_models(&mut self, models: &[&'static ModelInfo]) -> Result<()> {
        for model in models {
            let known = (self.stores.iter()).position(|store| std::ptr::eq(store.model(), *model));
            if let Some(number) = known.and_then(|number| u32::try_from(number).ok()) {
                self.reread(number)?;
            }
        }
        Ok(())
    }

    /// The models whose rows the database changes by itself when rows of others are deleted, or get another key. The
    /// others are among them when their own rows reference them.
    pub(super) fn affected_by(
        &mut self,
        models: &[&'static ModelInfo],
        deleted: bool,
    ) -> Result<Vec<&'static ModelInfo>> {
        let mut affected: Vec<&'static ModelInfo> = Vec::new();
        let mut parents = models.to_vec();
        while let Some(parent) = parents.pop() {
            for (child, reference) in self.children_of(parent)? {
                let action = if deleted {
                    reference.on_delete
                } else {
                    reference.on_update
                };
                if acts(action) && !affected.iter().any(|known| std::ptr::eq(*known, child)) {
                    affected.push(child);
                    parents.push(child);
                }
            }
        }
        Ok(affected)
    }

    /// The models whose references the database changes as columns that they reference are changed (`on_update`), and
    /// those that reference them.
    pub(super) fn followers(
        &mut self,
        model: &'static ModelInfo,
        changed: &[usize],
    ) -> Result<Vec<&'static ModelInfo>> {
        let mut followers: Vec<&'static ModelInfo> = Vec::new();
        for (child, reference) in self.children_of(model)? {
            let referenced = (reference.target_fields.iter()).any(|field| changed.contains(field));
            let known = followers.iter().any(|known| std::ptr::eq(*known, child));
            if acts(reference.on_update) && referenced && !known {
                followers.push(child);
            }
        }
        for further in self.affected_by(&followers, false)? {
            if !followers.iter().any(|known| std::ptr::eq(*known, further)) {
                followers.push(further);
            }
        }
        Ok(followers)
    }

    /// The foreign keys that reference a model, with the models that have them.
    pub(super) fn children_of(
        &mut self,
        parent: &'static ModelInfo,
    ) -> Result<Vec<(&'static ModelInfo, Reference)>> {
        let unit = self.unit_of(parent.bind)?;
        let mut children = Vec::new();
        for model in self.units[unit].database.models() {
            for reference in references(model) {
                if std::ptr::eq(reference.target, parent) {
                    children.push((*model, reference));
                }
            }
        }
        Ok(children)
    }
}

/// Whether the database changes the rows that reference one.
fn acts(action: ReferentialAction) -> bool {
    matches!(
        action,
        ReferentialAction::Cascade | ReferentialAction::SetNull
    )
}
