//! A place in an ordered query, as text.

use std::fmt;
use std::str::FromStr;

use chrono::{NaiveDate, NaiveDateTime, NaiveTime};
use rust_decimal::Decimal;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value as Json;
use uuid::Uuid;

use crate::model::{FieldInfo, Kind};
use crate::value::Value;
use crate::{Error, Result};

/// A place in the order of a query, to go on from there: in a link, a form, a file.
///
/// Its text is safe in a URL. It holds the values of the row's order columns, readable by anybody, and no SQL: they are
/// bound as values of these columns. A text that was cut or changed, and a cursor of a query with another order, is
/// refused. Who may see a row is up to the query's filters, never to the cursor.
///
/// ```
/// # extern crate birgus_core as birgus;
/// use birgus::query::Cursor;
///
/// assert!("tampered".parse::<Cursor>().is_err());
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Cursor {
    /// The order that the place is in.
    shape: u64,
    /// Whether the row itself lies behind the place, not before it.
    pub(super) inclusive: bool,
    values: Vec<Json>,
}

/// The first letter of every cursor: how the rest is written.
const VERSION: char = '1';

impl Cursor {
    /// The place right behind a row.
    pub(super) fn new(shape: u64, values: &[Value]) -> Result<Self> {
        Ok(Self {
            shape,
            inclusive: false,
            values: values.iter().map(to_json).collect::<Result<_>>()?,
        })
    }

    /// The place right before the row.
    pub(super) fn inclusive(&self) -> Self {
        Self {
            inclusive: true,
            ..self.clone()
        }
    }

    /// The values, as those of the columns of an order.
    pub(super) fn values(&self, shape: u64, fields: &[&'static FieldInfo]) -> Result<Vec<Value>> {
        if self.shape != shape || self.values.len() != fields.len() {
            return Err(refused("it belongs to a query with another order"));
        }
        let read = |(json, field): (&Json, &&'static FieldInfo)| {
            let value = from_json(json, field)
                .ok_or_else(|| refused(&format!("it holds no value of {}", field.subject())))?;
            field.check_operand(value)
        };
        self.values.iter().zip(fields).map(read).collect()
    }
}

fn refused(problem: &str) -> Error {
    Error::invalid_value("cursor", problem)
}

fn to_json(value: &Value) -> Result<Json> {
    Ok(match value {
        Value::Null => Json::Null,
        Value::Boolean(value) => Json::Bool(*value),
        Value::Integer(number) => Json::from(*number),
        Value::Double(number) => Json::from(format!("{:016x}", number.to_bits())),
        Value::Text(text) => Json::from(text.as_str()),
        Value::Binary(bytes) => Json::from(encode(bytes)),
        Value::Decimal(number) => Json::from(number.to_string()),
        Value::Date(day) => Json::from(day.to_string()),
        Value::Time(time) => Json::from(time.to_string()),
        Value::DateTime(moment) => Json::from(moment.format(MOMENT).to_string()),
        Value::Timestamp(moment) => Json::from(moment.format(MOMENT).to_string()),
        Value::Uuid(uuid) => Json::from(uuid.to_string()),
        Value::Json(_) | Value::Array(_) => {
            return Err(refused("no place in an order of documents"));
        }
    })
}

const MOMENT: &str = "%Y-%m-%dT%H:%M:%S%.6f";

fn from_json(json: &Json, field: &FieldInfo) -> Option<Value> {
    if json.is_null() {
        return field.nullable.then_some(Value::Null);
    }
    let text = || json.as_str();
    Some(match field.kind {
        Kind::Boolean => Value::Boolean(json.as_bool()?),
        Kind::SmallInt => Value::Integer(i16::try_from(json.as_i64()?).ok()?.into()),
        Kind::Integer => Value::Integer(i32::try_from(json.as_i64()?).ok()?.into()),
        Kind::BigInt => Value::Integer(json.as_i64()?),
        Kind::Double => Value::Double(f64::from_bits(u64::from_str_radix(text()?, 16).ok()?)),
        Kind::String => Value::Text(text()?.to_owned()),
        Kind::Enum(list) => {
            Value::Text((*list.iter().find(|value| Some(**value) == text())?).to_owned())
        }
        Kind::Binary => Value::Binary(decode(text()?)?),
        Kind::Decimal => Value::Decimal(Decimal::from_str(text()?).ok()?),
        Kind::Date => Value::Date(NaiveDate::from_str(text()?).ok()?),
        Kind::Time => Value::Time(NaiveTime::from_str(text()?).ok()?),
        Kind::DateTime => Value::DateTime(moment(text()?)?),
        Kind::Timestamp => Value::Timestamp(moment(text()?)?.and_utc()),
        Kind::Uuid => Value::Uuid(Uuid::from_str(text()?).ok()?),
        Kind::Json => return None,
    })
}

fn moment(text: &str) -> Option<NaiveDateTime> {
    NaiveDateTime::parse_from_str(text, MOMENT).ok()
}

/// FNV-1a (<https://www.rfc-editor.org/rfc/rfc9923>), the same in every process and version.
pub(super) fn digest(bytes: impl IntoIterator<Item = u8>) -> u64 {
    bytes.into_iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// Base64 for URLs, without padding (RFC 4648, section 5).
fn encode(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let byte = |index: usize| u32::from(chunk.get(index).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for digit in 0..=chunk.len() {
            let place = bits >> (18 - 6 * digit) & 63;
            text.push(char::from(DIGITS[place as usize]));
        }
    }
    text
}

fn decode(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() * 3 / 4);
    for chunk in text.as_bytes().chunks(4) {
        if chunk.len() == 1 {
            return None;
        }
        let mut bits = 0;
        for index in 0..4 {
            let digit = match chunk.get(index) {
                Some(letter) => DIGITS.iter().position(|digit| digit == letter)?,
                None => 0,
            };
            bits = bits << 6 | u32::try_from(digit).ok()?;
        }
        let all = bits.to_be_bytes();
        let kept = chunk.len() - 1;
        // Digits that stand for nothing have one form.
        if all[1 + kept..].iter().any(|byte| *byte != 0) {
            return None;
        }
        bytes.extend_from_slice(&all[1..=kept]);
    }
    Some(bytes)
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let content = serde_json::json!([self.shape, self.inclusive, self.values]).to_string();
        let mut bytes = digest(content.bytes()).to_be_bytes().to_vec();
        bytes.extend_from_slice(content.as_bytes());
        write!(f, "{VERSION}{}", encode(&bytes))
    }
}

