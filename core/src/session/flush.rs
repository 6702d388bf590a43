//! The flush: what is pending, in an order that the foreign keys allow.

use std::collections::HashMap;

use super::Session;
use super::object::{Awaited, Identity, State};
use crate::backend::{Connection, Statement, StatementBuilder};
use crate::model::{FieldDefault, FieldInfo, ModelInfo};
use crate::query::insert_rows;
use crate::value::Value;
use crate::{Error, Result};

/// The changes of one object: fields and their new values.
struct Change {
    slot: usize,
    key: Vec<Value>,
    fields: Vec<(&'static FieldInfo, Value)>,
}

impl Session {
    /// Sends inserts, parents first; then updates; then deletes, children first. `last` says that a commit follows,
    /// so that a single statement needs no transaction.
    pub(super) fn flush(&mut self, last: bool) -> Result<()> {
        let now = chrono::Utc::now();
        let database = self.database.clone();
        let ranks = database.ranks();
        let mut inserts: Vec<usize> = self.slots_in(State::Pending);
        for slot in &inserts {
            if let Some(error) = self.slots[*slot].error.take() {
                // Asked again, the same row gives the same message.
                self.slots[*slot].error = Some(Error::session(error.to_string()));
                return Err(error);
            }
        }
        self.read_clock(&inserts, now)?;
        inserts.sort_by_key(|slot| {
            (
                ranks
                    .get(self.slots[*slot].model.table_name())
                    .copied()
                    .unwrap_or(0),
                *slot,
            )
        });
        for slot in &inserts {
            self.row(*slot)?;
        }
        let changes = self.changes(now)?;
        let mut deletes = self.slots_in(State::Deleting);
        deletes.sort_by_key(|slot| {
            let rank = ranks
                .get(self.slots[*slot].model.table_name())
                .copied()
                .unwrap_or(0);
            (std::cmp::Reverse(rank), std::cmp::Reverse(*slot))
        });
        let statements = inserts.len() + changes.len() + deletes.len();
        if statements == 0 {
            return Ok(());
        }
        let sent = self.send(&inserts, changes, &deletes, last && statements == 1);
        self.noticed(sent)
    }

    fn slots_in(&self, state: State) -> Vec<usize> {
        (0..self.slots.len())
            .filter(|slot| self.slots[*slot].state == state)
            .collect()
    }

    fn read_clock(&mut self, inserts: &[usize], now: chrono::DateTime<chrono::Utc>) -> Result<()> {
        for slot in inserts {
            let slot = &mut self.slots[*slot];
            for (field, awaited) in &slot.awaited {
                if let (Awaited::Clock, Some(object)) = (awaited, &mut slot.object) {
                    object.set(*field, &slot.model.fields[*field].clock_value(now)?)?;
                }
            }
            slot.awaited
                .retain(|(_, awaited)| *awaited != Awaited::Clock);
        }
        Ok(())
    }

    /// The values of a pending object's row, checked; NULL for the id that the database assigns.
    fn row(&self, slot: usize) -> Result<Vec<Value>> {
        let slot = &self.slots[slot];
        let mut values = slot.values()?;
        for (field, awaited) in &slot.awaited {
            // A program that has set the id itself since then keeps it.
            if *awaited == Awaited::Identity && values[*field] == Value::Integer(0) {
                values[*field] = Value::Null;
            }
        }
        Ok(values)
    }

