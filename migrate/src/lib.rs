//! Schema comparison: what separates the tables of a database from those of the models.
//!
//! Migrations will stand on it; today it answers whether there is a difference.
//!
//! ```no_run
//! # fn show(db: &birgus_core::Database) -> birgus_core::Result<()> {
//! let differences = birgus_migrate::compare(db.tables(), &db.introspect()?);
//! for difference in &differences {
//!     println!("{difference}");
//! }
//! # Ok(()) }
//! ```
#![forbid(unsafe_code)]

mod diff;

pub use diff::{Difference, compare};
