//! Where a URL points to.

use std::path::Path;

use birgus_core::url::DatabaseUrl;
use birgus_core::{DatabaseErrorKind, Error, Result};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// What may stand unencoded in the path of SQLite's `file:` URI (<https://www.sqlite.org/uri.html>).
const PATH: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b'/');

/// Where a URL points to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Location {
    Memory,
    File { path: String, mode: FileMode },
}

/// What may be done with a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FileMode {
    Read,
    Write,
    Create,
}

impl FileMode {
    fn parameter(self) -> &'static str {
        match self {
            Self::Read => "ro",
            Self::Write => "rw",
            Self::Create => "rwc",
        }
    }
}

impl Location {
    pub(crate) fn of(url: &DatabaseUrl) -> Result<Self> {
        let mode = parameters(url)?;
        let path = path(url)?;
        if path.is_empty() {
            return Err(Error::configuration(
                "the SQLite URL names no file: write `sqlite:app.db`, `sqlite:///absolute/app.db` or `sqlite::memory:`",
            ));
        }
        if path == ":memory:" {
            return match mode {
                None => Ok(Self::Memory),
                Some(_) => Err(Error::configuration(
                    "the SQLite URL has a `mode`, which means nothing to a database in memory",
                )),
            };
        }
        Ok(Self::File {
            path,
            mode: mode.unwrap_or(FileMode::Create),
        })
    }

    /// The URI that SQLite opens; `number` tells the in-memory databases of a process apart.
    pub(crate) fn uri(&self, number: u64) -> String {
        match self {
            // memdb and not a shared cache: that one locks tables without waiting for them.
            Self::Memory => format!("file:/birgus-{number}?vfs=memdb"),
            Self::File { path, mode } => {
                let path = if cfg!(windows) {
                    path.replace('\\', "/")
                } else {
                    path.clone()
                };
                let drive = cfg!(windows) && path.get(1..2) == Some(":");
                let start = match (path.starts_with('/'), drive) {
                    // An empty authority, lest a path of two slashes be taken for one.
                    (true, _) => "file://",
                    (false, true) => "file:///",
                    (false, false) => "file:",
                };
                format!(
                    "{start}{}?mode={}",
                    utf8_percent_encode(&path, PATH),
                    mode.parameter()
                )
            }
        }
    }

    /// Why the file can't be opened, which SQLite itself does not tell.
    pub(crate) fn explain(&self) -> Error {
        let Self::File { path, mode } = self else {
            return Error::database(
                DatabaseErrorKind::ConnectionFailed,
                "SQLite can't make a database in memory",
            );
        };
        let file = Path::new(path);
        if file.is_dir() {
            return Error::database(
                DatabaseErrorKind::ConnectionFailed,
                format!("the SQLite database {path} is a folder; name a file in it"),
            );
        }
        if let Some(folder) = file
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty() && !folder.is_dir())
        {
            return Error::database(
                DatabaseErrorKind::UnknownDatabase,
                format!(
                    "the SQLite database {path} can't be opened: there is no folder {}; create it, or correct the URL",
                    folder.display()
                ),
            );
        }
        if *mode != FileMode::Create && !file.exists() {
            return Error::database(
                DatabaseErrorKind::UnknownDatabase,
                format!(
                    "the SQLite database {path} does not exist, and mode={} does not create it",
                    mode.parameter()
                ),
            );
        }
        Error::database(
            DatabaseErrorKind::ConnectionFailed,
            format!(
                "the SQLite database {path} can't be opened: this user must be able to read and write it and its folder"
            ),
        )
    }

    /// How errors name it.
    pub(crate) fn label(&self) -> &str {
        match self {
            Self::Memory => ":memory:",
            Self::File { path, .. } => path,
        }
    }
}

