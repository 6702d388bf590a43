//! Transactions that are committed in two phases.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use birgus::PooledConnection;
use birgus::backend::Connection as _;
use birgus::prelude::*;

use super::{names, people, person};
use crate::Bed;
use crate::models::User;

super::super::cases![
    a_prepared_transaction_is_committed_or_rolled_back,
    a_prepared_transaction_outlives_its_connection,
    a_transaction_in_two_phases_may_end_in_one,
    two_phases_are_refused_alike,
];

/// An id that is used nowhere else on the server.
fn id() -> String {
    static IDS: AtomicU32 = AtomicU32::new(0);
    let number = IDS.fetch_add(1, Ordering::Relaxed);
    format!("birgus-case.{}:{number}", std::process::id())
}

/// Begins, or gives nothing where the engine or the server has no two phases and says so.
fn begun(db: &Database, id: &str) -> Option<PooledConnection> {
    let mut connection = db.connection().unwrap();
    match connection.begin_two_phase(id) {
        Ok(()) => {
            assert!(connection.dialect().capabilities().two_phase);
            assert!(connection.in_transaction());
            Some(connection)
        }
        Err(error) => {
            assert!(error.is_unsupported(), "{error:?}");
            assert!(!connection.in_transaction());
            User::insert(person(99)).execute(&mut connection).unwrap();
            None
        }
    }
}

fn add(connection: &mut PooledConnection, number: usize) {
    User::insert(person(number)).execute(connection).unwrap();
}

fn a_prepared_transaction_is_committed_or_rolled_back(bed: &Bed) {
    let db = people(bed, 0);
    let own = id();
    let Some(mut connection) = begun(&db, &own) else {
        return;
    };
    add(&mut connection, 1);
    connection.prepare(&own).unwrap();
    assert!(!connection.in_transaction());
    assert_eq!(names(&db), [] as [&str; 0]);
    // Between the phases the connection is for nothing else, on any engine.
    let error = User::query().count(&mut connection).unwrap_err();
    assert!(error.is_invalid_query(), "{error:?}");
    connection.commit_prepared(&own).unwrap();
    assert_eq!(names(&db), ["user 1"]);
    // The same connection takes another one, and this time it is not to be.
    let second = id();
    connection.begin_two_phase(&second).unwrap();
    add(&mut connection, 2);
    connection.prepare(&second).unwrap();
    connection.rollback_prepared(&second).unwrap();
    add(&mut connection, 3);
    drop(connection);
    assert_eq!(names(&db), ["user 1", "user 3"]);
}

fn a_prepared_transaction_outlives_its_connection(bed: &Bed) {
    let mut config = bed.config();
    config.pool.size = 1;
    let db = Database::with_models(config, [User::info()]).unwrap();
    db.create_all().unwrap();
    let other = bed.open(&[User::info()]);
    for (number, commits) in [(1, true), (2, false)] {
        let own = id();
        let Some(mut connection) = begun(&db, &own) else {
            return;
        };
        add(&mut connection, number);
        connection.prepare(&own).unwrap();
        // The pool closes it, so that whoever comes next is not stuck between the phases.
        drop(connection);
        assert!(!names(&db).contains(&format!("user {number}")));
        let mut connection = other.connection().unwrap();
        let limit = Instant::now() + Duration::from_secs(10);
        // MariaDB gives it away when it has noticed that the other connection is closed.
        while let Err(error) = if commits {
            connection.commit_prepared(&own)
        } else {
            connection.rollback_prepared(&own)
        } {
            assert!(Instant::now() < limit, "{error}");
            std::thread::sleep(Duration::from_millis(10));
        }
    }
    assert_eq!(names(&db), ["user 1"]);
}

fn a_transaction_in_two_phases_may_end_in_one(bed: &Bed) {
    let db = people(bed, 0);
    let Some(mut connection) = begun(&db, &id()) else {
        return;
    };
    add(&mut connection, 1);
    connection.commit().unwrap();
    connection.begin_two_phase(&id()).unwrap();
    add(&mut connection, 2);
    connection.rollback().unwrap();
    connection.begin_two_phase(&id()).unwrap();
    add(&mut connection, 3);
    let again = User::insert(person(1)).execute(&mut connection);
    assert!(again.unwrap_err().is_unique_violation());
    drop(connection);
    assert_eq!(names(&db), ["user 1"]);
    // What is left open is rolled back, and so its id is free.
    let own = id();
    let mut connection = begun(&db, &own).unwrap();
    add(&mut connection, 4);
    drop(connection);
    let mut connection = begun(&db, &own).unwrap();
    add(&mut connection, 5);
    connection.prepare(&own).unwrap();
    connection.commit_prepared(&own).unwrap();
    assert_eq!(names(&db), ["user 1", "user 5"]);
}

fn two_phases_are_refused_alike(bed: &Bed) {
    let db = people(bed, 0);
    let mut connection = db.connection().unwrap();
    for id in ["", "a b", "it's", "é", "a\\", &"a".repeat(65)] {
        for result in [
            connection.begin_two_phase(id),
            connection.commit_prepared(id),
            connection.rollback_prepared(id),
        ] {
            assert!(result.unwrap_err().is_invalid_query(), "{id:?}");
        }
    }
    assert!(connection.prepare("a").unwrap_err().is_invalid_query());
    assert!(connection.commit_prepared(&id()).is_err());
    let own = id();
    let Some(mut connection) = begun(&db, &own) else {
        return;
    };
    let other = connection.prepare("another").unwrap_err();
    assert!(other.is_invalid_query(), "{other:?}");
    let early = connection.commit_prepared(&own).unwrap_err();
    assert!(early.is_invalid_query(), "{early:?}");
    connection.rollback().unwrap();
}
