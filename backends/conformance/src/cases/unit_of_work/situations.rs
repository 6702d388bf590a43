//! Situations that programs get a session into.

use birgus::prelude::*;
use birgus::session::ObjectState;

use super::user;
use crate::Bed;
use crate::models::{Country, Everything, Folder, Node, Note, Page, Part, Post, Settings, User};
use crate::watch::statements;

super::super::cases![
    a_document_that_is_changed_inside_is_found,
    every_kind_of_column_is_compared,
    a_deleted_object_can_be_added_as_a_value,
    what_is_deleted_and_changed_is_deleted,
    what_is_added_in_one_flush_and_deleted_in_the_next,
    deleting_twice_is_deleting_once,
    a_child_gets_a_new_parent_as_the_old_one_goes,
    a_tree_moves_to_another_root,
    commits_follow_each_other,
    a_rollback_of_nothing,
    many_sessions_share_a_database,
    a_unique_value_of_a_deleted_row_is_free_at_once,
    a_session_goes_on_after_a_refused_value,
    a_value_of_a_query_is_changed_by_merge,
    a_new_row_keeps_waiting_after_a_refused_value,
    children_of_the_same_table_are_read_again,
    a_key_that_follows_its_parent_is_followed,
    a_rollback_after_an_object_was_given_up,
    a_row_that_came_again_is_one_object,
    what_was_read_in_the_transaction_is_read_again,
    a_replaced_row_keeps_what_references_it,
];

fn a_document_that_is_changed_inside_is_found(bed: &Bed) {
    let db = bed.database(&[Everything::info()]);
    let mut session = db.session().unwrap();
    let key = session.add(Everything {
        maybe_document: Some(Json(Settings {
            theme: "dark".into(),
            sizes: vec![1.5],
        })),
        ..Everything::ordinary()
    });
    session.commit().unwrap();
    if let Some(Json(settings)) = &mut session[key].maybe_document {
        settings.sizes.push(2.5);
    }
    let sent = statements(|| session.commit().unwrap());
    assert_eq!(sent.len(), 1, "{sent:?}");
    assert_eq!(Everything::query().one(&db).unwrap(), session[key]);
    // The same document in other words is the same document.
    session[key].document = Json(serde_json::json!({"a": [1, 2.5, null, true, "\u{e9}"]}));
    let sent = statements(|| session.commit().unwrap());
    assert!(sent.is_empty(), "{sent:?}");
}

fn every_kind_of_column_is_compared(bed: &Bed) {
    let db = bed.database(&[Everything::info()]);
    let mut session = db.session().unwrap();
    let key = session.add(Everything::ordinary());
    session.commit().unwrap();
    let object = &mut session[key];
    object.flag = false;
    object.small = -1;
    object.real = -0.5;
    object.bytes.push(7);
    object.price += Decimal::ONE;
    object.maybe_token = Some(Uuid::from_u128(9));
    object.maybe_day = Some(object.day);
    object.maybe_mood = Some(crate::models::Mood::Grumpy);
    assert_eq!(session.changes().unwrap()[0].fields().len(), 8);
    session.commit().unwrap();
    assert_eq!(Everything::query().one(&db).unwrap(), session[key]);
}

fn a_deleted_object_can_be_added_as_a_value(bed: &Bed) {
    let db = bed.database(&[User::info()]);
    let mut session = db.session().unwrap();
    let susan = session.add(user("susan"));
    session.commit().unwrap();
    let id = session[susan].id;
    session.delete(susan).unwrap();
    session.flush().unwrap();
    let value = session.expunge(susan).unwrap();
    let again = session.add(value);
    session.commit().unwrap();
    assert_eq!(session[again].id, id, "with the id that it had");
    assert_eq!(User::query().one(&db).unwrap(), session[again]);
    assert_eq!(session.get::<User>(id).unwrap(), Some(again));
}

fn what_is_deleted_and_changed_is_deleted(bed: &Bed) {
    let db = bed.database(&[User::info()]);
    let mut session = db.session().unwrap();
    let susan = session.add(user("susan"));
    session.commit().unwrap();
    session[susan].age = Some(1);
    session.delete(susan).unwrap();
    let sent = statements(|| session.commit().unwrap());
    assert_eq!(sent.len(), 1, "nothing but the DELETE: {sent:?}");
    assert_eq!(User::query().count(&db).unwrap(), 0);
}

