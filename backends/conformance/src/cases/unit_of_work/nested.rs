//! Parts of a unit that can fail by themselves.

use birgus::Error;
use birgus::prelude::*;
use birgus::session::ObjectState;

use super::user;
use crate::Bed;
use crate::models::User;

super::super::cases![
    an_error_undoes_the_part,
    what_succeeds_belongs_to_the_unit,
    a_failed_statement_leaves_the_unit_usable,
    objects_are_restored_to_the_savepoint,
    parts_inside_of_parts,
    a_deletion_is_taken_back,
    a_rollback_of_the_unit_takes_parts_with_it,
    a_commit_inside_is_refused,
    a_part_that_begins_the_transaction,
    a_panic_leaves_a_rollback,
];

fn database(bed: &Bed) -> Database {
    bed.database(&[User::info()])
}

fn fails<T>(session: &mut Session, work: impl FnOnce(&mut Session)) -> birgus::Result<T> {
    session.nested(|session| {
        work(session);
        Err(Error::session("given up"))
    })
}

fn names(db: &Database) -> Vec<String> {
    User::query()
        .order_by(User::id.asc())
        .pluck(User::username, db)
        .unwrap()
}

fn an_error_undoes_the_part(bed: &Bed) {
    let db = database(bed);
    let mut session = db.session().unwrap();
    session.add(user("susan"));
    let mut david = None;
    let error = fails::<()>(&mut session, |session| {
        david = Some(session.add(user("david")));
        session.flush().unwrap();
        session.add(user("never_sent"));
    })
    .unwrap_err();
    assert_eq!(error.to_string(), "given up");
    assert_eq!(
        session.state(david.unwrap()).unwrap(),
        ObjectState::Transient
    );
    session.commit().unwrap();
    assert_eq!(names(&db), ["susan"]);
}

fn what_succeeds_belongs_to_the_unit(bed: &Bed) {
    let db = database(bed);
    let mut session = db.session().unwrap();
    let key = session
        .nested(|session| Ok(session.add(user("susan"))))
        .unwrap();
    assert_eq!(
        session.state(key).unwrap(),
        ObjectState::Persistent,
        "flushed"
    );
    assert_eq!(names(&db), [""; 0]);
    session.commit().unwrap();
    assert_eq!(names(&db), ["susan"]);
}

fn a_failed_statement_leaves_the_unit_usable(bed: &Bed) {
    let db = database(bed);
    let mut session = db.session().unwrap();
    for name in ["susan", "david", "susan", "anna"] {
        let added = session.nested(|session| {
            session.add(user(name));
            session.flush()
        });
        assert_eq!(added.is_err(), name == "susan" && session.len() == 2);
    }
    session.commit().unwrap();
    assert_eq!(names(&db), ["susan", "david", "anna"]);
    // The flush at the end of the part fails inside of it too.
    let error = session
        .nested(|session| Ok(session.add(user("anna"))))
        .unwrap_err();
    assert!(error.is_unique_violation());
    session.commit().unwrap();
}

fn objects_are_restored_to_the_savepoint(bed: &Bed) {
    let db = database(bed);
    let mut session = db.session().unwrap();
    let susan = session.add(user("susan"));
    session.commit().unwrap();
    session[susan].age = Some(1);
    fails::<()>(&mut session, |session| {
        assert_eq!(session[susan].age, Some(1));
        session[susan].age = Some(2);
        session.flush().unwrap();
        session[susan].age = Some(3);
    })
    .unwrap_err();
    assert_eq!(
        session[susan].age,
        Some(1),
        "as it was flushed before the part"
    );
    session.commit().unwrap();
    assert_eq!(User::query().one(&db).unwrap().age, Some(1));
    session[susan].age = Some(5);
    session
        .nested(|session| {
            session[susan].age = Some(6);
            Ok(())
        })
        .unwrap();
    session.rollback().unwrap();
    assert_eq!(session[susan].age, Some(1), "as before the transaction");
}

