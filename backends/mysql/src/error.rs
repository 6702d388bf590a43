//! What the servers and the C client say, in Birgus' terms.
//!
//! Diesel hides the error's number, so it is found by its message; the session speaks en_US, which a driver verifies.
//! The messages are those of <https://dev.mysql.com/doc/mysql-errors/8.4/en/server-error-reference.html> and
//! `sql/share/errmsg-utf8.txt` of MariaDB. No message that can quote a value is kept.

use birgus_core::backend::violation;
use birgus_core::schema::primary_key_name;
use birgus_core::{DatabaseErrorKind, Error};
use birgus_diesel_bridge::error::redacted;

use crate::server::Product;

/// What an error was about, as far as the program knows.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Context<'a> {
    /// Who answered.
    pub(crate) product: Product,
    /// The statement: the servers don't always name its table.
    pub(crate) sql: &'a str,
}

/// Classifies a message; `None` when it is an unknown one.
pub(crate) fn classify(message: &str, context: Context<'_>) -> Option<Error> {
    let table = target_table(context.sql);
    constraint(message, context.product, table.as_deref())
        .or_else(|| invalid_data(message, table.as_deref()))
        .or_else(|| undefined(message))
        .or_else(|| fixed(message))
        .or_else(|| about_names(message))
}

/// The table that an INSERT, UPDATE or DELETE changes.
fn target_table(sql: &str) -> Option<String> {
    let rest = ["INSERT INTO \"", "UPDATE \"", "DELETE FROM \""]
        .iter()
        .find_map(|start| sql.strip_prefix(start))?;
    let mut name = String::new();
    let mut letters = rest.chars().peekable();
    while let Some(letter) = letters.next() {
        if letter == '"' && letters.next_if_eq(&'"').is_none() {
            return Some(name);
        }
        name.push(letter);
    }
    None
}

fn constraint(message: &str, product: Product, table: Option<&str>) -> Option<Error> {
    if message.starts_with("Duplicate entry ") {
        return Some(duplicate(message, product, table).with_code("1062"));
    }
    if message.starts_with("Cannot add or update a child row: a foreign key constraint fails") {
        return Some(foreign_key(message).with_code("1452"));
    }
    if message.starts_with("Cannot delete or update a parent row: a foreign key constraint fails") {
        return Some(foreign_key(message).with_code("1451"));
    }
    if let Some(rest) = message.strip_prefix("Cannot drop table '") {
        let (_, rest) = rest.rsplit_once("' referenced by a foreign key constraint '")?;
        let (name, child) = rest.split_once("' on table '")?;
        let child = child.trim_end_matches(['.', '\'']);
        let error = violation::foreign_key_violation(Some(child), &[], Some(name));
        return Some(error.with_code("3730"));
    }
    if let Some(column) = between(message, "Column '", "' cannot be null") {
        return Some(violation::not_null_violation(table, column).with_code("1048"));
    }
    if let Some(column) = between(message, "Field '", "' doesn't have a default value") {
        return Some(violation::not_null_violation(table, column).with_code("1364"));
    }
    if let Some(name) = between(message, "Check constraint '", "' is violated.") {
        return Some(violation::check_violation(table, Some(name)).with_code("3819"));
    }
    let (name, rest) = message
        .strip_prefix("CONSTRAINT `")?
        .split_once("` failed for `")?;
    let failed = rest
        .trim_end_matches('`')
        .split_once("`.`")
        .map(|(_, table)| table);
    // MariaDB's JSON is a text with a check that it makes itself.
    let own = failed.and_then(|table| name.strip_prefix(table)?.strip_prefix('.'));
    Some(match own {
        Some(column) => data(
            failed,
            Some(column),
            "the text is not a JSON document",
            "4025",
        ),
        None => violation::check_violation(failed, Some(name)).with_code("4025"),
    })
}

/// `Duplicate entry 'a' for key 'user.uq_user_name'`; MariaDB leaves out the table.
fn duplicate(message: &str, product: Product, table: Option<&str>) -> Error {
    let key = message
        .rsplit_once("' for key '")
        .and_then(|(_, key)| key.strip_suffix('\''));
    let Some(key) = key else {
        return violation::unique_violation(table, &[], None);
    };
    let (table, key) = match product {
        Product::MariaDb => (table, key),
        Product::Mysql => {
            let of_target = table.and_then(|table| key.strip_prefix(table)?.strip_prefix('.'));
            match (of_target, key.split_once('.')) {
                (Some(key), _) => (table, key),
                (None, Some((table, key))) => (Some(table), key),
                (None, None) => (table, key),
            }
        }
    };
    match (key, table) {
        ("PRIMARY", Some(name)) => {
            violation::unique_violation(table, &[], Some(&primary_key_name(name)))
        }
        ("PRIMARY", None) => violation::unique_violation(None, &[], None),
        _ => violation::unique_violation(table, &[], Some(key)),
    }
}

