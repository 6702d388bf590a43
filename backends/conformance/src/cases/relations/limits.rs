//! Which related rows, in which order, and how many for each parent.

use birgus::prelude::*;

use super::stock::{TREE, branches, library};
use super::{names, rows};
use crate::Bed;
use crate::library::{Branch, Essay, Topic, Writer};

super::super::cases![
    a_filter,
    an_order,
    so_many_for_each,
    so_many_of_many_to_many,
    so_many_of_pairs_that_repeat,
    rows_that_agree_in_the_order,
    so_many_of_a_tree,
    so_many_of_a_table_that_the_query_has,
    so_many_of_the_rows_beside_one,
    a_filter_of_a_relationship_to_one,
    a_filter_with_a_query_of_the_same_table,
    lazily_nothing_can_be_said,
];

/// The strategies that load collections, and the number of their statements.
type Ways<M, T> = [(usize, birgus::relation::Related<M, Many<T>>); 3];

fn ways<M: birgus::model::Model, T: birgus::model::Model>(
    related: &birgus::relation::Related<M, Many<T>>,
) -> Ways<M, T> {
    [
        (1, related.clone().joined()),
        (2, related.clone().subquery()),
        (2, related.clone().selectin()),
    ]
}

fn titles(writers: &[Writer]) -> Vec<Vec<&str>> {
    let essays = |writer: &'_ Writer| writer.essays.loaded().unwrap().len();
    assert!(writers.iter().map(essays).sum::<usize>() < 100);
    writers
        .iter()
        .map(|writer| names(writer.essays.loaded().unwrap(), |essay| &essay.title))
        .collect()
}

fn a_filter(bed: &Bed) {
    let db = library(bed);
    let liked = Writer::essays.filter(Essay::likes.gt(2));
    for (count, related) in ways(&liked.filter(Essay::title.ne("x"))) {
        let query = Writer::query().order_by(Writer::id).with(related);
        let mut found = rows(count, &query, &db);
        assert_eq!(titles(&found), [vec!["b"], vec!["c"], vec![]]);
        assert!(found.iter().all(|writer| writer.essays.is_partial()));
        // Loading it loads it whole.
        let whole = found[0].essays.load(&db).unwrap();
        assert_eq!(names(whole, |essay| &essay.title), ["a", "b"]);
        assert!(!found[0].essays.is_partial());
        let mut session = db.session().unwrap();
        let keys = session.load(query).unwrap();
        assert!(session.is_partial(keys[0], Writer::essays).unwrap());
        assert_eq!(session.related(keys[0], Writer::essays).unwrap().len(), 1);
    }
}

fn an_order(bed: &Bed) {
    let db = library(bed);
    for (count, related) in ways(&Writer::essays.order_by(Essay::likes.desc())) {
        let query = Writer::query().order_by(Writer::name.desc()).with(related);
        let found = rows(count, &query, &db);
        assert_eq!(titles(&found), [vec![], vec!["c"], vec!["b", "a"]]);
        assert!(!found[0].essays.is_partial());
    }
    // In place of the relationship's own; what agrees is ordered by key.
    for (count, related) in ways(&Essay::topics.order_by(Topic::name.desc())) {
        let found = rows(
            count,
            &Essay::query().order_by(Essay::id).with(related),
            &db,
        );
        let topics = found[0].topics.loaded().unwrap();
        assert_eq!(names(topics, |topic| &topic.name), ["sea", "crabs"]);
    }
    for (count, related) in ways(&Writer::essays.order_by((Essay::likes * 0).asc())) {
        let found = rows(
            count,
            &Writer::query().order_by(Writer::id).with(related),
            &db,
        );
        assert_eq!(titles(&found), [vec!["a", "b"], vec!["c"], vec![]]);
    }
}

