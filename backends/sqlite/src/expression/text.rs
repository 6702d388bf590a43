//! Texts.

use birgus_core::Result;
use birgus_core::backend::{Function, FunctionWriter, write_standard_function};

/// Appends the operation.
pub(super) fn write(function: &Function, out: &mut dyn FunctionWriter) -> Result<()> {
    write_standard_function("SQLite", function, out)
}
