//! Values in and out, by statements written by hand.
#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used)]

mod support;

use birgus_core::Value;
use birgus_core::backend::{BindType, Connection, Dialect};
use birgus_sqlite::SqliteDialect;
use chrono::{DateTime, NaiveDate, NaiveTime};
use rust_decimal::Decimal;
use support::{Part, memory, one, sql, statement};
use uuid::Uuid;

fn select(value: Value, bind_type: BindType) -> birgus_core::backend::Statement {
    statement([
        Part::Sql("SELECT "),
        Part::Bind(value, bind_type),
        Part::Sql(" AS crab"),
    ])
}

#[test]
fn extremes_come_back_as_they_went() {
    let connection = &mut *memory();
    for value in [i64::MIN, -1, 0, 1, i64::MAX] {
        let statement = select(Value::Integer(value), BindType::BigInt);
        assert_eq!(
            one(connection, &statement, |row| row.integer(0)).unwrap(),
            Some(value)
        );
    }
    for value in [
        f64::MIN,
        f64::MAX,
        f64::MIN_POSITIVE,
        5e-324,
        0.1,
        0.0,
        1.0,
        16_777_217.0,
    ] {
        let statement = select(Value::Double(value), BindType::Double);
        assert_eq!(
            one(connection, &statement, |row| row.double(0)).unwrap(),
            Some(value)
        );
    }
    for text in [
        "999999999999999.999",
        "-999999999999999.999",
        "0.000",
        "-0.001",
        "123456789012345.678",
    ] {
        let value: Decimal = text.parse().unwrap();
        let statement = select(Value::Decimal(value), BindType::Decimal { scale: 3 });
        let found = one(connection, &statement, |row| row.decimal(0, 3))
            .unwrap()
            .unwrap();
        assert_eq!((found, found.scale()), (value, 3));
    }
    for value in [true, false] {
        let statement = select(Value::Boolean(value), BindType::Boolean);
        assert_eq!(
            one(connection, &statement, |row| row.boolean(0)).unwrap(),
            Some(value)
        );
    }
    let uuid = Uuid::new_v4();
    let statement = select(Value::Uuid(uuid), BindType::Uuid);
    assert_eq!(
        one(connection, &statement, |row| row.uuid(0)).unwrap(),
        Some(uuid)
    );
}

#[test]
fn texts_and_bytes_come_back_as_they_went() {
    let connection = &mut *memory();
    let long = "0123456789".repeat(7_000);
    for text in [
        "",
        " ",
        "it's \"quoted\" \\ %_",
        "🦀 e\u{301} é 👩‍👩‍👧 \u{10FFFF}",
        &long,
    ] {
        let statement = select(Value::Text(text.into()), BindType::Text);
        let found = one(connection, &statement, |row| {
            Ok(row.text(0)?.map(|text| text.into_owned()))
        });
        assert_eq!(found.unwrap().as_deref(), Some(text));
    }
    let long: Vec<u8> = (0..70_000_u32).map(|number| number as u8).collect();
    for bytes in [vec![], vec![0], vec![0xff, 0xfe, 0], long] {
        let statement = select(Value::Binary(bytes.clone()), BindType::Binary);
        let found = one(connection, &statement, |row| {
            Ok(row.binary(0)?.map(|bytes| bytes.into_owned()))
        });
        assert_eq!(found.unwrap(), Some(bytes));
    }
    let document = serde_json::json!({"a": [1, 2.5, null, "🦀"], "b": {"c": true}});
    let text = birgus_core::json::canonical_text(&document);
    let statement = select(Value::Json(text), BindType::Json);
    assert_eq!(
        one(connection, &statement, |row| row.json(0)).unwrap(),
        Some(document)
    );
}

#[test]
fn days_and_times_come_back_as_they_went() {
    let connection = &mut *memory();
    let first = NaiveDate::from_ymd_opt(1, 1, 1).unwrap();
    let last = NaiveDate::from_ymd_opt(9999, 12, 31).unwrap();
    for day in [first, last] {
        let statement = select(Value::Date(day), BindType::Date);
        assert_eq!(
            one(connection, &statement, |row| row.date(0)).unwrap(),
            Some(day)
        );
        for time in [
            NaiveTime::MIN,
            NaiveTime::from_hms_micro_opt(23, 59, 59, 999_999).unwrap(),
        ] {
            let statement = select(Value::Time(time), BindType::Time);
            assert_eq!(
                one(connection, &statement, |row| row.time(0)).unwrap(),
                Some(time)
            );
            let moment = day.and_time(time);
            let statement = select(Value::DateTime(moment), BindType::DateTime);
            assert_eq!(
                one(connection, &statement, |row| row.date_time(0)).unwrap(),
                Some(moment)
            );
            let instant = moment.and_utc();
            let statement = select(Value::Timestamp(instant), BindType::Timestamp);
            assert_eq!(
                one(connection, &statement, |row| row.timestamp(0)).unwrap(),
                Some(instant)
            );
        }
    }
    let instant = DateTime::from_timestamp_micros(1_714_998_896_000_001).unwrap();
    let statement = select(Value::Timestamp(instant), BindType::Timestamp);
    let text = one(connection, &statement, |row| {
        Ok(row.text(0)?.map(|text| text.into_owned()))
    });
    assert_eq!(
        text.unwrap().as_deref(),
        Some("2024-05-06 12:34:56.000001Z")
    );
    // SQLite's own functions understand the stored form.
    let statement = statement_of_datetime(instant);
    let text = one(connection, &statement, |row| {
        Ok(row.text(0)?.map(|text| text.into_owned()))
    });
    assert_eq!(text.unwrap().as_deref(), Some("2024-05-06 12:34:56"));
}

