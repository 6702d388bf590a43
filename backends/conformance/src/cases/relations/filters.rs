//! Conditions and values over what rows are related to.

use birgus::prelude::*;
use birgus::query::Expr;

use super::names;
use super::stock::{TREE, branches, library, places};
use crate::Bed;
use crate::library::{Badge, Branch, Essay, Land, Shelf, Topic, Town, Volume, Writer};

super::super::cases![
    of_collections,
    of_rows,
    of_many_to_many,
    of_keys_of_several_columns,
    nested_in_each_other,
    of_a_tree,
    by_another_name,
    counted_and_ordered,
    aggregated,
    columns,
    in_other_places,
    a_limit_is_refused,
];

fn writers(db: &Database, condition: impl Into<Expr<bool>>) -> Vec<String> {
    let query = Writer::query().filter(condition).order_by(Writer::id);
    query.pluck(Writer::name, db).unwrap()
}

fn essays(db: &Database, condition: impl Into<Expr<bool>>) -> Vec<String> {
    let query = Essay::query().filter(condition).order_by(Essay::id);
    query.pluck(Essay::title, db).unwrap()
}

fn twigs(db: &Database, condition: impl Into<Expr<bool>>) -> Vec<String> {
    let query = Branch::query().filter(condition).order_by(Branch::id);
    query.pluck(Branch::name, db).unwrap()
}

const NONE: [&str; 0] = [];

fn of_collections(bed: &Bed) {
    let db = library(bed);
    assert_eq!(
        writers(&db, Writer::essays.any(Essay::likes.gt(4))),
        ["ann"]
    );
    assert_eq!(
        writers(&db, !Writer::essays.any(Essay::likes.gt(4))),
        ["bob", "cid"]
    );
    assert_eq!(writers(&db, Writer::essays.exists()), ["ann", "bob"]);
    assert_eq!(writers(&db, !Writer::essays.exists()), ["cid"]);
    assert_eq!(
        writers(&db, Writer::edited.any(Essay::title.eq("c"))),
        ["ann"]
    );
    let both = Writer::essays
        .filter(Essay::likes.gt(1))
        .filter(Essay::likes.lt(4));
    assert_eq!(writers(&db, both.clone().exists()), ["bob"]);
    assert_eq!(writers(&db, both.any(Essay::title.eq("a"))), NONE);
    // The row around is at hand.
    assert_eq!(
        writers(&db, Writer::essays.any(Essay::writer_id.ne(Writer::id))),
        NONE
    );
    assert_eq!(
        writers(&db, Writer::edited.any(Essay::writer_id.ne(Writer::id))),
        ["ann", "bob"]
    );
}

fn of_rows(bed: &Bed) {
    let db = library(bed);
    assert_eq!(
        essays(&db, Essay::writer.has(Writer::name.eq("ann"))),
        ["a", "b"]
    );
    assert_eq!(
        essays(&db, !Essay::editor.has(Writer::name.eq("bob"))),
        ["a", "c"]
    );
    assert_eq!(essays(&db, Essay::editor.exists()), ["b", "c"]);
    assert_eq!(
        writers(&db, Writer::badge.has(Badge::text.eq("gold"))),
        ["ann"]
    );
    assert_eq!(writers(&db, !Writer::badge.exists()), ["bob", "cid"]);
    let both =
        Essay::writer.has(Writer::name.eq("ann")) & Essay::editor.has(Writer::name.eq("bob"));
    assert_eq!(essays(&db, both), ["b"]);
}

fn of_many_to_many(bed: &Bed) {
    let db = library(bed);
    assert_eq!(essays(&db, Essay::topics.any(Topic::name.eq("sea"))), ["a"]);
    assert_eq!(essays(&db, !Essay::topics.exists()), ["c"]);
    assert_eq!(
        writers(&db, Writer::following.any(Writer::name.eq("cid"))),
        ["ann", "cid"]
    );
    assert_eq!(
        writers(&db, Writer::followers.any(Writer::name.eq("ann"))),
        ["bob", "cid"]
    );
    assert_eq!(
        writers(&db, Writer::reviewed.any(Essay::title.eq("c"))),
        ["ann", "bob"]
    );
    // Those who follow somebody who follows them.
    let mutual = Writer::following.any(Writer::following.any(Writer::name.eq("bob")));
    assert_eq!(writers(&db, mutual), ["bob"]);
}

fn of_keys_of_several_columns(bed: &Bed) {
    let db = places(bed);
    let shelves = Shelf::query().filter(Shelf::volumes.count().eq(2));
    assert_eq!(
        shelves
            .select((Shelf::room, Shelf::number))
            .all(&db)
            .unwrap(),
        [(1, 2)]
    );
    let volumes = Volume::query().filter(!Volume::shelf.exists());
    assert_eq!(volumes.pluck(Volume::id, &db).unwrap(), [2]);
    let towns = Town::query().filter(Town::land.has(Land::code.eq("A")));
    assert_eq!(towns.pluck(Town::name, &db).unwrap(), ["x"]);
    let lands = Land::query().filter(Land::towns.count().gt(1));
    assert_eq!(lands.pluck(Land::code, &db).unwrap(), ["a"]);
}

