//! Rows that are held until a transaction ends.

use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use birgus::Database;
use birgus::backend::{Connection as _, TransactionMode};
use birgus::prelude::*;
use birgus::query::{count_rows, exists, over, row_number};

use super::joins::writers;
use crate::Bed;
use crate::models::{Post, User};

super::cases![
    nobody_changes_a_locked_row_meanwhile,
    each_worker_takes_a_job_of_its_own,
    who_does_not_want_to_wait_is_told,
    a_lock_needs_a_transaction,
    locks_of_joined_rows,
    what_can_not_be_locked_is_refused,
];

fn nobody_changes_a_locked_row_meanwhile(bed: &Bed) {
    let db = writers(bed);
    let mut session = db.session().unwrap();
    let age = |session: &mut Session| {
        let susan = User::query()
            .filter_by(User::username, "susan")
            .for_update();
        susan.one(session).unwrap().age.unwrap()
    };
    let before = age(&mut session);
    let (started, start) = mpsc::channel();
    let other = {
        let db = db.clone();
        thread::spawn(move || {
            let mut session = db.session().unwrap();
            started.send(()).unwrap();
            // Waits, and then sees what the other transaction made of the row.
            let before = age(&mut session);
            let susan = User::query().filter_by(User::username, "susan");
            susan
                .update(User::age.set(before + 1), &mut session)
                .unwrap();
            session.commit().unwrap();
        })
    };
    start.recv().unwrap();
    thread::sleep(Duration::from_millis(100));
    let susan = || User::query().filter_by(User::username, "susan");
    susan()
        .update(User::age.set(before + 1), &mut session)
        .unwrap();
    session.commit().unwrap();
    other.join().unwrap();
    assert_eq!(susan().one(&db).unwrap().age, Some(before + 2));
}

fn each_worker_takes_a_job_of_its_own(bed: &Bed) {
    let db = bed.database(&[User::info()]);
    let jobs = (0..24).map(|job| {
        User::build()
            .username(format!("job {job}"))
            .email(format!("{job}"))
    });
    User::insert_many(jobs).execute(&db).unwrap();
    let work = |db: Database| {
        let mut done = Vec::new();
        loop {
            let mut session = db.session().unwrap();
            let job = User::query()
                .filter(User::active)
                .order_by(User::id)
                .for_update_skip_locked()
                .first(&mut session);
            match job {
                Ok(Some(job)) => {
                    thread::sleep(Duration::from_millis(2));
                    let row = User::query().by_key(job.id);
                    row.update(User::active.set(false), &mut session).unwrap();
                    session.commit().unwrap();
                    done.push(job.id);
                }
                Ok(None) => return done,
                Err(error) => assert!(error.is_retryable(), "{error}"),
            }
        }
    };
    let workers: Vec<_> = (0..3)
        .map(|_| {
            let db = db.clone();
            thread::spawn(move || work(db))
        })
        .collect();
    let mut done: Vec<i64> = workers
        .into_iter()
        .flat_map(|worker| worker.join().unwrap())
        .collect();
    done.sort_unstable();
    assert_eq!(done, (1..=24).collect::<Vec<i64>>(), "each job once");
}

/// A second handle.
fn other(bed: &Bed) -> Database {
    bed.open(&[User::info(), Post::info()])
}

fn who_does_not_want_to_wait_is_told(bed: &Bed) {
    let db = writers(bed);
    let mut session = db.session().unwrap();
    let susan = || User::query().filter_by(User::username, "susan");
    susan().for_update().one(&mut session).unwrap();
    let other = other(bed);
    let mut waiting = other.session().unwrap();
    let error = susan().for_update_nowait().one(&mut waiting).unwrap_err();
    assert!(error.is_retryable(), "{error}");
    drop(waiting);
    session.rollback().unwrap();
    let mut waiting = other.session().unwrap();
    assert!(susan().for_update_nowait().one(&mut waiting).is_ok());
}

fn a_lock_needs_a_transaction(bed: &Bed) {
    let db = writers(bed);
    let query = || User::query().order_by(User::id).for_update();
    let refused = |error: birgus::Error| {
        let text = error.to_string();
        assert!(
            error.is_invalid_query() && text.contains("for_update"),
            "{error}"
        );
        assert!(text.contains("session"), "{error}");
    };
    refused(query().all(&db).unwrap_err());
    refused(query().get(1, &db).unwrap_err());
    let mut connection = db.connection().unwrap();
    refused(query().first(&mut connection).unwrap_err());
    connection.begin(TransactionMode::Write, None).unwrap();
    assert!(query().first(&mut connection).unwrap().is_some());
    connection.commit().unwrap();
    drop(connection);
    // What gives no rows locks none.
    assert_eq!(query().count(&db).unwrap(), 3);
    assert!(query().exists(&db).unwrap());
    let mut session = db.session().unwrap();
    assert_eq!(
        query().get(2, &mut session).unwrap().unwrap().username,
        "david"
    );
    assert_eq!(
        query().limit(1).offset(1).all(&mut session).unwrap().len(),
        1
    );
}

fn locks_of_joined_rows(bed: &Bed) {
    let db = writers(bed);
    let mut session = db.session().unwrap();
    let rows = Post::query()
        .join::<User>(User::id.eq(Post::author_id))
        .filter(User::username.eq("susan"))
        .order_by(Post::likes)
        .select((Post::likes, User::username))
        .for_update()
        .all(&mut session)
        .unwrap();
    assert_eq!(rows, [(1, "susan".to_owned()), (5, "susan".to_owned())]);
    let other = other(bed);
    let mut waiting = other.session().unwrap();
    let query = User::query()
        .filter_by(User::username, "susan")
        .for_update_nowait();
    assert!(query.one(&mut waiting).unwrap_err().is_retryable());
}

fn what_can_not_be_locked_is_refused(bed: &Bed) {
    let db = writers(bed);
    let mut session = db.session().unwrap();
    let refused = |result: Result<usize, birgus::Error>| {
        let error = result.unwrap_err();
        assert!(
            error.is_invalid_query() && error.to_string().contains("for_update"),
            "{error}"
        );
    };
    let users = User::query;
    let mut run = |query: Query<User>| {
        let result = query.all(&mut session);
        refused(result.map(|rows| rows.len()));
    };
    run(users().distinct().for_update());
    run(users().union(users()).for_update());
    run(users().for_update().union(users()));
    run(users()
        .left_join::<Post>(Post::author_id.eq(User::id))
        .for_update());
    run(users().filter(exists(Post::query().for_update())));
    let cte = Post::query().cte("posts");
    run(users()
        .join_to(&cte, cte.column(Post::author_id).eq(User::id))
        .for_update());
    drop(session);
    let mut session = db.session().unwrap();
    let counted = users().select(count_rows()).for_update().all(&mut session);
    refused(counted.map(|rows| rows.len()));
    let grouped = users().select(User::age).group_by(User::age).for_update();
    refused(grouped.all(&mut session).map(|rows| rows.len()));
    let windows = users()
        .select(row_number(over().order_by(User::id)))
        .for_update();
    refused(windows.all(&mut session).map(|rows| rows.len()));
}
