//! The management command: what its commands print, write and refuse, and how they end.
#![forbid(unsafe_code)]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    missing_docs,
    reason = "a test fails by panicking"
)]

#[path = "manager/branches.rs"]
mod branches;
#[path = "manager/embedded.rs"]
mod embedded;
#[path = "manager/help.rs"]
mod help;
#[path = "manager/own.rs"]
mod own;
#[path = "manager/schema.rs"]
mod schema;
mod support;
#[path = "manager/tutorial.rs"]
mod tutorial;
#[path = "manager/workshop.rs"]
mod workshop;
