//! INSERT of what a query gives.

use super::golden::check;
use super::models::{Post, Seat, User};
use birgus::prelude::*;
use birgus::query::value;

#[test]
fn insert_select() {
    check(
        "insert_select",
        &[
            ("columns and values", &|dialect| {
                Post::query()
                    .filter(Post::likes.gt(3))
                    .select((
                        Post::body,
                        Post::likes + 1,
                        value("x".to_owned()),
                        Post::likes,
                    ))
                    .insert_into_to_sql(
                        (Seat::row, Seat::number, Seat::label, Seat::taken),
                        dialect,
                    )
            }),
            ("a column without a value", &|dialect| {
                Seat::query()
                    .select((Seat::row, Seat::number))
                    .insert_into_to_sql((Seat::row, Seat::number), dialect)
            }),
            ("common table expression", &|dialect| {
                let few = Seat::query().select((Seat::row, Seat::number, Seat::label, Seat::taken));
                few.cte("few").query().insert_into_to_sql(
                    (Seat::row, Seat::number, Seat::label, Seat::taken),
                    dialect,
                )
            }),
            ("decimal of another scale", &|dialect| {
                Post::query()
                    .select(Post::price * Post::price)
                    .insert_into_to_sql(Post::price, dialect)
            }),
            ("a column named twice", &|dialect| {
                User::query()
                    .select((User::username, User::username))
                    .insert_into_to_sql((User::username, User::username), dialect)
            }),
        ],
    );
}
