//! Making connections.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use birgus_core::backend::{ConnectOptions, Connection, Connector, TlsMode};
use birgus_core::{DatabaseErrorKind, Error, Result};
use diesel::Connection as _;
use diesel::pg::PgConnection;

use super::connection::LibpqConnection;
use super::error;
use crate::target::Target;
use crate::{deadline, mode};

/// Where systems keep the certificates of the authorities that they trust, in one file
/// (Debian, Fedora, openSUSE, Alpine and macOS).
const AUTHORITIES: [&str; 5] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/certs/ca-bundle.crt",
    "/etc/ssl/cert.pem",
];

/// Makes connections to one database.
pub(super) struct LibpqConnector {
    /// What libpq is told, with the password.
    conninfo: Arc<str>,
    address: String,
    connect_timeout: Duration,
    statement_timeout: Option<Duration>,
    statement_cache: usize,
}

impl LibpqConnector {
    pub(super) fn new(target: &Target, options: &ConnectOptions) -> Result<Self> {
        Ok(Self {
            conninfo: conninfo(target)?.into(),
            address: target.address(),
            connect_timeout: target.connect_timeout,
            statement_timeout: options.statement_timeout,
            statement_cache: options.statement_cache,
        })
    }
}

impl Connector for LibpqConnector {
    fn connect(&self) -> Result<Box<dyn Connection>> {
        let conninfo = Arc::clone(&self.conninfo);
        let connected = deadline::within(self.connect_timeout, move || {
            PgConnection::establish(&conninfo)
        })
        .map_err(|reason| {
            Error::database(
                DatabaseErrorKind::ConnectionFailed,
                format!("can't connect to PostgreSQL at {}: {reason}", self.address),
            )
        })?;
        let client = connected.map_err(|error| error::failed_to_connect(error, &self.address))?;
        let mut connection = LibpqConnection::new(client, self.statement_cache);
        let server = mode::enter(&mut connection, self.statement_timeout)
            .map_err(|error| error.context(format_args!("connecting to {}", self.address)))?;
        connection.set_server(server);
        Ok(Box::new(connection))
    }
}

/// The target in libpq's `name='value'` form, where a backslash keeps a quote or another backslash
/// (<https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNSTRING>).
fn conninfo(target: &Target) -> Result<String> {
    let mut text = String::new();
    let mut add = |name: &str, value: &str| {
        text.push_str(name);
        text.push_str("='");
        for letter in value.chars() {
            if matches!(letter, '\'' | '\\') {
                text.push('\\');
            }
            text.push(letter);
        }
        text.push_str("' ");
    };
    add("host", &target.host);
    add("port", &target.port.to_string());
    let optional = [
        ("user", &target.user),
        ("password", &target.password),
        ("dbname", &target.database),
        ("application_name", &target.application_name),
        ("options", &target.options),
    ];
    for (name, value) in optional {
        if let Some(value) = value {
            add(name, value);
        }
    }
    let mode = match target.tls.mode {
        _ if target.is_socket() => "disable",
        TlsMode::Disable => "disable",
        TlsMode::Prefer => "prefer",
        TlsMode::Require => "require",
        TlsMode::VerifyCa => "verify-ca",
        TlsMode::VerifyFull => "verify-full",
    };
    add("sslmode", mode);
    // In the weaker modes libpq would verify with it all the same.
    if mode.starts_with("verify") {
        let file = authorities(target.tls.ca_file.as_deref())?;
        let Some(file) = file.to_str() else {
            return Err(Error::configuration("TLS: the CA file's path is not UTF-8"));
        };
        add("sslrootcert", file);
    }
    // libpq counts whole seconds, and 0 is no limit.
    let seconds = target.connect_timeout.as_secs() + 1;
    add("connect_timeout", &seconds.min(86_400).to_string());
    Ok(text)
}

/// The CA file, or the system's; libpq's own default is a file in the user's home.
fn authorities(file: Option<&Path>) -> Result<PathBuf> {
    if let Some(file) = file {
        // libpq would say so much later, for each connection.
        return match fs::File::open(file) {
            Ok(_) => Ok(file.to_owned()),
            Err(error) => Err(Error::configuration(format!(
                "TLS: the CA file {}: {error}",
                file.display()
            ))),
        };
    }
    AUTHORITIES
        .iter()
        .map(PathBuf::from)
        .find(|file| file.exists())
        .ok_or_else(|| {
            Error::configuration(
                "TLS: the system's certificate authorities were not found; give a CA file",
            )
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_and_backslashes_are_kept() {
        let url = "postgresql+libpq://o'neil:p%5C'w@h/a%20b?sslmode=disable"
            .parse()
            .unwrap();
        let target = Target::new(&ConnectOptions::new(url)).unwrap();
        assert_eq!(
            conninfo(&target).unwrap(),
            r"host='h' port='5432' user='o\'neil' password='p\\\'w' dbname='a b' sslmode='disable' connect_timeout='11' "
        );
    }
}
