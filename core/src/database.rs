//! A database: where every program begins.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use crate::backend::{Connection, Connector, Dialect, find_driver};
use crate::catalog::{Catalog, in_dependency_order, split_foreign_keys};
use crate::config::{Config, PoolConfig};
pub use crate::connection::PooledConnection;
use crate::connection::Watch;
use crate::model::{ModelInfo, registered_models};
use crate::pool::{Lease, Pool};
use crate::query::{Access, Executor, Request};
use crate::schema::{Inspected, Table};
use crate::session::{Ranks, Session, SessionListener};
use crate::transaction::TransactionOptions;
use crate::{Error, Result};

/// A database: a pool of connections, and the models that live in it. Cloning it gives another handle of the same;
/// threads share one, and each has sessions of its own.
///
/// ```no_run
/// # extern crate birgus_core as birgus;
/// use birgus::prelude::*;
///
/// #[derive(Model, Debug)]
/// pub struct User {
///     #[key]
///     pub id: i64,
///     pub username: String,
/// }
///
/// # fn main() -> birgus::Result<()> {
/// let db = Database::open()?; // DATABASE_URL > BIRGUS_* > birgus.toml > sqlite:app.db
/// db.create_all()?; // the tables of every model of the program
///
/// // Each of these runs on a connection of the pool, and commits.
/// let id = User::insert(User::build().username("susan")).execute(&db)?;
/// let susan = User::query().get(id, &db)?;
/// # let _ = susan;
///
/// std::thread::scope(|scope| {
///     let counting = scope.spawn(|| User::query().count(&db));
///     let mut session = db.session()?; // several statements, one transaction
///     session.add(User::build().username("david"));
///     session.commit()?;
///     let _ = counting.join();
///     Ok(())
/// })
/// # }
/// ```
#[derive(Clone)]
pub struct Database {
    inner: Arc<Inner>,
}

struct Inner {
    config: Config,
    pool: Pool,
    catalog: Arc<Catalog>,
    watch: Arc<Watch>,
    binds: BTreeMap<String, Database>,
    /// The name that this database is bound to; `None` for the main one.
    name: Option<String>,
    listeners: RwLock<Vec<Arc<dyn SessionListener>>>,
    #[cfg(feature = "tokio")]
    turns: crate::service::Turns,
}

impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Database")
            .field("url", &self.inner.config.url)
            .finish_non_exhaustive()
    }
}

impl Database {
    /// Opens the configured database, with every model that is linked into the program.
    ///
    /// # Errors
    ///
    /// As [`Config::load`] and [`Database::with_config`].
    pub fn open() -> Result<Self> {
        Self::with_config(Config::load()?)
    }

    /// Opens the database of a URL, with every model that is linked into the program.
    ///
    /// # Errors
    ///
    /// As [`Database::with_config`].
    pub fn connect(url: &str) -> Result<Self> {
        Self::with_config(Config::new(url.parse()?))
    }

    /// Opens a database, with every model that is linked into the program.
    ///
    /// # Errors
    ///
    /// `is_unknown_scheme()`, `is_configuration()`, `is_invalid_model()`, and `is_connection_failed()`,
    /// `is_authentication_failed()` or `is_unknown_database()`: one connection is made at once, so that a program
    /// learns of a mistake when it starts.
    pub fn with_config(config: Config) -> Result<Self> {
        Self::with_models(config, registered_models())
    }

    /// Opens a database with these models only.
    ///
    /// # Errors
    ///
    /// As [`Database::with_config`].
    pub fn with_models(
        config: Config,
        models: impl IntoIterator<Item = &'static ModelInfo>,
    ) -> Result<Self> {
        let models: Vec<_> = models.into_iter().collect();
        for model in &models {
            if let Some(bind) = model.bind
                && !config.binds.contains_key(bind)
            {
                return Err(Error::configuration(format!(
                    "the model {} lives in the bind `{bind}`, which is not configured (binds.{bind}.url)",
                    model.name
                )));
            }
        }
        Self::bound(config, None, &models)
    }

