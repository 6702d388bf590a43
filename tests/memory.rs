//! How much memory it takes to read a million rows. It takes minutes, and Linux; the figures stand in `docs/queries.md`:
//!
//! ```text
//! cargo test --release --test memory --features … -- --ignored --nocapture
//! ```
#![forbid(unsafe_code)]
#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    missing_docs,
    reason = "a test fails by panicking"
)]

mod support;

use std::fs;
use std::time::Instant;

use birgus::prelude::*;
use birgus::{Config, Database};
use birgus_conformance::{Bed, known_pairs};

#[derive(Model, Debug, Clone)]
#[model(register = false)]
struct Row {
    #[key]
    pub id: i64,
    #[column(length = 64)]
    pub name: String,
    pub number: i64,
}

const ROWS: i64 = 1_000_000;

/// The most memory since it was asked last, in MB.
fn peak() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status
        .lines()
        .find(|line| line.starts_with("VmHWM"))
        .unwrap();
    let kilobytes = line.split_whitespace().nth(1).unwrap();
    fs::write("/proc/self/clear_refs", "5").unwrap();
    kilobytes.parse::<u64>().unwrap() / 1_024
}

fn measured(what: &str, work: impl FnOnce()) -> u64 {
    peak();
    let base = peak();
    let start = Instant::now();
    work();
    let elapsed = start.elapsed();
    let more = peak().saturating_sub(base);
    println!(
        "  {what}: {more} MB more than before, {} ms",
        elapsed.as_millis()
    );
    more
}

fn filled(bed: &Bed) -> Database {
    let db = Database::with_models(Config::new(bed.url().clone()), [Row::info()]).unwrap();
    db.create_all().unwrap();
    for part in 0..ROWS / 10_000 {
        let rows = (0..10_000).map(|number| {
            let number = part * 10_000 + number;
            Row::build()
                .name(format!("the name of {number}"))
                .number(number)
        });
        Row::insert_many(rows).execute(&db).unwrap();
    }
    db
}

#[test]
#[ignore = "it takes minutes"]
fn batches_take_the_memory_of_one_batch() {
    for pair in known_pairs(&support::linked_pairs()).unwrap() {
        println!("{}", pair.name());
        let bed = Bed::new(&pair.into()).unwrap();
        let db = filled(&bed);
        let mut sum = 0;
        let batches = measured("batches(1_000)", || {
            let mut add = |rows: Vec<Row>| {
                sum += rows.iter().map(|row| row.number).sum::<i64>();
                Ok(())
            };
            Row::query().batches(1_000).for_each(&db, &mut add).unwrap();
        });
        assert_eq!(sum, ROWS * (ROWS - 1) / 2);
        assert!(batches < 20, "{batches} MB");
        let streams = db.dialect().unwrap().capabilities().streaming;
        let each = measured("for_each", || {
            let mut add = |row: Row| {
                sum -= row.number;
                Ok(())
            };
            Row::query().for_each(&db, &mut add).unwrap();
        });
        assert_eq!(sum, 0);
        assert!(!streams || each < 20, "{each} MB");
        let list: Vec<i64> = (0..ROWS).collect();
        measured("in_ of a million, by the key", || {
            let query = Row::query().filter(Row::id.in_(list.iter().copied()));
            assert_eq!(query.count(&db).unwrap(), 999_999);
        });
        measured("in_ of a million, without an index", || {
            let query = Row::query().filter(Row::number.in_(list.iter().copied()));
            assert_eq!(query.count(&db).unwrap(), 1_000_000);
        });
        measured("all", || {
            assert_eq!(Row::query().all(&db).unwrap().len(), 1_000_000)
        });
        drop(db);
        bed.remove().unwrap();
    }
}
