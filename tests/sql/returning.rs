//! Rows that come back from UPDATE and DELETE.

use super::golden::check;
use super::models::{Seat, User};
use birgus::prelude::*;
use birgus::query::count_rows;

#[test]
fn returning() {
    check(
        "returning",
        &[
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
