//! A connection.

use birgus_core::backend::{
    Connection, Dialect, Row, Statement, StatementBuilder, TransactionMode,
};
use birgus_core::{Error, Result};
use birgus_diesel_bridge::{CacheBudget, DynamicQuery, error};
use diesel::connection::{Connection as _, LoadConnection, SimpleConnection};
use diesel::mysql::MysqlConnection as DieselConnection;
use diesel::result::QueryResult;

use crate::bind::MysqlBinder;
use crate::dialect::MysqlDialect;
use crate::error::{Context, classify};
use crate::mode::{self, Server};
use crate::row::MysqlRow;
use crate::server::Product;

/// What the servers don't prepare: START TRANSACTION, SAVEPOINT and the like.
const NOT_PREPARED: &str = "not supported in the prepared statement protocol";

/// A connection to MySQL or MariaDB.
pub(crate) struct MysqlConnection {
    inner: DieselConnection,
    server: Server,
    dialect: &'static MysqlDialect,
    budget: CacheBudget,
    broken: bool,
    fixed: Fixed,
}

/// The statements that the driver itself sends, kept prepared: one round trip instead of the three of a batch, which
/// switches multi-statements on and off.
struct Fixed {
    begin: Option<Statement>,
    commit: Statement,
    rollback: Statement,
    last_insert_id: Statement,
    ping: Statement,
}

impl Fixed {
    fn new(dialect: &'static MysqlDialect) -> Self {
        let cached = |sql: &str| {
            let mut builder = StatementBuilder::new(dialect);
            builder.push(sql);
            builder.finish()
        };
        Self {
            begin: match dialect.product() {
                // MySQL prepares COMMIT and ROLLBACK, but not their counterpart (error 1295).
                Product::Mysql => None,
                Product::MariaDb => Some(cached("START TRANSACTION")),
            },
            commit: cached("COMMIT"),
            rollback: cached("ROLLBACK"),
            last_insert_id: cached("SELECT LAST_INSERT_ID()"),
            ping: cached("DO 1"),
        }
    }
}

impl MysqlConnection {
    /// Puts a new connection into Birgus' mode. `choose` is a database that is not chosen yet.
    pub(crate) fn new(
        mut inner: DieselConnection,
        choose: Option<&str>,
        timeout: Option<std::time::Duration>,
        statement_cache: usize,
    ) -> Result<Self> {
        let setting = mode::set(timeout);
        run(inner.batch_execute(&setting), &setting, Product::Mysql)?;
        let reading = Statement::once(mode::read());
        let mut server = None;
        load(&mut inner, &reading, false, Product::Mysql, &mut |row| {
            server = Some(mode::verify(row, timeout)?);
            Ok(())
        })?;
        let server = server.ok_or_else(|| Error::decode("the server told nothing about itself"))?;
        let dialect = MysqlDialect::of(server.product);
        if let Some(database) = choose {
            let mut sql = String::from("USE ");
            dialect.quote_identifier(&mut sql, database);
            run(inner.batch_execute(&sql), &sql, server.product)?;
        }
        Ok(Self {
            inner,
            dialect,
            budget: CacheBudget::new(statement_cache),
            broken: false,
            fixed: Fixed::new(dialect),
            server,
        })
    }

    /// Notes whether the connection survived.
    fn watch<T>(&mut self, result: Result<T>) -> Result<T> {
        if let Err(error) = &result
            && error.is_connection_lost()
        {
            self.broken = true;
        }
        result
    }

    fn execute_fixed(&mut self, pick: impl Fn(&Fixed) -> &Statement) -> Result<()> {
        let statement = pick(&self.fixed);
        let cached = self.budget.admit(statement).apply(&mut self.inner);
        let result = execute(&mut self.inner, statement, cached, self.server.product);
        self.watch(result).map(drop)
    }
}

