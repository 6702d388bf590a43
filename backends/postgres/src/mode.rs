//! The mode of every connection: set and read back by one statement.

use std::time::Duration;

use birgus_core::backend::{Connection, Mode, Statement};
use birgus_core::{Error, Result};

use crate::{LetterCase, literal};

/// Settings that are made. `set_config` gives back what the setting is afterwards.
const SET: [(&str, &str); 5] = [
    ("TimeZone", "UTC"),
    ("default_transaction_isolation", "read committed"),
    ("standard_conforming_strings", "on"),
    ("client_encoding", "UTF8"),
    ("transform_null_equals", "off"),
];

/// The same for a script that somebody runs by a client.
pub(crate) fn for_script() -> Vec<String> {
    (SET.iter())
        .map(|(name, value)| format!("SET {name} = '{value}'"))
        .collect()
}

/// What can't be set by everyone, or not at all. A database in another encoding refuses some characters and counts
/// others as several; a replica's role switches foreign keys off.
const REQUIRED: [(&str, &str); 2] = [
    ("server_encoding", "UTF8"),
    ("session_replication_role", "origin"),
];

/// What a new connection is told by the server.
#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) version: String,
    pub(crate) letter_case: Option<LetterCase>,
}

/// Puts a connection into the mode that Birgus requires.
///
/// # Errors
///
/// `is_configuration()` for a setting that did not take effect, and whatever the server refuses.
pub(crate) fn enter(
    connection: &mut dyn Connection,
    statement_timeout: Option<Duration>,
) -> Result<Server> {
    let timeout = statement_timeout.map(milliseconds).transpose()?;
    let mut sql = String::from("SELECT current_setting('server_version')");
    sql.push_str(&format!(
        ", array_to_string(ARRAY({}), ',')",
        LetterCase::FIND
    ));
    for (name, _) in REQUIRED {
        sql.push_str(&format!(", current_setting('{name}')"));
    }
    for (name, value) in SET {
        sql.push_str(&format!(", set_config('{name}', '{value}', false)"));
    }
    if let Some(timeout) = &timeout {
        sql.push_str(", set_config('statement_timeout', ");
        literal::text(&mut sql, timeout);
        sql.push_str(", false)");
    }
    // libpq's errors are told apart by their English words. Only a superuser may ask for those, and everyone else's
    // attempt would fail the whole statement.
    sql.push_str(
        ", CASE WHEN current_setting('is_superuser') = 'on' \
         THEN set_config('lc_messages', 'C', false) END",
    );

    let mut version = String::new();
    let mut letter_case = None;
    connection.query(&Statement::once(sql), &mut |row| {
        let found = |index: usize| -> Result<String> {
            Ok(row.text(index)?.map(Into::into).unwrap_or_default())
        };
        version = found(0)?;
        letter_case = LetterCase::best_of(found(1)?.split(','));
        for (index, (name, wanted)) in REQUIRED.iter().chain(&SET).enumerate() {
            let found = found(index + 2)?;
            if found != *wanted {
                return Err(Mode::not_effective(name, wanted, &found));
            }
        }
        Ok(())
    })?;
    // `15.4 (Debian 15.4-1)`: the packager's part says nothing about behaviour.
    let end = version.find(' ').unwrap_or(version.len());
    version.truncate(end);
    Ok(Server {
        version,
        letter_case,
    })
}

/// PostgreSQL counts up to 2^31 - 1 milliseconds, and 0 is no limit.
fn milliseconds(timeout: Duration) -> Result<String> {
    let milliseconds = timeout.as_micros().div_ceil(1_000).max(1);
    i32::try_from(milliseconds)
        .map(|milliseconds| milliseconds.to_string())
        .map_err(|_| Error::configuration("statement timeout: PostgreSQL takes at most 24 days"))
}
