//! Rows that go: children first, and rows that reference each other after the references.

use std::collections::HashSet;

use super::RowChange;
use super::inserts::values_at;
use crate::backend::ForeignKeyCheck;
use crate::model::{FieldInfo, ModelInfo};
use crate::query::delete_rows;
use crate::session::entry::State;
use crate::session::references::{Reference, references};
use crate::session::{Identity, Place, Session, deepest_first, in_circle, self_references};
use crate::value::Value;
use crate::{Error, Result};

impl Session {
    pub(super) fn send_deletes(&mut self, mut deletes: Vec<Place>) -> Result<()> {
        if deletes.is_empty() {
            return Ok(());
        }
        let ranks = self.ranks_of(&deletes)?;
        deletes.sort_by_key(|place| (std::cmp::Reverse(ranks[&place.store]), *place));
        self.break_circles(&mut deletes)?;
        let mut models: Vec<&'static ModelInfo> = Vec::new();
        for group in deletes.chunk_by(|left, right| left.store == right.store) {
            models.push(self.store(group[0]).model());
            for level in self.levels(group)? {
                self.delete_together(&level)?;
            }
        }
        for place in &deletes {
            self.set_state(*place, State::Deleted);
        }
        self.read_what_the_database_changed(&models)
    }

    /// Deletes rows of one table.
    pub(super) fn delete_together(&mut self, places: &[Place]) -> Result<()> {
        let Some(first) = places.first() else {
            return Ok(());
        };
        let model = self.store(*first).model();
        let mut matched: Vec<&'static FieldInfo> = model.key_fields().collect();
        matched.extend(model.version.map(|position| &model.fields[position]));
        let mut keys = Vec::with_capacity(places.len());
        for place in places {
            let store = self.store(*place);
            let mut key = store.stored_key(place.slot)?;
            if let Some(position) = model.version {
                key.push(store.stored_value(place.slot, position)?);
            }
            keys.push(key);
        }
        let connection = self.connection_for(*first)?;
        let count = delete_rows(connection, model, &matched, keys.clone())?;
        // Without a version, a row that is gone already is as gone as it should be.
        if model.version.is_some() && count < keys.len() as u64 {
            return Err(self.stale_deletion(places, &keys)?);
        }
        Ok(())
    }

    /// The error for the first of some objects whose rows were not deleted, since they have another version by now. Which
    /// row was gone before can't be told once the others are gone too.
    fn stale_deletion(&mut self, places: &[Place], keys: &[Vec<Value>]) -> Result<Error> {
        let Some(first) = places.first() else {
            return Ok(Error::stale_object("a row"));
        };
        let model = self.store(*first).model();
        let fields: Vec<&'static FieldInfo> = model.key_fields().collect();
        let keys: Vec<Vec<Value>> = (keys.iter())
            .map(|key| key[..fields.len()].to_vec())
            .collect();
        let there = self.rows_with(*first, &fields, &keys)?;
        let left = (places.iter().zip(&keys)).find(|(_, key)| there.contains(&Identity::new(key)));
        let object = match left {
            Some((place, _)) => self.describe(*place),
            None if places.len() == 1 => self.describe(*first),
            None => format!("one of {} {} rows to delete", places.len(), model.name),
        };
        Ok(Error::stale_object(object).with_table(model.table_name()))
    }

    /// Rows of one table in groups of which no row references another, the deepest first; one group where the engine
    /// looks at references when all are gone.
    fn levels(&mut self, group: &[Place]) -> Result<Vec<Vec<Place>>> {
        let model = self.store(group[0]).model();
        let check = (self.connection_for(group[0])?.dialect().capabilities()).foreign_key_check;
        if self_references(model).is_empty() || check == ForeignKeyCheck::ByStatement {
            return Ok(vec![group.to_vec()]);
        }
        let rows = self.stored_rows(group)?;
        let levels = deepest_first(model, &rows);
        Ok((levels.into_iter())
            .map(|level| level.into_iter().map(|number| group[number]).collect())
            .collect())
    }

    fn stored_rows(&self, places: &[Place]) -> Result<Vec<Vec<Value>>> {
        (places.iter())
            .map(|place| Ok(self.store(*place).stored(place.slot)?.to_vec()))
            .collect()
    }

