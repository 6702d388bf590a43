//! Statements, ids, transactions and the cache.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use birgus_core::Value;
use birgus_core::backend::{BindType, Connection, InsertedIds, Statement, TransactionMode};
use support::{connect, execute, integers, rows};

fn table(connection: &mut dyn Connection) {
    connection
        .batch(r#"CREATE TABLE "t" ("id" BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY, "n" BIGINT) ENGINE=InnoDB"#)
        .unwrap();
}

fn number(value: i64) -> (Value, BindType) {
    (Value::Integer(value), BindType::BigInt)
}

on_both! {
    fn the_first_id_of_many_rows_is_known(db) {
        let mut connection = db.connect();
        let connection = connection.as_mut();
        table(connection);
        assert_eq!(connection.dialect().capabilities().inserted_ids, InsertedIds::FirstOfBlock);
        let step = connection.insert_id_step();
        for many in [1, 3, 50] {
            let rows = vec!["(?)"; many].join(", ");
            let sql = format!(r#"INSERT INTO "t" ("n") VALUES {rows}"#);
            let count = execute(connection, &sql, (0..many).map(|n| number(n as i64)).collect()).unwrap();
            assert_eq!(count, many as u64);
            let first = connection.last_insert_id().unwrap();
            let ids = integers(connection, &format!(r#"SELECT "id" FROM "t" WHERE "id" >= {first} ORDER BY "id""#));
            assert_eq!(ids, (0..many as i64).map(|n| first + n * step).collect::<Vec<_>>());
        }
    }
}

#[test]
fn ids_of_a_cluster_are_apart() {
    // The step is a setting of the server; a new session takes the global one, which a test must not change, so this
    // only shows what the core relies on.
    let db = support::TestDatabase::new(support::Server::MariaDb);
    let mut connection = db.connect();
    let connection = connection.as_mut();
    table(connection);
    connection
        .batch("SET auto_increment_increment = 3")
        .unwrap();
    execute(
        connection,
        r#"INSERT INTO "t" ("n") VALUES (?), (?), (?)"#,
        vec![number(1), number(2), number(3)],
    )
    .unwrap();
    let first = connection.last_insert_id().unwrap();
    assert_eq!(
        integers(connection, r#"SELECT "id" FROM "t" ORDER BY "id""#),
        [first, first + 3, first + 6]
    );
}

on_both! {
    fn an_explicit_id_moves_the_sequence_and_null_asks_for_one(db) {
        let mut connection = db.connect();
        let connection = connection.as_mut();
        table(connection);
        execute(connection, r#"INSERT INTO "t" ("id", "n") VALUES (?, ?)"#, vec![number(100), number(1)]).unwrap();
        execute(connection, r#"INSERT INTO "t" ("id", "n") VALUES (NULL, ?)"#, vec![number(1)]).unwrap();
        assert_eq!(connection.last_insert_id().unwrap(), 101);
        // An id is not given twice.
        execute(connection, r#"DELETE FROM "t" WHERE "id" = ?"#, vec![number(101)]).unwrap();
        execute(connection, r#"INSERT INTO "t" ("n") VALUES (?)"#, vec![number(1)]).unwrap();
        assert_eq!(connection.last_insert_id().unwrap(), 102);
    }
}

on_both! {
    fn an_update_counts_the_rows_that_it_matched(db) {
        let mut connection = db.connect();
        let connection = connection.as_mut();
        table(connection);
        execute(connection, r#"INSERT INTO "t" ("n") VALUES (1), (1), (2)"#, vec![]).unwrap();
        let update = r#"UPDATE "t" SET "n" = ? WHERE "n" = ?"#;
        assert_eq!(execute(connection, update, vec![number(1), number(1)]).unwrap(), 2);
        assert_eq!(execute(connection, update, vec![number(1), number(9)]).unwrap(), 0);
        assert_eq!(execute(connection, r#"DELETE FROM "t""#, vec![]).unwrap(), 3);
    }
}

on_both! {
    fn a_transaction_commits_or_rolls_back(db) {
        let mut connection = db.connect();
        let mut other = db.connect();
        table(connection.as_mut());
        let count = |connection: &mut dyn Connection| integers(connection, r#"SELECT COUNT(*) FROM "t""#)[0];
        for mode in [TransactionMode::Read, TransactionMode::Write] {
            connection.begin(mode, None).unwrap();
            execute(connection.as_mut(), r#"INSERT INTO "t" ("n") VALUES (1)"#, vec![]).unwrap();
            assert_eq!(count(connection.as_mut()), 1);
            assert_eq!(count(other.as_mut()), 0);
            connection.rollback().unwrap();
            assert_eq!(count(connection.as_mut()), 0);
        }
        connection.begin(TransactionMode::Write, None).unwrap();
        execute(connection.as_mut(), r#"INSERT INTO "t" ("n") VALUES (1)"#, vec![]).unwrap();
        connection.batch("SAVEPOINT a").unwrap();
        execute(connection.as_mut(), r#"INSERT INTO "t" ("n") VALUES (2)"#, vec![]).unwrap();
        connection.batch("ROLLBACK TO SAVEPOINT a").unwrap();
        connection.commit().unwrap();
        assert_eq!(count(other.as_mut()), 1);
        // After it, each statement commits itself again.
        execute(connection.as_mut(), r#"INSERT INTO "t" ("n") VALUES (3)"#, vec![]).unwrap();
        assert_eq!(count(other.as_mut()), 2);
    }
}

on_both! {
    fn what_the_server_does_not_prepare_runs_all_the_same(db) {
        let mut connection = db.connect();
        let connection = connection.as_mut();
        table(connection);
        execute(connection, "START TRANSACTION", vec![]).unwrap();
        execute(connection, "SAVEPOINT a", vec![]).unwrap();
        execute(connection, r#"INSERT INTO "t" ("n") VALUES (1)"#, vec![]).unwrap();
        execute(connection, "ROLLBACK TO SAVEPOINT a", vec![]).unwrap();
        execute(connection, "COMMIT", vec![]).unwrap();
        assert_eq!(integers(connection, r#"SELECT COUNT(*) FROM "t""#), [0]);
    }
}

on_both! {
    fn the_cache_of_statements_is_bounded(db) {
        let mut options = db.options();
        options.statement_cache = 10;
        let mut connection = connect(options).unwrap();
        let connection = connection.as_mut();
        let prepared = |connection: &mut dyn Connection| {
            let mut read = |variable: &str| {
                let sql = format!("SHOW SESSION STATUS LIKE '{variable}'");
                rows(connection, &sql, |row| Ok(row.text(1)?.unwrap().parse::<i64>().unwrap())).unwrap()[0]
            };
            let opened = read("Com_stmt_prepare");
            (opened, opened - read("Com_stmt_close"))
        };
        let (_, before) = prepared(connection);
        for n in 0..100_i64 {
            execute(connection, &format!("DO ? + {n}"), vec![number(n)]).unwrap();
            let (_, open) = prepared(connection);
            assert!(open - before <= 11, "{open} statements are open after {n}");
        }
        // A text that repeats is prepared once.
        let (opened, _) = prepared(connection);
        for n in 0..20 {
            execute(connection, "DO ? + 1000", vec![number(n)]).unwrap();
        }
        let (later, _) = prepared(connection);
        assert!(later - opened <= 4, "{} were prepared", later - opened);
        // A text that varies is never kept.
        let (_, open) = prepared(connection);
        for n in 0..20 {
            connection.execute(&Statement::once(format!("DO {n}"))).unwrap();
        }
        assert_eq!(prepared(connection).1, open);
    }
}

on_both! {
    fn a_kept_statement_of_an_altered_table_gives_no_wrong_answer(db) {
        let mut connection = db.connect();
        table(connection.as_mut());
        execute(connection.as_mut(), r#"INSERT INTO "t" ("n") VALUES (1)"#, vec![]).unwrap();
        // The same columns, another type.
        let named = support::statement(connection.as_ref(), r#"SELECT "n" FROM "t" WHERE "id" > ?"#, vec![number(0)]);
        connection.query(&named, &mut |row| { assert_eq!(row.integer(0)?, Some(1)); Ok(()) }).unwrap();
        connection.batch(r#"ALTER TABLE "t" MODIFY "n" VARCHAR(20); UPDATE "t" SET "n" = 'abc'"#).unwrap();
        let error = connection.query(&named, &mut |row| row.integer(0).map(drop));
        assert!(error.is_err());
        connection.query(&named, &mut |row| { assert_eq!(row.text(0)?.as_deref(), Some("abc")); Ok(()) }).unwrap();
        // Another number of columns: the client loses its place in the stream.
        let all = support::statement(connection.as_ref(), r#"SELECT * FROM "t" WHERE "id" > ?"#, vec![number(0)]);
        connection.query(&all, &mut |_| Ok(())).unwrap();
        connection.batch(r#"ALTER TABLE "t" ADD COLUMN "more" TEXT"#).unwrap();
        let error = connection.query(&all, &mut |_| Ok(())).unwrap_err();
        assert!(error.is_connection_lost(), "{error:?}");
        assert!(connection.is_broken());
        let error = connection.query(&Statement::once("SELECT 7"), &mut |_| Ok(())).unwrap_err();
        assert!(error.is_connection_lost(), "{error:?}");
    }
}

on_both! {
    fn many_binds_and_long_rows_go_through(db) {
        let mut connection = db.connect();
        let connection = connection.as_mut();
        let many = connection.dialect().capabilities().max_binds;
        let sql = format!("SELECT CONCAT_WS('', {})", vec!["?"; many].join(", "));
        let statement = support::statement(connection, &sql, vec![(Value::Text("x".into()), BindType::Text); many]);
        let mut length = 0;
        connection.query(&statement, &mut |row| { length = row.text(0)?.unwrap().len(); Ok(()) }).unwrap();
        assert_eq!(length, many);
    }
}
