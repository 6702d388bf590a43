//! A connection.

use std::time::Duration;

use birgus_core::backend::{
    Connection, Dialect, Isolation, Row, Statement, StatementBuilder, TransactionMode,
};
use birgus_core::{Error, Result};

use crate::dialect::MysqlDialect;
use crate::mode::{self, Server};
use crate::server::Product;
use crate::wire::Wire;

/// A connection to MySQL or MariaDB.
pub(crate) struct MysqlConnection {
    wire: Wire,
    server: Server,
    dialect: &'static MysqlDialect,
    own: Own,
    /// Whether the open transaction may only read.
    read_only: bool,
    /// The id of the open transaction, when it is one in two phases.
    two_phase: Option<String>,
}

/// The statements that the driver itself sends, kept prepared: one round trip instead of the three of a batch.
struct Own {
    begin: Option<Statement>,
    commit: Statement,
    rollback: Statement,
    last_insert_id: Statement,
    ping: Statement,
}

impl Own {
    fn new(dialect: &'static MysqlDialect) -> Self {
        let kept = |sql: &str| {
            let mut builder = StatementBuilder::new(dialect);
            builder.push(sql);
            builder.finish()
        };
        Self {
            begin: match dialect.product() {
                // MySQL prepares COMMIT and ROLLBACK, but not their counterpart (error 1295).
                Product::Mysql => None,
                Product::MariaDb => Some(kept("START TRANSACTION")),
            },
            commit: kept("COMMIT"),
            rollback: kept("ROLLBACK"),
            last_insert_id: kept("SELECT LAST_INSERT_ID()"),
            ping: kept("DO 1"),
        }
    }
}

impl MysqlConnection {
    /// Puts a new connection into Birgus' mode. `choose` is a database that is not chosen yet.
    pub(crate) fn new(
        mut wire: Wire,
        choose: Option<&str>,
        statement_timeout: Option<Duration>,
    ) -> Result<Self> {
        wire.batch(&mode::set(statement_timeout))?;
        let mut server = None;
        wire.query(&Statement::once(mode::read()), &mut |row| {
            server = Some(mode::verify(row, statement_timeout)?);
            Ok(())
        })?;
        let server = server.ok_or_else(|| Error::decode("the server told nothing about itself"))?;
        wire.product = server.product;
        let dialect = MysqlDialect::of(server.product);
        if let Some(database) = choose {
            let mut sql = String::from("USE ");
            dialect.quote_identifier(&mut sql, database);
            wire.batch(&sql)?;
        }
        Ok(Self {
            wire,
            server,
            dialect,
            own: Own::new(dialect),
            read_only: false,
            two_phase: None,
        })
    }

    /// Lets the connection write again, as far as the server does.
    fn end_read_only(&mut self) {
        if std::mem::take(&mut self.read_only) {
            let sql = match self.dialect.product() {
                Product::Mysql => "SET SESSION transaction_read_only = DEFAULT",
                Product::MariaDb => "SET SESSION tx_read_only = DEFAULT",
            };
            // A connection that could not write any more would surprise whoever gets it next.
            self.wire.broken |= self.wire.batch(sql).is_err();
        }
    }
}

/// What begins a transaction that is not of the usual kind. The level is that of the next transaction alone.
fn begin_sql(mode: TransactionMode, isolation: Option<Isolation>) -> Option<String> {
    let read_only = mode == TransactionMode::ReadOnly;
    // A program that says it reads is not kept from writing unless it asks for that.
    let writes = !matches!(mode, TransactionMode::Read | TransactionMode::ReadOnly);
    let level = match isolation {
        // InnoDB would let it overwrite what others changed since it was read. SERIALIZABLE does not.
        Some(Isolation::RepeatableRead) if writes => Some(Isolation::Serializable),
        level => level,
    };
    if level.is_none() && !read_only {
        return None;
    }
    let mut sql = String::new();
    if read_only {
        // Not START TRANSACTION READ ONLY alone: DDL would commit that transaction, and then go through.
        sql.push_str("SET SESSION TRANSACTION READ ONLY; ");
    }
    if let Some(level) = level {
        sql.push_str("SET TRANSACTION ISOLATION LEVEL ");
        sql.push_str(level.sql());
        sql.push_str("; ");
    }
    sql.push_str("START TRANSACTION");
    Some(sql)
}

impl Connection for MysqlConnection {
    fn dialect(&self) -> &'static dyn Dialect {
        self.dialect
    }

    fn server_version(&self) -> &str {
        &self.server.version
    }

    fn execute(&mut self, statement: &Statement) -> Result<u64> {
        self.wire.execute(statement)
    }

    fn query(
        &mut self,
        statement: &Statement,
        each: &mut dyn FnMut(&dyn Row) -> Result<()>,
    ) -> Result<()> {
        self.wire.query(statement, each)
    }

    fn batch(&mut self, sql: &str) -> Result<()> {
        self.wire.batch(sql)
    }

    fn last_insert_id(&mut self) -> Result<i64> {
        let mut id = None;
        self.wire.query(&self.own.last_insert_id, &mut |row| {
            id = row.integer(0)?;
            Ok(())
        })?;
        id.ok_or_else(|| Error::decode("the server gave no last id"))
    }

    fn insert_id_step(&self) -> i64 {
        self.server.insert_id_step
    }

    fn begin(&mut self, mode: TransactionMode, isolation: Option<Isolation>) -> Result<()> {
        if let Some(sql) = begin_sql(mode, isolation) {
            let begun = self.wire.batch(&sql);
            // The settings may wait for a transaction that nobody meant them for.
            self.wire.broken |= begun.is_err();
            self.read_only = mode == TransactionMode::ReadOnly;
            return begun;
        }
        match &self.own.begin {
            None => self.wire.batch("START TRANSACTION"),
            Some(statement) => self.wire.execute(statement).map(drop),
        }
    }

    fn commit(&mut self) -> Result<()> {
        if let Some(id) = &self.two_phase {
            self.wire
                .batch(&format!("XA END '{id}'; XA COMMIT '{id}' ONE PHASE"))?;
            self.two_phase = None;
            return Ok(());
        }
        self.wire.execute(&self.own.commit)?;
        self.end_read_only();
        Ok(())
    }

    fn rollback(&mut self) -> Result<()> {
        if let Some(id) = self.two_phase.take() {
            // It may have ended already: by a deadlock, or by a PREPARE that failed. What counts is what comes next.
            let _ = self.wire.batch(&format!("XA END '{id}'"));
            return self.wire.batch(&format!("XA ROLLBACK '{id}'"));
        }
        let result = self.wire.execute(&self.own.rollback).map(drop);
        self.end_read_only();
        result
    }

    fn begin_two_phase(&mut self, id: &str) -> Result<()> {
        self.wire.batch(&format!("XA START '{id}'"))?;
        self.two_phase = Some(id.to_owned());
        Ok(())
    }

    fn prepare(&mut self, id: &str) -> Result<()> {
        self.wire
            .batch(&format!("XA END '{id}'; XA PREPARE '{id}'"))?;
        self.two_phase = None;
        Ok(())
    }

    fn commit_prepared(&mut self, id: &str) -> Result<()> {
        self.wire.batch(&format!("XA COMMIT '{id}'"))
    }

    fn rollback_prepared(&mut self, id: &str) -> Result<()> {
        self.wire.batch(&format!("XA ROLLBACK '{id}'"))
    }

    fn ping(&mut self) -> Result<()> {
        let result = self.wire.execute(&self.own.ping).map(drop);
        self.wire.broken |= result.is_err();
        result
    }

    fn is_broken(&self) -> bool {
        self.wire.broken
    }
}