    /// Where no order of deletes would do, because rows reference each other in a circle: sets the references that can be
    /// NULL, and puts the tables into the order that those allow which are left.
    fn break_circles(&mut self, deletes: &mut Vec<Place>) -> Result<()> {
        let groups: Vec<Vec<Place>> = (deletes.chunk_by(|left, right| left.store == right.store))
            .map(<[Place]>::to_vec)
            .collect();
        let models: Vec<&'static ModelInfo> = (groups.iter())
            .map(|group| self.store(group[0]).model())
            .collect();
        let place_of = |model: &'static ModelInfo| {
            (models.iter()).position(|known| std::ptr::eq(*known, model))
        };
        let mut between = false;
        let mut changes = Vec::new();
        for (number, group) in groups.iter().enumerate() {
            let model = models[number];
            for reference in references(model) {
                // A table that goes before one of those that reference it.
                between |= place_of(reference.target).is_some_and(|target| target < number);
                if !std::ptr::eq(reference.target, model) {
                    continue;
                }
                if in_circle(model, &self.stored_rows(group)?) {
                    changes.extend(self.nulled(group, deletes, &reference)?);
                } else {
                    let alone = self.with_themselves(group, &reference)?;
                    if !alone.is_empty() {
                        changes.extend(self.nulled(&alone, &alone, &reference)?);
                    }
                }
            }
        }
        if between {
            for (group, model) in groups.iter().zip(&models) {
                for reference in references(model) {
                    if !std::ptr::eq(reference.target, *model) {
                        changes.extend(self.nulled(group, deletes, &reference)?);
                    }
                }
            }
            let mut left: Vec<usize> = (0..groups.len()).collect();
            deletes.clear();
            while !left.is_empty() {
                // The next is one that none of the others must reference.
                let free = left.iter().position(|candidate| {
                    left.iter()
                        .filter(|other| *other != candidate)
                        .all(|other| {
                            references(models[*other]).iter().all(|reference| {
                                !std::ptr::eq(reference.target, models[*candidate])
                                    || !reference.nullable(models[*other]).is_empty()
                            })
                        })
                });
                deletes.extend(&groups[left.remove(free.unwrap_or(0))]);
            }
        }
        self.null_references(changes)
    }

    /// The rows that reference themselves, where the engine minds: it looks at each row by itself.
    fn with_themselves(&mut self, group: &[Place], reference: &Reference) -> Result<Vec<Place>> {
        let mut alone = Vec::new();
        for place in group {
            let row = self.store(*place).stored(place.slot)?;
            let key = values_at(&row, &reference.fields);
            if key.is_some() && key == values_at(&row, &reference.target_fields) {
                alone.push(*place);
            }
        }
        if let Some(first) = alone.first() {
            let check = (self.connection_for(*first)?.dialect().capabilities()).foreign_key_check;
            if check == ForeignKeyCheck::ByStatement {
                alone.clear();
            }
        }
        Ok(alone)
    }

    /// The references of some rows to others that go too, set to NULL; nothing when they can't be NULL.
    fn nulled(
        &self,
        group: &[Place],
        deletes: &[Place],
        reference: &Reference,
    ) -> Result<Vec<RowChange>> {
        let model = self.store(group[0]).model();
        let Some(field) = reference.nullable(model).first().copied() else {
            return Ok(Vec::new());
        };
        let leaving = self.leaving(deletes, reference.target, &reference.target_fields)?;
        let mut changes = Vec::new();
        for place in group {
            let row = self.store(*place).stored(place.slot)?;
            let key = values_at(&row, &reference.fields);
            if key.is_some_and(|key| leaving.contains(&Identity::new(&key))) {
                changes.push(RowChange {
                    place: *place,
                    key: self.store(*place).stored_key(place.slot)?,
                    version: None,
                    fields: vec![(field, Value::Null)],
                });
            }
        }
        Ok(changes)
    }

    /// What rows of a model that are going to be deleted have in some fields.
    fn leaving(
        &self,
        deletes: &[Place],
        model: &'static ModelInfo,
        fields: &[usize],
    ) -> Result<HashSet<Identity>> {
        let mut leaving = HashSet::new();
        for place in deletes {
            if std::ptr::eq(self.store(*place).model(), model) {
                let row = self.store(*place).stored(place.slot)?;
                leaving.extend(values_at(&row, fields).map(|key| Identity::new(&key)));
            }
        }
        Ok(leaving)
    }

    /// Sets references of rows that go next to NULL, in the database alone.
    pub(super) fn null_references(&mut self, changes: Vec<RowChange>) -> Result<()> {
        use crate::query::{RowUpdate, RowUpdates, update_rows};

        let same = |left: &RowChange, right: &RowChange| {
            left.place.store == right.place.store && left.fields[0].0 == right.fields[0].0
        };
        for group in changes.chunk_by(same) {
            let model = self.store(group[0].place).model();
            let updates = RowUpdates {
                model,
                matched: model.key_fields().collect(),
                set: vec![&model.fields[group[0].fields[0].0]],
                rows: (group.iter())
                    .map(|change| RowUpdate {
                        matched: change.key.clone(),
                        set: vec![Value::Null],
                    })
                    .collect(),
            };
            update_rows(self.connection_for(group[0].place)?, updates)?;
        }
        Ok(())
    }

    /// Reads tracked objects again whose rows the database has changed as it deleted those that they reference.
    fn read_what_the_database_changed(&mut self, models: &[&'static ModelInfo]) -> Result<()> {
        let affected = self.affected_by(models, true)?;
        self.reread_models(&affected)
    }
}
