//! SQLite for Birgus: the schemes `sqlite:` and `sqlite://`, by Diesel's `SqliteConnection` over a bundled SQLite.
//!
//! # URLs
//!
//! | URL | database |
//! |---|---|
//! | `sqlite:app.db`, `sqlite://app.db` | a file, relative to the current directory |
//! | `sqlite:/var/app.db`, `sqlite:///var/app.db` | a file by its absolute path |
//! | `sqlite::memory:`, `sqlite://:memory:` | in memory: one database for all connections of a pool, gone with it |
//!
//! One parameter: `mode=rwc` (read, write, create: the default), `mode=rw` (the file must exist), `mode=ro` (read only).
//!
//! # How values are stored
//!
//! | column type | declared | stored |
//! |---|---|---|
//! | boolean | `BOOLEAN` | 0 or 1 |
//! | smallint, integer, bigint | `SMALLINT`, `INT`, `BIGINT` | an integer |
//! | an identity column | `INTEGER PRIMARY KEY AUTOINCREMENT` | an integer that is never given twice |
//! | double | `REAL` | a float |
//! | varchar, text | `VARCHAR(n)`, `TEXT` | UTF-8 |
//! | binary | `BLOB` | bytes |
//! | decimal | `DECIMAL(p,s)` | an integer: the number times 10^s, so that sums and comparisons are exact |
//! | date | `DATE TEXT` | `2024-05-06` |
//! | time | `TIME TEXT` | `12:34:56.000000` |
//! | datetime | `DATETIME TEXT` | `2024-05-06 12:34:56.000000` |
//! | timestamp | `TIMESTAMP TEXT` | `2024-05-06 12:34:56.000000Z`, always UTC |
//! | uuid | `BLOB(16)` | 16 bytes |
//! | json | `JSON TEXT` | the document, `json_valid` |
//! | enum | `VARCHAR(n)` | one of its texts |
//!
//! SQLite holds any value in any column, so each column has a CHECK that keeps out what other engines refuse. Texts of
//! fixed width sort as the times that they mean.
//!
//! # Functions
//!
//! Every connection has functions named `birgus_…`, which the statements of typed queries call where SQLite has no such
//! function, or one that behaves otherwise than the other engines'. They are no interface: raw SQL had better not use
//! them, and neither had a CHECK or an index, since other programs that open the file don't have them.
//!
//! # Limitations
//!
//! * A statement can't be limited in time: Diesel has no way to interrupt one. A `statement_timeout` is refused.
//! * The bundled SQLite is compiled to take `"x"` for a text when no column has this name. In SQL that a user writes,
//!   names are put into backticks before it is sent, so that `"x"` is a name as on other engines; `CREATE` and `ALTER`,
//!   whose text SQLite keeps, and a name that holds a quote itself are sent as they stand.
//! * An in-memory database has no WAL: a writer waits for readers to end, and readers for it. A thread that holds a read
//!   transaction open while it writes by a second connection waits for itself until the busy timeout.
#![forbid(unsafe_code)]

mod bind;
mod change;
mod connection;
mod create_sql;
mod ddl;
mod dialect;
mod driver;
mod drop_table;
mod error;
mod expression;
mod functions;
mod introspect;
mod list;
mod location;
mod mode;
mod quotes;
mod rebuild;
mod row;
mod rows;
mod table_lock;
mod temporal;
mod throwaway;
mod types;

pub use dialect::SqliteDialect;
pub use driver::SqliteDriver;

birgus_core::register_driver!(&SqliteDriver);
