//! Queries as plain data, and what runs them.

mod column;
mod execute;
mod insert;
mod node;
mod parts;
mod raw;
mod render;
mod rendered;
mod select;

pub use column::{Assignment, Column, Expr, Operand, Order, TextColumn};
pub use execute::{Access, Executor};
pub(crate) use execute::{fetch, run};
pub use insert::{Insert, InsertMany};
pub(crate) use insert::{identity_value, insert_rows, move_sequence};
pub use node::{ColumnNode, Comparison, Node};
pub use raw::{BindValue, Sql, sql};
pub use render::check_sql;
pub(crate) use render::expression;
pub use select::Query;
