//! Asks the rows.

use birgus_core::Result;
use birgus_core::backend::{Connection, Statement};

use super::data::{Count, Doubt};
use super::{Finding, Severity};

/// What the rows say: nothing where none is in the way.
pub(super) fn counted(connection: &mut dyn Connection, doubt: Doubt) -> Result<Option<Finding>> {
    let Doubt {
        mut finding,
        what,
        count,
    } = doubt;
    let (sql, tells) = match &count {
        Count::Unknown => return Ok(Some(finding)),
        Count::Of(sql) => (sql, true),
        Count::Any(sql) => (sql, false),
    };
    let mut found = 0;
    connection
        .query(&Statement::once(sql.as_str()), &mut |row| {
            found = row.integer(0)?.unwrap_or(0);
            Ok(())
        })
        .map_err(|error| error.context(format!("counting {what}")))?;
    if found == 0 {
        return Ok(None);
    }
    if tells {
        finding.severity = Severity::Error;
        finding.count = u64::try_from(found).ok();
        finding.message = format!("{what}: {found}");
        finding.silence = "counted rows are silenced by an option alone (--silence)".to_owned();
    }
    Ok(Some(finding))
}
