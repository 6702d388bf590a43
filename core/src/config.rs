//! Configuration: built-in defaults, `birgus.toml`, the environment.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use figment::providers::{Env, Format, Toml};
use figment::{Figment, Profile};
use serde::{Deserialize, Deserializer};

use crate::backend::{ConnectOptions, TlsMode, TlsOptions};
use crate::url::DatabaseUrl;
use crate::{Error, Result};

/// The file that [`Config::load`] reads, in the working directory or any above it.
pub const FILE: &str = "birgus.toml";

/// Everything that can be configured, of one database and of those bound to names beside it.
///
/// Sources, the later ones winning: the defaults; `birgus.toml`, whose tables are profiles (`[default]` applies to
/// every one, `BIRGUS_PROFILE` selects another); variables that start with `BIRGUS_`, with `__` between a table and
/// its key (`BIRGUS_POOL__SIZE=20`); `DATABASE_URL`, for the URL alone.
///
/// ```toml
/// [default]
/// url = "sqlite:app.db"
/// slow_query = "200ms"
///
/// [default.pool]
/// size = 10
///
/// [production]
/// url = "postgresql://app@db.example/app"
/// tls = { mode = "verify-full", ca_file = "/etc/ssl/db.pem" }
///
/// [production.binds.reports]
/// url = "mysql://reports@replica.example/reports"
/// ```
///
/// Durations are written as `30s`, `1m 30s`, `200ms`. `Debug` never shows a password.
///
/// A program may also configure itself:
///
/// ```no_run
/// use std::time::Duration;
///
/// use birgus_core::{Config, Database};
///
/// let mut config = Config::load()?; // or Config::new("sqlite:app.db".parse()?)
/// config.pool.size = 20;
/// config.slow_query = Some(Duration::from_millis(200));
/// let db = Database::with_config(config)?;
/// # let _ = db;
/// # Ok::<(), birgus_core::Error>(())
/// ```
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct Config {
    /// Where the database is.
    #[serde(deserialize_with = "url")]
    pub url: DatabaseUrl,
    /// The pool of connections.
    pub pool: PoolConfig,
    /// How long to wait for a connection to be made; 10 seconds.
    #[serde(deserialize_with = "duration")]
    pub connect_timeout: Duration,
    /// How long a statement may run; no limit. SQLite has no such limit and refuses one.
    #[serde(deserialize_with = "optional_duration")]
    pub statement_timeout: Option<Duration>,
    /// Whether each statement is logged, at level INFO.
    pub echo: bool,
    /// Whether bound values are logged with the statements. They are your users' data.
    pub echo_binds: bool,
    /// From when on a statement is logged as slow, at level WARN; never.
    #[serde(deserialize_with = "optional_duration")]
    pub slow_query: Option<Duration>,
    /// How many prepared statements a connection keeps; 256.
    pub statement_cache: usize,
    /// `PRAGMA`s for SQLite; engines without pragmas ignore them.
    #[serde(deserialize_with = "pragmas")]
    pub pragmas: BTreeMap<String, String>,
    /// Encryption of the connection to a server.
    pub tls: TlsConfig,
    /// When a session tells that a relation is loaded row by row.
    pub n_plus_one: NPlusOneConfig,
    /// Further databases, by name; each takes the same keys, and the defaults for those that it leaves out.
    pub binds: BTreeMap<String, Config>,
}

/// The pool of connections.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct PoolConfig {
    /// The most connections; 10.
    pub size: u32,
    /// How many idle connections are kept ready; 0.
    pub min_idle: u32,
    /// How long to wait for a connection; 30 seconds.
    #[serde(deserialize_with = "duration")]
    pub checkout_timeout: Duration,
    /// After how long an idle connection is closed; 10 minutes.
    #[serde(deserialize_with = "optional_duration")]
    pub idle_timeout: Option<Duration>,
    /// After how long a connection is replaced, however busy; 30 minutes.
    #[serde(deserialize_with = "optional_duration")]
    pub max_lifetime: Option<Duration>,
    /// A connection that has idled for so long is asked for a sign of life at checkout; 30 seconds. Asking at every
    /// checkout would cost a round trip each time.
    #[serde(deserialize_with = "duration")]
    pub check_after: Duration,
}

/// Encryption of the connection to a server.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct TlsConfig {
    /// `disable`, `prefer` (the default), `require`, `verify-ca` or `verify-full`.
    pub mode: TlsMode,
    /// The certificate authorities to trust, as a PEM file.
    pub ca_file: Option<PathBuf>,
}

