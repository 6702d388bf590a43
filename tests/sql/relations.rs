//! What relationships become: what is joined to a query, what follows it, and what looks at related rows.

use std::fmt::Write as _;
use std::sync::Arc;

use birgus::prelude::*;
use birgus_conformance::library::{Branch, Essay, Shelf, Topic, Writer, models};
use birgus_conformance::{Bed, known_pairs};

use super::golden::check;

#[test]
fn relations() {
    check(
        "relations",
        &[
            ("a joined collection", &|dialect| {
                Writer::query()
                    .order_by(Writer::name)
                    .with(Writer::essays.joined())
                    .to_sql(dialect)
            }),
            ("a joined row", &|dialect| {
                Essay::query().with(Essay::editor.joined()).to_sql(dialect)
            }),
            ("joined many to many, filtered", &|dialect| {
                Essay::query()
                    .with(Essay::topics.filter(Topic::name.ne("sand")).joined())
                    .to_sql(dialect)
            }),
            ("a limit of the parents", &|dialect| {
                Writer::query()
                    .order_by(Writer::name.desc())
                    .limit(10)
                    .with(Writer::essays.joined())
                    .to_sql(dialect)
            }),
            ("a limit of the parents and one for each", &|dialect| {
                Branch::query()
                    .limit(10)
                    .offset(5)
                    .with(Branch::children.limit(3).offset(1).joined())
                    .to_sql(dialect)
            }),
            ("nested rows", &|dialect| {
                Essay::query()
                    .with(Essay::writer.joined().with(Writer::badge.joined()))
                    .limit(2)
                    .to_sql(dialect)
            }),
            ("two collections", &|dialect| {
                Writer::query()
                    .with(Writer::essays.joined())
                    .with(Writer::following.joined())
                    .to_sql(dialect)
            }),
            ("beside a join of the query", &|dialect| {
                Writer::query()
                    .join::<Essay>(Essay::writer_id.eq(Writer::id))
                    .with(Writer::essays.joined())
                    .to_sql(dialect)
            }),
            ("a join that fills a collection", &|dialect| {
                Writer::query()
                    .join::<Essay>(Essay::writer_id.eq(Writer::id))
                    .with(Writer::essays.contains())
                    .to_sql(dialect)
            }),
            ("any", &|dialect| {
                Writer::query()
                    .filter(Writer::essays.any(Essay::title.contains("crab")))
                    .to_sql(dialect)
            }),
            ("any of many to many", &|dialect| {
                Writer::query()
                    .filter(!Writer::following.any(Writer::name.eq("ann")))
                    .to_sql(dialect)
            }),
            ("any of any in a tree", &|dialect| {
                Branch::query()
                    .filter(Branch::children.any(Branch::children.any(Branch::name.eq("x"))))
                    .to_sql(dialect)
            }),
            ("has, of a key of several columns", &|dialect| {
                Shelf::query()
                    .filter(Shelf::volumes.exists())
                    .to_sql(dialect)
            }),
            ("count", &|dialect| {
                Writer::query()
                    .filter(Writer::essays.count().gt(10))
                    .order_by(Writer::reviewed.count().desc())
                    .to_sql(dialect)
            }),
            ("an aggregate and a column", &|dialect| {
                Essay::query()
                    .select((
                        Essay::writer.column(Writer::name),
                        Essay::topics.aggregate(Topic::name.max()),
                    ))
                    .to_sql(dialect)
            }),
        ],
    );
}

/// What is sent after the query for the parents.
fn sent(db: &Database) -> String {
    let mut text = String::new();
    let mut add = |name: &str, work: &dyn Fn()| {
        writeln!(text, "## {name}").unwrap();
        let ((), recorded) = db.recorded(work);
        for statement in recorded.statements().into_iter().skip(1) {
            writeln!(text, "{}", statement.text()).unwrap();
        }
    };
    let writers = || Writer::query().filter(Writer::name.ne("x"));
    let limited = || writers().order_by(Writer::id).limit(2);
    add("selectin", &|| {
        drop(writers().with(Writer::essays.selectin()).all(db).unwrap())
    });
    add("selectin of rows", &|| {
        drop(
            Essay::query()
                .with(Essay::editor.selectin())
                .all(db)
                .unwrap(),
        );
    });
    add("selectin by a key of several columns", &|| {
        drop(
            Shelf::query()
                .with(Shelf::volumes.selectin())
                .all(db)
                .unwrap(),
        );
    });
    add("selectin, many to many", &|| {
        drop(
            Essay::query()
                .with(Essay::topics.selectin())
                .all(db)
                .unwrap(),
        );
    });
    add("selectin, pairs that repeat", &|| {
        drop(writers().with(Writer::reviewed.selectin()).all(db).unwrap());
    });
    add("selectin, so many for each", &|| {
        let best = Writer::essays.order_by(Essay::likes.desc()).limit(3);
        drop(writers().with(best).all(db).unwrap());
    });
    add("selectin, so many for each, many to many", &|| {
        drop(Essay::query().with(Essay::topics.limit(3)).all(db).unwrap());
    });
    add("subquery", &|| {
        drop(writers().with(Writer::essays.subquery()).all(db).unwrap())
    });
    add("subquery of limited parents", &|| {
        drop(limited().with(Writer::essays.subquery()).all(db).unwrap());
    });
    add("subquery, many to many", &|| {
        drop(
            writers()
                .with(Writer::following.subquery())
                .all(db)
                .unwrap(),
        );
    });
    add("one by one", &|| {
        for mut writer in limited().limit(1).all(db).unwrap() {
            writer.essays.load(db).unwrap();
            writer.reviewed.load(db).unwrap();
        }
    });
    text
}

#[test]
fn relations_sent() {
    for pair in known_pairs(&crate::support::linked_pairs()).unwrap() {
        let path = format!(
            "{}/tests/sql/relations_{}.txt",
            env!("CARGO_MANIFEST_DIR"),
            pair.name().replace('+', "_")
        );
        let bed = Bed::new(&Arc::new(pair)).unwrap();
        let db = bed.database(&models());
        let ids = Writer::insert_many(["ann", "bob"].map(|name| Writer::build().name(name)));
        let ids = ids.execute(&db).unwrap();
        let essay = |id: &i64| {
            Essay::build()
                .title("e")
                .writer_id(*id)
                .editor_id(Some(*id))
        };
        Essay::insert_many(ids.iter().map(essay))
            .execute(&db)
            .unwrap();
        for number in [1, 2] {
            Shelf::insert(Shelf::build().room(1).number(number))
                .execute(&db)
                .unwrap();
        }
        let text = sent(&db);
        drop(db);
        bed.remove().unwrap();
        if std::env::var_os("BIRGUS_BLESS").is_some() {
            std::fs::write(&path, &text).unwrap();
        }
        let kept = std::fs::read_to_string(&path).unwrap_or_default();
        for (line, (kept, sent)) in kept.lines().zip(text.lines()).enumerate() {
            assert_eq!(kept, sent, "{path}, line {}", line + 1);
        }
        assert_eq!(kept.lines().count(), text.lines().count(), "{path}");
    }
}
