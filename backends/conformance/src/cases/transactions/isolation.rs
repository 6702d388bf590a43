//! How far transactions see, and that one which may only read does not write.

use std::thread;
use std::time::Duration;

use birgus::backend::{Connection as _, TransactionMode};
use birgus::prelude::*;
use birgus::{PooledConnection, sql};

use super::{names, people, person};
use crate::Bed;
use crate::models::User;

super::super::cases![
    a_report_sees_one_moment,
    what_was_read_reads_the_same,
    a_serializable_read_reads_the_same,
    read_committed_sees_what_was_committed,
    the_isolation_is_that_of_one_transaction,
    a_session_begins_anew_after_each_commit,
    a_write_in_a_read_only_session_is_refused_alike,
    a_connection_writes_again_after_it_only_read,
    a_lock_in_a_read_only_transaction_is_refused,
    a_read_only_session_reads,
];

fn age(session: &mut Session) -> Option<i32> {
    User::query()
        .filter(User::username.eq("user 0"))
        .one(session)
        .unwrap()
        .age
}

fn set_age(db: &Database, age: i32) {
    let user = User::query().filter(User::username.eq("user 0"));
    assert_eq!(user.update(User::age.set(age), db).unwrap(), 1);
}

fn of(isolation: Isolation) -> TransactionOptions {
    TransactionOptions::new().isolation(isolation)
}

fn a_report_sees_one_moment(bed: &Bed) {
    for isolation in [Isolation::RepeatableRead, Isolation::Serializable] {
        let db = people(bed, 2);
        let writer = bed.open(&[User::info()]);
        let mut report = db.session_with(of(isolation).read_only()).unwrap();
        assert_eq!(age(&mut report), Some(0));
        assert_eq!(User::query().count(&mut report).unwrap(), 2);
        // Others go on, unless they have to wait for a serializable reader.
        let changed = thread::spawn(move || {
            set_age(&writer, 7);
            User::insert(person(9)).execute(&writer).unwrap();
            User::query()
                .filter(User::username.eq("user 1"))
                .delete(&writer)
                .unwrap();
        });
        thread::sleep(Duration::from_millis(150));
        assert_eq!(age(&mut report), Some(0));
        assert_eq!(User::query().count(&mut report).unwrap(), 2);
        report.commit().unwrap();
        changed.join().unwrap();
        // The next transaction sees the next moment.
        assert_eq!(age(&mut report), Some(7));
        drop(report);
        assert_eq!(names(&db), ["user 0", "user 9"]);
        User::query().delete(&db).unwrap();
        db.drop_all().unwrap();
    }
}

fn reads_the_same(bed: &Bed, isolation: Isolation) {
    let db = people(bed, 2);
    let other = db.clone();
    let mut session = db.session_with(of(isolation)).unwrap();
    assert_eq!(age(&mut session), Some(0));
    let changed = thread::spawn(move || set_age(&other, 7));
    thread::sleep(Duration::from_millis(150));
    assert_eq!(age(&mut session), Some(0));
    // It is the transaction's own write that it sees.
    let second = User::query().filter(User::username.eq("user 1"));
    second
        .clone()
        .update(User::age.set(5), &mut session)
        .unwrap();
    assert_eq!(second.one(&mut session).unwrap().age, Some(5));
    assert_eq!(age(&mut session), Some(0));
    session.commit().unwrap();
    changed.join().unwrap();
    assert_eq!(age(&mut session), Some(7));
}

fn what_was_read_reads_the_same(bed: &Bed) {
    reads_the_same(bed, Isolation::RepeatableRead);
}

fn a_serializable_read_reads_the_same(bed: &Bed) {
    reads_the_same(bed, Isolation::Serializable);
}

fn read_committed_sees_what_was_committed(bed: &Bed) {
    let db = people(bed, 1);
    if !db.dialect().unwrap().capabilities().row_locks {
        // There a transaction that writes holds the whole database, which is stronger.
        return;
    }
    let mut session = db.session_with(of(Isolation::ReadCommitted)).unwrap();
    assert_eq!(age(&mut session), Some(0));
    set_age(&db, 7);
    assert_eq!(age(&mut session), Some(7));
}

fn the_isolation_is_that_of_one_transaction(bed: &Bed) {
    let mut config = bed.config();
    config.pool.size = 1;
    let db = people(bed, 1);
    let one = Database::with_models(config, [User::info()]).unwrap();
    let options = of(Isolation::RepeatableRead).read_only();
    let mut report = one.session_with(options).unwrap();
    assert_eq!(age(&mut report), Some(0));
    report.commit().unwrap();
    drop(report);
    // The same connection, in the transaction of a session of the usual kind.
    let mut session = one.session().unwrap();
    session.add(person(1));
    session.flush().unwrap();
    assert_eq!(age(&mut session), Some(0));
    let capabilities = db.dialect().unwrap().capabilities();
    if capabilities.row_locks {
        set_age(&db, 7);
        assert_eq!(age(&mut session), Some(7));
    }
    session.commit().unwrap();
    assert_eq!(names(&db), ["user 0", "user 1"]);
}

