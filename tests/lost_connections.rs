//! A connection that the server gives up in the middle of a flush.
#![forbid(unsafe_code)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod support;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use birgus::prelude::*;
use birgus_conformance::{Bed, Pair};
use tracing::field::{Field, Visit};
use tracing::span;

#[derive(Model, Debug, Clone, PartialEq)]
#[model(register = false)]
struct Author {
    #[key]
    id: i64,
    #[column(length = 40, unique)]
    name: String,
}

#[derive(Model, Debug, Clone, PartialEq)]
#[model(register = false)]
struct Book {
    #[key]
    id: i64,
    #[column(references = Author::id)]
    author: i64,
}

/// How a server names a session of its own, and ends one.
struct Killer {
    id: &'static str,
    kill: &'static str,
}

fn killer(pair: &Pair) -> Option<Killer> {
    match pair.name() {
        "postgres" | "postgres+libpq" => Some(Killer {
            id: "SELECT CAST(pg_backend_pid() AS BIGINT)",
            kill: "SELECT pg_terminate_backend(CAST(:id AS INTEGER))",
        }),
        "mariadb" | "mysql" => Some(Killer {
            id: "SELECT CONNECTION_ID()",
            kill: "KILL",
        }),
        // It has no server.
        _ => None,
    }
}

/// Ends a session when a statement of that kind is about to be sent.
struct At {
    statement: &'static str,
    kill: Box<dyn Fn() + Send + Sync>,
    done: AtomicBool,
}

struct Find<'a>(&'a At);

impl Visit for Find<'_> {
    fn record_str(&mut self, field: &Field, value: &str) {
        let meant = field.name() == "statement" && value.starts_with(self.0.statement);
        if meant && !self.0.done.swap(true, Ordering::SeqCst) {
            (self.0.kill)();
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn fmt::Debug) {}
}

impl tracing::Subscriber for At {
    fn enabled(&self, _: &tracing::Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, span: &span::Attributes<'_>) -> span::Id {
        span.record(&mut Find(self));
        span::Id::from_u64(1)
    }

    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}
    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}
    fn event(&self, _: &tracing::Event<'_>) {}
    fn enter(&self, _: &span::Id) {}
    fn exit(&self, _: &span::Id) {}
}

fn ended_at(bed: &Bed, killer: &Killer, statement: &'static str) {
    let db = bed.open(&[Author::info(), Book::info()]);
    let before = Author::query().count(&db).unwrap();
    let mut session = db.session().unwrap();
    // The transaction begins with it, so that the connection is kept.
    let first = session.add(Author::build().name(format!("first of {statement}")));
    session.flush().unwrap();
    let (id,): (i64,) = birgus::sql(killer.id).first(&mut session).unwrap().unwrap();
    let other = session.add(Author::build().name(format!("other of {statement}")));
    session.add(Book::build().author(first));
    session.add(Book::build().author(other));

    let kill = {
        let db = db.clone();
        let kill = killer.kill;
        Box::new(move || {
            // The statements of this one are not to be met by the listener that sends it.
            let db = db.clone();
            let killing = std::thread::spawn(move || {
                if kill == "KILL" {
                    birgus::sql(format!("KILL {id}")).execute(&db).unwrap();
                } else {
                    let ended: Vec<(bool,)> = birgus::sql(kill).bind("id", id).all(&db).unwrap();
                    assert_eq!(ended, [(true,)]);
                }
            });
            killing.join().unwrap();
            std::thread::sleep(std::time::Duration::from_millis(50));
        })
    };
    let at = At {
        statement,
        kill,
        done: AtomicBool::new(false),
    };
    let committed = tracing::subscriber::with_default(at, || session.commit());
    let error = committed.unwrap_err();
    assert!(error.is_connection_lost(), "{statement}: {error:?}");
    let again = session.commit().unwrap_err();
    assert!(again.is_session(), "{again:?}");
    assert!(again.to_string().contains("rollback"), "{again}");

    // Nothing is half-written, and both this session and the next one work.
    assert_eq!(Author::query().count(&db).unwrap(), before);
    assert_eq!(Book::query().count(&db).unwrap(), 0);
    let _ = session.rollback();
    assert!(session.try_get(first).is_err());
    let name = format!("survivor of {statement}");
    let survivor = session.add(Author::build().name(name.as_str()));
    session.commit().unwrap();
    assert_eq!(session[survivor].name, name);
    let mut next = db.session().unwrap();
    assert_eq!(next.load(Author::query()).unwrap().len() as u64, before + 1);
    next.add(Author::build().name(format!("next of {statement}")));
    next.commit().unwrap();
    assert_eq!(Author::query().count(&db).unwrap(), before + 2);
}

#[test]
fn a_flush_whose_connection_ends_writes_nothing() {
    let mut ended = 0;
    for pair in birgus_conformance::known_pairs(&support::linked_pairs()).unwrap() {
        let Some(killer) = killer(&pair) else {
            continue;
        };
        let bed = Bed::new(&Arc::new(pair)).unwrap();
        drop(bed.database(&[Author::info(), Book::info()]));
        for statement in ["INSERT INTO \"author\"", "INSERT INTO \"book\"", "COMMIT"] {
            ended_at(&bed, &killer, statement);
            ended += 1;
        }
        bed.remove().unwrap();
    }
    let servers = support::linked_pairs()
        .iter()
        .filter(|pair| **pair != "sqlite")
        .count();
    if std::env::var_os("BIRGUS_TEST_PAIRS").is_none() {
        assert_eq!(ended, 3 * servers);
    }
}