fn so_many_for_each(bed: &Bed) {
    let db = library(bed);
    let best = Writer::essays.order_by(Essay::likes.desc());
    let all = Writer::query().order_by(Writer::id);
    for (limit, offset, expected) in [
        (Some(1), None, [vec!["b"], vec!["c"], vec![]]),
        (None, Some(1), [vec!["a"], vec![], vec![]]),
        (Some(5), Some(0), [vec!["b", "a"], vec!["c"], vec![]]),
        (Some(1), Some(1), [vec!["a"], vec![], vec![]]),
        (Some(0), None, [vec![], vec![], vec![]]),
        (Some(u64::MAX), Some(u64::MAX), [vec![], vec![], vec![]]),
    ] {
        let mut related = best.clone();
        if let Some(limit) = limit {
            related = related.limit(limit);
        }
        if let Some(offset) = offset {
            related = related.offset(offset);
        }
        for (count, related) in ways(&related) {
            let found = rows(count, &all.clone().with(related.clone()), &db);
            assert_eq!(titles(&found), expected, "{limit:?} {offset:?} {related:?}");
            assert!(found[0].essays.is_partial());
            // With a limit of the parents, too.
            let two = all.clone().limit(1).offset(1).with(related.clone());
            let found = rows(count, &two, &db);
            assert_eq!(titles(&found), expected[1..2], "{related:?}");
        }
    }
    for (count, related) in ways(&best.filter(Essay::likes.lt(5)).limit(1)) {
        let found = rows(count, &all.clone().with(related), &db);
        assert_eq!(titles(&found), [vec!["a"], vec!["c"], vec![]]);
    }
}

fn so_many_of_many_to_many(bed: &Bed) {
    let db = library(bed);
    for (count, related) in ways(&Essay::topics.limit(1)) {
        let found = rows(
            count,
            &Essay::query().order_by(Essay::id).with(related),
            &db,
        );
        let topics = |at: usize| names(found[at].topics.loaded().unwrap(), |topic| &topic.name);
        assert_eq!(
            [topics(0), topics(1), topics(2)],
            [vec!["crabs"], vec!["crabs"], vec![]]
        );
    }
    for (count, related) in ways(&Writer::following.order_by(Writer::name.desc()).limit(1)) {
        let found = rows(
            count,
            &Writer::query().order_by(Writer::id).with(related),
            &db,
        );
        let following = |at: usize| names(found[at].following.loaded().unwrap(), |one| &one.name);
        assert_eq!(
            [following(0), following(1), following(2)],
            [["cid"], ["ann"], ["cid"]]
        );
    }
}

fn so_many_of_pairs_that_repeat(bed: &Bed) {
    let db = library(bed);
    for (count, related) in ways(&Writer::reviewed.order_by(Essay::title.desc()).limit(2)) {
        let found = rows(
            count,
            &Writer::query().order_by(Writer::id).with(related),
            &db,
        );
        let essays = |at: usize| names(found[at].reviewed.loaded().unwrap(), |essay| &essay.title);
        assert_eq!(
            [essays(0), essays(1), essays(2)],
            [vec!["c", "b"], vec!["c", "a"], vec![]]
        );
    }
}

fn rows_that_agree_in_the_order(bed: &Bed) {
    let db = library(bed);
    // The relationship's order is by name, and the names agree.
    Topic::query().update(Topic::name.set("same"), &db).unwrap();
    let essay = Essay::query().order_by(Essay::id).first(&db).unwrap();
    let ids = |topics: &Many<Topic>| -> Vec<i64> {
        topics
            .loaded()
            .unwrap()
            .iter()
            .map(|topic| topic.id)
            .collect()
    };
    let mut essay = essay.unwrap();
    essay.topics.load(&db).unwrap();
    let expected = ids(&essay.topics);
    assert!(expected.is_sorted() && expected.len() == 2);
    for (limit, related) in [
        (2, Essay::topics.related()),
        (2, Essay::topics.limit(2)),
        (1, Essay::topics.limit(1)),
    ] {
        for (count, related) in ways(&related) {
            let query = Essay::query().order_by(Essay::id).with(related);
            assert_eq!(ids(&rows(count, &query, &db)[0].topics), expected[..limit]);
        }
    }
}

