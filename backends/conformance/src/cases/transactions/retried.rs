//! Transactions that are tried again.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Condvar, Mutex};
use std::thread;
use std::time::Duration;

use birgus::backend::{Connection as _, TransactionMode};
use birgus::prelude::*;
use birgus::{DatabaseErrorKind, Error, PooledConnection};

use super::{names, people, people_in, person};
use crate::Bed;
use crate::models::User;

super::super::cases![
    a_transaction_commits_or_leaves_nothing,
    a_deadlock_is_tried_again,
    a_deadlock_leaves_a_connection_nothing_but_a_rollback,
    serializable_increments_all_count,
    repeatable_increments_all_count,
    what_was_counted_still_holds,
    a_busy_row_is_tried_again,
    tries_are_bounded,
    an_error_that_is_not_retryable_comes_at_once,
    what_was_committed_is_not_done_again,
    a_panic_rolls_back,
    eight_threads_count_to_sixteen_hundred,
];

/// Where two threads wait for each other, but not for ever: where one holds the whole database, the other can't come.
#[derive(Default)]
struct Meeting {
    here: Mutex<u32>,
    came: Condvar,
}

impl Meeting {
    fn wait(&self) {
        let mut here = self.here.lock().unwrap();
        *here += 1;
        self.came.notify_all();
        let limit = Duration::from_millis(300);
        let alone = |here: &mut u32| *here < 2;
        drop(self.came.wait_timeout_while(here, limit, alone).unwrap());
    }
}

fn user(number: usize) -> Query<User> {
    User::query().filter(User::username.eq(format!("user {number}")))
}

fn ages(db: &Database) -> Vec<Option<i32>> {
    User::query()
        .order_by(User::username)
        .pluck(User::age, db)
        .unwrap()
}

fn increment(session: &mut Session, number: usize, locking: bool) -> birgus::Result<()> {
    let query = user(number);
    let query = if locking { query.for_update() } else { query };
    let age = query.one(&mut *session)?.age.unwrap();
    user(number).update(User::age.set(age + 1), session)?;
    Ok(())
}

fn a_transaction_commits_or_leaves_nothing(bed: &Bed) {
    let db = people(bed, 1);
    let id = db
        .transaction(|session| {
            let key = session.add(person(1));
            increment(session, 0, true)?;
            Ok(session[key].id)
        })
        .unwrap();
    assert_eq!(user(1).one(&db).unwrap().id, id);
    assert_eq!(ages(&db), [Some(1), Some(0)]);

    let error = db
        .transaction(|session| -> birgus::Result<()> {
            session.add(person(2));
            increment(session, 0, true)?;
            Err(Error::not_found("nobody wants this"))
        })
        .unwrap_err();
    assert!(error.is_not_found());
    assert_eq!(error.to_string(), "nobody wants this");
    assert_eq!(names(&db), ["user 0", "user 1"]);
    // What was not sent by the closure is sent by the commit, and its failure rolls back too.
    let error = db
        .transaction(|session| {
            increment(session, 0, true)?;
            session.add(person(1));
            Ok(())
        })
        .unwrap_err();
    assert!(error.is_unique_violation());
    assert_eq!(ages(&db), [Some(1), Some(0)]);
}

fn a_deadlock_is_tried_again(bed: &Bed) {
    let db = people(bed, 2);
    let (meeting, calls) = (Meeting::default(), AtomicU32::new(0));
    thread::scope(|scope| {
        for [first, second] in [[0, 1], [1, 0]] {
            let (db, meeting, calls) = (&db, &meeting, &calls);
            scope.spawn(move || {
                db.transaction(|session| {
                    calls.fetch_add(1, Ordering::Relaxed);
                    session.add(person(10 + first));
                    increment(session, first, true)?;
                    meeting.wait();
                    increment(session, second, true)
                })
                .unwrap();
            });
        }
    });
    assert_eq!(names(&db), ["user 0", "user 1", "user 10", "user 11"]);
    assert_eq!(ages(&db)[..2], [Some(2), Some(2)]);
    let expected = if db.dialect().unwrap().capabilities().row_locks {
        3
    } else {
        2
    };
    assert_eq!(calls.into_inner(), expected);
}

