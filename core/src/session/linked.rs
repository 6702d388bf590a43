//! What shows of a changed relationship on its two sides, before and after it is stored.

use std::sync::Arc;

use super::entry::State;
use super::references::{Reference, references};
use super::related::Collection;
use super::{Identity, Place, Session};
use crate::Result;
use crate::model::ModelInfo;
use crate::relation::{RelationInfo, RelationKind};
use crate::value::Value;

/// A foreign key of a model that has relationships, or is among those of others.
pub(super) struct Shown {
    pub(super) reference: Reference,
    /// The number of the store of the model that it references.
    pub(super) target: u32,
    /// The model's own relationships that go by it.
    belongs: Vec<&'static RelationInfo>,
    /// The relationships of the other model with those that reference it so.
    pub(super) collections: Vec<&'static RelationInfo>,
    /// The many-to-many relationships of the other model whose pairs are the rows of this one, with the number of the
    /// foreign key to the row on the far side.
    pub(super) pairs: Vec<(&'static RelationInfo, usize)>,
}

/// The tracked objects that each foreign key of an object references.
pub(super) type ParentsOf = Vec<Option<Place>>;

impl Session {
    /// The foreign keys of a model when relationships go by any of them; otherwise nothing.
    pub(super) fn shown(&mut self, store: u32) -> Arc<[Shown]> {
        let number = store as usize;
        if let Some(Some(known)) = self.shown.get(number) {
            return Arc::clone(known);
        }
        let model = self.stores[number].model();
        let all = references(model);
        let mut shown: Vec<Shown> = Vec::with_capacity(all.len());
        for reference in &all {
            let belongs = (model.relations.iter()).filter(|relation| {
                relation.kind == RelationKind::BelongsTo && relation.local == reference.fields
            });
            shown.push(Shown {
                target: self.number_of_model(reference.target),
                belongs: belongs.collect(),
                collections: collections_of(model, reference),
                pairs: pairs_of(model, &all, reference),
                reference: reference.clone(),
            });
        }
        let is_shown = |shown: &Shown| {
            !(shown.belongs.is_empty() && shown.collections.is_empty() && shown.pairs.is_empty())
        };
        if !shown.iter().any(is_shown) {
            shown.clear();
        }
        let shown: Arc<[Shown]> = shown.into();
        if self.shown.len() <= number {
            self.shown.resize(number + 1, None);
        }
        self.shown[number] = Some(Arc::clone(&shown));
        shown
    }

    /// The objects that an object references, as the program has set it.
    pub(super) fn parents_of(&self, child: Place, shown: &[Shown]) -> ParentsOf {
        if !self.store(child).has_object(child.slot) {
            return vec![None; shown.len()];
        }
        (shown.iter())
            .map(|shown| self.parent_of(child, shown))
            .collect()
    }

    fn parent_of(&self, child: Place, shown: &Shown) -> Option<Place> {
        let fields = &shown.reference.fields;
        let awaited = (fields.iter()).find_map(|field| self.awaits(child, *field));
        if awaited.is_some() {
            return awaited;
        }
        let values: Result<Vec<Value>> = (fields.iter())
            .map(|field| self.store(child).value(child.slot, *field))
            .collect();
        self.tracked_parent(shown, &values.ok()?)
    }

    /// The objects that an object shows with: what the program has set since without linking shows with the flush.
    pub(super) fn shown_parents(&self, child: Place, shown: &[Shown]) -> ParentsOf {
        if let Some(entry) = self.entry(child)
            && let Some(detail) = &entry.detail
        {
            if let Some(parents) = &detail.shown {
                return parents.clone();
            }
            if detail.snapshot.is_some() {
                return self.stored_parents(child, shown);
            }
        }
        self.parents_of(child, shown)
    }

    /// The objects that an object references as its row has it; nothing for one that has none yet.
    pub(super) fn stored_parents(&self, child: Place, shown: &[Shown]) -> ParentsOf {
        let parent = |shown: &Shown| {
            let values = shown.reference.fields.iter();
            let values = values.map(|field| self.store(child).stored_value(child.slot, *field));
            let values: Result<Vec<Value>> = values.collect();
            self.tracked_parent(shown, &values.ok()?)
        };
        match self.state_of(child) {
            State::Pending => vec![None; shown.len()],
            _ => shown.iter().map(parent).collect(),
        }
    }

