//! Changed rows: those with the same columns to set go together.

use std::collections::{HashMap, HashSet};

use crate::model::{FieldDefault, FieldInfo, ModelInfo};
use crate::query::{
    RowUpdate, RowUpdates, Select, fetch, move_sequence, one_of, refuse_computed, update_rows,
};
use crate::session::entry::State;
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

    fn is_of_key(&self, model: &ModelInfo) -> bool {
        (self.fields.iter()).any(|(field, _)| model.key.contains(field))
    }
}

impl Session {
    /// What has changed in objects that may have been changed, with what `on_update` and the version add to it.
    pub(super) fn updates(&mut self, now: chrono::DateTime<chrono::Utc>) -> Result<Vec<RowChange>> {
        let mut changes = Vec::new();
        for place in self.in_state(&self.touched, State::Persistent) {
            let mut fields = self.changed_fields(place)?;
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

    /// Sends references that were NULL for a moment.
    pub(super) fn send_postponed(&mut self, changes: Vec<RowChange>) -> Result<()> {
        self.send_updates(changes)
    }

    pub(super) fn send_updates(&mut self, changes: Vec<RowChange>) -> Result<()> {
        let mut groups: Vec<Vec<RowChange>> = Vec::new();
        let mut known: HashMap<(u32, Vec<usize>), usize> = HashMap::new();
        for change in changes {
            let model = self.store(change.place).model();
            let shape = change.fields.iter().map(|(field, _)| *field).collect();
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
    fn send_group(&mut self, changes: Vec<RowChange>) -> Result<()> {
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
        let connection = self.connection_for(place)?;
        let count = update_rows(connection, updates)?;
        if count < wanted {
            let places: Vec<Place> = changes.iter().map(|change| change.place).collect();
            return Err(self.stale(&places, &matched, &keys)?);
        }
        if of_identity {
            move_sequence(self.connection_for(place)?, model)?;
        }
        let computed = model.computed_of(&first.fields);
        let changed: Vec<usize> = first.fields.iter().map(|(field, _)| *field).collect();
        let places: Vec<Place> = changes.iter().map(|change| change.place).collect();
        for change in changes {
            self.now_updated(change)?;
        }
        self.read_back(&places, &computed)?;
        self.read_followers(model, &changed)
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
        let mut select = Select::of(model);
        select.filter.push(one_of(matched, values));
        let mut fresh = (model.new_store)().0;
        self.no_autoflush(|session| {
            fetch(
                session,
                select.request(),
                &|connection| select.to_rows(connection.dialect()),
                &mut |row| {
                    fresh.arrive(row)?;
                    let slot = fresh.keep_arrived();
                    let values: Vec<Value> = (matched.iter())
                        .map(|field| fresh.value(slot, field.position()))
                        .collect::<Result<_>>()?;
                    there.insert(Identity::new(&values));
                    Ok(())
                },
            )
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
fn next_version(field: &FieldInfo, old: &Value) -> Result<Value> {
    let next = match old {
        Value::Integer(version) => version.checked_add(1),
        _ => None,
    };
    let next =
        next.ok_or_else(|| Error::invalid_value(field.subject(), "no version comes after it"))?;
    field.check(Value::Integer(next))
}
