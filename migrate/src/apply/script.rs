//! What would run, as a script, without a connection.

use birgus_core::Result;
use birgus_core::backend::{Dialect, Guard, StepAction};

use super::journal::{self, Course, Entry, noted, steps_checksum, struck_out};
use super::steps::{Work, steps};
use crate::history::Revision;
use crate::state::State;

/// Which way revisions are gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// They are applied.
    Up,
    /// They are taken back.
    Down,
}

/// What carrying revisions out would run on an engine, in order, as a script for somebody to read or to run by hand: with the
/// settings that the statements are written for. The state is the one before the first of them.
///
/// # Errors
///
/// As the operations' own, and whatever the dialect refuses to write.
pub fn script(
    dialect: &dyn Dialect,
    state: &State,
    revisions: &[&Revision],
    direction: Direction,
) -> Result<String> {
    let mut state = state.clone();
    let mut script = String::new();
    if !revisions.is_empty() {
        for sql in dialect.session_settings() {
            script.push_str(&format!("{sql};\n"));
        }
        script.push('\n');
    }
    let together = dialect.capabilities().transactional_ddl;
    let from_base = revisions
        .first()
        .is_some_and(|revision| revision.parents.is_empty());
    if direction == Direction::Up && from_base {
        for sql in dialect.create_table(&journal::table()?, &[])? {
            script.push_str(&format!("{sql};\n\n"));
        }
    }
    for revision in revisions {
        let operations = match direction {
            Direction::Up => &revision.upgrade,
            Direction::Down => &revision.downgrade,
        };
        script.push_str(&format!("-- {}\n", revision.title().replace('\n', " ")));
        let named = |error: birgus_core::Error| error.context(revision.title());
        let steps = steps(dialect, &mut state, operations).map_err(named)?;
        let mut open = false;
        let mut unchecked = false;
        for step in &steps {
            let inside = together && !step.work.outside_transaction();
            if let Work::Schema(step) = &step.work
                && step.without_foreign_keys
                && !unchecked
                && let Some((off, _)) = dialect.foreign_key_switch()
            {
                if open {
                    script.push_str("COMMIT;\n");
                    open = false;
                }
                script.push_str(&format!("{off};\n"));
                unchecked = true;
            }
            if inside != open {
                script.push_str(if inside { "BEGIN;\n" } else { "COMMIT;\n" });
                open = inside;
            }
            if let Work::Schema(step) = &step.work
                && let StepAction::Guard(guard) = &step.action
            {
                let Guard {
                    subject, problem, ..
                } = guard;
                script.push_str(&format!(
                    "-- stop unless this is 0: rows of {subject} that {problem}\n"
                ));
            }
            for statement in step.work.statements() {
                let end = if statement.starts_with("--") { "" } else { ";" };
                script.push_str(&format!("{statement}{end}\n"));
            }
        }
        let note = match direction {
            Direction::Up => {
                let total = i32::try_from(steps.len()).unwrap_or(i32::MAX);
                let mut entry = Entry::begin(revision, Course::Applied, total)?;
                let done: Vec<_> = steps.iter().map(|step| step.work.statements()).collect();
                entry.steps = steps_checksum(&done);
                noted(dialect, &entry)?
            }
            Direction::Down => struck_out(dialect, &revision.id),
        };
        script.push_str(&format!("{note};\n"));
        if open {
            script.push_str("COMMIT;\n");
        }
        if unchecked && let Some((_, on)) = dialect.foreign_key_switch() {
            script.push_str(&format!("{on};\n"));
        }
        script.push('\n');
    }
    Ok(script)
}
