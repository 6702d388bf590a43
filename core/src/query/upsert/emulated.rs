//! Upserts of engines that don't know which constraint is meant: tried where they have a statement for it, and looked
//! up row by row when that fails.

use super::{Conflict, native};
use crate::backend::{Connection, UpsertForm};
use crate::model::{FieldInfo, ModelInfo};
use crate::query::change::Assignments;
use crate::query::insert_rows::{Chunks, identity_value, insert_and_read, insert_in_order};
use crate::query::render::update_of_row;
use crate::query::select::{Lock, Projection, Select};
use crate::query::stored::{
    Arrivals, fetch_by, in_chunks, items_of, one_of, read_fields, values_of,
};
use crate::session::Identity;
use crate::value::Value;
use crate::{DatabaseErrorKind, Error, Result};

/// So often another transaction may insert or delete the very row in between.
const TRIES: usize = 20;

/// Updates or inserts rows of one kind, none of which has NULL in the target.
pub(super) fn upsert(
    connection: &mut dyn Connection,
    model: &'static ModelInfo,
    rows: &[Vec<Value>],
    conflict: &Conflict,
    assignments: &Assignments,
    arrivals: &mut Arrivals<'_>,
) -> Result<Vec<Option<usize>>> {
    let assigned = model.identity && identity_value(model, rows.first()).is_none();
    let chunks = Chunks::new(connection.dialect().capabilities(), model, assigned);
    let mut rest = rows;
    while !rest.is_empty() {
        let rows;
        (rows, rest) = rest.split_at(chunks.next(rest));
        if !attempt(connection, model, rows, conflict, &chunks, assigned)? {
            for row in rows {
                upsert_one(
                    connection,
                    model,
                    row,
                    conflict,
                    assignments,
                    &chunks,
                    assigned,
                )?;
            }
        }
    }
    let target = &conflict.target.fields;
    let keys: Vec<Vec<Value>> = rows.iter().map(|row| values_of(row, target)).collect();
    let places = fetch_by(connection, model, target, &keys, arrivals)?;
    let place = |key: &Vec<Value>| places.get(&Identity::new(key)).copied();
    Ok(keys.iter().map(place).collect())
}

/// Runs the engine's own statement, or inserts a row, and tells whether it did all there was to do. Where it meets a row by another
/// constraint than the target, or a parent is missing that an update would not need, it is not for it to decide.
fn attempt(
    connection: &mut dyn Connection,
    model: &'static ModelInfo,
    rows: &[Vec<Value>],
    conflict: &Conflict,
    chunks: &Chunks,
    assigned: bool,
) -> Result<bool> {
    use DatabaseErrorKind::{ForeignKeyViolation, Other, UniqueViolation};

    let dialect = connection.dialect();
    let capabilities = dialect.capabilities();
    let looks_up = capabilities.upsert == UpsertForm::LookUp;
    // A failure would cost the whole transaction, or rows that could be written.
    if looks_up && (capabilities.aborts_transaction_on_error || rows.len() > 1) {
        return Ok(false);
    }
    let mut rows = rows.to_vec();
    let result = if looks_up {
        insert_in_order(connection, model, rows).map(drop)
    } else {
        let statement =
            native::statement(dialect, model, &mut rows, conflict, chunks, assigned, &[])?;
        connection.execute(&statement).map(drop)
    };
    match result {
        Ok(()) => Ok(true),
        Err(error) => match error.database_kind() {
            Some(Other | ForeignKeyViolation) => Ok(false),
            Some(UniqueViolation) if looks_up => Ok(false),
            _ => Err(error),
        },
    }
}

fn upsert_one(
    connection: &mut dyn Connection,
    model: &'static ModelInfo,
    row: &Vec<Value>,
    conflict: &Conflict,
    assignments: &Assignments,
    chunks: &Chunks,
    assigned: bool,
) -> Result<()> {
    let alone = std::slice::from_ref(row);
    let mut refused = None;
    for _ in 0..TRIES {
        if attempt(connection, model, alone, conflict, chunks, assigned)? {
            return Ok(());
        }
        if !existing(connection, model, alone, conflict, true)?.is_empty() {
            let dialect = connection.dialect();
            let statement = update_of_row(dialect, model, conflict, assignments, row)?;
            connection.execute(&statement)?;
            return Ok(());
        }
        match insert_in_order(connection, model, vec![row.clone()]) {
            Ok(_) => return Ok(()),
            Err(error) if is_about(&error, conflict) => refused = Some(error),
            Err(error) => return Err(error),
        }
    }
    Err(refused.unwrap_or_else(|| Error::invalid_query("an upsert that was not tried")))
}

