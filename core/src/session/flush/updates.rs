//! Changed rows: those with the same columns to set go together.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::inserts::values_at;
use crate::model::{FieldDefault, FieldInfo, ModelInfo};
use crate::query::{
    RowUpdate, RowUpdates, Select, fetch, move_sequence, one_of, refuse_computed, update_rows,
};
use crate::schema::ReferentialAction;
use crate::session::entry::{Entry, State};
use crate::session::frame::Saved;
use crate::session::refresh::chunks;
use crate::session::{Identity, Place, Session};
use crate::value::Value;
use crate::{Error, Result};

/// The changes of one row.
#[derive(Debug)]
pub(in crate::session) struct RowChange {
    pub(in crate::session) place: Place,
    /// The key that the row has in the database.
    pub(in crate::session) key: Vec<Value>,
    /// The version that the row must still have.
    pub(in crate::session) version: Option<Value>,
    /// The fields, by their positions, and their new values.
    pub(in crate::session) fields: Vec<(usize, Value)>,
}

impl RowChange {
    /// Whether it gives a row another id than the one that the database assigned.
    pub(super) fn is_of_identity(&self, model: &ModelInfo) -> bool {
        model.identity && self.is_of_key(model)
    }

    /// The positions of the fields that it sets.
    pub(super) fn positions(&self) -> Vec<usize> {
        self.fields.iter().map(|(field, _)| *field).collect()
    }

    fn is_of_key(&self, model: &ModelInfo) -> bool {
        (self.fields.iter()).any(|(field, _)| model.key.contains(field))
    }
}

impl Session {
    /// What has changed in objects that may have been changed, with what `on_update` and the version add to it.
    pub(super) fn updates(
        &mut self,
        places: Vec<Place>,
        now: chrono::DateTime<chrono::Utc>,
    ) -> Result<Vec<RowChange>> {
        let mut changes = Vec::new();
        for place in places {
            let mut fields = self.changed_fields(place)?;
            self.show_changed_references(place, &fields);
            if fields.is_empty() {
                continue;
            }
            let store = self.store(place);
            let model = store.model();
            for (position, _) in &fields {
                refuse_computed(&model.fields[*position])?;
            }
            for (position, field) in model.fields.iter().enumerate() {
                if fields.iter().any(|(changed, _)| *changed == position) {
                    continue;
                }
                match &field.on_update {
                    FieldDefault::None => {}
                    FieldDefault::Clock => fields.push((position, field.clock_value(now)?)),
                    FieldDefault::Call(function) => {
                        fields.push((position, field.check(function()?)?));
                    }
                }
            }
            let mut version = None;
            if let Some(position) = model.version {
                let old = store.stored_value(place.slot, position)?;
                if fields.iter().any(|(changed, _)| *changed == position) {
                    return Err(Error::session(format!(
                        "{}: the session counts the version of {}; leave it as it is",
                        model.fields[position].subject(),
                        self.describe(place)
                    )));
                }
                fields.push((position, next_version(&model.fields[position], &old)?));
                version = Some(old);
            }
            fields.sort_by_key(|(position, _)| *position);
            changes.push(RowChange {
                place,
                key: store.stored_key(place.slot)?,
                version,
                fields,
            });
        }
        let places: Vec<Place> = changes.iter().map(|change| change.place).collect();
        let ranks = self.ranks_of(&places)?;
        changes.sort_by_key(|change| (ranks[&change.place.store], change.place));
        Ok(changes)
    }

    /// Shows what the program has changed in foreign keys with those that they reference.
    fn show_changed_references(&mut self, place: Place, fields: &[(usize, Value)]) {
        let shown = self.shown(place.store);
        let changed = |own: &usize| fields.iter().any(|(field, _)| field == own);
        let linked = (self.entry(place).and_then(|entry| entry.detail.as_ref()))
            .is_some_and(|detail| detail.shown.is_some());
        if linked || (shown.iter()).any(|shown| shown.reference.fields.iter().any(changed)) {
            self.show_references(place);
        }
    }

    /// Gives stored objects the values of the new ones that they reference.
    pub(super) fn set_late(&mut self) -> Result<()> {
        for (place, late) in std::mem::take(&mut self.late) {
            for late in late {
                let parent = self.store(late.parent);
                let value = parent.value(late.parent.slot, late.target)?;
                (self.store_mut(place)).set(place.slot, late.field, &value)?;
            }
        }
        Ok(())
    }

    /// Fails for an object that references one which was given up before it was sent.
    pub(super) fn refuse_lost_parents(&mut self) -> Result<()> {
        let stays = |state: State| matches!(state, State::Pending | State::Persistent);
        let stores = &self.stores;
        let state = |place: Place| {
            let entry = stores[place.store as usize].ledger().entry(place.slot);
            entry.map_or(State::Detached, |entry| entry.state)
        };
        // What goes itself references nothing any more.
        self.late.retain(|place, _| stays(state(*place)));
        for (place, late) in
            (self.late.iter()).flat_map(|(place, all)| all.iter().map(move |late| (place, late)))
        {
            if !stays(self.state_of(late.parent)) {
                return Err(Error::session(format!(
                    "{}: the new {} that it references was deleted before it was sent; set another value, or delete this row too",
                    self.store(*place).model().fields[late.field].subject(),
                    self.store(late.parent).model().name
                )));
            }
        }
        Ok(())
    }

