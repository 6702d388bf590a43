//! Which changes keep others waiting: whoever writes has the whole database, and a table that is made anew is written in whole.

use birgus_core::backend::{ChangeKind, LockWork, LockedOut, TableChange, TableLock};

use crate::change::is_native;

pub(crate) fn of(change: &TableChange) -> Option<TableLock> {
    let work = match &change.kind {
        ChangeKind::CreateIndex { .. } => LockWork::BuildsIndex,
        ChangeKind::RenameTable | ChangeKind::RenameColumn { .. } | ChangeKind::CommentTable => {
            return None;
        }
        _ if is_native(change) => return None,
        _ => LockWork::Rewrites,
    };
    Some(
        TableLock::new(work, LockedOut::Writers).with_remedy(
            "nothing, unless the table is large: then apply it when little is written",
        ),
    )
}
