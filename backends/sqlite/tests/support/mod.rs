//! What the tests share: connections, folders that go away, statements in few words.
// Each test file compiles this anew and uses a part of it.
#![allow(dead_code, unreachable_pub, clippy::unwrap_used)]

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use birgus_core::backend::{
    BindType, ConnectOptions, Connection, Connector, Driver, Row, Statement, StatementBuilder,
};
use birgus_core::{Error, Result, Value};
use birgus_sqlite::{SqliteDialect, SqliteDriver};

/// A folder that is removed with its content.
pub struct Folder(PathBuf);

impl Folder {
    pub fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let path =
            std::env::temp_dir().join(format!("birgus-sqlite-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub fn path(&self) -> &Path {
        &self.0
    }

    pub fn url(&self, file: &str) -> String {
        format!("sqlite://{}/{file}", self.0.display())
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

pub fn options(url: &str) -> ConnectOptions {
    ConnectOptions::new(url.parse().unwrap())
}

pub fn connector(url: &str) -> Box<dyn Connector> {
    SqliteDriver.connector(options(url)).unwrap()
}

pub fn connect(url: &str) -> Box<dyn Connection> {
    connector(url).connect().unwrap()
}

pub fn memory() -> Box<dyn Connection> {
    connect("sqlite::memory:")
}

pub fn refused(url: &str) -> Error {
    SqliteDriver
        .connector(options(url))
        .and_then(|connector| connector.connect())
        .err()
        .unwrap()
}

/// A part of a statement.
pub enum Part<'a> {
    Sql(&'a str),
    Bind(Value, BindType),
}

pub fn statement(parts: impl IntoIterator<Item = Part<'static>>) -> Statement {
    let dialect = SqliteDialect::new();
    let mut builder = StatementBuilder::new(&dialect);
    for part in parts {
        match part {
            Part::Sql(sql) => builder.push(sql),
            Part::Bind(value, bind_type) => builder.bind(value, bind_type),
        };
    }
    builder.finish()
}

pub fn sql(text: &str) -> Statement {
    let dialect = SqliteDialect::new();
    let mut builder = StatementBuilder::new(&dialect);
    builder.push(text);
    builder.finish()
}

/// Reads the one value of the one row.
pub fn one<T>(
    connection: &mut dyn Connection,
    statement: &Statement,
    read: impl Fn(&dyn Row) -> Result<T>,
) -> Result<T> {
    let mut found = None;
    connection.query(statement, &mut |row| {
        assert!(found.is_none(), "more than one row");
        found = Some(read(row)?);
        Ok(())
    })?;
    Ok(found.unwrap())
}

pub fn integer(connection: &mut dyn Connection, text: &str) -> i64 {
    one(connection, &sql(text), |row| row.integer(0))
        .unwrap()
        .unwrap()
}
