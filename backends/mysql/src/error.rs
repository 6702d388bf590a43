//! What the servers and the C client say, in Birgus' terms.
//!
//! Diesel hides the error's number, so it is found by its message; the session speaks en_US, which a driver verifies.
//! The messages are those of <https://dev.mysql.com/doc/mysql-errors/8.4/en/server-error-reference.html> and
//! `sql/share/errmsg-utf8.txt` of MariaDB. No message that can quote a value is kept.

use birgus_core::backend::violation;
use birgus_core::schema::primary_key_name;
use birgus_core::{DatabaseErrorKind, Error};

use crate::server::Product;

mod connect;
mod message;

pub(crate) use connect::classify_connect;
use message::{about_names, fixed};

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
    let joined = ["UPDATE JSON_TABLE(", "DELETE \"changed\" FROM JSON_TABLE("];
    let rest = if joined.iter().any(|start| sql.starts_with(start)) {
        let (_, rest) = sql.split_once(" STRAIGHT_JOIN \"")?;
        rest
    } else {
        ["INSERT INTO \"", "UPDATE \"", "DELETE FROM \""]
            .iter()
            .find_map(|start| sql.strip_prefix(start))?
    };
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
        return Some(foreign_key(message, product).with_code("1452"));
    }
    if message.starts_with("Cannot delete or update a parent row: a foreign key constraint fails") {
        return Some(foreign_key(message, product).with_code("1451"));
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
    let (name, failed) = (
        name.replace("``", "`"),
        failed.map(|table| table.replace("``", "`")),
    );
    let (name, failed) = (name.as_str(), failed.as_deref());
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

/// `… fails ("db"."post", CONSTRAINT "fk" FOREIGN KEY ("a", "b") REFERENCES "user" …)`. A quote inside a name is doubled
/// by MariaDB alone; the quote is a backtick without ANSI_QUOTES.
fn foreign_key(message: &str, product: Product) -> Error {
    let parts = || {
        let (_, rest) = message.split_once(" constraint fails (")?;
        let quote = rest.chars().next()?;
        let unquoted = |name: &str| match product {
            Product::MariaDb => name.replace(&format!("{quote}{quote}"), &quote.to_string()),
            Product::Mysql => name.to_owned(),
        };
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
    (
        "Illegal double ",
        "1367",
        "a number is out of the range of floats",
    ),
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

fn between<'m>(message: &'m str, start: &str, end: &str) -> Option<&'m str> {
    message.strip_prefix(start)?.strip_suffix(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mysql(message: &str, sql: &str) -> Error {
        let product = Product::Mysql;
        classify(message, Context { product, sql }).unwrap()
    }

    #[test]
    fn the_table_is_that_of_the_statement_or_the_first_part_of_the_key() {
        let message = "Duplicate entry 'x' for key 'a.b.uq'";
        let error = mysql(message, r#"INSERT INTO "a.b" ("c") VALUES (?)"#);
        assert_eq!(
            (error.table(), error.constraint()),
            (Some("a.b"), Some("uq"))
        );
        let error = mysql(message, "REPLACE INTO t VALUES (1)");
        assert_eq!(
            (error.table(), error.constraint()),
            (Some("a"), Some("b.uq"))
        );
        let error = mysql("Duplicate entry 'x' for key 'PRIMARY'", "");
        assert_eq!((error.table(), error.constraint()), (None, None));
    }

    #[test]
    fn the_table_of_many_rows_stands_behind_their_list() {
        let list =
            "JSON_TABLE(?, '$[*]' COLUMNS (c0 BIGINT PATH '$[0]')) AS \"list\" STRAIGHT_JOIN";
        for sql in [
            format!(r#"UPDATE {list} "a""b" AS "changed" ON "changed"."c" = "list".c0"#),
            format!(
                r#"DELETE "changed" FROM {list} "a""b" AS "changed" ON "changed"."c" = "list".c0"#
            ),
        ] {
            assert_eq!(target_table(&sql).as_deref(), Some("a\"b"), "{sql}");
        }
        assert_eq!(
            target_table("UPDATE JSON_TABLE(?) AS a, \"t\" SET b = 1"),
            None
        );
    }

    #[test]
    fn a_foreign_key_is_read_with_either_quote() {
        for message in [
            "Cannot add or update a child row: a foreign key constraint fails (`d`.`c`, CONSTRAINT `k` FOREIGN KEY (`a`) REFERENCES `p` (`id`))",
            r#"Cannot add or update a child row: a foreign key constraint fails ("d"."c", CONSTRAINT "k" FOREIGN KEY ("a") REFERENCES "p" ("id"))"#,
        ] {
            let error = mysql(message, "");
            assert_eq!(error.table(), Some("c"));
            assert_eq!(error.constraint(), Some("k"));
            assert_eq!(error.column(), Some("a"));
        }
    }

    #[test]
    fn quotes_inside_names_are_doubled_by_one_server_alone() {
        let message = |name: &str| {
            format!(
                "Cannot add or update a child row: a foreign key constraint fails (\"d\".\"c\", CONSTRAINT \"{name}\" FOREIGN KEY (\"a\") REFERENCES \"p\" (\"id\"))"
            )
        };
        let context = |product| Context { product, sql: "" };
        let error = classify(&message("k\"\""), context(Product::MariaDb)).unwrap();
        assert_eq!(error.constraint(), Some("k\""));
        let error = classify(&message("k\"\""), context(Product::Mysql)).unwrap();
        assert_eq!(error.constraint(), Some("k\"\""));
        let message = "CONSTRAINT `a``b` failed for `d`.`c``d`";
        let error = classify(message, context(Product::MariaDb)).unwrap();
        assert_eq!(
            (error.table(), error.constraint()),
            (Some("c`d"), Some("a`b"))
        );
    }

    #[test]
    fn incorrect_arguments_are_not_incorrect_data() {
        let context = Context {
            product: Product::Mysql,
            sql: "",
        };
        assert!(classify("Incorrect arguments to ESCAPE", context).is_none());
    }
}
