//! What PostgreSQL refuses, in Birgus's terms: by its SQLSTATE
//! (<https://www.postgresql.org/docs/current/errcodes-appendix.html>).

use birgus_core::backend::violation;
use birgus_core::{DatabaseErrorKind, Error};

/// A refusal, in those parts that hold no value: `DETAIL` quotes the row, and is only read about dependent objects.
pub(crate) struct Refusal<'a> {
    pub(crate) code: &'a str,
    pub(crate) message: &'a str,
    pub(crate) table: Option<&'a str>,
    pub(crate) column: Option<&'a str>,
    pub(crate) constraint: Option<&'a str>,
    pub(crate) detail: Option<&'a str>,
}

impl Refusal<'_> {
    /// The error of a running connection.
    pub(crate) fn into_error(self) -> Error {
        if self.code == "2BP01"
            && let Some((key, child)) = self.detail.and_then(depending_key)
        {
            let error = violation::foreign_key_violation(Some(&child), &[], Some(&key));
            return error.with_code(self.code);
        }
        let error = match (self.code, self.column) {
            ("23505" | "23P01", _) => violation::unique_violation(self.table, &[], self.constraint),
            ("23503" | "23001", _) => {
                violation::foreign_key_violation(self.table, &[], self.constraint)
            }
            ("23502", Some(column)) => violation::not_null_violation(self.table, column),
            ("23514", _) => violation::check_violation(self.table, self.constraint),
            (code, _) => {
                let mut error = Error::database(kind(code), message(code, self.message));
                if let Some(table) = self.table {
                    error = error.with_table(table);
                }
                if let Some(column) = self.column {
                    error = error.with_columns([column]);
                }
                if let Some(constraint) = self.constraint {
                    error = error.with_constraint(constraint);
                }
                error
            }
        };
        if self.code.is_empty() {
            error
        } else {
            error.with_code(self.code)
        }
    }

    /// The error of a connection that was not made.
    pub(crate) fn into_connect_error(self, address: &str) -> Error {
        let kind = match kind(self.code) {
            // Nothing was lost yet: the server shuts down, starts, or has no room.
            DatabaseErrorKind::ConnectionLost | DatabaseErrorKind::Other => {
                DatabaseErrorKind::ConnectionFailed
            }
            // The right to connect to this database.
            kind => kind,
        };
        let error = Error::database(
            kind,
            format!("can't connect to PostgreSQL at {address}: {}", self.message),
        );
        if self.code.is_empty() {
            error
        } else {
            error.with_code(self.code)
        }
    }
}

/// The kind of an SQLSTATE.
pub(crate) fn kind(code: &str) -> DatabaseErrorKind {
    match code {
        "23505" | "23P01" => DatabaseErrorKind::UniqueViolation,
        "23503" | "23001" => DatabaseErrorKind::ForeignKeyViolation,
        "23502" => DatabaseErrorKind::NotNullViolation,
        "23514" => DatabaseErrorKind::CheckViolation,
        "42P01" => DatabaseErrorKind::UndefinedTable,
        "42703" => DatabaseErrorKind::UndefinedColumn,
        "42601" => DatabaseErrorKind::Syntax,
        "40P01" => DatabaseErrorKind::Deadlock,
        "40001" => DatabaseErrorKind::SerializationFailure,
        "55P03" => DatabaseErrorKind::Busy,
        "57014" => DatabaseErrorKind::StatementTimeout,
        "3D000" => DatabaseErrorKind::UnknownDatabase,
        "42501" => DatabaseErrorKind::PermissionDenied,
        "25006" => DatabaseErrorKind::ReadOnly,
        // Shut down, crashed, starting, dropped, idle for too long (in a transaction).
        "57P01" | "57P02" | "57P03" | "57P04" | "57P05" | "25P03" => {
            DatabaseErrorKind::ConnectionLost
        }
        _ => match code.get(..2) {
            Some("22") => DatabaseErrorKind::InvalidData,
            Some("08") => DatabaseErrorKind::ConnectionLost,
            Some("28") => DatabaseErrorKind::AuthenticationFailed,
            _ => DatabaseErrorKind::Other,
        },
    }
}

/// The server's words. Those about data quote it (`invalid input syntax for type integer: "…"`), so what stands in
/// quotes is left out of them; names of tables and columns are kept in the others.
fn message(code: &str, message: &str) -> String {
    if kind(code) == DatabaseErrorKind::InvalidData {
        without_quoted(message)
    } else {
        message.to_owned()
    }
}

fn without_quoted(message: &str) -> String {
    // From the first quote to the last: a value may hold quotes itself.
    match (message.find('"'), message.rfind('"')) {
        (Some(first), Some(last)) if first < last => {
            format!("{}\"…\"{}", &message[..first], &message[last + 1..])
        }
        (Some(first), _) => format!("{}…", &message[..first]),
        _ => message.to_owned(),
    }
}

/// The foreign key, and its table, that keep another table from being dropped:
/// `constraint fk_post_author_id on table post depends on table "user"`, and a line for each that follows.
fn depending_key(detail: &str) -> Option<(String, String)> {
    let rest = detail.strip_prefix("constraint ")?;
    let (key, rest) = rest.split_once(" on table ")?;
    let (child, _) = rest.split_once(" depends on ")?;
    let unquoted = |name: &str| {
        let inner = name
            .strip_prefix('"')
            .and_then(|name| name.strip_suffix('"'));
        inner.map_or_else(|| name.to_owned(), |name| name.replace("\"\"", "\""))
    };
    Some((unquoted(key), unquoted(child)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_is_not_quoted() {
        let refusal = Refusal {
            code: "22P02",
            message: "invalid input syntax for type integer: \"se\"cret\"",
            table: None,
            column: None,
            constraint: None,
            detail: None,
        };
        let error = refusal.into_error();
        assert!(error.is_invalid_value());
        assert_eq!(
            error.to_string(),
            "invalid input syntax for type integer: \"…\""
        );
        assert_eq!(error.code(), Some("22P02"));
    }

    #[test]
    fn a_table_that_is_referenced_is_not_dropped() {
        let refusal = |detail| Refusal {
            code: "2BP01",
            message: "cannot drop table \"user\" because other objects depend on it",
            table: None,
            column: None,
            constraint: None,
            detail: Some(detail),
        };
        let detail = "constraint \"fk a\" on table post depends on table \"user\"";
        let error = refusal(detail).into_error();
        assert!(error.is_foreign_key_violation());
        assert_eq!(
            (error.table(), error.constraint()),
            (Some("post"), Some("fk a"))
        );
        let error = refusal("view v depends on table \"user\"").into_error();
        assert!(!error.is_foreign_key_violation());
        assert!(error.to_string().starts_with("cannot drop table"));
    }

    #[test]
    fn a_server_that_starts_is_not_a_lost_connection() {
        let refusal = Refusal {
            code: "57P03",
            message: "the database system is starting up",
            table: None,
            column: None,
            constraint: None,
            detail: None,
        };
        assert!(refusal.into_connect_error("h:1/d").is_connection_failed());
    }
}