/// When a session tells that a relation is loaded row by row: N + 1 statements where 2 would do.
///
/// A session counts, for each relation by itself, how often it is loaded for one row alone, by
/// [`Many::load`](crate::Many::load), [`One::load`](crate::One::load) or [`Session::related`](crate::Session::related). What
/// is at hand without a statement does not count, nor what goes through `&db`, where nobody knows what belongs together.
/// Commits and rollbacks don't end the count, [`Session::clear`](crate::Session::clear) does.
///
/// The load that exceeds the limit gives one warning of `tracing`, with the fields `relation` (`User.posts`), `count`,
/// `first` (where in the source it was loaded first) and `remedy`. In tests it is better an error:
///
/// ```no_run
/// use birgus_core::testing::TestDatabase;
///
/// let db = TestDatabase::from_env_with(|config| config.n_plus_one.error = true)?;
/// # let _ = db;
/// # Ok::<(), birgus_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct NPlusOneConfig {
    /// How often a relation may be loaded so before that is told; 10. At 0 the first time is told, and `None` (`"none"` in a
    /// file) switches it off.
    #[serde(deserialize_with = "optional_number")]
    pub limit: Option<u32>,
    /// Whether a load beyond the limit fails, with `is_n_plus_one()`, instead of a warning; false.
    pub error: bool,
}

impl Default for NPlusOneConfig {
    fn default() -> Self {
        Self {
            limit: Some(10),
            error: false,
        }
    }
}

impl Default for PoolConfig {
    fn default() -> Self {
        Self {
            size: 10,
            min_idle: 0,
            checkout_timeout: Duration::from_secs(30),
            idle_timeout: Some(Duration::from_secs(600)),
            max_lifetime: Some(Duration::from_secs(1800)),
            check_after: Duration::from_secs(30),
        }
    }
}

impl PoolConfig {
    /// One connection that is kept for good, for which nobody waits long.
    pub(crate) fn of_one(other: &Self) -> Self {
        Self {
            size: 1,
            min_idle: 0,
            checkout_timeout: other.checkout_timeout.min(Duration::from_secs(5)),
            idle_timeout: None,
            max_lifetime: None,
            check_after: other.check_after,
        }
    }
}

impl Default for Config {
    fn default() -> Self {
        Self::new(DatabaseUrl::of_path("sqlite", "app.db"))
    }
}

fn url<'de, D: Deserializer<'de>>(deserializer: D) -> std::result::Result<DatabaseUrl, D::Error> {
    // The message must not quote the text: it may hold a password.
    String::deserialize(deserializer)?
        .parse()
        .map_err(serde::de::Error::custom)
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Scalar {
    Bool(bool),
    Integer(i64),
    Float(f64),
    Text(String),
}

fn parse_duration<E: serde::de::Error>(value: Scalar) -> std::result::Result<Option<Duration>, E> {
    const HELP: &str =
        "a duration such as \"30s\" or \"200ms\", or \"none\" where there may be no limit";
    match value {
        Scalar::Text(text) if text == "none" => Ok(None),
        Scalar::Text(text) => humantime::parse_duration(&text)
            .map(Some)
            .map_err(|_| E::invalid_value(serde::de::Unexpected::Str(&text), &HELP)),
        Scalar::Integer(number) => Err(E::invalid_type(
            serde::de::Unexpected::Signed(number),
            &HELP,
        )),
        Scalar::Float(number) => Err(E::invalid_type(serde::de::Unexpected::Float(number), &HELP)),
        Scalar::Bool(value) => Err(E::invalid_type(serde::de::Unexpected::Bool(value), &HELP)),
    }
}

fn duration<'de, D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Duration, D::Error> {
    parse_duration(Scalar::deserialize(deserializer)?)?.ok_or_else(|| {
        serde::de::Error::custom("\"none\" is not possible here; write a duration such as \"30s\"")
    })
}

fn optional_duration<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> std::result::Result<Option<Duration>, D::Error> {
    parse_duration(Scalar::deserialize(deserializer)?)
}

fn optional_number<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> std::result::Result<Option<u32>, D::Error> {
    let number = match Scalar::deserialize(deserializer)? {
        Scalar::Text(text) if text == "none" => return Ok(None),
        Scalar::Integer(number) => u32::try_from(number).ok(),
        Scalar::Bool(_) | Scalar::Float(_) | Scalar::Text(_) => None,
    };
    number.map(Some).ok_or_else(|| {
        serde::de::Error::custom("expected a number such as 10, or \"none\" for no limit")
    })
}

fn pragmas<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> std::result::Result<BTreeMap<String, String>, D::Error> {
    let scalars = BTreeMap::<String, Scalar>::deserialize(deserializer)?;
    let text = |value| match value {
        Scalar::Bool(value) => u8::from(value).to_string(),
        Scalar::Integer(value) => value.to_string(),
        Scalar::Float(value) => value.to_string(),
        Scalar::Text(value) => value,
    };
    Ok(scalars
        .into_iter()
        .map(|(name, value)| (name, text(value)))
        .collect())
}

impl Config {
    /// The defaults, for a URL.
    pub fn new(url: DatabaseUrl) -> Self {
        Self {
            url,
            pool: PoolConfig::default(),
            connect_timeout: Duration::from_secs(10),
            statement_timeout: None,
            echo: false,
            echo_binds: false,
            slow_query: None,
            statement_cache: 256,
            pragmas: BTreeMap::new(),
            tls: TlsConfig::default(),
            n_plus_one: NPlusOneConfig::default(),
            binds: BTreeMap::new(),
        }
    }