    fn tracked_parent(&self, shown: &Shown, values: &[Value]) -> Option<Place> {
        if values.iter().any(Value::is_null) {
            return None;
        }
        let reference = &shown.reference;
        let store = self.stores.get(shown.target as usize)?;
        let ledger = store.ledger();
        let slot = if reference.target_fields == reference.target.key {
            ledger.identities.get(&Identity::new(values))?
        } else {
            // By other columns than the key an object is found by looking at all of them.
            ledger.slots().find(|slot| {
                let has = |(field, value): (&usize, &Value)| {
                    (store.value(*slot, *field)).is_ok_and(|own| own == *value)
                };
                reference.target_fields.iter().zip(values).all(has)
            })?
        };
        Some(Place {
            store: shown.target,
            slot,
        })
    }

    /// A new object shows with those that it references, and they with it, as far as what is related there was loaded.
    pub(super) fn now_related(&mut self, child: Place) {
        if self.store(child).has_object(child.slot) {
            self.parents_changed(child, &[]);
        }
    }

    /// An object that showed with these shows with those that it references by now.
    pub(super) fn parents_changed(&mut self, child: Place, before: &[Option<Place>]) {
        let shown = self.shown(child.store);
        if shown.is_empty() {
            return;
        }
        let now = self.parents_of(child, &shown);
        self.show_parents(child, before, now);
    }

    /// An object that showed with some shows with others.
    pub(super) fn show_parents(&mut self, child: Place, before: &[Option<Place>], now: ParentsOf) {
        let shown = self.shown(child.store);
        for (number, shown) in shown.iter().enumerate() {
            let old = before.get(number).copied().flatten();
            let new = now[number];
            for relation in &shown.belongs {
                match new {
                    Some(parent) => self.relations.set(child, relation, Collection::of(parent)),
                    None => self.relations.forget(child, relation),
                }
            }
            if let Some(parent) = old.filter(|_| old != new) {
                self.let_go(parent, child, shown);
            }
            // Also where it is the same one: it may have been loaded anew while the program had set another.
            if let Some(parent) = new {
                self.take_in(parent, child, shown, before.is_empty());
            }
            for (relation, other) in &shown.pairs {
                let old = (old, before.get(*other).copied().flatten());
                let new = (new, now[*other]);
                if old != new {
                    self.pair_hides(relation, old);
                    self.pair_shows(relation, new);
                }
                if let (Some(end), Some(other)) = new
                    && self.state_of(child) == State::Pending
                {
                    let pairs = self.new_pairs.entry((relation.index, end, other));
                    pairs.or_default().push(child);
                }
            }
        }
        if let Some(entry) = self.entry_mut(child)
            && (entry.touched || entry.snapshot().is_some())
        {
            entry.detail_mut().shown = Some(now);
        }
    }

    /// Shows what the program has changed in foreign keys without linking.
    pub(super) fn show_references(&mut self, child: Place) {
        let shown = self.shown(child.store);
        if shown.is_empty() {
            return;
        }
        let before = self.shown_parents(child, &shown);
        self.store_mut(child).own_relations(child.slot);
        self.parents_changed(child, &before);
    }

    fn let_go(&mut self, parent: Place, child: Place, shown: &Shown) {
        for relation in &shown.collections {
            if let Some(known) = self.relations.get_mut(parent, relation) {
                known.places.retain(|place| *place != child);
            }
        }
    }

    fn take_in(&mut self, parent: Place, child: Place, shown: &Shown, is_new: bool) {
        let pending = self.state_of(parent) == State::Pending;
        for relation in &shown.collections {
            match self.relations.get_mut(parent, relation) {
                Some(known) => {
                    if relation.kind == RelationKind::HasOne && known.places != [child] {
                        known.places.clear();
                    }
                    // A new object is in no collection yet, however long it is.
                    if is_new || !known.places.contains(&child) {
                        known.places.push(child);
                    }
                }
                // Nothing is stored for a row that is not: what is linked is all there is.
                None if pending => self.relations.set(parent, relation, Collection::of(child)),
                None => {}
            }
        }
    }

    /// Two objects are a pair: the near one shows the far one.
    fn pair_shows(&mut self, relation: &RelationInfo, pair: (Option<Place>, Option<Place>)) {
        let (Some(end), other) = pair else {
            return;
        };
        let pending = self.state_of(end) == State::Pending;
        match (other, self.relations.get_mut(end, relation)) {
            (Some(other), Some(known)) if known.places.contains(&other) => {}
            (Some(other), Some(known)) => known.places.push(other),
            (Some(other), None) if pending => {
                self.relations.set(end, relation, Collection::of(other));
            }
            // What is on the far side is not tracked: it is to be loaded.
            (None, Some(_)) if !pending => self.relations.forget(end, relation),
            (_, _) => {}
        }
    }

