//! A transaction around everything that a test does, which is rolled back.

use std::fmt;
use std::ops::Deref;
use std::sync::{Arc, Mutex, PoisonError};

use super::StatementKind;
use super::words::parts;
use crate::backend::{Connection, Connector, Dialect, Isolation, Row, Statement, TransactionMode};
use crate::pool::Lease;
use crate::query::{Executor, Request};
use crate::{Database, DatabaseErrorKind, Error, Result};

/// What a test does, and never keeps: a handle of a database whose one connection is inside of a transaction that is
/// rolled back when this is dropped, also by a panic.
///
/// It stands wherever a [`Database`] does. Sessions and statements in it work as ever: what they begin, commit and roll
/// back are savepoints within that transaction, so the code under test commits and sees what it has committed, and the
/// next test sees nothing of it.
///
/// ```no_run
/// # extern crate birgus_core as birgus;
/// use birgus::prelude::*;
/// use birgus::testing::TestTransaction;
/// # #[derive(Model)]
/// # pub struct User { #[key] pub id: i64, pub username: String }
///
/// fn sign_up(db: &Database, name: &str) -> birgus::Result<()> {
///     let mut session = db.session()?;
///     session.add(User::build().username(name));
///     session.commit()
/// }
///
/// # fn main() -> birgus::Result<()> {
/// # let db = Database::open()?;
/// let test = TestTransaction::begin(&db)?;
/// sign_up(&test, "susan")?;
/// assert_eq!(User::query().count(&test)?, 1);
/// drop(test);
/// assert_eq!(User::query().count(&db)?, 0);
/// # Ok(())
/// # }
/// ```
///
/// # What is different in it
///
/// * There is one connection, and one for each bound database. A session that has one, since it has read or flushed
///   something, and has not committed, keeps it from everybody else; they wait for 5 seconds at most and get an error.
/// * An engine whose DDL commits ([`Capabilities::transactional_ddl`](crate::backend::Capabilities::transactional_ddl):
///   MySQL, MariaDB) would end the transaction: CREATE, ALTER, DROP, TRUNCATE and RENAME are refused there, so create the
///   tables before. A statement of another kind that commits (`ANALYZE TABLE`, a procedure that does) can't be told
///   beforehand; it is an error afterwards, and what was done until then stays in the database.
/// * BEGIN, COMMIT and ROLLBACK as SQL of your own are refused on every engine.
/// * After a deadlock or a serialization failure nothing runs in it any more.
/// * Ids that were used up are not given back, and other connections see nothing of it; on SQLite they can't write
///   meanwhile.
/// * The isolation that a session asks for is that of the one transaction, and a session that asks to only read can write.
/// * A recording or a log shows BEGIN and COMMIT where the code under test has said so.
pub struct TestTransaction {
    database: Database,
    open: Vec<Arc<Mutex<Open>>>,
}

impl TestTransaction {
    /// Begins the transaction, on a connection that it takes from the pool, and one on each bound database.
    ///
    /// # Errors
    ///
    /// As [`Database::connection`]; on SQLite `is_retryable()` when somebody else writes for too long.
    pub fn begin(database: &Database) -> Result<Self> {
        let mut open = Vec::new();
        let result = database.by(&mut |lease| {
            let one = Arc::new(Mutex::new(Open::Ready(lease)));
            open.push(Arc::clone(&one));
            Box::new(OuterConnector(one))
        });
        Ok(Self {
            database: result?,
            open,
        })
    }
}

impl fmt::Debug for TestTransaction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("TestTransaction")
            .field(&self.database)
            .finish()
    }
}

impl Deref for TestTransaction {
    type Target = Database;

    fn deref(&self) -> &Database {
        &self.database
    }
}

impl Executor for &TestTransaction {
    fn with_connection(
        &mut self,
        request: Request<'_>,
        work: &mut dyn FnMut(&mut dyn Connection) -> Result<()>,
    ) -> Result<()> {
        (&self.database).with_connection(request, work)
    }
}

