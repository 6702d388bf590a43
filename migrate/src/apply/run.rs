//! Carries the steps of one revision out, and goes on with one that was stopped.

use birgus_core::backend::{Connection as _, Effect, Guard, Statement, StepAction};
use birgus_core::chrono::Utc;
use birgus_core::{Error, PooledConnection, Result};

use super::backfill::Backfill;
use super::code::{CodeContext, CodeSteps};
use super::journal::{self, Course, Entry, steps_checksum};
use super::lock;
use super::progress::{Event, Progress};
use super::steps::{Step, Work, steps};
use super::{Options, Unsure};
use crate::history::Revision;
use crate::state::State;

/// What a run needs beside the revision.
pub(super) struct Run<'a> {
    pub(super) connection: &'a mut PooledConnection,
    pub(super) codes: &'a CodeSteps,
    pub(super) options: &'a Options,
    pub(super) progress: &'a mut Progress,
}

/// What became of a revision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// It was carried out.
    Done,
    /// Somebody else had done so meanwhile.
    Already,
}

/// What became of a part of a revision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Turn {
    /// It was carried out.
    Done,
    /// Somebody else has come further meanwhile, and nothing was done: look again.
    Moved,
}

impl Run<'_> {
    /// Applies a revision to a database in that state, or takes it back.
    pub(super) fn revision(
        &mut self,
        revision: &Revision,
        course: Course,
        state: &State,
    ) -> Result<Outcome> {
        let operations = match course {
            Course::Downgrading => &revision.downgrade,
            Course::Upgrading | Course::Applied => &revision.upgrade,
        };
        let named = |error: Error| error.context(revision.title());
        let mut state = state.clone();
        let steps = steps(self.connection.dialect(), &mut state, operations).map_err(named)?;
        for step in &steps {
            // Before anything is changed.
            if let Work::Code { function, .. } = &step.work {
                self.codes.find(function).map_err(named)?;
            }
        }
        let total = i32::try_from(steps.len()).unwrap_or(i32::MAX);
        self.progress.tell(Event::Revision {
            revision,
            course,
            steps: steps.len(),
        });
        let entry = match Entry::begin(revision, course, total) {
            Ok(entry) => entry,
            Err(error) => return Err(named(error)),
        };
        let mut work = Working {
            run: self,
            revision,
            course,
            steps: &steps,
            entry,
            resumed: false,
            at: 0,
        };
        let outcome = work.carry_out();
        let (done, at) = (work.entry.done, work.at);
        outcome.map_err(|error| {
            let place = format!("{}: step {} of {total}", revision.title(), at + 1);
            if done > 0 && !error.is_migration() {
                error.context(format!(
                    "{place} failed, {done} before it are done and stay; mend the cause and run it again"
                ))
            } else {
                error.context(place)
            }
        })
    }
}

struct Working<'a, 'b> {
    run: &'a mut Run<'b>,
    revision: &'a Revision,
    course: Course,
    steps: &'a [Step],
    entry: Entry,
    /// Whether the next step may have been done already, by a program that ended before it could say so.
    resumed: bool,
    /// The step that runs, or ran last.
    at: usize,
}

impl Working<'_, '_> {
    fn carry_out(&mut self) -> Result<Outcome> {
        let capabilities = self.run.connection.dialect().capabilities();
        let together = capabilities.transactional_ddl;
        let mut first = true;
        loop {
            // What an earlier run has done; and, where the transaction is the lock, what somebody else has done meanwhile.
            if (first || !capabilities.session_locks) && !self.take_up(first)? {
                return Ok(Outcome::Already);
            }
            first = false;
            let start = self.done();
            let outside = |step: &Step| step.work.outside_transaction();
            let Some(next) = self.steps.get(start) else {
                // There is nothing to run, only to be noted.
                if self.part(start, start)? == Turn::Done {
                    return Ok(Outcome::Done);
                }
                continue;
            };
            let end = if outside(next) || !together {
                start + 1
            } else {
                let rest = &self.steps[start..];
                start + rest.iter().position(outside).unwrap_or(rest.len())
            };
            let turn = match &next.work {
                Work::Backfill(backfill) => self.backfill(backfill, start)?,
                work if outside(next) || !(together || in_transaction(work)) => {
                    self.alone(start)?
                }
                _ => self.part(start, end)?,
            };
            self.resumed = false;
            if turn == Turn::Done && self.done() >= self.steps.len() {
                return Ok(Outcome::Done);
            }
        }
    }

    fn done(&self) -> usize {
        usize::try_from(self.entry.done).unwrap_or(0)
    }

