//! Birgus' turns at loading, by its relationships.
//!
//! Each engine gives a list of names and of what makes an [`Entrant`]; a name begins with `Birgus`, and tells after a
//! comma what is particular: the strategy, the driver. A `Loader` is the models' structs, a `batch`, and two queries:
//! users with their posts, and users with their posts and those with their comments. Rows are compared by
//! `From<…> for Graph`, as beside this in `rusqlite_loading.rs`.
//!
//! The lists are empty as long as relationships are being made, and the others run without Birgus.

use anyhow::Result;

use crate::loading::Entrant;
use crate::postgres_bed::Bed;

/// A name in the tables, and what makes the one who takes part by it.
pub(crate) type Way = (&'static str, Box<dyn FnOnce() -> Result<Entrant>>);

/// On SQLite, in memory.
pub(crate) fn sqlite() -> Vec<Way> {
    Vec::new()
}

/// On PostgreSQL, by both drivers; [`Bed::birgus`] gives the URL of a driver.
pub(crate) fn postgres(_bed: &Bed) -> Vec<Way> {
    Vec::new()
}
