//! What a connection knows of its transaction.

use birgus_core::backend::{Connection, Isolation, Statement, TransactionMode};
use birgus_core::{DatabaseErrorKind, Error, Result};

/// Fails on a server that prepares no transactions, before any work is done for nothing.
pub(crate) fn refuse_without_prepared(connection: &mut dyn Connection, id: &str) -> Result<()> {
    let mut allowed = 0;
    let sql = "SELECT CAST(current_setting('max_prepared_transactions') AS BIGINT)";
    connection.query(&Statement::once(sql), &mut |row| {
        allowed = row.integer(0)?.unwrap_or_default();
        Ok(())
    })?;
    if allowed == 0 {
        return Err(Error::unsupported(format!(
            "two-phase commit of {id:?}: this PostgreSQL server prepares no transactions; set \
             max_prepared_transactions in its configuration, and restart it"
        )));
    }
    Ok(())
}

/// The state of the transaction that was opened by `begin`; one that a batch opens goes unseen.
#[derive(Debug, Default)]
pub(crate) struct Transaction {
    open: bool,
    /// A statement failed in it, and none has succeeded since: only a rollback, to a savepoint at least, can.
    failed: bool,
}

impl Transaction {
    pub(crate) fn begin_sql(mode: TransactionMode, isolation: Option<Isolation>) -> String {
        let mut sql = "BEGIN".to_owned();
        if let Some(isolation) = isolation {
            sql.push_str(" ISOLATION LEVEL ");
            sql.push_str(isolation.sql());
        }
        sql.push_str(match mode {
            // Not READ ONLY: nobody asked to have it enforced.
            TransactionMode::Read => "",
            TransactionMode::ReadOnly => " READ ONLY",
            _ => " READ WRITE",
        });
        sql
    }

    pub(crate) fn begun(&mut self) {
        *self = Self {
            open: true,
            failed: false,
        };
    }

    /// Ends it, and tells what to send, and what to say about it afterwards.
    ///
    /// PostgreSQL takes COMMIT in a failed transaction without an error, and rolls back.
    pub(crate) fn commit(&mut self) -> (&'static str, Option<Error>) {
        if !std::mem::take(self).failed {
            return ("COMMIT", None);
        }
        let error = Error::database(
            DatabaseErrorKind::Other,
            "the transaction can't be committed: a statement failed in it, so it was rolled back",
        );
        ("ROLLBACK", Some(error.with_code("25P02")))
    }

    pub(crate) fn rolled_back(&mut self) {
        *self = Self::default();
    }

    pub(crate) fn is_open(&self) -> bool {
        self.open
    }

    pub(crate) fn succeeded(&mut self) {
        self.failed = false;
    }

    /// What was refused before it was sent leaves the transaction as it is.
    pub(crate) fn failed(&mut self, error: &Error) {
        self.failed |= self.open && error.database_kind().is_some();
    }
}
