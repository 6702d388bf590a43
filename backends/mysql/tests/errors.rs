//! What a server refuses, in Birgus' terms.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::time::{Duration, Instant};

use birgus_core::backend::{BindType, Connection, TransactionMode};
use birgus_core::{DatabaseErrorKind as Kind, Error, Value};
use support::{connect, execute, integers};

const SCHEMA: &str = r#"
    CREATE TABLE "user" ("id" BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY, "name" VARCHAR(5) NOT NULL, "n" INT, "d" DATE,
        "j" JSON, "p" DECIMAL(5, 2), CONSTRAINT "ck_user_n" CHECK ("n" <> 13)) ENGINE=InnoDB;
    CREATE UNIQUE INDEX "uq_user_name" ON "user" ("name");
    CREATE TABLE "odd "" .'` name" ("a" BIGINT, "b" BIGINT, UNIQUE KEY "odd "" .'` key" ("a")) ENGINE=InnoDB;
    CREATE TABLE "post" ("id" BIGINT PRIMARY KEY, "author" BIGINT, "x" BIGINT, "y" BIGINT,
        CONSTRAINT "fk_post_author" FOREIGN KEY ("author") REFERENCES "user" ("id"),
        CONSTRAINT "fk_post_x_y" FOREIGN KEY ("x", "y") REFERENCES "pair" ("x", "y"));
    INSERT INTO "user" ("id", "name") VALUES (1, 'susan');
    INSERT INTO "post" ("id", "author") VALUES (1, 1)"#;

const PAIR: &str =
    r#"CREATE TABLE "pair" ("x" BIGINT, "y" BIGINT, PRIMARY KEY ("x", "y")) ENGINE=InnoDB"#;

/// The secret that no message may show.
const SECRET: &str = "s3cr' for key 'x";

struct Expected {
    kind: Kind,
    code: &'static str,
    table: Option<&'static str>,
    columns: &'static [&'static str],
    constraint: Option<&'static str>,
}

