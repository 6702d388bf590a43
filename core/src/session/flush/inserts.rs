//! New rows: those that are ready go together, and each one makes others ready.

use std::collections::{HashMap, HashSet};

use super::RowChange;
use super::updates::next_version;
use crate::model::{FieldInfo, ModelInfo};
use crate::query::{insert_and_tell, insert_rows, replace_row, tell};
use crate::session::entry::{Awaited, Entry, State};
use crate::session::references::references;
use crate::session::{Identity, Place, Session, in_circle};
use crate::value::Value;
use crate::{Error, Result};

/// New rows that have to be inserted before others, since those have their values: the fields that have them, and the row.
type Blockers = HashMap<Place, Vec<(Vec<usize>, Place)>>;

impl Session {
    pub(super) fn read_clock(
        &mut self,
        inserts: &[Place],
        now: chrono::DateTime<chrono::Utc>,
    ) -> Result<()> {
        for place in inserts {
            let Some(entry) = self.entry_mut(*place) else {
                continue;
            };
            let (clocks, others): (Vec<_>, Vec<_>) = (entry.take_awaited().into_iter())
                .partition(|(_, awaited)| matches!(awaited, Awaited::Clock(_)));
            if !others.is_empty() {
                entry.detail_mut().awaited = others;
            }
            let store = self.store_mut(*place);
            for (field, _) in clocks {
                let value = store.model().fields[field].clock_value(now)?;
                store.set(place.slot, field, &value)?;
            }
        }
        Ok(())
    }

    /// The values of a pending object's row, checked; NULL for the id that the database assigns, and for what it has a
    /// default for.
    pub(super) fn row(&self, place: Place) -> Result<Vec<Value>> {
        let store = self.store(place);
        let mut values = store.values(place.slot)?.to_vec();
        for (field, awaited) in self.entry(place).map_or(&[][..], Entry::awaited) {
            // A program that has set the id itself since then keeps it.
            let open = match awaited {
                Awaited::Identity => values[*field] == Value::Integer(0),
                Awaited::Database => values[*field] == store.model().fields[*field].placeholder(),
                _ => false,
            };
            if open {
                values[*field] = Value::Null;
            }
        }
        Ok(values)
    }

    /// Takes out of the inserts and deletes those that are about the same row: it is updated instead, since it can't
    /// be inserted before it is deleted, nor deleted while others reference it.
    pub(super) fn replaced(
        &self,
        inserts: &mut Vec<Place>,
        deletes: &mut Vec<Place>,
    ) -> Result<Vec<(Place, Place)>> {
        if deletes.is_empty() || inserts.is_empty() {
            return Ok(Vec::new());
        }
        let mut leaving = HashMap::with_capacity(deletes.len());
        for place in &*deletes {
            let key = self.store(*place).stored_key(place.slot)?;
            leaving.insert((place.store, Identity::new(&key)), *place);
        }
        let mut replaced = Vec::new();
        for place in &*inserts {
            let key = self.store(*place).model().key;
            let awaited = self.entry(*place).map_or(&[][..], Entry::awaited);
            if awaited.iter().any(|(field, _)| key.contains(field)) {
                continue;
            }
            let identity = Identity::new(&self.store(*place).key(place.slot)?);
            if let Some(old) = leaving.remove(&(place.store, identity)) {
                replaced.push((*place, old));
            }
        }
        let (new, old): (HashSet<Place>, HashSet<Place>) = replaced.iter().copied().unzip();
        inserts.retain(|place| !new.contains(place));
        deletes.retain(|place| !old.contains(place));
        Ok(replaced)
    }

