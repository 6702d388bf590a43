//! What SQLite refuses is classified, and never quotes a value.
#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used)]

mod support;

use birgus_core::backend::{BindType, Connection, Dialect};
use birgus_core::schema::{Column, ColumnType, ForeignKey, Table};
use birgus_core::{DatabaseErrorKind, Error, Value};
use birgus_sqlite::SqliteDialect;
use support::{Part, memory, sql, statement};

fn database() -> Box<dyn Connection> {
    let mut connection = memory();
    connection
        .batch(
            "CREATE TABLE parent (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT);
             CREATE TABLE child (
                 id INTEGER PRIMARY KEY AUTOINCREMENT,
                 email TEXT NOT NULL,
                 parent_id BIGINT CONSTRAINT fk_child_parent_id REFERENCES parent (id),
                 age BIGINT CONSTRAINT ck_child_adult CHECK (age >= 18)
             );
             CREATE UNIQUE INDEX uq_child_email ON child (email);
             CREATE UNIQUE INDEX uq_child_age_email ON child (age, parent_id);
             INSERT INTO child (email, age, parent_id) VALUES ('secret@example.com', 20, NULL);",
        )
        .unwrap();
    connection
}

fn error(connection: &mut dyn Connection, text: &str) -> Error {
    let error = connection.execute(&sql(text)).unwrap_err();
    assert!(
        !format!("{error} {error:?}").contains("secret"),
        "{error:?}"
    );
    error
}

#[test]
fn violations_are_told_apart() {
    let connection = &mut *database();
    let unique = error(
        connection,
        "INSERT INTO \"child\" (email) VALUES ('secret@example.com')",
    );
    assert!(unique.is_unique_violation());
    assert_eq!(
        (unique.table(), unique.column()),
        (Some("child"), Some("email"))
    );

    let key = error(connection, "INSERT INTO child (id, email) VALUES (1, 'x')");
    assert!(key.is_unique_violation(), "{key:?}");
    assert_eq!(key.column(), Some("id"));

    let null = error(connection, "INSERT INTO child (email) VALUES (NULL)");
    assert!(null.is_not_null_violation());
    assert_eq!(
        (null.table(), null.column()),
        (Some("child"), Some("email"))
    );

    let missing = error(
        connection,
        "INSERT INTO child (email, parent_id) VALUES ('x', 99)",
    );
    assert!(missing.is_foreign_key_violation());

    let check = error(
        connection,
        "INSERT INTO \"child\" (email, age) VALUES ('x', 3)",
    );
    assert!(check.is_check_violation());
    assert_eq!(check.constraint(), Some("ck_child_adult"));
    assert_eq!(check.table(), Some("child"));
}

#[test]
fn several_columns_are_all_named() {
    let connection = &mut *database();
    connection
        .batch("INSERT INTO parent VALUES (1, 'a'); INSERT INTO child (email, age, parent_id) VALUES ('a', 30, 1)")
        .unwrap();
    let unique = error(
        connection,
        "INSERT INTO child (email, age, parent_id) VALUES ('b', 30, 1)",
    );
    assert_eq!(unique.columns(), ["age", "parent_id"]);
}

#[test]
fn what_does_not_exist_is_named() {
    let connection = &mut *database();
    let table = error(connection, "SELECT * FROM nowhere");
    assert!(table.is_undefined_table(), "{table:?}");
    assert_eq!(table.table(), Some("nowhere"));
    let column = error(connection, "SELECT child.nickname FROM child");
    assert!(column.is_undefined_column());
    let column = error(connection, "INSERT INTO child (nickname) VALUES (1)");
    assert!(column.is_undefined_column());
    assert_eq!(column.column(), Some("nickname"));
}

#[test]
fn other_refusals_are_told_apart() {
    let connection = &mut *database();
    assert!(error(connection, "SELEC 1").is_syntax());
    assert!(error(connection, "SELECT (1").is_syntax());
    assert!(error(connection, "SELECT 1 FROM child WHERE email = 'secret").is_syntax());
    let mismatch = error(
        connection,
        "INSERT INTO child (id, email) VALUES ('secret', 'x')",
    );
    assert!(mismatch.is_invalid_value(), "{mismatch:?}");
    let overflow = error(connection, "SELECT abs(-9223372036854775807 - 1)");
    assert!(overflow.is_invalid_value(), "{overflow:?}");
    let exists = error(connection, "CREATE TABLE child (a)");
    assert_eq!(exists.database_kind(), Some(DatabaseErrorKind::Other));
    assert!(
        exists.to_string().contains("child already exists"),
        "{exists}"
    );
    connection.ping().unwrap();
}

#[test]
fn a_bound_value_is_in_no_message() {
    let connection = &mut *database();
    let secret = Value::Text("secret".into());
    for text in ["SELECT json_extract('{}', ", "SELECT json("] {
        let statement = statement([
            Part::Sql(text),
            Part::Bind(secret.clone(), BindType::Text),
            Part::Sql(")"),
        ]);
        let error = connection.query(&statement, &mut |_| Ok(())).unwrap_err();
        assert!(
            !format!("{error} {error:?}").contains("secret"),
            "{error:?}"
        );
    }
}

#[test]
fn a_missing_parent_table_is_an_undefined_table() {
    let mut connection = memory();
    let mut table = Table::new("child");
    table.columns = vec![
        Column::new("id", ColumnType::BigInt).identity(),
        Column::new("parent_id", ColumnType::BigInt),
    ];
    table.primary_key = vec!["id".into()];
    let key = ForeignKey {
        name: "fk".into(),
        columns: vec!["parent_id".into()],
        references_table: "parent".into(),
        references_columns: vec!["id".into()],
        on_delete: Default::default(),
        on_update: Default::default(),
    };
    // SQLite lets a key name a table that is created later, which is how circles of tables are made.
    for statement in SqliteDialect::new().create_table(&table, &[key]).unwrap() {
        connection.batch(&statement).unwrap();
    }
    let error = error(&mut *connection, "INSERT INTO child (parent_id) VALUES (1)");
    assert!(error.is_undefined_table());
    assert_eq!(error.table(), Some("parent"));
}
