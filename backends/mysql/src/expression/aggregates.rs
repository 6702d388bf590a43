//! Aggregates, and ranks.

use birgus_core::backend::{
    AggregateFunction, BindType, FunctionWriter, RankFunction, write_standard_aggregate,
    write_standard_rank,
};
use birgus_core::{Error, Result, Value};

use super::numbers::exact;
use crate::literal;

/// Appends the aggregate.
pub(crate) fn write_aggregate(
    function: AggregateFunction,
    out: &mut dyn FunctionWriter,
) -> Result<()> {
    match (function, out.result(), out.argument_type(0)) {
        (AggregateFunction::Sum, BindType::BigInt, _) => {
            out.push("(");
            sum(out)?;
            out.push(")");
            Ok(())
        }
        (
            AggregateFunction::Average,
            BindType::Decimal { scale: digits },
            BindType::Decimal { scale },
        ) => {
            out.push("(");
            exact(
                out,
                (scale, digits),
                &mut |out| call(out, "SUM("),
                &mut |out| call(out, "COUNT("),
            )?;
            out.push(")");
            Ok(())
        }
        (AggregateFunction::Average, BindType::Double, own) if own != BindType::Double => {
            out.push("(CAST(");
            sum(out)?;
            out.push(" AS DOUBLE) / ");
            call(out, "COUNT(")?;
            out.push(")");
            Ok(())
        }
        (AggregateFunction::Sum | AggregateFunction::Average, _, BindType::Double) => {
            finite(function, out)
        }
        (AggregateFunction::All, ..) => call(out, "MIN("),
        (AggregateFunction::Any, ..) => call(out, "MAX("),
        (AggregateFunction::JoinText, ..) => join(out),
        _ => write_standard_aggregate("MySQL", function, out),
    }
}

/// MySQL's ranks have no sign, and neither has what is computed with them.
pub(crate) fn write_rank(function: RankFunction, out: &mut dyn FunctionWriter) -> Result<()> {
    out.push("CAST(");
    write_standard_rank(function, out)?;
    out.push(" AS SIGNED)");
    Ok(())
}

/// A sum of whole numbers is a decimal. DIV makes a BIGINT of it and fails out of its range, where a cast would give the
/// nearest one.
fn sum(out: &mut dyn FunctionWriter) -> Result<()> {
    call(out, "SUM(")?;
    out.push(" DIV 1");
    Ok(())
}

/// A sum of doubles that is infinite comes out as 0 unless something is computed with it. Over a window MySQL makes it
/// the largest double; computing with that one fails too when it is made any larger.
fn finite(function: AggregateFunction, out: &mut dyn FunctionWriter) -> Result<()> {
    out.push("(");
    write_standard_aggregate("MySQL", function, out)?;
    out.push(" + 0e0");
    if out.is_over_window() {
        out.push(" * (");
        write_standard_aggregate("MySQL", function, out)?;
        out.push(" * 1.0000000000000002e0)");
    }
    out.push(")");
    Ok(())
}

/// The separator must be a literal.
fn join(out: &mut dyn FunctionWriter) -> Result<()> {
    let separator = match out.argument_value(1) {
        Some(Value::Text(separator)) => separator.clone(),
        _ => {
            // One that could not be made tells why.
            out.argument(1)?;
            return Err(Error::unsupported(
                "texts are joined with a value between them, not with an expression",
            ));
        }
    };
    let mut literal = String::new();
    literal::write_string(&mut literal, &separator);
    out.push("GROUP_CONCAT(");
    out.argument(0)?;
    out.order()?;
    out.push(" SEPARATOR ");
    out.push(&literal);
    out.push(")");
    out.over()
}

fn call(out: &mut dyn FunctionWriter, function: &str) -> Result<()> {
    out.push(function);
    out.argument(0)?;
    out.push(")");
    out.over()
}
