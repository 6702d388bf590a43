//! Queries as plain data.

mod node;
mod render;

pub use node::{ColumnNode, Comparison, Node};
pub use render::check_sql;
