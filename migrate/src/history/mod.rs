//! The history of a schema: revision files, and the graph that they are.

mod graph;
mod revision;

pub use graph::{Graph, Target};
pub use revision::{FORMAT, Revision, slug};
