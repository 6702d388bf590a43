//! A database of its own for each test, on either server.
#![allow(dead_code)]

use std::sync::atomic::{AtomicU32, Ordering};

use birgus_core::backend::{
    BindType, ConnectOptions, Connection, Driver, Row, Statement, StatementBuilder,
};
use birgus_core::{Error, Result, Value};
use birgus_mysql::MysqlDriver;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Server {
    Mysql,
    MariaDb,
}

impl Server {
    /// The server's URL without a database. A server that is missing fails the test.
    pub(crate) fn url(self) -> String {
        let (variable, ports) = match self {
            Self::MariaDb => ("BIRGUS_TEST_MARIADB_URL", &[3306][..]),
            Self::Mysql => ("BIRGUS_TEST_MYSQL_URL", &[3307, 13306][..]),
        };
        if let Ok(url) = std::env::var(variable) {
            let url: birgus_core::url::DatabaseUrl = url.parse().unwrap();
            return url
                .with_database("")
                .expose()
                .trim_end_matches('/')
                .to_owned();
        }
        let port = ports
            .iter()
            .find(|port| std::net::TcpStream::connect(("127.0.0.1", **port)).is_ok())
            .unwrap_or_else(|| {
                panic!("{self:?} does not run on 127.0.0.1, ports {ports:?}; set {variable}")
            });
        format!("mysql://root@127.0.0.1:{port}")
    }

    pub(crate) fn options(self, database: &str) -> ConnectOptions {
        let url: birgus_core::url::DatabaseUrl = self.url().parse().unwrap();
        ConnectOptions::new(url.with_database(database))
    }
}

pub(crate) fn connect(options: ConnectOptions) -> Result<Box<dyn Connection>> {
    MysqlDriver.connector(options)?.connect()
}

/// Fails with the error; `Box<dyn Connection>` has no `Debug` for `unwrap_err`.
pub(crate) fn refused(options: ConnectOptions) -> Error {
    match connect(options) {
        Ok(_) => panic!("connected"),
        Err(error) => error,
    }
}

pub(crate) struct TestDatabase {
    pub(crate) server: Server,
    pub(crate) name: String,
}

impl TestDatabase {
    pub(crate) fn new(server: Server) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("birgus_test_{}_{count}", std::process::id());
        Self::named(server, name)
    }

    pub(crate) fn named(server: Server, name: String) -> Self {
        let mut admin = connect(server.options("information_schema")).unwrap();
        // The worst default that a server can have.
        let sql = format!(
            r#"DROP DATABASE IF EXISTS "{name}"; CREATE DATABASE "{name}" CHARACTER SET latin1"#
        );
        admin.batch(&sql).unwrap();
        Self { server, name }
    }

    pub(crate) fn options(&self) -> ConnectOptions {
        self.server.options(&self.name)
    }

    pub(crate) fn connect(&self) -> Box<dyn Connection> {
        connect(self.options()).unwrap()
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        if let Ok(mut admin) = connect(self.server.options("information_schema")) {
            let _ = admin.batch(&format!(r#"DROP DATABASE "{}""#, self.name));
        }
    }
}

/// A statement from text with `?` and its binds.
pub(crate) fn statement(
    connection: &dyn Connection,
    sql: &str,
    binds: Vec<(Value, BindType)>,
) -> Statement {
    let mut builder = StatementBuilder::new(connection.dialect());
    let mut binds = binds.into_iter();
    for (position, part) in sql.split('?').enumerate() {
        if position > 0 {
            let (value, bind_type) = binds.next().unwrap();
            builder.bind(value, bind_type);
        }
        builder.push(part);
    }
    builder.finish()
}

pub(crate) fn execute(
    connection: &mut dyn Connection,
    sql: &str,
    binds: Vec<(Value, BindType)>,
) -> Result<u64> {
    let statement = statement(connection, sql, binds);
    connection.execute(&statement)
}

/// Reads every row by `read`.
pub(crate) fn rows<T>(
    connection: &mut dyn Connection,
    sql: &str,
    mut read: impl FnMut(&dyn Row) -> Result<T>,
) -> Result<Vec<T>> {
    let mut rows = Vec::new();
    connection.query(&Statement::once(sql), &mut |row| {
        rows.push(read(row)?);
        Ok(())
    })?;
    Ok(rows)
}

pub(crate) fn texts(connection: &mut dyn Connection, sql: &str) -> Vec<String> {
    rows(connection, sql, |row| {
        Ok(row.text(0)?.unwrap_or_default().into_owned())
    })
    .unwrap()
}

pub(crate) fn integers(connection: &mut dyn Connection, sql: &str) -> Vec<i64> {
    rows(connection, sql, |row| Ok(row.integer(0)?.unwrap())).unwrap()
}

/// Runs one test on both servers, each on a database of its own.
#[macro_export]
macro_rules! on_both {
    ($(#[$attribute:meta])* fn $name:ident($database:ident) $body:block) => {
        mod $name {
            #[allow(unused_imports)]
            use super::*;

            $(#[$attribute])*
            fn body($database: &$crate::support::TestDatabase) $body

            #[test]
            fn mariadb() {
                body(&$crate::support::TestDatabase::new($crate::support::Server::MariaDb));
            }

            #[test]
            fn mysql() {
                body(&$crate::support::TestDatabase::new($crate::support::Server::Mysql));
            }
        }
    };
}
