//! Arithmetic, casts, and what chooses among values.

use birgus_core::Result;
use birgus_core::backend::{BindType, Function, FunctionWriter, write_standard_function};

use super::dates;

/// Appends the operation. Decimals are whole numbers times a power of ten here, and a result out of the range of those
/// becomes a float in silence: what checks it stands around the whole of such arithmetic, which keeps a float.
pub(super) fn write(function: &Function, out: &mut dyn FunctionWriter) -> Result<()> {
    match function {
        Function::Add | Function::Subtract | Function::Multiply | Function::Negate => {
            checked(out, &mut |out| standard(function, out))
        }
        Function::IntegerDivide => checked(out, &mut |out| quotient(out)),
        Function::Divide => divide(out),
        Function::Round => {
            out.push("birgus_decimal_round(");
            out.argument(0)?;
            out.push(&format!(
                ", {})",
                i32::from(scale(out.argument_type(0))) - i32::from(scale(out.result()))
            ));
            Ok(())
        }
        Function::Floor => whole(out, "birgus_floor(", "birgus_decimal_floor("),
        Function::Ceiling => whole(out, "birgus_ceil(", "birgus_decimal_ceil("),
        Function::Greatest => both(out, "MAX("),
        Function::Least => both(out, "MIN("),
        Function::Cast => cast(function, out),
        _ => standard(function, out),
    }
}

fn standard(function: &Function, out: &mut dyn FunctionWriter) -> Result<()> {
    write_standard_function("SQLite", function, out)
}

/// The digits behind the point of a decimal.
pub(super) fn scale(bind_type: BindType) -> u8 {
    match bind_type {
        BindType::Decimal { scale } => scale,
        _ => 0,
    }
}

fn checked(
    out: &mut dyn FunctionWriter,
    inner: &mut dyn FnMut(&mut dyn FunctionWriter) -> Result<()>,
) -> Result<()> {
    let check = match out.result() {
        // Infinite less infinite is NULL, so every step is checked.
        BindType::Double => "birgus_double(",
        _ if out.is_nested() => return inner(out),
        _ => "birgus_integer(",
    };
    out.push(check);
    inner(out)?;
    out.push(")");
    Ok(())
}

/// `a / NULLIF(b, 0)`
fn quotient(out: &mut dyn FunctionWriter) -> Result<()> {
    out.argument(0)?;
    out.push(" / NULLIF(");
    out.argument(1)?;
    out.push(", 0)");
    Ok(())
}

fn divide(out: &mut dyn FunctionWriter) -> Result<()> {
    match (out.result(), out.argument_type(0)) {
        (BindType::Decimal { scale: digits }, own) => {
            let shift =
                i32::from(digits) - i32::from(scale(own)) + i32::from(scale(out.argument_type(1)));
            out.push("birgus_decimal_divide(");
            out.argument(0)?;
            out.push(", ");
            out.argument(1)?;
            out.push(&format!(", {shift})"));
            Ok(())
        }
        (_, BindType::Double) => checked(out, &mut |out| quotient(out)),
        _ => {
            out.push("CAST(");
            out.argument(0)?;
            out.push(" AS REAL) / NULLIF(");
            out.argument(1)?;
            out.push(", 0)");
            Ok(())
        }
    }
}

fn whole(out: &mut dyn FunctionWriter, of_double: &str, of_decimal: &str) -> Result<()> {
    match out.argument_type(0) {
        BindType::Decimal { scale } => scaled(out, of_decimal, i32::from(scale)),
        _ => {
            out.push(of_double);
            out.argument(0)?;
            out.push(")");
            Ok(())
        }
    }
}

fn scaled(out: &mut dyn FunctionWriter, function: &str, digits: i32) -> Result<()> {
    out.push(function);
    out.argument(0)?;
    out.push(&format!(", {digits})"));
    Ok(())
}

fn both(out: &mut dyn FunctionWriter, function: &str) -> Result<()> {
    out.push(function);
    out.argument(0)?;
    out.push(", ");
    out.argument(1)?;
    out.push(")");
    Ok(())
}

fn cast(function: &Function, out: &mut dyn FunctionWriter) -> Result<()> {
    use BindType::{BigInt, Decimal, Double, Integer, SmallInt, Text};

    let as_type = |out: &mut dyn FunctionWriter, name: &str| {
        out.push("CAST(");
        out.argument(0)?;
        out.push(" AS ");
        out.push(name);
        out.push(")");
        Ok(())
    };
    match (out.argument_type(0), out.result()) {
        (from, to) if from == to => out.argument(0),
        (SmallInt | Integer | BigInt, SmallInt | Integer | BigInt) => out.argument(0),
        (SmallInt | Integer | BigInt, Double) => as_type(out, "REAL"),
        (SmallInt | Integer | BigInt, Text) => as_type(out, "TEXT"),
        (from @ (SmallInt | Integer | BigInt | Decimal { .. }), Decimal { scale: digits }) => {
            let drop = i32::from(scale(from)) - i32::from(digits);
            scaled(out, "birgus_decimal_round(", drop)
        }
        (Text, SmallInt | Integer | BigInt) => scaled(out, "birgus_text_to_decimal(", 0),
        (Text, Decimal { scale }) => scaled(out, "birgus_text_to_decimal(", scale.into()),
        (Double, Decimal { scale }) => scaled(out, "birgus_double_to_decimal(", scale.into()),
        (Decimal { scale }, Double) => scaled(out, "birgus_decimal_to_double(", scale.into()),
        (Decimal { scale }, Text) => scaled(out, "birgus_decimal_to_text(", scale.into()),
        _ => dates::write(function, out),
    }
}
