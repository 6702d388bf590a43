//! One object a row.

use birgus::prelude::*;

use super::user;
use crate::Bed;
use crate::models::{Address, Country, Device, Reading, User};
use crate::watch::statements;

super::super::cases![
    a_loaded_key_sends_nothing,
    a_query_keeps_unsaved_changes,
    populate_existing_and_locks_read_anew,
    refresh_loses_unsaved_changes,
    natural_keys,
    keys_of_the_program,
    keys_of_several_columns,
    a_key_that_changes,
    a_rollback_gives_keys_back,
    nothing_expires_on_commit,
    values_are_not_tracked,
];

fn a_loaded_key_sends_nothing(bed: &Bed) {
    let db = bed.database(&[User::info()]);
    let id = User::insert(user("susan")).execute(&db).unwrap();
    let mut session = db.session().unwrap();
    let mut first = None;
    let sent = statements(|| first = session.get::<User>(id).unwrap());
    assert_eq!(sent.len(), 1, "{sent:?}");
    let sent = statements(|| assert_eq!(session.get::<User>(id).unwrap(), first));
    assert!(sent.is_empty(), "{sent:?}");
    // What is not there is asked for each time: somebody may have added it.
    let sent = statements(|| {
        assert_eq!(session.get::<User>(id + 1).unwrap(), None);
        assert_eq!(session.get::<User>(id + 1).unwrap(), None);
    });
    assert_eq!(sent.len(), 2, "{sent:?}");
    // A row that was added is known by the id that it got.
    let david = session.add(user("david"));
    session.flush().unwrap();
    let id = session[david].id;
    let sent = statements(|| assert_eq!(session.get::<User>(id).unwrap(), Some(david)));
    assert!(sent.is_empty(), "{sent:?}");
}

fn a_query_keeps_unsaved_changes(bed: &Bed) {
    let db = bed.database(&[User::info()]);
    let id = User::insert(user("susan")).execute(&db).unwrap();
    let mut session = db.session().unwrap();
    let susan = session.get::<User>(id).unwrap().unwrap();
    User::query().update([User::age.set(50)], &db).unwrap();
    session[susan].email = "mine@example.com".into();
    let loaded = session
        .no_autoflush(|session| session.load(User::query()))
        .unwrap();
    assert_eq!(loaded, [susan]);
    assert_eq!(
        (session[susan].email.as_str(), session[susan].age),
        ("mine@example.com", None)
    );
    session.commit().unwrap();
    let read = User::query().one(&db).unwrap();
    assert_eq!(
        (read.email.as_str(), read.age),
        ("mine@example.com", Some(50)),
        "one column was sent, the other was left alone"
    );
}

fn populate_existing_and_locks_read_anew(bed: &Bed) {
    let db = bed.database(&[User::info()]);
    let id = User::insert(user("susan")).execute(&db).unwrap();
    let mut session = db.session().unwrap();
    let susan = session.get::<User>(id).unwrap().unwrap();
    let set = |age: i32| {
        User::query().update([User::age.set(age)], &db).unwrap();
    };
    set(50);
    session.load(User::query().populate_existing()).unwrap();
    assert_eq!(session[susan].age, Some(50));
    set(51);
    assert_eq!(session.get_for_update::<User>(id).unwrap(), Some(susan));
    assert_eq!(session[susan].age, Some(51));
    session.rollback().unwrap();
    set(52);
    session.load(User::query().for_update()).unwrap();
    assert_eq!(session[susan].age, Some(52));
    session.commit().unwrap();
    set(53);
    session[susan].age = Some(1);
    session
        .no_autoflush(|session| session.load(User::query().populate_existing()))
        .unwrap();
    assert_eq!(session[susan].age, Some(53), "the unsaved change is lost");
    session.commit().unwrap();
    assert_eq!(User::query().one(&db).unwrap().age, Some(53));
}

fn refresh_loses_unsaved_changes(bed: &Bed) {
    let db = bed.database(&[User::info()]);
    let id = User::insert(user("susan")).execute(&db).unwrap();
    let mut session = db.session().unwrap();
    let susan = session.get::<User>(id).unwrap().unwrap();
    User::query().update([User::age.set(50)], &db).unwrap();
    session[susan].email = "mine@example.com".into();
    let sent = statements(|| session.refresh(susan).unwrap());
    assert_eq!(sent.len(), 1, "{sent:?}");
    assert_eq!(session[susan].age, Some(50));
    assert_eq!(session[susan].email, "susan@example.com");
    let sent = statements(|| session.commit().unwrap());
    assert!(sent.is_empty(), "{sent:?}");
    let pending = session.add(user("david"));
    assert!(session.refresh(pending).unwrap_err().is_session());
    session.rollback().unwrap();
    User::query().delete(&db).unwrap();
    assert!(session.refresh(susan).unwrap_err().is_not_found());
}

