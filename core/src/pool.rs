//! The pool: r2d2 over the driver's connector.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::backend::{Connection, Connector};
use crate::config::PoolConfig;
use crate::{Error, Result};

/// A pool of connections to one database.
pub(crate) struct Pool {
    /// `None` only while it is dropped.
    pool: Option<r2d2::Pool<Manager>>,
    connecting: Arc<Connecting>,
    leases: Arc<Mutex<Leases>>,
    failure: Arc<Mutex<Option<String>>>,
    config: PoolConfig,
    /// What to do when all connections are out.
    advice: &'static str,
}

/// A connection on loan; dropping it gives it back.
pub(crate) struct Lease {
    connection: r2d2::PooledConnection<Manager>,
    leases: Arc<Mutex<Leases>>,
    slot: usize,
}

/// A connection in the pool.
pub(crate) struct Idle {
    pub(crate) connection: Box<dyn Connection>,
    /// Whether a transaction is open.
    pub(crate) in_transaction: bool,
    returned: Instant,
    /// Whether it may no longer be used: its transaction could not be rolled back.
    pub(crate) spoiled: bool,
}

/// When each connection that is out was taken.
#[derive(Default)]
struct Leases {
    since: Vec<Option<Instant>>,
}

/// Connections that are being made right now, by the pool's background threads.
#[derive(Default)]
struct Connecting {
    count: Mutex<usize>,
    done: Condvar,
}

struct Manager {
    connector: Arc<dyn Connector>,
    connecting: Arc<Connecting>,
    /// The connection that proved the configuration; the first one that the pool asks for.
    first: Mutex<Option<Box<dyn Connection>>>,
    check_after: Duration,
    url: String,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // What the pool keeps behind its locks is whole after each operation, so a panic elsewhere spoils nothing.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Manager {
    fn open(&self) -> Result<Box<dyn Connection>> {
        let span =
            tracing::debug_span!("connect", url = %self.url, elapsed_us = tracing::field::Empty);
        let _entered = span.enter();
        let start = Instant::now();
        let connection = self.connector.connect();
        span.record("elapsed_us", micros(start.elapsed()));
        if let Err(error) = &connection {
            tracing::warn!(%error, "connecting failed");
        }
        connection
    }
}

pub(crate) fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

impl r2d2::ManageConnection for Manager {
    type Connection = Idle;
    type Error = Error;

    fn connect(&self) -> Result<Idle> {
        let first = lock(&self.first).take();
        let connection = match first {
            Some(connection) => connection,
            None => {
                *lock(&self.connecting.count) += 1;
                let opened = self.open();
                *lock(&self.connecting.count) -= 1;
                self.connecting.done.notify_all();
                opened?
            }
        };
        Ok(Idle {
            connection,
            in_transaction: false,
            returned: Instant::now(),
            spoiled: false,
        })
    }

    fn is_valid(&self, idle: &mut Idle) -> Result<()> {
        if idle.returned.elapsed() < self.check_after {
            Ok(())
        } else {
            idle.connection.ping()
        }
    }

    fn has_broken(&self, idle: &mut Idle) -> bool {
        idle.returned = Instant::now();
        idle.spoiled || idle.connection.is_broken()
    }
}

/// Keeps what the pool's background thread met, so that a checkout that times out can say why.
#[derive(Debug)]
struct KeepFailure(Arc<Mutex<Option<String>>>);

impl r2d2::HandleError<Error> for KeepFailure {
    fn handle_error(&self, error: Error) {
        *lock(&self.0) = Some(error.to_string());
    }
}