impl Drop for TestTransaction {
    fn drop(&mut self) {
        for open in &self.open {
            end(open, "it was dropped");
        }
    }
}

/// The outer transaction's connection.
enum Open {
    /// Nothing is begun yet.
    Ready(Lease),
    Begun(Lease),
    /// It was rolled back, or the engine has ended it.
    Ended(String),
}

/// Gives the connection back, which rolls back.
fn end(open: &Mutex<Open>, why: &str) {
    let mut open = open.lock().unwrap_or_else(PoisonError::into_inner);
    if !matches!(*open, Open::Ended(_)) {
        *open = Open::Ended(why.to_owned());
    }
}

struct OuterConnector(Arc<Mutex<Open>>);

impl Connector for OuterConnector {
    fn connect(&self) -> Result<Box<dyn Connection>> {
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match std::mem::replace(&mut *open, Open::Ended("it could not begin".to_owned())) {
            Open::Ready(mut lease) => {
                lease
                    .idle_mut()
                    .connection
                    .begin(TransactionMode::Write, None)?;
                // Whoever drops the lease now rolls back.
                lease.idle_mut().in_transaction = true;
                let inner = &lease.idle().connection;
                let connection = InnerConnection {
                    dialect: inner.dialect(),
                    server_version: inner.server_version().to_owned(),
                    insert_id_step: inner.insert_id_step(),
                    open: Arc::clone(&self.0),
                    in_transaction: false,
                };
                *open = Open::Begun(lease);
                Ok(Box::new(connection))
            }
            // There is one connection, which is never replaced.
            other => {
                *open = other;
                Err(Error::session("a test transaction has one connection"))
            }
        }
    }
}

/// What the handle's pool lends: transactions of it are savepoints.
struct InnerConnection {
    dialect: &'static dyn Dialect,
    server_version: String,
    insert_id_step: i64,
    open: Arc<Mutex<Open>>,
    in_transaction: bool,
}

/// A name that no savepoint of a program's own has, since it holds a space.
const TRANSACTION: &str = "birgus test";
const PROBE: &str = "birgus probe";

impl InnerConnection {
    /// Runs `work` in the outer transaction, and notices when it was the end of it.
    fn run<T>(&mut self, work: impl FnOnce(&mut dyn Connection) -> Result<T>) -> Result<T> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let lease = match &mut *open {
            Open::Begun(lease) | Open::Ready(lease) => lease,
            Open::Ended(why) => {
                return Err(Error::session(format!(
                    "the test transaction has ended: {why}"
                )));
            }
        };
        let result = work(&mut *lease.idle_mut().connection);
        if let Err(error) = &result
            && let Some(DatabaseErrorKind::Deadlock | DatabaseErrorKind::SerializationFailure) =
                error.database_kind()
        {
            // Some engines have rolled back everything, and would run what follows outside of any transaction.
            *open = Open::Ended(error.to_string());
        }
        result
    }

    /// Runs a program's statement: within a savepoint of its own where a failure would spoil the outer transaction.
    fn statement<T>(
        &mut self,
        sql: &str,
        work: impl FnOnce(&mut dyn Connection) -> Result<T>,
    ) -> Result<T> {
        let probed = self.refuse_what_ends(sql)?;
        let alone = !self.in_transaction && self.dialect.capabilities().aborts_transaction_on_error;
        if probed {
            return self.probed(work);
        }
        if !alone {
            return self.run(work);
        }
        self.run(|connection| {
            connection.savepoint(TRANSACTION)?;
            let result = work(connection);
            // What the caller makes of a row may fail too; then the statement was none the worse.
            if result.is_err() && connection.release(TRANSACTION).is_ok() {
                return result;
            }
            if result.is_err() {
                // The first error is the one to tell; where this fails too, so does every statement that follows.
                let _ = (connection.rollback_to(TRANSACTION))
                    .and_then(|()| connection.release(TRANSACTION));
                return result;
            }
            connection.release(TRANSACTION)?;
            result
        })
    }

    /// Runs a statement that may commit, and finds out whether it did.
    fn probed<T>(&mut self, work: impl FnOnce(&mut dyn Connection) -> Result<T>) -> Result<T> {
        let mut is_over = false;
        let result = self.run(|connection| {
            connection.savepoint(PROBE)?;
            let result = work(connection);
            is_over = connection.release(PROBE).is_err();
            result
        });
        if is_over {
            let why = "a statement has committed it, and what was done until then stays";
            end(&self.open, why);
            return Err(Error::session(format!(
                "the test transaction has ended: {why}"
            )));
        }
        result
    }

    /// Fails for SQL that would end the outer transaction, and tells whether it still may.
    fn refuse_what_ends(&self, sql: &str) -> Result<bool> {
        let ddl_commits = !self.dialect.capabilities().transactional_ddl;
        let mut may_end = false;
        for part in parts(sql) {
            if matches!(
                part.kind,
                StatementKind::Begin | StatementKind::Commit | StatementKind::Rollback
            ) {
                return Err(Error::unsupported(
                    "in a test transaction, BEGIN, COMMIT and ROLLBACK can't be SQL of your own: use a session, or the \
                     methods of a connection",
                ));
            }
            if part.defines && ddl_commits {
                return Err(Error::unsupported(format!(
                    "DDL commits the transaction on {}, so a test transaction could not be rolled back: create, change \
                     and drop tables outside of it",
                    self.dialect.name()
                )));
            }
            may_end |= ddl_commits && part.kind == StatementKind::Other;
        }
        Ok(may_end)
    }
}

