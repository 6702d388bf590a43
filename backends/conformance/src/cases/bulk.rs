//! Rows that are updated and deleted by their keys, many at once: what a flush sends.

use birgus::chrono::TimeDelta;
use birgus::model::FieldInfo;
use birgus::prelude::*;
use birgus::query::testing::{Row, delete_rows, update_rows};
use birgus::{Database, Error, Value};
use serde_json::json;

use crate::Bed;
use crate::models::{
    Address, Country, Device, Everything, Flat, Mood, Node, Post, Price, Reading, Settings, User,
};

super::cases![
    every_value_arrives_as_if_it_were_bound_alone,
    doubles_arrive_to_the_last_bit,
    texts_of_every_kind_arrive,
    keys_of_every_type_find_their_rows,
    texts_as_keys_find_their_own_row,
    rows_that_are_found_are_counted,
    a_version_is_matched_and_set,
    keys_are_changed,
    a_violation_is_that_of_one_row,
    a_parent_with_children_is_refused_as_one_row_is,
    what_fails_changes_nothing,
    rows_of_every_number,
    rows_that_are_large,
    names_that_need_quoting,
    nothing_changes_nothing,
    rows_of_another_shape_are_refused,
];

/// The fields of a model by their columns.
fn fields<M: Model>(columns: &[&str]) -> Vec<&'static FieldInfo> {
    let field = |column: &&str| M::info().field_of_column(column).unwrap();
    columns.iter().map(field).collect()
}

/// Every field but those of the key.
fn others<M: Model>() -> Vec<&'static FieldInfo> {
    let keys = M::info().key;
    let all = M::info().fields.iter().enumerate();
    all.filter(|(position, _)| !keys.contains(position))
        .map(|(_, field)| field)
        .collect()
}

