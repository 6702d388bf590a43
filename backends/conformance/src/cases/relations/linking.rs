//! Relationships that a session changes: both sides at once, and the rows at flush.

use birgus::prelude::*;
use birgus::session::ObjectState;

use super::stock::library;
use crate::Bed;
use crate::library::{
    Badge, Branch, Essay, EssayTopic, Review, Shelf, Topic, Volume, Writer, models,
};
use crate::watch::statements;

super::super::cases![
    a_builder_takes_the_parent,
    both_sides_show_it_at_once,
    a_stored_row_is_linked_to_a_new_one,
    a_child_moves_to_another_parent,
    a_foreign_key_that_is_set_shows_on_both_sides,
    unlinking_sets_null,
    a_child_that_cannot_be_without_stays,
    an_orphan_is_deleted,
    one_to_one_takes_the_place_of_another,
    pairs_are_added_and_deleted,
    pairs_with_columns_of_their_own,
    many_to_many_with_itself,
    composite_keys,
    a_relation_is_set,
    pairs_go_with_either_side,
    children_of_new_rows_are_added_along,
    a_rollback_forgets_links,
    a_tree_is_grown,
];

fn names(session: &mut Session, keys: &[Key<Essay>]) -> Vec<String> {
    keys.iter().map(|key| session[*key].title.clone()).collect()
}

fn writer(session: &mut Session, name: &str) -> Key<Writer> {
    let query = Writer::query().filter(Writer::name.eq(name));
    session.load(query).unwrap()[0]
}

fn a_builder_takes_the_parent(bed: &Bed) {
    let db = bed.database(&models());
    let mut session = db.session().unwrap();
    let susan = session.add(Writer::build().name("susan"));
    let essay = session.add(Essay::build().title("a").writer(susan));
    let sent = statements(|| {
        assert_eq!(session.related(essay, Essay::writer).unwrap(), susan);
        assert_eq!(session.related(susan, Writer::essays).unwrap(), [essay]);
    });
    assert!(sent.is_empty(), "{sent:#?}");
    session.commit().unwrap();
    assert_eq!(session[essay].writer_id, session[susan].id);
    // A value that was read stands for its row as well.
    let susan = Writer::query().one(&db).unwrap();
    let other = Essay::insert(Essay::build().title("b").writer(&susan))
        .execute(&db)
        .unwrap();
    assert_eq!(
        Essay::query().get(other, &db).unwrap().unwrap().writer_id,
        susan.id
    );
}

fn both_sides_show_it_at_once(bed: &Bed) {
    let db = library(bed);
    let mut session = db.session().unwrap();
    let (ann, cid) = (writer(&mut session, "ann"), writer(&mut session, "cid"));
    assert_eq!(session.related(cid, Writer::essays).unwrap(), []);
    let of_ann = session.related(ann, Writer::essays).unwrap();
    let sent = statements(|| {
        session.link(cid, Writer::essays, of_ann[0]).unwrap();
        assert_eq!(session.related(cid, Writer::essays).unwrap(), [of_ann[0]]);
        assert_eq!(session.related(ann, Writer::essays).unwrap(), [of_ann[1]]);
        assert_eq!(session.related(of_ann[0], Essay::writer).unwrap(), cid);
        assert_eq!(session[of_ann[0]].writer_id, session[cid].id);
    });
    assert!(sent.is_empty(), "nothing before the flush: {sent:#?}");
    let sent = statements(|| session.commit().unwrap());
    assert_eq!(sent.len(), 1, "{sent:#?}");
    let stored = Essay::query()
        .get(session[of_ann[0]].id, &db)
        .unwrap()
        .unwrap();
    assert_eq!(stored.writer_id, session[cid].id);
}

fn a_stored_row_is_linked_to_a_new_one(bed: &Bed) {
    let db = library(bed);
    let mut session = db.session().unwrap();
    let ann = writer(&mut session, "ann");
    let essay = session.related(ann, Writer::essays).unwrap()[0];
    let dora = session.add(Writer::build().name("dora"));
    session.link(dora, Writer::essays, essay).unwrap();
    assert!(session.is_modified(essay).unwrap());
    assert_eq!(session.related(essay, Essay::writer).unwrap(), dora);
    let sent = statements(|| session.commit().unwrap());
    assert_eq!(sent.len(), 2, "an INSERT and an UPDATE: {sent:#?}");
    assert_eq!(session[essay].writer_id, session[dora].id);
    let stored = Essay::query().get(session[essay].id, &db).unwrap().unwrap();
    assert_eq!(stored.writer_id, session[dora].id);
    // One that is given up before it is sent leaves nothing to reference.
    let eve = session.add(Writer::build().name("eve"));
    session.link(essay, Essay::editor, eve).unwrap();
    session.delete(eve).unwrap();
    let error = session.commit().unwrap_err();
    assert!(error.is_session(), "{error}");
    session.rollback().unwrap();
    session.commit().unwrap();
}

