//! Transactions whose COMMIT gets no answer, and those of a database in memory.
#![cfg(feature = "sqlite")]
#![forbid(unsafe_code)]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    missing_docs,
    reason = "a test fails by panicking"
)]

use std::sync::Mutex;
use std::thread;

use birgus::backend::{
    ConnectOptions, Connection, Connector, Dialect, Driver, Row, Statement, TransactionMode,
};
use birgus::prelude::*;
use birgus::{DatabaseErrorKind, Error, Result};
use birgus_sqlite::SqliteDriver;

#[derive(Model, Debug)]
pub struct Counter {
    #[key]
    pub id: i64,
    pub number: i64,
}

/// SQLite behind a network that fails at COMMIT, as the path of the URL says: `answer` loses the answer, `question` the
/// question, and `refusal` brings a refusal before the connection is gone.
struct Shaky;

birgus_core::register_driver!(&Shaky);

impl Driver for Shaky {
    fn schemes(&self) -> &'static [&'static str] {
        &["shaky"]
    }

    fn connector(&self, mut options: ConnectOptions) -> Result<Box<dyn Connector>> {
        let fault = options.url.path().to_owned();
        options.url = "sqlite::memory:".parse()?;
        Ok(Box::new(ShakyConnector(
            SqliteDriver.connector(options)?,
            fault,
        )))
    }
}

struct ShakyConnector(Box<dyn Connector>, String);

impl Connector for ShakyConnector {
    fn connect(&self) -> Result<Box<dyn Connection>> {
        Ok(Box::new(ShakyConnection {
            inner: self.0.connect()?,
            fault: self.1.clone(),
            broken: false,
        }))
    }
}

struct ShakyConnection {
    inner: Box<dyn Connection>,
    fault: String,
    broken: bool,
}

/// How many commits are to fail.
static FAILURES: Mutex<u32> = Mutex::new(0);

impl Connection for ShakyConnection {
    fn dialect(&self) -> &'static dyn Dialect {
        self.inner.dialect()
    }

    fn server_version(&self) -> &str {
        self.inner.server_version()
    }

    fn execute(&mut self, statement: &Statement) -> Result<u64> {
        self.inner.execute(statement)
    }

    fn query(
        &mut self,
        statement: &Statement,
        each: &mut dyn FnMut(&dyn Row) -> Result<()>,
    ) -> Result<()> {
        self.inner.query(statement, each)
    }

    fn batch(&mut self, sql: &str) -> Result<()> {
        self.inner.batch(sql)
    }

    fn last_insert_id(&mut self) -> Result<i64> {
        self.inner.last_insert_id()
    }

    fn begin(&mut self, mode: TransactionMode, isolation: Option<Isolation>) -> Result<()> {
        self.inner.begin(mode, isolation)
    }

    fn commit(&mut self) -> Result<()> {
        let mut failures = FAILURES.lock().unwrap();
        if *failures == 0 {
            return self.inner.commit();
        }
        *failures -= 1;
        let lost = |kind, message| Err(Error::database(kind, message).with_code("4711"));
        match self.fault.as_str() {
            "answer" => {
                self.broken = true;
                self.inner.commit()?;
                lost(DatabaseErrorKind::ConnectionLost, "no answer")
            }
            "question" => {
                self.broken = true;
                lost(DatabaseErrorKind::ConnectionLost, "not sent")
            }
            "refusal" => {
                self.broken = true;
                lost(DatabaseErrorKind::SerializationFailure, "refused, and gone")
            }
            _ => lost(DatabaseErrorKind::SerializationFailure, "refused"),
        }
    }

    fn ping(&mut self) -> Result<()> {
        self.inner.ping()
    }

    fn is_broken(&self) -> bool {
        self.broken
    }
}

/// Increments a counter by one transaction whose first commit fails; gives the closure's calls, the counter and the error.
fn increment(fault: &str) -> (u32, i64, Option<Error>) {
    let mut config = Config::new(format!("shaky:{fault}").parse().unwrap());
    // The database lives in memory, so one connection has to stay when the other one goes.
    config.pool.size = 2;
    let db = Database::with_models(config, [Counter::info()]).unwrap();
    db.create_all().unwrap();
    Counter::insert(Counter::build().number(0))
        .execute(&db)
        .unwrap();
    let kept = db.connection().unwrap();
    *FAILURES.lock().unwrap() = 1;
    let mut calls = 0;
    let result = db.transaction(|session| {
        calls += 1;
        let counter = Counter::query().for_update().one(&mut *session)?;
        Counter::query()
            .by_key(counter.id)
            .update(Counter::number.set(counter.number + 1), session)
            .map(drop)
    });
    drop(kept);
    let number = Counter::query().one(&db).unwrap().number;
    (calls, number, result.err())
}

#[test]
fn a_transaction_whose_outcome_is_unknown_is_not_tried_again() {
    // A refusal at COMMIT, whose outcome is known.
    let (calls, number, error) = increment("known");
    assert!(error.is_none(), "{error:?}");
    assert_eq!((calls, number), (2, 1));

    for (fault, expected) in [("answer", 1), ("question", 0), ("refusal", 0)] {
        let (calls, number, error) = increment(fault);
        assert_eq!((calls, number), (1, expected), "{fault}");
        let error = error.unwrap();
        assert!(
            error.is_connection_lost() && !error.is_retryable(),
            "{error:?}"
        );
        assert_eq!(error.code(), Some("4711"));
        assert!(
            error.to_string().contains("it is not known whether"),
            "{error}"
        );
    }
}

#[test]
fn threads_count_in_memory_too() {
    let mut config = Config::new("sqlite::memory:".parse().unwrap());
    config.pool.size = 8;
    let db = Database::with_models(config, [Counter::info()]).unwrap();
    db.create_all().unwrap();
    Counter::insert(Counter::build().number(0))
        .execute(&db)
        .unwrap();
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for _ in 0..200 {
                    let counted = db.transaction(|session| {
                        let counter = Counter::query().for_update().one(&mut *session)?;
                        let key = session.load(Counter::query().by_key(counter.id))?[0];
                        session[key].number += 1;
                        Ok(())
                    });
                    counted.unwrap();
                }
            });
        }
    });
    assert_eq!(Counter::query().one(&db).unwrap().number, 1600);
}
