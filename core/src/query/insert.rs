//! INSERT, of one row or many, with the ids that the database assigned.

use std::fmt;
use std::marker::PhantomData;

use super::{Access, Executor};
use crate::backend::{
    BulkInsert, Capabilities, Connection, InsertedIds, Statement, StatementBuilder,
};
use crate::model::{Draft, FieldInfo, Input, Model, ModelInfo, NewRow, PrimaryKey, ValuesRow};
use crate::session::parents_first;
use crate::value::Value;
use crate::{Error, Result};

/// An INSERT of one row.
#[must_use = "an insert does nothing until `execute` runs it"]
pub struct Insert<M> {
    many: InsertMany<M>,
}

/// An INSERT of many rows in few statements.
#[must_use = "an insert does nothing until `execute` runs it"]
pub struct InsertMany<M> {
    drafts: Vec<Draft>,
    marker: PhantomData<fn() -> M>,
}

impl<M> fmt::Debug for Insert<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Insert").finish_non_exhaustive()
    }
}

impl<M> fmt::Debug for InsertMany<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InsertMany")
            .field("rows", &self.drafts.len())
            .finish_non_exhaustive()
    }
}

impl<M: Model> Insert<M> {
    pub(crate) fn new<R: NewRow<Model = M>>(row: [R; 1]) -> Self {
        Self {
            many: InsertMany::new(row),
        }
    }

    /// Inserts the row and gives its key.
    ///
    /// # Errors
    ///
    /// `is_invalid_value()` before anything is sent, and whatever the database refuses.
    pub fn execute(self, executor: impl Executor) -> Result<M::Key> {
        self.many
            .execute(executor)?
            .pop()
            .ok_or_else(|| Error::decode("INSERT gave no key"))
    }
}

impl<M: Model> InsertMany<M> {
    pub(crate) fn new<R: NewRow<Model = M>>(rows: impl IntoIterator<Item = R>) -> Self {
        Self {
            drafts: rows.into_iter().map(NewRow::into_draft).collect(),
            marker: PhantomData,
        }
    }

    /// Inserts all rows or none, and gives their keys in order.
    ///
    /// # Errors
    ///
    /// `is_invalid_value()` before anything is sent, and whatever the database refuses.
    pub fn execute(self, mut executor: impl Executor) -> Result<Vec<M::Key>> {
        let model = M::info();
        let now = chrono::Utc::now();
        let mut rows = Vec::with_capacity(self.drafts.len());
        for draft in self.drafts {
            let draft = draft.with_defaults();
            let mut row = Vec::with_capacity(draft.inputs.len());
            for (field, input) in model.fields.iter().zip(draft.inputs) {
                row.push(match input {
                    // Values are checked when they are given; NULL also stands for what was not.
                    Input::Value(Value::Null) => field.check(Value::Null)?,
                    Input::Value(value) => value,
                    Input::Clock => field.clock_value(now)?,
                    Input::Missing => Value::Null,
                    Input::Invalid(error) => return Err(error),
                    Input::Pending(_) => {
                        return Err(Error::session(format!(
                            "{}: a session's key stands in it; add the row to that session",
                            field.subject()
                        )));
                    }
                });
            }
            rows.push(row);
        }
        let mut keys = Vec::with_capacity(rows.len());
        if !model.identity {
            for row in &rows {
                keys.push(M::decode(&ValuesRow(row), 0)?.key());
            }
        }
        let Inserted { ids } = insert_atomically(&mut executor, model, rows)?;
        if model.identity {
            for id in ids {
                let key = id.and_then(M::Key::from_identity);
                keys.push(key.ok_or_else(|| Error::decode("INSERT gave no id"))?);
            }
        }
        Ok(keys)
    }
}

/// The ids of inserted rows, one a row, for models whose key the database assigns.
pub(crate) struct Inserted {
    pub(crate) ids: Vec<Option<i64>>,
}

