//! The statements that ran on a database while somebody looked.

use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::StatementKind;
use crate::Database;
use crate::backend::BindType;
use crate::connection::Watch;

/// The statements that ran on a database during [`Database::recorded`].
///
/// `Display` lists them, one a line, those of transactions among them.
#[derive(Clone, Debug, Default)]
pub struct Recorded {
    statements: Vec<RecordedStatement>,
}

impl Recorded {
    /// The statements in the order in which they began, without those that only begin, divide or end a transaction.
    pub fn statements(&self) -> Vec<&RecordedStatement> {
        let statements = self.statements.iter();
        statements
            .filter(|statement| !statement.kind.is_transaction())
            .collect()
    }

    /// All statements in the order in which they began: BEGIN, COMMIT, ROLLBACK and savepoints too.
    pub fn all(&self) -> &[RecordedStatement] {
        &self.statements
    }

    /// How many statements of a kind there are.
    pub fn count(&self, kind: StatementKind) -> usize {
        let of_kind = |statement: &&RecordedStatement| statement.kind == kind;
        self.statements.iter().filter(of_kind).count()
    }
}

impl fmt::Display for Recorded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_list(f, self.statements.iter())
    }
}

pub(super) fn write_list<'a>(
    f: &mut fmt::Formatter<'_>,
    statements: impl Iterator<Item = &'a RecordedStatement>,
) -> fmt::Result {
    for (position, statement) in statements.enumerate() {
        if position > 0 {
            f.write_str("\n")?;
        }
        write!(f, "{:>3}. {statement}", position + 1)?;
    }
    Ok(())
}

/// A statement that ran.
///
/// Bound values are not kept, unless [`Config::echo_binds`](crate::Config::echo_binds) says that they may be shown.
#[derive(Clone, Debug)]
pub struct RecordedStatement {
    text: String,
    kind: StatementKind,
    bind_types: Vec<BindType>,
    binds: Option<String>,
    rows: u64,
    elapsed: Duration,
    failed: bool,
    database: Option<String>,
    began: Instant,
}

/// What a connection knows of a statement that has run.
pub(crate) struct Ran<'a> {
    pub(crate) text: &'a str,
    pub(crate) bind_types: Vec<BindType>,
    pub(crate) binds: Option<&'a str>,
    /// `None` when it failed.
    pub(crate) rows: Option<u64>,
    pub(crate) began: Instant,
    pub(crate) elapsed: Duration,
    pub(crate) database: Option<&'a str>,
}

impl RecordedStatement {
    fn new(ran: Ran<'_>) -> Self {
        Self {
            text: ran.text.to_owned(),
            kind: StatementKind::of(ran.text),
            bind_types: ran.bind_types,
            binds: ran.binds.map(str::to_owned),
            rows: ran.rows.unwrap_or(0),
            elapsed: ran.elapsed,
            failed: ran.rows.is_none(),
            database: ran.database.map(str::to_owned),
            began: ran.began,
        }
    }

    /// The text with its placeholders, as the engine got it; what begins, divides and ends transactions stands here in
    /// the same words for every engine.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// What it does.
    pub fn kind(&self) -> StatementKind {
        self.kind
    }

    /// How its binds were bound, in their order; one for all values of an array.
    pub fn bind_types(&self) -> &[BindType] {
        &self.bind_types
    }

    /// The bound values, as a log shows them, where [`Config::echo_binds`](crate::Config::echo_binds) allows it.
    pub fn binds(&self) -> Option<&str> {
        self.binds.as_deref()
    }

    /// The rows that it gave or matched; 0 when it failed.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// How long it took, with the reading of its rows.
    pub fn elapsed(&self) -> Duration {
        self.elapsed
    }

    /// Whether it failed.
    pub fn failed(&self) -> bool {
        self.failed
    }

    /// The name that its database is bound to; `None` for the main one.
    pub fn database(&self) -> Option<&str> {
        self.database.as_deref()
    }
}

