//! Letters are mapped by the one rule, whichever they are and whatever stands around them.
#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used)]

mod support;

use birgus_core::backend::BindType;
use birgus_core::{Value, letter_case};
use support::{Part, memory, one, statement};

#[test]
fn every_letter_is_mapped_by_the_rule() {
    let connection = &mut *memory();
    let letters: String = ('\u{1}'..=char::MAX).collect();
    for (before, rule) in [
        (
            "SELECT birgus_lower(",
            letter_case::lower as fn(&str) -> String,
        ),
        ("SELECT birgus_upper(", letter_case::upper),
    ] {
        let statement = statement([
            Part::Sql(before),
            Part::Bind(Value::Text(letters.clone()), BindType::Text),
            Part::Sql(")"),
        ]);
        let found = one(connection, &statement, |row| row.string(0)).unwrap();
        assert!(found == Some(rule(&letters)));
    }
}
