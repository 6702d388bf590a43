//! Units of work of asynchronous programs.

use std::future::Future;
use std::panic::resume_unwind;
use std::sync::Arc;

use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::database::Database;
use crate::session::Session;
use crate::transaction::TransactionOptions;
use crate::{Error, Result};

/// Who may use a connection: as many as the pool has, in the order in which they asked.
pub(crate) struct Turns(Arc<Semaphore>);

impl Turns {
    pub(crate) fn new(connections: u32) -> Self {
        let connections = usize::try_from(connections).unwrap_or(usize::MAX);
        Self(Arc::new(Semaphore::new(
            connections.min(Semaphore::MAX_PERMITS),
        )))
    }

    fn next(&self) -> impl Future<Output = Result<OwnedSemaphorePermit>> + Send + use<> {
        let turns = Arc::clone(&self.0);
        async move {
            let turn = turns.acquire_owned().await;
            turn.map_err(|_| Error::session("the database takes no more units of work"))
        }
    }
}

/// Does something that blocks on a thread of its own, and waits for it, when a runtime is around: a client with a runtime
/// inside, PostgreSQL's, panics when it is closed on a thread that drives tasks.
pub(crate) fn outside_of_runtime(work: impl FnOnce() + Send) {
    if Handle::try_current().is_err() {
        return work();
    }
    std::thread::scope(|scope| {
        // Where there is no thread to be had, what was to be closed is closed here after all.
        if let Ok(running) = std::thread::Builder::new().spawn_scoped(scope, work) {
            // A panic of the client as it closes must not become one of a destructor.
            let _ = running.join();
        }
    });
}

impl Database {
    /// Runs a closure in a transaction as [`Database::transaction`] does, on one of tokio's threads for what blocks. It
    /// takes the feature `tokio`.
    ///
    /// ```no_run
    /// # extern crate birgus_core as birgus;
    /// # use birgus::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct User { #[key] pub id: i64, #[column(length = 64, unique)] pub username: String }
    /// async fn sign_up(db: Database, name: String) -> birgus::Result<i64> {
    ///     // The closure may run again after a deadlock, so it keeps what it was given.
    ///     db.run(move |session| {
    ///         let key = session.add(User::build().username(name.clone()));
    ///         session.flush()?;
    ///         Ok(session[key].id)
    ///     })
    ///     .await
    /// }
    /// # fn main() {}
    /// ```
    ///
    /// As many closures run at once as the pool has connections; the others wait, first come first served, without a
    /// thread and for as long as it takes: tokio's `timeout` limits that. Use the session within the closure, and not
    /// the database: a second connection may not come before the first one is given back.
    ///
    /// Everything else blocks, opening the database too. Do it before the runtime starts, or by tokio's `spawn_blocking`:
    /// a thread that drives tasks would stand still, and PostgreSQL's client in pure Rust panics on one.
    ///
    /// The future borrows nothing. **Dropping it** before the closure has begun means that it never runs. Later it changes
    /// nothing: the closure runs to its end, the transaction commits or is tried again, and nobody is told.
    ///
    /// # Errors
    ///
    /// As [`Database::transaction`]; `is_configuration()` outside of a tokio runtime, and `is_session()` when the runtime
    /// shuts down before the closure has begun.
    ///
    /// # Panics
    ///
    /// With what the closure panicked with. The transaction is rolled back then, and its connection given back.
    pub fn run<T, F>(&self, work: F) -> impl Future<Output = Result<T>> + Send + use<T, F>
    where
        T: Send + 'static,
        F: FnMut(&mut Session) -> Result<T> + Send + 'static,
    {
        self.run_with(TransactionOptions::new(), work)
    }

    /// Runs a closure in a transaction of a kind, as [`Database::run`] does.
    ///
    /// ```no_run
    /// # extern crate birgus_core as birgus;
    /// # use birgus::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct User { #[key] pub id: i64, pub username: String }
    /// # async fn report(db: Database) -> birgus::Result<(u64, Vec<String>)> {
    /// let options = TransactionOptions::new().isolation(Isolation::RepeatableRead).read_only();
    /// db.run_with(options, |session| {
    ///     let number = User::query().count(&mut *session)?;
    ///     Ok((number, User::query().pluck(User::username, session)?))
    /// })
    /// .await
    /// # }
    /// # fn main() {}
    /// ```
    ///
    /// # Errors
    ///
    /// As [`Database::run`].
    ///
    /// # Panics
    ///
    /// As [`Database::run`].
    pub fn run_with<T, F>(
        &self,
        options: TransactionOptions,
        mut work: F,
    ) -> impl Future<Output = Result<T>> + Send + use<T, F>
    where
        T: Send + 'static,
        F: FnMut(&mut Session) -> Result<T> + Send + 'static,
    {
        let database = self.clone();
        async move {
            let runtime = Handle::try_current().map_err(|_| {
                Error::configuration(
                    "run needs a tokio runtime around it; without one, use Database::transaction",
                )
            })?;
            let turn = database.turns().next().await?;
            let span = tracing::Span::current();
            let running = runtime.spawn_blocking(move || {
                // Given up last, when the connection is back in the pool.
                let _turn = turn;
                span.in_scope(|| database.transaction_with(options, &mut work))
            });
            match running.await {
                Ok(result) => result,
                Err(failure) => match failure.try_into_panic() {
                    Ok(thrown) => resume_unwind(thrown),
                    Err(_) => Err(Error::session(
                        "the runtime shut down before the unit of work had begun",
                    )),
                },
            }
        }
    }
}
