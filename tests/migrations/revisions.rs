//! What revisions may hold beside changes of tables, and what the journal makes of them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use birgus::backend::{Connection as _, DdlTimeouts};
use birgus::chrono::Utc;
use birgus::migrate::Migrator;
use birgus::migrate::apply::{Direction, Event, LintMode, Unsure, script};
use birgus::migrate::history::{Graph, Revision, Target};
use birgus::migrate::state::{Decisions, IndexDefinition, Operation, State};

use crate::case::decided;
use crate::lab::{Lab, line, pairs};
use crate::rows::rows;
use crate::schema::{With, state, table};

fn words() -> State {
    state(&[table(
        "word",
        "id bigint identity; text varchar(9); size integer null",
    )])
}

fn create() -> (&'static str, Vec<Operation>, Vec<Operation>) {
    let none = Decisions::default();
    let empty = State::default();
    (
        "a0",
        decided(&empty, &words(), &none),
        decided(&words(), &empty, &none),
    )
}

fn insert_words(lab: &Lab) {
    let all = ["1|a", "2|bb", "3|ccc", "4|dddd", "5|eeeee"];
    rows("word", "id text", &all).insert(&lab.db, &words());
}

fn sizes(lab: &Lab) -> Vec<String> {
    rows("word", "id size", &[]).stored(&lab.db, &words()).rows
}

fn sql(statements: &[(&str, &str)], repeatable: bool) -> Operation {
    let statements = statements.iter().map(|(engine, sql)| {
        let list = if sql.is_empty() {
            Vec::new()
        } else {
            vec![(*sql).to_owned()]
        };
        ((*engine).to_owned(), list)
    });
    Operation::Sql {
        statements: statements.collect(),
        repeatable,
        outside_transaction: false,
    }
}

#[test]
fn rows_are_set_in_parts_with_progress() {
    let backfill = Operation::Backfill {
        table: "word".to_owned(),
        set: BTreeMap::from([(
            "size".to_owned(),
            "cast:integer(length:bigint(text))".to_owned(),
        )]),
        condition: Some("ne(text, \"ccc\")".to_owned()),
        batch: Some(2),
    };
    let graph = line(&[create(), ("b1", vec![backfill], Vec::new())]);
    for pair in pairs() {
        let lab = Lab::new(&pair);
        Migrator::new(&lab.db, &graph)
            .upgrade(&Target::read("a0").unwrap())
            .unwrap();
        insert_words(&lab);
        let seen: Arc<Mutex<Vec<(u64, u64)>>> = Arc::default();
        let told = Arc::clone(&seen);
        Migrator::new(&lab.db, &graph)
            .watch(move |event| {
                if let Event::Rows { done, total } = event {
                    told.lock().unwrap().push((done, total));
                }
            })
            .upgrade(&Target::Head)
            .unwrap();
        assert_eq!(
            *seen.lock().unwrap(),
            [(0, 4), (2, 4), (4, 4)],
            "{}",
            lab.name()
        );
        assert_eq!(
            sizes(&lab),
            ["1|1", "2|2", "3|NULL", "4|4", "5|5"],
            "{}",
            lab.name()
        );
        lab.close();
    }
}

#[test]
fn a_function_of_the_program_sees_the_tables_as_they_are_and_is_undone_when_it_fails() {
    let code = |name: &str| Operation::Code {
        function: name.to_owned(),
    };
    let drop = Operation::DropColumn {
        table: "word".to_owned(),
        column: "size".to_owned(),
    };
    let graph = line(&[create(), ("b1", vec![code("measure"), drop], Vec::new())]);
    for pair in pairs() {
        let lab = Lab::new(&pair);
        Migrator::new(&lab.db, &graph)
            .upgrade(&Target::read("a0").unwrap())
            .unwrap();
        insert_words(&lab);
        let missing = Migrator::new(&lab.db, &graph)
            .upgrade(&Target::Head)
            .unwrap_err();
        assert!(missing.to_string().contains("\"measure\""), "{missing}");
        let failing = Migrator::new(&lab.db, &graph)
            .code("measure", |context| {
                birgus::sql("UPDATE word SET size = 99").execute(&mut *context.connection)?;
                Err(birgus::Error::migration("not today"))
            })
            .upgrade(&Target::Head)
            .unwrap_err();
        assert!(failing.to_string().ends_with("not today"), "{failing}");
        assert_eq!(sizes(&lab)[0], "1|NULL", "{}", lab.name());
        Migrator::new(&lab.db, &graph)
            .code("measure", |context| {
                let word = context.tables.iter().find(|table| table.name == "word");
                assert!(word.unwrap().column("size").is_some());
                birgus::sql("UPDATE word SET size = 7").execute(&mut *context.connection)?;
                Ok(())
            })
            .upgrade(&Target::Head)
            .unwrap();
        assert!(lab.tables()[0].column("size").is_none(), "{}", lab.name());
        lab.close();
    }
}

