//! One program on SQLite, PostgreSQL, MySQL and MariaDB, with one behaviour.
//!
//! Prototype on an embedded SQLite file and move to a server by changing one URL: no code change, no change of
//! behaviour.
//!
//! ```standalone_crate
//! use birgus::prelude::*;
//!
//! #[derive(Model, Debug)]
//! pub struct User {
//!     #[key]
//!     pub id: i64,
//!     #[column(length = 64, unique)]
//!     pub username: String,
//!     #[column(default = Utc::now)]
//!     pub joined: DateTime<Utc>,
//! }
//!
//! # fn main() -> birgus::Result<()> {
//! let db = Database::connect("sqlite::memory:")?;
//! db.create_all()?;
//!
//! let mut session = db.session()?;
//! let susan = session.add(User::build().username("susan"));
//! session.commit()?;
//!
//! session[susan].username = "susan2".into();
//! session.commit()?; // UPDATE of one column of one row
//!
//! let users = User::query().filter(User::username.like("s%")).order_by(User::username.asc()).all(&db)?;
//! assert_eq!(users.len(), 1);
//! # Ok(())
//! # }
//! ```
//!
//! # A tour
//!
//! A [`Session`] is a unit of work; what needs none runs on the [`Database`] itself:
//!
//! ```standalone_crate
//! use birgus::prelude::*;
//!
//! #[derive(DbEnum, Clone, Copy, Debug, PartialEq)]
//! pub enum State { Open, Done }
//!
//! #[derive(Model, Debug)]
//! pub struct Task {
//!     #[key]
//!     pub id: i64,
//!     #[column(length = 80, unique)]
//!     pub title: String,
//!     #[column(default = State::Open)]
//!     pub state: State,
//!     #[column(precision = 10, scale = 2)]
//!     pub price: Option<Decimal>,
//!     pub due: Option<NaiveDate>,
//!     #[column(default = Json::default)]
//!     pub tags: Json<Vec<String>>,
//! }
//!
//! # fn main() -> birgus::Result<()> {
//! let db = Database::connect("sqlite::memory:")?;
//! db.create_all()?;
//!
//! // Rows, conditions and changes, each in one statement.
//! let row = |title: &str| Task::build().title(title);
//! let ids = Task::insert_many(["wash", "dry", "iron"].map(row)).execute(&db)?;
//! assert_eq!(ids.len(), 3);
//! let open = Task::query().filter(Task::state.eq(State::Open));
//! assert_eq!(open.clone().filter(Task::title.like("%r%")).count(&db)?, 2);
//! assert_eq!(Task::query().by_key(ids[0]).update(Task::state.set(State::Done), &db)?, 1);
//! assert_eq!(open.clone().order_by(Task::title.asc()).pluck(Task::title, &db)?, ["dry", "iron"]);
//!
//! // A transaction: nothing is there until the commit, and a failure leaves nothing behind.
//! let mut session = db.session()?;
//! let fold = session.add(Task::build().title("fold").tags(Json(vec!["quiet".into()])));
//! session.add(Task::build().title("wash"));
//! let error = session.commit().unwrap_err();
//! assert!(error.is_unique_violation());
//! assert_eq!((error.table(), error.column()), (Some("task"), Some("title")));
//! session.rollback()?;
//! assert!(session.try_get(fold).is_err());
//! assert_eq!(Task::query().count(&db)?, 3);
//!
//! // SQL of your own, into tuples, models, or structs with #[derive(FromRow)].
//! let rows: Vec<(String, i64)> = birgus::sql("SELECT state, COUNT(*) FROM task WHERE title <> :not GROUP BY state ORDER BY state")
//!     .bind("not", "iron")
//!     .all(&db)?;
//! assert_eq!(rows, [("done".to_owned(), 1), ("open".to_owned(), 1)]);
//! # Ok(())
//! # }
//! ```
//!
//! | to learn about | see |
//! |---|---|
//! | models, keys, columns, defaults | [`#[derive(Model)]`](derive@Model) |
//! | conditions and queries | [`Column`](query::Column), [`Query`] |
//! | relationships and how they are loaded | [`relation`], [`Many`], [`One`] |
//! | units of work | [`Session`] |
//! | transactions that are tried again | [`Database::transaction`], [`TransactionOptions`] |
//! | raw SQL | [`sql`](fn@sql) |
//! | errors | [`Error`] |
//! | tests of your own | [`testing`] |
//! | `birgus.toml`, profiles, pools, several databases | [`Config`] |
//!
//! # Logging
//!
//! Statements are [`tracing`](https://docs.rs/tracing) spans, and events where [`Config::echo`] or
//! [`Config::slow_query`] asks for them. A program sees them when it installs a subscriber, for example
//! `tracing_subscriber::fmt().init()`, and runs with `BIRGUS_ECHO=true`.
//!
//! # Features
//!
//! | feature | URL schemes | needs |
//! |---|---|---|
//! | `sqlite` (default) | `sqlite:` | nothing: libsqlite3 is bundled |
//! | `postgres` | `postgresql:`, `postgres:` | nothing: no libpq |
//! | `postgres-libpq` | `postgresql+libpq:` | libpq, or `postgres-libpq-bundled` |
//! | `mysql` | `mysql:`, `mariadb:` | a MySQL or MariaDB client library, or `mysql-bundled` |
//!
//! The feature `cli` (default) is [`Manager`], the management command: leave it out of a program that only migrates when it
//! starts. The feature `tokio` adds `Database::run`: units of work of an asynchronous program, on threads that may block.
#![forbid(unsafe_code)]

pub use birgus_core::*;
pub use birgus_migrate as migrate;
#[cfg(feature = "cli")]
pub use birgus_migrate::Manager;

#[cfg(feature = "mysql")]
pub use birgus_mysql as mysql;
#[cfg(any(feature = "postgres", feature = "postgres-libpq"))]
pub use birgus_postgres as postgres;
#[cfg(feature = "sqlite")]
pub use birgus_sqlite as sqlite;

mod hints;

// What the README shows compiles.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}

// And what the guide shows.
#[cfg(doctest)]
#[doc = include_str!("../docs/queries.md")]
mod queries {}

#[cfg(doctest)]
#[doc = include_str!("../docs/reading.md")]
mod reading {}

#[cfg(doctest)]
#[doc = include_str!("../docs/relationships.md")]
mod relationships {}

#[cfg(doctest)]
#[doc = include_str!("../docs/transactions.md")]
mod transactions {}

#[cfg(doctest)]
#[doc = include_str!("../docs/session.md")]
mod session_guide {}

#[cfg(doctest)]
#[doc = include_str!("../docs/testing.md")]
mod testing_guide {}

#[cfg(all(doctest, feature = "cli"))]
#[doc = include_str!("../docs/command.md")]
mod command_guide {}

#[cfg(doctest)]
#[doc = include_str!("../docs/inspect.md")]
mod inspect_guide {}
