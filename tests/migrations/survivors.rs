//! What a change of a table leaves alone: the rows that reference it, and what the models know nothing of.

use std::sync::Arc;

use birgus::backend::Connection as _;
use birgus::migrate::Migrator;
use birgus::migrate::history::Target;
use birgus::migrate::state::{Action, Decisions, Operation, State};
use birgus_conformance::Pair;

use crate::case::decided;
use crate::lab::{Lab, line, pairs};
use crate::rows::rows;
use crate::schema::{With, state, table};

/// The pairs whose engine makes a table anew to change it.
fn rebuilding() -> Vec<Arc<Pair>> {
    let mut pairs = pairs();
    pairs.retain(|pair| {
        let lab = Lab::new(pair);
        let rebuilds = !lab.db.dialect().unwrap().capabilities().add_foreign_key;
        lab.close();
        rebuilds
    });
    pairs
}

fn family(kind: &str) -> State {
    let child = |name: &str, action: Action| {
        table(name, "id bigint identity; parent_id bigint null")
            .index("parent_id")
            .references("parent_id", "parent", action)
    };
    state(&[
        table("parent", &format!("id bigint identity; size {kind}"))
            .check("size", "is_not_null(size)"),
        child("held", Action::Cascade),
        child("loose", Action::SetNull),
    ])
}

fn applied(lab: &Lab, old: &State, new: &State, rows: impl FnOnce(&Lab)) {
    let none = Decisions::default();
    let create = decided(&State::default(), old, &none);
    let graph = line(&[
        ("a0", create, Vec::new()),
        ("b1", decided(old, new, &none), Vec::new()),
    ]);
    Migrator::new(&lab.db, &graph)
        .upgrade(&Target::read("a0").unwrap())
        .unwrap();
    rows(lab);
    Migrator::new(&lab.db, &graph)
        .upgrade(&Target::Head)
        .unwrap_or_else(|error| panic!("{}: {error}", lab.name()));
    let mut differences = lab.differences(new);
    differences.retain(|difference| !difference.starts_with("table log "));
    assert_eq!(differences, [""; 0], "{}", lab.name());
}

fn numbers(lab: &Lab, sql: &str) -> Vec<i64> {
    let row: (i64, i64, i64) = birgus::sql(sql).one(&lab.db).unwrap();
    vec![row.0, row.1, row.2]
}

fn run(lab: &Lab, sql: &str) {
    let mut connection = lab.db.connection().unwrap();
    connection
        .batch(sql)
        .unwrap_or_else(|error| panic!("{sql}: {error}"));
}

#[test]
fn a_hundred_thousand_children_of_each_kind_stay_as_they_are() {
    for pair in pairs() {
        let lab = Lab::new(&pair);
        let sums = |table: &str| {
            let text = format!("SELECT COUNT(*), COUNT(parent_id), MAX(id) FROM {table}");
            numbers(&lab, &text)
        };
        let before = std::cell::RefCell::new(Vec::new());
        applied(&lab, &family("integer"), &family("bigint"), |lab| {
            rows("parent", "id size", &["1|10", "2|20", "3|30"])
                .insert(&lab.db, &family("integer"));
            for child in ["held", "loose"] {
                rows(child, "id parent_id", &["1|1", "2|2", "3|3", "4|NULL"])
                    .insert(&lab.db, &family("integer"));
                let values = "(1), (2), (3), (NULL), ".repeat(250);
                let values = values.trim_end_matches(", ");
                for _ in 0..100 {
                    let sql = format!("INSERT INTO {child} (parent_id) VALUES {values}");
                    run(lab, &sql);
                }
                before.borrow_mut().push(sums(child));
            }
        });
        let after = vec![sums("held"), sums("loose")];
        assert_eq!(*before.borrow(), after, "{}", lab.name());
        assert_eq!(after[0][..2], [100_004, 75_003][..]);
        lab.close();
    }
}

#[test]
fn triggers_views_and_indexes_that_nobody_knows_of_survive() {
    let (old, new) = (family("integer"), family("bigint"));
    for pair in rebuilding() {
        let lab = Lab::new(&pair);
        applied(&lab, &old, &new, |lab| {
            for sql in [
                "CREATE TABLE log (text TEXT)",
                "CREATE VIEW large AS SELECT id, size FROM parent WHERE size > 15",
                "CREATE INDEX part ON parent (size) WHERE size > 5",
                "CREATE INDEX twice ON parent (size * 2)",
                "CREATE TRIGGER noted AFTER UPDATE ON parent BEGIN INSERT INTO log VALUES ('updated'); END",
                "CREATE TRIGGER held_noted AFTER DELETE ON held BEGIN INSERT INTO log SELECT 'gone' FROM parent; END",
                "INSERT INTO parent (id, size) VALUES (1, 10), (2, 20), (9, 90)",
                "DELETE FROM parent WHERE id = 9",
            ] {
                run(lab, sql);
            }
        });
        let names: Vec<(String,)> = birgus::sql(
            "SELECT name FROM sqlite_schema WHERE type IN ('view', 'trigger') OR name IN ('part', 'twice') ORDER BY name",
        )
        .all(&lab.db)
        .unwrap();
        let names: Vec<&str> = names.iter().map(|(name,)| name.as_str()).collect();
        assert_eq!(names, ["held_noted", "large", "noted", "part", "twice"]);
        run(&lab, "UPDATE parent SET size = 3000000000 WHERE id = 2");
        assert_eq!(
            numbers(
                &lab,
                "SELECT (SELECT COUNT(*) FROM log), (SELECT COUNT(*) FROM large), (SELECT MAX(id) FROM parent)"
            ),
            [1, 1, 2]
        );
        // An id is never given twice, though the row with the largest one is gone.
        run(&lab, "INSERT INTO parent (size) VALUES (1)");
        assert_eq!(
            numbers(&lab, "SELECT MAX(id), COUNT(*), 0 FROM parent"),
            [10, 3, 0]
        );
        lab.close();
    }
}

