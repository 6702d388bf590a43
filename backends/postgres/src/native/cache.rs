//! The prepared statements that a connection keeps.

use std::collections::HashMap;

use birgus_core::backend::{Bind, Statement};
use postgres::Statement as Prepared;

use super::bind::oid_of;

/// Prepared statements by text and types of binds; the one that was not used for longest goes first. A statement that
/// goes is closed on the server before the next one runs.
pub(super) struct StatementCache {
    limit: usize,
    /// Nearly always one a text: the types follow from the columns that the text names.
    kept: HashMap<Box<str>, Vec<Kept>>,
    count: usize,
    clock: u64,
}

struct Kept {
    types: Box<[u32]>,
    prepared: Prepared,
    used: u64,
}

impl Kept {
    fn fits(&self, binds: &[Bind]) -> bool {
        self.types.len() == binds.len()
            && self
                .types
                .iter()
                .zip(binds)
                .all(|(kept, bind)| oid_of(bind) == Some(*kept))
    }
}

impl StatementCache {
    pub(super) fn new(limit: usize) -> Self {
        Self {
            limit,
            kept: HashMap::new(),
            count: 0,
            clock: 0,
        }
    }

    /// Whether a statement is worth a name on the server. Without a cache nothing has one, which is what poolers like
    /// pgbouncer need that hand each transaction to another server.
    pub(super) fn takes(&self, statement: &Statement) -> bool {
        self.limit > 0 && statement.is_cacheable()
    }

    pub(super) fn get(&mut self, text: &str, binds: &[Bind]) -> Option<Prepared> {
        self.clock += 1;
        let kept = self.kept.get_mut(text)?;
        let found = kept.iter_mut().find(|kept| kept.fits(binds))?;
        found.used = self.clock;
        Some(found.prepared.clone())
    }

    pub(super) fn insert(&mut self, text: &str, binds: &[Bind], prepared: Prepared) {
        if self.count >= self.limit {
            self.remove_oldest();
        }
        let types = binds.iter().filter_map(oid_of).collect();
        let kept = Kept {
            types,
            prepared,
            used: self.clock,
        };
        self.kept.entry(text.into()).or_default().push(kept);
        self.count += 1;
    }

    pub(super) fn remove(&mut self, text: &str) {
        if let Some(kept) = self.kept.remove(text) {
            self.count -= kept.len();
        }
    }

    pub(super) fn clear(&mut self) {
        self.kept.clear();
        self.count = 0;
    }

    /// Looks at all of them, once for each preparation, which is a round trip to the server.
    fn remove_oldest(&mut self) {
        let oldest = self
            .kept
            .iter()
            .flat_map(|(text, kept)| kept.iter().map(move |kept| (kept.used, text)))
            .min_by_key(|(used, _)| *used)
            .map(|(used, text)| (used, text.clone()));
        let Some((used, text)) = oldest else {
            return;
        };
        if let Some(kept) = self.kept.get_mut(&text) {
            let before = kept.len();
            kept.retain(|kept| kept.used != used);
            self.count -= before - kept.len();
            if kept.is_empty() {
                self.kept.remove(&text);
            }
        }
    }
}
