//! Upserts of engines that know which constraint is meant, and give rows back.

use std::collections::HashMap;

use super::Conflict;
use super::run::is_native;
use crate::Result;
use crate::backend::{Connection, Dialect, Statement, StatementBuilder};
use crate::model::ModelInfo;
use crate::query::insert_rows::{Chunks, columns, identity_value, write_rows};
use crate::query::render::{write_conflict, write_returning};
use crate::query::select::{Item, Select};
use crate::query::stored::{Arrivals, items_of, read_fields};
use crate::session::Identity;
use crate::value::Value;

/// The statement for rows of one kind, whose values it takes.
pub(super) fn statement(
    dialect: &dyn Dialect,
    model: &'static ModelInfo,
    rows: &mut [Vec<Value>],
    conflict: &Conflict,
    chunks: &Chunks,
    assigned: bool,
    items: &[Item],
) -> Result<Statement> {
    let mut builder = StatementBuilder::new(dialect);
    let fields = columns(model, rows.first(), assigned);
    write_rows(&mut builder, model, &fields, rows, chunks, false)?;
    write_conflict(&mut builder, model, conflict)?;
    if is_native(dialect.capabilities()) {
        let target = items_of(&conflict.target.fields);
        let items: Vec<Item> = items.iter().cloned().chain(target).collect();
        write_returning(&mut builder, &Select::of(model).source, &items)?;
    }
    Ok(builder.finish())
}

/// Writes rows of one kind, none of which has NULL in the target.
pub(super) fn upsert(
    connection: &mut dyn Connection,
    model: &'static ModelInfo,
    mut rows: Vec<Vec<Value>>,
    conflict: &Conflict,
    arrivals: &mut Arrivals<'_>,
) -> Result<Vec<Option<usize>>> {
    let assigned = model.identity && identity_value(model, rows.first()).is_none();
    let chunks = Chunks::new(connection.dialect().capabilities(), model, assigned);
    let behind = arrivals.items.len();
    let mut places = Vec::with_capacity(rows.len());
    let mut rest = rows.as_mut_slice();
    while !rest.is_empty() {
        let rows;
        (rows, rest) = rest.split_at_mut(chunks.next(rest));
        let sent: Vec<Option<Identity>> = (rows.iter())
            .map(|row| conflict.target.identity(row))
            .collect();
        let dialect = connection.dialect();
        let statement = statement(
            dialect,
            model,
            rows,
            conflict,
            &chunks,
            assigned,
            arrivals.items,
        )?;
        let mut known = HashMap::with_capacity(sent.len());
        connection.query(&statement, &mut |row| {
            let target = read_fields(row, behind, &conflict.target.fields)?;
            known.insert(Identity::new(&target), arrivals.take(row)?);
            Ok(())
        })?;
        places.extend((sent.iter()).map(|identity| known.get(identity.as_ref()?).copied()));
    }
    Ok(places)
}
