//! Rows that get each its own values, and rows that are deleted by their keys.

use birgus_core::backend::{BindType, RowChanges, RowColumn, StatementBuilder};
use birgus_core::{Error, Result, Value};

use crate::list;
use crate::server::Product;

/// Appends an UPDATE of several rows, which are one JSON text. The text's table is read first, and the rows are looked up
/// by their key; the optimizer, which does not know how many rows are in the text, nor how many this transaction has put
/// into the table, is not asked.
pub(crate) fn update(
    out: &mut StatementBuilder<'_>,
    product: Product,
    changes: &RowChanges<'_>,
) -> Result<()> {
    out.push("UPDATE ");
    write_source(out, product, changes)?;
    let matched = changes.matched().len();
    for (position, column) in changes.set().iter().enumerate() {
        out.push(if position == 0 { " SET " } else { ", " })
            .push("\"changed\".")
            .identifier(column.name)
            .push(" = ")
            .push(&value(matched + position, column));
    }
    Ok(())
}

/// Appends a DELETE of several rows. MariaDB looks through a long list behind IN for every row of the table, and takes a
/// join that finds each row by its key.
pub(crate) fn delete(
    out: &mut StatementBuilder<'_>,
    product: Product,
    changes: &RowChanges<'_>,
) -> Result<()> {
    if changes.len() * changes.matched().len() <= list::SHORT {
        return changes.write_delete(out);
    }
    out.push("DELETE \"changed\" FROM ");
    write_source(out, product, changes)
}

/// Appends the table of the rows, and the table that is changed, joined by what is matched. STRAIGHT_JOIN is where an
/// error's table is looked for.
fn write_source(
    out: &mut StatementBuilder<'_>,
    product: Product,
    changes: &RowChanges<'_>,
) -> Result<()> {
    let document = changes.to_json(list::push)?;
    out.push("JSON_TABLE(")
        .bind(Value::Text(document), BindType::Text)
        .push(", '$[*]' COLUMNS (");
    for (index, column) in changes.columns().enumerate() {
        out.push(if index > 0 { ", " } else { "" });
        let column_type = column_type(product, changes, index, column)?;
        // What does not fit would be NULL else.
        out.push(&format!(
            "c{index} {column_type} PATH '$[{index}]' ERROR ON ERROR"
        ));
    }
    out.push(")) AS \"list\" STRAIGHT_JOIN ")
        .identifier(changes.table())
        .push(" AS \"changed\" FORCE INDEX (PRIMARY)");
    for (position, column) in changes.matched().iter().enumerate() {
        out.push(if position == 0 { " ON " } else { " AND " })
            .push("\"changed\".")
            .identifier(column.name)
            .push(" = ")
            .push(&value(position, column));
    }
    Ok(())
}

/// A value of the list as the column takes it.
fn value(index: usize, column: &RowColumn<'_>) -> String {
    match column.bind_type {
        BindType::Binary | BindType::Uuid => format!("UNHEX(\"list\".c{index})"),
        _ => format!("\"list\".c{index}"),
    }
}

/// The type of a column of the list. Texts have the length of the column that takes them, so that the statement is the
/// same for all rows; what is longer still arrives there, to be refused as always.
fn column_type(
    product: Product,
    changes: &RowChanges<'_>,
    index: usize,
    column: &RowColumn<'_>,
) -> Result<String> {
    Ok(match (column.bind_type, column.length) {
        (BindType::Text, Some(length)) => {
            let longest = changes.column(index).map(|value| match value {
                Value::Text(text) => text.chars().count(),
                _ => 0,
            });
            let longest = longest.max().unwrap_or(0).max(length as usize);
            list::text_type(product, longest)
        }
        (BindType::Text | BindType::Json, _) => list::text_type(product, usize::MAX),
        (BindType::Uuid, _) => "CHAR(32) CHARACTER SET ascii".to_owned(),
        (BindType::Binary, _) => "LONGTEXT CHARACTER SET ascii".to_owned(),
        (bind_type, _) => list::plain_type(bind_type)
            .ok_or_else(|| Error::unsupported(format!("rows with values of {bind_type:?}")))?,
    })
}
