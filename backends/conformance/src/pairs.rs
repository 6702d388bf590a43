//! The pairs of driver and engine, and where their servers are.

use std::env;

use birgus::backend::{ConnectOptions, find_driver};
use birgus::url::DatabaseUrl;
use birgus::{Error, Result};

/// A driver, and a server to try it on.
#[derive(Debug)]
pub struct Pair {
    name: &'static str,
    url: DatabaseUrl,
}

impl Pair {
    /// A pair. Its driver makes the databases of the cases, and drops them.
    pub fn new(name: &'static str, url: DatabaseUrl) -> Self {
        Self { name, url }
    }

    pub fn name(&self) -> &'static str {
        self.name
    }

    /// The server.
    pub fn url(&self) -> &DatabaseUrl {
        &self.url
    }

    pub(crate) fn create(&self, name: &str) -> Result<DatabaseUrl> {
        let options = ConnectOptions::new(self.url.clone());
        find_driver(self.url.scheme())?.create_database(&options, name)
    }

    pub(crate) fn remove(&self, name: &str) -> Result<()> {
        let options = ConnectOptions::new(self.url.clone());
        find_driver(self.url.scheme())?.drop_database(&options, name)
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
    let url = match name {
        "sqlite" => DatabaseUrl::of_path("sqlite", "birgus.db"),
        "postgres" => server("BIRGUS_TEST_POSTGRES_URL")?,
        "postgres+libpq" => server("BIRGUS_TEST_POSTGRES_URL")?.with_scheme("postgresql+libpq"),
        "mariadb" => server("BIRGUS_TEST_MARIADB_URL")?,
        "mysql" => server("BIRGUS_TEST_MYSQL_URL")?,
        other => return Err(Error::configuration(format!("no pair is called `{other}`"))),
    };
    Ok(Pair::new(name, url))
}
