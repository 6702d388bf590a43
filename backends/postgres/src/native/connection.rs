//! A connection of the `postgres` crate.

use birgus_core::backend::{Connection, Dialect, Isolation, Row, Statement, TransactionMode};
use birgus_core::{DatabaseErrorKind, Error, Result};
use fallible_iterator::FallibleIterator as _;
use postgres::types::{ToSql, Type};
use postgres::{Client, RowIter, Statement as Prepared};

use super::bind::{Parameter, type_of};
use super::cache::StatementCache;
use super::error::from_postgres;
use crate::dialect::{self, PostgresDialect};
use crate::mode::Server;
use crate::row::BinaryRow;
use crate::transaction::{self, Transaction};

pub(super) struct NativeConnection {
    client: Client,
    cache: StatementCache,
    server_version: String,
    dialect: &'static PostgresDialect,
    transaction: Transaction,
    lost: bool,
}

/// Why a statement failed, while it is still open whether to try again.
enum Failure {
    /// The server no longer has, or no longer trusts, the prepared statement.
    Stale(Error),
    Statement(Error),
    /// The closure that takes the rows gave up; the server may have failed all the same, on a later row.
    Caller {
        error: Error,
        later: Option<Error>,
    },
}

impl From<postgres::Error> for Failure {
    fn from(error: postgres::Error) -> Self {
        let stale = error
            .as_db_error()
            .is_some_and(|refusal| match refusal.code().code() {
                "26000" => true,
                // "cached plan must not change result type"; the code alone stands for everything unsupported, and the
                // routine, unlike the message, is the same in every language.
                "0A000" => refusal.routine() == Some("RevalidateCachedQuery"),
                _ => false,
            });
        let error = from_postgres(error);
        if stale {
            Self::Stale(error)
        } else {
            Self::Statement(error)
        }
    }
}

impl NativeConnection {
    pub(super) fn new(client: Client, statement_cache: usize) -> Self {
        Self {
            client,
            cache: StatementCache::new(statement_cache),
            server_version: String::new(),
            dialect: dialect::native(None),
            transaction: Transaction::default(),
            lost: false,
        }
    }

    pub(super) fn set_server(&mut self, server: Server) {
        self.server_version = server.version;
        self.dialect = dialect::native(server.letter_case);
    }

    fn prepared(&mut self, statement: &Statement) -> Result<Prepared, Failure> {
        let (text, binds) = (statement.text(), statement.binds());
        if let Some(prepared) = self.cache.get(text, binds) {
            return Ok(prepared);
        }
        let types: Vec<Type> = binds
            .iter()
            .map(type_of)
            .collect::<Result<_, _>>()
            .map_err(Failure::Statement)?;
        let prepared = self.client.prepare_typed(text, &types)?;
        self.cache.insert(text, binds, prepared.clone());
        Ok(prepared)
    }

    /// Runs `attempt`; once more when a statement that was prepared before DDL is refused. Inside a transaction the
    /// refusal has already failed the unit.
    fn with_retry<T>(
        &mut self,
        statement: &Statement,
        attempt: &mut dyn FnMut(&mut Self) -> Result<T, Failure>,
    ) -> Result<T> {
        let first = match attempt(self) {
            Ok(value) => {
                self.transaction.succeeded();
                return Ok(value);
            }
            Err(Failure::Caller { error, later }) => {
                if let Some(later) = later {
                    self.noted(later);
                }
                return Err(error);
            }
            Err(Failure::Statement(error)) => return Err(self.noted(error)),
            Err(Failure::Stale(error)) => self.noted(error),
        };
        if first.code() == Some("26000") {
            // `DISCARD ALL`, or a pooler that switched servers: none of them is left.
            self.cache.clear();
        } else {
            self.cache.remove(statement.text());
        }
        if self.transaction.is_open() {
            return Err(first);
        }
        match attempt(self) {
            Ok(value) => Ok(value),
            // A transaction that was opened by a batch: what broke it tells more.
            Err(Failure::Statement(error)) if error.code() == Some("25P02") => Err(first),
            Err(Failure::Statement(error) | Failure::Stale(error)) => Err(self.noted(error)),
            Err(Failure::Caller { error, later }) => {
                if let Some(later) = later {
                    self.noted(later);
                }
                Err(error)
            }
        }
    }

    fn send(&mut self, sql: &str) -> Result<()> {
        self.client
            .batch_execute(sql)
            .map_err(|error| self.noted(from_postgres(error)))
    }

