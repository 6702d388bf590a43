//! What a row's getters refuse, in the same words for every driver, and the conversions that drivers share.

use birgus_core::backend::Row;
use birgus_core::{Error, Result};

/// The error of a value of another kind than the program expects: `column author_id: expected an integer, found text`.
#[cold]
pub fn wrong_kind(row: &(impl Row + ?Sized), index: usize, expected: &str, found: &str) -> Error {
    let column = column_label(row, index);
    Error::decode(format!("{column}: expected {expected}, found {found}"))
}

/// The error of a value of the right kind that the type can't hold: `column day: not a valid date`. The value itself
/// is not shown.
#[cold]
pub fn invalid(row: &(impl Row + ?Sized), index: usize, problem: &str) -> Error {
    let column = column_label(row, index);
    Error::decode(format!("{column}: {problem}"))
}

/// The error of an index past the last column.
#[cold]
pub fn no_column(index: usize, count: usize) -> Error {
    Error::decode(format!(
        "column {} was asked of a row of {count} columns",
        index + 1
    ))
}

/// Parses a JSON document.
///
/// # Errors
///
/// `is_decode()`, without the document.
pub fn json(row: &(impl Row + ?Sized), index: usize, text: &[u8]) -> Result<serde_json::Value> {
    serde_json::from_slice(text).map_err(|error| {
        // serde_json's own message quotes what it met; line and column are enough.
        let problem = format!(
            "not a JSON document (line {}, column {})",
            error.line(),
            error.column()
        );
        invalid(row, index, &problem)
    })
}

fn column_label(row: &(impl Row + ?Sized), index: usize) -> String {
    match row.column_name(index) {
        Some(name) => format!("column {name}"),
        None => format!("column {}", index + 1),
    }
}
