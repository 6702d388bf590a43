//! Aggregates.

use birgus_core::Result;
use birgus_core::backend::{AggregateFunction, BindType, FunctionWriter, write_standard_aggregate};

use super::numbers::scale;

/// Appends the aggregate. Sums of whole numbers and decimals check their range themselves.
pub(crate) fn write_aggregate(
    function: AggregateFunction,
    out: &mut dyn FunctionWriter,
) -> Result<()> {
    match (function, out.argument_type(0)) {
        (AggregateFunction::Sum | AggregateFunction::Average, BindType::Double) => {
            out.push("birgus_double(");
            write_standard_aggregate("SQLite", function, out)?;
            out.push(")");
            Ok(())
        }
        (AggregateFunction::Average, own) => average(own, out),
        (AggregateFunction::All, _) => call(out, "MIN("),
        (AggregateFunction::Any, _) => call(out, "MAX("),
        (AggregateFunction::JoinText, _) => {
            out.push("GROUP_CONCAT(");
            out.argument(0)?;
            out.push(", ");
            out.argument(1)?;
            out.order()?;
            out.push(")");
            out.over()
        }
        _ => write_standard_aggregate("SQLite", function, out),
    }
}

/// SQLite's own mean adds floats.
fn average(own: BindType, out: &mut dyn FunctionWriter) -> Result<()> {
    match out.result() {
        BindType::Decimal { scale: digits } => {
            out.push("birgus_decimal_divide(");
            call(out, "SUM(")?;
            out.push(", ");
            call(out, "COUNT(")?;
            out.push(&format!(", {})", i32::from(digits) - i32::from(scale(own))));
        }
        _ => {
            out.push("(CAST(");
            call(out, "SUM(")?;
            out.push(" AS REAL) / ");
            call(out, "COUNT(")?;
            out.push(")");
        }
    }
    Ok(())
}

fn call(out: &mut dyn FunctionWriter, function: &str) -> Result<()> {
    out.push(function);
    out.argument(0)?;
    out.push(")");
    out.over()
}
