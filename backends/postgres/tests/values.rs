//! Every type's extremes come back as they were sent.

#![cfg(any(feature = "native", feature = "libpq"))]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use birgus_core::backend::{BindType, Connection, Row, Statement, StatementBuilder};
use birgus_core::schema::{Column, ColumnType, Table};
use birgus_core::{Result, Value, json};
use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime};
use support::{Database, build, on_both_drivers, rows, statement};
use uuid::Uuid;

on_both_drivers!(
    scalars_come_back,
    arrays_come_back,
    literals_mean_what_they_say,
    another_kind_is_refused,
    what_raw_sql_selects_can_be_read,
    a_value_of_another_kind_is_not_bound,
    what_other_engines_lack_is_not_read,
    json_keeps_its_numbers,
);

fn date(year: i32, month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, day).unwrap()
}

fn first_moment() -> NaiveDateTime {
    date(1, 1, 1).and_hms_opt(0, 0, 0).unwrap()
}

fn last_moment() -> NaiveDateTime {
    date(9999, 12, 31)
        .and_hms_micro_opt(23, 59, 59, 999_999)
        .unwrap()
}

/// Each type with a bind type, the server's name, and its extremes.
fn cases() -> Vec<(BindType, &'static str, Vec<Value>)> {
    let decimal = |text: &str| Value::Decimal(text.parse().unwrap());
    let long: String = "é🦀'\\\"%\n".repeat(30_000);
    let document = serde_json::json!({
        "a": [1, -0.5, 1e16, null, true, "\"é🦀\\"], "b": {}, "": i64::MIN, "c": u64::MAX, "d": 5e-324
    });
    vec![
        (
            BindType::Boolean,
            "boolean",
            vec![Value::Boolean(true), Value::Boolean(false)],
        ),
        (
            BindType::SmallInt,
            "smallint",
            [i64::from(i16::MIN), -1, 0, i64::from(i16::MAX)]
                .map(Value::Integer)
                .into(),
        ),
        (
            BindType::Integer,
            "integer",
            [i64::from(i32::MIN), 0, i64::from(i32::MAX)]
                .map(Value::Integer)
                .into(),
        ),
        (
            BindType::BigInt,
            "bigint",
            [i64::MIN, -1, 0, i64::MAX].map(Value::Integer).into(),
        ),
        (
            BindType::Double,
            "double precision",
            [
                f64::MIN,
                f64::MAX,
                f64::MIN_POSITIVE,
                5e-324,
                0.0,
                0.1,
                -1.0 / 3.0,
            ]
            .map(Value::Double)
            .into(),
        ),
        (
            BindType::Text,
            "text",
            ["", " ", "'", "\\", "\"x\"", "$1 ?", long.as_str()]
                .map(|text| Value::Text(text.into()))
                .into(),
        ),
        (
            BindType::Binary,
            "bytea",
            vec![
                Value::Binary(vec![]),
                Value::Binary((0..=255).collect()),
                Value::Binary(vec![0; 100_000]),
            ],
        ),
        (
            BindType::Decimal { scale: 4 },
            "numeric(18,4)",
            [
                "99999999999999.9999",
                "-99999999999999.9999",
                "0.0000",
                "0.0001",
                "-10000.0000",
                "1.5000",
            ]
            .map(decimal)
            .into(),
        ),
        (
            BindType::Decimal { scale: 18 },
            "numeric(18,18)",
            ["0.999999999999999999", "-0.000000000000000001"]
                .map(decimal)
                .into(),
        ),
        (
            BindType::Decimal { scale: 0 },
            "numeric(18,0)",
            ["999999999999999999", "-1", "0"].map(decimal).into(),
        ),
        (
            BindType::Date,
            "date",
            [
                date(1, 1, 1),
                date(9999, 12, 31),
                date(2000, 2, 29),
                date(1999, 12, 31),
            ]
            .map(Value::Date)
            .into(),
        ),
        (
            BindType::Time,
            "time",
            vec![
                Value::Time(NaiveTime::from_hms_opt(0, 0, 0).unwrap()),
                Value::Time(NaiveTime::from_hms_micro_opt(23, 59, 59, 999_999).unwrap()),
            ],
        ),
        (
            BindType::DateTime,
            "timestamp",
            vec![
                Value::DateTime(first_moment()),
                Value::DateTime(last_moment()),
            ],
        ),
        (
            BindType::Timestamp,
            "timestamptz",
            vec![
                Value::Timestamp(first_moment().and_utc()),
                Value::Timestamp(last_moment().and_utc()),
                Value::Timestamp(DateTime::UNIX_EPOCH),
            ],
        ),
        (
            BindType::Uuid,
            "uuid",
            [
                Uuid::nil(),
                Uuid::max(),
                Uuid::from_u128(0x0123_4567_89ab_cdef_0123_4567_89ab_cdef),
            ]
            .map(Value::Uuid)
            .into(),
        ),
        (
            BindType::Json,
            "jsonb",
            [document, serde_json::Value::Null, serde_json::json!([])]
                .map(|document| Value::Json(json::canonical_text(&document)))
                .into(),
        ),
    ]
}

