//! What a flush sends, in which order, and in how many statements.

use birgus::prelude::*;

use super::user;
use crate::Bed;
use crate::models::{Address, Country, Egg, Flat, Hen, Node, Part, Player, Post, Team, User};
use crate::watch::statements;

super::super::cases![
    a_thousand_new_objects_take_three_statements,
    a_thousand_changed_objects_take_three_statements,
    a_thousand_deleted_objects_take_three_statements,
    equal_shapes_go_together,
    changed_rows_get_their_own_values,
    only_changed_columns_are_sent,
    objects_of_one_table_are_inserted_as_they_were_added,
    tables_are_written_parents_first,
    a_self_reference_is_sorted,
    references_in_a_circle_are_set_afterwards,
    values_in_a_circle_are_set_afterwards,
    a_circle_that_can_not_be_broken_is_refused,
    rows_in_a_circle_can_be_deleted,
    defaults_and_ids_are_right_afterwards,
    on_update_is_set_for_changed_rows_alone,
    a_changed_value_is_kept_as_it_is_stored,
    a_failed_flush_names_the_row_and_loses_nothing,
    children_follow_a_key_that_changes,
];

fn a_thousand_new_objects_take_three_statements(bed: &Bed) {
    let db = bed.database(&[User::info(), Post::info()]);
    let mut session = db.session().unwrap();
    let keys = session.add_all((0..1_000).map(|number| user(&format!("user{number}"))));
    let sent = statements(|| session.commit().unwrap());
    assert!(sent.len() <= 3, "{} statements", sent.len());
    let stored = User::query().order_by(User::id.asc()).all(&db).unwrap();
    assert_eq!(stored.len(), keys.len());
    for (number, (stored, key)) in stored.iter().zip(&keys).enumerate() {
        assert_eq!(*stored, session[*key], "row {number}");
        assert_eq!(stored.username, format!("user{number}"));
    }
    // Parents and children: three a table.
    for key in &keys {
        session.add(Post::build().body("x").author_id(*key));
    }
    let sent = statements(|| session.commit().unwrap());
    assert!(sent.len() <= 3, "{} statements", sent.len());
}

fn a_thousand_changed_objects_take_three_statements(bed: &Bed) {
    let db = bed.database(&[User::info()]);
    let rows = (0..1_000).map(|number| user(&format!("user{number}")));
    User::insert_many(rows).execute(&db).unwrap();
    let mut session = db.session().unwrap();
    let keys = session
        .load(User::query().order_by(User::id.asc()))
        .unwrap();
    for (number, key) in keys.iter().enumerate() {
        session[*key].age = Some(i32::try_from(number).unwrap());
        session[*key].email = format!("{number}@new.example.com");
    }
    let sent = statements(|| session.commit().unwrap());
    assert!(sent.len() <= 3, "{} statements", sent.len());
    let stored = User::query().order_by(User::id.asc()).all(&db).unwrap();
    for (number, (stored, key)) in stored.iter().zip(&keys).enumerate() {
        assert_eq!(*stored, session[*key]);
        assert_eq!(stored.email, format!("{number}@new.example.com"));
    }
}

fn a_thousand_deleted_objects_take_three_statements(bed: &Bed) {
    let db = bed.database(&[User::info()]);
    let rows = (0..1_001).map(|number| user(&format!("user{number}")));
    User::insert_many(rows).execute(&db).unwrap();
    let mut session = db.session().unwrap();
    let keys = session
        .load(User::query().order_by(User::id.asc()))
        .unwrap();
    for key in &keys[..1_000] {
        session.delete(*key).unwrap();
    }
    let sent = statements(|| session.commit().unwrap());
    assert!(sent.len() <= 3, "{} statements", sent.len());
    let left = User::query().one(&db).unwrap();
    assert_eq!(left, session[keys[1_000]]);
}

