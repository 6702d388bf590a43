//! Every type round-trips its extreme values, equal on every engine.

use birgus::prelude::*;
use birgus::{Database, Model};
use serde_json::json;
use std::str::FromStr;

use crate::Bed;
use crate::models::{Everything, Mood, Price, Settings};

super::cases![
    ordinary_values_and_nulls,
    optional_columns_hold_values,
    booleans,
    integers_at_their_limits,
    finite_floats,
    negative_zero_is_zero,
    texts_are_kept_to_the_letter,
    text_of_the_declared_length_in_any_script,
    long_texts_and_bytes,
    decimals_of_eighteen_digits,
    decimals_are_rounded_half_away_from_zero,
    dates_from_year_1_to_9999,
    times_in_microseconds,
    nanoseconds_are_cut_off,
    instants_are_utc,
    uuids,
    documents_are_equal_parsed,
    enums,
];

fn database(bed: &Bed) -> Database {
    bed.database(&[Everything::info(), Price::info()])
}

/// Stores a row, and reads it back by its key and by a filter over what it holds.
fn round_trip(db: &Database, what: &str, row: Everything) {
    let id = Everything::insert(row.clone())
        .execute(db)
        .unwrap_or_else(|error| panic!("{what}: {error:?}"));
    let read = Everything::query()
        .get(id, db)
        .unwrap_or_else(|error| panic!("{what}: {error:?}"))
        .unwrap();
    assert_eq!(read, Everything { id, ..row }, "{what}");
}

fn changed(change: impl FnOnce(&mut Everything)) -> Everything {
    let mut row = Everything::ordinary();
    change(&mut row);
    row
}

fn ordinary_values_and_nulls(bed: &Bed) {
    round_trip(&database(bed), "ordinary", Everything::ordinary());
}

fn optional_columns_hold_values(bed: &Bed) {
    let ordinary = Everything::ordinary();
    let row = changed(|row| {
        row.maybe_flag = Some(false);
        row.maybe_small = Some(-1);
        row.maybe_medium = Some(-2);
        row.maybe_big = Some(-3);
        row.maybe_real = Some(-0.5);
        row.maybe_name = Some(String::new());
        row.maybe_body = Some("text".into());
        row.maybe_bytes = Some(Vec::new());
        row.maybe_price = Some(Decimal::new(-1, 4));
        row.maybe_day = Some(ordinary.day);
        row.maybe_clock = Some(ordinary.clock);
        row.maybe_moment = Some(ordinary.moment);
        row.maybe_instant = Some(ordinary.instant);
        row.maybe_token = Some(ordinary.token);
        row.maybe_document = Some(Json(Settings {
            theme: "dark".into(),
            sizes: vec![1.0, 0.25, 1e20, -3e-7],
        }));
        row.maybe_mood = Some(Mood::SoSo);
    });
    round_trip(&database(bed), "all set", row);
}

fn booleans(bed: &Bed) {
    let db = database(bed);
    for flag in [true, false] {
        round_trip(&db, "bool", changed(|row| row.flag = flag));
        assert_eq!(
            Everything::query()
                .filter(Everything::flag.eq(flag))
                .count(&db)
                .unwrap(),
            1
        );
    }
    assert_eq!(
        Everything::query()
            .filter(Everything::flag)
            .count(&db)
            .unwrap(),
        1
    );
}

fn integers_at_their_limits(bed: &Bed) {
    let db = database(bed);
    for value in [i16::MIN, -1, 0, 1, i16::MAX] {
        round_trip(&db, "i16", changed(|row| row.small = value));
        assert_eq!(
            Everything::query()
                .filter(Everything::small.eq(value))
                .pluck(Everything::small, &db)
                .unwrap()[0],
            value
        );
    }
    for value in [i32::MIN, -1, 0, 1, i32::MAX] {
        round_trip(&db, "i32", changed(|row| row.medium = value));
        assert_eq!(
            Everything::query()
                .filter(Everything::medium.eq(value))
                .pluck(Everything::medium, &db)
                .unwrap()[0],
            value
        );
    }
    for value in [
        i64::MIN,
        i64::MIN + 1,
        -1,
        0,
        1,
        1 << 53,
        (1 << 53) + 1,
        i64::MAX - 1,
        i64::MAX,
    ] {
        round_trip(&db, "i64", changed(|row| row.big = value));
        assert_eq!(
            Everything::query()
                .filter(Everything::big.eq(value))
                .pluck(Everything::big, &db)
                .unwrap()[0],
            value
        );
    }
}

fn finite_floats(bed: &Bed) {
    let db = database(bed);
    for value in [
        f64::MIN,
        f64::MAX,
        f64::MIN_POSITIVE,
        -f64::MIN_POSITIVE,
        f64::EPSILON,
        5e-324,
        0.1 + 0.2,
        1.0 / 3.0,
        16_777_217.0,
        9_007_199_254_740_993.0,
        1e15,
        1e16,
        -1e300,
        123.456,
    ] {
        round_trip(
            &db,
            &format!("f64 {value:e}"),
            changed(|row| row.real = value),
        );
        let found = Everything::query()
            .filter(Everything::real.eq(value))
            .pluck(Everything::real, &db)
            .unwrap();
        assert_eq!(found, [value]);
    }
}