fn insert_atomically(
    executor: &mut dyn Executor,
    model: &'static ModelInfo,
    rows: Vec<Vec<Value>>,
) -> Result<Inserted> {
    let mut inserted = Inserted { ids: Vec::new() };
    if rows.is_empty() {
        return Ok(inserted);
    }
    let assigned = model.identity
        && rows
            .iter()
            .all(|row| identity_value(model, Some(row)).is_none());
    let mut waiting = Some(rows);
    // One statement needs no transaction around it; how many there are depends on the engine.
    if assigned || !model.identity {
        executor.with_connection(Access::Write, &mut |connection| {
            let chunk = chunk(connection.dialect().capabilities(), model, assigned);
            if let Some(rows) = waiting.take_if(|rows| rows.len() <= chunk) {
                inserted = insert_rows(connection, model, rows)?;
            }
            Ok(())
        })?;
    }
    if waiting.is_some() {
        executor.with_connection(Access::Together, &mut |connection| {
            if let Some(rows) = waiting.take() {
                inserted = insert_rows(connection, model, rows)?;
            }
            Ok(())
        })?;
    }
    Ok(inserted)
}

/// The id that the program chose itself for a row whose key the database could assign.
pub(crate) fn identity_value(model: &ModelInfo, row: Option<&Vec<Value>>) -> Option<i64> {
    if !model.identity {
        return None;
    }
    match row?.get(*model.key.first()?)? {
        Value::Integer(id) => Some(*id),
        _ => None,
    }
}

/// Inserts rows, each with a value a field; NULL for an id that the database assigns. Rows go behind those that they
/// reference.
pub(crate) fn insert_rows(
    connection: &mut dyn Connection,
    model: &'static ModelInfo,
    mut rows: Vec<Vec<Value>>,
) -> Result<Inserted> {
    let Some(order) = parents_first(model, &rows) else {
        return insert_in_order(connection, model, rows);
    };
    let sorted = order
        .iter()
        .map(|number| std::mem::take(&mut rows[*number]));
    let inserted = insert_in_order(connection, model, sorted.collect())?;
    let mut ids = vec![None; rows.len()];
    for (number, id) in order.into_iter().zip(inserted.ids) {
        ids[number] = id;
    }
    Ok(Inserted { ids })
}

fn insert_in_order(
    connection: &mut dyn Connection,
    model: &'static ModelInfo,
    mut rows: Vec<Vec<Value>>,
) -> Result<Inserted> {
    let mut ids = Vec::with_capacity(rows.len());
    let mut rest = rows.as_mut_slice();
    while let Some(first) = rest.first() {
        // Rows with an id of their own and rows without have different columns: each run of one kind goes together.
        let explicit = identity_value(model, Some(first)).is_some();
        let length = rest
            .iter()
            .take_while(|row| identity_value(model, Some(row)).is_some() == explicit)
            .count();
        let run;
        (run, rest) = rest.split_at_mut(length);
        if model.identity && !explicit {
            insert_run(connection, model, run, true, &mut ids)?;
        } else {
            let own = run.iter().map(|row| identity_value(model, Some(row)));
            ids.extend(own);
            insert_run(connection, model, run, false, &mut ids)?;
            if explicit {
                move_sequence(connection, model)?;
            }
        }
    }
    Ok(Inserted { ids })
}

/// Moves the sequence past an id that the program has chosen, where the engine does not.
pub(crate) fn move_sequence(
    connection: &mut dyn Connection,
    model: &'static ModelInfo,
) -> Result<()> {
    if !(connection.dialect().capabilities()).explicit_id_leaves_sequence {
        return Ok(());
    }
    let column = model.key_fields().next().map_or("", |field| field.column);
    if let Some(sql) = connection
        .dialect()
        .move_sequence(model.table_name(), column)
    {
        connection.query(&Statement::once(sql), &mut |_| Ok(()))?;
    }
    Ok(())
}

/// Up to so many rows the statement of each number is kept: small batches come again and again, and there are few.
const KEPT: usize = 16;

/// How many rows go into one statement.
fn chunk(capabilities: &Capabilities, model: &ModelInfo, assigned: bool) -> usize {
    let fields = model.fields.len() - if assigned { model.key.len() } else { 0 };
    match capabilities.bulk_insert {
        BulkInsert::Arrays { chunk } if fields > 0 => chunk,
        BulkInsert::Arrays { .. } => capabilities.max_binds,
        BulkInsert::Rows { chunk } => chunk.min(capabilities.max_binds / fields.max(1)),
    }
    .max(1)
}

/// Takes a value out of a row.
fn take(row: &mut [Value], position: usize) -> Value {
    row.get_mut(position)
        .map_or(Value::Null, |value| std::mem::replace(value, Value::Null))
}

