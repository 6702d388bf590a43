//! Documents.

use super::golden::check;
use super::models::User;
use birgus::prelude::*;
use serde_json::json;

#[test]
fn json() {
    check(
        "json",
        &[
            ("text", &|dialect| {
                User::query()
                    .select(User::settings.key("a \"b\"").key("c").as_text())
                    .to_sql(dialect)
            }),
            ("whole number", &|dialect| {
                User::query()
                    .select(User::settings.key("n").as_i64())
                    .to_sql(dialect)
            }),
            ("number and truth value", &|dialect| {
                User::query()
                    .select((
                        User::settings.key("n").as_f64(),
                        User::settings.index(1).as_bool(),
                    ))
                    .to_sql(dialect)
            }),
            ("document", &|dialect| {
                User::query()
                    .select(User::settings.key("o").as_json::<serde_json::Value>())
                    .to_sql(dialect)
            }),
            ("first element", &|dialect| {
                User::query()
                    .select(User::settings.key("l").index(0).as_text())
                    .to_sql(dialect)
            }),
            ("kind and length", &|dialect| {
                User::query()
                    .select((
                        User::settings.key("l").json_type(),
                        User::settings.key("l").array_length(),
                        User::settings.root().array_length(),
                    ))
                    .to_sql(dialect)
            }),
            ("exists", &|dialect| {
                User::query()
                    .select(User::id)
                    .filter(User::settings.key("l").index(0).exists())
                    .to_sql(dialect)
            }),
            ("compared and ordered", &|dialect| {
                User::query()
                    .select(User::id)
                    .filter(User::settings.key("name").as_text().eq(User::nick))
                    .order_by(User::settings.key("name").as_text().asc())
                    .to_sql(dialect)
            }),
            ("contains", &|dialect| {
                User::query()
                    .select(User::id)
                    .filter(User::settings.json_contains(json!({"a": 1, "b": {"c": "x"}})))
                    .to_sql(dialect)
            }),
            ("contains elements", &|dialect| {
                User::query()
                    .select(User::id)
                    .filter(User::settings.key("tags").contains(["a"]))
                    .to_sql(dialect)
            }),
            ("contains elements that are objects", &|dialect| {
                User::query()
                    .select(User::id)
                    .filter(User::settings.json_contains(json!([{"a": [null]}])))
                    .to_sql(dialect)
            }),
            ("set a key", &|dialect| {
                User::query()
                    .select(User::settings.key("a").key("b").set(json!({"c": [1.0]})))
                    .to_sql(dialect)
            }),
            ("set an element", &|dialect| {
                User::query()
                    .select(User::settings.key("a").index(0).set("x"))
                    .to_sql(dialect)
            }),
            ("remove", &|dialect| {
                User::query()
                    .select((
                        User::settings.key("a").remove(),
                        User::settings.index(0).remove(),
                    ))
                    .to_sql(dialect)
            }),
            ("contains a single value", &|dialect| {
                User::query()
                    .select(User::settings.json_contains(1))
                    .to_sql(dialect)
            }),
            ("a huge index", &|dialect| {
                User::query()
                    .select(User::settings.index(u32::MAX).exists())
                    .to_sql(dialect)
            }),
            ("a key with a minus sign", &|dialect| {
                User::query()
                    .select(User::settings.key("-a").exists())
                    .to_sql(dialect)
            }),
            ("the whole document set", &|dialect| {
                User::query()
                    .select(User::settings.root().set(1))
                    .to_sql(dialect)
            }),
        ],
    );
}
