//! Set-based statements inside of a session, and the objects that it tracks.

use birgus::prelude::*;
use birgus::session::ObjectState;

use super::user;
use crate::Bed;
use crate::models::{Post, User};
use crate::watch::statements;

super::super::cases![
    updated_rows_are_read_again,
    deleted_rows_are_dropped,
    what_the_database_deletes_is_dropped_too,
    a_rollback_brings_objects_back,
    unsaved_changes_are_kept,
    upserts_are_seen,
    returning_statements_are_seen,
    nothing_is_read_when_nothing_is_tracked,
];

fn filled(bed: &Bed) -> (Database, Session, Vec<Key<User>>) {
    let db = bed.database(&[User::info(), Post::info()]);
    let mut session = db.session().unwrap();
    let keys = session.add_all(["susan", "david", "anna"].map(user));
    session.commit().unwrap();
    (db, session, keys)
}

fn by_name(name: &str) -> Query<User> {
    User::query().filter(User::username.eq(name))
}

fn updated_rows_are_read_again(bed: &Bed) {
    let (_db, mut session, keys) = filled(bed);
    let sent = statements(|| {
        let count = by_name("susan").update([User::age.set(5)], &mut session);
        assert_eq!(count.unwrap(), 1);
    });
    assert_eq!(sent.len(), 2, "the UPDATE, and one query: {sent:?}");
    assert_eq!(session[keys[0]].age, Some(5));
    assert_eq!(session[keys[1]].age, None);
    session[keys[1]].age = Some(1);
    User::query()
        .update([User::age.set(User::age + 1)], &mut session)
        .unwrap();
    let ages: Vec<_> = keys.iter().map(|key| session[*key].age).collect();
    assert_eq!(ages, [Some(6), Some(2), None]);
    let sent = statements(|| session.commit().unwrap());
    assert!(sent.is_empty(), "objects are as their rows: {sent:?}");
}

fn deleted_rows_are_dropped(bed: &Bed) {
    let (_db, mut session, keys) = filled(bed);
    let id = session[keys[1]].id;
    by_name("david").delete(&mut session).unwrap();
    assert_eq!(session.state(keys[1]).unwrap(), ObjectState::Deleted);
    assert_eq!(session.get::<User>(id).unwrap(), None);
    session.commit().unwrap();
    assert_eq!(session.state(keys[1]).unwrap(), ObjectState::Detached);
    assert_eq!(session.len(), 2);
}

fn what_the_database_deletes_is_dropped_too(bed: &Bed) {
    let (_db, mut session, keys) = filled(bed);
    let post = session.add(Post::build().body("x").author_id(keys[0]));
    let other = session.add(Post::build().body("y").author_id(keys[1]));
    session.commit().unwrap();
    by_name("susan").delete(&mut session).unwrap();
    assert_eq!(session.state(post).unwrap(), ObjectState::Deleted);
    assert_eq!(session.state(other).unwrap(), ObjectState::Persistent);
    session.commit().unwrap();
}

fn a_rollback_brings_objects_back(bed: &Bed) {
    let (_db, mut session, keys) = filled(bed);
    by_name("susan")
        .update([User::age.set(5)], &mut session)
        .unwrap();
    by_name("david").delete(&mut session).unwrap();
    session.rollback().unwrap();
    assert_eq!(session[keys[0]].age, None);
    assert_eq!(session.state(keys[1]).unwrap(), ObjectState::Persistent);
    let id = session[keys[1]].id;
    assert_eq!(session.get::<User>(id).unwrap(), Some(keys[1]));
    let sent = statements(|| session.commit().unwrap());
    assert!(sent.is_empty(), "{sent:?}");
}

fn unsaved_changes_are_kept(bed: &Bed) {
    let (db, mut session, keys) = filled(bed);
    session[keys[0]].email = "mine@example.com".into();
    session.no_autoflush(|session| {
        User::query()
            .update([User::age.set(5)], &mut *session)
            .unwrap();
    });
    assert_eq!(session[keys[0]].email, "mine@example.com");
    assert_eq!(session[keys[0]].age, Some(5));
    session.commit().unwrap();
    let stored = by_name("susan").one(&db).unwrap();
    assert_eq!(stored, session[keys[0]]);
    assert_eq!(stored.email, "mine@example.com");
}

fn upserts_are_seen(bed: &Bed) {
    let (_db, mut session, keys) = filled(bed);
    User::insert(user("susan"))
        .on_conflict(User::username)
        .update([User::age.set(8)])
        .execute(&mut session)
        .unwrap();
    assert_eq!(session[keys[0]].age, Some(8));
}

fn returning_statements_are_seen(bed: &Bed) {
    let (_db, mut session, keys) = filled(bed);
    let ages = by_name("susan")
        .update_returning([User::age.set(8)], User::age, &mut session)
        .unwrap();
    assert_eq!((ages, session[keys[0]].age), (vec![Some(8)], Some(8)));
    by_name("david")
        .delete_returning(User::id, &mut session)
        .unwrap();
    assert_eq!(session.state(keys[1]).unwrap(), ObjectState::Deleted);
}

fn nothing_is_read_when_nothing_is_tracked(bed: &Bed) {
    let (_db, mut session, _) = filled(bed);
    session.clear();
    let sent = statements(|| {
        by_name("susan")
            .update([User::age.set(5)], &mut session)
            .unwrap();
    });
    assert_eq!(sent.len(), 1, "{sent:?}");
}
