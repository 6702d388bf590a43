//! Tools for the tests of your own program: how many statements it runs.
//!
//! | to | use |
//! |---|---|
//! | count and see the statements that a piece of code runs | [`Database::recorded`], [`assert_statements!`](crate::assert_statements) |

mod assert;
mod recorded;
mod words;

#[doc(hidden)]
pub use assert::{Expected, complaint};
#[doc(hidden)]
pub use recorded::Recording;
pub(crate) use recorded::{Ran, Recorder, write_down};
pub use recorded::{Recorded, RecordedStatement};
pub use words::StatementKind;

#[cfg(doc)]
use crate::Database;
