//! What is lost.

use birgus_core::schema::ColumnType;

use super::{Code, Place, Walk};
use crate::state::{ColumnDefinition, Operation, expression, read_type};

pub(super) fn look(walk: &mut Walk<'_>, place: Place<'_>) {
    match place.operation {
        Operation::DropTable { table } => {
            let message = format!("the table {table} goes, with its rows");
            walk.tell(Code::DropTable, place, table, message);
        }
        Operation::DropColumn { table, column } => {
            let known = place.before.table(table);
            let known = known.and_then(|table| table.column(column));
            // What is computed can be computed again.
            if known.is_none_or(|column| column.computed.is_none()) {
                let subject = format!("{table}.{column}");
                let message = format!("the column {subject} goes, with its values");
                walk.tell(Code::DropColumn, place, subject, message);
            }
        }
        Operation::AlterColumn {
            table,
            column,
            using,
            ..
        } => {
            let known = place.before.table(table);
            if let Some(before) = known.and_then(|table| table.column(&column.name)) {
                alter(walk, place, table, before, column, using.as_deref());
            }
        }
        _ => {}
    }
}

fn alter(
    walk: &mut Walk<'_>,
    place: Place<'_>,
    table: &str,
    before: &ColumnDefinition,
    after: &ColumnDefinition,
    using: Option<&str>,
) {
    let subject = format!("{table}.{}", after.name);
    let gone = gone_values(before, after);
    if !gone.is_empty() && using.is_none() {
        let message = format!("{subject}: the enum loses {}", gone.join(", "));
        walk.tell(Code::DropEnumValue, place, subject.as_str(), message);
    }
    let becomes = |what: &str| {
        format!(
            "{subject}: {} becomes {}: {what}",
            before.column_type, after.column_type
        )
    };
    let kinds = (
        read_type(&before.column_type),
        read_type(&after.column_type),
    );
    if let (Some(was), Some(is)) = kinds {
        use ColumnType::{Date, DateTime, Decimal, Double, Timestamp};
        match (was, is) {
            (Decimal { scale, .. }, Decimal { scale: new, .. }) if new < scale => {
                let message = becomes("digits behind the point are rounded away");
                walk.tell(Code::LosesDigits, place, subject.as_str(), message);
            }
            (Double, Decimal { .. }) | (Decimal { .. }, Double) => {
                let message = becomes("digits may be rounded away");
                walk.tell(Code::LosesDigits, place, subject.as_str(), message);
            }
            (DateTime | Timestamp, Date) => {
                let message = becomes("the time of day is cut off");
                walk.tell(Code::LosesTime, place, subject.as_str(), message);
            }
            _ => {}
        }
    }
    let Some(using) = using else { return };
    let known = place
        .before
        .table(table)
        .and_then(|table| table.to_table().ok());
    let node = known.and_then(|known| expression::read(using, &known).ok());
    let looks = node.is_some_and(|node| node.columns().iter().any(|read| read.name == after.name));
    if !looks && before.computed.is_none() {
        let message = format!("{subject}: its values are replaced by {using}");
        walk.tell(Code::ReplacesValues, place, subject.as_str(), message);
    }
}

/// The texts of an enum that the new type does not have.
pub(super) fn gone_values(before: &ColumnDefinition, after: &ColumnDefinition) -> Vec<String> {
    let (Some(ColumnType::Enum { values: was }), Some(ColumnType::Enum { values: is })) = (
        read_type(&before.column_type),
        read_type(&after.column_type),
    ) else {
        return Vec::new();
    };
    was.into_iter()
        .filter(|value| !is.contains(value))
        .collect()
}
