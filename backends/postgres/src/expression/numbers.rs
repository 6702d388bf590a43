//! Arithmetic, casts, and what chooses among values.

use birgus_core::Result;
use birgus_core::backend::{BindType, Function, FunctionWriter, write_standard_function};

use super::dates;

/// Digits beyond those of a quotient: two numbers of 18 digits never give one that is so near to a half that rounding it
/// twice could matter.
const GUARD: u8 = 20;

/// Appends the operation.
pub(super) fn write(function: &Function, out: &mut dyn FunctionWriter) -> Result<()> {
    match function {
        Function::Add => infix(out, " + "),
        Function::Subtract => infix(out, " - "),
        Function::Multiply => infix(out, " * "),
        Function::Negate => {
            out.push("-");
            wide(out, 0)
        }
        Function::Absolute => {
            out.push("ABS(");
            wide(out, 0)?;
            out.push(")");
            Ok(())
        }
        Function::IntegerDivide => divided(out, " / "),
        Function::Remainder => divided(out, " % "),
        Function::Divide => divide(out),
        Function::Round => match out.result() {
            BindType::Decimal { scale } => rounded(out, scale),
            _ => out.argument(0),
        },
        Function::Greatest => extreme(out, "GREATEST("),
        Function::Least => extreme(out, "LEAST("),
        Function::Cast => cast(function, out),
        _ => write_standard_function("PostgreSQL", function, out),
    }
}

/// An argument, a whole number as `bigint`: PostgreSQL computes with the type of the wider operand.
fn wide(out: &mut dyn FunctionWriter, index: usize) -> Result<()> {
    match out.argument_type(index) {
        BindType::SmallInt | BindType::Integer => {
            out.push("CAST(");
            out.argument(index)?;
            out.push(" AS BIGINT)");
            Ok(())
        }
        _ => out.argument(index),
    }
}

fn infix(out: &mut dyn FunctionWriter, operator: &str) -> Result<()> {
    wide(out, 0)?;
    out.push(operator);
    wide(out, 1)
}

fn divided(out: &mut dyn FunctionWriter, operator: &str) -> Result<()> {
    wide(out, 0)?;
    out.push(operator);
    out.push("NULLIF(");
    wide(out, 1)?;
    out.push(", 0)");
    Ok(())
}

fn divide(out: &mut dyn FunctionWriter) -> Result<()> {
    match (out.result(), out.argument_type(0)) {
        (BindType::Decimal { scale }, _) => {
            out.push("ROUND(");
            exact(out, scale, &mut |out| out.argument(0))?;
            out.push(" / NULLIF(");
            out.argument(1)?;
            out.push(&format!(", 0), {scale})"));
            Ok(())
        }
        (_, BindType::Double) => divided(out, " / "),
        _ => {
            as_type(out, "DOUBLE PRECISION")?;
            out.push(" / NULLIF(CAST(");
            out.argument(1)?;
            out.push(" AS DOUBLE PRECISION), 0)");
            Ok(())
        }
    }
}

/// A dividend with as many digits as its quotient, which PostgreSQL rounds by itself, must have before it is rounded to
/// `scale`.
pub(super) fn exact(
    out: &mut dyn FunctionWriter,
    scale: u8,
    dividend: &mut dyn FnMut(&mut dyn FunctionWriter) -> Result<()>,
) -> Result<()> {
    out.push("CAST(");
    dividend(out)?;
    out.push(&format!(" AS NUMERIC(80, {}))", scale + GUARD));
    Ok(())
}

/// NULL is left out by PostgreSQL's own.
fn extreme(out: &mut dyn FunctionWriter, function: &str) -> Result<()> {
    out.push("CASE WHEN ");
    out.argument(0)?;
    out.push(" IS NULL OR ");
    out.argument(1)?;
    out.push(" IS NULL THEN NULL ELSE ");
    out.push(function);
    out.argument(0)?;
    out.push(", ");
    out.argument(1)?;
    out.push(") END");
    Ok(())
}

/// `ROUND(x, scale)`: it also adds the digits that are missing.
fn rounded(out: &mut dyn FunctionWriter, scale: u8) -> Result<()> {
    out.push("ROUND(");
    out.argument(0)?;
    out.push(&format!(", {scale})"));
    Ok(())
}

fn as_type(out: &mut dyn FunctionWriter, name: &str) -> Result<()> {
    out.push("CAST(");
    out.argument(0)?;
    out.push(" AS ");
    out.push(name);
    out.push(")");
    Ok(())
}

/// What comes out of a cast to text, or of a bind, has the collation of the database.
const BY_CODE_POINT: &str = " COLLATE \"C\"";

fn cast(function: &Function, out: &mut dyn FunctionWriter) -> Result<()> {
    use BindType::{BigInt, Decimal, Double, Integer, SmallInt, Text};

    match (out.argument_type(0), out.result()) {
        (Text, Text) => {
            out.argument(0)?;
            out.push(BY_CODE_POINT);
            Ok(())
        }
        (from, to) if from == to => out.argument(0),
        (SmallInt | Integer | BigInt | Text, SmallInt) => as_type(out, "SMALLINT"),
        (SmallInt | Integer | BigInt | Text, Integer) => as_type(out, "INTEGER"),
        (SmallInt | Integer | BigInt | Text, BigInt) => as_type(out, "BIGINT"),
        // By its shortest text: the cast itself keeps fifteen digits.
        (Double, Decimal { scale }) => {
            out.push("ROUND(CAST(");
            as_type(out, "TEXT")?;
            out.push(&format!(" AS NUMERIC), {scale})"));
            Ok(())
        }
        (SmallInt | Integer | BigInt | Decimal { .. }, Double) => as_type(out, "DOUBLE PRECISION"),
        (SmallInt | Integer | BigInt | Text, Decimal { scale }) => {
            out.push("ROUND(");
            as_type(out, "NUMERIC")?;
            out.push(&format!(", {scale})"));
            Ok(())
        }
        (SmallInt | Integer | BigInt, Text) => {
            as_type(out, "TEXT")?;
            out.push(BY_CODE_POINT);
            Ok(())
        }
        (Decimal { .. }, Decimal { scale }) => rounded(out, scale),
        (Decimal { scale }, Text) => {
            out.push("CAST(");
            rounded(out, scale)?;
            out.push(" AS TEXT)");
            out.push(BY_CODE_POINT);
            Ok(())
        }
        _ => dates::write(function, out),
    }
}
