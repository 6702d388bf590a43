//! Values with names, as a row of raw SQL has them.

use std::borrow::Cow;

use birgus::backend::Row;
use birgus::chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, Utc};
use birgus::model::ValuesRow;
use birgus::rust_decimal::Decimal;
use birgus::uuid::Uuid;
use birgus::{Result, Value};

/// A row of named values.
pub(crate) struct NamedRow<'a>(pub(crate) &'a [(&'a str, Value)]);

impl NamedRow<'_> {
    fn value(&self, index: usize) -> [Value; 1] {
        [self.0[index].1.clone()]
    }
}

macro_rules! getters {
    ($($getter:ident $type:ty;)*) => {$(
        fn $getter(&self, index: usize) -> Result<Option<$type>> {
            ValuesRow(&self.value(index)).$getter(0)
        }
    )*};
}

impl Row for NamedRow<'_> {
    fn column_count(&self) -> usize {
        self.0.len()
    }

    fn column_name(&self, index: usize) -> Option<Cow<'_, str>> {
        self.0.get(index).map(|(name, _)| Cow::Borrowed(*name))
    }

    getters! {
        boolean bool;
        integer i64;
        double f64;
        date NaiveDate;
        time NaiveTime;
        date_time NaiveDateTime;
        timestamp DateTime<Utc>;
        uuid Uuid;
        json serde_json::Value;
    }

    fn text(&self, index: usize) -> Result<Option<Cow<'_, str>>> {
        let value = self.value(index);
        let text = ValuesRow(&value).text(0)?.map(Cow::into_owned);
        Ok(text.map(Cow::Owned))
    }

    fn binary(&self, index: usize) -> Result<Option<Cow<'_, [u8]>>> {
        let value = self.value(index);
        let bytes = ValuesRow(&value).binary(0)?.map(Cow::into_owned);
        Ok(bytes.map(Cow::Owned))
    }

    fn decimal(&self, index: usize, scale: u8) -> Result<Option<Decimal>> {
        ValuesRow(&self.value(index)).decimal(0, scale)
    }
}
