//! Programs on which engines once differed.

use super::program::Program;

/// A name that says what differed, and the program.
pub(crate) type Regression = (&'static str, fn() -> Program);

pub(crate) const REGRESSIONS: &[Regression] = &[];
