//! Programs that are killed at any statement, and run again.

use std::collections::BTreeMap;
use std::os::unix::process::ExitStatusExt as _;
use std::sync::Arc;

use birgus::migrate::Migrator;
use birgus::migrate::history::{Graph, Target};
use birgus::migrate::state::{Action, Decisions, Operation, State, plan};
use birgus_conformance::Pair;

use crate::case::decided;
use crate::child::{self, Moment};
use crate::lab::{Lab, line, pairs};
use crate::rows::{Rows, rows};
use crate::schema::{With, state, table};

fn old() -> State {
    state(&[
        table(
            "person",
            "id bigint identity; name varchar(20); age integer null; code varchar(9); flag boolean",
        )
        .unique("name")
        .index("age")
        .check("adult", "or(is_null(age), ge(age, 18:integer))"),
        table(
            "note",
            "id bigint identity; body varchar(40); person_id bigint",
        )
        .index("person_id")
        .references("person_id", "person", Action::Cascade),
        table(
            "word",
            "id bigint identity; text varchar(9); length integer null",
        ),
    ])
}

fn new() -> State {
    state(&[
        table(
            "human",
            "id bigint identity; full_name varchar(30); age bigint; code integer; flag boolean default=true; \
             twice bigint computed=multiply:bigint(age, 2)",
        )
        .unique("full_name")
        .index("code, age")
        .check("adult", "ge(age, 10)"),
        table("note", "id bigint identity; body text; human_id bigint; at timestamp null")
            .index("human_id")
            .references("human_id", "human", Action::Cascade),
        table("word", "id bigint identity; text varchar(9); length integer null"),
        table("tag", "id bigint identity; note_id bigint null")
            .index("note_id")
            .references("note_id", "note", Action::SetNull),
    ])
}

fn decisions() -> (Decisions, Decisions) {
    let (mut up, mut down) = (Decisions::default(), Decisions::default());
    let column = |table: &str, column: &str| (table.to_owned(), column.to_owned());
    up.renamed_tables.insert("person".into(), "human".into());
    up.renamed_columns
        .insert(column("human", "name"), "full_name".into());
    up.renamed_columns
        .insert(column("note", "person_id"), "human_id".into());
    up.backfills.insert(column("human", "age"), "18".into());
    down.renamed_tables.insert("human".into(), "person".into());
    down.renamed_columns
        .insert(column("person", "full_name"), "name".into());
    down.renamed_columns
        .insert(column("note", "human_id"), "person_id".into());
    down.dropped
        .extend(["tag".into(), "note.at".into(), "person.twice".into()]);
    (up, down)
}

/// Tables, then a long change of them, and rows that are set in parts.
fn graph() -> Graph {
    let empty = State::default();
    let none = Decisions::default();
    let (up, down) = decisions();
    let mut change = decided(&old(), &new(), &up);
    change.push(Operation::Backfill {
        table: "word".to_owned(),
        set: BTreeMap::from([(
            "length".to_owned(),
            "cast:integer(length:bigint(text))".to_owned(),
        )]),
        condition: Some("is_null(length)".to_owned()),
        batch: Some(2),
    });
    let back = plan(&new(), &old(), &down).unwrap();
    assert_eq!(back.questions, []);
    line(&[
        (
            "a0",
            decided(&empty, &old(), &none),
            decided(&old(), &empty, &none),
        ),
        ("b1", change, back.operations),
    ])
}

fn before() -> [Rows; 3] {
    [
        rows(
            "person",
            "id name age code flag",
            &["1|ann|30|7|true", "2|bob|NULL|8|false"],
        ),
        rows(
            "note",
            "id body person_id",
            &["1|hello|1", "2|again|1", "3|you|2"],
        ),
        rows(
            "word",
            "id text",
            &["1|a", "2|bb", "3|ccc", "4|dddd", "5|eeeee"],
        ),
    ]
}

fn after() -> [Rows; 3] {
    [
        rows(
            "human",
            "id full_name age code flag twice",
            &["1|ann|30|7|true|60", "2|bob|18|8|false|36"],
        ),
        rows(
            "note",
            "id body human_id",
            &["1|hello|1", "2|again|1", "3|you|2"],
        ),
        rows(
            "word",
            "id text length",
            &["1|a|1", "2|bb|2", "3|ccc|3", "4|dddd|4", "5|eeeee|5"],
        ),
    ]
}

#[test]
fn child() {
    child::work(&graph());
}

fn on_every_pair(work: impl Fn(&Arc<Pair>) + Sync) {
    // Most of the time goes by in servers and in processes that start.
    std::thread::scope(|scope| {
        for pair in pairs() {
            let work = &work;
            scope.spawn(move || work(&pair));
        }
    });
}

#[test]
fn an_upgrade_that_is_killed_before_every_statement_is_gone_on_with() {
    on_every_pair(|pair| killed(pair, Moment::Before));
}

#[test]
fn an_upgrade_that_is_killed_after_every_statement_is_gone_on_with() {
    on_every_pair(|pair| killed(pair, Moment::After));
}

/// Kills the upgrade, and then the way back, at each such moment.
fn killed(pair: &Arc<Pair>, moment: Moment) {
    let lab = Lab::new(pair);
    let graph = graph();
    Migrator::new(&lab.db, &graph)
        .upgrade(&Target::read("a0").unwrap())
        .unwrap();
    for rows in before() {
        rows.insert(&lab.db, &old());
    }
    let kills = until_done(&lab, "head", moment);
    assert!(kills >= 8, "{}: {kills} kills only", lab.name());
    assert_eq!(lab.differences(&new()), [""; 0], "{}", lab.name());
    for rows in after() {
        assert_eq!(rows.stored(&lab.db, &new()), rows, "{}", lab.name());
    }
    let kills = until_done(&lab, "base", moment);
    assert!(kills >= 8, "{}: {kills} kills only", lab.name());
    assert!(lab.tables().is_empty(), "{}", lab.name());
    lab.close();
}

/// Runs processes that are killed, each at the first such moment that leads further than the one before it, until one ends by
/// itself; how many were killed.
fn until_done(lab: &Lab, goal: &str, moment: Moment) -> usize {
    let mut kills = 0;
    let (mut at, mut last) = (1, place(lab));
    loop {
        let output = child::process(lab, "killed::child", goal, Some((moment, at)))
            .output()
            .unwrap();
        match output.status.signal() {
            Some(9) => kills += 1,
            _ => {
                child::carried(&output);
                return kills;
            }
        }
        let now = place(lab);
        // Where nothing is left of what it did, the next one has to get further.
        at = if now == last { at + 1 } else { 1 };
        last = now;
        assert!(kills < 1_000, "{}: no end", lab.name());
    }
}

/// How far the revisions have come.
fn place(lab: &Lab) -> Vec<(String, String, i32, Option<String>)> {
    let status = Migrator::new(&lab.db, &graph()).status().unwrap();
    (status.entries.into_iter())
        .map(|entry| {
            let course = format!("{:?}", entry.course);
            (entry.revision, course, entry.done, entry.position)
        })
        .collect()
}