    fn bound(
        mut config: Config,
        name: Option<&str>,
        models: &[&'static ModelInfo],
    ) -> Result<Self> {
        let own: Vec<_> = models
            .iter()
            .copied()
            .filter(|model| model.bind == name)
            .collect();
        let catalog = Arc::new(Catalog::new(&own)?);
        crate::relation::validate(&own)?;
        let driver = find_driver(config.url.scheme())?;
        let connector = driver.connector(config.connect_options())?;
        let pool = Pool::open(connector, config.url.to_string(), &config.pool)?;
        let mut binds = BTreeMap::new();
        for (bind, config) in std::mem::take(&mut config.binds) {
            let database = Self::bound(config, Some(&bind), models)
                .map_err(|error| error.context(format!("bind `{bind}`")))?;
            binds.insert(bind, database);
        }
        Ok(Self {
            inner: Arc::new(Inner {
                #[cfg(feature = "tokio")]
                turns: crate::service::Turns::new(config.pool.size),
                watch: Arc::new(Watch::new(&config, name, &catalog)),
                config,
                pool,
                catalog,
                binds,
                name: name.map(str::to_owned),
                listeners: RwLock::default(),
            }),
        })
    }

    #[cfg(feature = "tokio")]
    pub(crate) fn turns(&self) -> &crate::service::Turns {
        &self.inner.turns
    }

    /// The configuration, without the binds.
    pub fn config(&self) -> &Config {
        &self.inner.config
    }

    /// The database that is bound to a name.
    ///
    /// # Errors
    ///
    /// `is_configuration()` when there is none.
    pub fn bind(&self, name: &str) -> Result<Self> {
        self.inner.binds.get(name).cloned().ok_or_else(|| {
            let known: Vec<&str> = self.inner.binds.keys().map(String::as_str).collect();
            let known = if known.is_empty() {
                "none".to_owned()
            } else {
                known.join(", ")
            };
            Error::configuration(format!(
                "no database is bound to `{name}` (bound: {known}); set binds.{name}.url"
            ))
        })
    }

    /// The tables of the models that live in this database, parents before their children.
    pub fn tables(&self) -> &[Table] {
        &self.inner.catalog.tables
    }

    /// The tables that `create_all` makes: those of the models that do not say `existing`, parents before their children.
    pub fn managed_tables(&self) -> Vec<Table> {
        self.inner.catalog.managed()
    }

    /// The models that live in this database.
    pub(crate) fn models(&self) -> &[&'static ModelInfo] {
        &self.inner.catalog.models
    }

    /// The database that models of a bind live in: this one for those of the main database, and for those of its own.
    pub(crate) fn of_bind(&self, bind: Option<&str>) -> Result<Self> {
        match bind {
            Some(bind) if self.inner.name.as_deref() != Some(bind) => self.bind(bind),
            _ => Ok(self.clone()),
        }
    }

    /// Whether both are handles of one database.
    pub(crate) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.inner, &other.inner)
    }

    /// Collects what watches this database, and those that are bound to names beside it.
    pub(crate) fn watches(&self, watches: &mut Vec<Arc<Watch>>) {
        watches.push(Arc::clone(&self.inner.watch));
        for bound in self.inner.binds.values() {
            bound.watches(watches);
        }
    }

    /// The same database by connections of another kind, one for it and one for each that is bound to a name:
    /// `connector` makes it of a connection from the pool. Sessions have the same listeners.
    pub(crate) fn by(
        &self,
        connector: &mut dyn FnMut(Lease) -> Box<dyn Connector>,
    ) -> Result<Self> {
        let inner = &self.inner;
        let mut binds = BTreeMap::new();
        for (bind, database) in &inner.binds {
            binds.insert(bind.clone(), database.by(connector)?);
        }
        let mut config = inner.config.clone();
        config.pool = PoolConfig::of_one(&config.pool);
        let url = config.url.to_string();
        let pool = Pool::open(connector(inner.pool.checkout()?), url, &config.pool)?
            .advising("there is only one: commit, roll back or drop the session that holds it");
        Ok(Self {
            inner: Arc::new(Inner {
                watch: Arc::new(Watch::new(&config, inner.name.as_deref(), &inner.catalog)),
                #[cfg(feature = "tokio")]
                turns: crate::service::Turns::new(config.pool.size),
                config,
                pool,
                catalog: Arc::clone(&inner.catalog),
                binds,
                name: inner.name.clone(),
                listeners: RwLock::new(self.listeners()),
            }),
        })
    }

    /// Has a listener told of what every session of this database does from now on.
    pub fn listen(&self, listener: impl SessionListener + 'static) {
        // A thread that panicked while it added one has left the list whole.
        let mut listeners = (self.inner.listeners.write()).unwrap_or_else(PoisonError::into_inner);
        listeners.push(Arc::new(listener));
    }

    pub(crate) fn listeners(&self) -> Vec<Arc<dyn SessionListener>> {
        let listeners = (self.inner.listeners.read()).unwrap_or_else(PoisonError::into_inner);
        listeners.clone()
    }

    pub(crate) fn ranks(&self) -> &Ranks {
        &self.inner.catalog.ranks
    }

    /// The dialect of the server, with its capabilities: for a look at the SQL of a query.
    ///
    /// ```no_run
    /// # extern crate birgus_core as birgus;
    /// use birgus::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct User { #[key] pub id: i64, pub username: String }
    /// # fn main() -> birgus::Result<()> {
    /// # let db = Database::open()?;
    /// println!("{}", User::query().filter(User::username.eq("susan")).to_sql(db.dialect()?)?);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`Database::connection`]: only a server tells what it is.
    pub fn dialect(&self) -> Result<&'static dyn Dialect> {
        Ok(self.connection()?.dialect())
    }

    /// Takes a connection from the pool.
    ///
    /// # Errors
    ///
    /// `is_checkout_timeout()`, saying how many connections are out and since when.
    pub fn connection(&self) -> Result<PooledConnection> {
        Ok(PooledConnection::new(
            self.inner.pool.checkout()?,
            Arc::clone(&self.inner.watch),
        ))
    }

    /// Begins a session. It takes a connection at its first statement.
    ///
    /// # Errors
    ///
    /// None today; a session may need a connection at once in the future.
    pub fn session(&self) -> Result<Session> {
        self.session_with(TransactionOptions::new())
    }

    /// Begins a session whose transactions are of a kind: isolated further, or only reading. Such a transaction begins
    /// with the first statement, be it a read.
    ///
    /// ```no_run
    /// # extern crate birgus_core as birgus;
    /// # use birgus::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct User { #[key] pub id: i64, pub username: String }
    /// # fn main() -> birgus::Result<()> {
    /// # let db = Database::open()?;
    /// let options = TransactionOptions::new().isolation(Isolation::RepeatableRead).read_only();
    /// let mut report = db.session_with(options)?;
    /// let number = User::query().count(&mut report)?;
    /// let users = User::query().all(&mut report)?; // as many, whatever others do meanwhile
    /// # let _ = (number, users);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`Database::session`], and `is_configuration()` for two phases together with isolation or reading alone.
    pub fn session_with(&self, options: TransactionOptions) -> Result<Session> {
        if options.two_phase && options.begins_at_once() {
            return Err(Error::configuration(
                "a transaction in two phases can't be isolated further, or only read: not every engine begins such a one",
            ));
        }
        Ok(Session::new(self.clone(), options))
    }

    /// Creates the tables that are missing, with their indexes and constraints. A table that exists is left as it
    /// is, whatever its columns, and so is one whose model says `existing`.
    ///
    /// # Errors
    ///
    /// Whatever the database refuses. On an engine whose DDL takes part in a transaction nothing is left behind.
    pub fn create_all(&self) -> Result<()> {
        let mut connection = self.connection()?;
        in_ddl_transaction(&mut connection, &mut |connection| {
            create_missing(connection, &self.managed_tables())
        })
    }

    /// Drops the tables of the models, with their rows, children before their parents. Other tables are left alone, and those
    /// whose models say `existing`.
    ///
    /// # Errors
    ///
    /// Whatever the database refuses: a table of somebody else's may reference one of these.
    pub fn drop_all(&self) -> Result<()> {
        let mut connection = self.connection()?;
        let tables = self.managed_tables();
        let circular = has_circle(&tables);
        let switch = if circular {
            connection.dialect().foreign_key_switch()
        } else {
            None
        };
        if let Some((off, _)) = switch {
            connection.batch(off)?;
        }
        let result = in_ddl_transaction(&mut connection, &mut |connection| {
            drop_existing(connection, &tables)
        });
        if let Some((_, on)) = switch {
            connection.batch(on)?;
        }
        result
    }

    /// Reads the tables of the database, whoever made them, sorted by name. [`Database::inspect`] passes over what this refuses.
    ///
    /// # Errors
    ///
    /// `is_unsupported()` for a table that can't be described, and whatever the database refuses.
    pub fn introspect(&self) -> Result<Vec<Table>> {
        let mut connection = self.connection()?;
        connection.dialect().introspect(&mut connection)
    }

    /// Reads the tables of the database, whoever made them, sorted by name, without the columns and foreign keys that can't be
    /// described; tells which those are, and the expressions that the database has, as it writes them.
    ///
    /// # Errors
    ///
    /// Whatever the database refuses.
    pub fn inspect(&self) -> Result<Inspected> {
        let mut connection = self.connection()?;
        connection.dialect().inspect(&mut connection)
    }
}

