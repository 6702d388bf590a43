//! Where an object stands.

use birgus::prelude::*;
use birgus::session::ObjectState;

use super::user;
use crate::Bed;
use crate::models::User;

super::super::cases![
    from_transient_to_detached,
    a_rollback_takes_each_state_back,
    expunged_objects_are_the_programs,
    a_cleared_session_knows_no_key,
    attached_values_are_persistent,
    keys_of_another_session_have_no_state,
    modified_is_what_differs,
];

fn from_transient_to_detached(bed: &Bed) {
    let db = bed.database(&[User::info()]);
    let mut session = db.session().unwrap();
    let susan = session.add(user("susan"));
    assert_eq!(session.state(susan).unwrap(), ObjectState::Pending);
    session.flush().unwrap();
    assert_eq!(session.state(susan).unwrap(), ObjectState::Persistent);
    session.commit().unwrap();
    assert_eq!(session.state(susan).unwrap(), ObjectState::Persistent);
    session.delete(susan).unwrap();
    assert_eq!(
        session.state(susan).unwrap(),
        ObjectState::Persistent,
        "until the flush"
    );
    session.flush().unwrap();
    assert_eq!(session.state(susan).unwrap(), ObjectState::Deleted);
    session.commit().unwrap();
    assert_eq!(session.state(susan).unwrap(), ObjectState::Detached);
    assert!(session.is_empty());
}

fn a_rollback_takes_each_state_back(bed: &Bed) {
    let db = bed.database(&[User::info()]);
    let mut session = db.session().unwrap();
    let susan = session.add(user("susan"));
    session.commit().unwrap();
    let pending = session.add(user("pending"));
    session.rollback().unwrap();
    assert_eq!(session.state(pending).unwrap(), ObjectState::Transient);
    let flushed = session.add(user("flushed"));
    session.delete(susan).unwrap();
    session.flush().unwrap();
    assert_eq!(session.state(susan).unwrap(), ObjectState::Deleted);
    session.rollback().unwrap();
    assert_eq!(session.state(flushed).unwrap(), ObjectState::Transient);
    assert_eq!(session.state(susan).unwrap(), ObjectState::Persistent);
    let never_sent = session.add(user("never_sent"));
    session.delete(never_sent).unwrap();
    assert_eq!(session.state(never_sent).unwrap(), ObjectState::Transient);
    // A deletion that was not flushed yet is taken back too.
    session.delete(susan).unwrap();
    session.rollback().unwrap();
    session.commit().unwrap();
    assert_eq!(User::query().count(&db).unwrap(), 1);
}

fn expunged_objects_are_the_programs(bed: &Bed) {
    let db = bed.database(&[User::info()]);
    let mut session = db.session().unwrap();
    let pending = session.add(user("pending"));
    let value = session.expunge(pending).unwrap();
    assert_eq!(value.username, "pending");
    assert_eq!(session.state(pending).unwrap(), ObjectState::Transient);
    session.commit().unwrap();
    assert_eq!(User::query().count(&db).unwrap(), 0);
    // The value is as good as any other.
    let again = session.add(value);
    session.commit().unwrap();
    session[again].age = Some(7);
    let value = session.expunge(again).unwrap();
    assert_eq!(value.age, Some(7), "with what was changed");
    assert_eq!(session.state(again).unwrap(), ObjectState::Detached);
    assert!(session.try_get(again).unwrap_err().is_session());
    session.commit().unwrap();
    let stored = User::query().one(&db).unwrap();
    assert_eq!(stored.age, None, "and the change was not sent");
    // The row is there for the session to read it anew, as another object.
    let read = session.get::<User>(stored.id).unwrap().unwrap();
    assert_ne!(read, again);
    assert_eq!(session[read], stored);
}

fn a_cleared_session_knows_no_key(bed: &Bed) {
    let db = bed.database(&[User::info()]);
    let mut session = db.session().unwrap();
    let susan = session.add(user("susan"));
    session.commit().unwrap();
    let id = session[susan].id;
    let david = session.add(user("david"));
    session[susan].age = Some(1);
    session.clear();
    assert!(session.is_empty());
    for key in [susan, david] {
        assert_eq!(session.state(key).unwrap(), ObjectState::Detached);
        assert!(session.try_get(key).unwrap_err().is_session());
        assert!(session.delete(key).unwrap_err().is_session());
    }
    session.commit().unwrap();
    assert_eq!(User::query().pluck(User::age, &db).unwrap(), [None]);
    // A slot that was given up is not given to another object.
    let again = session.get::<User>(id).unwrap().unwrap();
    assert_ne!(again, susan);
    assert!(session.try_get(susan).is_err());
    assert_eq!(session[again].username, "susan");
}

fn attached_values_are_persistent(bed: &Bed) {
    let db = bed.database(&[User::info()]);
    User::insert(user("susan")).execute(&db).unwrap();
    let mut value = User::query().one(&db).unwrap();
    value.age = Some(40);
    let mut session = db.session().unwrap();
    let id = value.id;
    let key = session.attach(value.clone()).unwrap();
    assert_eq!(session.state(key).unwrap(), ObjectState::Persistent);
    assert_eq!(session.get::<User>(id).unwrap(), Some(key));
    assert!(session.attach(value).unwrap_err().is_session());
    session.commit().unwrap();
    let read = User::query().one(&db).unwrap();
    assert_eq!(
        read.age, None,
        "what was changed before is taken for stored"
    );
    session[key].email = "new@example.com".into();
    session.commit().unwrap();
    let read = User::query().one(&db).unwrap();
    assert_eq!((read.email.as_str(), read.age), ("new@example.com", None));
}

fn keys_of_another_session_have_no_state(bed: &Bed) {
    let db = bed.database(&[User::info()]);
    let (mut one, other) = (db.session().unwrap(), db.session().unwrap());
    let susan = one.add(user("susan"));
    assert!(other.state(susan).unwrap_err().is_session());
    assert!(one.expunge(susan).is_ok());
}

fn modified_is_what_differs(bed: &Bed) {
    let db = bed.database(&[User::info()]);
    let mut session = db.session().unwrap();
    let susan = session.add(user("susan"));
    assert!(session.is_modified(susan).unwrap());
    session.commit().unwrap();
    assert!(!session.is_modified(susan).unwrap());
    session[susan].age = None;
    assert!(!session.is_modified(susan).unwrap(), "it was None before");
    session[susan].age = Some(1);
    assert!(session.is_modified(susan).unwrap());
    session.flush().unwrap();
    assert!(!session.is_modified(susan).unwrap());
    session.delete(susan).unwrap();
    assert!(session.is_modified(susan).unwrap());
}