    /// Inserts the rows, and gives the references that have to be set afterwards, because rows reference each other in a
    /// circle.
    pub(super) fn send_inserts(
        &mut self,
        inserts: &[Place],
        replaced: &[(Place, Place)],
    ) -> Result<Vec<RowChange>> {
        let blockers = self.blockers(inserts)?;
        let mut postponed: HashMap<Place, Vec<usize>> = HashMap::new();
        let mut waiting = inserts.to_vec();
        while !waiting.is_empty() {
            let ready = |place: &Place| self.is_ready(*place, &blockers, postponed.get(place));
            let Some(first) = waiting.iter().copied().find(ready) else {
                let Some((place, fields)) = self.to_postpone(&waiting, &blockers) else {
                    return Err(self.circle(waiting[0]));
                };
                postponed.insert(place, fields);
                continue;
            };
            // All rows of that table which are ready go together.
            let (group, rest): (Vec<Place>, Vec<Place>) =
                (waiting.iter()).partition(|place| place.store == first.store && ready(place));
            waiting = rest;
            let mut rows = Vec::with_capacity(group.len());
            for place in &group {
                let mut row = self.row(*place)?;
                for field in postponed.get(place).into_iter().flatten() {
                    row[*field] = Value::Null;
                }
                rows.push(row);
            }
            self.send_rows(&group, rows)?;
            self.resolve(&waiting)?;
            let (new, kept): (Vec<Place>, Vec<Place>) = (
                replaced.iter().map(|(new, _)| *new).collect(),
                postponed.keys().copied().collect(),
            );
            self.resolve(&new)?;
            self.resolve(&kept)?;
        }
        self.postponed_changes(postponed)
    }

    /// Inserts rows of one model that are ready, and gives their objects what the database gave the rows.
    fn send_rows(&mut self, group: &[Place], rows: Vec<Vec<Value>>) -> Result<()> {
        let Some(first) = group.first().copied() else {
            return Ok(());
        };
        let model = self.store(first).model();
        let given = model.read_back();
        if !model.relations.is_empty() {
            for place in group {
                let awaited = self.entry(*place).map_or(&[][..], Entry::awaited);
                if !awaited
                    .iter()
                    .any(|(_, awaited)| *awaited == Awaited::Identity)
                {
                    self.forget_collections(*place);
                }
            }
        }
        let connection = self.connection_for(first)?;
        if given.is_empty() {
            let inserted = insert_rows(connection, model, rows)?;
            for (place, id) in group.iter().zip(inserted.ids) {
                self.now_persistent(*place, id)?;
            }
            self.pairs_stored(group);
            return Ok(());
        }
        let key = if model.identity { model.key } else { &[] };
        let key = key.iter().map(|position| &model.fields[*position]);
        let fields: Vec<&'static FieldInfo> = key.chain(given).collect();
        let told = insert_and_tell(connection, model, rows, &fields)?;
        for (place, values) in group.iter().zip(told) {
            let id = match values.first() {
                Some(Value::Integer(id)) if model.identity => Some(*id),
                _ => None,
            };
            self.now_persistent(*place, id)?;
            self.told(*place, &fields, &values)?;
        }
        self.pairs_stored(group);
        Ok(())
    }

