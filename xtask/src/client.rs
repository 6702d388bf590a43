//! The C client libraries that some drivers link to.

use std::env;
use std::process::{Command, Stdio};

/// A C library that a driver links to when it isn't bundled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ClientLibrary {
    Libpq,
    MySql,
}

impl ClientLibrary {
    /// Whether the build can find the library: the places where `pq-sys` and `mysqlclient-sys` look.
    pub(crate) fn is_installed(self) -> bool {
        let (packages, directory, program): (&[&str], _, _) = match self {
            ClientLibrary::Libpq => (&["libpq"], "PQ_LIB_DIR", "pg_config"),
            ClientLibrary::MySql => (
                &["mysqlclient", "libmariadb"],
                "MYSQLCLIENT_LIB_DIR",
                "mysql_config",
            ),
        };
        env::var_os(directory).is_some()
            || packages
                .iter()
                .any(|name| succeeds("pkg-config", &["--exists", name]))
            || succeeds(program, &["--version"])
    }

    /// How to get the library.
    pub(crate) fn hint(self) -> &'static str {
        match self {
            ClientLibrary::Libpq => {
                "libpq is missing: install it (Debian: apt install libpq-dev pkg-config), \
                 or compile it from source with --bundled"
            }
            ClientLibrary::MySql => {
                "the MySQL client library is missing: install it (Debian: apt install \
                 libmariadb-dev libmariadb-dev-compat pkg-config), or compile it from source \
                 with --bundled"
            }
        }
    }
}

fn succeeds(program: &str, arguments: &[&str]) -> bool {
    Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}
