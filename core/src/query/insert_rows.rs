//! Rows into INSERT statements: few for many rows, and the ids that the database assigned.

use std::collections::HashMap;

use super::render::write_returning;
use super::select::{Item, Select};
use super::stored::{Arrivals, fetch_by, items_of, read_fields, values_of};
use crate::backend::{
    BulkInsert, Capabilities, Connection, Dialect, InsertedIds, Row, Statement, StatementBuilder,
};
use crate::model::{FieldInfo, Kind, ModelInfo};
use crate::session::{Identity, in_circle, parents_first};
use crate::value::Value;
use crate::{Error, Result};

/// The ids of inserted rows, one a row, for models whose key the database assigns.
pub(crate) struct Inserted {
    pub(crate) ids: Vec<Option<i64>>,
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
    refuse_circle(model, &rows)?;
    let ids = in_parents_order(model, &mut rows, |rows| {
        insert_in_order(connection, model, rows)
    })?;
    Ok(Inserted { ids })
}

/// Where each row is checked by itself, none of those in a circle can be the first.
fn refuse_circle(model: &'static ModelInfo, rows: &[Vec<Value>]) -> Result<()> {
    if in_circle(model, rows) {
        return Err(Error::invalid_query(format!(
            "{}: new rows reference each other in a circle; insert one of them without the reference, and update it then",
            model.name
        )));
    }
    Ok(())
}

/// Does something with rows behind those that they reference, and gives what comes of each in the order of the rows.
pub(super) fn in_parents_order<T: Clone>(
    model: &'static ModelInfo,
    rows: &mut Vec<Vec<Value>>,
    work: impl FnOnce(Vec<Vec<Value>>) -> Result<Vec<Option<T>>>,
) -> Result<Vec<Option<T>>> {
    let Some(order) = parents_first(model, rows) else {
        return work(std::mem::take(rows));
    };
    let sorted = order
        .iter()
        .map(|number| std::mem::take(&mut rows[*number]));
    let results = work(sorted.collect())?;
    let mut placed = vec![None; order.len()];
    for (number, result) in order.into_iter().zip(results) {
        placed[number] = result;
    }
    Ok(placed)
}

