//! The same mistake gives the same answers on both drivers, and no answer shows a value.

#![cfg(any(feature = "native", feature = "libpq"))]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use birgus_core::backend::{BindType, Statement, TransactionMode};
use birgus_core::{DatabaseErrorKind, Error, Value};
use support::{Database, build, integer, on_both_drivers, rows, statement};

on_both_drivers!(
    refusals_are_classified,
    values_stay_out_of_messages,
    a_deadlock_can_be_tried_again,
    a_lock_that_is_taken_is_busy,
    a_serialization_failure_can_be_tried_again,
    a_failed_transaction_is_not_committed,
    a_savepoint_saves_the_transaction,
    a_write_where_only_reading_is_allowed_is_told,
    a_caller_that_gives_up_leaves_the_connection_usable,
    a_failure_after_the_caller_gave_up_is_noticed,
);

const TABLES: &str = "
    CREATE TABLE parent (id int CONSTRAINT pk_parent PRIMARY KEY);
    CREATE TABLE child (
        id int CONSTRAINT pk_child PRIMARY KEY,
        parent_id int CONSTRAINT fk_child_parent REFERENCES parent,
        strict_id int CONSTRAINT fk_child_strict REFERENCES parent ON DELETE RESTRICT,
        name varchar(3) NOT NULL CONSTRAINT uq_child_name UNIQUE,
        age smallint CONSTRAINT ck_child_age CHECK (age > 0),
        price numeric(4, 2),
        during int4range, CONSTRAINT ex_child EXCLUDE USING gist (during WITH &&)
    );
    INSERT INTO parent VALUES (1), (2), (3);
    INSERT INTO child VALUES (1, 1, 2, 'a', 1, 1, '[1,5)');
";

/// Which part of an error is where: kind, table, column, constraint.
fn parts(
    error: &Error,
) -> (
    Option<DatabaseErrorKind>,
    Option<&str>,
    Option<&str>,
    Option<&str>,
) {
    (
        error.database_kind(),
        error.table(),
        error.column(),
        error.constraint(),
    )
}

