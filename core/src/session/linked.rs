//! What shows of a changed relationship on its two sides, before and after it is stored.

use super::entry::State;
use super::references::{Reference, references};
use super::related::Collection;
use super::{Identity, Place, Session};
use crate::Result;
use crate::model::ModelInfo;
use crate::relation::{RelationInfo, RelationKind};
use crate::value::Value;

impl Session {
    /// An object has got its foreign keys: it shows with those that they reference, and they with it, as far as what is
    /// related there was loaded.
    pub(super) fn now_related(&mut self, child: Place) {
        if !self.store(child).has_object(child.slot) {
            return;
        }
        let model = self.store(child).model();
        for reference in shown(model) {
            let parent = self.parent_of(child, &reference);
            for relation in relations_by(model, &reference, RelationKind::BelongsTo) {
                match parent {
                    Some(parent) => {
                        let known = Collection {
                            places: vec![parent],
                            partial: false,
                        };
                        self.relations.set(child, relation, known);
                    }
                    None => self.relations.forget(child, relation),
                }
            }
            let Some(parent) = parent else {
                continue;
            };
            for relation in collections_of(reference.target, model, &reference) {
                if let Some(known) = self.relations.get_mut(parent, relation) {
                    if relation.kind == RelationKind::HasOne {
                        known.places.clear();
                    }
                    if !known.places.contains(&child) {
                        known.places.push(child);
                    }
                } else if self.state_of(parent) == State::Pending {
                    // Nothing is stored for a row that is not: what is linked is all there is.
                    let known = Collection {
                        places: vec![child],
                        partial: false,
                    };
                    self.relations.set(parent, relation, known);
                }
            }
        }
        self.pairs_changed(child);
    }

    /// An object loses its foreign keys, or goes: it shows with nobody any more.
    pub(super) fn no_longer_related(&mut self, child: Place) {
        if !self.store(child).has_object(child.slot) {
            return;
        }
        let model = self.store(child).model();
        for reference in shown(model) {
            for relation in relations_by(model, &reference, RelationKind::BelongsTo) {
                self.relations.forget(child, relation);
            }
            if let Some(parent) = self.parent_of(child, &reference) {
                self.let_go(parent, child, &reference);
            }
        }
        self.pairs_changed(child);
    }

    /// An object whose foreign keys the program has set itself: those that it referenced before let go of it.
    pub(super) fn references_changed(&mut self, child: Place, before: &[Value]) {
        let model = self.store(child).model();
        for reference in shown(model) {
            let values: Vec<Value> = (reference.fields.iter())
                .map(|field| before.get(*field).cloned().unwrap_or(Value::Null))
                .collect();
            if let Some(parent) = self.tracked_parent(&reference, &values) {
                let now = self.parent_of(child, &reference);
                if now != Some(parent) {
                    self.let_go(parent, child, &reference);
                }
            }
        }
        self.store_mut(child).own_relations(child.slot);
        self.now_related(child);
    }

    fn let_go(&mut self, parent: Place, child: Place, reference: &Reference) {
        let model = self.store(child).model();
        for relation in collections_of(reference.target, model, reference) {
            if let Some(known) = self.relations.get_mut(parent, relation) {
                known.places.retain(|place| *place != child);
            }
        }
    }

    /// The tracked object that another one references.
    fn parent_of(&self, child: Place, reference: &Reference) -> Option<Place> {
        let awaited = (reference.fields.iter()).find_map(|field| self.awaits(child, *field));
        if awaited.is_some() {
            return awaited;
        }
        let values: Result<Vec<Value>> = (reference.fields.iter())
            .map(|field| self.store(child).value(child.slot, *field))
            .collect();
        self.tracked_parent(reference, &values.ok()?)
    }

    fn tracked_parent(&self, reference: &Reference, values: &[Value]) -> Option<Place> {
        if values.iter().any(Value::is_null) {
            return None;
        }
        let number =
            (self.stores.iter()).position(|store| std::ptr::eq(store.model(), reference.target))?;
        let store = u32::try_from(number).ok()?;
        let ledger = self.stores[number].ledger();
        let slot = if reference.target_fields == reference.target.key {
            ledger.identities.get(&Identity::new(values))?
        } else {
            // By other columns than the key an object is found by looking at all of them.
            ledger.slots().find(|slot| {
                let has = |(field, value): (&usize, &Value)| {
                    self.stores[number]
                        .value(*slot, *field)
                        .is_ok_and(|own| own == *value)
                };
                reference.target_fields.iter().zip(values).all(has)
            })?
        };
        let place = Place { store, slot };
        matches!(self.state_of(place), State::Pending | State::Persistent).then_some(place)
    }

