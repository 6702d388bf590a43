//! Intervals are added and taken away.

use birgus::chrono::{Months, TimeDelta};
use birgus::prelude::*;
use birgus::query::{Expr, Interval};

use super::{Event, FIRST, LAST, at, day, of, of_each, refused};
use crate::Bed;

super::super::cases![
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
];

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