    /// Gives an object the values of fields that its row has by now.
    pub(super) fn told(
        &mut self,
        place: Place,
        fields: &[&'static FieldInfo],
        values: &[Value],
    ) -> Result<()> {
        let store = self.store_mut(place);
        for (field, value) in fields.iter().zip(values) {
            store.set(place.slot, field.position(), value)?;
        }
        Ok(())
    }

    /// The rows by whose values others reference them, where the tables reference each other in a circle: elsewhere the
    /// order of the tables is enough, and rows of one table are sorted as they are inserted.
    fn blockers(&mut self, inserts: &[Place]) -> Result<Blockers> {
        let mut models: Vec<(&'static ModelInfo, u32)> = Vec::new();
        for place in inserts {
            if models.last().is_none_or(|(_, store)| *store != place.store) {
                models.push((self.store(*place).model(), place.store));
            }
        }
        let mut circular = false;
        for (model, store) in &models {
            let rank = self.rank_of(model)?;
            for reference in references(model) {
                if std::ptr::eq(reference.target, *model) {
                    let rows = (inserts.iter().filter(|place| place.store == *store))
                        .map(|place| self.row(*place))
                        .collect::<Result<Vec<_>>>()?;
                    circular |= in_circle(model, &rows);
                } else if models
                    .iter()
                    .any(|(other, _)| std::ptr::eq(*other, reference.target))
                {
                    circular |= self.rank_of(reference.target)? > rank;
                }
            }
        }
        let mut blockers = Blockers::new();
        if !circular {
            return Ok(blockers);
        }
        for (model, store) in &models {
            for reference in references(model) {
                let Some((_, target)) =
                    (models.iter()).find(|(other, _)| std::ptr::eq(*other, reference.target))
                else {
                    continue;
                };
                let mut known: HashMap<Identity, Place> = HashMap::new();
                for place in inserts.iter().filter(|place| place.store == *target) {
                    if let Some(key) = values_at(&self.row(*place)?, &reference.target_fields) {
                        known.insert(Identity::new(&key), *place);
                    }
                }
                for place in inserts.iter().filter(|place| place.store == *store) {
                    let awaited = self.entry(*place).map_or(&[][..], Entry::awaited);
                    let waits = |field: &usize| awaited.iter().any(|(waiting, _)| waiting == field);
                    if reference.fields.iter().any(waits) {
                        continue;
                    }
                    let key = values_at(&self.row(*place)?, &reference.fields);
                    let found = key.and_then(|key| known.get(&Identity::new(&key)).copied());
                    if let Some(parent) = found.filter(|parent| parent != place) {
                        let entry = blockers.entry(*place).or_default();
                        entry.push((reference.fields.clone(), parent));
                    }
                }
            }
        }
        Ok(blockers)
    }

    fn rank_of(&mut self, model: &'static ModelInfo) -> Result<usize> {
        let unit = self.unit_of(model.bind)?;
        Ok(self.rank(unit, model))
    }

    /// Whether a row waits for no other; fields in `postponed` are set afterwards.
    fn is_ready(&self, place: Place, blockers: &Blockers, postponed: Option<&Vec<usize>>) -> bool {
        self.waits_for(place, blockers).iter().all(|fields| {
            postponed.is_some_and(|later| fields.iter().any(|field| later.contains(field)))
        })
    }

    /// The references of a row to rows that are not inserted yet: the fields of each.
    fn waits_for(&self, place: Place, blockers: &Blockers) -> Vec<Vec<usize>> {
        let awaited = self.entry(place).map_or(&[][..], Entry::awaited);
        let mut waits: Vec<Vec<usize>> = awaited
            .iter()
            .filter(|(_, awaited)| matches!(awaited, Awaited::Reference { .. }))
            .map(|(field, _)| vec![*field])
            .collect();
        for (fields, parent) in blockers.get(&place).into_iter().flatten() {
            if self.state_of(*parent) == State::Pending {
                waits.push(fields.clone());
            }
        }
        waits
    }

    /// A row whose references can all be NULL for now, with the fields of those that are not met.
    fn to_postpone(&self, waiting: &[Place], blockers: &Blockers) -> Option<(Place, Vec<usize>)> {
        waiting.iter().find_map(|place| {
            let fields = self.store(*place).model().fields;
            let mut later = Vec::new();
            for waits in self.waits_for(*place, blockers) {
                // One NULL is enough for a key over several columns to reference nothing.
                later.push(waits.into_iter().find(|field| fields[*field].nullable)?);
            }
            Some((*place, later))
        })
    }

    fn circle(&self, place: Place) -> Error {
        Error::session(format!(
            "{}: new rows reference each other in a circle, and none of the references can be NULL for a moment; make one of them an Option",
            self.store(place).model().name
        ))
    }

    pub(super) fn now_persistent(&mut self, place: Place, id: Option<i64>) -> Result<()> {
        let store = self.store_mut(place);
        if let (Some(id), Some(field)) = (id, store.model().key.first()) {
            store.set(place.slot, *field, &Value::Integer(id))?;
        }
        let mut touched = false;
        if let Some(entry) = store.ledger_mut().entry_mut(place.slot) {
            entry.state = State::Persistent;
            touched = std::mem::take(&mut entry.touched);
            let awaited = entry.take_awaited();
            // A reference that is set afterwards is still to come.
            let still: Vec<_> = (awaited.into_iter())
                .filter(|(_, awaited)| matches!(awaited, Awaited::Reference { .. }))
                .collect();
            if still.is_empty() {
                entry.detail = None;
            } else {
                entry.detail_mut().awaited = still;
            }
        }
        if touched {
            // What the program has set since it was added was rounded when it was sent.
            let values = store.values(place.slot)?;
            for (field, value) in values.iter().enumerate() {
                store.set(place.slot, field, value)?;
            }
        }
        let identity = Identity::new(&store.key(place.slot)?);
        let before = store.ledger().identities.get(&identity);
        (store.ledger_mut().identities).insert(identity, place.slot);
        if let Some(slot) = before.filter(|slot| *slot != place.slot) {
            // An object that was read in a transaction which a rollback took back, of a row that never came to be.
            let phantom = Place { slot, ..place };
            if self.state_of(phantom) == State::Persistent {
                self.set_state(phantom, State::Detached);
                self.store_mut(phantom).forget(slot);
            }
        }
        Ok(())
    }

    /// Gives the rows that wait for others what those have by now.
    pub(super) fn resolve(&mut self, waiting: &[Place]) -> Result<()> {
        for place in waiting {
            let Some(entry) = self.entry_mut(*place) else {
                continue;
            };
            let awaited = entry.take_awaited();
            let mut still = Vec::new();
            for (field, source) in awaited {
                match source {
                    Awaited::Reference {
                        place: parent,
                        target,
                    } if self.state_of(parent) == State::Persistent => {
                        let value = self.store(parent).value(parent.slot, target)?;
                        self.store_mut(*place).set(place.slot, field, &value)?;
                    }
                    other => still.push((field, other)),
                }
            }
            if !still.is_empty()
                && let Some(entry) = self.entry_mut(*place)
            {
                entry.detail_mut().awaited = still;
            }
        }
        Ok(())
    }

    /// The references that were NULL for a moment, with their values.
    fn postponed_changes(&self, postponed: HashMap<Place, Vec<usize>>) -> Result<Vec<RowChange>> {
        let mut changes = Vec::with_capacity(postponed.len());
        for (place, fields) in postponed {
            let store = self.store(place);
            let fields = (fields.into_iter())
                .map(|field| Ok((field, store.value(place.slot, field)?)))
                .collect::<Result<_>>()?;
            changes.push(RowChange {
                place,
                key: store.key(place.slot)?,
                version: None,
                fields,
            });
        }
        changes.sort_by_key(|change| change.place);
        Ok(changes)
    }

    /// Gives the row of a deleted object the values of the new one with its key.
    pub(super) fn send_replacement(&mut self, new: Place, old: Place) -> Result<()> {
        if !self.is_ready(new, &Blockers::new(), None) {
            return Err(self.circle(new));
        }
        let model = self.store(new).model();
        let mut row = self.row(new)?;
        let mut matched: Vec<(&'static FieldInfo, Value)> = Vec::new();
        for field in model.key {
            let value = self.store(old).stored_value(old.slot, *field)?;
            matched.push((&model.fields[*field], value));
        }
        if let Some(position) = model.version {
            // The row goes on counting: whoever has read it before learns of the change.
            let version = self.store(old).stored_value(old.slot, position)?;
            let next = next_version(&model.fields[position], &version)?;
            self.store_mut(new).set(new.slot, position, &next)?;
            row[position] = next;
            matched.push((&model.fields[position], version));
        }
        let connection = self.connection_for(new)?;
        if replace_row(connection, model, &matched, &row)? == Some(0) {
            if model.version.is_some() {
                return Err(Error::stale_object(self.describe(old)).with_table(model.table_name()));
            }
            // Somebody else has deleted the row meanwhile.
            insert_rows(connection, model, vec![row])?;
        }
        self.set_state(old, State::Deleted);
        self.forget_collections(new);
        self.now_persistent(new, None)?;
        self.read_back(&[new], &model.read_back())
    }

    /// Gives objects of one model the values that these fields have in the database by now.
    pub(super) fn read_back(
        &mut self,
        places: &[Place],
        fields: &[&'static FieldInfo],
    ) -> Result<()> {
        let Some(first) = places.first().copied().filter(|_| !fields.is_empty()) else {
            return Ok(());
        };
        let model = self.store(first).model();
        let keys: Vec<Vec<Value>> = (places.iter())
            .map(|place| self.store(*place).key(place.slot))
            .collect::<Result<_>>()?;
        let mut told = tell(self.connection_for(first)?, model, &keys, fields)?;
        for (place, key) in places.iter().zip(&keys) {
            let Some(values) = told.remove(&Identity::new(key)) else {
                let error = Error::stale_object(self.describe(*place));
                return Err(error.with_table(model.table_name()));
            };
            self.told(*place, fields, &values)?;
        }
        Ok(())
    }
}

/// The values of some fields; `None` when one is NULL, which references nothing.
pub(super) fn values_at(row: &[Value], fields: &[usize]) -> Option<Vec<Value>> {
    let value = |field: &usize| row.get(*field).filter(|value| !value.is_null()).cloned();
    fields.iter().map(value).collect()
}
