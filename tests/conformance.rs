//! The one behaviour suite, on every driver that is compiled in. See `birgus-conformance`.
#![forbid(unsafe_code)]

use birgus as _;

/// The pairs of driver and engine whose drivers the features switch on.
const PAIRS: &[(&str, bool)] = &[
    ("sqlite", cfg!(feature = "sqlite")),
    ("postgres", cfg!(feature = "postgres")),
    ("postgres+libpq", cfg!(feature = "postgres-libpq")),
    ("mariadb", cfg!(feature = "mysql")),
    ("mysql", cfg!(feature = "mysql")),
];

fn main() {
    let linked: Vec<&str> = PAIRS
        .iter()
        .filter(|(_, linked)| *linked)
        .map(|(name, _)| *name)
        .collect();
    match birgus_conformance::known_pairs(&linked) {
        Ok(pairs) => birgus_conformance::run(pairs),
        Err(error) => {
            eprintln!("error: {error}");
            std::process::exit(1);
        }
    }
}
