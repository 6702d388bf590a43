//! What can run a statement: a session, a connection, a database.

use std::fmt;
use std::panic::Location;

use crate::Result;
use crate::backend::{Connection, Row, Statement};
use crate::model::ModelInfo;
use crate::relation::RelationInfo;

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
        request: Request<'_>,
        work: &mut dyn FnMut(&mut dyn Connection) -> Result<()>,
    ) -> Result<()>;

    /// Is told of a set-based statement that has changed rows. A session reads the objects again that it tracks of them;
    /// others need not know.
    ///
    /// # Errors
    ///
    /// Whatever reading the rows gives.
    fn changed(&mut self, change: SetChange) -> Result<()> {
        let _ = change;
        Ok(())
    }

    /// Is told that a relation is loaded for one row by itself, and where. A session counts these; others need not.
    ///
    /// # Errors
    ///
    /// `is_n_plus_one()` where that is made an error.
    fn loads_one(
        &mut self,
        relation: &'static RelationInfo,
        caller: &'static Location<'static>,
    ) -> Result<()> {
        let _ = (relation, caller);
        Ok(())
    }
}

/// What a set-based statement has done to a table.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum SetChange {
    /// Rows were updated.
    Updated(&'static ModelInfo),
    /// Rows were deleted.
    Deleted(&'static ModelInfo),
}

/// Builds a statement for a connection's dialect.
pub(crate) type Build<'a> = &'a dyn Fn(&dyn Connection) -> Result<Statement>;

/// What a connection is wanted for.
#[derive(Clone, Copy)]
pub struct Request<'a> {
    access: Access,
    bind: Option<&'static str>,
    statement: Option<Build<'a>>,
}

impl fmt::Debug for Request<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request")
            .field("access", &self.access)
            .field("bind", &self.bind)
            .finish_non_exhaustive()
    }
}

impl<'a> Request<'a> {
    /// A request for statements of that kind, on the main database.
    pub fn new(access: Access) -> Self {
        Self {
            access,
            bind: None,
            statement: None,
        }
    }

    /// The same on the database that the model lives in.
    #[must_use]
    pub fn of(self, model: &ModelInfo) -> Self {
        self.bound_to(model.bind)
    }

    /// The same on a named database.
    #[must_use]
    pub fn bound_to(mut self, bind: Option<&'static str>) -> Self {
        self.bind = bind;
        self
    }

    /// Says which statement it is for, so that an error can name it.
    #[must_use]
    pub(crate) fn to_run(mut self, statement: Build<'a>) -> Self {
        self.statement = Some(statement);
        self
    }

    /// What is going to be done.
    pub fn access(&self) -> Access {
        self.access
    }

    /// The named database that is asked for; `None` for the main one.
    pub fn bind(&self) -> Option<&'static str> {
        self.bind
    }

    /// The text of the statement that it is for, as far as it is known.
    pub(crate) fn text(&self, connection: &dyn Connection) -> Option<String> {
        let statement = (self.statement?)(connection).ok()?;
        Some(statement.text().to_owned())
    }
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
        request: Request<'_>,
        work: &mut dyn FnMut(&mut dyn Connection) -> Result<()>,
    ) -> Result<()> {
        (**self).with_connection(request, work)
    }

    fn changed(&mut self, change: SetChange) -> Result<()> {
        (**self).changed(change)
    }

    fn loads_one(
        &mut self,
        relation: &'static RelationInfo,
        caller: &'static Location<'static>,
    ) -> Result<()> {
        (**self).loads_one(relation, caller)
    }
}

/// Builds a statement for the connection's dialect, runs it, and hands out its rows.
pub(crate) fn fetch(
    executor: &mut dyn Executor,
    request: Request<'_>,
    build: Build<'_>,
    each: &mut dyn FnMut(&dyn Row) -> Result<()>,
) -> Result<()> {
    executor.with_connection(request.to_run(build), &mut |connection| {
        let statement = build(connection)?;
        connection.query(&statement, each)
    })
}

/// Builds a statement for the connection's dialect, runs it, and counts the rows that it matched.
pub(crate) fn run(
    executor: &mut dyn Executor,
    request: Request<'_>,
    build: Build<'_>,
) -> Result<u64> {
    let mut matched = 0;
    executor.with_connection(request.to_run(build), &mut |connection| {
        let statement = build(connection)?;
        matched = connection.execute(&statement)?;
        Ok(())
    })?;
    Ok(matched)
}
