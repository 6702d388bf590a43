//! What is looked for is found, and nothing else.

use birgus::query::Expression as _;
use birgus::query::TextExpression as _;
use std::collections::BTreeSet;

use birgus::Model;
use birgus::query::{Column, Order};
use naughty_strings::BLNS;

use super::{Note, cut, literally, notes, texts};
use crate::Bed;

crate::cases::cases![
    equality_finds_them_and_nothing_else,
    like_finds_them_and_nothing_else,
    they_are_ordered_by_code_point,
];

fn ids_of(rows: &[Note], wanted: impl Fn(&Note) -> bool) -> Vec<i64> {
    let rows = rows.iter().filter(|row| wanted(row));
    rows.map(|row| row.id).collect()
}

fn equality_finds_them_and_nothing_else(bed: &Bed) {
    let (db, rows) = notes(bed);
    let mut connection = db.connection().unwrap();
    for text in BLNS {
        let short = cut(text);
        let found = Note::query()
            .filter(Note::body.eq(*text))
            .order_by(Note::id.asc())
            .pluck(Note::id, &mut connection)
            .unwrap();
        assert_eq!(found, ids_of(&rows, |row| row.body == *text), "{text:?}");
        let found = Note::query()
            .filter(Note::short.eq(&short).and(Note::maybe_short.eq(&short)))
            .order_by(Note::id.asc())
            .pluck(Note::id, &mut connection)
            .unwrap();
        assert_eq!(found, ids_of(&rows, |row| row.short == short), "{text:?}");
        let others = Note::query()
            .filter(Note::maybe.ne(*text))
            .count(&mut connection)
            .unwrap();
        let expected = ids_of(&rows, |row| row.body != *text).len();
        assert_eq!(others, expected as u64, "{text:?}");
    }
    let (even, odd): (Vec<_>, Vec<_>) = texts()
        .into_iter()
        .enumerate()
        .partition(|(position, _)| position % 2 == 0);
    let even: Vec<String> = even.into_iter().map(|(_, text)| text).collect();
    let odd: BTreeSet<String> = odd.into_iter().map(|(_, text)| text).collect();
    let found = Note::query()
        .filter(Note::short.in_(&even))
        .order_by(Note::id.asc())
        .pluck(Note::id, &mut connection)
        .unwrap();
    assert_eq!(found, ids_of(&rows, |row| even.contains(&row.short)));
    let found = Note::query()
        .filter(Note::short.not_in(&even))
        .order_by(Note::id.asc())
        .pluck(Note::id, &mut connection)
        .unwrap();
    assert_eq!(found, ids_of(&rows, |row| odd.contains(&row.short)));
}

fn like_finds_them_and_nothing_else(bed: &Bed) {
    let (db, rows) = notes(bed);
    let mut connection = db.connection().unwrap();
    let mut found = |column: Column<Note, String>, pattern: &str| {
        Note::query()
            .filter(column.like(pattern))
            .order_by(Note::id.asc())
            .pluck(Note::id, &mut connection)
            .unwrap()
    };
    for text in BLNS {
        let (short, pattern) = (cut(text), literally(text));
        assert_eq!(
            found(Note::body, &pattern),
            ids_of(&rows, |row| row.body == *text),
            "{text:?}"
        );
        assert_eq!(
            found(Note::body, &format!("%{pattern}%")),
            ids_of(&rows, |row| row.body.contains(text)),
            "{text:?}"
        );
        assert_eq!(
            found(Note::short, &format!("{}%", literally(&short))),
            ids_of(&rows, |row| row.short.starts_with(&short)),
            "{text:?}"
        );
        // One character stands for one, however many bytes it has.
        if let Some(first) = text.chars().next() {
            let rest = text.strip_prefix(first).unwrap();
            assert_eq!(
                found(Note::body, &format!("_{}", literally(rest))),
                ids_of(&rows, |row| {
                    let mut letters = row.body.chars();
                    letters.next().is_some() && letters.as_str() == rest
                }),
                "{text:?}"
            );
        }
    }
}

fn they_are_ordered_by_code_point(bed: &Bed) {
    let (db, rows) = notes(bed);
    let bodies = |order: Order| {
        Note::query()
            .order_by(order)
            .pluck(Note::body, &db)
            .unwrap()
    };
    let mut expected: Vec<String> = rows.iter().map(|row| row.body.clone()).collect();
    expected.sort();
    assert_eq!(bodies(Note::body.asc()), expected);
    expected.reverse();
    assert_eq!(bodies(Note::body.desc()), expected);
    let shorts = Note::query()
        .order_by(Note::maybe_short.asc())
        .pluck(Note::short, &db)
        .unwrap();
    assert!(shorts.is_sorted());
    // What is compared agrees with what is ordered.
    let middle = &rows[rows.len() / 2].short;
    let below = Note::query()
        .filter(Note::short.lt(middle))
        .count(&db)
        .unwrap();
    let expected = rows.iter().filter(|row| row.short < *middle).count();
    assert_eq!(below, expected as u64);
}
