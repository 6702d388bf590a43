//! Aggregates and groups.

use super::golden::check;
use super::models::{Post, User};
use birgus::prelude::*;
use birgus::query::{Selection, count_rows};

fn posts<S: Selection>(
    selection: S,
    dialect: &dyn birgus::backend::Dialect,
) -> birgus::Result<String> {
    Post::query().select(selection).to_sql(dialect)
}

#[test]
fn aggregates() {
    check(
        "aggregates",
        &[
            ("count", &|d| {
                posts(
                    (
                        count_rows(),
                        Post::likes.count(),
                        Post::likes.count().distinct(),
                    ),
                    d,
                )
            }),
            ("sum", &|d| {
                posts((Post::likes.sum(), Post::score.sum(), Post::price.sum()), d)
            }),
            ("mean of whole numbers", &|d| posts(Post::likes.avg(), d)),
            ("mean of doubles", &|d| posts(Post::score.avg(), d)),
            ("mean of decimals", &|d| posts(Post::price.avg(), d)),
            ("least and greatest", &|d| {
                posts((Post::day.min(), Post::body.max()), d)
            }),
            ("filtered", &|d| {
                posts(
                    (
                        count_rows().filter(Post::likes.gt(1)),
                        Post::likes.sum().filter(Post::body.ne("")).distinct(),
                    ),
                    d,
                )
            }),
            ("joined texts", &|d| {
                posts(Post::body.join_text(", ").order_by(Post::id.desc()), d)
            }),
            ("joined texts that may be missing", &|d| {
                User::query()
                    .select(
                        User::nick
                            .join_text("it's ")
                            .order_by(User::nick.desc().nulls_first()),
                    )
                    .to_sql(d)
            }),
            ("joined texts that are distinct", &|d| {
                posts(Post::body.join_text(",").distinct(), d)
            }),
            ("all and any", &|d| {
                User::query()
                    .select((User::active.bool_and(), User::active.bool_or()))
                    .to_sql(d)
            }),
            ("in arithmetic", &|d| {
                posts((Post::likes.sum() * 2, Post::likes.avg() / 2.0), d)
            }),
            ("groups", &|d| {
                Post::query()
                    .select((Post::author_id, count_rows(), Post::likes.sum()))
                    .group_by(Post::author_id)
                    .having(Post::likes.sum().gt(100))
                    .order_by(Post::likes.sum().desc())
                    .to_sql(d)
            }),
            ("groups of an expression with values", &|d| {
                Post::query()
                    .select((Post::likes + 1, count_rows()))
                    .group_by(Post::likes + 1)
                    .order_by((Post::likes + 1).asc())
                    .to_sql(d)
            }),
            ("groups in the order of an enum", &|d| {
                User::query()
                    .select((User::mood, count_rows()))
                    .group_by(User::mood)
                    .order_by(User::mood.asc())
                    .to_sql(d)
            }),
            ("a bare column", &|d| {
                posts((Post::author_id, count_rows()), d)
            }),
            ("a grouped expression inside of another", &|d| {
                Post::query()
                    .select((Post::likes + Post::likes) * 2)
                    .group_by(Post::likes + Post::likes)
                    .to_sql(d)
            }),
            ("having without an aggregate", &|d| {
                Post::query()
                    .select(Post::id)
                    .having(count_rows().gt(1))
                    .to_sql(d)
            }),
            ("an aggregate in a filter", &|d| {
                Post::query().filter(Post::likes.sum().gt(1)).to_sql(d)
            }),
            ("an aggregate of an aggregate", &|d| {
                posts(Post::likes.sum().max(), d)
            }),
        ],
    );
}
