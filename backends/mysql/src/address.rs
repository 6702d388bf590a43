//! A database URL in the form that Diesel's client takes.

use birgus_core::backend::{ConnectOptions, TlsMode};
use birgus_core::{Error, Result};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// RFC 3986, `unreserved`.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// Where to connect to, checked.
pub(crate) struct Address {
    /// The URL for Diesel. It holds the password.
    pub(crate) url: String,
    /// The database to choose after connecting, when its name can't be written into Diesel's URL.
    pub(crate) choose: Option<String>,
    /// `host:port/database`, for messages.
    pub(crate) place: String,
    /// The user, for messages.
    pub(crate) user: String,
    /// Whether encryption is demanded, so that it must be verified.
    pub(crate) encrypted: bool,
}

impl Address {
    /// Reads the options. `client_modes` says whether the C client knows MySQL's `ssl_mode`.
    pub(crate) fn new(options: &ConnectOptions, client_modes: bool) -> Result<Self> {
        let url = &options.url;
        if !url.has_authority() {
            return Err(Error::configuration(format!(
                "database URL: write `{0}://user@host/database`, with two slashes",
                url.scheme()
            )));
        }
        let database = url.database().ok_or_else(|| {
            Error::configuration(
                "database URL: a database is required: `mysql://user@host/database`",
            )
        })?;
        let mut socket = None;
        let mut tls = options.tls.clone();
        for (name, value) in url.parameters() {
            match name {
                "unix_socket" => socket = Some(value),
                "ssl_mode" => tls.mode = tls_mode(value)?,
                "ssl_ca" => tls.ca_file = Some(value.into()),
                "charset" => {
                    return Err(Error::configuration(
                        "database URL: leave out `charset`: connections always speak utf8mb4",
                    ));
                }
                _ => {
                    return Err(Error::configuration(format!(
                        "database URL: unknown parameter `{name}`; known are ssl_mode, ssl_ca and unix_socket"
                    )));
                }
            }
        }
        let host = url.host().unwrap_or("localhost");
        if socket.is_some() && host != "localhost" {
            return Err(Error::configuration(
                "database URL: with unix_socket the host must be left out, or be `localhost`",
            ));
        }
        // The client takes `localhost` for a socket at a path of its own.
        let target = match (socket, host) {
            (None, "localhost") => "127.0.0.1",
            (_, host) => host,
        };
        let port = url.port().unwrap_or(3306);
        let encode = |text: &str| utf8_percent_encode(text, RESERVED).to_string();
        let mut text = String::from("mysql://");
        text.push_str(&encode(url.user().unwrap_or_default()));
        if let Some(password) = url.password() {
            text.push(':');
            text.push_str(&encode(password));
        }
        text.push('@');
        if target.contains(':') {
            text.push_str(&format!("[{target}]"));
        } else {
            text.push_str(&encode(target));
        }
        if socket.is_none() {
            text.push_str(&format!(":{port}"));
        }
        text.push('/');
        // Diesel takes the path as it stands, without decoding it.
        let plain = database
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte));
        if plain {
            text.push_str(database);
        }
        let encrypted = push_parameters(&mut text, socket, &tls, client_modes)?;
        let place = match socket {
            Some(path) => format!("{path}/{database}"),
            None => format!("{host}:{port}/{database}"),
        };
        Ok(Self {
            url: text,
            choose: (!plain).then(|| database.to_owned()),
            place,
            user: url.user().unwrap_or_default().to_owned(),
            encrypted,
        })
    }
}

fn push_parameters(
    text: &mut String,
    socket: Option<&str>,
    tls: &birgus_core::backend::TlsOptions,
    client_modes: bool,
) -> Result<bool> {
    let demanded = !matches!(tls.mode, TlsMode::Disable | TlsMode::Prefer);
    let ca_file = match &tls.ca_file {
        None => None,
        Some(path) => Some(path.to_str().ok_or_else(|| {
            Error::configuration("the path of the TLS certificate authority is not UTF-8")
        })?),
    };
    if demanded && !client_modes {
        // MariaDB's client has other options for this, which Diesel does not set; asked for nothing, it would send
        // everything in the clear without a word.
        match tls.mode {
            TlsMode::Require if ca_file.is_some() => {}
            TlsMode::Require => {
                return Err(Error::configuration(
                    "TLS: this program uses MariaDB's client library, which encrypts only when it is given a \
                     certificate authority: set one, or build with the Cargo feature `mysql-bundled`",
                ));
            }
            _ => {
                return Err(Error::configuration(
                    "TLS: this program uses MariaDB's client library, which can't be told to verify the server: \
                     build with the Cargo feature `mysql-bundled`",
                ));
            }
        }
    }
    let mut separator = '?';
    let mut push = |name: &str, value: &str| {
        text.push(separator);
        separator = '&';
        text.push_str(name);
        text.push('=');
        text.push_str(&utf8_percent_encode(value, RESERVED).to_string());
    };
    if let Some(path) = socket {
        push("unix_socket", path);
    }
    if client_modes {
        push(
            "ssl_mode",
            match tls.mode {
                TlsMode::Disable => "disabled",
                TlsMode::Prefer => "preferred",
                TlsMode::Require => "required",
                TlsMode::VerifyCa => "verify_ca",
                TlsMode::VerifyFull => "verify_identity",
            },
        );
    }
    if let (Some(path), true) = (ca_file, tls.mode != TlsMode::Disable) {
        push("ssl_ca", path);
    }
    Ok(demanded)
}

