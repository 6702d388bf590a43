//! Parts, beginnings of units, dates and times of moments.

use birgus::chrono::{Datelike, TimeDelta, Timelike};
use birgus::prelude::*;
use birgus::query::{DateUnit, Expr, Interval, value};

use super::{Event, FIRST, LAST, TIMES, at, day, events, of, of_each, refused};
use crate::Bed;

super::super::cases![
    parts_of_a_day_around_every_end_of_year,
    parts_of_a_time,
    parts_of_a_moment,
    parts_of_values,
    parts_of_null_are_null,
    a_day_is_truncated,
    a_moment_is_truncated,
    the_first_and_last_moments_are_truncated,
    a_date_is_not_truncated_below_a_day,
    moments_have_a_date_and_a_time,
    a_date_begins_at_midnight,
];

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
