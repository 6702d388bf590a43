//! What a session knows about an object, beside the object.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::Place;
use crate::Error;
use crate::value::Value;

/// The state of an object, as [`Session::state`](crate::Session::state) tells it; the terms are SQLAlchemy's.
///
/// | state | how an object gets there | how it leaves |
/// |---|---|---|
/// | transient | never added; a rollback of what added it | `add` of the value |
/// | pending | `add` | a flush, a rollback, `expunge` |
/// | persistent | a flush of what was added, `get`, `load`, `attach` | `delete` and a flush, `expunge`, `clear` |
/// | deleted | a flush of its `delete` | the commit, a rollback |
/// | detached | the commit of its `delete`, `expunge`, `clear` | `attach` of the value |
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ObjectState {
    /// Not part of the session, and not in the database as far as the session knows.
    Transient,
    /// Added; the next flush inserts its row.
    Pending,
    /// It has a row in the database.
    Persistent,
    /// Its row was deleted in the transaction that is open.
    Deleted,
    /// It has, or had, a row, and the session tracks it no longer.
    Detached,
}

/// Where an object stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// Added, not sent.
    Pending,
    /// A row of the database.
    Persistent,
    /// A row that the next flush deletes.
    Deleting,
    /// A row that this transaction has deleted.
    Deleted,
    /// No longer tracked, and never inserted as far as the database remembers.
    Transient,
    /// No longer tracked.
    Detached,
}

impl State {
    pub(crate) fn public(self) -> ObjectState {
        match self {
            Self::Pending => ObjectState::Pending,
            Self::Persistent | Self::Deleting => ObjectState::Persistent,
            Self::Deleted => ObjectState::Deleted,
            Self::Transient => ObjectState::Transient,
            Self::Detached => ObjectState::Detached,
        }
    }

    /// Whether the session still has something to do with the object.
    pub(crate) fn is_tracked(self) -> bool {
        !matches!(self, Self::Transient | Self::Detached)
    }
}

/// A field of a pending object whose value is known at flush.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Awaited {
    /// The database assigns it.
    Identity,
    /// The database has a default for it.
    Database,
    /// The clock of the flush; until then the field holds the clock of the moment when the object was added.
    Clock(DateTime<Utc>),
    /// The field `target` of the object at `place`.
    Reference { place: Place, target: usize },
}

/// What a session knows about an object, beside the object: 16 bytes for one that was only read.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) state: State,
    /// Whether the row has to be read again before the identity map may answer for it.
    pub(crate) stale: bool,
    /// Whether the program may have changed it since it was added: its values are then not yet as they are stored.
    pub(crate) touched: bool,
    pub(crate) detail: Option<Box<Detail>>,
}

/// What is known about an object that was added or may have been changed.
#[derive(Debug, Default)]
pub(crate) struct Detail {
    /// Why there is no object: the row was never valid.
    pub(crate) error: Option<Error>,
    /// What a pending object waits for: field, and where its value comes from.
    pub(crate) awaited: Vec<(usize, Awaited)>,
    /// The row as the database has it, from the moment when the object may have been changed.
    pub(crate) snapshot: Option<Arc<[Value]>>,
    /// New objects that it references by values which are known already.
    pub(crate) named: Vec<Named>,
    /// The objects that it shows with, one a foreign key: from the moment when they may be others than its values say.
    pub(crate) shown: Option<Vec<Option<Place>>>,
}

/// A new object that another one references by a value which is known already.
#[derive(Clone, Debug)]
pub(crate) struct Named {
    pub(crate) field: usize,
    pub(crate) parent: Place,
    /// The value: where the program has set another one since, it counts no more.
    pub(crate) value: Value,
}

impl Entry {
    pub(crate) fn new(state: State) -> Self {
        Self {
            state,
            stale: false,
            touched: false,
            detail: None,
        }
    }

    pub(crate) fn detail_mut(&mut self) -> &mut Detail {
        self.detail.get_or_insert_default()
    }

    pub(crate) fn snapshot(&self) -> Option<&Arc<[Value]>> {
        self.detail.as_ref()?.snapshot.as_ref()
    }

    pub(crate) fn awaited(&self) -> &[(usize, Awaited)] {
        self.detail
            .as_ref()
            .map_or(&[], |detail| &detail.awaited[..])
    }

    pub(crate) fn take_awaited(&mut self) -> Vec<(usize, Awaited)> {
        match &mut self.detail {
            Some(detail) => std::mem::take(&mut detail.awaited),
            None => Vec::new(),
        }
    }

    pub(crate) fn error(&self) -> Option<&Error> {
        self.detail.as_ref()?.error.as_ref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_that_was_only_read_costs_what_the_session_says() {
        assert_eq!(size_of::<Entry>(), 16);
    }
}
