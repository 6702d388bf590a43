//! Relationships that are queries, and what is loaded one by one.

use birgus::prelude::*;

use super::names;
use super::stock::{library, places};
use crate::Bed;
use crate::library::{Essay, Review, Topic, Volume, Writer};
use crate::watch::statements;

super::super::cases![
    refined,
    refined_many_to_many,
    changed_and_deleted,
    a_row_without_a_key,
    in_the_session_that_holds_it,
];

fn refined(bed: &Bed) {
    let db = library(bed);
    let ann = Writer::query()
        .order_by(Writer::id)
        .first(&db)
        .unwrap()
        .unwrap();
    let essays = || ann.essays.query();
    let sent = statements(|| {
        assert_eq!(essays().count(&db).unwrap(), 2);
        assert!(essays().filter(Essay::likes.gt(4)).exists(&db).unwrap());
        let best = essays()
            .order_by(Essay::likes.desc())
            .first(&db)
            .unwrap()
            .unwrap();
        assert_eq!(best.title, "b");
        let titles = essays()
            .order_by(Essay::title.desc())
            .pluck(Essay::title, &db);
        assert_eq!(titles.unwrap(), ["b", "a"]);
        let page = essays().order_by(Essay::id).paginate(2, 1, &db).unwrap();
        assert_eq!((&*page.items[0].title, page.total), ("b", 2));
    });
    assert_eq!(sent.len(), 6, "{sent:#?}");
    let found = essays()
        .with(Essay::editor.joined())
        .order_by(Essay::id)
        .all(&db)
        .unwrap();
    assert_eq!(found[1].editor.loaded().unwrap().unwrap().name, "bob");
    let found = essays()
        .with(Essay::topics.subquery())
        .order_by(Essay::id)
        .all(&db)
        .unwrap();
    assert_eq!(found[0].topics.loaded().unwrap().len(), 2);
    assert_eq!(ann.badge.query().one(&db).unwrap().text, "gold");
}

fn refined_many_to_many(bed: &Bed) {
    let db = library(bed);
    let ann = Writer::query()
        .order_by(Writer::id)
        .first(&db)
        .unwrap()
        .unwrap();
    let essay = Essay::query()
        .order_by(Essay::id)
        .first(&db)
        .unwrap()
        .unwrap();
    // It has the order of the relationship.
    let topics = essay.topics.query().all(&db).unwrap();
    assert_eq!(names(&topics, |topic| &topic.name), ["crabs", "sea"]);
    let topics = essay
        .topics
        .query()
        .unordered()
        .order_by(Topic::name.desc())
        .all(&db)
        .unwrap();
    assert_eq!(names(&topics, |topic| &topic.name), ["sea", "crabs"]);
    assert_eq!(
        essay
            .topics
            .query()
            .filter(Topic::name.eq("sea"))
            .count(&db)
            .unwrap(),
        1
    );
    let following = ann
        .following
        .query()
        .order_by(Writer::name)
        .all(&db)
        .unwrap();
    assert_eq!(names(&following, |writer| &writer.name), ["bob", "cid"]);
    // A pair that is there twice is one row.
    assert_eq!(ann.reviewed.query().count(&db).unwrap(), 2);
    let joined = ann
        .reviewed
        .query()
        .join::<Review>(Review::essay_id.eq(Essay::id));
    assert_eq!(joined.filter(Review::stars.eq(5)).count(&db).unwrap(), 1);
}

fn changed_and_deleted(bed: &Bed) {
    let db = library(bed);
    let ann = Writer::query()
        .order_by(Writer::id)
        .first(&db)
        .unwrap()
        .unwrap();
    let liked = |db: &Database| -> Vec<i32> {
        Essay::query()
            .order_by(Essay::id)
            .pluck(Essay::likes, db)
            .unwrap()
    };
    assert_eq!(
        ann.essays.query().update(Essay::likes.set(7), &db).unwrap(),
        2
    );
    assert_eq!(liked(&db), [7, 7, 3]);
    assert_eq!(
        ann.reviewed
            .query()
            .update(Essay::likes.set(9), &db)
            .unwrap(),
        2
    );
    assert_eq!(liked(&db), [7, 9, 9]);
    let name = Writer::name.set("followed");
    assert_eq!(ann.following.query().update(name, &db).unwrap(), 2);
    Review::query().delete(&db).unwrap();
    let essay = Essay::query()
        .order_by(Essay::id.desc())
        .first(&db)
        .unwrap()
        .unwrap();
    assert_eq!(essay.editor.query().count(&db).unwrap(), 1);
    assert_eq!(ann.edited.query().delete(&db).unwrap(), 1);
    assert_eq!(liked(&db), [7, 9]);
    assert_eq!(ann.badge.query().delete(&db).unwrap(), 1);
}

fn a_row_without_a_key(bed: &Bed) {
    let db = places(bed);
    let mut volume = Volume::query()
        .filter(Volume::room.is_null())
        .one(&db)
        .unwrap();
    assert_eq!(volume.shelf.query().count(&db).unwrap(), 0);
    let sent = statements(|| assert!(volume.shelf.load(&db).unwrap().is_none()));
    assert_eq!(sent, [""; 0]);
    // One of the two is there: it stands nowhere nevertheless.
    let half = Volume::insert(Volume::build().room(Some(1)).number(None))
        .execute(&db)
        .unwrap();
    for related in [
        Volume::shelf.joined(),
        Volume::shelf.subquery(),
        Volume::shelf.selectin(),
    ] {
        let volume = Volume::query().by_key(half).with(related).one(&db).unwrap();
        assert!(volume.shelf.loaded().unwrap().is_none());
    }
    let mut volume = Volume::query().by_key(half).one(&db).unwrap();
    assert!(volume.shelf.load(&db).unwrap().is_none());
    let mut session = db.session().unwrap();
    let key = session.get::<Volume>(half).unwrap().unwrap();
    assert_eq!(session.related(key, Volume::shelf).unwrap(), None);
}

fn in_the_session_that_holds_it(bed: &Bed) {
    let db = library(bed);
    let mut session = db.session().unwrap();
    let mut ann = Writer::query()
        .order_by(Writer::id)
        .first(&mut session)
        .unwrap()
        .unwrap();
    session.add(Essay::build().title("new").writer_id(ann.id));
    assert_eq!(ann.essays.query().count(&mut session).unwrap(), 3);
    assert_eq!(ann.essays.load(&mut session).unwrap().len(), 3);
    session.rollback().unwrap();
    // What was loaded stays until it is dropped.
    assert_eq!(ann.essays.load(&mut session).unwrap().len(), 3);
    ann.essays.unload();
    assert_eq!(ann.essays.load(&mut session).unwrap().len(), 2);
}
