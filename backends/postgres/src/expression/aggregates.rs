//! Aggregates, and ranks.

use birgus_core::Result;
use birgus_core::backend::{
    AggregateFunction, BindType, FunctionWriter, RankFunction, write_standard_aggregate,
    write_standard_rank,
};

use super::numbers::exact;

/// Appends the aggregate.
pub(crate) fn write_aggregate(
    function: AggregateFunction,
    out: &mut dyn FunctionWriter,
) -> Result<()> {
    match (function, out.result()) {
        (AggregateFunction::Sum, BindType::BigInt) => sum(out),
        (AggregateFunction::Average, BindType::Decimal { scale }) => {
            out.push("ROUND(");
            exact(out, scale, &mut |out| call(out, "SUM("))?;
            out.push(" / ");
            call(out, "COUNT(")?;
            out.push(&format!(", {scale})"));
            Ok(())
        }
        (AggregateFunction::Average, _) if out.argument_type(0) != BindType::Double => {
            out.push("(CAST(");
            sum(out)?;
            out.push(" AS DOUBLE PRECISION) / ");
            call(out, "COUNT(")?;
            out.push(")");
            Ok(())
        }
        (AggregateFunction::All, _) => call(out, "BOOL_AND("),
        (AggregateFunction::Any, _) => call(out, "BOOL_OR("),
        (AggregateFunction::JoinText, _) => {
            out.push("STRING_AGG(");
            out.argument(0)?;
            out.push(", ");
            out.argument(1)?;
            out.order()?;
            out.push(")");
            out.over()
        }
        _ => write_standard_aggregate("PostgreSQL", function, out),
    }
}

/// The number of a bucket is an `integer` by itself.
pub(crate) fn write_rank(function: RankFunction, out: &mut dyn FunctionWriter) -> Result<()> {
    let narrow = matches!(function, RankFunction::Buckets(_));
    if narrow {
        out.push("CAST(");
    }
    write_standard_rank(function, out)?;
    if narrow {
        out.push(" AS BIGINT)");
    }
    Ok(())
}

/// A sum of `bigint` is `numeric`; the cast checks its range.
fn sum(out: &mut dyn FunctionWriter) -> Result<()> {
    out.push("CAST(");
    call(out, "SUM(")?;
    out.push(" AS BIGINT)");
    Ok(())
}

fn call(out: &mut dyn FunctionWriter, function: &str) -> Result<()> {
    out.push(function);
    out.argument(0)?;
    out.push(")");
    out.over()
}
