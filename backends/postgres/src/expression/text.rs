//! Texts.

use birgus_core::backend::{BindType, Function, FunctionWriter, write_standard_function};
use birgus_core::{Error, Result, Value};

use crate::LetterCase;

/// Appends the operation.
pub(super) fn write(
    letter_case: Option<LetterCase>,
    function: &Function,
    out: &mut dyn FunctionWriter,
) -> Result<()> {
    match function {
        Function::Lower => mapped(letter_case.map(LetterCase::lower), out),
        Function::Upper => mapped(letter_case.map(LetterCase::upper), out),
        Function::Substring => collated(out, &|out| {
            out.push("SUBSTR(");
            out.argument(0)?;
            out.push(", ");
            position(out, 1, 1)?;
            out.push(", ");
            position(out, 2, 0)?;
            out.push(")");
            Ok(())
        }),
        Function::Trim
        | Function::TrimStart
        | Function::TrimEnd
        | Function::Replace
        | Function::Concat => collated(out, &|out| {
            write_standard_function("PostgreSQL", function, out)
        }),
        Function::Contains => {
            out.push("STRPOS(");
            out.argument(0)?;
            out.push(", ");
            out.argument(1)?;
            out.push(") > 0");
            Ok(())
        }
        Function::StartsWith => side("LEFT", out),
        Function::EndsWith => side("RIGHT", out),
        _ => write_standard_function("PostgreSQL", function, out),
    }
}

fn mapped(
    around: Option<(&'static str, &'static str)>,
    out: &mut dyn FunctionWriter,
) -> Result<()> {
    let Some((before, behind)) = around else {
        return Err(Error::unsupported(
            "this PostgreSQL server has no collation that maps letters: none of pg_c_utf8, C.utf8, C.UTF-8 and \
             und-x-icu; use a server that is built with ICU, or of version 17 or newer",
        ));
    };
    out.push(before);
    out.argument(0)?;
    out.push(behind);
    Ok(())
}

/// A text of values alone would be ordered by the database's collation.
fn collated(
    out: &mut dyn FunctionWriter,
    write: &dyn Fn(&mut dyn FunctionWriter) -> Result<()>,
) -> Result<()> {
    let values = (0..out.count()).all(|index| out.argument_value(index).is_some());
    if !values {
        return write(out);
    }
    out.push("(");
    write(out)?;
    out.push(") COLLATE \"C\"");
    Ok(())
}

/// The function takes an `integer`, and adds start and length in one; no text is longer than a gigabyte. GREATEST would
/// pass over NULL.
fn position(out: &mut dyn FunctionWriter, index: usize, least: i64) -> Result<()> {
    const MOST: i64 = (1 << 30) - 1;
    if let Some(Value::Integer(number)) = out.argument_value(index) {
        let number = Value::Integer((*number).clamp(least, MOST));
        out.value(number, BindType::Integer);
        return Ok(());
    }
    out.push("CASE WHEN ");
    out.argument(index)?;
    out.push(" IS NOT NULL THEN LEAST(GREATEST(");
    out.argument(index)?;
    out.push(&format!(", {least}), {MOST})::integer END"));
    Ok(())
}

fn side(name: &str, out: &mut dyn FunctionWriter) -> Result<()> {
    out.push(name);
    out.push("(");
    out.argument(0)?;
    out.push(", LENGTH(");
    out.argument(1)?;
    out.push(")) = ");
    out.argument(1)
}
