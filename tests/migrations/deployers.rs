//! Many who deploy at once.

use std::time::Duration;

use birgus::migrate::Migrator;
use birgus::migrate::history::{Graph, Target};
use birgus::migrate::state::{Decisions, State};

use crate::case::decided;
use crate::child;
use crate::lab::{Lab, line, pairs};
use crate::schema::{With, state, table};

fn states() -> [State; 4] {
    let person = |columns: &str| table("person", &format!("id bigint identity; {columns}"));
    [
        State::default(),
        state(&[person("name varchar(20)")]),
        state(&[person("name varchar(20); age integer null").index("age")]),
        state(&[
            person("name text; age integer null").index("age"),
            table("tag", "id bigint identity; word varchar(9)").unique("word"),
        ]),
    ]
}

fn graph() -> Graph {
    let states = states();
    let none = Decisions::default();
    let steps: Vec<_> = (states.windows(2).zip(["a1", "b2", "c3"]))
        .map(|(pair, id)| {
            let there = decided(&pair[0], &pair[1], &none);
            (id, there, decided(&pair[1], &pair[0], &none))
        })
        .collect();
    line(&steps)
}

#[test]
fn child() {
    child::work(&graph());
}

#[test]
fn three_processes_at_once_all_succeed_and_each_revision_is_applied_once() {
    let graph = graph();
    for pair in pairs() {
        let lab = Lab::new(&pair);
        for turn in 0..10 {
            let start = || {
                child::process(&lab, "deployers::child", "head", None)
                    .spawn()
                    .unwrap()
            };
            let processes = [start(), start(), start()];
            let carried: Vec<usize> = (processes.into_iter())
                .map(|process| child::carried(&process.wait_with_output().unwrap()))
                .collect();
            let name = lab.name();
            assert_eq!(
                carried.iter().sum::<usize>(),
                3,
                "{name}, turn {turn}: {carried:?}"
            );
            assert_eq!(
                lab.differences(&states()[3]),
                [""; 0],
                "{name}, turn {turn}"
            );
            let status = Migrator::new(&lab.db, &graph).status().unwrap();
            assert!(
                status.pending.is_empty() && status.unfinished.is_empty(),
                "{name}"
            );
            Migrator::new(&lab.db, &graph)
                .downgrade(&Target::Base)
                .unwrap();
        }
        lab.close();
    }
}

#[test]
fn one_who_waits_in_vain_is_told_who_migrates() {
    let graph = graph();
    for pair in pairs() {
        let lab = Lab::new(&pair);
        let other = lab.another_handle();
        // It stops in the middle of a revision until the other one has given up.
        let (begun, waits) = std::sync::mpsc::channel();
        let (go_on, told) = std::sync::mpsc::channel::<()>();
        let mut first = true;
        let holder = std::thread::scope(|scope| {
            let graph = &graph;
            let db = &lab.db;
            let holder = scope.spawn(move || {
                let mut migrator = Migrator::new(db, graph).watch(move |event| {
                    let meant = matches!(event, birgus::migrate::apply::Event::StepDone { .. });
                    if meant && std::mem::take(&mut first) {
                        begun.send(()).unwrap();
                        told.recv().unwrap();
                    }
                });
                migrator.upgrade(&Target::Head)
            });
            waits.recv().unwrap();
            let error = Migrator::new(&other, graph)
                .lock_timeout(Duration::from_millis(300))
                .upgrade(&Target::Head)
                .unwrap_err();
            go_on.send(()).unwrap();
            let name = lab.name();
            assert!(error.is_migration(), "{name}: {error}");
            let text = error.to_string();
            assert!(text.contains("is migrating"), "{name}: {text}");
            holder.join().unwrap()
        });
        assert_eq!(holder.unwrap(), ["a1", "b2", "c3"]);
        assert!(
            Migrator::new(&other, &graph)
                .upgrade(&Target::Head)
                .unwrap()
                .is_empty()
        );
        drop(other);
        lab.close();
    }
}
