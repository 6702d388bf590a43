//! Arithmetic, casts, and what chooses among values.

use super::golden::check;
use super::models::{Mood, Post, User};
use birgus::prelude::*;
use birgus::query::{Selection, case, greatest, least, value};

fn posts<S: Selection>(
    selection: S,
    dialect: &dyn birgus::backend::Dialect,
) -> birgus::Result<String> {
    Post::query().select(selection).to_sql(dialect)
}

fn decimal(text: &str) -> Decimal {
    text.parse().unwrap()
}

#[test]
fn numbers() {
    check(
        "numbers",
        &[
            ("add whole numbers", &|d| {
                posts((Post::likes + 1, Post::likes - Post::id), d)
            }),
            ("nested arithmetic is checked once", &|d| {
                posts(-(Post::likes + 1) * 2 - Post::id, d)
            }),
            ("arithmetic inside of a function is checked there", &|d| {
                posts((Post::likes + 1).abs(), d)
            }),
            ("divide whole numbers", &|d| {
                posts(
                    (Post::likes / 2, Post::likes.int_div(2), Post::likes % 2),
                    d,
                )
            }),
            ("doubles", &|d| {
                posts((Post::score * 2.0 + 1.0, Post::score / 3.0), d)
            }),
            ("add decimals of two scales", &|d| {
                posts(Post::price + decimal("0.125"), d)
            }),
            ("multiply decimals", &|d| {
                posts(Post::price * Post::price * decimal("2"), d)
            }),
            ("divide decimals", &|d| posts(Post::price / decimal("3"), d)),
            ("round", &|d| {
                posts(
                    (
                        Post::price.round(1),
                        Post::price.floor(),
                        Post::price.ceil(),
                    ),
                    d,
                )
            }),
            ("floor doubles", &|d| {
                posts((Post::score.floor(), Post::score.ceil()), d)
            }),
            ("to double", &|d| {
                posts((Post::likes.to_double(), Post::price.to_double()), d)
            }),
            ("to decimal", &|d| {
                posts((Post::likes.to_decimal(2), Post::price.to_decimal(4)), d)
            }),
            ("to text", &|d| {
                posts((Post::likes.to_text(), Post::price.to_text()), d)
            }),
            ("filter and order by arithmetic", &|d| {
                Post::query()
                    .select(Post::id)
                    .filter((Post::likes + 1).gt(3))
                    .order_by((Post::likes * 2).desc())
                    .to_sql(d)
            }),
            ("values alone", &|d| {
                posts(
                    (value(1_i64), value("a".to_owned()), value(true), value(0.5)),
                    d,
                )
            }),
            ("coalesce", &|d| {
                User::query()
                    .select((User::age.coalesce(0), User::nick.coalesce("none")))
                    .to_sql(d)
            }),
            ("null_if", &|d| posts(Post::likes.null_if(0), d)),
            ("greatest and least", &|d| {
                posts(
                    (greatest(Post::likes, 10), least(Post::price, decimal("0"))),
                    d,
                )
            }),
            ("case", &|d| {
                let size = case::<String>()
                    .when(Post::likes.lt(10), "few")
                    .otherwise("many");
                posts(size, d)
            }),
            ("case of decimals", &|d| {
                let price = case::<Decimal>()
                    .when(Post::likes.lt(10), decimal("0.125"))
                    .otherwise(Post::price);
                posts(price, d)
            }),
            ("case of conditions and enums", &|d| {
                let young = case::<bool>()
                    .when(User::active, User::age.lt(20))
                    .otherwise(false);
                let mood = case::<Mood>().when(User::active, Mood::Happy).end();
                User::query().select((young, mood)).to_sql(d)
            }),
            ("a decimal of too many digits", &|d| {
                posts(Post::price + decimal("0.0000000000000000001"), d)
            }),
        ],
    );
}
