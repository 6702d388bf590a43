//! Rows that get each its own values.

use birgus_core::backend::{RowChanges, StatementBuilder};

/// Up to so many rows the statement of each number is kept: small batches come again and again, and there are few.
const KEPT: usize = 16;

/// Appends an UPDATE of several rows. Every value is a bind, which is stored as one by itself is; the columns of VALUES are
/// called `column1` and so on, and have no affinity of their own.
pub(crate) fn update(out: &mut StatementBuilder<'_>, changes: RowChanges<'_>) {
    let (matched, set) = (changes.matched(), changes.set());
    if changes.len() > KEPT {
        out.vary();
    }
    out.push("UPDATE ")
        .identifier(changes.table())
        .push(" AS changed");
    for (position, column) in set.iter().enumerate() {
        out.push(if position == 0 { " SET " } else { ", " })
            .identifier(column.name)
            .push(&format!(" = list.column{}", matched.len() + position + 1));
    }
    out.push(" FROM (VALUES ");
    changes.write_rows(out);
    out.push(") AS list");
    for (position, column) in matched.iter().enumerate() {
        out.push(if position == 0 {
            " WHERE changed."
        } else {
            " AND changed."
        })
        .identifier(column.name)
        .push(&format!(" = list.column{}", position + 1));
    }
}