fn equal_shapes_go_together(bed: &Bed) {
    let db = bed.database(&[User::info()]);
    let rows = (0..6).map(|number| user(&format!("user{number}")));
    User::insert_many(rows).execute(&db).unwrap();
    let mut session = db.session().unwrap();
    let keys = session
        .load(User::query().order_by(User::id.asc()))
        .unwrap();
    for (number, key) in keys.iter().enumerate() {
        if number % 2 == 0 {
            session[*key].age = Some(1);
        } else {
            session[*key].active = false;
        }
    }
    let sent = statements(|| session.commit().unwrap());
    assert_eq!(sent.len(), 2, "{sent:?}");
    let ages = User::query()
        .order_by(User::id.asc())
        .pluck((User::age, User::active), &db)
        .unwrap();
    let (even, odd) = ((Some(1), true), (None, false));
    assert_eq!(ages, [even, odd, even, odd, even, odd]);
}

fn changed_rows_get_their_own_values(bed: &Bed) {
    let db = bed.database(&[User::info()]);
    let names = ["a", "b\"", "c'", "d\\", "e\u{1f980}", "f,[]{}"];
    User::insert_many(names.map(user)).execute(&db).unwrap();
    let mut session = db.session().unwrap();
    let keys = session
        .load(User::query().order_by(User::id.asc()))
        .unwrap();
    for (key, name) in keys.iter().zip(names) {
        session[*key].email = format!("{name} <{name}>  ");
        session[*key].age = (name != "c'").then_some(name.len() as i32);
    }
    session.commit().unwrap();
    let stored = User::query().order_by(User::id.asc()).all(&db).unwrap();
    for (stored, key) in stored.iter().zip(&keys) {
        assert_eq!(*stored, session[*key]);
    }
    assert_eq!(stored[4].email, "e\u{1f980} <e\u{1f980}>  ");
    assert_eq!(stored[2].age, None);
}

fn only_changed_columns_are_sent(bed: &Bed) {
    let db = bed.database(&[User::info()]);
    let mut session = db.session().unwrap();
    let susan = session.add(user("susan"));
    session.commit().unwrap();
    session[susan].age = Some(3);
    let sent = statements(|| session.commit().unwrap());
    let [update] = &sent[..] else {
        panic!("{sent:?}");
    };
    assert!(
        update.contains("age") && !update.contains("email"),
        "{update}"
    );
}

fn objects_of_one_table_are_inserted_as_they_were_added(bed: &Bed) {
    let db = bed.database(&[User::info(), Post::info()]);
    let mut session = db.session().unwrap();
    let mut keys = Vec::new();
    for number in 0..20 {
        let key = session.add(user(&format!("user{number}")));
        session.add(Post::build().body(format!("{number}")).author_id(key));
        keys.push(key);
    }
    session.commit().unwrap();
    let ids: Vec<i64> = keys.iter().map(|key| session[*key].id).collect();
    assert!(ids.is_sorted(), "{ids:?}");
    let bodies = Post::query()
        .order_by(Post::id.asc())
        .pluck(Post::body, &db)
        .unwrap();
    let expected: Vec<String> = (0..20).map(|number| number.to_string()).collect();
    assert_eq!(bodies, expected);
}

fn tables_are_written_parents_first(bed: &Bed) {
    let db = bed.database(&[User::info(), Post::info(), Country::info()]);
    let mut session = db.session().unwrap();
    let susan = session.add(user("susan"));
    session.add(Post::build().body("x").author_id(susan));
    let sent = statements(|| session.commit().unwrap());
    let place = |table: &str| {
        let named = format!("\"{table}\"");
        sent.iter().position(|text| text.contains(&named)).unwrap()
    };
    assert!(place("user") < place("post"), "{sent:?}");
}

fn a_self_reference_is_sorted(bed: &Bed) {
    let db = bed.database(&[Node::info()]);
    let mut session = db.session().unwrap();
    for id in (1..50).rev() {
        session.add(Node {
            id,
            label: "x".into(),
            parent: (id > 1).then_some(id / 2),
        });
    }
    session.commit().unwrap();
    assert_eq!(Node::query().count(&db).unwrap(), 49);
}

