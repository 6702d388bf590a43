//! PostgreSQL by the `postgres` crate: no libpq, SQLSTATEs, rows as they come.

mod bind;
mod cache;
mod connect;
mod connection;
mod error;
mod row;
mod tls;

use birgus_core::Result;
use birgus_core::backend::{ConnectOptions, Connector, Dialect, Driver};
use birgus_core::url::DatabaseUrl;

use crate::target::Target;
use crate::{LetterCase, dialect, throwaway};

/// The driver over the `postgres` crate: `postgresql://user@host/database`.
///
/// Its client runs an event loop of its own inside every call, so a connection can't be used from a thread that
/// drives asynchronous tasks: there, go through `spawn_blocking`.
#[derive(Clone, Copy, Debug)]
pub struct PostgresDriver;

impl Driver for PostgresDriver {
    fn schemes(&self) -> &'static [&'static str] {
        &["postgresql", "postgres"]
    }

    fn connector(&self, options: ConnectOptions) -> Result<Box<dyn Connector>> {
        let target = Target::new(&options)?;
        Ok(Box::new(connect::NativeConnector::new(target, &options)?))
    }

    fn dialect(&self, _scheme: &str) -> Result<&'static dyn Dialect> {
        Ok(dialect::native(Some(LetterCase::Libc)))
    }

    fn create_database(&self, options: &ConnectOptions, name: &str) -> Result<DatabaseUrl> {
        throwaway::create(self, options, name)
    }

    fn drop_database(&self, options: &ConnectOptions, name: &str) -> Result<()> {
        throwaway::remove(self, options, name)
    }
}
