//! A connection of Diesel's.

use birgus_core::backend::{Connection, Dialect, Isolation, Row, Statement, TransactionMode};
use birgus_core::{DatabaseErrorKind, Error, Result};
use birgus_diesel_bridge::{Admission, CacheBudget, DynamicQuery};
use diesel::QueryResult;
use diesel::connection::{
    Connection as _, DefaultLoadingMode, LoadConnection, SimpleConnection as _,
};
use diesel::pg::{Pg, PgConnection, PgRowByRowLoadingMode};
use diesel::row::Row as DieselRow;

use super::bind::PgBinder;
use super::error::{from_libpq, is_empty_query};
use super::row::{ColumnTypes, PgFields};
use crate::dialect::{self, PostgresDialect};
use crate::mode::Server;
use crate::row::BinaryRow;
use crate::transaction::{self, Transaction};

pub(super) struct LibpqConnection {
    client: PgConnection,
    budget: CacheBudget,
    limit: usize,
    /// Diesel forgot prepared statements that the server still keeps.
    forgotten: bool,
    server_version: String,
    dialect: &'static PostgresDialect,
    transaction: Transaction,
    lost: bool,
}

impl LibpqConnection {
    pub(super) fn new(client: PgConnection, statement_cache: usize) -> Self {
        Self {
            client,
            budget: CacheBudget::new(statement_cache),
            limit: statement_cache,
            forgotten: false,
            server_version: String::new(),
            dialect: dialect::libpq(None),
            transaction: Transaction::default(),
            lost: false,
        }
    }

    pub(super) fn set_server(&mut self, server: Server) {
        self.server_version = server.version;
        self.dialect = dialect::libpq(server.letter_case);
    }

    fn send(&mut self, sql: &str) -> Result<()> {
        match self.client.batch_execute(sql) {
            Ok(()) => Ok(()),
            Err(error) if is_empty_query(&error) => Ok(()),
            Err(error) => Err(self.failed(error)),
        }
    }

    /// Remembers what an error did to the connection and its transaction.
    fn noted(&mut self, error: Error) -> Error {
        self.lost |= error.is_connection_lost();
        self.transaction.failed(&error);
        error
    }

    fn failed(&mut self, error: diesel::result::Error) -> Error {
        self.noted(from_libpq(error))
    }

    /// The caller's error; one behind it is only noted.
    fn after_caller(&mut self, error: Error, later: Option<diesel::result::Error>) -> Error {
        if let Some(later) = later {
            self.failed(later);
        }
        error
    }

    fn admitted(&mut self, statement: &Statement) -> bool {
        let admission = self.budget.admit(statement);
        let cached = admission.apply(&mut self.client);
        if admission == Admission::CachedAfterClearing {
            self.forgotten = true;
        }
        self.deallocate();
        cached
    }

    /// Closes what Diesel has forgotten. In a failed transaction the server refuses that; then the next statement
    /// tries again. Names are not used twice, so nothing clashes meanwhile.
    fn deallocate(&mut self) {
        if self.forgotten && self.client.batch_execute("DEALLOCATE ALL").is_ok() {
            self.forgotten = false;
        }
    }

    fn forget_all(&mut self) {
        let _ = Admission::CachedAfterClearing.apply(&mut self.client);
        self.budget = CacheBudget::new(self.limit);
        self.forgotten = true;
    }

    /// Runs `attempt`; once more when a statement that was prepared before DDL is refused. Inside a transaction the
    /// refusal has already failed the unit.
    fn with_retry<T>(&mut self, statement: &Statement, attempt: &mut Attempt<'_, T>) -> Result<T> {
        let cached = self.admitted(statement);
        let first = match attempt(&mut self.client, DynamicQuery::new(statement, cached)?) {
            Ok(value) => {
                self.transaction.succeeded();
                return Ok(value);
            }
            Err(Failure::Caller(error, later)) => return Err(self.after_caller(error, later)),
            Err(Failure::Late(error)) => return Err(self.failed(error)),
            Err(Failure::Database(error)) => self.failed(error),
        };
        if !matches!(first.code(), Some("0A000" | "26000")) {
            return Err(first);
        }
        self.forget_all();
        if self.transaction.is_open() {
            return Err(first);
        }
        let cached = self.admitted(statement);
        match attempt(&mut self.client, DynamicQuery::new(statement, cached)?) {
            Ok(value) => Ok(value),
            Err(Failure::Caller(error, later)) => Err(self.after_caller(error, later)),
            Err(Failure::Late(error)) => Err(self.failed(error)),
            Err(Failure::Database(error)) => {
                let error = self.failed(error);
                // A transaction that was opened by a batch: what broke it tells more.
                Err(if error.code() == Some("25P02") {
                    first
                } else {
                    error
                })
            }
        }
    }
}

