//! PostgreSQL by libpq, over Diesel's `PgConnection`.

mod bind;
mod connect;
mod connection;
mod error;
mod row;

use birgus_core::Result;
use birgus_core::backend::{ConnectOptions, Connector, Dialect, Driver};
use birgus_core::url::DatabaseUrl;

use crate::target::Target;
use crate::{LetterCase, dialect, throwaway};

/// The driver over libpq: `postgresql+libpq://user@host/database`.
///
/// libpq hides the SQLSTATE from Diesel, so errors are told apart by what Diesel knows of them and by their English
/// words. A superuser's connection asks for English; with another user, a server that speaks another language leaves
/// some errors unclassified (deadlocks and timeouts among them): set `lc_messages = 'C'` for that user.
///
/// libpq reads environment variables and `~/.pgpass` for what the URL leaves open, and where `~/.postgresql/root.crt`
/// exists, `sslmode=require` verifies like `verify-ca`.
#[derive(Clone, Copy, Debug)]
pub struct LibpqDriver;

impl Driver for LibpqDriver {
    fn schemes(&self) -> &'static [&'static str] {
        &["postgresql+libpq", "postgres+libpq"]
    }

    fn connector(&self, options: ConnectOptions) -> Result<Box<dyn Connector>> {
        let target = Target::new(&options)?;
        Ok(Box::new(connect::LibpqConnector::new(&target, &options)?))
    }

    fn dialect(&self, _scheme: &str) -> Result<&'static dyn Dialect> {
        Ok(dialect::libpq(Some(LetterCase::Libc)))
    }

    fn create_database(&self, options: &ConnectOptions, name: &str) -> Result<DatabaseUrl> {
        throwaway::create(self, options, name)
    }

    fn drop_database(&self, options: &ConnectOptions, name: &str) -> Result<()> {
        throwaway::remove(self, options, name)
    }
}
