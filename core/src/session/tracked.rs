//! What comes into the identity map, and what leaves it.

use super::entry::State;
use super::frame::Saved;
use super::{Key, Place, Session, Store};
use crate::model::{Deferral, Hook, Model, ModelInfo, PrimaryKey};
use crate::query::{LeftOut, Query, Select, fetch};
use crate::value::Value;
use crate::{Error, Result};

impl Session {
    /// The row with this primary key, tracked; nothing is sent when it is tracked already.
    ///
    /// # Errors
    ///
    /// `is_session()` after a failed statement, and whatever the database refuses.
    pub fn get<M: Model>(&mut self, key: impl Into<M::Key>) -> Result<Option<Key<M>>> {
        self.usable()?;
        let key = checked_key::<M>(key.into())?;
        let store = self.number_of::<M>();
        let identity = super::Identity::new(&key);
        if let Some(slot) = self.stores[store as usize]
            .ledger()
            .identities
            .get(&identity)
        {
            let place = Place { store, slot };
            if self.entry(place).is_none_or(|entry| !entry.stale) {
                let deleted = matches!(self.state_of(place), State::Deleting | State::Deleted);
                return Ok((!deleted).then(|| Key::new(self.id, place)));
            }
            let found = self.load(by_key::<M>(key))?.pop();
            if found.is_none() {
                self.drop_gone(place);
            }
            return Ok(found);
        }
        Ok(self.load(by_key::<M>(key))?.pop())
    }

    /// The row with this primary key, locked until the transaction ends and read as it is now: nobody else can change it
    /// meanwhile. Values that were read before, without the lock, may be out of date, so a tracked object gets the
    /// row's.
    ///
    /// # Errors
    ///
    /// As [`Session::get`].
    pub fn get_for_update<M: Model>(&mut self, key: impl Into<M::Key>) -> Result<Option<Key<M>>> {
        let key = checked_key::<M>(key.into())?;
        Ok(self.load(by_key::<M>(key).for_update())?.pop())
    }

    /// The rows of a query, tracked. A row that is tracked already keeps its object, with unsaved changes; unless the
    /// query says [`Query::populate_existing`] or locks its rows ([`Query::for_update`]), which gives the object the
    /// values of the row.
    ///
    /// A session tracks whole rows: columns that the query would leave out ([`Deferred`](crate::Deferred)) are read too.
    ///
    /// # Errors
    ///
    /// As [`Query::all`], and `is_session()` after a failed statement.
    pub fn load<M: Model>(&mut self, mut query: Query<M>) -> Result<Vec<Key<M>>> {
        // What is tracked is compared with its row as a whole.
        query.select.left_out = LeftOut::default();
        let populate = query.select.populates();
        let store = self.number_of::<M>();
        if query.select.loads_along(M::info()) {
            return self.load_along(query.select);
        }
        let objects = query.all(&mut *self)?;
        let in_transaction = self.in_transaction();
        if let Some(tracked) = self.objects_mut::<M>(store) {
            tracked.reserve(objects.len());
        }
        let mut keys = Vec::with_capacity(objects.len());
        for object in objects {
            let Some(tracked) = self.objects_mut::<M>(store) else {
                continue;
            };
            let next = tracked.ledger().next();
            let identity = tracked.arrived(object)?;
            let ledger = tracked.ledger_mut();
            let slot = ledger.identities.get_or_insert(identity.clone(), next);
            let place = Place { store, slot };
            if slot == next {
                tracked.keep_arrived();
                if M::HOOKS {
                    tracked.run_hook(slot, Hook::AfterLoad)?;
                }
                if in_transaction {
                    self.was_read(place);
                }
                keys.push(Key::new(self.id, place));
            } else {
                keys.push(Key::new(
                    self.id,
                    self.met_again(place, identity, populate)?,
                ));
            }
        }
        Ok(keys)
    }

    /// The rows of a query for a model whose type is not known, tracked as [`Session::load`] does. The query gives whole
    /// rows.
    pub(super) fn load_untyped(
        &mut self,
        model: &'static ModelInfo,
        select: &Select,
    ) -> Result<Vec<Place>> {
        let store = self.number_of_model(model);
        // What arrives waits in a store of its own: the session is busy with the query.
        let mut read: Vec<(super::Identity, u32)> = Vec::new();
        let mut fresh = (model.new_store)().0;
        fetch(
            self,
            select.request(),
            &|connection| select.to_rows(connection.dialect()),
            &mut |row| {
                let identity = fresh.arrive(row, 0)?;
                let slot = fresh.keep_arrived();
                read.push((identity, slot));
                Ok(())
            },
        )?;
        let populate = select.populates();
        let mut places = Vec::with_capacity(read.len());
        for (identity, slot) in read {
            places.push(self.track(store, fresh.as_mut(), identity, slot, populate)?);
        }
        Ok(places)
    }

