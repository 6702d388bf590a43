//! Objects that are read again.

use std::collections::{HashMap, HashSet};

use super::entry::State;
use super::frame::Saved;
use super::references::references;
use super::{Identity, Key, Place, Session};
use crate::backend::Row;
use crate::model::{FieldInfo, Model, ModelInfo};
use crate::query::{Select, fetch, one_of};
use crate::schema::ReferentialAction;
use crate::value::Value;
use crate::{Error, Result};

impl Session {
    /// Reads an object's row again; what was changed in the object and not been sent is lost. Nothing is flushed before.
    ///
    /// # Errors
    ///
    /// `is_not_found()` when the row is gone, `is_session()` for a key of another session, of an object that has no row
    /// yet or is no longer tracked, and whatever the database refuses.
    pub fn refresh<M: Model>(&mut self, key: Key<M>) -> Result<()> {
        let place = self.place(key.untyped())?;
        if !matches!(self.state_of(place), State::Persistent | State::Deleting) {
            return Err(Error::session(format!(
                "{}: it has no row to be read from",
                self.describe(place)
            )));
        }
        (self.relations).forget_of(place, self.stores[place.store as usize].model());
        let values = self.store(place).stored_key(place.slot)?;
        let query = M::query().by_key_values(values).populate_existing();
        let found = self.no_autoflush(|session| session.load(query))?;
        if found.is_empty() {
            return Err(Error::not_found(format!(
                "{}: its row is gone",
                self.describe(place)
            )));
        }
        Ok(())
    }

    /// Reads the rows of tracked objects again, keeping what was changed in them and not been sent: in one statement, or in
    /// one for some thousands of rows whose keys have several columns. An object whose row is gone is deleted from then on.
    pub(super) fn reread(&mut self, store: u32) -> Result<()> {
        let ledger = self.stores[store as usize].ledger();
        let places: Vec<Place> = (ledger.slots())
            .filter(|slot| {
                ledger
                    .entry(*slot)
                    .is_some_and(|entry| matches!(entry.state, State::Persistent | State::Deleting))
            })
            .map(|slot| Place { store, slot })
            .collect();
        self.reread_places(store, places, false)
    }

    /// Reads objects again that were read in a transaction which was rolled back; those whose rows are gone with it are
    /// no longer tracked.
    pub(super) fn reread_stale(&mut self, read: Vec<Place>) -> Result<()> {
        let mut by_store: HashMap<u32, Vec<Place>> = HashMap::new();
        for place in read {
            let stale = self.entry(place).is_some_and(|entry| entry.stale);
            if stale && self.state_of(place) == State::Persistent {
                by_store.entry(place.store).or_default().push(place);
            }
        }
        for (store, mut places) in by_store {
            places.sort_unstable();
            places.dedup();
            self.reread_places(store, places, true)?;
        }
        Ok(())
    }

    fn reread_places(&mut self, store: u32, places: Vec<Place>, rolled_back: bool) -> Result<()> {
        let model = self.stores[store as usize].model();
        if places.is_empty() {
            return Ok(());
        }
        let keys: Vec<Vec<Value>> = (places.iter())
            .map(|place| self.store(*place).stored_key(place.slot))
            .collect::<Result<_>>()?;
        let fields: Vec<&'static FieldInfo> = model.key_fields().collect();
        let mut fresh = (model.new_store)().0;
        let mut arrived: Vec<(Identity, u32)> = Vec::with_capacity(places.len());
        let mut take = |row: &dyn Row| {
            let identity = fresh.arrive(row, 0)?;
            arrived.push((identity, fresh.keep_arrived()));
            Ok(())
        };
        self.no_autoflush(|session| {
            for keys in chunks(&keys) {
                let mut select = Select::of(model);
                select.filter.push(one_of(&fields, keys));
                fetch(
                    session,
                    select.request(),
                    &|connection| select.to_rows(connection.dialect()),
                    &mut take,
                )?;
            }
            Ok::<(), Error>(())
        })?;
        let mut alive = HashSet::with_capacity(arrived.len());
        for (identity, slot) in arrived {
            let tracked = self.stores[store as usize]
                .ledger()
                .identities
                .get(&identity);
            let Some(found) = tracked else {
                continue;
            };
            let place = Place { store, slot: found };
            alive.insert(place);
            let deleting = self.state_of(place) == State::Deleting;
            // What goes next needs no changes.
            let changed = if deleting {
                Vec::new()
            } else {
                self.changed_fields(place)?
            };
            let version = match model.version {
                Some(field) if deleting || !changed.is_empty() => {
                    Some((field, self.store(place).stored_value(found, field)?))
                }
                _ => None,
            };
            self.stores[store as usize].adopt(fresh.as_mut(), slot)?;
            self.replace_by_arrived(place)?;
            if let Some((field, version)) = version {
                // What was decided by an older version of the row is still refused.
                self.store_mut(place).set(found, field, &version)?;
            }
            if !changed.is_empty() {
                self.remember(place)?;
                for (field, value) in changed {
                    self.store_mut(place).set(found, field, &value)?;
                }
            }
        }
        for place in places {
            if !alive.contains(&place) {
                if rolled_back || !self.in_transaction() || follows_a_key(model) {
                    // Of a row whose key follows another's it can't be told whether it is gone.
                    self.drop_gone(place);
                    continue;
                }
                let state = self.state_of(place);
                let values = self.store(place).stored(place.slot)?;
                self.save(place, Saved::Present { state, values });
                self.set_state(place, State::Deleted);
            }
        }
        Ok(())
    }
}

/// Keys for one statement each: a list of single values may have any length, one of rows binds each value.
pub(super) fn chunks(keys: &[Vec<Value>]) -> std::slice::Chunks<'_, Vec<Value>> {
    const BINDS: usize = 8_000;
    let columns = keys.first().map_or(1, Vec::len);
    let most = if columns > 1 {
        BINDS / columns
    } else {
        keys.len()
    };
    keys.chunks(most.max(1))
}

/// Whether the key of a model's rows changes with that of others.
fn follows_a_key(model: &'static ModelInfo) -> bool {
    references(model).iter().any(|reference| {
        reference.on_update == ReferentialAction::Cascade
            && (reference.fields.iter()).any(|field| model.key.contains(field))
    })
}
