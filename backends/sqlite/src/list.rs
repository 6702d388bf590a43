//! Lists behind IN.

use birgus_core::backend::{BindType, StatementBuilder, ValueList};
use birgus_core::{Error, Result, Value, json};

use crate::bind::{Encoded, encode};

/// The longest list that is written with a placeholder for each value; a longer one is one JSON text.
const SHORT: usize = 64;

/// From so many binds on, short lists are JSON texts too: SQLite takes 32,766 of them.
const MANY_BINDS: usize = 20_000;

/// Appends the right side of IN.
pub(crate) fn write(out: &mut StatementBuilder<'_>, list: &ValueList<'_>) -> Result<()> {
    if list.values().len() <= SHORT && out.bind_count() < MANY_BINDS {
        list.write_placeholders(out);
        return Ok(());
    }
    out.push(list.operator()).push("(SELECT ");
    let several = list.types().len() > 1;
    for (index, bind_type) in list.types().iter().enumerate() {
        if index > 0 {
            out.push(", ");
        }
        let value = if several {
            format!("value ->> {index}")
        } else {
            "value".to_owned()
        };
        match bind_type {
            BindType::Binary | BindType::Uuid => out.push(&format!("unhex({value})")),
            _ => out.push(&value),
        };
    }
    out.push(" FROM json_each(")
        .bind(Value::Text(list.to_json(push)?), BindType::Text)
        .push("))");
    Ok(())
}

/// Appends a value as it is stored, as JSON; bytes, which JSON lacks, by their digits.
fn push(out: &mut String, value: &Value, bind_type: BindType) -> Result<()> {
    match encode(value, bind_type)? {
        Some(Encoded::Integer(number)) => out.push_str(&number.to_string()),
        Some(Encoded::Text(text)) => json::push_string(out, text.as_str()),
        None => match value {
            Value::Boolean(value) => out.push(if *value { '1' } else { '0' }),
            Value::Integer(number) => out.push_str(&number.to_string()),
            // The shortest digits that give this number back; SQLite reads them to the last bit.
            Value::Double(number) => out.push_str(&format!("{number:?}")),
            Value::Text(text) => json::push_string(out, text),
            Value::Binary(bytes) => json::push_bytes(out, bytes),
            Value::Uuid(uuid) => json::push_bytes(out, uuid.as_bytes()),
            _ => {
                return Err(Error::unsupported(format!(
                    "a list of {bind_type:?} behind IN"
                )));
            }
        },
    }
    Ok(())
}
