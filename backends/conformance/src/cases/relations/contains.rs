//! Joins written by hand that fill relationships.

use birgus::prelude::*;

use super::stock::{TREE, branches, library};
use super::{names, rows};
use crate::Bed;
use crate::library::{Branch, Essay, EssayTopic, Topic, Writer};

super::super::cases![
    a_collection,
    a_left_join,
    a_row,
    by_another_name,
    nested_joins,
    beside_other_strategies,
    what_would_cut_or_multiply_is_refused,
    of_one_row_alone,
    one_alias_is_followed_once,
    below_a_join_too,
    without_a_join_it_is_refused,
];

fn a_collection(bed: &Bed) {
    let db = library(bed);
    let query = Writer::query()
        .join::<Essay>(Essay::writer_id.eq(Writer::id))
        .filter(Essay::likes.gt(2))
        .order_by(Writer::id)
        .order_by(Essay::likes.desc())
        .with(Writer::essays.contains());
    let found = rows(1, &query, &db);
    assert_eq!(names(&found, |writer| &writer.name), ["ann", "bob"]);
    assert_eq!(
        names(found[0].essays.loaded().unwrap(), |essay| &essay.title),
        ["b"]
    );
    assert!(found[0].essays.is_partial());
    let mut session = db.session().unwrap();
    let keys = session.load(query).unwrap();
    assert_eq!(keys.len(), 2);
    let essays = session.related(keys[0], Writer::essays).unwrap();
    assert_eq!(essays.len(), 1);
    assert_eq!(session[essays[0]].title, "b");
    assert!(session.is_partial(keys[0], Writer::essays).unwrap());
}

fn a_left_join(bed: &Bed) {
    let db = library(bed);
    let query = Writer::query()
        .left_join::<Essay>(Essay::writer_id.eq(Writer::id))
        .order_by(Writer::id.desc())
        .order_by(Essay::id.desc())
        .with(Writer::essays.contains());
    let found = rows(1, &query, &db);
    assert_eq!(names(&found, |writer| &writer.name), ["cid", "bob", "ann"]);
    assert_eq!(found[0].essays.loaded().unwrap(), []);
    assert_eq!(
        names(found[2].essays.loaded().unwrap(), |essay| &essay.title),
        ["b", "a"]
    );
}

fn a_row(bed: &Bed) {
    let db = library(bed);
    let query = Essay::query()
        .join::<Writer>(Essay::writer_id.eq(Writer::id))
        .order_by(Writer::name.desc())
        .order_by(Essay::id)
        .limit(2)
        .with(Essay::writer.contains());
    let found = rows(1, &query, &db);
    let shown: Vec<_> = found
        .iter()
        .map(|essay| (&*essay.title, &*essay.writer.loaded().unwrap().name))
        .collect();
    assert_eq!(shown, [("c", "bob"), ("a", "ann")]);
    // A collection beside it can't be joined when the rows are limited, and goes by itself.
    let found = rows(2, &query.with(Essay::topics.joined()), &db);
    assert_eq!(found.len(), 2);
    assert_eq!(found[1].writer.loaded().unwrap().name, "ann");
    assert_eq!(
        names(found[1].topics.loaded().unwrap(), |topic| &topic.name),
        ["crabs", "sea"]
    );
}

fn by_another_name(bed: &Bed) {
    let db = branches(bed, &TREE);
    let child = Branch::alias("child");
    let query = Branch::query()
        .join_to(&child, child.column(Branch::parent_id).eq(Branch::id))
        .filter(child.column(Branch::name).ne("two"))
        .order_by(Branch::id)
        .order_by(child.column(Branch::id))
        .with(Branch::children.contains_as(&child));
    let found = rows(1, &query, &db);
    let children = |at: usize| -> Vec<&str> {
        names(found[at].children.loaded().unwrap(), |child| &child.name)
    };
    assert_eq!(
        names(&found, |branch| &branch.name),
        ["root", "left", "one"]
    );
    assert_eq!(
        [children(0), children(1), children(2)],
        [vec!["left", "right"], vec!["one"], vec!["leaf"]]
    );
}