fn references_in_a_circle_are_set_afterwards(bed: &Bed) {
    let db = bed.database(&[Team::info(), Player::info()]);
    let mut session = db.session().unwrap();
    let team = session.add(Team::build());
    let captain = session.add(Player::build().team(team));
    let other = session.add(Player::build().team(team));
    session.commit().unwrap();
    session[team].captain = Some(session[captain].id);
    session.commit().unwrap();
    // All of it at once, by keys that wait for each other.
    let second = session.add(Team::build().captain(captain));
    let third = session.add(Player::build().team(second));
    session.commit().unwrap();
    let stored = Team::query().order_by(Team::id.asc()).all(&db).unwrap();
    assert_eq!(stored[0].captain, Some(session[captain].id));
    assert_eq!(stored[1].captain, Some(session[captain].id));
    assert_eq!(session[other].team, Some(session[team].id));
    assert_eq!(session[third].team, Some(session[second].id));
}

fn values_in_a_circle_are_set_afterwards(bed: &Bed) {
    let db = bed.database(&[Hen::info(), Egg::info(), Part::info()]);
    let mut session = db.session().unwrap();
    let (hen, egg) = (Uuid::from_u128(1), Uuid::from_u128(2));
    let hen_key = session.add(Hen {
        id: hen,
        hatched_from: Some(egg),
    });
    let egg_key = session.add(Egg {
        id: egg,
        laid_by: hen,
    });
    let first = session.add(Part::of(1, Some(2)));
    let second = session.add(Part::of(2, Some(1)));
    session.commit().unwrap();
    assert_eq!(Hen::query().one(&db).unwrap(), session[hen_key]);
    assert_eq!(session[hen_key].hatched_from, Some(egg));
    assert_eq!(Egg::query().one(&db).unwrap(), session[egg_key]);
    let parts = Part::query().order_by(Part::id.asc()).all(&db).unwrap();
    assert_eq!(parts, [session[first].clone(), session[second].clone()]);
    assert_eq!((parts[0].parent, parts[1].parent), (Some(2), Some(1)));
}

fn a_circle_that_can_not_be_broken_is_refused(bed: &Bed) {
    let db = bed.database(&[Hen::info(), Egg::info()]);
    let mut session = db.session().unwrap();
    // An egg needs a hen that is there: this one never comes.
    session.add(Egg {
        id: Uuid::from_u128(2),
        laid_by: Uuid::from_u128(3),
    });
    assert!(session.commit().unwrap_err().is_foreign_key_violation());
    session.rollback().unwrap();
    assert_eq!(Egg::query().count(&db).unwrap(), 0);
}

fn rows_in_a_circle_can_be_deleted(bed: &Bed) {
    let db = bed.database(&[Hen::info(), Egg::info(), Part::info()]);
    let mut session = db.session().unwrap();
    let (hen, egg) = (Uuid::from_u128(1), Uuid::from_u128(2));
    let hen_key = session.add(Hen {
        id: hen,
        hatched_from: Some(egg),
    });
    let egg_key = session.add(Egg {
        id: egg,
        laid_by: hen,
    });
    let parts = session.add_all([Part::of(1, Some(2)), Part::of(2, Some(1))]);
    session.commit().unwrap();
    session.delete(hen_key).unwrap();
    session.delete(egg_key).unwrap();
    for part in parts {
        session.delete(part).unwrap();
    }
    session.commit().unwrap();
    let left = (
        Hen::query().count(&db).unwrap(),
        Egg::query().count(&db).unwrap(),
        Part::query().count(&db).unwrap(),
    );
    assert_eq!(left, (0, 0, 0));
}