fn a_session_begins_anew_after_each_commit(bed: &Bed) {
    let db = people(bed, 1);
    let options = of(Isolation::Serializable);
    let mut session = db.session_with(options).unwrap();
    for round in 1..4 {
        let key = session.load(User::query()).unwrap()[0];
        assert_eq!(session[key].age, Some(round - 1));
        session[key].age = Some(round);
        session.commit().unwrap();
    }
    let key = session.load(User::query()).unwrap()[0];
    session[key].age = Some(99);
    session.flush().unwrap();
    session.rollback().unwrap();
    assert_eq!(age(&mut session), Some(3));
}

fn a_write_in_a_read_only_session_is_refused_alike(bed: &Bed) {
    let db = people(bed, 1);
    let read_only = || {
        db.session_with(TransactionOptions::new().read_only())
            .unwrap()
    };
    let refused = |error: birgus::Error| {
        assert!(error.is_read_only(), "{error:?}");
        assert!(!error.is_retryable(), "{error:?}");
    };
    // A session's own rows; one alone would be sent without a transaction.
    let mut session = read_only();
    session.add(person(1));
    refused(session.commit().unwrap_err());
    session.rollback().unwrap();
    let key = session.load(User::query()).unwrap()[0];
    session[key].age = Some(5);
    refused(session.flush().unwrap_err());
    session.rollback().unwrap();
    let key = session.load(User::query()).unwrap()[0];
    session.delete(key).unwrap();
    refused(session.commit().unwrap_err());
    drop(session);

    // Statements.
    let mut session = read_only();
    let all = User::query();
    refused(all.update(User::age.set(3), &mut session).unwrap_err());
    let mut session = read_only();
    refused(User::query().delete(&mut session).unwrap_err());
    let mut session = read_only();
    refused(User::insert(person(2)).execute(&mut session).unwrap_err());
    let mut session = read_only();
    let many = User::insert_many((10..90).map(person));
    refused(many.execute(&mut session).unwrap_err());
    let mut session = read_only();
    let returning = User::query().filter(User::age.eq(0));
    refused(
        returning
            .delete_returning(User::id, &mut session)
            .map(drop)
            .unwrap_err(),
    );
    let mut session = read_only();
    let text = "CREATE TABLE another (number BIGINT)";
    refused(sql(text).execute(&mut session).unwrap_err());
    drop(session);
    assert_eq!(names(&db), ["user 0"]);
    assert_eq!(User::query().one(&db).unwrap().age, Some(0));
}

fn a_connection_writes_again_after_it_only_read(bed: &Bed) {
    let mut config = bed.config();
    config.pool.size = 1;
    let db = Database::with_models(config, [User::info()]).unwrap();
    db.create_all().unwrap();
    let begin = || {
        let mut connection = db.connection().unwrap();
        connection.begin(TransactionMode::ReadOnly, None).unwrap();
        connection
    };
    let write = |connection: &mut PooledConnection, number| {
        User::insert(person(number)).execute(connection)
    };
    // It ends in each way that there is.
    let mut connection = begin();
    connection.commit().unwrap();
    write(&mut connection, 1).unwrap();
    drop(connection);
    let mut connection = begin();
    connection.rollback().unwrap();
    write(&mut connection, 2).unwrap();
    drop(connection);
    let mut connection = begin();
    assert!(write(&mut connection, 3).unwrap_err().is_read_only());
    connection.rollback().unwrap();
    write(&mut connection, 3).unwrap();
    drop(connection);
    let mut connection = begin();
    assert!(write(&mut connection, 4).unwrap_err().is_read_only());
    drop(connection);
    drop(begin());
    User::insert(person(4)).execute(&db).unwrap();
    // And a transaction that writes may follow one that reads.
    let mut connection = begin();
    connection.rollback().unwrap();
    connection.begin(TransactionMode::Write, None).unwrap();
    write(&mut connection, 5).unwrap();
    connection.commit().unwrap();
    drop(connection);
    assert_eq!(names(&db).len(), 5);
}

fn a_lock_in_a_read_only_transaction_is_refused(bed: &Bed) {
    let db = people(bed, 1);
    let mut session = db
        .session_with(TransactionOptions::new().read_only())
        .unwrap();
    let error = User::query().for_update().all(&mut session).unwrap_err();
    assert!(error.is_read_only(), "{error:?}");
    drop(session);
    let mut connection = db.connection().unwrap();
    connection.begin(TransactionMode::ReadOnly, None).unwrap();
    let error = User::query().for_update().all(&mut connection).unwrap_err();
    assert!(error.is_read_only(), "{error:?}");
    assert_eq!(User::query().count(&mut connection).unwrap(), 1);
}

fn a_read_only_session_reads(bed: &Bed) {
    let db = people(bed, 3);
    let mut session = db
        .session_with(TransactionOptions::new().read_only())
        .unwrap();
    assert_eq!(User::query().count(&mut session).unwrap(), 3);
    let key = session.get::<User>(1).unwrap().unwrap();
    assert_eq!(session[key].username, "user 0");
    assert_eq!(sql("SELECT 7").all::<(i64,)>(&mut session).unwrap(), [(7,)]);
    session.commit().unwrap();
    assert_eq!(User::query().count(&mut session).unwrap(), 3);
}
