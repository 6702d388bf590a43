//! One program on SQLite, PostgreSQL, MySQL and MariaDB, with one behaviour.
//!
//! Prototype on an embedded SQLite file and move to a server by changing one URL: no code change, no change of
//! behaviour.
//!
//! ```standalone_crate
//! use birgus::prelude::*;
//!
//! #[derive(Model, Debug)]
//! pub struct User {
//!     #[key]
//!     pub id: i64,
//!     #[column(length = 64, unique)]
//!     pub username: String,
//!     #[column(default = Utc::now)]
//!     pub joined: DateTime<Utc>,
//! }
//!
//! # fn main() -> birgus::Result<()> {
//! let db = Database::connect("sqlite::memory:")?;
//! db.create_all()?;
//!
//! let mut session = db.session()?;
//! let susan = session.add(User::build().username("susan"));
//! session.commit()?;
//!
//! session[susan].username = "susan2".into();
//! session.commit()?; // UPDATE of one column of one row
//!
//! let users = User::query().filter(User::username.like("s%")).order_by(User::username.asc()).all(&db)?;
//! assert_eq!(users.len(), 1);
//! # Ok(())
//! # }
//! ```
//!
//! # Features
//!
//! | feature | URL schemes | needs |
//! |---|---|---|
//! | `sqlite` (default) | `sqlite:` | nothing: libsqlite3 is bundled |
//! | `postgres` | `postgresql:`, `postgres:` | nothing: pure Rust |
//! | `postgres-libpq` | `postgresql+libpq:` | libpq, or `postgres-libpq-bundled` |
//! | `mysql` | `mysql:`, `mariadb:` | a MySQL or MariaDB client library, or `mysql-bundled` |
#![forbid(unsafe_code)]

pub use birgus_core::*;
pub use birgus_migrate as migrate;

#[cfg(feature = "mysql")]
pub use birgus_mysql as mysql;
#[cfg(any(feature = "postgres", feature = "postgres-libpq"))]
pub use birgus_postgres as postgres;
#[cfg(feature = "sqlite")]
pub use birgus_sqlite as sqlite;

mod hints;

// What the README shows compiles.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}
