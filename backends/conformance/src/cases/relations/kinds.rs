//! Every kind of relationship gives the same by every strategy, as values and in a session.

use std::fmt::Debug;

use birgus::model::Model;
use birgus::prelude::*;
use birgus::relation::{Relation, ToOne};

use super::stock::{TREE, branches, library, places};
use crate::Bed;
use crate::library::{Badge, Branch, Essay, Land, Shelf, Topic, Town, Volume, Writer};
use crate::watch::statements;

super::super::cases![
    one_to_many,
    a_second_way_to_the_same_model,
    many_to_one,
    an_optional_many_to_one,
    one_to_one,
    many_to_many,
    many_to_many_the_other_way,
    many_to_many_with_itself,
    many_to_many_by_a_model_whose_pairs_repeat,
    a_tree,
    a_key_of_several_columns,
    a_key_of_texts,
];

/// A relationship to many, and what it leads to: the rows by what `name` makes of them.
fn collection<M: Model + Debug, T: Model + Debug>(
    db: &Database,
    all: Query<M>,
    relation: Relation<M, Many<T>>,
    field: fn(&mut M) -> &mut Many<T>,
    name: fn(&T) -> String,
    expected: &[&[&str]],
) {
    let parents = || all.clone();
    let named = |rows: &[T]| -> Vec<String> { rows.iter().map(name).collect() };
    let check =
        |found: Vec<Vec<String>>, how: &str| assert_eq!(found, expected, "{relation:?}: {how}");
    for (count, related, how) in [
        (1, relation.joined(), "joined"),
        (2, relation.subquery(), "subquery"),
        (2, relation.selectin(), "selectin"),
    ] {
        let mut found = Vec::new();
        let query = parents().with(related);
        let sent = statements(|| found = query.clone().all(db).unwrap());
        assert_eq!(sent.len(), count, "{relation:?}: {how}: {sent:#?}");
        let values = found.iter_mut().map(|row| {
            assert!(!field(row).is_partial());
            named(field(row).loaded().unwrap())
        });
        check(values.collect(), how);

        let mut session = db.session().unwrap();
        let mut found = Vec::new();
        let sent = statements(|| {
            for parent in session.load(query).unwrap() {
                let keys = session.related(parent, relation).unwrap();
                assert!(!session.is_partial(parent, relation).unwrap());
                found.push(keys.into_iter().map(|key| name(&session[key])).collect());
            }
        });
        assert_eq!(sent.len(), count, "{relation:?}: {how}: {sent:#?}");
        check(found, how);
    }
    // One by one, once each.
    for query in [parents(), parents().with(relation.select())] {
        let mut rows = query.clone().all(db).unwrap();
        let sent = statements(|| {
            for row in &mut rows {
                assert!(field(row).loaded().unwrap_err().is_not_loaded());
                field(row).load(db).unwrap();
                field(row).load(db).unwrap();
            }
        });
        assert_eq!(sent.len(), rows.len(), "{relation:?}: {sent:#?}");
        let values = rows
            .iter_mut()
            .map(|row| named(field(row).loaded().unwrap()));
        check(values.collect(), "select");
        let mut session = db.session().unwrap();
        let mut found = Vec::new();
        let sent = statements(|| {
            for parent in session.load(query).unwrap() {
                session.related(parent, relation).unwrap();
                let keys = session.related(parent, relation).unwrap();
                found.push(keys.into_iter().map(|key| name(&session[key])).collect());
            }
        });
        assert_eq!(sent.len(), 1 + rows.len(), "{relation:?}: {sent:#?}");
        check(found, "select");
    }
    // A query each time.
    let mut rows = parents().with(relation.dynamic()).all(db).unwrap();
    let values = rows.iter_mut().map(|row| {
        let mut found = Vec::new();
        let sent = statements(|| {
            assert_eq!(
                field(row).query().count(db).unwrap(),
                field(row).query().all(db).unwrap().len() as u64
            );
            found = field(row).query().all(db).unwrap();
        });
        assert_eq!(sent.len(), 3);
        let mut names = named(&found);
        names.sort();
        names
    });
    let mut sorted: Vec<Vec<&str>> = expected.iter().map(|names| names.to_vec()).collect();
    sorted.iter_mut().for_each(|names| names.sort_unstable());
    assert_eq!(values.collect::<Vec<_>>(), sorted, "{relation:?}: dynamic");
    // Never.
    let mut rows = parents().with(relation.raise()).all(db).unwrap();
    for row in &mut rows {
        let sent = statements(|| {
            assert!(field(row).load(db).unwrap_err().is_not_loaded());
            let error = field(row).query().all(db).unwrap_err();
            assert!(error.to_string().contains("lazy = raise"), "{error}");
        });
        assert_eq!(sent, [""; 0]);
    }
    let mut session = db.session().unwrap();
    for parent in session.load(parents().with(relation.raise())).unwrap() {
        assert!(
            session
                .related(parent, relation)
                .unwrap_err()
                .is_not_loaded()
        );
    }
}

