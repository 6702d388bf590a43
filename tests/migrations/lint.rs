//! What the rows of a database say to a revision before it is applied: the same on every engine, and nothing is changed.

use birgus::backend::Connection;
use birgus::migrate::Migrator;
use birgus::migrate::apply::{Direction, LintMode};
use birgus::migrate::drift::{DriftOptions, check};
use birgus::migrate::history::Target;
use birgus::migrate::lint::{Finding, LintOptions, lint, lint_live};
use birgus::migrate::state::{
    Action, CheckDefinition, Decisions, ForeignKeyDefinition, IndexDefinition, Operation, State,
};

use crate::case::decided;
use crate::lab::{Lab, line, pairs};
use crate::rows::{Rows, rows};
use crate::schema::{state, table};

fn base() -> State {
    state(&[
        table("person", "id bigint identity; name varchar(20)"),
        table(
            "post",
            "id bigint identity; title varchar(20) null; size integer null; price decimal(8, 2) null; person_id bigint null; \
             other_id bigint null",
        ),
    ])
}

fn filled() -> Vec<Rows> {
    vec![
        rows("person", "id name", &["1|susan", "2|anna"]),
        rows(
            "post",
            "id title size price person_id other_id",
            &[
                "1|same|5|1.00|1|1",
                "2|same|NULL|9999.50|2|2",
                "3|NULL|-7|NULL|3|NULL",
                "4|NULL|70000|2.25|NULL|2",
                "5|a long title|8|3.00|9|1",
            ],
        ),
    ]
}

/// A database with the tables and rows, and a revision that is next.
fn with_next(
    operations: &[Operation],
    mut each: impl FnMut(&Lab, &birgus::migrate::history::Graph),
) {
    let create = decided(&State::default(), &base(), &Decisions::default());
    let graph = line(&[
        ("a0", create, Vec::new()),
        ("b1", operations.to_vec(), Vec::new()),
    ]);
    for pair in pairs() {
        let lab = Lab::new(&pair);
        Migrator::new(&lab.db, &graph)
            .upgrade(&Target::read("a0").unwrap())
            .unwrap();
        for stored in filled() {
            stored.insert(&lab.db, &base());
        }
        each(&lab, &graph);
        lab.close();
    }
}

/// What the rows say, as it is on every engine: how bad, the code, and what was found.
fn told(operations: &[Operation]) -> Vec<String> {
    let mut answers: Vec<Vec<String>> = Vec::new();
    with_next(operations, |lab, graph| {
        let revision = graph.find("b1").unwrap();
        let mut connection = lab.db.connection().unwrap();
        let options = LintOptions::default();
        let findings = lint_live(&base(), revision, Direction::Up, &mut connection, &options)
            .unwrap_or_else(|error| panic!("{}: {error}", lab.name()));
        let about_rows = |finding: &&Finding| finding.code.to_string().starts_with('V');
        let texts = findings
            .iter()
            .filter(about_rows)
            .map(|finding| format!("{} {} {}", finding.severity, finding.code, finding.message));
        answers.push(texts.collect());
        assert!(!connection.in_transaction());
    });
    for answer in &answers {
        assert_eq!(*answer, answers[0]);
    }
    answers.remove(0)
}

fn alter(column: &str, using: Option<&str>) -> Operation {
    let table = table("post", &format!("id bigint; {column}"));
    Operation::AlterColumn {
        table: "post".to_owned(),
        column: table.columns[1].clone(),
        using: using.map(str::to_owned),
        backfill: None,
    }
}

fn unique(table: &str, columns: &[&str]) -> Operation {
    Operation::CreateIndex {
        table: table.to_owned(),
        index: IndexDefinition {
            name: format!("uq_{table}_lint"),
            columns: columns.iter().map(|name| (*name).to_owned()).collect(),
            unique: true,
        },
        concurrently: false,
    }
}

