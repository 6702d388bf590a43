//! One connection.

use birgus_core::Result;
use birgus_core::backend::{Connection, Dialect, Statement, StatementBuilder, TransactionMode};
use birgus_diesel_bridge::{CacheBudget, DynamicQuery};
use diesel::connection::{Connection as _, LoadConnection, SimpleConnection as _};
use diesel::sqlite::SqliteConnection as DieselConnection;

use crate::bind::SqliteBinder;
use crate::dialect::DIALECT;
use crate::error;
use crate::row::SqliteRow;

/// A connection of Diesel's, with a bounded cache of prepared statements.
pub(crate) struct SqliteConnection {
    inner: DieselConnection,
    version: String,
    budget: CacheBudget,
    own: OwnStatements,
}

/// What the driver itself runs over and over, built once.
struct OwnStatements {
    last_insert_id: Statement,
    ping: Statement,
    begin: Statement,
    begin_immediate: Statement,
    commit: Statement,
    rollback: Statement,
}

impl OwnStatements {
    fn new() -> Self {
        let build = |sql: &str| {
            let mut builder = StatementBuilder::new(&DIALECT);
            builder.push(sql);
            builder.finish()
        };
        Self {
            last_insert_id: build("SELECT last_insert_rowid()"),
            ping: build("SELECT 1"),
            begin: build("BEGIN"),
            begin_immediate: build("BEGIN IMMEDIATE"),
            commit: build("COMMIT"),
            rollback: build("ROLLBACK"),
        }
    }
}

impl SqliteConnection {
    pub(crate) fn new(inner: DieselConnection, statement_cache: usize) -> Self {
        Self {
            inner,
            version: String::new(),
            budget: CacheBudget::new(statement_cache),
            own: OwnStatements::new(),
        }
    }

    pub(crate) fn read_version(&mut self) -> Result<()> {
        let mut version = String::new();
        self.query(&Statement::once("SELECT sqlite_version()"), &mut |row| {
            version = row.text(0)?.unwrap_or_default().into_owned();
            Ok(())
        })?;
        self.version = version;
        Ok(())
    }

    /// The number of rows that the last INSERT, UPDATE or DELETE of the connection matched, which may not be this one.
    fn run(
        inner: &mut DieselConnection,
        budget: &mut CacheBudget,
        statement: &Statement,
    ) -> Result<usize> {
        let cached = budget.admit(statement).apply(inner);
        let query = DynamicQuery::<SqliteBinder>::new(statement, cached)?;
        inner
            .execute_returning_count(&query)
            .map_err(|error| error::from_statement(error, statement.text()))
    }

    fn run_query(
        inner: &mut DieselConnection,
        budget: &mut CacheBudget,
        statement: &Statement,
        each: &mut dyn FnMut(&dyn birgus_core::backend::Row) -> Result<()>,
    ) -> Result<()> {
        let cached = budget.admit(statement).apply(inner);
        let query = DynamicQuery::<SqliteBinder>::new(statement, cached)?;
        let refused = |error| error::from_statement(error, statement.text());
        // Dropping the iterator resets the statement, however this function is left.
        for row in inner.load(query).map_err(refused)? {
            // The row goes before the next step: Diesel would copy all of its values otherwise.
            let row = row.map_err(refused)?;
            each(&SqliteRow::new(&row))?;
        }
        Ok(())
    }
}

/// Whether a statement sets SQLite's count of changes; after any other it still holds that of an earlier one.
fn changes_rows(sql: &str) -> bool {
    let word = sql
        .trim_start()
        .split(|letter: char| !letter.is_ascii_alphabetic())
        .next()
        .unwrap_or_default();
    ["INSERT", "UPDATE", "DELETE", "REPLACE", "WITH"]
        .iter()
        .any(|known| known.eq_ignore_ascii_case(word))
}

impl Connection for SqliteConnection {
    fn dialect(&self) -> &'static dyn Dialect {
        &DIALECT
    }

    fn server_version(&self) -> &str {
        &self.version
    }

    fn execute(&mut self, statement: &Statement) -> Result<u64> {
        let count = Self::run(&mut self.inner, &mut self.budget, statement)?;
        if changes_rows(statement.text()) {
            Ok(count as u64)
        } else {
            Ok(0)
        }
    }

    fn query(
        &mut self,
        statement: &Statement,
        each: &mut dyn FnMut(&dyn birgus_core::backend::Row) -> Result<()>,
    ) -> Result<()> {
        Self::run_query(&mut self.inner, &mut self.budget, statement, each)
    }

    fn batch(&mut self, sql: &str) -> Result<()> {
        self.inner
            .batch_execute(sql)
            .map_err(|error| error::from_statement(error, sql))
    }

    fn last_insert_id(&mut self) -> Result<i64> {
        let mut id = 0;
        let statement = &self.own.last_insert_id;
        Self::run_query(&mut self.inner, &mut self.budget, statement, &mut |row| {
            id = row.integer(0)?.unwrap_or_default();
            Ok(())
        })?;
        Ok(id)
    }

    fn begin(&mut self, mode: TransactionMode) -> Result<()> {
        let statement = match mode {
            TransactionMode::Read => &self.own.begin,
            _ => &self.own.begin_immediate,
        };
        Self::run(&mut self.inner, &mut self.budget, statement).map(drop)
    }

    fn commit(&mut self) -> Result<()> {
        Self::run(&mut self.inner, &mut self.budget, &self.own.commit).map(drop)
    }

    fn rollback(&mut self) -> Result<()> {
        let result = Self::run(&mut self.inner, &mut self.budget, &self.own.rollback);
        match result {
            // A full disk, for one, makes SQLite roll back by itself: what was asked for is done.
            Err(error) if error::is_no_transaction(&error) => Ok(()),
            result => result.map(drop),
        }
    }

    fn ping(&mut self) -> Result<()> {
        Self::run_query(
            &mut self.inner,
            &mut self.budget,
            &self.own.ping,
            &mut |_| Ok(()),
        )
    }

    fn is_broken(&self) -> bool {
        false
    }
}

#[cfg(test)]
mod tests {
    use super::changes_rows;

    #[test]
    fn only_statements_that_change_rows_have_a_count() {
        for sql in [
            "INSERT INTO t",
            " update t",
            "delete from t",
            "WITH x AS (",
            "REPLACE INTO t",
        ] {
            assert!(changes_rows(sql), "{sql}");
        }
        for sql in [
            "CREATE TABLE t (a)",
            "BEGIN",
            "PRAGMA user_version = 1",
            "",
            "INSERTED",
        ] {
            assert!(!changes_rows(sql), "{sql}");
        }
    }
}
