//! What must be.

use std::collections::{BTreeMap, BTreeSet};

use super::steps::Kind;

/// The rows by their tags, and the pairs.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Rows {
    /// Each row with its parent.
    pub(crate) rows: BTreeMap<String, Option<String>>,
    pub(crate) pairs: BTreeSet<(String, String)>,
}

/// What is to be, before a flush.
#[derive(Clone, Debug, Default)]
pub(crate) struct Now {
    pub(crate) is: Rows,
    /// What the next flush deletes.
    pub(crate) deleted: BTreeSet<String>,
    /// Whether the program has set foreign keys itself: they show with the next flush.
    pub(crate) blurred: bool,
}

impl Now {
    pub(crate) fn parent(&self, tag: &str) -> Option<&String> {
        let parent = self.is.rows.get(tag)?.as_ref()?;
        (!self.deleted.contains(parent)).then_some(parent)
    }

    pub(crate) fn is_there(&self, tag: &str) -> bool {
        self.is.rows.contains_key(tag) && !self.deleted.contains(tag)
    }

    pub(crate) fn children(&self, kind: Kind, parent: &str) -> Vec<String> {
        let is = |tag: &&String| {
            Kind::of(tag) == Some(kind)
                && !self.deleted.contains(*tag)
                && self.parent(tag).is_some_and(|own| own == parent)
        };
        self.is.rows.keys().filter(is).cloned().collect()
    }

    pub(crate) fn partners(&self, tag: &str) -> Vec<String> {
        let pairs = self.is.pairs.iter();
        let other = |(item, mark): &(String, String)| match tag {
            _ if item == tag => Some(mark.clone()),
            _ if mark == tag => Some(item.clone()),
            _ => None,
        };
        let there = |tag: &String| self.is_there(tag);
        pairs.filter_map(other).filter(there).collect()
    }
}
