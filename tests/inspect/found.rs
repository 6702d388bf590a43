//! Databases in the styles of others.

use std::path::Path;
use std::sync::Arc;

use birgus::backend::Connection as _;
use birgus::migrate::compare;
use birgus::migrate::inspect::{InspectOptions, models};
use birgus::model::ModelInfo;
use birgus::prelude::*;
use birgus_conformance::{Bed, known_pairs};

use super::{mariadb, mysql, postgres, sqlite};
use crate::support::linked_pairs;

/// Runs on every pair that is linked and in `names`.
pub(super) fn on(names: &[&str], test: impl Fn(&Bed)) {
    for pair in known_pairs(&linked_pairs()).unwrap() {
        if names.contains(&pair.name()) {
            let bed = Bed::new(&Arc::new(pair)).unwrap();
            test(&bed);
            bed.remove().unwrap();
        }
    }
}

pub(super) fn make(bed: &Bed, sql: &str) {
    let db = bed.open(&[]);
    db.connection().unwrap().batch(sql).unwrap();
}

/// The source of a database's models is the file of that name, and the models are what the database has. Gives the texts of what
/// differs all the same.
pub(super) fn check(bed: &Bed, file: &str, infos: &[&'static ModelInfo]) -> Vec<String> {
    let db = bed.open(infos);
    let found = db.inspect().unwrap();
    let source = models(&found, &InspectOptions::default());
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/inspect/{file}.rs"));
    if std::env::var_os("BIRGUS_BLESS").is_some() {
        std::fs::write(&path, &source).unwrap();
    }
    let golden = std::fs::read_to_string(&path).unwrap();
    assert!(
        golden == source,
        "{} is not what {} gives:\n{source}",
        path.display(),
        bed.pair().name()
    );
    compare(db.tables(), &found.tables)
        .iter()
        .map(ToString::to_string)
        .collect()
}

pub(super) const SQLITE: &str = include_str!("sqlite.sql");
pub(super) const POSTGRES: &str = include_str!("postgres.sql");
pub(super) const MYSQL: &str = include_str!("mysql.sql");

#[test]
fn a_sqlite_database_of_somebody_else_becomes_models() {
    let infos = [
        sqlite::OrderLine::info(),
        sqlite::Shipment::info(),
        sqlite::StaffMember::info(),
        sqlite::Zone::info(),
        sqlite::Label::info(),
        sqlite::SessionRow::info(),
    ];
    on(&["sqlite"], |bed| {
        make(bed, SQLITE);
        let differences = check(bed, "sqlite", &infos);
        assert_eq!(differences, ["table log is not among the models"]);
    });
}

#[test]
fn a_postgres_database_of_somebody_else_becomes_models() {
    let infos = [
        postgres::Account::info(),
        <postgres::AccountSettings as Model>::info(),
        postgres::City::info(),
        postgres::Country::info(),
        postgres::Ticket::info(),
        postgres::Transfer::info(),
    ];
    on(&["postgres", "postgres+libpq"], |bed| {
        make(bed, POSTGRES);
        let differences = check(bed, "postgres", &infos);
        assert_eq!(differences, ["table audit is not among the models"]);
    });
}

#[test]
fn a_mysql_database_of_somebody_else_becomes_models() {
    let infos = [
        mysql::PostTag::info(),
        mysql::Counters::info(),
        mysql::Places::info(),
        mysql::Plain::info(),
        mysql::Posts::info(),
        mysql::Users::info(),
    ];
    on(&["mysql"], |bed| {
        make(bed, MYSQL);
        let differences = check(bed, "mysql", &infos);
        assert_eq!(differences, ["table queue is not among the models"]);
    });
}

#[test]
fn a_mariadb_database_of_somebody_else_becomes_models() {
    let infos = [
        mariadb::PostTag::info(),
        mariadb::Counters::info(),
        mariadb::Places::info(),
        mariadb::Plain::info(),
        mariadb::Posts::info(),
        mariadb::Users::info(),
    ];
    on(&["mariadb"], |bed| {
        make(bed, MYSQL);
        let differences = check(bed, "mariadb", &infos);
        assert_eq!(differences, ["table queue is not among the models"]);
    });
}
