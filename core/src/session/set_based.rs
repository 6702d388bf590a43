//! What set-based statements inside of a session do to the objects that it tracks.

use super::Session;
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
        let (model, deleted) = match change {
            SetChange::Updated(model) => (model, false),
            SetChange::Deleted(model) => (model, true),
        };
        let mut affected = vec![model];
        self.add_affected(&mut affected, deleted)?;
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

    /// Adds the models whose rows the database changes by itself when rows of those in the list are deleted, or get
    /// another key.
    pub(super) fn add_affected(
        &mut self,
        affected: &mut Vec<&'static ModelInfo>,
        deleted: bool,
    ) -> Result<()> {
        let mut next = 0;
        while let Some(parent) = affected.get(next).copied() {
            next += 1;
            for (child, reference) in self.children_of(parent)? {
                let action = if deleted {
                    reference.on_delete
                } else {
                    reference.on_update
                };
                let acts = matches!(
                    action,
                    ReferentialAction::Cascade | ReferentialAction::SetNull
                );
                if acts && !affected.iter().any(|known| std::ptr::eq(*known, child)) {
                    affected.push(child);
                }
            }
        }
        Ok(())
    }

    /// Reads tracked objects again whose references the database has changed as the columns that they reference were
    /// changed (`on_update`).
    pub(super) fn read_followers(
        &mut self,
        model: &'static ModelInfo,
        changed: &[usize],
    ) -> Result<()> {
        let mut followers = Vec::new();
        for (child, reference) in self.children_of(model)? {
            let follows = matches!(
                reference.on_update,
                ReferentialAction::Cascade | ReferentialAction::SetNull
            );
            if follows && (reference.target_fields.iter()).any(|field| changed.contains(field)) {
                followers.push(child);
            }
        }
        if !followers.is_empty() {
            self.add_affected(&mut followers, false)?;
        }
        self.reread_models(&followers)
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
