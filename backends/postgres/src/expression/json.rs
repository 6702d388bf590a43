//! Documents. Paths of the operators take a key that looks like a number for an index, so that those of the SQL standard
//! are used (<https://www.postgresql.org/docs/current/functions-json.html#FUNCTIONS-SQLJSON-PATH>): `strict` keeps keys
//! out of arrays and indexes out of everything else, and its errors are silenced.

use birgus_core::backend::{BindType, Function, FunctionWriter, JsonStep, write_standard_function};
use birgus_core::json::quoted;
use birgus_core::{Result, Value};

const STRING: &str = r#"@.type() == "string""#;
const BOOLEAN: &str = r#"@.type() == "boolean""#;
const ARRAY: &str = r#"@.type() == "array""#;
const OBJECT: &str = r#"@.type() == "object""#;
const NOT_NULL: &str = r#"@.type() != "null""#;
/// Whole numbers that `bigint` holds, and those that it holds as the nearest double.
const BIGINT: &str = "@ == @.floor() && @ >= -9223372036854775808 && @ <= 9223372036854775807";
const DOUBLE_OF_BIGINT: &str =
    "@ == @.floor() && @ >= -9223372036854775808 && @ < 9223372036854775296";
/// Zero, and from the least to the greatest double: numbers are exact here, of any size.
const DOUBLE: &str = "@ == 0 || (@.abs() >= 5e-324 && @.abs() <= 1.7976931348623157e308)";

/// Appends the operation.
pub(super) fn write(function: &Function, out: &mut dyn FunctionWriter) -> Result<()> {
    match function {
        Function::JsonGet(steps) => get(steps, out),
        Function::JsonType(steps) => {
            out.push("jsonb_typeof(");
            find(steps, None, out)?;
            out.push(") COLLATE \"C\"");
            Ok(())
        }
        Function::JsonLength(steps) => {
            out.push("CAST(jsonb_array_length(");
            find(steps, Some(ARRAY), out)?;
            out.push(") AS bigint)");
            Ok(())
        }
        Function::JsonContains => {
            out.argument(0)?;
            out.push(" @> ");
            out.argument(1)
        }
        Function::JsonSet(steps) => set(steps, out),
        Function::JsonRemove(steps) => {
            where_found(steps, None, out)?;
            out.argument(0)?;
            out.push(" #- ");
            array(steps, out);
            out.push(" ELSE ");
            out.argument(0)?;
            out.push(" END");
            Ok(())
        }
        _ => write_standard_function("PostgreSQL", function, out),
    }
}

fn get(steps: &[JsonStep], out: &mut dyn FunctionWriter) -> Result<()> {
    let (filter, name) = match out.result() {
        BindType::Text => {
            out.push("(");
            find(steps, Some(STRING), out)?;
            out.push(" #>> '{}') COLLATE \"C\"");
            return Ok(());
        }
        BindType::BigInt => return whole(steps, out),
        BindType::Double => (DOUBLE, "double precision"),
        BindType::Boolean => (BOOLEAN, "boolean"),
        _ => return find(steps, Some(NOT_NULL), out),
    };
    out.push("CAST(");
    find(steps, Some(filter), out)?;
    out.push(&format!(" AS {name})"));
    Ok(())
}

/// A number with a point was written as a double, which may be another one than its digits say: 9223372036854775000.0
/// is 9223372036854774784.
fn whole(steps: &[JsonStep], out: &mut dyn FunctionWriter) -> Result<()> {
    out.push("CASE WHEN (");
    find(steps, Some(BIGINT), out)?;
    out.push(" #>> '{}') LIKE '%.%' THEN CAST(CAST(");
    find(steps, Some(DOUBLE_OF_BIGINT), out)?;
    out.push(" AS double precision) AS bigint) ELSE CAST(");
    find(steps, Some(BIGINT), out)?;
    out.push(" AS bigint) END");
    Ok(())
}

/// The one value at the path, if it passes the filter.
fn find(steps: &[JsonStep], filter: Option<&str>, out: &mut dyn FunctionWriter) -> Result<()> {
    out.push("jsonb_path_query_first(");
    path(steps, filter, out)
}

/// `CASE WHEN` something at the path passes the filter `THEN`
fn where_found(
    steps: &[JsonStep],
    filter: Option<&str>,
    out: &mut dyn FunctionWriter,
) -> Result<()> {
    out.push("CASE WHEN jsonb_path_exists(");
    path(steps, filter, out)?;
    out.push(" THEN ");
    Ok(())
}

fn path(steps: &[JsonStep], filter: Option<&str>, out: &mut dyn FunctionWriter) -> Result<()> {
    let mut path = String::from("strict $");
    for step in steps {
        match step {
            JsonStep::Key(key) => {
                path.push('.');
                path.push_str(&quoted(key));
            }
            JsonStep::Index(index) => path.push_str(&format!("[{index}]")),
            _ => {}
        }
    }
    if let Some(filter) = filter {
        path.push_str(&format!(" ? ({filter})"));
    }
    out.argument(0)?;
    out.push(", CAST(");
    out.value(Value::Text(path), BindType::Text);
    out.push(" AS jsonpath), '{}', true)");
    Ok(())
}

/// Where the function would take a key for an index, or fail, the document stays as it is.
fn set(steps: &[JsonStep], out: &mut dyn FunctionWriter) -> Result<()> {
    let adds = match steps {
        [parents @ .., JsonStep::Key(_)] => {
            where_found(parents, Some(OBJECT), out)?;
            "true"
        }
        _ => {
            where_found(steps, None, out)?;
            "false"
        }
    };
    out.push("jsonb_set(");
    out.argument(0)?;
    out.push(", ");
    array(steps, out);
    out.push(", ");
    out.argument(1)?;
    out.push(&format!(", {adds}) ELSE "));
    out.argument(0)?;
    out.push(" END");
    Ok(())
}

/// The path as the functions take it that change a document.
fn array(steps: &[JsonStep], out: &mut dyn FunctionWriter) {
    let steps = steps
        .iter()
        .map(|step| {
            Value::Text(match step {
                JsonStep::Key(key) => key.clone(),
                JsonStep::Index(index) => index.to_string(),
                _ => String::new(),
            })
        })
        .collect();
    out.value(Value::Array(steps), BindType::Text);
}
