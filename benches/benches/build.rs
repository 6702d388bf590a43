//! From the first builder call to the finished statement.
#![forbid(unsafe_code)]
#![allow(
    missing_docs,
    reason = "criterion's macros write functions without any"
)]

use std::hint::black_box;

use birgus::prelude::*;
use birgus_sqlite::SqliteDialect;
use criterion::{Criterion, criterion_group, criterion_main};

#[derive(Model)]
#[model(register = false)]
pub struct User {
    #[key]
    pub id: i64,
    #[column(length = 64)]
    pub username: String,
    pub age: Option<i32>,
}

fn build(criterion: &mut Criterion) {
    let dialect = SqliteDialect::new();
    criterion.bench_function("two conditions", |bencher| {
        bencher.iter(|| {
            User::query()
                .filter(User::username.eq(black_box("susan")))
                .filter(User::age.ge(black_box(18)))
                .to_statement(&dialect)
        });
    });
    criterion.bench_function("join, group and order", |bencher| {
        let manager = User::alias("manager");
        bencher.iter(|| {
            User::query()
                .join_to(&manager, manager.column(User::id).eq(User::id))
                .filter(User::age.ge(black_box(18)))
                .select((User::username, manager.column(User::age).sum()))
                .group_by(User::username)
                .order_by(User::username)
                .to_statement(&dialect)
        });
    });
}

criterion_group!(benches, build);
criterion_main!(benches);
