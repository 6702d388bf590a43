//! Dates, times and moments.

use super::golden::check;
use super::models::Post;
use birgus::prelude::*;
use birgus::query::{DateUnit, Interval};

#[test]
fn dates() {
    check(
        "dates",
        &[
            ("parts of a day", &|dialect| {
                Post::query()
                    .select((
                        Post::day.year(),
                        Post::day.quarter(),
                        Post::day.month(),
                        Post::day.week(),
                        Post::day.day(),
                        Post::day.day_of_year(),
                        Post::day.weekday(),
                    ))
                    .to_sql(dialect)
            }),
            ("parts of a time", &|dialect| {
                Post::query()
                    .select((
                        Post::clock.hour(),
                        Post::clock.minute(),
                        Post::clock.second(),
                        Post::clock.microsecond(),
                    ))
                    .to_sql(dialect)
            }),
            ("truncated day", &|dialect| {
                Post::query()
                    .select((
                        Post::day.truncate(DateUnit::Year),
                        Post::day.truncate(DateUnit::Week),
                        Post::day.truncate(DateUnit::Day),
                    ))
                    .to_sql(dialect)
            }),
            ("truncated moment", &|dialect| {
                Post::query()
                    .select((
                        Post::moment.truncate(DateUnit::Quarter),
                        Post::written.truncate(DateUnit::Month),
                        Post::moment.truncate(DateUnit::Minute),
                        Post::moment.truncate(DateUnit::Microsecond),
                    ))
                    .to_sql(dialect)
            }),
            ("days and months added to a date", &|dialect| {
                Post::query()
                    .select((
                        Post::day.plus(Interval::days(7)),
                        Post::day.minus(Interval::months(1)),
                    ))
                    .to_sql(dialect)
            }),
            ("hours and microseconds added to moments", &|dialect| {
                Post::query()
                    .select((
                        Post::moment.plus(Interval::hours(7)),
                        Post::written.minus(Interval::microseconds(90_000_000_001_i64)),
                    ))
                    .to_sql(dialect)
            }),
            ("a column of weeks", &|dialect| {
                Post::query()
                    .select((
                        Post::day.plus(Interval::weeks(Post::likes)),
                        Post::written.plus(Interval::years(Post::likes)),
                        Post::written.plus(Interval::microseconds(Post::id)),
                    ))
                    .to_sql(dialect)
            }),
            ("differences", &|dialect| {
                Post::query()
                    .select((
                        Post::day.difference(DateUnit::Week, NaiveDate::default()),
                        Post::moment.difference(DateUnit::Hour, Post::moment),
                        Post::written.difference(DateUnit::Microsecond, Post::written),
                    ))
                    .to_sql(dialect)
            }),
            ("differences of dates", &|dialect| {
                Post::query()
                    .select((
                        Post::day.difference(DateUnit::Week, Post::day),
                        Post::day.difference(DateUnit::Day, Post::day),
                        Post::day.difference(DateUnit::Second, Post::day),
                    ))
                    .to_sql(dialect)
            }),
            ("dates and times of moments", &|dialect| {
                Post::query()
                    .select((
                        Post::moment.date(),
                        Post::written.time(),
                        Post::day.at_midnight(),
                    ))
                    .to_sql(dialect)
            }),
            ("grouped by month", &|dialect| {
                Post::query()
                    .group_by(Post::written.truncate(DateUnit::Month))
                    .order_by(Post::written.truncate(DateUnit::Month).desc())
                    .select((Post::written.truncate(DateUnit::Month), Post::id.count()))
                    .to_sql(dialect)
            }),
            ("hours of a date", &|dialect| {
                Post::query()
                    .select(Post::day.plus(Interval::hours(1)))
                    .to_sql(dialect)
            }),
            ("a date truncated to hours", &|dialect| {
                Post::query()
                    .select(Post::day.truncate(DateUnit::Hour))
                    .to_sql(dialect)
            }),
            ("a difference in months", &|dialect| {
                Post::query()
                    .select(Post::day.difference(DateUnit::Month, Post::day))
                    .to_sql(dialect)
            }),
        ],
    );
}