/// MySQL's own words, and those of the other engines.
fn tls_mode(text: &str) -> Result<TlsMode> {
    Ok(match text.to_ascii_lowercase().replace('-', "_").as_str() {
        "disabled" | "disable" => TlsMode::Disable,
        "preferred" | "prefer" => TlsMode::Prefer,
        "required" | "require" => TlsMode::Require,
        "verify_ca" => TlsMode::VerifyCa,
        "verify_identity" | "verify_full" => TlsMode::VerifyFull,
        _ => {
            return Err(Error::configuration(
                "database URL: ssl_mode must be disabled, preferred, required, verify_ca or verify_identity",
            ));
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(url: &str, client_modes: bool) -> Result<Address> {
        Address::new(&ConnectOptions::new(url.parse()?), client_modes)
    }

    fn refusal(url: &str, client_modes: bool) -> String {
        let error = address(url, client_modes).err().unwrap();
        assert!(error.is_configuration());
        assert!(!error.to_string().contains("hunter2"));
        error.to_string()
    }

    #[test]
    fn the_url_is_written_for_diesel() {
        for (url, written) in [
            (
                "mysql://root@127.0.0.1:3307/app",
                "mysql://root@127.0.0.1:3307/app",
            ),
            (
                "mariadb://a%40b:p%2F%3A@db.example/app",
                "mysql://a%40b:p%2F%3A@db.example:3306/app",
            ),
            (
                "mysql://root@localhost/app",
                "mysql://root@127.0.0.1:3306/app",
            ),
            ("mysql:///app", "mysql://@127.0.0.1:3306/app"),
            ("mysql://root@[::1]/app", "mysql://root@[::1]:3306/app"),
            (
                "mysql://root@/app?unix_socket=/run/my sql.sock",
                "mysql://root@localhost/app?unix_socket=%2Frun%2Fmy%20sql.sock",
            ),
        ] {
            assert_eq!(address(url, false).unwrap().url, written);
        }
        let modes = address(
            "mysql://root@h/app?ssl_mode=VERIFY_IDENTITY&ssl_ca=/ca.pem",
            true,
        );
        let modes = modes.unwrap();
        assert_eq!(
            modes.url,
            "mysql://root@h:3306/app?ssl_mode=verify_identity&ssl_ca=%2Fca.pem"
        );
        assert!(modes.encrypted);
    }

    #[test]
    fn a_database_that_the_url_cannot_carry_is_chosen_later() {
        let address = address("mysql://root@h/d%C3%BC%20%2F", false).unwrap();
        assert_eq!(address.url, "mysql://root@h:3306/");
        assert_eq!(address.choose.as_deref(), Some("dü /"));
        assert_eq!(address.place, "h:3306/dü /");
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        assert!(refusal("mysql://root:hunter2@h/app?charset=latin1", false).contains("charset"));
        assert!(
            refusal("mysql://root:hunter2@h/app?sslmode=x", false)
                .contains("unknown parameter `sslmode`")
        );
        assert!(refusal("mysql://root:hunter2@h", false).contains("a database is required"));
        assert!(refusal("mysql://root:hunter2@h/a?unix_socket=/s", false).contains("unix_socket"));
        assert!(refusal("mysql:app", false).contains("two slashes"));
        assert!(refusal("mysql://h/a?ssl_mode=x", false).contains("ssl_mode must be"));
    }

    #[test]
    fn encryption_that_the_client_cannot_promise_is_refused() {
        assert!(refusal("mysql://h/a?ssl_mode=required", false).contains("mysql-bundled"));
        assert!(refusal("mysql://h/a?ssl_mode=verify_ca&ssl_ca=/c", false).contains("verify"));
        let required = address("mysql://h/a?ssl_mode=required&ssl_ca=/c", false).unwrap();
        assert_eq!(required.url, "mysql://@h:3306/a?ssl_ca=%2Fc");
        assert!(required.encrypted);
    }
}
