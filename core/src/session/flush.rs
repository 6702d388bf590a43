//! The flush: what is pending, in an order that the foreign keys allow.

use std::collections::HashMap;

use super::Session;
use super::object::{Awaited, Identity, State};
use super::order::parents_first;
use crate::backend::{Connection, Statement, StatementBuilder};
use crate::model::{FieldDefault, FieldInfo, ModelInfo};
use crate::query::{identity_value, insert_rows, move_sequence};
use crate::value::Value;
use crate::{Error, Result};

/// The changes of one object: fields and their new values.
struct Change {
    slot: usize,
    key: Vec<Value>,
    fields: Vec<(&'static FieldInfo, Value)>,
}

impl Change {
    /// Whether it gives a row another id than the one that the database assigned.
    fn is_of_identity(&self) -> bool {
        (self.fields.iter())
            .any(|(field, _)| field.model.identity && field.model.key.contains(&field.position()))
    }
}

/// What a flush sends, in the order of sending: slots, and for a replaced row the new slot and the old one.
struct Plan {
    inserts: Vec<usize>,
    replaced: Vec<(usize, usize)>,
    changes: Vec<Change>,
    deletes: Vec<usize>,
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
        for slot in &inserts {
            self.slots[*slot].keep_what_was_set()?;
            self.refuse_lost_references(*slot)?;
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
        let mut two_statements = false;
        for slot in &inserts {
            let row = self.row(*slot)?;
            // An id that the program chose may have to move the sequence.
            two_statements |= identity_value(self.slots[*slot].model, Some(&row)).is_some();
        }
        let changes = self.changes(now)?;
        two_statements |= changes.iter().any(Change::is_of_identity);
        let mut deletes = self.slots_in(State::Deleting);
        deletes.sort_by_key(|slot| {
            let rank = ranks
                .get(self.slots[*slot].model.table_name())
                .copied()
                .unwrap_or(0);
            (std::cmp::Reverse(rank), std::cmp::Reverse(*slot))
        });
        let replaced = self.replaced(&mut inserts, &mut deletes)?;
        let deletes = self.children_first(deletes)?;
        let statements = inserts.len() + replaced.len() + changes.len() + deletes.len();
        if statements == 0 {
            return Ok(());
        }
        let plan = Plan {
            inserts,
            replaced,
            changes,
            deletes,
        };
        let sent = self.send(plan, last && statements == 1 && !two_statements);
        self.noticed(sent)
    }

    /// Fails for a row whose foreign key stands for an object that was given up before it was sent.
    fn refuse_lost_references(&self, slot: usize) -> Result<()> {
        let model = self.slots[slot].model;
        for (field, awaited) in &self.slots[slot].awaited {
            if let Awaited::Reference { slot, .. } = awaited
                && self.slots[*slot].state == State::Detached
            {
                return Err(Error::session(format!(
                    "{}: the new {} that it references was deleted before it was sent; set another value, or delete this row too",
                    model.fields[*field].subject(),
                    self.slots[*slot].model.name
                )));
            }
        }
        Ok(())
    }

    /// Takes out of the inserts and deletes those that are about the same row: it is updated instead, since it can't
    /// be inserted before it is deleted, nor deleted while others reference it.
    fn replaced(
        &self,
        inserts: &mut Vec<usize>,
        deletes: &mut Vec<usize>,
    ) -> Result<Vec<(usize, usize)>> {
        if deletes.is_empty() {
            return Ok(Vec::new());
        }
        let mut leaving = HashMap::with_capacity(deletes.len());
        for slot in &*deletes {
            let table = self.slots[*slot].model.table_name();
            leaving.insert((table, Identity::new(&self.stored_key(*slot)?)), *slot);
        }
        let mut replaced = Vec::new();
        for slot in &*inserts {
            let waits = |(field, _): &(usize, Awaited)| self.slots[*slot].model.key.contains(field);
            if self.slots[*slot].awaited.iter().any(waits) {
                continue;
            }
            let identity = Identity::new(&self.slots[*slot].key()?);
            if let Some(old) = leaving.remove(&(self.slots[*slot].model.table_name(), identity)) {
                replaced.push((*slot, old));
            }
        }
        inserts.retain(|slot| replaced.iter().all(|(new, _)| new != slot));
        deletes.retain(|slot| replaced.iter().all(|(_, old)| old != slot));
        Ok(replaced)
    }

