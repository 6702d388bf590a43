//! PostgreSQL for Birgus, by two drivers that share dialect, DDL, introspection and value codec.
//!
//! | feature | driver | schemes |
//! |---|---|---|
//! | `native` | [`PostgresDriver`], over the `postgres` crate: pure Rust, rows as they come | `postgresql:`, `postgres:` |
//! | `libpq` | [`LibpqDriver`], over Diesel's `PgConnection` | `postgresql+libpq:`, `postgres+libpq:` |
//!
//! Both read the same URL: `postgresql://user:password@host:port/database`, with libpq's parameters
//! `application_name`, `connect_timeout`, `options` (`options=-c search_path=app` chooses a schema), `sslmode`,
//! `sslrootcert`, and `host`, `port`, `user`, `password`, `dbname` (`host=/var/run/postgresql` for a Unix socket).
//!
//! Every connection runs in UTC and READ COMMITTED, in a database encoded in UTF-8.
#![forbid(unsafe_code)]

mod change;
#[cfg(any(feature = "native", feature = "libpq"))]
mod codec;
mod ddl;
#[cfg(any(feature = "native", feature = "libpq"))]
mod deadline;
mod dialect;
#[cfg(any(feature = "native", feature = "libpq"))]
mod error;
mod expression;
mod introspect;
mod letter_case;
mod literal;
mod lock;
#[cfg(any(feature = "native", feature = "libpq"))]
mod mode;
#[cfg(any(feature = "native", feature = "libpq"))]
mod row;
#[cfg(any(feature = "native", feature = "libpq"))]
mod table_lock;
#[cfg(any(feature = "native", feature = "libpq"))]
mod target;
mod throwaway;
#[cfg(any(feature = "native", feature = "libpq"))]
mod transaction;

#[cfg(feature = "libpq")]
mod libpq;
#[cfg(feature = "native")]
mod native;

pub use dialect::PostgresDialect;
pub use letter_case::LetterCase;
#[cfg(feature = "libpq")]
pub use libpq::LibpqDriver;
#[cfg(feature = "native")]
pub use native::PostgresDriver;

#[cfg(feature = "native")]
birgus_core::register_driver!(&PostgresDriver);
#[cfg(feature = "libpq")]
birgus_core::register_driver!(&LibpqDriver);
