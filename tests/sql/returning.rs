//! Rows that come back from UPDATE and DELETE.

use super::golden::check;
use super::models::{Seat, User};
use birgus::prelude::*;
use birgus::query::{count_rows, model};

fn seat(number: i32) -> impl NewRow<Model = Seat> {
    Seat::build()
        .row("a")
        .number(number)
        .label(format!("a{number}"))
        .taken(1)
}

#[test]
fn returning() {
    check(
        "returning",
        &[
            ("insert", &|dialect| {
                Seat::insert(seat(1)).returning(Seat::label).to_sql(dialect)
            }),
            ("many inserts, in the order of the rows", &|dialect| {
                Seat::insert_many([seat(1), seat(2)])
                    .returning((model::<Seat>(), Seat::taken.eq(1)))
                    .to_sql(dialect)
            }),
            ("update", &|dialect| {
                User::query().filter(User::active).update_returning_to_sql(
                    User::age.set(User::age + 1),
                    (User::username, User::age.gt(3)),
                    dialect,
                )
            }),
            ("delete", &|dialect| {
                Seat::query()
                    .filter(Seat::taken.gt(1))
                    .delete_returning_to_sql(Seat::label, dialect)
            }),
            ("aggregate", &|dialect| {
                Seat::query().delete_returning_to_sql(count_rows(), dialect)
            }),
        ],
    );
}
