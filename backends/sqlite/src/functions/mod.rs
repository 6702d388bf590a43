//! Functions that SQLite lacks, or has with another meaning than the other engines: registered on every connection.
//!
//! Each gives NULL where an argument is NULL, and fails for an argument of a kind that it does not take.

mod argument;
mod dates;
mod json;
mod numbers;
mod text;

use diesel::result::QueryResult;
use diesel::sqlite::SqliteConnection;

/// Makes the functions known to a connection.
///
/// # Errors
///
/// When SQLite runs out of memory.
pub(crate) fn register(connection: &mut SqliteConnection) -> QueryResult<()> {
    dates::register(connection)?;
    json::register(connection)?;
    numbers::register(connection)?;
    text::register(connection)
}

/// Whether SQLite's message is that of a value which one of these functions refused. It quotes no value.
pub(crate) fn is_refusal(message: &str) -> bool {
    argument::Refusal::ALL
        .iter()
        .any(|refusal| refusal.message() == message)
}

/// What the tests of the functions ask a connection of the driver.
#[cfg(test)]
mod asked {
    use birgus_core::backend::{ConnectOptions, Connection, Driver, Row, Statement};
    use birgus_core::{Error, Result};

    fn connection() -> Box<dyn Connection> {
        crate::SqliteDriver
            .connector(ConnectOptions::new("sqlite::memory:".parse().unwrap()))
            .and_then(|connector| connector.connect())
            .unwrap()
    }

    fn one<T>(expression: &str, read: impl Fn(&dyn Row) -> Result<Option<T>>) -> Result<Option<T>> {
        let mut found = None;
        let statement = Statement::once(format!("SELECT {expression}"));
        connection().query(&statement, &mut |row| {
            found = read(row)?;
            Ok(())
        })?;
        Ok(found)
    }

    pub(super) fn integer(expression: &str) -> Option<i64> {
        one(expression, |row| row.integer(0)).unwrap()
    }

    pub(super) fn text(expression: &str) -> Option<String> {
        one(expression, |row| row.string(0)).unwrap()
    }

    pub(super) fn double(expression: &str) -> Option<f64> {
        // `double` would take an integer too.
        assert_eq!(
            text(&format!("typeof({expression})")).filter(|kind| kind == "integer"),
            None
        );
        one(expression, |row| row.double(0)).unwrap()
    }

    pub(super) fn refused(expression: &str) -> Error {
        one(expression, |_| Ok(Some(()))).err().unwrap()
    }
}

#[cfg(test)]
mod tests {
    use birgus_core::DatabaseErrorKind;

    use super::asked::{integer, refused, text};

    /// Every function with arguments that it takes.
    const CALLS: &[&str] = &[
        "birgus_date_add('2024-01-31', 1, 0)",
        "birgus_date_diff('2024-01-31', '2024-01-30')",
        "birgus_date_part('2024-01-31', 'year')",
        "birgus_date_to_datetime('2024-01-31')",
        "birgus_date_trunc('2024-01-31', 'year')",
        "birgus_to_date('2024-01-31')",
        "birgus_to_time('2024-01-31 00:00:00.000000')",
        "birgus_json_boolean('true', '[]')",
        "birgus_json_contains('1', '1')",
        "birgus_json_double('1', '[]')",
        "birgus_json_get('1', '[]')",
        "birgus_json_integer('1', '[]')",
        "birgus_json_length('[]', '[]')",
        "birgus_json_remove('[1]', '[0]')",
        "birgus_json_set('[1]', '[0]', '2')",
        "birgus_json_text('\"a\"', '[]')",
        "birgus_json_type('1', '[]')",
        "birgus_ceil(1.5)",
        "birgus_decimal_ceil(150, 2)",
        "birgus_decimal_divide(1, 2, 1)",
        "birgus_decimal_floor(150, 2)",
        "birgus_decimal_round(155, 1)",
        "birgus_decimal_to_double(150, 2)",
        "birgus_decimal_to_text(150, 2)",
        "birgus_text_to_decimal('1.5', 2)",
        "birgus_double_to_decimal(1.5, 2)",
        "birgus_double(1.5)",
        "birgus_floor(1.5)",
        "birgus_integer(1)",
        "birgus_lower('A')",
        "birgus_substring('abc', 1, 2)",
        "birgus_trim(' a')",
        "birgus_trim_end(' a')",
        "birgus_trim_start(' a')",
        "birgus_upper('a')",
    ];

    #[test]
    fn the_list_of_calls_is_complete() {
        let registered = integer(
            "count(DISTINCT name) FROM pragma_function_list WHERE name LIKE 'birgus!_%' ESCAPE '!'",
        );
        assert_eq!(registered, i64::try_from(CALLS.len()).ok());
    }

    #[test]
    fn null_gives_null_whatever_the_other_arguments_are() {
        for call in CALLS {
            assert_ne!(
                text(&format!("typeof({call})")).as_deref(),
                Some("null"),
                "{call}"
            );
            let (name, arguments) = call.trim_end_matches(')').split_once('(').unwrap();
            let count = arguments.split(", ").count();
            for null in 0..count {
                let arguments: Vec<&str> = (0..count)
                    .map(|index| if index == null { "NULL" } else { "x'00'" })
                    .collect();
                let call = format!("{name}({})", arguments.join(", "));
                assert_eq!(text(&call), None, "{call}");
            }
        }
    }

    #[test]
    fn every_function_is_deterministic() {
        let statements: Vec<String> = CALLS
            .iter()
            .map(|call| format!("(SELECT {call} IS NULL)"))
            .collect();
        assert_eq!(integer(&statements.join("+")), Some(0));
        let flags = format!(
            "count(*) FROM pragma_function_list WHERE name LIKE 'birgus!_%' ESCAPE '!' AND flags & {DETERMINISTIC} = 0"
        );
        assert_eq!(integer(&flags), Some(0));
    }

    /// SQLITE_DETERMINISTIC (https://www.sqlite.org/c3ref/c_deterministic.html).
    const DETERMINISTIC: i64 = 0x800;

    #[test]
    fn bytes_are_refused_as_invalid_data() {
        for call in CALLS {
            let (name, arguments) = call.trim_end_matches(')').split_once('(').unwrap();
            let bytes = vec!["x'7365637265'"; arguments.split(", ").count()];
            let error = refused(&format!("{name}({})", bytes.join(", ")));
            assert_eq!(
                error.database_kind(),
                Some(DatabaseErrorKind::InvalidData),
                "{call}"
            );
            assert!(!error.to_string().contains("secre"), "{error}");
        }
    }

    #[test]
    fn an_overflow_of_the_engines_own_is_invalid_data() {
        for overflow in [
            "abs(-9223372036854775807 - 1)",
            "sum(x) FROM (SELECT 9223372036854775807 AS x UNION ALL SELECT 1)",
        ] {
            let error = refused(overflow);
            assert_eq!(error.database_kind(), Some(DatabaseErrorKind::InvalidData));
            assert_eq!(error.to_string(), "integer out of range");
        }
    }
}