fn a_deadlock_leaves_a_connection_nothing_but_a_rollback(bed: &Bed) {
    let db = people(bed, 2);
    if !db.dialect().unwrap().capabilities().row_locks {
        // There is but one lock, and so no deadlock.
        return;
    }
    let meeting = Meeting::default();
    let lock = |connection: &mut PooledConnection, number| {
        user(number).for_update().one(connection).map(drop)
    };
    let work = |own, other| {
        let mut connection = db.connection().unwrap();
        connection.begin(TransactionMode::Write, None).unwrap();
        connection.savepoint("before").unwrap();
        user(own).update(User::age.set(5), &mut connection).unwrap();
        meeting.wait();
        let Err(first) = lock(&mut connection, other) else {
            connection.rollback().unwrap();
            return 0;
        };
        assert!(first.is_retryable(), "{first:?}");
        for result in [
            lock(&mut connection, own),
            User::insert(person(9)).execute(&mut connection).map(drop),
            connection.batch("SELECT 1"),
            connection.rollback_to("before"),
            connection.savepoint("after"),
            connection.commit(),
        ] {
            let error = result.unwrap_err();
            assert_eq!(error.database_kind(), first.database_kind(), "{error:?}");
            assert!(error.to_string().contains(&first.to_string()), "{error}");
        }
        assert!(connection.in_transaction());
        connection.rollback().unwrap();
        assert_eq!(User::query().count(&mut connection).unwrap(), 2);
        1
    };
    let victims: i32 = thread::scope(|scope| {
        let other = scope.spawn(|| work(1, 0));
        work(0, 1) + other.join().unwrap()
    });
    assert_eq!(victims, 1);
    assert_eq!(ages(&db), [Some(0), Some(0)]);
}

/// Two threads read the same row, and then write what they read and one more.
fn increments_all_count(bed: &Bed, isolation: Isolation) {
    let db = people(bed, 1);
    let meeting = Meeting::default();
    let calls = AtomicU32::new(0);
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                let options = TransactionOptions::new().isolation(isolation).tries(10);
                db.transaction_with(options, |session| {
                    calls.fetch_add(1, Ordering::Relaxed);
                    let key = session.load(user(0))?[0];
                    meeting.wait();
                    let age = session[key].age.unwrap();
                    session[key].age = Some(age + 1);
                    Ok(())
                })
                .unwrap();
            });
        }
    });
    assert_eq!(ages(&db), [Some(2)]);
    if db.dialect().unwrap().capabilities().row_locks {
        assert!(calls.into_inner() > 2, "neither was tried again");
    }
}

fn serializable_increments_all_count(bed: &Bed) {
    increments_all_count(bed, Isolation::Serializable);
}

fn repeatable_increments_all_count(bed: &Bed) {
    increments_all_count(bed, Isolation::RepeatableRead);
}

fn what_was_counted_still_holds(bed: &Bed) {
    let db = people(bed, 2);
    let meeting = Meeting::default();
    let left: u32 = thread::scope(|scope| {
        let leave = |number| {
            let options = TransactionOptions::new()
                .isolation(Isolation::Serializable)
                .tries(10);
            let (db, meeting) = (&db, &meeting);
            move || {
                db.transaction_with(options.clone(), |session| {
                    let active = User::query().filter(User::active).count(&mut *session)?;
                    meeting.wait();
                    if active < 2 {
                        return Ok(0);
                    }
                    user(number).update(User::active.set(false), session)?;
                    Ok(1)
                })
                .unwrap()
            }
        };
        let other = scope.spawn(leave(1));
        let own = leave(0)();
        own + other.join().unwrap()
    });
    assert_eq!(left, 1);
    assert_eq!(User::query().filter(User::active).count(&db).unwrap(), 1);
}

/// SQLite does not wait for long here; other engines have no pragmas.
fn impatient(bed: &Bed) -> Database {
    let mut config = bed.config();
    config.pragmas.insert("busy_timeout".into(), "20".into());
    people_in(config, 1)
}

