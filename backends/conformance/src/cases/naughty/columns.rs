//! What is written is read.

use birgus::prelude::*;
use birgus::{Model, sql};
use naughty_strings::BLNS;
use serde_json::json;

use super::keys::Word;
use super::{Note, cut, note, notes, texts};
use crate::Bed;

crate::cases::cases![
    columns_keep_them,
    documents_keep_them_as_keys_and_values,
    sessions_write_and_read_them,
    updates_set_them,
    raw_sql_binds_them,
];

#[derive(Model, Debug, Clone, PartialEq)]
#[model(register = false)]
pub(super) struct Document {
    #[key]
    pub(super) id: i64,
    pub(super) value: Json<serde_json::Value>,
    pub(super) text: Json<String>,
    pub(super) maybe: Option<Json<Vec<String>>>,
}

fn columns_keep_them(bed: &Bed) {
    let (db, rows) = notes(bed);
    assert!(rows.len() > 400, "{} strings", rows.len());
    let read = Note::query().order_by(Note::id.asc()).all(&db).unwrap();
    assert_eq!(read, rows);
}

fn documents_keep_them_as_keys_and_values(bed: &Bed) {
    let db = bed.database(&[Document::info()]);
    let document = |text: &&str| Document {
        id: 0,
        value: Json(json!({ *text: { *text: [text, { *text: text }] }, "plain": text })),
        text: Json((*text).to_owned()),
        maybe: Some(Json(vec![(*text).to_owned(), String::new()])),
    };
    let mut rows: Vec<Document> = BLNS.iter().map(document).collect();
    let all: serde_json::Map<_, _> = (BLNS.iter())
        .map(|text| ((*text).to_owned(), json!(text)))
        .collect();
    rows.push(Document {
        id: 0,
        value: Json(all.into()),
        text: Json(BLNS.concat()),
        maybe: None,
    });
    let ids = Document::insert_many(rows.clone()).execute(&db).unwrap();
    for (row, id) in rows.iter_mut().zip(ids) {
        row.id = id;
    }
    let read = Document::query()
        .order_by(Document::id.asc())
        .all(&db)
        .unwrap();
    assert_eq!(read, rows);
}

fn sessions_write_and_read_them(bed: &Bed) {
    let db = bed.database(&[Note::info(), Word::info()]);
    let mut session = db.session().unwrap();
    let notes: Vec<Key<Note>> = BLNS.iter().map(|text| session.add(note(text))).collect();
    let texts = texts();
    for text in &texts {
        session.add(Word::build().text(text));
    }
    session.commit().unwrap();
    let ids: Vec<i64> = notes.iter().map(|key| session[*key].id).collect();

    let mut other = db.session().unwrap();
    for (text, id) in BLNS.iter().zip(&ids) {
        let key = other.get::<Note>(*id).unwrap().unwrap();
        assert_eq!(
            other[key],
            Note {
                id: *id,
                ..note(text)
            }
        );
    }
    for text in &texts {
        let key = other.get::<Word>(text.as_str()).unwrap().unwrap();
        assert_eq!(other[key].text, *text);
        other[key].again = Some(text.clone());
        let key = other.get::<Word>(text.as_str()).unwrap().unwrap();
        assert_eq!(other[key].again.as_ref(), Some(text));
    }
    // Every row gets its neighbour's text.
    let turned = |position: usize| BLNS[(position + 1) % BLNS.len()];
    for (position, id) in ids.iter().enumerate() {
        let key = other.get::<Note>(*id).unwrap().unwrap();
        other[key].body = turned(position).to_owned();
    }
    other.commit().unwrap();
    let read = Note::query()
        .order_by(Note::id.asc())
        .pluck(Note::body, &db)
        .unwrap();
    let expected: Vec<&str> = (0..BLNS.len()).map(turned).collect();
    assert_eq!(read, expected);
    let again = Word::query()
        .order_by(Word::text.asc())
        .pluck(Word::again, &db)
        .unwrap();
    assert!(again.iter().flatten().eq(&texts));

    let all = other.load(Word::query()).unwrap();
    for key in all {
        other.delete(key).unwrap();
    }
    other.commit().unwrap();
    assert_eq!(Word::query().count(&db).unwrap(), 0);
}

fn updates_set_them(bed: &Bed) {
    let (db, rows) = notes(bed);
    let mut session = db.session().unwrap();
    for (position, row) in rows.iter().enumerate() {
        let text = BLNS[BLNS.len() - 1 - position];
        let changed = Note::query()
            .filter(Note::id.eq(row.id))
            .update(
                [
                    Note::short.set(cut(text)),
                    Note::body.set(text),
                    Note::maybe.set(text),
                    Note::maybe_short.set(cut(text)),
                ],
                &mut session,
            )
            .unwrap();
        assert_eq!(changed, 1);
    }
    session.commit().unwrap();
    let read = Note::query().order_by(Note::id.desc()).all(&db).unwrap();
    let bodies: Vec<&str> = read.iter().map(|row| row.body.as_str()).collect();
    assert_eq!(bodies, BLNS);
    assert!(read.iter().all(|row| *row
        == Note {
            id: row.id,
            ..note(&row.body)
        }));
}

fn raw_sql_binds_them(bed: &Bed) {
    let db = bed.database(&[Note::info()]);
    let mut session = db.session().unwrap();
    let insert =
        "INSERT INTO \"note\" (\"short\", \"body\", \"maybe\") VALUES (:short, :body, :body)";
    for text in BLNS {
        let added = sql(insert)
            .bind("short", cut(text))
            .bind("body", *text)
            .execute(&mut session)
            .unwrap();
        assert_eq!(added, 1);
        let found: Vec<(String, String, Option<String>)> = sql(
            "SELECT \"body\", \"short\", \"maybe\" FROM \"note\" WHERE \"body\" = :body AND \"short\" = :short",
        )
        .bind("short", cut(text))
        .bind("body", *text)
        .all(&mut session)
        .unwrap();
        assert!(!found.is_empty(), "{text:?}");
        for row in found {
            assert_eq!(
                row,
                ((*text).to_owned(), cut(text), Some((*text).to_owned()))
            );
        }
    }
    session.commit().unwrap();
    // All of them in one statement.
    let texts = texts();
    let names: Vec<String> = (0..texts.len())
        .map(|number| format!(":t{number}"))
        .collect();
    let mut query = sql(format!(
        "SELECT DISTINCT \"short\" FROM \"note\" WHERE \"short\" IN ({}) ORDER BY \"short\"",
        names.join(", ")
    ));
    for (name, text) in names.iter().zip(&texts) {
        query = query.bind(&name[1..], text);
    }
    let found: Vec<(String,)> = query.all(&db).unwrap();
    let expected: Vec<(String,)> = texts.into_iter().map(|text| (text,)).collect();
    assert_eq!(found, expected);
}
