//! How SQLite writes the operations of expressions.

mod aggregates;
mod dates;
mod json;
mod numbers;
mod text;

pub(crate) use aggregates::write_aggregate;
use birgus_core::Result;
use birgus_core::backend::{BindType, Function, FunctionWriter};

/// Appends an operation on values.
pub(crate) fn write_function(function: &Function, out: &mut dyn FunctionWriter) -> Result<()> {
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
        | Function::EndsWith => text::write(function, out),
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
        | Function::JsonRemove(_) => json::write(function, out),
        _ => numbers::write(function, out),
    }
}

fn is_moment(bind_type: BindType) -> bool {
    matches!(
        bind_type,
        BindType::Date | BindType::Time | BindType::DateTime | BindType::Timestamp
    )
}

/// `NAME(a, b, …)`
fn call(out: &mut dyn FunctionWriter, name: &str) -> Result<()> {
    out.push(name);
    out.push("(");
    for index in 0..out.count() {
        if index > 0 {
            out.push(", ");
        }
        out.argument(index)?;
    }
    out.push(")");
    Ok(())
}
