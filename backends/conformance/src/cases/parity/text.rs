//! Texts: their length, their letters, how they compare.

use birgus::prelude::*;
use birgus::schema::ColumnType;
use birgus::{Database, sql};

use super::refused_by_the_database;
use crate::Bed;
use crate::models::{Everything, User};

super::cases![
    parity_07_a_text_past_its_length_is_refused,
    parity_08_a_text_without_a_length_holds_any_text,
    parity_25_equality_is_case_sensitive,
    parity_26_like_tells_cases_apart,
    parity_28_accents_count,
    parity_29_trailing_spaces_count,
    parity_30_unique_tells_cases_apart,
    parity_32_a_backslash_escapes_in_like,
    parity_33_a_character_of_four_bytes_is_one_character,
    parity_35_nul_in_a_text_is_refused,
    parity_36_a_backslash_is_a_letter,
    parity_65_seventy_thousand_bytes_are_kept,
    parity_69_no_text_is_padded_or_trimmed,
];

/// Users of these names.
fn named(bed: &Bed, names: &[&str]) -> Database {
    let db = bed.database(&[User::info()]);
    let rows = names.iter().enumerate().map(|(number, name)| {
        User::build()
            .username(*name)
            .email(format!("{number}@x.org"))
    });
    User::insert_many(rows).execute(&db).unwrap();
    db
}

fn names(db: &Database, query: Query<User>) -> Vec<String> {
    query
        .order_by(User::id.asc())
        .pluck(User::username, db)
        .unwrap()
}

/// Each of the names is found by itself alone, by every way to ask for equality.
fn each_is_itself_alone(bed: &Bed, all: &[&str]) {
    let db = named(bed, all);
    for name in all {
        assert_eq!(
            names(&db, User::query().filter(User::username.eq(*name))),
            [*name]
        );
        assert_eq!(
            names(&db, User::query().filter(User::username.in_([*name]))),
            [*name]
        );
        assert_eq!(
            names(&db, User::query().filter(User::username.ne(*name))).len(),
            all.len() - 1
        );
        let raw: Vec<(String,)> =
            sql("SELECT \"username\" FROM \"user\" WHERE \"username\" = :name")
                .bind("name", *name)
                .all(&db)
                .unwrap();
        assert_eq!(raw, [((*name).to_owned(),)]);
    }
}

fn parity_07_a_text_past_its_length_is_refused(bed: &Bed) {
    let db = named(bed, &["susan"]);
    let message = "user.username: 71 characters, at most 64 (declared by length = 64)";
    let long = "é".repeat(71);
    let error = User::insert(User::build().username(long.as_str()).email("x"))
        .execute(&db)
        .unwrap_err();
    assert!(error.is_invalid_value(), "{error:?}");
    assert_eq!(error.to_string(), message);
    let error = User::query()
        .update(User::username.set(long.as_str()), &db)
        .unwrap_err();
    assert_eq!(error.to_string(), message);
    let error = sql("UPDATE \"user\" SET \"username\" = :name")
        .bind("name", long)
        .execute(&db)
        .unwrap_err();
    refused_by_the_database("71 characters", &error);
    assert_eq!(names(&db, User::query()), ["susan"]);
}

#[derive(Model)]
#[model(register = false)]
struct Note {
    #[key]
    id: i64,
    body: String,
}

fn parity_08_a_text_without_a_length_holds_any_text(bed: &Bed) {
    let db = bed.database(&[Note::info()]);
    let table = db.introspect().unwrap().remove(0);
    assert_eq!(table.column("body").unwrap().column_type, ColumnType::Text);
    let body = "long ".repeat(100_000);
    let id = Note::insert(Note::build().body(body.as_str()))
        .execute(&db)
        .unwrap();
    assert_eq!(Note::query().get(id, &db).unwrap().unwrap().body, body);
}

fn parity_25_equality_is_case_sensitive(bed: &Bed) {
    each_is_itself_alone(
        bed,
        &["bob", "Bob", "BOB", "école", "École", "ß", "ẞ", "ss"],
    );
}

fn parity_26_like_tells_cases_apart(bed: &Bed) {
    let db = named(bed, &["Anna", "anna", "ANNA", "école", "École"]);
    let like = |pattern: &str| names(&db, User::query().filter(User::username.like(pattern)));
    assert_eq!(like("a%"), ["anna"]);
    assert_eq!(like("A%"), ["Anna", "ANNA"]);
    assert_eq!(like("_nna"), ["Anna", "anna"]);
    assert_eq!(like("École"), ["École"]);
    let unlike = User::query().filter(User::username.not_like("%n%"));
    assert_eq!(names(&db, unlike), ["ANNA", "école", "École"]);
}

fn parity_28_accents_count(bed: &Bed) {
    each_is_itself_alone(
        bed,
        &["cafe", "café", "cafe\u{301}", "caffe", "ı", "i", "İ"],
    );
}

