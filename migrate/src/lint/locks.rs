//! What keeps others waiting.

use birgus_core::Result;
use birgus_core::backend::{LockWork, LockedOut};

use super::{Code, Place, Severity, Walk};
use crate::apply::table_change;
use crate::state::Operation;

pub(super) fn look(walk: &mut Walk<'_>, place: Place<'_>) -> Result<()> {
    let filled = match place.operation {
        Operation::AddColumn {
            table,
            column,
            backfill: Some(_),
        }
        | Operation::AlterColumn {
            table,
            column,
            backfill: Some(_),
            ..
        } => Some(format!("{table}.{}", column.name)),
        _ => None,
    };
    let locks_rows = walk
        .dialect
        .is_some_and(|dialect| dialect.capabilities().row_locks);
    if let (Some(subject), true) = (filled, locks_rows) {
        let message = format!("{subject}: one statement sets all rows");
        walk.tell(Code::SetsAllRows, place, subject, message);
    }
    let Some(dialect) = walk.dialect else {
        return Ok(());
    };
    let Some(change) = table_change(place.operation, place.before, place.after)? else {
        return Ok(());
    };
    let Some(lock) = dialect.table_lock(&change) else {
        return Ok(());
    };
    let (code, what) = match lock.work {
        LockWork::BuildsIndex => (Code::IndexLocks, "an index is built"),
        LockWork::Rewrites => (Code::Rewrites, "every row is written anew"),
        _ => (Code::Scans, "every row is checked"),
    };
    let table = &change.before.name;
    let who = match lock.locks_out {
        LockedOut::Writers => "nobody writes",
        _ => "nobody reads or writes",
    };
    let message = format!("{table}: {what} by {}, and {who} meanwhile", dialect.name());
    let mut finding = walk.finding(code, Some(place), table.as_str(), message);
    if let Some(remedy) = lock.remedy {
        remedy.clone_into(&mut finding.remedy);
    }
    // Where whoever writes has the whole database, it is so with every statement.
    if !dialect.capabilities().row_locks {
        finding.severity = Severity::Note;
    }
    walk.push(finding);
    Ok(())
}
