//! The pairs of driver and engine, where their servers are, and how each gives a case a database of its own.

use std::env;

use birgus::url::DatabaseUrl;
use birgus::{Config, Database, Error, Result, sql};

type Create = fn(&DatabaseUrl, &str) -> Result<DatabaseUrl>;
type Remove = fn(&DatabaseUrl, &str) -> Result<()>;

/// A driver, and a server to try it on.
#[derive(Debug)]
pub struct Pair {
    name: &'static str,
    url: DatabaseUrl,
    create: Create,
    remove: Remove,
}

impl Pair {
    /// A pair. `create` makes an empty database of that name and gives its URL, `remove` drops it.
    pub fn new(name: &'static str, url: DatabaseUrl, create: Create, remove: Remove) -> Self {
        Self {
            name,
            url,
            create,
            remove,
        }
    }

    pub fn name(&self) -> &'static str {
        self.name
    }

    /// The server.
    pub fn url(&self) -> &DatabaseUrl {
        &self.url
    }

    pub(crate) fn create(&self, name: &str) -> Result<DatabaseUrl> {
        (self.create)(&self.url, name)
    }

    pub(crate) fn remove(&self, name: &str) -> Result<()> {
        (self.remove)(&self.url, name)
    }
}

/// The pairs that `BIRGUS_TEST_PAIRS` asks for among those whose drivers are linked in; all of these when it is not
/// set. The servers are found by `BIRGUS_TEST_POSTGRES_URL`, `BIRGUS_TEST_MARIADB_URL` and `BIRGUS_TEST_MYSQL_URL`.
///
/// # Errors
///
/// When a pair is asked for whose driver or server is missing: it is never left out in silence.
pub fn known_pairs(linked: &[&'static str]) -> Result<Vec<Pair>> {
    let wanted = env::var("BIRGUS_TEST_PAIRS").ok();
    let wanted: Vec<String> = match &wanted {
        Some(list) => list
            .split(',')
            .map(|name| name.trim().to_owned())
            .filter(|name| !name.is_empty())
            .collect(),
        None => linked.iter().map(|name| (*name).to_owned()).collect(),
    };
    wanted.iter().map(|name| known_pair(name, linked)).collect()
}

fn known_pair(name: &str, linked: &[&'static str]) -> Result<Pair> {
    let Some(name) = linked.iter().copied().find(|linked| *linked == name) else {
        return Err(Error::configuration(format!(
            "BIRGUS_TEST_PAIRS names `{name}`, whose driver is not compiled in"
        )));
    };
    let server = |variable: &str| -> Result<DatabaseUrl> {
        env::var(variable)
            .map_err(|_| {
                Error::configuration(format!(
                    "the pair `{name}` needs a server: set {variable}, or run `cargo xtask test`"
                ))
            })?
            .parse()
    };
    Ok(match name {
        "sqlite" => Pair::new(
            name,
            DatabaseUrl::of_path("sqlite", ""),
            create_file,
            remove_file,
        ),
        "postgres" => Pair::new(
            name,
            server("BIRGUS_TEST_POSTGRES_URL")?,
            create_schema,
            remove_schema,
        ),
        "postgres+libpq" => Pair::new(
            name,
            server("BIRGUS_TEST_POSTGRES_URL")?.with_scheme("postgresql+libpq"),
            create_schema,
            remove_schema,
        ),
        "mariadb" => Pair::new(
            name,
            server("BIRGUS_TEST_MARIADB_URL")?,
            create_database,
            remove_database,
        ),
        "mysql" => Pair::new(
            name,
            server("BIRGUS_TEST_MYSQL_URL")?,
            create_database,
            remove_database,
        ),
        other => return Err(Error::configuration(format!("no pair is called `{other}`"))),
    })
}

fn create_file(_server: &DatabaseUrl, name: &str) -> Result<DatabaseUrl> {
    let path = env::temp_dir().join(format!("{name}.db"));
    Ok(DatabaseUrl::of_path("sqlite", &path.to_string_lossy()))
}

fn remove_file(_server: &DatabaseUrl, name: &str) -> Result<()> {
    for suffix in ["", "-wal", "-shm"] {
        let path = env::temp_dir().join(format!("{name}.db{suffix}"));
        if path.exists() {
            std::fs::remove_file(path).map_err(|error| {
                Error::configuration("removing a database file").with_source(error)
            })?;
        }
    }
    Ok(())
}

fn on_server(server: &DatabaseUrl, statement: String) -> Result<()> {
    let mut config = Config::new(server.clone());
    config.pool.size = 1;
    sql(statement)
        .execute(&Database::with_models(config, [])?)
        .map(|_| ())
}

fn create_schema(server: &DatabaseUrl, name: &str) -> Result<DatabaseUrl> {
    on_server(server, format!("CREATE SCHEMA {name}"))?;
    Ok(server
        .clone()
        .with_parameter("options", &format!("-c search_path={name}")))
}

fn remove_schema(server: &DatabaseUrl, name: &str) -> Result<()> {
    // Notices about what is dropped along are not errors, and there is nobody to read them.
    on_server(server, format!("DROP SCHEMA {name} CASCADE"))
}

fn create_database(server: &DatabaseUrl, name: &str) -> Result<DatabaseUrl> {
    on_server(server, format!("CREATE DATABASE {name}"))?;
    Ok(server.clone().with_database(name))
}

fn remove_database(server: &DatabaseUrl, name: &str) -> Result<()> {
    on_server(server, format!("DROP DATABASE {name}"))
}
