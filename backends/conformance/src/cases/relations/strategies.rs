//! Every strategy gives the same, in the number of statements that it promises.

use birgus::prelude::*;

use super::stock::library;
use crate::Bed;
use crate::library::{Essay, Writer, models};
use crate::watch::statements;

super::super::cases![
    a_collection_by_every_strategy,
    a_collection_is_in_order_of_its_keys_however_its_rows_lie,
    a_parent_by_every_strategy,
];

/// The titles of each writer's essays.
fn titles(writers: &[Writer]) -> Vec<Vec<&str>> {
    writers
        .iter()
        .map(|writer| {
            let essays = writer.essays.loaded().unwrap();
            essays.iter().map(|essay| essay.title.as_str()).collect()
        })
        .collect()
}

fn a_collection_by_every_strategy(bed: &Bed) {
    let db = library(bed);
    let writers = Writer::query().order_by(Writer::name.asc());
    for (count, load) in [
        (1, Writer::essays.joined()),
        (2, Writer::essays.subquery()),
        (2, Writer::essays.selectin()),
    ] {
        let mut found = Vec::new();
        let sent = statements(|| found = writers.clone().with(load.clone()).all(&db).unwrap());
        assert_eq!(sent.len(), count, "{load:?}: {sent:#?}");
        assert_eq!(
            titles(&found),
            [vec!["a", "b"], vec!["c"], vec![]],
            "{load:?}"
        );
        let mut session = db.session().unwrap();
        let sent = statements(|| {
            let keys = session.load(writers.clone().with(load.clone())).unwrap();
            let essays = session.related(keys[0], Writer::essays).unwrap();
            assert_eq!(essays.len(), 2);
            assert_eq!(session[essays[1]].title, "b");
            assert_eq!(session.related(keys[2], Writer::essays).unwrap(), []);
            // The other side is at hand.
            assert_eq!(session.related(essays[0], Essay::writer).unwrap(), keys[0]);
        });
        assert_eq!(sent.len(), count, "{load:?}: {sent:#?}");
    }
    let mut found = writers.all(&db).unwrap();
    assert!(found[0].essays.loaded().unwrap_err().is_not_loaded());
    let sent = statements(|| {
        for writer in &mut found {
            writer.essays.load(&db).unwrap();
            writer.essays.load(&db).unwrap();
        }
    });
    assert_eq!(sent.len(), 3, "one for each, once: {sent:#?}");
    assert_eq!(titles(&found), [vec!["a", "b"], vec!["c"], vec![]]);
}

/// Engines give rows without an order as they find them: PostgreSQL as they were written.
fn a_collection_is_in_order_of_its_keys_however_its_rows_lie(bed: &Bed) {
    let db = bed.database(&models());
    let ids = Writer::insert_many(["ann", "bob"].map(|name| Writer::build().name(name)))
        .execute(&db)
        .unwrap();
    for (id, writer) in [(50, 1), (30, 0), (40, 1), (10, 0), (60, 0), (20, 1)] {
        let essay = Essay::build().id(id).title(id.to_string());
        Essay::insert(essay.writer_id(ids[writer]))
            .execute(&db)
            .unwrap();
    }
    let wanted = [vec!["10", "30", "60"], vec!["20", "40", "50"]];
    let writers = Writer::query().order_by(Writer::name.asc());
    for load in [
        Writer::essays.joined(),
        Writer::essays.subquery(),
        Writer::essays.selectin(),
    ] {
        let found = writers.clone().with(load.clone()).all(&db).unwrap();
        assert_eq!(titles(&found), wanted, "{load:?}");
        let mut session = db.session().unwrap();
        let keys = session.load(writers.clone().with(load.clone())).unwrap();
        for (key, wanted) in keys.into_iter().zip(&wanted) {
            let essays = session.related(key, Writer::essays).unwrap();
            let found: Vec<&str> = (essays.iter())
                .map(|essay| session[*essay].title.as_str())
                .collect();
            assert_eq!(found, *wanted, "{load:?}, tracked");
        }
    }
    let mut found = writers.all(&db).unwrap();
    for writer in &mut found {
        writer.essays.load(&db).unwrap();
    }
    assert_eq!(titles(&found), wanted);
}

fn a_parent_by_every_strategy(bed: &Bed) {
    let db = library(bed);
    let essays = Essay::query().order_by(Essay::title.asc());
    for (count, writer, editor) in [
        (1, Essay::writer.joined(), Essay::editor.joined()),
        (3, Essay::writer.subquery(), Essay::editor.subquery()),
        (3, Essay::writer.selectin(), Essay::editor.selectin()),
    ] {
        let query = essays.clone().with(writer.clone()).with(editor);
        let mut found = Vec::new();
        let sent = statements(|| found = query.clone().all(&db).unwrap());
        assert_eq!(sent.len(), count, "{writer:?}: {sent:#?}");
        let names: Vec<_> = found
            .iter()
            .map(|essay| {
                let editor = essay.editor.loaded().unwrap();
                let editor = editor.map(|editor| editor.name.as_str());
                (essay.writer.loaded().unwrap().name.as_str(), editor)
            })
            .collect();
        assert_eq!(
            names,
            [("ann", None), ("ann", Some("bob")), ("bob", Some("ann"))]
        );
        let mut session = db.session().unwrap();
        let keys = session.load(query).unwrap();
        let first = session.related(keys[0], Essay::writer).unwrap();
        assert_eq!(session.related(keys[1], Essay::writer).unwrap(), first);
        assert_eq!(
            session.related(keys[2], Essay::editor).unwrap(),
            Some(first)
        );
    }
}