/// A statement, its binds, and what becomes of it.
type Case = (&'static str, Vec<(Value, BindType)>, Expected);

fn check(sql: &str, error: &Error, expected: &Expected) {
    assert_eq!(
        error.database_kind(),
        Some(expected.kind),
        "{sql}: {error:?}"
    );
    assert_eq!(error.code(), Some(expected.code), "{sql}: {error:?}");
    assert_eq!(error.table(), expected.table, "{sql}: {error:?}");
    assert_eq!(error.columns(), expected.columns, "{sql}: {error:?}");
    assert_eq!(error.constraint(), expected.constraint, "{sql}: {error:?}");
    let shown = format!("{error} {error:?}");
    for secret in ["s3cr", "susan", "2024-02-30", "77777"] {
        assert!(!shown.contains(secret), "{sql}: {shown}");
    }
}

on_both! {
    fn refusals_are_classified_and_show_no_value(db) {
        let mut connection = db.connect();
        let connection = connection.as_mut();
        connection.batch(PAIR).unwrap();
        connection.batch(SCHEMA).unwrap();
        let is_mysql = db.server == support::Server::Mysql;
        let either = |mysql: &'static str, mariadb: &'static str| if is_mysql { mysql } else { mariadb };
        let text = || vec![(Value::Text(SECRET.into()), BindType::Text)];
        let cases: Vec<Case> = vec![
            (r#"INSERT INTO "user" ("name") VALUES ('susan')"#, vec![], Expected {
                kind: Kind::UniqueViolation, code: "1062", table: Some("user"), columns: &[], constraint: Some("uq_user_name"),
            }),
            (r#"UPDATE "user" SET "id" = 1 WHERE "id" = 1 OR "id" = 1"#, vec![], Expected {
                kind: Kind::Other, code: "", table: None, columns: &[], constraint: None,
            }),
            (r#"INSERT INTO "user" ("id", "name") VALUES (1, 'x')"#, vec![], Expected {
                kind: Kind::UniqueViolation, code: "1062", table: Some("user"), columns: &[], constraint: Some("pk_user"),
            }),
            (r#"INSERT INTO "odd "" .'` name" ("a") VALUES (77777), (77777)"#, vec![], Expected {
                kind: Kind::UniqueViolation, code: "1062", table: Some("odd \" .'` name"), columns: &[], constraint: Some("odd \" .'` key"),
            }),
            (r#"INSERT INTO "post" ("id", "author") VALUES (2, 77777)"#, vec![], Expected {
                kind: Kind::ForeignKeyViolation, code: "1452", table: Some("post"), columns: &["author"], constraint: Some("fk_post_author"),
            }),
            (r#"INSERT INTO "post" ("id", "x", "y") VALUES (2, 77777, 1)"#, vec![], Expected {
                kind: Kind::ForeignKeyViolation, code: "1452", table: Some("post"), columns: &["x", "y"], constraint: Some("fk_post_x_y"),
            }),
            (r#"DELETE FROM "user""#, vec![], Expected {
                kind: Kind::ForeignKeyViolation, code: "1451", table: Some("post"), columns: &["author"], constraint: Some("fk_post_author"),
            }),
            (r#"DROP TABLE "user""#, vec![], Expected {
                kind: Kind::ForeignKeyViolation,
                code: either("3730", "1451"),
                table: is_mysql.then_some("post"),
                columns: &[],
                constraint: is_mysql.then_some("fk_post_author"),
            }),
            (r#"INSERT INTO "user" ("name") VALUES (?)"#, vec![(Value::Null, BindType::Text)], Expected {
                kind: Kind::NotNullViolation, code: "1048", table: Some("user"), columns: &["name"], constraint: None,
            }),
            (r#"INSERT INTO "user" ("n") VALUES (1)"#, vec![], Expected {
                kind: Kind::NotNullViolation, code: "1364", table: Some("user"), columns: &["name"], constraint: None,
            }),
            (r#"UPDATE "user" SET "n" = 13"#, vec![], Expected {
                kind: Kind::CheckViolation, code: either("3819", "4025"), table: Some("user"), columns: &[], constraint: Some("ck_user_n"),
            }),
            (r#"INSERT INTO "user" ("name") VALUES (?)"#, text(), Expected {
                kind: Kind::InvalidData, code: "1406", table: Some("user"), columns: &["name"], constraint: None,
            }),
            (r#"UPDATE "user" SET "n" = 77777777777"#, vec![], Expected {
                kind: Kind::InvalidData, code: "1264", table: Some("user"), columns: &["n"], constraint: None,
            }),
            (r#"UPDATE "user" SET "n" = ?"#, text(), Expected {
                kind: Kind::InvalidData, code: "1366", table: Some("user"), columns: &["n"], constraint: None,
            }),
            (r#"UPDATE "user" SET "d" = '2024-02-30'"#, vec![], Expected {
                kind: Kind::InvalidData, code: "1366", table: Some("user"), columns: &["d"], constraint: None,
            }),
            (r#"UPDATE "user" SET "j" = ?"#, text(), Expected {
                kind: Kind::InvalidData, code: either("3140", "4025"), table: Some("user"), columns: &["j"], constraint: None,
            }),
            (r#"UPDATE "user" SET "p" = 77777"#, vec![], Expected {
                kind: Kind::InvalidData, code: "1264", table: Some("user"), columns: &["p"], constraint: None,
            }),
            (r#"UPDATE "user" SET "n" = 's3cr' + 1"#, vec![], Expected {
                kind: Kind::InvalidData, code: "1292", table: Some("user"), columns: &[], constraint: None,
            }),
            (r#"UPDATE "user" SET "n" = 9223372036854777777 + "id" * 9223372036854775807"#, vec![], Expected {
                kind: Kind::InvalidData, code: "1690", table: Some("user"), columns: &[], constraint: None,
            }),
            (r#"UPDATE "user" SET "n" = 1 / 0"#, vec![], Expected {
                kind: Kind::InvalidData, code: "1365", table: Some("user"), columns: &[], constraint: None,
            }),
            (r#"INSERT INTO "nope" ("a") VALUES (1)"#, vec![], Expected {
                kind: Kind::UndefinedTable, code: "1146", table: Some("nope"), columns: &[], constraint: None,
            }),
            (r#"DROP TABLE "nope""#, vec![], Expected {
                kind: Kind::UndefinedTable, code: "1051", table: Some("nope"), columns: &[], constraint: None,
            }),
            (r#"SELECT "u"."nope" FROM "user" "u""#, vec![], Expected {
                kind: Kind::UndefinedColumn, code: "1054", table: None, columns: &["nope"], constraint: None,
            }),
            ("SELEC 1", vec![], Expected {
                kind: Kind::Syntax, code: "1064", table: None, columns: &[], constraint: None,
            }),
            (r#"CREATE TABLE "user" ("a" INT)"#, vec![], Expected {
                kind: Kind::Other, code: "1050", table: None, columns: &[], constraint: None,
            }),
            (r#"ALTER TABLE "user" DROP COLUMN "nope""#, vec![], Expected {
                kind: Kind::Other, code: "1091", table: None, columns: &[], constraint: None,
            }),
        ];
        for (sql, binds, expected) in cases {
            if expected.code.is_empty() {
                assert!(execute(connection, sql, binds).is_ok());
                continue;
            }
            let error = execute(connection, sql, binds.clone()).unwrap_err();
            check(sql, &error, &expected);
            if binds.is_empty() {
                let error = connection.batch(sql).unwrap_err();
                check(sql, &error, &expected);
            }
            assert!(!connection.is_broken());
            connection.ping().unwrap();
        }
    }
}