fn refusals_are_classified(database: &Database) {
    use DatabaseErrorKind as Kind;
    let child = Some("child");
    let table = [
        (
            "INSERT INTO child VALUES (1, 1, 1, 'b')",
            Kind::UniqueViolation,
            child,
            None,
            Some("pk_child"),
            "23505",
        ),
        (
            "INSERT INTO child VALUES (2, 1, 1, 'a')",
            Kind::UniqueViolation,
            child,
            None,
            Some("uq_child_name"),
            "23505",
        ),
        (
            "INSERT INTO child VALUES (2, 1, 1, 'b', 1, 1, '[4,6)')",
            Kind::UniqueViolation,
            child,
            None,
            Some("ex_child"),
            "23P01",
        ),
        (
            "INSERT INTO child VALUES (2, 9, 1, 'b')",
            Kind::ForeignKeyViolation,
            child,
            None,
            Some("fk_child_parent"),
            "23503",
        ),
        (
            "DELETE FROM parent WHERE id = 1",
            Kind::ForeignKeyViolation,
            child,
            None,
            Some("fk_child_parent"),
            "23503",
        ),
        (
            "DELETE FROM parent WHERE id = 2",
            Kind::ForeignKeyViolation,
            child,
            None,
            Some("fk_child_strict"),
            "23503",
        ),
        (
            "INSERT INTO child VALUES (2, 1, 1, NULL)",
            Kind::NotNullViolation,
            child,
            Some("name"),
            None,
            "23502",
        ),
        (
            "INSERT INTO child VALUES (2, 1, 1, 'b', -1)",
            Kind::CheckViolation,
            child,
            None,
            Some("ck_child_age"),
            "23514",
        ),
        (
            "INSERT INTO child VALUES (2, 1, 1, 'long')",
            Kind::InvalidData,
            None,
            None,
            None,
            "22001",
        ),
        (
            "INSERT INTO child VALUES (2, 1, 1, 'b', 40000)",
            Kind::InvalidData,
            None,
            None,
            None,
            "22003",
        ),
        (
            "INSERT INTO child VALUES (2, 1, 1, 'b', 1, 100)",
            Kind::InvalidData,
            None,
            None,
            None,
            "22003",
        ),
        (
            "SELECT 2147483647 + 1",
            Kind::InvalidData,
            None,
            None,
            None,
            "22003",
        ),
        (
            "SELECT 9223372036854775807 + 1",
            Kind::InvalidData,
            None,
            None,
            None,
            "22003",
        ),
        (
            "SELECT 1e308::float8 * 10",
            Kind::InvalidData,
            None,
            None,
            None,
            "22003",
        ),
        ("SELECT 1 / 0", Kind::InvalidData, None, None, None, "22012"),
        (
            "SELECT 'x'::int",
            Kind::InvalidData,
            None,
            None,
            None,
            "22P02",
        ),
        (
            "SELECT '99999999999'::int",
            Kind::InvalidData,
            None,
            None,
            None,
            "22003",
        ),
        (
            "SELECT '2024-13-01'::date",
            Kind::InvalidData,
            None,
            None,
            None,
            "22008",
        ),
        (
            "SELECT '{'::jsonb",
            Kind::InvalidData,
            None,
            None,
            None,
            "22P02",
        ),
        (
            "SELECT * FROM nowhere",
            Kind::UndefinedTable,
            None,
            None,
            None,
            "42P01",
        ),
        (
            "DROP TABLE nowhere",
            Kind::UndefinedTable,
            None,
            None,
            None,
            "42P01",
        ),
        (
            "SELECT nothing FROM child",
            Kind::UndefinedColumn,
            None,
            None,
            None,
            "42703",
        ),
        (
            "SELECT child.nothing FROM child",
            Kind::UndefinedColumn,
            None,
            None,
            None,
            "42703",
        ),
        (
            "UPDATE child SET nothing = 1",
            Kind::UndefinedColumn,
            None,
            None,
            None,
            "42703",
        ),
        (
            "INSERT INTO child (nothing) VALUES (1)",
            Kind::UndefinedColumn,
            None,
            None,
            None,
            "42703",
        ),
        ("SELEKT 1", Kind::Syntax, None, None, None, "42601"),
        ("SELECT (1", Kind::Syntax, None, None, None, "42601"),
        ("SELECT 'open", Kind::Syntax, None, None, None, "42601"),
        (
            "INSERT INTO parent VALUES (1, 2)",
            Kind::Syntax,
            None,
            None,
            None,
            "42601",
        ),
        (
            "SELECT missing_function()",
            Kind::Other,
            None,
            None,
            None,
            "42883",
        ),
    ];
    let mut connection = database.connect();
    connection.batch(TABLES).unwrap();
    for (sql, kind, table, column, constraint, code) in table {
        // Prepared and kept, prepared once, and as simple text.
        let kept = statement(&*connection, sql, vec![]);
        let errors = [
            connection.execute(&kept).unwrap_err(),
            rows(&mut *connection, &Statement::once(sql), |_| Ok(())).unwrap_err(),
            connection.batch(sql).unwrap_err(),
        ];
        for error in errors {
            assert_eq!(
                parts(&error),
                (Some(kind), table, column, constraint),
                "{sql}: {error:?}"
            );
            assert_eq!(error.code(), Some(code), "{sql}: {error:?}");
        }
        assert!(!connection.is_broken());
    }
}

fn values_stay_out_of_messages(database: &Database) {
    let mut connection = database.connect();
    connection
        .batch(
            "CREATE TABLE secret (name text UNIQUE CHECK (name <> 'hunter3'), other text NOT NULL, day date);
             INSERT INTO secret VALUES ('hunter2', '')",
        )
        .unwrap();
    for sql in [
        "INSERT INTO secret VALUES (?, '')",
        "INSERT INTO secret VALUES (? || 'x', NULL)",
        "INSERT INTO secret VALUES (replace(?, '2', '3'), '')",
        "SELECT (?::text)::int",
        "SELECT (?::text)::date",
        "SELECT (?::text)::jsonb",
        "SELECT (?::text)::uuid",
        "SELECT (?::text)::bool",
        "SELECT (?::text)::int[]",
        "SELECT (?::text)::numeric",
        "SELECT ('{\"a\": ' || ?::text)::jsonb",
        "SELECT to_date(?::text, 'YYYY')",
        "SELECT ('9999999999' || substr(?::text, 1, 0))::int",
    ] {
        let value = Value::Text("hunter2".into());
        let query = build(&*connection, sql, vec![(value, BindType::Text)], true);
        let error = rows(&mut *connection, &query, |_| Ok(())).unwrap_err();
        let mut shown = format!("{error} {error:?}");
        let mut source = std::error::Error::source(&error);
        while let Some(cause) = source {
            shown.push_str(&cause.to_string());
            source = cause.source();
        }
        assert!(!shown.contains("hunter"), "{sql}: {shown}");
        assert!(!shown.contains("99999999"), "{sql}: {shown}");
    }
}

