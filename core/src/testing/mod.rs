//! Tools for the tests of your own program: how many statements it runs, and databases that leave nothing behind.
//!
//! | to | use |
//! |---|---|
//! | count and see the statements that a piece of code runs | [`Database::recorded`], [`assert_statements!`](crate::assert_statements) |
//! | refuse relations that are loaded row by row | [`TestDatabase::from_env_with`], [`NPlusOneConfig`](crate::NPlusOneConfig) |
//! | give a test an empty database of its own | [`TestDatabase`] |
//! | undo whatever a test does to a database that is there | [`TestTransaction`] |

mod assert;
mod database;
mod name;
mod recorded;
mod transaction;
mod words;

#[doc(hidden)]
pub use assert::{Expected, complaint};
pub use database::TestDatabase;
#[doc(hidden)]
pub use recorded::Recording;
pub(crate) use recorded::{Ran, Recorder, write_down};
pub use recorded::{Recorded, RecordedStatement};
pub use transaction::TestTransaction;
pub use words::StatementKind;

#[cfg(doc)]
use crate::Database;