#[test]
fn a_check_of_somebody_else_survives() {
    let (old, new) = (family("integer"), family("bigint"));
    let create = vec![Operation::Sql {
        statements: [(
            "any".to_owned(),
            vec![
                "CREATE TABLE parent (id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, size INT NOT NULL \
                 CONSTRAINT ck_parent_size_type CHECK (typeof(size) = 'integer' AND size BETWEEN -2147483648 AND 2147483647), \
                 CONSTRAINT mine CHECK (size <> 13 /* bad luck */), CHECK (size >= - 5), \
                 CONSTRAINT ck_parent_size CHECK (size IS NOT NULL))"
                    .to_owned(),
            ],
        )]
        .into(),
        repeatable: false,
        outside_transaction: false,
    }];
    let none = Decisions::default();
    let mut change = decided(&old, &new, &none);
    for pair in rebuilding() {
        let lab = Lab::new(&pair);
        let Operation::Sql { statements, .. } = &create[0] else {
            panic!("{create:?}");
        };
        run(&lab, &statements["any"][0]);
        let mut first = decided(&State::default(), &old, &none);
        first.retain(|operation| operation.table() == Some("parent"));
        change.retain(|operation| operation.table() == Some("parent"));
        let graph = line(&[
            ("a0", first, Vec::new()),
            ("b1", change.clone(), Vec::new()),
        ]);
        Migrator::new(&lab.db, &graph)
            .stamp(&Target::read("a0").unwrap(), false)
            .unwrap();
        Migrator::new(&lab.db, &graph)
            .upgrade(&Target::Head)
            .unwrap();
        let try_it = |size: i64| {
            birgus::sql("INSERT INTO parent (size) VALUES (:size)")
                .bind("size", size)
                .execute(&lab.db)
        };
        try_it(3_000_000_000).unwrap();
        assert!(try_it(13).unwrap_err().is_check_violation());
        assert!(try_it(-6).unwrap_err().is_check_violation());
        lab.close();
    }
}

#[test]
fn rows_that_reference_nothing_stop_a_table_from_being_made_anew() {
    let (old, new) = (family("integer"), family("bigint"));
    for pair in rebuilding() {
        let lab = Lab::new(&pair);
        let none = Decisions::default();
        let create = decided(&State::default(), &old, &none);
        let graph = line(&[
            ("a0", create, Vec::new()),
            ("b1", decided(&old, &new, &none), Vec::new()),
        ]);
        Migrator::new(&lab.db, &graph)
            .upgrade(&Target::read("a0").unwrap())
            .unwrap();
        let mut connection = lab.db.connection().unwrap();
        let (off, on) = lab.db.dialect().unwrap().foreign_key_switch().unwrap();
        connection.batch(off).unwrap();
        connection
            .batch("INSERT INTO held (parent_id) VALUES (77)")
            .unwrap();
        connection.batch(on).unwrap();
        drop(connection);
        let error = Migrator::new(&lab.db, &graph)
            .upgrade(&Target::Head)
            .unwrap_err();
        assert!(error.is_migration(), "{error}");
        assert!(
            error
                .to_string()
                .contains("row 1 of held references no parent"),
            "{error}"
        );
        assert_eq!(lab.differences(&old), [""; 0]);
        lab.close();
    }
}

/// What no revision made is not part of the new table: rather than to lose it in silence, the revision is refused.
#[test]
fn a_table_with_what_no_revision_made_is_not_made_anew() {
    let foreign = [
        (
            "ALTER TABLE parent ADD COLUMN legacy INTEGER",
            "the column legacy",
        ),
        (
            "DROP TABLE held; DROP TABLE loose; DROP TABLE parent; CREATE TABLE parent (id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, \
             size INTEGER NOT NULL UNIQUE)",
            "that size is unique",
        ),
        (
            "DROP TABLE held; DROP TABLE loose; DROP TABLE parent; CREATE TABLE parent (id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, \
             size INTEGER NOT NULL REFERENCES parent (id))",
            "1 of its foreign keys",
        ),
    ];
    let none = Decisions::default();
    let (old, new) = (family("integer"), family("bigint"));
    let create = decided(&State::default(), &old, &none);
    let graph = line(&[
        ("a0", create, Vec::new()),
        ("b1", decided(&old, &new, &none), Vec::new()),
    ]);
    for pair in rebuilding() {
        for (sql, lost) in foreign {
            let lab = Lab::new(&pair);
            let upgrade = |target: &str| {
                Migrator::new(&lab.db, &graph).upgrade(&Target::read(target).unwrap())
            };
            upgrade("a0").unwrap();
            run(&lab, sql);
            let before = lab.tables();
            let error = upgrade("head").unwrap_err();
            assert!(
                error.is_migration() && error.to_string().contains(lost),
                "{error}"
            );
            assert_eq!(lab.tables(), before);
            lab.close();
        }
    }
}
