//! What comes back of rows as they are written.

use birgus::prelude::*;
use birgus::query::{count_rows, model};
use birgus::{Database, Json};

use crate::Bed;
use crate::models::{Address, Everything, Mood, Part, Post, Reading, Ticket, User};

super::cases![
    an_insert_returns_what_the_database_made_of_the_row,
    many_inserts_return_in_the_order_of_the_rows,
    explicit_and_assigned_ids_return_in_the_order_of_the_rows,
    rows_of_composite_keys_return,
    rows_that_reference_each_other_return_in_their_order,
    an_update_returns_the_rows_as_they_are_afterwards,
    an_update_by_join_returns_each_row_once,
    an_update_that_meets_nothing_returns_nothing,
    a_delete_returns_the_rows_as_they_were,
    a_delete_of_rows_that_reference_each_other_returns_them,
    returning_takes_part_in_the_transaction,
    what_can_not_be_returned_is_refused,
];

fn database(bed: &Bed) -> Database {
    bed.database(&[
        User::info(),
        Post::info(),
        Ticket::info(),
        Everything::info(),
    ])
}

fn person(number: usize) -> impl NewRow<Model = User> {
    User::build()
        .username(format!("user {number:04}"))
        .email(format!("{number}@x.org"))
        .age(number as i32)
}

fn an_insert_returns_what_the_database_made_of_the_row(bed: &Bed) {
    let db = database(bed);
    let (id, name, age, whole) = User::insert(person(7))
        .returning((
            User::id,
            User::username,
            User::age.coalesce(3),
            model::<User>(),
        ))
        .execute(&db)
        .unwrap();
    assert_eq!((name.as_str(), age), ("user 0007", 7));
    assert_eq!(User::query().get(id, &db).unwrap(), Some(whole));
    let row = Everything::insert(Everything::ordinary())
        .returning(model::<Everything>())
        .execute(&db)
        .unwrap();
    let id = row.id;
    assert_eq!(
        row,
        Everything {
            id,
            ..Everything::ordinary()
        }
    );
    let few = Everything::insert(Everything::ordinary())
        .returning((
            Everything::price,
            Everything::document,
            Everything::mood,
            Everything::maybe_name,
            Everything::flag.eq(false),
            Everything::maybe_medium.gt(3),
        ))
        .execute(&db)
        .unwrap();
    let ordinary = Everything::ordinary();
    let expected: (
        Decimal,
        Json<serde_json::Value>,
        Mood,
        Option<String>,
        bool,
        bool,
    ) = (
        ordinary.price,
        ordinary.document,
        ordinary.mood,
        None,
        false,
        false,
    );
    assert_eq!(few, expected);
}

fn many_inserts_return_in_the_order_of_the_rows(bed: &Bed) {
    let db = database(bed);
    let mut first = 0;
    for rows in [0, 1, 2, 99, 100, 101, 450] {
        let returned = User::insert_many((first..first + rows).map(person))
            .returning((User::id, User::username))
            .execute(&db)
            .unwrap();
        assert_eq!(returned.len(), rows);
        assert!(returned.is_sorted_by_key(|(id, _)| *id));
        for (number, (_, name)) in returned.iter().enumerate() {
            assert_eq!(*name, format!("user {:04}", first + number));
        }
        first += rows;
    }
}

fn explicit_and_assigned_ids_return_in_the_order_of_the_rows(bed: &Bed) {
    let db = database(bed);
    let ids = Ticket::insert_many([0, 10, 11, 0, 0, 5].map(|id| Ticket { id }))
        .returning(Ticket::id)
        .execute(&db)
        .unwrap();
    assert_eq!(ids, [1, 10, 11, 12, 13, 5]);
    let next = Ticket::insert(Ticket::build())
        .returning(Ticket::id)
        .execute(&db)
        .unwrap();
    assert_eq!(next, 14);
}

fn rows_of_composite_keys_return(bed: &Bed) {
    let db = bed.database(&[Reading::info(), Address::info()]);
    let rows: Vec<Reading> = (0..250)
        .rev()
        .map(|number| Reading {
            sensor: Uuid::from_u128(u128::from(number % 7_u32)),
            day: NaiveDate::from_ymd_opt(2024, 1, 1 + number % 28).unwrap(),
            depth: Decimal::new(i64::from(number), 1),
            night: number % 2 == 0,
            value: number as i32,
        })
        .collect();
    let returned = Reading::insert_many(rows.clone())
        .returning(model::<Reading>())
        .execute(&db)
        .unwrap();
    assert_eq!(returned, rows);
    let gone = Reading::query()
        .filter(Reading::value.lt(200))
        .delete_returning(
            (
                Reading::sensor,
                Reading::day,
                Reading::depth,
                Reading::night,
            ),
            &db,
        )
        .unwrap();
    assert_eq!(gone.len(), 200);
    assert!(gone.is_sorted());
}

fn rows_that_reference_each_other_return_in_their_order(bed: &Bed) {
    let db = bed.database(&[Part::info()]);
    let parts = [
        Part::of(3, Some(2)),
        Part::of(2, Some(1)),
        Part::of(1, None),
    ];
    let returned = Part::insert_many(parts)
        .returning((Part::id, Part::parent))
        .execute(&db)
        .unwrap();
    assert_eq!(returned, [(3, Some(2)), (2, Some(1)), (1, None)]);
}

