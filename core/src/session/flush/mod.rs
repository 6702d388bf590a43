//! The flush: what is pending, in an order that the foreign keys allow, and in few statements.

mod cascade;
mod deletes;
mod hooks;
mod inserts;
mod updates;
mod vacate;

use std::collections::HashMap;

pub(super) use updates::RowChange;

use super::entry::State;
use super::{Place, Session};
use crate::backend::Connection;
use crate::database::PooledConnection;
use crate::model::{Hook, ModelInfo};
use crate::query::identity_value;
use crate::{Error, Result};

/// The position of each table in an order in which parents come before their children.
pub(crate) type Ranks = HashMap<String, usize>;

/// What a flush sends.
struct Plan {
    /// New rows, parents first.
    inserts: Vec<Place>,
    /// New rows in the place of rows that are deleted in the same flush, with the object of each old row.
    replaced: Vec<(Place, Place)>,
    updates: Vec<RowChange>,
    /// Stored rows that reference new ones: what changes in them is known when those are inserted.
    late: Vec<Place>,
    deletes: Vec<Place>,
}

impl Session {
    /// Sends inserts, parents first; then updates; then deletes, children first. `last` says that a commit follows,
    /// so that a single statement needs no transaction.
    pub(super) fn run_flush(&mut self, last: bool) -> Result<()> {
        let listeners = self.units[0].database.listeners();
        for listener in &listeners {
            self.no_autoflush(|session| listener.before_flush(session))?;
        }
        if self.is_clean() {
            return Ok(());
        }
        self.refuse_invalid_rows()?;
        self.drop_overtaken();
        self.drop_stored_pairs()?;
        self.cascade_deletes()?;
        self.run_hooks_before()?;
        let now = chrono::Utc::now();
        let plan = self.plan(now)?;
        self.validate(&plan)?;
        let statements = plan.inserts.len()
            + plan.replaced.len()
            + plan.updates.len()
            + plan.late.len()
            + plan.deletes.len();
        if statements > 0 {
            // What is sent by itself is committed by itself: no other database may be waiting for its commit.
            let alone = last
                && listeners.is_empty()
                && !self.in_transaction()
                && self.is_one_statement(&plan, statements)?;
            if let Err(error) = self.send(plan, now, alone, !listeners.is_empty()) {
                // Whatever it was: some of the plan may have been sent.
                self.failed.get_or_insert_with(|| error.to_string());
                return Err(error);
            }
        }
        // What is left was touched, and is as it was.
        for place in std::mem::take(&mut self.touched) {
            if let Some(entry) = self.entry_mut(place)
                && let Some(detail) = &mut entry.detail
            {
                detail.snapshot = None;
                detail.shown = None;
            }
        }
        self.pending.clear();
        self.deleting.clear();
        self.forget_links();
        Ok(())
    }

    fn refuse_invalid_rows(&mut self) -> Result<()> {
        for place in self.in_state(&self.pending, State::Pending) {
            let Some(entry) = self.entry_mut(place) else {
                continue;
            };
            if let Some(detail) = &mut entry.detail
                && let Some(error) = detail.error.take()
            {
                // Asked again, the same row gives the same message.
                detail.error = Some(Error::session(error.to_string()));
                return Err(error);
            }
        }
        Ok(())
    }

    fn plan(&mut self, now: chrono::DateTime<chrono::Utc>) -> Result<Plan> {
        let mut inserts = self.in_state(&self.pending, State::Pending);
        for place in &inserts {
            self.store_mut(*place).keep_what_was_set(place.slot)?;
            self.refuse_lost_references(*place)?;
            if self.entry(*place).is_some_and(|entry| entry.touched) {
                self.show_references(*place);
            }
        }
        self.read_clock(&inserts, now)?;
        let ranks = self.ranks_of(&inserts)?;
        inserts.sort_by_key(|place| (ranks[&place.store], *place));
        for place in &inserts {
            // A value that its column can't hold is found before anything is sent.
            self.row(*place)?;
        }
        self.drop_overtaken();
        let (late, changed) = (self.in_state(&self.touched, State::Persistent).into_iter())
            .partition(|place| self.is_late(*place));
        let late: Vec<Place> = late;
        self.refuse_lost_parents()?;
        let updates = self.updates(changed, now)?;
        let mut deletes = self.in_state(&self.deleting, State::Deleting);
        let replaced = self.replaced(&mut inserts, &mut deletes)?;
        Ok(Plan {
            inserts,
            replaced,
            updates,
            late,
            deletes,
        })
    }

