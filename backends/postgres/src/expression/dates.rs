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
        Function::DateDifference(unit) => difference(*unit, out),
        Function::Cast => {
            out.push("CAST(");
            out.argument(0)?;
            out.push(match out.result() {
                BindType::Date => " AS date)",
                BindType::Time => " AS time)",
                BindType::Timestamp => " AS timestamptz)",
                _ => " AS timestamp)",
            });
            Ok(())
        }
        _ => write_standard_function("PostgreSQL", function, out),
    }
}

fn extract(part: DatePart, out: &mut dyn FunctionWriter) -> Result<()> {
    // SECOND has a fraction, and MICROSECONDS the seconds.
    let (before, behind) = match part {
        DatePart::Year => ("EXTRACT(YEAR FROM ", ")::bigint"),
        DatePart::Quarter => ("EXTRACT(QUARTER FROM ", ")::bigint"),
        DatePart::Month => ("EXTRACT(MONTH FROM ", ")::bigint"),
        DatePart::Week => ("EXTRACT(WEEK FROM ", ")::bigint"),
        DatePart::Day => ("EXTRACT(DAY FROM ", ")::bigint"),
        DatePart::DayOfYear => ("EXTRACT(DOY FROM ", ")::bigint"),
        DatePart::Weekday => ("EXTRACT(ISODOW FROM ", ")::bigint"),
        DatePart::Hour => ("EXTRACT(HOUR FROM ", ")::bigint"),
        DatePart::Minute => ("EXTRACT(MINUTE FROM ", ")::bigint"),
        DatePart::Second => ("FLOOR(EXTRACT(SECOND FROM ", "))::bigint"),
        DatePart::Microsecond => ("EXTRACT(MICROSECONDS FROM ", ")::bigint % 1000000"),
        _ => return write_standard_function("PostgreSQL", &Function::DatePart(part), out),
    };
    out.push(before);
    out.argument(0)?;
    out.push(behind);
    Ok(())
}

fn truncate(unit: DateUnit, out: &mut dyn FunctionWriter) -> Result<()> {
    let name = unit.name();
    if out.result() == BindType::Date {
        // A date would become a moment with a time zone.
        out.push(&format!("DATE_TRUNC('{name}', CAST("));
        out.argument(0)?;
        out.push(" AS timestamp))::date");
    } else {
        out.push(&format!("DATE_TRUNC('{name}', "));
        out.argument(0)?;
        out.push(")");
    }
    Ok(())
}

/// PostgreSQL's own years go from -4713 to 294276. 10,000 years later, where the calendar is the same, every sum has a
/// place; it is cut to the first moments before and behind what is allowed, which become NULL. LEAST passes over NULL and
/// comes to the same.
fn add(unit: DateUnit, out: &mut dyn FunctionWriter) -> Result<()> {
    let [before, behind] = match out.result() {
        BindType::Timestamp => [
            "TIMESTAMPTZ '10000-12-31 23:59:59.999999+00'",
            "TIMESTAMPTZ '20000-01-01 00:00:00+00'",
        ],
        _ => [
            "TIMESTAMP '10000-12-31 23:59:59.999999'",
            "TIMESTAMP '20000-01-01 00:00:00'",
        ],
    };
    let is_date = out.result() == BindType::Date;
    out.push(if is_date { "CAST(" } else { "" });
    out.push("NULLIF(NULLIF(GREATEST(LEAST(");
    out.argument(0)?;
    out.push(" + INTERVAL '10000 years' + ");
    interval(unit, out)?;
    out.push(&format!(
        ", {behind}), {before}), {behind}), {before}) - INTERVAL '10000 years'"
    ));
    out.push(if is_date { " AS date)" } else { "" });
    Ok(())
}

fn interval(unit: DateUnit, out: &mut dyn FunctionWriter) -> Result<()> {
    const DAY: i64 = 86_400_000_000;
    let limit = unit.limit();
    let one = match unit {
        DateUnit::Quarter => "3 months".to_owned(),
        DateUnit::Week => "7 days".to_owned(),
        _ => format!("1 {}", unit.name()),
    };
    // An interval is multiplied as a double, in which microseconds lose digits.
    let splits = unit == DateUnit::Microsecond;
    if let Some(Value::Integer(number)) = out.argument_value(1) {
        let number = (*number).clamp(-limit, limit);
        if splits {
            out.value(Value::Integer(number / DAY), BindType::BigInt);
            out.push(" * INTERVAL '1 day' + ");
        }
        let rest = if splits { number % DAY } else { number };
        out.value(Value::Integer(rest), BindType::BigInt);
        out.push(&format!(" * INTERVAL '{one}'"));
        return Ok(());
    }
    if splits {
        clamped(limit, out)?;
        out.push(&format!(" / {DAY} * INTERVAL '1 day' + "));
        clamped(limit, out)?;
        out.push(&format!(" % {DAY} * INTERVAL '{one}'"));
        return Ok(());
    }
    clamped(limit, out)?;
    out.push(&format!(" * INTERVAL '{one}'"));
    Ok(())
}

fn clamped(limit: i64, out: &mut dyn FunctionWriter) -> Result<()> {
    out.push("LEAST(GREATEST(");
    out.argument(1)?;
    out.push(&format!(", -{limit}), {limit})"));
    Ok(())
}

fn difference(unit: DateUnit, out: &mut dyn FunctionWriter) -> Result<()> {
    const DAY: i64 = 86_400_000_000;
    let size = unit.microseconds();
    if out.argument_type(0) == BindType::Date {
        out.push("CAST(");
        out.argument(0)?;
        out.push(" - ");
        out.argument(1)?;
        out.push(" AS bigint)");
        if size > DAY {
            out.push(&format!(" / {}", size / DAY));
        } else if size < DAY {
            out.push(&format!(" * {}", DAY / size));
        }
        return Ok(());
    }
    out.push("CAST(EXTRACT(EPOCH FROM ");
    out.argument(0)?;
    out.push(" - ");
    out.argument(1)?;
    out.push(") * 1000000 AS bigint)");
    if size > 1 {
        out.push(&format!(" / {size}"));
    }
    Ok(())
}