fn parts_inside_of_parts(bed: &Bed) {
    let db = database(bed);
    let mut session = db.session().unwrap();
    session.add(user("first"));
    session
        .nested(|session| {
            session.add(user("second"));
            fails::<()>(session, |session| {
                session.add(user("third"));
                session
                    .nested(|session| Ok(session.add(user("fourth"))))
                    .unwrap();
            })
            .unwrap_err();
            session.add(user("fifth"));
            Ok(())
        })
        .unwrap();
    fails::<()>(&mut session, |session| {
        session
            .nested(|session| Ok(session.add(user("sixth"))))
            .unwrap();
    })
    .unwrap_err();
    session.commit().unwrap();
    assert_eq!(names(&db), ["first", "second", "fifth"]);
    assert_eq!(session.len(), 3);
}

fn a_deletion_is_taken_back(bed: &Bed) {
    let db = database(bed);
    let mut session = db.session().unwrap();
    let keys = session.add_all([user("susan"), user("david")]);
    session.commit().unwrap();
    session.delete(keys[0]).unwrap();
    fails::<()>(&mut session, |session| {
        session.delete(keys[1]).unwrap();
        session.flush().unwrap();
        assert_eq!(session.state(keys[1]).unwrap(), ObjectState::Deleted);
    })
    .unwrap_err();
    assert_eq!(session.state(keys[0]).unwrap(), ObjectState::Deleted);
    assert_eq!(session.state(keys[1]).unwrap(), ObjectState::Persistent);
    let id = session[keys[1]].id;
    assert_eq!(session.get::<User>(id).unwrap(), Some(keys[1]));
    session.commit().unwrap();
    assert_eq!(names(&db), ["david"]);
}

fn a_rollback_of_the_unit_takes_parts_with_it(bed: &Bed) {
    let db = database(bed);
    let mut session = db.session().unwrap();
    session
        .nested(|session| Ok(session.add(user("susan"))))
        .unwrap();
    session.rollback().unwrap();
    assert_eq!(names(&db), [""; 0]);
    // A rollback from within ends the part, and the unit.
    session.add(user("david"));
    session
        .nested(|session| {
            session.add(user("anna"));
            session.flush()?;
            session.rollback()
        })
        .unwrap();
    session.add(user("paula"));
    session.commit().unwrap();
    assert_eq!(names(&db), ["paula"]);
}

fn a_commit_inside_is_refused(bed: &Bed) {
    let db = database(bed);
    let mut session = db.session().unwrap();
    let error = session
        .nested(|session| {
            session.add(user("susan"));
            session.commit()
        })
        .unwrap_err();
    assert!(error.is_session(), "{error:?}");
    session.commit().unwrap();
    assert_eq!(names(&db), [""; 0]);
}

fn a_part_that_begins_the_transaction(bed: &Bed) {
    let db = database(bed);
    let mut session = db.session().unwrap();
    fails::<()>(&mut session, |session| {
        session.add(user("susan"));
        session.flush().unwrap();
    })
    .unwrap_err();
    session.add(user("david"));
    session.commit().unwrap();
    assert_eq!(names(&db), ["david"]);
}

fn a_panic_leaves_a_rollback(bed: &Bed) {
    let db = database(bed);
    let mut session = db.session().unwrap();
    let susan = session.add(user("susan"));
    session.commit().unwrap();
    let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        let _ = session.nested(|session| -> birgus::Result<()> {
            session[susan].age = Some(1);
            session.flush()?;
            panic!("in the part");
        });
    }));
    assert!(result.is_err());
    assert!(session.commit().unwrap_err().is_session());
    session.rollback().unwrap();
    assert_eq!(session[susan].age, None);
    session[susan].age = Some(2);
    session.commit().unwrap();
    assert_eq!(User::query().one(&db).unwrap().age, Some(2));
}
