//! The mode that every connection is put into, and read back.

use std::collections::BTreeMap;
use std::time::Duration;

use birgus_core::backend::{Connection, DdlTimeouts, Mode, Statement};
use birgus_core::{Error, Result};

use crate::connection::SqliteConnection;
use crate::location::{FileMode, Location};

/// What a user may not set: the promise of one behaviour depends on these.
const FIXED: &[&str] = &[
    "foreign_keys",
    "defer_foreign_keys",
    "case_sensitive_like",
    "ignore_check_constraints",
    "writable_schema",
    "legacy_alter_table",
    "encoding",
];

/// The settings of a connection, in the order in which they are sent.
pub(crate) struct Settings {
    pragmas: Vec<Pragma>,
}

struct Pragma {
    name: String,
    value: String,
    /// What it must read back as; `None` where SQLite has no one form.
    reads: Option<String>,
    /// Whether the user set it: a name that SQLite does not know is ignored by it.
    from_user: bool,
}

impl Pragma {
    fn own(name: &str, value: &str, reads: &str) -> Self {
        Self {
            name: name.to_owned(),
            value: value.to_owned(),
            reads: Some(reads.to_owned()),
            from_user: false,
        }
    }
}

impl Settings {
    pub(crate) fn new(location: &Location, user: &BTreeMap<String, String>) -> Result<Self> {
        for (name, value) in user {
            validate(name, value)?;
        }
        let mut pragmas = Vec::new();
        // Before anything else: the others may meet a lock and have to wait.
        if !user.contains_key("busy_timeout") {
            pragmas.push(Pragma::own("busy_timeout", "5000", "5000"));
        }
        let writes = matches!(
            location,
            Location::File { mode, .. } if *mode != FileMode::Read
        );
        // The journal of a file is a property of the file; a reader takes it as it is, and memory has none.
        if writes && !user.contains_key("journal_mode") {
            pragmas.push(Pragma::own("journal_mode", "WAL", "wal"));
            // Under WAL, NORMAL loses no committed transaction to a crash of the program, and keeps the file sound in a
            // power failure (https://www.sqlite.org/pragma.html#pragma_synchronous).
            if !user.contains_key("synchronous") {
                pragmas.push(Pragma::own("synchronous", "NORMAL", "1"));
            }
        }
        for (name, value) in user {
            if name == "journal_mode" && !writes {
                continue;
            }
            pragmas.push(Pragma {
                name: name.clone(),
                value: value.clone(),
                reads: matches!(name.as_str(), "journal_mode" | "busy_timeout")
                    .then(|| value.to_ascii_lowercase()),
                from_user: true,
            });
        }
        // Last, so that nothing above can undo it.
        pragmas.push(Pragma::own("foreign_keys", "ON", "1"));
        Ok(Self { pragmas })
    }

    /// Puts a new connection into the mode, and reads it back.
    pub(crate) fn apply(&self, connection: &mut SqliteConnection) -> Result<()> {
        for pragma in &self.pragmas {
            let Pragma { name, value, .. } = pragma;
            if pragma.from_user && !is_known(connection, name)? {
                return Err(Error::configuration(format!(
                    "the PRAGMA `{name}` is unknown to this SQLite"
                )));
            }
            connection.batch(&format!("PRAGMA {name} = {value}"))?;
            if let Some(reads) = &pragma.reads {
                let found = scalar(connection, &format!("PRAGMA {name}"))?;
                if found.as_deref() != Some(reads) {
                    let found = found.as_deref().unwrap_or("nothing");
                    return Err(Mode::not_effective(name, reads, found));
                }
            }
        }
        connection.batch("PRAGMA case_sensitive_like = ON")?;
        // This pragma alone has no value to read back.
        let found = scalar(connection, "SELECT 'a' LIKE 'A'")?;
        if found.as_deref() != Some("0") {
            return Err(Mode::not_effective("case_sensitive_like", "ON", "OFF"));
        }
        Ok(())
    }
}

fn validate(name: &str, value: &str) -> Result<()> {
    let is_name = !name.is_empty()
        && name
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    if !is_name {
        return Err(Error::configuration(format!(
            "the PRAGMA {name:?} must be named by lower-case letters and `_`"
        )));
    }
    if FIXED.contains(&name) {
        return Err(Error::configuration(format!(
            "the PRAGMA `{name}` can't be set: a program would behave differently than on other engines"
        )));
    }
    let is_value = !value.is_empty()
        && value
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'));
    if !is_value {
        return Err(Error::configuration(format!(
            "the value of the PRAGMA `{name}` must be letters, digits, `_` and `-`"
        )));
    }
    Ok(())
}

fn is_known(connection: &mut SqliteConnection, name: &str) -> Result<bool> {
    // The name is validated: it needs no quoting.
    let sql =
        format!("SELECT CAST(count(*) AS TEXT) FROM pragma_pragma_list WHERE name = '{name}'");
    Ok(scalar(connection, &sql)?.as_deref() == Some("1"))
}

/// The first value of the first row, whatever its kind.
fn scalar(connection: &mut SqliteConnection, sql: &str) -> Result<Option<String>> {
    let mut found = None;
    connection.query(&Statement::once(sql), &mut |row| {
        found = match row.integer(0) {
            Ok(value) => value.map(|value| value.to_string()),
            Err(_) => row.text(0)?.map(|text| text.to_ascii_lowercase()),
        };
        Ok(())
    })?;
    Ok(found)
}

/// Sets how long a statement waits for another writer, and gives what was set before.
pub(crate) fn set_ddl_timeouts(
    connection: &mut dyn Connection,
    timeouts: DdlTimeouts,
) -> Result<DdlTimeouts> {
    let Some(lock) = timeouts.lock else {
        return Ok(DdlTimeouts::default());
    };
    let mut before = DdlTimeouts::default();
    connection.query(&Statement::once("PRAGMA busy_timeout"), &mut |row| {
        let milliseconds = row
            .integer(0)?
            .and_then(|number| u64::try_from(number).ok());
        before.lock = milliseconds.map(Duration::from_millis);
        Ok(())
    })?;
    let milliseconds = lock.as_millis().min(i32::MAX as u128);
    connection.batch(&format!("PRAGMA busy_timeout = {milliseconds}"))?;
    Ok(before)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(name: &str, value: &str) -> String {
        let user = BTreeMap::from([(name.to_owned(), value.to_owned())]);
        let error = Settings::new(&Location::Memory, &user).err().unwrap();
        assert!(error.is_configuration());
        error.to_string()
    }

    #[test]
    fn a_pragma_can_not_smuggle_sql() {
        assert!(problem("cache_size; DROP TABLE x", "1").contains("lower-case letters"));
        assert!(problem("cache_size", "1; DROP TABLE x").contains("letters, digits"));
        assert!(problem("cache_size", "").contains("letters, digits"));
        assert!(problem("Foreign_Keys", "0").contains("lower-case letters"));
    }

    #[test]
    fn what_behaviour_depends_on_can_not_be_set() {
        for name in FIXED {
            assert!(problem(name, "0").contains("can't be set"));
        }
    }
}
