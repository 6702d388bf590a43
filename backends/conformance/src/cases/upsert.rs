//! Rows that may be there already.

use std::sync::Barrier;
use std::thread;

use birgus::Database;
use birgus::prelude::*;
use birgus::query::{excluded, model};

use crate::Bed;
use crate::models::{Address, Country, Flat, Part, Post, Ticket, User};

super::cases![
    a_row_is_inserted_once_and_updated_then,
    the_key_of_the_row_is_given_either_way,
    many_rows_are_inserted_or_updated,
    a_row_that_is_there_is_left_alone,
    nothing_is_done_for_rows_that_are_there,
    only_the_target_counts_as_a_conflict,
    the_target_decides_when_several_constraints_conflict,
    other_errors_are_not_passed_over,
    what_was_to_be_inserted_is_checked_all_the_same,
    a_missing_parent_does_not_matter_to_an_update,
    null_never_conflicts,
    a_target_of_several_columns_or_of_the_key,
    explicit_ids_are_kept_and_move_the_sequence,
    columns_with_on_update_are_set,
    rows_that_conflict_with_each_other,
    rows_are_written_together_or_not_at_all,
    an_upsert_returns_what_is_stored,
    an_upsert_takes_part_in_the_session,
    upserts_of_one_row_at_the_same_time,
    inserts_of_one_missing_row_at_the_same_time,
    what_an_upsert_can_not_say_is_refused,
];

fn database(bed: &Bed) -> Database {
    bed.database(&[User::info(), Post::info(), Ticket::info()])
}

fn person(name: &str, email: &str, age: i32) -> impl NewRow<Model = User> + use<> {
    User::build().username(name).email(email).age(age)
}

fn rows(db: &Database) -> Vec<(String, String, Option<i32>)> {
    User::query()
        .order_by(User::email.asc())
        .pluck((User::username, User::email, User::age), db)
        .unwrap()
}

fn row(name: &str, email: &str, age: i32) -> (String, String, Option<i32>) {
    (name.to_owned(), email.to_owned(), Some(age))
}

fn a_row_is_inserted_once_and_updated_then(bed: &Bed) {
    let db = database(bed);
    for expected in [1, 3, 5] {
        let age = if expected == 1 { 1 } else { 2 };
        User::insert(person("susan", "s", age))
            .on_conflict(User::email)
            .update(User::age.set(User::age + excluded(User::age)))
            .execute(&db)
            .unwrap();
        assert_eq!(rows(&db), [row("susan", "s", expected)]);
    }
    User::insert(person("sue", "s", 9))
        .on_conflict(User::email)
        .update([
            User::username.set_excluded(),
            User::age.set(None),
            User::active.set(false),
        ])
        .execute(&db)
        .unwrap();
    let sue = User::query().one(&db).unwrap();
    assert_eq!((sue.username.as_str(), sue.age), ("sue", None));
    assert!(!sue.active);
}

fn the_key_of_the_row_is_given_either_way(bed: &Bed) {
    let db = database(bed);
    let upsert = |name: &str| -> i64 {
        User::insert(person(name, name, 1))
            .on_conflict(User::username)
            .update(User::age.set(User::age + 1))
            .execute(&db)
            .unwrap()
    };
    let susan = upsert("susan");
    let david = upsert("david");
    assert_ne!(susan, david);
    assert_eq!(upsert("susan"), susan);
    assert_eq!(upsert("david"), david);
    assert_eq!(User::query().get(susan, &db).unwrap().unwrap().age, Some(2));
}

fn many_rows_are_inserted_or_updated(bed: &Bed) {
    let db = database(bed);
    let people = |numbers: std::ops::Range<i32>| {
        numbers.map(|number| person(&format!("{number}"), &format!("{number:04}"), number))
    };
    let mut first = Vec::new();
    for range in [0..10, 5..300, 0..450] {
        let ids: Vec<i64> = User::insert_many(people(range.clone()).rev())
            .on_conflict(User::email)
            .update([
                User::age.set(User::age + excluded(User::age) * 10),
                User::username.set_excluded(),
            ])
            .execute(&db)
            .unwrap();
        assert_eq!(ids.len(), range.len());
        for (number, id) in range.clone().rev().zip(&ids) {
            let user = User::query().get(*id, &db).unwrap().unwrap();
            assert_eq!(user.email, format!("{number:04}"));
        }
        if range == (0..10) {
            first = ids;
        }
    }
    let seven = User::query().get(first[2], &db).unwrap().unwrap();
    assert_eq!(
        (seven.email.as_str(), seven.age),
        ("0007", Some(7 + 70 + 70))
    );
    assert_eq!(User::query().count(&db).unwrap(), 450);
    let none: Vec<i64> = User::insert_many(people(0..0))
        .on_conflict(User::email)
        .update(User::age.set(1))
        .execute(&db)
        .unwrap();
    assert!(none.is_empty());
}

