//! One row of a result.

use std::borrow::Cow;

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, Utc};
use rust_decimal::Decimal;
use uuid::Uuid;

use crate::Result;

/// One row of a result. Columns count from 0.
///
/// Each getter gives `None` for NULL. It MUST fail (`is_decode()`) on a value of another kind instead of converting
/// it: `"12"` is not the number 12. What an engine has no type for, it gives in the form it was bound in: SQLite
/// keeps a boolean as 0 or 1, so `boolean` reads those.
pub trait Row {
    /// How many columns there are.
    fn column_count(&self) -> usize;

    /// The column's name; `None` past the last one.
    fn column_name(&self, index: usize) -> Option<Cow<'_, str>>;

    /// Whether the query left the column out, and something else stands in its place. No driver's rows do; a row of a
    /// query with [`Query::defer`](crate::Query::defer) is seen through one that does.
    #[doc(hidden)]
    fn is_left_out(&self, index: usize) -> bool {
        let _ = index;
        false
    }

    /// A truth value; 0 and 1 on engines without the type, and wherever the engine computes one as a number.
    ///
    /// # Errors
    ///
    /// `is_decode()`
    fn boolean(&self, index: usize) -> Result<Option<bool>>;

    /// A whole number of any width.
    ///
    /// # Errors
    ///
    /// `is_decode()`
    fn integer(&self, index: usize) -> Result<Option<i64>>;

    /// A floating-point number. Whole numbers are taken too where the engine gives them for one (SQLite's `1.0`).
    ///
    /// # Errors
    ///
    /// `is_decode()`
    fn double(&self, index: usize) -> Result<Option<f64>>;

    /// A text, borrowed where the engine's buffer allows it.
    ///
    /// # Errors
    ///
    /// `is_decode()`
    fn text(&self, index: usize) -> Result<Option<Cow<'_, str>>>;

    /// A text to keep: [`Row::text`] for a driver whose buffer lends nothing.
    ///
    /// # Errors
    ///
    /// `is_decode()`
    fn string(&self, index: usize) -> Result<Option<String>> {
        Ok(self.text(index)?.map(Cow::into_owned))
    }

    /// Bytes, borrowed where the engine's buffer allows it.
    ///
    /// # Errors
    ///
    /// `is_decode()`
    fn binary(&self, index: usize) -> Result<Option<Cow<'_, [u8]>>>;

    /// An exact number of the given scale. An engine that stores it as a scaled whole number needs the scale; the
    /// others may ignore it. The result always has that scale.
    ///
    /// # Errors
    ///
    /// `is_decode()`
    fn decimal(&self, index: usize, scale: u8) -> Result<Option<Decimal>>;

    /// A day.
    ///
    /// # Errors
    ///
    /// `is_decode()`
    fn date(&self, index: usize) -> Result<Option<NaiveDate>>;

    /// A time of day.
    ///
    /// # Errors
    ///
    /// `is_decode()`
    fn time(&self, index: usize) -> Result<Option<NaiveTime>>;

    /// A day and time of no zone.
    ///
    /// # Errors
    ///
    /// `is_decode()`
    fn date_time(&self, index: usize) -> Result<Option<NaiveDateTime>>;

    /// An instant.
    ///
    /// # Errors
    ///
    /// `is_decode()`
    fn timestamp(&self, index: usize) -> Result<Option<DateTime<Utc>>>;

    /// A UUID.
    ///
    /// # Errors
    ///
    /// `is_decode()`
    fn uuid(&self, index: usize) -> Result<Option<Uuid>>;

    /// A JSON document, parsed.
    ///
    /// # Errors
    ///
    /// `is_decode()`
    fn json(&self, index: usize) -> Result<Option<serde_json::Value>>;
}
