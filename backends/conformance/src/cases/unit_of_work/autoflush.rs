//! The flush before a query.

use birgus::prelude::*;

use super::user;
use crate::Bed;
use crate::models::{Post, User};
use crate::watch::statements;

super::super::cases![
    a_query_sees_what_is_pending,
    it_can_be_switched_off,
    its_error_names_the_query,
    nothing_is_flushed_twice,
    a_clean_session_sends_the_query_alone,
];

fn a_query_sees_what_is_pending(bed: &Bed) {
    let db = bed.database(&[User::info(), Post::info()]);
    let mut session = db.session().unwrap();
    let susan = session.add(user("susan"));
    assert_eq!(session.load(User::query()).unwrap(), [susan]);
    assert!(User::query().exists(&mut session).unwrap());
    session.add(Post::build().body("x").author_id(susan));
    let posts: Vec<(String,)> = birgus::sql("SELECT body FROM post")
        .all(&mut session)
        .unwrap();
    assert_eq!(posts, [("x".to_owned(),)], "raw SQL too");
    session[susan].age = Some(3);
    let older = User::query().filter(User::age.gt(2));
    assert_eq!(older.count(&mut session).unwrap(), 1);
}

fn it_can_be_switched_off(bed: &Bed) {
    let db = bed.database(&[User::info()]);
    let mut session = db.session().unwrap();
    session.add(user("susan"));
    let count = session.no_autoflush(|session| {
        session.no_autoflush(|_| ());
        User::query().count(&mut *session).unwrap()
    });
    assert_eq!(count, 0);
    assert_eq!(User::query().count(&mut session).unwrap(), 1);
}

fn its_error_names_the_query(bed: &Bed) {
    let db = bed.database(&[User::info(), Post::info()]);
    User::insert(user("susan")).execute(&db).unwrap();
    let mut session = db.session().unwrap();
    session.add(user("susan"));
    let posts = Post::query().filter(Post::body.eq("secret"));
    let error = posts.all(&mut session).unwrap_err();
    let text = error.to_string();
    assert!(error.is_unique_violation(), "{error:?}");
    assert!(
        text.contains("flush before SELECT") && text.contains("\"post\""),
        "{text}"
    );
    assert!(text.contains("uq_user_"), "{text}");
    assert!(!text.contains("secret"), "{text}");
    session.rollback().unwrap();
    let mut session = db.session().unwrap();
    session.add(user(&"x".repeat(70)));
    let error = User::query().count(&mut session).unwrap_err();
    assert!(error.is_invalid_value(), "{error:?}");
    assert!(error.to_string().contains("COUNT"), "{error}");
}

fn nothing_is_flushed_twice(bed: &Bed) {
    let db = bed.database(&[User::info()]);
    let mut session = db.session().unwrap();
    let susan = session.add(user("susan"));
    let sent = statements(|| {
        User::query().count(&mut session).unwrap();
        User::query().count(&mut session).unwrap();
        session.flush().unwrap();
        session.commit().unwrap();
    });
    assert_eq!(sent.len(), 3, "an INSERT and two queries: {sent:?}");
    session[susan].age = Some(1);
    session[susan].age = None;
    let sent = statements(|| session.commit().unwrap());
    assert!(sent.is_empty(), "{sent:?}");
}

fn a_clean_session_sends_the_query_alone(bed: &Bed) {
    let db = bed.database(&[User::info()]);
    let mut session = db.session().unwrap();
    let sent = crate::watch::all_statements(|| {
        User::query().count(&mut session).unwrap();
        session.load(User::query()).unwrap();
        session.commit().unwrap();
    });
    assert_eq!(
        sent.len(),
        2,
        "no transaction for what only reads: {sent:?}"
    );
}
