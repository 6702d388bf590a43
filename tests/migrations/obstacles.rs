//! Rows that are in the way of a change: the same answer everywhere, and nothing is changed.

use birgus::migrate::Migrator;
use birgus::migrate::history::Target;
use birgus::migrate::state::{Decisions, Question, State, plan};

use crate::case::decided;
use crate::lab::{Lab, line, pairs};
use crate::rows::rows;
use crate::schema::{state, table};

/// What the change of a column says, given these values.
fn refused(old: &str, new: &str, values: &[&str]) -> String {
    let of = |kind: &str| state(&[table("person", &format!("id bigint identity; x {kind}"))]);
    let (old, new) = (of(old), of(new));
    let none = Decisions::default();
    let mut up = decided(&old, &new, &none);
    // Nobody asks for NULL to be replaced here.
    for operation in &mut up {
        if let birgus::migrate::state::Operation::AlterColumn { backfill, .. } = operation {
            *backfill = None;
        }
    }
    let create = decided(&State::default(), &old, &none);
    let graph = line(&[("a0", create, Vec::new()), ("b1", up, Vec::new())]);
    let mut answers: Vec<String> = Vec::new();
    for pair in pairs() {
        let lab = Lab::new(&pair);
        Migrator::new(&lab.db, &graph)
            .upgrade(&Target::read("a0").unwrap())
            .unwrap();
        let numbered: Vec<String> = (values.iter().enumerate())
            .map(|(at, value)| format!("{}|{value}", at + 1))
            .collect();
        let numbered: Vec<&str> = numbered.iter().map(String::as_str).collect();
        let stored = rows("person", "id x", &numbered);
        stored.insert(&lab.db, &old);
        let error = Migrator::new(&lab.db, &graph)
            .upgrade(&Target::Head)
            .unwrap_err();
        assert!(error.is_migration(), "{}: {error}", lab.name());
        // How many steps there are is the engine's own affair.
        let text = error.to_string();
        answers.push(text.split_once("alter_column ").unwrap().1.to_owned());
        assert_eq!(lab.differences(&old), [""; 0], "{}", lab.name());
        assert_eq!(stored.stored(&lab.db, &old), stored, "{}", lab.name());
        lab.close();
    }
    let first = answers[0].clone();
    assert!(
        answers.iter().all(|answer| *answer == first),
        "{answers:#?}"
    );
    first
}

#[test]
fn values_that_do_not_fit_are_counted_and_named() {
    assert_eq!(
        refused("bigint", "integer", &["1", "3000000000", "-3000000000"]),
        "person.x: person.x: rows that hold a number outside of -2147483648 to 2147483647: 2"
    );
    assert!(
        refused("varchar(9)", "varchar(3)", &["abc", "abc ", "éééé"])
            .ends_with("person.x: rows that hold more than 3 characters: 2")
    );
    assert!(
        refused("text", "integer", &["1", "one", "", "1-2", "--"])
            .ends_with("person.x: rows that hold a text that is no whole number: 4")
    );
    assert!(
        refused("text", r#"enum("a", "b")"#, &["a", "c"])
            .ends_with("person.x: rows that hold a text that is none of a, b: 1")
    );
    assert!(
        refused(
            "decimal(10, 2)",
            "decimal(4, 2)",
            &["1.25", "100.00", "-99.99"]
        )
        .ends_with("person.x: rows that hold a number outside of -99.99 to 99.99: 1")
    );
    assert!(refused("integer", "boolean", &["1", "2", "0"]).contains("person.x: rows that hold "));
    assert!(refused("text", "boolean", &["yes", "maybe"]).contains("person.x: rows that hold "));
}

#[test]
fn what_engines_would_convert_differently_is_refused_when_the_revision_is_made() {
    let of = |kind: &str| state(&[table("person", &format!("id bigint identity; x {kind}"))]);
    for (old, new) in [
        ("double", "text"),
        ("double", "bigint"),
        ("text", "uuid"),
        ("text", "json"),
        ("time", "text"),
        ("binary", "text"),
    ] {
        let asked = plan(&of(old), &of(new), &Decisions::default())
            .unwrap()
            .questions;
        assert!(
            matches!(&asked[..], [Question::Conversion { reason, .. }] if !reason.is_empty()),
            "{old} to {new}: {asked:?}"
        );
    }
}

#[test]
fn a_table_that_is_renamed_has_its_rows_counted_by_the_name_of_then() {
    let of = |name: &str, length: u8| {
        state(&[table(
            name,
            &format!("id bigint identity; x varchar({length})"),
        )])
    };
    let (old, new) = (of("person", 20), of("human", 3));
    let none = Decisions::default();
    let mut renamed = Decisions::default();
    (renamed.renamed_tables).insert("person".to_owned(), "human".to_owned());
    let graph = line(&[
        ("a0", decided(&State::default(), &old, &none), Vec::new()),
        ("b1", decided(&old, &new, &renamed), Vec::new()),
    ]);
    for pair in pairs() {
        let lab = Lab::new(&pair);
        Migrator::new(&lab.db, &graph)
            .upgrade(&Target::read("a0").unwrap())
            .unwrap();
        rows("person", "id x", &["1|abc", "2|abcd"]).insert(&lab.db, &old);
        let upgrade = || Migrator::new(&lab.db, &graph).upgrade(&Target::Head);
        let error = upgrade().unwrap_err();
        assert!(error.is_migration(), "{}: {error}", lab.name());
        // Where DDL commits by itself, the table may have its new name already.
        let there = lab.tables()[0].name.clone();
        let mut connection = lab.db.connection().unwrap();
        let sql = format!("DELETE FROM {there} WHERE id = 2");
        birgus::backend::Connection::batch(&mut connection, &sql).unwrap();
        drop(connection);
        assert_eq!(upgrade().unwrap(), ["b1"], "{}", lab.name());
        let kept = rows("human", "id x", &["1|abc"]);
        assert_eq!(kept.stored(&lab.db, &new), kept, "{}", lab.name());
        lab.close();
    }
}