/// What a row is called, as such, as it is loaded, and as an object of a session.
type Names<T> = (
    fn(&<T as ToOne>::Model) -> String,
    fn(<T as ToOne>::Loaded<'_>) -> Option<String>,
    fn(&Session, <T as ToOne>::Keys) -> Option<String>,
);

/// The names of a required relationship, and of an optional one.
macro_rules! named {
    ($name:expr) => {
        (
            $name,
            |row| Some($name(row)),
            |session, key| Some($name(&session[key])),
        )
    };
    (maybe $name:expr) => {
        (
            $name,
            |row| row.map($name),
            |session, key| key.map(|key| $name(&session[key])),
        )
    };
}

/// As [`collection`], of a relationship to one; `lazily` is how many statements one by one take, for values and then in a
/// session, without the one for the parents.
fn single<M: Model + Debug, T: ToOne>(
    db: &Database,
    all: Query<M>,
    relation: Relation<M, One<T>>,
    field: fn(&mut M) -> &mut One<T>,
    (name, of_loaded, of_keys): Names<T>,
    expected: &[Option<&str>],
    lazily: (usize, usize),
) {
    let parents = || all.clone();
    let check = |found: Vec<Option<String>>, how: &str| {
        let found: Vec<Option<&str>> = found.iter().map(Option::as_deref).collect();
        assert_eq!(found, expected, "{relation:?}: {how}");
    };
    for (count, related, how) in [
        (1, relation.joined(), "joined"),
        (2, relation.subquery(), "subquery"),
        (2, relation.selectin(), "selectin"),
    ] {
        let mut found = Vec::new();
        let query = parents().with(related);
        let sent = statements(|| found = query.clone().all(db).unwrap());
        assert_eq!(sent.len(), count, "{relation:?}: {how}: {sent:#?}");
        let values = found
            .iter_mut()
            .map(|row| of_loaded(field(row).loaded().unwrap()));
        check(values.collect(), how);

        let mut session = db.session().unwrap();
        let mut found = Vec::new();
        let mut sent = statements(|| {
            for parent in session.load(query).unwrap() {
                let key = session.related(parent, relation).unwrap();
                found.push(of_keys(&session, key));
            }
        });
        if how == "selectin" && sent.len() == 1 {
            // What references a row of its own table may find all of them there already.
            sent.push("none".to_owned());
        }
        assert_eq!(sent.len(), count, "{relation:?}: {how}: {sent:#?}");
        check(found, how);
    }
    let mut rows = parents().all(db).unwrap();
    let sent = statements(|| {
        for row in &mut rows {
            assert!(
                field(row)
                    .loaded()
                    .is_err_and(|error| error.is_not_loaded())
            );
            field(row).load(db).unwrap();
            field(row).load(db).unwrap();
        }
    });
    assert_eq!(sent.len(), lazily.0, "{relation:?}: {sent:#?}");
    let values = rows
        .iter_mut()
        .map(|row| of_loaded(field(row).loaded().unwrap()));
    check(values.collect(), "select");
    let mut session = db.session().unwrap();
    let mut found = Vec::new();
    let sent = statements(|| {
        for parent in session.load(parents()).unwrap() {
            let key = session.related(parent, relation).unwrap();
            found.push(of_keys(&session, key));
        }
    });
    assert_eq!(sent.len(), 1 + lazily.1, "{relation:?}: {sent:#?}");
    check(found, "select");
    let mut rows = parents().with(relation.dynamic()).all(db).unwrap();
    let values = rows
        .iter_mut()
        .map(|row| field(row).query().one_or_none(db).unwrap());
    check(
        values.map(|row| row.as_ref().map(name)).collect(),
        "dynamic",
    );
    let mut rows = parents().with(relation.raise()).all(db).unwrap();
    for row in &mut rows {
        let sent = statements(|| {
            assert!(
                field(row)
                    .load(db)
                    .is_err_and(|error| error.is_not_loaded())
            );
        });
        assert_eq!(sent, [""; 0]);
    }
}

fn writer_name(writer: &Writer) -> String {
    writer.name.clone()
}

fn title(essay: &Essay) -> String {
    essay.title.clone()
}

fn one_to_many(bed: &Bed) {
    let expected: &[&[&str]] = &[&["a", "b"], &["c"], &[]];
    let writers = Writer::query().order_by(Writer::id);
    collection(
        &library(bed),
        writers,
        Writer::essays,
        |writer| &mut writer.essays,
        title,
        expected,
    );
}

fn a_second_way_to_the_same_model(bed: &Bed) {
    let writers = Writer::query().order_by(Writer::id);
    let expected: &[&[&str]] = &[&["c"], &["b"], &[]];
    collection(
        &library(bed),
        writers,
        Writer::edited,
        |writer| &mut writer.edited,
        title,
        expected,
    );
}

fn many_to_one(bed: &Bed) {
    single(
        &library(bed),
        Essay::query().order_by(Essay::id),
        Essay::writer,
        |essay| &mut essay.writer,
        named!(writer_name),
        &[Some("ann"), Some("ann"), Some("bob")],
        (3, 2),
    );
}

fn an_optional_many_to_one(bed: &Bed) {
    single(
        &library(bed),
        Essay::query().order_by(Essay::id),
        Essay::editor,
        |essay| &mut essay.editor,
        named!(maybe writer_name),
        &[None, Some("bob"), Some("ann")],
        (2, 2),
    );
}

fn one_to_one(bed: &Bed) {
    let db = library(bed);
    fn text(badge: &Badge) -> String {
        badge.text.clone()
    }
    single(
        &db,
        Writer::query().order_by(Writer::id),
        Writer::badge,
        |writer| &mut writer.badge,
        named!(maybe text),
        &[Some("gold"), None, None],
        (3, 3),
    );
    single(
        &db,
        Badge::query().order_by(Badge::id),
        Badge::writer,
        |badge| &mut badge.writer,
        named!(maybe writer_name),
        &[Some("ann")],
        (1, 1),
    );
}

fn many_to_many(bed: &Bed) {
    collection(
        &library(bed),
        Essay::query().order_by(Essay::id),
        Essay::topics,
        |essay| &mut essay.topics,
        |topic| topic.name.clone(),
        &[&["crabs", "sea"], &["crabs"], &[]],
    );
}

fn many_to_many_the_other_way(bed: &Bed) {
    collection(
        &library(bed),
        Topic::query().order_by(Topic::id),
        Topic::essays,
        |topic| &mut topic.essays,
        title,
        &[&["a"], &["a", "b"], &[]],
    );
}

fn many_to_many_with_itself(bed: &Bed) {
    let db = library(bed);
    let writers = Writer::query().order_by(Writer::id);
    collection(
        &db,
        writers.clone(),
        Writer::following,
        |writer| &mut writer.following,
        writer_name,
        &[&["bob", "cid"], &["ann"], &["cid"]],
    );
    collection(
        &db,
        writers,
        Writer::followers,
        |writer| &mut writer.followers,
        writer_name,
        &[&["bob"], &["ann"], &["ann", "cid"]],
    );
}

fn many_to_many_by_a_model_whose_pairs_repeat(bed: &Bed) {
    collection(
        &library(bed),
        Writer::query().order_by(Writer::id),
        Writer::reviewed,
        |writer| &mut writer.reviewed,
        title,
        &[&["b", "c"], &["a", "c"], &[]],
    );
}

fn a_tree(bed: &Bed) {
    let db = branches(bed, &TREE);
    fn name(branch: &Branch) -> String {
        branch.name.clone()
    }
    let all = Branch::query().order_by(Branch::id);
    let expected: &[&[&str]] = &[
        &["left", "right"],
        &["one", "two"],
        &[],
        &["leaf"],
        &[],
        &[],
        &[],
    ];
    collection(
        &db,
        all.clone(),
        Branch::children,
        |branch| &mut branch.children,
        name,
        expected,
    );
    let (root, left) = (Some("root"), Some("left"));
    single(
        &db,
        all,
        Branch::parent,
        |branch| &mut branch.parent,
        named!(maybe name),
        &[None, root, root, left, left, Some("one"), None],
        (5, 0),
    );
}

fn a_key_of_several_columns(bed: &Bed) {
    let db = places(bed);
    fn place(shelf: &Shelf) -> String {
        format!("{}/{}", shelf.room, shelf.number)
    }
    collection(
        &db,
        Shelf::query().order_by(Shelf::room).order_by(Shelf::number),
        Shelf::volumes,
        |shelf| &mut shelf.volumes,
        |volume| volume.id.to_string(),
        &[&["3"], &["1", "4"], &[]],
    );
    single(
        &db,
        Volume::query().order_by(Volume::id),
        Volume::shelf,
        |volume| &mut volume.shelf,
        named!(maybe place),
        &[Some("1/2"), None, Some("1/1"), Some("1/2")],
        (3, 2),
    );
}

fn a_key_of_texts(bed: &Bed) {
    let db = places(bed);
    fn code(land: &Land) -> String {
        land.code.clone()
    }
    collection(
        &db,
        Land::query().order_by(Land::code),
        Land::towns,
        |land| &mut land.towns,
        |town| town.name.clone(),
        &[&["x"], &["y", "w"], &["z"]],
    );
    single(
        &db,
        Town::query().order_by(Town::id),
        Town::land,
        |town| &mut town.land,
        named!(code),
        &[Some("A"), Some("a"), Some("a "), Some("a")],
        (4, 3),
    );
}
