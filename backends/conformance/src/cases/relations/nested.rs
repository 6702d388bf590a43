//! Relationships of related rows.

use birgus::prelude::*;

use super::stock::library;
use super::{names, rows};
use crate::Bed;
use crate::library::{Badge, Branch, Essay, EssayTopic, Review, Topic, Writer};
use crate::watch::statements;

super::super::cases![
    three_levels_by_mixed_strategies,
    two_collections_never_multiply,
    a_collection_below_a_row_that_several_share,
    a_diamond,
    what_a_session_knows_is_loaded_along,
    many_parents_take_two_statements,
];

/// Writers, their essays, the topics of these, and the essays of those.
fn graph(writers: &[Writer]) -> Vec<String> {
    let mut lines = Vec::new();
    for writer in writers {
        lines.push(writer.name.clone());
        for essay in writer.essays.loaded().unwrap() {
            lines.push(format!(" {}", essay.title));
            for topic in essay.topics.loaded().unwrap() {
                lines.push(format!("  {}", topic.name));
                for essay in topic.essays.loaded().unwrap() {
                    lines.push(format!("   {}", essay.title));
                }
            }
        }
    }
    lines
}

const GRAPH: [&str; 13] = [
    "ann", " a", "  crabs", "   a", "   b", "  sea", "   a", " b", "  crabs", "   a", "   b",
    "bob", " c",
];

fn three_levels_by_mixed_strategies(bed: &Bed) {
    let db = library(bed);
    let all = Writer::query().order_by(Writer::id).limit(2);
    for one in 0..3 {
        for two in 0..3 {
            for three in 0..3 {
                let last = match three {
                    0 => Topic::essays.joined(),
                    1 => Topic::essays.subquery(),
                    _ => Topic::essays.selectin(),
                };
                let middle = match two {
                    0 => Essay::topics.joined(),
                    1 => Essay::topics.subquery(),
                    _ => Essay::topics.selectin(),
                };
                let first = match one {
                    0 => Writer::essays.joined(),
                    1 => Writer::essays.subquery(),
                    _ => Writer::essays.selectin(),
                };
                let query = all.clone().with(first.with(middle.with(last)));
                // A statement has one joined collection at most.
                let mut count = 1;
                let mut has_one = false;
                for level in [one, two, three] {
                    if level == 0 && !has_one {
                        has_one = true;
                    } else {
                        count += 1;
                        has_one = false;
                    }
                }
                let found = rows(count, &query, &db);
                assert_eq!(graph(&found), GRAPH, "{one} {two} {three}");
                let mut session = db.session().unwrap();
                let mut lines = Vec::new();
                let sent = statements(|| {
                    for writer in session.load(query).unwrap() {
                        lines.push(session[writer].name.clone());
                        for essay in session.related(writer, Writer::essays).unwrap() {
                            lines.push(format!(" {}", session[essay].title));
                            for topic in session.related(essay, Essay::topics).unwrap() {
                                lines.push(format!("  {}", session[topic].name));
                                for essay in session.related(topic, Topic::essays).unwrap() {
                                    lines.push(format!("   {}", session[essay].title));
                                }
                            }
                        }
                    }
                });
                assert_eq!(sent.len(), count, "{one} {two} {three}: {sent:#?}");
                assert_eq!(lines, GRAPH, "{one} {two} {three}");
            }
        }
    }
}

fn two_collections_never_multiply(bed: &Bed) {
    let db = library(bed);
    let all = Writer::query().order_by(Writer::id);
    let query = all
        .clone()
        .with(Writer::essays.joined())
        .with(Writer::following.joined())
        .with(Writer::badge.joined());
    for (count, query) in [(2, query.clone()), (2, query.limit(2))] {
        let found = rows(count, &query, &db);
        let essays = names(found[0].essays.loaded().unwrap(), |essay| &essay.title);
        let following = names(found[0].following.loaded().unwrap(), |writer| &writer.name);
        assert_eq!((essays, following), (vec!["a", "b"], vec!["bob", "cid"]));
        assert_eq!(found[0].badge.loaded().unwrap().unwrap().text, "gold");
        assert!(found[1].badge.loaded().unwrap().is_none());
        assert_eq!(found[1].following.loaded().unwrap()[0].name, "ann");
    }
    let query = all
        .with(Writer::essays)
        .with(Writer::edited.subquery())
        .with(Writer::reviewed.joined())
        .with(Writer::followers.selectin());
    let found = rows(4, &query, &db);
    let ann = &found[0];
    assert_eq!(
        names(ann.edited.loaded().unwrap(), |essay| &essay.title),
        ["c"]
    );
    assert_eq!(
        names(ann.reviewed.loaded().unwrap(), |essay| &essay.title),
        ["b", "c"]
    );
    assert_eq!(
        names(ann.followers.loaded().unwrap(), |writer| &writer.name),
        ["bob"]
    );
}