fn a_child_moves_to_another_parent(bed: &Bed) {
    let db = library(bed);
    let mut session = db.session().unwrap();
    let (ann, bob) = (writer(&mut session, "ann"), writer(&mut session, "bob"));
    let essay = session.related(bob, Writer::essays).unwrap()[0];
    session.related(ann, Writer::essays).unwrap();
    session.link(essay, Essay::writer, ann).unwrap();
    assert_eq!(session.related(bob, Writer::essays).unwrap(), []);
    let of_ann = session.related(ann, Writer::essays).unwrap();
    assert_eq!(names(&mut session, &of_ann), ["a", "b", "c"]);
    session.commit().unwrap();
    assert_eq!(
        Writer::query()
            .filter(Writer::essays.count().eq(3))
            .count(&db)
            .unwrap(),
        1
    );
}

fn a_foreign_key_that_is_set_shows_on_both_sides(bed: &Bed) {
    let db = library(bed);
    let mut session = db.session().unwrap();
    let (ann, bob) = (writer(&mut session, "ann"), writer(&mut session, "bob"));
    let essay = session.related(bob, Writer::essays).unwrap()[0];
    session.related(ann, Writer::essays).unwrap();
    session.related(essay, Essay::writer).unwrap();
    session[essay].writer_id = session[ann].id;
    session.flush().unwrap();
    assert_eq!(session.related(bob, Writer::essays).unwrap(), []);
    assert_eq!(session.related(ann, Writer::essays).unwrap().len(), 3);
    assert_eq!(session.related(essay, Essay::writer).unwrap(), ann);
    let query = session[essay].writer.query();
    assert_eq!(
        query.one(&mut session).unwrap().name,
        "ann",
        "the value follows"
    );
}

fn unlinking_sets_null(bed: &Bed) {
    let db = library(bed);
    let mut session = db.session().unwrap();
    let (ann, bob) = (writer(&mut session, "ann"), writer(&mut session, "bob"));
    let edited = session.related(bob, Writer::edited).unwrap();
    assert_eq!(names(&mut session, &edited), ["b"]);
    let error = session.unlink(ann, Writer::edited, edited[0]).unwrap_err();
    assert!(error.is_session());
    assert_eq!(
        error.to_string(),
        format!(
            "Writer.edited: Writer {} is not related to Essay {}",
            session[ann].id, session[edited[0]].id
        )
    );
    session.unlink(bob, Writer::edited, edited[0]).unwrap();
    assert_eq!(session.related(edited[0], Essay::editor).unwrap(), None);
    assert_eq!(session.related(bob, Writer::edited).unwrap(), []);
    session.commit().unwrap();
    assert_eq!(
        Essay::query()
            .filter(Essay::editor.exists())
            .count(&db)
            .unwrap(),
        1
    );
}

fn a_child_that_cannot_be_without_stays(bed: &Bed) {
    let db = library(bed);
    let mut session = db.session().unwrap();
    let ann = writer(&mut session, "ann");
    let essays = session.related(ann, Writer::essays).unwrap();
    for error in [
        session.unlink(ann, Writer::essays, essays[0]).unwrap_err(),
        session.set(ann, Writer::essays, [essays[1]]).unwrap_err(),
    ] {
        assert!(error.is_session());
        let text = error.to_string();
        assert!(text.starts_with("Writer.essays: Essay "), "{text}");
        assert!(text.contains("Essay.writer_id is no Option"), "{text}");
    }
    assert_eq!(session.related(ann, Writer::essays).unwrap(), essays);
    assert!(statements(|| session.commit().unwrap()).is_empty());
}

