//! Units of work of an asynchronous program, on every driver that is compiled in.
#![forbid(unsafe_code)]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    missing_docs,
    reason = "a test fails by panicking"
)]

mod support;

use std::future::Future;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, mpsc};
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::Duration;

use birgus::prelude::*;
use birgus::{DatabaseErrorKind, Error};
use birgus_conformance::{Bed, known_pairs};

#[derive(Model, Debug)]
pub struct Job {
    #[key]
    pub id: i64,
    pub number: i64,
}

/// Runs `test` on a database of each engine, with a pool of this size.
fn on_each<F: Future<Output = ()>>(size: u32, test: impl Fn(Database) -> F) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    for pair in known_pairs(&support::linked_pairs()).unwrap() {
        eprintln!("{}", pair.name());
        let bed = Bed::new(&Arc::new(pair)).unwrap();
        let mut config = bed.config();
        config.pool.size = size;
        // Shorter than all units together take.
        config.pool.checkout_timeout = Duration::from_millis(150);
        let db = Database::with_models(config, [Job::info()]).unwrap();
        db.create_all().unwrap();
        // The last handle is dropped by a task, which closes the connections.
        runtime.block_on(test(db));
        bed.remove().unwrap();
    }
}

fn add(session: &mut Session, number: i64) {
    session.add(Job::build().number(number));
}

async fn numbers(db: &Database) -> Vec<i64> {
    let unit = db.run(|session| {
        Job::query()
            .order_by(Job::number)
            .pluck(Job::number, session)
    });
    unit.await.unwrap()
}

#[test]
fn fifty_tasks_share_a_pool_of_five() {
    on_each(5, |db| async move {
        let (now, most) = (Arc::new(AtomicU32::new(0)), Arc::new(AtomicU32::new(0)));
        let tasks: Vec<_> = (0..50)
            .map(|number| {
                let (now, most) = (Arc::clone(&now), Arc::clone(&most));
                tokio::spawn(db.run(move |session| {
                    most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                    let before = Job::query().count(&mut *session)?;
                    thread::sleep(Duration::from_millis(20));
                    add(session, number);
                    now.fetch_sub(1, Ordering::SeqCst);
                    Ok(before)
                }))
            })
            .collect();
        for task in tasks {
            assert!(task.await.unwrap().unwrap() < 50);
        }
        assert_eq!(numbers(&db).await, (0..50).collect::<Vec<_>>());
        assert_eq!(most.load(Ordering::SeqCst), 5);
    });
}

#[test]
fn a_unit_commits_or_is_rolled_back_or_is_tried_again() {
    on_each(1, |db| async move {
        let id = db
            .run(|session| {
                let key = session.add(Job::build().number(1));
                session.flush()?;
                Ok(session[key].id)
            })
            .await
            .unwrap();
        let error = db
            .run(move |session| {
                Job::query()
                    .by_key(id)
                    .update(Job::number.set(9), &mut *session)?;
                Err::<(), _>(Error::not_found("nothing"))
            })
            .await
            .unwrap_err();
        assert!(error.is_not_found());
        let mut calls = 0;
        let calls = db
            .run(move |session| {
                add(session, 2);
                session.flush()?;
                calls += 1;
                match calls {
                    1 => Err(Error::database(DatabaseErrorKind::Deadlock, "as if")),
                    calls => Ok(calls),
                }
            })
            .await
            .unwrap();
        assert_eq!(calls, 2);
        let options = TransactionOptions::new().read_only();
        let error = db
            .run_with(options, |session| {
                add(session, 3);
                Ok(())
            })
            .await
            .unwrap_err();
        assert!(error.is_read_only());
        assert_eq!(numbers(&db).await, [1, 2]);
    });
}

#[test]
fn a_panic_comes_back_and_leaves_the_pool_as_it_was() {
    on_each(1, |db| async move {
        for _ in 0..3 {
            let unit = db.run(|session| -> birgus::Result<()> {
                add(session, 1);
                session.flush()?;
                std::panic::resume_unwind(Box::new("thrown"));
            });
            let failure = tokio::spawn(unit).await.unwrap_err();
            assert_eq!(failure.into_panic().downcast_ref(), Some(&"thrown"));
        }
        assert_eq!(numbers(&db).await, [] as [i64; 0]);
    });
}

#[test]
fn a_future_that_is_dropped_before_its_turn_does_nothing() {
    on_each(1, |db| async move {
        let (begin, begun) = mpsc::channel::<()>();
        let (release, released) = mpsc::channel::<()>();
        let holder = tokio::spawn(db.run(move |session| {
            // A channel whose other end is gone is that of a test that failed.
            let _ = begin.send(());
            let _ = released.recv();
            add(session, 1);
            Ok(())
        }));
        tokio::task::spawn_blocking(move || begun.recv().unwrap())
            .await
            .unwrap();
        let ran = Arc::new(AtomicBool::new(false));
        let noting = Arc::clone(&ran);
        let waiting = db.run(move |session| {
            noting.store(true, Ordering::SeqCst);
            add(session, 2);
            Ok(())
        });
        let waited = tokio::time::timeout(Duration::from_millis(300), waiting).await;
        assert!(waited.is_err(), "it had to wait");
        release.send(()).unwrap();
        holder.await.unwrap().unwrap();
        // The next one comes after it would have come.
        assert_eq!(numbers(&db).await, [1]);
        assert!(!ran.load(Ordering::SeqCst));
    });
}

#[test]
fn a_future_that_is_dropped_later_changes_nothing() {
    on_each(1, |db| async move {
        let (begin, begun) = mpsc::channel::<()>();
        let (release, released) = mpsc::channel::<()>();
        let unit = tokio::spawn(db.run(move |session| {
            let _ = begin.send(());
            let _ = released.recv();
            add(session, 1);
            Ok(())
        }));
        tokio::task::spawn_blocking(move || begun.recv().unwrap())
            .await
            .unwrap();
        unit.abort();
        assert!(unit.await.unwrap_err().is_cancelled());
        release.send(()).unwrap();
        // It keeps its turn until it has committed.
        assert_eq!(numbers(&db).await, [1]);
    });
}

#[cfg(feature = "sqlite")]
#[test]
fn without_a_runtime_it_says_so() {
    let db = Database::with_models(Config::new("sqlite::memory:".parse().unwrap()), []).unwrap();
    let unit = pin!(db.run(|_| Ok(())));
    let mut context = Context::from_waker(Waker::noop());
    let Poll::Ready(Err(error)) = unit.poll(&mut context) else {
        panic!("it waits for a runtime that is not there");
    };
    assert!(error.is_configuration(), "{error:?}");
    assert!(error.to_string().contains("tokio runtime"), "{error}");
}