fn what_is_added_in_one_flush_and_deleted_in_the_next(bed: &Bed) {
    let db = bed.database(&[User::info()]);
    let mut session = db.session().unwrap();
    let susan = session.add(user("susan"));
    session.flush().unwrap();
    session.delete(susan).unwrap();
    session.flush().unwrap();
    assert_eq!(session.state(susan).unwrap(), ObjectState::Deleted);
    session.rollback().unwrap();
    assert_eq!(
        session.state(susan).unwrap(),
        ObjectState::Transient,
        "it was never there"
    );
    session.commit().unwrap();
    assert_eq!(User::query().count(&db).unwrap(), 0);
}

fn deleting_twice_is_deleting_once(bed: &Bed) {
    let db = bed.database(&[User::info()]);
    let mut session = db.session().unwrap();
    let susan = session.add(user("susan"));
    session.commit().unwrap();
    session.delete(susan).unwrap();
    session.delete(susan).unwrap();
    session.flush().unwrap();
    session.delete(susan).unwrap();
    session.commit().unwrap();
    assert!(session.delete(susan).unwrap_err().is_session());
}

fn a_child_gets_a_new_parent_as_the_old_one_goes(bed: &Bed) {
    let db = bed.database(&[User::info(), Post::info()]);
    let mut session = db.session().unwrap();
    let old = session.add(user("old"));
    let post = session.add(Post::build().body("x").author_id(old));
    session.commit().unwrap();
    // The database deletes posts with their author: this one has another by then.
    let new = session.add(user("new"));
    session.flush().unwrap();
    session[post].author_id = session[new].id;
    session.delete(old).unwrap();
    session.commit().unwrap();
    assert_eq!(session.state(post).unwrap(), ObjectState::Persistent);
    assert_eq!(Post::query().one(&db).unwrap(), session[post]);
}

fn a_tree_moves_to_another_root(bed: &Bed) {
    let db = bed.database(&[Part::info()]);
    let mut session = db.session().unwrap();
    let parts = session.add_all((1..=4).map(|id| Part::of(id, (id > 1).then_some(id - 1))));
    session.commit().unwrap();
    // 1 - 2 - 3 - 4 becomes 2 - 3 - 4, and a new 5 above; the old root goes.
    let root = session.add(Part::of(5, None));
    session.flush().unwrap();
    session[parts[1]].parent = Some(5);
    session.delete(parts[0]).unwrap();
    session.commit().unwrap();
    let parents = Part::query()
        .order_by(Part::id.asc())
        .pluck((Part::id, Part::parent), &db)
        .unwrap();
    assert_eq!(
        parents,
        [(2, Some(5)), (3, Some(2)), (4, Some(3)), (5, None)]
    );
    assert_eq!(session[root].id, 5);
}

fn commits_follow_each_other(bed: &Bed) {
    let db = bed.database(&[User::info()]);
    let mut session = db.session().unwrap();
    let susan = session.add(user("susan"));
    for age in 0..5 {
        session[susan].age = Some(age);
        session.commit().unwrap();
        assert_eq!(User::query().one(&db).unwrap().age, Some(age));
    }
    session[susan].age = Some(9);
    session.flush().unwrap();
    session.rollback().unwrap();
    assert_eq!(session[susan].age, Some(4), "as at the last commit");
}

fn a_rollback_of_nothing(bed: &Bed) {
    let db = bed.database(&[User::info()]);
    let mut session = db.session().unwrap();
    let sent = statements(|| {
        session.rollback().unwrap();
        session.commit().unwrap();
        session.rollback().unwrap();
    });
    assert!(sent.is_empty(), "{sent:?}");
}

fn many_sessions_share_a_database(bed: &Bed) {
    let db = bed.database(&[User::info()]);
    let mut sessions: Vec<Session> = (0..10).map(|_| db.session().unwrap()).collect();
    // More sessions than connections: one that has committed holds none.
    for (number, session) in sessions.iter_mut().enumerate() {
        session.add(user(&format!("user{number}")));
        session.commit().unwrap();
    }
    for session in &mut sessions {
        assert_eq!(session.load(User::query()).unwrap().len(), 10);
        session.commit().unwrap();
    }
}