fn a_row_that_is_there_is_left_alone(bed: &Bed) {
    let db = database(bed);
    let insert = |name: &str, age| {
        User::insert(person(name, "s", age))
            .on_conflict(User::email)
            .do_nothing()
            .execute(&db)
            .unwrap()
    };
    let id = insert("susan", 1);
    assert!(id.is_some_and(|id| id > 0));
    assert_eq!(insert("sue", 2), None);
    assert_eq!(insert("susan", 3), None);
    assert_eq!(rows(&db), [row("susan", "s", 1)]);
}

fn nothing_is_done_for_rows_that_are_there(bed: &Bed) {
    let db = database(bed);
    let people = |numbers: std::ops::Range<i32>| {
        let number = |number| person(&format!("{number}"), &format!("{number:04}"), number);
        User::insert_many(numbers.map(number))
            .on_conflict(User::email)
            .do_nothing()
            .execute(&db)
            .unwrap()
    };
    let first = people(10..20);
    assert!(first.iter().all(Option::is_some));
    let second = people(0..330);
    for (number, id) in second.iter().enumerate() {
        assert_eq!(id.is_none(), (10..20).contains(&number), "{number}");
        if let Some(id) = id {
            let user = User::query().get(*id, &db).unwrap().unwrap();
            assert_eq!(user.age, Some(number as i32));
        }
    }
    assert!(people(0..330).iter().all(Option::is_none));
    assert_eq!(User::query().count(&db).unwrap(), 330);
}

fn only_the_target_counts_as_a_conflict(bed: &Bed) {
    let db = database(bed);
    User::insert(person("susan", "s", 1)).execute(&db).unwrap();
    User::insert(person("david", "d", 1)).execute(&db).unwrap();
    // The name is taken by another row than the one with that email, or by a row when none has it.
    for email in ["new", "x"] {
        let error = User::insert(person("susan", email, 5))
            .on_conflict(User::email)
            .update(User::age.set_excluded())
            .execute(&db)
            .unwrap_err();
        assert!(error.is_unique_violation(), "{error:?}");
        assert_eq!(error.constraint(), Some("uq_user_username"), "{error:?}");
        let error = User::insert(person("susan", email, 5))
            .on_conflict(User::email)
            .do_nothing()
            .execute(&db)
            .unwrap_err();
        assert!(error.is_unique_violation(), "{error:?}");
        assert_eq!(error.constraint(), Some("uq_user_username"), "{error:?}");
    }
    let many = || {
        [
            person("other", "o", 1),
            person("david", "x", 2),
            person("sue", "s", 3),
        ]
    };
    let error = User::insert_many(many())
        .on_conflict(User::email)
        .update(User::age.set_excluded())
        .execute(&db)
        .unwrap_err();
    assert_eq!(error.constraint(), Some("uq_user_username"), "{error:?}");
    let error = User::insert_many(many())
        .on_conflict(User::email)
        .do_nothing()
        .execute(&db)
        .unwrap_err();
    assert_eq!(error.constraint(), Some("uq_user_username"), "{error:?}");
    // The update itself may meet another row.
    let error = User::insert(person("david", "s", 5))
        .on_conflict(User::email)
        .update(User::username.set_excluded())
        .execute(&db)
        .unwrap_err();
    assert_eq!(error.constraint(), Some("uq_user_username"), "{error:?}");
    assert_eq!(rows(&db), [row("david", "d", 1), row("susan", "s", 1)]);
}

