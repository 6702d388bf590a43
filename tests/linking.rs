//! Random sequences of links between the objects of a session, beside a plain model of what must come of them: at each look
//! both sides of each relationship show what the model says, and after each flush the rows do.
//!
//! `BIRGUS_SEQUENCES` is the number of sequences, `BIRGUS_SEQUENCES_SEED` what they are drawn from; both are printed.
#![forbid(unsafe_code)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    unreachable_pub,
    reason = "a test fails by panicking"
)]

mod support;

mod linking {
    pub(crate) mod expected;
    pub(crate) mod models;
    #[macro_use]
    pub(crate) mod steps;
    pub(crate) mod looks;
    pub(crate) mod world;
}

use std::sync::Arc;

use birgus::prelude::*;
use birgus_conformance::Bed;
use linking::expected::{Now, Rows};
use linking::models::{Crate, Item, ItemMark, Keys, Lid, Mark, Node, Part, Seal, models};
use linking::steps::{Step, steps};
use linking::world::World;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner};

/// How many sequences run when nothing is said.
const SEQUENCES: u32 = 20;

/// What they are drawn from then.
const SEED: u64 = 20_261_121;

fn run(db: &Database, steps: &[Step]) {
    ItemMark::query().delete(db).unwrap();
    Mark::query().delete(db).unwrap();
    Item::query().delete(db).unwrap();
    Part::query().delete(db).unwrap();
    Lid::query().delete(db).unwrap();
    Seal::query().delete(db).unwrap();
    Node::query().update(Node::home_id.set(None), db).unwrap();
    Node::query().delete(db).unwrap();
    Crate::query().delete(db).unwrap();
    let mut session = db.session().unwrap();
    let mut world = World {
        db,
        now: Now::default(),
        flushed: Rows::default(),
        saved: vec![Rows::default()],
        next: 0,
        keys: Keys::default(),
    };
    let mut at = 0;
    while at < steps.len() {
        world.run(&mut session, steps, &mut at).unwrap();
    }
    world.look_at_all(&mut session);
    session.commit().unwrap();
    world.is_flushed();
    world.look_at_all(&mut session);
    world.check_rows(db);
}

fn setting(variable: &str) -> Option<u64> {
    let value = std::env::var(variable).ok()?;
    Some(
        value
            .parse()
            .unwrap_or_else(|_| panic!("{variable}: not a whole number")),
    )
}

#[test]
fn both_sides_and_the_rows_agree_after_each_step() {
    let sequences =
        setting("BIRGUS_SEQUENCES").map_or(SEQUENCES, |number| number.try_into().unwrap());
    let seed = setting("BIRGUS_SEQUENCES_SEED").unwrap_or(SEED);
    for pair in birgus_conformance::known_pairs(&support::linked_pairs()).unwrap() {
        eprintln!("{sequences} sequences of seed {seed} on {}", pair.name());
        let bed = Bed::new(&Arc::new(pair)).unwrap();
        let db = bed.database(&models());
        let config = Config {
            cases: sequences,
            failure_persistence: None,
            max_shrink_iters: 2_000,
            ..Config::default()
        };
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&seed.to_le_bytes());
        let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
        let result = TestRunner::new_with_rng(config, rng).run(&steps(), |steps| {
            let run = std::panic::AssertUnwindSafe(|| run(&db, &steps));
            std::panic::catch_unwind(run).map_err(|panic| {
                let text = panic.downcast_ref::<String>().cloned();
                TestCaseError::fail(text.unwrap_or_else(|| "a panic".to_owned()))
            })
        });
        drop(db);
        bed.remove().unwrap();
        if let Err(TestError::Fail(reason, steps)) = result {
            panic!("seed {seed}: {}\n{steps:#?}", reason.message());
        }
    }
}
