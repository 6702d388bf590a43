//! A URL finds a driver that Birgus has never heard of.

use birgus::prelude::*;
use birgus::sql;
use outside_driver::take_log;

#[derive(Model, Debug)]
pub struct Number {
    #[key]
    pub number: i64,
}

#[test]
fn a_registered_scheme_is_as_good_as_a_built_in_one() {
    let db = Database::connect("counting:3").unwrap();
    db.create_all().unwrap();
    let numbers = Number::query()
        .filter(Number::number.gt(0).and(Number::number.ne(9)))
        .all(&db)
        .unwrap();
    assert_eq!(
        numbers.iter().map(|row| row.number).collect::<Vec<_>>(),
        [1, 2, 3]
    );
    assert_eq!(
        sql("SELECT :n")
            .bind("n", 5_i64)
            .all::<(i64,)>(&db)
            .unwrap(),
        [(1,), (2,), (3,)]
    );

    let mut session = db.session().unwrap();
    let key = session.add(Number::build());
    session.commit().unwrap();
    assert_eq!(session[key].number, 1);
    assert_eq!(
        take_log(),
        [
            "CREATE TABLE number",
            "SELECT \"number\".\"number\" FROM \"number\" WHERE \"number\".\"number\" > :1 AND \"number\".\"number\" <> :2",
            "SELECT :1",
            "INSERT INTO \"number\" (\"number\") VALUES (NULL)",
        ]
    );

    let error = Database::connect("counting:many").unwrap_err();
    assert!(error.is_configuration());
}

#[test]
fn an_unknown_scheme_names_the_known_ones_and_the_feature() {
    let error = Database::connect("mysql://localhost/test").unwrap_err();
    assert!(error.is_unknown_scheme() && error.is_configuration());
    assert_eq!(
        error.to_string(),
        "no driver for the URL scheme `mysql:` (registered: counting); the Cargo feature `mysql` adds it"
    );
    let error = Database::connect("oracle://localhost/test").unwrap_err();
    assert_eq!(
        error.to_string(),
        "no driver for the URL scheme `oracle:` (registered: counting)"
    );
}
