//! Errors that are known by what their message says alone.

use birgus_core::{DatabaseErrorKind, Error};
use birgus_diesel_bridge::error::redacted;

/// Messages that hold no value: a part of the message, number, kind. The first that fits decides.
const FIXED: &[(&str, &str, DatabaseErrorKind)] = {
    use DatabaseErrorKind::{
        Busy, ConnectionLost, Deadlock, PermissionDenied, ReadOnly, SerializationFailure,
        StatementTimeout, Syntax, UnknownDatabase,
    };
    &[
        ("Deadlock found when trying to get lock", "1213", Deadlock),
        // Galera, at COMMIT: another node changed the same rows.
        ("WSREP detected deadlock/conflict", "1213", Deadlock),
        (
            "Record has changed since last read",
            "1020",
            SerializationFailure,
        ),
        // Group replication, at COMMIT: another member changed the same rows.
        (
            "Plugin instructed the server to rollback the current transaction",
            "3101",
            SerializationFailure,
        ),
        ("Lock wait timeout exceeded", "1205", Busy),
        ("lock(s) could not be acquired immediately", "3572", Busy),
        (
            "maximum statement execution time exceeded",
            "3024",
            StatementTimeout,
        ),
        ("max_statement_time exceeded", "1969", StatementTimeout),
        ("Query execution was interrupted", "1317", StatementTimeout),
        ("You have an error in your SQL syntax", "1064", Syntax),
        ("Server has gone away", "2006", ConnectionLost),
        ("server has gone away", "2006", ConnectionLost),
        ("Lost connection to ", "2013", ConnectionLost),
        (
            "disconnected by the server because of inactivity",
            "4031",
            ConnectionLost,
        ),
        ("Connection was killed", "1927", ConnectionLost),
        ("Server shutdown in progress", "1053", ConnectionLost),
        ("Got packets out of order", "1156", ConnectionLost),
        (
            "Got timeout reading communication packets",
            "1159",
            ConnectionLost,
        ),
        (
            "Got an error reading communication packets",
            "1158",
            ConnectionLost,
        ),
        ("Malformed packet", "2027", ConnectionLost),
        ("Commands out of sync", "2014", ConnectionLost),
        // A kept `SELECT *` of a table that was altered since. MariaDB's client then takes the rest of this answer for
        // that of the next statement (seen with 3.3.20), so the connection can't be used any longer.
        (
            "The number of parameters in bound buffers differs",
            "2057",
            ConnectionLost,
        ),
        (
            "The number of columns in the result set differs",
            "2057",
            ConnectionLost,
        ),
        // The server closes the connection after it.
        (
            "acket bigger than 'max_allowed_packet'",
            "1153",
            ConnectionLost,
        ),
        // A Galera node without its cluster takes nothing until it has joined again; another node may.
        ("WSREP has not yet prepared node", "1047", ConnectionLost),
        ("during COMMIT", "1180", ConnectionLost),
        ("in a READ ONLY transaction", "1792", ReadOnly),
        (
            "read-only option so it cannot execute this statement",
            "1290",
            ReadOnly,
        ),
        (
            "read_only option so it cannot execute this statement",
            "1290",
            ReadOnly,
        ),
        ("Running in read-only mode", "1836", ReadOnly),
        ("command denied to user", "1142", PermissionDenied),
        ("Access denied for user ", "1044", PermissionDenied),
        ("Access denied; you need", "1227", PermissionDenied),
        ("Unknown database '", "1049", UnknownDatabase),
    ]
};

/// Classifies a message that holds no value.
pub(super) fn fixed(message: &str) -> Option<Error> {
    let (_, code, kind) = FIXED.iter().find(|(part, _, _)| message.contains(part))?;
    let message = match kind {
        // What it quotes is the statement's text, which holds binds only as question marks.
        DatabaseErrorKind::Syntax
        | DatabaseErrorKind::PermissionDenied
        | DatabaseErrorKind::UnknownDatabase
        | DatabaseErrorKind::ReadOnly => message.to_owned(),
        _ if *code == "1153" => {
            "the statement is larger than the server's max_allowed_packet".to_owned()
        }
        _ => redacted(message),
    };
    Some(Error::database(*kind, message).with_code(*code))
}

