//! Dates, times and moments.

use birgus_core::backend::{BindType, DateUnit, Function, FunctionWriter, write_standard_function};
use birgus_core::{Result, Value};

use super::call;

/// Appends the operation.
pub(super) fn write(function: &Function, out: &mut dyn FunctionWriter) -> Result<()> {
    match function {
        Function::DatePart(part) => named("birgus_date_part", part.name(), out),
        Function::DateTruncate(unit) => named("birgus_date_trunc", unit.name(), out),
        Function::DateAdd(unit) => add(*unit, out),
        Function::DateDifference(unit) => {
            call(out, "birgus_date_diff")?;
            if unit.microseconds() > 1 {
                out.push(&format!(" / {}", unit.microseconds()));
            }
            Ok(())
        }
        Function::Cast if out.argument_type(0) == out.result() => out.argument(0),
        // They are stored alike, save for the sign of the zone.
        Function::Cast if out.result() == BindType::Timestamp => {
            match out.argument_type(0) {
                BindType::Date => call(out, "birgus_date_to_datetime")?,
                _ => out.argument(0)?,
            }
            out.push(" || 'Z'");
            Ok(())
        }
        Function::Cast
            if out.result() == BindType::DateTime
                && out.argument_type(0) == BindType::Timestamp =>
        {
            out.push("rtrim(");
            out.argument(0)?;
            out.push(", 'Z')");
            Ok(())
        }
        Function::Cast => match out.result() {
            BindType::Date => call(out, "birgus_to_date"),
            BindType::Time => call(out, "birgus_to_time"),
            _ => call(out, "birgus_date_to_datetime"),
        },
        _ => write_standard_function("SQLite", function, out),
    }
}

fn named(function: &str, name: &str, out: &mut dyn FunctionWriter) -> Result<()> {
    out.push(function);
    out.push("(");
    out.argument(0)?;
    out.push(&format!(", '{name}')"));
    Ok(())
}

/// The function takes months and microseconds.
fn add(unit: DateUnit, out: &mut dyn FunctionWriter) -> Result<()> {
    out.push("birgus_date_add(");
    out.argument(0)?;
    if unit.months() > 0 {
        out.push(", ");
        times(unit, unit.months(), out)?;
        out.push(", 0)");
    } else {
        out.push(", 0, ");
        times(unit, unit.microseconds(), out)?;
        out.push(")");
    }
    Ok(())
}

/// The number of units, cut to what leads out of all years, so that the product has a place in 64 bits.
fn times(unit: DateUnit, factor: i64, out: &mut dyn FunctionWriter) -> Result<()> {
    let limit = unit.limit();
    if let Some(Value::Integer(number)) = out.argument_value(1) {
        let number = (*number).clamp(-limit, limit) * factor;
        out.value(Value::Integer(number), BindType::BigInt);
        return Ok(());
    }
    out.push("MAX(MIN(");
    out.argument(1)?;
    out.push(&format!(", {limit}), -{limit})"));
    if factor > 1 {
        out.push(&format!(" * {factor}"));
    }
    Ok(())
}
