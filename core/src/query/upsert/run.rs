//! Rows that may be there already, in the order in which they are written.

use super::{Action, Conflict, emulated, native};
use crate::Result;
use crate::backend::{Capabilities, Connection, Dialect, UpsertForm};
use crate::model::ModelInfo;
use crate::query::insert_rows::{
    Chunks, identity_value, in_parents_order, insert_and_read, move_sequence, one_shape,
    run_length, same_columns,
};
use crate::query::select::Item;
use crate::query::stored::Arrivals;
use crate::session::Identity;
use crate::value::Value;

/// Whether the engine does all of it in one statement.
pub(super) fn is_native(capabilities: &Capabilities) -> bool {
    capabilities.upsert == UpsertForm::OnConflict && capabilities.returning
}

/// Whether the rows take one statement, so that no transaction is needed around it.
pub(super) fn is_one_statement(
    capabilities: &Capabilities,
    model: &'static ModelInfo,
    conflict: &Conflict,
    rows: &[Vec<Value>],
) -> bool {
    let assigned = is_assigned(model, rows);
    let kind = rows.first().map(|row| Kind::of(model, conflict, row));
    is_native(capabilities)
        && (assigned || !model.identity)
        && (rows.iter()).all(|row| Some(Kind::of(model, conflict, row)) == kind)
        && one_shape(model, rows)
        && Chunks::new(capabilities, model, assigned).take_all(rows)
}

fn is_assigned(model: &ModelInfo, rows: &[Vec<Value>]) -> bool {
    model.identity && (rows.iter()).all(|row| identity_value(model, Some(row)).is_none())
}

/// What goes into one statement together.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Kind {
    /// A row that has NULL in the target conflicts with none.
    free: bool,
    /// The program chose the id.
    explicit: bool,
}

impl Kind {
    fn of(model: &ModelInfo, conflict: &Conflict, row: &Vec<Value>) -> Self {
        Self {
            free: conflict.target.identity(row).is_none(),
            explicit: identity_value(model, Some(row)).is_some(),
        }
    }
}

/// Writes the rows, and gives for each the number of its arrival, or nothing when it stayed as it was.
pub(super) fn upsert(
    connection: &mut dyn Connection,
    model: &'static ModelInfo,
    mut rows: Vec<Vec<Value>>,
    conflict: &Conflict,
    arrivals: &mut Arrivals<'_>,
) -> Result<Vec<Option<usize>>> {
    in_parents_order(model, &mut rows, |rows| {
        in_order(connection, model, rows, conflict, arrivals)
    })
}

fn in_order(
    connection: &mut dyn Connection,
    model: &'static ModelInfo,
    rows: Vec<Vec<Value>>,
    conflict: &Conflict,
    arrivals: &mut Arrivals<'_>,
) -> Result<Vec<Option<usize>>> {
    let mut places = vec![None; rows.len()];
    let mut met = std::collections::HashSet::new();
    let mut waiting = rows.into_iter().enumerate().peekable();
    while let Some((number, row)) = waiting.next() {
        let kind = Kind::of(model, conflict, &row);
        let (mut numbers, mut run) = (vec![number], vec![row]);
        while let Some((number, row)) = waiting.next_if(|(_, row)| {
            Kind::of(model, conflict, row) == kind && same_columns(model, &run[0], row)
        }) {
            numbers.push(number);
            run.push(row);
        }
        if let Action::Nothing = conflict.action
            && !kind.free
        {
            // Of rows with the same values the first counts; the others find it there.
            let fresh: Vec<bool> = (run.iter())
                .map(|row| {
                    let identity = conflict.target.identity(row);
                    identity.is_none_or(|identity: Identity| met.insert(identity))
                })
                .collect();
            let mut keep = fresh.iter();
            numbers.retain(|_| keep.next().copied().unwrap_or(true));
            let mut keep = fresh.iter();
            run.retain(|_| keep.next().copied().unwrap_or(true));
        }
        if run.is_empty() {
            continue;
        }
        let native = is_native(connection.dialect().capabilities());
        let arrived = match &conflict.action {
            _ if kind.free => insert_and_read(connection, model, run, arrivals)?,
            _ if native => {
                let arrived = native::upsert(connection, model, run, conflict, arrivals)?;
                if kind.explicit {
                    move_sequence(connection, model)?;
                }
                arrived
            }
            Action::Nothing => emulated::insert(connection, model, &run, conflict, arrivals)?,
            Action::Update(assignments) => {
                emulated::upsert(connection, model, &run, conflict, assignments, arrivals)?
            }
        };
        for (number, place) in numbers.into_iter().zip(arrived) {
            places[number] = place;
        }
    }
    Ok(places)
}

/// The statement for the rows, for a look at it.
pub(super) fn shown(
    dialect: &dyn Dialect,
    model: &'static ModelInfo,
    mut rows: Vec<Vec<Value>>,
    conflict: &Conflict,
    items: &[Item],
) -> Result<String> {
    let assigned = is_assigned(model, &rows);
    let chunks = Chunks::new(dialect.capabilities(), model, assigned);
    let explicit = identity_value(model, rows.first()).is_some();
    let count = chunks.next(&rows[..run_length(model, &rows, explicit)]);
    if let (Action::Nothing, false) = (&conflict.action, is_native(dialect.capabilities())) {
        return Err(crate::Error::unsupported(format!(
            "{} passes over no conflict of one constraint alone: rows are looked up first",
            dialect.name()
        )));
    }
    let rows = &mut rows[..count];
    let statement = native::statement(dialect, model, rows, conflict, &chunks, assigned, items)?;
    Ok(statement.shown())
}
