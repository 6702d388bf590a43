//! What a program's logs show: connects, checkouts and statements, with binds only when asked, and never a password.
#![forbid(unsafe_code)]
#![cfg(feature = "sqlite")]
#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a test")]

use std::io::Write;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use birgus::prelude::*;
use tracing::Level;
use tracing_subscriber::fmt::format::FmtSpan;

#[derive(Model, Debug)]
pub struct Letter {
    #[key]
    pub id: i64,
    pub text: String,
}

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// What is logged while a letter is stored and read.
fn logged(level: Level, configure: impl FnOnce(&mut Config)) -> String {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(level)
        .with_ansi(false)
        .with_span_events(FmtSpan::CLOSE)
        .with_writer(move || writer.clone())
        .finish();
    let mut config = Config::new("sqlite::memory:".parse().unwrap());
    configure(&mut config);
    tracing::subscriber::with_default(subscriber, || {
        let db = Database::with_config(config).unwrap();
        db.create_all().unwrap();
        Letter::insert(Letter::build().text("a secret"))
            .execute(&db)
            .unwrap();
        assert_eq!(
            Letter::query()
                .filter(Letter::text.eq("a secret"))
                .count(&db)
                .unwrap(),
            1
        );
    });
    String::from_utf8(log.0.lock().unwrap().clone()).unwrap()
}

fn line<'a>(log: &'a str, parts: &[&str]) -> &'a str {
    let found = log
        .lines()
        .find(|line| parts.iter().all(|part| line.contains(part)));
    found.unwrap_or_else(|| panic!("no line with {parts:?} in\n{log}"))
}

#[test]
fn spans_tell_of_connects_checkouts_and_statements() {
    let log = logged(Level::TRACE, |_| {});
    line(&log, &["connect{url=sqlite::memory:", "elapsed_us="]);
    line(&log, &["checkout{elapsed_us="]);
    let statement = line(
        &log,
        &[
            "statement{engine=\"SQLite\"",
            "INSERT INTO",
            "rows=1",
            "elapsed_us=",
        ],
    );
    assert!(!statement.contains("binds"), "{statement}");
    assert!(!log.contains("a secret"), "{log}");
}

#[test]
fn binds_are_shown_when_asked() {
    let log = logged(Level::DEBUG, |config| config.echo_binds = true);
    line(&log, &["INSERT INTO", "binds=\"a secret\""]);
}

#[test]
fn echo_logs_each_statement() {
    let log = logged(Level::INFO, |config| config.echo = true);
    line(
        &log,
        &["INFO", "echo", "SELECT COUNT(*)", "rows=1", "not shown"],
    );
    assert!(!log.contains("a secret"), "{log}");
    assert!(logged(Level::INFO, |_| {}).is_empty());
}

#[test]
fn slow_statements_are_warned_of() {
    let log = logged(Level::WARN, |config| {
        config.slow_query = Some(Duration::ZERO)
    });
    line(&log, &["WARN", "slow query", "INSERT INTO"]);
    assert!(
        logged(Level::WARN, |config| config.slow_query =
            Some(Duration::from_secs(60)))
        .is_empty()
    );
}

#[test]
fn a_failed_connection_shows_no_password() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(Level::TRACE)
        .with_writer(move || writer.clone())
        .finish();
    tracing::subscriber::with_default(subscriber, || {
        for url in [
            "sqlite:no-folder/x.db",
            "mysql://root:hunter2@127.0.0.1:1/x",
            "postgresql://a:hunter2@127.0.0.1:1/x",
        ] {
            let error = Database::connect(url).unwrap_err();
            assert!(
                !format!("{error} {error:?}").contains("hunter2"),
                "{error:?}"
            );
        }
    });
    assert!(
        !String::from_utf8(log.0.lock().unwrap().clone())
            .unwrap()
            .contains("hunter2")
    );
}