#[test]
fn statements_of_an_engine_run_on_it_and_one_without_any_is_refused() {
    let update = |text: &str| format!("UPDATE word SET size = {text}");
    let (one, two) = (update("1"), update("2"));
    let all = sql(&[("sqlite", &one), ("any", &two)], true);
    let some = sql(&[("sqlite", &one)], true);
    let good = line(&[create(), ("b1", vec![all], Vec::new())]);
    let bad = line(&[create(), ("b1", vec![some], Vec::new())]);
    for pair in pairs() {
        let lab = Lab::new(&pair);
        let embedded = !lab.db.dialect().unwrap().capabilities().row_locks;
        Migrator::new(&lab.db, &good)
            .upgrade(&Target::read("a0").unwrap())
            .unwrap();
        insert_words(&lab);
        let refused = Migrator::new(&lab.db, &bad).upgrade(&Target::Head);
        if embedded {
            refused.unwrap();
            assert_eq!(sizes(&lab)[0], "1|1");
        } else {
            let error = refused.unwrap_err();
            assert!(
                error.to_string().contains("there are no statements for"),
                "{error}"
            );
            Migrator::new(&lab.db, &good)
                .upgrade(&Target::Head)
                .unwrap();
            assert_eq!(sizes(&lab)[0], "1|2", "{}", lab.name());
        }
        lab.close();
    }
}

#[test]
fn a_revision_that_was_edited_after_it_was_applied_is_found() {
    let graph = line(&[create()]);
    let mut edited = graph.revisions()[0].clone();
    edited.message = "other words".to_owned();
    let reworded = Graph::new(vec![edited.clone()]).unwrap();
    if let Operation::CreateTable { table } = &mut edited.upgrade[0] {
        table.columns[1].column_type = "varchar(10)".to_owned();
    }
    let edited = Graph::new(vec![edited]).unwrap();
    for pair in pairs() {
        let lab = Lab::new(&pair);
        Migrator::new(&lab.db, &graph)
            .upgrade(&Target::Head)
            .unwrap();
        // What it says about itself does not count.
        assert!(
            Migrator::new(&lab.db, &reworded)
                .upgrade(&Target::Head)
                .unwrap()
                .is_empty()
        );
        assert_eq!(
            Migrator::new(&lab.db, &edited).status().unwrap().edited,
            ["a0"]
        );
        let error = Migrator::new(&lab.db, &edited)
            .upgrade(&Target::Head)
            .unwrap_err();
        assert!(error.is_migration(), "{error}");
        assert!(
            error
                .to_string()
                .starts_with("the revision a0 was edited after it was applied")
        );
        assert!(
            Migrator::new(&lab.db, &edited)
                .downgrade(&Target::Base)
                .is_err()
        );
        Migrator::new(&lab.db, &edited)
            .stamp(&Target::Head, false)
            .unwrap();
        assert!(
            Migrator::new(&lab.db, &edited)
                .upgrade(&Target::Head)
                .unwrap()
                .is_empty()
        );
        lab.close();
    }
}

