//! The column types of DESIGN's table, one by one.

use std::ops::{Deref, DerefMut};

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, Utc};
use rust_decimal::Decimal;
use serde::Serialize;
use serde::de::DeserializeOwned;
use uuid::Uuid;

use super::decode::{Name, unexpected_null};
use super::{ColumnValue, Decode, Kind};
use crate::backend::Row;
use crate::value::Value;
use crate::{Error, Result, json};

macro_rules! column {
    ($type:ty, $kind:ident, $getter:ident, |$value:ident| $encode:expr) => {
        impl Decode for $type {
            #[inline]
            fn decode(row: &dyn Row, index: usize) -> Result<Option<Self>> {
                row.$getter(index)
            }
        }

        impl ColumnValue for $type {
            const KIND: Kind = Kind::$kind;
            type Base = Self;
            type As<U: ColumnValue> = U;

            fn to_value(&self) -> Result<Value> {
                let $value = self;
                Ok($encode)
            }
        }
    };
}

macro_rules! narrow_integer {
    ($type:ty, $kind:ident) => {
        impl Decode for $type {
            fn decode(row: &dyn Row, index: usize) -> Result<Option<Self>> {
                let Some(wide) = row.integer(index)? else {
                    return Ok(None);
                };
                match wide.try_into() {
                    Ok(narrow) => Ok(Some(narrow)),
                    Err(_) => Err(Error::decode(format!(
                        "{}: a number out of the range of {}",
                        Name(row, index),
                        stringify!($type)
                    ))),
                }
            }
        }

        impl ColumnValue for $type {
            const KIND: Kind = Kind::$kind;
            type Base = Self;
            type As<U: ColumnValue> = U;

            fn to_value(&self) -> Result<Value> {
                Ok(Value::Integer(i64::from(*self)))
            }

            #[inline]
            fn integer(&self) -> Option<i64> {
                Some(i64::from(*self))
            }
        }
    };
}

column!(bool, Boolean, boolean, |value| Value::Boolean(*value));
narrow_integer!(i16, SmallInt);
narrow_integer!(i32, Integer);
column!(NaiveDate, Date, date, |value| Value::Date(*value));
column!(NaiveTime, Time, time, |value| Value::Time(*value));
column!(NaiveDateTime, DateTime, date_time, |value| Value::DateTime(
    *value
));
column!(DateTime<Utc>, Timestamp, timestamp, |value| {
    Value::Timestamp(*value)
});
column!(Uuid, Uuid, uuid, |value| Value::Uuid(*value));

impl Decode for i64 {
    #[inline]
    fn decode(row: &dyn Row, index: usize) -> Result<Option<Self>> {
        row.integer(index)
    }
}

impl ColumnValue for i64 {
    const KIND: Kind = Kind::BigInt;
    type Base = Self;
    type As<U: ColumnValue> = U;

    fn to_value(&self) -> Result<Value> {
        Ok(Value::Integer(*self))
    }

    #[inline]
    fn integer(&self) -> Option<i64> {
        Some(*self)
    }
}

impl Decode for f64 {
    /// Zero has no sign, as where it is bound: engines differ in whether what they compute has one.
    fn decode(row: &dyn Row, index: usize) -> Result<Option<Self>> {
        Ok(row.double(index)?.map(|value| value + 0.0))
    }
}

impl ColumnValue for f64 {
    const KIND: Kind = Kind::Double;
    type Base = Self;
    type As<U: ColumnValue> = U;

    fn to_value(&self) -> Result<Value> {
        Ok(Value::Double(*self))
    }
}

impl Decode for String {
    #[inline]
    fn decode(row: &dyn Row, index: usize) -> Result<Option<Self>> {
        row.string(index)
    }
}

impl ColumnValue for String {
    const KIND: Kind = Kind::String;
    type Base = Self;
    type As<U: ColumnValue> = U;

    fn to_value(&self) -> Result<Value> {
        Ok(Value::Text(self.clone()))
    }

    fn into_value(self) -> Result<Value> {
        Ok(Value::Text(self))
    }
}

impl Decode for Vec<u8> {
    fn decode(row: &dyn Row, index: usize) -> Result<Option<Self>> {
        Ok(row.binary(index)?.map(|bytes| bytes.into_owned()))
    }
}

impl ColumnValue for Vec<u8> {
    const KIND: Kind = Kind::Binary;
    type Base = Self;
    type As<U: ColumnValue> = U;

    fn to_value(&self) -> Result<Value> {
        Ok(Value::Binary(self.clone()))
    }

