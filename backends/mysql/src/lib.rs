//! MySQL and MariaDB for Birgus, over Diesel's `MysqlConnection`.
//!
//! The two share one dialect with two sets of capabilities; `SELECT VERSION()` tells which server answers, whatever
//! the URL's scheme says. MySQL is supported from 8.0.31 on, MariaDB from 10.6 on: older servers lack INTERSECT and
//! EXCEPT, or JSON_TABLE and SKIP LOCKED.
//!
//! ```text
//! mysql://user:password@host:3306/database?ssl_mode=required&ssl_ca=/etc/ssl/ca.pem
//! mariadb://user@localhost/database?unix_socket=/run/mysqld/mysqld.sock
//! ```
//!
//! * `localhost` means 127.0.0.1. The C client would look for a socket at a path that was compiled into it; name a
//!   socket by `unix_socket`.
//! * MariaDB's client library can't be told by Diesel to demand encryption; see [`MysqlDriver`].
//! * A text that is too long only by trailing spaces is cut without an error, however strict the server: lengths are
//!   checked before a value is sent.
//! * MySQL limits the time of SELECT alone (`max_execution_time`), MariaDB that of every statement.
//! * Text columns have a binary collation, which Diesel can't tell from binary columns: [`Row::text`] and
//!   [`Row::binary`] read both, text if it is UTF-8.
//!
//! [`Row::text`]: birgus_core::backend::Row::text
//! [`Row::binary`]: birgus_core::backend::Row::binary
#![forbid(unsafe_code)]

mod address;
mod bind;
mod change;
mod clause;
mod comment;
mod connection;
mod ddl;
mod dialect;
mod driver;
mod error;
mod expression;
mod introspect;
mod letter_case;
mod list;
mod literal;
mod lock;
mod mode;
mod placeholders;
mod row;
mod rows;
mod server;
mod table_lock;
mod wire;

pub use dialect::MysqlDialect;
pub use driver::MysqlDriver;

birgus_core::register_driver!(&MysqlDriver);
