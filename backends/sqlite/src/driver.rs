//! The driver: from a URL to connections.

use std::fmt;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use birgus_core::backend::{ConnectOptions, Connection, Connector, Dialect, Driver};
use birgus_core::url::DatabaseUrl;
use birgus_core::{Error, Result};
use diesel::connection::Connection as _;
use diesel::sqlite::SqliteConnection as DieselConnection;

use crate::connection::SqliteConnection;
use crate::dialect::DIALECT;
use crate::error;
use crate::functions;
use crate::location::Location;
use crate::mode::Settings;
use crate::throwaway;

/// The driver of `sqlite:` URLs.
///
/// ```
/// use birgus_core::backend::{ConnectOptions, Driver};
/// use birgus_sqlite::SqliteDriver;
///
/// let connector = SqliteDriver.connector(ConnectOptions::new("sqlite::memory:".parse()?))?;
/// let mut connection = connector.connect()?;
/// connection.batch("CREATE TABLE crab (name TEXT)")?;
/// # Ok::<(), birgus_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct SqliteDriver;

impl Driver for SqliteDriver {
    fn schemes(&self) -> &'static [&'static str] {
        &["sqlite"]
    }

    fn connector(&self, options: ConnectOptions) -> Result<Box<dyn Connector>> {
        if options.statement_timeout.is_some() {
            return Err(Error::unsupported(
                "a statement timeout can't be kept on SQLite: its statements run inside the program and can't be \
                 interrupted; leave it out of the configuration",
            ));
        }
        let location = Location::of(&options.url)?;
        let settings = Settings::new(&location, &options.pragmas)?;
        let uri = location.uri(next_number());
        let anchor = match location {
            Location::Memory => Some(Mutex::new(open(&location, &uri)?)),
            Location::File { .. } => None,
        };
        Ok(Box::new(SqliteConnector {
            location,
            uri,
            settings,
            statement_cache: options.statement_cache,
            _anchor: anchor,
        }))
    }

    fn dialect(&self, _scheme: &str) -> Result<&'static dyn Dialect> {
        Ok(&DIALECT)
    }

    fn create_database(&self, options: &ConnectOptions, name: &str) -> Result<DatabaseUrl> {
        match Location::of(&options.url)? {
            // Every opened one is one of its own.
            Location::Memory => Ok(options.url.clone()),
            Location::File { .. } => throwaway::create(&options.url, name),
        }
    }

    fn drop_database(&self, options: &ConnectOptions, name: &str) -> Result<()> {
        match Location::of(&options.url)? {
            Location::Memory => Ok(()),
            Location::File { .. } => throwaway::remove(name),
        }
    }
}

fn next_number() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

struct SqliteConnector {
    location: Location,
    uri: String,
    settings: Settings,
    statement_cache: usize,
    /// A database in memory lives as long as its last connection; this one is held, and never used.
    _anchor: Option<Mutex<DieselConnection>>,
}

impl fmt::Debug for SqliteConnector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqliteConnector")
            .field("location", &self.location)
            .finish_non_exhaustive()
    }
}

impl Connector for SqliteConnector {
    fn connect(&self) -> Result<Box<dyn Connection>> {
        let mut inner = open(&self.location, &self.uri)?;
        functions::register(&mut inner)
            .map_err(|error| error::from_statement(error, ""))
            .map_err(|error| error::at_connect(error, self.location.label()))?;
        let mut connection = SqliteConnection::new(inner, self.statement_cache);
        self.settings
            .apply(&mut connection)
            .and_then(|()| connection.read_version())
            .map_err(|error| error::at_connect(error, self.location.label()))?;
        Ok(Box::new(connection))
    }
}

fn open(location: &Location, uri: &str) -> Result<DieselConnection> {
    DieselConnection::establish(uri).map_err(|_| location.explain())
}
