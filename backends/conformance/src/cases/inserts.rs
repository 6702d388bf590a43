//! Inserts give ids back, in order.

use birgus::Database;
use birgus::prelude::*;

use crate::Bed;
use crate::models::{Everything, Node, Post, Ticket, User};

super::cases![
    new_rows_in_a_circle_are_refused,
    one_row_gives_its_id,
    many_rows_give_their_ids_in_order,
    a_chunk_more_or_less_makes_no_difference,
    defaults_apply_where_nothing_is_said,
    explicit_ids_move_the_sequence,
    zero_is_an_id_that_a_builder_may_give,
    explicit_and_assigned_ids_in_one_insert,
    ids_are_never_reused,
    a_table_of_nothing_but_an_id,
    many_rows_are_inserted_together_or_not_at_all,
    a_row_that_does_not_fit_sends_nothing,
    a_wide_table_in_many_rows,
    a_few_rows_that_are_large,
    nothing_inserts_nothing,
];

fn users(bed: &Bed) -> Database {
    bed.database(&[User::info(), Post::info(), Ticket::info()])
}

fn person(number: usize) -> impl NewRow<Model = User> {
    User::build()
        .username(format!("user {number}"))
        .email(format!("{number}@x.org"))
        .age(number as i32)
}

fn check_ids(db: &Database, ids: &[i64], first: usize) {
    assert!(ids.is_sorted(), "ids rise with the rows");
    for (number, id) in ids.iter().enumerate() {
        let user = User::query().get(*id, db).unwrap().unwrap();
        assert_eq!(user.username, format!("user {}", first + number));
    }
}

fn one_row_gives_its_id(bed: &Bed) {
    let db = users(bed);
    let first = User::insert(person(0)).execute(&db).unwrap();
    let second = User::insert(person(1)).execute(&db).unwrap();
    assert!(second > first && first > 0);
    check_ids(&db, &[first, second], 0);
}

fn many_rows_give_their_ids_in_order(bed: &Bed) {
    let db = users(bed);
    let ids = User::insert_many((0..1000).map(person))
        .execute(&db)
        .unwrap();
    assert_eq!(ids.len(), 1000);
    check_ids(&db, &ids, 0);
}

fn a_chunk_more_or_less_makes_no_difference(bed: &Bed) {
    let db = users(bed);
    let mut first = 0;
    for rows in [1, 2, 49, 50, 51, 99, 100, 101] {
        let ids = User::insert_many((first..first + rows).map(person))
            .execute(&db)
            .unwrap();
        assert_eq!(ids.len(), rows);
        check_ids(&db, &ids, first);
        first += rows;
    }
}

fn defaults_apply_where_nothing_is_said(bed: &Bed) {
    let db = users(bed);
    let before = Utc::now();
    let id = User::insert(User::build().username("susan").email("s@x.org"))
        .execute(&db)
        .unwrap();
    let user = User::query().get(id, &db).unwrap().unwrap();
    assert!(user.active && user.age.is_none());
    assert!((user.joined - before).num_seconds().abs() < 60);
    let other = User::build()
        .username("david")
        .email("d@x.org")
        .active(false);
    let id = User::insert(other).execute(&db).unwrap();
    assert!(!User::query().get(id, &db).unwrap().unwrap().active);
}

fn explicit_ids_move_the_sequence(bed: &Bed) {
    let db = users(bed);
    let ticket = |id| Ticket { id };
    assert_eq!(Ticket::insert(ticket(0)).execute(&db).unwrap(), 1);
    assert_eq!(Ticket::insert(ticket(500)).execute(&db).unwrap(), 500);
    assert_eq!(Ticket::insert(ticket(0)).execute(&db).unwrap(), 501);
    // A smaller id does not move it back.
    assert_eq!(Ticket::insert(ticket(7)).execute(&db).unwrap(), 7);
    assert_eq!(Ticket::insert(ticket(0)).execute(&db).unwrap(), 502);
}

fn zero_is_an_id_that_a_builder_may_give(bed: &Bed) {
    let db = users(bed);
    for id in [0, -5] {
        let given = Ticket::insert(Ticket::build().id(id)).execute(&db).unwrap();
        assert_eq!(given, id);
    }
    assert!(Ticket::insert(Ticket::build()).execute(&db).unwrap() > 0);
    let ids = Ticket::query()
        .order_by(Ticket::id.asc())
        .limit(2)
        .pluck(Ticket::id, &db)
        .unwrap();
    assert_eq!(ids, [-5, 0]);
}

fn explicit_and_assigned_ids_in_one_insert(bed: &Bed) {
    let db = users(bed);
    let ids = Ticket::insert_many([0, 10, 11, 0, 0, 5].map(|id| Ticket { id }))
        .execute(&db)
        .unwrap();
    assert_eq!(ids, [1, 10, 11, 12, 13, 5]);
    assert_eq!(Ticket::query().count(&db).unwrap(), 6);
}

