//! A pooled connection: what runs every statement, and what watches it.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::backend::{Connection, Dialect, Isolation, Row, Statement, TransactionMode};
use crate::catalog::Catalog;
use crate::config::Config;
use crate::pool::{Lease, micros};
use crate::query::{Access, Executor, Request};
use crate::testing::{Ran, Recorder, write_down};
use crate::unit::Unit;
use crate::value::Shown;
use crate::{DatabaseErrorKind, Error, Result};

/// How the statements of a database are watched, by all of its connections.
pub(crate) struct Watch {
    /// The name that the database is bound to; `None` for the main one.
    pub(crate) database: Option<String>,
    pub(crate) echo: bool,
    pub(crate) echo_binds: bool,
    pub(crate) slow: Option<Duration>,
    /// What completes errors.
    pub(crate) catalog: Arc<Catalog>,
    pub(crate) recorder: Recorder,
}

impl fmt::Debug for Watch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watch")
            .field("database", &self.database)
            .finish_non_exhaustive()
    }
}

impl Watch {
    pub(crate) fn new(config: &Config, database: Option<&str>, catalog: &Arc<Catalog>) -> Self {
        Self {
            database: database.map(str::to_owned),
            echo: config.echo,
            echo_binds: config.echo_binds,
            slow: config.slow_query,
            catalog: Arc::clone(catalog),
            recorder: Recorder::default(),
        }
    }
}

/// A connection from a database's pool; dropping it gives it back, and rolls back a transaction that is open.
///
/// Most programs use a [`Session`](crate::Session). The methods of [`Connection`] send statements one by one:
///
/// ```no_run
/// # extern crate birgus_core as birgus;
/// use birgus::backend::{Connection, TransactionMode};
/// use birgus::{Database, sql};
///
/// # fn main() -> birgus::Result<()> {
/// # let db = Database::open()?;
/// let mut connection = db.connection()?;
/// connection.begin(TransactionMode::Write, None)?;
/// sql("INSERT INTO log (line) VALUES ('begun')").execute(&mut connection)?;
/// connection.savepoint("attempt")?;
/// if let Err(error) = sql("UPDATE stock SET pieces = pieces - 1").execute(&mut connection) {
///     connection.rollback_to("attempt")?; // the line in the log stays
///     tracing::warn!(%error, "no piece was taken");
/// }
/// connection.commit()?;
/// # Ok(())
/// # }
/// ```
///
/// After a deadlock or a serialization failure the transaction takes nothing but `rollback`, on every engine: some have
/// rolled it back as a whole, and would run the next statement outside of any transaction.
pub struct PooledConnection {
    lease: Lease,
    watch: Arc<Watch>,
    unit: Unit,
}

impl fmt::Debug for PooledConnection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PooledConnection")
            .field("engine", &self.dialect().name())
            .field("in_transaction", &self.in_transaction())
            .finish_non_exhaustive()
    }
}

/// Binds for a log that asked for them.
struct Binds<'a>(&'a Statement);

impl fmt::Display for Binds<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, bind) in self.0.binds().iter().enumerate() {
            let separator = if position > 0 { ", " } else { "" };
            write!(f, "{separator}{}", Shown(&bind.value))?;
        }
        Ok(())
    }
}

impl PooledConnection {
    pub(crate) fn new(lease: Lease, watch: Arc<Watch>) -> Self {
        Self {
            lease,
            watch,
            unit: Unit::default(),
        }
    }

    /// Whether a transaction is open.
    pub fn in_transaction(&self) -> bool {
        self.lease.idle().in_transaction
    }

    fn raw(&mut self) -> &mut dyn Connection {
        &mut *self.lease.idle_mut().connection
    }

    /// Runs a statement of the transaction, or of none, unless the engine has given the transaction up.
    fn run(
        &mut self,
        text: &str,
        statement: Option<&Statement>,
        work: impl FnOnce(&mut dyn Connection) -> Result<u64>,
    ) -> Result<u64> {
        self.unit.usable()?;
        let result = self.watched(text, statement, work);
        self.note(&result);
        result
    }

    /// The second phase, of a transaction of this connection's or of another one's.
    fn end_prepared(
        &mut self,
        what: &str,
        id: &str,
        work: impl FnOnce(&mut dyn Connection) -> Result<()>,
    ) -> Result<()> {
        Unit::refuse_id(id)?;
        if self.in_transaction() {
            return Err(Error::invalid_query(format!(
                "{what} {id:?}: a transaction is open; prepare it, or end it first"
            )));
        }
        let own = self.unit.has_prepared(id);
        if !own {
            self.unit.usable()?;
        }
        self.watched(&format!("{what} {id}"), None, |connection| {
            work(connection).map(|()| 0)
        })?;
        if own {
            self.unit = Unit::default();
            self.lease.idle_mut().spoiled = false;
        }
        Ok(())
    }