fn a_busy_row_is_tried_again(bed: &Bed) {
    let db = impatient(bed);
    let other = bed.open(&[User::info()]);
    let mut holder = Some(other.session().unwrap());
    if let Some(session) = &mut holder {
        user(0).for_update().one(session).unwrap();
    }
    let mut calls = 0;
    db.transaction(|session| {
        calls += 1;
        let row = user(0).for_update_nowait().one(&mut *session);
        if calls == 2 {
            assert!(row.as_ref().unwrap_err().is_retryable());
            drop(holder.take());
        }
        let age = row?.age.unwrap();
        user(0).update(User::age.set(age + 1), session)?;
        Ok(())
    })
    .unwrap();
    assert_eq!(calls, 3);
    assert_eq!(ages(&db), [Some(1)]);
}

fn tries_are_bounded(bed: &Bed) {
    let db = impatient(bed);
    let mut holder = db.session().unwrap();
    user(0).for_update().one(&mut holder).unwrap();
    let run = |options: TransactionOptions| {
        let mut calls = 0;
        let error = db
            .transaction_with(options, |session| {
                calls += 1;
                user(0).for_update_nowait().one(session).map(drop)
            })
            .unwrap_err();
        assert!(error.is_retryable(), "{error:?}");
        (calls, error.to_string())
    };
    let (calls, message) = run(TransactionOptions::new().tries(3));
    assert_eq!(calls, 3);
    assert!(message.starts_with("given up after 3 tries: "), "{message}");
    let (calls, message) = run(TransactionOptions::new().tries(1));
    assert_eq!(calls, 1);
    assert!(message.starts_with("given up after 1 try: "), "{message}");
    assert_eq!(run(TransactionOptions::new()).0, 5);
}

fn an_error_that_is_not_retryable_comes_at_once(bed: &Bed) {
    let db = people(bed, 1);
    let mut calls = 0;
    let error = db
        .transaction(|session| {
            calls += 1;
            User::insert(person(0)).execute(session).map(drop)
        })
        .unwrap_err();
    assert!(error.is_unique_violation());
    assert!(!error.to_string().contains("tries"), "{error}");
    let lost = || Error::database(DatabaseErrorKind::ConnectionLost, "gone");
    let error = db
        .transaction(|_| -> birgus::Result<()> {
            calls += 1;
            Err(lost())
        })
        .unwrap_err();
    assert_eq!(error.to_string(), "gone");
    assert_eq!(calls, 2);
}

fn what_was_committed_is_not_done_again(bed: &Bed) {
    let db = people(bed, 1);
    let mut calls = 0;
    let error = db
        .transaction(|session| -> birgus::Result<()> {
            calls += 1;
            increment(session, 0, true)?;
            session.commit()?;
            Err(Error::database(DatabaseErrorKind::Deadlock, "as if"))
        })
        .unwrap_err();
    assert!(error.is_retryable());
    assert_eq!((calls, ages(&db)), (1, vec![Some(1)]));
}

fn a_panic_rolls_back(bed: &Bed) {
    let mut config = bed.config();
    config.pool.size = 1;
    let db = Database::with_models(config, [User::info()]).unwrap();
    db.create_all().unwrap();
    let other = db.clone();
    let panicked = thread::spawn(move || {
        other.transaction(|session| -> birgus::Result<()> {
            session.add(person(1));
            session.flush()?;
            std::panic::resume_unwind(Box::new("thrown"));
        })
    })
    .join();
    assert_eq!(panicked.unwrap_err().downcast_ref(), Some(&"thrown"));
    assert_eq!(names(&db), [] as [&str; 0]);
    db.transaction(|session| {
        session.add(person(2));
        Ok(())
    })
    .unwrap();
    assert_eq!(names(&db), ["user 2"]);
}

fn eight_threads_count_to_sixteen_hundred(bed: &Bed) {
    let db = people(bed, 1);
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for _ in 0..200 {
                    db.transaction(|session| increment(session, 0, true))
                        .unwrap();
                }
            });
        }
    });
    assert_eq!(ages(&db), [Some(1600)]);
}
