//! Rows, decoded from the C client's buffers.

use std::borrow::Cow;

use birgus_core::Result;
use birgus_core::backend::Row;
use birgus_diesel_bridge::decode::{invalid, json, no_column, wrong_kind};
use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, Utc};
use diesel::data_types::MysqlTime;
use diesel::deserialize::FromSql;
use diesel::mysql::{Mysql, MysqlType, MysqlValue};
use diesel::row::{Field, Row as DieselRow};
use diesel::sql_types::Datetime;
use rust_decimal::Decimal;
use uuid::Uuid;

/// A row of Diesel's. Its fields borrow from a guard, not from the row, so texts and bytes are handed out owned: the
/// one copy that a program's struct needs anyway.
pub(crate) struct MysqlRow<'r, R>(&'r R);

impl<'r, R> MysqlRow<'r, R> {
    pub(crate) fn new<'a>(row: &'r R) -> Self
    where
        R: DieselRow<'a, Mysql>,
    {
        Self(row)
    }
}

/// What a value is, in the words of an error.
fn kind(value: &MysqlValue<'_>) -> &'static str {
    match value.value_type() {
        MysqlType::Tiny
        | MysqlType::UnsignedTiny
        | MysqlType::Short
        | MysqlType::UnsignedShort
        | MysqlType::Long
        | MysqlType::UnsignedLong
        | MysqlType::LongLong
        | MysqlType::UnsignedLongLong => "an integer",
        MysqlType::Float | MysqlType::Double => "a double",
        MysqlType::Numeric => "a decimal",
        MysqlType::Time => "a time",
        MysqlType::Date => "a date",
        MysqlType::DateTime | MysqlType::Timestamp => "a datetime",
        MysqlType::String | MysqlType::Enum | MysqlType::Set => "a text",
        MysqlType::Blob => "a text or bytes",
        MysqlType::Bit => "bits",
        _ => "a value of another type",
    }
}

/// The bytes of a number of known width.
fn number<const WIDTH: usize>(value: &MysqlValue<'_>) -> Option<[u8; WIDTH]> {
    value.as_bytes().first_chunk().copied()
}

/// A whole number; the outer `None` when it is none, the inner one when 64 bits with a sign can't hold it.
fn whole(value: &MysqlValue<'_>) -> Option<Option<i64>> {
    Some(match value.value_type() {
        MysqlType::Tiny => Some(i8::from_ne_bytes(number(value)?).into()),
        MysqlType::UnsignedTiny => Some(u8::from_ne_bytes(number(value)?).into()),
        MysqlType::Short => Some(i16::from_ne_bytes(number(value)?).into()),
        MysqlType::UnsignedShort => Some(u16::from_ne_bytes(number(value)?).into()),
        MysqlType::Long => Some(i32::from_ne_bytes(number(value)?).into()),
        MysqlType::UnsignedLong => Some(u32::from_ne_bytes(number(value)?).into()),
        MysqlType::LongLong => Some(i64::from_ne_bytes(number(value)?)),
        MysqlType::UnsignedLongLong => i64::try_from(u64::from_ne_bytes(number(value)?)).ok(),
        _ => return None,
    })
}

/// Text and bytes look alike: the flag that tells a binary column is set for a binary collation too.
fn bytes<'v>(value: &MysqlValue<'v>) -> Option<&'v [u8]> {
    matches!(
        value.value_type(),
        MysqlType::String | MysqlType::Blob | MysqlType::Enum | MysqlType::Set
    )
    .then(|| value.as_bytes())
}

fn day(time: &MysqlTime) -> Option<NaiveDate> {
    NaiveDate::from_ymd_opt(i32::try_from(time.year).ok()?, time.month, time.day)
}

fn time_of_day(time: &MysqlTime) -> Option<NaiveTime> {
    let micros = u32::try_from(time.second_part).ok()?;
    NaiveTime::from_hms_micro_opt(time.hour, time.minute, time.second, micros)
}

impl<'a, R: DieselRow<'a, Mysql>> MysqlRow<'_, R> {
    /// Decodes a value that is not NULL.
    fn decode<T>(
        &self,
        index: usize,
        decode: impl FnOnce(MysqlValue<'_>) -> Result<T>,
    ) -> Result<Option<T>> {
        let Some(field) = self.0.get(index) else {
            return Err(no_column(index, self.0.field_count()));
        };
        match field.value() {
            None => Ok(None),
            Some(value) => decode(value).map(Some),
        }
    }

    /// Decodes a value of one of the client's time types.
    fn moment<T>(
        &self,
        index: usize,
        expected: &str,
        accepted: &[MysqlType],
        decode: impl FnOnce(&MysqlTime) -> Option<T>,
    ) -> Result<Option<T>> {
        self.decode(index, |value| {
            if !accepted.contains(&value.value_type()) {
                return Err(wrong_kind(self, index, expected, kind(&value)));
            }
            // The SQL type only picks the impl: all of them read the same buffer.
            let time = <MysqlTime as FromSql<Datetime, Mysql>>::from_sql(value);
            time.ok()
                .as_ref()
                .and_then(decode)
                .ok_or_else(|| invalid(self, index, &format!("not a valid value for {expected}")))
        })
    }
}

