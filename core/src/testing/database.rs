//! A database for one test.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Deref;

use super::name::unique_name;
use crate::backend::{ConnectOptions, Connection, Driver, find_driver};
use crate::model::{ModelInfo, registered_models};
use crate::query::{Executor, Request};
use crate::url::DatabaseUrl;
use crate::{Config, Database, Error, Result};

/// The variable that [`TestDatabase::from_env`] reads.
const VARIABLE: &str = "TEST_DATABASE_URL";

/// An empty database of a test's own, which is dropped with this value, also by a panic.
///
/// It stands wherever a [`Database`] does. The URL that it is made by only says where: what is there is not touched.
///
/// | engine | what is made |
/// |---|---|
/// | SQLite in memory | nothing: every opened one is a database of its own |
/// | SQLite in a file | a file in the folder for temporary files |
/// | PostgreSQL | a schema in the URL's database, which is the only one that connections search |
/// | MySQL, MariaDB | a database; its user must be allowed to: ``GRANT ALL ON `birgus\_test\_%`.* TO …`` |
///
/// Names are `birgus_test_`, the time in UTC, and a random number (`birgus_test_20260131_235959_0123456789abcdef`), so that
/// tests of a process, of several, and of several machines don't meet. A process that is killed leaves its databases
/// behind: whatever bears such a name of yesterday can be dropped.
///
/// ```no_run
/// # extern crate birgus_core as birgus;
/// use birgus::prelude::*;
/// use birgus::testing::TestDatabase;
/// # #[derive(Model)]
/// # pub struct User { #[key] pub id: i64, pub username: String }
/// # fn main() -> birgus::Result<()> {
/// let db = TestDatabase::from_env()?; // TEST_DATABASE_URL, or SQLite in memory
/// db.create_all()?;
/// User::insert(User::build().username("susan")).execute(&db)?;
/// assert_eq!(User::query().count(&db)?, 1);
/// # Ok(())
/// # }
/// ```
///
/// Drop sessions and other handles of the database before: where one is still in a transaction, the database can't be
/// dropped, and is left behind after 5 seconds, with a warning in the log. [`TestDatabase::remove`] gives the error.
pub struct TestDatabase {
    // Its connections are closed before the places go.
    database: Database,
    places: Vec<Place>,
}

impl TestDatabase {
    /// Makes a database where a URL leads to, with every model that is linked into the program, and without tables:
    /// [`Database::create_all`] or migrations make them.
    ///
    /// # Errors
    ///
    /// As [`Database::connect`]; `is_unsupported()` when the driver can't make databases, and whatever the server refuses.
    pub fn create(url: &str) -> Result<Self> {
        Self::with_config(Config::new(url.parse()?))
    }

    /// Makes a database where the variable `TEST_DATABASE_URL` leads to, and in memory by SQLite when it is not set.
    ///
    /// # Errors
    ///
    /// As [`TestDatabase::create`]; `is_configuration()` when the variable is not UTF-8.
    pub fn from_env() -> Result<Self> {
        Self::from_env_with(|_| {})
    }

    /// As [`TestDatabase::from_env`], configured further.
    ///
    /// ```no_run
    /// # extern crate birgus_core as birgus;
    /// use birgus::testing::TestDatabase;
    ///
    /// // Whatever loads a relation row by row fails.
    /// let db = TestDatabase::from_env_with(|config| config.n_plus_one.error = true)?;
    /// # let _ = db;
    /// # Ok::<(), birgus::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`TestDatabase::from_env`].
    pub fn from_env_with(configure: impl FnOnce(&mut Config)) -> Result<Self> {
        let url = match std::env::var(VARIABLE) {
            Ok(url) => url.parse()?,
            Err(std::env::VarError::NotPresent) => DatabaseUrl::of_path("sqlite", ":memory:"),
            Err(std::env::VarError::NotUnicode(_)) => {
                return Err(Error::configuration(format!("{VARIABLE} is not UTF-8")));
            }
        };
        let mut config = Config::new(url);
        configure(&mut config);
        Self::with_config(config)
    }

    /// Makes a database where a configuration leads to, and one for each that it binds to a name.
    ///
    /// # Errors
    ///
    /// As [`TestDatabase::create`].
    pub fn with_config(config: Config) -> Result<Self> {
        Self::with_models(config, registered_models())
    }

    /// The same, with these models only.
    ///
    /// # Errors
    ///
    /// As [`TestDatabase::create`].
    pub fn with_models(
        config: Config,
        models: impl IntoIterator<Item = &'static ModelInfo>,
    ) -> Result<Self> {
        // When something fails, those that are made already are dropped.
        let mut places = Vec::new();
        let config = moved(config, &mut places)?;
        let database = Database::with_models(config, models)?;
        Ok(Self { database, places })
    }

    /// Closes the connections and drops the database, as dropping this value does, and tells when that fails.
    ///
    /// # Errors
    ///
    /// Whatever the server refuses: a transaction of another handle that still uses a table, for one.
    pub fn remove(self) -> Result<()> {
        let Self { database, places } = self;
        drop(database);
        places.into_iter().try_for_each(Place::remove)
    }
}

/// The configuration with every database in a place of its own.
fn moved(mut config: Config, places: &mut Vec<Place>) -> Result<Config> {
    let place = Place::new(config.connect_options())?;
    config.url = place.url.clone();
    places.push(place);
    let binds = std::mem::take(&mut config.binds).into_iter();
    let binds: Result<BTreeMap<_, _>> = binds
        .map(|(name, bound)| {
            let bound =
                moved(bound, places).map_err(|error| error.context(format!("bind `{name}`")))?;
            Ok((name, bound))
        })
        .collect();
    config.binds = binds?;
    Ok(config)
}

impl fmt::Debug for TestDatabase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("TestDatabase").field(&self.database).finish()
    }
}

impl Deref for TestDatabase {
    type Target = Database;

    fn deref(&self) -> &Database {
        &self.database
    }
}

impl Executor for &TestDatabase {
    fn with_connection(
        &mut self,
        request: Request<'_>,
        work: &mut dyn FnMut(&mut dyn Connection) -> Result<()>,
    ) -> Result<()> {
        (&self.database).with_connection(request, work)
    }
}

/// A database that a driver has made.
struct Place {
    driver: &'static dyn Driver,
    options: ConnectOptions,
    name: String,
    url: DatabaseUrl,
    removed: bool,
}

impl Place {
    fn new(mut options: ConnectOptions) -> Result<Self> {
        // It is meant for the program's statements, and not for making and dropping databases.
        options.statement_timeout = None;
        let driver = find_driver(options.url.scheme())?;
        let name = unique_name();
        let url = driver
            .create_database(&options, &name)
            .map_err(|error| error.context("creating a test database"))?;
        Ok(Self {
            driver,
            options,
            name,
            url,
            removed: false,
        })
    }

    fn remove(mut self) -> Result<()> {
        self.drop_database()
    }

    fn drop_database(&mut self) -> Result<()> {
        self.removed = true;
        self.driver
            .drop_database(&self.options, &self.name)
            .map_err(|error| error.context(format!("dropping the test database {}", self.name)))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if !self.removed
            && let Err(error) = self.drop_database()
        {
            tracing::warn!(%error, "a test database is left behind");
        }
    }
}
