//! The engine-neutral half of Birgus: schema, models, queries, the session, and what an engine must provide.
//!
//! Programs depend on the crate `birgus`, which re-exports all of this together with the drivers that its features
//! switch on. Drivers depend on this crate alone; see [`backend`].
#![forbid(unsafe_code)]

pub mod backend;
mod catalog;
mod config;
mod connection;
mod database;
mod error;
pub mod json;
pub mod letter_case;
pub mod model;
mod pool;
pub mod prelude;
pub mod query;
pub mod relation;
pub mod schema;
#[cfg(feature = "tokio")]
mod service;
pub mod session;
pub mod testing;
mod transaction;
mod unit;
pub mod url;
mod value;

pub use backend::Isolation;
pub use birgus_derive::{DbEnum, FromRow, Model, migrations};
pub use catalog::model_tables;
pub use config::{Config, FILE as CONFIG_FILE, NPlusOneConfig, PoolConfig, TlsConfig};
pub use database::{Database, PooledConnection};
pub use error::{DatabaseErrorKind, Error, Result};
pub use model::{Deferred, FromRow, Json, Model};
pub use query::{Executor, Query, sql};
pub use relation::{Many, One, load};
pub use session::{Key, Session};
pub use transaction::TransactionOptions;
pub use value::Value;

// The crates whose types stand in models, so that a program need not name their versions again.
pub use {chrono, rust_decimal, uuid};

#[doc(hidden)]
pub mod __private {
    pub use crate::model::glue::*;
    pub use crate::testing::{Expected, Recording, complaint};
    pub use inventory;
}
