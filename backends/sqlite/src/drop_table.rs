//! DROP TABLE of a table that others reference.
//!
//! SQLite deletes the rows of the table first, which enforces the keys of rows that there are, and then leaves the keys
//! of the other tables dangling (<https://www.sqlite.org/foreignkeys.html#fk_schemacommands>). Other engines refuse.

use birgus_core::Result;
use birgus_core::backend::{Connection as _, Statement, violation};

use crate::connection::SqliteConnection;
use crate::dialect::quote_text;

/// Refuses a DROP TABLE of a table that another one references, as long as foreign keys are enforced.
///
/// # Errors
///
/// `is_foreign_key_violation()`, naming the table that references it.
pub(crate) fn refuse_referenced(connection: &mut SqliteConnection, sql: &str) -> Result<()> {
    let Some(table) = dropped(sql) else {
        return Ok(());
    };
    let mut name = String::new();
    quote_text(&mut name, &table);
    let sql = format!(
        "SELECT s.name FROM main.sqlite_schema AS s, pragma_foreign_key_list(s.name, 'main') AS k \
         WHERE s.type = 'table' AND k.\"table\" = {name} COLLATE NOCASE AND s.name <> {name} COLLATE NOCASE \
         AND (SELECT foreign_keys FROM pragma_foreign_keys) \
         AND EXISTS (SELECT 1 FROM main.sqlite_schema AS p WHERE p.type = 'table' AND p.name = {name} COLLATE NOCASE) \
         LIMIT 1"
    );
    let mut child = None;
    connection.query(&Statement::once(sql), &mut |row| {
        child = row.string(0)?;
        Ok(())
    })?;
    match child {
        Some(child) => Err(violation::foreign_key_violation(Some(&child), &[], None)),
        None => Ok(()),
    }
}

/// The table that a DROP TABLE of the main database names.
fn dropped(sql: &str) -> Option<String> {
    let rest = words(sql, &["DROP", "TABLE"])?;
    let rest = words(rest, &["IF", "EXISTS"]).unwrap_or(rest);
    let (first, rest) = name(rest)?;
    match rest.trim_start().strip_prefix('.') {
        Some(rest) if first.eq_ignore_ascii_case("main") => Some(name(rest)?.0),
        Some(_) => None,
        None => Some(first),
    }
}

/// What follows these words.
fn words<'s>(sql: &'s str, words: &[&str]) -> Option<&'s str> {
    let mut rest = sql;
    for word in words {
        rest = rest.trim_start();
        let found = rest.get(..word.len())?;
        if !found.eq_ignore_ascii_case(word) {
            return None;
        }
        rest = &rest[word.len()..];
        if rest.starts_with(|next: char| next.is_alphanumeric() || next == '_') {
            return None;
        }
    }
    Some(rest)
}

/// A name, quoted or not, and what follows it.
fn name(sql: &str) -> Option<(String, &str)> {
    let sql = sql.trim_start();
    let close = match sql.chars().next()? {
        quote @ ('"' | '`' | '\'') => quote,
        '[' => ']',
        _ => {
            let end = sql
                .find(|letter: char| !(letter.is_alphanumeric() || letter == '_' || letter == '$'))
                .unwrap_or(sql.len());
            return (end > 0).then(|| (sql[..end].to_owned(), &sql[end..]));
        }
    };
    let mut found = String::new();
    let mut letters = sql.char_indices().skip(1).peekable();
    while let Some((place, letter)) = letters.next() {
        if letter == close {
            let doubled = letters.next_if(|(_, next)| *next == close).is_some();
            if close == ']' || !doubled {
                return Some((found, &sql[place + 1..]));
            }
        }
        found.push(letter);
    }
    None
}

#[cfg(test)]
mod tests {
    use super::dropped;

    #[test]
    fn the_table_that_is_dropped_is_found() {
        for sql in [
            "DROP TABLE \"user\"",
            " drop  table if exists user;",
            "DROP TABLE main.\"user\"",
            "DROP TABLE `user`",
            "DROP TABLE [user]",
        ] {
            assert_eq!(dropped(sql).as_deref(), Some("user"), "{sql}");
        }
        assert_eq!(
            dropped("DROP TABLE \"a\"\"b.c\"").as_deref(),
            Some("a\"b.c")
        );
        for sql in [
            "DROP TABLES x",
            "DROP INDEX x",
            "DROP TABLE temp.user",
            "DROP TABLE",
            "SELECT 'DROP TABLE x'",
        ] {
            assert_eq!(dropped(sql), None, "{sql}");
        }
    }
}
