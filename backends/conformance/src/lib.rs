//! The one behaviour suite that every engine runs.
//!
//! A case is a function that gets an empty database of its own ([`Bed`]) and panics when the engine behaves
//! differently. Every case runs on every pair of driver and engine; what a case asserts is what Birgus promises.
//!
//! An engine of your own runs it from a test without a harness:
//!
//! ```no_run
//! // tests/conformance.rs, with `harness = false`
//! use birgus_conformance::{Pair, run};
//!
//! fn main() {
//!     run(vec![Pair::new("crab", "crab://localhost/test".parse().unwrap())]);
//! }
//! ```
#![forbid(unsafe_code)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    reason = "a suite of tests: a case fails by panicking, and its name says what it is about"
)]

extern crate birgus_core as birgus;

mod bed;
mod cases;
pub mod library;
pub mod models;
mod pairs;
#[cfg(test)]
mod parity;
mod watch;

pub use bed::Bed;
pub use pairs::{Pair, known_pairs};

/// A behaviour, and its name.
pub type Case = (&'static str, fn(&Bed));

/// Every behaviour of the suite.
pub fn cases() -> Vec<Case> {
    cases::all()
}

/// Runs every case on every pair, as a test binary does, and exits.
pub fn run(pairs: Vec<Pair>) -> ! {
    let arguments = libtest_mimic::Arguments::from_args();
    let mut trials = Vec::new();
    for pair in pairs {
        let pair = std::sync::Arc::new(pair);
        // To the error output: the list of cases on the other one is read by programs.
        match engine(&pair) {
            Ok(engine) => eprintln!("{}: {engine}", pair.name()),
            Err(error) => eprintln!("{}: {error}", pair.name()),
        }
        for (name, case) in cases() {
            let pair = std::sync::Arc::clone(&pair);
            trials.push(libtest_mimic::Trial::test(
                format!("{}::{name}", pair.name()),
                move || {
                    let bed = Bed::new(&pair).map_err(|error| {
                        format!("{}: no database for the case: {error}", pair.name())
                    })?;
                    case(&bed);
                    bed.remove()
                        .map_err(|error| format!("dropping the case's database: {error}"))?;
                    Ok(())
                },
            ));
        }
    }
    libtest_mimic::run(&arguments, trials).exit()
}

/// The engine behind a pair, and its version: `SQLite 3.50.2`.
fn engine(pair: &std::sync::Arc<Pair>) -> birgus::Result<String> {
    use birgus::backend::Connection;

    let bed = Bed::new(pair)?;
    let db = bed.open(&[]);
    let connection = db.connection()?;
    let engine = format!(
        "{} {}",
        connection.dialect().name(),
        connection.server_version()
    );
    drop((connection, db));
    bed.remove()?;
    Ok(engine)
}
