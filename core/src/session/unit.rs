//! The connections of a session: one a database that it has used.

use crate::Result;
use crate::backend::Connection;
use crate::database::{Database, PooledConnection};
use crate::transaction::TransactionOptions;

/// A database that a session works with, and its connection.
pub(crate) struct Unit {
    /// The name that the database is bound to; `None` for the main one.
    pub(crate) bind: Option<&'static str>,
    pub(crate) database: Database,
    options: TransactionOptions,
    connection: Option<PooledConnection>,
    /// The savepoints that are set on the connection, as the depth of each.
    savepoints: Vec<usize>,
    /// The id of the transaction, when it is to be committed in two phases.
    id: Option<String>,
}

fn name(depth: usize) -> String {
    format!("birgus_{depth}")
}

impl Unit {
    pub(crate) fn new(
        bind: Option<&'static str>,
        database: Database,
        options: TransactionOptions,
    ) -> Self {
        Self {
            bind,
            database,
            options,
            connection: None,
            savepoints: Vec::new(),
            id: None,
        }
    }

    /// How messages name the database.
    pub(crate) fn name(&self) -> String {
        match self.bind {
            Some(bind) => format!("the database `{bind}`"),
            None => "the main database".to_owned(),
        }
    }

    pub(crate) fn in_transaction(&self) -> bool {
        (self.connection.as_ref()).is_some_and(PooledConnection::in_transaction)
    }

    /// The connection, taken from the pool at the first use.
    pub(crate) fn connection(&mut self) -> Result<&mut PooledConnection> {
        let connection = match &mut self.connection {
            Some(connection) => connection,
            none => none.insert(self.database.connection()?),
        };
        if self.options.begins_at_once() && !connection.in_transaction() {
            connection.begin(self.options.mode(), self.options.isolation)?;
        }
        Ok(connection)
    }

    /// The connection, in a transaction.
    pub(crate) fn begun(&mut self) -> Result<&mut PooledConnection> {
        let (mode, isolation) = (self.options.mode(), self.options.isolation);
        if self.options.two_phase && !self.in_transaction() {
            let id = format!(
                "birgus_{:016x}{:016x}",
                fastrand::u64(..),
                fastrand::u64(..)
            );
            let connection = match &mut self.connection {
                Some(connection) => connection,
                none => none.insert(self.database.connection()?),
            };
            connection.begin_two_phase(&id)?;
            self.id = Some(id);
        }
        let connection = self.connection()?;
        if !connection.in_transaction() {
            connection.begin(mode, isolation)?;
        }
        Ok(connection)
    }

    /// Promises to commit: the first phase.
    pub(crate) fn prepare(&mut self) -> Result<()> {
        if let (Some(connection), Some(id)) = (&mut self.connection, &self.id)
            && connection.in_transaction()
        {
            connection
                .prepare(id)
                .map_err(|error| error.context(format!("preparing the transaction {id}")))?;
        }
        Ok(())
    }

    /// Ends what was promised: the second phase.
    pub(crate) fn end_prepared(&mut self, commit: bool) -> Result<()> {
        let name = self.name();
        if self.id.is_none() {
            // It never promised anything.
            return if commit {
                self.commit()
            } else {
                self.rollback()
            };
        }
        if let (Some(connection), Some(id)) = (&mut self.connection, &self.id) {
            let ended = if commit {
                connection.commit_prepared(id)
            } else {
                connection.rollback_prepared(id)
            };
            ended.map_err(|error| {
                error.context(format!(
                    "{name}: the transaction {id} is prepared, and not ended"
                ))
            })?;
        }
        self.release();
        Ok(())
    }

    /// Gives the connection back; a transaction that is open is rolled back.
    pub(crate) fn release(&mut self) {
        self.connection = None;
        self.savepoints.clear();
        self.id = None;
    }

    pub(crate) fn commit(&mut self) -> Result<()> {
        if let Some(connection) = &mut self.connection
            && connection.in_transaction()
        {
            connection.commit()?;
        }
        self.release();
        Ok(())
    }

    pub(crate) fn rollback(&mut self) -> Result<()> {
        let result = self.roll_back_transaction();
        self.release();
        result
    }

    /// Rolls back, and keeps the connection for what is to be read afterwards; one that failed is given up.
    pub(crate) fn roll_back_transaction(&mut self) -> Result<()> {
        self.savepoints.clear();
        self.id = None;
        let result = match &mut self.connection {
            Some(connection) if connection.in_transaction() => connection.rollback(),
            _ => Ok(()),
        };
        if result.is_err() {
            self.connection = None;
        }
        result
    }

    /// Sets a savepoint, when there is something that it could keep: a transaction that begins later can be rolled back
    /// as a whole.
    pub(crate) fn set_savepoint(&mut self, depth: usize) -> Result<()> {
        if let Some(connection) = &mut self.connection
            && connection.in_transaction()
        {
            connection.savepoint(&name(depth))?;
            self.savepoints.push(depth);
        }
        Ok(())
    }

    pub(crate) fn release_savepoint(&mut self, depth: usize) -> Result<()> {
        if self.savepoints.last() == Some(&depth)
            && let Some(connection) = &mut self.connection
        {
            self.savepoints.pop();
            connection.release(&name(depth))?;
        }
        Ok(())
    }

    pub(crate) fn roll_back_to_savepoint(&mut self, depth: usize) -> Result<()> {
        let Some(connection) = &mut self.connection else {
            return Ok(());
        };
        if self.savepoints.last() == Some(&depth) {
            self.savepoints.pop();
            let name = name(depth);
            connection.rollback_to(&name)?;
            return connection.release(&name);
        }
        if connection.in_transaction() {
            return connection.rollback();
        }
        Ok(())
    }
}
