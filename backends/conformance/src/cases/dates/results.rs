//! What comes out is compared, ordered, grouped, aggregated and assigned.

use birgus::prelude::*;
use birgus::query::{DateUnit, Expr, Interval};

use super::{Event, at, day, of};
use crate::Bed;

super::super::cases![
    results_are_compared_with_columns_and_values,
    results_are_ordered_grouped_and_aggregated,
    results_are_assigned,
];

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
