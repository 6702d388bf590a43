//! Leads a database to a revision.

use std::collections::BTreeSet;
use std::fmt;
use std::time::Duration;

use birgus_core::backend::{Connection as _, DdlTimeouts};
use birgus_core::{Database, Error, PooledConnection, Result};

use super::code::{CodeContext, CodeSteps};
use super::journal::{self, Course, Entry, checksum};
use super::progress::{Event, Progress};
use super::run::{Outcome, Run};
use super::{LintMode, Options, Unsure, lock, looking, replaced};
use crate::history::{Graph, Revision, Target};
use crate::state::{Operation, State};

/// Leads a database to a revision: applies revisions, and takes them back.
///
/// Any number of programs may do so at once: one works, the others wait, and then find nothing to do. One that was stopped, at
/// whatever statement, is gone on with by running it again.
///
/// ```no_run
/// # extern crate birgus_core as birgus;
/// use birgus::prelude::*;
/// use birgus_migrate::history::{Graph, Target};
/// use birgus_migrate::Migrator;
///
/// # fn main() -> birgus::Result<()> {
/// let db = Database::open()?;
/// let graph = Graph::read_folder("migrations".as_ref())?;
/// let applied = Migrator::new(&db, &graph).upgrade(&Target::Head)?;
/// println!("{} revisions applied", applied.len());
/// # Ok(())
/// # }
/// ```
pub struct Migrator<'a> {
    database: &'a Database,
    graph: &'a Graph,
    codes: CodeSteps,
    options: Options,
    progress: Progress,
}

impl fmt::Debug for Migrator<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Migrator")
            .field("database", &self.database)
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}

/// How a database stands to the revisions of a program.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Status {
    /// What the journal says, by when the revisions were begun.
    pub entries: Vec<Entry>,
    /// The applied revisions that no applied one follows.
    pub current: Vec<String>,
    /// The revisions of the program that are not applied, in order.
    pub pending: Vec<String>,
    /// Applied revisions that the program does not have: the database is ahead of it.
    pub ahead: Vec<String>,
    /// Applied revisions whose files were edited since.
    pub edited: Vec<String>,
    /// Revisions that were begun and not finished.
    pub unfinished: Vec<String>,
}

impl<'a> Migrator<'a> {
    /// Leads that database along these revisions.
    pub fn new(database: &'a Database, graph: &'a Graph) -> Self {
        Self {
            database,
            graph,
            codes: CodeSteps::default(),
            options: Options::default(),
            progress: Progress::default(),
        }
    }

