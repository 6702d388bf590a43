//! Documents.

use birgus_core::backend::{BindType, Function, FunctionWriter, JsonStep, write_standard_function};
use birgus_core::json::quoted;
use birgus_core::{Result, Value};

use super::call;

/// Appends the operation.
pub(super) fn write(function: &Function, out: &mut dyn FunctionWriter) -> Result<()> {
    match function {
        Function::JsonGet(steps) => match out.result() {
            BindType::Text => at("birgus_json_text", steps, out),
            BindType::BigInt => at("birgus_json_integer", steps, out),
            BindType::Double => at("birgus_json_double", steps, out),
            BindType::Boolean => at("birgus_json_boolean", steps, out),
            _ => {
                out.push("NULLIF(");
                at("birgus_json_get", steps, out)?;
                out.push(", 'null')");
                Ok(())
            }
        },
        Function::JsonType(steps) => at("birgus_json_type", steps, out),
        Function::JsonLength(steps) => at("birgus_json_length", steps, out),
        Function::JsonContains => call(out, "birgus_json_contains"),
        Function::JsonSet(steps) => at("birgus_json_set", steps, out),
        Function::JsonRemove(steps) => at("birgus_json_remove", steps, out),
        _ => write_standard_function("SQLite", function, out),
    }
}

/// `name(document, path, …)`
fn at(name: &str, steps: &[JsonStep], out: &mut dyn FunctionWriter) -> Result<()> {
    out.push(name);
    out.push("(");
    out.argument(0)?;
    out.push(", ");
    out.value(Value::Text(path(steps)), BindType::Text);
    for index in 1..out.count() {
        out.push(", ");
        out.argument(index)?;
    }
    out.push(")");
    Ok(())
}

/// A path as the functions take it: `["a",0]`.
fn path(steps: &[JsonStep]) -> String {
    let steps: Vec<String> = steps
        .iter()
        .map(|step| match step {
            JsonStep::Key(key) => quoted(key),
            JsonStep::Index(index) => index.to_string(),
            _ => String::new(),
        })
        .collect();
    format!("[{}]", steps.join(","))
}
