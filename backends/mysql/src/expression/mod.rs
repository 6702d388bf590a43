//! How MySQL writes the operations of expressions.

mod aggregates;
mod contains;
mod dates;
mod json;
mod numbers;
mod text;

pub(crate) use aggregates::{write_aggregate, write_rank};
use birgus_core::Result;
use birgus_core::backend::{BindType, Function, FunctionWriter};

use crate::MysqlDialect;

/// Appends an operation on values.
pub(crate) fn write_function(
    dialect: &MysqlDialect,
    function: &Function,
    out: &mut dyn FunctionWriter,
) -> Result<()> {
    match function {
        Function::Lower
        | Function::Upper
        | Function::Length
        | Function::Trim
        | Function::TrimStart
        | Function::TrimEnd
        | Function::Substring
        | Function::Replace
        | Function::Concat
        | Function::Contains
        | Function::StartsWith
        | Function::EndsWith => text::write(dialect, function, out),
        Function::DatePart(_)
        | Function::DateTruncate(_)
        | Function::DateAdd(_)
        | Function::DateDifference(_) => dates::write(function, out),
        Function::Cast if is_moment(out.result()) => dates::write(function, out),
        Function::JsonGet(_)
        | Function::JsonType(_)
        | Function::JsonLength(_)
        | Function::JsonContains
        | Function::JsonSet(_)
        | Function::JsonRemove(_) => json::write(dialect.product(), function, out),
        _ => numbers::write(dialect.product(), function, out),
    }
}

fn is_moment(bind_type: BindType) -> bool {
    matches!(
        bind_type,
        BindType::Date | BindType::Time | BindType::DateTime | BindType::Timestamp
    )
}