fn so_many_of_a_tree(bed: &Bed) {
    let db = branches(bed, &TREE);
    for (count, related) in ways(&Branch::children.order_by(Branch::name.desc()).limit(1)) {
        let found = rows(
            count,
            &Branch::query().order_by(Branch::id).with(related),
            &db,
        );
        let children = |at: usize| names(found[at].children.loaded().unwrap(), |child| &child.name);
        assert_eq!(
            [children(0), children(1), children(3)],
            [["right"], ["two"], ["leaf"]]
        );
        assert!(children(2).is_empty());
        assert_eq!(found[0].name, "root");
    }
}

fn so_many_of_a_table_that_the_query_has(bed: &Bed) {
    let db = branches(bed, &TREE);
    let query = Branch::query().with(Branch::children.joined().limit(3));
    let mut found = rows(1, &query, &db);
    found.sort_by_key(|branch| branch.id);
    let children: Vec<_> = found
        .iter()
        .map(|branch| branch.children.loaded().unwrap().len())
        .collect();
    assert_eq!(children, [2, 2, 0, 1, 0, 0, 0]);
}

fn so_many_of_the_rows_beside_one(bed: &Bed) {
    let db = library(bed);
    let titles = |found: &[Essay]| -> Vec<String> {
        let essays = |essay: &Essay| {
            let writer = essay.writer.loaded().unwrap();
            names(writer.essays.loaded().unwrap(), |essay| &essay.title).join(" ")
        };
        found.iter().map(essays).collect()
    };
    // Its column in the condition is none of theirs.
    let b = Essay::query().filter(Essay::title.eq("b"));
    let best = Writer::essays.order_by(Essay::likes.desc());
    for (related, expected) in [
        (Writer::essays.limit(3), "a b"),
        (Writer::essays.limit(1), "a"),
        (best.offset(1), "a"),
    ] {
        let query = (b.clone()).with(Essay::writer.joined().with(related.joined()));
        let found = rows(1, &query, &db);
        assert_eq!(found[0].title, "b");
        assert_eq!(titles(&found), [expected]);
    }
}

fn a_filter_of_a_relationship_to_one(bed: &Bed) {
    let db = library(bed);
    let bob = Essay::editor.filter(Writer::name.eq("bob"));
    for (count, related) in [
        (1, bob.clone().joined()),
        (2, bob.clone().subquery()),
        (2, bob.clone().selectin()),
    ] {
        let found = rows(
            count,
            &Essay::query().order_by(Essay::id).with(related),
            &db,
        );
        let editors: Vec<_> = found
            .iter()
            .map(|essay| essay.editor.loaded().unwrap().map(|editor| &*editor.name))
            .collect();
        assert_eq!(editors, [None, Some("bob"), None]);
        assert!(found[2].editor.is_partial());
    }
}

fn a_filter_with_a_query_of_the_same_table(bed: &Bed) {
    let db = branches(bed, &TREE);
    // Children that have children called so; the names that are made up on the way must not be mixed up.
    let related = Branch::children.filter(Branch::children.any(Branch::name.eq("leaf")));
    for (count, related) in ways(&related) {
        let found = rows(
            count,
            &Branch::query().order_by(Branch::id).with(related),
            &db,
        );
        let children = |at: usize| names(found[at].children.loaded().unwrap(), |child| &child.name);
        assert_eq!(children(1), ["one"]);
        assert!(children(0).is_empty() && children(3).is_empty());
    }
    let related = Branch::children
        .order_by(Branch::children.count().desc())
        .limit(1);
    for (count, related) in ways(&related) {
        let found = rows(
            count,
            &Branch::query().order_by(Branch::id).with(related),
            &db,
        );
        let children = |at: usize| names(found[at].children.loaded().unwrap(), |child| &child.name);
        assert_eq!([children(0), children(1)], [["left"], ["one"]]);
    }
}

fn lazily_nothing_can_be_said(bed: &Bed) {
    let db = library(bed);
    let liked = || Writer::essays.filter(Essay::likes.gt(2));
    for related in [
        liked().select(),
        liked().dynamic(),
        liked().raise(),
        Writer::essays.limit(1).select(),
        Writer::essays.with(Essay::topics).select(),
    ] {
        let error = Writer::query().with(related).all(&db).unwrap_err();
        assert!(error.is_invalid_query(), "{error}");
        assert!(error.to_string().contains("Writer.essays"), "{error}");
    }
}