fn a_deadlock_can_be_tried_again(database: &Database) {
    let mut first = database.connect();
    let mut second = database.connect();
    first
        .batch(
            "CREATE TABLE pair (id int PRIMARY KEY, n int); INSERT INTO pair VALUES (1, 0), (2, 0)",
        )
        .unwrap();
    let update = |id| Statement::once(format!("UPDATE pair SET n = n + 1 WHERE id = {id}"));
    first.begin(TransactionMode::Write, None).unwrap();
    second.begin(TransactionMode::Write, None).unwrap();
    first.execute(&update(1)).unwrap();
    second.execute(&update(2)).unwrap();
    let (sender, receiver) = mpsc::channel();
    let other = thread::spawn(move || {
        let outcome = second.execute(&update(1));
        sender.send(outcome.err()).unwrap();
        second.rollback().unwrap();
    });
    let mine = first.execute(&update(2)).err();
    first.rollback().unwrap();
    let theirs = receiver.recv_timeout(Duration::from_secs(20)).unwrap();
    other.join().unwrap();
    let error = mine.or(theirs).expect("one of them is the victim");
    assert_eq!(error.database_kind(), Some(DatabaseErrorKind::Deadlock));
    assert!(error.is_retryable());
}

fn a_lock_that_is_taken_is_busy(database: &Database) {
    let mut first = database.connect();
    let mut second = database.connect();
    first
        .batch("CREATE TABLE one (id int); INSERT INTO one VALUES (1)")
        .unwrap();
    first.begin(TransactionMode::Write, None).unwrap();
    first
        .execute(&Statement::once("UPDATE one SET id = 2"))
        .unwrap();
    for sql in [
        "SELECT id FROM one FOR UPDATE NOWAIT",
        "LOCK TABLE one IN EXCLUSIVE MODE NOWAIT",
    ] {
        second.begin(TransactionMode::Write, None).unwrap();
        let error = second.execute(&Statement::once(sql)).unwrap_err();
        assert_eq!(
            error.database_kind(),
            Some(DatabaseErrorKind::Busy),
            "{error:?}"
        );
        second.rollback().unwrap();
    }
    second.batch("SET lock_timeout = '20ms'").unwrap();
    let error = second
        .execute(&Statement::once("UPDATE one SET id = 3"))
        .unwrap_err();
    assert_eq!(
        error.database_kind(),
        Some(DatabaseErrorKind::Busy),
        "{error:?}"
    );
    assert!(error.is_retryable());
    first.rollback().unwrap();
}

