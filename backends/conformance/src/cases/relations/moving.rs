//! What is moved, replaced and deleted within one flush; what is refused, and undone.

use birgus::prelude::*;
use birgus::session::ObjectState;

use super::stock::library;
use crate::Bed;
use crate::library::{Badge, Branch, Essay, Following, Land, Topic, Town, Writer, models};
use crate::watch::statements;

super::super::cases![
    a_new_one_takes_the_place_of_an_orphan,
    two_change_places_in_a_one_to_one,
    an_orphan_that_must_have_a_parent_is_saved_by_another,
    a_parent_goes_and_its_child_to_another,
    a_child_is_saved_by_a_new_parent,
    what_is_deleted_is_linked_to_nothing,
    a_child_is_unlinked_and_deleted,
    an_empty_relation_is_rolled_back,
    a_tree_is_replanted,
    what_is_not_flushed_shows_without_a_flush,
    the_last_word_counts,
    a_refresh_undoes_a_link,
    new_parents_with_keys_of_their_own,
];

fn writer(session: &mut Session, name: &str) -> Key<Writer> {
    let query = Writer::query().filter(Writer::name.eq(name));
    session.load(query).unwrap()[0]
}

fn topic(session: &mut Session, name: &str) -> Key<Topic> {
    let query = Topic::query().filter(Topic::name.eq(name));
    session.load(query).unwrap()[0]
}

fn essay(session: &mut Session, title: &str) -> Key<Essay> {
    let query = Essay::query().filter(Essay::title.eq(title));
    session.load(query).unwrap()[0]
}

/// The texts of badges with the names of their writers, as they are stored.
fn badges(db: &Database) -> Vec<(String, Option<String>)> {
    let all = Badge::query().order_by(Badge::text).with(Badge::writer);
    let name = |badge: &Badge| {
        let writer = badge.writer.loaded().unwrap();
        (badge.text.clone(), writer.map(|writer| writer.name.clone()))
    };
    all.all(db).unwrap().iter().map(name).collect()
}

fn badge(text: &str, writer: &str) -> (String, Option<String>) {
    (text.to_owned(), Some(writer.to_owned()))
}

fn a_new_one_takes_the_place_of_an_orphan(bed: &Bed) {
    let db = library(bed);
    let mut session = db.session().unwrap();
    let ann = writer(&mut session, "ann");
    let gold = session.related(ann, Writer::badge).unwrap().unwrap();
    let silver = session.add(Badge::build().text("silver"));
    session.link(ann, Writer::badge, silver).unwrap();
    assert_eq!(session.related(ann, Writer::badge).unwrap(), Some(silver));
    assert_eq!(session.related(gold, Badge::writer).unwrap(), None);
    session.commit().unwrap();
    assert_eq!(session.state(gold).unwrap(), ObjectState::Detached);
    assert_eq!(badges(&db), [badge("silver", "ann")]);
}

fn two_change_places_in_a_one_to_one(bed: &Bed) {
    let db = library(bed);
    let mut session = db.session().unwrap();
    let (ann, bob) = (writer(&mut session, "ann"), writer(&mut session, "bob"));
    let gold = session.related(ann, Writer::badge).unwrap().unwrap();
    let silver = session.add(Badge::build().text("silver").writer(bob));
    session.commit().unwrap();
    session.link(ann, Writer::badge, silver).unwrap();
    session.link(gold, Badge::writer, bob).unwrap();
    assert_eq!(session.related(bob, Writer::badge).unwrap(), Some(gold));
    assert_eq!(session.related(ann, Writer::badge).unwrap(), Some(silver));
    session.commit().unwrap();
    assert_eq!(badges(&db), [badge("gold", "bob"), badge("silver", "ann")]);
    // In a circle of three, one of them new.
    let cid = writer(&mut session, "cid");
    let iron = session.add(Badge::build().text("iron"));
    session.link(cid, Writer::badge, gold).unwrap();
    session.link(bob, Writer::badge, silver).unwrap();
    session.link(ann, Writer::badge, iron).unwrap();
    session.commit().unwrap();
    let stored = badges(&db);
    assert_eq!(
        stored,
        [
            badge("gold", "cid"),
            badge("iron", "ann"),
            badge("silver", "bob")
        ]
    );
}

