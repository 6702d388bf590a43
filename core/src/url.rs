//! Database URLs, which never show their password.

use std::fmt;
use std::str::FromStr;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use crate::{Error, Result};

/// What may stand unencoded in the user, password, host and database of a URL (RFC 3986, `unreserved`).
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// A database URL: `scheme://user:password@host:port/database?parameter=value`, or `scheme:path`.
///
/// `Display` and `Debug` leave out the password, and the values of parameters that can hold one.
///
/// ```
/// use birgus_core::url::DatabaseUrl;
///
/// let url: DatabaseUrl = "postgresql://susan:s3cret@db.example:5433/app?sslmode=require".parse()?;
/// assert_eq!(url.scheme(), "postgresql");
/// assert_eq!(url.host(), Some("db.example"));
/// assert_eq!(url.password(), Some("s3cret"));
/// assert_eq!(url.to_string(), "postgresql://susan:***@db.example:5433/app?sslmode=require");
///
/// let url: DatabaseUrl = "sqlite:app.db".parse()?;
/// assert_eq!(url.path(), "app.db");
/// # Ok::<(), birgus_core::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct DatabaseUrl {
    scheme: String,
    authority: Option<Authority>,
    path: String,
    parameters: Vec<(String, String)>,
}

#[derive(Clone, PartialEq, Eq)]
struct Authority {
    user: Option<String>,
    password: Option<String>,
    host: Option<String>,
    port: Option<u16>,
}

fn decode(part: &str, what: &str) -> Result<String> {
    let decoded = percent_decode_str(part).decode_utf8().map_err(|_| {
        Error::configuration(format!(
            "database URL: the {what} is not UTF-8 after percent-decoding"
        ))
    })?;
    if decoded.contains('\0') {
        return Err(Error::configuration(format!(
            "database URL: the {what} holds NUL"
        )));
    }
    Ok(decoded.into_owned())
}

fn not_empty(text: &str) -> Option<&str> {
    if text.is_empty() { None } else { Some(text) }
}

impl FromStr for DatabaseUrl {
    type Err = Error;

    /// # Errors
    ///
    /// `is_configuration()`; the message never quotes the URL, which may hold a password.
    fn from_str(text: &str) -> Result<Self> {
        let Some((scheme, rest)) = text.split_once(':') else {
            return Err(Error::configuration(
                "database URL: no scheme; write `sqlite:app.db` or `postgresql://user@host/database`",
            ));
        };
        let valid = scheme.starts_with(|first: char| first.is_ascii_alphabetic())
            && scheme
                .chars()
                .all(|letter| letter.is_ascii_alphanumeric() || "+-.".contains(letter));
        if !valid {
            return Err(Error::configuration(
                "database URL: the scheme must be letters, digits, `+`, `-` and `.`",
            ));
        }
        let (rest, query) = match rest.split_once('?') {
            Some((rest, query)) => (rest, Some(query)),
            None => (rest, None),
        };
        let mut parameters = Vec::new();
        for pair in query
            .into_iter()
            .flat_map(|query| query.split('&'))
            .filter(|pair| !pair.is_empty())
        {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            parameters.push((
                decode(name, "query")?,
                decode(&value.replace('+', " "), "query")?,
            ));
        }
        let (authority, path) = match rest.strip_prefix("//") {
            None => (None, rest),
            Some(rest) => {
                let (authority, path) = match rest.find('/') {
                    Some(slash) => (&rest[..slash], &rest[slash..]),
                    None => (rest, ""),
                };
                (Some(parse_authority(authority)?), path)
            }
        };
        Ok(Self {
            scheme: scheme.to_ascii_lowercase(),
            authority,
            path: decode(path, "path")?,
            parameters,
        })
    }
}

