//! Which server answers.

use birgus_core::{Error, Result};

/// The two products that share this dialect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Product {
    /// Oracle's server, and what is built from it.
    Mysql,
    /// MariaDB.
    MariaDb,
}

impl Product {
    /// Reads `SELECT VERSION()`, and refuses servers that are too old to behave like the others.
    pub(crate) fn of_version(version: &str) -> Result<Self> {
        let (product, oldest) = if version.to_ascii_lowercase().contains("mariadb") {
            // The first with JSON_TABLE, for long lists, and with SKIP LOCKED.
            (Self::MariaDb, (10, 6, 0))
        } else {
            // The first with INTERSECT and EXCEPT.
            (Self::Mysql, (8, 0, 31))
        };
        if numbers(version) < oldest {
            let (major, minor, patch) = oldest;
            return Err(Error::unsupported(format!(
                "{} {version} is too old: {major}.{minor}.{patch} is the first that Birgus supports",
                product.name()
            )));
        }
        Ok(product)
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Mysql => "MySQL",
            Self::MariaDb => "MariaDB",
        }
    }

    /// The collation that compares by code point and counts trailing spaces.
    pub(crate) fn collation(self) -> &'static str {
        match self {
            Self::Mysql => "utf8mb4_0900_bin",
            Self::MariaDb => "utf8mb4_nopad_bin",
        }
    }
}

/// `10.11.6-MariaDB-log` is (10, 11, 6); what is missing counts as 0.
fn numbers(version: &str) -> (u32, u32, u32) {
    let mut numbers = version
        .split(|letter: char| !letter.is_ascii_digit())
        .map(|number| number.parse().unwrap_or(0));
    let mut next = || numbers.next().unwrap_or(0);
    (next(), next(), next())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_tells_the_product() {
        for (version, product) in [
            ("8.0.31", Product::Mysql),
            ("9.7.4-2", Product::Mysql),
            ("8.4.2-commercial", Product::Mysql),
            ("10.11.19-MariaDB-0+deb12u1", Product::MariaDb),
            ("11.4.2-MariaDB-ubu2404-log", Product::MariaDb),
        ] {
            assert_eq!(Product::of_version(version).unwrap(), product, "{version}");
        }
    }

    #[test]
    fn an_old_server_is_refused() {
        for version in ["5.7.44", "8.0.11-TiDB-v7.5.0", "10.5.29-MariaDB", "what"] {
            let error = Product::of_version(version).unwrap_err();
            assert!(error.is_unsupported(), "{error}");
            assert!(error.to_string().contains(version));
        }
    }
}
