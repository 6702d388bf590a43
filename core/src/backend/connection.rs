//! One connection to a database.

use super::{Dialect, Row, Statement};
use crate::{Error, Result};

/// One connection to a database, in the mode that Birgus requires (see [`Mode`]).
///
/// A connection is used by one thread at a time and moves between threads, hence `Send`.
pub trait Connection: Send {
    /// The dialect of the server behind this connection, with its capabilities. A driver keeps one `static` for each
    /// set of capabilities.
    fn dialect(&self) -> &'static dyn Dialect;

    /// The server's version, as it names itself: `15.4`, `10.11.6-MariaDB`.
    fn server_version(&self) -> &str;

    /// Runs a statement that gives no rows, and returns how many rows it *matched*.
    ///
    /// An UPDATE that sets a row to what it was counts that row on every engine; MySQL must be asked to
    /// (`CLIENT_FOUND_ROWS`).
    ///
    /// # Errors
    ///
    /// Whatever the database refuses, classified by [`DatabaseErrorKind`](crate::DatabaseErrorKind). A driver MUST
    /// leave the connection usable, or report it by [`Connection::is_broken`]. The message MUST NOT hold bound values.
    fn execute(&mut self, statement: &Statement) -> Result<u64>;

    /// Runs a statement and hands each row to `each`, in order.
    ///
    /// When `each` fails, the driver MUST stop, leave the connection usable and return that error.
    ///
    /// # Errors
    ///
    /// As [`Connection::execute`], and whatever `each` returns.
    fn query(
        &mut self,
        statement: &Statement,
        each: &mut dyn FnMut(&dyn Row) -> Result<()>,
    ) -> Result<()>;

    /// Runs statements without binds, separated by `;`: DDL and settings. No result is read.
    ///
    /// # Errors
    ///
    /// As [`Connection::execute`].
    fn batch(&mut self, sql: &str) -> Result<()>;

    /// The id that the last INSERT on this connection assigned: the first or the last of its rows, as
    /// [`Capabilities::inserted_ids`](super::Capabilities::inserted_ids) says.
    ///
    /// # Errors
    ///
    /// As [`Connection::execute`]; `is_unsupported()` on an engine whose ids come back by RETURNING.
    fn last_insert_id(&mut self) -> Result<i64>;

    /// The distance between two ids of one INSERT. MySQL: `@@auto_increment_increment`, 3 on a three-node cluster.
    fn insert_id_step(&self) -> i64 {
        1
    }

    /// Opens a transaction; at READ COMMITTED, or the engine's next stronger level, when no isolation is asked for. The
    /// isolation and the mode MUST hold for this transaction alone.
    ///
    /// # Errors
    ///
    /// As [`Connection::execute`]; `is_retryable()` when another writer holds the database for too long.
    fn begin(&mut self, mode: TransactionMode, isolation: Option<Isolation>) -> Result<()>;

    /// Commits the open transaction.
    ///
    /// # Errors
    ///
    /// As [`Connection::execute`].
    fn commit(&mut self) -> Result<()> {
        self.batch("COMMIT")
    }

    /// Rolls the open transaction back.
    ///
    /// # Errors
    ///
    /// As [`Connection::execute`].
    fn rollback(&mut self) -> Result<()> {
        self.batch("ROLLBACK")
    }

    /// Sets a savepoint in the open transaction: a place to which it can be rolled back.
    ///
    /// A name may stand for one savepoint at a time: engines differ in what a second one does to the first, and in
    /// whether `A` is `a`. A [`PooledConnection`](crate::PooledConnection) refuses what they would answer differently.
    ///
    /// # Errors
    ///
    /// As [`Connection::execute`].
    fn savepoint(&mut self, name: &str) -> Result<()> {
        let sql = with_name(self.dialect(), "SAVEPOINT ", name);
        self.batch(&sql)
    }

    /// Forgets a savepoint and those that were set after it; what was done since stays.
    ///
    /// # Errors
    ///
    /// As [`Connection::execute`].
    fn release(&mut self, name: &str) -> Result<()> {
        let sql = with_name(self.dialect(), "RELEASE SAVEPOINT ", name);
        self.batch(&sql)
    }

    /// Undoes what was done since a savepoint, which stays, and forgets those that were set after it. A transaction that
    /// a failed statement has made unusable MUST be usable again.
    ///
    /// # Errors
    ///
    /// As [`Connection::execute`].
    fn rollback_to(&mut self, name: &str) -> Result<()> {
        let sql = with_name(self.dialect(), "ROLLBACK TO SAVEPOINT ", name);
        self.batch(&sql)
    }

    /// Opens a transaction that [`Connection::prepare`] can end. `id` names it on the whole server; it is 1 to 64 of
    /// `A`–`Z`, `a`–`z`, digits, `_`, `.`, `:` and `-`, which a [`PooledConnection`](crate::PooledConnection) sees to.
    /// It may also be committed and rolled back as any other.
    ///
    /// # Errors
    ///
    /// `is_unsupported()` where [`Capabilities::two_phase`](super::Capabilities::two_phase) is not set or the server is
    /// configured against it.
    fn begin_two_phase(&mut self, id: &str) -> Result<()> {
        let _ = id;
        Err(no_two_phase(self.dialect()))
    }

