//! What happens to rows that reference an object which is deleted, and to those that lose their parent.

use std::collections::{HashMap, HashSet};

use super::inserts::values_at;
use crate::Result;
use crate::model::{Cascade, FieldInfo, ModelInfo};
use crate::query::{Select, one_of};
use crate::schema::ReferentialAction;
use crate::session::entry::{Entry, State};
use crate::session::references::{Reference, references};
use crate::session::refresh::chunks;
use crate::session::{Identity, Place, Session};
use crate::value::Value;

impl Session {
    /// Does with the rows that reference deleted objects what their foreign keys say, and deletes orphans.
    pub(super) fn cascade_deletes(&mut self) -> Result<()> {
        self.delete_orphans()?;
        // A row that is replaced by a new one with its key stays, and so does what references it.
        let mut inserts = self.in_state(&self.pending, State::Pending);
        let mut deletes = self.in_state(&self.deleting, State::Deleting);
        let replaced = self.replaced(&mut inserts, &mut deletes)?;
        let staying: HashSet<Place> = replaced.into_iter().map(|(_, old)| old).collect();
        let mut done = 0;
        loop {
            // What is deleted on the way has rows that reference it too.
            let places: Vec<Place> = self.in_state(&self.deleting, State::Deleting);
            let Some(next) = places.get(done..).filter(|next| !next.is_empty()) else {
                return Ok(());
            };
            let mut waves: Vec<(u32, Vec<Place>)> = Vec::new();
            for place in next {
                if staying.contains(place) {
                    continue;
                }
                match waves.iter_mut().find(|(store, _)| *store == place.store) {
                    Some((_, wave)) => wave.push(*place),
                    None => waves.push((place.store, vec![*place])),
                }
            }
            done = places.len();
            for (_, wave) in waves {
                self.cascade_from(&wave)?;
            }
        }
    }

    /// Deletes objects whose reference was set to `None`, where the foreign key says so.
    fn delete_orphans(&mut self) -> Result<()> {
        for place in self.in_state(&self.touched, State::Persistent) {
            let model = self.store(place).model();
            for reference in references(model) {
                if reference.cascade != Cascade::DeleteOrphan {
                    continue;
                }
                let Some(snapshot) = self.entry(place).and_then(Entry::snapshot).cloned() else {
                    continue;
                };
                let had = values_at(&snapshot, &reference.fields).is_some();
                if had
                    && !self.is_linked_to_new(place, &reference)
                    && self.referenced(place, &reference)?.is_none()
                {
                    self.mark_deleted(place)?;
                }
            }
        }
        Ok(())
    }

    /// Whether an object was linked to a new one, whose value it does not have yet.
    fn is_linked_to_new(&self, place: Place, reference: &Reference) -> bool {
        (reference.fields.iter()).any(|field| self.awaits(place, *field).is_some())
    }

    /// What an object references by a foreign key, as the object has it.
    fn referenced(&self, place: Place, reference: &Reference) -> Result<Option<Vec<Value>>> {
        let mut key = Vec::with_capacity(reference.fields.len());
        for field in &reference.fields {
            match self.store(place).value(place.slot, *field)? {
                Value::Null => return Ok(None),
                value => key.push(value),
            }
        }
        Ok(Some(key))
    }

    /// Looks after the rows that reference objects of one model.
    fn cascade_from(&mut self, parents: &[Place]) -> Result<()> {
        let model = self.store(parents[0]).model();
        for (child, reference) in self.children_of(model)? {
            let deletes = match reference.cascade {
                Cascade::Delete | Cascade::DeleteOrphan => true,
                // The pairs of a many-to-many relationship go with either side.
                Cascade::Nullify
                    if reference.on_delete == ReferentialAction::NoAction
                        && self.pairs_with(child, &reference) =>
                {
                    true
                }
                Cascade::Nullify => {
                    let left_to_database = reference.on_delete != ReferentialAction::NoAction;
                    if left_to_database || reference.nullable(child).is_empty() {
                        continue;
                    }
                    false
                }
                Cascade::Passive => continue,
            };
            self.cascade_to(parents, child, &reference, deletes)?;
        }
        Ok(())
    }

    fn cascade_to(
        &mut self,
        parents: &[Place],
        child: &'static ModelInfo,
        reference: &Reference,
        deletes: bool,
    ) -> Result<()> {
        let mut keys: HashMap<Identity, Vec<Value>> = HashMap::new();
        for parent in parents {
            let row = self.store(*parent).stored(parent.slot)?;
            if let Some(key) = values_at(&row, &reference.target_fields) {
                keys.insert(Identity::new(&key), key);
            }
        }
        if keys.is_empty() {
            return Ok(());
        }
        let fields: Vec<&'static FieldInfo> = (reference.fields.iter())
            .map(|field| &child.fields[*field])
            .collect();
        let values: Vec<Vec<Value>> = keys.values().cloned().collect();
        let mut children = Vec::new();
        for values in chunks(&values) {
            let mut select = Select::of(child);
            select.filter.push(one_of(&fields, values));
            children.extend(self.no_autoflush(|session| session.load_untyped(child, &select))?);
        }
        // Those that were given the parent since, and are not sent yet, are not among what the database has.
        let mut unsent = self.in_state(&self.touched, State::Persistent);
        unsent.extend(self.in_state(&self.pending, State::Pending));
        unsent.retain(|place| {
            let store = self.store(*place);
            std::ptr::eq(store.model(), child) && store.has_object(place.slot)
        });
        for place in children.into_iter().chain(unsent) {
            if !matches!(self.state_of(place), State::Persistent | State::Pending) {
                continue;
            }
            // A child that was given another parent since it was read is none of these any more.
            if self.is_linked_to_new(place, reference) {
                continue;
            }
            let key = self.referenced(place, reference)?;
            if !key.is_some_and(|key| keys.contains_key(&Identity::new(&key))) {
                continue;
            }
            if deletes {
                self.mark_deleted(place)?;
            } else {
                self.remember(place)?;
                for field in reference.nullable(child) {
                    self.store_mut(place).set(place.slot, field, &Value::Null)?;
                }
            }
        }
        Ok(())
    }
}