fn read(row: &dyn Row, bind_type: BindType) -> Result<Value> {
    fn value<T>(found: Option<T>, wrap: impl FnOnce(T) -> Value) -> Value {
        found.map_or(Value::Null, wrap)
    }
    Ok(match bind_type {
        BindType::Boolean => value(row.boolean(0)?, Value::Boolean),
        BindType::SmallInt | BindType::Integer | BindType::BigInt => {
            value(row.integer(0)?, Value::Integer)
        }
        BindType::Double => value(row.double(0)?, Value::Double),
        BindType::Text => value(row.text(0)?, |text| Value::Text(text.into())),
        BindType::Binary => value(row.binary(0)?, |bytes| Value::Binary(bytes.into())),
        BindType::Decimal { scale } => value(row.decimal(0, scale)?, |number| {
            assert_eq!(number.scale(), u32::from(scale));
            Value::Decimal(number)
        }),
        BindType::Date => value(row.date(0)?, Value::Date),
        BindType::Time => value(row.time(0)?, Value::Time),
        BindType::DateTime => value(row.date_time(0)?, Value::DateTime),
        BindType::Timestamp => value(row.timestamp(0)?, Value::Timestamp),
        BindType::Uuid => value(row.uuid(0)?, Value::Uuid),
        // Compared parsed: jsonb has its own order of keys.
        BindType::Json => value(row.json(0)?, |document| {
            Value::Json(json::canonical_text(&document))
        }),
        other => panic!("{other:?}"),
    })
}

fn same(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Json(left), Value::Json(right)) => {
            let parse = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
            parse(left) == parse(right)
        }
        _ => left == right,
    }
}

fn scalars_come_back(database: &Database) {
    let mut connection = database.connect();
    for (index, (bind_type, name, mut values)) in cases().into_iter().enumerate() {
        values.push(Value::Null);
        let table = format!("t{index}");
        connection
            .batch(&format!("CREATE TABLE {table} (place int, value {name})"))
            .unwrap();
        for (cacheable, value) in [true, false]
            .into_iter()
            .flat_map(|cacheable| values.iter().map(move |value| (cacheable, value)))
        {
            connection.batch(&format!("TRUNCATE {table}")).unwrap();
            let insert = build(
                &*connection,
                &format!("INSERT INTO {table} VALUES (?, ?)"),
                vec![
                    (Value::Integer(1), BindType::Integer),
                    (value.clone(), bind_type),
                ],
                cacheable,
            );
            assert_eq!(connection.execute(&insert).unwrap(), 1);
            let select = build(
                &*connection,
                &format!("SELECT value FROM {table}"),
                vec![],
                cacheable,
            );
            let found = rows(&mut *connection, &select, |row| read(row, bind_type)).unwrap();
            assert!(
                same(&found[0], value),
                "{bind_type:?} {value:?}: {:?}",
                found[0]
            );
        }
    }
}

