//! What a rollback has to restore: one frame for the unit, and one for each savepoint inside of it.

use std::collections::HashMap;
use std::sync::Arc;

use foldhash::fast::RandomState;

use super::Place;
use super::entry::State;
use crate::value::Value;

/// An object as it was when the frame began.
#[derive(Debug)]
pub(crate) enum Saved {
    /// It was not there.
    Absent,
    /// It was there, as the database had it.
    Present { state: State, values: Arc<[Value]> },
}

/// What has been touched since a transaction or a savepoint began.
#[derive(Debug, Default)]
pub(crate) struct Frame {
    pub(crate) saved: HashMap<Place, Saved, RandomState>,
    /// The objects that were read inside of the transaction: a rollback may prove them wrong.
    pub(crate) read: Vec<Place>,
    /// How long the log of changes was when the frame began.
    pub(crate) log: usize,
}

impl Frame {
    pub(crate) fn starting_at(log: usize) -> Self {
        Self {
            log,
            ..Self::default()
        }
    }

    /// Takes over what an inner frame knows, which belongs to this one from now on.
    pub(crate) fn absorb(&mut self, inner: Self) {
        for (place, saved) in inner.saved {
            self.saved.entry(place).or_insert(saved);
        }
        self.read.extend(inner.read);
    }

    pub(crate) fn forget(&mut self, place: Place) {
        self.saved.remove(&place);
    }
}