/// A seal that must have its owner.
#[derive(Model, Debug, Clone, PartialEq)]
#[model(register = false)]
pub(super) struct Owner {
    #[key]
    pub id: i64,
    #[version]
    pub version: i64,
    #[has_many(Seal, backref = owner)]
    pub seals: Many<Seal>,
}

#[derive(Model, Debug, Clone, PartialEq)]
#[model(register = false)]
pub(super) struct Seal {
    #[key]
    pub id: i64,
    #[column(references = Owner::id, cascade = delete_orphan)]
    pub owner_id: i64,
    #[belongs_to(owner_id)]
    pub owner: One<Owner>,
    #[version]
    pub version: i64,
}

fn an_orphan_that_must_have_a_parent_is_saved_by_another(bed: &Bed) {
    let db = bed.database(&[Owner::info(), Seal::info()]);
    let mut session = db.session().unwrap();
    let (one, other) = (session.add(Owner::build()), session.add(Owner::build()));
    let seals = [0; 3].map(|_| session.add(Seal::build().owner(one)));
    session.commit().unwrap();
    assert_eq!(session.related(other, Owner::seals).unwrap(), []);
    session.set(one, Owner::seals, [seals[2]]).unwrap();
    session.link(other, Owner::seals, seals[0]).unwrap();
    assert_eq!(session.related(other, Owner::seals).unwrap(), [seals[0]]);
    assert_eq!(session.related(seals[0], Seal::owner).unwrap(), other);
    let sent = statements(|| session.commit().unwrap());
    assert_eq!(sent.len(), 2, "an UPDATE and a DELETE: {sent:#?}");
    assert_eq!(session.state(seals[1]).unwrap(), ObjectState::Detached);
    assert_eq!(session[seals[0]].owner_id, session[other].id);
    // Linked from both sides, it is one change.
    session.link(one, Owner::seals, seals[0]).unwrap();
    session.link(seals[0], Seal::owner, other).unwrap();
    session.link(one, Owner::seals, seals[0]).unwrap();
    session.commit().unwrap();
    assert_eq!((session[seals[0]].version, session[one].version), (3, 1));
    assert_eq!(session.related(one, Owner::seals).unwrap().len(), 2);
    // What was deleted as such stays deleted.
    session.delete(seals[0]).unwrap();
    assert!(
        session
            .link(other, Owner::seals, seals[0])
            .unwrap_err()
            .is_session()
    );
    session.rollback().unwrap();
    // An orphan that was never stored is given up.
    let new = session.add(Seal::build().owner(one));
    session.unlink(one, Owner::seals, new).unwrap();
    assert!(statements(|| session.commit().unwrap()).is_empty());
    assert_eq!(session.state(new).unwrap(), ObjectState::Transient);
}

fn a_parent_goes_and_its_child_to_another(bed: &Bed) {
    let db = library(bed);
    let mut session = db.session().unwrap();
    let (bob, cid) = (writer(&mut session, "bob"), writer(&mut session, "cid"));
    let essay = session.related(bob, Writer::essays).unwrap()[0];
    session.delete(bob).unwrap();
    session.link(cid, Writer::essays, essay).unwrap();
    assert_eq!(session.related(cid, Writer::essays).unwrap(), [essay]);
    session.commit().unwrap();
    assert_eq!(session[essay].writer_id, session[cid].id);
    assert_eq!(session.state(bob).unwrap(), ObjectState::Detached);
    let left = Essay::query()
        .filter(Essay::editor_id.is_not_null())
        .count(&db);
    assert_eq!(left.unwrap(), 1, "what bob has edited is nobody's");
    assert_eq!(Following::query().count(&db).unwrap(), 2);
}

