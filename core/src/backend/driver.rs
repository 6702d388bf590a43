//! Drivers and how a URL finds one.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use super::{Connection, Dialect};
use crate::url::DatabaseUrl;
use crate::{Error, Result};

/// A way to reach an engine: what a URL scheme stands for.
pub trait Driver: Send + Sync {
    /// The schemes, without the colon: `["postgresql", "postgres"]`. The first is the usual one.
    fn schemes(&self) -> &'static [&'static str];

    /// Prepares to connect. It may open what all connections share (an in-memory database lives in it), and MUST NOT
    /// otherwise touch the network.
    ///
    /// # Errors
    ///
    /// `is_configuration()` for a URL or option that makes no sense to this driver.
    fn connector(&self, options: ConnectOptions) -> Result<Box<dyn Connector>>;

    /// The dialect of a scheme's newest server, for SQL that is only written and not run: one can't be asked.
    ///
    /// # Errors
    ///
    /// `is_unsupported()`, which is the default.
    fn dialect(&self, scheme: &str) -> Result<&'static dyn Dialect> {
        Err(Error::unsupported(format!(
            "the driver of `{scheme}:` writes no SQL without a connection"
        )))
    }

    /// Makes an empty database for a test, and tells where it is. What `options` lead to only says where to make it, and
    /// MUST NOT be changed; whatever bears the name already MUST NOT be taken for the new one.
    ///
    /// PostgreSQL: a schema, which the URL chooses by `search_path`. MySQL, MariaDB: a database. SQLite: a file in the
    /// folder for temporary files; a database in memory is one of its own anyway.
    ///
    /// # Errors
    ///
    /// `is_unsupported()` when the driver can't, which is the default; as [`Connector::connect`], and whatever the server
    /// refuses.
    fn create_database(&self, options: &ConnectOptions, name: &str) -> Result<DatabaseUrl> {
        let _ = name;
        Err(no_databases(&options.url))
    }

    /// Drops a database that [`Driver::create_database`] has made with the same options and name. Where somebody uses it,
    /// it MUST fail within seconds, rather than wait for them.
    ///
    /// # Errors
    ///
    /// As [`Driver::create_database`].
    fn drop_database(&self, options: &ConnectOptions, name: &str) -> Result<()> {
        let _ = name;
        Err(no_databases(&options.url))
    }
}

fn no_databases(url: &DatabaseUrl) -> Error {
    Error::unsupported(format!(
        "the driver of `{}:` makes no databases for tests",
        url.scheme()
    ))
}

/// Makes connections to one database. A pool owns it, and drops it after its last connection.
pub trait Connector: Send + Sync {
    /// Opens a connection, puts it into the mode that [`Mode`](super::Mode) describes, and verifies it.
    ///
    /// # Errors
    ///
    /// `is_connection_failed()`, `is_authentication_failed()` or `is_unknown_database()` where the engine tells them
    /// apart; the message MUST NOT show the password.
    fn connect(&self) -> Result<Box<dyn Connection>>;
}

/// Everything that a driver is told.
#[derive(Clone)]
#[non_exhaustive]
pub struct ConnectOptions {
    /// Where to.
    pub url: DatabaseUrl,
    /// How long to wait for a connection to be made.
    pub connect_timeout: Duration,
    /// How long a statement may run; `None` for any time. A driver whose engine can't limit it MUST refuse a value.
    pub statement_timeout: Option<Duration>,
    /// How many prepared statements a connection keeps, at most.
    pub statement_cache: usize,
    /// `PRAGMA`s, for engines that have them; the others ignore them, so that a URL can change alone.
    pub pragmas: BTreeMap<String, String>,
    /// Encryption, for engines with a network.
    pub tls: TlsOptions,
}