fn an_orphan_is_deleted(bed: &Bed) {
    let db = library(bed);
    let mut session = db.session().unwrap();
    let ann = writer(&mut session, "ann");
    let badge = session.related(ann, Writer::badge).unwrap().unwrap();
    session.unlink(ann, Writer::badge, badge).unwrap();
    assert_eq!(session.related(ann, Writer::badge).unwrap(), None);
    session.commit().unwrap();
    assert_eq!(session.state(badge).unwrap(), ObjectState::Detached);
    assert_eq!(Badge::query().count(&db).unwrap(), 0);
}

fn one_to_one_takes_the_place_of_another(bed: &Bed) {
    let db = library(bed);
    let mut session = db.session().unwrap();
    let ann = writer(&mut session, "ann");
    let gold = session.related(ann, Writer::badge).unwrap().unwrap();
    // The old one is an orphan, and goes; its unique column is free for the new one only afterwards.
    session.unlink(ann, Writer::badge, gold).unwrap();
    session.flush().unwrap();
    let silver = session.add(Badge::build().text("silver").writer(ann));
    assert_eq!(session.related(ann, Writer::badge).unwrap(), Some(silver));
    let bob = writer(&mut session, "bob");
    session.link(silver, Badge::writer, bob).unwrap();
    assert_eq!(session.related(ann, Writer::badge).unwrap(), None);
    assert_eq!(session.related(bob, Writer::badge).unwrap(), Some(silver));
    session.commit().unwrap();
    let stored = Badge::query().with(Badge::writer).all(&db).unwrap();
    assert_eq!(stored.len(), 1);
    assert_eq!(stored[0].writer.loaded().unwrap().unwrap().name, "bob");
}