fn references(column: &str) -> Operation {
    Operation::AddForeignKey {
        table: "post".to_owned(),
        foreign_key: ForeignKeyDefinition {
            name: format!("fk_post_{column}"),
            columns: vec![column.to_owned()],
            references: "person".to_owned(),
            references_columns: vec!["id".to_owned()],
            on_delete: Action::NoAction,
            on_update: Action::NoAction,
        },
    }
}

fn holds(expression: &str) -> Operation {
    Operation::AddCheck {
        table: "post".to_owned(),
        check: CheckDefinition {
            name: "ck_post_lint".to_owned(),
            expression: expression.to_owned(),
        },
    }
}

#[test]
fn rows_that_are_in_the_way_are_counted_alike_on_every_engine() {
    assert_eq!(
        told(&[
            alter("title varchar(20)", None),
            unique("post", &["title"]),
            references("person_id"),
            holds("gt(size, 0:integer)"),
        ]),
        [
            "error V202 post.title: rows that hold NULL: 2",
            "error V203 post.title: values of (title) that stand in more than one row: 1",
            "error V204 post.person_id: rows that reference no row of person: 2",
            "error V205 post: rows that break the check ck_post_lint: 1",
        ]
    );
    assert_eq!(
        told(&[
            alter("title varchar(6) null", None),
            alter("size smallint null", None),
            alter("price decimal(5, 2) null", None),
        ]),
        [
            "error V206 post.title: rows that hold more than 6 characters: 1",
            "error V206 post.size: rows that hold a number outside of -32768 to 32767: 1",
            "error V206 post.price: rows that hold a number outside of -999.99 to 999.99: 1",
        ]
    );
    assert_eq!(
        told(&[alter("title integer null", Some("cast:integer(title)"))]),
        ["error V207 post.title: rows that hold a text that is no whole number: 3"]
    );
    let no_value = table("post", "id bigint; x integer").columns[1].clone();
    assert_eq!(
        told(&[Operation::AddColumn {
            table: "post".to_owned(),
            column: no_value,
            backfill: None,
        }]),
        ["error V201 post.x: rows that would have no value: 5"]
    );
    assert_eq!(
        told(&[Operation::ChangePrimaryKey {
            table: "post".to_owned(),
            columns: vec!["title".to_owned()],
        }]),
        [
            "error V208 post.title: values of (title) that stand in more than one row: 1",
            "error V208 post.title: rows that hold NULL in (title): 2",
        ]
    );
}

#[test]
fn what_the_rows_allow_is_not_told() {
    assert_eq!(
        told(&[
            unique("person", &["name"]),
            unique("post", &["title", "size"]),
            references("other_id"),
            holds("or(is_null(size), ne(size, 1:integer))"),
            alter("title varchar(12) null", None),
        ]),
        [""; 0]
    );
}

#[test]
fn names_that_the_revision_gives_are_counted_under_the_old_ones() {
    let rename = |column: &str, to: &str| Operation::RenameColumn {
        table: "post".to_owned(),
        column: column.to_owned(),
        to: to.to_owned(),
    };
    let mut key = references("person_id");
    if let Operation::AddForeignKey { table, foreign_key } = &mut key {
        "human".clone_into(&mut foreign_key.references);
        foreign_key.columns = vec!["author_id".to_owned()];
        "note".clone_into(table);
    }
    let people = Operation::RenameTable {
        table: "person".to_owned(),
        to: "human".to_owned(),
    };
    let posts = Operation::RenameTable {
        table: "post".to_owned(),
        to: "note".to_owned(),
    };
    assert_eq!(
        told(&[
            rename("person_id", "author_id"),
            rename("title", "name"),
            people,
            posts,
            key,
            unique("note", &["name"]),
        ]),
        [
            "error V204 note.author_id: rows that reference no row of human: 2",
            "error V203 note.name: values of (name) that stand in more than one row: 1",
        ]
    );
}

#[test]
fn what_the_revision_sets_itself_stays_a_warning() {
    let set = Operation::Backfill {
        table: "post".to_owned(),
        set: [("title".to_owned(), "\"x\"".to_owned())].into(),
        condition: Some("is_null(title)".to_owned()),
        batch: None,
    };
    assert_eq!(
        told(&[set, alter("title varchar(20)", None)]),
        ["warning V202 post.title: rows that hold NULL would make it fail"]
    );
}