fn a_collection_below_a_row_that_several_share(bed: &Bed) {
    let db = library(bed);
    // Two essays of one writer: each of them has the writer's essays once.
    for query in [
        Essay::query().with(Essay::writer.joined().with(Writer::essays.joined())),
        Essay::query().with(Essay::writer.joined().with(Writer::essays.selectin())),
        Essay::query().with(Essay::writer.selectin().with(Writer::essays.joined())),
        Essay::query().with(Essay::writer.subquery().with(Writer::essays.subquery())),
    ] {
        for query in [query.clone(), query.limit(2)] {
            let found = query.order_by(Essay::id).all(&db).unwrap();
            for essay in &found[..2] {
                let writer = essay.writer.loaded().unwrap();
                let essays = names(writer.essays.loaded().unwrap(), |essay| &essay.title);
                assert_eq!(essays, ["a", "b"]);
            }
        }
    }
    let query = Review::query().order_by(Review::id).with(
        Review::writer
            .joined()
            .with(Writer::badge.joined())
            .with(Writer::essays.joined().with(Essay::editor.joined())),
    );
    let found = rows(1, &query, &db);
    let shown: Vec<_> = found
        .iter()
        .map(|review| {
            let writer = review.writer.loaded().unwrap();
            let badge = writer.badge.loaded().unwrap().is_some();
            let editors = writer.essays.loaded().unwrap().iter().map(|essay| {
                let editor = essay.editor.loaded().unwrap();
                editor.map_or("-", |editor| &*editor.name)
            });
            (&*writer.name, badge, editors.collect::<Vec<_>>())
        })
        .collect();
    let ann = ("ann", true, vec!["-", "bob"]);
    let bob = ("bob", false, vec!["ann"]);
    assert_eq!(shown, [ann.clone(), ann.clone(), bob.clone(), bob, ann]);
}

fn a_diamond(bed: &Bed) {
    let db = library(bed);
    // An essay's writer and its editor, and the badge of both.
    let query = Essay::query()
        .order_by(Essay::id)
        .with(Essay::writer.joined().with(Writer::badge.joined()))
        .with(Essay::editor.joined().with(Writer::badge.joined()));
    let found = rows(1, &query, &db);
    let writer = found[0].writer.loaded().unwrap();
    let editor = found[2].editor.loaded().unwrap().unwrap();
    assert_eq!(writer.badge.loaded().unwrap().unwrap().text, "gold");
    assert_eq!(editor.badge.loaded().unwrap().unwrap().text, "gold");
    let mut session = db.session().unwrap();
    let keys = session.load(query).unwrap();
    let sent = statements(|| {
        let writer = session.related(keys[0], Essay::writer).unwrap();
        let editor = session.related(keys[2], Essay::editor).unwrap();
        assert_eq!(Some(writer), editor, "it is one object");
        let badge = session.related(writer, Writer::badge).unwrap().unwrap();
        assert_eq!(session.related(badge, Badge::writer).unwrap(), Some(writer));
    });
    assert_eq!(sent, [""; 0]);
    // A topic that two essays have is one object, and two values.
    let mut session = db.session().unwrap();
    let keys = session
        .load(Essay::query().order_by(Essay::id).with(Essay::topics))
        .unwrap();
    let one = session.related(keys[0], Essay::topics).unwrap();
    let other = session.related(keys[1], Essay::topics).unwrap();
    assert_eq!(one[0], other[0]);
}

