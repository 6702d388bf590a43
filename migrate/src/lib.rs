//! What migrations stand on: schemas that are compared, described as text, and led from one to another.
//!
//! [`compare`] tells what separates the tables of a database from those of the models. [`state`] describes tables as a revision
//! file does, and plans the portable [operations](state::Operation) that lead from one state to another; what can't be told is
//! [asked](state::Question), never guessed. [`history`] reads and writes revision files, and finds the way through their graph.
//! [`apply`] leads a database along it, [`generate`] writes revisions from the models.
//! [`inspect`] writes models of a database that is there already.
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

// The derive speaks of the facade.
extern crate birgus_core as birgus;

pub mod apply;
mod described;
mod diff;
pub mod drift;
pub mod generate;
pub mod history;
pub mod inspect;
pub mod lint;
#[cfg(feature = "cli")]
pub mod manager;
pub mod state;

pub use apply::{Migrator, Status};
pub use diff::{Difference, compare};
#[cfg(feature = "cli")]
pub use manager::Manager;
