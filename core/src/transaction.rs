//! Transactions of a kind, and transactions that are tried again.

use crate::backend::{Isolation, TransactionMode};

/// Of what kind a transaction is, and how often it is tried.
///
/// ```
/// use birgus_core::{Isolation, TransactionOptions};
///
/// let options = TransactionOptions::new().isolation(Isolation::Serializable).tries(10);
/// # let _ = options;
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub struct TransactionOptions {
    pub(crate) isolation: Option<Isolation>,
    read_only: bool,
    tries: u32,
}

impl Default for TransactionOptions {
    fn default() -> Self {
        Self::new()
    }
}

impl TransactionOptions {
    /// READ COMMITTED, or what the engine has next to it; reading and writing; five tries.
    pub const fn new() -> Self {
        Self {
            isolation: None,
            read_only: false,
            tries: 5,
        }
    }

    /// Keeps the transaction apart from others, as far at least.
    pub const fn isolation(mut self, isolation: Isolation) -> Self {
        self.isolation = Some(isolation);
        self
    }

    /// Keeps the transaction from writing: a write is refused by an error that is
    /// [`is_read_only`](crate::Error::is_read_only), as is a lock by `for_update`.
    pub const fn read_only(mut self) -> Self {
        self.read_only = true;
        self
    }

    /// How often [`Database::transaction_with`](crate::Database::transaction_with) runs its closure at most; once at
    /// least. A session is tried by nobody but its program.
    pub const fn tries(mut self, tries: u32) -> Self {
        self.tries = if tries == 0 { 1 } else { tries };
        self
    }

    pub(crate) fn mode(&self) -> TransactionMode {
        if self.read_only {
            TransactionMode::ReadOnly
        } else {
            TransactionMode::Write
        }
    }

    /// Whether a read outside of the transaction would not be what was asked for.
    pub(crate) fn begins_at_once(&self) -> bool {
        self.read_only || self.isolation.is_some()
    }
}