fn values<M: Model>(row: &M, fields: &[&'static FieldInfo]) -> Vec<Value> {
    let value = |field: &&'static FieldInfo| row.value(field.position()).unwrap();
    fields.iter().map(value).collect()
}

/// Gives rows, by their keys, what is in all of their other fields.
fn update_all<M: Model>(db: &Database, rows: &[M]) -> u64 {
    let (key, set) = (M::info().key_fields().collect::<Vec<_>>(), others::<M>());
    let rows: Vec<Row> = (rows.iter())
        .map(|row| (values(row, &key), values(row, &set)))
        .collect();
    update_rows(db, M::info(), &key, &set, &rows).unwrap()
}

/// Deletes rows by their keys.
fn delete_all<M: Model>(db: &Database, rows: &[M]) -> u64 {
    let key: Vec<_> = M::info().key_fields().collect();
    let keys: Vec<Vec<Value>> = rows.iter().map(|row| values(row, &key)).collect();
    delete_rows(db, M::info(), &key, &keys).unwrap()
}

fn integer(number: i64) -> Value {
    Value::Integer(number)
}

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

/// Ordinary rows, with ids.
fn ordinary(db: &Database, count: usize) -> Vec<Everything> {
    let rows = (0..count).map(|_| Everything::ordinary());
    let ids = Everything::insert_many(rows).execute(db).unwrap();
    ids.into_iter()
        .map(|id| Everything {
            id,
            ..Everything::ordinary()
        })
        .collect()
}

fn read(db: &Database) -> Vec<Everything> {
    let query = Everything::query().order_by(Everything::id.asc());
    query.all(db).unwrap()
}

fn every_value_arrives_as_if_it_were_bound_alone(bed: &Bed) {
    let db = bed.database(&[Everything::info()]);
    let mut rows = ordinary(&db, 6);
    let low = NaiveDate::from_ymd_opt(1, 1, 1).unwrap();
    let high = NaiveDate::from_ymd_opt(9999, 12, 31).unwrap();
    let last = NaiveTime::from_hms_micro_opt(23, 59, 59, 999_999).unwrap();
    let documents = [
        json!(null),
        json!("say \"é\" \\ \n 😀"),
        json!(-0.5),
        json!({"b": [1.0, 1e16, i64::MIN, {"": {}}], "a\"\\": "null", "é😀": []}),
        json!([[[[["deep"]]]], true]),
        json!({"long": "\"\\".repeat(40_000)}),
    ];
    for (number, (row, document)) in rows.iter_mut().zip(documents).enumerate() {
        let even = number % 2 == 0;
        let extreme = |low: i64, high: i64| if even { low } else { high };
        row.flag = even;
        row.small = i16::try_from(extreme(i16::MIN.into(), i16::MAX.into())).unwrap();
        row.medium = i32::try_from(extreme(i32::MIN.into(), i32::MAX.into())).unwrap();
        row.big = extreme(i64::MIN, i64::MAX);
        row.real = if even { f64::MIN_POSITIVE } else { f64::MAX };
        row.name = if even {
            String::new()
        } else {
            "é😀".repeat(20)
        };
        row.body = if even {
            String::new()
        } else {
            "x\"\\ ".repeat(30_000)
        };
        row.bytes = if even {
            Vec::new()
        } else {
            (0..=255).collect()
        };
        row.price = Decimal::new(extreme(-999_999_999_999_999_999, 1), 4);
        (row.day, row.clock) = if even {
            (low, NaiveTime::MIN)
        } else {
            (high, last)
        };
        row.moment = row.day.and_time(row.clock);
        row.instant = row.moment.and_utc();
        row.token = Uuid::from_u128(if even { 0 } else { u128::MAX });
        row.document = Json(document);
        row.mood = Mood::SoSo;
        if number > 2 {
            continue;
        }
        row.maybe_flag = Some(!even);
        row.maybe_small = Some(row.small);
        row.maybe_medium = Some(row.medium);
        row.maybe_big = Some(row.big);
        row.maybe_real = Some(-row.real);
        row.maybe_name = Some(row.name.clone());
        row.maybe_body = Some(row.body.clone());
        row.maybe_bytes = Some(row.bytes.clone());
        row.maybe_price = Some(row.price);
        row.maybe_day = Some(row.day);
        row.maybe_clock = Some(row.clock);
        row.maybe_moment = Some(row.moment);
        row.maybe_instant = Some(row.instant);
        row.maybe_token = Some(row.token);
        row.maybe_document = Some(Json(Settings {
            theme: "null".into(),
            sizes: vec![0.1, 1e300],
        }));
        row.maybe_mood = Some(Mood::Grumpy);
    }
    assert_eq!(update_all(&db, &rows), 6);
    assert_eq!(read(&db), rows);
    // Back to NULL, by the same statement.
    for row in &mut rows {
        let id = row.id;
        *row = Everything::ordinary();
        row.id = id;
    }
    assert_eq!(update_all(&db, &rows), 6);
    assert_eq!(read(&db), rows);
}

fn doubles_arrive_to_the_last_bit(bed: &Bed) {
    let db = bed.database(&[Everything::info()]);
    let mut rows = ordinary(&db, 1_500);
    let known = [
        f64::MIN_POSITIVE,
        f64::MAX,
        5e-324,
        0.1,
        1.0 / 3.0,
        1e22,
        1e23,
        0.0,
        -1e-320,
    ];
    let mut bits = 0x0123_4567_89ab_cdef_u64;
    for (number, row) in rows.iter_mut().enumerate() {
        row.real = known.get(number).copied().unwrap_or_else(|| {
            loop {
                // A generator of Marsaglia's: the same numbers each time.
                bits ^= bits << 13;
                bits ^= bits >> 7;
                bits ^= bits << 17;
                if f64::from_bits(bits).is_finite() {
                    return f64::from_bits(bits);
                }
            }
        });
    }
    let set = fields::<Everything>(&["real"]);
    let changes: Vec<Row> = (rows.iter())
        .map(|row| (vec![integer(row.id)], values(row, &set)))
        .collect();
    let key = fields::<Everything>(&["id"]);
    let found = update_rows(&db, Everything::info(), &key, &set, &changes).unwrap();
    assert_eq!(found, 1_500);
    for (stored, row) in read(&db).iter().zip(&rows) {
        assert_eq!(stored.real.to_bits(), row.real.to_bits(), "{:e}", row.real);
    }
}

fn texts_of_every_kind_arrive(bed: &Bed) {
    let db = bed.database(&[Everything::info()]);
    let texts = [
        "",
        " ",
        "a ",
        "A",
        "é",
        "e\u{301}",
        "\"",
        "\\",
        "'",
        "\\\\\"",
        "\n\t\r\u{1}\u{1f}\u{7f}",
        "😀",
        "\u{2028}",
        "{}",
        "[1]",
        "null",
        "NULL",
        "true",
        "1",
        "1.0",
        "01",
        "1e5",
        "0x10",
        "%",
        "_",
        "\\u0041",
        "\\n",
        "\u{ffff}",
        "\u{10ffff}",
        "?",
        "$1",
        ":a",
        "--",
        "/* */",
        "2024-05-06",
    ];
    let mut rows = ordinary(&db, texts.len());
    for (row, text) in rows.iter_mut().zip(texts) {
        row.name = text.to_owned();
        row.body = text.repeat(1_000);
        row.maybe_body = Some(text.to_owned());
        row.bytes = text.as_bytes().to_vec();
        row.document = Json(json!({ text: [text] }));
    }
    assert_eq!(update_all(&db, &rows), rows.len() as u64);
    assert_eq!(read(&db), rows);
}

/// A key of what the models of all cases have no keys of.
#[derive(Model, Debug, Clone, PartialEq)]
#[model(register = false)]
struct Slot {
    #[key]
    mood: Mood,
    small: i16,
    #[key]
    clock: NaiveTime,
    #[key]
    moment: NaiveDateTime,
    #[key]
    instant: DateTime<Utc>,
    note: Option<String>,
}

fn keys_of_every_type_find_their_rows(bed: &Bed) {
    let db = bed.database(&[
        Slot::info(),
        Reading::info(),
        Country::info(),
        Device::info(),
        Address::info(),
    ]);
    let start = Everything::ordinary().moment;
    let slot = |number: i64| {
        let at = start + TimeDelta::microseconds(number);
        Slot {
            mood: if number % 2 == 0 {
                Mood::SoSo
            } else {
                Mood::Happy
            },
            small: i16::try_from(number - 100).unwrap(),
            clock: at.time(),
            moment: at,
            instant: at.and_utc(),
            note: None,
        }
    };
    let reading = |number: i64| Reading {
        sensor: Uuid::from_u128(u128::MAX / 3 * (number as u128 % 3)),
        day: start.date() + TimeDelta::days(number),
        depth: Decimal::new(number - 100, 2),
        night: number % 2 == 0,
        value: 0,
    };
    let device = |number: u128| Device {
        id: Uuid::from_u128(number << 64),
        country: None,
    };
    let address = |number: i32| Address {
        street: format!("street {}", number % 7),
        number: number + 1,
        city: String::new(),
    };
    let mut slots: Vec<Slot> = (0..200).map(slot).collect();
    let mut readings: Vec<Reading> = (0..200).map(reading).collect();
    let mut devices: Vec<Device> = (0..200).map(device).collect();
    let mut addresses: Vec<Address> = (0..200).map(address).collect();
    Country::insert(Country {
        code: "DE".into(),
        name: "x".into(),
    })
    .execute(&db)
    .unwrap();
    Slot::insert_many(slots.clone()).execute(&db).unwrap();
    Reading::insert_many(readings.clone()).execute(&db).unwrap();
    Device::insert_many(devices.clone()).execute(&db).unwrap();
    Address::insert_many(addresses.clone())
        .execute(&db)
        .unwrap();

    // Some of the rows, in another order than they were inserted, so that each must be found by its key.
    for number in (0..200).step_by(3) {
        slots[number].note = Some(format!("note {number}"));
        readings[number].value = i32::try_from(number).unwrap() + 1;
        devices[number].country = Some("DE".to_owned());
        addresses[number].city = format!("city {number}");
    }
    fn some<T: Clone>(rows: &[T]) -> Vec<T> {
        rows.iter().step_by(3).rev().cloned().collect()
    }
    assert_eq!(update_all(&db, &some(&slots)), 67);
    assert_eq!(update_all(&db, &some(&readings)), 67);
    assert_eq!(update_all(&db, &some(&devices)), 67);
    assert_eq!(update_all(&db, &some(&addresses)), 67);
    let stored = |db: &Database| {
        (
            Slot::query().order_by(Slot::small.asc()).all(db).unwrap(),
            Reading::query()
                .order_by(Reading::day.asc())
                .all(db)
                .unwrap(),
            Device::query().order_by(Device::id.asc()).all(db).unwrap(),
            Address::query()
                .order_by(Address::number.asc())
                .all(db)
                .unwrap(),
        )
    };
    let expected = (slots, readings, devices, addresses);
    assert_eq!(stored(&db), expected);

    // What was changed goes; the others stay.
    let (mut slots, mut readings, mut devices, mut addresses) = expected;
    assert_eq!(delete_all(&db, &some(&slots)), 67);
    assert_eq!(delete_all(&db, &some(&readings)), 67);
    assert_eq!(delete_all(&db, &some(&devices)), 67);
    assert_eq!(delete_all(&db, &some(&addresses)), 67);
    slots.retain(|row| row.note.is_none());
    readings.retain(|row| row.value == 0);
    devices.retain(|row| row.country.is_none());
    addresses.retain(|row| row.city.is_empty());
    assert_eq!(stored(&db), (slots, readings, devices, addresses));
}

fn texts_as_keys_find_their_own_row(bed: &Bed) {
    let db = bed.database(&[Country::info()]);
    let codes = [
        "", " ", "a", "A", "a ", "á", "😀", "\"", "\\", "'", "\\\"", "1", "01", "1 ", "\t", "ß",
        "ss",
    ];
    let country = |code: &&str| Country {
        code: (*code).to_owned(),
        name: String::new(),
    };
    Country::insert_many(codes.iter().map(country))
        .execute(&db)
        .unwrap();
    let mut rows: Vec<Country> = codes.iter().map(country).collect();
    for row in &mut rows {
        row.name = format!("<{}>", row.code);
    }
    // One after the other would not tell; each half alone shows that the other one stays.
    let (first, second) = rows.split_at(8);
    assert_eq!(update_all(&db, first), 8);
    for row in second {
        assert_eq!(
            Country::query()
                .get(row.code.clone(), &db)
                .unwrap()
                .unwrap()
                .name,
            ""
        );
    }
    assert_eq!(update_all(&db, second), 9);
    for row in &rows {
        assert_eq!(
            Country::query()
                .get(row.code.clone(), &db)
                .unwrap()
                .as_ref(),
            Some(row)
        );
    }
    assert_eq!(delete_all(&db, first), 8);
    for row in first {
        assert_eq!(Country::query().get(row.code.clone(), &db).unwrap(), None);
    }
    assert_eq!(Country::query().count(&db).unwrap(), 9);
}

fn rows_that_are_found_are_counted(bed: &Bed) {
    let db = bed.database(&[Price::info()]);
    let price = |number: i64| Price::build().amount(Decimal::new(number, 2));
    Price::insert_many((1..=100).map(price))
        .execute(&db)
        .unwrap();
    let (key, set) = (fields::<Price>(&["id"]), fields::<Price>(&["amount"]));
    for count in [1, 2, 60, 200] {
        // Every second one is there; all keep what they have.
        let rows: Vec<Row> = (0..count)
            .map(|number| {
                if number % 2 == 0 {
                    number / 2 + 1
                } else {
                    -number
                }
            })
            .map(|id| (vec![integer(id)], vec![Value::Decimal(Decimal::new(id, 2))]))
            .collect();
        let there = u64::try_from(count + 1).unwrap() / 2;
        assert_eq!(
            update_rows(&db, Price::info(), &key, &set, &rows).unwrap(),
            there,
            "{count}"
        );
    }
    let keys: Vec<Vec<Value>> = (51..=250).map(|id| vec![integer(id)]).collect();
    assert_eq!(delete_rows(&db, Price::info(), &key, &keys).unwrap(), 50);
    assert_eq!(delete_rows(&db, Price::info(), &key, &keys).unwrap(), 0);
    assert_eq!(Price::query().count(&db).unwrap(), 50);
}

fn a_version_is_matched_and_set(bed: &Bed) {
    let db = bed.database(&[User::info(), Post::info()]);
    let susan = User::build().username("susan").email("s@x.org");
    let author = User::insert(susan).execute(&db).unwrap();
    let post = |likes: i32| Post::build().body("old").author_id(author).likes(likes);
    let ids = Post::insert_many((0..90).map(|number| post(number % 3)))
        .execute(&db)
        .unwrap();
    let matched = fields::<Post>(&["id", "likes"]);
    let set = fields::<Post>(&["body", "likes"]);
    let rows: Vec<Row> = (ids.iter())
        .map(|id| {
            (
                vec![integer(*id), integer(1)],
                vec![text("new"), integer(2)],
            )
        })
        .collect();
    assert_eq!(
        update_rows(&db, Post::info(), &matched, &set, &rows).unwrap(),
        30
    );
    let changed = Post::query().filter(Post::body.eq("new").and(Post::likes.eq(2)));
    assert_eq!(changed.count(&db).unwrap(), 30);
    assert_eq!(
        update_rows(&db, Post::info(), &matched, &set, &rows).unwrap(),
        0
    );
    let keys: Vec<Vec<Value>> = (ids.iter())
        .map(|id| vec![integer(*id), integer(2)])
        .collect();
    assert_eq!(delete_rows(&db, Post::info(), &matched, &keys).unwrap(), 60);
    assert_eq!(
        Post::query().filter(Post::likes.eq(0)).count(&db).unwrap(),
        30
    );
}

/// Also those that other rows follow.
fn keys_are_changed(bed: &Bed) {
    let db = bed.database(&[Address::info(), Flat::info()]);
    let address = |number: i32| Address {
        street: "a".into(),
        number,
        city: "c".into(),
    };
    Address::insert_many((1..=80).map(address))
        .execute(&db)
        .unwrap();
    let flat = |number: i32| Flat::build().street("a").number(number).floor(1_i16);
    Flat::insert_many((1..=80).map(flat)).execute(&db).unwrap();
    let key = fields::<Address>(&["street", "number"]);
    let set = fields::<Address>(&["number", "city"]);
    let rows: Vec<Row> = (1..=80)
        .map(|number| {
            (
                vec![text("a"), integer(number)],
                vec![integer(number + 1_000), text("d")],
            )
        })
        .collect();
    assert_eq!(
        update_rows(&db, Address::info(), &key, &set, &rows).unwrap(),
        80
    );
    let moved = Flat::query().filter(Flat::number.gt(1_000));
    assert_eq!(moved.count(&db).unwrap(), 80);
    let moved = Address::query().filter(Address::number.gt(1_000).and(Address::city.eq("d")));
    assert_eq!(moved.count(&db).unwrap(), 80);
}

/// What a program may ask of an error. (Its message may say more or less: a text that is too long comes from another
/// column here.)
fn known(error: &Error) -> String {
    let kind = error.database_kind();
    let (table, columns) = (error.table(), error.columns());
    format!("{kind:?} {table:?} {columns:?} {:?}", error.constraint())
}

fn a_violation_is_that_of_one_row(bed: &Bed) {
    let db = bed.database(&[
        User::info(),
        Post::info(),
        Address::info(),
        Everything::info(),
        Price::info(),
    ]);
    let user = |number: i32| {
        User::build()
            .username(format!("u{number}"))
            .email(format!("e{number}"))
    };
    User::insert_many((1..=100).map(user)).execute(&db).unwrap();
    Post::insert_many((1..=100).map(|id| Post::build().body("x").author_id(id)))
        .execute(&db)
        .unwrap();
    let address = |number: i32| Address {
        street: "a".into(),
        number,
        city: "c".into(),
    };
    Address::insert_many((1..=100).map(address))
        .execute(&db)
        .unwrap();
    ordinary(&db, 100);
    Price::insert_many((1..=100).map(|_| Price::build().amount(Decimal::ONE)))
        .execute(&db)
        .unwrap();

    let too_long = text(&"x".repeat(65));
    let far_too_long = text(&"x".repeat(2_000));
    let wide = Value::Decimal("123456789.01".parse().unwrap());
    let violations: [(&[&'static FieldInfo], &'static FieldInfo, Value, Value); 13] = [
        (
            &fields::<User>(&["id"]),
            fields::<User>(&["username"])[0],
            text("u99"),
            text("w"),
        ),
        (
            &fields::<User>(&["id"]),
            fields::<User>(&["username"])[0],
            Value::Null,
            text("w"),
        ),
        (
            &fields::<User>(&["id"]),
            fields::<User>(&["username"])[0],
            too_long,
            text("w"),
        ),
        (
            &fields::<User>(&["id"]),
            fields::<User>(&["username"])[0],
            far_too_long,
            text("w"),
        ),
        (
            &fields::<Price>(&["id"]),
            fields::<Price>(&["id"])[0],
            integer(99),
            integer(500),
        ),
        (
            &fields::<Post>(&["id"]),
            fields::<Post>(&["author_id"])[0],
            integer(-1),
            integer(5),
        ),
        (
            &fields::<Post>(&["id"]),
            fields::<Post>(&["author_id"])[0],
            Value::Null,
            integer(5),
        ),
        (
            &fields::<Address>(&["street", "number"]),
            fields::<Address>(&["number"])[0],
            integer(0),
            integer(500),
        ),
        (
            &fields::<Everything>(&["id"]),
            fields::<Everything>(&["mood"])[0],
            text("Angry"),
            text("Happy"),
        ),
        (
            &fields::<Everything>(&["id"]),
            fields::<Everything>(&["maybe_mood"])[0],
            text("Angry"),
            Value::Null,
        ),
        (
            &fields::<Everything>(&["id"]),
            fields::<Everything>(&["name"])[0],
            text(&"é".repeat(41)),
            text(""),
        ),
        (
            &fields::<Price>(&["id"]),
            fields::<Price>(&["amount"])[0],
            wide,
            Value::Decimal(Decimal::ONE),
        ),
        (
            &fields::<Everything>(&["id"]),
            fields::<Everything>(&["document"])[0],
            Value::Json("{".into()),
            Value::Json("{}".into()),
        ),
    ];
    for (number, (matched, field, wrong, right)) in violations.into_iter().enumerate() {
        let model = field.model;
        let update = |count: i64| {
            let rows: Vec<Row> = (1..=count)
                .map(|id| {
                    let unique = match &right {
                        Value::Integer(number) if *number >= 500 => integer(number + id),
                        Value::Text(text) if text == "w" => Value::Text(format!("w{id}")),
                        other => other.clone(),
                    };
                    let value = if id == count { wrong.clone() } else { unique };
                    let key = match matched {
                        [_] => vec![integer(id)],
                        _ => vec![text("a"), integer(id)],
                    };
                    (key, vec![value])
                })
                .collect();
            let mut session = db.session().unwrap();
            update_rows(&mut session, model, matched, &[field], &rows)
        };
        match (update(1), update(2), update(90)) {
            (Err(one), Err(two), Err(many)) => {
                assert_eq!(known(&two), known(&one), "{number} {field:?}: two rows");
                assert_eq!(known(&many), known(&one), "{number} {field:?}: 90 rows");
            }
            (one, two, many) => assert_eq!(
                (one.unwrap(), two.unwrap(), many.unwrap()),
                (1, 2, 90),
                "{number} {field:?}"
            ),
        }
    }
}

fn a_parent_with_children_is_refused_as_one_row_is(bed: &Bed) {
    let db = bed.database(&[Country::info(), Device::info()]);
    let code = |number: i64| format!("{number:02}");
    let country = |number| Country {
        code: code(number),
        name: String::new(),
    };
    Country::insert_many((1..=95).map(country))
        .execute(&db)
        .unwrap();
    let device = |number: i64| Device {
        id: Uuid::from_u128(number.unsigned_abs().into()),
        country: Some(code(number)),
    };
    Device::insert_many([1, 2, 90].map(device))
        .execute(&db)
        .unwrap();
    let delete = |numbers: &[i64]| {
        let keys: Vec<Vec<Value>> = numbers
            .iter()
            .map(|number| vec![text(&code(*number))])
            .collect();
        let mut session = db.session().unwrap();
        let key = fields::<Country>(&["code"]);
        delete_rows(&mut session, Country::info(), &key, &keys)
    };
    let one = delete(&[1]).unwrap_err();
    assert!(one.is_foreign_key_violation(), "{one:?}");
    let many: Vec<i64> = (3..=90).collect();
    for refused in [delete(&[3, 2]), delete(&many)] {
        assert_eq!(known(&refused.unwrap_err()), known(&one));
    }
    assert_eq!(delete(&many[..87]).unwrap(), 87);
}

fn what_fails_changes_nothing(bed: &Bed) {
    let db = bed.database(&[User::info()]);
    let user = |number: i32| {
        User::build()
            .username(format!("u{number}"))
            .email(format!("e{number}"))
    };
    User::insert_many((1..=300).map(user)).execute(&db).unwrap();
    let rows: Vec<Row> = (1..=300)
        .map(|id| {
            (
                vec![integer(id)],
                vec![text(&format!(
                    "e{}",
                    if id == 300 { 1_001 } else { id + 1_000 }
                ))],
            )
        })
        .collect();
    let (key, set) = (fields::<User>(&["id"]), fields::<User>(&["email"]));
    let error = update_rows(&db, User::info(), &key, &set, &rows).unwrap_err();
    assert!(error.is_unique_violation(), "{error:?}");
    let changed = User::query().filter(User::email.starts_with("e1").and(User::id.ne(1)));
    assert_eq!(changed.filter(User::id.lt(10)).count(&db).unwrap(), 0);
    assert_eq!(
        update_rows(&db, User::info(), &key, &set, &rows[..299]).unwrap(),
        299
    );
}

fn rows_of_every_number(bed: &Bed) {
    let db = bed.database(&[Price::info()]);
    let price = |_| Price::build().amount(Decimal::ZERO);
    let ids = Price::insert_many((0..2_500).map(price))
        .execute(&db)
        .unwrap();
    let (key, set) = (
        fields::<Price>(&["id"]),
        fields::<Price>(&["amount", "whole"]),
    );
    let counts = [1, 2, 3, 16, 17, 64, 65, 128, 129, 999, 1_000, 1_001, 2_500];
    for (count, round) in counts.into_iter().zip(1..) {
        let amount = |id: i64| Decimal::new(id * 100 + round, 2);
        let rows: Vec<Row> = (ids[..count].iter())
            .map(|id| {
                let whole = if id % 2 == 0 {
                    Value::Null
                } else {
                    Value::Decimal(Decimal::from(*id))
                };
                (vec![integer(*id)], vec![Value::Decimal(amount(*id)), whole])
            })
            .collect();
        let found = update_rows(&db, Price::info(), &key, &set, &rows).unwrap();
        assert_eq!(found, count as u64);
        let stored = Price::query()
            .order_by(Price::id.asc())
            .limit(count as u64)
            .all(&db)
            .unwrap();
        for row in stored {
            assert_eq!(row.amount, amount(row.id), "{count}");
            assert_eq!(
                row.whole,
                (row.id % 2 != 0).then(|| Decimal::from(row.id)),
                "{count}"
            );
        }
    }
    let mut left = 2_500;
    for count in [1, 2, 3, 64, 65, 999, 1_000] {
        let keys: Vec<Vec<Value>> = ids[..left]
            .iter()
            .rev()
            .take(count)
            .map(|id| vec![integer(*id)])
            .collect();
        let found = delete_rows(&db, Price::info(), &key, &keys).unwrap();
        assert_eq!(found, count as u64);
        left -= count;
        assert_eq!(Price::query().count(&db).unwrap(), left as u64);
    }
}

/// More than a server takes in one statement, in whatever form.
fn rows_that_are_large(bed: &Bed) {
    let db = bed.database(&[Everything::info()]);
    let mut rows = ordinary(&db, 16);
    for (number, row) in rows.iter_mut().enumerate() {
        row.body = format!(
            "{number}{}",
            ["x", "\"", "\u{1}", "😀"][number % 4].repeat(1 << 18)
        );
        row.bytes = vec![u8::try_from(number).unwrap(); 1 << 20];
        row.document = Json(json!(["\\".repeat(1 << 18)]));
    }
    assert_eq!(update_all(&db, &rows), 16);
    for row in &rows {
        let stored = Everything::query().get(row.id, &db).unwrap().unwrap();
        assert!(stored == *row, "row {}", row.id);
    }
}

/// Names that statements of many rows use themselves.
#[derive(Model, Debug, Clone, PartialEq)]
#[model(register = false, table = "list")]
struct Listed {
    #[key(natural)]
    #[column(name = "c1")]
    id: i64,
    #[column(name = "column1", length = 20)]
    label: String,
    #[column(name = "changed")]
    changed: i32,
    #[column(name = "list")]
    list: i32,
}

#[derive(Model, Debug, Clone, PartialEq)]
#[model(register = false, table = "changed")]
struct Changed {
    #[key(natural)]
    #[column(name = "c0 STRAIGHT_JOIN \"x\"")]
    id: i64,
    #[column(name = "list.c1", unique)]
    value: i32,
}

fn names_that_need_quoting(bed: &Bed) {
    let db = bed.database(&[Node::info(), Listed::info(), Changed::info()]);
    let mut nodes: Vec<Node> = (1..=70)
        .map(|id| Node {
            id,
            label: String::new(),
            parent: None,
        })
        .collect();
    let mut listed: Vec<Listed> = (1..=70)
        .map(|id| Listed {
            id,
            label: String::new(),
            changed: 0,
            list: 0,
        })
        .collect();
    let mut changed: Vec<Changed> = (1..=70)
        .map(|id| Changed {
            id,
            value: id as i32,
        })
        .collect();
    Node::insert_many(nodes.clone()).execute(&db).unwrap();
    Listed::insert_many(listed.clone()).execute(&db).unwrap();
    Changed::insert_many(changed.clone()).execute(&db).unwrap();
    for (at, row) in nodes.iter_mut().enumerate() {
        row.label = format!("node {at}");
        row.parent = Some(1);
    }
    for (at, row) in listed.iter_mut().enumerate() {
        row.label = format!("row {at}");
        (row.changed, row.list) = (at as i32, -(at as i32));
    }
    for row in &mut changed {
        row.value += 1_000;
    }
    assert_eq!(update_all(&db, &nodes), 70);
    assert_eq!(update_all(&db, &listed), 70);
    assert_eq!(update_all(&db, &changed), 70);
    assert_eq!(
        Node::query().order_by(Node::id.asc()).all(&db).unwrap(),
        nodes
    );
    assert_eq!(
        Listed::query().order_by(Listed::id.asc()).all(&db).unwrap(),
        listed
    );
    assert_eq!(
        Changed::query()
            .order_by(Changed::id.asc())
            .all(&db)
            .unwrap(),
        changed
    );
    for row in &mut changed {
        row.value = 5;
    }
    let set = others::<Changed>();
    let rows: Vec<Row> = (changed.iter())
        .map(|row| (vec![integer(row.id)], values(row, &set)))
        .collect();
    let key: Vec<_> = Changed::info().key_fields().collect();
    let error = update_rows(&db, Changed::info(), &key, &set, &rows).unwrap_err();
    assert!(error.is_unique_violation(), "{error:?}");
    assert_eq!(
        (error.table(), error.columns()),
        (Some("changed"), &["list.c1".to_owned()][..])
    );
    assert_eq!(delete_all(&db, &nodes[1..]), 69);
    assert_eq!(delete_all(&db, &listed), 70);
    assert_eq!(delete_all(&db, &changed), 70);
}

fn nothing_changes_nothing(bed: &Bed) {
    let db = bed.database(&[Price::info()]);
    assert_eq!(update_all::<Price>(&db, &[]), 0);
    assert_eq!(delete_all::<Price>(&db, &[]), 0);
}

fn rows_of_another_shape_are_refused(bed: &Bed) {
    let db = bed.database(&[Price::info()]);
    let (key, set) = (fields::<Price>(&["id"]), fields::<Price>(&["amount"]));
    let refused = |matched: &[_], set: &[_], rows: &[Row]| {
        let error = update_rows(&db, Price::info(), matched, set, rows).unwrap_err();
        assert!(error.is_invalid_query(), "{error:?}");
    };
    refused(&key, &set, &[(vec![integer(1)], vec![])]);
    refused(&key, &set, &[(vec![], vec![Value::Decimal(Decimal::ONE)])]);
    refused(&key, &[], &[(vec![integer(1)], vec![])]);
    refused(&[], &set, &[(vec![], vec![Value::Decimal(Decimal::ONE)])]);
    let error = delete_rows(&db, Price::info(), &[], &[vec![]]).unwrap_err();
    assert!(error.is_invalid_query(), "{error:?}");
}