fn parse_authority(text: &str) -> Result<Authority> {
    // A password may hold an unencoded `@`; a host can't.
    let (credentials, address) = match text.rsplit_once('@') {
        Some((credentials, address)) => (Some(credentials), address),
        None => (None, text),
    };
    let (user, password) = match credentials {
        None => (None, None),
        Some(credentials) => match credentials.split_once(':') {
            Some((user, password)) => (
                Some(decode(user, "user")?),
                Some(decode(password, "password")?),
            ),
            None => (Some(decode(credentials, "user")?), None),
        },
    };
    let (host, port) = if let Some(rest) = address.strip_prefix('[') {
        let Some((host, port)) = rest.split_once(']') else {
            return Err(Error::configuration(
                "database URL: an IPv6 address needs a closing `]`",
            ));
        };
        (host, port.strip_prefix(':'))
    } else {
        match address.rsplit_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (address, None),
        }
    };
    let port = match port.and_then(not_empty) {
        None => None,
        Some(port) => Some(
            port.parse()
                .map_err(|_| Error::configuration("database URL: the port must be a number from 1 to 65535 (a `/`, `?` or `#` in a password must be percent-encoded)"))?,
        ),
    };
    Ok(Authority {
        user: user.filter(|user| !user.is_empty()),
        password,
        host: not_empty(host)
            .map(|host| decode(host, "host"))
            .transpose()?,
        port,
    })
}

impl DatabaseUrl {
    /// `scheme:path`
    pub fn of_path(scheme: &str, path: &str) -> Self {
        Self {
            scheme: scheme.to_owned(),
            authority: None,
            path: path.to_owned(),
            parameters: Vec::new(),
        }
    }

    /// The scheme, in lower case, without the colon.
    pub fn scheme(&self) -> &str {
        &self.scheme
    }

    /// Whether the scheme is followed by `//`.
    pub fn has_authority(&self) -> bool {
        self.authority.is_some()
    }

    /// The user.
    pub fn user(&self) -> Option<&str> {
        self.authority.as_ref()?.user.as_deref()
    }

    /// The password. Never print it.
    pub fn password(&self) -> Option<&str> {
        self.authority.as_ref()?.password.as_deref()
    }

    /// The host: a name or an address, IPv6 without brackets.
    pub fn host(&self) -> Option<&str> {
        self.authority.as_ref()?.host.as_deref()
    }

    /// The port.
    pub fn port(&self) -> Option<u16> {
        self.authority.as_ref()?.port
    }

    /// What follows the scheme, or the authority with its leading slash, percent-decoded.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The path as the name of a database on a server: without its leading slash, `None` when empty.
    pub fn database(&self) -> Option<&str> {
        not_empty(self.path.strip_prefix('/').unwrap_or(&self.path))
    }

    /// The parameters behind `?`, in order.
    pub fn parameters(&self) -> impl Iterator<Item = (&str, &str)> {
        self.parameters
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The last parameter of that name.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters
            .iter()
            .rev()
            .find(|(other, _)| other == name)
            .map(|(_, value)| value.as_str())
    }

    /// The same URL with another scheme, for a driver that hands it to its client.
    #[must_use]
    pub fn with_scheme(mut self, scheme: &str) -> Self {
        scheme.clone_into(&mut self.scheme);
        self
    }

    /// The same URL with another database.
    #[must_use]
    pub fn with_database(mut self, database: &str) -> Self {
        self.path = format!("/{database}");
        self
    }