    /// Remembers what an error did to the connection and its transaction.
    fn noted(&mut self, error: Error) -> Error {
        self.lost |= error.is_connection_lost();
        self.transaction.failed(&error);
        error
    }

    fn execute_once(&mut self, statement: &Statement) -> Result<u64, Failure> {
        let parameters: Vec<Parameter<'_>> = statement.binds().iter().map(Parameter).collect();
        if self.cache.takes(statement) {
            let prepared = self.prepared(statement)?;
            let parameters: Vec<&(dyn ToSql + Sync)> =
                parameters.iter().map(|parameter| parameter as _).collect();
            return Ok(self.client.execute(&prepared, &parameters)?);
        }
        // Parsed, bound and run in one round trip, without a name on the server.
        let typed = typed(&parameters).map_err(Failure::Statement)?;
        let typed: Vec<(&(dyn ToSql + Sync), Type)> = typed
            .into_iter()
            .map(|(parameter, kind)| (parameter as _, kind))
            .collect();
        Ok(self.client.execute_typed(statement.text(), &typed)?)
    }

    /// All rows at once.
    fn rows(&mut self, statement: &Statement) -> Result<Vec<postgres::Row>, Failure> {
        let parameters: Vec<Parameter<'_>> = statement.binds().iter().map(Parameter).collect();
        if self.cache.takes(statement) {
            let prepared = self.prepared(statement)?;
            let parameters: Vec<&(dyn ToSql + Sync)> =
                parameters.iter().map(|parameter| parameter as _).collect();
            return Ok(self.client.query(&prepared, &parameters)?);
        }
        let typed = typed(&parameters).map_err(Failure::Statement)?;
        let typed: Vec<(&(dyn ToSql + Sync), Type)> = typed
            .into_iter()
            .map(|(parameter, kind)| (parameter as _, kind))
            .collect();
        Ok(self.client.query_typed(statement.text(), &typed)?)
    }

    fn query_once(
        &mut self,
        statement: &Statement,
        each: &mut dyn FnMut(&dyn Row) -> Result<()>,
    ) -> Result<(), Failure> {
        if statement.keeps_rows() {
            // Each row by itself would take a turn of the runtime.
            for row in self.rows(statement)? {
                each(&BinaryRow(&row)).map_err(|error| Failure::Caller { error, later: None })?;
            }
            return Ok(());
        }
        let parameters: Vec<Parameter<'_>> = statement.binds().iter().map(Parameter).collect();
        let rows = if self.cache.takes(statement) {
            let prepared = self.prepared(statement)?;
            self.client.query_raw(&prepared, parameters)?
        } else {
            let typed = typed(&parameters).map_err(Failure::Statement)?;
            self.client.query_typed_raw(statement.text(), typed)?
        };
        hand_out(rows, each)
    }
}

/// Hands out the rows, and reads to the end even if nobody wants them any more: the next statement would have to, and
/// a failure on the way fails the transaction.
fn hand_out(
    mut rows: RowIter<'_>,
    each: &mut dyn FnMut(&dyn Row) -> Result<()>,
) -> Result<(), Failure> {
    let mut started = false;
    while let Some(row) = rows.next().map_err(|error| match Failure::from(error) {
        // Rows are not handed out twice. The server checks a plan before its first row.
        Failure::Stale(error) if started => Failure::Statement(error),
        failure => failure,
    })? {
        started = true;
        if let Err(error) = each(&BinaryRow(&row)) {
            let later = rows.for_each(|_| Ok(())).err().map(from_postgres);
            return Err(Failure::Caller { error, later });
        }
    }
    Ok(())
}

fn typed<'p, 'b>(parameters: &'p [Parameter<'b>]) -> Result<Vec<(&'p Parameter<'b>, Type)>> {
    parameters
        .iter()
        .map(|parameter| Ok((parameter, type_of(parameter.0)?)))
        .collect()
}

impl Connection for NativeConnection {
    fn dialect(&self) -> &'static dyn Dialect {
        self.dialect
    }

    fn server_version(&self) -> &str {
        &self.server_version
    }

    fn execute(&mut self, statement: &Statement) -> Result<u64> {
        self.with_retry(statement, &mut |connection| {
            connection.execute_once(statement)
        })
    }

    /// When `each` fails, the rest of the rows is read and dropped.
    fn query(
        &mut self,
        statement: &Statement,
        each: &mut dyn FnMut(&dyn Row) -> Result<()>,
    ) -> Result<()> {
        self.with_retry(statement, &mut |connection| {
            connection.query_once(statement, each)
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
        self.lost || self.client.is_closed()
    }
}