fn nested_in_each_other(bed: &Bed) {
    let db = library(bed);
    let by_topic = |name: &str| Writer::essays.any(Essay::topics.any(Topic::name.eq(name)));
    assert_eq!(writers(&db, by_topic("sea")), ["ann"]);
    assert_eq!(writers(&db, by_topic("sand")), NONE);
    // There and back: the inner writers are others than the outer.
    let edited_by = |name: &str| Writer::essays.any(Essay::editor.has(Writer::name.eq(name)));
    assert_eq!(writers(&db, edited_by("ann")), ["bob"]);
    assert_eq!(writers(&db, edited_by("bob")), ["ann"]);
    let back = Writer::essays.any(Essay::editor.has(Writer::essays.any(Essay::title.eq("c"))));
    assert_eq!(writers(&db, back), ["ann"]);
    let beside = essays(
        &db,
        Essay::writer.has(Writer::essays.any(Essay::likes.eq(5))),
    );
    assert_eq!(beside, ["a", "b"]);
    let counted = Essay::writer.has(Writer::essays.count().eq(1));
    assert_eq!(essays(&db, counted), ["c"]);
}

fn of_a_tree(bed: &Bed) {
    let db = branches(bed, &TREE);
    let named = |name: &str| Branch::name.eq(name);
    assert_eq!(twigs(&db, Branch::children.any(named("left"))), ["root"]);
    assert_eq!(
        twigs(&db, Branch::parent.has(named("left"))),
        ["one", "two"]
    );
    let grandparents = Branch::children.any(Branch::children.any(named("leaf")));
    assert_eq!(twigs(&db, grandparents), ["left"]);
    let deep = Branch::children.any(Branch::children.any(Branch::children.any(named("leaf"))));
    assert_eq!(twigs(&db, deep), ["root"]);
    let siblings = Branch::parent.has(Branch::children.any(named("one")));
    assert_eq!(twigs(&db, siblings), ["one", "two"]);
    let up = Branch::parent.has(Branch::parent.has(named("root")));
    assert_eq!(twigs(&db, up), ["one", "two"]);
    assert_eq!(
        twigs(&db, !Branch::children.exists()),
        ["right", "two", "leaf", "lone"]
    );
    let busy = Branch::children.any(Branch::children.count().eq(2));
    assert_eq!(twigs(&db, busy), ["root"]);
    let between = Branch::children.exists() & Branch::parent.exists();
    assert_eq!(twigs(&db, between), ["left", "one"]);
}

fn by_another_name(bed: &Bed) {
    let db = branches(bed, &TREE);
    let b = Branch::alias("b");
    let query = b
        .query()
        .filter(b.relation(Branch::children).any(Branch::name.eq("left")))
        .select(b.column(Branch::name));
    assert_eq!(query.all(&db).unwrap(), ["root"]);
    // Both names in one query.
    let query = Branch::query()
        .join_to(&b, b.column(Branch::parent_id).eq(Branch::id))
        .filter(b.relation(Branch::children).any(Branch::name.eq("leaf")))
        .filter(Branch::children.count().eq(2))
        .select((Branch::name, b.column(Branch::name)));
    assert_eq!(
        query.all(&db).unwrap(),
        [("left".to_owned(), "one".to_owned())]
    );
    let nested = b
        .relation(Branch::children)
        .any(Branch::children.any(Branch::name.eq("leaf")));
    let query = b.query().filter(nested).select(b.column(Branch::name));
    assert_eq!(query.all(&db).unwrap(), ["left"]);
    // An inner condition may look at the outer name.
    let same = b
        .relation(Branch::children)
        .any(Branch::parent_id.eq(b.column(Branch::id)));
    assert_eq!(b.query().filter(same).count(&db).unwrap(), 3);
    let other = bed.another();
    let db = library(&other);
    let w = Writer::alias("w");
    let query = w
        .query()
        .filter(w.relation(Writer::following).any(Writer::name.eq("ann")));
    let found = query.all(&db).unwrap();
    assert_eq!(names(&found, |writer| &writer.name), ["bob"]);
}