    /// Ends the transaction that [`Connection::begin_two_phase`] opened, so that it can be committed for certain, also after
    /// the server crashed: the first phase. It holds its locks until the second one, whoever runs that.
    ///
    /// # Errors
    ///
    /// As [`Connection::execute`]; the transaction is then to be rolled back.
    fn prepare(&mut self, id: &str) -> Result<()> {
        let _ = id;
        Err(no_two_phase(self.dialect()))
    }

    /// Commits a prepared transaction: the second phase. MariaDB lets no other connection do so before the one that
    /// prepared it is closed.
    ///
    /// # Errors
    ///
    /// As [`Connection::execute`], also when no transaction of that id is prepared.
    fn commit_prepared(&mut self, id: &str) -> Result<()> {
        let _ = id;
        Err(no_two_phase(self.dialect()))
    }

    /// Rolls a prepared transaction back: the other second phase.
    ///
    /// # Errors
    ///
    /// As [`Connection::commit_prepared`].
    fn rollback_prepared(&mut self, id: &str) -> Result<()> {
        let _ = id;
        Err(no_two_phase(self.dialect()))
    }

    /// Asks the server for a sign of life, with one round trip.
    ///
    /// # Errors
    ///
    /// `is_connection_lost()` when there is none.
    fn ping(&mut self) -> Result<()>;

    /// Whether the connection is known to be gone; must not ask the server. A pool drops such a connection.
    fn is_broken(&self) -> bool;
}

fn no_two_phase(dialect: &dyn Dialect) -> Error {
    Error::unsupported(format!(
        "{} has no two-phase commit; commit in one phase",
        dialect.name()
    ))
}

fn with_name(dialect: &dyn Dialect, start: &str, name: &str) -> String {
    let mut sql = start.to_owned();
    dialect.quote_identifier(&mut sql, name);
    sql
}

/// What a transaction is going to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TransactionMode {
    /// It only reads, as the program says; no engine is asked to enforce it.
    Read,
    /// It may only read: a driver MUST refuse what would write, by an error that is `is_read_only()`.
    ReadOnly,
    /// It writes, perhaps after it has read. SQLite takes the write lock at once (`BEGIN IMMEDIATE`): an upgrade
    /// from a read transaction fails with "database is locked" however long one waits.
    Write,
}

/// How far transactions that run at one time are kept apart. An engine may keep them further apart than it was asked to.
///
/// | asked for | SQLite | PostgreSQL | MySQL, MariaDB |
/// |---|---|---|---|
/// | [`ReadCommitted`](Self::ReadCommitted) | serializable | READ COMMITTED | READ COMMITTED |
/// | [`RepeatableRead`](Self::RepeatableRead), only reading | serializable | REPEATABLE READ | REPEATABLE READ |
/// | [`RepeatableRead`](Self::RepeatableRead), writing | serializable | REPEATABLE READ | SERIALIZABLE |
/// | [`Serializable`](Self::Serializable) | serializable | SERIALIZABLE | SERIALIZABLE |
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Isolation {
    /// Each statement sees what was committed before it.
    ReadCommitted,
    /// What was read once reads the same until the end, and no change of somebody else's in between is overwritten: a
    /// transaction that would has to be tried again (`is_retryable()`), or keeps the others waiting.
    ///
    /// REPEATABLE READ of MySQL and MariaDB overwrites, so a transaction that writes is serializable there.
    RepeatableRead,
    /// As if the transactions had run one after the other. One that can't be fitted in has to be tried again
    /// (`is_retryable()`).
    Serializable,
}

impl Isolation {
    /// The level's name in the standard's SQL.
    pub fn sql(self) -> &'static str {
        match self {
            Self::ReadCommitted => "READ COMMITTED",
            Self::RepeatableRead => "REPEATABLE READ",
            Self::Serializable => "SERIALIZABLE",
        }
    }
}

/// The mode that a driver MUST put every new connection into, and read back afterwards; a setting that did not take
/// effect MUST fail the connection, since programs would behave differently without a word.
///
/// * foreign keys are enforced (SQLite: `foreign_keys = ON`, which is a no-op inside a transaction);
/// * texts are compared by code point, cases and accents apart, trailing spaces counted;
/// * `LIKE` tells cases apart (SQLite: `case_sensitive_like`), a backslash in a literal is a backslash;
/// * out-of-range and over-long values are errors (MySQL: a strict `sql_mode`);
/// * `"x"` quotes an identifier, `||` concatenates;
/// * the session's time zone is UTC;
/// * isolation is READ COMMITTED (SQLite: serializable, which is stronger).
#[derive(Clone, Copy, Debug)]
pub struct Mode;

impl Mode {
    /// The error of a setting that did not take effect.
    pub fn not_effective(setting: &str, wanted: &str, found: &str) -> crate::Error {
        crate::Error::configuration(format!(
            "the connection setting {setting} should be {wanted} and is {found}: the database would behave differently"
        ))
    }
}