fn a_unique_value_of_a_deleted_row_is_free_at_once(bed: &Bed) {
    let db = bed.database(&[User::info()]);
    let mut session = db.session().unwrap();
    let susan = session.add(user("susan"));
    let david = session.add(user("david"));
    session.commit().unwrap();
    session.delete(susan).unwrap();
    let other = session.add(user("susan"));
    session.commit().unwrap();
    assert_eq!(session.state(susan).unwrap(), ObjectState::Detached);
    // Values that can't be NULL for a moment do not change places within one flush.
    session[other].username = "david".into();
    session[david].username = "susan".into();
    assert!(session.commit().unwrap_err().is_unique_violation());
    session.rollback().unwrap();
    assert_eq!(User::query().count(&db).unwrap(), 2);
}

fn a_session_goes_on_after_a_refused_value(bed: &Bed) {
    let db = bed.database(&[Folder::info(), Note::info()]);
    let mut session = db.session().unwrap();
    let folder = session.add(Folder::build().name("a"));
    let note = session.add(Note::build().folder(folder));
    session.commit().unwrap();
    session[folder].name = "x".repeat(41);
    session[note].folder = None;
    assert!(session.commit().unwrap_err().is_invalid_value());
    assert_eq!(session[note].folder, None, "nothing is lost");
    session[folder].name = "b".into();
    session.commit().unwrap();
    assert_eq!(Folder::query().one(&db).unwrap().name, "b");
    assert_eq!(Note::query().one(&db).unwrap().folder, None);
}

fn a_value_of_a_query_is_changed_by_merge(bed: &Bed) {
    let db = bed.database(&[User::info()]);
    let mut session = db.session().unwrap();
    session.add_all(["susan", "david"].map(user));
    session.commit().unwrap();
    let users = User::query().order_by(User::id.asc()).all(&db).unwrap();
    let mut other = db.session().unwrap();
    for mut value in users {
        value.age = Some(7);
        other.merge(value).unwrap();
    }
    other.commit().unwrap();
    let ages = User::query().pluck(User::age, &db).unwrap();
    assert_eq!(ages, [Some(7), Some(7)]);
}

fn a_new_row_keeps_waiting_after_a_refused_value(bed: &Bed) {
    let db = bed.database(&[User::info(), Post::info()]);
    let mut session = db.session().unwrap();
    let susan = session.add(user("susan"));
    let post = session.add(Post::build().body("x").author_id(susan));
    session[post].body = "x".repeat(141);
    session[susan].username = "x".repeat(65);
    assert!(session.commit().unwrap_err().is_invalid_value());
    session[susan].username = "susan".into();
    assert!(session.commit().unwrap_err().is_invalid_value());
    session[post].body = "y".into();
    session.commit().unwrap();
    assert!(session[susan].id > 0);
    assert_eq!(session[post].author_id, session[susan].id);
    assert_eq!(Post::query().one(&db).unwrap(), session[post]);
}

fn children_of_the_same_table_are_read_again(bed: &Bed) {
    let db = bed.database(&[Node::info()]);
    let mut session = db.session().unwrap();
    let node = |id: i64, parent: Option<i64>| Node {
        id,
        label: "x".into(),
        parent,
    };
    let root = session.add(node(1, None));
    let child = session.add(node(2, Some(1)));
    session.commit().unwrap();
    // ON DELETE SET NULL: the database does it.
    session.delete(root).unwrap();
    session.flush().unwrap();
    assert_eq!(session[child].parent, None);
    session.rollback().unwrap();
    assert_eq!(session[child].parent, Some(1));
    session.delete(root).unwrap();
    session.commit().unwrap();
    session.add(node(1, None));
    session[child].parent = Some(1);
    session.commit().unwrap();
    let read = Node::query().get(2, &db).unwrap().unwrap();
    assert_eq!(read.parent, Some(1));
}

/// A row of which there is one for each country, with the country's key.
#[derive(Model, Debug, Clone, PartialEq)]
#[model(register = false)]
struct Capital {
    #[key]
    #[column(length = 2, references = Country::code, on_update = cascade)]
    country: String,
    #[column(length = 40)]
    name: String,
}