on_both! {
    fn a_message_of_another_kind_is_kept_without_its_values(db) {
        let mut connection = db.connect();
        let error = execute(connection.as_mut(), "SELECT JSON_EXTRACT('{}', 's3cr')", vec![]);
        if let Err(error) = error {
            assert!(!error.to_string().contains("s3cr"), "{error}");
        }
        let error = connection.batch("SELECT nope_function('s3cr')").unwrap_err();
        assert_eq!(error.database_kind(), Some(Kind::Other));
        assert!(!error.to_string().contains("s3cr"), "{error}");
    }
}

on_both! {
    fn a_batch_reports_the_error_of_its_second_statement(db) {
        let mut connection = db.connect();
        let error = connection.batch("SELECT 1; SELECT * FROM nope; SELECT 2").unwrap_err();
        assert!(error.is_undefined_table(), "{error}");
        assert_eq!(integers(connection.as_mut(), "SELECT 7"), [7]);
        connection.batch("SELECT 1; SELECT 2").unwrap();
        assert_eq!(integers(connection.as_mut(), "SELECT 7"), [7]);
    }
}

fn two_rows(connection: &mut dyn Connection) {
    connection
        .batch(r#"CREATE TABLE t (id BIGINT PRIMARY KEY, n BIGINT) ENGINE=InnoDB; INSERT INTO t VALUES (1, 0), (2, 0)"#)
        .unwrap();
}

on_both! {
    fn a_deadlock_is_retryable(db) {
        let mut first = db.connect();
        two_rows(first.as_mut());
        let mut second = db.connect();
        first.begin(TransactionMode::Write, None).unwrap();
        second.begin(TransactionMode::Write, None).unwrap();
        first.batch("UPDATE t SET n = 1 WHERE id = 1").unwrap();
        second.batch("UPDATE t SET n = 1 WHERE id = 2").unwrap();
        let waiting = std::thread::spawn(move || {
            let result = first.batch("UPDATE t SET n = 1 WHERE id = 2");
            first.rollback().unwrap();
            result
        });
        std::thread::sleep(Duration::from_millis(200));
        let result = second.batch("UPDATE t SET n = 1 WHERE id = 1");
        second.rollback().unwrap();
        let results = [result, waiting.join().unwrap()];
        let errors: Vec<Error> = results.into_iter().filter_map(Result::err).collect();
        let [error] = errors.as_slice() else { panic!("{errors:?}") };
        assert_eq!(error.database_kind(), Some(Kind::Deadlock));
        assert!(error.is_retryable());
        assert_eq!(error.code(), Some("1213"));
    }
}

on_both! {
    fn a_lock_that_does_not_come_is_busy(db) {
        let mut first = db.connect();
        two_rows(first.as_mut());
        let mut second = db.connect();
        second.batch("SET innodb_lock_wait_timeout = 1").unwrap();
        first.begin(TransactionMode::Write, None).unwrap();
        first.batch("UPDATE t SET n = 1 WHERE id = 1").unwrap();
        let error = execute(second.as_mut(), "UPDATE t SET n = 2 WHERE id = 1", vec![]).unwrap_err();
        assert_eq!(error.database_kind(), Some(Kind::Busy), "{error}");
        assert!(error.is_retryable());
        let error = second.batch("SELECT * FROM t WHERE id = 1 FOR UPDATE NOWAIT").unwrap_err();
        assert_eq!(error.database_kind(), Some(Kind::Busy), "{error}");
    }
}

on_both! {
    fn a_read_only_transaction_refuses_to_write(db) {
        let mut connection = db.connect();
        two_rows(connection.as_mut());
        connection.batch("START TRANSACTION READ ONLY").unwrap();
        let error = execute(connection.as_mut(), "UPDATE t SET n = 2", vec![]).unwrap_err();
        assert_eq!(error.database_kind(), Some(Kind::ReadOnly), "{error}");
    }
}

on_both! {
    fn a_select_that_runs_too_long_is_stopped(db) {
        let mut options = db.options();
        options.statement_timeout = Some(Duration::from_millis(300));
        let mut connection = connect(options).unwrap();
        let started = Instant::now();
        // A long computation: MySQL's SLEEP ends early without an error.
        let error = support::rows(
            connection.as_mut(),
            "WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 1000) \
             SELECT COUNT(*) FROM n a, n b, n c, n d WHERE a.i + b.i + c.i + d.i = 17",
            |_| Ok(()),
        )
        .unwrap_err();
        assert!(error.is_timeout(), "{error}");
        assert!(started.elapsed() < Duration::from_secs(5));
        assert!(!connection.is_broken());
        connection.ping().unwrap();
    }
}

on_both! {
    fn a_killed_connection_is_lost(db) {
        let mut connection = db.connect();
        let id = integers(connection.as_mut(), "SELECT CONNECTION_ID()")[0];
        db.connect().batch(&format!("KILL {id}")).unwrap();
        std::thread::sleep(Duration::from_millis(100));
        assert!(!connection.is_broken());
        let error = connection.ping().unwrap_err();
        assert!(error.is_connection_lost(), "{error:?}");
        assert!(connection.is_broken());

        for run in [
            |connection: &mut dyn Connection| connection.batch("SELECT 1"),
            |connection: &mut dyn Connection| execute(connection, "SELECT 1", vec![]).map(drop),
            |connection: &mut dyn Connection| support::rows(connection, "SELECT 1", |_| Ok(())).map(drop),
            |connection: &mut dyn Connection| connection.begin(TransactionMode::Write, None),
            |connection: &mut dyn Connection| connection.commit(),
        ] {
            let mut connection = db.connect();
            let id = integers(connection.as_mut(), "SELECT CONNECTION_ID()")[0];
            db.connect().batch(&format!("KILL {id}")).unwrap();
            std::thread::sleep(Duration::from_millis(50));
            let error = run(connection.as_mut()).unwrap_err();
            assert!(error.is_connection_lost(), "{error:?}");
            assert!(connection.is_broken());
            // Nothing hangs or panics afterwards.
            assert!(connection.rollback().is_err());
        }
    }
}

on_both! {
    fn a_killed_query_is_a_timeout_and_the_connection_stays(db) {
        let mut connection = db.connect();
        let id = integers(connection.as_mut(), "SELECT CONNECTION_ID()")[0];
        let mut other = db.connect();
        let killer = std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(200));
            other.batch(&format!("KILL QUERY {id}")).unwrap();
        });
        let error = support::rows(
            connection.as_mut(),
            "WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 1000) \
             SELECT COUNT(*) FROM n a, n b, n c, n d WHERE a.i + b.i + c.i + d.i = 17",
            |_| Ok(()),
        )
        .unwrap_err();
        killer.join().unwrap();
        assert!(error.is_timeout(), "{error:?}");
        assert!(!connection.is_broken());
        connection.ping().unwrap();
    }
}

on_both! {
    fn a_row_that_is_refused_leaves_the_connection_usable(db) {
        let mut connection = db.connect();
        let mut seen = 0;
        let error = support::rows(connection.as_mut(), "SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3", |_| {
            seen += 1;
            Err::<(), _>(Error::database(Kind::ConnectionLost, "of another one"))
        })
        .unwrap_err();
        assert!(error.is_connection_lost());
        assert_eq!(seen, 1);
        assert!(!connection.is_broken());
        assert_eq!(integers(connection.as_mut(), "SELECT 7"), [7]);
    }
}

on_both! {
    fn a_statement_that_is_too_large_is_said_to_be(db) {
        let mut connection = db.connect();
        let limit = integers(connection.as_mut(), "SELECT @@max_allowed_packet")[0];
        let bytes = vec![7; usize::try_from(limit).unwrap() + 1];
        let error = execute(connection.as_mut(), "SELECT LENGTH(?)", vec![(Value::Binary(bytes), BindType::Binary)]).unwrap_err();
        // The server may close the connection before the client has read why.
        assert!(error.is_connection_lost(), "{error:?}");
        assert!(connection.is_broken());
    }
}
