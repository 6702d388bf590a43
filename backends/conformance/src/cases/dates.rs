//! Dates, times and moments are taken apart, cut and moved alike everywhere. What is expected is computed by chrono.

use birgus::Database;
use birgus::chrono::{Datelike, Months, TimeDelta, Timelike};
use birgus::prelude::*;
use birgus::query::{DateUnit, Expr, Interval, Selection, value};

use crate::Bed;

super::cases![
    parts_of_a_day_around_every_end_of_year,
    parts_of_a_time,
    parts_of_a_moment,
    parts_of_values,
    parts_of_null_are_null,
    a_day_is_truncated,
    a_moment_is_truncated,
    the_first_and_last_moments_are_truncated,
    a_date_is_not_truncated_below_a_day,
    months_end_on_their_last_day,
    days_and_weeks_are_added_to_dates,
    every_unit_is_added_to_moments,
    intervals_may_be_columns,
    intervals_are_taken_away,
    what_leaves_the_years_is_null,
    the_ends_of_the_years_are_reached,
    intervals_of_any_size_give_null,
    a_date_takes_no_hours,
    what_leaves_the_years_can_be_stored_as_null,
    differences_are_cut_towards_zero,
    differences_of_dates,
    differences_over_all_years,
    differences_of_nullable_moments,
    differences_in_calendar_units_are_refused,
    moments_have_a_date_and_a_time,
    a_date_begins_at_midnight,
    results_are_compared_with_columns_and_values,
    results_are_ordered_grouped_and_aggregated,
    results_are_assigned,
];

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

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn at(text: &str) -> NaiveDateTime {
    text.replace(' ', "T").parse().unwrap()
}

const FIRST: &str = "0001-01-01 00:00:00";
const LAST: &str = "9999-12-31 23:59:59.999999";