fn nested_joins(bed: &Bed) {
    let db = library(bed);
    let query = Essay::query()
        .join::<EssayTopic>(EssayTopic::essay_id.eq(Essay::id))
        .join::<Topic>(Topic::id.eq(EssayTopic::topic_id))
        .join::<Writer>(Writer::id.eq(Essay::writer_id))
        .order_by(Essay::id)
        .order_by(Topic::id)
        .with(Essay::topics.contains())
        .with(Essay::writer.contains().with(Writer::badge.joined()));
    let found = rows(1, &query, &db);
    assert_eq!(names(&found, |essay| &essay.title), ["a", "b"]);
    assert_eq!(
        names(found[0].topics.loaded().unwrap(), |topic| &topic.name),
        ["sea", "crabs"]
    );
    let writer = found[1].writer.loaded().unwrap();
    assert_eq!(writer.badge.loaded().unwrap().unwrap().text, "gold");
    // A collection of a row that several share.
    let other = Essay::alias("other");
    let query = Essay::query()
        .join::<Writer>(Writer::id.eq(Essay::writer_id))
        .join_to(&other, other.column(Essay::writer_id).eq(Writer::id))
        .order_by(Essay::id)
        .order_by(other.column(Essay::id))
        .with(
            Essay::writer
                .contains()
                .with(Writer::essays.contains_as(&other)),
        );
    let found = rows(1, &query, &db);
    let shown: Vec<_> = found
        .iter()
        .map(|essay| {
            let writer = essay.writer.loaded().unwrap();
            names(writer.essays.loaded().unwrap(), |essay| &essay.title)
        })
        .collect();
    assert_eq!(shown, [vec!["a", "b"], vec!["a", "b"], vec!["c"]]);
    assert!(query.limit(1).all(&db).unwrap_err().is_invalid_query());
}

fn beside_other_strategies(bed: &Bed) {
    let db = library(bed);
    let query = Writer::query()
        .join::<Essay>(Essay::writer_id.eq(Writer::id))
        .order_by(Writer::id)
        .with(Writer::essays.contains().with(Essay::topics.joined()))
        .with(Writer::following.joined())
        .with(Writer::edited.subquery())
        .with(Writer::badge.joined());
    let found = rows(4, &query, &db);
    assert_eq!(found.len(), 2);
    let essays = found[0].essays.loaded().unwrap();
    assert_eq!(names(essays, |essay| &essay.title), ["a", "b"]);
    assert_eq!(
        names(essays[0].topics.loaded().unwrap(), |topic| &topic.name),
        ["crabs", "sea"]
    );
    assert_eq!(
        names(found[0].following.loaded().unwrap(), |one| &one.name),
        ["bob", "cid"]
    );
    assert_eq!(
        names(found[0].edited.loaded().unwrap(), |essay| &essay.title),
        ["c"]
    );
    assert!(found[0].badge.loaded().unwrap().is_some());
}

fn what_would_cut_or_multiply_is_refused(bed: &Bed) {
    let db = library(bed);
    let joined = || Writer::query().join::<Essay>(Essay::writer_id.eq(Writer::id));
    let contains = || joined().with(Writer::essays.contains());
    let edited = Essay::alias("edited_essay");
    for (query, said) in [
        (contains().limit(1), "limit"),
        (contains().offset(1), "limit"),
        (contains().distinct(), "distinct"),
        (
            joined()
                .join_to(&edited, edited.column(Essay::editor_id).eq(Writer::id))
                .with(Writer::essays.contains())
                .with(Writer::edited.contains_as(&edited)),
            "two collections",
        ),
        (
            joined().with(Writer::essays.filter(Essay::likes.gt(1)).contains()),
            "filter",
        ),
        (
            joined().with(Writer::essays.order_by(Essay::likes.asc()).contains()),
            "filter",
        ),
        (joined().with(Writer::essays.limit(1).contains()), "filter"),
    ] {
        let error = query.all(&db).unwrap_err();
        assert!(error.is_invalid_query(), "{error}");
        let text = error.to_string();
        assert!(
            text.contains("Writer.e") && text.contains(said),
            "{said}: {text}"
        );
    }
    // `first` is a limit.
    let error = contains().first(&db).unwrap_err();
    assert!(error.is_invalid_query(), "{error}");
    assert!(error.to_string().contains("first()"), "{error}");
}

