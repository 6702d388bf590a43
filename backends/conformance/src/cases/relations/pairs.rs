//! The rows of a table between two models.

use birgus::prelude::*;

use super::stock::library;
use crate::Bed;
use crate::library::{Essay, EssayTopic, Topic};
use crate::watch::statements;

super::super::cases![
    a_pair_is_replaced_in_one_flush,
    both_sides_of_a_pair_are_deleted,
    a_new_row_is_given_up_with_its_pairs,
    a_pair_that_is_stored_is_linked_again,
    pairs_that_are_added_by_hand,
];

fn topic(session: &mut Session, name: &str) -> Key<Topic> {
    let query = Topic::query().filter(Topic::name.eq(name));
    session.load(query).unwrap()[0]
}

fn essay(session: &mut Session, title: &str) -> Key<Essay> {
    let query = Essay::query().filter(Essay::title.eq(title));
    session.load(query).unwrap()[0]
}

fn a_pair_is_replaced_in_one_flush(bed: &Bed) {
    let db = library(bed);
    let mut session = db.session().unwrap();
    let (b, sea, crabs) = (
        essay(&mut session, "b"),
        topic(&mut session, "sea"),
        topic(&mut session, "crabs"),
    );
    session.unlink(b, Essay::topics, crabs).unwrap();
    session.link(b, Essay::topics, sea).unwrap();
    session.unlink(sea, Topic::essays, b).unwrap();
    session.link(sea, Topic::essays, b).unwrap();
    assert_eq!(session.related(b, Essay::topics).unwrap(), [sea]);
    session.commit().unwrap();
    assert_eq!(session.related(b, Essay::topics).unwrap(), [sea]);
    let stored = Essay::query().get(session[b].id, &db).unwrap().unwrap();
    assert_eq!(
        stored.topics.query().pluck(Topic::name, &db).unwrap(),
        ["sea"]
    );
}

fn both_sides_of_a_pair_are_deleted(bed: &Bed) {
    let db = library(bed);
    let mut session = db.session().unwrap();
    let (a, sea) = (essay(&mut session, "a"), topic(&mut session, "sea"));
    let sand = topic(&mut session, "sand");
    session.link(a, Essay::topics, sand).unwrap();
    session.delete(a).unwrap();
    session.delete(sea).unwrap();
    session.delete(sand).unwrap();
    session.commit().unwrap();
    assert_eq!(EssayTopic::query().count(&db).unwrap(), 1);
    assert_eq!(Topic::query().count(&db).unwrap(), 1);
}

fn a_new_row_is_given_up_with_its_pairs(bed: &Bed) {
    let db = library(bed);
    let mut session = db.session().unwrap();
    let a = essay(&mut session, "a");
    let before = session.related(a, Essay::topics).unwrap();
    let (foam, salt) = (
        session.add(Topic::build().name("foam")),
        session.add(Topic::build().name("salt")),
    );
    session.link(a, Essay::topics, foam).unwrap();
    session.link(salt, Topic::essays, a).unwrap();
    session.delete(foam).unwrap();
    session.expunge(salt).unwrap();
    assert_eq!(session.related(a, Essay::topics).unwrap(), before);
    assert!(statements(|| session.commit().unwrap()).is_empty());
    assert_eq!(EssayTopic::query().count(&db).unwrap(), 3);
}

fn a_pair_that_is_stored_is_linked_again(bed: &Bed) {
    let db = library(bed);
    let mut session = db.session().unwrap();
    let (b, crabs, sand) = (
        essay(&mut session, "b"),
        topic(&mut session, "crabs"),
        topic(&mut session, "sand"),
    );
    // Nothing of the two is loaded, and what is stored stays as it is.
    let sent = statements(|| {
        session.link(b, Essay::topics, crabs).unwrap();
        session.link(sand, Topic::essays, b).unwrap();
    });
    assert!(sent.is_empty(), "{sent:#?}");
    let sent = statements(|| session.commit().unwrap());
    assert_eq!(sent.len(), 2, "a SELECT for both, and an INSERT: {sent:#?}");
    assert_eq!(session.related(b, Essay::topics).unwrap(), [crabs, sand]);
    assert_eq!(EssayTopic::query().count(&db).unwrap(), 4);
    // To unlink what was linked so is to unlink what is stored.
    let mut session = db.session().unwrap();
    let (b, crabs) = (essay(&mut session, "b"), topic(&mut session, "crabs"));
    session.link(b, Essay::topics, crabs).unwrap();
    session.unlink(b, Essay::topics, crabs).unwrap();
    session.commit().unwrap();
    assert_eq!(EssayTopic::query().count(&db).unwrap(), 3);
    // So is to delete its row.
    let mut session = db.session().unwrap();
    let (b, sand) = (essay(&mut session, "b"), topic(&mut session, "sand"));
    session.link(b, Essay::topics, sand).unwrap();
    let of_sand = EssayTopic::query().filter(EssayTopic::topic_id.eq(session[sand].id));
    session.no_autoflush(|session| {
        let pair = session.load(of_sand).unwrap()[0];
        session.delete(pair).unwrap();
        assert_eq!(session.related(b, Essay::topics).unwrap(), []);
    });
    session.commit().unwrap();
    assert_eq!(EssayTopic::query().count(&db).unwrap(), 2);
}

fn pairs_that_are_added_by_hand(bed: &Bed) {
    let db = library(bed);
    let mut session = db.session().unwrap();
    let (c, sea) = (essay(&mut session, "c"), topic(&mut session, "sea"));
    let foam = session.add(Topic::build().name("foam"));
    assert_eq!(session.related(c, Essay::topics).unwrap(), []);
    let sent = statements(|| {
        let salt = session.add(Topic::build().name("salt"));
        session.add(EssayTopic::build().essay_id(c).topic_id(salt));
        session.add(EssayTopic::build().essay_id(c).topic_id(foam));
        session.link(c, Essay::topics, foam).unwrap();
        session.link(c, Essay::topics, sea).unwrap();
        assert_eq!(
            session.related(c, Essay::topics).unwrap(),
            [salt, foam, sea]
        );
        assert_eq!(session.related(salt, Topic::essays).unwrap(), [c]);
        session.unlink(salt, Topic::essays, c).unwrap();
        assert_eq!(session.related(c, Essay::topics).unwrap(), [foam, sea]);
    });
    assert!(sent.is_empty(), "{sent:#?}");
    session.commit().unwrap();
    assert_eq!(EssayTopic::query().count(&db).unwrap(), 5);
    let pairs = session
        .load(EssayTopic::query().filter(EssayTopic::topic_id.eq(session[foam].id)))
        .unwrap();
    session.delete(pairs[0]).unwrap();
    assert_eq!(session.related(c, Essay::topics).unwrap(), [sea]);
    session.commit().unwrap();
    assert_eq!(session.related(foam, Topic::essays).unwrap(), []);
}
