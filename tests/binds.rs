//! Models live in the database that they are bound to.
#![forbid(unsafe_code)]
#![cfg(feature = "sqlite")]
#![allow(clippy::unwrap_used, missing_docs, reason = "a test")]

use birgus::prelude::*;

#[derive(Model, Debug)]
pub struct Customer {
    #[key]
    pub id: i64,
    pub name: String,
}

#[derive(Model, Debug)]
#[model(bind = "reports")]
pub struct Report {
    #[key]
    pub id: i64,
    pub text: String,
}

fn names(db: &Database) -> Vec<&str> {
    db.tables()
        .iter()
        .map(|table| table.name.as_str())
        .collect()
}

fn memory() -> Config {
    Config::new("sqlite::memory:".parse().unwrap())
}

#[test]
fn a_bound_model_lives_in_the_database_of_its_bind() {
    let mut config = memory();
    config.binds.insert("reports".to_owned(), memory());
    let db = Database::with_config(config).unwrap();
    let reports = db.bind("reports").unwrap();
    assert_eq!(
        (names(&db), names(&reports)),
        (vec!["customer"], vec!["report"])
    );

    db.create_all().unwrap();
    reports.create_all().unwrap();
    Customer::insert(Customer::build().name("Susan"))
        .execute(&db)
        .unwrap();
    Report::insert(Report::build().text("fine"))
        .execute(&reports)
        .unwrap();
    assert_eq!(Report::query().count(&reports).unwrap(), 1);
    assert_eq!(Report::query().count(&db).unwrap(), 1, "by either handle");
    let error = Customer::query().count(&reports).unwrap_err();
    assert!(error.is_undefined_table(), "{error:?}");
    assert_eq!(db.introspect().unwrap().len(), 1);
}

#[test]
fn a_bind_that_is_not_configured_is_an_error_at_once() {
    let error = Database::with_config(memory()).unwrap_err();
    assert!(error.is_configuration());
    assert_eq!(
        error.to_string(),
        "the model Report lives in the bind `reports`, which is not configured (binds.reports.url)"
    );

    let db = Database::with_models(memory(), [Customer::info()]).unwrap();
    let error = db.bind("reports").unwrap_err();
    assert!(
        error.is_configuration() && error.to_string().contains("reports"),
        "{error}"
    );
}

#[test]
fn a_database_in_memory_is_shared_and_lives_as_long_as_its_pool() {
    let mut config = memory();
    config.pool.size = 3;
    let db = Database::with_models(config, [Customer::info()]).unwrap();
    db.create_all().unwrap();
    Customer::insert(Customer::build().name("Susan"))
        .execute(&db)
        .unwrap();
    let mut connections: Vec<_> = (0..3).map(|_| db.connection().unwrap()).collect();
    for connection in &mut connections {
        assert_eq!(Customer::query().count(connection).unwrap(), 1);
    }
    drop(connections);
    // Another one is another database.
    let other = Database::with_models(memory(), [Customer::info()]).unwrap();
    assert!(other.introspect().unwrap().is_empty());
}