impl Connection for InnerConnection {
    fn dialect(&self) -> &'static dyn Dialect {
        self.dialect
    }

    fn server_version(&self) -> &str {
        &self.server_version
    }

    fn execute(&mut self, statement: &Statement) -> Result<u64> {
        self.statement(statement.text(), |connection| connection.execute(statement))
    }

    fn query(
        &mut self,
        statement: &Statement,
        each: &mut dyn FnMut(&dyn Row) -> Result<()>,
    ) -> Result<()> {
        self.statement(statement.text(), |connection| {
            connection.query(statement, each)
        })
    }

    fn batch(&mut self, sql: &str) -> Result<()> {
        self.statement(sql, |connection| connection.batch(sql))
    }

    fn last_insert_id(&mut self) -> Result<i64> {
        self.run(|connection| connection.last_insert_id())
    }

    fn insert_id_step(&self) -> i64 {
        self.insert_id_step
    }

    fn begin(&mut self, _mode: TransactionMode, _isolation: Option<Isolation>) -> Result<()> {
        if self.in_transaction {
            return Err(Error::invalid_query("begin: a transaction is open"));
        }
        self.run(|connection| connection.savepoint(TRANSACTION))?;
        self.in_transaction = true;
        Ok(())
    }

    fn commit(&mut self) -> Result<()> {
        self.run(|connection| connection.release(TRANSACTION))?;
        self.in_transaction = false;
        Ok(())
    }

    fn rollback(&mut self) -> Result<()> {
        self.in_transaction = false;
        let ended = {
            let open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
            matches!(*open, Open::Ended(_))
        };
        if ended {
            // With everything else.
            return Ok(());
        }
        self.run(|connection| {
            connection.rollback_to(TRANSACTION)?;
            connection.release(TRANSACTION)
        })
    }

    fn savepoint(&mut self, name: &str) -> Result<()> {
        self.run(|connection| connection.savepoint(name))
    }

    fn release(&mut self, name: &str) -> Result<()> {
        self.run(|connection| connection.release(name))
    }

    fn rollback_to(&mut self, name: &str) -> Result<()> {
        self.run(|connection| connection.rollback_to(name))
    }

    fn ping(&mut self) -> Result<()> {
        self.run(|connection| connection.ping())
    }

    fn is_broken(&self) -> bool {
        // The pool must not replace it: there is no other one inside of the transaction.
        false
    }
}
