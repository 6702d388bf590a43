//! What can run a statement: a session, a connection, a database.

use crate::Result;
use crate::backend::{Connection, Row, Statement};

/// Something that can run a statement.
///
/// * `&db`: one pooled connection for this statement alone;
/// * `&mut connection`: that connection;
/// * `&mut session`: the session's transaction, after a flush of what is pending.
///
/// A function of your own that takes any of them is generic, and lends on what it has:
///
/// ```no_run
/// # extern crate birgus_core as birgus;
/// use birgus::prelude::*;
/// # #[derive(Model)]
/// # pub struct User { #[key] pub id: i64, pub username: String }
///
/// fn rename(from: &str, to: &str, mut executor: impl Executor) -> birgus::Result<bool> {
///     let named = User::query().filter(User::username.eq(from));
///     named.clone().update(User::username.set(to), &mut executor)?;
///     Ok(!named.exists(&mut executor)?)
/// }
///
/// # fn main() -> birgus::Result<()> {
/// # let db = Database::open()?;
/// rename("susan", "sue", &db)?; // each statement commits
/// let mut session = db.session()?;
/// rename("david", "dave", &mut session)?; // both are part of the session's transaction
/// session.commit()?;
/// # Ok(())
/// # }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't run a statement",
    label = "not something that runs statements",
    note = "pass `&db`, `&mut session` or `&mut connection`"
)]
pub trait Executor {
    /// Runs `work` on a connection.
    ///
    /// # Errors
    ///
    /// Whatever `work` returns, and what getting the connection, BEGIN and COMMIT give.
    fn with_connection(
        &mut self,
        access: Access,
        work: &mut dyn FnMut(&mut dyn Connection) -> Result<()>,
    ) -> Result<()>;
}

/// What is going to be done with a connection; it decides about a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Access {
    /// Statements that only read.
    Read,
    /// One statement that writes. A session begins its transaction with it; elsewhere it is one by itself.
    Write,
    /// One statement that reads and locks what it reads. A session begins its transaction with it; elsewhere one must be
    /// open, since the lock would end with the statement.
    Lock,
    /// Several statements that take effect together or not at all: in the transaction that is open, or in one of
    /// their own.
    Together,
}

impl<E: Executor + ?Sized> Executor for &mut E {
    fn with_connection(
        &mut self,
        access: Access,
        work: &mut dyn FnMut(&mut dyn Connection) -> Result<()>,
    ) -> Result<()> {
        (**self).with_connection(access, work)
    }
}

/// Builds a statement for the connection's dialect, runs it, and hands out its rows.
pub(crate) fn fetch(
    executor: &mut dyn Executor,
    access: Access,
    build: &dyn Fn(&dyn Connection) -> Result<Statement>,
    each: &mut dyn FnMut(&dyn Row) -> Result<()>,
) -> Result<()> {
    executor.with_connection(access, &mut |connection| {
        let statement = build(connection)?;
        connection.query(&statement, each)
    })
}

/// Builds a statement for the connection's dialect, runs it, and counts the rows that it matched.
pub(crate) fn run(
    executor: &mut dyn Executor,
    build: &dyn Fn(&dyn Connection) -> Result<Statement>,
) -> Result<u64> {
    let mut matched = 0;
    executor.with_connection(Access::Write, &mut |connection| {
        let statement = build(connection)?;
        matched = connection.execute(&statement)?;
        Ok(())
    })?;
    Ok(matched)
}
