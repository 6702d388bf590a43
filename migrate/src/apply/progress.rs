//! What a run tells those who watch it.

use std::fmt;

use super::journal::Course;
use crate::history::Revision;

/// What happens while revisions are applied and taken back.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Event<'a> {
    /// A revision begins, or goes on that was stopped.
    Revision {
        /// The revision.
        revision: &'a Revision,
        /// Where it leads.
        course: Course,
        /// How many steps it has.
        steps: usize,
    },
    /// A step begins.
    StepBegins {
        /// Which one, counted from 1.
        step: usize,
        /// Of how many.
        total: usize,
    },
    /// A step is done, and not yet noted.
    StepDone {
        /// Which one, counted from 1.
        step: usize,
        /// Of how many.
        total: usize,
    },
    /// So many rows of a step are set.
    Rows {
        /// Rows that are set.
        done: u64,
        /// All rows to set, when it began.
        total: u64,
    },
    /// A revision is done, and noted.
    RevisionDone {
        /// The revision.
        revision: &'a Revision,
        /// Where it led.
        course: Course,
    },
}

type Watcher = Box<dyn FnMut(Event<'_>) + Send>;

/// Whoever watches.
#[derive(Default)]
pub(crate) struct Progress(Option<Watcher>);

impl Progress {
    pub(crate) fn set(&mut self, watcher: Watcher) {
        self.0 = Some(watcher);
    }

    pub(crate) fn tell(&mut self, event: Event<'_>) {
        match event {
            Event::Revision {
                revision, course, ..
            } => {
                tracing::info!(revision = revision.id, ?course, "migration begins");
            }
            Event::RevisionDone { revision, course } => {
                tracing::info!(revision = revision.id, ?course, "migration done");
            }
            _ => {}
        }
        if let Some(watcher) = &mut self.0 {
            watcher(event);
        }
    }
}

impl fmt::Debug for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Progress").field(&self.0.is_some()).finish()
    }
}