fn of_one_row_alone(bed: &Bed) {
    let db = library(bed);
    let contains = || {
        Writer::query()
            .join::<Essay>(Essay::writer_id.eq(Writer::id))
            .order_by(Essay::likes.desc())
            .with(Writer::essays.contains())
    };
    let both = |writer: &Writer| {
        assert_eq!(
            names(writer.essays.loaded().unwrap(), |essay| &essay.title),
            ["b", "a"]
        );
        writer.id
    };
    let ann = || contains().filter(Writer::name.eq("ann"));
    let id = both(&ann().one(&db).unwrap());
    both(&ann().one_or_none(&db).unwrap().unwrap());
    both(&contains().get(id, &db).unwrap().unwrap());
    // Three rows, of two writers.
    assert!(contains().one(&db).unwrap_err().is_multiple_rows());
    let nobody = || contains().filter(Writer::name.eq("nobody"));
    assert!(nobody().one_or_none(&db).unwrap().is_none());
    assert!(nobody().one(&db).unwrap_err().is_not_found());
    // A limit that the query has is one still.
    assert!(ann().limit(1).one(&db).unwrap_err().is_invalid_query());
    // A row below it, with a collection.
    let other = Essay::alias("other");
    let found = Essay::query()
        .filter(Essay::title.eq("a"))
        .join::<Writer>(Writer::id.eq(Essay::writer_id))
        .join_to(&other, other.column(Essay::writer_id).eq(Writer::id))
        .order_by(other.column(Essay::likes).desc())
        .with(
            Essay::writer
                .contains()
                .with(Writer::essays.contains_as(&other)),
        )
        .one(&db)
        .unwrap();
    both(found.writer.loaded().unwrap());
}

fn one_alias_is_followed_once(bed: &Bed) {
    let db = branches(bed, &TREE);
    let child = Branch::alias("child");
    let query = || {
        Branch::query()
            .join_to(&child, child.column(Branch::parent_id).eq(Branch::id))
            .order_by(Branch::id)
            .order_by(child.column(Branch::id))
    };
    for related in [
        Branch::children.contains_as(&child).depth(2),
        Branch::children.contains_as(&child).recursive(),
        Branch::children.depth(2).contains_as(&child),
    ] {
        let error = query().with(related).all(&db).unwrap_err();
        assert!(error.is_invalid_query(), "{error}");
        let text = error.to_string();
        assert!(text.starts_with("Branch.children: "), "{text}");
        assert!(text.contains("another alias"), "{text}");
    }
    // Which is done so.
    let grandchild = Branch::alias("grandchild");
    let on = grandchild.column(Branch::parent_id);
    let query = query()
        .join_to(&grandchild, on.eq(child.column(Branch::id)))
        .filter(Branch::name.eq("root"))
        .order_by(grandchild.column(Branch::id))
        .with(Branch::children.contains_as(&child));
    let found = query.all(&db).unwrap();
    assert_eq!(
        names(found[0].children.loaded().unwrap(), |child| &child.name),
        ["left"]
    );
}

fn below_a_join_too(bed: &Bed) {
    let db = library(bed);
    let other = Essay::alias("other");
    let query = |related| {
        Essay::query()
            .join_to(&other, other.column(Essay::writer_id).eq(Essay::writer_id))
            .order_by(Essay::id)
            .order_by(other.column(Essay::id))
            .with(Essay::writer.joined().with(related))
    };
    let contained = || Writer::essays.contains_as(&other);
    let found = rows(1, &query(contained()), &db);
    let shown: Vec<_> = found
        .iter()
        .map(|essay| {
            essay
                .writer
                .loaded()
                .unwrap()
                .essays
                .loaded()
                .unwrap()
                .len()
        })
        .collect();
    assert_eq!(shown, [2, 2, 1]);
    // As it would be refused of the rows themselves.
    for (query, said) in [
        (query(contained()).limit(1), "limit"),
        (query(contained().filter(Essay::likes.gt(1))), "filter"),
        (query(contained().depth(2)), "depth"),
    ] {
        let error = query.all(&db).unwrap_err();
        assert!(error.is_invalid_query(), "{error}");
        let text = error.to_string();
        assert!(
            text.starts_with("Writer.essays: ") && text.contains(said),
            "{text}"
        );
    }
}

fn without_a_join_it_is_refused(bed: &Bed) {
    let db = library(bed);
    let error = Writer::query()
        .with(Writer::essays.contains())
        .all(&db)
        .unwrap_err();
    assert!(error.is_invalid_query(), "{error}");
    let below = Writer::query().with(Writer::essays.selectin().with(Essay::writer.contains()));
    let error = below.all(&db).unwrap_err();
    assert!(error.is_invalid_query(), "{error}");
    let mut writers = Writer::query().all(&db).unwrap();
    let error = birgus::load(&mut writers, Writer::essays.contains(), &db).unwrap_err();
    assert!(error.is_invalid_query(), "{error}");
}