fn arrays_come_back(database: &Database) {
    let mut connection = database.connect();
    for (bind_type, name, mut values) in cases() {
        values.insert(1, Value::Null);
        let base = name.split('(').next().unwrap();
        for values in [values, vec![Value::Null], vec![]] {
            let select = statement(
                &*connection,
                &format!(
                    "SELECT value::{base} FROM unnest(?) WITH ORDINALITY AS v (value, place) ORDER BY place"
                ),
                vec![(Value::Array(values.clone()), bind_type)],
            );
            let found = rows(&mut *connection, &select, |row| read(row, bind_type)).unwrap();
            assert_eq!(found.len(), values.len());
            for (found, value) in found.iter().zip(&values) {
                assert!(same(found, value), "{bind_type:?} {value:?}: {found:?}");
            }
        }
    }
}

fn literals_mean_what_they_say(database: &Database) {
    let mut connection = database.connect();
    for (bind_type, name, mut values) in cases() {
        values.push(Value::Null);
        for value in values.iter().chain([&Value::Array(values.clone())]) {
            let base = name.split('(').next().unwrap();
            let suffix = if matches!(value, Value::Array(_)) {
                "[]"
            } else {
                ""
            };
            let mut builder = StatementBuilder::new(connection.dialect());
            let mut literal = String::new();
            connection.dialect().literal(&mut literal, value, bind_type);
            builder
                .push("SELECT ")
                .push(&literal)
                .push(" IS NOT DISTINCT FROM ")
                .bind(value.clone(), bind_type)
                .push(&format!("::{base}{suffix}"));
            let equal = builder.finish();
            let found = rows(&mut *connection, &equal, |row| row.boolean(0)).unwrap();
            assert_eq!(found, [Some(true)], "{bind_type:?} {value:?}");
        }
    }
}

fn another_kind_is_refused(database: &Database) {
    type Getter = fn(&dyn Row) -> Result<bool>;
    let getters: [(&str, Getter); 12] = [
        ("boolean", |row| row.boolean(0).map(|value| value.is_some())),
        ("integer", |row| row.integer(0).map(|value| value.is_some())),
        ("double", |row| row.double(0).map(|value| value.is_some())),
        ("text", |row| row.text(0).map(|value| value.is_some())),
        ("binary", |row| row.binary(0).map(|value| value.is_some())),
        ("decimal", |row| {
            row.decimal(0, 2).map(|value| value.is_some())
        }),
        ("date", |row| row.date(0).map(|value| value.is_some())),
        ("time", |row| row.time(0).map(|value| value.is_some())),
        ("date_time", |row| {
            row.date_time(0).map(|value| value.is_some())
        }),
        ("timestamp", |row| {
            row.timestamp(0).map(|value| value.is_some())
        }),
        ("uuid", |row| row.uuid(0).map(|value| value.is_some())),
        ("json", |row| row.json(0).map(|value| value.is_some())),
    ];
    let selected = [
        ("true", "boolean"),
        ("1::smallint", "integer"),
        ("1::bigint", "integer"),
        ("1::float4", "double"),
        ("'12'::text", "text"),
        ("'x'::varchar(3)", "text"),
        ("'\\x00'::bytea", "binary"),
        ("1.5::numeric", "decimal"),
        ("date '2024-01-01'", "date"),
        ("time '12:00'", "time"),
        ("timestamp '2024-01-01'", "date_time"),
        ("timestamptz '2024-01-01'", "timestamp"),
        ("'00000000-0000-0000-0000-000000000001'::uuid", "uuid"),
        ("'{}'::json", "json"),
        ("'{}'::jsonb", "json"),
    ];
    let mut connection = database.connect();
    for (sql, right) in selected {
        for (name, getter) in getters {
            let select = Statement::once(format!("SELECT {sql} AS found"));
            let result = rows(&mut *connection, &select, getter);
            if name == right {
                assert!(result.unwrap()[0], "{sql} as {name}");
            } else {
                let error = result.unwrap_err();
                assert!(error.is_decode(), "{sql} as {name}: {error}");
                assert!(
                    error.to_string().starts_with("column found: expected "),
                    "{error}"
                );
            }
            let null = Statement::once(format!("SELECT CASE WHEN false THEN {sql} END"));
            assert_eq!(rows(&mut *connection, &null, getter).unwrap(), [false]);
        }
    }
    let beyond = rows(&mut *connection, &Statement::once("SELECT 1"), |row| {
        row.integer(1)
    });
    assert!(beyond.unwrap_err().is_decode());
}

