//! Which databases open, in which mode, and what is said when they don't.
#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used)]

mod support;

use birgus_core::DatabaseErrorKind;
use birgus_core::backend::{Driver, TransactionMode};
use birgus_sqlite::SqliteDriver;
use support::{Folder, connect, connector, integer, memory, one, options, refused, sql};

fn pragma(connection: &mut dyn birgus_core::backend::Connection, name: &str) -> String {
    one(
        connection,
        &sql(&format!("PRAGMA {name}")),
        |row| match row.integer(0) {
            Ok(value) => Ok(value.unwrap().to_string()),
            Err(_) => Ok(row.text(0)?.unwrap().into_owned()),
        },
    )
    .unwrap()
}

#[test]
fn a_file_is_put_into_its_mode() {
    let folder = Folder::new();
    let mut connection = connect(&folder.url("app.db"));
    for (name, value) in [
        ("foreign_keys", "1"),
        ("journal_mode", "wal"),
        ("synchronous", "1"),
        ("busy_timeout", "5000"),
    ] {
        assert_eq!(pragma(&mut *connection, name), value, "{name}");
    }
    assert_eq!(integer(&mut *connection, "SELECT 'a' LIKE 'A'"), 0);
    assert!(connection.server_version().starts_with("3."));
}

#[test]
fn memory_is_put_into_its_mode() {
    let mut connection = memory();
    assert_eq!(pragma(&mut *connection, "foreign_keys"), "1");
    assert_eq!(pragma(&mut *connection, "busy_timeout"), "5000");
    assert_eq!(integer(&mut *connection, "SELECT 'a' LIKE 'A'"), 0);
}

#[test]
fn a_pragma_of_the_user_is_set() {
    let folder = Folder::new();
    let mut options = options(&folder.url("app.db"));
    for (name, value) in [
        ("cache_size", "-4000"),
        ("busy_timeout", "100"),
        ("journal_mode", "DELETE"),
    ] {
        options.pragmas.insert(name.into(), value.into());
    }
    let mut connection = SqliteDriver.connector(options).unwrap().connect().unwrap();
    assert_eq!(pragma(&mut *connection, "cache_size"), "-4000");
    assert_eq!(pragma(&mut *connection, "busy_timeout"), "100");
    assert_eq!(pragma(&mut *connection, "journal_mode"), "delete");
    // A rollback journal keeps SQLite's own, safer setting.
    assert_eq!(pragma(&mut *connection, "synchronous"), "2");
}

#[test]
fn a_journal_mode_of_the_user_does_not_stop_a_database_in_memory() {
    let mut options = options("sqlite::memory:");
    options.pragmas.insert("journal_mode".into(), "WAL".into());
    SqliteDriver.connector(options).unwrap().connect().unwrap();
}

#[test]
fn an_unknown_pragma_is_refused() {
    let mut options = options("sqlite::memory:");
    options.pragmas.insert("cash_size".into(), "1".into());
    let error = SqliteDriver
        .connector(options)
        .unwrap()
        .connect()
        .err()
        .unwrap();
    assert!(error.is_configuration());
    assert!(error.to_string().contains("cash_size"));
}

#[test]
fn a_pragma_that_does_not_take_effect_is_refused() {
    let folder = Folder::new();
    let mut options = options(&folder.url("app.db"));
    options
        .pragmas
        .insert("journal_mode".into(), "nonsense".into());
    let error = SqliteDriver
        .connector(options)
        .unwrap()
        .connect()
        .err()
        .unwrap();
    assert!(error.is_configuration(), "{error:?}");
}

#[test]
fn a_statement_timeout_is_refused() {
    let mut options = options("sqlite::memory:");
    options.statement_timeout = Some(std::time::Duration::from_secs(1));
    let error = SqliteDriver.connector(options).err().unwrap();
    assert!(error.is_unsupported());
}

#[test]
fn a_missing_folder_is_named() {
    let folder = Folder::new();
    let error = refused(&folder.url("missing/app.db"));
    assert!(error.is_unknown_database(), "{error:?}");
    assert!(error.to_string().contains("there is no folder"));
}

#[test]
fn a_missing_file_is_only_created_when_that_is_allowed() {
    let folder = Folder::new();
    for mode in ["ro", "rw"] {
        let error = refused(&folder.url(&format!("app.db?mode={mode}")));
        assert!(error.is_unknown_database(), "{error:?}");
        assert!(error.to_string().contains("does not exist"));
    }
    assert!(!folder.path().join("app.db").exists());
    connect(&folder.url("app.db?mode=rwc"));
    connect(&folder.url("app.db?mode=rw"));
}

#[test]
fn a_folder_is_no_database() {
    let folder = Folder::new();
    let error = refused(&folder.url(""));
    assert!(error.is_connection_failed(), "{error:?}");
    assert!(error.to_string().contains("is a folder"));
}

#[test]
fn a_file_of_another_kind_is_no_database() {
    let folder = Folder::new();
    std::fs::write(folder.path().join("app.db"), "dear diary, ".repeat(1000)).unwrap();
    let error = refused(&folder.url("app.db"));
    assert!(error.is_connection_failed(), "{error:?}");
    assert!(
        error.to_string().contains("not a SQLite database"),
        "{error}"
    );
}

#[test]
fn a_name_may_hold_anything() {
    let folder = Folder::new();
    let mut connection = connect(&folder.url("my%20app%3F%23%25%26ü.db"));
    connection.batch("CREATE TABLE t (a)").unwrap();
    assert!(folder.path().join("my app?#%&ü.db").exists());
}