fn counted_and_ordered(bed: &Bed) {
    let db = library(bed);
    let counts = Writer::query().order_by(Writer::id).select((
        Writer::name,
        Writer::essays.count(),
        Writer::reviewed.count(),
        Writer::followers.count(),
    ));
    let named = |name: &str, one, two, three| (name.to_owned(), one, two, three);
    assert_eq!(
        counts.all(&db).unwrap(),
        [
            named("ann", 2, 2, 1),
            named("bob", 1, 2, 1),
            named("cid", 0, 0, 2)
        ]
    );
    let ordered = Writer::query().order_by(Writer::essays.count().desc());
    let found = ordered.clone().pluck(Writer::name, &db).unwrap();
    assert_eq!(found, ["ann", "bob", "cid"]);
    let liked = Writer::essays.filter(Essay::likes.gt(2)).count();
    assert_eq!(writers(&db, liked.eq(1)), ["ann", "bob"]);
    assert_eq!(
        writers(&db, Writer::essays.count().eq(Writer::edited.count())),
        ["bob", "cid"]
    );
    assert_eq!(
        ordered
            .filter(Writer::essays.count().gt(0))
            .count(&db)
            .unwrap(),
        2
    );
}

fn aggregated(bed: &Bed) {
    let db = library(bed);
    let sums = Writer::query().order_by(Writer::id).select((
        Writer::essays.aggregate(Essay::likes.max()),
        Writer::essays.aggregate(Essay::likes.sum()),
        Writer::reviewed.aggregate(Essay::likes.sum()),
    ));
    let found = sums.all(&db).unwrap();
    assert_eq!(found[0].0, Some(5));
    assert_eq!(found[2].0, None);
    assert_eq!(found[0].1, Some(6));
    // The essay that was reviewed twice counts once.
    assert_eq!(found[0].2, Some(8));
    let other = bed.another();
    let db = branches(&other, &TREE);
    let last = Branch::children.aggregate(Branch::name.max());
    let query = Branch::query().order_by(Branch::id).select(last);
    let found = query.limit(2).all(&db).unwrap();
    assert_eq!(found, [Some("right".to_owned()), Some("two".to_owned())]);
}

fn columns(bed: &Bed) {
    let db = library(bed);
    let query = Essay::query().order_by(Essay::id).select((
        Essay::writer.column(Writer::name),
        Essay::editor.column(Writer::name),
    ));
    let some = |name: &str| Some(name.to_owned());
    assert_eq!(
        query.all(&db).unwrap(),
        [
            (some("ann"), None),
            (some("ann"), some("bob")),
            (some("bob"), some("ann"))
        ]
    );
    let ordered = Essay::query().order_by(Essay::writer.column(Writer::name).desc());
    assert_eq!(ordered.first(&db).unwrap().unwrap().title, "c");
    assert_eq!(
        essays(&db, Essay::editor.column(Writer::name).is_null()),
        ["a"]
    );
    let other = bed.another();
    let db = branches(&other, &TREE);
    let query = Branch::query()
        .order_by(Branch::id)
        .select(Branch::parent.column(Branch::name));
    assert_eq!(query.all(&db).unwrap()[..2], [None, some("root")]);
}

fn in_other_places(bed: &Bed) {
    let db = library(bed);
    // In a query for another model, whose table is joined.
    let badges = Badge::query()
        .join::<Writer>(Badge::writer_id.eq(Writer::id))
        .filter(Writer::essays.any(Essay::title.eq("a")));
    assert_eq!(badges.count(&db).unwrap(), 1);
    // Where rows are changed and deleted by it.
    let changed = Essay::query().filter(Essay::writer.has(Writer::name.eq("bob")));
    assert_eq!(changed.update(Essay::likes.set(0), &db).unwrap(), 1);
    let unread = Topic::query().filter(!Topic::essays.exists());
    assert_eq!(unread.delete(&db).unwrap(), 1);
    // And with what is loaded along.
    let query = Writer::query()
        .filter(Writer::essays.any(Essay::title.eq("a")))
        .order_by(Writer::id);
    for related in [
        Writer::essays.joined(),
        Writer::essays.subquery(),
        Writer::essays.selectin(),
    ] {
        for query in [query.clone(), query.clone().limit(1)] {
            let found = query.with(related.clone()).all(&db).unwrap();
            assert_eq!(names(&found, |writer| &writer.name), ["ann"]);
            assert_eq!(found[0].essays.loaded().unwrap().len(), 2);
        }
    }
    let other = bed.another();
    let db = branches(&other, &TREE);
    // The engine may not read the table that it changes; the answer is the same anyway.
    let leaves = Branch::query().filter(!Branch::children.exists());
    assert_eq!(
        leaves
            .clone()
            .update(Branch::name.set("leaf"), &db)
            .unwrap(),
        4
    );
    assert_eq!(leaves.delete(&db).unwrap(), 4);
    assert_eq!(twigs(&db, Branch::id.gt(0)), ["root", "left", "one"]);
}

fn a_limit_is_refused(bed: &Bed) {
    let db = library(bed);
    let query = Writer::query().filter(Writer::essays.limit(1).any(Essay::likes.gt(1)));
    let error = query.all(&db).unwrap_err();
    assert!(
        error.is_invalid_query() && error.to_string().contains("Writer.essays"),
        "{error}"
    );
}