fn statement_of_datetime(instant: DateTime<chrono::Utc>) -> birgus_core::backend::Statement {
    statement([
        Part::Sql("SELECT datetime("),
        Part::Bind(Value::Timestamp(instant), BindType::Timestamp),
        Part::Sql(")"),
    ])
}

#[test]
fn null_of_every_type_is_null() {
    let connection = &mut *memory();
    let types = [
        BindType::Boolean,
        BindType::SmallInt,
        BindType::Integer,
        BindType::BigInt,
        BindType::Double,
        BindType::Text,
        BindType::Binary,
        BindType::Decimal { scale: 2 },
        BindType::Date,
        BindType::Time,
        BindType::DateTime,
        BindType::Timestamp,
        BindType::Uuid,
        BindType::Json,
    ];
    let mut parts = vec![Part::Sql("SELECT ")];
    for (position, bind_type) in types.into_iter().enumerate() {
        if position > 0 {
            parts.push(Part::Sql(", "));
        }
        parts.push(Part::Bind(Value::Null, bind_type));
    }
    let mut rows = 0;
    connection
        .query(&statement(parts), &mut |row| {
            rows += 1;
            assert_eq!(row.column_count(), types.len());
            for index in 0..types.len() {
                assert_eq!(row.boolean(index)?, None);
                assert_eq!(row.integer(index)?, None);
                assert_eq!(row.double(index)?, None);
                assert_eq!(row.text(index)?, None);
                assert_eq!(row.binary(index)?, None);
                assert_eq!(row.decimal(index, 2)?, None);
                assert_eq!(row.date(index)?, None);
                assert_eq!(row.time(index)?, None);
                assert_eq!(row.date_time(index)?, None);
                assert_eq!(row.timestamp(index)?, None);
                assert_eq!(row.uuid(index)?, None);
                assert_eq!(row.json(index)?, None);
            }
            Ok(())
        })
        .unwrap();
    assert_eq!(rows, 1);
}

fn decode_error(connection: &mut dyn Connection, text: &str, getter: &str) -> String {
    let error = one(connection, &sql(text), |row| match getter {
        "boolean" => row.boolean(0).map(drop),
        "integer" => row.integer(0).map(drop),
        "double" => row.double(0).map(drop),
        "text" => row.text(0).map(drop),
        "binary" => row.binary(0).map(drop),
        "decimal" => row.decimal(0, 2).map(drop),
        "date" => row.date(0).map(drop),
        "uuid" => row.uuid(0).map(drop),
        "json" => row.json(0).map(drop),
        _ => row.integer(9).map(drop),
    })
    .unwrap_err();
    assert!(error.is_decode(), "{error:?}");
    error.to_string()
}

#[test]
fn nothing_is_converted() {
    let connection = &mut *memory();
    for (text, getter) in [
        ("SELECT '12' AS crab", "integer"),
        ("SELECT 1.0 AS crab", "integer"),
        ("SELECT 2 AS crab", "boolean"),
        ("SELECT '1' AS crab", "boolean"),
        ("SELECT '1.5' AS crab", "double"),
        ("SELECT 12 AS crab", "text"),
        ("SELECT x'61' AS crab", "text"),
        ("SELECT 'a' AS crab", "binary"),
        ("SELECT 1.5 AS crab", "decimal"),
        ("SELECT 'yesterday' AS crab", "date"),
        ("SELECT x'00' AS crab", "uuid"),
        ("SELECT '{' AS crab", "json"),
        ("SELECT CAST(x'ff' AS TEXT) AS crab", "text"),
        ("SELECT CAST(x'ff' AS TEXT) AS crab", "date"),
    ] {
        let message = decode_error(connection, text, getter);
        assert!(message.starts_with("column crab: "), "{message}");
        assert!(!message.contains("yesterday"), "{message}");
    }
    assert_eq!(
        decode_error(connection, "SELECT '12' AS crab", "integer"),
        "column crab: expected an integer, found text"
    );
    assert!(decode_error(connection, "SELECT 1", "past the end").contains("column 10"));
}

