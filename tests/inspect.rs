//! Models that are written from databases of others: they compile, and differ in nothing from the tables.
//!
//! The sources stand in `tests/inspect/*.rs`, which is how they are compiled; `BIRGUS_BLESS=1` writes them anew.
#![forbid(unsafe_code)]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    dead_code,
    unreachable_pub,
    missing_docs,
    reason = "a test fails by panicking, and uses few of the models that were written"
)]

mod support;

mod inspect {
    pub mod mariadb;
    pub mod mysql;
    pub mod own;
    pub mod postgres;
    pub mod sqlite;

    mod declared;
    mod found;
    mod used;
}
