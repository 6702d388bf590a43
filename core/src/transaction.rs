//! Transactions of a kind, and transactions that are tried again.

use std::thread;
use std::time::Duration;

use crate::backend::{Isolation, TransactionMode};
use crate::database::Database;
use crate::session::Session;
use crate::{Error, Result};

/// The longest pause after the first try; it doubles with each.
const FIRST_PAUSE: Duration = Duration::from_millis(10);
/// How often it doubles: up to 640 ms.
const DOUBLINGS: u32 = 6;

/// Of what kind a transaction is, and how often it is tried.
///
/// ```
/// use birgus_core::{Isolation, TransactionOptions};
///
/// let options = TransactionOptions::new().isolation(Isolation::Serializable).tries(10);
/// # let _ = options;
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub struct TransactionOptions {
    pub(crate) isolation: Option<Isolation>,
    read_only: bool,
    pub(crate) two_phase: bool,
    tries: u32,
}

impl Default for TransactionOptions {
    fn default() -> Self {
        Self::new()
    }
}

impl TransactionOptions {
    /// READ COMMITTED, or what the engine has next to it; reading and writing; five tries.
    pub const fn new() -> Self {
        Self {
            isolation: None,
            read_only: false,
            two_phase: false,
            tries: 5,
        }
    }

    /// Keeps the transaction apart from others, as far at least.
    pub const fn isolation(mut self, isolation: Isolation) -> Self {
        self.isolation = Some(isolation);
        self
    }

    /// Keeps the transaction from writing: a write is refused by an error that is
    /// [`is_read_only`](crate::Error::is_read_only), as is a lock by `for_update`.
    pub const fn read_only(mut self) -> Self {
        self.read_only = true;
        self
    }

    /// Has a session that works with several databases commit them in two phases: each of them promises first that it can
    /// commit, whatever happens; only when all have promised is any of them committed. It takes MySQL, MariaDB, or a
    /// PostgreSQL whose `max_prepared_transactions` is not 0; others refuse the first write with `is_unsupported()`.
    ///
    /// When the program or a server ends between the two phases, transactions stay prepared, with their locks, until
    /// somebody ends them: the error, or the log of `tracing`, names their ids (`birgus_…`).
    pub const fn two_phase(mut self) -> Self {
        self.two_phase = true;
        self
    }

    /// How often [`Database::transaction_with`](crate::Database::transaction_with) runs its closure at most; once at
    /// least. A session is tried by nobody but its program.
    pub const fn tries(mut self, tries: u32) -> Self {
        self.tries = if tries == 0 { 1 } else { tries };
        self
    }

    pub(crate) fn mode(&self) -> TransactionMode {
        if self.read_only {
            TransactionMode::ReadOnly
        } else {
            TransactionMode::Write
        }
    }

    /// Whether a read outside of the transaction would not be what was asked for.
    pub(crate) fn begins_at_once(&self) -> bool {
        self.read_only || self.isolation.is_some()
    }
}

impl Database {
    /// Runs a closure in a session, and commits; rolls back when the closure or the commit fails. When the error is
    /// [`is_retryable`](Error::is_retryable), a deadlock say, everything is done again in a new session, up to five times
    /// in all.
    ///
    /// ```no_run
    /// # extern crate birgus_core as birgus;
    /// use birgus::prelude::*;
    ///
    /// #[derive(Model)]
    /// pub struct Account {
    ///     #[key]
    ///     pub id: i64,
    ///     pub cents: i64,
    /// }
    ///
    /// fn transfer(db: &Database, from: i64, to: i64, cents: i64) -> birgus::Result<()> {
    ///     db.transaction(|session| {
    ///         let account = |id| Account::query().by_key(id).for_update();
    ///         let source = account(from).one(&mut *session)?;
    ///         let target = account(to).one(&mut *session)?; // may wait for a transfer the other way round: a deadlock
    ///         account(from).update(Account::cents.set(source.cents - cents), &mut *session)?;
    ///         account(to).update(Account::cents.set(target.cents + cents), &mut *session)?;
    ///         Ok(())
    ///     })
    /// }
    /// # fn main() {}
    /// ```
    ///
    /// Between two tries it waits, at random and each time twice as long, 10 ms at first and 640 ms at last. What the closure
    /// does besides must bear to be done again: messages are better sent afterwards, and statements belong to the
    /// session. A closure that has committed by itself is not run again, and keys of an earlier try mean nothing to a
    /// later one.
    ///
    /// Transactions see each other as those of [`Database::session`]: lock a row before it is changed by what was read
    /// of it (`for_update`), or ask for more by [`Database::transaction_with`].
    ///
    /// # Errors
    ///
    /// The closure's, or the commit's: at once when it is not retryable, and that of the last try otherwise, which says
    /// how many there were. After `is_connection_lost()` during the commit it is not known whether the transaction took
    /// place, so it is not tried again.
    pub fn transaction<T>(&self, work: impl FnMut(&mut Session) -> Result<T>) -> Result<T> {
        self.transaction_with(TransactionOptions::new(), work)
    }

