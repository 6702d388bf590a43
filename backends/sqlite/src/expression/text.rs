//! Texts.

use birgus_core::Result;
use birgus_core::backend::{Function, FunctionWriter, write_standard_function};

use super::call;

/// Appends the operation.
pub(super) fn write(function: &Function, out: &mut dyn FunctionWriter) -> Result<()> {
    match function {
        Function::Lower => call(out, "birgus_lower"),
        Function::Upper => call(out, "birgus_upper"),
        Function::Length => call(out, "LENGTH"),
        Function::Trim => call(out, "birgus_trim"),
        Function::TrimStart => call(out, "birgus_trim_start"),
        Function::TrimEnd => call(out, "birgus_trim_end"),
        Function::Substring => call(out, "birgus_substring"),
        Function::Replace => replace(out),
        Function::Contains => {
            call(out, "INSTR")?;
            out.push(" > 0");
            Ok(())
        }
        Function::StartsWith => {
            out.push("SUBSTR(");
            out.argument(0)?;
            out.push(", 1, LENGTH(");
            out.argument(1)?;
            out.push(")) = ");
            out.argument(1)
        }
        // A start before the first character gives a text that is too short to be equal.
        Function::EndsWith => {
            out.push("SUBSTR(");
            out.argument(0)?;
            out.push(", LENGTH(");
            out.argument(0)?;
            out.push(") - LENGTH(");
            out.argument(1)?;
            out.push(") + 1) = ");
            out.argument(1)
        }
        _ => write_standard_function("SQLite", function, out),
    }
}

/// SQLite gives the text back, and not NULL, where the text to look for is empty and the other one is NULL.
fn replace(out: &mut dyn FunctionWriter) -> Result<()> {
    if out.argument_value(2).is_some() {
        return call(out, "REPLACE");
    }
    out.push("CASE WHEN ");
    out.argument(2)?;
    out.push(" IS NOT NULL THEN ");
    call(out, "REPLACE")?;
    out.push(" END");
    Ok(())
}