const MOMENTS: &[MysqlType] = &[MysqlType::DateTime, MysqlType::Timestamp];

impl<'a, R: DieselRow<'a, Mysql>> Row for MysqlRow<'_, R> {
    fn column_count(&self) -> usize {
        self.0.field_count()
    }

    fn column_name(&self, index: usize) -> Option<Cow<'_, str>> {
        let field = self.0.get(index)?;
        field.field_name().map(|name| name.to_owned().into())
    }

    fn boolean(&self, index: usize) -> Result<Option<bool>> {
        self.decode(index, |value| match whole(&value) {
            Some(Some(0)) => Ok(false),
            Some(Some(1)) => Ok(true),
            Some(_) => Err(invalid(self, index, "a boolean must be 0 or 1")),
            None => Err(wrong_kind(self, index, "a boolean", kind(&value))),
        })
    }

    fn integer(&self, index: usize) -> Result<Option<i64>> {
        self.decode(index, |value| match whole(&value) {
            Some(Some(number)) => Ok(number),
            Some(None) => Err(invalid(self, index, "too large for an i64")),
            None => Err(wrong_kind(self, index, "an integer", kind(&value))),
        })
    }

    fn double(&self, index: usize) -> Result<Option<f64>> {
        self.decode(index, |value| {
            let number = match value.value_type() {
                MysqlType::Double => number(&value).map(f64::from_ne_bytes),
                MysqlType::Float => number(&value).map(|bytes| f32::from_ne_bytes(bytes).into()),
                _ => None,
            };
            number.ok_or_else(|| wrong_kind(self, index, "a double", kind(&value)))
        })
    }

    fn text(&self, index: usize) -> Result<Option<Cow<'_, str>>> {
        self.decode(index, |value| match bytes(&value) {
            Some(bytes) => match std::str::from_utf8(bytes) {
                Ok(text) => Ok(Cow::Owned(text.to_owned())),
                Err(_) => Err(invalid(self, index, "not UTF-8")),
            },
            None => Err(wrong_kind(self, index, "a text", kind(&value))),
        })
    }

    fn binary(&self, index: usize) -> Result<Option<Cow<'_, [u8]>>> {
        self.decode(index, |value| match bytes(&value) {
            Some(bytes) => Ok(Cow::Owned(bytes.to_owned())),
            None => Err(wrong_kind(self, index, "bytes", kind(&value))),
        })
    }

    fn decimal(&self, index: usize, scale: u8) -> Result<Option<Decimal>> {
        self.decode(index, |value| {
            if value.value_type() != MysqlType::Numeric {
                return Err(wrong_kind(self, index, "a decimal", kind(&value)));
            }
            let digits = std::str::from_utf8(value.as_bytes()).unwrap_or_default();
            let mut number = Decimal::from_str_exact(digits)
                .map_err(|_| invalid(self, index, "too many digits for a decimal"))?;
            number.rescale(u32::from(scale));
            if number.scale() == u32::from(scale) {
                Ok(number)
            } else {
                let problem = format!("too many digits for a decimal of scale {scale}");
                Err(invalid(self, index, &problem))
            }
        })
    }

    fn date(&self, index: usize) -> Result<Option<NaiveDate>> {
        self.moment(index, "a date", &[MysqlType::Date], day)
    }

    fn time(&self, index: usize) -> Result<Option<NaiveTime>> {
        self.moment(index, "a time", &[MysqlType::Time], time_of_day)
    }

    fn date_time(&self, index: usize) -> Result<Option<NaiveDateTime>> {
        self.moment(index, "a datetime", MOMENTS, |time| {
            Some(day(time)?.and_time(time_of_day(time)?))
        })
    }

    fn timestamp(&self, index: usize) -> Result<Option<DateTime<Utc>>> {
        self.moment(index, "a timestamp", MOMENTS, |time| {
            Some(day(time)?.and_time(time_of_day(time)?).and_utc())
        })
    }

    fn uuid(&self, index: usize) -> Result<Option<Uuid>> {
        self.decode(index, |value| match bytes(&value) {
            Some(bytes) => Uuid::from_slice(bytes)
                .map_err(|_| invalid(self, index, "a UUID must have 16 bytes")),
            None => Err(wrong_kind(self, index, "a UUID", kind(&value))),
        })
    }

    fn json(&self, index: usize) -> Result<Option<serde_json::Value>> {
        self.decode(index, |value| match bytes(&value) {
            Some(bytes) => json(self, index, bytes),
            None => Err(wrong_kind(self, index, "a JSON document", kind(&value))),
        })
    }
}
