//! NUL is refused, in the same words on every engine.

use birgus::prelude::*;
use birgus::{Error, sql};
use naughty_strings::BLNS;
use serde_json::json;

use super::columns::Document;
use super::keys::Word;
use super::{Note, literally, note};
use crate::Bed;

crate::cases::cases![
    new_rows,
    documents,
    conditions_and_updates,
    keys,
    sessions,
    raw_sql,
];

const PROBLEM: &str = "text with NUL (U+0000), which not every engine can hold";

/// Some strings of the list, with NUL before, within and behind.
fn texts() -> impl Iterator<Item = String> {
    BLNS.iter().step_by(12).flat_map(|text| {
        let text: String = text.chars().take(50).collect();
        let middle = (text.char_indices())
            .map(|(at, _)| at)
            .nth(text.chars().count() / 2);
        let (before, behind) = text.split_at(middle.unwrap_or(0));
        [
            format!("\0{text}"),
            format!("{before}\0{behind}"),
            format!("{text}\0"),
        ]
    })
}

fn refused<T: std::fmt::Debug>(result: birgus::Result<T>, subject: &str) {
    let error: Error = result.unwrap_err();
    assert!(error.is_invalid_value(), "{error:?}");
    assert_eq!(error.to_string(), format!("{subject}: {PROBLEM}"));
}

fn new_rows(bed: &Bed) {
    let db = bed.database(&[Note::info()]);
    for text in texts() {
        let row = || Note::build().short("").body("").maybe("");
        refused(Note::insert(row().short(&text)).execute(&db), "note.short");
        refused(Note::insert(row().body(&text)).execute(&db), "note.body");
        refused(Note::insert(row().maybe(&text)).execute(&db), "note.maybe");
        refused(Note::insert(note(&text)).execute(&db), "note.short");
        let many = [row().maybe_short(""), row().maybe_short(&text)];
        refused(Note::insert_many(many).execute(&db), "note.maybe_short");
    }
    assert_eq!(Note::query().count(&db).unwrap(), 0);
}

fn documents(bed: &Bed) {
    const PROBLEM: &str = "a document with NUL (U+0000), which not every engine can hold";
    let db = bed.database(&[Document::info()]);
    let id = Document::insert(
        Document::build()
            .value(Json(json!("\\u0000")))
            .text(Json("\\\\u0000".into())),
    )
    .execute(&db)
    .unwrap();
    let told = |error: Error, subject: &str| {
        assert!(error.is_invalid_value(), "{error:?}");
        assert_eq!(error.to_string(), format!("{subject}: {PROBLEM}"));
    };
    let mut session = db.session().unwrap();
    for text in texts() {
        for value in [json!(text), json!([{ &text: 1 }]), json!({ "a": [text] })] {
            let row = Document::build()
                .value(Json(value.clone()))
                .text(Json(String::new()));
            told(
                Document::insert(row).execute(&db).unwrap_err(),
                "document.value",
            );
            let update = Document::query().update([Document::value.set(Json(value.clone()))], &db);
            told(update.unwrap_err(), "document.value");
            let bound = sql("SELECT \"id\" FROM \"document\" WHERE \"value\" = :value")
                .bind("value", Json(value));
            let error = bound.all::<(i64,)>(&db).unwrap_err();
            assert!(error.to_string().ends_with(PROBLEM), "{error}");
        }
        let key = session.get::<Document>(id).unwrap().unwrap();
        session[key].text = Json(text.clone());
        told(session.commit().unwrap_err(), "document.text");
        session.rollback().unwrap();
    }
    let read = Document::query().one(&db).unwrap();
    assert_eq!(
        (read.value.0, read.text.0),
        (json!("\\u0000"), "\\\\u0000".into())
    );
}

fn conditions_and_updates(bed: &Bed) {
    let db = bed.database(&[Note::info()]);
    Note::insert(note("clean")).execute(&db).unwrap();
    let told = |result: birgus::Result<u64>| {
        let error = result.unwrap_err();
        assert!(error.is_invalid_query(), "{error:?}");
        let message = error.to_string();
        assert!(
            message.contains("note.body: ") && message.contains(PROBLEM),
            "{message}"
        );
    };
    for text in texts() {
        for condition in [
            Note::body.eq(&text),
            Note::body.ne(&text),
            Note::body.lt(&text),
            Note::body.in_([&text]),
            Note::body.not_in(["", &text]),
            Note::body.between("", &text),
            Note::body.like(&format!("{}%", literally(&text))),
            Note::body.not_like(&format!("%{}%", literally(&text))),
        ] {
            let query = Note::query().filter(condition);
            told(query.clone().count(&db));
            told(query.clone().update([Note::maybe.set(None)], &db));
            told(query.delete(&db));
        }
        refused(
            Note::query().update([Note::body.set(&text)], &db),
            "note.body",
        );
    }
    assert_eq!(
        Note::query().one(&db).unwrap().maybe.as_deref(),
        Some("clean")
    );
}

fn keys(bed: &Bed) {
    let db = bed.database(&[Word::info()]);
    let mut session = db.session().unwrap();
    for text in texts() {
        refused(
            Word::insert(Word::build().text(&text)).execute(&db),
            "word.text",
        );
        refused(session.get::<Word>(text.as_str()), "word.text");
        let error = Word::query().get(text.as_str(), &db).unwrap_err();
        assert!(error.to_string().contains(PROBLEM), "{error}");
        let error = Word::query().by_key(text.as_str()).delete(&db).unwrap_err();
        assert!(error.to_string().contains(PROBLEM), "{error}");
    }
}

fn sessions(bed: &Bed) {
    let db = bed.database(&[Note::info()]);
    let mut session = db.session().unwrap();
    let clean = session.add(note("clean"));
    session.commit().unwrap();
    for text in texts() {
        let key = session.add(Note::build().short("").body(&text));
        refused(session.commit(), "note.body");
        session.delete(key).unwrap();
        session[clean].maybe = Some(text);
        refused(session.commit(), "note.maybe");
        session.rollback().unwrap();
    }
    assert_eq!(session[clean].maybe.as_deref(), Some("clean"));
    assert_eq!(Note::query().one(&db).unwrap(), session[clean]);
}

fn raw_sql(bed: &Bed) {
    let db = bed.database(&[Note::info()]);
    for text in texts() {
        let bound = sql("SELECT \"id\" FROM \"note\" WHERE \"body\" = :body").bind("body", &text);
        let error = bound.all::<(i64,)>(&db).unwrap_err();
        assert!(error.is_invalid_value(), "{error:?}");
        assert!(
            error.to_string().contains("text with NUL (U+0000)"),
            "{error}"
        );
        let bound = sql("DELETE FROM \"note\" WHERE \"body\" = :body").bind_column(
            "body",
            Note::body,
            &text,
        );
        let error = bound.execute(&db).unwrap_err();
        assert!(
            error.is_invalid_value() && error.to_string().contains(PROBLEM),
            "{error:?}"
        );
    }
}
