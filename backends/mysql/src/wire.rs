//! Diesel's connection with what it lacks: a bounded cache, Birgus' errors, and a memory of being broken.

use birgus_core::backend::{Row, Statement};
use birgus_core::{DatabaseErrorKind, Error, Result};
use birgus_diesel_bridge::error::from_diesel;
use birgus_diesel_bridge::{CacheBudget, DynamicQuery};
use diesel::connection::{Connection as _, LoadConnection, SimpleConnection};
use diesel::mysql::MysqlConnection;
use diesel::result::{Error as DieselError, QueryResult};

use crate::bind::MysqlBinder;
use crate::error::{Context, classify};
use crate::placeholders;
use crate::row::MysqlRow;
use crate::server::Product;

/// What MySQL says to a statement that it does not prepare: START TRANSACTION, SAVEPOINT, LOCK TABLES and the like.
const NOT_PREPARED: &str = "not supported in the prepared statement protocol";

pub(crate) struct Wire {
    inner: MysqlConnection,
    budget: CacheBudget,
    /// Who answers; MySQL until that is known.
    pub(crate) product: Product,
    pub(crate) broken: bool,
}

impl Wire {
    pub(crate) fn new(inner: MysqlConnection, statement_cache: usize) -> Self {
        Self {
            inner,
            budget: CacheBudget::new(statement_cache),
            product: Product::Mysql,
            broken: false,
        }
    }

    /// Runs a statement without rows.
    pub(crate) fn execute(&mut self, statement: &Statement) -> Result<u64> {
        placeholders::check(statement)?;
        let cached = self.admit(statement)?;
        let query = DynamicQuery::<MysqlBinder>::new(statement, cached)?;
        let result = self.inner.execute_returning_count(&query);
        if is_not_prepared(&result) && statement.binds().is_empty() {
            self.batch(statement.text())?;
            return Ok(0);
        }
        let result = translate(result, statement.text(), self.product);
        self.watch(result).map(|count| count as u64)
    }

    /// Runs a statement with rows.
    pub(crate) fn query(
        &mut self,
        statement: &Statement,
        each: &mut dyn FnMut(&dyn Row) -> Result<()>,
    ) -> Result<()> {
        placeholders::check(statement)?;
        let cached = self.admit(statement)?;
        let query = DynamicQuery::<MysqlBinder>::new(statement, cached)?;
        let (sql, product) = (statement.text(), self.product);
        let mut refused = Ok(());
        let result = LoadConnection::load(&mut self.inner, query).and_then(|rows| {
            for row in rows {
                let row = row?;
                refused = each(&MysqlRow::new(&row));
                if refused.is_err() {
                    break;
                }
            }
            Ok(())
        });
        let result = self.watch(translate(result, sql, product));
        // The client takes a statement that failed while its rows came for one that still has some: run again, it would
        // wait for them forever.
        if cached && result.is_err() && !self.broken {
            self.budget.forget(&mut self.inner);
        }
        // What `each` returns is the caller's, be it the loss of another connection: it is not watched.
        result.and(refused)
    }

    /// Runs statements without binds. It takes three round trips: Diesel switches multi-statements on and off.
    pub(crate) fn batch(&mut self, sql: &str) -> Result<()> {
        self.usable()?;
        let result = translate(self.inner.batch_execute(sql), sql, self.product);
        self.watch(result)
    }

    /// Decides whether a statement's prepared form is kept.
    fn admit(&mut self, statement: &Statement) -> Result<bool> {
        self.usable()?;
        Ok(self.budget.admit(statement).apply(&mut self.inner))
    }

    /// Refuses to go on once the connection is known to be gone: what the client still reads from it may belong to an
    /// earlier statement.
    fn usable(&self) -> Result<()> {
        if self.broken {
            return Err(Error::database(
                DatabaseErrorKind::ConnectionLost,
                "the connection was lost before; take another one",
            ));
        }
        Ok(())
    }

    /// Notes whether the connection survived.
    fn watch<T>(&mut self, result: Result<T>) -> Result<T> {
        if let Err(error) = &result {
            self.broken |= error.is_connection_lost();
        }
        result
    }
}

fn is_not_prepared<T>(result: &QueryResult<T>) -> bool {
    match result {
        Err(DieselError::DatabaseError(_, information)) => {
            information.message().contains(NOT_PREPARED)
        }
        _ => false,
    }
}

fn translate<T>(result: QueryResult<T>, sql: &str, product: Product) -> Result<T> {
    result.map_err(|cause| {
        from_diesel(cause, |_, information| {
            classify(information.message(), Context { product, sql })
        })
    })
}
