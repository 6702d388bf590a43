//! Whole units between two dates or moments.

use birgus::prelude::*;
use birgus::query::{DateUnit, value};

use super::{Event, FIRST, LAST, at, day, of, of_each, refused};
use crate::Bed;

super::super::cases![
    differences_are_cut_towards_zero,
    differences_of_dates,
    differences_over_all_years,
    differences_of_nullable_moments,
    differences_in_calendar_units_are_refused,
];

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
