//! Values from elsewhere, brought together with the objects of their rows.

use birgus::prelude::*;

use super::user;
use crate::Bed;
use crate::models::{Account, Country, Post, User};
use crate::watch::statements;

super::super::cases![
    a_value_is_copied_over_its_row,
    a_value_that_is_the_same_sends_nothing,
    a_value_without_a_row_is_added,
    a_value_without_a_key_is_added,
    a_builder_copies_what_it_was_given,
    a_tracked_object_is_not_read,
    a_value_of_another_version_is_refused,
    a_pending_reference_is_flushed_first,
];

fn a_value_is_copied_over_its_row(bed: &Bed) {
    let db = bed.database(&[User::info()]);
    User::insert(user("susan")).execute(&db).unwrap();
    let mut value = User::query().one(&db).unwrap();
    value.age = Some(30);
    let mut session = db.session().unwrap();
    let mut key = None;
    let sent = statements(|| key = Some(session.merge(value.clone()).unwrap()));
    assert_eq!(sent.len(), 1, "{sent:?}");
    assert_eq!(session[key.unwrap()], value);
    let sent = statements(|| session.commit().unwrap());
    assert_eq!(sent.len(), 1, "{sent:?}");
    assert!(
        sent[0].contains("age") && !sent[0].contains("email"),
        "{sent:?}"
    );
    assert_eq!(User::query().one(&db).unwrap(), value);
}

fn a_value_that_is_the_same_sends_nothing(bed: &Bed) {
    let db = bed.database(&[User::info()]);
    User::insert(user("susan")).execute(&db).unwrap();
    let value = User::query().one(&db).unwrap();
    let mut session = db.session().unwrap();
    session.merge(value).unwrap();
    let sent = statements(|| session.commit().unwrap());
    assert!(sent.is_empty(), "{sent:?}");
}

fn a_value_without_a_row_is_added(bed: &Bed) {
    let db = bed.database(&[Country::info()]);
    let mut session = db.session().unwrap();
    let country = Country {
        code: "pt".into(),
        name: "Portugal".into(),
    };
    let key = session.merge(country.clone()).unwrap();
    session.commit().unwrap();
    assert_eq!(Country::query().one(&db).unwrap(), country);
    // Twice the same row is one object.
    assert_eq!(session.merge(country).unwrap(), key);
}

fn a_value_without_a_key_is_added(bed: &Bed) {
    let db = bed.database(&[User::info()]);
    let mut session = db.session().unwrap();
    let key = session.merge(user("susan")).unwrap();
    let sent = statements(|| session.commit().unwrap());
    assert_eq!(sent.len(), 1, "{sent:?}");
    assert!(session[key].id > 0);
}

fn a_builder_copies_what_it_was_given(bed: &Bed) {
    let db = bed.database(&[User::info()]);
    let susan = User::build().username("susan").email("s").age(30);
    let id = User::insert(susan).execute(&db).unwrap();
    let mut session = db.session().unwrap();
    let key = session
        .merge(
            User::build()
                .id(id)
                .username("sue")
                .email("sue@example.com"),
        )
        .unwrap();
    session.commit().unwrap();
    assert_eq!(
        (session[key].username.as_str(), session[key].age),
        ("sue", Some(30))
    );
    assert_eq!(User::query().one(&db).unwrap(), session[key]);
}

fn a_tracked_object_is_not_read(bed: &Bed) {
    let db = bed.database(&[User::info()]);
    let mut session = db.session().unwrap();
    let key = session.add(user("susan"));
    session.commit().unwrap();
    let mut value = session[key].clone();
    value.age = Some(2);
    let sent = statements(|| assert_eq!(session.merge(value).unwrap(), key));
    assert!(sent.is_empty(), "{sent:?}");
    session.commit().unwrap();
    assert_eq!(User::query().one(&db).unwrap().age, Some(2));
}

fn a_value_of_another_version_is_refused(bed: &Bed) {
    let db = bed.database(&[Account::info()]);
    let mut session = db.session().unwrap();
    let key = session.add(Account::of("susan"));
    session.commit().unwrap();
    let old = session[key].clone();
    session[key].balance = 5;
    session.commit().unwrap();
    let mut other = db.session().unwrap();
    let error = other.merge(Account { balance: 9, ..old }).unwrap_err();
    assert!(error.is_stale_object(), "{error:?}");
    let mut fresh = session[key].clone();
    fresh.balance = 9;
    other.merge(fresh).unwrap();
    other.commit().unwrap();
    let read = Account::query().one(&db).unwrap();
    assert_eq!((read.balance, read.version), (9, 3));
}

fn a_pending_reference_is_flushed_first(bed: &Bed) {
    let db = bed.database(&[User::info(), Post::info()]);
    let mut session = db.session().unwrap();
    let susan = session.add(user("susan"));
    let post = session.add(Post::build().body("x").author_id(susan));
    session.commit().unwrap();
    let id = session[post].id;
    let david = session.add(user("david"));
    session
        .merge(Post::build().id(id).body("y").author_id(david))
        .unwrap();
    session.commit().unwrap();
    let read = Post::query().one(&db).unwrap();
    assert_eq!(read.author_id, session[david].id);
}
