//! Which changes copy the table, so that nobody writes to it meanwhile: those that `ALGORITHM = INPLACE, LOCK = NONE` refuses
//! (seen on MySQL 9.7 and MariaDB 10.11).

use birgus_core::backend::{ChangeKind, LockWork, LockedOut, TableChange, TableLock};
use birgus_core::schema::{Column, ColumnType};

use crate::ddl;
use crate::dialect::MysqlDialect;

const COPIES: TableLock = TableLock::new(LockWork::Rewrites, LockedOut::Writers);

pub(crate) fn of(dialect: &MysqlDialect, change: &TableChange) -> Option<TableLock> {
    let (before, after) = (&change.before, &change.after);
    let copies = match &change.kind {
        ChangeKind::AddForeignKey { .. } | ChangeKind::AddCheck { .. } => true,
        ChangeKind::AddColumn { column, .. } => {
            let column = after.column(column)?;
            column.computed.is_some()
                || column.default.is_some()
                || ddl::type_check(dialect, after, column).is_some()
        }
        ChangeKind::AlterColumn { column, using, .. } => {
            let (was, is) = (before.column(column)?, after.column(column)?);
            let rule = ddl::type_check(dialect, after, is);
            using.is_some()
                || was.computed != is.computed
                || !keeps_its_form(was, is)
                || (rule.is_some() && rule != ddl::type_check(dialect, before, was))
        }
        _ => false,
    };
    copies.then_some(COPIES)
}

/// Whether the server takes the stored values for values of the new type: text may grow within the bytes that hold its length.
fn keeps_its_form(was: &Column, is: &Column) -> bool {
    const SHORT: u32 = 63;

    match (&was.column_type, &is.column_type) {
        (was, is) if was == is => true,
        (
            ColumnType::Varchar { .. } | ColumnType::Enum { .. },
            ColumnType::Varchar { .. } | ColumnType::Enum { .. },
        ) => {
            let lengths = (
                was.column_type.length_limit(),
                is.column_type.length_limit(),
            );
            let (Some(was), Some(is)) = lengths else {
                return false;
            };
            is >= was && (was <= SHORT) == (is <= SHORT)
        }
        _ => false,
    }
}