fn the_target_decides_when_several_constraints_conflict(bed: &Bed) {
    let db = database(bed);
    User::insert(person("susan", "s", 1)).execute(&db).unwrap();
    User::insert(person("david", "d", 1)).execute(&db).unwrap();
    // Both are taken, by two rows: the one that agrees in the target is updated.
    for (number, target) in [(5, false), (7, true)] {
        let insert = User::insert(person("susan", "d", number));
        let insert = if target {
            insert.on_conflict(User::username)
        } else {
            insert.on_conflict(User::email)
        };
        insert
            .update(User::age.set(User::age + excluded(User::age)))
            .execute(&db)
            .unwrap();
    }
    assert_eq!(rows(&db), [row("david", "d", 6), row("susan", "s", 8)]);
    let nothing = User::insert(person("susan", "d", 5))
        .on_conflict(User::email)
        .do_nothing()
        .execute(&db)
        .unwrap();
    assert_eq!(nothing, None);
    let many = [
        person("new", "n", 1),
        person("susan", "d", 10),
        person("david", "s", 20),
    ];
    User::insert_many(many)
        .on_conflict(User::email)
        .update(User::age.set(User::age + excluded(User::age)))
        .execute(&db)
        .unwrap();
    assert_eq!(
        rows(&db),
        [
            row("david", "d", 16),
            row("new", "n", 1),
            row("susan", "s", 28)
        ]
    );
}

fn other_errors_are_not_passed_over(bed: &Bed) {
    let db = bed.database(&[User::info(), Post::info(), Address::info(), Flat::info()]);
    let flat = || Flat {
        id: 0,
        street: "nowhere".into(),
        number: 1,
        floor: 1,
    };
    let error = Flat::insert(flat())
        .on_conflict((Flat::street, Flat::number, Flat::floor))
        .do_nothing()
        .execute(&db)
        .unwrap_err();
    assert!(error.is_foreign_key_violation(), "{error:?}");
    let error = Flat::insert(flat())
        .on_conflict((Flat::floor, Flat::street, Flat::number))
        .update(Flat::id.set(Flat::id + 1))
        .execute(&db)
        .unwrap_err();
    assert!(error.is_invalid_query(), "{error:?}");
    let address = Address {
        street: "a".into(),
        number: -1,
        city: "b".into(),
    };
    let error = Address::insert(address)
        .on_conflict((Address::street, Address::number))
        .do_nothing()
        .execute(&db)
        .unwrap_err();
    assert!(error.is_check_violation(), "{error:?}");
    User::insert(person("susan", "s", 1)).execute(&db).unwrap();
    let error = User::insert(person("susan", "s", 1))
        .on_conflict(User::email)
        .update(User::age.set(User::age + 3_000_000_000_i64))
        .execute(&db)
        .unwrap_err();
    assert!(error.is_invalid_value(), "{error:?}");
    let error = User::insert(person(&"x".repeat(65), "s", 1))
        .on_conflict(User::email)
        .do_nothing()
        .execute(&db)
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "user.username: 65 characters, at most 64 (declared by length = 64)"
    );
}

/// A row with a check beside a unique constraint that is not the key.
#[derive(Model, Debug, Clone, PartialEq)]
#[model(register = false, check(positive, Stock::count.gt(0)))]
struct Stock {
    #[key]
    id: i64,
    #[column(length = 20, unique)]
    article: String,
    count: i32,
}

fn what_was_to_be_inserted_is_checked_all_the_same(bed: &Bed) {
    let db = bed.database(&[Stock::info()]);
    let stock = |article: &str, count| Stock::build().article(article).count(count);
    Stock::insert(stock("nut", 3)).execute(&db).unwrap();
    let refused = [
        Stock::insert(stock("nut", -1))
            .on_conflict(Stock::article)
            .do_nothing()
            .execute(&db)
            .unwrap_err(),
        Stock::insert(stock("nut", -1))
            .on_conflict(Stock::article)
            .update(Stock::count.set(Stock::count + 1))
            .execute(&db)
            .unwrap_err(),
        Stock::insert(stock("nut", 1))
            .on_conflict(Stock::article)
            .update(Stock::count.set(Stock::count - 10))
            .execute(&db)
            .unwrap_err(),
    ];
    for error in refused {
        assert!(error.is_check_violation(), "{error:?}");
        assert_eq!(error.constraint(), Some("ck_stock_positive"));
    }
    let some = Stock::insert_many([stock("nut", 5), stock("bolt", 6)])
        .on_conflict(Stock::article)
        .do_nothing()
        .execute(&db)
        .unwrap();
    assert!(some[0].is_none() && some[1].is_some());
    assert_eq!(
        Stock::query()
            .order_by(Stock::id.asc())
            .pluck(Stock::count, &db)
            .unwrap(),
        [3, 6]
    );
}

