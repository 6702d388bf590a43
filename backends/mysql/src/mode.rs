//! The mode of a connection, set and read back.

use birgus_core::backend::{Mode, Row};
use birgus_core::{Error, Result};
use std::time::Duration;

use crate::server::Product;

/// Strictness, and the SQL that the dialect writes. Without NO_AUTO_VALUE_ON_ZERO the id 0 would become another one.
const SQL_MODE: &str = "STRICT_TRANS_TABLES,STRICT_ALL_TABLES,NO_ZERO_DATE,NO_ZERO_IN_DATE,\
    ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION,ONLY_FULL_GROUP_BY,ANSI_QUOTES,PIPES_AS_CONCAT,\
    NO_BACKSLASH_ESCAPES,NO_AUTO_VALUE_ON_ZERO";

/// The settings that don't depend on the options: the variable, what it is set to, what it reads back as.
///
/// Joined texts are cut at `group_concat_max_len` without an error; it is MariaDB's largest, which is that of a packet too. Quotients are written for `div_precision_increment`.
///
/// `sql_auto_is_null` would turn `IS NULL` into "the last id", `sql_safe_updates` refuses an UPDATE without a key.
const SETTINGS: &[(&str, &str, &str)] = &[
    ("time_zone", "'+00:00'", "+00:00"),
    ("foreign_key_checks", "1", "1"),
    ("unique_checks", "1", "1"),
    ("autocommit", "1", "1"),
    ("sql_auto_is_null", "0", "0"),
    ("sql_safe_updates", "0", "0"),
    ("lc_messages", "'en_US'", "en_US"),
    ("default_storage_engine", "'InnoDB'", "InnoDB"),
    ("group_concat_max_len", "1073741824", "1073741824"),
    ("div_precision_increment", "4", "4"),
];

/// What is only read: `SET NAMES` sets the first three.
const READ: &[&str] = &[
    "character_set_client",
    "character_set_connection",
    "character_set_results",
];

/// The statement that sets what is the same on both servers and for everyone.
fn settings() -> String {
    let mut sql = format!("SET sql_mode = '{SQL_MODE}'");
    for (variable, value, _) in SETTINGS {
        sql.push_str(&format!(", {variable} = {value}"));
    }
    sql
}

/// The statements that set the mode. Before `VERSION()` is known, version comments pick each server's part: MySQL
/// skips `/*M!`, MariaDB skips `/*!5…` to `/*!9…` (<https://mariadb.com/kb/en/comment-syntax/>).
pub(crate) fn set(timeout: Option<Duration>) -> String {
    let mut sql = settings();
    // `check_constraint_checks` is MariaDB's alone.
    sql.push_str(" /*M!100201 , check_constraint_checks = 1 */");
    // MariaDB orders by the first 1,024 bytes. 65,536 hold the longest text that can declare a length; the sort buffer
    // must take fifteen keys (https://mariadb.com/kb/en/server-system-variables/#max_sort_length).
    sql.push_str(
        " /*M!100201 , max_sort_length = 65536, sort_buffer_size = GREATEST(@@sort_buffer_size, 8388608) */",
    );
    // MariaDB would end a recursive query after 1,000 steps in silence, MySQL with an error; the others go on.
    sql.push_str(
        " /*!80003 , cte_max_recursion_depth = 4294967295 */ /*M!100203 , max_recursive_iterations = 4294967295 */",
    );
    if let Some(timeout) = timeout {
        // A statement that waits for a row's lock is not counted by max_execution_time.
        let lock_wait = timeout.as_secs_f64().ceil().clamp(1.0, 1_073_741_824.0);
        sql.push_str(&format!(", innodb_lock_wait_timeout = {lock_wait:.0}"));
        let milliseconds = timeout.as_millis().clamp(1, u128::from(u32::MAX));
        let seconds = timeout.as_secs_f64().max(0.000_001);
        sql.push_str(&format!(
            " /*!50704 , max_execution_time = {milliseconds} */ /*M!100101 , max_statement_time = {seconds:.6} */"
        ));
    }
    sql.push_str(
        "; SET NAMES utf8mb4 /*!80017 COLLATE utf8mb4_0900_bin */ /*M!100202 COLLATE utf8mb4_nopad_bin */; \
         SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED",
    );
    sql
}

