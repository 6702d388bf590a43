//! What chooses among values, with every type: coalesce, case, null_if, greatest and least.

use birgus::Database;
use birgus::model::ColumnValue;
use birgus::prelude::*;
use birgus::query::{CaseWhen, Selection, case, greatest, least, value};

use super::numbers::{Figure, decimal, read, with};
use crate::Bed;
use crate::models::{Everything, Mood, Settings};

super::cases![
    the_greatest_and_least_are_null_when_one_is,
    texts_are_greatest_by_code_point,
    a_case_of_decimals_has_the_longest_scale,
    a_case_without_a_match_is_null,
    unknown_conditions_in_a_case_are_false,
    unknown_conditions_coalesce,
    every_type_stands_alone,
    every_type_coalesces,
    every_type_stands_in_a_case,
    every_type_is_nulled,
    every_ordered_type_has_a_greatest,
    or_else_may_still_be_null,
];

/// A case of values of this type.
fn case_of<T: ColumnValue>(_value: &T) -> CaseWhen<T> {
    case()
}

fn the_greatest_and_least_are_null_when_one_is(bed: &Bed) {
    let db = with(bed, |_| {});
    let (n, m) = (Figure::maybe, Figure::medium);
    assert_eq!(
        read(&db, (greatest(n, 3), least(n, 3), greatest(n, n))).unwrap(),
        (None, None, None)
    );
    assert_eq!(read(&db, (greatest(m, 3), least(m, 3))).unwrap(), (7, 3));
    assert_eq!(
        read(
            &db,
            (
                greatest(Figure::price, decimal("12.51")),
                least(Figure::price, decimal("-1"))
            )
        )
        .unwrap(),
        (decimal("12.51"), decimal("-1"))
    );
    assert_eq!(
        read(
            &db,
            (greatest(Figure::real, 2.0), least(Figure::real, -2.0))
        )
        .unwrap(),
        (2.0, -2.0)
    );
    assert_eq!(read(&db, greatest(greatest(m, 3), 9) + 1).unwrap(), 10);
}

fn texts_are_greatest_by_code_point(bed: &Bed) {
    let db = with(bed, |_| {});
    let pair = |a: &str, b: &str| {
        (
            greatest(value(a.to_owned()), b),
            least(value(a.to_owned()), b),
        )
    };
    for (less, more) in [("B", "a"), ("a", "é"), ("Z", "z"), ("", "a"), ("a", "a ")] {
        assert_eq!(
            read(&db, pair(less, more)).unwrap(),
            (more.to_owned(), less.to_owned())
        );
        assert_eq!(
            read(&db, pair(more, less)).unwrap(),
            (more.to_owned(), less.to_owned())
        );
    }
}

fn a_case_of_decimals_has_the_longest_scale(bed: &Bed) {
    let db = with(bed, |_| {});
    let of = |limit: i32| {
        case::<Decimal>()
            .when(Figure::medium.lt(limit), decimal("1.5"))
            .when(Figure::medium.lt(limit + 5), Figure::rate)
            .otherwise(Figure::price)
    };
    assert_eq!(
        read(&db, (of(9), of(5), of(0))).unwrap(),
        (decimal("1.5"), decimal("0.0625"), decimal("12.5"))
    );
    assert_eq!(read(&db, of(0)).unwrap().to_string(), "12.5000");
    assert_eq!(
        read(&db, of(9) + decimal("0.00001")).unwrap().to_string(),
        "1.50001"
    );
    let only_values = case::<Decimal>()
        .when(Figure::medium.gt(0), decimal("1"))
        .otherwise(decimal("2.25"));
    assert_eq!(read(&db, only_values).unwrap().to_string(), "1.00");
}

fn a_case_without_a_match_is_null(bed: &Bed) {
    let db = with(bed, |_| {});
    let none = case::<String>().when(Figure::medium.lt(0), "below").end();
    assert_eq!(read(&db, none).unwrap(), None);
    let number = case::<i64>().when(Figure::medium.gt(0), Figure::big).end();
    assert_eq!(
        read(&db, (number.clone(), number + 1)).unwrap(),
        (Some(7), Some(8))
    );
}

fn unknown_conditions_in_a_case_are_false(bed: &Bed) {
    let db = with(bed, |_| {});
    let flag = |otherwise: bool| {
        case::<bool>()
            .when(Figure::medium.gt(0), Figure::maybe.gt(1))
            .otherwise(otherwise)
    };
    assert!(!read(&db, flag(true)).unwrap());
    let last = case::<bool>()
        .when(Figure::maybe.gt(1), true)
        .otherwise(Figure::maybe.lt(1));
    assert!(!read(&db, last).unwrap());
}

