//! What the version of the program can't do any more that runs while a revision is applied.

use birgus_core::schema::ColumnType;

use super::destructive::gone_values;
use super::origin::Origins;
use super::{Code, Place, Walk};
use crate::state::{ColumnDefinition, Operation, read_type};

pub(super) fn look(walk: &mut Walk<'_>, place: Place<'_>, origins: &Origins) {
    let Some(table) = place.operation.table() else {
        return;
    };
    let named = |column: &str| format!("{table}.{column}");
    match place.operation {
        Operation::DropTable { .. } => {
            let message = format!("a program that still runs uses the table {table}");
            walk.tell(Code::TableGone, place, table, message);
        }
        Operation::RenameTable { to, .. } => {
            let message = format!("a program that still runs knows {to} as {table}");
            walk.tell(Code::TableGone, place, table, message);
        }
        Operation::DropColumn { column, .. } if origins.was_there(table, column) => {
            let subject = named(column);
            let message = format!("a program that still runs reads {subject}");
            walk.tell(Code::ColumnGone, place, subject, message);
        }
        Operation::RenameColumn { column, to, .. } if origins.was_there(table, column) => {
            let subject = named(column);
            let message = format!("a program that still runs reads {subject}, which becomes {to}");
            walk.tell(Code::ColumnGone, place, subject, message);
        }
        Operation::AddColumn { column, .. } if !column.fills_itself() => {
            let subject = named(&column.name);
            let message = format!("a program that still runs inserts rows without {subject}");
            walk.tell(Code::NeedsValue, place, subject, message);
        }
        Operation::AlterColumn { column, .. } => {
            let known = place.before.table(table);
            if let Some(before) = known.and_then(|known| known.column(&column.name)) {
                alter(
                    walk,
                    place,
                    origins.was_there(table, &column.name),
                    before,
                    column,
                );
            }
        }
        Operation::RenameEnumValue { column, value, .. } if origins.was_there(table, column) => {
            let subject = named(column);
            let message = format!("a program that still runs writes {value:?} into {subject}");
            walk.tell(Code::EnumValueGone, place, subject, message);
        }
        Operation::CreateIndex { index, .. } if index.unique => {
            let message = format!(
                "a program that still runs does not know that {} is unique",
                index.columns.join(", ")
            );
            walk.tell(Code::NewRule, place, table, message);
        }
        Operation::AddForeignKey { foreign_key, .. } => {
            let message = format!(
                "a program that still runs does not know that {} references {}",
                foreign_key.columns.join(", "),
                foreign_key.references
            );
            walk.tell(Code::NewRule, place, table, message);
        }
        Operation::AddCheck { check, .. } => {
            let message = format!(
                "a program that still runs does not know the check {}",
                check.name
            );
            walk.tell(Code::NewRule, place, table, message);
        }
        _ => {}
    }
}

fn alter(
    walk: &mut Walk<'_>,
    place: Place<'_>,
    was_there: bool,
    before: &ColumnDefinition,
    after: &ColumnDefinition,
) {
    let table = place.operation.table().unwrap_or_default();
    let subject = format!("{table}.{}", after.name);
    if !was_there {
        // The revision has added it: a program that still runs does not name it.
        if before.fills_itself() && !after.fills_itself() {
            let message = format!("a program that still runs inserts rows without {subject}");
            walk.tell(Code::NeedsValue, place, subject, message);
        }
        return;
    }
    if before.nullable && !after.nullable {
        let message = format!("a program that still runs may write NULL into {subject}");
        walk.tell(Code::ForbidsNull, place, subject.as_str(), message);
    }
    if !before.nullable && after.nullable {
        let message = format!("a program that still runs can't read NULL from {subject}");
        walk.tell(Code::AllowsNull, place, subject.as_str(), message);
    }
    if before.default.is_some() && after.default.is_none() && !after.nullable {
        let message = format!("a program that still runs may leave {subject} to its default");
        walk.tell(Code::DefaultGone, place, subject.as_str(), message);
    }
    let gone = gone_values(before, after);
    if !gone.is_empty() {
        let message = format!(
            "a program that still runs may write {} into {subject}",
            gone.join(", ")
        );
        walk.tell(Code::EnumValueGone, place, subject.as_str(), message);
    }
    let new = gone_values(after, before);
    if !new.is_empty() {
        let message = format!(
            "a program that still runs can't read {} from {subject}",
            new.join(", ")
        );
        walk.tell(Code::EnumValueNew, place, subject.as_str(), message);
    }
    if is_other(&before.column_type, &after.column_type) {
        let message = format!(
            "a program that still runs reads and writes {subject} as {}, not {}",
            before.column_type, after.column_type
        );
        walk.tell(Code::OtherType, place, subject, message);
    }
}

/// Whether a program that knows one type is at odds with the other: wider texts are written and read as before, as far as the new
/// program does not use the room.
fn is_other(before: &str, after: &str) -> bool {
    use ColumnType::{Decimal, Enum, Text, Varchar};
    match (read_type(before), read_type(after)) {
        (Some(was), Some(is)) => match (&was, &is) {
            (Varchar { .. }, Text) | (Enum { .. }, Enum { .. }) => false,
            (Varchar { length: was }, Varchar { length: is }) => is < was,
            (
                Decimal { precision, scale },
                Decimal {
                    precision: wider,
                    scale: same,
                },
            ) => scale != same || wider < precision,
            _ => was != is,
        },
        _ => before != after,
    }
}
