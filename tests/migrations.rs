//! Revisions on every engine: what they do to tables and rows, taken back, stopped, and by many at once.
#![forbid(unsafe_code)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

#[path = "migrations/case.rs"]
mod case;
#[path = "migrations/child.rs"]
mod child;
#[path = "migrations/deployers.rs"]
mod deployers;
#[path = "migrations/killed.rs"]
mod killed;
#[path = "migrations/lab.rs"]
mod lab;
#[path = "migrations/lint.rs"]
mod lint;
#[path = "migrations/matrix.rs"]
mod matrix;
#[path = "migrations/obstacles.rs"]
mod obstacles;
#[path = "migrations/random.rs"]
mod random;
#[path = "migrations/retried.rs"]
mod retried;
#[path = "migrations/revisions.rs"]
mod revisions;
#[path = "migrations/rows.rs"]
mod rows;
#[path = "migrations/schema.rs"]
mod schema;
#[path = "migrations/squashed.rs"]
mod squashed;
mod support;
#[path = "migrations/survivors.rs"]
mod survivors;