    fn into_value(self) -> Result<Value> {
        Ok(Value::Binary(self))
    }
}

impl Decode for Decimal {
    // An engine without exact numbers stores them scaled: without the column's scale they can't be read.
    const RAW: bool = false;

    fn decode(row: &dyn Row, index: usize) -> Result<Option<Self>> {
        Err(Error::decode(format!(
            "{}: a decimal needs the scale of its column",
            Name(row, index)
        )))
    }

    fn decode_scaled(row: &dyn Row, index: usize, scale: u8) -> Result<Option<Self>> {
        row.decimal(index, scale)
    }
}

impl ColumnValue for Decimal {
    const KIND: Kind = Kind::Decimal;
    type Base = Self;
    type As<U: ColumnValue> = U;

    fn to_value(&self) -> Result<Value> {
        Ok(Value::Decimal(*self))
    }
}

/// A JSON document in a column, as a Rust type that serde can read and write.
///
/// Documents are compared parsed: engines keep neither the order of keys nor spaces.
///
/// ```
/// use birgus_core::Json;
///
/// let tags = Json(vec!["rust".to_owned()]);
/// assert_eq!(tags.len(), 1); // it dereferences to what it holds
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Json<T>(pub T);

impl<T> Deref for Json<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T> DerefMut for Json<T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.0
    }
}

impl<T: Serialize> Serialize for Json<T> {
    fn serialize<S: serde::Serializer>(
        &self,
        serializer: S,
    ) -> std::result::Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<'de, T: serde::Deserialize<'de>> serde::Deserialize<'de> for Json<T> {
    fn deserialize<D: serde::Deserializer<'de>>(
        deserializer: D,
    ) -> std::result::Result<Self, D::Error> {
        T::deserialize(deserializer).map(Json)
    }
}

impl<T: DeserializeOwned> Decode for Json<T> {
    fn decode(row: &dyn Row, index: usize) -> Result<Option<Self>> {
        let Some(document) = row.json(index)? else {
            return Ok(None);
        };
        match serde_json::from_value(document) {
            Ok(value) => Ok(Some(Self(value))),
            Err(error) => {
                // serde quotes what it found; the category and the place are enough.
                let problem = format!(
                    "{}: the JSON document does not fit {}",
                    Name(row, index),
                    std::any::type_name::<T>()
                );
                Err(Error::decode(format!(
                    "{problem} ({:?} error)",
                    error.classify()
                )))
            }
        }
    }
}

impl<T: Serialize + DeserializeOwned> ColumnValue for Json<T> {
    const KIND: Kind = Kind::Json;
    type Base = Self;
    type As<U: ColumnValue> = U;

    fn to_value(&self) -> Result<Value> {
        let document = serde_json::to_value(&self.0).map_err(|_| {
            Error::invalid_value(
                "json",
                format!("{} can't be written as JSON", std::any::type_name::<T>()),
            )
        })?;
        Ok(Value::Json(json::canonical_text(&document)))
    }
}

impl<T: Decode> Decode for Option<T> {
    const RAW: bool = T::RAW;

    fn decode(row: &dyn Row, index: usize) -> Result<Option<Self>> {
        T::decode(row, index).map(Some)
    }

    fn decode_scaled(row: &dyn Row, index: usize, scale: u8) -> Result<Option<Self>> {
        T::decode_scaled(row, index, scale).map(Some)
    }
}

impl<T: ColumnValue> ColumnValue for Option<T> {
    const KIND: Kind = T::KIND;
    const NULLABLE: bool = true;
    const RENAMED_TEXTS: &'static [(&'static str, &'static str)] = T::RENAMED_TEXTS;
    type Base = T::Base;
    type As<U: ColumnValue> = Option<U::Base>;

    fn to_value(&self) -> Result<Value> {
        match self {
            Some(value) => value.to_value(),
            None => Ok(Value::Null),
        }
    }

    fn into_value(self) -> Result<Value> {
        match self {
            Some(value) => value.into_value(),
            None => Ok(Value::Null),
        }
    }

    #[inline]
    fn integer(&self) -> Option<i64> {
        self.as_ref().and_then(T::integer)
    }
}

/// Reads a field of a model.
///
/// # Errors
///
/// `is_decode()` for a value of another kind, or NULL into a field that is not an `Option`.
#[doc(hidden)]
pub fn decode_field<T: Decode>(row: &dyn Row, index: usize, scale: u8) -> Result<T> {
    T::decode_scaled(row, index, scale)?.ok_or_else(|| unexpected_null(row, index))
}