/// `… fails ("db"."post", CONSTRAINT "fk" FOREIGN KEY ("a", "b") REFERENCES "user" …)`. MySQL doesn't double a quote
/// inside a name; the quote is a backtick without ANSI_QUOTES.
fn foreign_key(message: &str) -> Error {
    let parts = || {
        let (_, rest) = message.split_once(" constraint fails (")?;
        let quote = rest.chars().next()?;
        let unquoted = |name: &str| name.replace(&format!("{quote}{quote}"), &quote.to_string());
        let (table, rest) = rest.split_once(&format!("{quote}, CONSTRAINT {quote}"))?;
        let (_, table) = table.split_once(&format!("{quote}.{quote}"))?;
        let (name, rest) = rest.split_once(&format!("{quote} FOREIGN KEY ({quote}"))?;
        let (columns, _) = rest.split_once(&format!("{quote}) REFERENCES "))?;
        let between = format!("{quote}, {quote}");
        let columns: Vec<String> = columns.split(&between).map(unquoted).collect();
        Some((unquoted(table), unquoted(name), columns))
    };
    match parts() {
        Some((table, name, columns)) => {
            let columns: Vec<&str> = columns.iter().map(String::as_str).collect();
            violation::foreign_key_violation(Some(&table), &columns, Some(&name))
        }
        None => violation::foreign_key_violation(None, &[], None),
    }
}

/// Values that a column, or an expression, can't hold: start of the message, number, what is wrong.
const INVALID_DATA: &[(&str, &str, &str)] = &[
    ("Data too long for column ", "1406", "the value is too long"),
    (
        "Out of range value for column ",
        "1264",
        "the value is out of range",
    ),
    (
        "Data truncated for column ",
        "1265",
        "the value does not fit the column's type",
    ),
    (
        "Incorrect ",
        "1366",
        "the value does not fit the column's type",
    ),
    (
        "Truncated incorrect ",
        "1292",
        "a value does not fit the type it is used as",
    ),
    (
        "Invalid JSON text",
        "3140",
        "the text is not a JSON document",
    ),
    ("Invalid utf8mb", "1300", "a text is not UTF-8"),
    (
        "Cannot create a JSON value from a string with CHARACTER SET",
        "3144",
        "the bytes are not a JSON document",
    ),
    (
        "Cannot convert string ",
        "3854",
        "a text can't be held by the column's character set",
    ),
    ("Division by 0", "1365", "division by zero"),
];

fn invalid_data(message: &str, table: Option<&str>) -> Option<Error> {
    if message.contains(" value is out of range in ") {
        let problem = "the result of an expression is out of range";
        return Some(data(table, None, problem, "1690"));
    }
    let (start, code, problem) = INVALID_DATA
        .iter()
        .find(|(start, _, _)| message.starts_with(start))?;
    let column = column_of_value(message);
    if *start == "Incorrect " && column.is_none() && !message.contains(" value: '") {
        // `Incorrect arguments to …`, `Incorrect table name …`: no value is wrong.
        return None;
    }
    Some(data(table, column.as_deref(), problem, code))
}

fn data(table: Option<&str>, column: Option<&str>, problem: &str, code: &str) -> Error {
    let subject = match (table, column) {
        (Some(table), Some(column)) => format!("{table}.{column}: "),
        (None, Some(name)) | (Some(name), None) => format!("{name}: "),
        (None, None) => String::new(),
    };
    let mut error = Error::database(
        DatabaseErrorKind::InvalidData,
        format!("{subject}{problem}"),
    );
    if let Some(table) = table {
        error = error.with_table(table);
    }
    error.with_columns(column).with_code(code)
}

/// The column in `… for column 'n' at row 1`, ``… for column `db`.`t`.`n` at row 1`` or `… value for column 't.j'.`.
/// The value, which comes first, may hold the same words.
fn column_of_value(message: &str) -> Option<String> {
    let (_, rest) = message.rsplit_once("for column ")?;
    let name = match rest.rsplit_once(" at row ") {
        Some((name, _)) => name,
        None => rest.trim_end_matches('.'),
    };
    if let Some(name) = name.strip_prefix('`') {
        let last = name.strip_suffix('`')?.rsplit("`.`").next()?;
        return Some(last.replace("``", "`"));
    }
    let name = name.strip_prefix('\'')?.strip_suffix('\'')?;
    let json = message.starts_with("Invalid JSON text");
    Some(match name.rsplit_once('.') {
        Some((_, column)) if json => column.to_owned(),
        _ => name.to_owned(),
    })
}

fn undefined(message: &str) -> Option<Error> {
    let table = between(message, "Table '", "' doesn't exist")
        .map(|name| (name, "1146"))
        .or_else(|| between(message, "Unknown table '", "'").map(|name| (name, "1051")));
    if let Some((name, code)) = table {
        // The name of a database with a point in it is rarer than that of a table.
        let name = name.split_once('.').map_or(name, |(_, table)| table);
        return Some(
            Error::database(
                DatabaseErrorKind::UndefinedTable,
                format!("table {name} does not exist"),
            )
            .with_table(name)
            .with_code(code),
        );
    }
    let (name, _) = message
        .strip_prefix("Unknown column '")?
        .rsplit_once("' in '")?;
    let column = name.rsplit('.').next().unwrap_or(name);
    Some(
        Error::database(
            DatabaseErrorKind::UndefinedColumn,
            format!("column {name} does not exist"),
        )
        .with_columns([column])
        .with_code("1054"),
    )
}

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

fn fixed(message: &str) -> Option<Error> {
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

fn about_names(message: &str) -> Option<Error> {
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

fn between<'m>(message: &'m str, start: &str, end: &str) -> Option<&'m str> {
    message.strip_prefix(start)?.strip_suffix(end)
}

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
