//! What a program is told of its sessions.

use super::{Change, Session};
use crate::Result;

/// What a program is told of its sessions: [`Database::listen`](crate::Database::listen).
///
/// ```no_run
/// # extern crate birgus_core as birgus;
/// use birgus::prelude::*;
/// use birgus::session::{Change, SessionListener};
///
/// struct Audit;
///
/// impl SessionListener for Audit {
///     fn after_commit(&self, changes: &[Change]) {
///         for change in changes {
///             let fields: Vec<&str> = change.fields().iter().map(|field| field.name()).collect();
///             println!("{change}: {}", fields.join(", ")); // update of User 7: email
///         }
///     }
/// }
///
/// # fn main() -> birgus::Result<()> {
/// # let db = Database::open()?;
/// db.listen(Audit);
/// # Ok(())
/// # }
/// ```
pub trait SessionListener: Send + Sync {
    /// Runs before a flush looks for what it has to send. Objects may be added and changed; queries in here run without
    /// a flush.
    ///
    /// # Errors
    ///
    /// Yours: nothing is sent.
    fn before_flush(&self, session: &mut Session) -> Result<()> {
        let _ = session;
        Ok(())
    }

    /// Runs before the last flush of a commit. Objects may be added and changed, and queries run.
    ///
    /// # Errors
    ///
    /// Yours: nothing is committed.
    fn before_commit(&self, session: &mut Session) -> Result<()> {
        let _ = session;
        Ok(())
    }

    /// Runs when a transaction was committed, with what its flushes have inserted, updated and deleted, in the order of
    /// sending. What set-based statements and the database's own actions did is not among it.
    fn after_commit(&self, changes: &[Change]) {
        let _ = changes;
    }

    /// Runs when a transaction was rolled back.
    fn after_rollback(&self) {}
}