fn defaults_and_ids_are_right_afterwards(bed: &Bed) {
    let db = bed.database(&[User::info(), Post::info()]);
    let mut session = db.session().unwrap();
    let susan = session.add(user("susan"));
    let post = session.add(Post::build().body("x").author_id(susan));
    assert_eq!(
        (session[susan].active, session[post].likes),
        (true, 0),
        "values are there at once"
    );
    session.commit().unwrap();
    assert_eq!(Post::query().one(&db).unwrap(), session[post]);
    assert_eq!(User::query().one(&db).unwrap(), session[susan]);
    assert_eq!(session[susan].joined, session[post].changed, "one clock");
}

fn on_update_is_set_for_changed_rows_alone(bed: &Bed) {
    let db = bed.database(&[User::info(), Post::info()]);
    let mut session = db.session().unwrap();
    let susan = session.add(user("susan"));
    let posts = session.add_all(["a", "b"].map(|body| Post::build().body(body).author_id(susan)));
    session.commit().unwrap();
    let before = session[posts[0]].changed;
    std::thread::sleep(std::time::Duration::from_millis(2));
    session[posts[0]].likes = 1;
    session[posts[1]].likes = 0;
    session.commit().unwrap();
    assert!(session[posts[0]].changed > before);
    assert_eq!(session[posts[1]].changed, before);
    let stored = Post::query().order_by(Post::id.asc()).all(&db).unwrap();
    assert_eq!(stored[0], session[posts[0]]);
    assert_eq!(stored[1], session[posts[1]]);
}

fn a_changed_value_is_kept_as_it_is_stored(bed: &Bed) {
    let db = bed.database(&[User::info()]);
    let mut session = db.session().unwrap();
    let susan = session.add(user("susan"));
    session.commit().unwrap();
    session[susan].joined = "2024-01-01T00:00:00.123456789Z".parse().unwrap();
    session.commit().unwrap();
    assert_eq!(User::query().one(&db).unwrap(), session[susan]);
    let sent = statements(|| session.commit().unwrap());
    assert!(sent.is_empty(), "{sent:?}");
}

fn a_failed_flush_names_the_row_and_loses_nothing(bed: &Bed) {
    let db = bed.database(&[User::info()]);
    let rows = (0..10).map(|number| user(&format!("user{number}")));
    User::insert_many(rows).execute(&db).unwrap();
    let mut session = db.session().unwrap();
    let keys = session
        .load(User::query().order_by(User::id.asc()))
        .unwrap();
    for key in &keys {
        session[*key].age = Some(1);
    }
    User::query()
        .filter(User::username.eq("user3"))
        .delete(&db)
        .unwrap();
    let error = session.commit().unwrap_err();
    assert!(error.is_stale_object(), "{error:?}");
    let wanted = format!("User {}", session[keys[3]].id);
    assert!(error.to_string().starts_with(&wanted), "{error}");
    session.rollback().unwrap();
    let ages = User::query().pluck(User::age, &db).unwrap();
    assert_eq!(ages, [None; 9], "nothing was written");
    assert_eq!(session[keys[0]].age, None);
}

fn children_follow_a_key_that_changes(bed: &Bed) {
    let db = bed.database(&[Address::info(), Flat::info()]);
    let mut session = db.session().unwrap();
    let address = session.add(Address {
        street: "Rua Nova".into(),
        number: 1,
        city: "Lisbon".into(),
    });
    let flat = session.add(Flat::build().street("Rua Nova").number(1).floor(2));
    session.commit().unwrap();
    session[address].number = 3;
    session[flat].floor = 4;
    session.commit().unwrap();
    assert_eq!((session[flat].number, session[flat].floor), (3, 4));
    assert_eq!(Flat::query().one(&db).unwrap(), session[flat]);
    // Back again, and not committed.
    session[address].number = 5;
    session.flush().unwrap();
    assert_eq!(session[flat].number, 5);
    session.rollback().unwrap();
    assert_eq!((session[address].number, session[flat].number), (3, 3));
    let key = ("Rua Nova".to_owned(), 3);
    assert_eq!(session.get::<Address>(key).unwrap(), Some(address));
}
