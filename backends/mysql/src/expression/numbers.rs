//! Arithmetic, casts, and what chooses among values.

use birgus_core::Result;
use birgus_core::backend::{BindType, Function, FunctionWriter, write_standard_function};

use super::dates;
use crate::server::Product;

/// Appends the operation.
pub(super) fn write(
    product: Product,
    function: &Function,
    out: &mut dyn FunctionWriter,
) -> Result<()> {
    match function {
        Function::Add => infix(out, " + "),
        Function::Subtract if product == Product::MariaDb && may_be_least(out, 1) => {
            checked_difference(out)
        }
        Function::Subtract => infix(out, " - "),
        Function::Multiply => infix(out, " * "),
        // Of a bound number that is negative itself MariaDB prepares a decimal, and keeps it for other numbers.
        Function::Negate if out.result() == BindType::BigInt => {
            argument(out, 0)?;
            out.push(" * -1");
            Ok(())
        }
        Function::Negate => {
            out.push("-");
            argument(out, 0)
        }
        Function::Absolute => {
            out.push("ABS(");
            argument(out, 0)?;
            out.push(")");
            Ok(())
        }
        Function::Remainder => divided(out, " % "),
        Function::IntegerDivide => int_divide(out),
        Function::Divide => divide(out),
        Function::Round => {
            out.push("ROUND(");
            argument(out, 0)?;
            out.push(&format!(", {})", scale(out.result())));
            Ok(())
        }
        Function::Floor => whole(out, "FLOOR("),
        Function::Ceiling => whole(out, "CEILING("),
        Function::Greatest => both(out, "GREATEST("),
        Function::Least => both(out, "LEAST("),
        Function::Cast => cast(product, function, out),
        _ => write_standard_function("MySQL", function, out),
    }
}

fn scale(bind_type: BindType) -> u8 {
    match bind_type {
        BindType::Decimal { scale } => scale,
        _ => 0,
    }
}

/// An argument. For a number that is bound, MySQL prepares with thirty digits behind the point, and MariaDB with a double:
/// the result would be described so.
fn argument(out: &mut dyn FunctionWriter, index: usize) -> Result<()> {
    use BindType::{BigInt, Decimal, Double, Integer, SmallInt};

    let name = match (out.argument_type(index), out.argument_value(index)) {
        (SmallInt | Integer | BigInt, Some(_)) => return big(out, index),
        (Decimal { scale }, Some(_)) => format!("DECIMAL(65, {scale})"),
        // Beside another double it is prepared as one; beside nothing, or a second value, it may become a decimal.
        (Double, Some(_)) if (0..out.count()).all(|index| out.argument_value(index).is_some()) => {
            "DOUBLE".to_owned()
        }
        _ => return out.argument(index),
    };
    out.push("CAST(");
    out.argument(index)?;
    out.push(&format!(" AS {name})"));
    Ok(())
}

/// A bind as BIGINT. MariaDB describes its cast to a whole number as INT, and sums of such ones too, but that of a decimal
/// of so many digits as BIGINT.
fn big(out: &mut dyn FunctionWriter, index: usize) -> Result<()> {
    out.push("CAST(CAST(");
    out.argument(index)?;
    out.push(" AS DECIMAL(20, 0)) AS SIGNED)");
    Ok(())
}

/// Whether an argument may be the least of all whole numbers.
fn may_be_least(out: &dyn FunctionWriter, index: usize) -> bool {
    out.argument_type(index) == BindType::BigInt && out.argument_value(index).is_none()
}

/// MariaDB takes 0 less the least number for that number itself (10.11), and an exact difference for out of range.
fn checked_difference(out: &mut dyn FunctionWriter) -> Result<()> {
    out.push("(CAST(");
    out.argument(0)?;
    out.push(" AS DECIMAL(20, 0)) - ");
    out.argument(1)?;
    out.push(") DIV 1");
    Ok(())
}

fn infix(out: &mut dyn FunctionWriter, operator: &str) -> Result<()> {
    argument(out, 0)?;
    out.push(operator);
    argument(out, 1)
}

fn divided(out: &mut dyn FunctionWriter, operator: &str) -> Result<()> {
    argument(out, 0)?;
    out.push(operator);
    out.push("NULLIF(");
    argument(out, 1)?;
    out.push(", 0)");
    Ok(())
}

/// Of two BIGINT, MySQL takes the least one for out of range (9.7).
fn int_divide(out: &mut dyn FunctionWriter) -> Result<()> {
    argument(out, 0)?;
    out.push(" DIV NULLIF(CAST(");
    out.argument(1)?;
    out.push(" AS DECIMAL(20, 0)), 0)");
    Ok(())
}

fn divide(out: &mut dyn FunctionWriter) -> Result<()> {
    match (out.result(), out.argument_type(0)) {
        (BindType::Decimal { scale: digits }, own) => exact(
            out,
            (scale(own), digits),
            &mut |out| argument(out, 0),
            &mut |out| {
                out.push("NULLIF(");
                argument(out, 1)?;
                out.push(", 0)");
                Ok(())
            },
        ),
        (_, BindType::Double) => divided(out, " / "),
        _ => {
            as_type(out, "DOUBLE")?;
            out.push(" / NULLIF(CAST(");
            out.argument(1)?;
            out.push(" AS DOUBLE), 0)");
            Ok(())
        }
    }
}

