//! A schema of its own for each test, on either driver.
#![allow(dead_code)]

use std::env;
use std::sync::atomic::{AtomicUsize, Ordering};

use birgus_core::backend::{
    BindType, ConnectOptions, Connection, Driver, Row, Statement, StatementBuilder,
};
use birgus_core::url::DatabaseUrl;
use birgus_core::{Result, Value};

/// Runs each test on every driver that is switched on.
macro_rules! on_both_drivers {
    ($($test:ident),* $(,)?) => {$(
        mod $test {
            #[cfg(feature = "native")]
            #[test]
            fn native() {
                super::$test(&crate::support::Database::new(&birgus_postgres::PostgresDriver));
            }

            #[cfg(feature = "libpq")]
            #[test]
            fn libpq() {
                super::$test(&crate::support::Database::new(&birgus_postgres::LibpqDriver));
            }
        }
    )*};
}
pub(crate) use on_both_drivers;

/// The server to test on. There is no way to skip: a missing server fails the test.
pub(crate) fn server(driver: &dyn Driver) -> DatabaseUrl {
    let url = env::var("BIRGUS_TEST_POSTGRES_URL")
        .unwrap_or_else(|_| "postgresql://postgres@127.0.0.1:5432/postgres".to_owned());
    let url: DatabaseUrl = url.parse().expect("BIRGUS_TEST_POSTGRES_URL is a URL");
    url.with_scheme(driver.schemes()[0])
}

/// Connects with options.
pub(crate) fn connect(driver: &dyn Driver, options: ConnectOptions) -> Result<Box<dyn Connection>> {
    driver.connector(options)?.connect()
}

/// A schema that is dropped with this value.
pub(crate) struct Database {
    pub(crate) driver: &'static dyn Driver,
    pub(crate) schema: String,
}

impl Database {
    pub(crate) fn new(driver: &'static dyn Driver) -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let schema = format!(
            "birgus_{}_{}",
            std::process::id(),
            COUNT.fetch_add(1, Ordering::Relaxed)
        );
        let database = Self { driver, schema };
        let sql = format!("CREATE SCHEMA {}", database.schema);
        connect(driver, ConnectOptions::new(server(driver)))
            .expect("PostgreSQL answers")
            .batch(&sql)
            .unwrap();
        database
    }

    pub(crate) fn url(&self) -> DatabaseUrl {
        server(self.driver).with_parameter("options", &format!("-c search_path={}", self.schema))
    }

    pub(crate) fn connect(&self) -> Box<dyn Connection> {
        self.connect_with(ConnectOptions::new(self.url()))
    }

    pub(crate) fn connect_with(&self, options: ConnectOptions) -> Box<dyn Connection> {
        connect(self.driver, options).unwrap()
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let sql = format!("DROP SCHEMA {} CASCADE", self.schema);
        let dropped = connect(self.driver, ConnectOptions::new(server(self.driver)))
            .and_then(|mut connection| connection.batch(&sql));
        if !std::thread::panicking() {
            dropped.unwrap();
        }
    }
}

/// A cacheable statement: text with a `?` for each bind.
pub(crate) fn statement(
    connection: &dyn Connection,
    sql: &str,
    binds: Vec<(Value, BindType)>,
) -> Statement {
    build(connection, sql, binds, true)
}

pub(crate) fn build(
    connection: &dyn Connection,
    sql: &str,
    binds: Vec<(Value, BindType)>,
    cacheable: bool,
) -> Statement {
    let mut builder = StatementBuilder::new(connection.dialect());
    let mut parts = sql.split('?');
    builder.push(parts.next().unwrap());
    for (part, (value, bind_type)) in parts.zip(binds) {
        builder.bind(value, bind_type).push(part);
    }
    if !cacheable {
        builder.vary();
    }
    builder.finish()
}

/// What `read` makes of each row.
pub(crate) fn rows<T>(
    connection: &mut dyn Connection,
    statement: &Statement,
    read: impl Fn(&dyn Row) -> Result<T>,
) -> Result<Vec<T>> {
    let mut rows = Vec::new();
    connection.query(statement, &mut |row| {
        rows.push(read(row)?);
        Ok(())
    })?;
    Ok(rows)
}

/// The one integer that a text without binds gives.
pub(crate) fn integer(connection: &mut dyn Connection, sql: &str) -> i64 {
    let found = rows(connection, &Statement::once(sql), |row| row.integer(0)).unwrap();
    found[0].unwrap()
}

/// The one text that a text without binds gives.
pub(crate) fn text(connection: &mut dyn Connection, sql: &str) -> Option<String> {
    let found = rows(connection, &Statement::once(sql), |row| {
        Ok(row.text(0)?.map(Into::into))
    });
    found.unwrap().remove(0)
}
