//! Queries as plain data, and what runs them.

mod column;
mod execute;
mod insert;
mod node;
mod raw;
mod render;
mod select;

pub use column::{Assignment, Column, Expr, Operand, Order, TextColumn};
pub use execute::Executor;
pub(crate) use execute::{fetch, run};
pub(crate) use insert::insert_rows;
pub use insert::{Insert, InsertMany};
pub use node::{ColumnNode, Comparison, Node};
pub use raw::{BindValue, Sql, sql};
pub use render::check_sql;
pub(crate) use render::expression;
pub use select::Query;
