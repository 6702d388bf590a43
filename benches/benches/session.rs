//! What a session's bookkeeping costs: 10,000 rows as plain values, and tracked.
#![forbid(unsafe_code)]
#![allow(
    missing_docs,
    clippy::unwrap_used,
    reason = "criterion's macros write functions without any documentation, and a bench fails by panicking"
)]

use birgus::Config;
use birgus::prelude::*;
use criterion::{BatchSize, Criterion, criterion_group, criterion_main};

#[derive(Model)]
#[model(register = false)]
pub struct User {
    #[key]
    pub id: i64,
    #[column(length = 64)]
    pub username: String,
    #[column(length = 120)]
    pub email: String,
    pub age: Option<i32>,
    #[column(default = Utc::now)]
    pub joined: DateTime<Utc>,
}

const ROWS: i32 = 10_000;

fn filled() -> Database {
    let config = Config::new("sqlite::memory:".parse().unwrap());
    let db = Database::with_models(config, [User::info()]).unwrap();
    db.create_all().unwrap();
    let rows = (0..ROWS).map(|number| {
        User::build()
            .username(format!("user{number}"))
            .email(format!("user{number}@example.com"))
            .age(number % 90)
    });
    User::insert_many(rows).execute(&db).unwrap();
    db
}

/// The two take turns, so that what else the machine does meets both.
fn load(criterion: &mut Criterion) {
    let db = filled();
    let mut group = criterion.benchmark_group("10,000 rows");
    group.sample_size(50);
    group.bench_function("plain values", |bencher| {
        bencher.iter_batched(
            || db.session().unwrap(),
            |mut session| {
                let users = User::query().all(&mut session).unwrap();
                (users, session)
            },
            BatchSize::PerIteration,
        );
    });
    group.bench_function("tracked", |bencher| {
        bencher.iter_batched(
            || db.session().unwrap(),
            |mut session| {
                let keys = session.load(User::query()).unwrap();
                (keys, session)
            },
            BatchSize::PerIteration,
        );
    });
    group.finish();
    interleaved(&db);
}

/// Criterion measures one after the other; this takes turns, and prints the ratio of the medians.
fn interleaved(db: &Database) {
    let time = |work: &dyn Fn(&mut Session)| {
        let mut session = db.session().unwrap();
        let start = std::time::Instant::now();
        work(&mut session);
        start.elapsed()
    };
    let mut plain = Vec::new();
    let mut tracked = Vec::new();
    for _ in 0..101 {
        plain.push(time(&|session| {
            std::hint::black_box(User::query().all(session).unwrap());
        }));
        tracked.push(time(&|session| {
            std::hint::black_box(session.load(User::query()).unwrap());
        }));
    }
    plain.sort();
    tracked.sort();
    let (plain, tracked) = (plain[50], tracked[50]);
    println!(
        "10,000 rows, taking turns: plain {plain:?}, tracked {tracked:?}, ratio {:.2}",
        tracked.as_secs_f64() / plain.as_secs_f64()
    );
}

criterion_group!(benches, load);
criterion_main!(benches);