fn a_key_that_follows_its_parent_is_followed(bed: &Bed) {
    let db = bed.database(&[Country::info(), Capital::info()]);
    let mut session = db.session().unwrap();
    let country = session.add(Country {
        code: "xx".into(),
        name: "somewhere".into(),
    });
    let capital = session.add(Capital {
        country: "xx".into(),
        name: "Town".into(),
    });
    session.commit().unwrap();
    session[country].code = "yy".into();
    session[capital].name = "City".into();
    session.flush().unwrap();
    assert_eq!(session[capital].country, "yy");
    assert_eq!(session.get::<Capital>("yy").unwrap(), Some(capital));
    assert_eq!(session.get::<Capital>("xx").unwrap(), None);
    session.rollback().unwrap();
    assert_eq!(session[capital].country, "xx");
    assert_eq!(session[capital].name, "Town");
    assert_eq!(session.get::<Capital>("xx").unwrap(), Some(capital));
    session[country].code = "zz".into();
    session[capital].name = "City".into();
    session.commit().unwrap();
    assert_eq!(Capital::query().one(&db).unwrap(), session[capital]);
    session.delete(capital).unwrap();
    session.commit().unwrap();
    assert_eq!(Capital::query().count(&db).unwrap(), 0);
}

fn a_rollback_after_an_object_was_given_up(bed: &Bed) {
    let db = bed.database(&[User::info()]);
    let mut session = db.session().unwrap();
    let susan = session.add(user("susan"));
    session.commit().unwrap();
    let id = User::insert(user("gone")).execute(&mut session).unwrap();
    let gone = session.get::<User>(id).unwrap().unwrap();
    session.rollback().unwrap();
    assert!(session.try_get_mut(gone).unwrap_err().is_session());
    assert_eq!(session.get::<User>(id).unwrap(), None);
    session.rollback().unwrap();
    session[susan].age = Some(5);
    session.flush().unwrap();
    session.rollback().unwrap();
    assert_eq!(session[susan].age, None, "rollbacks go on restoring");
}

fn a_row_that_came_again_is_one_object(bed: &Bed) {
    let db = bed.database(&[Country::info()]);
    let mut session = db.session().unwrap();
    let country = |name: &str| Country {
        code: "pt".into(),
        name: name.into(),
    };
    let old = session.add(country("old"));
    session.commit().unwrap();
    session.delete(old).unwrap();
    session.flush().unwrap();
    Country::insert(country("new"))
        .execute(&mut session)
        .unwrap();
    let new = session.get_for_update::<Country>("pt").unwrap().unwrap();
    assert_ne!(new, old);
    assert_eq!(session[new].name, "new");
    session.rollback().unwrap();
    assert_eq!(session.state(new).unwrap(), ObjectState::Transient);
    assert_eq!(session.get::<Country>("pt").unwrap(), Some(old));
    assert_eq!(session[old].name, "old");
}

fn a_replaced_row_keeps_what_references_it(bed: &Bed) {
    let db = bed.database(&[Folder::info(), Note::info(), Page::info()]);
    let mut session = db.session().unwrap();
    let folder = session.add(Folder::build().name("old"));
    let note = session.add(Note::build().folder(folder));
    let page = session.add(Page::build().folder(folder));
    session.commit().unwrap();
    let id = session[folder].id;
    session.delete(folder).unwrap();
    let new = session.add(Folder {
        id,
        name: "new".into(),
    });
    session.commit().unwrap();
    assert_eq!(session.get::<Folder>(id).unwrap(), Some(new));
    assert_eq!(session[note].folder, Some(id));
    assert_eq!(session.state(page).unwrap(), ObjectState::Persistent);
    assert_eq!(Folder::query().one(&db).unwrap().name, "new");
    assert_eq!(Page::query().count(&db).unwrap(), 1);
}

fn what_was_read_in_the_transaction_is_read_again(bed: &Bed) {
    let db = bed.database(&[User::info()]);
    let id = User::insert(user("susan")).execute(&db).unwrap();
    let mut session = db.session().unwrap();
    User::query()
        .update([User::age.set(5)], &mut session)
        .unwrap();
    let susan = session.get::<User>(id).unwrap().unwrap();
    assert_eq!(session[susan].age, Some(5));
    let sent = statements(|| session.rollback().unwrap());
    assert_eq!(sent.len(), 1, "{sent:?}");
    assert_eq!(session[susan].age, None);
    session[susan].age = Some(5);
    session.commit().unwrap();
    assert_eq!(User::query().one(&db).unwrap().age, Some(5), "it was sent");
    // In a part of the unit, too.
    let part: birgus::Result<()> = session.nested(|session| {
        session.clear();
        User::query()
            .update([User::age.set(6)], &mut *session)
            .unwrap();
        session.get::<User>(id).unwrap().unwrap();
        Err(birgus::Error::session("given up"))
    });
    assert!(part.is_err());
    let susan = session.get::<User>(id).unwrap().unwrap();
    assert_eq!(session[susan].age, Some(5));
}