#[test]
fn a_database_ahead_of_the_program_is_told_from_one_behind() {
    let longer = line(&[create(), ("b1", Vec::new(), Vec::new())]);
    let shorter = line(&[create()]);
    for pair in pairs() {
        let lab = Lab::new(&pair);
        Migrator::new(&lab.db, &shorter)
            .upgrade(&Target::Head)
            .unwrap();
        let behind = Migrator::new(&lab.db, &longer).status().unwrap();
        assert_eq!(
            (&behind.pending[..], &behind.ahead[..]),
            (&["b1".to_owned()][..], &[][..])
        );
        Migrator::new(&lab.db, &longer)
            .upgrade(&Target::Head)
            .unwrap();
        let ahead = Migrator::new(&lab.db, &shorter).status().unwrap();
        assert_eq!(
            (&ahead.pending[..], &ahead.ahead[..]),
            (&[][..], &["b1".to_owned()][..])
        );
        let error = Migrator::new(&lab.db, &shorter)
            .upgrade(&Target::Head)
            .unwrap_err();
        assert!(
            error
                .to_string()
                .starts_with("the database is ahead of this program"),
            "{error}"
        );
        assert!(
            Migrator::new(&lab.db, &shorter)
                .stamp(&Target::Head, false)
                .is_err()
        );
        Migrator::new(&lab.db, &shorter)
            .stamp(&Target::Head, true)
            .unwrap();
        assert!(
            Migrator::new(&lab.db, &shorter)
                .status()
                .unwrap()
                .ahead
                .is_empty()
        );
        lab.close();
    }
}

#[test]
fn a_database_that_has_the_tables_is_adopted() {
    let graph = line(&[
        create(),
        (
            "b1",
            vec![sql(&[("any", "UPDATE word SET size = 1")], true)],
            Vec::new(),
        ),
    ]);
    for pair in pairs() {
        let lab = Lab::new(&pair);
        let mut connection = lab.db.connection().unwrap();
        let dialect = lab.db.dialect().unwrap();
        let word = words().tables()[0].to_table().unwrap();
        for statement in dialect.create_table(&word, &[]).unwrap() {
            birgus::backend::Connection::batch(&mut connection, &statement).unwrap();
        }
        drop(connection);
        assert_eq!(
            Migrator::new(&lab.db, &graph)
                .stamp(&Target::read("a0").unwrap(), false)
                .unwrap(),
            ["a0"]
        );
        assert_eq!(
            Migrator::new(&lab.db, &graph).status().unwrap().current,
            ["a0"]
        );
        assert_eq!(
            Migrator::new(&lab.db, &graph)
                .upgrade(&Target::Head)
                .unwrap(),
            ["b1"]
        );
        lab.close();
    }
}

#[test]
fn a_revision_that_failed_is_mended_in_its_file_and_gone_on_with() {
    let index = |columns: &[&str]| Operation::CreateIndex {
        table: "word".to_owned(),
        index: IndexDefinition {
            name: "by_text".to_owned(),
            columns: columns.iter().map(|column| (*column).to_owned()).collect(),
            unique: true,
        },
        concurrently: false,
    };
    let first = Operation::CreateTable {
        table: table("extra", "id bigint identity; x integer"),
    };
    let graph = |columns: &[&str]| {
        line(&[
            create(),
            ("b1", vec![first.clone(), index(columns)], Vec::new()),
        ])
    };
    for pair in pairs() {
        let lab = Lab::new(&pair);
        Migrator::new(&lab.db, &graph(&["text"]))
            .upgrade(&Target::read("a0").unwrap())
            .unwrap();
        rows("word", "id text", &["1|a", "2|a"]).insert(&lab.db, &words());
        // Otherwise the rows that are in the way are found before anything is changed.
        let error = Migrator::new(&lab.db, &graph(&["text"]))
            .lint(LintMode::Off)
            .upgrade(&Target::Head)
            .unwrap_err();
        assert!(error.is_unique_violation(), "{}: {error}", lab.name());
        assert!(
            error.to_string().contains("b1 (number 1): step 2 of 2"),
            "{error}"
        );
        // Where DDL commits by itself, the first step stays done; it may not be said otherwise of it now.
        let kept = !lab.db.dialect().unwrap().capabilities().transactional_ddl;
        assert_eq!(
            lab.tables().len(),
            if kept { 2 } else { 1 },
            "{}",
            lab.name()
        );
        if kept {
            let other = line(&[
                create(),
                ("b1", vec![index(&["id"]), first.clone()], Vec::new()),
            ]);
            let error = Migrator::new(&lab.db, &other)
                .upgrade(&Target::Head)
                .unwrap_err();
            assert!(
                error.to_string().contains("1 of 2 steps were done"),
                "{error}"
            );
        }
        let mended = graph(&["text", "id"]);
        assert_eq!(
            Migrator::new(&lab.db, &mended)
                .upgrade(&Target::Head)
                .unwrap(),
            ["b1"]
        );
        assert!(
            Migrator::new(&lab.db, &mended)
                .status()
                .unwrap()
                .edited
                .is_empty()
        );
        assert_eq!(lab.tables().len(), 2);
        lab.close();
    }
}

