//! The history of a schema: revision files, and the graph that they are.

mod graph;
mod replaced;
mod revision;
mod target;

pub use graph::Graph;
pub use revision::{FORMAT, Revision, slug};
pub use target::Target;
