//! Rows into Rust values.

use std::borrow::Cow;
use std::fmt;

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, Utc};
use rust_decimal::Decimal;
use uuid::Uuid;

use crate::backend::Row;
use crate::value::Value;
use crate::{Error, Result};

/// A type that one column of a row can be read into.
///
/// `None` is NULL; `Option<T>` turns it into a value, every other type fails on it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be read from a column",
    label = "not a column type"
)]
pub trait Decode: Sized {
    /// Whether a column of raw SQL can be read into this type: its column's description is not needed.
    const RAW: bool = true;

    /// Reads a column.
    ///
    /// # Errors
    ///
    /// `is_decode()`
    fn decode(row: &dyn Row, index: usize) -> Result<Option<Self>>;

    /// Reads a column that has so many digits behind the point.
    ///
    /// # Errors
    ///
    /// `is_decode()`
    fn decode_scaled(row: &dyn Row, index: usize, scale: u8) -> Result<Option<Self>> {
        let _ = scale;
        Self::decode(row, index)
    }
}

/// A type that a row of raw SQL can be read into: a tuple by position, a model or a `#[derive(FromRow)]` by name.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be read from a row",
    note = "read a row into a tuple, a model, or a struct with #[derive(FromRow)]"
)]
pub trait FromRow: Sized {
    /// Reads a row.
    ///
    /// # Errors
    ///
    /// `is_decode()` when a column is missing or holds something else.
    fn from_row(row: &dyn Row) -> Result<Self>;
}

/// How error messages name a column of a row.
pub struct Name<'a>(pub &'a dyn Row, pub usize);

impl fmt::Display for Name<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.column_name(self.1) {
            Some(name) => write!(f, "column `{name}`"),
            None => write!(f, "column {}", self.1 + 1),
        }
    }
}

pub(crate) fn unexpected_null(row: &dyn Row, index: usize) -> Error {
    Error::decode(format!(
        "{}: NULL, and the Rust type is not an Option",
        Name(row, index)
    ))
}

macro_rules! tuple {
    ($($name:ident $index:tt),+; $count:literal) => {
        impl<$($name: Decode),+> FromRow for ($($name,)+) {
            fn from_row(row: &dyn Row) -> Result<Self> {
                const { assert!($($name::RAW)&&+, "a Decimal of raw SQL has no known scale: read it into a model or a struct with #[derive(FromRow)] and #[column(scale = …)]") };
                if row.column_count() != $count {
                    return Err(Error::decode(format!("the row has {} columns, the tuple {}", row.column_count(), $count)));
                }
                Ok(($($name::decode(row, $index)?.ok_or_else(|| unexpected_null(row, $index))?,)+))
            }
        }
    };
}

tuple!(A 0; 1);
tuple!(A 0, B 1; 2);
tuple!(A 0, B 1, C 2; 3);
tuple!(A 0, B 1, C 2, D 3; 4);
tuple!(A 0, B 1, C 2, D 3, E 4; 5);
tuple!(A 0, B 1, C 2, D 3, E 4, F 5; 6);
tuple!(A 0, B 1, C 2, D 3, E 4, F 5, G 6; 7);
tuple!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7; 8);

/// The position of a column by name.
///
/// # Errors
///
/// `is_decode()` when there is none.
#[doc(hidden)]
pub fn column_index(row: &dyn Row, name: &str) -> Result<usize> {
    (0..row.column_count())
        .find(|index| row.column_name(*index).is_some_and(|found| found == name))
        .ok_or_else(|| Error::decode(format!("the row has no column `{name}`")))
}

/// Values as a row: what a builder collected, read into a model the same way as what a database sends.
pub struct ValuesRow<'a>(pub &'a [Value]);

impl ValuesRow<'_> {
    fn value(&self, index: usize) -> Result<&Value> {
        self.0
            .get(index)
            .ok_or_else(|| Error::decode(format!("the row has no column {}", index + 1)))
    }

    fn other<T>(&self, index: usize) -> Result<T> {
        Err(Error::decode(format!(
            "column {}: {:?} is of another type",
            index + 1,
            self.value(index)?
        )))
    }
}

macro_rules! getter {
    ($name:ident, $type:ty, $variant:ident, |$value:ident| $convert:expr) => {
        fn $name(&self, index: usize) -> Result<Option<$type>> {
            match self.value(index)? {
                Value::Null => Ok(None),
                Value::$variant($value) => Ok(Some($convert)),
                _ => self.other(index),
            }
        }
    };
}

impl Row for ValuesRow<'_> {
    fn column_count(&self) -> usize {
        self.0.len()
    }

    fn column_name(&self, _index: usize) -> Option<Cow<'_, str>> {
        None
    }

    getter!(boolean, bool, Boolean, |value| *value);
    getter!(integer, i64, Integer, |value| *value);
    getter!(double, f64, Double, |value| *value);
    getter!(text, Cow<'_, str>, Text, |value| Cow::Borrowed(
        value.as_str()
    ));
    getter!(binary, Cow<'_, [u8]>, Binary, |value| Cow::Borrowed(
        value.as_slice()
    ));
    getter!(date, NaiveDate, Date, |value| *value);
    getter!(time, NaiveTime, Time, |value| *value);
    getter!(date_time, NaiveDateTime, DateTime, |value| *value);
    getter!(timestamp, DateTime<Utc>, Timestamp, |value| *value);
    getter!(uuid, Uuid, Uuid, |value| *value);

    fn decimal(&self, index: usize, _scale: u8) -> Result<Option<Decimal>> {
        match self.value(index)? {
            Value::Null => Ok(None),
            Value::Decimal(value) => Ok(Some(*value)),
            _ => self.other(index),
        }
    }

    fn json(&self, index: usize) -> Result<Option<serde_json::Value>> {
        match self.value(index)? {
            Value::Null => Ok(None),
            Value::Json(text) => serde_json::from_str(text)
                .map(Some)
                .map_err(|_| Error::decode("malformed JSON")),
            _ => self.other(index),
        }
    }
}
