//! The quickstart prints the same to the letter on every engine, however often it is run.
#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, reason = "a test")]

mod support;

use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;

use birgus_conformance::{Bed, known_pairs};

const TRANSCRIPT: &str = include_str!("quickstart.txt");

/// `cargo test` has built the example beside this test.
fn example() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let name = format!("quickstart{}", std::env::consts::EXE_SUFFIX);
    test.parent()
        .unwrap()
        .parent()
        .unwrap()
        .join("examples")
        .join(name)
}

fn transcript(url: &str) -> String {
    let folder = std::env::temp_dir();
    let output = Command::new(example())
        .current_dir(folder)
        .env("DATABASE_URL", url)
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn the_transcript_is_the_same_on_every_engine_and_every_run() {
    for pair in known_pairs(&support::linked_pairs())
        .unwrap()
        .into_iter()
        .map(Arc::new)
    {
        let bed = Bed::new(&pair).unwrap();
        for run in ["first", "second"] {
            assert_eq!(
                transcript(&bed.url().expose()),
                TRANSCRIPT,
                "{}, {run} run",
                pair.name()
            );
        }
        bed.remove().unwrap();
    }
}

#[cfg(feature = "sqlite")]
#[test]
fn the_transcript_is_the_same_in_memory() {
    assert_eq!(transcript("sqlite::memory:"), TRANSCRIPT);
}
