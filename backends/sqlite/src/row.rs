//! One row of a result.

use std::borrow::Cow;

use birgus_core::backend::Row;
use birgus_core::{Error, Result};
use birgus_diesel_bridge::decode;
use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, Utc};
use diesel::deserialize::FromSql;
use diesel::row::Field as _;
use diesel::sql_types::Text;
use diesel::sqlite::{Sqlite, SqliteType, SqliteValue};
use rust_decimal::Decimal;
use uuid::Uuid;

use crate::temporal;

/// A row of Diesel's, whose type has no public name.
///
/// Diesel lends texts and bytes only as long as its own value lives, so they are handed out as owned: that copy is the
/// one that ends up in the model.
pub(crate) struct SqliteRow<'r, R> {
    row: &'r R,
    columns: usize,
}

impl<'r, R> SqliteRow<'r, R> {
    pub(crate) fn new<'s>(row: &'r R) -> Self
    where
        R: diesel::row::Row<'s, Sqlite>,
    {
        Self {
            columns: row.field_count(),
            row,
        }
    }
}

#[cold]
fn kind(value: Option<SqliteType>) -> &'static str {
    match value {
        Some(SqliteType::Text) => "text",
        Some(SqliteType::Binary) => "bytes",
        Some(SqliteType::Float | SqliteType::Double) => "a floating-point number",
        Some(_) => "an integer",
        None => "null",
    }
}

impl<'s, R> SqliteRow<'_, R>
where
    R: diesel::row::Row<'s, Sqlite>,
{
    /// Reads a value with `read`, which gives `None` for one of another kind. It is read where Diesel has put it: to move what
    /// was just written takes longer than all the rest.
    #[inline(always)]
    fn value<T>(
        &self,
        index: usize,
        expected: &str,
        read: impl FnOnce(&mut SqliteValue<'_, '_, '_>, Option<SqliteType>) -> Result<Option<T>>,
    ) -> Result<Option<T>> {
        let Some(field) = self.row.get(index) else {
            return Err(decode::no_column(index, self.columns));
        };
        let mut value = field.value();
        let Some(value) = &mut value else {
            return Ok(None);
        };
        let found = value.value_type();
        match read(value, found)? {
            Some(value) => Ok(Some(value)),
            None => Err(decode::wrong_kind(self, index, expected, kind(found))),
        }
    }

    #[inline(always)]
    fn long<T>(
        &self,
        index: usize,
        expected: &str,
        convert: impl FnOnce(i64) -> Option<T>,
    ) -> Result<Option<T>> {
        self.value(index, expected, |value, found| {
            Ok(match found {
                Some(SqliteType::Long) => convert(value.read_long()),
                _ => None,
            })
        })
    }

    /// Reads a short text in place. SQLite's text may not be UTF-8; Diesel then puts U+FFFD into it, which no form of
    /// a date takes.
    fn parsed<T>(
        &self,
        index: usize,
        expected: &str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Result<Option<T>> {
        self.value(index, expected, |value, found| match found {
            Some(SqliteType::Text) => match parse(value.read_text()) {
                Some(parsed) => Ok(Some(parsed)),
                None => Err(self.invalid(index, expected)),
            },
            _ => Ok(None),
        })
    }

    #[cold]
    fn invalid(&self, index: usize, expected: &str) -> Error {
        decode::invalid(self, index, &format!("the text is not {expected}"))
    }

    #[inline(always)]
    fn owned_text(&self, index: usize, expected: &str) -> Result<Option<String>> {
        let Some(field) = self.row.get(index) else {
            return Err(decode::no_column(index, self.columns));
        };
        let value = field.value();
        // Asked before the value moves, as in `value`.
        let found = match &value {
            Some(value) => value.value_type(),
            None => return Ok(None),
        };
        match (value, found) {
            (Some(value), Some(SqliteType::Text)) => {
                match <String as FromSql<Text, Sqlite>>::from_sql(value) {
                    Ok(text) => Ok(Some(text)),
                    Err(_) => Err(decode::invalid(self, index, "the text is not UTF-8")),
                }
            }
            _ => Err(decode::wrong_kind(self, index, expected, kind(found))),
        }
    }
}

impl<'s, R> Row for SqliteRow<'_, R>
where
    R: diesel::row::Row<'s, Sqlite>,
{
    fn column_count(&self) -> usize {
        self.columns
    }

    fn column_name(&self, index: usize) -> Option<Cow<'_, str>> {
        let field = self.row.get(index)?;
        Some(Cow::Owned(field.field_name()?.to_owned()))
    }

    fn boolean(&self, index: usize) -> Result<Option<bool>> {
        self.long(index, "0 or 1", |value| match value {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        })
    }

    fn integer(&self, index: usize) -> Result<Option<i64>> {
        self.long(index, "an integer", Some)
    }

    fn double(&self, index: usize) -> Result<Option<f64>> {
        self.value(index, "a floating-point number", |value, found| {
            Ok(match found {
                Some(SqliteType::Double | SqliteType::Long) => Some(value.read_double()),
                _ => None,
            })
        })
    }

    fn text(&self, index: usize) -> Result<Option<Cow<'_, str>>> {
        Ok(self.string(index)?.map(Cow::Owned))
    }

    fn string(&self, index: usize) -> Result<Option<String>> {
        self.owned_text(index, "text")
    }

    fn binary(&self, index: usize) -> Result<Option<Cow<'_, [u8]>>> {
        self.value(index, "bytes", |value, found| {
            Ok(match found {
                Some(SqliteType::Binary) => Some(Cow::Owned(value.read_blob().to_vec())),
                _ => None,
            })
        })
    }

    fn decimal(&self, index: usize, scale: u8) -> Result<Option<Decimal>> {
        self.long(
            index,
            "a decimal (an integer that is its value times a power of ten)",
            |value| Decimal::try_new(value, u32::from(scale)).ok(),
        )
    }

    fn date(&self, index: usize) -> Result<Option<NaiveDate>> {
        self.parsed(index, "a date (2024-05-06)", temporal::read_date)
    }

    fn time(&self, index: usize) -> Result<Option<NaiveTime>> {
        self.parsed(index, "a time (12:34:56.000000)", temporal::read_time)
    }

    fn date_time(&self, index: usize) -> Result<Option<NaiveDateTime>> {
        self.parsed(
            index,
            "a date and time (2024-05-06 12:34:56.000000)",
            temporal::read_date_time,
        )
    }

    fn timestamp(&self, index: usize) -> Result<Option<DateTime<Utc>>> {
        self.parsed(
            index,
            "a timestamp (2024-05-06 12:34:56.000000Z)",
            temporal::read_timestamp,
        )
    }

    fn uuid(&self, index: usize) -> Result<Option<Uuid>> {
        self.value(index, "a UUID of 16 bytes", |value, found| match found {
            Some(SqliteType::Binary) => Uuid::from_slice(value.read_blob())
                .map(Some)
                .map_err(|_| decode::invalid(self, index, "a UUID has 16 bytes")),
            _ => Ok(None),
        })
    }

    fn json(&self, index: usize) -> Result<Option<serde_json::Value>> {
        match self.owned_text(index, "a JSON document")? {
            Some(text) => decode::json(self, index, text.as_bytes()).map(Some),
            None => Ok(None),
        }
    }
}
