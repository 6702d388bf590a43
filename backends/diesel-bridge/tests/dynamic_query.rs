//! The bridge over a real connection, with a binder and a dialect that know just enough.
#![forbid(unsafe_code)]
// The lint's own exception for tests does not reach the functions that they share.
#![allow(clippy::unwrap_used)]

use birgus_core::backend::{
    Bind, BindType, Capabilities, Connection as BirgusConnection, Dialect, Statement,
    StatementBuilder,
};
use birgus_core::schema::{ForeignKey, Table};
use birgus_core::{Error, Result, Value};
use birgus_diesel_bridge::{Admission, Binder, CacheBudget, DynamicQuery};
use diesel::connection::{Connection, InstrumentationEvent, LoadConnection, SimpleConnection};
use diesel::query_builder::AstPass;
use diesel::result::QueryResult;
use diesel::row::{Field, Row};
use diesel::sql_types::{BigInt, Nullable, Text};
use diesel::sqlite::{Sqlite, SqliteConnection};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

#[derive(Debug)]
struct Plain(Capabilities);

impl Dialect for Plain {
    fn name(&self) -> &'static str {
        "plain"
    }
    fn capabilities(&self) -> &Capabilities {
        &self.0
    }
    fn placeholder(&self, out: &mut String, _: usize, bind_type: BindType, _: bool) {
        out.push_str(match bind_type {
            BindType::Text => "upper(?)",
            _ => "?",
        });
    }
    fn literal(&self, _: &mut String, _: &Value, _: BindType) {}
    fn create_table(&self, _: &Table, _: &[ForeignKey]) -> Result<Vec<String>> {
        Ok(Vec::new())
    }
    fn table_names(&self, _: &mut dyn BirgusConnection) -> Result<Vec<String>> {
        Ok(Vec::new())
    }
    fn introspect(&self, _: &mut dyn BirgusConnection) -> Result<Vec<Table>> {
        Ok(Vec::new())
    }
}

struct Tiny;

impl Binder for Tiny {
    type Backend = Sqlite;
    type Encoded = i64;

    fn encode(bind: &Bind) -> Result<Option<i64>> {
        match &bind.value {
            Value::Boolean(value) => Ok(Some(i64::from(*value))),
            Value::Double(_) => Err(Error::unsupported("no doubles here")),
            _ => Ok(None),
        }
    }

    fn push<'b>(
        bind: &'b Bind,
        encoded: Option<&'b i64>,
        mut pass: AstPass<'_, 'b, Sqlite>,
    ) -> QueryResult<()> {
        match (&bind.value, encoded) {
            (_, Some(value)) | (Value::Integer(value), None) => {
                pass.push_bind_param::<BigInt, i64>(value)
            }
            (Value::Text(text), None) => pass.push_bind_param::<Text, str>(text),
            _ => pass.push_bind_param::<Nullable<BigInt>, Option<i64>>(&None),
        }
    }
}

fn dialect() -> Plain {
    Plain(Capabilities::minimal())
}

fn build(write: impl FnOnce(&mut StatementBuilder<'_>)) -> Statement {
    let dialect = dialect();
    let mut builder = StatementBuilder::new(&dialect);
    write(&mut builder);
    builder.finish()
}

fn connection() -> SqliteConnection {
    SqliteConnection::establish(":memory:").unwrap()
}

#[test]
fn text_and_binds_interleave_and_encoded_values_stand_in_their_place() {
    let statement = build(|builder| {
        builder
            .push("SELECT ")
            .bind(Value::Integer(7), BindType::BigInt)
            .push(", ")
            .bind(Value::Boolean(true), BindType::Boolean)
            .push(", ")
            .bind(Value::Text("crab".into()), BindType::Text)
            .push(", ")
            .bind(Value::Null, BindType::BigInt)
            .push(" WHERE 1 = 1");
    });
    let mut connection = connection();
    let query = DynamicQuery::<Tiny>::new(&statement, true).unwrap();
    let mut rows = connection.load(query).unwrap();
    let row = rows.next().unwrap().unwrap();
    assert_eq!(row.get(0).unwrap().value().unwrap().read_long(), 7);
    assert_eq!(row.get(1).unwrap().value().unwrap().read_long(), 1);
    assert_eq!(row.get(2).unwrap().value().unwrap().read_text(), "CRAB");
    assert!(row.get(3).unwrap().is_null());
}

#[test]
fn a_value_that_can_not_be_encoded_is_refused_before_anything_is_sent() {
    let statement = build(|builder| {
        builder
            .push("SELECT ")
            .bind(Value::Double(1.0), BindType::Double);
    });
    let error = DynamicQuery::<Tiny>::new(&statement, true).err().unwrap();
    assert!(error.is_unsupported());
}

/// Counts what Diesel prepares for its cache.
fn count_preparations(connection: &mut SqliteConnection) -> Arc<AtomicUsize> {
    let counter = Arc::new(AtomicUsize::new(0));
    let seen = Arc::clone(&counter);
    connection.set_instrumentation(move |event: InstrumentationEvent<'_>| {
        if matches!(event, InstrumentationEvent::CacheQuery { .. }) {
            seen.fetch_add(1, Ordering::Relaxed);
        }
    });
    counter
}

fn run(connection: &mut SqliteConnection, budget: &mut CacheBudget, statement: &Statement) {
    let cached = budget.admit(statement).apply(connection);
    let query = DynamicQuery::<Tiny>::new(statement, cached).unwrap();
    connection.execute_returning_count(&query).unwrap();
}

#[test]
fn a_text_is_prepared_once() {
    let mut connection = connection();
    let prepared = count_preparations(&mut connection);
    let mut budget = CacheBudget::new(4);
    for value in 0..10 {
        let statement = build(|builder| {
            builder
                .push("SELECT ")
                .bind(Value::Integer(value), BindType::BigInt);
        });
        run(&mut connection, &mut budget, &statement);
    }
    assert_eq!(prepared.load(Ordering::Relaxed), 1);
    assert_eq!(budget.len(), 1);
}

#[test]
fn a_spent_budget_empties_the_cache() {
    let mut connection = connection();
    connection
        .batch_execute("CREATE TABLE t (a INTEGER)")
        .unwrap();
    let prepared = count_preparations(&mut connection);
    let mut budget = CacheBudget::new(3);
    let statement = |number: usize| {
        build(|builder| {
            builder.push(&format!("SELECT {number} FROM t"));
        })
    };
    for number in 0..3 {
        run(&mut connection, &mut budget, &statement(number));
    }
    assert_eq!(budget.admit(&statement(0)), Admission::Cached);
    run(&mut connection, &mut budget, &statement(3));
    assert_eq!((budget.len(), prepared.load(Ordering::Relaxed)), (1, 4));
    // The first one went with the others and is prepared again.
    run(&mut connection, &mut budget, &statement(0));
    assert_eq!((budget.len(), prepared.load(Ordering::Relaxed)), (2, 5));
}

#[test]
fn text_that_varies_is_not_kept() {
    let mut connection = connection();
    let prepared = count_preparations(&mut connection);
    let mut budget = CacheBudget::new(3);
    for number in 0..10 {
        let statement = build(|builder| {
            builder.push(&format!("SELECT {number}")).vary();
        });
        run(&mut connection, &mut budget, &statement);
    }
    assert!(budget.is_empty());
    assert_eq!(prepared.load(Ordering::Relaxed), 0);
}

#[test]
fn a_budget_of_nothing_keeps_nothing() {
    let statement = build(|builder| {
        builder.push("SELECT 1");
    });
    assert_eq!(CacheBudget::new(0).admit(&statement), Admission::Uncached);
}