impl ConnectOptions {
    /// The defaults, for a URL: 10 seconds to connect, any time for a statement, 256 prepared statements.
    pub fn new(url: DatabaseUrl) -> Self {
        Self {
            url,
            connect_timeout: Duration::from_secs(10),
            statement_timeout: None,
            statement_cache: 256,
            pragmas: BTreeMap::new(),
            tls: TlsOptions::default(),
        }
    }
}

impl fmt::Debug for ConnectOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConnectOptions")
            .field("url", &self.url)
            .field("tls", &self.tls)
            .finish_non_exhaustive()
    }
}

/// Encryption of a connection to a server.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TlsOptions {
    /// What is demanded.
    pub mode: TlsMode,
    /// The certificate authorities to trust, as a PEM file; the system's when `None`.
    pub ca_file: Option<PathBuf>,
}

/// What is demanded of a connection's encryption: libpq's modes without `allow`
/// (<https://www.postgresql.org/docs/current/libpq-ssl.html#LIBPQ-SSL-SSLMODE-STATEMENTS>).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TlsMode {
    /// No encryption.
    Disable,
    /// Encryption if the server offers it, without looking at its certificate.
    #[default]
    Prefer,
    /// Encryption, without looking at the certificate.
    Require,
    /// Encryption, with a certificate that a trusted authority signed.
    VerifyCa,
    /// The same, and the certificate names the host.
    VerifyFull,
}

/// A driver's entry in the table of drivers; made by [`register_driver!`](crate::register_driver).
pub struct DriverRegistration(pub &'static dyn Driver);

inventory::collect!(DriverRegistration);

/// What to tell a user whose URL has a scheme that nothing registered: the Cargo feature that would add it.
pub struct SchemeHint {
    /// The schemes.
    pub schemes: &'static [&'static str],
    /// The feature of the crate that the user depends on.
    pub feature: &'static str,
}

inventory::collect!(SchemeHint);

/// Registers a driver, from any crate that is linked into the program.
///
/// ```
/// # use birgus_core::backend::{ConnectOptions, Connector, Driver};
/// # use birgus_core::Result;
/// struct Crab;
///
/// impl Driver for Crab {
///     fn schemes(&self) -> &'static [&'static str] {
///         &["crab"]
///     }
///     fn connector(&self, options: ConnectOptions) -> Result<Box<dyn Connector>> {
///         todo!()
///     }
/// }
///
/// birgus_core::register_driver!(&Crab);
/// # fn main() {}
/// ```
#[macro_export]
macro_rules! register_driver {
    ($driver:expr) => {
        const _: () = {
            $crate::__private::inventory::submit! { $crate::backend::DriverRegistration($driver) }
        };
    };
}

/// Finds the driver of a scheme.
///
/// # Errors
///
/// `is_unknown_scheme()` when none is registered for it.
pub fn find_driver(scheme: &str) -> Result<&'static dyn Driver> {
    let drivers: Vec<&'static dyn Driver> = inventory::iter::<DriverRegistration>
        .into_iter()
        .map(|entry| entry.0)
        .collect();
    if let Some(driver) = drivers
        .iter()
        .find(|driver| driver.schemes().contains(&scheme))
    {
        return Ok(*driver);
    }
    let mut known: Vec<&str> = drivers
        .iter()
        .flat_map(|driver| driver.schemes().iter().copied())
        .collect();
    known.sort_unstable();
    let list = if known.is_empty() {
        "none".to_owned()
    } else {
        known.join(", ")
    };
    let hint = inventory::iter::<SchemeHint>
        .into_iter()
        .find(|hint| hint.schemes.contains(&scheme))
        .map(|hint| format!("; the Cargo feature `{}` adds it", hint.feature))
        .or_else(|| {
            // SQLAlchemy's form, with the name of a Python driver.
            let (engine, _) = scheme.split_once('+')?;
            known
                .contains(&engine)
                .then(|| format!("; write `{engine}:`"))
        })
        .unwrap_or_default();
    Err(Error::unknown_scheme(format!(
        "no driver for the URL scheme `{scheme}:` (registered: {list}){hint}"
    )))
}