fn pairs_are_added_and_deleted(bed: &Bed) {
    let db = library(bed);
    let mut session = db.session().unwrap();
    let essay = |title: &str| Essay::query().filter(Essay::title.eq(title));
    let essay_c = session.load(essay("c").with(Essay::topics)).unwrap()[0];
    let sea = session
        .load(Topic::query().filter(Topic::name.eq("sea")))
        .unwrap()[0];
    let of_sea = session.related(sea, Topic::essays).unwrap();
    assert_eq!(names(&mut session, &of_sea), ["a"]);
    let foam = session.add(Topic::build().name("foam"));
    let sent = statements(|| {
        session.link(essay_c, Essay::topics, sea).unwrap();
        session.link(foam, Topic::essays, essay_c).unwrap();
        session.link(essay_c, Essay::topics, sea).unwrap();
        assert_eq!(
            session.related(essay_c, Essay::topics).unwrap(),
            [sea, foam]
        );
        assert_eq!(
            session.related(sea, Topic::essays).unwrap(),
            [of_sea[0], essay_c]
        );
        assert_eq!(session.related(foam, Topic::essays).unwrap(), [essay_c]);
    });
    assert!(sent.is_empty(), "{sent:#?}");
    session.commit().unwrap();
    let topics = |title: &str| {
        let found = essay(title).with(Essay::topics).one(&db).unwrap();
        let topics = found.topics.loaded().unwrap();
        topics
            .iter()
            .map(|topic| topic.name.clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(topics("c"), ["foam", "sea"]);
    // What was linked in another session is found by its row.
    session.unlink(sea, Topic::essays, of_sea[0]).unwrap();
    session.unlink(essay_c, Essay::topics, foam).unwrap();
    assert_eq!(session.related(essay_c, Essay::topics).unwrap(), [sea]);
    assert!(
        session
            .unlink(essay_c, Essay::topics, foam)
            .unwrap_err()
            .is_session()
    );
    // To unlink and to link again is to leave it.
    session.unlink(essay_c, Essay::topics, sea).unwrap();
    session.link(essay_c, Essay::topics, sea).unwrap();
    session.commit().unwrap();
    assert_eq!(topics("a"), ["crabs"]);
    assert_eq!(topics("c"), ["sea"]);
    assert_eq!(EssayTopic::query().count(&db).unwrap(), 3);
}

fn pairs_with_columns_of_their_own(bed: &Bed) {
    let db = library(bed);
    Review::query().delete(&db).unwrap();
    let mut session = db.session().unwrap();
    let (ann, bob) = (writer(&mut session, "ann"), writer(&mut session, "bob"));
    let essay = session.related(ann, Writer::essays).unwrap()[0];
    session.link(bob, Writer::reviewed, essay).unwrap();
    let again = session.add(Review::build().essay_id(essay).writer(bob).stars(5));
    session.commit().unwrap();
    assert_eq!(session.related(essay, Essay::reviews).unwrap().len(), 2);
    assert_eq!(
        session.related(bob, Writer::reviewed).unwrap(),
        [essay],
        "a row once"
    );
    let stars = Review::query()
        .order_by(Review::id)
        .pluck(Review::stars, &db)
        .unwrap();
    assert_eq!(stars, [3, 5], "the default, where nothing is said");
    session.unlink(bob, Writer::reviewed, essay).unwrap();
    session.commit().unwrap();
    assert_eq!(
        session.state(again).unwrap(),
        ObjectState::Detached,
        "all of the pair's rows go"
    );
    assert_eq!(Review::query().count(&db).unwrap(), 0);
}

fn many_to_many_with_itself(bed: &Bed) {
    let db = library(bed);
    let mut session = db.session().unwrap();
    let (ann, cid) = (writer(&mut session, "ann"), writer(&mut session, "cid"));
    assert_eq!(
        session.related(cid, Writer::following).unwrap(),
        [cid],
        "herself"
    );
    assert_eq!(session.related(ann, Writer::followers).unwrap().len(), 1);
    session.link(cid, Writer::following, ann).unwrap();
    assert_eq!(session.related(ann, Writer::followers).unwrap().len(), 2);
    session.unlink(cid, Writer::following, cid).unwrap();
    assert_eq!(session.related(cid, Writer::following).unwrap(), [ann]);
    session.commit().unwrap();
    let found = Writer::query().get(session[cid].id, &db).unwrap().unwrap();
    let follows = found.following.query().pluck(Writer::name, &db).unwrap();
    assert_eq!(follows, ["ann"]);
}

fn composite_keys(bed: &Bed) {
    let db = bed.database(&models());
    let mut session = db.session().unwrap();
    let shelf = |number: i32| Shelf::build().room(1).number(number);
    let (first, second) = (session.add(shelf(1)), session.add(shelf(2)));
    let volume = session.add(Volume::build().shelf(first));
    session.commit().unwrap();
    assert_eq!(
        (session[volume].room, session[volume].number),
        (Some(1), Some(1))
    );
    session.link(second, Shelf::volumes, volume).unwrap();
    assert_eq!(session.related(first, Shelf::volumes).unwrap(), []);
    session.commit().unwrap();
    assert_eq!(Volume::query().one(&db).unwrap().number, Some(2));
    session.unlink(volume, Volume::shelf, second).unwrap();
    session.commit().unwrap();
    let stored = Volume::query().one(&db).unwrap();
    assert_eq!((stored.room, stored.number), (None, None));
}

fn a_relation_is_set(bed: &Bed) {
    let db = library(bed);
    let mut session = db.session().unwrap();
    let (ann, bob) = (writer(&mut session, "ann"), writer(&mut session, "bob"));
    let essay = session
        .load(Essay::query().filter(Essay::title.eq("a")))
        .unwrap()[0];
    let topics = session
        .load(Topic::query().order_by(Topic::name.asc()))
        .unwrap();
    let (crabs, sand, sea) = (topics[0], topics[1], topics[2]);
    session
        .set(essay, Essay::topics, [sand, crabs, sand])
        .unwrap();
    assert_eq!(
        session.related(essay, Essay::topics).unwrap(),
        [sand, crabs]
    );
    let sent = statements(|| session.commit().unwrap());
    assert_eq!(sent.len(), 2, "one INSERT and one DELETE: {sent:#?}");
    assert_eq!(session.related(sea, Topic::essays).unwrap(), []);
    session.set(essay, Essay::editor, Some(bob)).unwrap();
    assert_eq!(session.related(bob, Writer::edited).unwrap().len(), 2);
    session.set(essay, Essay::editor, None).unwrap();
    assert_eq!(session.related(essay, Essay::editor).unwrap(), None);
    assert!(
        session
            .set(essay, Essay::writer, [])
            .unwrap_err()
            .is_session()
    );
    assert!(
        session
            .set(essay, Essay::writer, [ann, bob])
            .unwrap_err()
            .is_session()
    );
    session.set(essay, Essay::topics, []).unwrap();
    session.commit().unwrap();
    assert_eq!(
        Essay::query()
            .filter(Essay::topics.exists())
            .count(&db)
            .unwrap(),
        1
    );
}

fn pairs_go_with_either_side(bed: &Bed) {
    let db = library(bed);
    let mut session = db.session().unwrap();
    let crabs = session
        .load(Topic::query().filter(Topic::name.eq("crabs")))
        .unwrap()[0];
    session.delete(crabs).unwrap();
    session.commit().unwrap();
    assert_eq!(EssayTopic::query().count(&db).unwrap(), 1);
    let essay = session
        .load(Essay::query().filter(Essay::title.eq("a")))
        .unwrap()[0];
    session.delete(essay).unwrap();
    session.commit().unwrap();
    assert_eq!(EssayTopic::query().count(&db).unwrap(), 0);
    assert_eq!(Topic::query().count(&db).unwrap(), 2);
}

fn children_of_new_rows_are_added_along(bed: &Bed) {
    let db = bed.database(&models());
    let topic = |name: &str| Topic {
        id: 0,
        name: name.to_owned(),
        essays: Many::default(),
    };
    let essay = Essay {
        id: 0,
        title: "a".to_owned(),
        likes: 1,
        writer_id: 0,
        editor_id: None,
        writer: One::default(),
        editor: One::default(),
        topics: vec![topic("x"), topic("y")].into(),
        reviews: Many::default(),
    };
    let row = Writer {
        id: 0,
        name: "susan".to_owned(),
        essays: vec![essay].into(),
        edited: Many::default(),
        badge: One::default(),
        following: Many::default(),
        followers: Many::default(),
        reviewed: Many::default(),
    };
    let error = Writer::insert(row.clone()).execute(&db).unwrap_err();
    assert!(error.is_invalid_query(), "{error}");
    assert!(error.to_string().starts_with("Writer.essays: "), "{error}");
    let mut session = db.session().unwrap();
    let susan = session.add(row);
    let essays = session.related(susan, Writer::essays).unwrap();
    assert_eq!(essays.len(), 1);
    session.commit().unwrap();
    let all = Writer::essays.selectin().with(Essay::topics.selectin());
    let found = Writer::query().with(all).one(&db).unwrap();
    let essays = found.essays.loaded().unwrap();
    assert_eq!(essays[0].likes, 1);
    assert_eq!(essays[0].topics.loaded().unwrap().len(), 2);
}

fn a_rollback_forgets_links(bed: &Bed) {
    let db = library(bed);
    let mut session = db.session().unwrap();
    let (ann, cid) = (writer(&mut session, "ann"), writer(&mut session, "cid"));
    let essays = session.related(ann, Writer::essays).unwrap();
    session.link(cid, Writer::essays, essays[0]).unwrap();
    session.flush().unwrap();
    session.rollback().unwrap();
    assert_eq!(session.related(ann, Writer::essays).unwrap(), essays);
    assert_eq!(session.related(cid, Writer::essays).unwrap(), []);
    assert_eq!(session.related(essays[0], Essay::writer).unwrap(), ann);
    let dora = session.add(Writer::build().name("dora"));
    session.link(dora, Writer::essays, essays[0]).unwrap();
    session.rollback().unwrap();
    assert!(statements(|| session.commit().unwrap()).is_empty());
    assert_eq!(session.related(essays[0], Essay::writer).unwrap(), ann);
}

fn a_tree_is_grown(bed: &Bed) {
    let db = bed.database(&models());
    let mut session = db.session().unwrap();
    let branch = |name: &str| Branch::build().name(name);
    let root = session.add(branch("root"));
    let (left, right) = (session.add(branch("left")), session.add(branch("right")));
    session.set(root, Branch::children, [left, right]).unwrap();
    let leaf = session.add(branch("leaf").parent(left));
    session.commit().unwrap();
    assert_eq!(session.related(leaf, Branch::parent).unwrap(), Some(left));
    session.link(right, Branch::children, leaf).unwrap();
    session.unlink(root, Branch::children, left).unwrap();
    session.commit().unwrap();
    let whole = Branch::query()
        .filter(Branch::parent_id.is_null())
        .order_by(Branch::name.asc());
    let whole = whole.with(Branch::children.recursive()).all(&db).unwrap();
    let names = |branches: &[Branch]| -> Vec<String> {
        branches.iter().map(|branch| branch.name.clone()).collect()
    };
    assert_eq!(names(&whole), ["left", "root"]);
    let of_root = whole[1].children.loaded().unwrap();
    assert_eq!(names(of_root), ["right"]);
    assert_eq!(names(of_root[0].children.loaded().unwrap()), ["leaf"]);
}
