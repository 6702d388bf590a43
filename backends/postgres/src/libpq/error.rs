//! Errors of libpq, which come without their SQLSTATE.

use birgus_core::Error;
use birgus_diesel_bridge::error::{from_connect, from_diesel};
use diesel::ConnectionError;
use diesel::result::{DatabaseErrorInformation, DatabaseErrorKind as DieselKind};

use crate::error::Refusal;

/// The start of a message, or a part of it, and the SQLSTATE that goes with it
/// (`src/backend` of PostgreSQL 15, by `errcode`).
const WORDS: &[(Place, &str, &str)] = &[
    (Place::Start, "deadlock detected", "40P01"),
    (Place::Start, "could not serialize access", "40001"),
    (Place::Start, "could not obtain lock on", "55P03"),
    (
        Place::Start,
        "canceling statement due to lock timeout",
        "55P03",
    ),
    (Place::Start, "canceling statement due to", "57014"),
    (Place::Start, "syntax error", "42601"),
    (Place::Start, "unterminated", "42601"),
    (Place::Start, "zero-length delimited identifier", "42601"),
    (Place::Start, "trailing junk after", "42601"),
    (
        Place::Start,
        "cannot insert multiple commands into a prepared statement",
        "42601",
    ),
    (Place::Start, "INSERT has more", "42601"),
    (
        Place::Start,
        "VALUES lists must all be the same length",
        "42601",
    ),
    (Place::Start, "value too long for type", "22001"),
    (Place::Start, "bit string", "22026"),
    (Place::Start, "division by zero", "22012"),
    (Place::Start, "invalid input syntax for", "22P02"),
    (Place::Start, "invalid input value for enum", "22P02"),
    (Place::Start, "malformed", "22P02"),
    (Place::Start, "invalid byte sequence for encoding", "22021"),
    (Place::Start, "unsupported Unicode escape sequence", "22P05"),
    (Place::Start, "invalid regular expression", "2201B"),
    (Place::Start, "numeric field overflow", "22003"),
    (Place::Start, "value overflows numeric format", "22003"),
    (Place::Start, "value out of range:", "22003"),
    (Place::Start, "date/time field value out of range", "22008"),
    (Place::Start, "date out of range", "22008"),
    (Place::Start, "timestamp out of range", "22008"),
    (Place::Start, "interval out of range", "22008"),
    (Place::Within, " is out of range for type ", "22003"),
    (Place::End, " out of range", "22003"),
    (Place::Start, "permission denied", "42501"),
    (Place::Start, "must be owner of", "42501"),
    (Place::Start, "must be superuser", "42501"),
    (Place::Within, " in a read-only transaction", "25006"),
    (Place::Start, "current transaction is aborted", "25P02"),
    (
        Place::Start,
        "cached plan must not change result type",
        "0A000",
    ),
    (Place::End, "because other objects depend on it", "2BP01"),
    (Place::Start, "missing FROM-clause entry", "42P01"),
    (
        Place::Start,
        "invalid reference to FROM-clause entry",
        "42P01",
    ),
    (
        Place::Start,
        "terminating connection due to idle-session timeout",
        "57P05",
    ),
    (
        Place::Start,
        "terminating connection due to idle-in-transaction timeout",
        "25P03",
    ),
    (
        Place::Start,
        "terminating connection because of crash",
        "57P02",
    ),
    (Place::Start, "terminating connection", "57P01"),
    (Place::Start, "server closed the connection", "08006"),
    (Place::Start, "no connection to the server", "08003"),
    (Place::Start, "could not receive data from server", "08006"),
    (Place::Start, "could not send data to server", "08006"),
    (Place::Start, "SSL connection has been closed", "08006"),
    (Place::Start, "SSL SYSCALL error", "08006"),
];

#[derive(Clone, Copy)]
enum Place {
    Start,
    Within,
    End,
}

/// What stands around a name in `relation "x" does not exist`.
const MISSING: &[(&str, &str)] = &[
    ("relation ", "42P01"),
    ("table ", "42P01"),
    ("column ", "42703"),
    ("prepared statement ", "26000"),
    ("function ", "42883"),
    ("operator ", "42883"),
    ("type ", "42704"),
    ("schema ", "3F000"),
];

/// The SQLSTATE, as far as Diesel's kind and the English words tell; empty when they don't.
fn code(kind: DieselKind, message: &str) -> &'static str {
    match kind {
        DieselKind::UniqueViolation => return "23505",
        DieselKind::ForeignKeyViolation => return "23503",
        DieselKind::RestrictViolation => return "23001",
        DieselKind::ExclusionViolation => return "23P01",
        DieselKind::NotNullViolation => return "23502",
        DieselKind::CheckViolation => return "23514",
        DieselKind::SerializationFailure => return "40001",
        DieselKind::ReadOnlyTransaction => return "25006",
        _ => {}
    }
    let told = WORDS.iter().find(|(place, words, _)| match place {
        Place::Start => message.starts_with(words),
        Place::Within => message.contains(words),
        Place::End => message.ends_with(words),
    });
    if let Some((.., code)) = told {
        return code;
    }
    if message.ends_with(" does not exist") {
        let missing = MISSING.iter().find(|(start, _)| message.starts_with(start));
        if let Some((_, code)) = missing {
            return code;
        }
    }
    match kind {
        DieselKind::ClosedConnection | DieselKind::UnableToSendCommand => "08006",
        _ => "",
    }
}

/// The error of a running connection.
pub(super) fn from_libpq(error: diesel::result::Error) -> Error {
    from_diesel(error, |kind, information| Some(classify(kind, information)))
}

fn classify(kind: DieselKind, information: &dyn DatabaseErrorInformation) -> Error {
    let message = information.message().trim_end();
    Refusal {
        code: code(kind, message),
        message,
        table: information.table_name(),
        column: information.column_name(),
        constraint: information.constraint_name(),
        detail: information.details(),
    }
    .into_error()
}

/// Whether the server refused an empty query, which is Diesel's word for having nothing to do.
pub(super) fn is_empty_query(error: &diesel::result::Error) -> bool {
    matches!(error, diesel::result::Error::DatabaseError(_, information)
        if information.message() == "Received an empty query")
}

/// The error of a connection that was not made; `address` has no password, nor do libpq's messages.
pub(super) fn failed_to_connect(error: ConnectionError, address: &str) -> Error {
    from_connect(error, |message| {
        // Several lines for several attempts: with encryption and without.
        let line = message.trim_end().replace('\n', "; ");
        let refusal = Refusal {
            code: connect_code(message),
            message: &line,
            table: None,
            column: None,
            constraint: None,
            detail: None,
        };
        Some(refusal.into_connect_error(address))
    })
}

/// The SQLSTATE of a refused connection; empty for everything that is no refusal.
fn connect_code(message: &str) -> &'static str {
    let says = |words: &str| message.contains(words);
    let no_such = |what: &str| says(&format!("FATAL:  {what} \"")) && says("does not exist");
    if says("password authentication failed") || says("no password supplied") {
        "28P01"
    } else if says("authentication failed for user")
        || says("pg_hba.conf")
        || says("is not permitted to log in")
        || no_such("role")
    {
        "28000"
    } else if no_such("database") {
        "3D000"
    } else if says("permission denied for database") {
        "42501"
    } else {
        ""
    }
}
