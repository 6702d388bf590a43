//! Where a URL leads, in the same reading for both drivers.

use std::path::PathBuf;
use std::time::Duration;

use birgus_core::backend::{ConnectOptions, TlsMode, TlsOptions};
use birgus_core::{Error, Result};

const PARAMETERS: &str = "application_name, connect_timeout, dbname, host, options, password, \
                          port, sslmode, sslrootcert, user";

/// A server, a database, and how to get in.
///
/// Not `Debug`: it holds the password.
pub(crate) struct Target {
    /// A name, an address, or the directory of a Unix socket.
    pub(crate) host: String,
    pub(crate) port: u16,
    /// The operating system's user when `None`.
    pub(crate) user: Option<String>,
    pub(crate) password: Option<String>,
    /// The user's name when `None`.
    pub(crate) database: Option<String>,
    pub(crate) application_name: Option<String>,
    /// Settings for the server: `-c search_path=app`.
    pub(crate) options: Option<String>,
    pub(crate) tls: TlsOptions,
    pub(crate) connect_timeout: Duration,
}

impl Target {
    /// Reads the URL with libpq's names of parameters; those in the query win over the URL's own parts.
    ///
    /// # Errors
    ///
    /// `is_configuration()` for a parameter that is unknown or makes no sense.
    pub(crate) fn new(options: &ConnectOptions) -> Result<Self> {
        let url = &options.url;
        let own = |text: Option<&str>| text.map(str::to_owned);
        let mut target = Self {
            host: url.host().unwrap_or("localhost").to_owned(),
            port: url.port().unwrap_or(5432),
            user: own(url.user()),
            password: own(url.password()),
            database: own(url.database()),
            application_name: None,
            options: None,
            tls: options.tls.clone(),
            connect_timeout: options.connect_timeout,
        };
        for (name, value) in url.parameters() {
            let value = value.to_owned();
            match name {
                "host" => target.host = value,
                "port" => target.port = number(name, &value)?,
                "user" => target.user = Some(value),
                "password" => target.password = Some(value),
                "dbname" => target.database = Some(value),
                "application_name" => target.application_name = Some(value),
                "options" => target.options = Some(value),
                "connect_timeout" => {
                    target.connect_timeout = Duration::from_secs(number(name, &value)?);
                }
                // What the program configured beyond the default wins over the URL.
                "sslmode" => {
                    let mode = tls_mode(&value)?;
                    if options.tls.mode == TlsMode::default() {
                        target.tls.mode = mode;
                    }
                }
                "sslrootcert" => {
                    target
                        .tls
                        .ca_file
                        .get_or_insert_with(|| PathBuf::from(value));
                }
                _ => {
                    return Err(Error::configuration(format!(
                        "database URL: PostgreSQL's drivers know no parameter `{name}` (they know {PARAMETERS})"
                    )));
                }
            }
        }
        if target.host.is_empty() || target.host.contains(',') {
            return Err(Error::configuration(
                "database URL: the host must be one name, address, or directory of a Unix socket",
            ));
        }
        Ok(target)
    }

    /// Whether the host is the directory of a Unix socket.
    pub(crate) fn is_socket(&self) -> bool {
        self.host.starts_with('/')
    }

    /// `host:port/database`, for messages.
    pub(crate) fn address(&self) -> String {
        let host = if self.host.contains(':') {
            format!("[{}]", self.host)
        } else {
            self.host.clone()
        };
        match &self.database {
            Some(database) => format!("{host}:{}/{database}", self.port),
            None => format!("{host}:{}", self.port),
        }
    }
}

fn number<T: std::str::FromStr>(name: &str, value: &str) -> Result<T> {
    value.parse().map_err(|_| {
        Error::configuration(format!(
            "database URL: the parameter `{name}` must be a number"
        ))
    })
}

fn tls_mode(value: &str) -> Result<TlsMode> {
    Ok(match value {
        "disable" => TlsMode::Disable,
        "prefer" => TlsMode::Prefer,
        "require" => TlsMode::Require,
        "verify-ca" => TlsMode::VerifyCa,
        "verify-full" => TlsMode::VerifyFull,
        _ => {
            return Err(Error::configuration(
                "database URL: sslmode must be disable, prefer, require, verify-ca or verify-full",
            ));
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(url: &str) -> Result<Target> {
        Target::new(&ConnectOptions::new(url.parse()?))
    }

    #[test]
    fn parts_and_parameters_are_read() {
        let target = target(
            "postgresql://susan:p%40ss@db.example:5433/app?sslmode=verify-full&options=-c%20search_path%3Da&connect_timeout=3",
        )
        .unwrap();
        assert_eq!(target.address(), "db.example:5433/app");
        assert_eq!(target.password.as_deref(), Some("p@ss"));
        assert_eq!(target.options.as_deref(), Some("-c search_path=a"));
        assert_eq!(target.tls.mode, TlsMode::VerifyFull);
        assert_eq!(target.connect_timeout, Duration::from_secs(3));
    }

    #[test]
    fn a_socket_is_given_as_a_directory() {
        let target = target("postgresql:///app?host=/var/run/postgresql").unwrap();
        assert!(target.is_socket());
        assert_eq!(target.address(), "/var/run/postgresql:5432/app");
    }

    #[test]
    fn an_unknown_parameter_is_named_with_the_known_ones() {
        let error = target("postgresql://h/app?schema=a").err().unwrap();
        assert!(error.is_configuration());
        assert!(error.to_string().contains("`schema`") && error.to_string().contains("options"));
    }

    #[test]
    fn the_programs_tls_mode_wins() {
        let mut options = ConnectOptions::new("postgresql://h/a?sslmode=disable".parse().unwrap());
        options.tls.mode = TlsMode::Require;
        assert_eq!(Target::new(&options).unwrap().tls.mode, TlsMode::Require);
    }
}