    /// Registers a function that `code` steps call by this name.
    #[must_use]
    pub fn code(
        mut self,
        name: impl Into<String>,
        function: impl Fn(&mut CodeContext<'_>) -> Result<()> + Send + Sync + 'static,
    ) -> Self {
        self.codes.add(name.into(), function);
        self
    }

    /// How long to wait for another deployer, 60 seconds where nothing is said.
    #[must_use]
    pub fn lock_timeout(mut self, timeout: Duration) -> Self {
        self.options.lock_timeout = timeout;
        self
    }

    /// How long a statement waits for locks of others, and runs, at most. Nothing is limited where nothing is said.
    #[must_use]
    pub fn ddl_timeouts(mut self, timeouts: DdlTimeouts) -> Self {
        self.options.ddl = timeouts;
        self
    }

    /// What to do with a step of which nobody can tell whether it is done.
    #[must_use]
    pub fn unsure(mut self, unsure: Unsure) -> Self {
        self.options.unsure = unsure;
        self
    }

    /// What is looked at before a revision is carried out: rows that are in the way, where nothing is said.
    #[must_use]
    pub fn lint(mut self, mode: LintMode) -> Self {
        self.options.lint = mode;
        self
    }

    /// Has `watcher` told of what happens.
    #[must_use]
    pub fn watch(mut self, watcher: impl FnMut(Event<'_>) + Send + 'static) -> Self {
        self.progress.set(Box::new(watcher));
        self
    }

    /// How the database stands to the revisions. Changes nothing.
    ///
    /// # Errors
    ///
    /// Whatever the database refuses.
    pub fn status(&self) -> Result<Status> {
        let mut connection = self.database.connection()?;
        let entries = if journal::exists(&mut connection)? {
            journal::entries(&mut connection)?
        } else {
            Vec::new()
        };
        status_of(self.graph, entries)
    }

    /// Applies revisions until the target is there; gives those that this program has applied, in order.
    ///
    /// # Errors
    ///
    /// `is_migration()` when another deployer does not finish in time, an applied revision was edited, the database is ahead of
    /// the program, or rows are in the way; `is_configuration()` for a target that is not there or an operation that does not fit;
    /// whatever the database refuses. What was done stays done, in whole or noted to be gone on with.
    pub fn upgrade(&mut self, target: &Target) -> Result<Vec<String>> {
        self.go(target, Course::Upgrading)
    }

    /// Takes revisions back until nothing behind the target is left; gives those that this program has taken back, in order.
    ///
    /// # Errors
    ///
    /// As [`Migrator::upgrade`].
    pub fn downgrade(&mut self, target: &Target) -> Result<Vec<String>> {
        self.go(target, Course::Downgrading)
    }

    /// Notes revisions as applied, up to the target and none else, without running anything: a database adopted that has the
    /// tables already. With `purge`, what the journal says is struck out first, also of revisions that have no file any more.
    ///
    /// # Errors
    ///
    /// As [`Migrator::upgrade`].
    pub fn stamp(&mut self, target: &Target, purge: bool) -> Result<Vec<String>> {
        let (graph, wait) = (self.graph, self.options.lock_timeout);
        let mut connection = self.database.connection()?;
        lock::locked(&mut connection, wait, |connection| {
            lock::begin(connection, wait)?;
            let result = stamp(connection, graph, target, purge);
            lock::finish(connection, result)
        })
    }

    fn go(&mut self, target: &Target, course: Course) -> Result<Vec<String>> {
        let mut connection = self.database.connection()?;
        let wait = self.options.lock_timeout;
        lock::locked(&mut connection, wait, |connection| {
            let dialect = connection.dialect();
            lock::begin(connection, wait)?;
            let ensured = journal::ensure(connection);
            lock::finish(connection, ensured)?;
            let before = dialect.set_ddl_timeouts(connection, self.options.ddl)?;
            let result = self.walk(connection, target, course);
            if connection.in_transaction() {
                // The error that left it open is the one to tell.
                let _ = connection.rollback();
            }
            let restored = dialect.set_ddl_timeouts(connection, before).map(drop);
            result.and_then(|done| restored.map(|()| done))
        })
    }

    fn walk(
        &mut self,
        connection: &mut PooledConnection,
        target: &Target,
        course: Course,
    ) -> Result<Vec<String>> {
        let graph = self.graph;
        let mut gone = Vec::new();
        let entries = replaced::adopt(connection, graph, self.options.lock_timeout)?;
        let status = status_of(graph, entries)?;
        refuse_edited(&status)?;
        let mut applied = applied(&status.entries);
        // What was stopped comes first, whichever way it went: the state in between is none that a revision begins with.
        for entry in &status.entries {
            if entry.course != Course::Applied {
                let revision = graph.find(&entry.revision)?;
                let carried = self.carry(connection, revision, entry.course, &mut applied)?;
                gone.extend(carried.then(|| revision.id.clone()));
            }
        }
        let way = match course {
            Course::Downgrading => graph.downgrade(&applied, target)?,
            Course::Upgrading | Course::Applied => graph.upgrade(&applied, target)?,
        };
        if course == Course::Downgrading {
            refuse_irreversible(&way)?;
        }
        for revision in way {
            let carried = self.carry(connection, revision, course, &mut applied)?;
            gone.extend(carried.then(|| revision.id.clone()));
        }
        Ok(gone)
    }

    /// Carries one revision out; whether this program did.
    fn carry(
        &mut self,
        connection: &mut PooledConnection,
        revision: &Revision,
        course: Course,
        applied: &mut BTreeSet<String>,
    ) -> Result<bool> {
        let state = state_of(self.graph, applied)?;
        if self.options.lint == LintMode::Rows {
            looking::look(connection, revision, course, &state)?;
        }
        let mut run = Run {
            connection,
            codes: &self.codes,
            options: &self.options,
            progress: &mut self.progress,
        };
        let outcome = run.revision(revision, course, &state)?;
        match course {
            Course::Downgrading => applied.remove(&revision.id),
            Course::Upgrading | Course::Applied => applied.insert(revision.id.clone()),
        };
        if outcome == Outcome::Done {
            self.progress.tell(Event::RevisionDone { revision, course });
        }
        Ok(outcome == Outcome::Done)
    }
}

fn stamp(
    connection: &mut PooledConnection,
    graph: &Graph,
    target: &Target,
    purge: bool,
) -> Result<Vec<String>> {
    journal::ensure(connection)?;
    let mut there = BTreeSet::new();
    let entries = journal::entries(&mut *connection)?;
    // What others have taken the place of goes too.
    for revision in graph.revisions() {
        for old in &revision.replaces {
            journal::remove(old, &mut *connection)?;
        }
    }
    for entry in replaced::settled(graph, entries)?.0 {
        let known = graph
            .revisions()
            .iter()
            .any(|revision| revision.id == entry.revision);
        if !known && !purge {
            return Err(ahead(&[entry.revision]));
        }
        journal::remove(&entry.revision, &mut *connection)?;
        there.insert(entry.revision);
    }
    // Steps on and back are counted from what was there.
    let from = match target {
        Target::Relative(_) if !purge => there,
        _ => BTreeSet::new(),
    };
    let mut stamped: Vec<&Revision> = graph.revisions().iter().collect();
    let more = match target {
        Target::Relative(number) if *number < 0 => {
            let back: Vec<&str> = (graph.downgrade(&from, target)?.iter())
                .map(|revision| revision.id.as_str())
                .collect();
            stamped.retain(|revision| {
                from.contains(&revision.id) && !back.contains(&revision.id.as_str())
            });
            Vec::new()
        }
        _ => {
            stamped.retain(|revision| from.contains(&revision.id));
            graph.upgrade(&from, target)?
        }
    };
    stamped.extend(more);
    let mut ids = Vec::new();
    for revision in stamped {
        let mut entry = Entry::begin(revision, Course::Applied, 0)?;
        entry.finished = Some(entry.started);
        journal::save(&entry, &mut *connection)?;
        ids.push(revision.id.clone());
    }
    Ok(ids)
}

/// The revisions whose tables a database has: also of those that are half taken back, from where the rest of it begins.
fn applied(entries: &[Entry]) -> BTreeSet<String> {
    (entries.iter())
        .filter(|entry| entry.course != Course::Upgrading)
        .map(|entry| entry.revision.clone())
        .collect()
}

/// The state that applied revisions have led to.
pub(crate) fn state_of(graph: &Graph, applied: &BTreeSet<String>) -> Result<State> {
    let mut state = State::default();
    for revision in graph
        .revisions()
        .iter()
        .filter(|revision| applied.contains(&revision.id))
    {
        for (number, operation) in revision.upgrade.iter().enumerate() {
            state.apply(operation).map_err(|error| {
                error.context(format!("{}: operation {}", revision.title(), number + 1))
            })?;
        }
    }
    Ok(state)
}

fn status_of(graph: &Graph, entries: Vec<Entry>) -> Result<Status> {
    let (entries, _) = replaced::settled(graph, entries)?;
    let applied = applied(&entries);
    let mut status = Status::default();
    for revision in graph.revisions() {
        if !applied.contains(&revision.id) {
            status.pending.push(revision.id.clone());
        }
    }
    let followed: BTreeSet<&String> = (graph.revisions().iter())
        .filter(|revision| applied.contains(&revision.id))
        .flat_map(|revision| &revision.parents)
        .collect();
    let ends = graph
        .revisions()
        .iter()
        .filter(|revision| applied.contains(&revision.id) && !followed.contains(&revision.id));
    status
        .current
        .extend(ends.map(|revision| revision.id.clone()));
    for entry in &entries {
        let revision = graph
            .revisions()
            .iter()
            .find(|revision| revision.id == entry.revision);
        match revision {
            None => status.ahead.push(entry.revision.clone()),
            // One that is not finished may be mended, as long as what was done is the same.
            Some(revision)
                if entry.course == Course::Applied && checksum(revision)? != entry.checksum =>
            {
                status.edited.push(entry.revision.clone());
            }
            Some(_) => {}
        }
        if entry.course != Course::Applied {
            status.unfinished.push(entry.revision.clone());
        }
        let end = applied.contains(&entry.revision) && !followed.contains(&entry.revision);
        if end && revision.is_none() {
            status.current.push(entry.revision.clone());
        }
    }
    status.entries = entries;
    Ok(status)
}

/// Before anything is taken back: what can't be.
fn refuse_irreversible(way: &[&Revision]) -> Result<()> {
    for revision in way {
        for operation in &revision.downgrade {
            if let Operation::Irreversible { reason } = operation {
                return Err(
                    Error::migration(format!("it can't be taken back: {reason}"))
                        .context(revision.title()),
                );
            }
        }
    }
    Ok(())
}

fn refuse_edited(status: &Status) -> Result<()> {
    if !status.ahead.is_empty() {
        return Err(ahead(&status.ahead));
    }
    if status.edited.is_empty() {
        return Ok(());
    }
    Err(Error::migration(format!(
        "the revision {} was edited after it was applied: put the file back and write a new revision, or take it for what is \
         there (stamp)",
        status.edited.join(", ")
    )))
}

fn ahead(revisions: &[String]) -> Error {
    Error::migration(format!(
        "the database is ahead of this program: the revision {} is applied, and there is no file of it; run a newer program, or \
         get the file back",
        revisions.join(", ")
    ))
}