#[test]
fn rows_in_the_way_stop_a_revision_before_anything_is_changed() {
    let extra = table("post", "id bigint; extra text null").columns[1].clone();
    let operations = [
        Operation::AddColumn {
            table: "post".to_owned(),
            column: extra,
            backfill: None,
        },
        unique("post", &["title"]),
        references("person_id"),
    ];
    with_next(&operations, |lab, graph| {
        let error = Migrator::new(&lab.db, graph)
            .upgrade(&Target::Head)
            .unwrap_err();
        assert!(error.is_migration(), "{}: {error}", lab.name());
        assert_eq!(
            error.to_string(),
            "b1 (number 1): create_index post.uq_post_lint: post.title: values of (title) that stand in more than one row: 1; \
             add_foreign_key post.fk_post_person_id: post.person_id: rows that reference no row of person: 2",
            "{}",
            lab.name()
        );
        assert_eq!(lab.differences(&base()), [""; 0], "{}", lab.name());
        let status = Migrator::new(&lab.db, graph).status().unwrap();
        assert_eq!(status.pending, ["b1"]);
        assert!(status.unfinished.is_empty());
        // The engine itself refuses it when nobody looks.
        let error = Migrator::new(&lab.db, graph)
            .lint(LintMode::Off)
            .upgrade(&Target::Head)
            .unwrap_err();
        assert!(
            error.to_string().contains("step"),
            "{}: {error}",
            lab.name()
        );
    });
}

#[test]
fn locks_are_told_by_what_the_engine_does() {
    let operations = [
        unique("person", &["name"]),
        holds("gt(size, 0:integer)"),
        alter("size bigint null", None),
    ];
    with_next(&operations, |lab, graph| {
        let revision = graph.find("b1").unwrap();
        let connection = lab.db.connection().unwrap();
        let dialect = connection.dialect();
        let options = LintOptions::default();
        let findings = lint(&base(), revision, Direction::Up, Some(dialect), &options).unwrap();
        let locks = findings
            .iter()
            .filter(|finding| finding.code.to_string().starts_with('L'));
        let locks: Vec<String> = locks
            .map(|finding| format!("{} {}", finding.severity, finding.code))
            .collect();
        let expected: &[&str] = match lab.name() {
            "sqlite" => &["note L301", "note L302", "note L302"],
            "postgres" | "postgres+libpq" => &["warning L301", "warning L303", "warning L302"],
            _ => &["warning L302", "warning L302"],
        };
        assert_eq!(locks, expected, "{}", lab.name());
    });
}

#[test]
fn a_database_that_its_revisions_made_does_not_drift_until_somebody_changes_it() {
    with_next(&[], |lab, graph| {
        let drift = || {
            let status = Migrator::new(&lab.db, graph).status().unwrap();
            let live = lab.db.introspect().unwrap();
            let options = DriftOptions::default();
            check(&base(), graph, Some(&live), Some(&status), &options).unwrap()
        };
        Migrator::new(&lab.db, graph)
            .upgrade(&Target::Head)
            .unwrap();
        let clean = drift();
        assert!(clean.is_clean(), "{}: {clean}", lab.name());
        let mut connection = lab.db.connection().unwrap();
        connection
            .batch("ALTER TABLE \"person\" ADD COLUMN \"extra\" INTEGER")
            .unwrap();
        connection
            .batch("CREATE TABLE \"of_others\" (\"id\" INTEGER NOT NULL PRIMARY KEY)")
            .unwrap();
        let changed = drift();
        assert!(!changed.is_clean());
        assert_eq!(changed.database.len(), 1, "{}: {changed}", lab.name());
        assert!(
            changed
                .to_string()
                .contains("\n  person\n    + column extra: "),
            "{}: {changed}",
            lab.name()
        );
        assert_eq!(changed.unknown_tables, ["of_others"]);
        connection.batch("DROP TABLE \"of_others\"").unwrap();
    });
}