    /// Remembers an error that ended the transaction.
    fn note(&mut self, result: &Result<u64>) {
        if let Err(error) = result
            && self.in_transaction()
        {
            self.unit.failed(error);
        }
    }

    /// Runs `work` under a span with the statement's text, and completes its error from what the models know.
    fn watched(
        &mut self,
        text: &str,
        statement: Option<&Statement>,
        work: impl FnOnce(&mut dyn Connection) -> Result<u64>,
    ) -> Result<u64> {
        let watch = Arc::clone(&self.watch);
        let tapes = watch.recorder.tapes();
        let span = tracing::debug_span!(
            "statement",
            engine = self.dialect().name(),
            statement = text,
            rows = tracing::field::Empty,
            elapsed_us = tracing::field::Empty,
            binds = tracing::field::Empty,
        );
        let entered = span.enter();
        let observed = !span.is_disabled() || watch.echo || watch.slow.is_some() || tapes.is_some();
        let start = observed.then(Instant::now);
        let result = work(self.raw());
        if let Some(start) = start {
            let elapsed = start.elapsed();
            let rows = *result.as_ref().unwrap_or(&0);
            span.record("elapsed_us", micros(elapsed))
                .record("rows", rows);
            let binds = statement
                .filter(|_| watch.echo_binds)
                .map(|statement| Binds(statement).to_string());
            if let Some(binds) = &binds {
                span.record("binds", tracing::field::display(binds));
            }
            if let Some(tapes) = tapes {
                let types = |statement: &Statement| {
                    let binds = statement.binds().iter();
                    binds.map(|bind| bind.bind_type).collect()
                };
                let ran = Ran {
                    text,
                    bind_types: statement.map(types).unwrap_or_default(),
                    binds: binds.as_deref(),
                    rows: result.as_ref().ok().copied(),
                    began: start,
                    elapsed,
                    database: watch.database.as_deref(),
                };
                write_down(&tapes, ran);
            }
            let binds = match &binds {
                Some(binds) => binds,
                None if statement.is_none_or(|statement| statement.binds().is_empty()) => "none",
                None => "not shown",
            };
            let slow = watch.slow.is_some_and(|slow| elapsed >= slow);
            if slow {
                tracing::warn!(
                    statement = text,
                    rows,
                    elapsed_us = micros(elapsed),
                    %binds,
                    "slow query"
                );
            } else if watch.echo {
                tracing::info!(
                    statement = text,
                    rows,
                    elapsed_us = micros(elapsed),
                    %binds,
                    "echo"
                );
            }
        }
        drop(entered);
        result.map_err(|error| watch.catalog.complete(error))
    }
}

/// The error of a COMMIT whose answer did not come: it must not look like one after which to try again.
fn outcome_unknown(error: Error) -> Error {
    let code = error.code().map(str::to_owned);
    let lost = Error::database(
        DatabaseErrorKind::ConnectionLost,
        format!(
            "the connection was lost during COMMIT, so it is not known whether the transaction took place: {error}"
        ),
    );
    match code {
        Some(code) => lost.with_code(code),
        None => lost,
    }
}