/// Hands out rows as they come.
fn hand_out<'r, R: DieselRow<'r, Pg>>(
    rows: QueryResult<impl Iterator<Item = QueryResult<R>>>,
    each: &mut dyn FnMut(&dyn Row) -> Result<()>,
) -> Result<(), Failure> {
    let mut rows = match rows {
        Ok(rows) => rows,
        Err(error) if is_empty_query(&error) => return Ok(()),
        Err(error) => return Err(Failure::Database(error)),
    };
    let mut types = None;
    while let Some(row) = rows.next() {
        let row = row.map_err(|error| match types {
            None => Failure::Database(error),
            Some(_) => Failure::Late(error),
        })?;
        let types = types.get_or_insert_with(|| ColumnTypes::new(row.field_count()));
        let row = PgFields { row, types };
        if let Err(error) = each(&BinaryRow(&row)) {
            // Diesel would read the rest in silence, but a failure on the way fails the transaction.
            return Err(Failure::Caller(error, rows.find_map(Result::err)));
        }
    }
    Ok(())
}

/// Runs a statement once.
type Attempt<'f, T> =
    dyn FnMut(&mut PgConnection, DynamicQuery<'_, PgBinder>) -> Result<T, Failure> + 'f;

/// Whose error it is that ended a statement.
enum Failure {
    Database(diesel::result::Error),
    /// After the first row: rows are not handed out twice.
    Late(diesel::result::Error),
    /// Of the closure that takes the rows; and what failed in the rows that it did not take.
    Caller(Error, Option<diesel::result::Error>),
}

impl Connection for LibpqConnection {
    fn dialect(&self) -> &'static dyn Dialect {
        self.dialect
    }

    fn server_version(&self) -> &str {
        &self.server_version
    }

    fn execute(&mut self, statement: &Statement) -> Result<u64> {
        self.with_retry(statement, &mut |client, query| {
            match client.execute_returning_count(&query) {
                // usize is at most 64 bits wide.
                Ok(count) => Ok(count as u64),
                Err(error) if is_empty_query(&error) => Ok(0),
                Err(error) => Err(Failure::Database(error)),
            }
        })
    }

    /// Each row is handed out as it comes, which takes no memory for the others. Where all of them are kept anyhow they come at
    /// once, which is a third faster. When `each` fails, the rest is read and dropped.
    fn query(
        &mut self,
        statement: &Statement,
        each: &mut dyn FnMut(&dyn Row) -> Result<()>,
    ) -> Result<()> {
        let at_once = statement.keeps_rows();
        self.with_retry(statement, &mut |client, query| {
            if at_once {
                hand_out(
                    LoadConnection::<DefaultLoadingMode>::load(client, query),
                    each,
                )
            } else {
                hand_out(
                    LoadConnection::<PgRowByRowLoadingMode>::load(client, query),
                    each,
                )
            }
        })
    }

    fn batch(&mut self, sql: &str) -> Result<()> {
        self.send(sql)?;
        self.transaction.succeeded();
        Ok(())
    }

    fn last_insert_id(&mut self) -> Result<i64> {
        Err(Error::unsupported("PostgreSQL gives ids by RETURNING"))
    }

    fn begin(&mut self, mode: TransactionMode, isolation: Option<Isolation>) -> Result<()> {
        self.batch(&Transaction::begin_sql(mode, isolation))?;
        self.transaction.begun();
        Ok(())
    }

    fn commit(&mut self) -> Result<()> {
        let (sql, failure) = self.transaction.commit();
        self.batch(sql)?;
        failure.map_or(Ok(()), Err)
    }

    fn rollback(&mut self) -> Result<()> {
        self.transaction.rolled_back();
        self.batch("ROLLBACK")
    }

    fn begin_two_phase(&mut self, id: &str) -> Result<()> {
        transaction::refuse_without_prepared(self, id)?;
        self.begin(TransactionMode::Write, None)
    }

    fn prepare(&mut self, id: &str) -> Result<()> {
        // PostgreSQL takes PREPARE TRANSACTION in a failed transaction too, and rolls back.
        match self.transaction.commit() {
            (_, None) => self.batch(&format!("PREPARE TRANSACTION '{id}'")),
            (sql, Some(failure)) => {
                self.batch(sql)?;
                Err(failure)
            }
        }
    }

    fn commit_prepared(&mut self, id: &str) -> Result<()> {
        self.batch(&format!("COMMIT PREPARED '{id}'"))
    }

    fn rollback_prepared(&mut self, id: &str) -> Result<()> {
        self.batch(&format!("ROLLBACK PREPARED '{id}'"))
    }

    fn ping(&mut self) -> Result<()> {
        // An empty statement: the server answers and does nothing, also in a failed transaction.
        self.send("").map_err(|error| {
            if error.is_connection_lost() {
                error
            } else {
                Error::database(DatabaseErrorKind::ConnectionLost, error.to_string())
            }
        })
    }

    fn is_broken(&self) -> bool {
        self.lost
    }
}
