//! A limit for Diesel's cache of prepared statements.

use std::collections::HashSet;

use birgus_core::backend::Statement;
use diesel::connection::{CacheSize, Connection};

/// Bounds Diesel's cache of prepared statements, which grows with every new text.
///
/// Diesel's cache can be emptied but not be asked for its size nor lose a single entry, so the budget remembers the
/// hashes of the texts that went in. When it is spent, everything goes and the cache fills anew: programs whose texts
/// fit into the budget never notice, and the others pay one preparation in `limit`.
///
/// ```
/// use birgus_core::backend::Statement;
/// use birgus_diesel_bridge::{Admission, CacheBudget};
///
/// let mut budget = CacheBudget::new(256);
/// // Text that varies without limit is never kept.
/// assert_eq!(budget.admit(&Statement::once("SELECT 1")), Admission::Uncached);
/// ```
#[derive(Debug)]
pub struct CacheBudget {
    limit: usize,
    kept: HashSet<u64>,
    /// The text that ran last, which often runs again.
    last: Option<u64>,
}

/// What to do with a statement's prepared form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Admission {
    /// Prepare it for this one execution.
    Uncached,
    /// Keep it, or use the one that is kept.
    Cached,
    /// Empty the cache, then keep it.
    CachedAfterClearing,
}

impl CacheBudget {
    /// A budget of so many statements; none are kept when it is 0.
    pub fn new(limit: usize) -> Self {
        Self {
            limit,
            kept: HashSet::new(),
            last: None,
        }
    }

    /// Decides about a statement that is about to run.
    pub fn admit(&mut self, statement: &Statement) -> Admission {
        if self.limit == 0 || !statement.is_cacheable() {
            return Admission::Uncached;
        }
        let hash = hash(statement.text());
        if self.last == Some(hash) {
            return Admission::Cached;
        }
        self.last = Some(hash);
        if self.kept.contains(&hash) {
            return Admission::Cached;
        }
        let full = self.kept.len() >= self.limit;
        if full {
            self.kept.clear();
        }
        self.kept.insert(hash);
        if full {
            Admission::CachedAfterClearing
        } else {
            Admission::Cached
        }
    }

    /// Closes every statement that is kept.
    pub fn forget<C: Connection>(&mut self, connection: &mut C) {
        self.kept.clear();
        self.last = None;
        empty(connection);
    }

    /// How many statements are kept, at most.
    pub fn len(&self) -> usize {
        self.kept.len()
    }

    /// Whether none are kept.
    pub fn is_empty(&self) -> bool {
        self.kept.is_empty()
    }
}

impl Admission {
    /// Whether the statement is kept.
    pub fn is_cached(self) -> bool {
        !matches!(self, Self::Uncached)
    }

    /// Empties Diesel's cache if that was decided, and tells whether the statement is kept.
    ///
    /// On SQLite and MySQL that closes the prepared statements. Diesel forgets those of PostgreSQL without closing
    /// them: look for [`Admission::CachedAfterClearing`] there and send `DEALLOCATE ALL` afterwards.
    pub fn apply<C: Connection>(self, connection: &mut C) -> bool {
        if self == Self::CachedAfterClearing {
            empty(connection);
        }
        self.is_cached()
    }
}

/// Diesel replaces its map when the size changes; nothing else empties it.
fn empty<C: Connection>(connection: &mut C) {
    connection.set_prepared_statement_cache_size(CacheSize::Disabled);
    connection.set_prepared_statement_cache_size(CacheSize::Unbounded);
}

/// A hash that costs less than the standard library's: it runs for every execution. Two texts that collide count as
/// one, so that the cache holds one statement more than its limit; nothing else depends on it.
fn hash(text: &str) -> u64 {
    const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;
    let (words, rest) = text.as_bytes().as_chunks::<8>();
    let mut hash = text.len() as u64;
    for word in words {
        hash = (hash.rotate_left(5) ^ u64::from_le_bytes(*word)).wrapping_mul(FACTOR);
    }
    for byte in rest {
        hash = (hash.rotate_left(5) ^ u64::from(*byte)).wrapping_mul(FACTOR);
    }
    hash
}
