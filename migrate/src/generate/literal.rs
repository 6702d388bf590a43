//! Expressions that people give as answers: read, and said in the type of their column.

use birgus_core::backend::BindType;
use birgus_core::query::Node;
use birgus_core::schema::{ColumnType, Table};
use birgus_core::{Error, Result};

use crate::state::expression::{read, type_name};

/// An expression over the columns of `table` as a value of a column of that type. A literal needs no type: it gets the column's.
pub(super) fn for_column(
    text: &str,
    table: &Table,
    column: &str,
    column_type: &ColumnType,
) -> Result<String> {
    let text = text.trim();
    let wanted = column_type.bind_type();
    let name = format!("{}.{column}", table.name);
    let example = example(column_type);
    let node = read(text, table).map_err(|error| {
        error.context(format!(
            "{name}: write a value such as {example}, or an expression"
        ))
    })?;
    if let (Node::Bind(bind), ColumnType::Enum { values }) = (&node, column_type)
        && let birgus_core::Value::Text(value) = &bind.value
        && !values.contains(value)
    {
        return Err(Error::configuration(format!(
            "{name}: {value:?} is none of {}",
            values.join(", ")
        )));
    }
    let found = node.bind_type();
    if found == wanted {
        return Ok(text.to_owned());
    }
    if let Node::Bind(bind) = &node {
        let typed = match (found, wanted) {
            _ if bind.value == birgus_core::Value::Null => {
                Some(format!("null:{}", type_name(wanted)))
            }
            (BindType::BigInt, BindType::SmallInt | BindType::Integer) if digits(text) => {
                Some(format!("{text}:{}", type_name(wanted)))
            }
            (BindType::BigInt, BindType::Double) if digits(text) => Some(format!("{text}.0")),
            (BindType::BigInt | BindType::Double, BindType::Decimal { .. }) => {
                Some(format!("{text:?}:{}", type_name(wanted)))
            }
            (BindType::Text, _) if text.ends_with('"') => {
                Some(format!("{text}:{}", type_name(wanted)))
            }
            _ => None,
        };
        if let Some(typed) = typed {
            let fits = read(&typed, table).is_ok_and(|node| node.bind_type() == wanted);
            let in_range = match (&bind.value, wanted) {
                (birgus_core::Value::Integer(number), BindType::SmallInt) => {
                    i16::try_from(*number).is_ok()
                }
                (birgus_core::Value::Integer(number), BindType::Integer) => {
                    i32::try_from(*number).is_ok()
                }
                _ => true,
            };
            if fits && in_range {
                return Ok(typed);
            }
        }
    } else if is_whole(found) && is_whole(wanted) {
        return Ok(text.to_owned());
    }
    Err(Error::configuration(format!(
        "{name} is {column_type}, and {text} is {}; write a value such as {example}",
        type_name(found)
    )))
}

fn digits(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_whole(bind_type: BindType) -> bool {
    matches!(
        bind_type,
        BindType::SmallInt | BindType::Integer | BindType::BigInt
    )
}

/// A value of a type, as somebody would write it.
pub(super) fn example(column_type: &ColumnType) -> String {
    match column_type {
        ColumnType::Boolean => "false".to_owned(),
        ColumnType::SmallInt | ColumnType::Integer | ColumnType::BigInt => "0".to_owned(),
        ColumnType::Double | ColumnType::Decimal { .. } => "0.0".to_owned(),
        ColumnType::Date => r#""2024-12-31""#.to_owned(),
        ColumnType::Time => r#""12:30:00""#.to_owned(),
        ColumnType::DateTime => r#""2024-12-31T12:30:00""#.to_owned(),
        ColumnType::Timestamp => r#""2024-12-31T12:30:00Z""#.to_owned(),
        ColumnType::Uuid => r#""00000000-0000-0000-0000-000000000000""#.to_owned(),
        ColumnType::Json => r#""{}""#.to_owned(),
        ColumnType::Binary => r#""c0ffee""#.to_owned(),
        ColumnType::Enum { values } => {
            let first = values.first().map(String::as_str).unwrap_or_default();
            serde_json::Value::from(first).to_string()
        }
        _ => r#""""#.to_owned(),
    }
}

/// The zero of a type, as an expression.
pub(super) fn zero(column_type: &ColumnType) -> String {
    let typed = |text: &str| format!("{text:?}:{}", type_name(column_type.bind_type()));
    match column_type {
        ColumnType::Boolean => "false".to_owned(),
        ColumnType::BigInt => "0".to_owned(),
        ColumnType::SmallInt | ColumnType::Integer => {
            format!("0:{}", type_name(column_type.bind_type()))
        }
        ColumnType::Double => "0.0".to_owned(),
        ColumnType::Decimal { .. } => typed("0"),
        ColumnType::Date => typed("1970-01-01"),
        ColumnType::Time => typed("00:00:00"),
        ColumnType::DateTime => typed("1970-01-01T00:00:00"),
        ColumnType::Timestamp => typed("1970-01-01T00:00:00Z"),
        ColumnType::Uuid => typed("00000000-0000-0000-0000-000000000000"),
        ColumnType::Json => typed("{}"),
        ColumnType::Binary => typed(""),
        ColumnType::Enum { .. } => example(column_type),
        _ => r#""""#.to_owned(),
    }
}