/// Messages that quote nothing but names, and so can be kept: start, number.
const ABOUT_NAMES: &[(&str, &str)] = &[
    ("Can't DROP ", "1091"),
    ("Can't create table ", "1005"),
    ("Can't create database ", "1007"),
    ("Can't drop database ", "1008"),
    ("Duplicate column name ", "1060"),
    ("Duplicate key name ", "1061"),
    ("Duplicate check constraint name ", "3822"),
    ("Duplicate foreign key constraint name ", "1826"),
    ("Failed to open the referenced table ", "1824"),
    ("Failed to add the foreign key constraint", "1822"),
    ("Foreign key constraint ", "1823"),
    ("Function or expression ", "1901"),
    ("Key column ", "1072"),
    ("Missing index for constraint ", "1822"),
    ("Multiple primary key defined", "1068"),
    ("Row size too large", "1118"),
    ("Specified key was too long", "1071"),
];

/// Keeps a message that holds nothing but names.
pub(super) fn about_names(message: &str) -> Option<Error> {
    let exists = message.starts_with("Table '") && message.ends_with("' already exists");
    let code = if exists {
        "1050"
    } else if message.starts_with("Column '") && message.contains("' cannot be used in a check") {
        "3823"
    } else {
        let (_, code) = ABOUT_NAMES
            .iter()
            .find(|(start, _)| message.starts_with(start))?;
        code
    };
    Some(Error::database(DatabaseErrorKind::Other, message.to_owned()).with_code(code))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Messages that a test can't provoke on a single server, as the manuals and sources have them.
    #[test]
    fn what_clusters_proxies_and_replicas_say_is_classified() {
        use DatabaseErrorKind::{
            Busy, ConnectionLost, Deadlock, PermissionDenied, ReadOnly, SerializationFailure,
            StatementTimeout,
        };
        for (message, kind, code) in [
            ("MySQL server has gone away", ConnectionLost, "2006"),
            ("Server has gone away", ConnectionLost, "2006"),
            (
                "Lost connection to MySQL server during query",
                ConnectionLost,
                "2013",
            ),
            (
                "Lost connection to server during query",
                ConnectionLost,
                "2013",
            ),
            ("Connection was killed", ConnectionLost, "1927"),
            ("Server shutdown in progress", ConnectionLost, "1053"),
            (
                "The client was disconnected by the server because of inactivity. See wait_timeout and interactive_timeout for configuring this behavior.",
                ConnectionLost,
                "4031",
            ),
            (
                "Got a packet bigger than 'max_allowed_packet' bytes",
                ConnectionLost,
                "1153",
            ),
            (
                "WSREP has not yet prepared node for application use",
                ConnectionLost,
                "1047",
            ),
            (
                "Got error 6 \"No such device or address\" during COMMIT",
                ConnectionLost,
                "1180",
            ),
            (
                "WSREP detected deadlock/conflict and aborted the transaction. Try restarting the transaction",
                Deadlock,
                "1213",
            ),
            (
                "Record has changed since last read in table 't'",
                SerializationFailure,
                "1020",
            ),
            (
                "Plugin instructed the server to rollback the current transaction.",
                SerializationFailure,
                "3101",
            ),
            (
                "Lock wait timeout exceeded; try restarting transaction",
                Busy,
                "1205",
            ),
            (
                "Query execution was interrupted, maximum statement execution time exceeded",
                StatementTimeout,
                "3024",
            ),
            (
                "Query execution was interrupted (max_statement_time exceeded)",
                StatementTimeout,
                "1969",
            ),
            (
                "The MySQL server is running with the --super-read-only option so it cannot execute this statement",
                ReadOnly,
                "1290",
            ),
            (
                "The MariaDB server is running with the --read-only option so it cannot execute this statement",
                ReadOnly,
                "1290",
            ),
            (
                "SELECT command denied to user 'a'@'b' for table 'c'",
                PermissionDenied,
                "1142",
            ),
        ] {
            let error = fixed(message).unwrap();
            assert_eq!(error.database_kind(), Some(kind), "{message}");
            assert_eq!(error.code(), Some(code), "{message}");
        }
        // The same number, for another option.
        let message = "The MySQL server is running with the --secure-file-priv option so it cannot execute this statement";
        assert!(fixed(message).is_none());
    }

    #[test]
    fn a_message_about_names_is_kept() {
        let message = "Can't DROP 'nope'; check that column/key exists";
        assert_eq!(about_names(message).unwrap().to_string(), message);
        assert!(about_names("Table 'a' is full").is_none());
    }
}