/// Inserts rows of one kind, and takes their values. `assigned` says that the database assigns the ids, which are
/// appended to `ids`.
fn insert_run(
    connection: &mut dyn Connection,
    model: &'static ModelInfo,
    rows: &mut [Vec<Value>],
    assigned: bool,
    ids: &mut Vec<Option<i64>>,
) -> Result<()> {
    let fields: Vec<(usize, &'static FieldInfo)> = model
        .fields
        .iter()
        .enumerate()
        .filter(|(position, _)| !(assigned && model.key.contains(position)))
        .collect();
    let capabilities = connection.dialect().capabilities();
    let chunk = chunk(capabilities, model, assigned);
    let returning = assigned && capabilities.inserted_ids == InsertedIds::Returning;
    for rows in rows.chunks_mut(chunk) {
        let statement = {
            let mut builder = StatementBuilder::new(connection.dialect());
            let arrays = matches!(capabilities.bulk_insert, BulkInsert::Arrays { .. });
            if arrays && rows.len() > 1 && !fields.is_empty() {
                write_arrays(&mut builder, model, &fields, rows, returning)?;
            } else {
                write_values(&mut builder, model, &fields, rows, returning);
                if rows.len() > KEPT && rows.len() != chunk {
                    builder.vary();
                }
            }
            builder.finish()
        };
        if returning {
            let before = ids.len();
            connection.query(&statement, &mut |row| {
                ids.push(row.integer(0)?);
                Ok(())
            })?;
            // Ids rise in the order of the rows; the order in which RETURNING gives them is not promised.
            ids[before..].sort_unstable();
        } else {
            connection.execute(&statement)?;
            if assigned {
                let id = connection.last_insert_id()?;
                let step = connection.insert_id_step();
                let count =
                    i64::try_from(rows.len()).map_err(|_| Error::invalid_query("too many rows"))?;
                let first = match capabilities.inserted_ids {
                    InsertedIds::LastOfBlock => id - (count - 1) * step,
                    _ => id,
                };
                ids.extend((0..count).map(|position| Some(first + position * step)));
            }
        }
    }
    Ok(())
}

fn identity_column(model: &ModelInfo) -> &'static str {
    model.key_fields().next().map_or("", |field| field.column)
}

fn write_arrays(
    builder: &mut StatementBuilder<'_>,
    model: &'static ModelInfo,
    fields: &[(usize, &'static FieldInfo)],
    rows: &mut [Vec<Value>],
    returning: bool,
) -> Result<()> {
    let columns = fields
        .iter()
        .map(|(position, field)| {
            let values = rows.iter_mut().map(|row| take(row, *position)).collect();
            (field.column, field.bind_type(), values)
        })
        .collect();
    let returning = returning.then(|| identity_column(model));
    builder
        .dialect()
        .insert_arrays(builder, model.table_name(), columns, returning)
}

fn write_values(
    builder: &mut StatementBuilder<'_>,
    model: &'static ModelInfo,
    fields: &[(usize, &'static FieldInfo)],
    rows: &mut [Vec<Value>],
    returning: bool,
) {
    // A placeholder with what stands around it: `, $123`.
    let binds = rows.len() * fields.len();
    builder.reserve(rows.len() * 4 + binds * 6, binds);
    builder
        .push("INSERT INTO ")
        .identifier(model.table_name())
        .push(" (");
    if fields.is_empty() {
        // A table of nothing but its id: name the id, and let the engine assign it.
        builder.identifier(identity_column(model));
    }
    for (position, (_, field)) in fields.iter().enumerate() {
        if position > 0 {
            builder.push(", ");
        }
        builder.identifier(field.column);
    }
    builder.push(") VALUES ");
    for (number, row) in rows.iter_mut().enumerate() {
        builder.push(if number > 0 { ", (" } else { "(" });
        if fields.is_empty() {
            builder.push(if builder.dialect().capabilities().default_keyword {
                "DEFAULT"
            } else {
                "NULL"
            });
        }
        for (position, (field_position, field)) in fields.iter().enumerate() {
            if position > 0 {
                builder.push(", ");
            }
            builder.bind(take(row, *field_position), field.bind_type());
        }
        builder.push(")");
    }
    if returning {
        builder
            .push(" RETURNING ")
            .identifier(identity_column(model));
    }
}