/// A row that references another, with a unique constraint declared behind the reference.
#[derive(Model, Debug, Clone, PartialEq)]
#[model(register = false)]
struct Badge {
    #[key]
    id: i64,
    #[column(references = Country::code, length = 2)]
    country: String,
    #[column(length = 20, unique)]
    text: String,
    worn: i32,
}

fn a_missing_parent_does_not_matter_to_an_update(bed: &Bed) {
    let db = bed.database(&[Country::info(), Badge::info()]);
    Country::insert(Country {
        code: "pt".into(),
        name: "Portugal".into(),
    })
    .execute(&db)
    .unwrap();
    let badge = |country: &str, text: &str| Badge::build().country(country).text(text).worn(1);
    Badge::insert(badge("pt", "a")).execute(&db).unwrap();
    Badge::insert(badge("xx", "a"))
        .on_conflict(Badge::text)
        .update(Badge::worn.set(Badge::worn + 1))
        .execute(&db)
        .unwrap();
    let error = Badge::insert(badge("xx", "a"))
        .on_conflict(Badge::text)
        .update(Badge::country.set_excluded())
        .execute(&db)
        .unwrap_err();
    assert!(error.is_foreign_key_violation(), "{error:?}");
    let error = Badge::insert(badge("xx", "b"))
        .on_conflict(Badge::text)
        .update(Badge::worn.set(Badge::worn + 1))
        .execute(&db)
        .unwrap_err();
    assert!(error.is_foreign_key_violation(), "{error:?}");
    let badges = Badge::query()
        .pluck((Badge::country, Badge::worn), &db)
        .unwrap();
    assert_eq!(badges, [("pt".to_owned(), 2)]);
}

fn null_never_conflicts(bed: &Bed) {
    let db = bed.database(&[Part::info()]);
    let part = |id, serial: Option<&str>| Part {
        serial: serial.map(str::to_owned),
        ..Part::of(id, None)
    };
    let keys = Part::insert_many([part(1, None), part(2, Some("a")), part(3, None)])
        .on_conflict(Part::serial)
        .update(Part::parent.set(excluded(Part::parent)))
        .execute(&db)
        .unwrap();
    assert_eq!(keys, [1, 2, 3]);
    let keys = Part::insert_many([part(4, None), part(5, Some("a")), part(6, Some("b"))])
        .on_conflict(Part::serial)
        .update(Part::parent.set(1))
        .execute(&db)
        .unwrap();
    assert_eq!(keys, [4, 2, 6]);
    let keys = Part::insert_many([part(7, None), part(8, Some("b")), part(9, Some("c"))])
        .on_conflict(Part::serial)
        .do_nothing()
        .execute(&db)
        .unwrap();
    assert_eq!(keys, [Some(7), None, Some(9)]);
    // A row without a value in the target may still be a duplicate.
    let error = Part::insert(part(7, None))
        .on_conflict(Part::serial)
        .do_nothing()
        .execute(&db)
        .unwrap_err();
    assert!(error.is_unique_violation(), "{error:?}");
}

fn a_target_of_several_columns_or_of_the_key(bed: &Bed) {
    let db = bed.database(&[Address::info(), Flat::info(), Country::info()]);
    let address = |street: &str, city: &str| Address {
        street: street.into(),
        number: 1,
        city: city.into(),
    };
    let upsert = |city: &str| {
        Address::insert_many([address("a", city), address("b", city)])
            .on_conflict((Address::street, Address::number))
            .update(Address::city.set(excluded(Address::city)))
            .execute(&db)
            .unwrap()
    };
    let keys = [("a".to_owned(), 1), ("b".to_owned(), 1)];
    assert_eq!(upsert("here"), keys);
    assert_eq!(upsert("there"), keys);
    assert_eq!(
        Address::query().pluck(Address::city, &db).unwrap(),
        ["there", "there"]
    );
    let flat = |floor| Flat {
        id: 0,
        street: "a".into(),
        number: 1,
        floor,
    };
    let ids = Flat::insert_many([flat(1), flat(2), flat(1)])
        .on_conflict((Flat::number, Flat::floor, Flat::street))
        .do_nothing()
        .execute(&db)
        .unwrap();
    assert!(ids[0].is_some() && ids[1].is_some() && ids[2].is_none());
    let country = |name: &str| Country {
        code: "pt".into(),
        name: name.into(),
    };
    for name in ["portugal", "Portugal"] {
        let code = Country::insert(country(name))
            .on_conflict(Country::code)
            .update(Country::name.set_excluded())
            .execute(&db)
            .unwrap();
        assert_eq!(code, "pt");
    }
    assert_eq!(
        Country::query().pluck(Country::name, &db).unwrap(),
        ["Portugal"]
    );
}

