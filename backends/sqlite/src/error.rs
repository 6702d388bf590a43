//! What SQLite refuses, in Birgus' terms. Diesel hides SQLite's code, so the message decides.

use birgus_core::backend::violation;
use birgus_core::{DatabaseErrorKind, Error};
use birgus_diesel_bridge::error::{from_diesel, redacted};

use crate::functions;

const NO_TRANSACTION: &str = "cannot rollback - no transaction is active";

/// The error of a statement; its text tells the table that SQLite keeps to itself.
pub(crate) fn from_statement(error: diesel::result::Error, sql: &str) -> Error {
    from_diesel(error, |_, information| {
        Some(classify(information.message(), sql))
    })
}

/// The error of a connection that was opened and then found unusable.
pub(crate) fn at_connect(error: Error, database: &str) -> Error {
    match error.database_kind() {
        None => error,
        // A program that waits for a lock may try again, whatever it was doing.
        Some(DatabaseErrorKind::Busy | DatabaseErrorKind::ReadOnly) => {
            error.context(format!("the SQLite database {database}"))
        }
        Some(_) => Error::database(
            DatabaseErrorKind::ConnectionFailed,
            format!("the SQLite database {database} can't be used: {error}"),
        ),
    }
}

pub(crate) fn is_no_transaction(error: &Error) -> bool {
    error.database_kind() == Some(DatabaseErrorKind::Other) && error.to_string() == NO_TRANSACTION
}

/// The error of a write in a transaction that may only read.
pub(crate) fn in_read_only_transaction() -> Error {
    database(
        DatabaseErrorKind::ReadOnly,
        "the transaction is read-only, and the statement would write",
    )
}

fn classify(message: &str, sql: &str) -> Error {
    if let Some(rest) = message.strip_prefix("UNIQUE constraint failed: ") {
        return unique(rest, target_table(sql).as_deref());
    }
    if let Some(rest) = message.strip_prefix("NOT NULL constraint failed: ") {
        return match one_dot(rest) {
            Some((table, column)) => violation::not_null_violation(Some(table), column),
            None => violation::not_null_violation(None, rest),
        };
    }
    if let Some(name) = message.strip_prefix("CHECK constraint failed: ") {
        // The constraint's name begins with its table's; the statement's table is only taken if the two agree, since a
        // cascade may have met the check of another table.
        let table = target_table(sql).filter(|table| {
            name.strip_prefix("ck_")
                .is_some_and(|name| name.starts_with(&**table))
        });
        return violation::check_violation(table.as_deref(), Some(name));
    }
    if message.starts_with("FOREIGN KEY constraint failed") {
        return violation::foreign_key_violation(None, &[], None);
    }
    if let Some(rest) = message.strip_prefix("no such table: ") {
        let table = rest.strip_prefix("main.").unwrap_or(rest);
        return database(
            DatabaseErrorKind::UndefinedTable,
            format!("no such table: {table}; create it by create_all or a migration"),
        )
        .with_table(table);
    }
    if let Some(rest) = message.strip_prefix("no such column: ") {
        return undefined_column(rest);
    }
    if let Some((table, column)) = message
        .strip_prefix("table ")
        .and_then(|rest| rest.split_once(" has no column named "))
    {
        return database(
            DatabaseErrorKind::UndefinedColumn,
            format!("no such column: {table}.{column}; add it by a migration"),
        )
        .with_table(table)
        .with_columns([column]);
    }
    // The second is what a race for the beginning of a journal ends in (SQLITE_PROTOCOL).
    if message.contains("is locked") || message == "locking protocol" {
        return database(
            DatabaseErrorKind::Busy,
            format!(
                "{message}: another connection held it until the busy timeout ran out; try the transaction again"
            ),
        );
    }
    other(message)
}

fn other(message: &str) -> Error {
    let starts = |known: &[&str]| known.iter().any(|start| message.starts_with(start));
    if message.ends_with(": syntax error") || starts(&["incomplete input"]) {
        return database(DatabaseErrorKind::Syntax, message.to_owned());
    }
    if starts(&["unrecognized token"]) {
        return database(DatabaseErrorKind::Syntax, redacted(message));
    }
    if starts(&["attempt to write a readonly database"]) {
        return database(
            DatabaseErrorKind::ReadOnly,
            format!(
                "{message}; open it with mode=rw, and let this user write the file and its folder"
            ),
        );
    }
    // What sum() and abs() say; the functions of Birgus, and PostgreSQL, say it so.
    if message == "integer overflow" {
        return database(DatabaseErrorKind::InvalidData, "integer out of range");
    }
    if functions::is_refusal(message) {
        return database(DatabaseErrorKind::InvalidData, message.to_owned());
    }
    if starts(&[
        "datatype mismatch",
        "string or blob too big",
        "malformed JSON",
    ]) {
        return database(DatabaseErrorKind::InvalidData, message.to_owned());
    }
    if starts(&["file is not a database", "file is encrypted"]) {
        return database(
            DatabaseErrorKind::ConnectionFailed,
            "the file is not a SQLite database",
        );
    }
    if starts(&["unable to open database file"]) {
        return database(DatabaseErrorKind::ConnectionFailed, message.to_owned());
    }
    if starts(&["not authorized", "authorization denied", "access to "]) {
        return database(DatabaseErrorKind::PermissionDenied, message.to_owned());
    }
    // These name parts of the schema in quotes; no value stands in them.
    let names_schema = starts(&[
        "foreign key mismatch",
        "cannot ",
        "duplicate column name",
        "ambiguous column name",
        "no such function",
        "no such index",
        "unknown column ",
        "error in ",
    ]) || message.ends_with("already exists");
    let text = if names_schema {
        message.to_owned()
    } else {
        redacted(message)
    };
    database(DatabaseErrorKind::Other, text)
}