fn parity_29_trailing_spaces_count(bed: &Bed) {
    each_is_itself_alone(bed, &["a", "a ", "a  ", " a", "", " "]);
}

fn parity_30_unique_tells_cases_apart(bed: &Bed) {
    let db = named(bed, &["Bob", "bob", "bob ", "böb"]);
    assert_eq!(names(&db, User::query()), ["Bob", "bob", "bob ", "böb"]);
    let error = User::insert(User::build().username("bob").email("other"))
        .execute(&db)
        .unwrap_err();
    assert!(error.is_unique_violation(), "{error:?}");
    assert_eq!(error.constraint(), Some("uq_user_username"));
}

fn parity_32_a_backslash_escapes_in_like(bed: &Bed) {
    let db = named(bed, &["100%", "100_", "1000", "a\\b", "a\\%"]);
    let like = |pattern: &str| names(&db, User::query().filter(User::username.like(pattern)));
    assert_eq!(like("100_"), ["100%", "100_", "1000"]);
    assert_eq!(like("100\\_"), ["100_"]);
    assert_eq!(like("100\\%"), ["100%"]);
    assert_eq!(like("a\\\\b"), ["a\\b"]);
    assert_eq!(like("a\\\\\\%"), ["a\\%"]);
    assert_eq!(like("a\\\\%"), ["a\\b", "a\\%"]);
    let error = User::query()
        .filter(User::username.like("a\\"))
        .all(&db)
        .unwrap_err();
    assert!(error.is_invalid_query(), "{error:?}");
    assert_eq!(
        error.to_string(),
        "user.username: a like pattern must not end in a single backslash"
    );
}

fn parity_33_a_character_of_four_bytes_is_one_character(bed: &Bed) {
    let crabs = "🦀".repeat(64);
    let db = named(bed, &[&crabs, "👩‍👩‍👧‍👦", "🦀"]);
    assert_eq!(names(&db, User::query()), [crabs.as_str(), "👩‍👩‍👧‍👦", "🦀"]);
    let one = User::query().filter(User::username.like("_"));
    assert_eq!(names(&db, one), ["🦀"]);
    assert_eq!(
        names(&db, User::query().filter(User::username.eq("🦀"))),
        ["🦀"]
    );
}

fn parity_35_nul_in_a_text_is_refused(bed: &Bed) {
    let db = named(bed, &["susan"]);
    let message = "user.username: text with NUL (U+0000), which not every engine can hold";
    let error = User::insert(User::build().username("a\0b").email("x"))
        .execute(&db)
        .unwrap_err();
    assert!(error.is_invalid_value(), "{error:?}");
    assert_eq!(error.to_string(), message);
    let error = User::query()
        .update(User::username.set("\0"), &db)
        .unwrap_err();
    assert_eq!(error.to_string(), message);
    let error = User::query()
        .filter(User::username.eq("a\0b"))
        .all(&db)
        .unwrap_err();
    assert!(
        error.is_invalid_query() && error.to_string().contains("NUL"),
        "{error:?}"
    );
    let error = sql("SELECT :x")
        .bind("x", "a\0b")
        .all::<(String,)>(&db)
        .unwrap_err();
    assert!(error.is_invalid_value(), "{error:?}");
}

fn parity_36_a_backslash_is_a_letter(bed: &Bed) {
    let text = r"a\b \n \' \\ \0";
    let db = named(bed, &[text]);
    assert_eq!(names(&db, User::query()), [text]);
    let literal: (String,) = sql(r"SELECT 'a\b'").one(&db).unwrap();
    assert_eq!(literal.0, r"a\b");
    let found: Vec<(i64,)> =
        sql("SELECT 1 FROM \"user\" WHERE \"username\" LIKE 'a\\b%' ESCAPE '!'")
            .all(&db)
            .unwrap();
    assert_eq!(found, [(1,)]);
}

fn parity_65_seventy_thousand_bytes_are_kept(bed: &Bed) {
    let db = bed.database(&[Everything::info()]);
    let row = Everything {
        body: "é".repeat(35_000),
        bytes: (0..70_000_u32).map(|place| (place % 251) as u8).collect(),
        ..Everything::ordinary()
    };
    let id = Everything::insert(row.clone()).execute(&db).unwrap();
    let read = Everything::query().get(id, &db).unwrap().unwrap();
    assert_eq!(read, Everything { id, ..row });
}

#[derive(Model)]
#[model(register = false)]
struct Code {
    #[key]
    #[column(length = 5)]
    code: String,
}

fn parity_69_no_text_is_padded_or_trimmed(bed: &Bed) {
    let db = bed.database(&[Code::info()]);
    let all = ["", "  ", "ab", "ab   "];
    Code::insert_many(all.map(|code| Code::build().code(code)))
        .execute(&db)
        .unwrap();
    let read = Code::query()
        .order_by(Code::code.asc())
        .pluck(Code::code, &db)
        .unwrap();
    assert_eq!(read, all);
    assert_eq!(Code::query().get("ab", &db).unwrap().unwrap().code, "ab");
}
