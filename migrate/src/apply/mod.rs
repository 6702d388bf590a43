//! Applies revisions to a database, and takes them back: locked, noted, and to be gone on with after a stop at any place.

mod backfill;
mod code;
mod journal;
mod lock;
mod looking;
mod migrator;
mod progress;
mod replaced;
mod run;
mod script;
mod steps;

use std::time::Duration;

pub use code::CodeContext;
pub use journal::{Course, Entry, JOURNAL_TABLE, checksum};
pub use looking::LintMode;
pub(crate) use migrator::state_of;
pub use migrator::{Migrator, Status};
pub use progress::Event;
pub use script::{Direction, script};
pub(crate) use steps::change as table_change;

/// Whether a table is the migrations' own: no model's, and no difference.
pub fn is_own_table(name: &str) -> bool {
    name == JOURNAL_TABLE || name == lock::LOCK_TABLE
}

/// What to do with a step that was running when a program was stopped, where nobody can tell whether it is done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Unsure {
    /// Stop, and say so.
    #[default]
    Refuse,
    /// Run it again.
    Again,
    /// Take it for done.
    Skip,
}

/// How revisions are applied.
#[derive(Clone, Debug)]
pub(crate) struct Options {
    pub(crate) lock_timeout: Duration,
    pub(crate) ddl: birgus_core::backend::DdlTimeouts,
    pub(crate) unsure: Unsure,
    pub(crate) lint: LintMode,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            lock_timeout: Duration::from_secs(60),
            ddl: birgus_core::backend::DdlTimeouts::default(),
            unsure: Unsure::Refuse,
            lint: LintMode::Rows,
        }
    }
}
