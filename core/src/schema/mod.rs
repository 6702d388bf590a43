//! What a table is, whoever describes it: a model, a database, a migration.

mod column;
mod computed;
mod constraint;
mod identifier;
mod inspected;
mod naming;
mod table;
mod validate;

pub use column::{Column, ColumnExpression, ColumnType};
pub use constraint::{Check, ForeignKey, Index, ReferentialAction};
pub use inspected::{DatabaseExpression, ExpressionOf, Inspected, LeftOut};
pub use naming::{
    IDENTIFIER_LIMIT, check_name, enum_check_name, foreign_key_name, index_name, primary_key_name,
    table_name, type_check_name, unique_name,
};
pub use table::Table;
pub use validate::{INDEXED_BYTES_LIMIT, INDEXED_LENGTH_LIMIT, validate};
