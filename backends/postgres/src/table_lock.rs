//! Which changes of a table keep others waiting (<https://www.postgresql.org/docs/current/sql-altertable.html>, notes).

use birgus_core::backend::{ChangeKind, LockWork, LockedOut, TableChange, TableLock};
use birgus_core::schema::{Column, ColumnType};

use crate::{PostgresDialect, ddl};

pub(crate) fn of(dialect: &PostgresDialect, change: &TableChange) -> Option<TableLock> {
    let (before, after) = (&change.before, &change.after);
    let checks = TableLock::new(LockWork::Checks, LockedOut::Everybody);
    let rewrites = TableLock::new(LockWork::Rewrites, LockedOut::Everybody);
    match &change.kind {
        ChangeKind::CreateIndex {
            concurrently: false,
            ..
        } => Some(
            TableLock::new(LockWork::BuildsIndex, LockedOut::Writers)
                .with_remedy("build it while writers go on (concurrently = true)"),
        ),
        ChangeKind::ChangePrimaryKey => {
            Some(TableLock::new(LockWork::BuildsIndex, LockedOut::Everybody))
        }
        ChangeKind::AddForeignKey { .. } => Some(
            TableLock::new(LockWork::Checks, LockedOut::Writers).with_remedy(
                "apply it when both tables are little used: add it NOT VALID and validate it later by statements of your own",
            ),
        ),
        ChangeKind::AddCheck { .. } => Some(checks.with_remedy(
            "apply it when the table is little used: add it NOT VALID and validate it later by statements of your own",
        )),
        ChangeKind::AddColumn { column, fill } => {
            let column = after.column(column)?;
            if column.identity || column.computed.is_some() {
                return Some(rewrites);
            }
            let checked = ddl::type_check(dialect, &after.name, column).is_some();
            (checked || (fill.is_some() && !column.nullable)).then_some(checks)
        }
        ChangeKind::AlterColumn { column, using, .. } => {
            let (was, is) = (before.column(column)?, after.column(column)?);
            if using.is_some() || !keeps_its_form(was, is) || was.computed != is.computed {
                return Some(rewrites);
            }
            let check = |column: &Column, table: &str| ddl::type_check(dialect, table, column);
            let rule = check(is, &after.name);
            let checked = rule.is_some() && rule != check(was, &before.name);
            (checked || (was.nullable && !is.nullable)).then_some(checks)
        }
        _ => None,
    }
}

/// Whether the server takes the stored values for values of the new type.
fn keeps_its_form(was: &Column, is: &Column) -> bool {
    match (&was.column_type, &is.column_type) {
        (was, is) if was == is => true,
        (
            ColumnType::Varchar { .. } | ColumnType::Enum { .. } | ColumnType::Text,
            ColumnType::Text,
        ) => true,
        (
            ColumnType::Varchar { .. } | ColumnType::Enum { .. },
            ColumnType::Varchar { .. } | ColumnType::Enum { .. },
        ) => is.column_type.length_limit() >= was.column_type.length_limit(),
        (
            ColumnType::Decimal { precision, scale },
            ColumnType::Decimal {
                precision: wider,
                scale: same,
            },
        ) => scale == same && wider >= precision,
        _ => false,
    }
}