fn what_a_session_knows_is_loaded_along(bed: &Bed) {
    let db = library(bed);
    let essays = || Essay::query().order_by(Essay::id);
    for badge in [
        Writer::badge.selectin(),
        Writer::badge.joined(),
        Writer::badge.subquery(),
    ] {
        // All writers are known: only what goes along with them is asked for.
        let mut session = db.session().unwrap();
        session.load(Writer::query()).unwrap();
        let query = essays().with(Essay::writer.selectin().with(badge.clone()));
        let sent = statements(|| {
            let keys = session.load(query.clone()).unwrap();
            let ann = session.related(keys[0], Essay::writer).unwrap();
            let badge = session.related(ann, Writer::badge).unwrap().unwrap();
            assert_eq!(session[badge].text, "gold");
            let bob = session.related(keys[2], Essay::writer).unwrap();
            assert_eq!(session.related(bob, Writer::badge).unwrap(), None);
        });
        assert_eq!(sent.len(), 2, "{badge:?}: {sent:#?}");
        // One of them is.
        for known in ["ann", "bob"] {
            let mut session = db.session().unwrap();
            session
                .load(Writer::query().filter(Writer::name.eq(known)))
                .unwrap();
            let keys = session.load(query.clone()).unwrap();
            let sent = statements(|| {
                let ann = session.related(keys[0], Essay::writer).unwrap();
                assert!(
                    session.related(ann, Writer::badge).unwrap().is_some(),
                    "{badge:?}"
                );
                let bob = session.related(keys[2], Essay::writer).unwrap();
                assert!(session.related(bob, Writer::badge).unwrap().is_none());
            });
            assert_eq!(sent, [""; 0], "{badge:?}");
        }
    }
    // Nothing more to load: none is sent for what is known.
    let mut session = db.session().unwrap();
    session.load(Writer::query()).unwrap();
    let sent = statements(|| {
        session
            .load(essays().with(Essay::writer.selectin()))
            .unwrap();
    });
    assert_eq!(sent.len(), 1, "{sent:#?}");
}

fn many_parents_take_two_statements(bed: &Bed) {
    let db = library(bed);
    let many = (0..2_000).map(|number| Topic::build().name(format!("{number:04}")));
    let topics = Topic::insert_many(many).execute(&db).unwrap();
    let essay = Essay::query()
        .order_by(Essay::id)
        .first(&db)
        .unwrap()
        .unwrap();
    let pairs = topics
        .iter()
        .map(|id| EssayTopic::build().topic_id(*id).essay_id(essay.id));
    EssayTopic::insert_many(pairs).execute(&db).unwrap();
    let branches = (0..2_000).map(|number| Branch::build().name(format!("{number}")));
    let ids = Branch::insert_many(branches).execute(&db).unwrap();
    let children = ids
        .iter()
        .map(|id| Branch::build().name("child").parent_id(Some(*id)));
    Branch::insert_many(children).execute(&db).unwrap();
    for (count, related) in [
        (1, Topic::essays.joined()),
        (2, Topic::essays.subquery()),
        (2, Topic::essays.selectin()),
    ] {
        let query = Topic::query()
            .order_by(Topic::name)
            .limit(2_000)
            .with(related);
        let found = rows(count, &query, &db);
        assert_eq!(found.len(), 2_000);
        assert!(
            found
                .iter()
                .all(|topic| topic.essays.loaded().unwrap()[0].id == essay.id)
        );
    }
    for (count, related) in [
        (1, Branch::children.joined()),
        (2, Branch::children.subquery()),
        (2, Branch::children.selectin()),
    ] {
        let roots = Branch::query().filter(Branch::parent_id.is_null());
        let found = rows(count, &roots.with(related), &db);
        assert_eq!(found.len(), 2_000);
        for branch in &found {
            let children = branch.children.loaded().unwrap();
            assert_eq!(
                (children.len(), children[0].parent_id),
                (1, Some(branch.id))
            );
        }
    }
    let all = Branch::query().with(Branch::parent.selectin());
    let found = rows(2, &all, &db);
    let with_parent = found
        .iter()
        .filter(|branch| branch.parent.loaded().unwrap().is_some());
    assert_eq!(with_parent.count(), 2_000);
}