fn unknown_conditions_coalesce(bed: &Bed) {
    let db = with(bed, |_| {});
    assert!(read(&db, Figure::maybe.gt(1).coalesce(true)).unwrap());
    assert!(!read(&db, Figure::maybe.gt(1).coalesce(false)).unwrap());
}

/// Two rows: one of ordinary values and NULLs, one whose optional columns hold values.
fn everything(bed: &Bed) -> Database {
    let db = bed.database(&[Everything::info()]);
    let ordinary = Everything::ordinary();
    Everything::insert(ordinary.clone()).execute(&db).unwrap();
    Everything::insert(full()).execute(&db).unwrap();
    db
}

fn full() -> Everything {
    let row = Everything::ordinary();
    Everything {
        maybe_flag: Some(false),
        maybe_small: Some(-1),
        maybe_medium: Some(-2),
        maybe_big: Some(-3),
        maybe_real: Some(-0.5),
        maybe_name: Some("É".into()),
        maybe_body: Some("text".into()),
        maybe_bytes: Some(vec![0, 255]),
        maybe_price: Some(Decimal::new(-10_000, 4)),
        maybe_day: Some(row.day),
        maybe_clock: Some(row.clock),
        maybe_moment: Some(row.moment),
        maybe_instant: Some(row.instant),
        maybe_token: Some(row.token),
        maybe_document: Some(settings()),
        maybe_mood: Some(Mood::Grumpy),
        ..row
    }
}

fn settings() -> Json<Settings> {
    Json(Settings {
        theme: "it's".into(),
        sizes: vec![1.0, 2.5],
    })
}

/// Calls a macro with the optional column, the column, and another value of every type.
macro_rules! each_type {
    ($each:ident) => {{
        let other = NaiveDate::from_ymd_opt(1999, 12, 31).unwrap();
        let moment = other.and_hms_micro_opt(1, 2, 3, 4).unwrap();
        $each!(maybe_flag, flag, false);
        $each!(maybe_small, small, -9_i16);
        $each!(maybe_medium, medium, -99_i32);
        $each!(maybe_big, big, i64::MIN);
        $each!(maybe_real, real, -1.25_f64);
        $each!(maybe_name, name, "ø'\"\\?".to_owned());
        $each!(maybe_body, body, "é".repeat(300));
        $each!(maybe_bytes, bytes, vec![0_u8, 0x27, 0xff, 0]);
        $each!(maybe_price, price, decimal("-0.0001"));
        $each!(maybe_day, day, other);
        $each!(maybe_clock, clock, moment.time());
        $each!(maybe_moment, moment, moment);
        $each!(maybe_instant, instant, moment.and_utc());
        $each!(maybe_token, token, Uuid::from_u128(1));
        $each!(maybe_mood, mood, Mood::SoSo);
    }};
}

fn rows<S: Selection>(db: &Database, what: &str, selection: S) -> Vec<S::Output> {
    Everything::query()
        .order_by(Everything::id)
        .select(selection)
        .all(db)
        .unwrap_or_else(|error| panic!("{what}: {error:?}"))
}

fn every_type_stands_alone(bed: &Bed) {
    let db = everything(bed);
    macro_rules! alone {
        ($maybe:ident, $column:ident, $other:expr) => {{
            let other = $other;
            let what = stringify!($column);
            assert_eq!(
                rows(&db, what, value(other.clone())),
                [other.clone(), other.clone()]
            );
            assert_eq!(
                rows(
                    &db,
                    what,
                    (
                        Everything::id,
                        value(Some(other.clone())),
                        Everything::$maybe
                    )
                )[0]
                .1,
                Some(other.clone())
            );
            let none = Some(other).filter(|_| false);
            assert_eq!(rows(&db, what, value(none.clone())), [none.clone(), none]);
        }};
    }
    each_type!(alone);
    let document = Json(serde_json::json!({"a": [1, "it's"]}));
    assert_eq!(rows(&db, "document", value(document.clone()))[1], document);
}

fn every_type_coalesces(bed: &Bed) {
    let db = everything(bed);
    let (ordinary, full) = (Everything::ordinary(), full());
    macro_rules! coalesce {
        ($maybe:ident, $column:ident, $other:expr) => {{
            let other = $other;
            let what = stringify!($column);
            assert_eq!(
                rows(&db, what, Everything::$maybe.coalesce(other.clone())),
                [other.clone(), full.$maybe.clone().unwrap()],
                "{what}"
            );
            assert_eq!(
                rows(&db, what, Everything::$maybe.coalesce(Everything::$column)),
                [ordinary.$column.clone(), full.$maybe.clone().unwrap()],
                "{what}"
            );
            let chain = Everything::$maybe
                .or_else(Everything::$maybe)
                .coalesce(other.clone());
            assert_eq!(
                rows(&db, what, chain),
                [other, full.$maybe.clone().unwrap()],
                "{what}"
            );
        }};
    }
    each_type!(coalesce);
    let found = rows(
        &db,
        "document",
        Everything::maybe_document.coalesce(settings()),
    );
    assert_eq!(found, [settings(), settings()]);
    let kept = rows(
        &db,
        "document",
        Everything::document.coalesce(Json(serde_json::json!([]))),
    );
    assert_eq!(kept, [ordinary.document.clone(), ordinary.document]);
}

