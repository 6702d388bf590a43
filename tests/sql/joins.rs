//! Joins, distinct rows and orders, and what is refused of them.

use super::golden::check;
use super::models::{Mood, Post, User};
use birgus::prelude::*;
use birgus::query::{model, model_or_none};

fn writers() -> Query<User> {
    User::query().join::<Post>(Post::author_id.eq(User::id))
}

fn readers() -> Query<User> {
    User::query().left_join::<Post>(Post::author_id.eq(User::id))
}

#[test]
fn joins() {
    check(
        "joins",
        &[
            ("inner", &|dialect| {
                writers().select((User::id, Post::id)).to_sql(dialect)
            }),
            ("left, three tables, of which one twice", &|dialect| {
                let manager = User::alias("manager");
                readers()
                    .left_join_to(
                        &manager,
                        manager.column(User::id).nullable().eq(User::manager),
                    )
                    .cross_join_to(&Post::alias("other"))
                    .select((
                        User::id,
                        Post::body.nullable(),
                        manager.column(User::id).nullable(),
                    ))
                    .order_by(Post::id.desc())
                    .to_sql(dialect)
            }),
            ("a model that may be missing", &|dialect| {
                let seat = super::models::Seat::alias("s");
                User::query()
                    .left_join_to(&seat, seat.column(super::models::Seat::taken).eq(User::id))
                    .select((User::id, seat.model_or_none()))
                    .to_sql(dialect)
            }),
            ("missing values that are selected", &|dialect| {
                readers().select(Post::likes + 1).to_sql(dialect)
            }),
            ("a missing model that is selected", &|dialect| {
                readers().select(model::<Post>()).to_sql(dialect)
            }),
            ("a table that is not there", &|dialect| {
                User::query().filter(Post::likes.gt(1)).to_sql(dialect)
            }),
            ("a table that comes later", &|dialect| {
                let other = User::alias("other");
                User::query()
                    .join::<Post>(Post::author_id.eq(other.column(User::id)))
                    .cross_join_to(&other)
                    .to_sql(dialect)
            }),
            ("a table twice", &|dialect| {
                writers().cross_join::<Post>().to_sql(dialect)
            }),
            ("distinct, in the order of a value", &|dialect| {
                writers()
                    .select(User::age)
                    .distinct()
                    .order_by(User::age)
                    .to_sql(dialect)
            }),
            ("distinct, in another order", &|dialect| {
                writers()
                    .select((User::id, User::mood))
                    .distinct()
                    .order_by(User::mood)
                    .limit(3)
                    .to_sql(dialect)
            }),
            (
                "distinct, in the order of what is not selected",
                &|dialect| {
                    writers()
                        .select(User::id)
                        .distinct()
                        .order_by(Post::likes)
                        .to_sql(dialect)
                },
            ),
            ("several columns at once", &|dialect| {
                User::query()
                    .select(User::id)
                    .filter_by(
                        (User::username, User::mood, User::age),
                        ("susan", Mood::Happy, None::<i32>),
                    )
                    .to_sql(dialect)
            }),
            ("whole and missing", &|dialect| {
                super::models::Seat::query()
                    .left_join_to(&Post::alias("p"), super::models::Seat::taken.gt(1))
                    .select((
                        model::<super::models::Seat>(),
                        model_or_none::<super::models::Seat>(),
                    ))
                    .to_sql(dialect)
            }),
        ],
    );
}
