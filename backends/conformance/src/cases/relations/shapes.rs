//! Relationships along with every shape of query for the parents.

use birgus::prelude::*;
use birgus::relation::Related;

use super::stock::library;
use super::{names, rows};
use crate::Bed;
use crate::library::{Essay, Shelf, Writer};
use crate::watch::statements;

super::super::cases![
    a_limit_is_of_the_parents,
    a_limit_behind_a_join,
    one_first_and_by_key,
    pages,
    batches_and_rows,
    unions_and_aliases,
    distinct_rows,
    what_is_not_whole_is_refused,
    locked,
    in_the_order_of_the_parents,
];

fn ways() -> [Related<Writer, Many<Essay>>; 3] {
    [
        Writer::essays.joined(),
        Writer::essays.subquery(),
        Writer::essays.selectin(),
    ]
}

/// The names of the writers, with those of their essays.
fn shown(writers: &[Writer]) -> String {
    let each = |writer: &Writer| {
        let essays = writer.essays.loaded().unwrap();
        let titles = names(essays, |essay| &essay.title).concat();
        format!("{} {titles}", writer.name)
    };
    writers.iter().map(each).collect::<Vec<_>>().join(", ")
}

fn a_limit_is_of_the_parents(bed: &Bed) {
    let db = library(bed);
    let all = Writer::query();
    for (query, expected) in [
        (all.clone().order_by(Writer::id).limit(2), "ann ab, bob c"),
        (
            all.clone().order_by(Writer::id.desc()).limit(2),
            "cid , bob c",
        ),
        (all.clone().order_by(Writer::id).offset(1), "bob c, cid "),
        (all.clone().order_by(Writer::id).limit(1).offset(1), "bob c"),
        (all.clone().order_by(Writer::id).limit(0), ""),
        (
            all.clone().order_by(Writer::essays.count().desc()).limit(1),
            "ann ab",
        ),
        (
            all.clone()
                .order_by(Writer::name)
                .filter(Writer::name.gt("ann"))
                .limit(1),
            "bob c",
        ),
    ] {
        for related in ways() {
            let found = query.clone().with(related.clone()).all(&db).unwrap();
            assert_eq!(shown(&found), expected, "{related:?} {query:?}");
            let mut session = db.session().unwrap();
            let keys = session.load(query.clone().with(related)).unwrap();
            assert_eq!(keys.len(), found.len());
            for (key, writer) in keys.into_iter().zip(found) {
                let essays = session.related(key, Writer::essays).unwrap();
                assert_eq!(essays.len(), writer.essays.loaded().unwrap().len());
            }
        }
    }
    // An order in which all agree, and none: whichever rows come, all of their essays do.
    for query in [
        all.clone().order_by((Writer::id * 0).asc()).limit(2),
        all.clone().limit(2),
    ] {
        for related in ways() {
            let found = query.clone().with(related).all(&db).unwrap();
            assert_eq!(found.len(), 2);
            for writer in &found {
                let count = Essay::query()
                    .filter(Essay::writer_id.eq(writer.id))
                    .count(&db);
                assert_eq!(writer.essays.loaded().unwrap().len() as u64, count.unwrap());
            }
        }
    }
}

fn a_limit_behind_a_join(bed: &Bed) {
    let db = library(bed);
    // The join gives the first writer twice, and the query says so.
    let joined = Writer::query()
        .join::<Essay>(Essay::writer_id.eq(Writer::id))
        .order_by(Writer::id)
        .order_by(Essay::id.desc());
    for (count, related) in [1, 2, 2].into_iter().zip(ways()) {
        let query = joined.clone().with(related);
        assert_eq!(shown(&rows(count, &query, &db)), "ann ab, ann ab, bob c");
        let query = query.limit(2).offset(1);
        assert_eq!(shown(&rows(count.min(2), &query, &db)), "ann ab, bob c");
    }
    let liked = joined.filter(Essay::likes.eq(5));
    for related in ways() {
        let found = liked.clone().limit(1).with(related).all(&db).unwrap();
        assert_eq!(
            shown(&found),
            "ann ab",
            "the join does not filter what is loaded"
        );
    }
}

fn one_first_and_by_key(bed: &Bed) {
    let db = library(bed);
    let ann = || Writer::query().filter(Writer::name.eq("ann"));
    let id = ann().one(&db).unwrap().id;
    for (count, related) in [1, 2, 2].into_iter().zip(ways()) {
        let with = |query: Query<Writer>| query.with(related.clone());
        let mut found = Vec::new();
        let sent = statements(|| {
            found = vec![
                with(ann()).one(&db).unwrap(),
                with(ann()).one_or_none(&db).unwrap().unwrap(),
                with(Writer::query().order_by(Writer::id))
                    .first(&db)
                    .unwrap()
                    .unwrap(),
                with(Writer::query()).get(id, &db).unwrap().unwrap(),
                with(Writer::query()).by_key(id).all(&db).unwrap().remove(0),
                with(Writer::query().order_by(Writer::id).limit(1))
                    .by_key(id)
                    .one(&db)
                    .unwrap(),
            ];
        });
        assert_eq!(sent.len(), count * 6, "{sent:#?}");
        assert_eq!(shown(&found), ["ann ab"; 6].join(", "));
        let several = with(Writer::query()).one(&db).unwrap_err();
        assert!(several.is_multiple_rows(), "{several}");
        assert!(with(Writer::query()).get(-1, &db).unwrap().is_none());
    }
    let shelves = Shelf::query().with(Shelf::volumes);
    assert!(shelves.get((1, 1), &db).unwrap().is_none());
}