/// The most digits behind the point (<https://dev.mysql.com/doc/refman/8.4/en/precision-math-decimal-characteristics.html>).
const MOST_DIGITS: usize = 30;

/// How many digits a quotient has more than its dividend: the session's `div_precision_increment`.
const MORE_DIGITS: usize = 4;

/// A quotient of decimals with `digits` behind the point. The server cuts it off at 30 digits and some operands earlier, so
/// it is computed with the point moved behind the digits that count, rounded there, and the point moved back: twenty more
/// digits are left to round by, and two numbers of 18 digits never come nearer to a half without being one.
pub(super) fn exact(
    out: &mut dyn FunctionWriter,
    (own, digits): (u8, u8),
    dividend: &mut dyn FnMut(&mut dyn FunctionWriter) -> Result<()>,
    divisor: &mut dyn FnMut(&mut dyn FunctionWriter) -> Result<()>,
) -> Result<()> {
    let digits = usize::from(digits);
    let zeros = (MOST_DIGITS - MORE_DIGITS).saturating_sub(own.into());
    out.push("ROUND(");
    dividend(out)?;
    out.push(&format!(" * 1{:0<digits$}.{:0<zeros$} / ", "", ""));
    divisor(out)?;
    out.push(&format!(", 0) * {}", {
        match digits {
            0 => "1".to_owned(),
            _ => format!("0.{:0>digits$}", 1),
        }
    }));
    Ok(())
}

/// Of a decimal that fits, the server makes a BIGINT, and MariaDB keeps a double as one of 17 digits in a group.
fn whole(out: &mut dyn FunctionWriter, function: &str) -> Result<()> {
    out.push("CAST(");
    out.push(function);
    argument(out, 0)?;
    out.push(match out.argument_type(0) {
        BindType::Decimal { .. } => ") AS DECIMAL(65, 0))",
        _ => ") AS DOUBLE)",
    });
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

fn as_type(out: &mut dyn FunctionWriter, name: &str) -> Result<()> {
    out.push("CAST(");
    out.argument(0)?;
    out.push(" AS ");
    out.push(name);
    out.push(")");
    Ok(())
}

/// What a text is cast to. In DDL the server forgets the connection's collation, and MariaDB takes another one then.
fn character_type(out: &dyn FunctionWriter) -> &'static str {
    if out.is_kept() {
        "CHAR CHARACTER SET utf8mb4"
    } else {
        "CHAR"
    }
}

fn collated(product: Product, out: &mut dyn FunctionWriter) {
    if out.is_kept() {
        out.push(" COLLATE ");
        out.push(product.collation());
    }
}

fn cast(product: Product, function: &Function, out: &mut dyn FunctionWriter) -> Result<()> {
    use BindType::{
        BigInt, Binary, Boolean, Date, DateTime, Decimal, Double, Integer, Json, SmallInt, Text,
        Time, Timestamp, Uuid,
    };

    match (out.argument_type(0), out.result()) {
        // A bind alone is whatever the server guessed when it prepared the statement.
        (BigInt, BigInt) => big(out, 0),
        (Boolean, Boolean) | (SmallInt | Integer | BigInt | Text, SmallInt | Integer | BigInt) => {
            as_type(out, "SIGNED")
        }
        (SmallInt | Integer | BigInt | Decimal { .. } | Double, Double) => as_type(out, "DOUBLE"),
        (SmallInt | Integer | BigInt | Decimal { .. } | Double | Text, Decimal { scale }) => {
            as_type(out, &format!("DECIMAL(65, {scale})"))
        }
        (Date, Date) => as_type(out, "DATE"),
        (Time, Time) => as_type(out, "TIME(6)"),
        (DateTime, DateTime) | (Timestamp, Timestamp) => as_type(out, "DATETIME(6)"),
        (Uuid, Uuid) => as_type(out, "BINARY(16)"),
        (Binary, Binary) => as_type(out, "BINARY"),
        // MySQL makes a document of the text; MariaDB, which has no type for documents, keeps it.
        (Json, Json) => {
            out.push("JSON_EXTRACT(");
            out.argument(0)?;
            out.push(", '$')");
            Ok(())
        }
        // In the connection's collation, which compares code points.
        (SmallInt | Integer | BigInt | Text, Text) => {
            let name = character_type(out);
            as_type(out, name)?;
            collated(product, out);
            Ok(())
        }
        (Decimal { scale }, Text) => {
            out.push("CAST(");
            as_type(out, &format!("DECIMAL(65, {scale})"))?;
            out.push(" AS ");
            let name = character_type(out);
            out.push(name);
            out.push(")");
            collated(product, out);
            Ok(())
        }
        _ => dates::write(function, out),
    }
}