    /// Sends changes of rows, those that set the same fields together.
    pub(super) fn send_updates(&mut self, changes: Vec<RowChange>) -> Result<()> {
        let mut groups: Vec<Vec<RowChange>> = Vec::new();
        let mut known: HashMap<(u32, Vec<usize>), usize> = HashMap::new();
        for change in changes {
            let model = self.store(change.place).model();
            let shape = change.positions();
            if change.is_of_key(model) {
                // A key that changes hands goes in the order of the changes.
                known.clear();
                groups.push(vec![change]);
                continue;
            }
            let next = groups.len();
            let group = *known.entry((change.place.store, shape)).or_insert(next);
            if group == next {
                groups.push(Vec::new());
            }
            groups[group].push(change);
        }
        for group in groups {
            self.send_group(group)?;
        }
        Ok(())
    }

    /// Sends changes of one model that set the same fields.
    fn send_group(&mut self, mut changes: Vec<RowChange>) -> Result<()> {
        for change in &mut changes {
            // A key may have followed that of its parent since the changes were collected.
            change.key = self.store(change.place).stored_key(change.place.slot)?;
        }
        let Some(first) = changes.first() else {
            return Ok(());
        };
        let place = first.place;
        let model = self.store(place).model();
        let version = first.version.is_some().then_some(model.version).flatten();
        let key = model.key_fields();
        let matched: Vec<&'static FieldInfo> = key
            .chain(version.map(|position| &model.fields[position]))
            .collect();
        let set = first.fields.iter().map(|(field, _)| &model.fields[*field]);
        let set: Vec<&'static FieldInfo> = set.collect();
        let mut keys = Vec::with_capacity(changes.len());
        let mut rows = Vec::with_capacity(changes.len());
        for change in &changes {
            let mut key = change.key.clone();
            key.extend(change.version.clone());
            keys.push(key.clone());
            rows.push(RowUpdate {
                matched: key,
                set: change
                    .fields
                    .iter()
                    .map(|(_, value)| value.clone())
                    .collect(),
            });
        }
        let of_identity = first.is_of_identity(model);
        let wanted = rows.len() as u64;
        let updates = RowUpdates {
            model,
            matched: matched.clone(),
            set,
            rows,
        };
        let followers = self.followers(model, &first.positions())?;
        let mut before = Vec::new();
        if !followers.is_empty() {
            for change in &changes {
                before.push(self.store(change.place).stored(change.place.slot)?);
            }
        }
        let places: Vec<Place> = changes.iter().map(|change| change.place).collect();
        let computed = model.computed_of(&first.fields);
        let connection = self.connection_for(place)?;
        let count = update_rows(connection, updates)?;
        if count < wanted {
            return Err(self.stale(&places, &matched, &keys)?);
        }
        if of_identity {
            move_sequence(self.connection_for(place)?, model)?;
        }
        for change in changes {
            self.now_updated(change)?;
        }
        self.read_back(&places, &computed)?;
        self.move_keys(model, &places, &before)?;
        self.reread_models(&followers)
    }

    /// Gives tracked objects the keys that the database has given their rows, where a key references columns that were
    /// changed: they would be looked for by the old ones.
    fn move_keys(
        &mut self,
        model: &'static ModelInfo,
        places: &[Place],
        before: &[Arc<[Value]>],
    ) -> Result<()> {
        if before.is_empty() {
            return Ok(());
        }
        for (child, reference) in self.children_of(model)? {
            let follows = reference.on_update == ReferentialAction::Cascade
                && (reference.fields.iter()).any(|field| child.key.contains(field));
            if !follows {
                continue;
            }
            let mut moved: HashMap<Identity, Vec<Value>> = HashMap::new();
            for (place, before) in places.iter().zip(before) {
                let now = self.store(*place).stored(place.slot)?;
                if let (Some(old), Some(new)) = (
                    values_at(before, &reference.target_fields),
                    values_at(&now, &reference.target_fields),
                ) && old != new
                {
                    moved.insert(Identity::new(&old), new);
                }
            }
            self.follow(child, &reference.fields, &moved)?;
        }
        Ok(())
    }

