//! Lists behind IN: short ones, long ones, and those of tuples.

use super::golden::check;
use super::models::{Mood, Post, Seat, User};
use birgus::backend::Dialect;
use birgus::prelude::*;

fn ids(list: impl IntoIterator<Item = i64>) -> Query<User, i64> {
    User::query().select(User::id).filter(User::id.in_(list))
}

/// Without the values, of which there are many.
fn text<M, O>(query: Query<M, O>, dialect: &dyn Dialect) -> birgus::Result<String> {
    let statement = query.to_statement(dialect)?;
    let kept = if statement.is_cacheable() {
        "kept"
    } else {
        "not kept"
    };
    Ok(format!(
        "{} -- {} binds, {kept}",
        statement.text(),
        statement.binds().len()
    ))
}

#[test]
fn lists() {
    check(
        "lists",
        &[
            ("empty", &|dialect| ids([]).to_sql(dialect)),
            ("one", &|dialect| ids([7]).to_sql(dialect)),
            ("five are padded to eight", &|dialect| {
                ids(1..=5).to_sql(dialect)
            }),
            ("not in", &|dialect| {
                let query = User::query().select(User::id);
                query
                    .filter(User::mood.not_in([Mood::Happy, Mood::Grumpy, Mood::Happy]))
                    .to_sql(dialect)
            }),
            ("long", &|dialect| text(ids(0..5_000), dialect)),
            ("long, negated, of texts", &|dialect| {
                let names = (0..5_000).map(|number| format!("name {number}"));
                text(
                    User::query()
                        .select(User::id)
                        .filter(User::username.not_in(names)),
                    dialect,
                )
            }),
            ("long, of doubles", &|dialect| {
                let scores = (0..5_000).map(f64::from);
                text(
                    Post::query()
                        .select(Post::id)
                        .filter(Post::score.in_(scores)),
                    dialect,
                )
            }),
            ("long, of decimals", &|dialect| {
                let prices = (0..5_000).map(|cents| Decimal::new(cents, 2));
                text(
                    Post::query()
                        .select(Post::id)
                        .filter(Post::price.in_(prices)),
                    dialect,
                )
            }),
            ("long, of instants", &|dialect| {
                let list = vec![DateTime::UNIX_EPOCH; 5_000];
                text(
                    Post::query()
                        .select(Post::id)
                        .filter(Post::written.in_(list)),
                    dialect,
                )
            }),
            ("tuples", &|dialect| {
                let query = Seat::query().select(Seat::label);
                query
                    .filter((Seat::row, Seat::number).in_([("a", 1), ("b", 2), ("c", 3)]))
                    .to_sql(dialect)
            }),
            ("many tuples", &|dialect| {
                let seats = (0..5_000).map(|number| ("a", number));
                text(
                    Seat::query()
                        .select(Seat::label)
                        .filter((Seat::row, Seat::number).not_in(seats)),
                    dialect,
                )
            }),
            ("tuples of a query", &|dialect| {
                let other = Seat::alias("other");
                let others = other
                    .query()
                    .select((other.column(Seat::row), other.column(Seat::number)));
                let query = Seat::query().select(Seat::label);
                query
                    .filter((Seat::row, Seat::number).in_(others))
                    .to_sql(dialect)
            }),
            ("nothing in a list", &|dialect| {
                User::query()
                    .filter(User::age.in_([Some(1), None]))
                    .to_sql(dialect)
            }),
            ("not in, of columns that may be NULL", &|dialect| {
                User::query()
                    .filter((User::id, User::age).not_in([(1, 2)]))
                    .to_sql(dialect)
            }),
            ("expressions", &|dialect| {
                let query = Post::query().select(Post::id);
                query
                    .filter(Post::likes.in_([Post::likes.into_expr()]))
                    .to_sql(dialect)
            }),
        ],
    );
}
