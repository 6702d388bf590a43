//! What a connection knows of its open transaction, so that every engine answers alike.

use crate::{DatabaseErrorKind, Error, Result};

/// The state of an open transaction.
#[derive(Debug, Default)]
pub(crate) struct Unit {
    /// The savepoints that are set, in their order.
    pub(crate) savepoints: Vec<String>,
    /// Whether it may only read.
    read_only: bool,
    /// The id under which it can be prepared.
    two_phase: Option<String>,
    /// The id under which it was prepared, until the connection has ended it.
    prepared: Option<String>,
    /// The error after which only a rollback is left.
    given_up: Option<(DatabaseErrorKind, String)>,
}

impl Unit {
    /// A transaction that has just begun.
    pub(crate) fn begun(read_only: bool) -> Self {
        Self {
            read_only,
            ..Self::default()
        }
    }

    /// A transaction in two phases that has just begun.
    pub(crate) fn begun_two_phase(id: &str) -> Self {
        Self {
            two_phase: Some(id.to_owned()),
            ..Self::default()
        }
    }

    /// A transaction in two phases, between them.
    pub(crate) fn prepared(id: &str) -> Self {
        Self {
            prepared: Some(id.to_owned()),
            ..Self::default()
        }
    }

    /// Whether it is this connection that prepared the transaction.
    pub(crate) fn has_prepared(&self, id: &str) -> bool {
        self.prepared.as_deref() == Some(id)
    }

    /// Fails for an id that is not the open transaction's.
    pub(crate) fn preparable(&self, id: &str) -> Result<()> {
        if self.two_phase.as_deref() == Some(id) {
            return Ok(());
        }
        Err(Error::invalid_query(format!(
            "prepare {id:?}: no transaction was begun in two phases by this id"
        )))
    }

    /// Fails for an id that some engine does not take.
    pub(crate) fn refuse_id(id: &str) -> Result<()> {
        let is_id = matches!(id.len(), 1..=64)
            && (id.bytes()).all(|byte| byte.is_ascii_alphanumeric() || b"_.:-".contains(&byte));
        if is_id {
            return Ok(());
        }
        Err(Error::invalid_query(format!(
            "the id {id:?} of a transaction in two phases: write 1 to 64 letters of ASCII, digits, `_`, `.`, `:` and `-`"
        )))
    }

    /// Notes an error of a statement in the transaction.
    ///
    /// MySQL and MariaDB roll the whole transaction back after these, its savepoints too, and run what follows outside of
    /// it; PostgreSQL waits for a rollback, to a savepoint at least.
    pub(crate) fn failed(&mut self, error: &Error) {
        if let Some(
            kind @ (DatabaseErrorKind::Deadlock | DatabaseErrorKind::SerializationFailure),
        ) = error.database_kind()
        {
            self.given_up.get_or_insert((kind, error.to_string()));
        }
    }

    /// Fails, retryably, once the transaction was given up.
    pub(crate) fn usable(&self) -> Result<()> {
        if let Some(id) = &self.prepared {
            return Err(Error::invalid_query(format!(
                "the transaction {id:?} is prepared: commit it or roll it back, or give the connection back"
            )));
        }
        match &self.given_up {
            None => Ok(()),
            Some((kind, cause)) => Err(Error::database(
                *kind,
                format!(
                    "the transaction can only be rolled back, and tried again as a whole: {cause}"
                ),
            )),
        }
    }

    /// Fails for a lock in a transaction that may only read: some engines would give it.
    pub(crate) fn refuse_lock(&self) -> Result<()> {
        if self.read_only {
            return Err(Error::database(
                DatabaseErrorKind::ReadOnly,
                "for_update: the transaction is read-only, and a lock is for those that write",
            ));
        }
        Ok(())
    }

    /// Fails for a savepoint that engines would treat differently: SQLite begins a transaction when none is open, MySQL
    /// and MariaDB forget a savepoint for another one of its name, and take `A` for `a`; PostgreSQL cuts long names.
    pub(crate) fn refuse_savepoint(&self, name: &str, in_transaction: bool) -> Result<()> {
        if !in_transaction {
            return Err(Error::invalid_query(format!(
                "savepoint {name:?}: no transaction is open; begin one first"
            )));
        }
        let is_name = matches!(name.len(), 1..=63)
            && name.bytes().enumerate().all(|(position, byte)| {
                byte.is_ascii_lowercase() || byte == b'_' || (position > 0 && byte.is_ascii_digit())
            });
        if !is_name {
            return Err(Error::invalid_query(format!(
                "savepoint {name:?}: name it by 1 to 63 small letters, digits and `_`, a letter first"
            )));
        }
        if self.savepoints.iter().any(|set| set == name) {
            return Err(Error::invalid_query(format!(
                "savepoint {name:?}: one of that name is set; release it first, or choose another name"
            )));
        }
        Ok(())
    }

    /// The position of a savepoint that is set.
    pub(crate) fn position(&self, name: &str) -> Result<usize> {
        self.savepoints
            .iter()
            .position(|set| set == name)
            .ok_or_else(|| {
                Error::invalid_query(format!(
                    "savepoint {name:?}: none of that name is set in the open transaction"
                ))
            })
    }
}