fn ids_are_never_reused(bed: &Bed) {
    let db = users(bed);
    let ids = Ticket::insert_many([0, 0, 0].map(|id| Ticket { id }))
        .execute(&db)
        .unwrap();
    Ticket::query().delete(&db).unwrap();
    let next = Ticket::insert(Ticket { id: 0 }).execute(&db).unwrap();
    assert!(next > ids[2], "{next} after {ids:?}");
}

fn a_table_of_nothing_but_an_id(bed: &Bed) {
    let db = users(bed);
    let ids = Ticket::insert_many((0..120).map(|_| Ticket::build()))
        .execute(&db)
        .unwrap();
    assert_eq!(ids, (1..=120).collect::<Vec<i64>>());
}

fn many_rows_are_inserted_together_or_not_at_all(bed: &Bed) {
    let db = users(bed);
    let rows = (0..130).map(|number| person(if number == 125 { 3 } else { number }));
    let error = User::insert_many(rows).execute(&db).unwrap_err();
    assert!(error.is_unique_violation(), "{error:?}");
    assert_eq!(User::query().count(&db).unwrap(), 0);
    check_ids(
        &db,
        &User::insert_many((0..130).map(person))
            .execute(&db)
            .unwrap(),
        0,
    );
}

fn a_row_that_does_not_fit_sends_nothing(bed: &Bed) {
    let db = users(bed);
    let rows = [
        User::build().username("fits").email("a"),
        User::build().username("x".repeat(65)).email("b"),
    ];
    let error = User::insert_many(rows).execute(&db).unwrap_err();
    assert_eq!(
        error.to_string(),
        "user.username: 65 characters, at most 64 (declared by length = 64)"
    );
    assert_eq!(User::query().count(&db).unwrap(), 0);
}

fn a_wide_table_in_many_rows(bed: &Bed) {
    let db = bed.database(&[Everything::info()]);
    let rows = (0..300).map(|number| Everything {
        medium: number,
        ..Everything::ordinary()
    });
    let ids = Everything::insert_many(rows).execute(&db).unwrap();
    let read = Everything::query()
        .order_by(Everything::id.asc())
        .all(&db)
        .unwrap();
    for (number, (id, row)) in ids.iter().zip(&read).enumerate() {
        assert_eq!(
            *row,
            Everything {
                id: *id,
                medium: number as i32,
                ..Everything::ordinary()
            }
        );
    }
}

/// More than a server takes in one statement.
fn a_few_rows_that_are_large(bed: &Bed) {
    let db = bed.database(&[Everything::info()]);
    const LARGE: usize = 1 << 20;
    let row = |number: usize| Everything {
        medium: number as i32,
        body: "x".repeat(LARGE + number),
        bytes: vec![number as u8; LARGE],
        ..Everything::ordinary()
    };
    let ids = Everything::insert_many((0..20).map(row))
        .execute(&db)
        .unwrap();
    assert!(ids.is_sorted() && ids.len() == 20);
    for (number, id) in ids.iter().enumerate() {
        let read = Everything::query().get(*id, &db).unwrap().unwrap();
        assert_eq!(read.body.len(), LARGE + number);
        assert_eq!(read.bytes, vec![number as u8; LARGE]);
    }
    let ids = Everything::insert_many((0..5).map(row))
        .on_conflict(Everything::id)
        .do_nothing()
        .returning((Everything::id, Everything::medium))
        .execute(&db)
        .unwrap();
    let numbers: Vec<i32> = ids
        .into_iter()
        .flatten()
        .map(|(_, number)| number)
        .collect();
    assert_eq!(numbers, [0, 1, 2, 3, 4]);
}

fn nothing_inserts_nothing(bed: &Bed) {
    let db = bed.database(&[User::info(), Node::info()]);
    assert!(
        User::insert_many(Vec::<User>::new())
            .execute(&db)
            .unwrap()
            .is_empty()
    );
    assert!(
        Node::insert_many(Vec::<Node>::new())
            .execute(&db)
            .unwrap()
            .is_empty()
    );
}

fn new_rows_in_a_circle_are_refused(bed: &Bed) {
    let db = bed.database(&[Node::info()]);
    let node = |id, parent| Node {
        id,
        label: "x".to_owned(),
        parent: Some(parent),
    };
    let error = Node::insert_many([node(1, 2), node(2, 1)])
        .execute(&db)
        .unwrap_err();
    assert!(error.is_invalid_query(), "{error:?}");
    assert!(error.to_string().contains("circle"), "{error}");
    // One row may be its own parent.
    Node::insert_many([node(3, 3), node(4, 3)])
        .execute(&db)
        .unwrap();
    assert_eq!(Node::query().count(&db).unwrap(), 2);
}
