//! Values as literals, for DDL.

use std::fmt::Write as _;

use birgus_core::Value;
use birgus_core::backend::BindType;

/// Appends a text in quotes. Every connection has `standard_conforming_strings` on, so a backslash is a backslash.
pub(crate) fn text(out: &mut String, text: &str) {
    out.push('\'');
    for letter in text.chars() {
        if letter == '\'' {
            out.push('\'');
        }
        out.push(letter);
    }
    out.push('\'');
}

/// Appends a value. Texts of ISO dates mean the same under every `DateStyle`.
pub(crate) fn write(out: &mut String, value: &Value, bind_type: BindType) {
    // Writing to a String can't fail.
    let _ = match value {
        Value::Null => {
            out.push_str("NULL");
            Ok(())
        }
        Value::Boolean(value) => {
            out.push_str(if *value { "TRUE" } else { "FALSE" });
            Ok(())
        }
        Value::Integer(value) => match bind_type {
            // A bare -9223372036854775808 is the negation of a number that bigint can't hold.
            BindType::BigInt => write!(out, "'{value}'::bigint"),
            _ => write!(out, "{value}"),
        },
        Value::Double(value) => write!(out, "'{value:?}'::double precision"),
        Value::Text(value) => {
            text(out, value);
            Ok(())
        }
        Value::Binary(value) => {
            out.push_str("'\\x");
            for byte in value {
                let _ = write!(out, "{byte:02x}");
            }
            out.push_str("'::bytea");
            Ok(())
        }
        Value::Decimal(value) => write!(out, "{value}"),
        Value::Date(value) => write!(out, "'{}'::date", value.format("%Y-%m-%d")),
        Value::Time(value) => write!(out, "'{}'::time", value.format("%H:%M:%S%.6f")),
        Value::DateTime(value) => {
            write!(
                out,
                "'{}'::timestamp",
                value.format("%Y-%m-%d %H:%M:%S%.6f")
            )
        }
        Value::Timestamp(value) => {
            write!(
                out,
                "'{}+00'::timestamptz",
                value.format("%Y-%m-%d %H:%M:%S%.6f")
            )
        }
        Value::Uuid(value) => write!(out, "'{value}'::uuid"),
        Value::Json(value) => {
            text(out, value);
            out.push_str("::jsonb");
            Ok(())
        }
        Value::Array(values) => {
            out.push_str("ARRAY[");
            for (position, value) in values.iter().enumerate() {
                if position > 0 {
                    out.push_str(", ");
                }
                write(out, value, bind_type);
            }
            write!(out, "]::{}[]", array_type(bind_type))
        }
        // A kind that is newer than this crate: NULL is refused wherever it matters.
        _ => {
            out.push_str("NULL");
            Ok(())
        }
    };
}

fn array_type(bind_type: BindType) -> &'static str {
    match bind_type {
        BindType::Boolean => "boolean",
        BindType::SmallInt => "smallint",
        BindType::Integer => "integer",
        BindType::BigInt => "bigint",
        BindType::Double => "double precision",
        BindType::Binary => "bytea",
        BindType::Decimal { .. } => "numeric",
        BindType::Date => "date",
        BindType::Time => "time",
        BindType::DateTime => "timestamp",
        BindType::Timestamp => "timestamptz",
        BindType::Uuid => "uuid",
        BindType::Json => "jsonb",
        _ => "text",
    }
}