fn negative_zero_is_zero(bed: &Bed) {
    let db = database(bed);
    for value in [0.0, -0.0] {
        let id = Everything::insert(changed(|row| row.real = value))
            .execute(&db)
            .unwrap();
        let read = Everything::query().get(id, &db).unwrap().unwrap().real;
        assert_eq!((read, read.is_sign_positive()), (0.0, true));
    }
    assert_eq!(
        Everything::query()
            .filter(Everything::real.eq(-0.0))
            .count(&db)
            .unwrap(),
        2
    );
}

/// Texts that an engine's defaults would change, confuse or refuse.
const TEXTS: &[&str] = &[
    "",
    " ",
    "  leading and trailing  ",
    "trailing newline\n",
    "\t\r\n\u{1}\u{7f}",
    "it's \"quoted\" `so` [to] speak",
    "back\\slash \\n \\' \\\\",
    "50% _wild_ \\% %",
    "; DROP TABLE x; --",
    ":name $1 ? @x ??",
    "Ünïcödé ß ẞ ﬁ İ ı",
    "日本語 한국어 العربية עברית",
    "e\u{301} is not é",
    "👩‍👩‍👧‍👦🏳️‍🌈🦀",
    "\u{10ffff}\u{fffd}\u{feff}\u{202e}",
    "NULL",
    "null",
    "0x41",
    "1e3",
    "007",
    "true",
];

fn texts_are_kept_to_the_letter(bed: &Bed) {
    let db = database(bed);
    for text in TEXTS {
        round_trip(
            &db,
            text,
            changed(|row| {
                row.name = (*text).to_owned();
                row.body = (*text).to_owned();
                row.maybe_name = Some((*text).to_owned());
                row.document = Json(json!({ *text: [*text] }));
            }),
        );
        for column in [Everything::name, Everything::body] {
            let found = Everything::query()
                .filter(column.eq(*text))
                .pluck(column, &db)
                .unwrap();
            assert_eq!(found, [*text], "filtered by {column:?}");
        }
    }
}

fn text_of_the_declared_length_in_any_script(bed: &Bed) {
    let db = database(bed);
    for letter in ["a", "é", "本", "🦀", "\u{301}"] {
        round_trip(&db, letter, changed(|row| row.name = letter.repeat(40)));
    }
}

fn long_texts_and_bytes(bed: &Bed) {
    let db = database(bed);
    for length in [0, 1, 255, 256, 65_535, 65_536, 70_000, 1_000_000] {
        let bytes: Vec<u8> = (0..length).map(|position| (position % 256) as u8).collect();
        round_trip(
            &db,
            &format!("{length} bytes"),
            changed(|row| {
                row.bytes = bytes;
                row.body = "é🦀".repeat(length / 6);
            }),
        );
    }
    assert_eq!(
        Everything::query()
            .filter(Everything::bytes.eq(vec![0_u8]))
            .count(&db)
            .unwrap(),
        1
    );
}

fn decimal(text: &str) -> Decimal {
    Decimal::from_str(text).unwrap()
}

fn decimals_of_eighteen_digits(bed: &Bed) {
    let db = database(bed);
    for text in [
        "99999999999999.9999",
        "-99999999999999.9999",
        "0.0001",
        "-0.0001",
        "0",
        "12345678901234.5678",
        "10000000000000",
    ] {
        let value = decimal(text);
        round_trip(&db, text, changed(|row| row.price = value));
        assert_eq!(
            Everything::query()
                .filter(Everything::price.eq(value))
                .count(&db)
                .unwrap(),
            1,
            "{text}"
        );
    }
    let price = Price {
        id: 0,
        amount: decimal("-99999999.99"),
        whole: Some(decimal("999999999999999999")),
        fraction: Some(decimal("-0.999999999999999999")),
    };
    let id = Price::insert(price.clone()).execute(&db).unwrap();
    assert_eq!(
        Price::query().get(id, &db).unwrap().unwrap(),
        Price { id, ..price }
    );
    // 0.1 + 0.2 = 0.3 holds in decimals, and text shows the column's scale.
    let id = Price::insert(Price::build().amount(decimal("0.1") + decimal("0.2")))
        .execute(&db)
        .unwrap();
    let read = Price::query()
        .filter(Price::amount.eq(decimal("0.3")))
        .one(&db)
        .unwrap();
    assert_eq!((read.id, read.amount.to_string().as_str()), (id, "0.30"));
}

