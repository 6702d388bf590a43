//! Locks by name, and how long DDL waits.

use std::time::Duration;

use birgus_core::backend::{BindType, Connection, DdlTimeouts, Statement, StatementBuilder};
use birgus_core::{Result, Value};

use crate::server::Product;

/// The lock's name: one list for the whole server, and 64 characters at most
/// (<https://dev.mysql.com/doc/refman/8.4/en/locking-functions.html>). FNV-1a of the database and the name, fixed for all time:
/// programs of different versions must take the same lock.
fn lock_name(connection: &mut dyn Connection, name: &str) -> Result<String> {
    let mut database = String::new();
    connection.query(&Statement::once("SELECT DATABASE()"), &mut |row| {
        database = row.string(0)?.unwrap_or_default();
        Ok(())
    })?;
    let hash = database
        .bytes()
        .chain([0])
        .chain(name.bytes())
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
        });
    Ok(format!("birgus:{hash:016x}"))
}

fn ask(connection: &mut dyn Connection, call: (&str, &str), name: &str) -> Result<Option<i64>> {
    let name = lock_name(connection, name)?;
    let (before, behind) = call;
    let mut sql = StatementBuilder::new(connection.dialect());
    sql.vary()
        .push(before)
        .bind(Value::Text(name), BindType::Text)
        .push(behind);
    let mut answer = None;
    connection.query(&sql.finish(), &mut |row| {
        answer = row.integer(0)?;
        Ok(())
    })?;
    Ok(answer)
}

pub(crate) fn try_lock(connection: &mut dyn Connection, name: &str) -> Result<bool> {
    Ok(ask(connection, ("SELECT GET_LOCK(", ", 0)"), name)? == Some(1))
}

pub(crate) fn unlock(connection: &mut dyn Connection, name: &str) -> Result<()> {
    ask(connection, ("SELECT RELEASE_LOCK(", ")"), name).map(drop)
}

pub(crate) fn holder(connection: &mut dyn Connection, name: &str) -> Result<Option<String>> {
    let Some(id) = ask(connection, ("SELECT IS_USED_LOCK(", ")"), name)? else {
        return Ok(None);
    };
    let mut sql = StatementBuilder::new(connection.dialect());
    sql.vary()
        .push("SELECT USER, HOST FROM information_schema.PROCESSLIST WHERE ID = ")
        .bind(Value::Integer(id), BindType::BigInt);
    let mut holder = format!("connection {id}");
    connection.query(&sql.finish(), &mut |row| {
        let text = |index: usize| -> Result<String> { Ok(row.string(index)?.unwrap_or_default()) };
        holder = format!("connection {id} of {}@{}", text(0)?, text(1)?);
        Ok(())
    })?;
    Ok(Some(holder))
}

pub(crate) fn set_timeouts(
    product: Product,
    connection: &mut dyn Connection,
    timeouts: DdlTimeouts,
) -> Result<DdlTimeouts> {
    Ok(DdlTimeouts {
        lock: set(connection, "lock_wait_timeout", timeouts.lock)?,
        statement: match product {
            Product::MariaDb => set(connection, "max_statement_time", timeouts.statement)?,
            // It limits no DDL.
            Product::Mysql => None,
        },
    })
}

/// Gives what was set before, if anything is to be set. Both are in seconds, and whole ones: less would be none.
fn set(
    connection: &mut dyn Connection,
    name: &str,
    wanted: Option<Duration>,
) -> Result<Option<Duration>> {
    let Some(wanted) = wanted else {
        return Ok(None);
    };
    let mut before = None;
    let sql = format!("SELECT CAST(@@SESSION.{name} AS SIGNED)");
    connection.query(&Statement::once(sql), &mut |row| {
        let seconds = row.integer(0)?.unwrap_or(0);
        before = u64::try_from(seconds).ok().map(Duration::from_secs);
        Ok(())
    })?;
    let seconds = wanted.as_secs() + u64::from(wanted.subsec_nanos() > 0);
    connection.batch(&format!("SET SESSION {name} = {}", seconds.min(31_536_000)))?;
    Ok(before)
}
