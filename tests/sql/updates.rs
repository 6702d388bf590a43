//! UPDATE and DELETE by filters, joins and subqueries.

use super::golden::check;
use super::models::{Post, Seat, User};
use birgus::prelude::*;
use birgus::query::{count_rows, exists};

#[test]
fn updates() {
    check(
        "updates",
        &[
            ("values and expressions", &|dialect| {
                Post::query().filter(Post::likes.lt(3)).update_to_sql(
                    [Post::likes.set(Post::likes + 1), Post::body.set("x")],
                    dialect,
                )
            }),
            ("readers first", &|dialect| {
                User::query().update_to_sql(
                    [
                        User::age.set(5),
                        User::manager.set(User::age),
                        User::nick.set(None),
                    ],
                    dialect,
                )
            }),
            ("condition", &|dialect| {
                User::query().update_to_sql(User::active.set(User::age.gt(3)), dialect)
            }),
            ("subquery", &|dialect| {
                let posts = Post::query()
                    .filter(Post::author_id.eq(User::id))
                    .select(count_rows());
                User::query().update_to_sql(User::age.set(posts.as_value().coalesce(0)), dialect)
            }),
            ("subquery over the same table", &|dialect| {
                let most = Post::query().select(Post::likes.max());
                Post::query().update_to_sql(Post::likes.set(most.as_value().coalesce(0)), dialect)
            }),
            ("decimal of another scale", &|dialect| {
                Post::query().update_to_sql(Post::price.set(Post::price * Post::price), dialect)
            }),
            ("join", &|dialect| {
                Post::query()
                    .join::<User>(User::id.eq(Post::author_id))
                    .filter(User::active)
                    .update_to_sql(Post::likes.set(0), dialect)
            }),
            ("condition over another table", &|dialect| {
                User::query()
                    .filter(exists(Post::query().filter(Post::author_id.eq(User::id))))
                    .delete_to_sql(dialect)
            }),
            ("condition over the same table", &|dialect| {
                let boss = User::query().filter(User::active).select(User::id);
                User::query()
                    .filter(User::manager.in_(boss))
                    .delete_to_sql(dialect)
            }),
            ("composite key", &|dialect| {
                let other = Seat::alias("other");
                Seat::query()
                    .join_to(&other, other.column(Seat::taken).gt(Seat::taken))
                    .delete_to_sql(dialect)
            }),
            ("limit in a subquery", &|dialect| {
                let newest = User::query()
                    .order_by(User::id.desc())
                    .limit(3)
                    .select(User::id);
                Post::query()
                    .filter(Post::author_id.in_(newest))
                    .update_to_sql(Post::likes.set(0), dialect)
            }),
            ("limit", &|dialect| {
                Post::query().limit(1).delete_to_sql(dialect)
            }),
        ],
    );
}
