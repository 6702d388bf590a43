//! Revisions that were refused, and are run again.

use birgus::backend::Connection as _;
use birgus::migrate::Migrator;
use birgus::migrate::apply::LintMode;
use birgus::migrate::history::Target;
use birgus::migrate::state::{Decisions, IndexDefinition, Operation, State};

use crate::case::decided;
use crate::lab::{Lab, line, pairs};
use crate::rows::rows;
use crate::schema::{state, table};

fn tags() -> State {
    state(&[table("tag", "id bigint identity; text varchar(9)")])
}

fn creation() -> (&'static str, Vec<Operation>, Vec<Operation>) {
    let none = Decisions::default();
    let empty = State::default();
    (
        "a0",
        decided(&empty, &tags(), &none),
        decided(&tags(), &empty, &none),
    )
}

#[test]
fn what_somebody_else_made_is_not_taken_for_what_the_revision_makes() {
    let graph = line(&[creation()]);
    for pair in pairs() {
        let lab = Lab::new(&pair);
        let batch = |sql: &str| lab.db.connection().unwrap().batch(sql).unwrap();
        batch("CREATE TABLE tag (theirs INTEGER)");
        batch("INSERT INTO tag VALUES (7)");
        for _ in 0..2 {
            let error = Migrator::new(&lab.db, &graph)
                .upgrade(&Target::Head)
                .unwrap_err();
            assert!(error.to_string().contains("a0"), "{}: {error}", lab.name());
            let (theirs,): (i64,) = birgus::sql("SELECT theirs FROM tag").one(&lab.db).unwrap();
            assert_eq!(theirs, 7);
        }
        batch("DROP TABLE tag");
        let done = Migrator::new(&lab.db, &graph)
            .upgrade(&Target::Head)
            .unwrap();
        assert_eq!(done, ["a0"], "{}", lab.name());
        assert_eq!(lab.differences(&tags()), [""; 0], "{}", lab.name());
        lab.close();
    }
}

/// PostgreSQL leaves an index of no use behind, which is in the way.
#[test]
fn an_index_whose_building_failed_while_others_write_is_built_once_its_rows_are_mended() {
    let index = Operation::CreateIndex {
        table: "tag".to_owned(),
        index: IndexDefinition {
            name: "uq_tag_text".to_owned(),
            columns: vec!["text".to_owned()],
            unique: true,
        },
        concurrently: true,
    };
    let graph = line(&[creation(), ("b1", vec![index], Vec::new())]);
    for pair in pairs() {
        let lab = Lab::new(&pair);
        let upgrade = |target: &str| {
            Migrator::new(&lab.db, &graph)
                .lint(LintMode::Off)
                .upgrade(&Target::read(target).unwrap())
        };
        upgrade("a0").unwrap();
        rows("tag", "id text", &["1|a", "2|a"]).insert(&lab.db, &tags());
        for _ in 0..2 {
            let error = upgrade("head").unwrap_err();
            assert!(error.is_unique_violation(), "{}: {error}", lab.name());
        }
        let mut connection = lab.db.connection().unwrap();
        connection.batch("DELETE FROM tag WHERE id = 2").unwrap();
        drop(connection);
        assert_eq!(upgrade("head").unwrap(), ["b1"], "{}", lab.name());
        assert_eq!(lab.tables()[0].indexes.len(), 1, "{}", lab.name());
        lab.close();
    }
}