    /// A row that pairs two objects came or went: what is known of the pairs of both is loaded anew.
    fn pairs_changed(&mut self, pair: Place) {
        let model = self.store(pair).model();
        for reference in shown(model) {
            let Some(end) = self.parent_of(pair, &reference) else {
                continue;
            };
            for relation in reference.target.relations {
                let goes_by_it = relation.kind == RelationKind::ManyToMany
                    && (relation.route)().through.is_some_and(|through| {
                        std::ptr::eq(through.model, model) && through.local == reference.fields
                    });
                if goes_by_it && self.state_of(end) != State::Pending {
                    self.relations.forget(end, relation);
                }
            }
        }
    }

    /// Takes out what is known of the pairs of two objects, while the row of theirs comes or goes.
    pub(super) fn take_pairs(
        &mut self,
        place: Place,
        relation: &'static RelationInfo,
        other: Place,
    ) -> Vec<(Place, &'static RelationInfo, Collection)> {
        let mut known = Vec::new();
        for (place, relation, _) in sides(place, relation, other) {
            if let Some(collection) = self.relations.take(place, relation) {
                known.push((place, relation, collection));
            }
        }
        known
    }

    /// Puts back what [`Session::take_pairs`] took.
    pub(super) fn put_pairs(&mut self, known: Vec<(Place, &'static RelationInfo, Collection)>) {
        for (place, relation, collection) in known {
            self.relations.set(place, relation, collection);
        }
    }

    /// Shows that two objects are a pair, or are none any more, on both sides.
    pub(super) fn pair_shows(
        &mut self,
        place: Place,
        relation: &'static RelationInfo,
        other: Place,
        is_pair: bool,
    ) {
        for (place, relation, other) in sides(place, relation, other) {
            let new = self.state_of(place) == State::Pending;
            match self.relations.get_mut(place, relation) {
                Some(known) if !is_pair => known.places.retain(|known| *known != other),
                Some(known) if known.places.contains(&other) => {}
                Some(known) => known.places.push(other),
                None if is_pair && new => {
                    let known = Collection {
                        places: vec![other],
                        partial: false,
                    };
                    self.relations.set(place, relation, known);
                }
                None => {}
            }
        }
    }

    /// Whether the rows of a model are the pairs of a many-to-many relationship, by this foreign key.
    pub(super) fn pairs_with(&self, child: &'static ModelInfo, reference: &Reference) -> bool {
        let by_it = |relation: &RelationInfo| {
            (relation.route)().through.is_some_and(|through| {
                std::ptr::eq(through.model, child)
                    && (through.local == reference.fields || through.remote == reference.fields)
            })
        };
        let others = references(child)
            .into_iter()
            .map(|reference| reference.target);
        others.into_iter().any(|model| {
            (model.relations.iter())
                .filter(|relation| relation.kind == RelationKind::ManyToMany)
                .any(by_it)
        })
    }
}

/// Both sides of a relationship between two objects.
fn sides(
    place: Place,
    relation: &'static RelationInfo,
    other: Place,
) -> Vec<(Place, &'static RelationInfo, Place)> {
    let mut sides = vec![(place, relation, other)];
    sides.extend(relation.reverses().map(|reverse| (other, reverse, place)));
    sides
}

/// The foreign keys of a model that relationships go by, on one side or the other.
fn shown(model: &'static ModelInfo) -> impl Iterator<Item = Reference> {
    (references(model).into_iter())
        .filter(|reference| !model.relations.is_empty() || !reference.target.relations.is_empty())
}

/// The relationships of a model that go by a foreign key of its own.
fn relations_by(
    model: &'static ModelInfo,
    reference: &Reference,
    kind: RelationKind,
) -> impl Iterator<Item = &'static RelationInfo> + use<> {
    let fields = reference.fields.clone();
    (model.relations.iter())
        .filter(move |relation| relation.kind == kind && relation.local == fields)
}

/// The relationships of a model with those that reference it by a foreign key.
fn collections_of(
    parent: &'static ModelInfo,
    child: &'static ModelInfo,
    reference: &Reference,
) -> impl Iterator<Item = &'static RelationInfo> + use<> {
    let fields = reference.fields.clone();
    parent.relations.iter().filter(move |relation| {
        matches!(relation.kind, RelationKind::HasMany | RelationKind::HasOne)
            && std::ptr::eq((relation.target)(), child)
            && (relation.route)().remote == fields
    })
}