/// The part of the mode that says how SQL is read and stored, for a script that somebody runs by a client.
pub(crate) fn for_script(product: Product) -> Vec<String> {
    vec![
        settings(),
        format!("SET NAMES utf8mb4 COLLATE {}", product.collation()),
    ]
}

/// The query that reads everything back, each column as text.
pub(crate) fn read() -> String {
    let mut sql = String::from(
        "SELECT VERSION(), @@sql_mode, @@collation_connection, \
         /*!50720 @@transaction_isolation */ /*M!100101 @@tx_isolation */, \
         CONCAT(/*!50704 @@max_execution_time */ /*M!100101 @@max_statement_time * 1000 */, ''), \
         CONCAT(/*!50704 1 */ /*M!100201 @@check_constraint_checks */, ''), \
         CONCAT(@@auto_increment_increment, '')",
    );
    let variables = SETTINGS.iter().map(|(variable, _, _)| variable);
    for variable in variables.chain(READ) {
        sql.push_str(&format!(", CONCAT(@@{variable}, '')"));
    }
    sql
}

/// What a new connection is told by the server.
#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) version: String,
    pub(crate) product: Product,
    pub(crate) insert_id_step: i64,
}

/// Checks the answer to [`read`].
pub(crate) fn verify(row: &dyn Row, timeout: Option<Duration>) -> Result<Server> {
    let text =
        |index: usize| -> Result<String> { Ok(row.text(index)?.unwrap_or_default().into_owned()) };
    let version = text(0)?;
    let product = Product::of_version(&version)?;
    let found = text(1)?;
    if !same_modes(&found, SQL_MODE) {
        return Err(Mode::not_effective("sql_mode", SQL_MODE, &found));
    }
    let expect = |name: &str, wanted: &str, found: &str| -> Result<()> {
        // As a text, MariaDB's flags are words and MySQL's are digits.
        let found = match found {
            "ON" => "1",
            "OFF" => "0",
            _ => found,
        };
        if found.eq_ignore_ascii_case(wanted) {
            Ok(())
        } else {
            Err(Mode::not_effective(name, wanted, found))
        }
    };
    expect("collation_connection", product.collation(), &text(2)?)?;
    expect("transaction_isolation", "READ-COMMITTED", &text(3)?)?;
    if let Some(timeout) = timeout {
        let found = text(4)?;
        let milliseconds: f64 = found.parse().unwrap_or(0.0);
        if (milliseconds - timeout.as_secs_f64() * 1000.0).abs() > 1.0 {
            let wanted = format!("{} ms", timeout.as_millis());
            return Err(Mode::not_effective("statement timeout", &wanted, &found));
        }
    }
    expect("check_constraint_checks", "1", &text(5)?)?;
    let step = text(6)?;
    let insert_id_step = step.parse().map_err(|_| {
        Error::configuration(format!(
            "auto_increment_increment is `{step}`, not a number"
        ))
    })?;
    for (position, (variable, _, wanted)) in SETTINGS.iter().enumerate() {
        expect(variable, wanted, &text(7 + position)?)?;
    }
    for (position, variable) in READ.iter().enumerate() {
        expect(variable, "utf8mb4", &text(7 + SETTINGS.len() + position)?)?;
    }
    Ok(Server {
        version,
        product,
        insert_id_step,
    })
}

/// The server gives the modes in an order of its own.
fn same_modes(left: &str, right: &str) -> bool {
    let sorted = |modes: &str| {
        let mut modes: Vec<String> = modes.split(',').map(str::to_ascii_uppercase).collect();
        modes.sort_unstable();
        modes
    };
    sorted(left) == sorted(right)
}