    /// Whether the plan is one statement, with nothing to be done after it that could fail.
    fn is_one_statement(&mut self, plan: &Plan, statements: usize) -> Result<bool> {
        if statements != 1 {
            return Ok(false);
        }
        let mut place = plan.deletes.first().copied();
        if let Some(insert) = plan.inserts.first() {
            // An id that the program chose may have to move the sequence.
            if identity_value(self.store(*insert).model(), Some(&self.row(*insert)?)).is_some() {
                return Ok(false);
            }
            place = Some(*insert);
        }
        if let Some(update) = plan.updates.first() {
            if update.is_of_identity(self.store(update.place).model()) {
                return Ok(false);
            }
            place = Some(update.place);
        }
        let Some(place) = place else {
            return Ok(false);
        };
        if plan.deletes.is_empty() && !self.store(place).model().read_back().is_empty() {
            // The row is read back.
            return Ok(false);
        }
        if self.store(place).has_hooks() {
            return Ok(false);
        }
        // Objects of rows that the database changes along are read again.
        let model = self.store(place).model();
        let followers = match plan.updates.first() {
            Some(update) => self.followers(model, &update.positions())?,
            None if plan.deletes.is_empty() => Vec::new(),
            None => self.affected_by(&[model], true)?,
        };
        Ok(followers.is_empty())
    }

    /// The order of the models' tables: those of a database together, parents before their children.
    fn ranks_of(&mut self, places: &[Place]) -> Result<HashMap<u32, (usize, usize)>> {
        let mut ranks = HashMap::new();
        for place in places {
            if ranks.contains_key(&place.store) {
                continue;
            }
            let model = self.store(*place).model();
            let unit = self.unit_of(model.bind)?;
            ranks.insert(place.store, (unit, self.rank(unit, model)));
        }
        Ok(ranks)
    }

    /// The position of the model's table among those of its database.
    fn rank(&self, unit: usize, model: &'static ModelInfo) -> usize {
        let ranks = self.units[unit].database.ranks();
        ranks.get(model.table_name()).copied().unwrap_or(0)
    }

    fn send(
        &mut self,
        mut plan: Plan,
        now: chrono::DateTime<chrono::Utc>,
        alone: bool,
        listened: bool,
    ) -> Result<()> {
        if !alone {
            for place in plan.all() {
                self.begun_for(place)?;
            }
        }
        let mut log = Vec::new();
        let mut hooked = Vec::new();
        let early = self.vacate(&mut plan)?;
        let postponed = self.send_inserts(&plan.inserts, &plan.replaced)?;
        for place in &plan.inserts {
            hooked.push((*place, Hook::AfterInsert));
        }
        for (new, old) in std::mem::take(&mut plan.replaced) {
            self.send_replacement(new, old)?;
            hooked.push((old, Hook::AfterDelete));
            hooked.push((new, Hook::AfterInsert));
        }
        self.set_late()?;
        let late = self.updates(std::mem::take(&mut plan.late), now)?;
        plan.updates.extend(late);
        if listened {
            for (place, hook) in &hooked {
                log.push(match hook {
                    Hook::AfterDelete => self.deleted(*place)?,
                    _ => self.inserted(*place)?,
                });
            }
            for update in &plan.updates {
                log.push(self.updated(update.place, &update.fields)?);
            }
            for place in early.iter().chain(&plan.deletes) {
                log.push(self.deleted(*place)?);
            }
        }
        for update in &plan.updates {
            hooked.push((update.place, Hook::AfterUpdate));
        }
        for place in early.iter().chain(&plan.deletes) {
            hooked.push((*place, Hook::AfterDelete));
        }
        // References that were NULL for a moment.
        self.send_updates(postponed)?;
        self.send_updates(plan.updates)?;
        self.send_deletes(plan.deletes)?;
        self.run_hooks_after(hooked)?;
        self.log.extend(log);
        Ok(())
    }

    /// The connection to the database of an object, in a transaction.
    fn begun_for(&mut self, place: Place) -> Result<&mut PooledConnection> {
        let unit = self.unit_of(self.store(place).model().bind)?;
        self.units[unit].begun()
    }

    /// The connection to the database of an object.
    fn connection_for(&mut self, place: Place) -> Result<&mut dyn Connection> {
        let unit = self.unit_of(self.store(place).model().bind)?;
        Ok(self.units[unit].connection()?)
    }
}

impl Plan {
    fn all(&self) -> Vec<Place> {
        let mut all = self.inserts.clone();
        all.extend(self.replaced.iter().map(|(new, _)| *new));
        all.extend(self.updates.iter().map(|update| update.place));
        all.extend(&self.late);
        all.extend(&self.deletes);
        // One object of each model will do.
        all.sort_by_key(|place| place.store);
        all.dedup_by_key(|place| place.store);
        all
    }
}
