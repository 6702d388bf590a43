//! Every type goes to the server and comes back as it was.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::str::FromStr;

use birgus_core::backend::{BindType, Connection, Row};
use birgus_core::schema::{Column, ColumnType, Table};
use birgus_core::{Result, Value};
use chrono::{NaiveDate, NaiveTime};
use rust_decimal::Decimal;
use support::{execute, rows};
use uuid::Uuid;

/// A table of one nullable column, filled with the values and read back in order.
fn round_trip(
    connection: &mut dyn Connection,
    column_type: ColumnType,
    bind_type: BindType,
    values: Vec<Value>,
    read: impl Fn(&dyn Row) -> Result<Option<Value>>,
) {
    let mut table = Table::new("value");
    table.columns = vec![
        Column::new("id", ColumnType::BigInt).identity(),
        Column::new("v", column_type.clone()).nullable(),
    ];
    table.primary_key = vec!["id".into()];
    connection.batch(r#"DROP TABLE IF EXISTS "value""#).unwrap();
    for sql in connection.dialect().create_table(&table, &[]).unwrap() {
        connection.batch(&sql).unwrap();
    }
    let mut values = values;
    values.push(Value::Null);
    for value in &values {
        let sql = r#"INSERT INTO "value" ("v") VALUES (?)"#;
        execute(connection, sql, vec![(value.clone(), bind_type)]).unwrap();
        let found = r#"SELECT COUNT(*) FROM "value" WHERE "v" <=> ?"#;
        if bind_type != BindType::Json {
            let statement = support::statement(connection, found, vec![(value.clone(), bind_type)]);
            let mut count = None;
            connection
                .query(&statement, &mut |row| {
                    count = row.integer(0)?;
                    Ok(())
                })
                .unwrap();
            assert_eq!(
                count,
                Some(1),
                "{column_type} {value:?} is not found by its value"
            );
        }
    }
    let sql = r#"SELECT "v" FROM "value" ORDER BY "id""#;
    let back = rows(connection, sql, |row| Ok(read(row)?.unwrap_or(Value::Null))).unwrap();
    for (sent, back) in values.iter().zip(&back) {
        assert!(sent == back, "{column_type}: sent {sent:?}, got {back:?}");
    }
    assert_eq!(values.len(), back.len());
}

fn days() -> [NaiveDate; 4] {
    [(1, 1, 1), (9999, 12, 31), (2024, 2, 29), (1000, 1, 1)]
        .map(|(year, month, day)| NaiveDate::from_ymd_opt(year, month, day).unwrap())
}

fn times() -> [NaiveTime; 4] {
    [
        (0, 0, 0, 0),
        (23, 59, 59, 999_999),
        (12, 34, 56, 1),
        (0, 0, 0, 600_000),
    ]
    .map(|(hour, minute, second, micro)| {
        NaiveTime::from_hms_micro_opt(hour, minute, second, micro).unwrap()
    })
}

on_both! {
    fn whole_numbers_and_truth_values(db) {
        let mut connection = db.connect();
        let connection = connection.as_mut();
        let integers = |values: &[i64]| values.iter().map(|v| Value::Integer(*v)).collect::<Vec<_>>();
        let read = |row: &dyn Row| Ok(row.integer(0)?.map(Value::Integer));
        round_trip(connection, ColumnType::Boolean, BindType::Boolean,
            vec![Value::Boolean(true), Value::Boolean(false)],
            |row| Ok(row.boolean(0)?.map(Value::Boolean)));
        round_trip(connection, ColumnType::SmallInt, BindType::SmallInt,
            integers(&[0, i16::MIN.into(), i16::MAX.into()]), read);
        round_trip(connection, ColumnType::Integer, BindType::Integer,
            integers(&[0, i32::MIN.into(), i32::MAX.into()]), read);
        round_trip(connection, ColumnType::BigInt, BindType::BigInt,
            integers(&[0, i64::MIN, i64::MAX]), read);
    }
}

on_both! {
    fn doubles(db) {
        let values = [0.0, 0.1, -1.5, f64::MAX, f64::MIN, f64::MIN_POSITIVE, 5e-324, 2.2e-308, 16_777_217.0, 1e16, f64::EPSILON];
        round_trip(db.connect().as_mut(), ColumnType::Double, BindType::Double,
            values.into_iter().map(Value::Double).collect(),
            |row| Ok(row.double(0)?.map(Value::Double)));
    }
}

on_both! {
    fn texts_and_bytes(db) {
        let mut connection = db.connect();
        let connection = connection.as_mut();
        let text = |row: &dyn Row| Ok(row.text(0)?.map(|text| Value::Text(text.into_owned())));
        let texts = ["", "a", "A", "a ", "é", "e", "😀", "it's", "back\\slash\\", "\"q\"", "%_", "\n\r\t", "?", "ß", "文"];
        let texts: Vec<Value> = texts.map(|text| Value::Text(text.into())).into();
        round_trip(connection, ColumnType::Varchar { length: 16 }, BindType::Text, texts.clone(), text);
        let mut long = texts;
        long.push(Value::Text("ü😀".repeat(100_000)));
        round_trip(connection, ColumnType::Text, BindType::Text, long, text);
        let bytes = [vec![], vec![0], vec![255, 0, 39, 92, 34], (0..=255).collect(), vec![0x80; 1_000_000], "text".into()];
        round_trip(connection, ColumnType::Binary, BindType::Binary,
            bytes.map(Value::Binary).into(),
            |row| Ok(row.binary(0)?.map(|bytes| Value::Binary(bytes.into_owned()))));
        round_trip(connection, ColumnType::Uuid, BindType::Uuid,
            [Uuid::nil(), Uuid::max(), Uuid::new_v4()].map(Value::Uuid).into(),
            |row| Ok(row.uuid(0)?.map(Value::Uuid)));
        let values = ["a", "it's", "é"].map(String::from);
        round_trip(connection, ColumnType::Enum { values: values.clone().into() }, BindType::Text,
            values.map(Value::Text).into(), text);
    }
}

on_both! {
    fn exact_numbers(db) {
        let mut connection = db.connect();
        for (precision, scale, values) in [
            (18, 0, vec!["0", "999999999999999999", "-999999999999999999"]),
            (18, 18, vec!["0.000000000000000000", "0.999999999999999999", "-0.999999999999999999"]),
            (10, 2, vec!["0.00", "1.20", "-1.01", "99999999.99"]),
            (1, 0, vec!["9", "-9"]),
        ] {
            let values = values.into_iter().map(|v| Value::Decimal(Decimal::from_str(v).unwrap()));
            round_trip(connection.as_mut(), ColumnType::Decimal { precision, scale }, BindType::Decimal { scale },
                values.collect(),
                |row| {
                    let number = row.decimal(0, scale)?;
                    assert!(number.is_none_or(|number| number.scale() == u32::from(scale)));
                    Ok(number.map(Value::Decimal))
                });
        }
    }
}

on_both! {
    fn days_and_times(db) {
        let mut connection = db.connect();
        let connection = connection.as_mut();
        round_trip(connection, ColumnType::Date, BindType::Date, days().map(Value::Date).into(),
            |row| Ok(row.date(0)?.map(Value::Date)));
        round_trip(connection, ColumnType::Time, BindType::Time, times().map(Value::Time).into(),
            |row| Ok(row.time(0)?.map(Value::Time)));
        let moments = || days().into_iter().flat_map(|day| times().map(|time| day.and_time(time)));
        round_trip(connection, ColumnType::DateTime, BindType::DateTime, moments().map(Value::DateTime).collect(),
            |row| Ok(row.date_time(0)?.map(Value::DateTime)));
        round_trip(connection, ColumnType::Timestamp, BindType::Timestamp,
            moments().map(|moment| Value::Timestamp(moment.and_utc())).collect(),
            |row| Ok(row.timestamp(0)?.map(Value::Timestamp)));
    }
}

on_both! {
    fn documents(db) {
        let documents = [r#"{"b":[1,2.5,null,true,"é😀\\\"'"],"a":{}}"#, "null", "\"text\"", "1e300", "[]", "\"\"", "9223372036854775807"];
        round_trip(db.connect().as_mut(), ColumnType::Json, BindType::Json,
            documents.map(|text| {
                let document: serde_json::Value = serde_json::from_str(text).unwrap();
                Value::Json(birgus_core::json::canonical_text(&document))
            }).into(),
            |row| {
                let document = row.json(0)?;
                // MySQL sorts the keys: documents are compared parsed.
                Ok(document.map(|document| Value::Json(birgus_core::json::canonical_text(&document))))
            });
    }
}

on_both! {
    fn literals_mean_what_binds_mean(db) {
        let mut connection = db.connect();
        let moment = days()[1].and_time(times()[1]);
        for (value, bind_type) in [
            (Value::Boolean(true), BindType::Boolean),
            (Value::Integer(i64::MIN), BindType::BigInt),
            (Value::Double(f64::MAX), BindType::Double),
            (Value::Double(5e-324), BindType::Double),
            (Value::Text("it's \\ \"é\" 😀\n".into()), BindType::Text),
            (Value::Text("plain".into()), BindType::Text),
            (Value::Binary(vec![0, 255, 39]), BindType::Binary),
            (Value::Uuid(Uuid::max()), BindType::Uuid),
            (Value::Decimal(Decimal::from_str("-1.20").unwrap()), BindType::Decimal { scale: 2 }),
            (Value::Date(days()[0]), BindType::Date),
            (Value::Time(times()[1]), BindType::Time),
            (Value::DateTime(moment), BindType::DateTime),
            (Value::Timestamp(moment.and_utc()), BindType::Timestamp),
            (Value::Null, BindType::Text),
        ] {
            let mut literal = String::new();
            connection.dialect().literal(&mut literal, &value, bind_type);
            let sql = format!("SELECT ({literal}) <=> ?");
            let statement = support::statement(connection.as_ref(), &sql, vec![(value, bind_type)]);
            let mut same = None;
            connection.query(&statement, &mut |row| { same = row.boolean(0)?; Ok(()) }).unwrap();
            assert_eq!(same, Some(true), "{literal}");
        }
    }
}

on_both! {
    fn a_value_of_another_kind_is_refused_by_name(db) {
        let mut connection = db.connect();
        let connection = connection.as_mut();
        let mut refuse = |sql: &str, read: &dyn Fn(&dyn Row) -> Result<()>, message: &str| {
            let error = rows(connection, sql, |row| read(row)).unwrap_err();
            assert!(error.is_decode(), "{error}");
            assert_eq!(error.to_string(), message);
        };
        refuse("SELECT '12' AS n", &|row| row.integer(0).map(drop), "column n: expected an integer, found a text or bytes");
        refuse("SELECT 2 AS n", &|row| row.boolean(0).map(drop), "column n: a boolean must be 0 or 1");
        refuse("SELECT 1 AS n", &|row| row.text(0).map(drop), "column n: expected a text, found an integer");
        refuse("SELECT 1.5 AS n", &|row| row.integer(0).map(drop), "column n: expected an integer, found a decimal");
        refuse("SELECT 18446744073709551615 AS n", &|row| row.integer(0).map(drop), "column n: too large for an i64");
        refuse("SELECT X'FF' AS n", &|row| row.text(0).map(drop), "column n: not UTF-8");
        refuse("SELECT X'FF' AS n", &|row| row.uuid(0).map(drop), "column n: a UUID must have 16 bytes");
        refuse("SELECT DATE'2024-01-01' AS n", &|row| row.date_time(0).map(drop), "column n: expected a datetime, found a date");
        refuse("SELECT TIME'100:00:00' AS n", &|row| row.time(0).map(drop), "column n: not a valid value for a time");
        refuse("SELECT '{' AS n", &|row| row.json(0).map(drop), "column n: not a JSON document (line 1, column 1)");
        refuse("SELECT 1 AS n", &|row| row.integer(1).map(drop), "column 2 was asked of a row of 1 columns");
    }
}

on_both! {
    fn what_the_server_computes_is_read(db) {
        let mut connection = db.connect();
        let connection = connection.as_mut();
        connection.batch("CREATE TABLE n (t TINYINT UNSIGNED, s SMALLINT UNSIGNED, m MEDIUMINT, i INT UNSIGNED, b BIGINT UNSIGNED, y YEAR, f FLOAT, d DECIMAL(10,2));\
            INSERT INTO n VALUES (255, 65535, -8388608, 4294967295, 9223372036854775807, 2024, 1.5, 1.25), (255, 65535, -8388608, 4294967295, 9223372036854775807, 2024, 1.5, 1.25)").unwrap();
        let numbers = rows(connection, "SELECT t, s, m, i, b, y FROM n LIMIT 1", |row| (0..6).map(|index| Ok(row.integer(index)?.unwrap())).collect::<Result<Vec<i64>>>()).unwrap();
        assert_eq!(numbers, [[255, 65_535, -8_388_608, 4_294_967_295, i64::MAX, 2024]]);
        let sums = rows(connection, "SELECT SUM(i), SUM(d), SUM(f), COUNT(*), i IS NULL, NULL FROM n GROUP BY i", |row| {
            assert_eq!(row.decimal(0, 0)?, Some(Decimal::from(8_589_934_590_i64)));
            assert_eq!(row.decimal(1, 2)?, Some(Decimal::from_str("2.50").unwrap()));
            assert_eq!(row.double(2)?, Some(3.0));
            assert_eq!(row.integer(3)?, Some(2));
            assert_eq!(row.boolean(4)?, Some(false));
            assert_eq!(row.text(5)?, None);
            assert_eq!(row.column_count(), 6);
            assert_eq!(row.column_name(3).as_deref(), Some("COUNT(*)"));
            assert_eq!(row.column_name(6), None);
            Ok(())
        }).unwrap();
        assert_eq!(sums.len(), 1);
    }
}