/// Runs a statement without rows.
fn execute(
    connection: &mut DieselConnection,
    statement: &Statement,
    cached: bool,
    product: Product,
) -> Result<u64> {
    let query = DynamicQuery::<MysqlBinder>::new(statement, cached)?;
    let result = connection.execute_returning_count(&query);
    if let Err(diesel::result::Error::DatabaseError(_, information)) = &result
        && statement.binds().is_empty()
        && information.message().contains(NOT_PREPARED)
    {
        run(
            connection.batch_execute(statement.text()),
            statement.text(),
            product,
        )?;
        return Ok(0);
    }
    run(result, statement.text(), product).map(|count| count as u64)
}

/// Runs a statement with rows.
fn load(
    connection: &mut DieselConnection,
    statement: &Statement,
    cached: bool,
    product: Product,
    each: &mut dyn FnMut(&dyn Row) -> Result<()>,
) -> Result<()> {
    let query = DynamicQuery::<MysqlBinder>::new(statement, cached)?;
    let sql = statement.text();
    for row in run(LoadConnection::load(connection, query), sql, product)? {
        let row = run(row, sql, product)?;
        each(&MysqlRow::new(&row))?;
    }
    Ok(())
}

/// Turns Diesel's error into one of Birgus'.
fn run<T>(result: QueryResult<T>, sql: &str, product: Product) -> Result<T> {
    result.map_err(|cause| {
        error::from_diesel(cause, |_, information| {
            classify(information.message(), Context { product, sql })
        })
    })
}

impl Connection for MysqlConnection {
    fn dialect(&self) -> &dyn Dialect {
        self.dialect
    }

    fn server_version(&self) -> &str {
        &self.server.version
    }

    fn execute(&mut self, statement: &Statement) -> Result<u64> {
        let cached = self.budget.admit(statement).apply(&mut self.inner);
        let result = execute(&mut self.inner, statement, cached, self.server.product);
        self.watch(result)
    }

    fn query(
        &mut self,
        statement: &Statement,
        each: &mut dyn FnMut(&dyn Row) -> Result<()>,
    ) -> Result<()> {
        let cached = self.budget.admit(statement).apply(&mut self.inner);
        // What `each` returns may be another connection's loss, so it is kept apart.
        let mut refused = None;
        let result = load(
            &mut self.inner,
            statement,
            cached,
            self.server.product,
            &mut |row| {
                each(row).map_err(|error| {
                    refused = Some(error);
                    Error::decode("the row was refused")
                })
            },
        );
        match refused {
            Some(error) => Err(error),
            None => self.watch(result),
        }
    }

    fn batch(&mut self, sql: &str) -> Result<()> {
        let result = run(self.inner.batch_execute(sql), sql, self.server.product);
        self.watch(result)
    }

    fn last_insert_id(&mut self) -> Result<i64> {
        let statement = &self.fixed.last_insert_id;
        let cached = self.budget.admit(statement).apply(&mut self.inner);
        let mut id = None;
        let result = load(
            &mut self.inner,
            statement,
            cached,
            self.server.product,
            &mut |row| {
                id = row.integer(0)?;
                Ok(())
            },
        );
        self.watch(result)?;
        id.ok_or_else(|| Error::decode("the server gave no last id"))
    }

    fn insert_id_step(&self) -> i64 {
        self.server.insert_id_step
    }

    fn begin(&mut self, _mode: TransactionMode) -> Result<()> {
        match &self.fixed.begin {
            // Not READ ONLY for a reader: the other engines would let it write.
            None => self.batch("START TRANSACTION"),
            Some(statement) => {
                let cached = self.budget.admit(statement).apply(&mut self.inner);
                let result = execute(&mut self.inner, statement, cached, self.server.product);
                self.watch(result).map(drop)
            }
        }
    }

    fn commit(&mut self) -> Result<()> {
        self.execute_fixed(|fixed| &fixed.commit)
    }

    fn rollback(&mut self) -> Result<()> {
        self.execute_fixed(|fixed| &fixed.rollback)
    }

    fn ping(&mut self) -> Result<()> {
        let result = self.execute_fixed(|fixed| &fixed.ping);
        if result.is_err() {
            self.broken = true;
        }
        result
    }

    fn is_broken(&self) -> bool {
        self.broken
    }
}