fn what_raw_sql_selects_can_be_read(database: &Database) {
    let mut connection = database.connect();
    let select = Statement::once(
        "SELECT relname, oid, relkind, 'literal', count(*) OVER (), sum(1::int) OVER () FROM pg_class WHERE relname = 'pg_class'",
    );
    rows(&mut *connection, &select, |row| {
        assert_eq!(row.column_count(), 6);
        assert_eq!(row.column_name(1).as_deref(), Some("oid"));
        assert_eq!(row.column_name(6), None);
        assert_eq!(row.text(0)?.as_deref(), Some("pg_class"));
        assert_eq!(row.integer(1)?, Some(1259));
        assert_eq!(row.text(2)?.as_deref(), Some("r"));
        assert_eq!(row.text(3)?.as_deref(), Some("literal"));
        assert_eq!((row.integer(4)?, row.integer(5)?), (Some(1), Some(1)));
        Ok(())
    })
    .unwrap();
}

fn a_value_of_another_kind_is_not_bound(database: &Database) {
    let mut connection = database.connect();
    for (value, bind_type) in [
        (Value::Text("secret".into()), BindType::BigInt),
        (Value::Integer(70_000), BindType::SmallInt),
        (Value::Integer(1 << 40), BindType::Integer),
        (
            Value::Array(vec![Value::Integer(1), Value::Boolean(true)]),
            BindType::BigInt,
        ),
        (Value::Date(date(-5, 1, 1)), BindType::Date),
    ] {
        for cacheable in [true, false] {
            let select = build(
                &*connection,
                "SELECT ?",
                vec![(value.clone(), bind_type)],
                cacheable,
            );
            let error = rows(&mut *connection, &select, |_| Ok(())).unwrap_err();
            assert!(error.is_invalid_value(), "{error}");
            assert!(!format!("{error:?}").contains("secret"), "{error:?}");
        }
    }
    assert_eq!(support::integer(&mut *connection, "SELECT 1"), 1);
}

fn what_other_engines_lack_is_not_read(database: &Database) {
    let mut connection = database.connect();
    let refused = |connection: &mut dyn Connection, sql: &str, bind_type| {
        let error = rows(connection, &Statement::once(sql), |row| {
            read(row, bind_type)
        })
        .unwrap_err();
        assert!(error.is_decode(), "{sql}: {error}");
    };
    refused(&mut *connection, "SELECT date 'infinity'", BindType::Date);
    refused(
        &mut *connection,
        "SELECT date '10000-01-01'",
        BindType::Date,
    );
    refused(
        &mut *connection,
        "SELECT timestamp '0001-12-31 BC'",
        BindType::DateTime,
    );
    refused(
        &mut *connection,
        "SELECT timestamptz '-infinity'",
        BindType::Timestamp,
    );
    refused(&mut *connection, "SELECT time '24:00'", BindType::Time);
    refused(
        &mut *connection,
        "SELECT 'NaN'::numeric",
        BindType::Decimal { scale: 2 },
    );
    refused(
        &mut *connection,
        "SELECT 1e40::numeric",
        BindType::Decimal { scale: 2 },
    );
}

fn json_keeps_its_numbers(database: &Database) {
    let mut connection = database.connect();
    let table = Table {
        columns: vec![Column::new("document", ColumnType::Json)],
        ..Table::new("doc")
    };
    for sql in connection.dialect().create_table(&table, &[]).unwrap() {
        connection.batch(&sql).unwrap();
    }
    let document = serde_json::json!({"float": 1e16, "integer": 10_000_000_000_000_000_i64});
    let insert = statement(
        &*connection,
        "INSERT INTO doc VALUES (?)",
        vec![(Value::Json(json::canonical_text(&document)), BindType::Json)],
    );
    connection.execute(&insert).unwrap();
    let select = Statement::once("SELECT document FROM doc");
    let found = rows(&mut *connection, &select, |row| row.json(0)).unwrap();
    assert_eq!(found, [Some(document)]);
}