impl Connection for PooledConnection {
    fn dialect(&self) -> &'static dyn Dialect {
        self.lease.idle().connection.dialect()
    }

    fn server_version(&self) -> &str {
        self.lease.idle().connection.server_version()
    }

    fn execute(&mut self, statement: &Statement) -> Result<u64> {
        self.run(statement.text(), Some(statement), |connection| {
            connection.execute(statement)
        })
    }

    fn query(
        &mut self,
        statement: &Statement,
        each: &mut dyn FnMut(&dyn Row) -> Result<()>,
    ) -> Result<()> {
        self.unit.usable()?;
        let mut of_caller = false;
        let result = self.watched(statement.text(), Some(statement), |connection| {
            let mut rows = 0;
            connection.query(statement, &mut |row| {
                rows += 1;
                each(row).inspect_err(|_| of_caller = true)
            })?;
            Ok(rows)
        });
        // What the caller made of a row may be the deadlock of another database.
        if !of_caller {
            self.note(&result);
        }
        result.map(drop)
    }

    fn batch(&mut self, sql: &str) -> Result<()> {
        self.run(sql, None, |connection| connection.batch(sql).map(|()| 0))?;
        Ok(())
    }

    fn last_insert_id(&mut self) -> Result<i64> {
        self.raw().last_insert_id()
    }

    fn insert_id_step(&self) -> i64 {
        self.lease.idle().connection.insert_id_step()
    }

    fn begin(&mut self, mode: TransactionMode, isolation: Option<Isolation>) -> Result<()> {
        self.unit.usable()?;
        let read_only = mode == TransactionMode::ReadOnly;
        let mut text = "BEGIN".to_owned();
        if let Some(isolation) = isolation {
            text.push_str(" ISOLATION LEVEL ");
            text.push_str(isolation.sql());
        }
        if read_only {
            text.push_str(" READ ONLY");
        }
        self.watched(&text, None, |connection| {
            connection.begin(mode, isolation).map(|()| 0)
        })?;
        self.lease.idle_mut().in_transaction = true;
        self.unit = Unit::begun(read_only);
        Ok(())
    }

    fn commit(&mut self) -> Result<()> {
        // After a COMMIT that fails, a rollback is still due: some engines leave the transaction open.
        let result = self.run("COMMIT", None, |connection| connection.commit().map(|()| 0));
        match result {
            Ok(_) => {
                self.lease.idle_mut().in_transaction = false;
                self.unit = Unit::default();
                Ok(())
            }
            Err(error) if error.is_connection_lost() || self.is_broken() => {
                Err(outcome_unknown(error))
            }
            Err(error) => Err(error),
        }
    }

    fn rollback(&mut self) -> Result<()> {
        let result = self.watched("ROLLBACK", None, |connection| {
            connection.rollback().map(|()| 0)
        });
        self.unit = Unit::default();
        let idle = self.lease.idle_mut();
        idle.in_transaction = false;
        idle.spoiled |= result.is_err();
        result.map(|_| ())
    }

    fn savepoint(&mut self, name: &str) -> Result<()> {
        self.unit.refuse_savepoint(name, self.in_transaction())?;
        self.run(&format!("SAVEPOINT {name}"), None, |connection| {
            connection.savepoint(name).map(|()| 0)
        })?;
        self.unit.savepoints.push(name.to_owned());
        Ok(())
    }

    fn release(&mut self, name: &str) -> Result<()> {
        let position = self.unit.position(name)?;
        self.run(&format!("RELEASE SAVEPOINT {name}"), None, |connection| {
            connection.release(name).map(|()| 0)
        })?;
        self.unit.savepoints.truncate(position);
        Ok(())
    }

    fn rollback_to(&mut self, name: &str) -> Result<()> {
        let position = self.unit.position(name)?;
        self.run(
            &format!("ROLLBACK TO SAVEPOINT {name}"),
            None,
            |connection| connection.rollback_to(name).map(|()| 0),
        )?;
        self.unit.savepoints.truncate(position + 1);
        Ok(())
    }

    fn begin_two_phase(&mut self, id: &str) -> Result<()> {
        Unit::refuse_id(id)?;
        self.unit.usable()?;
        self.watched(&format!("BEGIN TWO-PHASE {id}"), None, |connection| {
            connection.begin_two_phase(id).map(|()| 0)
        })?;
        self.lease.idle_mut().in_transaction = true;
        self.unit = Unit::begun_two_phase(id);
        Ok(())
    }

    fn prepare(&mut self, id: &str) -> Result<()> {
        self.unit.preparable(id)?;
        self.run(&format!("PREPARE {id}"), None, |connection| {
            connection.prepare(id).map(|()| 0)
        })?;
        self.unit = Unit::prepared(id);
        let idle = self.lease.idle_mut();
        idle.in_transaction = false;
        // Until this connection has ended it, nobody else may get it: a server may tie it to the transaction.
        idle.spoiled = true;
        Ok(())
    }

    fn commit_prepared(&mut self, id: &str) -> Result<()> {
        self.end_prepared("COMMIT PREPARED", id, |connection| {
            connection.commit_prepared(id)
        })
    }

    fn rollback_prepared(&mut self, id: &str) -> Result<()> {
        self.end_prepared("ROLLBACK PREPARED", id, |connection| {
            connection.rollback_prepared(id)
        })
    }

    fn ping(&mut self) -> Result<()> {
        self.raw().ping()
    }

    fn is_broken(&self) -> bool {
        self.lease.idle().connection.is_broken()
    }
}

impl Executor for PooledConnection {
    fn with_connection(
        &mut self,
        request: Request<'_>,
        work: &mut dyn FnMut(&mut dyn Connection) -> Result<()>,
    ) -> Result<()> {
        if self.in_transaction() {
            if request.access() == Access::Lock {
                self.unit.refuse_lock()?;
            }
            return work(self);
        }
        match request.access() {
            Access::Read | Access::Write => return work(self),
            Access::Lock => {
                return Err(Error::invalid_query(
                    "for_update: a lock lasts until the transaction ends, and none is open; run the query by a session",
                ));
            }
            Access::Together => {}
        }
        self.begin(TransactionMode::Write, None)?;
        match work(self).and_then(|()| self.commit()) {
            Ok(()) => Ok(()),
            Err(error) => {
                // The first error is the one to tell; a rollback that fails too spoils the connection.
                let _ = self.rollback();
                Err(error)
            }
        }
    }
}
