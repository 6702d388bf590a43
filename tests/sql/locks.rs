//! FOR UPDATE.

use super::golden::check;
use super::models::{Post, User};
use birgus::prelude::*;
use birgus::query::count_rows;

#[test]
fn locks() {
    let ids = || User::query().select(User::id);
    check(
        "locks",
        &[
            ("wait", &|dialect| ids().for_update().to_sql(dialect)),
            ("no wait", &|dialect| {
                ids().for_update_nowait().to_sql(dialect)
            }),
            ("skip", &|dialect| {
                ids()
                    .order_by(User::id)
                    .limit(1)
                    .for_update_skip_locked()
                    .to_sql(dialect)
            }),
            ("of joined rows", &|dialect| {
                ids()
                    .join::<Post>(Post::author_id.eq(User::id))
                    .for_update()
                    .to_sql(dialect)
            }),
            ("of missing rows", &|dialect| {
                ids()
                    .left_join::<Post>(Post::author_id.eq(User::id))
                    .for_update()
                    .to_sql(dialect)
            }),
            ("of groups", &|dialect| {
                User::query()
                    .select(count_rows())
                    .for_update()
                    .to_sql(dialect)
            }),
            ("of distinct rows", &|dialect| {
                ids().distinct().for_update().to_sql(dialect)
            }),
        ],
    );
}