impl FromStr for Cursor {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let Some(rest) = text.strip_prefix(VERSION) else {
            return Err(refused("not a cursor, or one of another version"));
        };
        let damaged = || refused("not a cursor, or one that was changed on its way");
        let bytes = decode(rest).ok_or_else(damaged)?;
        let (sum, content) = bytes.split_first_chunk::<8>().ok_or_else(damaged)?;
        if digest(content.iter().copied()).to_be_bytes() != *sum {
            return Err(damaged());
        }
        let (shape, inclusive, values) = serde_json::from_slice(content).map_err(|_| damaged())?;
        Ok(Self {
            shape,
            inclusive,
            values,
        })
    }
}

/// The values stay out of logs.
impl fmt::Debug for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Cursor(of {} values)", self.values.len())
    }
}

impl Serialize for Cursor {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Cursor {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_that_of_the_standard() {
        for (bytes, text) in [
            (&b""[..], ""),
            (b"f", "Zg"),
            (b"fo", "Zm8"),
            (b"foo", "Zm9v"),
            (b"foob", "Zm9vYg"),
            (b"\xfb\xff", "-_8"),
        ] {
            assert_eq!(encode(bytes), text);
            assert_eq!(decode(text).unwrap(), bytes);
        }
        for text in ["Z", "Zh", "Zm9", "Z+==", "Zm9v "] {
            assert_eq!(decode(text), None, "{text}");
        }
    }

    #[test]
    fn a_changed_cursor_is_refused() {
        let values = [
            Value::Integer(i64::MAX),
            Value::Null,
            Value::Text("é'\"".into()),
        ];
        let cursor = Cursor::new(u64::MAX, &values).unwrap();
        let text = cursor.to_string();
        assert!(
            text.bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
        );
        assert_eq!(text.parse::<Cursor>().unwrap(), cursor);
        for position in 0..text.len() {
            let mut other = text.clone().into_bytes();
            other[position] = if other[position] == b'A' { b'B' } else { b'A' };
            let other = String::from_utf8(other).unwrap();
            let error = other.parse::<Cursor>().unwrap_err();
            assert!(error.is_invalid_value(), "{error}");
        }
        assert!(text[..text.len() - 1].parse::<Cursor>().is_err());
        assert!("".parse::<Cursor>().is_err());
    }

    #[test]
    fn values_stay_out_of_debug() {
        let cursor = Cursor::new(1, &[Value::Text("secret".into())]).unwrap();
        assert_eq!(format!("{cursor:?}"), "Cursor(of 1 values)");
    }
}