impl fmt::Display for RecordedStatement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(database) = &self.database {
            write!(f, "[{database}] ")?;
        }
        f.write_str(&self.text)?;
        if let Some(binds) = self.binds.as_deref().filter(|binds| !binds.is_empty()) {
            write!(f, " -- {binds}")?;
        } else {
            for (position, bind_type) in self.bind_types.iter().enumerate() {
                let separator = if position == 0 { " -- " } else { ", " };
                write!(f, "{separator}{bind_type:?}")?;
            }
        }
        match (self.failed, self.rows) {
            (true, _) => f.write_str(" (failed")?,
            (false, 1) => f.write_str(" (1 row")?,
            (false, rows) => write!(f, " ({rows} rows")?,
        }
        write!(f, ", {:.1?})", self.elapsed)
    }
}

/// The recordings of a database that are going on.
#[derive(Debug, Default)]
pub(crate) struct Recorder {
    /// How many there are, so that a statement need not take the lock to see that there is none.
    count: AtomicUsize,
    tapes: Mutex<Vec<Arc<Tape>>>,
}

/// What a recording has seen so far.
#[derive(Debug, Default)]
pub(crate) struct Tape(Mutex<Vec<RecordedStatement>>);

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Lists that are only added to and taken from are whole whenever somebody panics.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Recorder {
    /// The recordings that a statement which begins now belongs to.
    pub(crate) fn tapes(&self) -> Option<Vec<Arc<Tape>>> {
        // A thread that was started while a recording goes on sees it; another one may run side by side anyway.
        if self.count.load(Ordering::Relaxed) == 0 {
            return None;
        }
        Some(lock(&self.tapes).clone())
    }

    fn add(&self, tape: &Arc<Tape>) {
        let mut tapes = lock(&self.tapes);
        tapes.push(Arc::clone(tape));
        self.count.store(tapes.len(), Ordering::Relaxed);
    }

    fn remove(&self, tape: &Arc<Tape>) {
        let mut tapes = lock(&self.tapes);
        tapes.retain(|other| !Arc::ptr_eq(other, tape));
        self.count.store(tapes.len(), Ordering::Relaxed);
    }
}

/// Writes down a statement for each of these recordings.
pub(crate) fn write_down(tapes: &[Arc<Tape>], ran: Ran<'_>) {
    let statement = RecordedStatement::new(ran);
    for tape in tapes {
        lock(&tape.0).push(statement.clone());
    }
}

/// A recording that goes on until it is dropped.
#[derive(Debug)]
pub struct Recording {
    tape: Arc<Tape>,
    watches: Vec<Arc<Watch>>,
}

impl Recording {
    /// Begins to record what runs on a database, and on those that are bound to names beside it.
    pub fn start(database: &Database) -> Self {
        let tape = Arc::default();
        let mut watches = Vec::new();
        database.watches(&mut watches);
        for watch in &watches {
            watch.recorder.add(&tape);
        }
        Self { tape, watches }
    }

    /// Ends it.
    pub fn finish(self) -> Recorded {
        let tape = Arc::clone(&self.tape);
        drop(self);
        let mut statements = std::mem::take(&mut *lock(&tape.0));
        // They were written down as they ended.
        statements.sort_by_key(|statement| statement.began);
        Recorded { statements }
    }
}

impl Drop for Recording {
    fn drop(&mut self) {
        for watch in &self.watches {
            watch.recorder.remove(&self.tape);
        }
    }
}

impl Database {
    /// Runs `work`, and gives its result and the statements that ran on this database meanwhile: those of every handle,
    /// session and connection of it, in any thread, and those of the databases that are bound to names beside it.
    ///
    /// A statement belongs to it that begins and ends while `work` runs. What a driver sends of its own accord, to set up
    /// a connection or to ask for an id, is not among them. While nobody records, a statement pays for one look at a
    /// counter.
    ///
    /// ```no_run
    /// # extern crate birgus_core as birgus;
    /// use birgus::prelude::*;
    /// use birgus::testing::StatementKind;
    /// # #[derive(Model)]
    /// # pub struct User { #[key] pub id: i64, pub username: String }
    /// # fn main() -> birgus::Result<()> {
    /// # let db = Database::open()?;
    /// let (users, recorded) = db.recorded(|| User::query().all(&db));
    /// println!("{} users by\n{recorded}", users?.len());
    /// assert_eq!(recorded.count(StatementKind::Select), 1);
    /// # Ok(())
    /// # }
    /// ```
    pub fn recorded<T>(&self, work: impl FnOnce() -> T) -> (T, Recorded) {
        let recording = Recording::start(self);
        let value = work();
        (value, recording.finish())
    }
}
