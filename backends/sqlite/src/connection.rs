//! One connection.

use std::borrow::Cow;

use birgus_core::Result;
use birgus_core::backend::{
    Connection, Dialect, Isolation, Statement, StatementBuilder, TransactionMode,
};
use birgus_diesel_bridge::{CacheBudget, DynamicQuery};
use diesel::connection::{Connection as _, LoadConnection, SimpleConnection as _};
use diesel::sqlite::SqliteConnection as DieselConnection;

use crate::bind::SqliteBinder;
use crate::dialect::DIALECT;
use crate::error;
use crate::row::SqliteRow;
use crate::{drop_table, quotes};

/// From so many binds on, it is faster to load what a statement gives, which is nothing, and then to ask for the count.
/// Diesel gives the count of a borrowed query only, and walks through all of its binds twice more to look that one up.
const MANY_BINDS: usize = 16;

/// A connection of Diesel's, with a bounded cache of prepared statements.
pub(crate) struct SqliteConnection {
    inner: DieselConnection,
    version: String,
    budget: CacheBudget,
    own: OwnStatements,
    read_only: ReadOnly,
    broken: bool,
}

/// Whether the open transaction may only read: SQLite has a switch for the whole connection, `query_only`.
#[derive(Clone, Copy, PartialEq, Eq)]
enum ReadOnly {
    No,
    Yes,
    /// The configuration switched it on, for good.
    Always,
}

/// What the driver itself runs over and over, built once.
struct OwnStatements {
    last_insert_id: Statement,
    ping: Statement,
    begin: Statement,
    query_only: Statement,
    begin_immediate: Statement,
    changes: Statement,
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
            query_only: build("PRAGMA query_only"),
            begin_immediate: build("BEGIN IMMEDIATE"),
            changes: build("SELECT changes()"),
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
            read_only: ReadOnly::No,
            broken: false,
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

    /// The number that one of the driver's own statements gives.
    fn number(&mut self, which: impl FnOnce(&OwnStatements) -> &Statement) -> Result<i64> {
        let mut number = 0;
        let statement = which(&self.own);
        Self::run_query(&mut self.inner, &mut self.budget, statement, &mut |row| {
            number = row.integer(0)?.unwrap_or_default();
            Ok(())
        })?;
        Ok(number)
    }

    /// Begins a transaction that SQLite keeps from writing.
    fn begin_read_only(&mut self) -> Result<()> {
        if self.number(|own| &own.query_only)? == 1 {
            self.read_only = ReadOnly::Always;
        } else {
            // Not a statement that is kept: a pragma of this kind takes effect when it is prepared.
            self.batch("PRAGMA query_only = ON")?;
            self.read_only = ReadOnly::Yes;
        }
        let begun = Self::run(&mut self.inner, &mut self.budget, &self.own.begin).map(drop);
        if begun.is_err() {
            self.end_read_only();
        }
        begun
    }

    /// Lets the connection write again.
    fn end_read_only(&mut self) {
        let was = std::mem::replace(&mut self.read_only, ReadOnly::No);
        if was == ReadOnly::Yes {
            // A connection that could not write any more would surprise whoever gets it next.
            self.broken |= self.batch("PRAGMA query_only = OFF").is_err();
        }
    }

    /// An error in a transaction that may only read says so.
    fn told<T>(&self, result: Result<T>) -> Result<T> {
        result.map_err(|error| {
            if self.read_only != ReadOnly::No && error.is_read_only() {
                error::in_read_only_transaction()
            } else {
                error
            }
        })
    }

    /// The number of rows that the last INSERT, UPDATE or DELETE of the connection matched, which may not be this one.
    fn run(
        inner: &mut DieselConnection,
        budget: &mut CacheBudget,
        statement: &Statement,
    ) -> Result<usize> {
        let cached = budget.admit(statement).apply(inner);
        let text = text(statement);
        let query = DynamicQuery::<SqliteBinder>::new(statement, cached)?.with_text(&text);
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
        let text = text(statement);
        let query = DynamicQuery::<SqliteBinder>::new(statement, cached)?.with_text(&text);
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

/// The text that is sent. SQL of a user's is never cached; what Birgus writes names columns with their table.
fn text(statement: &Statement) -> Cow<'_, str> {
    if statement.is_cacheable() {
        Cow::Borrowed(statement.text())
    } else {
        quotes::names_in_backticks(statement.text())
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
        drop_table::refuse_referenced(self, statement.text())?;
        let counts = changes_rows(statement.text());
        if statement.binds().len() < MANY_BINDS {
            let count = Self::run(&mut self.inner, &mut self.budget, statement);
            let count = self.told(count)?;
            return Ok(if counts { count as u64 } else { 0 });
        }
        self.query(statement, &mut |_| Ok(()))?;
        if counts {
            self.number(|own| &own.changes).map(i64::unsigned_abs)
        } else {
            Ok(0)
        }
    }

    fn query(
        &mut self,
        statement: &Statement,
        each: &mut dyn FnMut(&dyn birgus_core::backend::Row) -> Result<()>,
    ) -> Result<()> {
        let mut of_caller = false;
        let result = Self::run_query(&mut self.inner, &mut self.budget, statement, &mut |row| {
            each(row).inspect_err(|_| of_caller = true)
        });
        if of_caller { result } else { self.told(result) }
    }

    fn batch(&mut self, sql: &str) -> Result<()> {
        drop_table::refuse_referenced(self, sql)?;
        let result = self.inner.batch_execute(sql);
        self.told(result.map_err(|error| error::from_statement(error, sql)))
    }

    fn last_insert_id(&mut self) -> Result<i64> {
        self.number(|own| &own.last_insert_id)
    }

    /// Every transaction is serializable, whatever isolation is asked for.
    fn begin(&mut self, mode: TransactionMode, _isolation: Option<Isolation>) -> Result<()> {
        let statement = match mode {
            TransactionMode::ReadOnly => return self.begin_read_only(),
            TransactionMode::Read => &self.own.begin,
            _ => &self.own.begin_immediate,
        };
        Self::run(&mut self.inner, &mut self.budget, statement).map(drop)
    }

    fn commit(&mut self) -> Result<()> {
        Self::run(&mut self.inner, &mut self.budget, &self.own.commit)?;
        self.end_read_only();
        Ok(())
    }

    fn rollback(&mut self) -> Result<()> {
        let result = Self::run(&mut self.inner, &mut self.budget, &self.own.rollback);
        self.end_read_only();
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
        self.broken
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