    /// Gives tracked objects of a model other values in some fields of their rows, by the values that they had.
    fn follow(
        &mut self,
        model: &'static ModelInfo,
        fields: &[usize],
        moved: &HashMap<Identity, Vec<Value>>,
    ) -> Result<()> {
        let store = self.number_of_model(model);
        let slots = self.stores[store as usize].ledger().slots();
        let mut following = Vec::new();
        for place in slots.map(|slot| Place { store, slot }) {
            if !matches!(self.state_of(place), State::Persistent | State::Deleting) {
                continue;
            }
            let row = self.store(place).stored(place.slot)?;
            let key = values_at(&row, fields).map(|key| Identity::new(&key));
            if let Some(values) = key.and_then(|key| moved.get(&key)) {
                let old = Identity::new(&self.store(place).stored_key(place.slot)?);
                (self.store_mut(place).ledger_mut().identities).remove(&old, place.slot);
                following.push((place, row, values));
            }
        }
        for (place, row, values) in following {
            let state = self.state_of(place);
            let saved = Saved::Present {
                state,
                values: Arc::clone(&row),
            };
            self.save(place, saved);
            let mut stored = row.to_vec();
            let touched = self.entry(place).and_then(Entry::snapshot).is_some();
            for (field, value) in fields.iter().zip(values) {
                // What the program has set there itself is sent as it is.
                let own = touched && self.store(place).value(place.slot, *field)? != row[*field];
                stored[*field] = value.clone();
                if !own {
                    self.store_mut(place).set(place.slot, *field, value)?;
                }
            }
            if touched && let Some(entry) = self.entry_mut(place) {
                entry.detail_mut().snapshot = Some(stored.into());
            }
            let now = Identity::new(&self.store(place).stored_key(place.slot)?);
            (self.store_mut(place).ledger_mut().identities).insert(now, place.slot);
        }
        Ok(())
    }

    /// The error for the first of some objects whose rows are not as they were any more. Their rows were looked for by
    /// these values.
    pub(super) fn stale(
        &mut self,
        places: &[Place],
        matched: &[&'static FieldInfo],
        keys: &[Vec<Value>],
    ) -> Result<Error> {
        let Some(first) = places.first() else {
            return Ok(Error::stale_object("a row"));
        };
        let mut gone = *first;
        if places.len() > 1 {
            let there = self.rows_there(*first, matched, keys)?;
            let lost =
                (places.iter().zip(keys)).find(|(_, key)| !there.contains(&Identity::new(key)));
            gone = lost.map_or(gone, |(place, _)| *place);
        }
        let table = self.store(gone).model().table_name();
        Ok(Error::stale_object(self.describe(gone)).with_table(table))
    }

    /// Which of these values rows have.
    fn rows_there(
        &mut self,
        place: Place,
        matched: &[&'static FieldInfo],
        keys: &[Vec<Value>],
    ) -> Result<HashSet<Identity>> {
        let model = self.store(place).model();
        // Rows that were updated have the next version by now.
        let version = model.version.map(|position| &model.fields[position]);
        let mut wanted = Vec::with_capacity(keys.len());
        for key in keys {
            let mut updated = key.clone();
            if let (Some(version), Some(last)) = (version, updated.last_mut())
                && matched.len() > model.key.len()
            {
                *last = next_version(version, last)?;
            }
            wanted.push((updated, key));
        }
        let all: Vec<Vec<Value>> = wanted.iter().map(|(updated, _)| updated.clone()).collect();
        let there = self.rows_with(place, matched, &all)?;
        let found = (wanted.iter())
            .filter(|(updated, _)| there.contains(&Identity::new(updated)))
            .map(|(_, key)| Identity::new(key));
        Ok(found.collect())
    }

    /// Which of these values rows of the object's model have in some fields.
    pub(super) fn rows_with(
        &mut self,
        place: Place,
        matched: &[&'static FieldInfo],
        values: &[Vec<Value>],
    ) -> Result<HashSet<Identity>> {
        let model = self.store(place).model();
        let mut there = HashSet::new();
        let mut fresh = (model.new_store)().0;
        self.no_autoflush(|session| {
            for values in chunks(values) {
                let mut select = Select::of(model);
                select.filter.push(one_of(matched, values));
                fetch(
                    session,
                    select.request(),
                    &|connection| select.to_rows(connection.dialect()),
                    &mut |row| {
                        fresh.arrive(row, 0)?;
                        let slot = fresh.keep_arrived();
                        let values: Vec<Value> = (matched.iter())
                            .map(|field| fresh.value(slot, field.position()))
                            .collect::<Result<_>>()?;
                        there.insert(Identity::new(&values));
                        Ok(())
                    },
                )?;
            }
            Ok::<(), Error>(())
        })?;
        Ok(there)
    }

    /// Gives an object what its row has by now.
    fn now_updated(&mut self, change: RowChange) -> Result<()> {
        let RowChange {
            place, key, fields, ..
        } = change;
        let store = self.store_mut(place);
        for (field, value) in &fields {
            store.set(place.slot, *field, value)?;
        }
        if let Some(entry) = store.ledger_mut().entry_mut(place.slot) {
            entry.detail = None;
        }
        let now = store.key(place.slot)?;
        if now != key {
            let identities = &mut store.ledger_mut().identities;
            identities.remove(&Identity::new(&key), place.slot);
            identities.insert(Identity::new(&now), place.slot);
        }
        Ok(())
    }
}

/// The version that a row has after a change.
pub(super) fn next_version(field: &FieldInfo, old: &Value) -> Result<Value> {
    let next = match old {
        Value::Integer(version) => version.checked_add(1),
        _ => None,
    };
    let next =
        next.ok_or_else(|| Error::invalid_value(field.subject(), "no version comes after it"))?;
    field.check(Value::Integer(next))
}
