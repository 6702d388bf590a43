//! Values to bytes.

use std::fmt;

use birgus_core::backend::BindType;
use birgus_core::{Error, Result, Value};

use super::{moment, numeric, oid};

/// Where bytes are written to: a client's own buffer.
pub(crate) trait Sink {
    fn put(&mut self, bytes: &[u8]);
}

impl Sink for Vec<u8> {
    fn put(&mut self, bytes: &[u8]) {
        self.extend_from_slice(bytes);
    }
}

/// Whether anything was written; NULL is told by the protocol, not by bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Presence {
    Null,
    Value,
}

/// The error of a value that can't be bound as it was asked; never shows the value.
#[cold]
pub(super) fn refuse(problem: impl fmt::Display) -> Error {
    Error::invalid_value("bind", problem)
}

#[cold]
fn out_of_range(what: &str) -> Error {
    refuse(format_args!("a value is out of the range of {what}"))
}

/// Writes a value, or an array of values, in the format of its bind type.
///
/// # Errors
///
/// `is_invalid_value()` for a value of another kind, or out of its type's range.
pub(crate) fn encode<S: Sink>(value: &Value, bind_type: BindType, out: &mut S) -> Result<Presence> {
    match value {
        Value::Array(values) => array(values, bind_type, out)?,
        _ => return scalar(value, bind_type, out),
    }
    Ok(Presence::Value)
}

fn scalar<S: Sink>(value: &Value, bind_type: BindType, out: &mut S) -> Result<Presence> {
    match (bind_type, value) {
        (_, Value::Null) => return Ok(Presence::Null),
        (BindType::Boolean, Value::Boolean(value)) => out.put(&[u8::from(*value)]),
        (BindType::SmallInt, Value::Integer(value)) => {
            let value = i16::try_from(*value).map_err(|_| out_of_range("smallint"))?;
            out.put(&value.to_be_bytes());
        }
        (BindType::Integer, Value::Integer(value)) => {
            let value = i32::try_from(*value).map_err(|_| out_of_range("integer"))?;
            out.put(&value.to_be_bytes());
        }
        (BindType::BigInt, Value::Integer(value)) => out.put(&value.to_be_bytes()),
        (BindType::Double, Value::Double(value)) => out.put(&value.to_be_bytes()),
        (BindType::Text, Value::Text(value)) => out.put(value.as_bytes()),
        (BindType::Binary, Value::Binary(value)) => out.put(value),
        (BindType::Decimal { .. }, Value::Decimal(value)) => numeric::encode(value, out),
        (BindType::Date, Value::Date(value)) => {
            out.put(&moment::encode_date(*value)?.to_be_bytes());
        }
        (BindType::Time, Value::Time(value)) => {
            out.put(&moment::encode_time(*value)?.to_be_bytes());
        }
        (BindType::DateTime, Value::DateTime(value)) => {
            out.put(&moment::encode_date_time(*value)?.to_be_bytes());
        }
        (BindType::Timestamp, Value::Timestamp(value)) => {
            out.put(&moment::encode_date_time(value.naive_utc())?.to_be_bytes());
        }
        (BindType::Uuid, Value::Uuid(value)) => out.put(value.as_bytes()),
        (BindType::Json, Value::Json(value)) => {
            out.put(&[super::decode::JSONB_VERSION]);
            out.put(value.as_bytes());
        }
        _ => {
            return Err(refuse(format_args!(
                "{value:?} can't be bound as {bind_type:?}"
            )));
        }
    }
    Ok(Presence::Value)
}

/// One dimension, counted from 1.
fn array<S: Sink>(values: &[Value], bind_type: BindType, out: &mut S) -> Result<()> {
    let element = oid::of(bind_type)
        .ok_or_else(|| refuse(format_args!("{bind_type:?} has no PostgreSQL type")))?;
    let count = i32::try_from(values.len()).map_err(|_| out_of_range("an array"))?;
    let dimensions = i32::from(count > 0);
    out.put(&dimensions.to_be_bytes());
    out.put(&i32::from(values.iter().any(Value::is_null)).to_be_bytes());
    out.put(&element.to_be_bytes());
    if count > 0 {
        out.put(&count.to_be_bytes());
        out.put(&1_i32.to_be_bytes());
    }
    // An element follows its length, which is known once it is written.
    let mut bytes = Vec::new();
    for value in values {
        bytes.clear();
        let length = match scalar(value, bind_type, &mut bytes)? {
            Presence::Null => -1,
            Presence::Value => {
                i32::try_from(bytes.len()).map_err(|_| out_of_range("an array's element"))?
            }
        };
        out.put(&length.to_be_bytes());
        out.put(&bytes);
    }
    Ok(())
}
