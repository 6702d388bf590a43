//! Dates, times and moments are taken apart, cut and moved alike everywhere. What is expected is computed by chrono.

mod differences;
mod intervals;
mod parts;
mod results;

use birgus::Database;
use birgus::prelude::*;
use birgus::query::{Expr, Selection};

use crate::{Bed, Case};

pub(super) fn cases() -> Vec<Case> {
    [
        parts::cases(),
        intervals::cases(),
        differences::cases(),
        results::cases(),
    ]
    .concat()
}

#[derive(Model, Debug, Clone, PartialEq)]
#[model(register = false)]
pub(super) struct Event {
    #[key]
    pub id: i64,
    pub day: NaiveDate,
    pub clock: NaiveTime,
    pub moment: NaiveDateTime,
    pub instant: DateTime<Utc>,
    pub until: Option<NaiveDateTime>,
    #[column(default = 0)]
    pub number: i64,
    pub maybe: Option<i32>,
}

pub(super) fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

pub(super) fn at(text: &str) -> NaiveDateTime {
    text.replace(' ', "T").parse().unwrap()
}

pub(super) const FIRST: &str = "0001-01-01 00:00:00";

pub(super) const LAST: &str = "9999-12-31 23:59:59.999999";

/// A row for each moment: its parts, and it itself twice.
pub(super) fn events(bed: &Bed, moments: &[NaiveDateTime]) -> Database {
    let db = bed.database(&[Event::info()]);
    for block in moments.chunks(500) {
        let rows = block.iter().map(|moment| {
            Event::build()
                .day(moment.date())
                .clock(moment.time())
                .moment(*moment)
                .instant(moment.and_utc())
        });
        Event::insert_many(rows).execute(&db).unwrap();
    }
    db
}

pub(super) fn of(bed: &Bed, moments: &[&str]) -> Database {
    let moments: Vec<_> = moments.iter().map(|text| at(text)).collect();
    events(bed, &moments)
}

pub(super) fn of_each<T: birgus::model::ColumnValue>(
    db: &Database,
    expression: impl Expression<Value = T>,
) -> Vec<T>
where
    Expr<T>: Selection<Output = T>,
{
    Event::query()
        .order_by(Event::id.asc())
        .select(expression.into_expr())
        .all(db)
        .unwrap()
}

pub(super) fn refused<T: birgus::model::ColumnValue>(
    db: &Database,
    expression: impl Expression<Value = T>,
) -> String
where
    Expr<T>: Selection<Output = T>,
{
    let error = Event::query()
        .select(expression.into_expr())
        .all(db)
        .err()
        .unwrap();
    assert!(error.is_invalid_query(), "{error}");
    error.to_string()
}

pub(super) const TIMES: [&str; 6] = [
    "2024-02-29 00:00:00",
    "2024-02-29 23:59:59.999999",
    "2024-02-29 12:34:56.000001",
    "2024-02-29 01:02:03.5",
    "0001-01-01 09:00:59.999999",
    "9999-12-31 19:59:00.123456",
];
