//! Comparisons, lists, NULL and orders.

use super::golden::check;
use super::models::{Mood, Post, User};
use birgus::prelude::*;

#[test]
fn conditions() {
    check(
        "conditions",
        &[
            ("equal", &|dialect| {
                User::query()
                    .select(User::id)
                    .filter(User::username.eq("susan"))
                    .to_sql(dialect)
            }),
            ("equal to nothing", &|dialect| {
                User::query()
                    .select(User::id)
                    .filter(User::nick.eq(None::<String>))
                    .to_sql(dialect)
            }),
            ("null-safe", &|dialect| {
                User::query()
                    .select(User::id)
                    .filter(User::nick.is_distinct_from("a"))
                    .filter(User::age.is_not_distinct_from(None::<i32>))
                    .to_sql(dialect)
            }),
            ("enum in order", &|dialect| {
                User::query()
                    .select(User::id)
                    .filter(User::mood.lt(Mood::Grumpy))
                    .order_by(User::mood.desc())
                    .to_sql(dialect)
            }),
            ("nulls", &|dialect| {
                User::query()
                    .select(User::id)
                    .order_by(User::age.asc())
                    .order_by(User::age.desc())
                    .order_by(User::age.asc().nulls_last())
                    .order_by(User::age.desc().nulls_first())
                    .order_by(User::id.asc().nulls_last())
                    .to_sql(dialect)
            }),
            ("like", &|dialect| {
                User::query()
                    .select(User::id)
                    .filter(User::username.like("a%"))
                    .filter(User::username.like_escaped("50!%\\", '!'))
                    .filter(User::username.starts_with("50%"))
                    .to_sql(dialect)
            }),
            ("between", &|dialect| {
                Post::query()
                    .select(Post::id)
                    .filter(Post::likes.between(1, 3))
                    .to_sql(dialect)
            }),
            ("selected condition", &|dialect| {
                User::query().select(User::age.gt(3)).to_sql(dialect)
            }),
        ],
    );
}