impl Pool {
    /// Opens a first connection, which proves the configuration, and a pool that begins with it.
    pub(crate) fn open(
        connector: Box<dyn Connector>,
        url: String,
        config: &PoolConfig,
    ) -> Result<Self> {
        if config.size == 0 {
            return Err(Error::configuration("pool.size must be at least 1"));
        }
        if config.min_idle > config.size {
            return Err(Error::configuration(format!(
                "pool.min_idle is {}, more than pool.size, which is {}",
                config.min_idle, config.size
            )));
        }
        for (key, value) in [
            ("checkout_timeout", Some(config.checkout_timeout)),
            ("idle_timeout", config.idle_timeout),
            ("max_lifetime", config.max_lifetime),
        ] {
            if value.is_some_and(|value| value.is_zero()) {
                return Err(Error::configuration(format!(
                    "pool.{key} must be longer than zero"
                )));
            }
        }
        let manager = Manager {
            connector: connector.into(),
            connecting: Arc::default(),
            first: Mutex::new(None),
            check_after: config.check_after,
            url,
        };
        let first = manager.open()?;
        *lock(&manager.first) = Some(first);
        let connecting = Arc::clone(&manager.connecting);
        let failure = Arc::new(Mutex::new(None));
        let pool = r2d2::Pool::builder()
            .max_size(config.size)
            .min_idle(Some(config.min_idle))
            .connection_timeout(config.checkout_timeout)
            .idle_timeout(config.idle_timeout)
            .max_lifetime(config.max_lifetime)
            .test_on_check_out(true)
            .error_handler(Box::new(KeepFailure(Arc::clone(&failure))))
            .build_unchecked(manager);
        Ok(Self {
            pool: Some(pool),
            connecting,
            leases: Arc::default(),
            failure,
            config: config.clone(),
            advice: "give sessions and connections back sooner, or raise pool.size",
        })
    }

    /// The same pool, with other words for whoever finds all connections out.
    pub(crate) fn advising(mut self, advice: &'static str) -> Self {
        self.advice = advice;
        self
    }

    /// Takes a connection.
    pub(crate) fn checkout(&self) -> Result<Lease> {
        let span = tracing::trace_span!("checkout", elapsed_us = tracing::field::Empty);
        let _entered = span.enter();
        let start = Instant::now();
        let connection = self.pool.as_ref().map(r2d2::Pool::get);
        span.record("elapsed_us", micros(start.elapsed()));
        match connection {
            Some(Ok(connection)) => {
                let slot = lock(&self.leases).take(start);
                Ok(Lease {
                    connection,
                    leases: Arc::clone(&self.leases),
                    slot,
                })
            }
            _ => Err(self.timed_out()),
        }
    }

    fn timed_out(&self) -> Error {
        let (out, oldest) = lock(&self.leases).out();
        let waited = humantime::format_duration(self.config.checkout_timeout);
        let mut message = format!(
            "no connection within {waited}: {out} of {} are out",
            self.config.size
        );
        if let Some(oldest) = oldest {
            let oldest =
                Duration::from_millis(u64::try_from(oldest.as_millis()).unwrap_or(u64::MAX));
            message.push_str(&format!(
                ", the oldest for {}",
                humantime::format_duration(oldest)
            ));
        }
        if out >= self.config.size as usize {
            message.push_str("; ");
            message.push_str(self.advice);
        } else if let Some(failure) = &*lock(&self.failure) {
            message.push_str(&format!("; connecting failed: {failure}"));
        }
        Error::checkout_timeout(message)
    }
}

impl Drop for Pool {
    /// Waits for connections that are being made in the background: a program that ends in the midst of one tears the
    /// C library down under it (OpenSSL frees its state at exit; libpq then reads freed memory).
    fn drop(&mut self) {
        // Without the pool no background thread begins another one.
        let pool = self.pool.take();
        #[cfg(feature = "tokio")]
        crate::service::outside_of_runtime(move || drop(pool));
        #[cfg(not(feature = "tokio"))]
        drop(pool);
        let busy = |count: &mut usize| *count > 0;
        let limit = self.config.checkout_timeout;
        let _ = self
            .connecting
            .done
            .wait_timeout_while(lock(&self.connecting.count), limit, busy);
    }
}

impl Leases {
    fn take(&mut self, now: Instant) -> usize {
        match self.since.iter().position(Option::is_none) {
            Some(free) => {
                self.since[free] = Some(now);
                free
            }
            None => {
                self.since.push(Some(now));
                self.since.len() - 1
            }
        }
    }

    fn out(&self) -> (usize, Option<Duration>) {
        let out = self.since.iter().flatten();
        (out.clone().count(), out.min().map(Instant::elapsed))
    }
}

impl Lease {
    pub(crate) fn idle(&self) -> &Idle {
        &self.connection
    }

    pub(crate) fn idle_mut(&mut self) -> &mut Idle {
        &mut self.connection
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        let idle: &mut Idle = &mut self.connection;
        if idle.in_transaction {
            // Nobody must find another one's transaction open.
            idle.in_transaction = false;
            idle.spoiled = idle.connection.rollback().is_err();
        }
        if let Some(since) = lock(&self.leases).since.get_mut(self.slot) {
            *since = None;
        }
    }
}
