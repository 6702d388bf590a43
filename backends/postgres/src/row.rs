//! A row of either driver, read by the shared codec.

use std::borrow::Cow;

use birgus_core::backend::Row;
use birgus_core::{Error, Result};
use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, Utc};
use rust_decimal::Decimal;
use uuid::Uuid;

use crate::codec::{self, Decoded, Field};

/// The fields of a row in binary form, as a driver's client holds them.
pub(crate) trait Fields {
    /// How many there are.
    fn count(&self) -> usize;

    /// The name of one; `None` past the last.
    fn name(&self, index: usize) -> Option<Cow<'_, str>>;

    /// Reads a field; gives `None` for NULL, and for an index that is not below [`Fields::count`].
    fn read<T>(
        &self,
        index: usize,
        decode: impl FnOnce(Field<'_>) -> Decoded<T>,
    ) -> Option<Decoded<T>>;

    /// A text; borrowed by a client that lends its buffer for longer than one call.
    fn text(&self, index: usize) -> Option<Decoded<Cow<'_, str>>> {
        self.read(index, |field| {
            codec::text(field).map(|text| Cow::Owned(text.to_owned()))
        })
    }

    /// Bytes; borrowed likewise.
    fn binary(&self, index: usize) -> Option<Decoded<Cow<'_, [u8]>>> {
        self.read(index, |field| {
            codec::binary(field).map(|bytes| Cow::Owned(bytes.to_owned()))
        })
    }
}

/// Fields as a Birgus row.
pub(crate) struct BinaryRow<'a, F>(pub(crate) &'a F);

impl<F: Fields> BinaryRow<'_, F> {
    #[inline(always)]
    fn checked<'s, T>(
        &'s self,
        index: usize,
        expected: &str,
        read: impl FnOnce(&'s F) -> Option<Decoded<T>>,
    ) -> Result<Option<T>> {
        match read(self.0) {
            None if index >= self.0.count() => Err(self.no_column(index)),
            None => Ok(None),
            Some(Ok(value)) => Ok(Some(value)),
            Some(Err(found)) => Err(self.unexpected(index, expected, &found)),
        }
    }

    #[cold]
    fn no_column(&self, index: usize) -> Error {
        Error::decode(format!(
            "column {} was asked of a row of {} columns",
            index + 1,
            self.0.count()
        ))
    }

    #[cold]
    fn unexpected(&self, index: usize, expected: &str, found: &str) -> Error {
        let name = self.0.name(index).unwrap_or_default();
        Error::decode(format!("column {name}: expected {expected}, found {found}"))
    }

    #[inline(always)]
    fn read<T>(
        &self,
        index: usize,
        expected: &str,
        decode: impl FnOnce(Field<'_>) -> Decoded<T>,
    ) -> Result<Option<T>> {
        self.checked(index, expected, |fields| fields.read(index, decode))
    }
}

impl<F: Fields> Row for BinaryRow<'_, F> {
    fn column_count(&self) -> usize {
        self.0.count()
    }

    fn column_name(&self, index: usize) -> Option<Cow<'_, str>> {
        self.0.name(index)
    }

    fn boolean(&self, index: usize) -> Result<Option<bool>> {
        self.read(index, "a boolean", codec::boolean)
    }

    #[allow(
        clippy::redundant_closure,
        reason = "it is inlined where a function's name is not; with many rows, a call for each field shows"
    )]
    fn integer(&self, index: usize) -> Result<Option<i64>> {
        self.read(index, "an integer", |field| codec::integer(field))
    }

    fn double(&self, index: usize) -> Result<Option<f64>> {
        self.read(index, "a floating-point number", codec::double)
    }

    fn text(&self, index: usize) -> Result<Option<Cow<'_, str>>> {
        self.checked(index, "a text", |fields| fields.text(index))
    }

    fn string(&self, index: usize) -> Result<Option<String>> {
        self.read(index, "a text", |field| {
            codec::text(field).map(str::to_owned)
        })
    }

    fn binary(&self, index: usize) -> Result<Option<Cow<'_, [u8]>>> {
        self.checked(index, "binary", |fields| fields.binary(index))
    }

    fn decimal(&self, index: usize, scale: u8) -> Result<Option<Decimal>> {
        self.read(index, "an exact number", |field| {
            codec::decimal(field, scale)
        })
    }

    fn date(&self, index: usize) -> Result<Option<NaiveDate>> {
        self.read(index, "a date", codec::date)
    }

    fn time(&self, index: usize) -> Result<Option<NaiveTime>> {
        self.read(index, "a time of day", codec::time)
    }

    fn date_time(&self, index: usize) -> Result<Option<NaiveDateTime>> {
        self.read(index, "a date and time without a zone", codec::date_time)
    }

    fn timestamp(&self, index: usize) -> Result<Option<DateTime<Utc>>> {
        self.read(index, "an instant", codec::timestamp)
    }

    fn uuid(&self, index: usize) -> Result<Option<Uuid>> {
        self.read(index, "a UUID", codec::uuid)
    }

    fn json(&self, index: usize) -> Result<Option<serde_json::Value>> {
        self.read(index, "a JSON document", codec::json)
    }
}
