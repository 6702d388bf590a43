//! UNION, INTERSECT, EXCEPT.

use super::golden::check;
use super::models::{Post, User};
use birgus::prelude::*;
use birgus::query::value;

fn ids() -> Query<User, i64> {
    User::query().select(User::id)
}

fn authors() -> Query<Post, i64> {
    Post::query().select(Post::author_id)
}

#[test]
fn sets() {
    check(
        "sets",
        &[
            ("union", &|dialect| ids().union(authors()).to_sql(dialect)),
            ("intersect before union", &|dialect| {
                ids().union(authors().intersect(ids())).to_sql(dialect)
            }),
            ("union before except", &|dialect| {
                ids()
                    .union_all(authors())
                    .except(ids())
                    .order_by(User::id)
                    .limit(2)
                    .to_sql(dialect)
            }),
            ("a part with a limit, and a value", &|dialect| {
                let top = User::query()
                    .order_by(User::age.desc())
                    .limit(1)
                    .select((User::id, User::username));
                let other = Post::query().select((Post::id, value("post".to_owned())));
                top.union(other).filter(User::id.gt(1)).to_sql(dialect)
            }),
            ("in the order of a NULL", &|dialect| {
                let ages = || User::query().select(User::age);
                ages()
                    .union(ages())
                    .order_by(User::age.asc().nulls_last())
                    .to_sql(dialect)
            }),
            ("a value that is not there", &|dialect| {
                ids()
                    .union(authors())
                    .filter(User::age.gt(1))
                    .to_sql(dialect)
            }),
            ("documents", &|dialect| {
                let documents = || User::query().select(User::settings);
                documents().union(documents()).to_sql(dialect)
            }),
            ("a lock", &|dialect| {
                ids().union(authors()).for_update().to_sql(dialect)
            }),
        ],
    );
}