/// Inserts rows that stand in order, and takes their values.
pub(super) fn insert_in_order(
    connection: &mut dyn Connection,
    model: &'static ModelInfo,
    mut rows: Vec<Vec<Value>>,
) -> Result<Vec<Option<i64>>> {
    let mut ids = Vec::with_capacity(rows.len());
    let mut rest = rows.as_mut_slice();
    while let Some(first) = rest.first() {
        // Rows with an id of their own and rows without have different columns: each run of one kind goes together.
        let explicit = identity_value(model, Some(first)).is_some();
        let length = run_length(model, rest, explicit);
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
    Ok(ids)
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

/// How rows of one kind are split into statements.
pub(super) struct Chunks {
    /// The rows of a full statement.
    rows: usize,
    /// The rows of a smaller statement whose text comes again too.
    part: usize,
    /// The bytes of a statement's texts and documents, about; nothing when its rows can't have so many.
    bytes: Option<usize>,
}

impl Chunks {
    pub(super) fn new(capabilities: &Capabilities, model: &ModelInfo, assigned: bool) -> Self {
        let fields = model.fields.len() - if assigned { model.key.len() } else { 0 };
        let (rows, part) = match capabilities.bulk_insert {
            BulkInsert::Arrays { chunk } if fields > 0 => (chunk, chunk),
            BulkInsert::Arrays { .. } => (capabilities.max_binds, capabilities.max_binds),
            // The binds of one row are left for an upsert's assignments and for what is returned.
            BulkInsert::Rows { chunk, part } => {
                let most = (capabilities.max_binds / fields.max(1)).saturating_sub(1);
                (chunk.min(most), part.min(most))
            }
        };
        let rows = rows.max(1);
        let part = part.max(1);
        let limit = capabilities.statement_bytes;
        let fits = most_bytes(model).is_some_and(|row| row.saturating_mul(rows) <= limit);
        Self {
            rows,
            part,
            bytes: (!fits).then_some(limit),
        }
    }

    /// How many of the rows, from the first on, go into one statement.
    pub(super) fn next(&self, rows: &[Vec<Value>]) -> usize {
        let most = self.recurring(rows.len());
        let Some(limit) = self.bytes else {
            return most;
        };
        let mut bytes = 0_usize;
        for (number, row) in rows.iter().take(most).enumerate() {
            for value in row {
                bytes = bytes.saturating_add(match value {
                    Value::Text(text) | Value::Json(text) => text.len(),
                    Value::Binary(data) => data.len(),
                    _ => 0,
                });
            }
            // A row alone is sent however large it is: the engine decides.
            if bytes > limit && number > 0 {
                return number;
            }
        }
        most
    }

    /// Whether all rows go into one statement.
    pub(super) fn take_all(&self, rows: &[Vec<Value>]) -> bool {
        rows.len() <= self.rows && self.next(rows) == rows.len()
    }

    /// The numbers of rows whose texts come again, from the largest on; beside them there are the small ones.
    fn sizes(&self) -> [usize; 3] {
        let pair = self.part.saturating_mul(2).min(self.rows);
        [self.rows, pair, self.part.min(self.rows)]
    }

    /// How many of so many rows go into one statement.
    fn recurring(&self, rows: usize) -> usize {
        let size = self.sizes().into_iter().find(|size| *size <= rows);
        size.unwrap_or(rows)
    }

    /// Whether the text of a statement for so many rows comes again.
    fn recurs(&self, rows: usize) -> bool {
        rows <= KEPT || self.sizes().contains(&rows)
    }
}

/// The most bytes that texts and documents of one row can have; `None` when there is no limit.
fn most_bytes(model: &ModelInfo) -> Option<usize> {
    /// Of one character, in UTF-8.
    const CHARACTER: usize = 4;
    let mut bytes = 0_usize;
    for field in model.fields {
        bytes += match (field.kind, field.length) {
            (Kind::String, Some(length)) => (length as usize).saturating_mul(CHARACTER),
            (Kind::String | Kind::Binary | Kind::Json, _) => return None,
            (Kind::Enum(texts), _) => texts.iter().map(|text| text.len()).max().unwrap_or(0),
            _ => 0,
        };
    }
    Some(bytes)
}

/// The fields that a statement inserts.
pub(super) type Columns = Vec<(usize, &'static FieldInfo)>;

/// The fields that rows of one kind, such as `row`, give values to: `assigned` says that the database assigns the ids.
pub(super) fn columns(
    model: &'static ModelInfo,
    row: Option<&Vec<Value>>,
    assigned: bool,
) -> Columns {
    let row = row.map_or(&[][..], Vec::as_slice);
    model
        .fields
        .iter()
        .enumerate()
        .filter(|(position, _)| !(assigned && model.key.contains(position)))
        .filter(|(position, field)| field.computed.is_none() && !leaves_out(field, *position, row))
        .collect()
}

/// Writes `INSERT INTO … ` with the values of rows, in the engine's form, and takes the values. `returning` says that
/// the ids come back.
pub(super) fn write_rows(
    builder: &mut StatementBuilder<'_>,
    model: &'static ModelInfo,
    fields: &Columns,
    rows: &mut [Vec<Value>],
    chunks: &Chunks,
    returning: bool,
) -> Result<()> {
    let bulk_insert = builder.dialect().capabilities().bulk_insert;
    let arrays = matches!(bulk_insert, BulkInsert::Arrays { .. });
    if arrays && rows.len() > 1 && !fields.is_empty() {
        return write_arrays(builder, model, fields, rows, returning);
    }
    write_values(builder, model, fields, rows, returning);
    if !chunks.recurs(rows.len()) {
        builder.vary();
    }
    Ok(())
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
    let fields = columns(model, rows.first(), assigned);
    let capabilities = connection.dialect().capabilities();
    let chunks = Chunks::new(capabilities, model, assigned);
    let returning = assigned && capabilities.inserted_ids == InsertedIds::Returning;
    let mut rest = rows;
    while !rest.is_empty() {
        let rows;
        (rows, rest) = rest.split_at_mut(chunks.next(rest));
        let statement = {
            let mut builder = StatementBuilder::new(connection.dialect());
            write_rows(&mut builder, model, &fields, rows, &chunks, returning)?;
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
    fields: &Columns,
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
    fields: &Columns,
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

/// Inserts rows, and gives for each the values that these fields have in the database by then.
pub(crate) fn insert_and_tell(
    connection: &mut dyn Connection,
    model: &'static ModelInfo,
    mut rows: Vec<Vec<Value>>,
    fields: &[&'static FieldInfo],
) -> Result<Vec<Vec<Value>>> {
    refuse_circle(model, &rows)?;
    let items: Vec<Item> = items_of(fields).collect();
    let mut told: Vec<Vec<Value>> = Vec::with_capacity(rows.len());
    let mut each = |row: &dyn Row| {
        told.push(read_fields(row, 0, fields)?);
        Ok(())
    };
    let mut arrivals = Arrivals::new(&items, &mut each);
    let places = in_parents_order(model, &mut rows, |rows| {
        insert_and_read(connection, model, rows, &mut arrivals)
    })?;
    let take = |place: Option<usize>| {
        let values = place
            .and_then(|place| told.get_mut(place))
            .map(std::mem::take);
        values.ok_or_else(|| Error::decode(format!("{}: INSERT gave nothing back", model.name)))
    };
    places.into_iter().map(take).collect()
}

/// The values of these fields in the rows with these keys, by the keys.
pub(crate) fn tell(
    connection: &mut dyn Connection,
    model: &'static ModelInfo,
    keys: &[Vec<Value>],
    fields: &[&'static FieldInfo],
) -> Result<HashMap<Identity, Vec<Value>>> {
    let items: Vec<Item> = items_of(fields).collect();
    let mut told: Vec<Vec<Value>> = Vec::with_capacity(keys.len());
    let mut each = |row: &dyn Row| {
        told.push(read_fields(row, 0, fields)?);
        Ok(())
    };
    let key: Vec<&'static FieldInfo> = model.key_fields().collect();
    let mut arrivals = Arrivals::new(&items, &mut each);
    let places = fetch_by(connection, model, &key, keys, &mut arrivals)?;
    let values =
        |(key, place): (Identity, usize)| Some((key, told.get_mut(place).map(std::mem::take)?));
    Ok(places.into_iter().filter_map(values).collect())
}

/// Inserts rows that stand in order, and reads each back; gives the numbers of their arrivals.
pub(super) fn insert_and_read(
    connection: &mut dyn Connection,
    model: &'static ModelInfo,
    mut rows: Vec<Vec<Value>>,
    arrivals: &mut Arrivals<'_>,
) -> Result<Vec<Option<usize>>> {
    let key: Vec<&'static FieldInfo> = model.key_fields().collect();
    if !connection.dialect().capabilities().returning {
        let mut keys: Vec<Vec<Value>> = rows.iter().map(|row| values_of(row, &key)).collect();
        let ids = insert_in_order(connection, model, rows)?;
        for (key, id) in keys.iter_mut().zip(ids) {
            if let (Some(slot), Some(id)) = (key.first_mut(), id) {
                *slot = Value::Integer(id);
            }
        }
        let places = fetch_by(connection, model, &key, &keys, arrivals)?;
        let place = |key: &Vec<Value>| places.get(&Identity::new(key)).copied();
        return Ok(keys.iter().map(place).collect());
    }
    let mut places = Vec::with_capacity(rows.len());
    let mut rest = rows.as_mut_slice();
    while let Some(first) = rest.first() {
        let explicit = identity_value(model, Some(first)).is_some();
        let length = run_length(model, rest, explicit);
        let run;
        (run, rest) = rest.split_at_mut(length);
        places.extend(insert_returning(connection, model, run, &key, arrivals)?);
        if explicit {
            move_sequence(connection, model)?;
        }
    }
    Ok(places)
}

/// How many of the rows, from the first on, give values to the same columns: they have an id of their own, or have not,
/// and leave the same ones to the database.
pub(super) fn run_length(model: &ModelInfo, rows: &[Vec<Value>], explicit: bool) -> usize {
    let Some(first) = rows.first() else {
        return 0;
    };
    rows.iter()
        .take_while(|row| {
            identity_value(model, Some(row)).is_some() == explicit
                && same_columns(model, first, row)
        })
        .count()
}

/// Whether a row says nothing about a column that the database has a default for.
fn leaves_out(field: &FieldInfo, position: usize, row: &[Value]) -> bool {
    field.leaves_default() && row.get(position).is_none_or(Value::is_null)
}

/// Whether two rows leave the same columns to the database's defaults.
pub(super) fn same_columns(model: &ModelInfo, left: &[Value], right: &[Value]) -> bool {
    (model.fields.iter().enumerate()).all(|(position, field)| {
        leaves_out(field, position, left) == leaves_out(field, position, right)
    })
}

/// Whether all rows leave the same columns to the database's defaults.
pub(super) fn one_shape(model: &ModelInfo, rows: &[Vec<Value>]) -> bool {
    let Some(first) = rows.first() else {
        return true;
    };
    rows.iter().all(|row| same_columns(model, first, row))
}

/// Inserts rows of one kind with what RETURNING gives of each.
fn insert_returning(
    connection: &mut dyn Connection,
    model: &'static ModelInfo,
    rows: &mut [Vec<Value>],
    key: &[&'static FieldInfo],
    arrivals: &mut Arrivals<'_>,
) -> Result<Vec<Option<usize>>> {
    let assigned = model.identity && identity_value(model, rows.first()).is_none();
    let chunks = Chunks::new(connection.dialect().capabilities(), model, assigned);
    let items: Vec<_> = arrivals
        .items
        .iter()
        .cloned()
        .chain(items_of(key))
        .collect();
    let mut places = Vec::with_capacity(rows.len());
    let mut rest = rows;
    while !rest.is_empty() {
        let rows;
        (rows, rest) = rest.split_at_mut(chunks.next(rest));
        let keys: Vec<Identity> = rows
            .iter()
            .map(|row| Identity::new(&values_of(row, key)))
            .collect();
        let statement =
            returning_statement(connection.dialect(), model, rows, &chunks, assigned, &items)?;
        let behind = arrivals.items.len();
        let mut arrived: Vec<(Vec<Value>, usize)> = Vec::with_capacity(rows.len());
        connection.query(&statement, &mut |row| {
            let known = read_fields(row, behind, key)?;
            arrived.push((known, arrivals.take(row)?));
            Ok(())
        })?;
        if assigned {
            // Ids rise in the order of the rows; the order in which RETURNING gives them is not promised.
            arrived.sort_by(|(left, _), (right, _)| super::stored::compare(key, left, right));
            places.extend(arrived.into_iter().map(|(_, place)| Some(place)));
        } else {
            let known: HashMap<Identity, usize> = arrived
                .into_iter()
                .map(|(key, place)| (Identity::new(&key), place))
                .collect();
            places.extend(keys.iter().map(|key| known.get(key).copied()));
        }
    }
    Ok(places)
}

/// An INSERT of rows of one kind, whose values it takes, with RETURNING.
fn returning_statement(
    dialect: &dyn Dialect,
    model: &'static ModelInfo,
    rows: &mut [Vec<Value>],
    chunks: &Chunks,
    assigned: bool,
    items: &[Item],
) -> Result<Statement> {
    let mut builder = StatementBuilder::new(dialect);
    let fields = columns(model, rows.first(), assigned);
    write_rows(&mut builder, model, &fields, rows, chunks, false)?;
    write_returning(&mut builder, &Select::of(model).source, items)?;
    Ok(builder.finish())
}

/// The first statement that inserts the rows and reads them where the engine has RETURNING, for a look at it.
pub(super) fn shown_returning(
    dialect: &dyn Dialect,
    model: &'static ModelInfo,
    rows: &mut [Vec<Value>],
    items: &[Item],
) -> Result<String> {
    let explicit = identity_value(model, rows.first()).is_some();
    let assigned = model.identity && !explicit;
    let chunks = Chunks::new(dialect.capabilities(), model, assigned);
    let length = chunks.next(&rows[..run_length(model, rows, explicit)]);
    let key: Vec<&'static FieldInfo> = model.key_fields().collect();
    let items: Vec<Item> = items.iter().cloned().chain(items_of(&key)).collect();
    let rows = &mut rows[..length];
    Ok(returning_statement(dialect, model, rows, &chunks, assigned, &items)?.shown())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The rows of each statement for so many rows.
    fn split(rows: usize, part: usize, mut all: usize) -> Vec<usize> {
        let chunks = Chunks {
            rows,
            part,
            bytes: None,
        };
        let mut sizes = Vec::new();
        while all > 0 {
            sizes.push(chunks.recurring(all));
            all -= chunks.recurring(all);
        }
        sizes
    }

    #[test]
    fn what_remains_behind_full_statements_goes_in_parts() {
        assert_eq!(split(500, 100, 1_000), [500, 500]);
        assert_eq!(split(500, 100, 999), [500, 200, 200, 99]);
        assert_eq!(split(500, 100, 124), [100, 24]);
        assert_eq!(split(500, 200, 999), [500, 400, 99]);
        assert_eq!(split(500, 200, 199), [199]);
        assert_eq!(split(50, 50, 99), [50, 49]);
        assert_eq!(split(10_000, 10_000, 9_999), [9_999]);
        assert_eq!(split(2, 1, 3), [2, 1]);
    }

    #[test]
    fn the_texts_of_parts_are_kept() {
        let chunks = Chunks {
            rows: 500,
            part: 100,
            bytes: None,
        };
        for rows in [1, 16, 100, 200, 500] {
            assert!(chunks.recurs(rows), "{rows}");
        }
        for rows in [17, 99, 300, 499] {
            assert!(!chunks.recurs(rows), "{rows}");
        }
    }
}
