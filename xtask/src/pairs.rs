//! The pairs of driver and engine that the tests cover, and the servers behind them.

use std::fmt;

use anyhow::{Result, bail};

use crate::client::ClientLibrary;

/// The variable that names the required pairs when `--require` is not given.
pub(crate) const REQUIRE: &str = "BIRGUS_TEST_REQUIRE";
/// The variable that tells the test suite which pairs it must run.
pub(crate) const PAIRS: &str = "BIRGUS_TEST_PAIRS";

/// A driver together with the engine that it talks to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pair {
    Sqlite,
    Postgres,
    PostgresLibpq,
    MariaDb,
    MySql,
}

impl Pair {
    /// Every pair, in the order in which tables list them.
    pub(crate) const ALL: [Pair; 5] = [
        Pair::Sqlite,
        Pair::Postgres,
        Pair::PostgresLibpq,
        Pair::MariaDb,
        Pair::MySql,
    ];

    /// The name in `--require`, in [`PAIRS`] and in the table.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Pair::Sqlite => "sqlite",
            Pair::Postgres => "postgres",
            Pair::PostgresLibpq => "postgres+libpq",
            Pair::MariaDb => "mariadb",
            Pair::MySql => "mysql",
        }
    }

    /// The server that the pair needs; SQLite is embedded and needs none.
    pub(crate) fn server(self) -> Option<Server> {
        match self {
            Pair::Sqlite => None,
            Pair::Postgres | Pair::PostgresLibpq => Some(Server::Postgres),
            Pair::MariaDb => Some(Server::MariaDb),
            Pair::MySql => Some(Server::MySql),
        }
    }

    /// The C library that the pair's driver links to, unless it is bundled.
    pub(crate) fn client_library(self) -> Option<ClientLibrary> {
        match self {
            Pair::Sqlite | Pair::Postgres => None,
            Pair::PostgresLibpq => Some(ClientLibrary::Libpq),
            Pair::MariaDb | Pair::MySql => Some(ClientLibrary::MySql),
        }
    }

    /// The feature of the package `birgus` that switches the driver on.
    pub(crate) fn feature(self) -> &'static str {
        match self {
            Pair::Sqlite => "sqlite",
            Pair::Postgres => "postgres",
            Pair::PostgresLibpq => "postgres-libpq",
            Pair::MariaDb | Pair::MySql => "mysql",
        }
    }

    /// The feature that also compiles the driver's C library from source, where there is one.
    pub(crate) fn bundled_feature(self) -> Option<&'static str> {
        match self {
            Pair::Sqlite | Pair::Postgres => None,
            Pair::PostgresLibpq => Some("postgres-libpq-bundled"),
            Pair::MariaDb | Pair::MySql => Some("mysql-bundled"),
        }
    }
}

/// A database server that pairs need.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Server {
    Postgres,
    MariaDb,
    MySql,
}

impl Server {
    /// Every server.
    pub(crate) const ALL: [Server; 3] = [Server::Postgres, Server::MariaDb, Server::MySql];

    /// The variable with the URL of a server to test against.
    pub(crate) fn variable(self) -> &'static str {
        match self {
            Server::Postgres => "BIRGUS_TEST_POSTGRES_URL",
            Server::MariaDb => "BIRGUS_TEST_MARIADB_URL",
            Server::MySql => "BIRGUS_TEST_MYSQL_URL",
        }
    }

    /// The service in `docker-compose.yml`.
    pub(crate) fn service(self) -> &'static str {
        match self {
            Server::Postgres => "postgres",
            Server::MariaDb => "mariadb",
            Server::MySql => "mysql",
        }
    }

    /// The scheme of the URLs that are written for this server.
    pub(crate) fn scheme(self) -> &'static str {
        match self {
            Server::Postgres => "postgresql",
            Server::MariaDb => "mariadb",
            Server::MySql => "mysql",
        }
    }

    /// The port of a URL that names none.
    pub(crate) fn default_port(self) -> u16 {
        match self {
            Server::Postgres => 5432,
            Server::MariaDb | Server::MySql => 3306,
        }
    }

    /// The programs to install so that a server can be started here.
    pub(crate) fn programs_hint(self) -> &'static str {
        match self {
            Server::Postgres => "install its programs (Debian: apt install postgresql)",
            Server::MariaDb => "install its programs (Debian: apt install mariadb-server)",
            Server::MySql => {
                "put the mysqld of MySQL into PATH (Debian stable has no package, unstable has \
                 mysql-server-core; else https://dev.mysql.com/downloads/mysql/)"
            }
        }
    }
}

impl fmt::Display for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Server::Postgres => "PostgreSQL",
            Server::MariaDb => "MariaDB",
            Server::MySql => "MySQL",
        })
    }
}

/// The pairs that must be tested: the option's, else the variable's, else all five.
///
/// An empty variable counts as unset, an empty option is an error: what is required shrinks only
/// when somebody says so.
pub(crate) fn required(option: Option<&str>, variable: Option<&str>) -> Result<Vec<Pair>> {
    match (option, variable.filter(|list| !list.trim().is_empty())) {
        (Some(list), _) => parse(list, "--require"),
        (None, Some(list)) => parse(list, REQUIRE),
        (None, None) => Ok(Pair::ALL.to_vec()),
    }
}

fn parse(list: &str, source: &str) -> Result<Vec<Pair>> {
    let known = Pair::ALL.map(Pair::name).join(", ");
    let mut pairs = Vec::new();
    for name in list
        .split(',')
        .map(str::trim)
        .filter(|name| !name.is_empty())
    {
        let Some(pair) = Pair::ALL.into_iter().find(|pair| pair.name() == name) else {
            bail!("{source}: `{name}` is not a pair of driver and engine; there are {known}");
        };
        if !pairs.contains(&pair) {
            pairs.push(pair);
        }
    }
    if pairs.is_empty() {
        bail!("{source}: names no pair of driver and engine; there are {known}");
    }
    Ok(pairs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_five_pairs_are_required_by_default() {
        assert_eq!(required(None, None).unwrap(), Pair::ALL);
        assert_eq!(required(None, Some(" ")).unwrap(), Pair::ALL);
    }

    #[test]
    fn the_option_wins_over_the_variable() {
        let pairs = required(Some("sqlite, postgres+libpq,sqlite"), Some("mysql")).unwrap();
        assert_eq!(pairs, [Pair::Sqlite, Pair::PostgresLibpq]);
        assert_eq!(required(None, Some("mysql")).unwrap(), [Pair::MySql]);
    }

    #[test]
    fn an_unknown_or_empty_list_names_the_five_pairs() {
        let error = required(Some("sqlite,oracle"), None)
            .unwrap_err()
            .to_string();
        assert_eq!(
            error,
            "--require: `oracle` is not a pair of driver and engine; \
             there are sqlite, postgres, postgres+libpq, mariadb, mysql"
        );
        let error = required(Some(","), None).unwrap_err().to_string();
        assert!(error.starts_with("--require: names no pair"), "{error}");
        let error = required(None, Some("oracle")).unwrap_err().to_string();
        assert!(
            error.starts_with("BIRGUS_TEST_REQUIRE: `oracle`"),
            "{error}"
        );
    }
}
