//! Letters are mapped by the one rule, whichever they are and whatever stands around them.

#![cfg(any(feature = "native", feature = "libpq"))]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use birgus_core::backend::{BindType, Connection};
use birgus_core::{Value, letter_case};
use birgus_postgres::LetterCase;
use support::{Database, integer, on_both_drivers, rows, statement};

on_both_drivers!(
    every_letter_is_mapped_by_the_rule,
    what_stands_around_a_letter_does_not_matter,
    a_mapped_text_is_compared_to_the_letter,
);

/// The collations that the server has.
fn present(connection: &mut dyn Connection) -> Vec<LetterCase> {
    let query = statement(connection, LetterCase::FIND, Vec::new());
    let names = rows(connection, &query, |row| row.string(0)).unwrap();
    let present: Vec<LetterCase> = LetterCase::ALL
        .into_iter()
        .filter(|case| names.iter().flatten().any(|name| name == case.collation()))
        .collect();
    assert!(!present.is_empty(), "no collation maps letters");
    present
}

fn mapped(connection: &mut dyn Connection, (before, behind): (&str, &str), text: &str) -> String {
    let sql = format!("SELECT {before}?{behind}");
    let binds = vec![(Value::Text(text.to_owned()), BindType::Text)];
    let query = statement(connection, &sql, binds);
    let mut found = rows(connection, &query, |row| row.string(0)).unwrap();
    found.remove(0).unwrap()
}

/// The letters that the server maps otherwise than the rule, among these.
fn differing(
    connection: &mut dyn Connection,
    sql: (&str, &str),
    rule: fn(&str) -> String,
    letters: impl Iterator<Item = char>,
) -> Vec<char> {
    let letters: Vec<char> = letters.collect();
    let mut differing = Vec::new();
    for block in letters.chunks(100_000) {
        let text: String = block.iter().collect();
        let (found, expected) = (mapped(connection, sql, &text), rule(&text));
        if found == expected {
            continue;
        }
        assert_eq!(found.chars().count(), block.len());
        let pairs = found.chars().zip(expected.chars());
        differing.extend(
            pairs
                .zip(block)
                .filter(|((found, expected), _)| found != expected)
                .map(|(_, letter)| *letter),
        );
    }
    differing
}

fn every_letter_is_mapped_by_the_rule(database: &Database) {
    let connection = &mut *database.connect();
    for case in present(connection) {
        // PostgreSQL's translate() takes a second for the rest, which are ideographs and private characters, and the ones
        // that the SQL for ICU does not keep.
        let last = if case == LetterCase::Icu {
            '\u{1ffff}'
        } else {
            char::MAX
        };
        let all = '\u{1}'..=char::MAX;
        let lower = differing(connection, case.lower(), letter_case::lower, all);
        let some = '\u{1}'..=last;
        let upper = differing(connection, case.upper(), letter_case::upper, some);
        for letter in lower.iter().chain(&upper) {
            assert!(letter_case::is_later(*letter), "{case:?} {letter:?}");
        }
        // Unicode 9 has none of them, 17 all.
        assert!(lower.len() <= 184 && upper.len() <= 184, "{case:?}");
    }
}

fn what_stands_around_a_letter_does_not_matter(database: &Database) {
    let connection = &mut *database.connect();
    for case in present(connection) {
        assert_eq!(mapped(connection, case.lower(), "ΑΣ ΣΑΣ İI"), "ασ σασ ii");
        assert_eq!(
            mapped(connection, case.upper(), "straße ᾀﬁς ıi"),
            "STRAßE ᾈﬁΣ II"
        );
    }
}

fn a_mapped_text_is_compared_to_the_letter(database: &Database) {
    let connection = &mut *database.connect();
    for case in present(connection) {
        let (before, behind) = case.lower();
        for (condition, expected) in [
            (format!("{before}'É'{behind} = 'é'"), 1),
            (format!("{before}'É'{behind} = 'É'"), 0),
            (format!("{before}'é'{behind} = 'e'"), 0),
            (format!("{before}'É'{behind} = {before}'é'{behind}"), 1),
            // By code point.
            (format!("{before}'É'{behind} < 'z'"), 0),
        ] {
            let sql = format!("SELECT ({condition})::int::bigint");
            assert_eq!(integer(connection, &sql), expected, "{condition}");
        }
    }
}