/// Whether the row was not there when it was looked for, and is now.
fn is_about(error: &Error, conflict: &Conflict) -> bool {
    error.is_unique_violation() && error.constraint() == Some(&conflict.target.constraint)
}

/// Inserts rows of one kind that are not there yet; none has NULL in the target.
pub(super) fn insert(
    connection: &mut dyn Connection,
    model: &'static ModelInfo,
    rows: &[Vec<Value>],
    conflict: &Conflict,
    arrivals: &mut Arrivals<'_>,
) -> Result<Vec<Option<usize>>> {
    let assigned = model.identity && identity_value(model, rows.first()).is_none();
    let chunks = Chunks::new(connection.dialect().capabilities(), model, assigned);
    let mut places = Vec::with_capacity(rows.len());
    let mut rest = rows;
    while !rest.is_empty() {
        let rows;
        (rows, rest) = rest.split_at(chunks.next(rest));
        places.extend(insert_missing(connection, model, rows, conflict, arrivals)?);
    }
    Ok(places)
}

/// Inserts those rows of one statement that are not there yet.
fn insert_missing(
    connection: &mut dyn Connection,
    model: &'static ModelInfo,
    rows: &[Vec<Value>],
    conflict: &Conflict,
    arrivals: &mut Arrivals<'_>,
) -> Result<Vec<Option<usize>>> {
    // With checks, the rows that are there are held fast, so that what was to be inserted can be checked too.
    let checks = !model.checks.is_empty();
    let mut there = existing(connection, model, rows, conflict, checks)?;
    let mut refused = None;
    for _ in 0..TRIES {
        let is_there = |row: &&Vec<Value>| {
            (conflict.target.identity(row)).is_some_and(|identity| there.contains(&identity))
        };
        if checks {
            check(connection, model, rows.iter().filter(is_there), conflict)?;
        }
        let missing = rows.iter().filter(|row| !is_there(row));
        let missing: Vec<Vec<Value>> = missing.cloned().collect();
        if missing.is_empty() {
            return Ok(vec![None; rows.len()]);
        }
        match insert_and_read(connection, model, missing, arrivals) {
            Ok(places) => {
                let mut places = places.into_iter();
                let place = |row| if is_there(&row) { None } else { places.next()? };
                return Ok(rows.iter().map(place).collect());
            }
            Err(error) if error.is_unique_violation() => {
                // Another transaction has inserted one in between, or it is about another constraint.
                let now = existing(connection, model, rows, conflict, checks)?;
                if now == there && !is_about(&error, conflict) {
                    return Err(error);
                }
                there = now;
                refused = Some(error);
            }
            Err(error) => return Err(error),
        }
    }
    Err(refused.unwrap_or_else(|| Error::invalid_query("an insert that was not tried")))
}

/// Lets the engine check rows that are there already, as an engine that finds the conflict itself does.
fn check<'a>(
    connection: &mut dyn Connection,
    model: &'static ModelInfo,
    rows: impl Iterator<Item = &'a Vec<Value>>,
    conflict: &Conflict,
) -> Result<()> {
    for row in rows {
        let assigned = model.identity && identity_value(model, Some(row)).is_none();
        let chunks = Chunks::new(connection.dialect().capabilities(), model, assigned);
        let alone = std::slice::from_ref(row);
        attempt(connection, model, alone, conflict, &chunks, assigned)?;
    }
    Ok(())
}

/// Which of the rows are there already, as the target compares them.
fn existing(
    connection: &mut dyn Connection,
    model: &'static ModelInfo,
    rows: &[Vec<Value>],
    conflict: &Conflict,
    locked: bool,
) -> Result<std::collections::HashSet<Identity>> {
    let target: &[&'static FieldInfo] = &conflict.target.fields;
    let keys: Vec<Vec<Value>> = rows.iter().map(|row| values_of(row, target)).collect();
    let mut there = std::collections::HashSet::new();
    for keys in in_chunks(&keys, connection) {
        let mut select = Select::of(model);
        select.projection = Projection::Items(items_of(target).collect());
        select.filter.push(one_of(target, keys));
        select.lock = locked.then_some(Lock::Update);
        let statement = select.to_statement(connection.dialect())?;
        connection.query(&statement, &mut |row| {
            there.insert(Identity::new(&read_fields(row, 0, target)?));
            Ok(())
        })?;
    }
    Ok(there)
}
