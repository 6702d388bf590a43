//! What a change of a table keeps others from, for as long as the table is large.

/// What a change of a table that exists keeps others from, for a time that grows with the rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TableLock {
    /// What takes so long.
    pub work: LockWork,
    /// Who has to wait meanwhile.
    pub locks_out: LockedOut,
    /// What to do instead, where the engine has something better than waiting.
    pub remedy: Option<&'static str>,
}

/// What takes long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LockWork {
    /// An index is built.
    BuildsIndex,
    /// Every row is written anew.
    Rewrites,
    /// Every row is checked.
    Checks,
}

/// Who has to wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LockedOut {
    /// Whoever writes.
    Writers,
    /// Whoever reads or writes.
    Everybody,
}

impl TableLock {
    /// A lock without a remedy of the engine's own.
    pub const fn new(work: LockWork, locks_out: LockedOut) -> Self {
        Self {
            work,
            locks_out,
            remedy: None,
        }
    }

    /// The same lock, with what to do instead.
    #[must_use]
    pub const fn with_remedy(mut self, remedy: &'static str) -> Self {
        self.remedy = Some(remedy);
        self
    }
}