    /// Reads `birgus.toml` and the environment.
    ///
    /// # Errors
    ///
    /// `is_configuration()` for an unknown key or a wrong value, naming the source, the profile and the key.
    pub fn load() -> Result<Self> {
        Self::from_sources(Toml::file(FILE).nested())
    }

    /// Reads another file than `birgus.toml`, and the environment. The file must exist.
    ///
    /// # Errors
    ///
    /// As [`Config::load`].
    pub fn load_file(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        if !path.is_file() {
            return Err(Error::configuration(format!(
                "{}: no such file",
                path.display()
            )));
        }
        Self::from_sources(Toml::file_exact(path).nested())
    }

    fn from_sources(file: impl figment::Provider) -> Result<Self> {
        let profile = Profile::from_env_or("BIRGUS_PROFILE", Profile::Default);
        let figment = Figment::new().merge(file);
        // A misspelt profile must not run a program on the default database. Without a file there are only variables.
        let profiles: Vec<Profile> = figment.profiles().cloned().collect();
        if profile != Profile::Default && !profiles.is_empty() && !profiles.contains(&profile) {
            let known: Vec<&str> = profiles
                .iter()
                .map(|profile| profile.as_str().as_str())
                .collect();
            return Err(Error::configuration(format!(
                "BIRGUS_PROFILE: no profile `{profile}` in the configuration file; known are {}",
                known.join(", ")
            )));
        }
        let figment = figment
            .merge(
                Env::prefixed("BIRGUS_")
                    // The variables that choose the profile and the servers of this project's tests are no keys.
                    .filter(|key| key != "profile" && !key.starts_with("test_"))
                    .split("__")
                    .global(),
            )
            .merge(
                Env::raw()
                    .only(&["DATABASE_URL"])
                    .map(|_| "url".into())
                    .global(),
            )
            .select(profile);
        figment.extract::<Self>().map_err(|error| explain(&error))
    }

    pub(crate) fn connect_options(&self) -> ConnectOptions {
        let mut options = ConnectOptions::new(self.url.clone());
        options.connect_timeout = self.connect_timeout;
        options.statement_timeout = self.statement_timeout;
        options.statement_cache = self.statement_cache;
        options.pragmas = self.pragmas.clone();
        options.tls = TlsOptions {
            mode: self.tls.mode,
            ca_file: self.tls.ca_file.clone(),
        };
        options
    }
}

/// An error of figment in one line: what is wrong, where, and never a value that could hold a password.
fn explain(errors: &figment::Error) -> Error {
    use figment::error::Kind;

    let mut lines = Vec::new();
    for error in errors.clone() {
        let source = match error
            .metadata
            .as_ref()
            .and_then(|metadata| metadata.source.as_ref())
        {
            Some(source) => source.to_string(),
            None => error
                .metadata
                .as_ref()
                .map_or("configuration".to_owned(), |metadata| {
                    metadata.name.to_string()
                }),
        };
        let profile = error
            .profile
            .as_ref()
            .map_or("default".to_owned(), ToString::to_string);
        if let Kind::Message(message) = &error.kind
            && let Some(problem) = unreadable(message)
        {
            lines.push(format!("{source}: {problem}"));
            continue;
        }
        let mut path = error.path.join(".");
        let problem = match &error.kind {
            Kind::UnknownField(field, known) => {
                if path.split('.').next_back() != Some(field) {
                    path = if path.is_empty() {
                        field.clone()
                    } else {
                        format!("{path}.{field}")
                    };
                }
                format!("unknown key; known are {}", known.join(", "))
            }
            Kind::InvalidType(actual, expected) if path.ends_with("url") => {
                let _ = actual;
                format!("expected {expected}")
            }
            kind => kind.to_string(),
        };
        lines.push(format!(
            "{source}: profile `{profile}`: key `{path}`: {problem}"
        ));
    }
    Error::configuration(lines.join("; "))
}

/// What keeps a file from being read at all. The parser quotes the line, which may hold a password: its number is enough.
fn unreadable(message: &str) -> Option<String> {
    let (place, rest) = message
        .strip_prefix("TOML parse error at ")?
        .split_once('\n')?;
    if rest.contains("invalid type") {
        return Some(format!(
            "{place}: a key outside of a table; keys stand in a profile, such as [default]"
        ));
    }
    // The quoted line stands between lines that begin with a bar.
    let problem: Vec<&str> = rest
        .rsplit_once("|")
        .map_or("", |(_, problem)| problem)
        .lines()
        .skip(1)
        .filter(|line| !line.is_empty())
        .collect();
    Some(format!("{place}: {}", problem.join(", ")))
}

impl fmt::Display for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.url, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_url_is_a_file_beside_the_program() {
        assert_eq!(Config::default().url, "sqlite:app.db".parse().unwrap());
    }
}