fn in_ddl_transaction(
    connection: &mut PooledConnection,
    work: &mut dyn FnMut(&mut dyn Connection) -> Result<()>,
) -> Result<()> {
    if connection.dialect().capabilities().transactional_ddl {
        connection.with_connection(Request::new(Access::Together), work)
    } else {
        work(connection)
    }
}

fn create_missing(connection: &mut dyn Connection, tables: &[Table]) -> Result<()> {
    let existing = connection.dialect().table_names(connection)?;
    let mut made: HashMap<&str, ()> = existing.iter().map(|name| (name.as_str(), ())).collect();
    let can_add = connection.dialect().capabilities().add_foreign_key;
    let mut later = Vec::new();
    for table in tables
        .iter()
        .filter(|table| !existing.contains(&table.name))
    {
        let (now, after) = if can_add {
            split_foreign_keys(table, &made)
        } else {
            (table.foreign_keys.clone(), Vec::new())
        };
        let mut statements = connection.dialect().create_table(table, &now)?;
        statements.extend(
            table
                .indexes
                .iter()
                .map(|index| connection.dialect().create_index(table, index)),
        );
        for sql in statements {
            connection
                .batch(&sql)
                .map_err(|error| error.context(format!("creating table {}", table.name)))?;
        }
        made.insert(&table.name, ());
        later.extend(after.into_iter().map(|key| (table, key)));
    }
    for (table, key) in later {
        let sql = connection.dialect().add_foreign_key(&table.name, &key);
        connection
            .batch(&sql)
            .map_err(|error| error.context(format!("creating table {}", table.name)))?;
    }
    Ok(())
}

