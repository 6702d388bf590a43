//! The driver: from a URL to a connection.

use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

use birgus_core::backend::{
    ConnectOptions, Connection, Connector, Dialect, Driver, Mode, Statement,
};
use birgus_core::url::DatabaseUrl;
use birgus_core::{DatabaseErrorKind, Error, Result};
use birgus_diesel_bridge::error::from_connect;
use diesel::connection::Connection as _;
use diesel::mysql::MysqlConnection as DieselConnection;

use crate::MysqlDialect;
use crate::address::Address;
use crate::connection::MysqlConnection;
use crate::error::classify_connect;
use crate::server::Product;
use crate::wire::Wire;

/// The driver of `mysql://` and `mariadb://`, which are the same: the server tells what it is.
///
/// ```
/// use birgus_core::backend::{ConnectOptions, Dialect, Driver};
/// use birgus_mysql::MysqlDriver;
///
/// // Nothing is sent before `connect()`.
/// let options = ConnectOptions::new("mysql://susan:secret@db.example/app".parse()?);
/// let connector = MysqlDriver.connector(options)?;
///
/// let error = MysqlDriver.connector(ConnectOptions::new("mysql://db.example/app?charset=latin1".parse()?));
/// assert!(error.is_err_and(|error| error.is_configuration()));
/// # Ok::<(), birgus_core::Error>(())
/// ```
///
/// * A database is required. The parameters are `ssl_mode`, `ssl_ca` and `unix_socket`; the first two win over
///   [`ConnectOptions::tls`].
/// * Oracle's client library (the feature `bundled`) knows all TLS modes. MariaDB's can't be told by Diesel to demand
///   encryption: there, `verify_ca` and `verify_identity` are refused, `required` needs a certificate authority, and
///   `preferred` does what the library does by default. Whether the connection is encrypted is verified where it is
///   demanded.
/// * The client has no timeout for connecting that Diesel sets, so it connects in a thread of its own; one that ran
///   out of time ends with the client's own attempt.
#[derive(Clone, Copy, Debug, Default)]
pub struct MysqlDriver;

/// How long to wait for those who use a database that is dropped.
const LOCK_SECONDS: u32 = 5;

impl Driver for MysqlDriver {
    fn schemes(&self) -> &'static [&'static str] {
        &["mysql", "mariadb"]
    }

    fn connector(&self, options: ConnectOptions) -> Result<Box<dyn Connector>> {
        if options.statement_timeout == Some(Duration::ZERO) {
            return Err(Error::configuration(
                "the statement timeout must be longer than nothing; leave it out for any time",
            ));
        }
        let address = Address::new(&options, mysqlclient_sys::SUPPORTS_MYSQL_SSL_MODE)?;
        Ok(Box::new(MysqlConnector {
            target: Arc::new(Target {
                address,
                statement_timeout: options.statement_timeout,
                statement_cache: options.statement_cache,
            }),
            connect_timeout: options.connect_timeout,
        }))
    }

    fn dialect(&self, scheme: &str) -> Result<&'static dyn Dialect> {
        Ok(MysqlDialect::of(match scheme {
            "mariadb" => Product::MariaDb,
            _ => Product::Mysql,
        }))
    }

    fn create_database(&self, options: &ConnectOptions, name: &str) -> Result<DatabaseUrl> {
        self.administer(options, "CREATE DATABASE ", name)?;
        Ok(options.url.clone().with_database(name))
    }

    fn drop_database(&self, options: &ConnectOptions, name: &str) -> Result<()> {
        self.administer(options, "DROP DATABASE IF EXISTS ", name)
    }
}

impl MysqlDriver {
    /// Runs a statement about a database of that name.
    fn administer(&self, options: &ConnectOptions, statement: &str, name: &str) -> Result<()> {
        let mut connection = self.connector(options.clone())?.connect()?;
        // As it comes, the server waits for a day or a year for transactions that use a table.
        connection.batch(&format!("SET SESSION lock_wait_timeout = {LOCK_SECONDS}"))?;
        let mut sql = statement.to_owned();
        connection.dialect().quote_identifier(&mut sql, name);
        connection.batch(&sql)
    }
}

struct MysqlConnector {
    target: Arc<Target>,
    connect_timeout: Duration,
}

impl Connector for MysqlConnector {
    fn connect(&self) -> Result<Box<dyn Connection>> {
        let (sender, receiver) = mpsc::sync_channel(1);
        let target = Arc::clone(&self.target);
        thread::Builder::new()
            .name("birgus-mysql-connect".to_owned())
            .spawn(move || {
                // When nobody waits any more, the time ran out: the connection is dropped.
                let _ = sender.send(target.open());
            })
            .map_err(|cause| {
                self.target
                    .failed("no thread can be started")
                    .with_source(cause)
            })?;
        match receiver.recv_timeout(self.connect_timeout) {
            Ok(opened) => Ok(Box::new(opened?)),
            Err(mpsc::RecvTimeoutError::Timeout) => {
                let milliseconds = self.connect_timeout.as_millis();
                Err(self
                    .target
                    .failed(&format!("no answer within {milliseconds} ms")))
            }
            Err(mpsc::RecvTimeoutError::Disconnected) => {
                Err(self.target.failed("the client gave up"))
            }
        }
    }
}

/// What it takes to open a connection.
struct Target {
    address: Address,
    statement_timeout: Option<Duration>,
    statement_cache: usize,
}

impl Target {
    /// Connects, for as long as the client likes to wait.
    fn open(&self) -> Result<MysqlConnection> {
        let inner = DieselConnection::establish(&self.address.url).map_err(|cause| {
            from_connect(cause, |message| {
                Some(classify_connect(
                    message,
                    &self.address.place,
                    &self.address.user,
                ))
            })
        })?;
        let connection = MysqlConnection::new(
            Wire::new(inner, self.statement_cache),
            self.address.choose.as_deref(),
            self.statement_timeout,
        );
        let mut connection = connection.map_err(|error| self.unfit(error))?;
        if self.address.encrypted {
            verify_encryption(&mut connection)?;
        }
        Ok(connection)
    }

    fn failed(&self, problem: &str) -> Error {
        Error::database(
            DatabaseErrorKind::ConnectionFailed,
            format!("can't connect to {}: {problem}", self.address.place),
        )
    }

    /// Choosing the database afterwards fails like connecting to it.
    fn unfit(&self, error: Error) -> Error {
        match (error.database_kind(), error.code()) {
            (Some(DatabaseErrorKind::UnknownDatabase), _) | (_, Some("1044")) => {
                classify_connect(&error.to_string(), &self.address.place, &self.address.user)
            }
            _ => error.context(format_args!("connecting to {}", self.address.place)),
        }
    }
}

/// The client may have fallen back to sending everything in the clear.
fn verify_encryption(connection: &mut MysqlConnection) -> Result<()> {
    let mut cipher = String::new();
    connection.query(
        &Statement::once("SHOW SESSION STATUS LIKE 'Ssl_cipher'"),
        &mut |row| {
            cipher = row.text(1)?.unwrap_or_default().into_owned();
            Ok(())
        },
    )?;
    if cipher.is_empty() {
        return Err(Mode::not_effective("TLS", "on", "off"));
    }
    Ok(())
}
