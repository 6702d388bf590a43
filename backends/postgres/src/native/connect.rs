//! Making connections.

use std::sync::Arc;
use std::time::Duration;

use birgus_core::backend::{ConnectOptions, Connection, Connector, TlsMode};
use birgus_core::{DatabaseErrorKind, Error, Result};
use postgres::config::SslMode;
use postgres::{Client, Config, NoTls};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::connection::NativeConnection;
use super::{error, tls};
use crate::target::Target;
use crate::{deadline, mode};

/// Makes connections to one database.
pub(super) struct NativeConnector {
    // Shared with the thread that connects, which outlives its deadline.
    plan: Arc<Plan>,
    address: String,
    connect_timeout: Duration,
    statement_timeout: Option<Duration>,
    statement_cache: usize,
}

struct Plan {
    config: Config,
    /// For `prefer`, when the handshake fails.
    plain: Option<Config>,
    tls: Option<MakeRustlsConnect>,
}

impl NativeConnector {
    pub(super) fn new(target: Target, options: &ConnectOptions) -> Result<Self> {
        let mut config = Config::new();
        if target.is_socket() {
            config.host_path(&target.host);
        } else {
            config.host(&target.host);
        }
        config
            .port(target.port)
            .connect_timeout(target.connect_timeout);
        if let Some(user) = &target.user {
            config.user(user);
        }
        if let Some(password) = &target.password {
            config.password(password);
        }
        if let Some(database) = &target.database {
            config.dbname(database);
        }
        if let Some(name) = &target.application_name {
            config.application_name(name);
        }
        if let Some(options) = &target.options {
            config.options(options);
        }
        // A Unix socket needs no encryption, and PostgreSQL offers none there.
        let mode = if target.is_socket() {
            TlsMode::Disable
        } else {
            target.tls.mode
        };
        config.ssl_mode(match mode {
            TlsMode::Disable => SslMode::Disable,
            TlsMode::Prefer => SslMode::Prefer,
            _ => SslMode::Require,
        });
        let plain = (mode == TlsMode::Prefer).then(|| {
            let mut plain = config.clone();
            plain.ssl_mode(SslMode::Disable);
            plain
        });
        let tls = tls::connector(&birgus_core::backend::TlsOptions {
            mode,
            ca_file: target.tls.ca_file.clone(),
        })?;
        Ok(Self {
            plan: Arc::new(Plan { config, plain, tls }),
            address: target.address(),
            connect_timeout: target.connect_timeout,
            statement_timeout: options.statement_timeout,
            statement_cache: options.statement_cache,
        })
    }

    fn client(&self) -> Result<Client> {
        let plan = Arc::clone(&self.plan);
        let connected = deadline::within(self.connect_timeout, move || plan.connect())
            .map_err(|reason| self.failed(reason))?;
        connected.map_err(|error| error::from_connect(&error, &self.address))
    }

    fn failed(&self, reason: impl std::fmt::Display) -> Error {
        Error::database(
            DatabaseErrorKind::ConnectionFailed,
            format!("can't connect to PostgreSQL at {}: {reason}", self.address),
        )
    }
}

impl Plan {
    fn connect(&self) -> Result<Client, postgres::Error> {
        let Some(tls) = &self.tls else {
            return self.config.connect(NoTls);
        };
        match (self.config.connect(tls.clone()), &self.plain) {
            (Err(error), Some(plain)) if error::is_handshake(&error) => plain.connect(NoTls),
            (connected, _) => connected,
        }
    }
}

impl Connector for NativeConnector {
    fn connect(&self) -> Result<Box<dyn Connection>> {
        let mut connection = NativeConnection::new(self.client()?, self.statement_cache);
        let server = mode::enter(&mut connection, self.statement_timeout)
            .map_err(|error| error.context(format_args!("connecting to {}", self.address)))?;
        connection.set_server(server);
        Ok(Box::new(connection))
    }
}