fn decimals_are_rounded_half_away_from_zero(bed: &Bed) {
    let db = database(bed);
    for (given, stored) in [
        ("1.235", "1.24"),
        ("2.675", "2.68"),
        ("-1.235", "-1.24"),
        ("1.2349", "1.23"),
        ("-0.004", "0.00"),
    ] {
        let id = Price::insert(Price::build().amount(decimal(given)))
            .execute(&db)
            .unwrap();
        assert_eq!(
            Price::query()
                .get(id, &db)
                .unwrap()
                .unwrap()
                .amount
                .to_string(),
            stored
        );
    }
}

fn dates_from_year_1_to_9999(bed: &Bed) {
    let db = database(bed);
    for (year, month, day) in [
        (1, 1, 1),
        (4, 2, 29),
        (999, 12, 31),
        (1582, 10, 10),
        (1969, 12, 31),
        (2000, 2, 29),
        (9999, 12, 31),
    ] {
        let day = NaiveDate::from_ymd_opt(year, month, day).unwrap();
        let moment = day.and_hms_micro_opt(23, 59, 59, 999_999).unwrap();
        round_trip(
            &db,
            &day.to_string(),
            changed(|row| {
                row.day = day;
                row.moment = moment;
                row.instant = moment.and_utc();
            }),
        );
        let query = Everything::query();
        let query = query.filter(
            Everything::day
                .eq(day)
                .and(Everything::moment.eq(moment))
                .and(Everything::instant.eq(moment.and_utc())),
        );
        assert_eq!(query.count(&db).unwrap(), 1);
    }
    let days = Everything::query()
        .order_by(Everything::day.asc())
        .pluck(Everything::day, &db)
        .unwrap();
    assert!(days.is_sorted());
}

fn times_in_microseconds(bed: &Bed) {
    let db = database(bed);
    for (hour, minute, second, micro) in [
        (0, 0, 0, 0),
        (0, 0, 0, 1),
        (12, 0, 0, 600_000),
        (23, 59, 59, 999_999),
    ] {
        let clock = NaiveTime::from_hms_micro_opt(hour, minute, second, micro).unwrap();
        round_trip(&db, &clock.to_string(), changed(|row| row.clock = clock));
        assert_eq!(
            Everything::query()
                .filter(Everything::clock.eq(clock))
                .count(&db)
                .unwrap(),
            1
        );
    }
}

fn nanoseconds_are_cut_off(bed: &Bed) {
    let db = database(bed);
    let moment = NaiveDate::from_ymd_opt(2024, 12, 31)
        .unwrap()
        .and_hms_nano_opt(23, 59, 59, 999_999_999)
        .unwrap();
    let id = Everything::insert(changed(|row| {
        row.moment = moment;
        row.instant = moment.and_utc();
        row.clock = moment.time();
    }))
    .execute(&db)
    .unwrap();
    let read = Everything::query().get(id, &db).unwrap().unwrap();
    assert_eq!(read.moment.to_string(), "2024-12-31 23:59:59.999999");
    assert_eq!(read.instant.to_string(), "2024-12-31 23:59:59.999999 UTC");
    assert_eq!(read.clock.to_string(), "23:59:59.999999");
}

fn instants_are_utc(bed: &Bed) {
    let db = database(bed);
    let west: DateTime<Utc> = "2024-07-01T12:00:00-08:00".parse().unwrap();
    round_trip(&db, "instant", changed(|row| row.instant = west));
    let read = Everything::query()
        .filter(Everything::instant.eq(west))
        .one(&db)
        .unwrap();
    assert_eq!(read.instant.to_string(), "2024-07-01 20:00:00 UTC");
}

fn uuids(bed: &Bed) {
    let db = database(bed);
    for token in [
        Uuid::nil(),
        Uuid::max(),
        Uuid::from_u128(0x8000_0000_0000_0000_0000_0000_0000_0001),
    ] {
        round_trip(&db, "uuid", changed(|row| row.token = token));
        assert_eq!(
            Everything::query()
                .filter(Everything::token.eq(token))
                .count(&db)
                .unwrap(),
            1
        );
    }
}

fn documents_are_equal_parsed(bed: &Bed) {
    let db = database(bed);
    for document in [
        json!(null),
        json!(true),
        json!(12),
        json!("12"),
        json!([]),
        json!({}),
        json!({"b": 1, "a": {"z": [], "y": null}}),
        json!([i64::MIN, i64::MAX, u64::MAX, 0.5, 1e16, 1e-7, 1.0, -1.5e300]),
        json!({"": "empty key", "é\"\\\n🦀": "\u{1}\u{7f}"}),
    ] {
        round_trip(
            &db,
            &document.to_string(),
            changed(|row| row.document = Json(document.clone())),
        );
    }
}

fn enums(bed: &Bed) {
    let db = database(bed);
    for mood in [Mood::Happy, Mood::SoSo, Mood::Grumpy] {
        round_trip(&db, "enum", changed(|row| row.mood = mood));
        assert_eq!(
            Everything::query()
                .filter(Everything::mood.eq(mood))
                .pluck(Everything::mood, &db)
                .unwrap(),
            [mood]
        );
    }
}
