//! The end of a unit: commit and rollback, and what they make of the objects.

use super::entry::State;
use super::frame::{Frame, Saved};
use super::{Change, Identity, Place, Session};
use crate::{Error, Result};

impl Session {
    /// Sends what is pending, and commits. Loaded values stay readable; none is read again.
    ///
    /// # Errors
    ///
    /// `is_invalid_value()` for a value that its column can't hold, before anything is sent; `is_session()` after a
    /// failed statement; and whatever the database refuses. Then nothing is committed, and [`Session::rollback`]
    /// makes the session usable again.
    pub fn commit(&mut self) -> Result<()> {
        self.usable()?;
        if self.frames.len() > 1 {
            return Err(Error::session(
                "a commit inside of nested, whose end is not known yet; commit after it",
            ));
        }
        let listeners = self.units[0].database.listeners();
        for listener in &listeners {
            listener.before_commit(self)?;
        }
        self.run_flush(true)?;
        self.commit_units()?;
        self.committed = true;
        let frame = std::mem::take(&mut self.frames);
        self.frames.push(Frame::default());
        for place in frame.into_iter().flat_map(|frame| frame.saved.into_keys()) {
            if self.state_of(place) == State::Deleted {
                self.drop_gone(place);
            }
        }
        let log = std::mem::take(&mut self.log);
        for listener in &listeners {
            listener.after_commit(&log);
        }
        Ok(())
    }

    /// Commits each database, those with a name first, in the order of their names.
    fn commit_units(&mut self) -> Result<()> {
        let mut order: Vec<usize> = (0..self.units.len()).collect();
        order.sort_by_key(|unit| (self.units[*unit].bind.is_none(), self.units[*unit].bind));
        if self.options.two_phase {
            return self.commit_in_two_phases(&order);
        }
        let mut done = Vec::new();
        for (position, unit) in order.iter().enumerate() {
            let in_transaction = self.units[*unit].in_transaction();
            let Err(error) = self.units[*unit].commit() else {
                if in_transaction {
                    done.push(*unit);
                }
                continue;
            };
            let error = if done.is_empty() {
                error
            } else {
                let names = |units: &[usize]| {
                    let names: Vec<String> =
                        units.iter().map(|unit| self.units[*unit].name()).collect();
                    if names.is_empty() {
                        "nothing".to_owned()
                    } else {
                        names.join(", ")
                    }
                };
                // Of the one that failed it may not be known: its own error says so.
                let waiting: Vec<usize> = (order[position + 1..].iter().copied())
                    .filter(|unit| self.units[*unit].in_transaction())
                    .collect();
                let context = format!(
                    "{} was committed before {} failed to be; rolled back: {}",
                    names(&done),
                    self.units[*unit].name(),
                    names(&waiting)
                );
                error.context(context)
            };
            let binds: Vec<_> = done.iter().map(|unit| self.units[*unit].bind).collect();
            self.committed |= !done.is_empty();
            self.forget_undo(|bind| binds.contains(&bind));
            self.tell_committed(|bind| binds.contains(&bind));
            return self.noticed(Err(error));
        }
        Ok(())
    }

    /// Has each database promise that it can commit, and commits when all have.
    fn commit_in_two_phases(&mut self, order: &[usize]) -> Result<()> {
        let order: Vec<usize> = (order.iter().copied())
            .filter(|unit| self.units[*unit].in_transaction())
            .collect();
        for (position, unit) in order.iter().enumerate() {
            let Err(error) = self.units[*unit].prepare() else {
                continue;
            };
            for prepared in &order[..position] {
                if let Err(error) = self.units[*prepared].end_prepared(false) {
                    tracing::error!(%error, "a prepared transaction could not be rolled back");
                }
            }
            return self.noticed(Err(error));
        }
        // All have promised: from here on there is no way back.
        let mut result = Ok(());
        for unit in order {
            let ended = self.units[unit].end_prepared(true);
            if let Err(error) = &ended {
                tracing::error!(%error, "a prepared transaction could not be committed");
            }
            result = result.and(ended);
        }
        for unit in &mut self.units {
            unit.release();
        }
        if result.is_err() {
            self.committed = true;
            self.forget_undo(|_| true);
            self.tell_committed(|_| true);
        }
        self.noticed(result)
    }

