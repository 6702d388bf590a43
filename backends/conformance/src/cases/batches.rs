//! Many rows, so many at a time.

use birgus::prelude::*;
use birgus::query::Cursor;
use birgus::{Database, Error};

use crate::Bed;
use crate::models::{Address, User};

super::cases![
    every_row_once,
    from_where_it_was,
    what_fails_is_asked_for_again,
    rows_change_on_the_way,
    an_order_is_refused,
];

fn many(bed: &Bed) -> Database {
    let db = bed.database(&[User::info(), Address::info()]);
    let users = (1..=1_000).map(|number| {
        User::build()
            .username(format!("u{number}"))
            .email(format!("{number}"))
            .age(number % 10)
    });
    User::insert_many(users).execute(&db).unwrap();
    db
}

fn every_row_once(bed: &Bed) {
    let db = many(bed);
    for (size, batches) in [(1, 1_000), (300, 4), (500, 2), (1_000, 1), (5_000, 1)] {
        let mut ids = Vec::new();
        let mut count = 0;
        let mut each = |users: Vec<User>| {
            assert!(users.len() as u64 <= size);
            count += 1;
            ids.extend(users.iter().map(|user| user.id));
            Ok(())
        };
        User::query()
            .batches(size)
            .for_each(&db, &mut each)
            .unwrap();
        assert_eq!(count, batches);
        assert_eq!(ids, (1..=1_000).collect::<Vec<i64>>());
    }
    let mut names = Vec::new();
    User::query()
        .filter(User::age.eq(3))
        .batches(7)
        .for_each(&db, |users| {
            names.extend(users.into_iter().map(|user| user.username));
            Ok(())
        })
        .unwrap();
    assert_eq!(names.len(), 100);
    for number in 0..10 {
        let (street, city) = (format!("{}", number % 3), "x".to_owned());
        let number = number + 1;
        Address::insert(Address {
            street,
            number,
            city,
        })
        .execute(&db)
        .unwrap();
    }
    let mut keys = Vec::new();
    Address::query()
        .batches(2)
        .for_each(&db, |rows| {
            keys.extend(rows.into_iter().map(|row| (row.street, row.number)));
            Ok(())
        })
        .unwrap();
    assert_eq!(keys.len(), 10);
    assert!(keys.is_sorted());
}

fn from_where_it_was(bed: &Bed) {
    let db = many(bed);
    let mut batches = User::query().batches(300);
    assert!(batches.cursor().is_none());
    assert_eq!(batches.next(&db).unwrap().unwrap().len(), 300);
    assert_eq!(batches.next(&db).unwrap().unwrap()[0].id, 301);
    let place = batches.cursor().unwrap().to_string();
    let cursor: Cursor = place.parse().unwrap();
    let mut batches = User::query().batches(250).starting_after(cursor);
    assert_eq!(batches.next(&db).unwrap().unwrap()[0].id, 601);
    assert_eq!(batches.next(&db).unwrap().unwrap().len(), 150);
    assert_eq!(batches.next(&db).unwrap(), None);
    assert_eq!(batches.next(&db).unwrap(), None);
}

fn what_fails_is_asked_for_again(bed: &Bed) {
    let db = many(bed);
    let mut batches = User::query().batches(400);
    let mut seen = Vec::new();
    let error = batches
        .for_each(&db, |users| {
            if users[0].id > 1 {
                return Err(Error::session("enough"));
            }
            seen.push(users[0].id);
            Ok(())
        })
        .unwrap_err();
    assert!(error.is_session());
    batches
        .for_each(&db, |users| {
            seen.push(users[0].id);
            Ok(())
        })
        .unwrap();
    assert_eq!(seen, [1, 401, 801]);
}

fn rows_change_on_the_way(bed: &Bed) {
    let db = many(bed);
    let mut session = db.session().unwrap();
    let mut batches = User::query().batches(100);
    let mut count = 0;
    while let Some(users) = batches.next(&mut session).unwrap() {
        count += users.len();
        let ids = users.iter().map(|user| user.id);
        User::query()
            .filter(User::id.in_(ids))
            .filter(User::age.eq(0))
            .delete(&mut session)
            .unwrap();
    }
    session.commit().unwrap();
    assert_eq!(count, 1_000);
    assert_eq!(User::query().count(&db).unwrap(), 900);
}

fn an_order_is_refused(bed: &Bed) {
    let db = many(bed);
    let mut batches = User::query().order_by(User::username).batches(10);
    let error = batches.next(&db).unwrap_err();
    assert!(
        error.is_invalid_query() && error.to_string().contains("batches"),
        "{error}"
    );
    assert!(
        User::query()
            .batches(0)
            .next(&db)
            .unwrap_err()
            .is_invalid_query()
    );
}
