//! Common table expressions.

use super::golden::check;
use super::models::{Post, User};
use birgus::prelude::*;
use birgus::query::{count_rows, value};

#[test]
fn ctes() {
    check(
        "ctes",
        &[
            ("joined", &|dialect| {
                let posts = count_rows().label("posts");
                let writers = Post::query()
                    .select((Post::author_id, posts.clone()))
                    .group_by(Post::author_id)
                    .cte("writers");
                User::query()
                    .join_to(&writers, writers.column(Post::author_id).eq(User::id))
                    .select((User::username, writers.label(&posts)))
                    .to_sql(dialect)
            }),
            ("twice, and in a subquery", &|dialect| {
                let liked = Post::query()
                    .filter(Post::likes.gt(3))
                    .select((Post::id, Post::author_id))
                    .cte("liked");
                let other = liked.alias("other");
                User::query()
                    .filter(User::id.in_(liked.query().select(liked.column(Post::author_id))))
                    .join_to(&other, other.column(Post::author_id).eq(User::id))
                    .select(other.column(Post::id))
                    .to_sql(dialect)
            }),
            ("recursive", &|dialect| {
                let (depth, path) = (value(0_i64).label("depth"), User::username.label("path"));
                let tree = User::query()
                    .filter(User::manager.is_null())
                    .select((User::id, depth.clone(), path.clone()))
                    .recursive_cte("tree", |tree| {
                        User::query()
                            .join_to(tree, tree.column(User::id).nullable().eq(User::manager))
                            .select((User::id, tree.label(&depth), User::username))
                    });
                tree.query().order_by(tree.label(&path)).to_sql(dialect)
            }),
            (
                "recursive, each row once, from a limited part",
                &|dialect| {
                    let around = User::query()
                        .order_by(User::age)
                        .limit(1)
                        .select(User::id)
                        .recursive_cte_distinct("around", |around| {
                            User::query()
                                .join_to(
                                    around,
                                    around.column(User::id).nullable().eq(User::manager),
                                )
                                .select(User::id)
                        });
                    around.query().to_sql(dialect)
                },
            ),
            ("a step without itself", &|dialect| {
                let ids = || User::query().select(User::id);
                ids()
                    .recursive_cte("ids", |_| ids())
                    .query()
                    .to_sql(dialect)
            }),
            ("the name of a table", &|dialect| {
                let user = User::query().select(User::id).cte("user");
                user.query().to_sql(dialect)
            }),
            ("what is not selected", &|dialect| {
                let ids = User::query().select(User::id).cte("ids");
                ids.query().select(ids.column(User::age)).to_sql(dialect)
            }),
        ],
    );
}