    /// Tracks an object that arrived in a store of its own.
    pub(super) fn track(
        &mut self,
        store: u32,
        fresh: &mut dyn Store,
        identity: super::Identity,
        slot: u32,
        populate: bool,
    ) -> Result<Place> {
        let tracked = self.stores[store as usize].as_mut();
        tracked.adopt(fresh, slot)?;
        let next = tracked.ledger().next();
        let found = (tracked.ledger_mut().identities).get_or_insert(identity.clone(), next);
        let place = Place { store, slot: found };
        if found != next {
            return self.met_again(place, identity, populate);
        }
        tracked.keep_arrived();
        tracked.run_hook(found, Hook::AfterLoad)?;
        if self.in_transaction() {
            self.was_read(place);
        }
        Ok(place)
    }

    fn was_read(&mut self, place: Place) {
        if let Some(frame) = self.frames.last_mut() {
            frame.read.push(place);
        }
    }

    /// A row that arrived is tracked already: decides which object it is from now on.
    fn met_again(
        &mut self,
        place: Place,
        identity: super::Identity,
        populate: bool,
    ) -> Result<Place> {
        let stale = self.entry(place).is_some_and(|entry| entry.stale);
        match self.state_of(place) {
            // Somebody has inserted the row again.
            State::Deleted => {
                let store = self.store_mut(place);
                let slot = store.keep_arrived();
                store.ledger_mut().identities.insert(identity, slot);
                let place = Place { slot, ..place };
                // A rollback brings the other object back.
                self.save(place, Saved::Absent);
                Ok(place)
            }
            State::Persistent if stale || populate => {
                self.replace_by_arrived(place)?;
                Ok(place)
            }
            _ => Ok(place),
        }
    }

    /// Gives a tracked object the values of the row that arrived.
    pub(super) fn replace_by_arrived(&mut self, place: Place) -> Result<()> {
        let shown = self.shown(place.store);
        let parents = (!shown.is_empty()).then(|| self.shown_parents(place, &shown));
        let in_transaction = self.in_transaction();
        let stale = self.entry(place).is_some_and(|entry| entry.stale);
        if in_transaction && !stale {
            // What was known before the transaction is what a rollback brings back.
            let values = self.store(place).stored(place.slot)?;
            self.save(
                place,
                Saved::Present {
                    state: State::Persistent,
                    values,
                },
            );
        }
        if in_transaction && stale {
            self.was_read(place);
        }
        let store = self.store_mut(place);
        store.replace_by_arrived(place.slot);
        if let Some(entry) = store.ledger_mut().entry_mut(place.slot) {
            entry.stale = false;
            if let Some(detail) = &mut entry.detail {
                detail.snapshot = None;
                detail.named.clear();
                detail.shown = None;
            }
        }
        self.late.remove(&place);
        if let Some(parents) = parents
            && parents != self.parents_of(place, &shown)
        {
            self.parents_changed(place, &parents);
        }
        self.store_mut(place).run_hook(place.slot, Hook::AfterLoad)
    }

    /// Tracks a value that a query gave, or that comes from elsewhere, as the row that it says it is: nothing is sent
    /// and nothing is checked. What is changed afterwards goes out with the next flush. What its relationships' fields have
    /// is dropped: a session keeps relations apart from the objects.
    ///
    /// # Errors
    ///
    /// `is_session()` when the row is tracked already ([`Session::merge`] brings the two together), `is_not_loaded()` for
    /// a value that lacks a column, and `is_invalid_value()` for a key that is no value of its columns.
    pub fn attach<M: Model>(&mut self, mut object: M) -> Result<Key<M>> {
        for (position, field) in M::info().fields.iter().enumerate() {
            if field.deferral != Deferral::Never
                && let Err(error) = object.value(position)
                && error.is_not_loaded()
            {
                return Err(error);
            }
        }
        for relation in 0..M::info().relations.len() {
            if let Some(field) = object.relation(relation) {
                field.unload();
            }
        }
        object.own_relations();
        let store = self.number_of::<M>();
        let in_transaction = self.in_transaction();
        let Some(tracked) = self.objects_mut::<M>(store) else {
            return Err(Error::session("there is no such model"));
        };
        let identity = tracked.arrived(object)?;
        if let Some(slot) = tracked.ledger().identities.get(&identity) {
            return Err(Error::session(format!(
                "{}: it is tracked already; merge copies one object over the other",
                self.describe(Place { store, slot })
            )));
        }
        let slot = tracked.keep_arrived();
        tracked.ledger_mut().identities.insert(identity, slot);
        let place = Place { store, slot };
        if in_transaction {
            self.was_read(place);
        }
        Ok(Key::new(self.id, place))
    }