    /// What has changed in objects that may have been changed.
    fn changes(&self, now: chrono::DateTime<chrono::Utc>) -> Result<Vec<Change>> {
        let mut changes = Vec::new();
        for (number, slot) in self.slots.iter().enumerate() {
            let (State::Persistent, Some(snapshot)) = (slot.state, &slot.snapshot) else {
                continue;
            };
            let values = slot.values()?;
            let mut fields: Vec<(&'static FieldInfo, Value)> = Vec::new();
            for ((field, value), old) in slot.model.fields.iter().zip(values).zip(snapshot) {
                if value != *old {
                    fields.push((field, value));
                }
            }
            if fields.is_empty() {
                continue;
            }
            for field in slot.model.fields {
                if fields
                    .iter()
                    .any(|(changed, _)| std::ptr::eq(*changed, field))
                {
                    continue;
                }
                match &field.on_update {
                    FieldDefault::None => {}
                    FieldDefault::Clock => fields.push((field, field.clock_value(now)?)),
                    FieldDefault::Call(function) => fields.push((field, field.check(function()?)?)),
                }
            }
            let key = slot
                .model
                .key
                .iter()
                .map(|position| snapshot[*position].clone())
                .collect();
            changes.push(Change {
                slot: number,
                key,
                fields,
            });
        }
        Ok(changes)
    }

    fn send(
        &mut self,
        inserts: &[usize],
        changes: Vec<Change>,
        deletes: &[usize],
        alone: bool,
    ) -> Result<()> {
        if !alone {
            self.begun()?;
        }
        self.send_inserts(inserts)?;
        for change in changes {
            self.send_update(change)?;
        }
        for slot in deletes {
            let model = self.slots[*slot].model;
            let key = self.stored_key(*slot)?;
            let connection = self.connection()?;
            let statement = delete_statement(connection, model, &key);
            connection.execute(&statement)?;
            self.slots[*slot].state = State::Deleted;
        }
        for slot in &mut self.slots {
            slot.snapshot = None;
        }
        Ok(())
    }

    /// The key of the object's row, as the database has it.
    fn stored_key(&self, slot: usize) -> Result<Vec<Value>> {
        let slot = &self.slots[slot];
        let values = match &slot.snapshot {
            Some(snapshot) => snapshot.clone(),
            None => slot.values()?,
        };
        Ok(slot
            .model
            .key
            .iter()
            .map(|position| values[*position].clone())
            .collect())
    }

    fn send_inserts(&mut self, inserts: &[usize]) -> Result<()> {
        let mut waiting = inserts.to_vec();
        while let Some(first) = waiting.iter().copied().find(|slot| self.is_ready(*slot)) {
            // All rows of that table which are ready go together.
            let model = self.slots[first].model;
            let (group, rest): (Vec<usize>, Vec<usize>) = waiting.iter().partition(|slot| {
                std::ptr::eq(self.slots[**slot].model, model) && self.is_ready(**slot)
            });
            waiting = rest;
            let rows: Vec<Vec<Value>> = group
                .iter()
                .map(|slot| self.row(*slot))
                .collect::<Result<_>>()?;
            let inserted = insert_rows(self.connection()?, model, rows)?;
            for (slot, id) in group.into_iter().zip(inserted.ids) {
                self.now_persistent(slot, id)?;
            }
            self.resolve(&waiting)?;
        }
        match waiting.first() {
            None => Ok(()),
            Some(slot) => Err(Error::session(format!(
                "{}: new rows reference each other in a circle; flush one of them without the reference first",
                self.slots[*slot].model.name
            ))),
        }
    }

    fn is_ready(&self, slot: usize) -> bool {
        !self.slots[slot]
            .awaited
            .iter()
            .any(|(_, awaited)| matches!(awaited, Awaited::Reference { .. }))
    }

    fn now_persistent(&mut self, number: usize, id: Option<i64>) -> Result<()> {
        let slot = &mut self.slots[number];
        if let (Some(id), Some(object), Some(field)) =
            (id, &mut slot.object, slot.model.key.first())
        {
            object.set(*field, &Value::Integer(id))?;
        }
        slot.awaited.clear();
        slot.state = State::Persistent;
        slot.inserted = true;
        let values = slot.values()?;
        let key: Vec<Value> = slot
            .model
            .key
            .iter()
            .map(|position| values[*position].clone())
            .collect();
        let identity = Identity::new(&key);
        slot.identity = Some(identity.clone());
        let table = slot.model.table_name();
        self.identities.insert((table, identity), number);
        Ok(())
    }

    /// Gives the rows that wait for others what those have by now.
    fn resolve(&mut self, waiting: &[usize]) -> Result<()> {
        for number in waiting {
            let awaited = std::mem::take(&mut self.slots[*number].awaited);
            let mut still = Vec::new();
            for (field, source) in awaited {
                match source {
                    Awaited::Reference { slot, target }
                        if self.slots[slot].state == State::Persistent =>
                    {
                        let value = match &self.slots[slot].object {
                            Some(object) => object.value(target)?,
                            None => Value::Null,
                        };
                        if let Some(object) = &mut self.slots[*number].object {
                            object.set(field, &value)?;
                        }
                    }
                    other => still.push((field, other)),
                }
            }
            self.slots[*number].awaited = still;
        }
        Ok(())
    }

    fn send_update(&mut self, change: Change) -> Result<()> {
        let model = self.slots[change.slot].model;
        let connection = self.connection()?;
        let mut builder = StatementBuilder::new(connection.dialect());
        builder
            .push("UPDATE ")
            .identifier(model.table_name())
            .push(" SET ");
        for (position, (field, value)) in change.fields.iter().enumerate() {
            if position > 0 {
                builder.push(", ");
            }
            builder
                .identifier(field.column)
                .push(" = ")
                .bind(value.clone(), field.bind_type());
        }
        write_key(&mut builder, model, &change.key);
        let statement = builder.finish();
        if connection.execute(&statement)? == 0 {
            let message = format!(
                "{}: its row is gone; it was deleted elsewhere",
                self.slots[change.slot].describe()
            );
            self.failed.get_or_insert_with(|| message.clone());
            return Err(Error::session(message));
        }
        let slot = &mut self.slots[change.slot];
        if let Some(object) = &mut slot.object {
            for (field, value) in &change.fields {
                object.set(field.position(), value)?;
            }
        }
        let values = slot.values()?;
        let key: Vec<Value> = model
            .key
            .iter()
            .map(|position| values[*position].clone())
            .collect();
        if key != change.key {
            let table = model.table_name();
            let identity = Identity::new(&key);
            slot.identity = Some(identity.clone());
            self.identities.remove(&(table, Identity::new(&change.key)));
            self.identities.insert((table, identity), change.slot);
        }
        Ok(())
    }
}

fn write_key(builder: &mut StatementBuilder<'_>, model: &'static ModelInfo, key: &[Value]) {
    for (position, (field, value)) in model.key_fields().zip(key).enumerate() {
        builder.push(if position == 0 { " WHERE " } else { " AND " });
        builder
            .identifier(field.column)
            .push(" = ")
            .bind(value.clone(), field.bind_type());
    }
}

fn delete_statement(
    connection: &dyn Connection,
    model: &'static ModelInfo,
    key: &[Value],
) -> Statement {
    let mut builder = StatementBuilder::new(connection.dialect());
    builder.push("DELETE FROM ").identifier(model.table_name());
    write_key(&mut builder, model, key);
    builder.finish()
}

/// The position of each table in an order in which parents come before their children.
pub(crate) type Ranks = HashMap<String, usize>;