/// A row for each moment: its parts, and it itself twice.
fn events(bed: &Bed, moments: &[NaiveDateTime]) -> Database {
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

fn of(bed: &Bed, moments: &[&str]) -> Database {
    let moments: Vec<_> = moments.iter().map(|text| at(text)).collect();
    events(bed, &moments)
}

fn of_each<T: birgus::model::ColumnValue>(
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

fn refused<T: birgus::model::ColumnValue>(
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

/// The days around the ends of many years, and around leap days.
fn days() -> Vec<NaiveDate> {
    let mut days = Vec::new();
    for year in [1, 2, 3, 4, 99, 100, 400, 999, 1000, 1581, 1582, 1899, 1900]
        .into_iter()
        .chain(1968..=1972)
        .chain(1999..=2029)
        .chain(9996..=9999)
    {
        for (month, first, last) in [(1, 1, 7), (2, 27, 29), (3, 1, 2), (6, 30, 30), (12, 25, 31)] {
            days.extend((first..=last).filter_map(|day| NaiveDate::from_ymd_opt(year, month, day)));
        }
    }
    days
}

fn parts_of_a_day_around_every_end_of_year(bed: &Bed) {
    let days = days();
    let moments: Vec<_> = days
        .iter()
        .map(|day| day.and_hms_micro_opt(23, 59, 59, 999_999).unwrap())
        .collect();
    let db = events(bed, &moments);
    let check = |part: Expr<i64>,
                 moment: Expr<i64>,
                 instant: Expr<i64>,
                 expected: fn(&NaiveDate) -> u32| {
        let expected: Vec<i64> = days.iter().map(|day| i64::from(expected(day))).collect();
        assert_eq!(of_each(&db, part), expected);
        assert_eq!(of_each(&db, moment), expected);
        assert_eq!(of_each(&db, instant), expected);
    };
    let (day, moment, instant) = (Event::day, Event::moment, Event::instant);
    check(day.year(), moment.year(), instant.year(), |day| {
        day.year().unsigned_abs()
    });
    check(day.quarter(), moment.quarter(), instant.quarter(), |day| {
        day.month0() / 3 + 1
    });
    check(
        day.month(),
        moment.month(),
        instant.month(),
        Datelike::month,
    );
    check(day.week(), moment.week(), instant.week(), |day| {
        day.iso_week().week()
    });
    check(day.day(), moment.day(), instant.day(), Datelike::day);
    check(
        day.day_of_year(),
        moment.day_of_year(),
        instant.day_of_year(),
        Datelike::ordinal,
    );
    check(day.weekday(), moment.weekday(), instant.weekday(), |day| {
        day.weekday().number_from_monday()
    });
}

const TIMES: [&str; 6] = [
    "2024-02-29 00:00:00",
    "2024-02-29 23:59:59.999999",
    "2024-02-29 12:34:56.000001",
    "2024-02-29 01:02:03.5",
    "0001-01-01 09:00:59.999999",
    "9999-12-31 19:59:00.123456",
];

fn parts_of_a_time(bed: &Bed) {
    let db = of(bed, &TIMES);
    let expected = |part: fn(&NaiveDateTime) -> u32| -> Vec<i64> {
        TIMES
            .iter()
            .map(|text| i64::from(part(&at(text))))
            .collect()
    };
    assert_eq!(of_each(&db, Event::clock.hour()), expected(Timelike::hour));
    assert_eq!(
        of_each(&db, Event::clock.minute()),
        expected(Timelike::minute)
    );
    assert_eq!(
        of_each(&db, Event::clock.second()),
        expected(Timelike::second)
    );
    assert_eq!(
        of_each(&db, Event::clock.microsecond()),
        expected(|moment| moment.nanosecond() / 1_000)
    );
}

fn parts_of_a_moment(bed: &Bed) {
    let db = of(bed, &TIMES);
    let both = |moment: Expr<i64>, instant: Expr<i64>, part: fn(&NaiveDateTime) -> u32| {
        let expected: Vec<i64> = TIMES
            .iter()
            .map(|text| i64::from(part(&at(text))))
            .collect();
        assert_eq!(of_each(&db, moment), expected);
        assert_eq!(of_each(&db, instant), expected);
    };
    both(Event::moment.hour(), Event::instant.hour(), Timelike::hour);
    both(
        Event::moment.minute(),
        Event::instant.minute(),
        Timelike::minute,
    );
    both(
        Event::moment.second(),
        Event::instant.second(),
        Timelike::second,
    );
    both(
        Event::moment.microsecond(),
        Event::instant.microsecond(),
        |moment| moment.nanosecond() / 1_000,
    );
}

fn parts_of_values(bed: &Bed) {
    let db = of(bed, &[FIRST]);
    let moment = at("2024-05-06 07:08:09.000010");
    assert_eq!(of_each(&db, value(moment.date()).week()), [19]);
    assert_eq!(of_each(&db, value(moment.time()).hour()), [7]);
    assert_eq!(of_each(&db, value(moment).minute()), [8]);
    assert_eq!(of_each(&db, value(moment).hour()), [7]);
    assert_eq!(of_each(&db, value(moment.and_utc()).microsecond()), [10]);
    assert_eq!(
        of_each(&db, value(moment).truncate(DateUnit::Hour)),
        [at("2024-05-06 07:00:00")]
    );
    assert_eq!(of_each(&db, value(moment).date()), [moment.date()]);
    assert_eq!(of_each(&db, value(moment).time()), [moment.time()]);
    assert_eq!(
        of_each(&db, value(moment.date()).at_midnight()),
        [at("2024-05-06 00:00:00")]
    );
    assert_eq!(
        of_each(&db, value(moment.date()).plus(Interval::days(1))),
        [Some(day("2024-05-07"))]
    );
    assert_eq!(
        of_each(
            &db,
            value(moment).difference(DateUnit::Second, moment - TimeDelta::days(1))
        ),
        [86_400]
    );
}

fn parts_of_null_are_null(bed: &Bed) {
    let db = of(bed, &[FIRST]);
    assert_eq!(of_each(&db, Event::until.year()), [None]);
    assert_eq!(of_each(&db, Event::until.week()), [None]);
    assert_eq!(of_each(&db, Event::until.microsecond()), [None]);
    assert_eq!(
        of_each(&db, Event::until.truncate(DateUnit::Quarter)),
        [None]
    );
    assert_eq!(of_each(&db, Event::until.truncate(DateUnit::Week)), [None]);
    assert_eq!(of_each(&db, Event::until.plus(Interval::months(1))), [None]);
    assert_eq!(
        of_each(&db, Event::until.minus(Interval::seconds(1))),
        [None]
    );
    assert_eq!(
        of_each(&db, Event::moment.plus(Interval::days(Event::maybe))),
        [None]
    );
    assert_eq!(
        of_each(&db, Event::day.minus(Interval::years(Event::maybe))),
        [None]
    );
    assert_eq!(of_each(&db, Event::until.date()), [None]);
    assert_eq!(of_each(&db, Event::until.time()), [None]);
}

fn a_day_is_truncated(bed: &Bed) {
    let db = of(
        bed,
        &[
            "2024-05-16 10:00:00",
            "2023-01-01 00:00:00",
            "0099-12-31 00:00:00",
        ],
    );
    for (unit, expected) in [
        (DateUnit::Year, ["2024-01-01", "2023-01-01", "0099-01-01"]),
        (
            DateUnit::Quarter,
            ["2024-04-01", "2023-01-01", "0099-10-01"],
        ),
        (DateUnit::Month, ["2024-05-01", "2023-01-01", "0099-12-01"]),
        (DateUnit::Week, ["2024-05-13", "2022-12-26", "0099-12-28"]),
        (DateUnit::Day, ["2024-05-16", "2023-01-01", "0099-12-31"]),
    ] {
        assert_eq!(
            of_each(&db, Event::day.truncate(unit)),
            expected.map(day),
            "{unit:?}"
        );
    }
}

fn a_moment_is_truncated(bed: &Bed) {
    let moments = ["2024-08-31 23:59:59.999999", "2024-02-29 00:00:00.000001"];
    let db = of(bed, &moments);
    for (unit, expected) in [
        (
            DateUnit::Year,
            ["2024-01-01 00:00:00", "2024-01-01 00:00:00"],
        ),
        (
            DateUnit::Quarter,
            ["2024-07-01 00:00:00", "2024-01-01 00:00:00"],
        ),
        (
            DateUnit::Month,
            ["2024-08-01 00:00:00", "2024-02-01 00:00:00"],
        ),
        (
            DateUnit::Week,
            ["2024-08-26 00:00:00", "2024-02-26 00:00:00"],
        ),
        (
            DateUnit::Day,
            ["2024-08-31 00:00:00", "2024-02-29 00:00:00"],
        ),
        (
            DateUnit::Hour,
            ["2024-08-31 23:00:00", "2024-02-29 00:00:00"],
        ),
        (
            DateUnit::Minute,
            ["2024-08-31 23:59:00", "2024-02-29 00:00:00"],
        ),
        (
            DateUnit::Second,
            ["2024-08-31 23:59:59", "2024-02-29 00:00:00"],
        ),
        (DateUnit::Microsecond, moments),
    ] {
        let expected = expected.map(at);
        assert_eq!(
            of_each(&db, Event::moment.truncate(unit)),
            expected,
            "{unit:?}"
        );
        assert_eq!(
            of_each(&db, Event::instant.truncate(unit)),
            expected.map(|moment| moment.and_utc()),
            "{unit:?}"
        );
    }
}

fn the_first_and_last_moments_are_truncated(bed: &Bed) {
    let db = of(bed, &[FIRST, LAST]);
    for (unit, last) in [
        (DateUnit::Year, "9999-01-01 00:00:00"),
        (DateUnit::Quarter, "9999-10-01 00:00:00"),
        (DateUnit::Month, "9999-12-01 00:00:00"),
        (DateUnit::Week, "9999-12-27 00:00:00"),
        (DateUnit::Day, "9999-12-31 00:00:00"),
        (DateUnit::Second, "9999-12-31 23:59:59"),
    ] {
        assert_eq!(
            of_each(&db, Event::moment.truncate(unit)),
            [at(FIRST), at(last)],
            "{unit:?}"
        );
    }
}

fn a_date_is_not_truncated_below_a_day(bed: &Bed) {
    let db = of(bed, &[FIRST]);
    let message = refused(&db, Event::day.truncate(DateUnit::Hour));
    assert!(
        message.contains("event.day: a date has no hours"),
        "{message}"
    );
    refused(&db, Event::day.truncate(DateUnit::Microsecond));
}

fn months_end_on_their_last_day(bed: &Bed) {
    let moments = [
        "2024-01-31 12:00:00.5",
        "2023-12-30 00:00:00",
        "2024-02-29 23:59:59.999999",
    ];
    let db = of(bed, &moments);
    for months in [-120_i32, -25, -12, -1, 0, 1, 2, 11, 13, 48] {
        let moved = |text: &&str| {
            let (moment, count) = (at(text), Months::new(months.unsigned_abs()));
            Some(if months < 0 {
                moment - count
            } else {
                moment + count
            })
        };
        let expected: Vec<_> = moments.iter().map(moved).collect();
        let interval = Interval::months(i64::from(months));
        assert_eq!(
            of_each(&db, Event::moment.plus(interval.clone())),
            expected,
            "{months}"
        );
        let instants: Vec<_> = expected
            .iter()
            .map(|at| at.map(|at| at.and_utc()))
            .collect();
        assert_eq!(
            of_each(&db, Event::instant.plus(interval.clone())),
            instants,
            "{months}"
        );
        let dates: Vec<_> = expected.iter().map(|at| at.map(|at| at.date())).collect();
        assert_eq!(of_each(&db, Event::day.plus(interval)), dates, "{months}");
    }
    assert_eq!(
        of_each(&db, Event::day.plus(Interval::years(1))),
        ["2025-01-31", "2024-12-30", "2025-02-28"].map(|text| Some(day(text)))
    );
}

fn days_and_weeks_are_added_to_dates(bed: &Bed) {
    let db = of(bed, &["2024-02-28 23:00:00", "1999-12-31 00:00:00"]);
    for (interval, days) in [
        (Interval::days(1), 1),
        (Interval::days(-366), -366),
        (Interval::weeks(2), 14),
        (Interval::weeks(-1), -7),
        (Interval::days(0), 0),
    ] {
        let expected =
            ["2024-02-28", "1999-12-31"].map(|text| Some(day(text) + TimeDelta::days(days)));
        assert_eq!(of_each(&db, Event::day.plus(interval)), expected);
    }
}

fn every_unit_is_added_to_moments(bed: &Bed) {
    let db = of(bed, &["2024-02-28 23:59:59.999999"]);
    let start = at("2024-02-28 23:59:59.999999");
    for (interval, delta) in [
        (Interval::weeks(1), TimeDelta::weeks(1)),
        (Interval::days(-60), TimeDelta::days(-60)),
        (Interval::hours(25), TimeDelta::hours(25)),
        (Interval::hours(-8_000_000), TimeDelta::hours(-8_000_000)),
        (Interval::minutes(61), TimeDelta::minutes(61)),
        (
            Interval::minutes(-1_000_000_000),
            TimeDelta::minutes(-1_000_000_000),
        ),
        (Interval::seconds(1), TimeDelta::seconds(1)),
        (
            Interval::seconds(50_000_000_001_i64),
            TimeDelta::seconds(50_000_000_001),
        ),
        (Interval::microseconds(1), TimeDelta::microseconds(1)),
        (
            Interval::microseconds(-1_000_000),
            TimeDelta::microseconds(-1_000_000),
        ),
        (
            Interval::microseconds(123_456_789_012_345_679_i64),
            TimeDelta::microseconds(123_456_789_012_345_679),
        ),
        (
            Interval::microseconds(-12_345_678_901_234_567_i64),
            TimeDelta::microseconds(-12_345_678_901_234_567),
        ),
    ] {
        let expected = start + delta;
        assert_eq!(
            of_each(&db, Event::moment.plus(interval.clone())),
            [Some(expected)],
            "{delta}"
        );
        assert_eq!(
            of_each(&db, Event::instant.plus(interval)),
            [Some(expected.and_utc())],
            "{delta}"
        );
    }
}

fn intervals_may_be_columns(bed: &Bed) {
    let db = bed.database(&[Event::info()]);
    let start = at("2024-01-31 00:00:00.000001");
    let row = |number: i64, maybe: Option<i32>| {
        Event::build()
            .day(start.date())
            .clock(start.time())
            .moment(start)
            .instant(start.and_utc())
            .number(number)
            .maybe(maybe)
    };
    Event::insert_many([
        row(1, Some(1)),
        row(-123_456_789_012_345, Some(-13)),
        row(98_765_432_109_876_543, None),
        row(i64::MAX, Some(i32::MAX)),
        row(-i64::MAX, Some(-i32::MAX)),
    ])
    .execute(&db)
    .unwrap();
    let micros = |number: i64| Some(start + TimeDelta::microseconds(number));
    assert_eq!(
        of_each(
            &db,
            Event::moment.plus(Interval::microseconds(Event::number))
        ),
        [
            micros(1),
            micros(-123_456_789_012_345),
            micros(98_765_432_109_876_543),
            None,
            None
        ]
    );
    let dates = ["2024-02-29", "2022-12-31"].map(|text| Some(day(text)));
    assert_eq!(
        of_each(&db, Event::day.plus(Interval::months(Event::maybe))),
        [dates[0], dates[1], None, None, None]
    );
    let back = ["2023-12-31", "2025-02-28"].map(|text| Some(day(text)));
    assert_eq!(
        of_each(&db, Event::day.minus(Interval::months(Event::maybe))),
        [back[0], back[1], None, None, None]
    );
    for interval in [
        Interval::years(Event::number),
        Interval::days(Event::number),
        Interval::hours(Event::number),
        Interval::minutes(Event::number),
        Interval::seconds(Event::number),
    ] {
        let found = of_each(&db, Event::instant.plus(interval.clone()));
        assert!(found[0].is_some(), "{interval:?}");
        assert_eq!(found[3..], [None, None], "{interval:?}");
    }
}

fn intervals_are_taken_away(bed: &Bed) {
    let db = of(bed, &["2024-03-31 00:00:00"]);
    assert_eq!(
        of_each(&db, Event::day.minus(Interval::months(1))),
        [Some(day("2024-02-29"))]
    );
    assert_eq!(
        of_each(&db, Event::moment.minus(Interval::microseconds(1))),
        [Some(at("2024-03-30 23:59:59.999999"))]
    );
    assert_eq!(
        of_each(
            &db,
            Event::moment
                .plus(Interval::years(1))
                .minus(Interval::hours(1))
        ),
        [Some(at("2025-03-30 23:00:00"))]
    );
}

fn what_leaves_the_years_is_null(bed: &Bed) {
    let db = of(bed, &[FIRST, LAST]);
    let first = Some(at("0001-01-01 00:00:00"));
    let last = Some(at(LAST));
    for interval in [
        Interval::years(1),
        Interval::months(1),
        Interval::weeks(1),
        Interval::days(1),
        Interval::hours(1),
        Interval::minutes(1),
        Interval::seconds(1),
        Interval::microseconds(1),
    ] {
        let later = of_each(&db, Event::moment.plus(interval.clone()));
        assert!(
            later[0] > first && later[1].is_none(),
            "{interval:?}: {later:?}"
        );
        let earlier = of_each(&db, Event::moment.minus(interval.clone()));
        assert!(
            earlier[0].is_none() && earlier[1] < last,
            "{interval:?}: {earlier:?}"
        );
        let later = of_each(&db, Event::instant.plus(interval.clone()));
        assert!(later[0].is_some() && later[1].is_none(), "{interval:?}");
        let earlier = of_each(&db, Event::instant.minus(interval.clone()));
        assert!(earlier[0].is_none() && earlier[1].is_some(), "{interval:?}");
    }
    for interval in [
        Interval::years(1),
        Interval::months(1),
        Interval::weeks(1),
        Interval::days(1),
    ] {
        let later = of_each(&db, Event::day.plus(interval.clone()));
        assert!(later[0].is_some() && later[1].is_none(), "{interval:?}");
        let earlier = of_each(&db, Event::day.minus(interval.clone()));
        assert!(earlier[0].is_none() && earlier[1].is_some(), "{interval:?}");
    }
}

fn the_ends_of_the_years_are_reached(bed: &Bed) {
    let db = of(bed, &[FIRST, LAST]);
    let span = (at(LAST) - at(FIRST)).num_microseconds().unwrap();
    assert_eq!(
        of_each(&db, Event::moment.plus(Interval::microseconds(span)))[0],
        Some(at(LAST))
    );
    assert_eq!(
        of_each(&db, Event::moment.minus(Interval::microseconds(span)))[1],
        Some(at(FIRST))
    );
    assert_eq!(
        of_each(&db, Event::day.plus(Interval::days(3_652_058)))[0],
        Some(day("9999-12-31"))
    );
    assert_eq!(
        of_each(&db, Event::day.minus(Interval::days(3_652_058)))[1],
        Some(day("0001-01-01"))
    );
    assert_eq!(
        of_each(&db, Event::day.plus(Interval::months(119_987)))[0],
        Some(day("9999-12-01"))
    );
    assert_eq!(
        of_each(&db, Event::day.minus(Interval::years(9_998)))[1],
        Some(day("0001-12-31"))
    );
}

fn intervals_of_any_size_give_null(bed: &Bed) {
    let db = of(bed, &["2024-03-31 00:00:00"]);
    for number in [i64::MAX, i64::MIN, 1 << 40, -(1 << 33)] {
        for interval in [
            Interval::years(number),
            Interval::months(number),
            Interval::weeks(number),
            Interval::days(number),
        ] {
            assert_eq!(
                of_each(&db, Event::day.plus(interval.clone())),
                [None],
                "{interval:?}"
            );
            assert_eq!(
                of_each(&db, Event::instant.minus(interval.clone())),
                [None],
                "{interval:?}"
            );
        }
    }
    for number in [i64::MAX, i64::MIN, 1 << 60] {
        for interval in [
            Interval::hours(number),
            Interval::minutes(number),
            Interval::seconds(number),
            Interval::microseconds(number),
        ] {
            assert_eq!(
                of_each(&db, Event::moment.plus(interval.clone())),
                [None],
                "{interval:?}"
            );
            assert_eq!(
                of_each(&db, Event::moment.minus(interval.clone())),
                [None],
                "{interval:?}"
            );
        }
    }
}

fn a_date_takes_no_hours(bed: &Bed) {
    let db = of(bed, &[FIRST]);
    for interval in [
        Interval::hours(24),
        Interval::minutes(1),
        Interval::seconds(Event::number),
        Interval::microseconds(0),
    ] {
        let message = refused(&db, Event::day.plus(interval));
        assert!(message.contains("event.day: a date has no"), "{message}");
        assert!(message.contains("at_midnight"), "{message}");
    }
}

fn what_leaves_the_years_can_be_stored_as_null(bed: &Bed) {
    let db = of(bed, &[LAST, FIRST, "2024-01-31 00:00:00"]);
    let update = |value: Expr<Option<NaiveDateTime>>| {
        assert_eq!(
            Event::query().update(Event::until.set(value), &db).unwrap(),
            3
        );
        of_each(&db, Event::until)
    };
    let later = update(Event::moment.plus(Interval::days(1)));
    assert_eq!(
        later,
        [
            None,
            Some(at("0001-01-02 00:00:00")),
            Some(at("2024-02-01 00:00:00"))
        ]
    );
    let later = update(Event::moment.minus(Interval::months(1)));
    assert_eq!(
        later,
        [
            Some(at("9999-11-30 23:59:59.999999")),
            None,
            Some(at("2023-12-31 00:00:00"))
        ]
    );
    let later = update(Event::moment.plus(Interval::seconds(Event::number + 1)));
    assert_eq!(later[0], None);
}

fn differences_are_cut_towards_zero(bed: &Bed) {
    let db = bed.database(&[Event::info()]);
    let pairs = [
        ("2024-03-01 00:00:00", "2024-02-28 00:00:00.000001"),
        ("2024-02-28 00:00:00.000001", "2024-03-01 00:00:00"),
        ("2024-01-15 00:00:00", "2024-01-01 00:00:00"),
        ("2024-01-14 23:59:59.999999", "2024-01-01 00:00:00"),
        ("2024-01-01 10:00:00.25", "2024-01-01 10:00:00.75"),
        ("2024-01-01 10:00:00", "2024-01-01 10:00:00"),
        ("1969-12-31 23:59:59.999999", "1970-01-01 00:00:00"),
        ("2024-01-01 09:00:00.5", "2024-01-01 10:00:00"),
    ];
    let rows = pairs.map(|(a, b)| {
        Event::build()
            .day(at(a).date())
            .clock(at(a).time())
            .moment(at(a))
            .instant(at(a).and_utc())
            .until(Some(at(b)))
    });
    Event::insert_many(rows).execute(&db).unwrap();
    for (unit, size) in UNITS {
        let expected = pairs.map(|(a, b)| Some((at(a) - at(b)).num_microseconds().unwrap() / size));
        assert_eq!(
            of_each(&db, Event::moment.difference(unit, Event::until)),
            expected,
            "{unit:?}"
        );
        let reversed = expected.map(|number| number.map(|number| -number));
        assert_eq!(
            of_each(&db, Event::until.difference(unit, Event::moment)),
            reversed,
            "{unit:?}"
        );
        let since = at("2024-01-01 00:00:00.000002");
        let expected = pairs.map(|(a, _)| (at(a) - since).num_microseconds().unwrap() / size);
        assert_eq!(
            of_each(&db, Event::instant.difference(unit, since.and_utc())),
            expected,
            "{unit:?}"
        );
    }
}

const UNITS: [(DateUnit, i64); 6] = [
    (DateUnit::Week, 604_800_000_000),
    (DateUnit::Day, 86_400_000_000),
    (DateUnit::Hour, 3_600_000_000),
    (DateUnit::Minute, 60_000_000),
    (DateUnit::Second, 1_000_000),
    (DateUnit::Microsecond, 1),
];

fn differences_of_dates(bed: &Bed) {
    let db = of(bed, &["2024-03-01 12:00:00", "2023-12-31 00:00:00"]);
    for (unit, size) in UNITS {
        let since = day("2024-01-15");
        let expected = ["2024-03-01", "2023-12-31"]
            .map(|text| (day(text) - since).num_microseconds().unwrap() / size);
        assert_eq!(
            of_each(&db, Event::day.difference(unit, since)),
            expected,
            "{unit:?}"
        );
        assert_eq!(
            of_each(&db, value(since).difference(unit, Event::day)),
            expected.map(|number| -number),
            "{unit:?}"
        );
    }
}

fn differences_over_all_years(bed: &Bed) {
    let db = of(bed, &[LAST]);
    let span = (at(LAST) - at(FIRST)).num_microseconds().unwrap();
    for (unit, size) in UNITS {
        assert_eq!(
            of_each(&db, Event::moment.difference(unit, at(FIRST))),
            [span / size],
            "{unit:?}"
        );
        assert_eq!(
            of_each(
                &db,
                value(at(FIRST).and_utc()).difference(unit, Event::instant)
            ),
            [-span / size],
            "{unit:?}"
        );
    }
}

fn differences_of_nullable_moments(bed: &Bed) {
    let db = of(bed, &[FIRST]);
    let none = [None::<i64>];
    assert_eq!(
        of_each(&db, Event::until.difference(DateUnit::Day, Event::moment)),
        none
    );
    assert_eq!(
        of_each(&db, Event::moment.difference(DateUnit::Day, Event::until)),
        none
    );
    assert_eq!(
        of_each(&db, Event::until.difference(DateUnit::Second, at(LAST))),
        none
    );
}

fn differences_in_calendar_units_are_refused(bed: &Bed) {
    let db = of(bed, &[FIRST]);
    for unit in [DateUnit::Month, DateUnit::Quarter, DateUnit::Year] {
        let message = refused(&db, Event::moment.difference(unit, at(LAST)));
        assert!(
            message.contains("event.moment: a difference in"),
            "{message}"
        );
        assert!(message.contains("take weeks"), "{message}");
    }
}

fn moments_have_a_date_and_a_time(bed: &Bed) {
    let db = of(bed, &TIMES);
    let dates = TIMES.map(|text| at(text).date());
    let times = TIMES.map(|text| at(text).time());
    assert_eq!(of_each(&db, Event::moment.date()), dates);
    assert_eq!(of_each(&db, Event::instant.date()), dates);
    assert_eq!(of_each(&db, Event::moment.time()), times);
    assert_eq!(of_each(&db, Event::instant.time()), times);
}

fn a_date_begins_at_midnight(bed: &Bed) {
    let db = of(bed, &[FIRST, LAST]);
    assert_eq!(
        of_each(&db, Event::day.at_midnight()),
        ["0001-01-01 00:00:00", "9999-12-31 00:00:00"].map(at)
    );
    assert_eq!(
        of_each(&db, Event::day.at_midnight().plus(Interval::minutes(90)))[0],
        Some(at("0001-01-01 01:30:00"))
    );
}

fn results_are_compared_with_columns_and_values(bed: &Bed) {
    let db = of(bed, &["2024-02-29 10:00:00", "2024-03-01 00:00:00"]);
    let kept = |condition: Expr<bool>| -> Vec<i64> {
        Event::query()
            .filter(condition)
            .order_by(Event::id.asc())
            .pluck(Event::id, &db)
            .unwrap()
    };
    assert_eq!(kept(Event::moment.date().eq(Event::day)), [1, 2]);
    assert_eq!(kept(Event::moment.time().eq(Event::clock)), [1, 2]);
    assert_eq!(kept(Event::day.at_midnight().eq(Event::moment)), [2]);
    assert_eq!(kept(Event::day.at_midnight().lt(Event::moment)), [1]);
    assert_eq!(
        kept(
            Event::moment
                .truncate(DateUnit::Day)
                .eq(at("2024-02-29 00:00:00"))
        ),
        [1]
    );
    assert_eq!(
        kept(Event::moment.truncate(DateUnit::Day).eq(Event::moment)),
        [2]
    );
    assert_eq!(
        kept(Event::day.plus(Interval::days(1)).eq(day("2024-03-01"))),
        [1]
    );
    assert_eq!(
        kept(Event::day.plus(Interval::days(1)).in_([day("2024-03-02")])),
        [2]
    );
    assert_eq!(
        kept(Event::instant.minus(Interval::hours(1)).lt(Event::instant)),
        [1, 2]
    );
    assert_eq!(
        kept(Event::instant.plus(Interval::years(9_000)).is_null()),
        [1, 2]
    );
    assert_eq!(
        kept(
            Event::moment
                .date()
                .between(day("2024-03-01"), day("2024-03-02"))
        ),
        [2]
    );
    assert_eq!(kept(Event::day.month().eq(3)), [2]);
}

fn results_are_ordered_grouped_and_aggregated(bed: &Bed) {
    let db = of(
        bed,
        &[
            "2024-02-29 10:00:00",
            "2024-01-01 00:00:00",
            "2024-02-01 23:00:00",
            "2023-02-01 00:00:00",
        ],
    );
    let month = || Event::instant.truncate(DateUnit::Month);
    let months = Event::query()
        .group_by(month())
        .order_by(month().desc())
        .select((month(), Event::id.count()))
        .all(&db)
        .unwrap();
    let expected = [
        ("2024-02-01 00:00:00", 2),
        ("2024-01-01 00:00:00", 1),
        ("2023-02-01 00:00:00", 1),
    ];
    assert_eq!(
        months,
        expected.map(|(text, count)| (at(text).and_utc(), count))
    );
    let years = Event::query()
        .group_by(Event::day.year())
        .order_by(Event::day.year().asc())
        .select((Event::day.year(), Event::moment.time().max()))
        .all(&db)
        .unwrap();
    let time = |hour| NaiveTime::from_hms_opt(hour, 0, 0);
    assert_eq!(years, [(2023, time(0)), (2024, time(23))]);
    let last = Event::query()
        .select(Event::day.plus(Interval::days(1)).max())
        .one(&db)
        .unwrap();
    assert_eq!(last, Some(day("2024-03-01")));
    let days: Vec<i64> = Event::query()
        .order_by(Event::moment.date().asc())
        .pluck(Event::id, &db)
        .unwrap();
    assert_eq!(days, [4, 2, 3, 1]);
}

fn results_are_assigned(bed: &Bed) {
    let db = of(bed, &["2024-02-29 10:11:12.131415"]);
    let changed = Event::query().update(
        [
            Event::day.set(
                Event::moment
                    .date()
                    .plus(Interval::years(1))
                    .coalesce(Event::day),
            ),
            Event::clock.set(Event::moment.truncate(DateUnit::Hour).time()),
            Event::moment.set(Event::moment.truncate(DateUnit::Week)),
            Event::instant.set(
                Event::instant
                    .minus(Interval::seconds(2))
                    .coalesce(Event::instant),
            ),
            Event::number.set(Event::day.day_of_year()),
        ],
        &db,
    );
    assert_eq!(changed.unwrap(), 1);
    let event = Event::query().one(&db).unwrap();
    assert_eq!(event.day, day("2025-02-28"));
    assert_eq!(event.clock, at("2024-02-29 10:00:00").time());
    assert_eq!(event.moment, at("2024-02-26 00:00:00"));
    assert_eq!(event.instant, at("2024-02-29 10:11:10.131415").and_utc());
    assert_eq!(event.number, 60);
}
