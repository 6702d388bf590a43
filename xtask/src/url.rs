//! A server's URL: taken apart for a look at the server, and never shown with its password.

use std::fmt;

use anyhow::{Context, Result, bail};

/// A URL that may hold a password. `Display` and `Debug` hide it.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct ServerUrl(String);

/// What a URL says about how to reach a server.
#[derive(PartialEq, Eq)]
pub(crate) struct Address {
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) user: String,
    pub(crate) password: String,
    pub(crate) database: String,
}

impl ServerUrl {
    pub(crate) fn new(url: impl Into<String>) -> ServerUrl {
        ServerUrl(url.into())
    }

    /// The text with the password, for the environment of a test run only.
    pub(crate) fn secret(&self) -> &str {
        &self.0
    }

    /// Takes the URL apart. Only the form `scheme://user:password@host:port/database` is read.
    ///
    /// # Errors
    ///
    /// Names the part that is missing or malformed, never the text of the URL.
    pub(crate) fn address(&self, default_port: u16) -> Result<Address> {
        let (_, rest) = self.0.split_once("://").context("has no `scheme://`")?;
        let rest = rest.split(['?', '#']).next().unwrap_or(rest);
        let (authority, database) = rest.split_once('/').unwrap_or((rest, ""));
        let (login, place) = authority.rsplit_once('@').unwrap_or(("", authority));
        let (user, password) = login.split_once(':').unwrap_or((login, ""));
        let (host, port) = match place.strip_prefix('[') {
            Some(ipv6) => ipv6
                .split_once(']')
                .context("has an IPv6 address without `]`")?,
            None => place.split_at(place.find(':').unwrap_or(place.len())),
        };
        let port = match port.strip_prefix(':') {
            Some(port) => port
                .parse()
                .context("has a port that is not a number below 65536")?,
            None if port.is_empty() => default_port,
            None => bail!("has text after its host"),
        };
        Ok(Address {
            host: decode(host)?,
            port,
            user: decode(user)?,
            password: decode(password)?,
            database: decode(database)?,
        })
    }
}

impl fmt::Display for ServerUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&redact(&self.0))
    }
}

impl fmt::Debug for ServerUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Replaces every password by `***`: the one before the host, and those in `password=…`.
///
/// A raw `@`, `/`, `?` or `#` in a password makes a URL ambiguous; rather too much is hidden then.
fn redact(url: &str) -> String {
    let mut text = url.to_owned();
    if let Some(start) = text.find("://").map(|at| at + 3)
        && let Some(end) = text[start..].rfind('@').map(|at| start + at)
        && let Some(colon) = text[start..end].find(':').map(|at| start + at)
    {
        text.replace_range(colon + 1..end, "***");
    }
    hide_values(&text)
}

/// Hides the value of every `password=…`, `passwd=…` and `pwd=…`, whatever their case.
fn hide_values(text: &str) -> String {
    // ASCII lower-casing keeps every byte offset.
    let lower = text.to_ascii_lowercase();
    let mut hidden = String::new();
    let mut from = 0;
    while let Some(start) = ["password=", "passwd=", "pwd="]
        .iter()
        .filter_map(|key| lower[from..].find(key).map(|at| from + at + key.len()))
        .min()
    {
        let value = &text[start..];
        let length = match value.strip_prefix('\'') {
            Some(quoted) => quoted.rfind('\'').map_or(value.len(), |at| at + 2),
            None => value.find(['&', ' ']).unwrap_or(value.len()),
        };
        hidden.push_str(&text[from..start]);
        hidden.push_str("***");
        from = start + length;
    }
    hidden.push_str(&text[from..]);
    hidden
}

/// Resolves `%40` and the like.
fn decode(text: &str) -> Result<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        rest = tail;
        if first != b'%' {
            bytes.push(first);
            continue;
        }
        let byte = tail
            .get(..2)
            .and_then(|digits| std::str::from_utf8(digits).ok())
            .and_then(|digits| u8::from_str_radix(digits, 16).ok())
            .context("has a `%` without two hexadecimal digits")?;
        bytes.push(byte);
        rest = &tail[2..];
    }
    String::from_utf8(bytes).context("is not UTF-8 once its `%` codes are resolved")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_shown_without_its_password() {
        for (url, shown) in [
            (
                "postgresql://ann:secret@db:5432/app",
                "postgresql://ann:***@db:5432/app",
            ),
            ("mysql://ann:s3cret@x@db/app", "mysql://ann:***@db/app"),
            ("mysql://ann:sec/ret@db/app", "mysql://ann:***@db/app"),
            ("mysql://ann:sec?r#et@db/app", "mysql://ann:***@db/app"),
            ("mysql://:secret@db", "mysql://:***@db"),
            (
                "mysql://root@127.0.0.1:3306/test",
                "mysql://root@127.0.0.1:3306/test",
            ),
            (
                "postgresql://db/app?user=a&Password=secret&x=1",
                "postgresql://db/app?user=a&Password=***&x=1",
            ),
            (
                "postgresql://db/app?sslpassword=secret",
                "postgresql://db/app?sslpassword=***",
            ),
            (
                "host=db password='a secret' user=ann",
                "host=db password=*** user=ann",
            ),
            (
                "host=db password=secret user=ann",
                "host=db password=*** user=ann",
            ),
        ] {
            let url = ServerUrl::new(url);
            assert_eq!(url.to_string(), shown);
            assert_eq!(format!("{url:?}"), shown);
        }
    }

    #[test]
    fn a_url_is_taken_apart() {
        let address = ServerUrl::new("postgresql://ann:p%40ss@db:6000/app?x=1")
            .address(5432)
            .unwrap();
        assert_eq!((address.host.as_str(), address.port), ("db", 6000));
        assert_eq!(
            (address.user.as_str(), address.password.as_str()),
            ("ann", "p@ss")
        );
        assert_eq!(address.database, "app");
    }

    #[test]
    fn what_a_url_leaves_out_is_empty_or_the_default() {
        let address = ServerUrl::new("mysql://[::1]").address(3306).unwrap();
        assert_eq!((address.host.as_str(), address.port), ("::1", 3306));
        assert_eq!((address.user.as_str(), address.password.as_str()), ("", ""));
        assert_eq!(address.database, "");
    }

    #[test]
    fn a_malformed_url_is_an_error_that_does_not_repeat_it() {
        for url in [
            "secret",
            "x://u:secret@h:port",
            "x://u:%zz@h",
            "x://[::1",
            "x://[::1]secret",
        ] {
            let error = ServerUrl::new(url).address(1).map(|_| ()).unwrap_err();
            assert!(!format!("{error:#}").contains("secret"), "{error:#}");
        }
    }
}