fn explicit_ids_are_kept_and_move_the_sequence(bed: &Bed) {
    let db = database(bed);
    let user = |id, name: &str| {
        let joined = "2024-01-01T00:00:00Z".parse().unwrap();
        User {
            id,
            username: name.into(),
            email: name.into(),
            age: None,
            active: true,
            joined,
        }
    };
    let ids = User::insert_many([user(700, "a"), user(0, "b"), user(3, "c")])
        .on_conflict(User::id)
        .update(User::age.set(1))
        .execute(&db)
        .unwrap();
    assert_eq!((ids[0], ids[2]), (700, 3));
    let ids = User::insert_many([user(700, "x"), user(0, "d"), user(9, "e")])
        .on_conflict(User::id)
        .update([User::age.set(1), User::username.set_excluded()])
        .execute(&db)
        .unwrap();
    assert_eq!((ids[0], ids[2]), (700, 9));
    assert!(ids[1] > 700, "{ids:?}");
    let changed = User::query().get(700, &db).unwrap().unwrap();
    assert_eq!(
        (changed.username.as_str(), changed.email.as_str()),
        ("x", "a")
    );
    let kept = User::insert(user(700, "y"))
        .on_conflict(User::id)
        .do_nothing()
        .execute(&db)
        .unwrap();
    assert_eq!(kept, None);
    assert_eq!(User::query().count(&db).unwrap(), 5);
}

#[derive(Model, Debug, Clone, PartialEq)]
#[model(register = false)]
struct Page {
    #[key]
    id: i64,
    #[column(length = 20, unique)]
    path: String,
    hits: i32,
    #[column(default = Utc::now, on_update = Utc::now)]
    changed: DateTime<Utc>,
}

fn columns_with_on_update_are_set(bed: &Bed) {
    let db = bed.database(&[Page::info()]);
    let early: DateTime<Utc> = "2001-01-01T00:00:00Z".parse().unwrap();
    let page = || Page::build().path("/").hits(1).changed(early);
    let hit = || Page::insert(page()).on_conflict(Page::path);
    hit().do_nothing().execute(&db).unwrap();
    hit().do_nothing().execute(&db).unwrap();
    assert_eq!(Page::query().one(&db).unwrap().changed, early);
    hit()
        .update(Page::hits.set(Page::hits + 1))
        .execute(&db)
        .unwrap();
    let changed = Page::query().one(&db).unwrap();
    assert!(changed.hits == 2 && changed.changed > early);
    hit()
        .update([Page::hits.set(7), Page::changed.set_excluded()])
        .execute(&db)
        .unwrap();
    assert_eq!(Page::query().one(&db).unwrap().changed, early);
}

fn rows_that_conflict_with_each_other(bed: &Bed) {
    let db = database(bed);
    let twice = || {
        [
            person("a", "s", 1),
            person("b", "t", 2),
            person("c", "s", 3),
        ]
    };
    let error = User::insert_many(twice())
        .on_conflict(User::email)
        .update(User::age.set_excluded())
        .execute(&db)
        .unwrap_err();
    assert!(error.is_invalid_query(), "{error:?}");
    assert!(error.to_string().contains("(email)"), "{error}");
    assert!(!error.to_string().contains('\''), "{error}");
    assert_eq!(User::query().count(&db).unwrap(), 0);
    let ids = User::insert_many(twice())
        .on_conflict(User::email)
        .do_nothing()
        .execute(&db)
        .unwrap();
    assert!(ids[0].is_some() && ids[1].is_some() && ids[2].is_none());
    assert_eq!(rows(&db), [row("a", "s", 1), row("b", "t", 2)]);
    // Another constraint is another matter.
    let same = [person("x", "1", 1), person("x", "2", 2)];
    let error = User::insert_many(same)
        .on_conflict(User::email)
        .update(User::age.set_excluded())
        .execute(&db)
        .unwrap_err();
    assert_eq!(error.constraint(), Some("uq_user_username"), "{error:?}");
    assert_eq!(User::query().count(&db).unwrap(), 2);
}

