//! Advisory locks of a session, and how long DDL waits.

use std::time::Duration;

use birgus_core::backend::{BindType, Connection, DdlTimeouts, Statement, StatementBuilder};
use birgus_core::{Result, Value};

/// The lock's number: PostgreSQL knows locks by number, one list a database, and schemas are databases of their own here. FNV-1a,
/// fixed for all time: programs of different versions must take the same lock.
fn number(connection: &mut dyn Connection, name: &str) -> Result<i64> {
    let mut schema = String::new();
    connection.query(
        &Statement::once("SELECT current_schema()::text"),
        &mut |row| {
            schema = row.string(0)?.unwrap_or_default();
            Ok(())
        },
    )?;
    let hash = schema
        .bytes()
        .chain([0])
        .chain(name.bytes())
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
        });
    Ok(i64::from_ne_bytes(hash.to_ne_bytes()))
}

fn ask(connection: &mut dyn Connection, function: &str, name: &str) -> Result<bool> {
    let number = number(connection, name)?;
    let mut sql = StatementBuilder::new(connection.dialect());
    sql.vary().push(&format!("SELECT {function}("));
    sql.bind(Value::Integer(number), BindType::BigInt).push(")");
    let mut got = false;
    connection.query(&sql.finish(), &mut |row| {
        got = row.boolean(0)?.unwrap_or(false);
        Ok(())
    })?;
    Ok(got)
}

pub(crate) fn try_lock(connection: &mut dyn Connection, name: &str) -> Result<bool> {
    ask(connection, "pg_try_advisory_lock", name)
}

pub(crate) fn unlock(connection: &mut dyn Connection, name: &str) -> Result<()> {
    ask(connection, "pg_advisory_unlock", name).map(drop)
}

/// The lock's number stands in two columns of the view, its upper and its lower half
/// (<https://www.postgresql.org/docs/current/view-pg-locks.html>).
pub(crate) fn holder(connection: &mut dyn Connection, name: &str) -> Result<Option<String>> {
    let number = number(connection, name)?;
    let mut sql = StatementBuilder::new(connection.dialect());
    sql.vary().push(
        "SELECT a.pid::bigint, COALESCE(a.usename::text, ''), COALESCE(a.application_name, ''), \
           COALESCE(host(a.client_addr), ''), to_char(a.backend_start AT TIME ZONE 'UTC', 'HH24:MI:SS') \
         FROM pg_catalog.pg_locks l JOIN pg_catalog.pg_stat_activity a ON a.pid = l.pid \
         WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1 \
           AND l.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database()) \
           AND l.classid::bigint = ",
    );
    sql.bind(
        Value::Integer((number >> 32) & 0xffff_ffff),
        BindType::BigInt,
    );
    sql.push(" AND l.objid::bigint = ");
    sql.bind(Value::Integer(number & 0xffff_ffff), BindType::BigInt);
    let mut holder = None;
    connection.query(&sql.finish(), &mut |row| {
        let text = |index: usize| -> Result<String> { Ok(row.string(index)?.unwrap_or_default()) };
        let (user, program, host, since) = (text(1)?, text(2)?, text(3)?, text(4)?);
        let program = if program.is_empty() {
            program
        } else {
            format!(" ({program})")
        };
        let host = if host.is_empty() {
            host
        } else {
            format!("@{host}")
        };
        holder = Some(format!(
            "process {} of {user}{host}{program}, connected since {since} UTC,",
            row.integer(0)?.unwrap_or(0)
        ));
        Ok(())
    })?;
    Ok(holder)
}

pub(crate) fn set_timeouts(
    connection: &mut dyn Connection,
    timeouts: DdlTimeouts,
) -> Result<DdlTimeouts> {
    Ok(DdlTimeouts {
        lock: set(connection, "lock_timeout", timeouts.lock)?,
        statement: set(connection, "statement_timeout", timeouts.statement)?,
    })
}

/// Gives what was set before, if anything is to be set.
fn set(
    connection: &mut dyn Connection,
    name: &str,
    wanted: Option<Duration>,
) -> Result<Option<Duration>> {
    let Some(wanted) = wanted else {
        return Ok(None);
    };
    let mut before = None;
    let sql = format!("SELECT setting::bigint FROM pg_catalog.pg_settings WHERE name = '{name}'");
    connection.query(&Statement::once(sql), &mut |row| {
        let milliseconds = row.integer(0)?.unwrap_or(0);
        before = u64::try_from(milliseconds).ok().map(Duration::from_millis);
        Ok(())
    })?;
    let mut sql = StatementBuilder::new(connection.dialect());
    sql.vary().push(&format!("SELECT set_config('{name}', "));
    let milliseconds = wanted.as_millis().min(i32::MAX as u128);
    sql.bind(Value::Text(milliseconds.to_string()), BindType::Text);
    sql.push(", false)");
    connection.query(&sql.finish(), &mut |_| Ok(()))?;
    Ok(before)
}
