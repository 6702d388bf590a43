//! Handles of objects that a session tracks.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;

/// A handle of an object that a session tracks: small, `Copy`, and only good for the session that gave it.
///
/// `session[key]` reads the object, `session[key].field = …` changes it.
pub struct Key<M> {
    raw: PendingKey,
    marker: PhantomData<fn() -> M>,
}

/// Where an object is, within a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Place {
    /// The model's number in the session.
    pub(crate) store: u32,
    /// The object's number among those of the model.
    pub(crate) slot: u32,
}

/// A [`Key`] without its type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PendingKey {
    pub(crate) session: u64,
    pub(crate) place: Place,
}

impl<M> Key<M> {
    pub(crate) fn new(session: u64, place: Place) -> Self {
        Self {
            raw: PendingKey { session, place },
            marker: PhantomData,
        }
    }

    /// The same handle without its type, as changes name it.
    pub fn untyped(self) -> PendingKey {
        self.raw
    }
}

impl<M> Clone for Key<M> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<M> Copy for Key<M> {}

impl<M> PartialEq for Key<M> {
    fn eq(&self, other: &Self) -> bool {
        self.raw == other.raw
    }
}

impl<M> Eq for Key<M> {}

impl<M> Hash for Key<M> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.raw.hash(state);
    }
}

impl<M> fmt::Debug for Key<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let PendingKey { session, place } = self.raw;
        write!(f, "Key({session}:{}:{})", place.store, place.slot)
    }
}