    /// Forgets how objects of some databases were before the transaction: it was committed there.
    fn forget_undo(&mut self, is_committed: impl Fn(Option<&'static str>) -> bool) {
        let stores = &self.stores;
        let keep = |place: &Place| !is_committed(stores[place.store as usize].model().bind);
        let mut gone = Vec::new();
        for frame in &mut self.frames {
            frame.saved.retain(|place, _| {
                let keeps = keep(place);
                if !keeps {
                    gone.push(*place);
                }
                keeps
            });
            frame.read.retain(keep);
        }
        for place in gone {
            if self.state_of(place) == State::Deleted {
                self.drop_gone(place);
            }
        }
    }

    /// Tells listeners of the changes in some databases, which were committed.
    fn tell_committed(&mut self, is_committed: impl Fn(Option<&'static str>) -> bool) {
        let stores = &self.stores;
        let bind = |change: &Change| stores[change.key().place.store as usize].model().bind;
        let (told, log) = (std::mem::take(&mut self.log).into_iter())
            .partition(|change| is_committed(bind(change)));
        self.log = log;
        let told: Vec<Change> = told;
        for listener in self.units[0].database.listeners() {
            listener.after_commit(&told);
        }
    }

    /// Undoes what was done since the last commit, in the database and in the objects: changed objects are as they
    /// were, deleted ones are back, added ones are no longer tracked. Objects that were read inside the transaction
    /// are read again, by a query for each model; those whose rows are gone with it are no longer tracked.
    ///
    /// # Errors
    ///
    /// Whatever the database refuses; the connection is then given up, which has the same effect.
    pub fn rollback(&mut self) -> Result<()> {
        let mut result = Ok(());
        for unit in &mut self.units {
            result = result.and(unit.roll_back_transaction());
        }
        self.failed = None;
        let mut read = Vec::new();
        while let Some(frame) = self.frames.pop() {
            read.extend(frame.read.iter().copied());
            result = result.and(self.restore(frame));
        }
        self.frames.push(Frame::default());
        self.log.clear();
        if result.is_ok()
            && let Err(error) = self.reread_stale(read)
        {
            // Whoever asks for one of them by its key or by a query has it read then.
            tracing::debug!(%error, "objects that were read in a rolled back transaction could not be read again");
            self.failed = None;
        }
        for unit in &mut self.units {
            result = result.and(unit.rollback());
        }
        for listener in self.units[0].database.listeners() {
            listener.after_rollback();
        }
        result
    }

    /// Sends what is pending, without a commit.
    ///
    /// # Errors
    ///
    /// As [`Session::commit`].
    pub fn flush(&mut self) -> Result<()> {
        self.usable()?;
        self.run_flush(false)
    }

    /// Makes the objects as they were when a frame began.
    pub(super) fn restore(&mut self, frame: Frame) -> Result<()> {
        self.log.truncate(frame.log);
        // What was linked since is no longer so, and what was loaded may never have been.
        self.relations.clear();
        self.forget_links();
        // Keys may have changed hands since then: all of them are given back before any is taken.
        for place in frame.saved.keys() {
            if matches!(self.state_of(*place), State::Pending | State::Transient) {
                continue;
            }
            if let Ok(key) = self.store(*place).stored_key(place.slot) {
                let ledger = self.store_mut(*place).ledger_mut();
                ledger.identities.remove(&Identity::new(&key), place.slot);
            }
        }
        let mut result = Ok(());
        for (place, saved) in frame.saved {
            result = result.and(self.restore_one(place, saved));
        }
        for place in frame.read {
            if let Some(entry) = self.entry_mut(place) {
                entry.stale = true;
            }
        }
        self.pending = self.in_state(&self.pending, State::Pending);
        self.touched.retain({
            let stores = &self.stores;
            |place| {
                let entry = stores[place.store as usize].ledger().entry(place.slot);
                entry.is_some_and(|entry| entry.snapshot().is_some())
            }
        });
        self.deleting = self.in_state(&self.deleting, State::Deleting);
        result
    }

    fn restore_one(&mut self, place: Place, saved: Saved) -> Result<()> {
        let store = self.store_mut(place);
        match saved {
            Saved::Absent => {
                if store.ledger().entry(place.slot).is_some() {
                    self.set_state(place, State::Transient);
                    self.store_mut(place).forget(place.slot);
                }
            }
            Saved::Present { state, values } => {
                if !store.has_object(place.slot) {
                    // It was given up since.
                    return Ok(());
                }
                for (field, value) in values.iter().enumerate() {
                    store.set(place.slot, field, value)?;
                }
                if let Some(entry) = store.ledger_mut().entry_mut(place.slot) {
                    entry.state = state;
                    if let Some(detail) = &mut entry.detail {
                        detail.snapshot = None;
                        detail.named.clear();
                        detail.shown = None;
                    }
                }
                let identity = Identity::new(&store.key(place.slot)?);
                let identities = &mut store.ledger_mut().identities;
                if state == State::Deleted {
                    // The object that was added in its place goes before it.
                    identities.get_or_insert(identity, place.slot);
                } else {
                    identities.insert(identity, place.slot);
                }
            }
        }
        Ok(())
    }
}