    /// Two objects are a pair no more.
    fn pair_hides(&mut self, relation: &RelationInfo, pair: (Option<Place>, Option<Place>)) {
        let (Some(end), other) = pair else {
            return;
        };
        let pending = self.state_of(end) == State::Pending;
        if !pending && (other.is_none() || relation.pairs_may_repeat()) {
            // There may be another row that pairs the two.
            self.relations.forget(end, relation);
        } else if let Some(known) = self.relations.get_mut(end, relation) {
            known.places.retain(|place| Some(*place) != other);
        }
    }

    /// A row goes: where it paired two objects, they show each other no more.
    pub(super) fn pair_leaves(&mut self, pair: Place) {
        let shown = self.shown(pair.store);
        if shown.iter().all(|shown| shown.pairs.is_empty()) {
            return;
        }
        let ends = self.shown_parents(pair, &shown);
        for (number, shown) in shown.iter().enumerate() {
            for (relation, other) in &shown.pairs {
                self.pair_hides(relation, (ends[number], ends[*other]));
            }
        }
    }

    /// A row that was to go stays: where it pairs two objects, they show each other again.
    pub(super) fn pair_stays(&mut self, pair: Place) {
        let shown = self.shown(pair.store);
        let ends = self.shown_parents(pair, &shown);
        for (number, shown) in shown.iter().enumerate() {
            for (relation, other) in &shown.pairs {
                self.pair_shows(relation, (ends[number], ends[*other]));
            }
        }
    }

    /// The new rows that pair a new object with others: they are given up with it.
    pub(super) fn new_pairs_with(&mut self, end: Place) -> Vec<Place> {
        let mut pairs = Vec::new();
        for number in 0..self.shown.len() {
            let Some(Some(shown)) = self.shown.get(number).cloned() else {
                continue;
            };
            let of_pairs = shown.iter().any(|shown| !shown.pairs.is_empty());
            if !of_pairs || shown.iter().all(|shown| shown.target != end.store) {
                continue;
            }
            for place in &self.pending {
                if place.store as usize == number
                    && self.state_of(*place) == State::Pending
                    && self.parents_of(*place, &shown).contains(&Some(end))
                {
                    pairs.push(*place);
                }
            }
        }
        pairs
    }

    /// New rows were stored whose keys the program gave: others may reference them by these, without being linked.
    pub(super) fn forget_collections(&mut self, place: Place) {
        let model = self.stores[place.store as usize].model();
        for relation in model.relations {
            if relation.kind != RelationKind::BelongsTo {
                self.relations.forget(place, relation);
            }
        }
    }

    /// A new row of a table between two models was stored: where one of the two is not tracked, what is known of the
    /// other one's pairs is not all.
    pub(super) fn pairs_stored(&mut self, group: &[Place]) {
        let Some(first) = group.first() else {
            return;
        };
        let shown = self.shown(first.store);
        if shown.iter().all(|shown| shown.pairs.is_empty()) {
            return;
        }
        for pair in group {
            let ends = self.parents_of(*pair, &shown);
            for (number, shown) in shown.iter().enumerate() {
                for (relation, other) in &shown.pairs {
                    if ends[*other].is_none() {
                        self.pair_shows(relation, (ends[number], None));
                    }
                }
            }
        }
    }

    /// Whether the rows of a model are the pairs of a many-to-many relationship, by this foreign key.
    pub(super) fn pairs_with(&mut self, child: &'static ModelInfo, reference: &Reference) -> bool {
        let store = self.number_of_model(child);
        let shown = self.shown(store);
        let number = (shown.iter()).position(|shown| shown.reference.fields == reference.fields);
        shown.iter().enumerate().any(|(near, shown)| {
            (shown.pairs.iter()).any(|(_, far)| Some(near) == number || Some(*far) == number)
        })
    }
}

/// The relationships of a model with those that reference it by a foreign key.
fn collections_of(child: &'static ModelInfo, reference: &Reference) -> Vec<&'static RelationInfo> {
    let relations = reference.target.relations.iter();
    let by_it = relations.filter(|relation| {
        matches!(relation.kind, RelationKind::HasMany | RelationKind::HasOne)
            && std::ptr::eq((relation.target)(), child)
            && (relation.route)().remote == reference.fields
    });
    by_it.collect()
}

/// The relationships of a model whose pairs are rows that reference it by a foreign key.
fn pairs_of(
    pair: &'static ModelInfo,
    all: &[Reference],
    reference: &Reference,
) -> Vec<(&'static RelationInfo, usize)> {
    let mut pairs = Vec::new();
    for relation in reference.target.relations {
        if relation.kind == RelationKind::ManyToMany
            && let Some(through) = (relation.route)().through
            && std::ptr::eq(through.model, pair)
            && through.local == reference.fields
            && let Some(other) = all.iter().position(|far| far.fields == through.remote)
        {
            pairs.push((relation, other));
        }
    }
    pairs
}
