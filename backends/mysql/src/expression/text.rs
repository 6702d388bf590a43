//! Texts.

use birgus_core::backend::{BindType, Function, FunctionWriter, write_standard_function};
use birgus_core::{Result, Value};

use crate::MysqlDialect;

/// Appends the operation. What is made of a binary text is binary, so `=` and LIKE stay what they are.
pub(super) fn write(
    dialect: &MysqlDialect,
    function: &Function,
    out: &mut dyn FunctionWriter,
) -> Result<()> {
    match function {
        Function::Lower => around(dialect.lower_case(), out),
        Function::Upper => around(dialect.upper_case(), out),
        Function::Substring => {
            out.push("SUBSTRING(");
            out.argument(0)?;
            out.push(", ");
            at_least(out, 1, 1)?;
            out.push(", ");
            at_least(out, 2, 0)?;
            out.push(")");
            Ok(())
        }
        // MariaDB gives the text back, and not NULL, where nothing is found and the new text is NULL.
        Function::Replace if out.argument_value(2).is_none() => {
            out.push("CASE WHEN ");
            out.argument(2)?;
            out.push(" IS NOT NULL THEN ");
            write_standard_function(dialect.product().name(), function, out)?;
            out.push(" END");
            Ok(())
        }
        Function::Contains => {
            out.push("LOCATE(");
            out.argument(1)?;
            out.push(", ");
            out.argument(0)?;
            out.push(") > 0");
            Ok(())
        }
        Function::StartsWith => side("LEFT", out),
        Function::EndsWith => side("RIGHT", out),
        _ => write_standard_function(dialect.product().name(), function, out),
    }
}

fn around((before, behind): (&str, &str), out: &mut dyn FunctionWriter) -> Result<()> {
    out.push(before);
    out.argument(0)?;
    out.push(behind);
    Ok(())
}

/// A start below 1 counts from the end here, or gives nothing.
fn at_least(out: &mut dyn FunctionWriter, index: usize, least: i64) -> Result<()> {
    if let Some(Value::Integer(number)) = out.argument_value(index) {
        let number = Value::Integer((*number).max(least));
        out.value(number, BindType::BigInt);
        return Ok(());
    }
    out.push("GREATEST(");
    out.argument(index)?;
    out.push(&format!(", {least})"));
    Ok(())
}

fn side(name: &str, out: &mut dyn FunctionWriter) -> Result<()> {
    out.push(name);
    out.push("(");
    out.argument(0)?;
    out.push(", CHAR_LENGTH(");
    out.argument(1)?;
    out.push(")) = ");
    out.argument(1)
}
