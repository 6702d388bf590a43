//! Savepoints of a connection.

use birgus::backend::{Connection as _, TransactionMode};
use birgus::prelude::*;
use birgus::{PooledConnection, sql};

use super::{names, people, person};
use crate::Bed;
use crate::models::User;

super::super::cases![
    a_part_of_a_transaction_is_undone,
    savepoints_nest,
    a_transaction_goes_on_after_a_failed_statement,
    statements_that_are_kept_survive_a_savepoint,
    what_was_made_since_a_savepoint_goes_with_it,
    a_savepoint_is_refused_alike,
];

fn begun(db: &Database) -> PooledConnection {
    let mut connection = db.connection().unwrap();
    connection.begin(TransactionMode::Write, None).unwrap();
    connection
}

fn add(connection: &mut PooledConnection, number: usize) {
    User::insert(person(number)).execute(connection).unwrap();
}

fn a_part_of_a_transaction_is_undone(bed: &Bed) {
    let db = people(bed, 0);
    let mut connection = begun(&db);
    add(&mut connection, 1);
    connection.savepoint("one").unwrap();
    add(&mut connection, 2);
    connection.rollback_to("one").unwrap();
    assert_eq!(User::query().count(&mut connection).unwrap(), 1);
    // The savepoint is still there.
    add(&mut connection, 3);
    connection.rollback_to("one").unwrap();
    add(&mut connection, 4);
    connection.release("one").unwrap();
    assert!(connection.in_transaction());
    connection.commit().unwrap();
    drop(connection);
    assert_eq!(names(&db), ["user 1", "user 4"]);

    // What was released goes with the transaction all the same.
    let mut connection = begun(&db);
    connection.savepoint("one").unwrap();
    add(&mut connection, 5);
    connection.release("one").unwrap();
    connection.rollback().unwrap();
    drop(connection);
    assert_eq!(names(&db), ["user 1", "user 4"]);
}

fn savepoints_nest(bed: &Bed) {
    let db = people(bed, 0);
    let mut connection = begun(&db);
    for (number, name) in ["a", "b", "c"].into_iter().enumerate() {
        connection.savepoint(name).unwrap();
        add(&mut connection, number);
    }
    connection.rollback_to("b").unwrap();
    assert_eq!(User::query().count(&mut connection).unwrap(), 1);
    // The inner one is gone, and its name is free.
    assert!(connection.rollback_to("c").unwrap_err().is_invalid_query());
    connection.savepoint("c").unwrap();
    add(&mut connection, 7);
    // Releasing an outer one releases those inside of it.
    connection.release("b").unwrap();
    assert!(connection.release("c").unwrap_err().is_invalid_query());
    connection.rollback_to("a").unwrap();
    add(&mut connection, 8);
    connection.commit().unwrap();
    drop(connection);
    assert_eq!(names(&db), ["user 8"]);
}

fn a_transaction_goes_on_after_a_failed_statement(bed: &Bed) {
    let db = people(bed, 1);
    let mut connection = begun(&db);
    add(&mut connection, 1);
    connection.savepoint("attempt").unwrap();
    for _ in 0..3 {
        let error = User::insert(person(0)).execute(&mut connection);
        assert!(error.unwrap_err().is_unique_violation());
        connection.rollback_to("attempt").unwrap();
        let error = sql("SELECT number FROM nowhere").all::<(i64,)>(&mut connection);
        assert!(error.unwrap_err().is_undefined_table());
        connection.rollback_to("attempt").unwrap();
        assert_eq!(User::query().count(&mut connection).unwrap(), 2);
    }
    add(&mut connection, 2);
    connection.release("attempt").unwrap();
    connection.commit().unwrap();
    drop(connection);
    assert_eq!(names(&db), ["user 0", "user 1", "user 2"]);
}

fn statements_that_are_kept_survive_a_savepoint(bed: &Bed) {
    // A cache of three, so that it is emptied in the midst of things too.
    let mut config = bed.config();
    config.statement_cache = 3;
    let db = Database::with_models(config, [User::info()]).unwrap();
    db.create_all().unwrap();
    let mut connection = begun(&db);
    let read = |connection: &mut PooledConnection, round: i32| {
        assert_eq!(User::query().count(&mut *connection).unwrap(), 1);
        let old = User::query().filter(User::age.gt(round));
        assert_eq!(old.pluck(User::id, &mut *connection).unwrap().len(), 0);
        let by_name = User::query().filter(User::username.eq("user 0"));
        assert_eq!(by_name.all(connection).unwrap().len(), 1);
    };
    add(&mut connection, 0);
    for round in 0..4 {
        connection.savepoint("round").unwrap();
        read(&mut connection, round);
        // A first statement that is kept and fails, and one that fails behind it.
        let again = User::insert(person(0)).execute(&mut connection);
        assert!(again.unwrap_err().is_unique_violation());
        let _ = User::query().exists(&mut connection);
        connection.rollback_to("round").unwrap();
        read(&mut connection, round);
        add(&mut connection, 1);
        connection.rollback_to("round").unwrap();
        connection.release("round").unwrap();
        read(&mut connection, round);
    }
    connection.commit().unwrap();
    drop(connection);
    assert_eq!(names(&db), ["user 0"]);
}

fn what_was_made_since_a_savepoint_goes_with_it(bed: &Bed) {
    let db = people(bed, 0);
    if !db.dialect().unwrap().capabilities().transactional_ddl {
        // DDL commits there, and the savepoints are gone with the transaction.
        return;
    }
    let mut connection = begun(&db);
    connection.savepoint("table").unwrap();
    let read = |connection: &mut PooledConnection| {
        sql("SELECT number FROM made_here").all::<(i64,)>(connection)
    };
    for number in [1, 2] {
        connection
            .batch(&format!(
                "CREATE TABLE made_here (number BIGINT); INSERT INTO made_here VALUES ({number})"
            ))
            .unwrap();
        assert_eq!(read(&mut connection).unwrap(), [(number,)]);
        connection.rollback_to("table").unwrap();
        assert!(read(&mut connection).unwrap_err().is_undefined_table());
        connection.rollback_to("table").unwrap();
    }
    connection.rollback().unwrap();
}

fn a_savepoint_is_refused_alike(bed: &Bed) {
    let db = people(bed, 0);
    let mut connection = db.connection().unwrap();
    let refused = |result: birgus::Result<()>, part: &str| {
        let error = result.unwrap_err();
        assert!(error.is_invalid_query(), "{error:?}");
        assert!(error.to_string().contains(part), "{error}");
    };
    refused(connection.savepoint("early"), "no transaction is open");
    refused(connection.release("early"), "none of that name");
    refused(connection.rollback_to("early"), "none of that name");
    connection.begin(TransactionMode::Write, None).unwrap();
    for name in ["", "A", "1st", "a\"b", "a b", "é", "a\0", &"a".repeat(64)] {
        refused(connection.savepoint(name), "name it by");
    }
    connection.savepoint("a").unwrap();
    refused(connection.savepoint("a"), "one of that name is set");
    connection.savepoint(&"_".repeat(63)).unwrap();
    // Nothing of this has reached the engine, so the transaction is well.
    add(&mut connection, 1);
    connection.commit().unwrap();
    refused(connection.rollback_to("a"), "none of that name");
    drop(connection);
    assert_eq!(names(&db), ["user 1"]);
}
