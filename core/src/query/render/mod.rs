//! Queries and expressions to text.

mod body;
mod call;
mod change;
mod check;
mod ddl;
mod exists;
mod expression;
mod grouping;
mod scope;
mod select;
mod upsert;
mod window;

pub(crate) use change::write_returning;
pub use ddl::{check_sql, column_sql};
pub(crate) use expression::write;
pub(crate) use scope::{InStatement, Scope};
pub(crate) use select::{finish, write_into};
pub(crate) use upsert::{update_of_row, write_conflict};

use super::select::Select;
use super::{ColumnNode, Node};
use crate::Result;
use crate::backend::{BindType, Dialect, ValueList};
use crate::value::Value;

/// Where an expression is written to: a statement with binds, or DDL with literals.
pub(crate) trait Sink<'d> {
    fn push(&mut self, sql: &str);
    fn identifier(&mut self, name: &str);
    fn value(&mut self, value: &Value, bind_type: BindType);
    fn column(&mut self, column: &ColumnNode) -> Result<()>;
    /// A query in parentheses, without them.
    fn select(&mut self, select: &Select) -> Result<()>;
    /// The query of EXISTS: what it selects does not count.
    fn exists(&mut self, select: &Select) -> Result<()>;
    /// `IN (…)` of values.
    fn list(&mut self, list: &ValueList<'_>) -> Result<()>;
    /// The column of a query in parentheses that the expression stands behind.
    fn substitute(&self, node: &Node) -> Option<ColumnNode>;
    /// The backslash as a literal, behind ESCAPE.
    fn like_escape(&self) -> &'static str;
    /// The text varies without limit.
    fn vary(&mut self);
    /// Whether the column's row may be missing: it stands behind a left join.
    fn may_miss(&self, column: &ColumnNode) -> bool;
    fn dialect(&self) -> &'d dyn Dialect;
    /// Whether the engine keeps the text and parses it again later.
    fn is_kept(&self) -> bool {
        false
    }
}
