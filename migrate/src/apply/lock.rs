//! The lock that lets any number of deployers start at once: one works, the others wait.
//!
//! Where connections can hold locks, one is held from the first look at the journal to the last step. Elsewhere whoever writes has
//! the whole database: each revision is one transaction that writes from its start, and looks at the journal again within it.

use std::thread::sleep;
use std::time::{Duration, Instant};

use birgus_core::backend::{Connection, TransactionMode};
use birgus_core::chrono::{DateTime, Utc};
use birgus_core::query::Expression as _;
use birgus_core::{Error, Model, PooledConnection, Result};

use super::journal::{create_missing, who};

/// The lock's name.
const NAME: &str = "birgus_migrate";

/// The pause between two tries.
const PAUSE: Duration = Duration::from_millis(50);

/// Who migrates, where a connection can't hold a lock: for those who wait to be told. The transaction is the lock, not this row.
#[derive(Model, Clone, Debug)]
#[model(table = "birgus_lock", register = false)]
struct Holder {
    #[key]
    id: i32,
    #[column(length = 255)]
    who: String,
    since: DateTime<Utc>,
}

/// The table of [`Holder`].
pub(crate) const LOCK_TABLE: &str = "birgus_lock";

/// Runs `work` while nobody else migrates.
pub(crate) fn locked<T>(
    connection: &mut PooledConnection,
    wait: Duration,
    work: impl FnOnce(&mut PooledConnection) -> Result<T>,
) -> Result<T> {
    let dialect = connection.dialect();
    if !dialect.capabilities().session_locks {
        announce(connection, wait)?;
        let result = work(connection);
        if result.is_ok() {
            withdraw(connection, wait)?;
        }
        return result;
    }
    let start = Instant::now();
    while !dialect.try_lock(connection, NAME)? {
        if start.elapsed() >= wait {
            let holder = dialect.lock_holder(connection, NAME)?;
            return Err(timed_out(holder.as_deref(), wait));
        }
        sleep(PAUSE);
    }
    let result = work(connection);
    if connection.in_transaction() {
        // The error that left it open is the one to tell.
        let _ = connection.rollback();
    }
    match (result, dialect.unlock(connection, NAME)) {
        (Ok(done), Ok(())) => Ok(done),
        (Ok(_), Err(error)) | (Err(error), _) => Err(error),
    }
}

/// Begins a transaction that writes; where that takes the whole database, waits as long for it as for the lock.
pub(crate) fn begin(connection: &mut PooledConnection, wait: Duration) -> Result<()> {
    let start = Instant::now();
    loop {
        match connection.begin(TransactionMode::Write, None) {
            Err(error) if error.is_retryable() && start.elapsed() < wait => sleep(PAUSE),
            Err(error) if error.is_retryable() => {
                let holder = holder(connection);
                return Err(timed_out(holder.as_deref(), wait).with_source(error));
            }
            result => return result,
        }
    }
}

fn timed_out(holder: Option<&str>, wait: Duration) -> Error {
    let holder = holder.map_or_else(
        || "somebody else is writing or migrating".to_owned(),
        |holder| format!("{holder} is migrating"),
    );
    Error::migration(format!(
        "{holder}, and was not done within {} seconds; wait for it, or raise the lock timeout",
        wait.as_secs()
    ))
}

/// Says who migrates, in a transaction of its own.
fn announce(connection: &mut PooledConnection, wait: Duration) -> Result<()> {
    begin(connection, wait)?;
    let result = (|| {
        create_missing(connection, &Holder::info().to_table()?)?;
        Holder::query().delete(&mut *connection)?;
        let holder = Holder {
            id: 1,
            who: who(),
            since: Utc::now(),
        };
        Holder::insert(holder).execute(&mut *connection).map(drop)
    })();
    finish(connection, result)
}

fn withdraw(connection: &mut PooledConnection, wait: Duration) -> Result<()> {
    begin(connection, wait)?;
    let own = Holder::query().filter(Holder::who.eq(who()));
    let result = own.delete(&mut *connection).map(drop);
    finish(connection, result)
}

/// Commits the open transaction, or rolls it back after an error.
pub(crate) fn finish<T>(connection: &mut PooledConnection, result: Result<T>) -> Result<T> {
    match result.and_then(|done| connection.commit().map(|()| done)) {
        Ok(done) => Ok(done),
        Err(error) => {
            // The first error is the one to tell; a rollback that fails too spoils the connection.
            let _ = connection.rollback();
            Err(error)
        }
    }
}

/// Who said last that it migrates; nobody where that can't be read.
fn holder(connection: &mut PooledConnection) -> Option<String> {
    let holder = Holder::query()
        .order_by(Holder::id.asc())
        .first(connection)
        .ok()??;
    Some(format!(
        "{} (since {})",
        holder.who,
        holder.since.format("%H:%M:%S UTC")
    ))
}