    /// The same URL with a parameter added, or replaced.
    #[must_use]
    pub fn with_parameter(mut self, name: &str, value: &str) -> Self {
        self.parameters.retain(|(other, _)| other != name);
        self.parameters.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The same URL without a parameter.
    #[must_use]
    pub fn without_parameter(mut self, name: &str) -> Self {
        self.parameters.retain(|(other, _)| other != name);
        self
    }

    /// The whole URL, **with its password**: for a client library, never for a log.
    pub fn expose(&self) -> String {
        self.write(true)
    }

    fn write(&self, expose: bool) -> String {
        let encode = |part: &str| utf8_percent_encode(part, RESERVED).to_string();
        let mut text = format!("{}:", self.scheme);
        if let Some(authority) = &self.authority {
            text.push_str("//");
            if let Some(user) = &authority.user {
                text.push_str(&encode(user));
            }
            if let Some(password) = &authority.password {
                text.push(':');
                text.push_str(&if expose {
                    encode(password)
                } else {
                    "***".to_owned()
                });
            }
            if authority.user.is_some() || authority.password.is_some() {
                text.push('@');
            }
            if let Some(host) = &authority.host {
                text.push_str(&if host.contains(':') {
                    format!("[{host}]")
                } else {
                    encode(host)
                });
            }
            if let Some(port) = authority.port {
                text.push_str(&format!(":{port}"));
            }
        }
        if expose {
            let parts: Vec<String> = self.path.split('/').map(encode).collect();
            text.push_str(&parts.join("/"));
        } else {
            // Somebody may have left out the `//`, so that a password stands in what is read as a path.
            match self.path.rsplit_once('@') {
                Some((_, rest)) if self.authority.is_none() => {
                    text.push_str(&format!("***@{rest}"))
                }
                // Readable, yet what it shows parses back.
                _ => text.push_str(&self.path.replace('%', "%25").replace('?', "%3F")),
            }
        }
        for (position, (name, value)) in self.parameters.iter().enumerate() {
            text.push(if position == 0 { '?' } else { '&' });
            text.push_str(&encode(name));
            text.push('=');
            let secret = ["pass", "secret", "token", "key"]
                .iter()
                .any(|word| name.to_lowercase().contains(word));
            text.push_str(&if secret && !expose {
                "***".to_owned()
            } else {
                encode(value)
            });
        }
        text
    }
}

impl fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.write(false))
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.write(false))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> DatabaseUrl {
        text.parse().unwrap()
    }

    #[test]
    fn no_form_of_a_url_shows_its_password() {
        for text in [
            "mysql://root:hunter2@localhost/app",
            "mysql://:hunter2@localhost/app",
            "postgresql://a:hunter2@[::1]:5432/app",
            "postgresql://host/app?user=a&password=hunter2",
            "postgresql://host/app?sslpassword=hunter2",
            "mysql://a:p@ss:hunter2@host/app",
            "mysql:a:hunter2@host/app",
            "a:hunter2@host/app",
        ] {
            let url = parse(text);
            assert!(!url.to_string().contains("hunter2"), "{url}");
            assert!(!format!("{url:?}").contains("hunter2"), "{url:?}");
            assert!(url.expose().contains("hunter2"));
        }
    }

    #[test]
    fn a_malformed_url_is_not_quoted() {
        for text in [
            "hunter2",
            "mysql://a:hunter2@host:port/app",
            "1x://a:hunter2@h/d",
            "mysql://a:hunter2@[::1/app",
        ] {
            let error = text.parse::<DatabaseUrl>().unwrap_err();
            assert!(error.is_configuration());
            assert!(!format!("{error} {error:?}").contains("hunter2"), "{error}");
        }
    }

    #[test]
    fn what_is_exposed_parses_back() {
        for text in [
            "mysql://us%40er:p%2Fw%3F@h.example:3307/my%20db?x=a%26b",
            "sqlite:some%20file.db",
            "sqlite::memory:",
            "sqlite:///abs/path.db",
            "postgresql://[::1]/db",
        ] {
            assert_eq!(parse(&parse(text).expose()), parse(text), "{text}");
        }
    }

    #[test]
    fn what_is_shown_without_a_password_parses_back() {
        for text in [
            "mysql://root@h/odd%3Fdb",
            "sqlite:50%25 done?.db",
            "sqlite::memory:",
        ] {
            let url = parse(text);
            assert_eq!(parse(&url.to_string()), url, "{url}");
        }
    }

    #[test]
    fn an_unencoded_at_sign_belongs_to_the_password() {
        let url = parse("mysql://root:p@ss@host/db");
        assert_eq!((url.password(), url.host()), (Some("p@ss"), Some("host")));
    }
}
