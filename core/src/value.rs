//! A value on its way to a column.

use std::fmt;

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, Utc};
use rust_decimal::Decimal;
use uuid::Uuid;

/// A value as it is bound to a statement. It is already what a column can hold: checked, rounded, in microseconds.
///
/// `Debug` shows the type and the size, never the content: statements end up in logs.
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub enum Value {
    /// No value; the bind's type tells of what kind.
    Null,
    /// A truth value.
    Boolean(bool),
    /// A whole number of any width.
    Integer(i64),
    /// A finite floating-point number, never −0.0.
    Double(f64),
    /// Text without NUL.
    Text(String),
    /// Bytes.
    Binary(Vec<u8>),
    /// An exact number; the bind's type tells its scale.
    Decimal(Decimal),
    /// A day.
    Date(NaiveDate),
    /// A time of day.
    Time(NaiveTime),
    /// A day and time of no zone.
    DateTime(NaiveDateTime),
    /// An instant.
    Timestamp(DateTime<Utc>),
    /// A UUID.
    Uuid(Uuid),
    /// A JSON document, as canonical text (see [`crate::json`]).
    Json(String),
    /// One value a row, for statements that take a whole column at once; all of one kind, or [`Value::Null`].
    Array(Vec<Value>),
}

impl Value {
    /// Whether this is NULL.
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Boolean(_) => f.write_str("boolean"),
            Self::Integer(_) => f.write_str("integer"),
            Self::Double(_) => f.write_str("double"),
            Self::Text(text) => write!(f, "text of {} bytes", text.len()),
            Self::Binary(bytes) => write!(f, "binary of {} bytes", bytes.len()),
            Self::Decimal(_) => f.write_str("decimal"),
            Self::Date(_) => f.write_str("date"),
            Self::Time(_) => f.write_str("time"),
            Self::DateTime(_) => f.write_str("datetime"),
            Self::Timestamp(_) => f.write_str("timestamp"),
            Self::Uuid(_) => f.write_str("uuid"),
            Self::Json(text) => write!(f, "json of {} bytes", text.len()),
            Self::Array(values) => write!(f, "array of {}", values.len()),
        }
    }
}

/// Shows a value in full: for logs that asked for it.
pub(crate) struct Shown<'a>(pub(crate) &'a Value);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Value::Null => f.write_str("NULL"),
            Value::Boolean(value) => write!(f, "{value}"),
            Value::Integer(value) => write!(f, "{value}"),
            Value::Double(value) => write!(f, "{value:?}"),
            Value::Text(value) | Value::Json(value) => write!(f, "{value:?}"),
            Value::Binary(value) => write!(f, "<{} bytes>", value.len()),
            Value::Decimal(value) => write!(f, "{value}"),
            Value::Date(value) => write!(f, "{value}"),
            Value::Time(value) => write!(f, "{value}"),
            Value::DateTime(value) => write!(f, "{value}"),
            Value::Timestamp(value) => write!(f, "{value}"),
            Value::Uuid(value) => write!(f, "{value}"),
            Value::Array(values) => {
                f.write_str("[")?;
                for (position, value) in values.iter().enumerate() {
                    if position > 0 {
                        f.write_str(", ")?;
                    }
                    write!(f, "{}", Shown(value))?;
                }
                f.write_str("]")
            }
        }
    }
}