fn a_child_is_saved_by_a_new_parent(bed: &Bed) {
    let db = library(bed);
    let mut session = db.session().unwrap();
    let ann = writer(&mut session, "ann");
    let gold = session.related(ann, Writer::badge).unwrap().unwrap();
    let dora = session.add(Writer::build().name("dora"));
    session.unlink(ann, Writer::badge, gold).unwrap();
    session.link(dora, Writer::badge, gold).unwrap();
    session.commit().unwrap();
    assert_eq!(badges(&db), [badge("gold", "dora")], "no orphan");
    // Its old parent goes with the same flush, and would take it along.
    let eve = session.add(Writer::build().name("eve"));
    session.link(gold, Badge::writer, eve).unwrap();
    session.delete(dora).unwrap();
    session.commit().unwrap();
    assert_eq!(badges(&db), [badge("gold", "eve")]);
    session.delete(eve).unwrap();
    session.commit().unwrap();
    assert_eq!(badges(&db), []);
}

fn what_is_deleted_is_linked_to_nothing(bed: &Bed) {
    let db = library(bed);
    let mut session = db.session().unwrap();
    let (ann, bob) = (writer(&mut session, "ann"), writer(&mut session, "bob"));
    let (c, sand) = (essay(&mut session, "c"), topic(&mut session, "sand"));
    let gold = session.related(ann, Writer::badge).unwrap().unwrap();
    session.delete(bob).unwrap();
    session.delete(sand).unwrap();
    for error in [
        session.link(bob, Writer::badge, gold).unwrap_err(),
        session.link(gold, Badge::writer, bob).unwrap_err(),
        session.link(c, Essay::topics, sand).unwrap_err(),
        session.set(sand, Topic::essays, [c]).unwrap_err(),
    ] {
        assert!(error.is_session());
        assert!(error.to_string().contains("it is deleted"), "{error}");
    }
    assert_eq!(
        session.related(ann, Writer::badge).unwrap(),
        Some(gold),
        "nothing was unlinked"
    );
}

fn a_child_is_unlinked_and_deleted(bed: &Bed) {
    let db = library(bed);
    let mut session = db.session().unwrap();
    let bob = writer(&mut session, "bob");
    let b = session.related(bob, Writer::edited).unwrap()[0];
    session.unlink(bob, Writer::edited, b).unwrap();
    session.delete(b).unwrap();
    session.commit().unwrap();
    assert_eq!(session.related(bob, Writer::edited).unwrap(), []);
    assert_eq!(Essay::query().count(&db).unwrap(), 2);
}

fn an_empty_relation_is_rolled_back(bed: &Bed) {
    let db = library(bed);
    let mut session = db.session().unwrap();
    let (a, bob) = (essay(&mut session, "a"), writer(&mut session, "bob"));
    let topics = session.related(a, Essay::topics).unwrap();
    let edited = session.related(bob, Writer::edited).unwrap();
    for flush in [false, true] {
        session.set(a, Essay::topics, []).unwrap();
        session.set(bob, Writer::edited, []).unwrap();
        if flush {
            session.flush().unwrap();
        }
        assert_eq!(session.related(a, Essay::topics).unwrap(), []);
        assert_eq!(session.related(bob, Writer::edited).unwrap(), []);
        session.rollback().unwrap();
        assert_eq!(session.related(a, Essay::topics).unwrap(), topics);
        assert_eq!(session.related(bob, Writer::edited).unwrap(), edited);
    }
    let failed = session.nested(|session| {
        session.set(a, Essay::topics, [])?;
        session.link(a, Essay::editor, bob)?;
        Err::<(), _>(birgus::Error::session("given up"))
    });
    assert!(failed.is_err());
    assert_eq!(session.related(a, Essay::topics).unwrap(), topics);
    assert_eq!(session.related(bob, Writer::edited).unwrap(), edited);
    assert!(statements(|| session.commit().unwrap()).is_empty());
}