    /// Sorts deletes of one table so that no row goes before those that reference it.
    fn children_first(&self, deletes: Vec<usize>) -> Result<Vec<usize>> {
        let mut sorted = Vec::with_capacity(deletes.len());
        for group in deletes
            .chunk_by(|left, right| std::ptr::eq(self.slots[*left].model, self.slots[*right].model))
        {
            let rows: Vec<Vec<Value>> = (group.iter().rev())
                .map(|slot| self.stored(*slot))
                .collect::<Result<_>>()?;
            match parents_first(self.slots[group[0]].model, &rows) {
                Some(order) => {
                    sorted.extend(order.iter().rev().map(|at| group[group.len() - 1 - at]));
                }
                None => sorted.extend(group),
            }
        }
        Ok(sorted)
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
                if let (Awaited::Clock(_), Some(object)) = (awaited, &mut slot.object) {
                    object.set(*field, &slot.model.fields[*field].clock_value(now)?)?;
                }
            }
            slot.awaited
                .retain(|(_, awaited)| !matches!(awaited, Awaited::Clock(_)));
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

    fn send(&mut self, plan: Plan, alone: bool) -> Result<()> {
        if !alone {
            self.begun()?;
        }
        self.send_inserts(&plan.inserts, &plan.replaced)?;
        for (new, old) in plan.replaced {
            self.send_replacement(new, old)?;
        }
        for change in plan.changes {
            self.send_update(change)?;
        }
        for slot in plan.deletes {
            let model = self.slots[slot].model;
            let key = self.stored_key(slot)?;
            let connection = self.connection()?;
            let statement = delete_statement(connection, model, &key);
            connection.execute(&statement)?;
            self.slots[slot].state = State::Deleted;
        }
        for slot in &mut self.slots {
            slot.snapshot = None;
        }
        Ok(())
    }

    /// The key of the object's row, as the database has it.
    fn stored_key(&self, slot: usize) -> Result<Vec<Value>> {
        let values = self.stored(slot)?;
        Ok((self.slots[slot].model.key.iter())
            .map(|position| values[*position].clone())
            .collect())
    }

    /// The object's row, as the database has it.
    fn stored(&self, slot: usize) -> Result<Vec<Value>> {
        match &self.slots[slot].snapshot {
            Some(snapshot) => Ok(snapshot.clone()),
            None => self.slots[slot].values(),
        }
    }

    fn send_inserts(&mut self, inserts: &[usize], replaced: &[(usize, usize)]) -> Result<()> {
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
            for (new, _) in replaced {
                self.resolve(&[*new])?;
            }
        }
        match waiting.first() {
            None => Ok(()),
            Some(slot) => Err(self.circle(*slot)),
        }
    }

    fn circle(&self, slot: usize) -> Error {
        Error::session(format!(
            "{}: new rows reference each other in a circle; flush one of them without the reference first",
            self.slots[slot].model.name
        ))
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
        if let (true, Some(object)) = (std::mem::take(&mut slot.touched), &mut slot.object) {
            // What the program has set since it was added was rounded when it was sent.
            for (field, value) in values.iter().enumerate() {
                object.set(field, value)?;
            }
        }
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

    /// Gives the row of a deleted object the values of the new one with its key.
    fn send_replacement(&mut self, new: usize, old: usize) -> Result<()> {
        if !self.is_ready(new) {
            return Err(self.circle(new));
        }
        let model = self.slots[new].model;
        let row = self.row(new)?;
        let change = Change {
            slot: new,
            key: self.stored_key(old)?,
            fields: (model.fields.iter().zip(&row).enumerate())
                .filter(|(position, _)| !model.key.contains(position))
                .map(|(_, (field, value))| (field, value.clone()))
                .collect(),
        };
        let connection = self.connection()?;
        if !change.fields.is_empty() {
            let statement = update_statement(connection, model, &change);
            if connection.execute(&statement)? == 0 {
                // Somebody else has deleted the row meanwhile.
                insert_rows(connection, model, vec![row])?;
            }
        }
        self.slots[old].state = State::Deleted;
        self.now_persistent(new, None)
    }

    fn send_update(&mut self, change: Change) -> Result<()> {
        let model = self.slots[change.slot].model;
        let connection = self.connection()?;
        let statement = update_statement(connection, model, &change);
        if connection.execute(&statement)? == 0 {
            let message = format!(
                "{}: its row is gone; it was deleted elsewhere",
                self.slots[change.slot].describe()
            );
            self.failed.get_or_insert_with(|| message.clone());
            return Err(Error::session(message));
        }
        if change.is_of_identity() {
            move_sequence(self.connection()?, model)?;
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

fn update_statement(
    connection: &dyn Connection,
    model: &'static ModelInfo,
    change: &Change,
) -> Statement {
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
    builder.finish()
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
