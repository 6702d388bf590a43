//! Window functions.

use super::golden::check;
use super::models::{Post, User};
use birgus::prelude::*;
use birgus::query::{Selection, count_rows, dense_rank, ntile, over, rank, row_number};

fn posts<S: Selection>(
    selection: S,
    dialect: &dyn birgus::backend::Dialect,
) -> birgus::Result<String> {
    Post::query().select(selection).to_sql(dialect)
}

#[test]
fn windows() {
    let by_author = || over().partition_by(Post::author_id).order_by(Post::id);
    check(
        "windows",
        &[
            ("ranks", &|d| {
                posts(
                    (
                        row_number(by_author()),
                        rank(by_author()),
                        dense_rank(by_author()),
                    ),
                    d,
                )
            }),
            ("buckets", &|d| posts(ntile(4, by_author()), d)),
            ("lag and lead", &|d| {
                posts(
                    (
                        Post::likes.lag(1, by_author()),
                        Post::body.lead(2, by_author()),
                    ),
                    d,
                )
            }),
            ("first and last", &|d| {
                posts(
                    (
                        Post::day.first_value(by_author()),
                        Post::day.last_value(by_author().all_rows()),
                    ),
                    d,
                )
            }),
            ("sums", &|d| {
                posts(
                    (
                        Post::likes.sum().over(by_author().rows_so_far()),
                        Post::score.sum().over(by_author()),
                        Post::price.sum().over(by_author()),
                    ),
                    d,
                )
            }),
            ("means", &|d| {
                posts(
                    (
                        Post::likes.avg().over(by_author().rows(-1, 1)),
                        Post::price.avg().over(over()),
                    ),
                    d,
                )
            }),
            ("filtered count", &|d| {
                posts(count_rows().filter(Post::likes.gt(1)).over(by_author()), d)
            }),
            ("in the order of what may be NULL", &|d| {
                User::query()
                    .select(row_number(over().order_by(User::age.desc().nulls_first())))
                    .to_sql(d)
            }),
            ("in the order of an enum", &|d| {
                User::query()
                    .select(rank(over().order_by(User::mood.asc())))
                    .to_sql(d)
            }),
            ("over groups", &|d| {
                Post::query()
                    .select((Post::author_id, Post::likes.sum().sum().over(over())))
                    .group_by(Post::author_id)
                    .to_sql(d)
            }),
            ("in a filter", &|d| {
                Post::query()
                    .filter(row_number(by_author()).eq(1))
                    .to_sql(d)
            }),
            ("of a window", &|d| {
                posts(row_number(by_author()).lag(1, by_author()), d)
            }),
            ("distinct", &|d| {
                posts(Post::likes.count().distinct().over(by_author()), d)
            }),
            ("joined texts", &|d| {
                posts(Post::body.join_text(",").over(by_author()), d)
            }),
            ("without an order", &|d| posts(row_number(over()), d)),
            ("a frame without an order", &|d| {
                posts(Post::likes.sum().over(over().rows(-1, 0)), d)
            }),
        ],
    );
}
