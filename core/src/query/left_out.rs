//! The columns that a query does not read, and rows as they are seen then.

use std::borrow::Cow;

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, Utc};
use rust_decimal::Decimal;
use uuid::Uuid;

use crate::Result;
use crate::backend::Row;
use crate::model::{Deferral, ModelInfo};

/// The columns of a row that are not read, by their places among what is selected. In the place of each stands NULL, so
/// that the others keep theirs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct LeftOut(Vec<usize>);

impl LeftOut {
    /// Those that the model says are left out.
    pub(crate) fn by_default(model: &ModelInfo) -> Self {
        let fields = model.fields.iter().enumerate();
        let left_out = fields.filter(|(_, field)| field.deferral == Deferral::ByDefault);
        Self(left_out.map(|(position, _)| position).collect())
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn contains(&self, place: usize) -> bool {
        self.0.contains(&place)
    }

    pub(crate) fn insert(&mut self, place: usize) {
        // In order, so that two sets of the same places are equal.
        if let Err(at) = self.0.binary_search(&place) {
            self.0.insert(at, place);
        }
    }

    pub(crate) fn remove(&mut self, place: usize) {
        self.0.retain(|known| *known != place);
    }

    /// Adds those of a model whose first column is at `at`.
    pub(crate) fn extend(&mut self, others: &Self, at: usize) {
        for place in &others.0 {
            self.insert(at + place);
        }
    }

    /// Hands a row to `read` as it is to be seen when these columns of a model are not in it, whose first column is at
    /// `at`: fields of the type `Deferred` find out that theirs was not read. Nothing changes for other columns of the
    /// row.
    pub(crate) fn seen<T>(&self, row: &dyn Row, at: usize, read: impl FnOnce(&dyn Row) -> T) -> T {
        if self.is_empty() {
            return read(row);
        }
        read(&Seen {
            row,
            at,
            left_out: self,
        })
    }
}

/// A row that knows which of its columns were not read.
struct Seen<'a> {
    row: &'a dyn Row,
    at: usize,
    left_out: &'a LeftOut,
}

macro_rules! as_it_is {
    ($($getter:ident -> $type:ty;)*) => {$(
        fn $getter(&self, index: usize) -> Result<Option<$type>> {
            self.row.$getter(index)
        }
    )*};
}

impl Row for Seen<'_> {
    fn is_left_out(&self, index: usize) -> bool {
        let place = index.checked_sub(self.at);
        place.is_some_and(|place| self.left_out.contains(place)) || self.row.is_left_out(index)
    }

    fn column_count(&self) -> usize {
        self.row.column_count()
    }

    fn column_name(&self, index: usize) -> Option<Cow<'_, str>> {
        self.row.column_name(index)
    }

    as_it_is! {
        boolean -> bool;
        integer -> i64;
        double -> f64;
        text -> Cow<'_, str>;
        string -> String;
        binary -> Cow<'_, [u8]>;
        date -> NaiveDate;
        time -> NaiveTime;
        date_time -> NaiveDateTime;
        timestamp -> DateTime<Utc>;
        uuid -> Uuid;
        json -> serde_json::Value;
    }

    fn decimal(&self, index: usize, scale: u8) -> Result<Option<Decimal>> {
        self.row.decimal(index, scale)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Value;
    use crate::model::ValuesRow;

    #[test]
    fn places_count_from_the_models_first_column() {
        let values = [1, 2, 3, 4].map(Value::Integer);
        let row = ValuesRow(&values);
        let mut left_out = LeftOut::default();
        left_out.insert(1);
        left_out.insert(0);
        left_out.insert(1);
        assert_eq!(left_out, LeftOut(vec![0, 1]));
        left_out.remove(0);
        let seen: Vec<bool> = left_out.seen(&row, 2, |row| {
            assert_eq!(row.integer(3).ok().flatten(), Some(4));
            (0..4).map(|index| row.is_left_out(index)).collect()
        });
        assert_eq!(seen, [false, false, false, true]);
        // A row inside of another: what either leaves out is not there.
        let both = left_out.seen(&row, 0, |row| {
            left_out.seen(row, 2, |row| [1, 2, 3].map(|index| row.is_left_out(index)))
        });
        assert_eq!(both, [true, false, true]);
    }
}