fn rows_are_written_together_or_not_at_all(bed: &Bed) {
    let db = database(bed);
    User::insert(person("taken", "x", 1)).execute(&db).unwrap();
    let people = || {
        (0..520).map(|number| {
            let name = if number == 515 {
                "taken".to_owned()
            } else {
                format!("{number}")
            };
            person(&name, &format!("{number:04}"), number)
        })
    };
    let error = User::insert_many(people())
        .on_conflict(User::email)
        .update(User::age.set_excluded())
        .execute(&db)
        .unwrap_err();
    assert!(error.is_unique_violation(), "{error:?}");
    let error = User::insert_many(people())
        .on_conflict(User::email)
        .do_nothing()
        .execute(&db)
        .unwrap_err();
    assert!(error.is_unique_violation(), "{error:?}");
    assert_eq!(User::query().count(&db).unwrap(), 1);
}

fn an_upsert_returns_what_is_stored(bed: &Bed) {
    let db = database(bed);
    let upsert = |age| {
        User::insert(person("susan", "s", age))
            .on_conflict(User::email)
            .update(User::age.set(User::age + excluded(User::age)))
            .returning((User::username, User::age, User::age.gt(2)))
            .execute(&db)
            .unwrap()
    };
    assert_eq!(upsert(1), ("susan".to_owned(), Some(1), false));
    assert_eq!(upsert(2), ("susan".to_owned(), Some(3), true));
    let people = [person("david", "d", 1), person("sue", "s", 1)];
    let whole = User::insert_many(people)
        .on_conflict(User::email)
        .update(User::username.set_excluded())
        .returning(model::<User>())
        .execute(&db)
        .unwrap();
    assert_eq!(whole[0].username, "david");
    assert_eq!((whole[1].username.as_str(), whole[1].age), ("sue", Some(3)));
    let new = User::insert_many([person("x", "d", 1), person("maria", "m", 1)])
        .on_conflict(User::email)
        .do_nothing()
        .returning(User::username)
        .execute(&db)
        .unwrap();
    assert_eq!(new, [None, Some("maria".to_owned())]);
}

fn an_upsert_takes_part_in_the_session(bed: &Bed) {
    let db = database(bed);
    let mut session = db.session().unwrap();
    session.add(person("susan", "s", 1));
    // What is pending is sent first.
    User::insert(person("sue", "s", 5))
        .on_conflict(User::email)
        .update(User::age.set_excluded())
        .execute(&mut session)
        .unwrap();
    session.commit().unwrap();
    assert_eq!(rows(&db), [row("susan", "s", 5)]);
    User::insert(person("sue", "s", 9))
        .on_conflict(User::email)
        .update(User::age.set_excluded())
        .execute(&mut session)
        .unwrap();
    let nothing = User::insert(person("sue", "s", 9))
        .on_conflict(User::email)
        .do_nothing()
        .execute(&mut session)
        .unwrap();
    assert_eq!(nothing, None);
    session.rollback().unwrap();
    drop(session);
    assert_eq!(rows(&db), [row("susan", "s", 5)]);
}

/// Runs `work` in four threads at the same time, again and again.
fn together<T: Send>(db: &Database, work: impl Fn(usize, &Database) -> T + Sync) -> Vec<T> {
    const THREADS: usize = 4;
    let barrier = Barrier::new(THREADS);
    thread::scope(|scope| {
        let run = |thread| {
            let (barrier, work) = (&barrier, &work);
            let db = db.clone();
            scope.spawn(move || {
                barrier.wait();
                work(thread, &db)
            })
        };
        let threads: Vec<_> = (0..THREADS).map(run).collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .collect()
    })
}

/// Tries again what lost against another transaction.
fn retried<T>(mut work: impl FnMut() -> birgus::Result<T>) -> T {
    for _ in 0..100 {
        match work() {
            Err(error) if error.is_retryable() => {}
            result => return result.unwrap(),
        }
    }
    panic!("it never came to an end")
}