fn a_tree_is_replanted(bed: &Bed) {
    let db = bed.database(&models());
    let mut session = db.session().unwrap();
    let branch = |name: &str| Branch::build().name(name);
    let root = session.add(branch("root"));
    let left = session.add(branch("left").parent(root));
    let leaf = session.add(branch("leaf").parent(left));
    session.commit().unwrap();
    // The root goes below its own leaf: a circle, of which no row is lost.
    session.link(leaf, Branch::children, root).unwrap();
    session.commit().unwrap();
    assert_eq!(session.related(root, Branch::parent).unwrap(), Some(leaf));
    session.unlink(root, Branch::children, left).unwrap();
    session.commit().unwrap();
    assert_eq!(session.related(left, Branch::parent).unwrap(), None);
    // The middle goes, and its children to what was above it.
    session.link(left, Branch::children, root).unwrap();
    session.link(root, Branch::children, leaf).unwrap();
    session.commit().unwrap();
    let trunk = session.add(branch("trunk"));
    session.link(trunk, Branch::children, leaf).unwrap();
    session.link(left, Branch::children, trunk).unwrap();
    session.delete(root).unwrap();
    session.commit().unwrap();
    let parents = Branch::query().order_by(Branch::name).all(&db).unwrap();
    let id = |key| Some(session.try_get::<Branch>(key).unwrap().id);
    let parents: Vec<Option<i64>> = parents.iter().map(|branch| branch.parent_id).collect();
    assert_eq!(parents, [id(trunk), None, id(left)]);
    assert_eq!(session.related(left, Branch::children).unwrap(), [trunk]);
    // A parent that goes leaves its children behind.
    session.delete(trunk).unwrap();
    session.commit().unwrap();
    assert_eq!(session.related(leaf, Branch::parent).unwrap(), None);
    assert_eq!(Branch::query().count(&db).unwrap(), 2);
    // One that is its own parent can go too.
    session.link(leaf, Branch::children, leaf).unwrap();
    session.commit().unwrap();
    assert_eq!(session.related(leaf, Branch::children).unwrap(), [leaf]);
    session.delete(leaf).unwrap();
    session.commit().unwrap();
    assert_eq!(Branch::query().count(&db).unwrap(), 1);
}

fn what_is_not_flushed_shows_without_a_flush(bed: &Bed) {
    let db = library(bed);
    let mut session = db.session().unwrap();
    let (ann, cid) = (writer(&mut session, "ann"), writer(&mut session, "cid"));
    let (a, b, c) = (
        essay(&mut session, "a"),
        essay(&mut session, "b"),
        essay(&mut session, "c"),
    );
    let (sea, sand) = (topic(&mut session, "sea"), topic(&mut session, "sand"));
    let dora = session.add(Writer::build().name("dora"));
    session.link(a, Essay::writer, cid).unwrap();
    session.link(b, Essay::writer, dora).unwrap();
    session.link(c, Essay::writer, ann).unwrap();
    let new = session.add(Essay::build().title("n").writer(cid));
    session.unlink(a, Essay::topics, sea).unwrap();
    session.link(a, Essay::topics, sand).unwrap();
    session.link(new, Essay::topics, sea).unwrap();
    session.no_autoflush(|session| {
        // None of these was loaded before.
        assert_eq!(session.related(cid, Writer::essays).unwrap(), [a, new]);
        assert_eq!(session.related(ann, Writer::essays).unwrap(), [c]);
        assert_eq!(session.related(dora, Writer::essays).unwrap(), [b]);
        assert_eq!(session.related(sea, Topic::essays).unwrap(), [new]);
        assert_eq!(session.related(sand, Topic::essays).unwrap(), [a]);
        let of_a = session.load(
            Essay::query()
                .filter(Essay::title.eq("a"))
                .with(Essay::topics),
        );
        assert_eq!(of_a.unwrap(), [a]);
        let topics = session.related(a, Essay::topics).unwrap();
        assert!(topics.contains(&sand) && !topics.contains(&sea));
        let with = Essay::writer.selectin();
        session.load(Essay::query().with(with)).unwrap();
        assert_eq!(session.related(b, Essay::writer).unwrap(), dora);
    });
    session.commit().unwrap();
    assert_eq!(session.related(dora, Writer::essays).unwrap(), [b]);
}

