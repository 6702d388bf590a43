//! Texts.

use super::golden::check;
use super::models::User;
use birgus::prelude::*;

#[test]
fn text() {
    check(
        "text",
        &[
            ("letters", &|dialect| {
                User::query()
                    .select((User::username.lower(), User::nick.upper()))
                    .to_sql(dialect)
            }),
            ("length and trim", &|dialect| {
                User::query()
                    .select((
                        User::nick.length(),
                        User::username.trim(),
                        User::username.trim_start(),
                        User::username.trim_end(),
                    ))
                    .to_sql(dialect)
            }),
            ("substring of values", &|dialect| {
                User::query()
                    .select(User::username.substring(2, 3))
                    .to_sql(dialect)
            }),
            ("substring of columns", &|dialect| {
                User::query()
                    .select(User::username.substring(User::id, User::age))
                    .to_sql(dialect)
            }),
            ("replace", &|dialect| {
                User::query()
                    .select((
                        User::username.replace("a", "b"),
                        User::username.replace("a", User::nick),
                    ))
                    .to_sql(dialect)
            }),
            ("concat", &|dialect| {
                User::query()
                    .select(User::username.concat(" ").concat(User::nick))
                    .to_sql(dialect)
            }),
            ("parts that are values", &|dialect| {
                User::query()
                    .select(User::id)
                    .filter(User::username.contains("50%"))
                    .filter(User::username.istarts_with("É"))
                    .filter(User::username.ends_with("_"))
                    .to_sql(dialect)
            }),
            ("parts that are expressions", &|dialect| {
                User::query()
                    .select(User::id)
                    .filter(User::username.contains(User::nick))
                    .filter(User::username.starts_with(User::nick))
                    .filter(User::username.ends_with(User::nick))
                    .to_sql(dialect)
            }),
            ("folded parts that are expressions", &|dialect| {
                User::query()
                    .select(User::id)
                    .filter(User::username.icontains(User::nick))
                    .to_sql(dialect)
            }),
            ("folded patterns", &|dialect| {
                User::query()
                    .select(User::id)
                    .filter(User::username.ilike("s%"))
                    .filter(User::nick.not_ilike("s%"))
                    .filter(User::nick.ieq("Susan"))
                    .to_sql(dialect)
            }),
            ("grouped by small letters", &|dialect| {
                User::query()
                    .group_by(User::username.lower())
                    .order_by(User::username.lower().asc())
                    .select((User::username.lower(), User::id.count()))
                    .to_sql(dialect)
            }),
            ("of values alone", &|dialect| {
                User::query()
                    .select(birgus::query::value("a".to_owned()).concat("b"))
                    .to_sql(dialect)
            }),
            ("a pattern that is too long", &|dialect| {
                User::query()
                    .select(User::id)
                    .filter(User::username.contains("x".repeat(50_000)))
                    .to_sql(dialect)
            }),
            ("a pattern that ends in its escape", &|dialect| {
                User::query()
                    .select(User::id)
                    .filter(User::username.like("a\\"))
                    .to_sql(dialect)
            }),
        ],
    );
}