fn database(kind: DatabaseErrorKind, message: impl Into<std::borrow::Cow<'static, str>>) -> Error {
    Error::database(kind, message)
}

/// `user.username`, or `user.a, user.b`; SQLite quotes nothing, so that a name with a dot or comma can't be told from
/// two. Hence the statement's table is tried first; a cascade may have met the constraint of another one.
fn unique(rest: &str, target: Option<&str>) -> Error {
    // An index over an expression is named instead.
    if let Some(index) = rest
        .strip_prefix("index '")
        .and_then(|name| name.strip_suffix('\''))
    {
        return violation::unique_violation(None, &[], Some(index));
    }
    if let Some(table) = target
        && let Some(columns) = rest.strip_prefix(&format!("{table}."))
    {
        let columns: Vec<&str> = columns.split(&format!(", {table}.")).collect();
        return violation::unique_violation(Some(table), &columns, None);
    }
    let parts: Option<Vec<(&str, &str)>> = rest.split(", ").map(one_dot).collect();
    match parts.as_deref() {
        Some(parts @ [(table, _), ..]) if parts.iter().all(|(other, _)| other == table) => {
            let columns: Vec<&str> = parts.iter().map(|(_, column)| *column).collect();
            violation::unique_violation(Some(table), &columns, None)
        }
        _ => violation::unique_violation(None, &[], None),
    }
}

fn one_dot(name: &str) -> Option<(&str, &str)> {
    name.split_once('.')
        .filter(|(_, column)| !column.contains('.'))
}

/// `x`, `t.x`, or `"x" - should this be a string literal in single-quotes?`
fn undefined_column(rest: &str) -> Error {
    let name = rest.split(" - should this").next().unwrap_or(rest);
    let name = name.trim_matches('"');
    let error = database(
        DatabaseErrorKind::UndefinedColumn,
        format!("no such column: {name}; add it by a migration"),
    );
    match name.rsplit_once('.') {
        Some((table, column)) => error.with_table(table).with_columns([column]),
        None => error.with_columns([name]),
    }
}

/// The table that an INSERT or UPDATE of Birgus names: the first quoted identifier.
fn target_table(sql: &str) -> Option<String> {
    let rest = sql
        .strip_prefix("INSERT INTO \"")
        .or_else(|| sql.strip_prefix("UPDATE \""))?;
    let mut name = String::new();
    let mut letters = rest.chars();
    while let Some(letter) = letters.next() {
        if letter == '"' && letters.next() != Some('"') {
            return Some(name);
        }
        name.push(letter);
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(message: &str) -> Error {
        classify(message, "")
    }

    #[test]
    fn a_unique_violation_names_its_columns() {
        let error = of("UNIQUE constraint failed: user.username");
        assert!(error.is_unique_violation());
        assert_eq!(
            (error.table(), error.column()),
            (Some("user"), Some("username"))
        );
        let error = of("UNIQUE constraint failed: user.a, user.b");
        assert_eq!(error.columns(), ["a", "b"]);
    }

    #[test]
    fn what_can_be_read_in_two_ways_is_not_guessed_at() {
        let error = of("UNIQUE constraint failed: a.b.c");
        assert!(error.is_unique_violation());
        assert_eq!((error.table(), error.column()), (None, None));
        let error = of("UNIQUE constraint failed: a.b, c");
        assert_eq!(error.table(), None);
    }

    #[test]
    fn the_table_of_the_statement_tells_where_a_name_ends() {
        let error = classify(
            "UNIQUE constraint failed: a.b.c, d, a.b.e.f",
            "INSERT INTO \"a.b\" (\"c, d\", \"e.f\") VALUES (?, ?)",
        );
        assert_eq!(error.table(), Some("a.b"));
        assert_eq!(error.columns(), ["c, d", "e.f"]);
    }

    #[test]
    fn a_check_names_its_table_when_the_statement_agrees() {
        let message = "CHECK constraint failed: ck_user_active_type";
        let error = classify(message, "UPDATE \"user\" SET \"active\" = 7");
        assert!(error.is_check_violation());
        assert_eq!(error.table(), Some("user"));
        assert_eq!(error.constraint(), Some("ck_user_active_type"));
        let error = classify(message, "INSERT INTO \"post\" VALUES (1)");
        assert_eq!(error.table(), None);
    }

    #[test]
    fn a_table_name_with_a_quote_is_found() {
        assert_eq!(
            target_table("UPDATE \"a\"\"b\" SET"),
            Some("a\"b".to_owned())
        );
        assert_eq!(target_table("SELECT 1"), None);
    }

    #[test]
    fn a_missing_column_is_named() {
        let error = of("no such column: user.nickname");
        assert_eq!(
            (error.table(), error.column()),
            (Some("user"), Some("nickname"))
        );
        let error = of("no such column: \"x\" - should this be a string literal in single-quotes?");
        assert_eq!(error.column(), Some("x"));
        let error = of("table user has no column named nickname");
        assert!(error.is_undefined_column());
        assert_eq!(error.table(), Some("user"));
    }

    #[test]
    fn an_unknown_message_loses_what_it_quotes() {
        assert_eq!(
            of("bad JSON path: 'secret'").to_string(),
            "bad JSON path: '…'"
        );
        assert_eq!(
            of("table \"t\" already exists").to_string(),
            "table \"t\" already exists"
        );
    }
}