fn a_serialization_failure_can_be_tried_again(database: &Database) {
    let mut first = database.connect();
    let mut second = database.connect();
    first
        .batch("CREATE TABLE one (id int); INSERT INTO one VALUES (1)")
        .unwrap();
    second.begin(TransactionMode::Write, None).unwrap();
    second
        .batch("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        .unwrap();
    assert_eq!(integer(&mut *second, "SELECT id FROM one"), 1);
    first.batch("UPDATE one SET id = 2").unwrap();
    let error = second
        .execute(&Statement::once("UPDATE one SET id = 3"))
        .unwrap_err();
    assert_eq!(
        error.database_kind(),
        Some(DatabaseErrorKind::SerializationFailure)
    );
    assert!(error.is_retryable());
    second.rollback().unwrap();
}

fn a_failed_transaction_is_not_committed(database: &Database) {
    let mut connection = database.connect();
    connection
        .batch("CREATE TABLE one (id int PRIMARY KEY)")
        .unwrap();
    connection.begin(TransactionMode::Write, None).unwrap();
    connection
        .execute(&Statement::once("INSERT INTO one VALUES (1)"))
        .unwrap();
    connection
        .execute(&Statement::once("INSERT INTO one VALUES (1)"))
        .unwrap_err();
    let error = connection
        .execute(&Statement::once("SELECT 1"))
        .unwrap_err();
    assert_eq!(error.code(), Some("25P02"));
    connection.ping().unwrap();
    // PostgreSQL itself answers COMMIT with a silent rollback.
    let error = connection.commit().unwrap_err();
    assert_eq!(error.code(), Some("25P02"));
    assert_eq!(integer(&mut *connection, "SELECT count(*) FROM one"), 0);
    connection.begin(TransactionMode::Write, None).unwrap();
    connection
        .execute(&Statement::once("INSERT INTO one VALUES (1)"))
        .unwrap();
    connection.commit().unwrap();
    assert_eq!(integer(&mut *connection, "SELECT count(*) FROM one"), 1);
}

fn a_savepoint_saves_the_transaction(database: &Database) {
    let mut connection = database.connect();
    connection
        .batch("CREATE TABLE one (id int PRIMARY KEY)")
        .unwrap();
    connection.begin(TransactionMode::Write, None).unwrap();
    connection
        .execute(&Statement::once("INSERT INTO one VALUES (1)"))
        .unwrap();
    connection.batch("SAVEPOINT a").unwrap();
    connection
        .execute(&Statement::once("INSERT INTO one VALUES (1)"))
        .unwrap_err();
    connection.batch("ROLLBACK TO SAVEPOINT a").unwrap();
    connection.commit().unwrap();
    assert_eq!(integer(&mut *connection, "SELECT count(*) FROM one"), 1);
}

fn a_write_where_only_reading_is_allowed_is_told(database: &Database) {
    let mut connection = database.connect();
    connection.batch("CREATE TABLE one (id int)").unwrap();
    connection.begin(TransactionMode::Read, None).unwrap();
    connection.batch("SET TRANSACTION READ ONLY").unwrap();
    let error = connection
        .execute(&Statement::once("INSERT INTO one VALUES (1)"))
        .unwrap_err();
    assert_eq!(error.database_kind(), Some(DatabaseErrorKind::ReadOnly));
    assert_eq!(error.code(), Some("25006"));
    connection.rollback().unwrap();
}

fn a_caller_that_gives_up_leaves_the_connection_usable(database: &Database) {
    let mut connection = database.connect();
    let mut other = database.connect();
    for cacheable in [true, false] {
        let sql = "SELECT n::bigint FROM generate_series(1, 100000) AS n";
        let query = build(&*connection, sql, vec![], cacheable);
        let mut seen = 0;
        let error = connection
            .query(&query, &mut |row| {
                seen += 1;
                assert_eq!(row.integer(0)?, Some(seen));
                // Another connection may be used meanwhile.
                assert_eq!(integer(&mut *other, "SELECT 7"), 7);
                if seen == 3 {
                    return Err(Error::database(DatabaseErrorKind::ConnectionLost, "enough"));
                }
                Ok(())
            })
            .unwrap_err();
        assert_eq!((seen, error.to_string().as_str()), (3, "enough"));
        // The caller's troubles are not this connection's.
        assert!(!connection.is_broken());
        assert_eq!(integer(&mut *connection, "SELECT 5"), 5);
    }
}

fn a_failure_after_the_caller_gave_up_is_noticed(database: &Database) {
    let mut connection = database.connect();
    connection.batch("CREATE TABLE one (id int)").unwrap();
    connection.begin(TransactionMode::Write, None).unwrap();
    connection
        .execute(&Statement::once("INSERT INTO one VALUES (1)"))
        .unwrap();
    let query = Statement::once("SELECT 1 / (90000 - n) FROM generate_series(1, 100000) AS n");
    connection
        .query(&query, &mut |_| Err(Error::decode("enough")))
        .unwrap_err();
    assert!(connection.commit().is_err());
    assert_eq!(integer(&mut *connection, "SELECT count(*) FROM one"), 0);
}
