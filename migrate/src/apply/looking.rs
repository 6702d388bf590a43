//! Looks at the rows before a revision is carried out, so that nothing is changed where it would fail half-way.

use birgus_core::backend::{Connection as _, TransactionMode};
use birgus_core::{Error, PooledConnection, Result};

use super::journal::{self, Course};
use super::script::Direction;
use crate::history::Revision;
use crate::lint::violations;
use crate::state::State;

/// What is looked at before a revision is carried out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum LintMode {
    /// The rows: those that are in the way stop the revision before anything of it is done.
    #[default]
    Rows,
    /// Nothing.
    Off,
}

/// Fails when rows are in the way of a revision that nobody has begun.
///
/// # Errors
///
/// `is_migration()`, naming each operation with what is in its way, and how much.
pub(super) fn look(
    connection: &mut PooledConnection,
    revision: &Revision,
    course: Course,
    state: &State,
) -> Result<()> {
    // One view of journal and rows: where the transaction is the lock, somebody else may be at work.
    connection.begin(TransactionMode::Read, None)?;
    let result = counted(connection, revision, course, state);
    let ended = connection.rollback();
    let found = result?;
    ended?;
    if found.is_empty() {
        return Ok(());
    }
    Err(Error::migration(found.join("; ")).context(revision.title()))
}

fn counted(
    connection: &mut PooledConnection,
    revision: &Revision,
    course: Course,
    state: &State,
) -> Result<Vec<String>> {
    let entry = journal::find(&revision.id, &mut *connection)?;
    let (begun, direction) = match course {
        Course::Downgrading => (
            entry.is_none_or(|entry| entry.course != Course::Applied),
            Direction::Down,
        ),
        Course::Upgrading | Course::Applied => (entry.is_some(), Direction::Up),
    };
    if begun {
        return Ok(Vec::new());
    }
    let found = violations(state, revision, direction, connection)?;
    let texts = found.into_iter().map(|finding| match finding.title {
        Some(title) => format!("{title}: {}", finding.message),
        None => finding.message,
    });
    Ok(texts.collect())
}
