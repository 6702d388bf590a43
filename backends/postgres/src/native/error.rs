//! Errors of the `postgres` crate.
//!
//! They are not kept as sources: theirs show `DETAIL`, which quotes the row.

use std::error::Error as _;
use std::io;

use birgus_core::{DatabaseErrorKind, Error};
use postgres::error::DbError;

use crate::error::Refusal;

/// The error of a running connection.
pub(super) fn from_postgres(error: postgres::Error) -> Error {
    if let Some(refusal) = error.as_db_error() {
        return refusal_of(refusal).into_error();
    }
    let (closed, message) = (error.is_closed(), error.to_string());
    match error.into_source().map(|cause| cause.downcast::<Error>()) {
        // A bind that was never sent.
        Some(Ok(own)) => *own,
        Some(Err(cause)) if closed || cause.is::<io::Error>() => Error::database(
            DatabaseErrorKind::ConnectionLost,
            format!("the connection to PostgreSQL is lost: {cause}"),
        ),
        None if closed => Error::database(
            DatabaseErrorKind::ConnectionLost,
            "the connection to PostgreSQL is lost",
        ),
        _ => Error::database(DatabaseErrorKind::Other, message),
    }
}

/// The error of a connection that was not made; `address` has no password.
pub(super) fn from_connect(error: &postgres::Error, address: &str) -> Error {
    if let Some(refusal) = error.as_db_error() {
        return refusal_of(refusal).into_connect_error(address);
    }
    let mut message = format!("can't connect to PostgreSQL at {address}: {error}");
    // The causes tell what a user can act on: refused, unknown host, an untrusted certificate.
    let mut cause = error.source();
    while let Some(current) = cause {
        message.push_str(": ");
        message.push_str(&current.to_string());
        cause = current.source();
    }
    // The crate says "authentication error" for a server that asks for a password when there is none.
    let kind = match error.to_string().as_str() {
        "authentication error" => DatabaseErrorKind::AuthenticationFailed,
        text if is_missing_password(text, &message) => DatabaseErrorKind::AuthenticationFailed,
        _ => DatabaseErrorKind::ConnectionFailed,
    };
    Error::database(kind, message)
}

fn is_missing_password(text: &str, whole: &str) -> bool {
    text == "invalid configuration" && whole.ends_with("password missing")
}

/// Whether a TLS handshake failed: the one failure after which `prefer` goes on without.
pub(super) fn is_handshake(error: &postgres::Error) -> bool {
    error.as_db_error().is_none() && error.to_string() == "error performing TLS handshake"
}

fn refusal_of(error: &DbError) -> Refusal<'_> {
    Refusal {
        code: error.code().code(),
        message: error.message(),
        table: error.table(),
        column: error.column(),
        constraint: error.constraint(),
        detail: error.detail(),
    }
}
