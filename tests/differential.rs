//! Random programs run on every engine, and must come to the same on each: rows, their order, the number of rows that a
//! change matched, and what can be asked of an error.
//!
//! `BIRGUS_DIFFERENTIAL_CASES` is the number of programs, `BIRGUS_DIFFERENTIAL_SEED` what they are drawn from; both are
//! printed. Without settings the programs are the same each time; a run of another number of them has a seed of its own.
//! `BIRGUS_DIFFERENTIAL_CASE` runs the one program of the seed that a failure names.
#![forbid(unsafe_code)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    unreachable_pub,
    reason = "a test fails by panicking"
)]

mod support;

mod differential {
    #[macro_use]
    pub(crate) mod value;
    #[macro_use]
    pub(crate) mod models;
    pub(crate) mod draw;
    pub(crate) mod engines;
    pub(crate) mod expression;
    pub(crate) mod grammar;
    pub(crate) mod program;
    pub(crate) mod read;
    pub(crate) mod regressions;
}

use std::cell::RefCell;
use std::env;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner};

use differential::draw::{Drawn, Seeded};
use differential::engines::Engines;
use differential::grammar;
use differential::program::Program;
use differential::regressions::REGRESSIONS;

/// How many programs run when nothing is said.
const CASES: u32 = 300;

/// What the programs of a run without settings are drawn from.
const SEED: u64 = 20_261_121;

fn setting(variable: &str) -> Option<u64> {
    let value = env::var(variable).ok()?;
    Some(
        value
            .parse()
            .unwrap_or_else(|_| panic!("{variable}: not a whole number")),
    )
}

#[test]
fn random_programs_come_to_the_same_on_every_engine() {
    let only = setting("BIRGUS_DIFFERENTIAL_CASE");
    let cases = match (only, setting("BIRGUS_DIFFERENTIAL_CASES")) {
        (Some(_), _) => 1,
        (None, cases) => cases.map_or(CASES, |cases| cases.try_into().unwrap()),
    };
    let seed = setting("BIRGUS_DIFFERENTIAL_SEED").unwrap_or_else(|| {
        // The usual run is the same each time, so that a change is blamed for what it broke; a longer one looks further.
        if setting("BIRGUS_DIFFERENTIAL_CASES").is_none() {
            return SEED;
        }
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        u64::from(now.subsec_nanos()) ^ (now.as_secs() << 20)
    });
    let mut engines = Engines::open(&support::linked_pairs());
    eprintln!("{cases} programs of seed {seed} on {}", engines.names());
    let config = Config {
        cases,
        failure_persistence: None,
        max_shrink_iters: 4000,
        max_shrink_time: 120_000,
        ..Config::default()
    };
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
    let start = Instant::now();
    let shared = RefCell::new(&mut engines);
    let programs = Drawn {
        make: grammar::program,
        only,
    };
    let result = TestRunner::new_with_rng(config, rng).run(&programs, |case: Seeded<Program>| {
        shared
            .borrow_mut()
            .compare(&case.value)
            .map_err(TestCaseError::fail)
    });
    eprintln!("{:.1} s", start.elapsed().as_secs_f64());
    engines.close();
    match result {
        Ok(()) => {}
        Err(TestError::Fail(reason, case)) => panic!(
            "engines differ; BIRGUS_DIFFERENTIAL_SEED={seed} replays the run, BIRGUS_DIFFERENTIAL_CASE={} this program\n\n{}",
            case.seed,
            reason.message()
        ),
        Err(TestError::Abort(reason)) => panic!("seed {seed}: {}", reason.message()),
    }
}

#[test]
fn programs_on_which_engines_once_differed_come_to_the_same() {
    let mut engines = Engines::open(&support::linked_pairs());
    let mut failed = String::new();
    for (name, program) in REGRESSIONS {
        if let Err(report) = engines.compare(&program()) {
            failed += &format!("{name}\n{report}\n");
        }
    }
    engines.close();
    assert!(failed.is_empty(), "{failed}");
}