    /// Stops tracking an object, and gives it to the program; what was changed since the last flush is not sent. A
    /// pending object is then transient, any other detached.
    ///
    /// # Errors
    ///
    /// `is_session()` for a key of another session, or of an object that is no longer tracked, and whatever made a new
    /// row invalid.
    pub fn expunge<M: Model>(&mut self, key: Key<M>) -> Result<M> {
        let place = self.place(key.untyped())?;
        let (state, identity) = match self.state_of(place) {
            State::Pending => (State::Transient, None),
            _ => {
                let key = self.store(place).stored_key(place.slot)?;
                (State::Detached, Some(super::Identity::new(&key)))
            }
        };
        if !self.store(place).has_object(place.slot) {
            return Err(self.no_object(place));
        }
        self.relations
            .forget_of(place, self.stores[place.store as usize].model());
        match identity {
            None => {
                self.pair_leaves(place);
                for pair in self.new_pairs_with(place) {
                    self.give_up(pair);
                }
            }
            Some(identity) => {
                let ledger = self.store_mut(place).ledger_mut();
                ledger.identities.remove(&identity, place.slot);
                if let Some(entry) = ledger.entry_mut(place.slot) {
                    // Its row is still there: what is related to it is to be read again.
                    entry.stale = true;
                }
            }
        }
        self.late.remove(&place);
        self.orphans.remove(&place);
        self.set_state(place, state);
        for frame in &mut self.frames {
            frame.forget(place);
        }
        let object =
            (self.objects_mut::<M>(place.store)).and_then(|objects| objects.take(place.slot));
        self.store_mut(place).forget(place.slot);
        object.ok_or_else(|| Error::session("the key belongs to another session"))
    }

    /// Stops tracking everything. Pending objects are given up, changes since the last flush are not sent; what was
    /// flushed stays part of the transaction. Every key that was given out is good for nothing from now on.
    pub fn clear(&mut self) {
        for store in &mut self.stores {
            store.clear();
        }
        for frame in &mut self.frames {
            frame.saved.clear();
            frame.read.clear();
        }
        self.relations = super::Relations::default();
        self.forget_links();
        self.pending.clear();
        self.touched.clear();
        self.deleting.clear();
        self.lone_loads.clear();
    }

    /// `User 7`, for messages.
    pub(super) fn describe(&self, place: Place) -> String {
        self.store(place).describe(place.slot)
    }

    /// Stops tracking an object whose row is gone.
    pub(super) fn drop_gone(&mut self, place: Place) {
        if let Ok(key) = self.store(place).stored_key(place.slot) {
            let identity = super::Identity::new(&key);
            (self.store_mut(place).ledger_mut().identities).remove(&identity, place.slot);
        }
        self.set_state(place, State::Detached);
        self.relations
            .forget_of(place, self.stores[place.store as usize].model());
        self.store_mut(place).forget(place.slot);
        for frame in &mut self.frames {
            frame.forget(place);
        }
    }
}

/// The values of a key, as its columns hold them.
fn checked_key<M: Model>(key: M::Key) -> Result<Vec<Value>> {
    let mut values = key.to_values()?;
    for (field, value) in M::info().key_fields().zip(&mut values) {
        *value = field.check_operand(std::mem::replace(value, Value::Null))?;
    }
    Ok(values)
}

/// The query for the row with this key.
fn by_key<M: Model>(values: Vec<Value>) -> Query<M> {
    M::query().by_key_values(values)
}

impl dyn Store {
    /// Takes an object over from a store of the same model, as if it had arrived here.
    pub(super) fn adopt(&mut self, other: &mut dyn Store, slot: u32) -> Result<()> {
        if self.adopt_from(other, slot) {
            Ok(())
        } else {
            Err(Error::session("a row of another model arrived"))
        }
    }
}
