//! What a session says that it is going to send.

use birgus::Value;
use birgus::prelude::*;
use birgus::session::ChangeKind;

use super::user;
use crate::Bed;
use crate::models::User;

super::super::cases![
    changes_tell_old_and_new_values,
    changes_that_were_taken_back_are_none,
    changes_do_not_show_values,
];

fn changes_tell_old_and_new_values(bed: &Bed) {
    let db = bed.database(&[User::info()]);
    let mut session = db.session().unwrap();
    let keys = session.add_all([user("susan"), user("david")]);
    session.commit().unwrap();
    assert!(session.changes().unwrap().is_empty());
    session[keys[0]].age = Some(3);
    session[keys[0]].email = "sue@example.com".into();
    session.delete(keys[1]).unwrap();
    let anna = session.add(user("anna"));
    let changes = session.changes().unwrap();
    let kinds: Vec<_> = changes.iter().map(|change| change.kind()).collect();
    assert_eq!(
        kinds,
        [ChangeKind::Insert, ChangeKind::Update, ChangeKind::Delete]
    );
    assert!(changes[0].is_of(anna) && changes[1].is_of(keys[0]) && changes[2].is_of(keys[1]));
    assert_eq!(changes[0].primary_key(), [Value::Null]);
    assert_eq!(
        changes[1].primary_key(),
        [Value::Integer(session[keys[0]].id)]
    );
    let fields: Vec<_> = (changes[1].fields().iter())
        .map(|field| {
            (
                field.name(),
                field.before().cloned(),
                field.after().cloned(),
            )
        })
        .collect();
    let text = |text: &str| Some(Value::Text(text.into()));
    assert_eq!(
        fields,
        [
            ("email", text("susan@example.com"), text("sue@example.com")),
            ("age", Some(Value::Null), Some(Value::Integer(3))),
        ]
    );
    let name = |position: usize| {
        let fields = changes[position].fields();
        fields
            .iter()
            .find(|field| field.name() == "username")
            .cloned()
            .unwrap()
    };
    assert_eq!(
        (name(0).before(), name(0).after()),
        (None, text("anna").as_ref())
    );
    assert_eq!(
        (name(2).before(), name(2).after()),
        (text("david").as_ref(), None)
    );
    session.commit().unwrap();
    assert!(session.changes().unwrap().is_empty());
}

fn changes_that_were_taken_back_are_none(bed: &Bed) {
    let db = bed.database(&[User::info()]);
    let mut session = db.session().unwrap();
    let susan = session.add(user("susan"));
    session.commit().unwrap();
    session[susan].age = Some(1);
    session[susan].age = None;
    assert!(session.changes().unwrap().is_empty());
    session[susan].username = "x".repeat(65);
    assert!(session.changes().unwrap_err().is_invalid_value());
    session.rollback().unwrap();
    assert!(session.changes().unwrap().is_empty());
    assert_eq!(session[susan].username, "susan");
}

fn changes_do_not_show_values(bed: &Bed) {
    let db = bed.database(&[User::info()]);
    let mut session = db.session().unwrap();
    session.add(user("very-secret"));
    let changes = session.changes().unwrap();
    let shown = format!("{} {changes:?} {session:?}", changes[0]);
    assert!(shown.starts_with("insert of User (new) "), "{shown}");
    assert!(!shown.contains("very-secret"), "{shown}");
}