fn pages(bed: &Bed) {
    let db = library(bed);
    for related in ways() {
        let query = Writer::query().with(related);
        let page = query.clone().paginate(2, 1, &db).unwrap();
        assert_eq!((shown(&page.items).as_str(), page.total), ("bob c", 3));
        let pages = query.order_by(Writer::name.desc()).keyset(2);
        let first = pages.first(&db).unwrap();
        assert_eq!(shown(&first.items), "cid , bob c");
        let second = pages.after(first.next.as_ref().unwrap(), &db).unwrap();
        assert_eq!(shown(&second.items), "ann ab");
        let back = pages
            .before(second.previous.as_ref().unwrap(), &db)
            .unwrap();
        assert_eq!(shown(&back.items), "cid , bob c");
        assert_eq!(shown(&pages.last(&db).unwrap().items), "bob c, ann ab");
    }
}

fn batches_and_rows(bed: &Bed) {
    let db = library(bed);
    for related in ways() {
        let query = Writer::query().with(related);
        let mut batches = Vec::new();
        let each = |writers: Vec<Writer>| {
            batches.push(shown(&writers));
            Ok(())
        };
        query.clone().batches(2).for_each(&db, each).unwrap();
        assert_eq!(batches, ["ann ab, bob c", "cid "]);
        let mut found = Vec::new();
        let each = |writer| {
            found.push(writer);
            Ok(())
        };
        query.order_by(Writer::id).for_each(&db, each).unwrap();
        assert_eq!(shown(&found), "ann ab, bob c, cid ");
    }
}

fn unions_and_aliases(bed: &Bed) {
    let db = library(bed);
    let named = |name: &str| Writer::query().filter(Writer::name.eq(name));
    for (count, related) in [1, 2, 2].into_iter().zip(ways()) {
        let both = named("ann").with(related.clone()).union(named("cid"));
        let query = both.order_by(Writer::id);
        assert_eq!(shown(&rows(count, &query, &db)), "ann ab, cid ");
        assert_eq!(shown(&rows(count, &query.limit(1), &db)), "ann ab");
        let twice = named("ann").union_all(named("ann")).with(related.clone());
        let found = twice.all(&db).unwrap();
        let ids: Vec<i64> = found.iter().map(|writer| writer.id).collect();
        // Rows that are twice in the result may be one behind a join.
        assert!(
            matches!(ids[..], [one, other] if one == other),
            "{ids:?} {related:?}"
        );
        assert_eq!(shown(&found), "ann ab, ann ab");
        let w = Writer::alias("w");
        let query = w
            .query()
            .order_by(w.column(Writer::name).desc())
            .with(related);
        assert_eq!(
            shown(&rows(count, &query.clone().limit(2), &db)),
            "cid , bob c"
        );
        let query = query.join_to(
            &Essay::alias("e"),
            Essay::alias("e")
                .column(Essay::editor_id)
                .eq(w.column(Writer::id)),
        );
        assert_eq!(shown(&rows(count, &query, &db)), "bob c, ann ab");
    }
}

fn distinct_rows(bed: &Bed) {
    let db = library(bed);
    let joined = || Writer::query().join::<Essay>(Essay::writer_id.eq(Writer::id));
    for related in ways() {
        let query = joined().distinct().order_by(Writer::id).with(related);
        assert_eq!(shown(&rows(2, &query, &db)), "ann ab, bob c");
        assert_eq!(shown(&rows(2, &query.limit(1), &db)), "ann ab");
    }
    // Fewer are distinct of what the relationship goes by than of the rows.
    for related in [
        Essay::writer.joined(),
        Essay::writer.subquery(),
        Essay::writer.selectin(),
    ] {
        let query = Essay::query()
            .distinct()
            .order_by(Essay::id.desc())
            .limit(2)
            .with(related);
        let found = query.all(&db).unwrap();
        let writers = found
            .iter()
            .map(|essay| &*essay.writer.loaded().unwrap().name);
        assert_eq!(writers.collect::<Vec<_>>(), ["bob", "ann"]);
    }
}

fn what_is_not_whole_is_refused(bed: &Bed) {
    let db = library(bed);
    let selected = Writer::query().select(birgus::query::model::<Writer>());
    assert_eq!(selected.clone().all(&db).unwrap().len(), 3);
    for related in ways() {
        let error = selected.clone().with(related).all(&db).unwrap_err();
        assert!(error.is_invalid_query(), "{error}");
        assert!(error.to_string().contains("Writer.essays"), "{error}");
    }
}

fn locked(bed: &Bed) {
    let db = library(bed);
    for related in ways() {
        let mut session = db.session().unwrap();
        let query = Writer::query()
            .order_by(Writer::id)
            .with(related)
            .for_update();
        let mut found = Vec::new();
        let sent = statements(|| found = query.clone().all(&mut session).unwrap());
        assert_eq!(shown(&found), "ann ab, bob c, cid ");
        assert_eq!(sent.len(), 2, "what is joined can't be locked: {sent:#?}");
        let keys = session.load(query).unwrap();
        assert_eq!(session.related(keys[0], Writer::essays).unwrap().len(), 2);
        session.rollback().unwrap();
    }
}

fn in_the_order_of_the_parents(bed: &Bed) {
    let db = library(bed);
    for (order, expected) in [
        (Writer::name.desc(), "cid , bob c, ann ab"),
        (Writer::essays.count().asc(), "cid , bob c, ann ab"),
        (Writer::essays.count().desc(), "ann ab, bob c, cid "),
    ] {
        for (count, related) in [1, 2, 2].into_iter().zip(ways()) {
            let query = Writer::query().order_by(order.clone()).with(related);
            assert_eq!(shown(&rows(count, &query, &db)), expected);
        }
    }
}
