//! Diesel's errors in Birgus' terms.

use birgus_core::backend::violation;
use birgus_core::{DatabaseErrorKind, Error};
use diesel::ConnectionError;
use diesel::result::{
    DatabaseErrorInformation, DatabaseErrorKind as DieselKind, Error as DieselError,
};

/// Turns an error of Diesel into one of Birgus.
///
/// Diesel hides the engine's code and knows few kinds, so `classify` looks first, at Diesel's kind and at what the
/// engine said. It MUST NOT keep a message that quotes values; `None` leaves the error to the general rules: a
/// violated constraint gets a message of Birgus' own, everything else the engine's with all quoted parts left out.
///
/// An error that a [`Binder`](crate::Binder) gave comes back as it was.
pub fn from_diesel(
    error: DieselError,
    classify: impl FnOnce(DieselKind, &dyn DatabaseErrorInformation) -> Option<Error>,
) -> Error {
    match error {
        DieselError::DatabaseError(kind, information) => {
            classify(kind, information.as_ref()).unwrap_or_else(|| general(kind, &*information))
        }
        DieselError::QueryBuilderError(cause)
        | DieselError::SerializationError(cause)
        | DieselError::DeserializationError(cause) => match cause.downcast::<Error>() {
            Ok(own) => *own,
            Err(cause) => Error::invalid_query(format!(
                "the statement can't be sent: {}",
                redacted(&cause.to_string())
            )),
        },
        DieselError::InvalidCString(_) => {
            Error::invalid_query("the text of a statement must not hold NUL")
        }
        DieselError::BrokenTransactionManager => Error::database(
            DatabaseErrorKind::ConnectionLost,
            "the connection is in an unknown state after a failed transaction",
        ),
        other => Error::database(
            DatabaseErrorKind::Other,
            format!("unexpected: {}", redacted(&other.to_string())),
        ),
    }
}

/// Turns the error of opening a connection into one of Birgus; `classify` looks first, at the engine's message, which
/// MUST NOT be kept if it can show a password.
pub fn from_connect(error: ConnectionError, classify: impl FnOnce(&str) -> Option<Error>) -> Error {
    match error {
        ConnectionError::BadConnection(message) => classify(&message).unwrap_or_else(|| {
            Error::database(
                DatabaseErrorKind::ConnectionFailed,
                format!("can't connect: {}", redacted(&message)),
            )
        }),
        ConnectionError::InvalidConnectionUrl(_) => {
            Error::configuration("the database URL is not one that the client understands")
        }
        ConnectionError::InvalidCString(_) => {
            Error::configuration("the database URL must not hold NUL")
        }
        ConnectionError::CouldntSetupConfiguration(cause) => from_diesel(cause, |_, _| None),
        _ => Error::database(
            DatabaseErrorKind::ConnectionFailed,
            "can't connect for a reason that the client does not tell",
        ),
    }
}

fn general(kind: DieselKind, information: &dyn DatabaseErrorInformation) -> Error {
    let table = information.table_name();
    let constraint = information.constraint_name();
    let columns: &[&str] = match &information.column_name() {
        Some(column) => &[*column],
        None => &[],
    };
    let kind = match kind {
        DieselKind::UniqueViolation | DieselKind::ExclusionViolation => {
            return violation::unique_violation(table, columns, constraint);
        }
        DieselKind::ForeignKeyViolation | DieselKind::RestrictViolation => {
            return violation::foreign_key_violation(table, columns, constraint);
        }
        DieselKind::NotNullViolation => {
            return match columns {
                [column] => violation::not_null_violation(table, column),
                _ => Error::database(
                    DatabaseErrorKind::NotNullViolation,
                    "null in a column that requires a value",
                ),
            };
        }
        DieselKind::CheckViolation => return violation::check_violation(table, constraint),
        DieselKind::UnableToSendCommand | DieselKind::ClosedConnection => {
            DatabaseErrorKind::ConnectionLost
        }
        DieselKind::SerializationFailure => DatabaseErrorKind::SerializationFailure,
        DieselKind::ReadOnlyTransaction => DatabaseErrorKind::ReadOnly,
        _ => DatabaseErrorKind::Other,
    };
    Error::database(kind, redacted(information.message()))
}

/// A message without its quoted parts, which may be values: `incorrect integer value: '…' for column '…' at row 1`.
/// A quote that is never closed takes everything behind it.
///
/// ```
/// use birgus_diesel_bridge::error::redacted;
///
/// assert_eq!(redacted("Duplicate entry 'a''b' for key 'email'"), "Duplicate entry '…' for key '…'");
/// ```
pub fn redacted(message: &str) -> String {
    let mut kept = String::with_capacity(message.len());
    let mut letters = message.chars().peekable();
    let mut word = false;
    while let Some(letter) = letters.next() {
        kept.push(letter);
        // An apostrophe inside a word (`can't`) opens nothing.
        let opens = matches!(letter, '"' | '`') || (letter == '\'' && !word);
        word = letter.is_alphanumeric();
        if !opens {
            continue;
        }
        kept.push('…');
        while let Some(inner) = letters.next() {
            if inner == letter {
                // A doubled quote stands for itself.
                if letters.next_if_eq(&letter).is_some() {
                    continue;
                }
                // A quote inside a value need not be doubled; a closing one is not followed by a letter.
                if letters.peek().is_some_and(|next| next.is_alphanumeric()) {
                    continue;
                }
                kept.push(letter);
                break;
            }
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    fn database(kind: DieselKind, message: &str) -> DieselError {
        DieselError::DatabaseError(kind, Box::new(message.to_owned()))
    }

    #[test]
    fn a_violation_is_worded_anew() {
        let error = from_diesel(
            database(
                DieselKind::UniqueViolation,
                "Duplicate entry 'secret' for key 'x'",
            ),
            |_, _| None,
        );
        assert!(error.is_unique_violation());
        assert!(!format!("{error} {error:?}").contains("secret"));
    }

    #[test]
    fn a_driver_classifies_first() {
        let error = from_diesel(
            database(DieselKind::Unknown, "database is locked"),
            |_, information| {
                (information.message() == "database is locked")
                    .then(|| Error::database(DatabaseErrorKind::Busy, "locked"))
            },
        );
        assert!(error.is_retryable());
    }

    #[test]
    fn an_unknown_message_loses_its_quoted_parts() {
        let error = from_diesel(
            database(
                DieselKind::Unknown,
                "Incorrect value: 'it's secret' for column \"a\"",
            ),
            |_, _| None,
        );
        assert_eq!(error.to_string(), "Incorrect value: '…' for column \"…\"");
    }

    #[test]
    fn an_apostrophe_in_a_word_hides_nothing() {
        assert_eq!(redacted("can't open it"), "can't open it");
        assert_eq!(redacted("an open 'quote"), "an open '…");
    }

    #[test]
    fn an_error_of_birgus_survives_diesel() {
        let own = Error::invalid_value("a.b", "too long");
        let error = from_diesel(DieselError::SerializationError(Box::new(own)), |_, _| None);
        assert!(error.is_invalid_value());
        assert_eq!(error.to_string(), "a.b: too long");
    }

    #[test]
    fn a_closed_connection_is_lost() {
        let error = from_diesel(database(DieselKind::ClosedConnection, "gone"), |_, _| None);
        assert!(error.is_connection_lost());
    }
}