#[test]
fn branches_are_applied_merged_and_taken_back() {
    let make = |id: &str, parents: &[&str], name: Option<&str>| {
        let parents = parents.iter().map(|parent| (*parent).to_owned()).collect();
        let mut revision = Revision::new(id, parents, id, Utc::now());
        if let Some(name) = name {
            let table = table(name, "id bigint identity; x integer").index("x");
            revision.upgrade = vec![Operation::CreateTable { table }];
            revision.downgrade = vec![Operation::DropTable {
                table: name.to_owned(),
            }];
        }
        revision
    };
    let graph = Graph::new(vec![
        make("a", &[], Some("first")),
        make("b", &["a"], Some("left")),
        make("c", &["a"], Some("right")),
        make("d", &["b", "c"], None),
    ])
    .unwrap();
    for pair in pairs() {
        let lab = Lab::new(&pair);
        let names =
            || -> Vec<String> { lab.tables().into_iter().map(|table| table.name).collect() };
        let up = |to: &str| Migrator::new(&lab.db, &graph).upgrade(&Target::read(to).unwrap());
        let down = |to: &str| Migrator::new(&lab.db, &graph).downgrade(&Target::read(to).unwrap());
        assert_eq!(up("c").unwrap(), ["a", "c"]);
        assert_eq!(names(), ["first", "right"]);
        assert_eq!(up("head").unwrap(), ["b", "d"]);
        assert_eq!(
            Migrator::new(&lab.db, &graph).status().unwrap().current,
            ["d"]
        );
        assert_eq!(down("c").unwrap(), ["d"]);
        assert_eq!(
            Migrator::new(&lab.db, &graph).status().unwrap().current,
            ["b", "c"]
        );
        assert_eq!(down("a").unwrap().len(), 2);
        assert_eq!(names(), ["first"]);
        lab.close();
    }
}

#[test]
fn a_statement_that_may_have_run_is_run_again_or_skipped_as_is_said() {
    let graph = line(&[
        create(),
        (
            "b1",
            vec![sql(&[("any", "UPDATE word SET size = size + 1")], false)],
            Vec::new(),
        ),
    ]);
    for pair in pairs() {
        let lab = Lab::new(&pair);
        if lab.db.dialect().unwrap().capabilities().transactional_ddl {
            lab.close();
            continue;
        }
        Migrator::new(&lab.db, &graph)
            .upgrade(&Target::read("a0").unwrap())
            .unwrap();
        rows("word", "id text size", &["1|a|1"]).insert(&lab.db, &words());
        // A program that is stopped while it runs leaves this behind.
        let mut stopped = Migrator::new(&lab.db, &graph).watch(|event| {
            if let Event::StepDone { .. } = event {
                panic!("stopped");
            }
        });
        let stop = std::panic::AssertUnwindSafe(|| stopped.upgrade(&Target::Head));
        assert!(std::panic::catch_unwind(stop).is_err());
        drop(stopped);
        let again = || Migrator::new(&lab.db, &graph);
        let error = again().upgrade(&Target::Head).unwrap_err();
        assert!(
            error
                .to_string()
                .contains("nobody can tell whether it is done"),
            "{error}"
        );
        assert_eq!(
            again().unsure(Unsure::Skip).upgrade(&Target::Head).unwrap(),
            ["b1"]
        );
        assert_eq!(sizes(&lab), ["1|2"], "{}", lab.name());
        lab.close();
    }
}

#[test]
fn ddl_does_not_wait_for_locks_longer_than_it_is_told() {
    let (old, new) = (
        words(),
        state(&[table("word", "id bigint identity; text varchar(9)")]),
    );
    let mut decisions = Decisions::default();
    decisions.dropped.insert("word.size".to_owned());
    let graph = line(&[
        create(),
        ("b1", decided(&old, &new, &decisions), Vec::new()),
    ]);
    for pair in pairs() {
        let lab = Lab::new(&pair);
        Migrator::new(&lab.db, &graph)
            .upgrade(&Target::read("a0").unwrap())
            .unwrap();
        insert_words(&lab);
        // Somebody is in the middle of a transaction that has written to the table.
        let other = lab.another_handle();
        let mut session = other.session().unwrap();
        birgus::sql("UPDATE word SET size = 1")
            .execute(&mut session)
            .unwrap();
        let timeouts = DdlTimeouts {
            lock: Some(Duration::from_secs(1)),
            statement: None,
        };
        let migrate = || {
            Migrator::new(&lab.db, &graph)
                .ddl_timeouts(timeouts)
                .lock_timeout(Duration::from_millis(100))
                .upgrade(&Target::Head)
        };
        let error = migrate().unwrap_err();
        assert!(
            error.is_timeout() || error.is_retryable() || error.is_migration(),
            "{}: {error}",
            lab.name()
        );
        session.rollback().unwrap();
        drop(session);
        assert_eq!(migrate().unwrap(), ["b1"], "{}", lab.name());
        drop(other);
        lab.close();
    }
}

