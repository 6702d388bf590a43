//! Dates, times and moments. The session's time zone is UTC.

use birgus_core::backend::{
    BindType, DatePart, DateUnit, Function, FunctionWriter, write_standard_function,
};
use birgus_core::{Result, Value};

/// Appends the operation.
pub(super) fn write(function: &Function, out: &mut dyn FunctionWriter) -> Result<()> {
    match function {
        Function::DatePart(part) => extract(*part, out),
        Function::DateTruncate(unit) => truncate(*unit, out),
        Function::DateAdd(unit) => add(*unit, out),
        Function::DateDifference(unit) => {
            out.push(&format!("TIMESTAMPDIFF({}, ", unit_name(*unit)));
            moment(1, out)?;
            out.push(", ");
            moment(0, out)?;
            out.push(")");
            Ok(())
        }
        Function::Cast => {
            out.push("CAST(");
            moment(0, out)?;
            out.push(&format!(" AS {})", type_name(out.result())));
            Ok(())
        }
        _ => write_standard_function("MySQL", function, out),
    }
}

fn type_name(bind_type: BindType) -> &'static str {
    match bind_type {
        BindType::Date => "DATE",
        BindType::Time => "TIME(6)",
        _ => "DATETIME(6)",
    }
}

fn unit_name(unit: DateUnit) -> String {
    unit.name().to_ascii_uppercase()
}

/// An argument. A bound value takes the type that the function would rather have, unless it is cast.
fn moment(index: usize, out: &mut dyn FunctionWriter) -> Result<()> {
    if out.argument_value(index).is_none() {
        return out.argument(index);
    }
    out.push("CAST(");
    out.argument(index)?;
    let name = type_name(out.argument_type(index));
    out.push(&format!(" AS {name})"));
    Ok(())
}

fn extract(part: DatePart, out: &mut dyn FunctionWriter) -> Result<()> {
    let (before, behind) = match part {
        DatePart::Year => ("YEAR(", ")"),
        DatePart::Quarter => ("QUARTER(", ")"),
        DatePart::Month => ("MONTH(", ")"),
        // Mode 3 is that of ISO 8601.
        DatePart::Week => ("WEEK(", ", 3)"),
        DatePart::Day => ("DAYOFMONTH(", ")"),
        DatePart::DayOfYear => ("DAYOFYEAR(", ")"),
        DatePart::Weekday => ("WEEKDAY(", ") + 1"),
        DatePart::Hour => ("HOUR(", ")"),
        DatePart::Minute => ("MINUTE(", ")"),
        DatePart::Second => ("SECOND(", ")"),
        DatePart::Microsecond => ("MICROSECOND(", ")"),
        _ => return write_standard_function("MySQL", &Function::DatePart(part), out),
    };
    out.push(before);
    moment(0, out)?;
    out.push(behind);
    Ok(())
}

/// There is no such function: the fields below the unit are written anew.
fn truncate(unit: DateUnit, out: &mut dyn FunctionWriter) -> Result<()> {
    let result = type_name(out.result());
    out.push("CAST(");
    match unit {
        DateUnit::Week => {
            out.push("DATE_SUB(CAST(");
            moment(0, out)?;
            out.push(" AS DATE), INTERVAL WEEKDAY(");
            moment(0, out)?;
            out.push(") DAY)");
        }
        DateUnit::Quarter => {
            out.push("CONCAT(DATE_FORMAT(");
            moment(0, out)?;
            out.push(", '%Y-'), ELT(QUARTER(");
            moment(0, out)?;
            out.push("), '01', '04', '07', '10'), '-01')");
        }
        _ => {
            out.push("DATE_FORMAT(");
            moment(0, out)?;
            out.push(match unit {
                DateUnit::Year => ", '%Y-01-01')",
                DateUnit::Month => ", '%Y-%m-01')",
                DateUnit::Day => ", '%Y-%m-%d')",
                DateUnit::Hour => ", '%Y-%m-%d %H:00:00')",
                DateUnit::Minute => ", '%Y-%m-%d %H:%i:00')",
                _ => ", '%Y-%m-%d %H:%i:%s')",
            });
        }
    }
    out.push(&format!(" AS {result})"));
    Ok(())
}

/// Outside of its years the sum would be NULL with a warning, which is an error where it is stored, and the year 0 would
/// pass: so nothing is added unless the result has a place. The parts of a date are numbers without a sign.
fn add(unit: DateUnit, out: &mut dyn FunctionWriter) -> Result<()> {
    let result = type_name(out.result());
    out.push("CAST(CASE WHEN ");
    let (factor, ends) = if unit.months() > 0 {
        out.push("CAST(YEAR(");
        moment(0, out)?;
        out.push(") * 12 + MONTH(");
        moment(0, out)?;
        out.push(") AS SIGNED)");
        (unit.months(), "13 AND 120000")
    } else if out.result() == BindType::Date {
        out.push("CAST(TO_DAYS(");
        moment(0, out)?;
        out.push(") AS SIGNED)");
        (unit.microseconds() / 86_400_000_000, "366 AND 3652424")
    } else {
        out.push("TIMESTAMPDIFF(MICROSECOND, TIMESTAMP '0001-01-01 00:00:00', ");
        moment(0, out)?;
        out.push(")");
        (unit.microseconds(), "0 AND 315537897599999999")
    };
    out.push(" + ");
    clamped(unit, factor, out)?;
    out.push(&format!(" BETWEEN {ends} THEN DATE_ADD("));
    moment(0, out)?;
    out.push(", INTERVAL ");
    clamped(unit, 1, out)?;
    out.push(&format!(" {}) END AS {result})", unit_name(unit)));
    Ok(())
}

/// The number of units, cut to what leads out of all years, so that the product has a place in 64 bits.
fn clamped(unit: DateUnit, factor: i64, out: &mut dyn FunctionWriter) -> Result<()> {
    let limit = unit.limit();
    if let Some(Value::Integer(number)) = out.argument_value(1) {
        let number = (*number).clamp(-limit, limit) * factor;
        out.value(Value::Integer(number), BindType::BigInt);
        return Ok(());
    }
    out.push("LEAST(GREATEST(");
    out.argument(1)?;
    out.push(&format!(", -{limit}), {limit})"));
    if factor > 1 {
        out.push(&format!(" * {factor}"));
    }
    Ok(())
}
