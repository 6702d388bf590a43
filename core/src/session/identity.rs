//! Primary keys as the identity map compares them.

use std::collections::HashMap;

use foldhash::fast::RandomState;

use crate::value::Value;

/// A primary key as the identity map compares it.
#[doc(hidden)]
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Identity(Inner);

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Inner {
    Integer(i64),
    Other(Box<str>),
}

impl Identity {
    pub(crate) fn integer(id: i64) -> Self {
        Self(Inner::Integer(id))
    }

    /// The number, when it is one.
    pub(crate) fn as_integer(&self) -> Option<i64> {
        match &self.0 {
            Inner::Integer(id) => Some(*id),
            Inner::Other(_) => None,
        }
    }

    pub(crate) fn new(values: &[Value]) -> Self {
        use std::fmt::Write as _;

        if let [Value::Integer(id)] = values {
            return Self::integer(*id);
        }
        let mut text = String::new();
        for value in values {
            // Texts are written quoted, so that two keys never look alike.
            let _ = match value {
                Value::Binary(bytes) => write!(text, "{bytes:?},"),
                other => write!(text, "{},", crate::value::Shown(other)),
            };
        }
        Self(Inner::Other(text.into()))
    }
}

/// How messages name the row of a key: `7`, `("pt", 3)`.
impl std::fmt::Display for Identity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.0 {
            Inner::Integer(id) => write!(f, "{id}"),
            Inner::Other(key) => f.write_str(key.trim_end_matches(',')),
        }
    }
}

/// Where the object of each key is, within the objects of one model. Whole numbers, which most keys are, have a map of
/// their own: half as large, and without a key to compare behind a pointer.
#[derive(Debug, Default)]
pub(crate) struct IdentityMap {
    integers: HashMap<i64, u32, RandomState>,
    others: HashMap<Box<str>, u32, RandomState>,
}

impl IdentityMap {
    pub(crate) fn reserve(&mut self, more: usize) {
        // Nearly all models have keys of one kind; which one shows with the first.
        if self.others.is_empty() {
            self.integers.reserve(more);
        }
    }

    pub(crate) fn get(&self, identity: &Identity) -> Option<u32> {
        match &identity.0 {
            Inner::Integer(id) => self.integers.get(id).copied(),
            Inner::Other(key) => self.others.get(key).copied(),
        }
    }

    /// The slot that has the key, which is `slot` from now on when none had it.
    pub(crate) fn get_or_insert(&mut self, identity: Identity, slot: u32) -> u32 {
        match identity.0 {
            Inner::Integer(id) => *self.integers.entry(id).or_insert(slot),
            Inner::Other(key) => *self.others.entry(key).or_insert(slot),
        }
    }

    pub(crate) fn insert(&mut self, identity: Identity, slot: u32) {
        match identity.0 {
            Inner::Integer(id) => self.integers.insert(id, slot),
            Inner::Other(key) => self.others.insert(key, slot),
        };
    }

    /// Forgets the key, unless another slot has it.
    pub(crate) fn remove(&mut self, identity: &Identity, slot: u32) {
        if self.get(identity) == Some(slot) {
            match &identity.0 {
                Inner::Integer(id) => self.integers.remove(id),
                Inner::Other(key) => self.others.remove(key),
            };
        }
    }

    pub(crate) fn clear(&mut self) {
        self.integers = HashMap::default();
        self.others = HashMap::default();
    }
}