#[test]
fn an_index_is_built_while_others_write_where_that_is_asked_for() {
    let index = Operation::CreateIndex {
        table: "word".to_owned(),
        index: IndexDefinition {
            name: "ix_word_text".to_owned(),
            columns: vec!["text".to_owned()],
            unique: false,
        },
        concurrently: true,
    };
    let drop_it = Operation::DropIndex {
        table: "word".to_owned(),
        index: "ix_word_text".to_owned(),
        concurrently: true,
    };
    let graph = line(&[create(), ("b1", vec![index], vec![drop_it])]);
    for pair in pairs() {
        let lab = Lab::new(&pair);
        Migrator::new(&lab.db, &graph)
            .upgrade(&Target::Head)
            .unwrap();
        assert_eq!(lab.tables()[0].indexes.len(), 1, "{}", lab.name());
        Migrator::new(&lab.db, &graph)
            .downgrade(&Target::read("a0").unwrap())
            .unwrap();
        assert!(lab.tables()[0].indexes.is_empty(), "{}", lab.name());
        lab.close();
    }
}

/// A script is run by a client that knows nothing of the mode that a connection of Birgus is in.
#[test]
fn a_script_that_somebody_runs_does_what_an_upgrade_does() {
    let before = state(&[table(
        "word",
        r#"id bigint identity; text varchar(20) default="it's \\ here"; kind enum("a", "b c"); seen timestamp null"#,
    )]);
    let after = state(&[table(
        "word",
        r#"id bigint identity; text varchar(25) default="it's \\ here"; kind enum("a", "b c", "d"); seen timestamp null"#,
    )]);
    let none = Decisions::default();
    let empty = State::default();
    let graph = line(&[
        (
            "a0",
            decided(&empty, &before, &none),
            decided(&before, &empty, &none),
        ),
        (
            "b1",
            decided(&before, &after, &none),
            decided(&after, &before, &none),
        ),
    ]);
    let every = graph
        .upgrade(&BTreeSet::new(), &Target::read("head").unwrap())
        .unwrap();
    for pair in pairs() {
        let lab = Lab::new(&pair);
        let dialect = lab.db.dialect().unwrap();
        let up = script(dialect, &empty, &every, Direction::Up).unwrap();
        let mut connection = lab.db.connection().unwrap();
        // As the server gives a connection to others.
        let plain = match dialect.name() {
            "SQLite" => "PRAGMA foreign_keys = OFF",
            "PostgreSQL" => "RESET ALL",
            _ => "SET SESSION sql_mode = DEFAULT, time_zone = DEFAULT",
        };
        connection.batch(plain).unwrap();
        connection
            .batch(&up)
            .unwrap_or_else(|error| panic!("{}: {error}\n{up}", lab.name()));
        drop(connection);
        assert_eq!(lab.differences(&after), [""; 0], "{}", lab.name());
        let mut migrator = Migrator::new(&lab.db, &graph);
        let done = migrator.upgrade(&Target::read("head").unwrap()).unwrap();
        assert!(done.is_empty(), "{}: {done:?}", lab.name());
        let back: Vec<_> = every.iter().rev().copied().collect();
        let down = script(dialect, &after, &back, Direction::Down).unwrap();
        let mut connection = lab.db.connection().unwrap();
        connection.batch(plain).unwrap();
        connection
            .batch(&down)
            .unwrap_or_else(|error| panic!("{}: {error}\n{down}", lab.name()));
        drop(connection);
        assert_eq!(lab.differences(&empty), [""; 0], "{}", lab.name());
        lab.close();
    }
}
