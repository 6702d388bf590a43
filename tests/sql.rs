//! The SQL that each builder feature becomes, in every dialect.
//!
//! The texts stand in `tests/sql/*.txt`; `BIRGUS_BLESS=1` writes them anew.
#![forbid(unsafe_code)]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    unreachable_pub,
    reason = "a test fails by panicking"
)]

mod support;

mod sql {
    mod aggregates;
    mod conditions;
    mod ctes;
    mod dates;
    mod deferred;
    mod golden;
    mod insert_select;
    mod joins;
    mod json;
    mod lists;
    mod locks;
    mod models;
    mod numbers;
    mod relations;
    mod returning;
    mod rows;
    mod sets;
    mod subqueries;
    mod tables;
    mod text;
    mod updates;
    mod upsert;
    mod windows;
}
