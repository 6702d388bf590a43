//! Prepared statements are kept up to a limit, and not at all when their text varies.
#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used)]

mod support;

use birgus_core::Value;
use birgus_core::backend::{BindType, Connection, Driver};
use birgus_sqlite::SqliteDriver;
use support::{Part, integer, options, sql, statement};

fn connect(limit: usize) -> Box<dyn Connection> {
    let mut options = options("sqlite::memory:");
    options.statement_cache = limit;
    SqliteDriver.connector(options).unwrap().connect().unwrap()
}

/// How many statements are prepared is counted by the bridge's own tests.
#[test]
fn a_small_cache_gives_right_answers() {
    for limit in [0, 1, 2, 256] {
        let mut connection = connect(limit);
        connection.batch("CREATE TABLE t (a BIGINT)").unwrap();
        for round in 0..5_i64 {
            for number in 0..10 {
                let insert = statement([
                    Part::Sql(["INSERT INTO t VALUES (", "INSERT INTO t SELECT ("][number % 2]),
                    Part::Bind(Value::Integer(round), BindType::BigInt),
                    Part::Sql(")"),
                ]);
                assert_eq!(connection.execute(&insert).unwrap(), 1);
            }
            let count = integer(
                &mut *connection,
                &format!("SELECT count(*) FROM t WHERE a = {round}"),
            );
            assert_eq!(count, 10);
        }
    }
}

#[test]
fn a_kept_statement_survives_a_change_of_the_schema() {
    let mut connection = connect(256);
    connection
        .batch("CREATE TABLE t (a BIGINT); INSERT INTO t VALUES (1)")
        .unwrap();
    let select = sql("SELECT * FROM t");
    let columns = |connection: &mut dyn Connection| {
        let mut columns = 0;
        connection
            .query(&select, &mut |row| {
                columns = row.column_count();
                Ok(())
            })
            .unwrap();
        columns
    };
    assert_eq!(columns(&mut *connection), 1);
    connection
        .batch("ALTER TABLE t ADD COLUMN b BIGINT")
        .unwrap();
    assert_eq!(columns(&mut *connection), 2);
    connection.batch("DROP TABLE t").unwrap();
    assert!(
        connection
            .query(&select, &mut |_| Ok(()))
            .unwrap_err()
            .is_undefined_table()
    );
}

#[test]
fn a_cache_is_emptied_inside_a_transaction() {
    let mut connection = connect(2);
    connection
        .begin(birgus_core::backend::TransactionMode::Write, None)
        .unwrap();
    connection.batch("CREATE TABLE t (a BIGINT)").unwrap();
    for number in 0..10 {
        connection
            .execute(&sql(&format!("INSERT INTO t VALUES ({number})")))
            .unwrap();
    }
    connection.commit().unwrap();
    assert_eq!(integer(&mut *connection, "SELECT count(*) FROM t"), 10);
}