#[test]
fn read_only_is_read_only() {
    let folder = Folder::new();
    connect(&folder.url("app.db"))
        .batch("CREATE TABLE t (a)")
        .unwrap();
    let mut reader = connect(&folder.url("app.db?mode=ro"));
    assert_eq!(integer(&mut *reader, "SELECT count(*) FROM t"), 0);
    let error = reader.batch("INSERT INTO t VALUES (1)").unwrap_err();
    assert_eq!(error.database_kind(), Some(DatabaseErrorKind::ReadOnly));
}

#[test]
fn a_pool_shares_one_memory_and_pools_do_not() {
    let shared = connector("sqlite::memory:");
    let mut first = shared.connect().unwrap();
    first
        .batch("CREATE TABLE t (a); INSERT INTO t VALUES (1)")
        .unwrap();
    drop(first);
    let mut second = shared.connect().unwrap();
    assert_eq!(integer(&mut *second, "SELECT count(*) FROM t"), 1);
    let error = memory().batch("SELECT * FROM t").unwrap_err();
    assert!(error.is_undefined_table());
}

#[test]
fn a_writer_keeps_the_other_writer_waiting() {
    let folder = Folder::new();
    let mut options = options(&folder.url("app.db"));
    options.pragmas.insert("busy_timeout".into(), "50".into());
    let connector = SqliteDriver.connector(options).unwrap();
    let (mut first, mut second) = (connector.connect().unwrap(), connector.connect().unwrap());
    first.begin(TransactionMode::Write, None).unwrap();
    let error = second.begin(TransactionMode::Write, None).unwrap_err();
    assert!(error.is_retryable(), "{error:?}");
    // A reader is not in the way of a writer under WAL, nor the other way round.
    second.begin(TransactionMode::Read, None).unwrap();
    assert_eq!(
        integer(&mut *second, "SELECT count(*) FROM sqlite_schema"),
        0
    );
    first.batch("CREATE TABLE t (a)").unwrap();
    first.commit().unwrap();
    second.rollback().unwrap();
    second.begin(TransactionMode::Write, None).unwrap();
    second.commit().unwrap();
}

/// In memory there is no WAL: this is where a file behaves better.
#[test]
fn a_reader_in_memory_keeps_a_writer_from_committing() {
    let mut options = options("sqlite::memory:");
    options.pragmas.insert("busy_timeout".into(), "50".into());
    let connector = SqliteDriver.connector(options).unwrap();
    let (mut reader, mut writer) = (connector.connect().unwrap(), connector.connect().unwrap());
    writer.batch("CREATE TABLE t (a)").unwrap();
    reader.begin(TransactionMode::Read, None).unwrap();
    assert_eq!(integer(&mut *reader, "SELECT count(*) FROM t"), 0);
    writer.begin(TransactionMode::Write, None).unwrap();
    writer.batch("INSERT INTO t VALUES (1)").unwrap();
    let error = writer.commit().unwrap_err();
    assert!(error.is_retryable(), "{error:?}");
    reader.commit().unwrap();
    // The transaction is still there, to be committed or rolled back.
    writer.commit().unwrap();
    assert_eq!(integer(&mut *reader, "SELECT count(*) FROM t"), 1);
}

/// The documented limitation; when this fails, strike it from the crate's documentation.
#[test]
fn a_name_in_double_quotes_that_is_no_column_is_still_a_string() {
    let mut connection = memory();
    let found = one(&mut *connection, &sql("SELECT \"nothing\""), |row| {
        Ok(row.text(0)?.map(|text| text.into_owned()))
    });
    assert_eq!(found.unwrap().as_deref(), Some("nothing"));
    connection.batch("CREATE TABLE t (a)").unwrap();
    let error = connection.batch("SELECT \"t\".\"b\" FROM t").unwrap_err();
    assert!(error.is_undefined_column());
}

#[test]
fn rolling_back_what_is_over_is_no_error() {
    let mut connection = memory();
    connection.begin(TransactionMode::Write, None).unwrap();
    connection.batch("ROLLBACK").unwrap();
    connection.rollback().unwrap();
    assert!(connection.commit().is_err());
}

/// 8 threads on one database: every one of their writes arrives, and none waits in vain.
fn threads_write(url: &str) {
    let connector = connector(url);
    connector
        .connect()
        .unwrap()
        .batch("CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT, thread BIGINT NOT NULL)")
        .unwrap();
    std::thread::scope(|scope| {
        for thread in 0..8 {
            let connector = &connector;
            scope.spawn(move || {
                let mut connection = connector.connect().unwrap();
                for _ in 0..25 {
                    connection.begin(TransactionMode::Write, None).unwrap();
                    let before = integer(&mut *connection, "SELECT count(*) FROM t");
                    let insert = sql(&format!("INSERT INTO t (thread) VALUES ({thread})"));
                    assert_eq!(connection.execute(&insert).unwrap(), 1);
                    let after = integer(&mut *connection, "SELECT count(*) FROM t");
                    assert_eq!(after, before + 1);
                    connection.commit().unwrap();
                    integer(&mut *connection, "SELECT count(*) FROM t");
                }
            });
        }
    });
    let mut connection = connector.connect().unwrap();
    assert_eq!(integer(&mut *connection, "SELECT count(*) FROM t"), 200);
    assert_eq!(integer(&mut *connection, "SELECT max(id) FROM t"), 200);
}

#[test]
fn eight_threads_share_a_database_in_memory() {
    threads_write("sqlite::memory:");
}

#[test]
fn eight_threads_share_a_file() {
    let folder = Folder::new();
    threads_write(&folder.url("app.db"));
}
