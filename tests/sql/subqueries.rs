//! Queries inside of queries.

use super::golden::check;
use super::models::{Post, User};
use birgus::prelude::*;
use birgus::query::{count_rows, exists};

fn own() -> Query<Post> {
    Post::query().filter(Post::author_id.eq(User::id))
}

fn ids() -> Query<User, i64> {
    User::query().select(User::id)
}

#[test]
fn subqueries() {
    check(
        "subqueries",
        &[
            ("exists", &|dialect| {
                ids().filter(exists(own())).to_sql(dialect)
            }),
            ("not exists, of groups", &|dialect| {
                let groups = own()
                    .select(Post::likes)
                    .group_by(Post::likes)
                    .having(count_rows().gt(1));
                ids().filter(!exists(groups)).to_sql(dialect)
            }),
            ("exists, with an offset", &|dialect| {
                ids()
                    .filter(exists(own().order_by(Post::id).offset(2)))
                    .to_sql(dialect)
            }),
            ("in", &|dialect| {
                ids()
                    .filter(User::id.in_(Post::query().select(Post::author_id)))
                    .to_sql(dialect)
            }),
            ("not in, of what may be NULL", &|dialect| {
                let managers = User::alias("m");
                let managers = managers.query().select(managers.column(User::manager));
                ids().filter(User::id.not_in(managers)).to_sql(dialect)
            }),
            ("in, limited", &|dialect| {
                let top = Post::query().order_by(Post::likes.desc()).limit(3);
                ids()
                    .filter(User::id.in_(top.select(Post::author_id)))
                    .to_sql(dialect)
            }),
            ("in, limited, looking around", &|dialect| {
                let top = own().order_by(Post::likes.desc()).limit(3);
                ids()
                    .filter(User::id.in_(top.select(Post::author_id)))
                    .to_sql(dialect)
            }),
            ("a limit without an order", &|dialect| {
                let some = Post::query().limit(3).select(Post::author_id);
                ids().filter(User::id.in_(some)).to_sql(dialect)
            }),
            ("a value", &|dialect| {
                let count = own().select(count_rows()).as_value();
                User::query()
                    .select((User::id, count.clone()))
                    .filter(count.gt(1))
                    .to_sql(dialect)
            }),
            ("a value, the first", &|dialect| {
                let first = own().order_by(Post::id).limit(1).select(Post::body);
                User::query().select(first.as_value()).to_sql(dialect)
            }),
            ("a value of several rows", &|dialect| {
                User::query()
                    .select(own().select(Post::body).as_value())
                    .to_sql(dialect)
            }),
            ("a lock inside", &|dialect| {
                ids().filter(exists(own().for_update())).to_sql(dialect)
            }),
        ],
    );
}