fn parameters(url: &DatabaseUrl) -> Result<Option<FileMode>> {
    let mut mode = None;
    for (name, value) in url.parameters() {
        mode = match (name, value) {
            ("mode", "ro") => Some(FileMode::Read),
            ("mode", "rw") => Some(FileMode::Write),
            ("mode", "rwc") => Some(FileMode::Create),
            ("mode", _) => {
                return Err(Error::configuration(
                    "the SQLite URL's `mode` must be `ro`, `rw` or `rwc`",
                ));
            }
            _ => {
                return Err(Error::configuration(format!(
                    "the SQLite URL has an unknown parameter `{name}`; it takes `mode` (a PRAGMA is set in the configuration)"
                )));
            }
        };
    }
    Ok(mode)
}

/// The path of a URL. What follows `//` stands where servers have their host, so `sqlite://data/app.db` arrives as the
/// host `data` and the path `/app.db`.
fn path(url: &DatabaseUrl) -> Result<String> {
    if url.user().is_some() || url.password().is_some() {
        return Err(Error::configuration(
            "the SQLite URL has a user or password, which a file does not; write `sqlite:a@b.db` for a name with an `@`",
        ));
    }
    if url.port().is_some() {
        return Err(Error::configuration(
            "the SQLite URL has a port, which a file does not; write `sqlite:a:1.db` for a name with a colon",
        ));
    }
    let path = match url.host() {
        Some(host) => format!("{host}{}", url.path()),
        None => url.path().to_owned(),
    };
    // `sqlite://:memory:` arrives as the host `:memory` with an empty port, `sqlite:///:memory:` is SQLAlchemy's form.
    if path == ":memory" || path == "/:memory:" {
        return Ok(":memory:".to_owned());
    }
    Ok(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn location(url: &str) -> Location {
        Location::of(&url.parse().unwrap()).unwrap()
    }

    fn problem(url: &str) -> String {
        let error = Location::of(&url.parse().unwrap()).unwrap_err();
        assert!(error.is_configuration(), "{url}");
        error.to_string()
    }

    #[test]
    fn every_form_of_a_url_names_its_file() {
        for (url, path) in [
            ("sqlite:app.db", "app.db"),
            ("sqlite://app.db", "app.db"),
            ("sqlite:data/app.db", "data/app.db"),
            ("sqlite://data/app.db", "data/app.db"),
            ("sqlite://./app.db", "./app.db"),
            ("sqlite://../app.db", "../app.db"),
            ("sqlite:/var/app.db", "/var/app.db"),
            ("sqlite:///var/app.db", "/var/app.db"),
            ("sqlite:my%20app%3F.db", "my app?.db"),
            ("sqlite://my%20data/app.db", "my data/app.db"),
        ] {
            let mode = FileMode::Create;
            let path = path.to_owned();
            assert_eq!(location(url), Location::File { path, mode }, "{url}");
        }
    }

    #[test]
    fn every_form_of_memory_is_memory() {
        for url in ["sqlite::memory:", "sqlite://:memory:", "sqlite:///:memory:"] {
            assert_eq!(location(url), Location::Memory, "{url}");
        }
    }

    #[test]
    fn a_uri_quotes_what_means_something_in_it() {
        assert_eq!(
            location("sqlite:my%20app%3F%23%25.db").uri(0),
            "file:my%20app%3F%23%25.db?mode=rwc"
        );
        assert_eq!(
            location("sqlite:///var/app.db?mode=ro").uri(0),
            "file:///var/app.db?mode=ro"
        );
        assert_eq!(
            location("sqlite:////x/app.db").uri(0),
            "file:////x/app.db?mode=rwc"
        );
        assert_eq!(
            location("sqlite:file%3Ax.db").uri(0),
            "file:file%3Ax.db?mode=rwc"
        );
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        assert!(problem("sqlite:").contains("write `sqlite:app.db`"));
        assert!(problem("sqlite://").contains("write `sqlite:app.db`"));
        assert!(problem("sqlite:app.db?mode=memory").contains("`ro`, `rw` or `rwc`"));
        assert!(problem("sqlite:app.db?cache=shared").contains("unknown parameter `cache`"));
        assert!(problem("sqlite://susan@app.db").contains("user or password"));
        assert!(problem("sqlite://app.db:80").contains("port"));
        assert!(problem("sqlite::memory:?mode=ro").contains("memory"));
    }
}
