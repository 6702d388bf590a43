//! What is linked and not sent yet, where a relation is loaded without a flush.

use std::collections::{HashMap, HashSet};

use super::entry::State;
use super::related::Collection;
use super::{Identity, Place, Session};
use crate::Result;
use crate::model::FieldInfo;
use crate::query::{Select, one_of};
use crate::relation::{RelationInfo, RelationKind};
use crate::session::refresh::chunks;
use crate::value::Value;

impl Session {
    /// Forgets what waits for the next flush beside what the objects themselves have.
    pub(super) fn forget_links(&mut self) {
        self.late.clear();
        self.orphans.clear();
        self.new_pairs.clear();
        self.unsure.clear();
    }

    /// Corrects what was just loaded for some objects by what is not sent yet.
    pub(super) fn show_unsent(
        &mut self,
        relation: &'static RelationInfo,
        owners: &[Place],
    ) -> Result<()> {
        if owners.is_empty() || self.is_clean() {
            return Ok(());
        }
        match relation.kind {
            RelationKind::BelongsTo => {
                for owner in owners {
                    let parent =
                        (relation.local.iter()).find_map(|field| self.awaits(*owner, *field));
                    if let Some(parent) = parent {
                        self.relations.set(*owner, relation, Collection::of(parent));
                    }
                }
            }
            RelationKind::ManyToMany => self.show_unsent_pairs(relation, owners),
            _ => self.show_unsent_children(relation, owners),
        }
        Ok(())
    }

    fn show_unsent_children(&mut self, relation: &'static RelationInfo, owners: &[Place]) {
        let store = self.number_of_model((relation.target)());
        let shown = self.shown(store);
        let by_it = |collection: &&RelationInfo| std::ptr::eq(*collection, relation);
        let Some(number) = (shown.iter()).position(|shown| shown.collections.iter().any(by_it))
        else {
            return;
        };
        let mut parents: HashMap<Place, Option<Place>> = HashMap::new();
        let mut moved: HashMap<Place, Vec<Place>> = HashMap::new();
        for child in self.unsent(store, false) {
            let parent = self.parents_of(child, &shown)[number];
            parents.insert(child, parent);
            if let Some(parent) = parent {
                moved.entry(parent).or_default().push(child);
            }
        }
        for owner in owners {
            let Some(known) = self.relations.get_mut(*owner, relation) else {
                continue;
            };
            known
                .places
                .retain(|child| (parents.get(child)).is_none_or(|parent| *parent == Some(*owner)));
            for child in moved.get(owner).into_iter().flatten() {
                if known.partial || known.places.contains(child) {
                    continue;
                }
                if relation.kind == RelationKind::HasOne {
                    known.places.clear();
                }
                known.places.push(*child);
            }
        }
    }

    fn show_unsent_pairs(&mut self, relation: &'static RelationInfo, owners: &[Place]) {
        let Some(through) = (relation.route)().through else {
            return;
        };
        let store = self.number_of_model(through.model);
        let shown = self.shown(store);
        let by_it = |(pair, _): &&(&'static RelationInfo, usize)| std::ptr::eq(*pair, relation);
        let ends = (shown.iter().enumerate()).find_map(|(near, shown)| {
            let (_, far) = shown.pairs.iter().find(by_it)?;
            Some((near, *far))
        });
        let Some((near, far)) = ends else {
            return;
        };
        let mut pairs: HashMap<Place, Vec<Place>> = HashMap::new();
        let mut gone: HashSet<(Place, Place)> = HashSet::new();
        for pair in self.unsent(store, true) {
            let before = self.stored_parents(pair, &shown);
            if let (Some(near), Some(far)) = (before[near], before[far]) {
                gone.insert((near, far));
            }
            if self.state_of(pair) == State::Deleting {
                continue;
            }
            let now = self.parents_of(pair, &shown);
            if let (Some(near), Some(far)) = (now[near], now[far]) {
                pairs.entry(near).or_default().push(far);
            }
        }
        for owner in owners {
            let now = pairs.get(owner).map_or(&[][..], Vec::as_slice);
            if let Some(known) = self.relations.get_mut(*owner, relation) {
                (known.places).retain(|far| now.contains(far) || !gone.contains(&(*owner, *far)));
                for far in now {
                    if !known.partial && !known.places.contains(far) {
                        known.places.push(*far);
                    }
                }
            }
        }
    }

    /// The objects of a model that the next flush would send.
    fn unsent(&self, store: u32, deleting: bool) -> Vec<Place> {
        let of_model = |places: &[Place]| -> Vec<Place> {
            (places.iter().copied())
                .filter(|place| place.store == store)
                .collect()
        };
        let mut unsent = self.in_state(&of_model(&self.touched), State::Persistent);
        unsent.extend(self.in_state(&of_model(&self.pending), State::Pending));
        if deleting {
            unsent.extend(self.in_state(&of_model(&self.deleting), State::Deleting));
        }
        unsent
    }

    /// Gives up new rows of a pair that is deleted: it was stored when the two were linked, and nothing was loaded of it.
    pub(super) fn drop_unsure(&mut self, pair: Place) -> Result<()> {
        if self.unsure.is_empty() {
            return Ok(());
        }
        let key = self.store(pair).stored_key(pair.slot)?;
        for new in self.in_state(&self.unsure, State::Pending) {
            if new.store == pair.store && self.store(new).key(new.slot)? == key {
                self.set_state(new, State::Transient);
                self.store_mut(new).forget(new.slot);
            }
        }
        Ok(())
    }

    /// Gives up new rows of pairs that are stored already, and were not loaded when they were linked.
    pub(super) fn drop_stored_pairs(&mut self) -> Result<()> {
        let unsure = std::mem::take(&mut self.unsure);
        let mut unsure = self.in_state(&unsure, State::Pending);
        unsure.sort_by_key(|pair| pair.store);
        for pairs in unsure.chunk_by(|left, right| left.store == right.store) {
            let model = self.store(pairs[0]).model();
            let fields: Vec<&'static FieldInfo> = model.key_fields().collect();
            let keys: Vec<Vec<Value>> = (pairs.iter())
                .map(|pair| self.store(*pair).key(pair.slot))
                .collect::<Result<_>>()?;
            let mut stored = HashSet::new();
            for keys in chunks(&keys) {
                let mut select = Select::of(model);
                select.filter.push(one_of(&fields, keys));
                let found = self.no_autoflush(|session| session.load_untyped(model, &select))?;
                for place in found {
                    // Also one that was deleted since: it was there when the two were linked.
                    let key = self.store(place).stored_key(place.slot)?;
                    stored.insert(Identity::new(&key));
                }
            }
            for (pair, key) in pairs.iter().copied().zip(&keys) {
                if stored.contains(&Identity::new(key)) {
                    // The two show each other as before: what changed since was seen then.
                    self.set_state(pair, State::Transient);
                    self.store_mut(pair).forget(pair.slot);
                }
            }
        }
        Ok(())
    }
}