fn an_update_returns_the_rows_as_they_are_afterwards(bed: &Bed) {
    let db = database(bed);
    User::insert_many((0..700).rev().map(person))
        .execute(&db)
        .unwrap();
    let returned = User::query()
        .filter(User::age.ge(100))
        .update_returning(
            [
                User::age.set(User::age * 2),
                User::username.set(User::email),
            ],
            (User::id, User::age, User::username),
            &db,
        )
        .unwrap();
    assert_eq!(returned.len(), 600);
    assert!(returned.is_sorted_by_key(|(id, _, _)| *id));
    for (id, age, name) in returned {
        let number = 700 - id as i32;
        assert_eq!((age, name), (Some(number * 2), format!("{number}@x.org")));
    }
}

fn an_update_by_join_returns_each_row_once(bed: &Bed) {
    let db = database(bed);
    let ids = User::insert_many((0..3).map(person)).execute(&db).unwrap();
    let posts = [ids[2], ids[0], ids[2]].map(|author| Post::build().body("x").author_id(author));
    Post::insert_many(posts).execute(&db).unwrap();
    let returned = User::query()
        .join::<Post>(Post::author_id.eq(User::id))
        .update_returning(User::age.set(9), (User::id, User::age), &db)
        .unwrap();
    assert_eq!(returned, [(ids[0], Some(9)), (ids[2], Some(9))]);
}

fn an_update_that_meets_nothing_returns_nothing(bed: &Bed) {
    let db = database(bed);
    let none = User::query()
        .update_returning(User::age.set(9), User::id, &db)
        .unwrap();
    assert!(none.is_empty());
    assert!(
        User::query()
            .delete_returning(User::id, &db)
            .unwrap()
            .is_empty()
    );
}

fn a_delete_returns_the_rows_as_they_were(bed: &Bed) {
    let db = database(bed);
    User::insert_many((0..600).map(person))
        .execute(&db)
        .unwrap();
    let before = User::query()
        .filter(User::age.lt(550))
        .order_by(User::id.asc())
        .all(&db)
        .unwrap();
    let other = User::alias("other");
    let gone = User::query()
        .filter(
            User::id.in_(
                other
                    .query()
                    .filter(other.column(User::age).lt(550))
                    .select(other.column(User::id)),
            ),
        )
        .delete_returning(model::<User>(), &db)
        .unwrap();
    assert_eq!(gone, before);
    assert_eq!(User::query().count(&db).unwrap(), 50);
}

fn a_delete_of_rows_that_reference_each_other_returns_them(bed: &Bed) {
    let db = bed.database(&[Part::info()]);
    let parts = (1..=20).map(|number| Part::of(number, (number > 1).then(|| number - 1)));
    Part::insert_many(parts).execute(&db).unwrap();
    let gone = Part::query()
        .delete_returning((Part::id, Part::parent), &db)
        .unwrap();
    assert_eq!(gone.len(), 20);
    assert_eq!(gone[0], (1, None));
    assert_eq!(gone[19], (20, Some(19)));
    assert_eq!(Part::query().count(&db).unwrap(), 0);
}

fn returning_takes_part_in_the_transaction(bed: &Bed) {
    let db = database(bed);
    let mut session = db.session().unwrap();
    let id = User::insert(person(1))
        .returning(User::id)
        .execute(&mut session)
        .unwrap();
    let ages = User::query()
        .update_returning(User::age.set(User::age + 1), User::age, &mut session)
        .unwrap();
    assert_eq!(ages, [Some(2)]);
    let gone = User::query()
        .filter(User::id.eq(id))
        .delete_returning(User::username, &mut session)
        .unwrap();
    assert_eq!(gone, ["user 0001"]);
    User::insert(person(2))
        .returning(User::id)
        .execute(&mut session)
        .unwrap();
    session.rollback().unwrap();
    drop(session);
    assert_eq!(User::query().count(&db).unwrap(), 0);
    // A row that fails takes the others with it.
    let rows = (0..230).map(|number| person(if number == 225 { 3 } else { number }));
    let error = User::insert_many(rows)
        .returning(User::id)
        .execute(&db)
        .unwrap_err();
    assert!(error.is_unique_violation(), "{error:?}");
    assert_eq!(User::query().count(&db).unwrap(), 0);
}

fn what_can_not_be_returned_is_refused(bed: &Bed) {
    let db = database(bed);
    User::insert(person(1)).execute(&db).unwrap();
    let refused = |error: birgus::Error, part: &str| {
        assert!(error.is_invalid_query(), "{error:?}");
        assert!(error.to_string().contains(part), "{error}");
    };
    refused(
        User::query()
            .delete_returning(count_rows(), &db)
            .unwrap_err(),
        "aggregate",
    );
    let posts = Post::query().select(Post::id.max()).as_value();
    refused(
        User::insert(person(2))
            .returning(posts)
            .execute(&db)
            .unwrap_err(),
        "subquery",
    );
    refused(
        User::query()
            .join::<Post>(Post::author_id.eq(User::id))
            .delete_returning(Post::body, &db)
            .unwrap_err(),
        "post.body",
    );
    refused(
        User::query()
            .update_returning(User::id.set(User::id + 1), User::id, &db)
            .unwrap_err(),
        "user.id",
    );
    refused(
        User::query()
            .limit(1)
            .delete_returning(User::id, &db)
            .unwrap_err(),
        "limit",
    );
    assert_eq!(User::query().count(&db).unwrap(), 1);
}
