//! What the conformance suite reaches through no other door: the statements of a flush, one by one.

use super::update_rows::{RowUpdate, RowUpdates};
use super::{Access, Executor, Request};
use crate::Result;
use crate::model::{FieldInfo, ModelInfo};
use crate::value::Value;

/// A row's values in the columns that are matched, and in those that are set.
pub type Row = (Vec<Value>, Vec<Value>);

/// Gives rows new values in the same columns.
///
/// # Errors
///
/// Whatever the database refuses.
pub fn update_rows(
    mut executor: impl Executor,
    model: &'static ModelInfo,
    matched: &[&'static FieldInfo],
    set: &[&'static FieldInfo],
    rows: &[Row],
) -> Result<u64> {
    let mut found = 0;
    executor.with_connection(
        Request::new(Access::Together).of(model),
        &mut |connection| {
            let rows = rows.iter().cloned();
            let updates = RowUpdates {
                model,
                matched: matched.to_vec(),
                set: set.to_vec(),
                rows: rows
                    .map(|(matched, set)| RowUpdate { matched, set })
                    .collect(),
            };
            found = super::update_rows(connection, updates)?;
            Ok(())
        },
    )?;
    Ok(found)
}

/// Deletes the rows whose fields have these values.
///
/// # Errors
///
/// Whatever the database refuses.
pub fn delete_rows(
    mut executor: impl Executor,
    model: &'static ModelInfo,
    matched: &[&'static FieldInfo],
    keys: &[Vec<Value>],
) -> Result<u64> {
    let mut found = 0;
    executor.with_connection(
        Request::new(Access::Together).of(model),
        &mut |connection| {
            found = super::delete_rows(connection, model, matched, keys.to_vec())?;
            Ok(())
        },
    )?;
    Ok(found)
}