    /// Goes on from what the journal says; `false` when there is nothing to do any more.
    fn take_up(&mut self, first: bool) -> Result<bool> {
        let Some(entry) = journal::find(&self.revision.id, &mut *self.run.connection)? else {
            return Ok(self.course == Course::Upgrading);
        };
        if entry.course == Course::Applied {
            // It is to be taken back, and nobody has begun.
            return Ok(self.course == Course::Downgrading);
        }
        if entry.course != self.course {
            return Err(Error::migration(
                "somebody else has begun the other direction meanwhile; run it again",
            ));
        }
        let done = usize::try_from(entry.done).unwrap_or(usize::MAX);
        let steps = self.steps.get(..done);
        if steps.is_none_or(|steps| checksum_of(steps) != entry.steps) {
            return Err(Error::migration(format!(
                "{} of {} steps were done when it was stopped, and the file says something else of them now; put the steps \
                 back that were done, or take the changes back by hand and strike the revision out (stamp)",
                entry.done, entry.total
            )));
        }
        self.resumed = first;
        let total = self.entry.total;
        let checksum = std::mem::take(&mut self.entry.checksum);
        self.entry = Entry {
            total,
            checksum,
            ..entry
        };
        Ok(true)
    }

    /// Whether the journal still says what it said, asked within a transaction that is the lock.
    fn is_unmoved(&mut self) -> Result<bool> {
        if self.run.connection.dialect().capabilities().session_locks {
            return Ok(true);
        }
        let entry = journal::find(&self.revision.id, &mut *self.run.connection)?;
        Ok(match entry {
            None => {
                self.course == Course::Upgrading
                    && self.done() == 0
                    && self.entry.position.is_none()
            }
            Some(entry) if entry.course == Course::Applied => {
                self.course == Course::Downgrading && self.done() == 0
            }
            Some(entry) => {
                (entry.course, entry.done, &entry.position)
                    == (self.course, self.entry.done, &self.entry.position)
            }
        })
    }

    /// Steps in one transaction, together with the note that they are done.
    fn part(&mut self, start: usize, end: usize) -> Result<Turn> {
        let steps = self.steps.get(start..end).unwrap_or_default();
        let without = steps
            .iter()
            .any(|step| matches!(&step.work, Work::Schema(step) if step.without_foreign_keys));
        let switch = if without {
            self.run.connection.dialect().foreign_key_switch()
        } else {
            None
        };
        if let Some((off, _)) = switch {
            self.run.connection.batch(off)?;
        }
        let result = self.transaction(start, end, switch.is_some());
        match switch {
            Some((_, on)) => self.run.connection.batch(on).and(result),
            None => result,
        }
    }

    fn transaction(&mut self, start: usize, end: usize, unchecked: bool) -> Result<Turn> {
        lock::begin(self.run.connection, self.run.options.lock_timeout)?;
        let before = self.entry.clone();
        let result = self.within(start, end, unchecked);
        if result.is_err() {
            self.entry = before;
        }
        lock::finish(self.run.connection, result)
    }

    fn within(&mut self, start: usize, end: usize, unchecked: bool) -> Result<Turn> {
        if !self.is_unmoved()? {
            return Ok(Turn::Moved);
        }
        for at in start..end {
            self.step(at)?;
            self.advance(at + 1);
        }
        if unchecked {
            let dialect = self.run.connection.dialect();
            let dangling = dialect.dangling_rows(self.run.connection)?;
            if !dangling.is_empty() {
                return Err(Error::migration(format!(
                    "foreign keys would be violated: {}; mend these rows first",
                    dangling.join("; ")
                )));
            }
        }
        self.note()?;
        Ok(Turn::Done)
    }

    /// A step that commits by itself, between two notes.
    fn alone(&mut self, at: usize) -> Result<Turn> {
        self.at = at;
        let effect = match &self.steps[at].work {
            Work::Schema(step) => step.effect.clone(),
            _ => Effect::Repeatable,
        };
        let skip = self.resumed && self.was_done(&effect)?;
        if !skip {
            // What may be done again needs no note that it was begun.
            self.entry.begun = effect != Effect::Repeatable;
            if at == 0 || self.entry.begun {
                // So that a look at the journal tells what is going on, and whether it had begun.
                self.save()?;
            }
            if let Err(error) = self.step(at) {
                if self.entry.begun && !error.is_connection_lost() {
                    // It failed, so it is known that it is not done: what is there by that name is somebody else's.
                    self.entry.begun = false;
                    self.save()?;
                }
                return Err(error);
            }
            self.entry.begun = false;
        }
        self.advance(at + 1);
        self.note()?;
        Ok(Turn::Done)
    }

