//! A row of one number.

use std::borrow::Cow;

use birgus::backend::Row;
use birgus::prelude::*;
use birgus::{Error, Result};

pub(crate) struct Number(pub(crate) i64);

fn other<T>() -> Result<Option<T>> {
    Err(Error::decode("column `number`: a whole number"))
}

impl Row for Number {
    fn column_count(&self) -> usize {
        1
    }

    fn column_name(&self, index: usize) -> Option<Cow<'_, str>> {
        (index == 0).then_some(Cow::Borrowed("number"))
    }

    fn integer(&self, index: usize) -> Result<Option<i64>> {
        if index == 0 {
            Ok(Some(self.0))
        } else {
            other()
        }
    }

    fn boolean(&self, _index: usize) -> Result<Option<bool>> {
        other()
    }

    fn double(&self, _index: usize) -> Result<Option<f64>> {
        other()
    }

    fn text(&self, _index: usize) -> Result<Option<Cow<'_, str>>> {
        other()
    }

    fn binary(&self, _index: usize) -> Result<Option<Cow<'_, [u8]>>> {
        other()
    }

    fn decimal(&self, _index: usize, _scale: u8) -> Result<Option<Decimal>> {
        other()
    }

    fn date(&self, _index: usize) -> Result<Option<NaiveDate>> {
        other()
    }

    fn time(&self, _index: usize) -> Result<Option<NaiveTime>> {
        other()
    }

    fn date_time(&self, _index: usize) -> Result<Option<NaiveDateTime>> {
        other()
    }

    fn timestamp(&self, _index: usize) -> Result<Option<DateTime<Utc>>> {
        other()
    }

    fn uuid(&self, _index: usize) -> Result<Option<Uuid>> {
        other()
    }

    fn json(&self, _index: usize) -> Result<Option<serde_json::Value>> {
        other()
    }
}
