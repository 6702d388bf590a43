//! Aggregates.

use birgus_core::Result;
use birgus_core::backend::{AggregateFunction, FunctionWriter, write_standard_aggregate};

/// Appends the aggregate.
pub(crate) fn write_aggregate(
    function: AggregateFunction,
    out: &mut dyn FunctionWriter,
) -> Result<()> {
    write_standard_aggregate("SQLite", function, out)
}
