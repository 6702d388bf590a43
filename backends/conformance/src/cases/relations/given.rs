//! Relationships of values that are in hand.

use birgus::prelude::*;

use super::names;
use super::stock::library;
use crate::Bed;
use crate::library::{Branch, Essay, Writer};
use crate::watch::statements;

super::super::cases![
    for_all_of_them_together,
    with_more_below,
    a_row_twice,
    lazily,
    none_at_all,
    in_a_session,
];

fn for_all_of_them_together(bed: &Bed) {
    let db = library(bed);
    for related in [
        Writer::essays.selectin(),
        Writer::essays.joined(),
        Writer::essays.subquery(),
    ] {
        let mut writers = Writer::query().order_by(Writer::id).all(&db).unwrap();
        let sent = statements(|| birgus::load(&mut writers, related.clone(), &db).unwrap());
        assert_eq!(sent.len(), 1, "{sent:#?}");
        assert_eq!(
            names(writers[0].essays.loaded().unwrap(), |essay| &essay.title),
            ["a", "b"]
        );
        assert_eq!(writers[2].essays.loaded().unwrap(), []);
    }
    let mut essays = Essay::query().order_by(Essay::id).all(&db).unwrap();
    let sent = statements(|| {
        birgus::load(&mut essays, Essay::writer, &db).unwrap();
        birgus::load(&mut essays, Essay::editor, &db).unwrap();
        birgus::load(&mut essays, Essay::topics, &db).unwrap();
    });
    assert_eq!(sent.len(), 3);
    assert_eq!(essays[2].writer.loaded().unwrap().name, "bob");
    assert!(essays[0].editor.loaded().unwrap().is_none());
    assert_eq!(essays[0].topics.loaded().unwrap().len(), 2);
}

fn with_more_below(bed: &Bed) {
    let db = library(bed);
    let mut writers = Writer::query().order_by(Writer::id).all(&db).unwrap();
    let related = Writer::essays
        .filter(Essay::likes.gt(2))
        .with(Essay::topics.joined())
        .with(Essay::editor.selectin().with(Writer::badge));
    let sent = statements(|| birgus::load(&mut writers, related, &db).unwrap());
    assert_eq!(sent.len(), 3, "{sent:#?}");
    let essays = writers[0].essays.loaded().unwrap();
    assert_eq!(names(essays, |essay| &essay.title), ["b"]);
    assert!(writers[0].essays.is_partial());
    assert_eq!(essays[0].topics.loaded().unwrap()[0].name, "crabs");
    let editor = essays[0].editor.loaded().unwrap().unwrap();
    assert!(editor.badge.loaded().unwrap().is_none());
    // Again, and whole.
    birgus::load(&mut writers, Writer::essays, &db).unwrap();
    assert_eq!(writers[0].essays.loaded().unwrap().len(), 2);
    assert!(!writers[0].essays.is_partial());
    let mut best = Writer::query().order_by(Writer::id).all(&db).unwrap();
    let related = Writer::essays.order_by(Essay::likes.desc()).limit(1);
    birgus::load(&mut best, related, &db).unwrap();
    assert_eq!(
        names(best[0].essays.loaded().unwrap(), |essay| &essay.title),
        ["b"]
    );
}

fn a_row_twice(bed: &Bed) {
    let db = library(bed);
    let writers = Writer::query().order_by(Writer::id).all(&db).unwrap();
    let mut writers: Vec<Writer> = [&writers[0], &writers[1], &writers[0]]
        .map(Clone::clone)
        .into();
    birgus::load(&mut writers, Writer::essays, &db).unwrap();
    assert_eq!(writers[0], writers[2]);
    assert_eq!(writers[2].essays.loaded().unwrap().len(), 2);
    birgus::load(&mut writers, Writer::badge, &db).unwrap();
    assert_eq!(writers[2].badge.loaded().unwrap().unwrap().text, "gold");
    birgus::load(&mut writers, Writer::following.recursive(), &db).unwrap();
    assert_eq!(writers[2].following.loaded().unwrap().len(), 2);
}

fn lazily(bed: &Bed) {
    let db = library(bed);
    let mut writers = Writer::query().all(&db).unwrap();
    let sent = statements(|| {
        birgus::load(&mut writers, Writer::essays.raise(), &db).unwrap();
        assert!(writers[0].essays.load(&db).unwrap_err().is_not_loaded());
        birgus::load(&mut writers, Writer::essays.select(), &db).unwrap();
    });
    assert_eq!(sent, [""; 0]);
    assert_eq!(writers[0].essays.load(&db).unwrap().len(), 2);
}

fn none_at_all(bed: &Bed) {
    let db = library(bed);
    let sent = statements(|| {
        birgus::load(&mut Vec::<Writer>::new(), Writer::essays, &db).unwrap();
    });
    assert_eq!(sent, [""; 0]);
    Branch::insert(Branch::build().name("lone"))
        .execute(&db)
        .unwrap();
    let mut branches = Branch::query().all(&db).unwrap();
    let sent = statements(|| birgus::load(&mut branches, Branch::parent, &db).unwrap());
    assert_eq!(sent, [""; 0], "it has no parent");
    assert!(branches[0].parent.loaded().unwrap().is_none());
    // A query without rows takes one statement.
    let nobody = Writer::query().filter(Writer::name.eq("nobody"));
    let sent = statements(|| {
        let found = nobody
            .with(Writer::essays)
            .with(Writer::badge.subquery())
            .all(&db);
        assert_eq!(found.unwrap(), []);
    });
    assert_eq!(sent.len(), 1, "{sent:#?}");
}

fn in_a_session(bed: &Bed) {
    let db = library(bed);
    let mut session = db.session().unwrap();
    let ann = session.load(Writer::query().order_by(Writer::id)).unwrap()[0];
    let id = session[ann].id;
    session.add(Essay::build().title("new").writer_id(id));
    // What is in hand sees what the session holds, as any query does.
    let mut writers = Writer::query().order_by(Writer::id).all(&db).unwrap();
    birgus::load(&mut writers, Writer::essays, &mut session).unwrap();
    let titles = names(writers[0].essays.loaded().unwrap(), |essay| &essay.title);
    assert_eq!(titles, ["a", "b", "new"]);
    assert_eq!(writers[0].essays.load(&db).unwrap().len(), 3);
    let found = Writer::query()
        .order_by(Writer::id)
        .with(Writer::essays)
        .all(&mut session)
        .unwrap();
    assert_eq!(found[0].essays.loaded().unwrap().len(), 3);
    session.rollback().unwrap();
}