fn every_type_stands_in_a_case(bed: &Bed) {
    let db = everything(bed);
    let ordinary = Everything::ordinary();
    macro_rules! choose {
        ($maybe:ident, $column:ident, $other:expr) => {{
            let other = $other;
            let what = stringify!($column);
            let first = Everything::maybe_small.is_null();
            let values = case_of(&other)
                .when(first.clone(), other.clone())
                .otherwise(ordinary.$column.clone());
            assert_eq!(
                rows(&db, what, values),
                [other.clone(), ordinary.$column.clone()],
                "{what}"
            );
            let column = case_of(&other)
                .when(first.clone(), Everything::$column)
                .otherwise(other.clone());
            assert_eq!(
                rows(&db, what, column),
                [ordinary.$column.clone(), other.clone()],
                "{what}"
            );
            let none = case_of(&other).when(first, other.clone()).end();
            assert_eq!(rows(&db, what, none), [Some(other), None], "{what}");
        }};
    }
    each_type!(choose);
    let document = case_of(&settings())
        .when(Everything::maybe_small.is_null(), settings())
        .end();
    assert_eq!(rows(&db, "document", document), [Some(settings()), None]);
}

fn every_type_is_nulled(bed: &Bed) {
    let db = everything(bed);
    let (ordinary, full) = (Everything::ordinary(), full());
    macro_rules! nulled {
        ($maybe:ident, $column:ident, $other:expr) => {{
            let what = stringify!($column);
            let own = ordinary.$column.clone();
            assert_eq!(
                rows(&db, what, Everything::$column.null_if(own.clone())),
                [None, None],
                "{what}"
            );
            assert_eq!(
                rows(&db, what, Everything::$column.null_if($other)),
                [Some(own.clone()), Some(own)],
                "{what}"
            );
            assert_eq!(
                rows(&db, what, Everything::$maybe.null_if($other)),
                [None, full.$maybe.clone()],
                "{what}"
            );
        }};
    }
    let flag = rows(&db, "flag", Everything::maybe_flag.null_if(false));
    assert_eq!(flag, [None, None]);
    macro_rules! unless_flag {
        (maybe_flag, $column:ident, $other:expr) => {};
        ($maybe:ident, $column:ident, $other:expr) => {
            nulled!($maybe, $column, $other)
        };
    }
    each_type!(unless_flag);
}

fn every_ordered_type_has_a_greatest(bed: &Bed) {
    let db = everything(bed);
    let ordinary = Everything::ordinary();
    macro_rules! ordered {
        (maybe_flag, $column:ident, $other:expr) => {};
        (maybe_bytes, $column:ident, $other:expr) => {};
        (maybe_token, $column:ident, $other:expr) => {};
        (maybe_mood, $column:ident, $other:expr) => {};
        ($maybe:ident, $column:ident, $other:expr) => {{
            let (own, other) = (ordinary.$column.clone(), $other);
            let (low, high) = if own < other {
                (own.clone(), other.clone())
            } else {
                (other.clone(), own.clone())
            };
            let what = stringify!($column);
            let both = (
                greatest(Everything::$column, other.clone()),
                least(Everything::$column, other.clone()),
            );
            assert_eq!(rows(&db, what, both)[0], (high, low), "{what}");
            assert_eq!(
                rows(&db, what, greatest(Everything::$maybe, other.clone()))[0],
                None,
                "{what}"
            );
            assert_eq!(
                rows(
                    &db,
                    what,
                    greatest(Everything::$column, Everything::$column)
                )[1],
                own,
                "{what}"
            );
        }};
    }
    each_type!(ordered);
}

fn or_else_may_still_be_null(bed: &Bed) {
    let db = with(bed, |_| {});
    assert_eq!(
        read(&db, Figure::maybe.or_else(Figure::maybe)).unwrap(),
        None
    );
    assert_eq!(
        read(&db, Figure::maybe.or_else(Figure::medium)).unwrap(),
        Some(7)
    );
    assert_eq!(read(&db, Figure::maybe.or_else(None::<i32>)).unwrap(), None);
}
