//! What the tests of this package share.

// A crate that is never named is not linked, and neither are the drivers that it registers.
use birgus as _;

/// The pairs of driver and engine whose drivers the features switch on.
pub(crate) fn linked_pairs() -> Vec<&'static str> {
    [
        ("sqlite", cfg!(feature = "sqlite")),
        ("postgres", cfg!(feature = "postgres")),
        ("postgres+libpq", cfg!(feature = "postgres-libpq")),
        ("mariadb", cfg!(feature = "mysql")),
        ("mysql", cfg!(feature = "mysql")),
    ]
    .into_iter()
    .filter_map(|(name, linked)| linked.then_some(name))
    .collect()
}