    /// Whether a step that a program may have done before it ended is done.
    fn was_done(&mut self, effect: &Effect) -> Result<bool> {
        let dialect = self.run.connection.dialect();
        if !self.entry.begun {
            return Ok(false);
        }
        Ok(match effect {
            Effect::Creates(object) => dialect.object_exists(self.run.connection, object)?,
            Effect::Drops(object) => !dialect.object_exists(self.run.connection, object)?,
            Effect::Unknown => match self.run.options.unsure {
                Unsure::Again => false,
                Unsure::Skip => true,
                Unsure::Refuse => {
                    return Err(Error::migration(
                        "it was running when the program was stopped, and nobody can tell whether it is done: look, and say \
                         whether to run it again or to skip it (--unsure again, --unsure skip)",
                    ));
                }
            },
            _ => false,
        })
    }

    /// Sets rows in parts, each together with the note how far it has come.
    fn backfill(&mut self, backfill: &Backfill, at: usize) -> Result<Turn> {
        self.at = at;
        let total = backfill.count(self.run.connection)?;
        let mut rows = 0;
        self.run.progress.tell(Event::Rows { done: 0, total });
        loop {
            lock::begin(self.run.connection, self.run.options.lock_timeout)?;
            let part = self.backfill_part(backfill, at);
            match lock::finish(self.run.connection, part)? {
                Some(0) => return Ok(Turn::Done),
                Some(part) => {
                    rows += part;
                    self.run.progress.tell(Event::Rows { done: rows, total });
                }
                None => return Ok(Turn::Moved),
            }
        }
    }

    /// The rows of the part that was set; 0 when there was none, and nothing when somebody else has set it.
    fn backfill_part(&mut self, backfill: &Backfill, at: usize) -> Result<Option<u64>> {
        if !self.is_unmoved()? {
            return Ok(None);
        }
        match backfill.part(self.run.connection, self.entry.position.as_deref())? {
            Some(part) => {
                self.entry.position = Some(part.position);
                self.save()?;
                Ok(Some(part.rows))
            }
            None => {
                self.advance(at + 1);
                self.note()?;
                Ok(Some(0))
            }
        }
    }

    fn step(&mut self, at: usize) -> Result<()> {
        self.at = at;
        let step = &self.steps[at];
        let connection = &mut *self.run.connection;
        self.run.progress.tell(Event::StepBegins {
            step: at + 1,
            total: self.steps.len(),
        });
        let place = |error: Error| match self.revision.operation(self.course, step.operation) {
            Some(operation) => error.context(operation),
            None => error,
        };
        match &step.work {
            Work::Schema(step) => match &step.action {
                StepAction::Run(sql) => connection.batch(sql),
                StepAction::Guard(guard) => look(connection, guard),
                StepAction::Program(program) => program.run(connection),
            },
            Work::Code { function, tables } => self.run.codes.call(
                function,
                &mut CodeContext {
                    connection,
                    tables: tables.as_slice(),
                },
            ),
            // It has transactions of its own.
            Work::Backfill(_) => Ok(()),
        }
        .map_err(place)?;
        self.run.progress.tell(Event::StepDone {
            step: at + 1,
            total: self.steps.len(),
        });
        Ok(())
    }

    fn advance(&mut self, done: usize) {
        self.entry.done = i32::try_from(done).unwrap_or(i32::MAX);
        self.entry.steps = checksum_of(self.steps.get(..done).unwrap_or_default());
        self.entry.position = None;
    }

    /// Writes down what is done; once all of it is, that it is applied, or nothing any more.
    fn note(&mut self) -> Result<()> {
        if self.done() < self.steps.len() {
            return self.save();
        }
        if self.course == Course::Downgrading {
            return journal::remove(&self.revision.id, &mut *self.run.connection);
        }
        self.entry.course = Course::Applied;
        self.entry.finished = Some(Utc::now());
        self.save()
    }

    fn save(&mut self) -> Result<()> {
        journal::save(&self.entry, &mut *self.run.connection)
    }
}

/// Whether a step is undone with the transaction that it runs in, also where DDL commits by itself.
fn in_transaction(work: &Work) -> bool {
    match work {
        Work::Schema(step) => {
            step.effect == Effect::Transactional || matches!(step.action, StepAction::Guard(_))
        }
        Work::Code { .. } => true,
        Work::Backfill(_) => false,
    }
}

fn checksum_of(steps: &[Step]) -> String {
    let statements: Vec<Vec<String>> = steps.iter().map(|step| step.work.statements()).collect();
    steps_checksum(&statements)
}

/// Fails when something is in the way.
fn look(connection: &mut PooledConnection, guard: &Guard) -> Result<()> {
    let mut rows = 0;
    connection.query(&Statement::once(guard.sql.as_str()), &mut |row| {
        rows = row.integer(0)?.unwrap_or(0);
        Ok(())
    })?;
    match rows {
        0 => Ok(()),
        _ => Err(Error::migration(format!(
            "{}: rows that {}: {rows}",
            guard.subject, guard.problem
        ))),
    }
}