fn the_last_word_counts(bed: &Bed) {
    let db = library(bed);
    let mut session = db.session().unwrap();
    let (ann, bob, cid) = (
        writer(&mut session, "ann"),
        writer(&mut session, "bob"),
        writer(&mut session, "cid"),
    );
    let of_ann = session.related(ann, Writer::essays).unwrap();
    session.related(bob, Writer::essays).unwrap();
    session.related(cid, Writer::essays).unwrap();
    // Linked to a stored one, to a new one, and each time the key is set afterwards.
    session.link(cid, Writer::essays, of_ann[0]).unwrap();
    session[of_ann[0]].writer_id = session[bob].id;
    let dora = session.add(Writer::build().name("dora"));
    session.link(dora, Writer::essays, of_ann[1]).unwrap();
    session[of_ann[1]].writer_id = session[bob].id;
    let new = session.add(Essay::build().title("n").writer(ann));
    session[new].writer_id = session[cid].id;
    session.flush().unwrap();
    assert_eq!(session.related(ann, Writer::essays).unwrap(), []);
    assert_eq!(session.related(dora, Writer::essays).unwrap(), []);
    assert_eq!(session.related(cid, Writer::essays).unwrap(), [new]);
    assert_eq!(session.related(bob, Writer::essays).unwrap().len(), 3);
    assert_eq!(session.related(of_ann[1], Essay::writer).unwrap(), bob);
    // Set, and linked afterwards; linked, and set back to what it was.
    session[new].writer_id = session[bob].id;
    session.link(ann, Writer::essays, new).unwrap();
    session.link(cid, Writer::essays, of_ann[0]).unwrap();
    session[of_ann[0]].writer_id = session[bob].id;
    session.commit().unwrap();
    assert_eq!(session.related(ann, Writer::essays).unwrap(), [new]);
    assert_eq!(session.related(cid, Writer::essays).unwrap(), []);
    assert_eq!(session.related(bob, Writer::essays).unwrap().len(), 3);
    let stored = Writer::query()
        .order_by(Writer::name)
        .select(Writer::essays.count());
    assert_eq!(stored.all(&db).unwrap(), [1, 3, 0, 0]);
}

fn a_refresh_undoes_a_link(bed: &Bed) {
    let db = library(bed);
    let mut session = db.session().unwrap();
    let (ann, cid) = (writer(&mut session, "ann"), writer(&mut session, "cid"));
    let essays = session.related(ann, Writer::essays).unwrap();
    assert_eq!(session.related(cid, Writer::essays).unwrap(), []);
    let dora = session.add(Writer::build().name("dora"));
    session.link(cid, Writer::essays, essays[0]).unwrap();
    session.link(dora, Writer::essays, essays[1]).unwrap();
    session.refresh(essays[0]).unwrap();
    session.refresh(essays[1]).unwrap();
    session.no_autoflush(|session| {
        assert_eq!(session.related(essays[0], Essay::writer).unwrap(), ann);
        assert_eq!(session.related(ann, Writer::essays).unwrap(), essays);
        assert_eq!(session.related(cid, Writer::essays).unwrap(), []);
        assert_eq!(session.related(dora, Writer::essays).unwrap(), []);
    });
    session.expunge(dora).unwrap();
    assert!(statements(|| session.commit().unwrap()).is_empty());
}

fn new_parents_with_keys_of_their_own(bed: &Bed) {
    let db = bed.database(&models());
    let mut session = db.session().unwrap();
    let town = |name: &str| Town::build().name(name);
    let pt = session.add(Land::build().code("pt"));
    let porto = session.add(town("porto").land(pt));
    assert_eq!(session.related(pt, Land::towns).unwrap(), [porto]);
    assert_eq!(session.related(porto, Town::land).unwrap(), pt);
    // By its value, which shows when both are stored.
    let faro = session.add(town("faro").land_code("pt"));
    session.commit().unwrap();
    assert_eq!(session.related(pt, Land::towns).unwrap(), [porto, faro]);
    assert_eq!(session.related(faro, Town::land).unwrap(), pt);
    let es = session.add(Land::build().code("es"));
    session.link(es, Land::towns, faro).unwrap();
    assert_eq!(session.related(es, Land::towns).unwrap(), [faro]);
    assert_eq!(session.related(faro, Town::land).unwrap(), es);
    assert_eq!(session.related(pt, Land::towns).unwrap(), [porto]);
    session.commit().unwrap();
    assert_eq!(
        Town::query()
            .filter(Town::land_code.eq("es"))
            .count(&db)
            .unwrap(),
        1
    );
}
