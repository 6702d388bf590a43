//! A driver for Birgus from outside its workspace.
//!
//! It registers the scheme `counting:`, whose "database" keeps a log of the statements that reach it and answers
//! every query with rows of one number each: the parts that a real engine needs, in their smallest form.
#![forbid(unsafe_code)]

mod dialect;
mod row;

use std::sync::{Mutex, PoisonError};

use birgus::backend::{
    ConnectOptions, Connection, Connector, Dialect, Driver, Row, Statement, TransactionMode,
};
use birgus::{Error, Isolation, Result};

use dialect::COUNTING;
use row::Number;

/// The driver of `counting:N`, whose queries give the rows 1 to N.
#[derive(Debug)]
pub struct CountingDriver;

birgus::register_driver!(&CountingDriver);

/// The statements that have reached any `counting:` database of this program.
static LOG: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// Takes what has been logged so far.
pub fn take_log() -> Vec<String> {
    std::mem::take(&mut *LOG.lock().unwrap_or_else(PoisonError::into_inner))
}

fn log(text: &str) {
    LOG.lock()
        .unwrap_or_else(PoisonError::into_inner)
        .push(text.to_owned());
}

impl Driver for CountingDriver {
    fn schemes(&self) -> &'static [&'static str] {
        &["counting"]
    }

    fn connector(&self, options: ConnectOptions) -> Result<Box<dyn Connector>> {
        let rows = options.url.path().parse().map_err(|_| {
            Error::configuration("write `counting:3`: the number of rows that a query gives")
        })?;
        Ok(Box::new(Counting { rows }))
    }
}

struct Counting {
    rows: i64,
}

impl Connector for Counting {
    fn connect(&self) -> Result<Box<dyn Connection>> {
        Ok(Box::new(CountingConnection {
            rows: self.rows,
            inserted: 0,
        }))
    }
}

struct CountingConnection {
    rows: i64,
    inserted: i64,
}

impl Connection for CountingConnection {
    fn dialect(&self) -> &'static dyn Dialect {
        &COUNTING
    }

    fn server_version(&self) -> &str {
        "1"
    }

    fn execute(&mut self, statement: &Statement) -> Result<u64> {
        log(statement.text());
        self.inserted += 1;
        Ok(1)
    }

    fn query(
        &mut self,
        statement: &Statement,
        each: &mut dyn FnMut(&dyn Row) -> Result<()>,
    ) -> Result<()> {
        log(statement.text());
        (1..=self.rows).try_for_each(|number| each(&Number(number)))
    }

    fn batch(&mut self, sql: &str) -> Result<()> {
        log(sql);
        Ok(())
    }

    fn last_insert_id(&mut self) -> Result<i64> {
        Ok(self.inserted)
    }

    fn begin(&mut self, _mode: TransactionMode, _isolation: Option<Isolation>) -> Result<()> {
        self.batch("BEGIN")
    }

    fn ping(&mut self) -> Result<()> {
        Ok(())
    }

    fn is_broken(&self) -> bool {
        false
    }
}