fn natural_keys(bed: &Bed) {
    let db = bed.database(&[Country::info()]);
    let mut session = db.session().unwrap();
    let country = |code: &str| Country {
        code: code.into(),
        name: "somewhere".into(),
    };
    let small = session.add(country("pt"));
    let capital = session.add(country("PT"));
    session.commit().unwrap();
    let sent = statements(|| {
        assert_eq!(session.get::<Country>("pt").unwrap(), Some(small));
        assert_eq!(session.get::<Country>("PT").unwrap(), Some(capital));
    });
    assert!(sent.is_empty(), "{sent:?}");
}

fn keys_of_the_program(bed: &Bed) {
    let db = bed.database(&[Country::info(), Device::info()]);
    let mut session = db.session().unwrap();
    let device = session.add(Device::build());
    let id = session[device].id;
    assert!(!id.is_nil(), "the default is there at once");
    session.commit().unwrap();
    let sent = statements(|| assert_eq!(session.get::<Device>(id).unwrap(), Some(device)));
    assert!(sent.is_empty(), "{sent:?}");
    session.clear();
    assert!(session.get::<Device>(id).unwrap().is_some());
}

fn keys_of_several_columns(bed: &Bed) {
    let db = bed.database(&[Address::info(), Reading::info()]);
    let mut session = db.session().unwrap();
    let address = |street: &str, number: i32| Address {
        street: street.into(),
        number,
        city: "Lisbon".into(),
    };
    let first = session.add(address("Rua \"Nova\"", 1));
    let second = session.add(address("Rua \"Nova\", 1", 1));
    session.commit().unwrap();
    let sent = statements(|| {
        let get = |session: &mut Session, street: &str| {
            session.get::<Address>((street.to_owned(), 1)).unwrap()
        };
        assert_eq!(get(&mut session, "Rua \"Nova\""), Some(first));
        assert_eq!(get(&mut session, "Rua \"Nova\", 1"), Some(second));
    });
    assert!(sent.is_empty(), "{sent:?}");
    session[first].city = "Porto".into();
    session.commit().unwrap();
    session.delete(second).unwrap();
    session.commit().unwrap();
    assert_eq!(
        Address::query().pluck(Address::city, &db).unwrap(),
        ["Porto"]
    );
}

fn a_key_that_changes(bed: &Bed) {
    let db = bed.database(&[Country::info()]);
    let mut session = db.session().unwrap();
    let country = session.add(Country {
        code: "xx".into(),
        name: "somewhere".into(),
    });
    session.commit().unwrap();
    session[country].code = "yy".into();
    session.flush().unwrap();
    assert_eq!(session.get::<Country>("yy").unwrap(), Some(country));
    assert_eq!(session.get::<Country>("xx").unwrap(), None);
    session.rollback().unwrap();
    assert_eq!(session[country].code, "xx");
    assert_eq!(session.get::<Country>("xx").unwrap(), Some(country));
    assert_eq!(session.get::<Country>("yy").unwrap(), None);
}

fn a_rollback_gives_keys_back(bed: &Bed) {
    let db = bed.database(&[Country::info()]);
    let mut session = db.session().unwrap();
    let country = |code: &str| Country {
        code: code.into(),
        name: code.into(),
    };
    let keys = session.add_all([country("aa"), country("bb")]);
    session.commit().unwrap();
    // Two rows change keys by way of a third one.
    session[keys[0]].code = "cc".into();
    session.flush().unwrap();
    session[keys[1]].code = "aa".into();
    session.flush().unwrap();
    session[keys[0]].code = "bb".into();
    session.flush().unwrap();
    assert_eq!(session.get::<Country>("aa").unwrap(), Some(keys[1]));
    session.rollback().unwrap();
    assert_eq!(session.get::<Country>("aa").unwrap(), Some(keys[0]));
    assert_eq!(session.get::<Country>("bb").unwrap(), Some(keys[1]));
    assert_eq!(session[keys[0]].code, "aa");
}

fn nothing_expires_on_commit(bed: &Bed) {
    let db = bed.database(&[User::info()]);
    let mut session = db.session().unwrap();
    let susan = session.add(user("susan"));
    session.commit().unwrap();
    let id = session[susan].id;
    User::query().update([User::age.set(50)], &db).unwrap();
    let sent = statements(|| {
        assert_eq!(session[susan].age, None);
        assert_eq!(session.get::<User>(id).unwrap(), Some(susan));
        session.commit().unwrap();
        assert_eq!(session[susan].age, None);
    });
    assert!(sent.is_empty(), "{sent:?}");
}

fn values_are_not_tracked(bed: &Bed) {
    let db = bed.database(&[User::info()]);
    User::insert(user("susan")).execute(&db).unwrap();
    let mut session = db.session().unwrap();
    let mut users = User::query().all(&mut session).unwrap();
    users[0].age = Some(1);
    assert!(session.is_empty());
    session.commit().unwrap();
    assert_eq!(User::query().one(&db).unwrap().age, None);
}
