//! The Big List of Naughty Strings, through everything that takes a text.

mod columns;
mod constraints;
mod filters;
mod keys;
mod nul;

use std::collections::BTreeSet;

use birgus::{Database, Model};
use naughty_strings::BLNS;

use crate::{Bed, Case};

pub(super) fn cases() -> Vec<Case> {
    [
        columns::cases(),
        filters::cases(),
        keys::cases(),
        constraints::cases(),
        nul::cases(),
    ]
    .concat()
}

/// The letters of a text with a length; the list's longest strings are cut to it.
const LENGTH: usize = 60;

#[derive(Model, Debug, Clone, PartialEq)]
#[model(register = false)]
struct Note {
    #[key]
    id: i64,
    #[column(length = 60)]
    short: String,
    body: String,
    maybe: Option<String>,
    #[column(length = 60)]
    maybe_short: Option<String>,
}

fn cut(text: &str) -> String {
    text.chars().take(LENGTH).collect()
}

/// The list, cut to the columns' length, without those that are then equal.
fn texts() -> Vec<String> {
    let texts: BTreeSet<String> = BLNS.iter().map(|text| cut(text)).collect();
    texts.into_iter().collect()
}

fn literally(text: &str) -> String {
    let mut pattern = String::new();
    for letter in text.chars() {
        if matches!(letter, '\\' | '%' | '_') {
            pattern.push('\\');
        }
        pattern.push(letter);
    }
    pattern
}

fn note(text: &str) -> Note {
    Note {
        id: 0,
        short: cut(text),
        body: text.to_owned(),
        maybe: Some(text.to_owned()),
        maybe_short: Some(cut(text)),
    }
}

/// The list in a table, and the rows that it must have.
fn notes(bed: &Bed) -> (Database, Vec<Note>) {
    let db = bed.database(&[Note::info()]);
    let mut rows: Vec<Note> = BLNS.iter().map(|text| note(text)).collect();
    let ids = Note::insert_many(rows.clone()).execute(&db).unwrap();
    for (row, id) in rows.iter_mut().zip(ids) {
        row.id = id;
    }
    (db, rows)
}