#[test]
fn a_whole_number_is_taken_for_a_double() {
    let connection = &mut *memory();
    assert_eq!(
        one(connection, &sql("SELECT 3"), |row| row.double(0)).unwrap(),
        Some(3.0)
    );
}

#[test]
fn as_many_binds_as_the_dialect_claims_are_taken() {
    let most = SqliteDialect::new().capabilities().max_binds;
    let list = |count: usize| {
        let mut parts = vec![Part::Sql("SELECT count(*) WHERE 1 IN (0")];
        for _ in 0..count {
            parts.push(Part::Sql(", "));
            parts.push(Part::Bind(Value::Integer(1), BindType::BigInt));
        }
        parts.push(Part::Sql(")"));
        statement(parts)
    };
    let mut connection = memory();
    assert_eq!(
        one(&mut *connection, &list(most), |row| row.integer(0)).unwrap(),
        Some(1)
    );
    assert!(connection.execute(&list(most + 1)).is_err());
}

#[test]
fn an_array_is_refused_before_it_is_sent() {
    let statement = select(Value::Array(vec![Value::Integer(1)]), BindType::BigInt);
    let error = memory().execute(&statement).unwrap_err();
    assert!(error.is_unsupported());
}

#[test]
fn an_error_while_rows_are_read_leaves_the_connection_usable() {
    let mut connection = memory();
    connection
        .batch("CREATE TABLE t (a INTEGER); INSERT INTO t VALUES (1), (2), (3)")
        .unwrap();
    let rows = sql("SELECT a FROM t");
    let mut seen = 0;
    let error = connection
        .query(&rows, &mut |row| {
            seen += 1;
            row.text(0).map(drop)
        })
        .unwrap_err();
    assert!(error.is_decode());
    assert_eq!(seen, 1);
    // A statement that was not reset would hold a lock on the table.
    connection.batch("DROP TABLE t").unwrap();
}

#[test]
fn rows_are_streamed() {
    let mut connection = memory();
    let endless =
        sql("WITH RECURSIVE n(a) AS (SELECT 1 UNION ALL SELECT a + 1 FROM n) SELECT a FROM n");
    let mut sum = 0;
    let stopped = connection.query(&endless, &mut |row| {
        sum += row.integer(0)?.unwrap();
        if sum > 1000 {
            return Err(birgus_core::Error::not_found("enough"));
        }
        Ok(())
    });
    assert!(stopped.unwrap_err().is_not_found());
    connection.ping().unwrap();
}

#[test]
fn matched_rows_are_counted_and_nothing_else() {
    let mut connection = memory();
    assert_eq!(
        connection
            .execute(&sql(
                "CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT, a INT)"
            ))
            .unwrap(),
        0
    );
    assert_eq!(
        connection
            .execute(&sql("INSERT INTO t (a) VALUES (1), (2), (3)"))
            .unwrap(),
        3
    );
    assert_eq!(connection.last_insert_id().unwrap(), 3);
    assert_eq!(
        connection
            .execute(&sql("UPDATE t SET a = a WHERE id < 3"))
            .unwrap(),
        2
    );
    // SQLite still has the count of the UPDATE here.
    assert_eq!(
        connection
            .execute(&sql("CREATE INDEX ix ON t (a)"))
            .unwrap(),
        0
    );
    assert_eq!(
        connection
            .execute(&sql("DELETE FROM t WHERE id > 9"))
            .unwrap(),
        0
    );
}

#[test]
fn an_id_is_never_given_twice() {
    let mut connection = memory();
    connection
        .batch("CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL)")
        .unwrap();
    let insert = sql("INSERT INTO t (id) VALUES (NULL)");
    connection.execute(&insert).unwrap();
    connection.execute(&insert).unwrap();
    connection
        .execute(&sql("DELETE FROM t WHERE id = 2"))
        .unwrap();
    connection.execute(&insert).unwrap();
    assert_eq!(connection.last_insert_id().unwrap(), 3);
}

#[test]
fn an_insert_of_many_binds_counts_its_rows() {
    let connection = &mut *memory();
    connection.batch("CREATE TABLE t (a BIGINT)").unwrap();
    let insert = |rows: i64| {
        let mut parts = vec![Part::Sql("INSERT INTO t VALUES (")];
        for row in 0..rows {
            if row > 0 {
                parts.push(Part::Sql("), ("));
            }
            parts.push(Part::Bind(Value::Integer(row), BindType::BigInt));
        }
        parts.push(Part::Sql(")"));
        statement(parts)
    };
    for rows in [1, 15, 16, 17, 100] {
        assert_eq!(connection.execute(&insert(rows)).unwrap(), rows as u64);
        assert_eq!(
            connection
                .execute(&sql("CREATE TABLE IF NOT EXISTS t (a)"))
                .unwrap(),
            0
        );
    }
}