    /// Runs a closure in a transaction of a kind, as [`Database::transaction`] does.
    ///
    /// ```no_run
    /// # extern crate birgus_core as birgus;
    /// # use birgus::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Doctor { #[key] pub id: i64, pub on_call: bool }
    /// # fn leave(db: &Database, id: i64) -> birgus::Result<bool> {
    /// // What was counted still holds when the transaction commits: two doctors don't leave at once.
    /// let options = TransactionOptions::new().isolation(Isolation::Serializable).tries(10);
    /// db.transaction_with(options, |session| {
    ///     let others = Doctor::query().filter(Doctor::on_call).filter(Doctor::id.ne(id));
    ///     if others.count(&mut *session)? == 0 {
    ///         return Ok(false);
    ///     }
    ///     Doctor::query().by_key(id).update(Doctor::on_call.set(false), &mut *session)?;
    ///     Ok(true)
    /// })
    /// # }
    /// # fn main() {}
    /// ```
    ///
    /// # Errors
    ///
    /// As [`Database::transaction`].
    pub fn transaction_with<T>(
        &self,
        options: TransactionOptions,
        mut work: impl FnMut(&mut Session) -> Result<T>,
    ) -> Result<T> {
        let mut tries = 0;
        loop {
            tries += 1;
            let error = match self.attempt(&options, &mut work)? {
                Attempt::Done(value) => return Ok(value),
                Attempt::Again(error) => error,
            };
            if tries >= options.tries {
                let plural = if tries == 1 { "try" } else { "tries" };
                return Err(error.context(format_args!("given up after {tries} {plural}")));
            }
            let pause = pause(tries);
            tracing::debug!(%error, tries, pause_ms = pause.as_millis(), "a transaction is tried again");
            thread::sleep(pause);
        }
    }

    fn attempt<T>(
        &self,
        options: &TransactionOptions,
        work: &mut impl FnMut(&mut Session) -> Result<T>,
    ) -> Result<Attempt<T>> {
        // Dropped before the pause, so that nobody waits for its locks and its connection meanwhile.
        let mut session = self.session_with(options.clone())?;
        let result = work(&mut session).and_then(|value| {
            session.commit()?;
            Ok(value)
        });
        match result {
            Ok(value) => Ok(Attempt::Done(value)),
            Err(error) if error.is_retryable() && !session.has_committed() => {
                Ok(Attempt::Again(error))
            }
            Err(error) => Err(error),
        }
    }
}

/// A session moves between threads, so that a service may run it where it likes.
const _: fn() = || {
    fn moves<T: Send>() {}
    moves::<Session>();
};

/// What came of a try.
enum Attempt<T> {
    Done(T),
    Again(Error),
}

/// How long to wait after so many tries: those that met are not to meet again.
fn pause(tries: u32) -> Duration {
    let longest = FIRST_PAUSE * (1 << (tries - 1).min(DOUBLINGS));
    longest.mul_f64(0.5 + fastrand::f64() / 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_a_bound_and_are_never_short() {
        for (tries, longest) in [
            (1, 10),
            (2, 20),
            (5, 160),
            (7, 640),
            (8, 640),
            (u32::MAX, 640),
        ] {
            let longest = Duration::from_millis(longest);
            for _ in 0..100 {
                let pause = pause(tries);
                assert!(pause >= longest / 2 && pause <= longest, "{pause:?}");
            }
        }
    }

    #[test]
    fn there_is_one_try_at_least() {
        assert_eq!(TransactionOptions::new().tries(0).tries, 1);
    }
}