fn drop_existing(connection: &mut dyn Connection, tables: &[Table]) -> Result<()> {
    let existing = connection.dialect().table_names(connection)?;
    let mut left: Vec<&Table> = tables
        .iter()
        .filter(|table| existing.contains(&table.name))
        .collect();
    let can_add = connection.dialect().capabilities().add_foreign_key;
    while let Some(table) = left.pop() {
        // In a circle every order leaves a key that points at the table: such a key goes first.
        for child in &left {
            for key in child
                .foreign_keys
                .iter()
                .filter(|key| can_add && key.references_table == table.name)
            {
                let sql = connection
                    .dialect()
                    .drop_foreign_key(&child.name, &key.name);
                connection.batch(&sql)?;
            }
        }
        let sql = connection.dialect().drop_table(&table.name);
        connection
            .batch(&sql)
            .map_err(|error| error.context(format!("dropping table {}", table.name)))?;
    }
    Ok(())
}

fn has_circle(tables: &[Table]) -> bool {
    let ordered = in_dependency_order(tables.to_vec());
    ordered.iter().enumerate().any(|(rank, table)| {
        table.foreign_keys.iter().any(|key| {
            key.references_table != table.name
                && ordered[rank..]
                    .iter()
                    .any(|parent| parent.name == key.references_table)
        })
    })
}

impl Executor for &Database {
    fn with_connection(
        &mut self,
        request: Request<'_>,
        work: &mut dyn FnMut(&mut dyn Connection) -> Result<()>,
    ) -> Result<()> {
        self.of_bind(request.bind())?
            .connection()?
            .with_connection(request, work)
    }
}