fn upserts_of_one_row_at_the_same_time(bed: &Bed) {
    let db = database(bed);
    const TIMES: i32 = 25;
    let ids = together(&db, |thread, db| {
        let mut ids = Vec::new();
        for number in 0..TIMES {
            let email = format!("{}", number % 5);
            // Every other one also meets the name of another row.
            let name = if number % 2 == 0 {
                email.clone()
            } else {
                format!("{thread}")
            };
            let result = retried(|| {
                let result = User::insert(person(&name, &email, 1))
                    .on_conflict(User::email)
                    .update(User::age.set(User::age + excluded(User::age)))
                    .execute(db);
                match result {
                    Err(error) if error.is_unique_violation() => Ok(None),
                    result => result.map(Some),
                }
            });
            ids.extend(result.map(|id| (email, id)));
        }
        ids
    });
    let mut counted = std::collections::BTreeMap::new();
    for (email, id) in ids.into_iter().flatten() {
        let (known, count) = counted.entry(email).or_insert((id, 0));
        assert_eq!(*known, id);
        *count += 1;
    }
    let stored: Vec<(String, (i64, i32))> = User::query()
        .order_by(User::email.asc())
        .all(&db)
        .unwrap()
        .into_iter()
        .map(|user| (user.email, (user.id, user.age.unwrap())))
        .collect();
    assert_eq!(stored, counted.into_iter().collect::<Vec<_>>());
}

fn inserts_of_one_missing_row_at_the_same_time(bed: &Bed) {
    let db = database(bed);
    let inserted = together(&db, |thread, db| {
        (0..25)
            .filter_map(|number| {
                let name = format!("{number} of {thread}");
                retried(|| {
                    User::insert(person(&name, &format!("{number}"), 1))
                        .on_conflict(User::email)
                        .do_nothing()
                        .execute(db)
                })
            })
            .collect::<Vec<i64>>()
    });
    let mut ids: Vec<i64> = inserted.into_iter().flatten().collect();
    ids.sort_unstable();
    let stored = User::query()
        .order_by(User::id.asc())
        .pluck(User::id, &db)
        .unwrap();
    assert_eq!(stored.len(), 25);
    assert_eq!(ids, stored);
}

fn what_an_upsert_can_not_say_is_refused(bed: &Bed) {
    let db = database(bed);
    let insert = || User::insert(person("susan", "s", 1));
    let refused = |error: birgus::Error, message: &str| {
        assert!(
            error.is_invalid_query() || error.is_invalid_value(),
            "{error:?}"
        );
        assert!(error.to_string().contains(message), "{error}");
    };
    refused(
        insert()
            .on_conflict(User::age)
            .do_nothing()
            .execute(&db)
            .unwrap_err(),
        "user: no primary key or unique constraint is over (age); there are pk_user (id), \
         uq_user_username (username), uq_user_email (email)",
    );
    refused(
        insert()
            .on_conflict((User::email, User::username))
            .do_nothing()
            .execute(&db)
            .unwrap_err(),
        "(email, username)",
    );
    refused(
        insert()
            .on_conflict(User::email)
            .update(User::email.set("x"))
            .execute(&db)
            .unwrap_err(),
        "user.email: it is in the target",
    );
    refused(
        insert()
            .on_conflict(User::email)
            .update(User::id.set(5))
            .execute(&db)
            .unwrap_err(),
        "user.id: ",
    );
    refused(
        insert()
            .on_conflict(User::email)
            .update(User::age.set(excluded(User::id)))
            .execute(&db)
            .unwrap_err(),
        "user.id: the database assigns it",
    );
    let posts = Post::query().select(Post::id.max()).as_value();
    refused(
        insert()
            .on_conflict(User::email)
            .update(User::age.set(posts))
            .execute(&db)
            .unwrap_err(),
        "user.age: ",
    );
    refused(
        insert()
            .on_conflict(User::email)
            .update([])
            .execute(&db)
            .unwrap_err(),
        "without assignments",
    );
    refused(
        insert()
            .on_conflict(User::email)
            .update(User::age.set(Post::likes))
            .execute(&db)
            .unwrap_err(),
        "post.likes",
    );
    assert_eq!(User::query().count(&db).unwrap(), 0);
}
