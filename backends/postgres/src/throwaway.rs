//! Schemas for tests. A database would be copied from a template, and need a privilege of its own (`CREATEDB`).

use birgus_core::Result;
use birgus_core::backend::{ConnectOptions, Driver};
use birgus_core::url::DatabaseUrl;

/// How long to wait for those who use a schema that is dropped.
const LOCK_SECONDS: u32 = 5;

fn administer(
    driver: &dyn Driver,
    options: &ConnectOptions,
    name: &str,
    statement: impl FnOnce(&str) -> String,
) -> Result<()> {
    let mut connection = driver.connector(options.clone())?.connect()?;
    connection.batch(&format!("SET lock_timeout = '{LOCK_SECONDS}s'"))?;
    let mut quoted = String::new();
    connection.dialect().quote_identifier(&mut quoted, name);
    connection.batch(&statement(&quoted))
}

/// Makes a schema, and gives the URL that chooses it, beside the options that are there.
pub(crate) fn create(
    driver: &dyn Driver,
    options: &ConnectOptions,
    name: &str,
) -> Result<DatabaseUrl> {
    administer(driver, options, name, |name| {
        format!("CREATE SCHEMA {name}")
    })?;
    let chosen = format!("-c search_path={}", escaped(name));
    let chosen = match options.url.parameter("options") {
        // The last setting wins.
        Some(others) => format!("{others} {chosen}"),
        None => chosen,
    };
    Ok(options.url.clone().with_parameter("options", &chosen))
}

/// Drops a schema with all that is in it.
pub(crate) fn remove(driver: &dyn Driver, options: &ConnectOptions, name: &str) -> Result<()> {
    administer(driver, options, name, |name| {
        format!("DROP SCHEMA IF EXISTS {name} CASCADE")
    })
}

/// A name in a setting on the server's command line: quoted as an identifier, with a backslash before what would end
/// the argument.
fn escaped(name: &str) -> String {
    let mut escaped = String::from("\"");
    for letter in name.chars() {
        match letter {
            '"' => escaped.push_str("\"\""),
            letter if letter == '\\' || letter.is_ascii_whitespace() => {
                escaped.extend(['\\', letter]);
            }
            letter => escaped.push(letter),
        }
    }
    escaped.push('"');
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_argument_and_one_identifier() {
        assert_eq!(escaped("birgus_test_1"), r#""birgus_test_1""#);
        assert_eq!(escaped(r#"a "b" \c"#), r#""a\ ""b""\ \\c""#);
    }
}
