//! Why no connection came about.

use birgus_core::{DatabaseErrorKind, Error};
use birgus_diesel_bridge::error::redacted;

/// Classifies what the client says when no connection comes about. `place` is `host:port/database`, `user` the name
/// that was tried.
pub(crate) fn classify_connect(message: &str, place: &str, user: &str) -> Error {
    let (kind, code, problem) = if message.starts_with("Access denied for user ")
        && message.contains("' to database '")
    {
        // Also said when the database does not exist, to a user who may not know that.
        let problem = format!("the server refused the user `{user}` this database");
        (
            DatabaseErrorKind::AuthenticationFailed,
            Some("1044"),
            problem,
        )
    } else if message.contains("Access denied") {
        let problem = format!("the server refused the user `{user}` or the password");
        (
            DatabaseErrorKind::AuthenticationFailed,
            Some("1045"),
            problem,
        )
    } else if message.contains("is not allowed to connect to this") {
        let problem = "the server takes no connections from this host".to_owned();
        (
            DatabaseErrorKind::AuthenticationFailed,
            Some("1130"),
            problem,
        )
    } else if message.contains("password has expired") || message.contains("reset your password") {
        let problem = format!("the password of the user `{user}` has expired");
        (
            DatabaseErrorKind::AuthenticationFailed,
            Some("1862"),
            problem,
        )
    } else if message.contains("uthentication plugin") {
        let problem = format!("the client can't authenticate: {message}");
        (DatabaseErrorKind::AuthenticationFailed, None, problem)
    } else if message.starts_with("Unknown database '") {
        let problem = "the server has no database of this name".to_owned();
        (DatabaseErrorKind::UnknownDatabase, Some("1049"), problem)
    } else {
        (DatabaseErrorKind::ConnectionFailed, None, redacted(message))
    };
    let error = Error::database(kind, format!("can't connect to {place}: {problem}"));
    match code {
        Some(code) => error.with_code(code),
        None => error,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_are_told_apart() {
        use DatabaseErrorKind::{AuthenticationFailed, ConnectionFailed, UnknownDatabase};
        for (message, kind) in [
            (
                "Access denied for user 'a'@'h' (using password: YES)",
                AuthenticationFailed,
            ),
            (
                "Access denied for user 'a'@'h' to database 'd'",
                AuthenticationFailed,
            ),
            (
                "Access denied for user 'a'@'h'. Account is locked.",
                AuthenticationFailed,
            ),
            (
                "Host 'h' is not allowed to connect to this MariaDB server",
                AuthenticationFailed,
            ),
            (
                "Your password has expired. To log in you must change it",
                AuthenticationFailed,
            ),
            (
                "Authentication plugin 'auth_gssapi_client' cannot be loaded",
                AuthenticationFailed,
            ),
            ("Unknown database 'd'", UnknownDatabase),
            ("Can't connect to server on 'h' (111)", ConnectionFailed),
            ("Unknown server host 'h' (-2)", ConnectionFailed),
            ("Too many connections", ConnectionFailed),
            ("TLS/SSL error: certificate verify failed", ConnectionFailed),
        ] {
            let error = classify_connect(message, "h:3306/d", "a");
            assert_eq!(error.database_kind(), Some(kind), "{message}");
            assert!(error.to_string().starts_with("can't connect to h:3306/d: "));
        }
    }
}
