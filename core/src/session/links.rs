//! Linking and unlinking: relationships that are changed, on both sides at once.

use std::collections::HashSet;
use std::panic::Location;

use super::entry::{Awaited, Named, State};
use super::references::{Reference, references};
use super::{Identity, Key, PendingKey, Place, Session};
use crate::model::{Cascade, Draft, Input, Model, ModelInfo};
use crate::query::{Node, Select, node_equal};
use crate::relation::{Relation, RelationInfo, RelationKind, RelationType, Through};
use crate::value::Value;
use crate::{Error, Result};

/// A field of a stored object that references a new one, which has no value for it yet.
#[derive(Clone, Debug)]
pub(super) struct Late {
    pub(super) field: usize,
    pub(super) parent: Place,
    pub(super) target: usize,
    /// What the field had then: another value was set by the program since, which counts.
    pub(super) before: Value,
}

impl Session {
    /// Relates an object to another one: sets the foreign key on whichever side it is, or adds the row of the table between
    /// the two. It is stored by the next flush, and shows at once in [`Session::related`] on both sides; an object that had
    /// another one in a relationship to one is no longer related to that.
    ///
    /// ```no_run
    /// # extern crate birgus_core as birgus;
    /// # use birgus::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Post { #[key] pub id: i64, #[many_to_many(Tag, through = PostTag)] pub tags: Many<Tag> }
    /// # #[derive(Model)]
    /// # pub struct Tag { #[key] pub id: i64, pub name: String }
    /// # #[derive(Model)]
    /// # pub struct PostTag { #[key] #[column(references = Post::id)] pub post_id: i64,
    /// #     #[key] #[column(references = Tag::id)] pub tag_id: i64 }
    /// # fn main() {}
    /// fn tag(session: &mut Session, post: Key<Post>) -> birgus::Result<()> {
    ///     let crabs = session.add(Tag::build().name("crabs"));
    ///     session.link(post, Post::tags, crabs)?;
    ///     session.commit() // INSERT of the tag, and of the pair
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// `is_session()` for a key of another session or of an object that is no longer tracked, where a table between the two
    /// has columns of its own that must be given (add its row), and where the object that had the place before can't do
    /// without; and as [`Session::related`].
    pub fn link<M: Model, F: RelationType>(
        &mut self,
        key: Key<M>,
        relation: Relation<M, F>,
        other: Key<F::Target>,
    ) -> Result<()> {
        let place = self.place(key.untyped())?;
        let other = self.place(other.untyped())?;
        self.link_places(place, relation.info(), other)
    }

    /// Ends what [`Session::link`] began: the foreign key becomes `None`, or the row of the table between goes. An object
    /// whose foreign key says `cascade = delete_orphan` is deleted.
    ///
    /// # Errors
    ///
    /// `is_session()` as [`Session::link`], for objects that are not related so, and for a foreign key that can't be `None`
    /// and says nothing of orphans.
    pub fn unlink<M: Model, F: RelationType>(
        &mut self,
        key: Key<M>,
        relation: Relation<M, F>,
        other: Key<F::Target>,
    ) -> Result<()> {
        let place = self.place(key.untyped())?;
        let other = self.place(other.untyped())?;
        self.unlink_places(place, relation.info(), other)
    }

    /// Relates an object to these and to no others: those that are missing are linked, the rest is unlinked. A relationship
    /// to one takes one key at most: `[susan]`, `Some(susan)`, `None`.
    ///
    /// # Errors
    ///
    /// As [`Session::link`] and [`Session::unlink`]; nothing is changed then.
    #[track_caller]
    pub fn set<M: Model, F: RelationType>(
        &mut self,
        key: Key<M>,
        relation: Relation<M, F>,
        others: impl IntoIterator<Item = Key<F::Target>>,
    ) -> Result<()> {
        let caller = Location::caller();
        let info = relation.info();
        let place = self.place(key.untyped())?;
        let mut met = HashSet::new();
        let mut wanted = Vec::new();
        for other in others {
            let other = self.place(other.untyped())?;
            if met.insert(other) {
                wanted.push(other);
            }
        }
        if !info.kind.is_many() && wanted.len() > 1 {
            return Err(Error::session(format!(
                "{}: {} rows for a relationship to one",
                info.subject(),
                wanted.len()
            )));
        }
        self.set_places(place, info, &wanted, caller)
    }

    fn set_places(
        &mut self,
        place: Place,
        relation: &'static RelationInfo,
        wanted: &[Place],
        caller: &'static Location<'static>,
    ) -> Result<()> {
        if (self.relations.get(place, relation)).is_some_and(|known| known.partial) {
            self.relations.forget(place, relation);
        }
        self.place_is_usable(place)?;
        // A flush would delete orphans that are about to get another parent.
        let known = self.no_autoflush(|session| session.places_now(place, relation, caller))?;
        // A foreign key on this side is set once; one on the other side may have nothing to be instead.
        if relation.kind == RelationKind::BelongsTo {
            return match (wanted.first(), known.first()) {
                (Some(other), _) => self.link_places(place, relation, *other),
                (None, Some(other)) => self.unlink_places(place, relation, *other),
                (None, None) => Ok(()),
            };
        }
        let leaving: Vec<Place> = (known.iter().copied())
            .filter(|other| !wanted.contains(other))
            .collect();
        for other in &leaving {
            self.refuse_unlinking(relation, *other)?;
        }
        for other in wanted {
            if !known.contains(other) {
                self.refuse_linking(relation, *other)?;
            }
        }
        for other in leaving {
            self.unlink_places(place, relation, other)?;
        }
        for other in wanted {
            if !known.contains(other) {
                self.link_places(place, relation, *other)?;
            }
        }
        if let Some(now) = self.relations.get_mut(place, relation) {
            now.places = wanted.to_vec();
        }
        Ok(())
    }

    /// Relates two objects.
    pub(super) fn link_places(
        &mut self,
        place: Place,
        relation: &'static RelationInfo,
        other: Place,
    ) -> Result<()> {
        let route = (relation.route)();
        if let Some(through) = &route.through {
            return self.add_pair(place, relation, through, other);
        }
        let (child, fields, parent, targets) = match relation.kind {
            RelationKind::BelongsTo => (place, &route.local, other, &route.remote),
            _ => (other, &route.remote, place, &route.local),
        };
        self.child_is_usable(child)?;
        self.place_is_usable(parent)?;
        if self.state_of(child) != State::Deleting
            && self.references(child, fields, parent, targets)?
        {
            // It is so, and may not show yet.
            self.show_references(child);
            return Ok(());
        }
        match relation.kind {
            RelationKind::BelongsTo => self.give_up_one(parent, child, relation)?,
            RelationKind::HasOne => self.leave_one(parent, relation, child)?,
            _ => {}
        }
        self.set_reference(child, fields, Some((parent, targets)))
    }

    /// A row that had another in a relationship to one must let go of it.
    fn leave_one(
        &mut self,
        place: Place,
        relation: &'static RelationInfo,
        other: Place,
    ) -> Result<()> {
        let caller = Location::caller();
        let known = self.no_autoflush(|session| session.places_now(place, relation, caller))?;
        for before in known {
            if before != other {
                self.unlink_places(place, relation, before)?;
            }
        }
        Ok(())
    }

    /// The same, seen from the side of the foreign key.
    fn give_up_one(
        &mut self,
        parent: Place,
        place: Place,
        relation: &'static RelationInfo,
    ) -> Result<()> {
        for reverse in relation.reverses() {
            if reverse.kind == RelationKind::HasOne {
                self.leave_one(parent, reverse, place)?;
            }
        }
        Ok(())
    }

    fn unlink_places(
        &mut self,
        place: Place,
        relation: &'static RelationInfo,
        other: Place,
    ) -> Result<()> {
        let route = (relation.route)();
        if let Some(through) = &route.through {
            return self.remove_pair(place, relation, through, other);
        }
        let (child, parent) = match relation.kind {
            RelationKind::BelongsTo => (place, other),
            _ => (other, place),
        };
        let (fields, targets) = match relation.kind {
            RelationKind::BelongsTo => (&route.local, &route.remote),
            _ => (&route.remote, &route.local),
        };
        if !self.references(child, fields, parent, targets)? {
            return Err(self.not_related(place, relation, other));
        }
        self.refuse_orphan(relation, child, fields)?;
        let reference = self.reference_of(child, fields);
        let orphan = reference.is_some_and(|reference| reference.cascade == Cascade::DeleteOrphan);
        let nullable = self.nullable(child, fields);
        if orphan && (nullable.is_empty() || self.state_of(child) == State::Pending) {
            self.remember(child)?;
            self.leaves(child, fields);
            if self.state_of(child) == State::Persistent {
                // It stays if it is related to another one before the flush.
                self.orphans.insert(child);
            }
            return self.mark_deleted(child);
        }
        self.set_reference(child, fields, None)
    }

    /// Whether the foreign key of a relationship relates two objects.
    pub(super) fn is_related(
        &self,
        place: Place,
        relation: &'static RelationInfo,
        other: Place,
    ) -> Result<bool> {
        let route = (relation.route)();
        match relation.kind {
            RelationKind::BelongsTo => self.references(place, &route.local, other, &route.remote),
            _ => self.references(other, &route.remote, place, &route.local),
        }
    }

    /// A child shows with its parent no more.
    fn leaves(&mut self, child: Place, fields: &[usize]) {
        let shown = self.shown(child.store);
        let before = self.shown_parents(child, &shown);
        let mut now = before.clone();
        for (parent, shown) in now.iter_mut().zip(&*shown) {
            if shown.reference.fields == fields {
                *parent = None;
            }
        }
        self.show_parents(child, &before, now);
    }

    fn not_related(&self, place: Place, relation: &'static RelationInfo, other: Place) -> Error {
        Error::session(format!(
            "{}: {} is not related to {}",
            relation.subject(),
            self.describe(place),
            self.describe(other)
        ))
    }

    /// Fails where an object can't be unlinked.
    fn refuse_unlinking(&self, relation: &'static RelationInfo, other: Place) -> Result<()> {
        let route = (relation.route)();
        match route.through {
            Some(_) => Ok(()),
            None => self.refuse_orphan(relation, other, &route.remote),
        }
    }

    /// Fails where an object can't be linked.
    fn refuse_linking(&self, relation: &'static RelationInfo, other: Place) -> Result<()> {
        match (relation.route)().through {
            Some(through) => {
                self.place_is_usable(other)?;
                refuse_incomplete(relation, &through)
            }
            None => self.child_is_usable(other),
        }
    }

    /// As [`Session::place_is_usable`], for one that lost its parent, and gets another one.
    fn child_is_usable(&self, place: Place) -> Result<()> {
        if self.state_of(place) == State::Deleting && self.orphans.contains(&place) {
            return Ok(());
        }
        self.place_is_usable(place)
    }

    fn place_is_usable(&self, place: Place) -> Result<()> {
        match self.state_of(place) {
            State::Pending | State::Persistent => Ok(()),
            _ => Err(Error::session(format!(
                "{}: it is deleted, and can be related to nothing",
                self.describe(place)
            ))),
        }
    }

    /// Fails for a child that can't be without its parent.
    fn refuse_orphan(
        &self,
        relation: &'static RelationInfo,
        child: Place,
        fields: &[usize],
    ) -> Result<()> {
        let reference = self.reference_of(child, fields);
        let orphan = reference.is_some_and(|reference| reference.cascade == Cascade::DeleteOrphan);
        if orphan || !self.nullable(child, fields).is_empty() {
            return Ok(());
        }
        let model = self.store(child).model();
        Err(Error::session(format!(
            "{}: {} can't be without it: {}.{} is no Option; delete the row, relate it to another one, or say cascade = delete_orphan",
            relation.subject(),
            self.describe(child),
            model.name,
            model.fields[fields[0]].field
        )))
    }

    fn reference_of(&self, child: Place, fields: &[usize]) -> Option<Reference> {
        let model = self.store(child).model();
        (references(model).into_iter()).find(|reference| reference.fields == fields)
    }

    fn nullable(&self, child: Place, fields: &[usize]) -> Vec<usize> {
        let model = self.store(child).model();
        let nullable = |field: &&usize| model.fields[**field].nullable;
        fields.iter().filter(nullable).copied().collect()
    }

    /// Whether an object references another one, as far as the program has set it.
    fn references(
        &self,
        child: Place,
        fields: &[usize],
        parent: Place,
        targets: &[usize],
    ) -> Result<bool> {
        for (field, target) in fields.iter().zip(targets) {
            let matches = match self.awaits(child, *field) {
                Some(awaited) => awaited == parent,
                None => {
                    let value = self.store(child).value(child.slot, *field)?;
                    let waits = self.state_of(parent) == State::Pending
                        && self.entry(parent).is_some_and(|entry| {
                            entry.awaited().iter().any(|(field, _)| field == target)
                        });
                    !waits && value == self.store(parent).value(parent.slot, *target)?
                }
            };
            if !matches {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// The new object whose value a field waits for.
    pub(super) fn awaits(&self, place: Place, field: usize) -> Option<Place> {
        let late = self.late.get(&place).into_iter().flatten();
        if let Some(late) = late.into_iter().find(|late| late.field == field) {
            return Some(late.parent);
        }
        let detail = self.entry(place)?.detail.as_ref()?;
        let awaited = (detail.awaited.iter()).find_map(|(waiting, awaited)| match awaited {
            Awaited::Reference { place, .. } if *waiting == field => Some(*place),
            _ => None,
        });
        awaited.or_else(|| {
            let named = (detail.named.iter()).find(|named| named.field == field)?;
            let store = self.store(place);
            let is_so = self.state_of(named.parent) == State::Pending
                && (store.value(place.slot, field)).is_ok_and(|value| value == named.value);
            is_so.then_some(named.parent)
        })
    }

    pub(super) fn is_late(&self, place: Place) -> bool {
        self.late.contains_key(&place)
    }

    /// Forgets references to new objects in whose place the program has set another value.
    pub(super) fn drop_overtaken(&mut self) {
        let stores = &self.stores;
        self.late.retain(|place, late| {
            let store = &stores[place.store as usize];
            late.retain(|late| {
                (store.value(place.slot, late.field)).is_ok_and(|value| value == late.before)
            });
            !late.is_empty()
        });
    }

    /// An object that lost its parent has got another one.
    fn revive(&mut self, child: Place) {
        if self.orphans.remove(&child) && self.state_of(child) == State::Deleting {
            self.set_state(child, State::Persistent);
            self.touched.push(child);
        }
    }

    /// Sets a foreign key of an object to another one, or to nothing.
    fn set_reference(
        &mut self,
        child: Place,
        fields: &[usize],
        parent: Option<(Place, &[usize])>,
    ) -> Result<()> {
        self.child_is_usable(child)?;
        let model = self.store(child).model();
        let mut values = Vec::with_capacity(fields.len());
        match parent {
            Some((parent, targets)) => {
                self.place_is_usable(parent)?;
                for (field, target) in fields.iter().zip(targets) {
                    values.push(self.value_of_parent(&model.fields[*field], parent, *target)?);
                }
            }
            None => {
                let nullable = self.nullable(child, fields);
                for field in fields {
                    if nullable.contains(field) {
                        values.push((Value::Null, None));
                    } else {
                        values.push((self.store(child).value(child.slot, *field)?, None));
                    }
                }
            }
        }
        self.revive(child);
        self.remember(child)?;
        let shown = self.shown(child.store);
        let before = self.shown_parents(child, &shown);
        let pending = self.state_of(child) == State::Pending;
        for (field, (value, awaited)) in fields.iter().copied().zip(values) {
            self.forget_reference(child, field);
            match awaited {
                Some(Awaited::Reference {
                    place: parent,
                    target,
                }) if !pending => {
                    let before = self.store(child).value(child.slot, field)?;
                    self.late.entry(child).or_default().push(Late {
                        field,
                        parent,
                        target,
                        before,
                    });
                    continue;
                }
                Some(awaited) => {
                    if let Some(entry) = self.entry_mut(child) {
                        entry.detail_mut().awaited.push((field, awaited));
                    }
                }
                None => {
                    if let Some((parent, _)) = parent {
                        self.name_parent(child, field, parent, &value);
                    }
                }
            }
            self.store_mut(child).set(child.slot, field, &value)?;
        }
        self.parents_changed(child, &before);
        Ok(())
    }

    /// Forgets which new object a field references.
    fn forget_reference(&mut self, child: Place, field: usize) {
        if let Some(late) = self.late.get_mut(&child) {
            late.retain(|late| late.field != field);
            if late.is_empty() {
                self.late.remove(&child);
            }
        }
        if let Some(entry) = self.entry_mut(child)
            && let Some(detail) = &mut entry.detail
        {
            detail.awaited.retain(|(waiting, _)| *waiting != field);
            detail.named.retain(|named| named.field != field);
        }
    }

    /// Notes which new object a field references, where the value is known before it is stored.
    pub(super) fn name_parent(&mut self, child: Place, field: usize, parent: Place, value: &Value) {
        if self.state_of(parent) == State::Pending
            && let Some(entry) = self.entry_mut(child)
        {
            entry.detail_mut().named.push(Named {
                field,
                parent,
                value: value.clone(),
            });
        }
    }

    /// Adds the row that pairs two objects.
    fn add_pair(
        &mut self,
        place: Place,
        relation: &'static RelationInfo,
        through: &Through,
        other: Place,
    ) -> Result<()> {
        self.place_is_usable(place)?;
        self.place_is_usable(other)?;
        let known = self.knows_pair(place, relation, other);
        if known == Some(true) {
            return Ok(());
        }
        refuse_incomplete(relation, through)?;
        let before = self.pairs_at_hand(place, relation, through, other)?;
        let leaving = |pair: &&Place| self.state_of(**pair) == State::Deleting;
        if let Some(pair) = before.iter().find(leaving).copied() {
            // It was to go with the same flush.
            self.set_state(pair, State::Persistent);
            self.touched.push(pair);
            self.pair_stays(pair);
        } else if let Some(pair) = before.first() {
            self.pair_stays(*pair);
        } else {
            let mut draft = Draft::new(through.model);
            let fields = through.local.iter().map(|field| (*field, place));
            let fields = fields.chain(through.remote.iter().map(|field| (*field, other)));
            for (field, place) in fields {
                draft.inputs[field] = Input::Pending(PendingKey {
                    session: self.id,
                    place,
                });
            }
            let pair = self.add_draft(draft);
            let stored = |place: Place| self.state_of(place) == State::Persistent;
            if known.is_none() && is_pair_alone(through) && stored(place) && stored(other) {
                self.unsure.push(pair);
            }
        }
        Ok(())
    }

    /// Whether two objects are a pair, as far as what is loaded tells.
    fn knows_pair(
        &self,
        place: Place,
        relation: &'static RelationInfo,
        other: Place,
    ) -> Option<bool> {
        let mut sides = vec![(place, relation, other)];
        sides.extend(relation.reverses().map(|reverse| (other, reverse, place)));
        let mut known = None;
        for (place, relation, other) in sides {
            match self.relations.get(place, relation) {
                Some(known) if known.places.contains(&other) && !self.is_leaving(other) => {
                    return Some(true);
                }
                Some(all) if !all.partial => known = Some(false),
                _ => {}
            }
        }
        known
    }

    fn is_leaving(&self, place: Place) -> bool {
        !matches!(self.state_of(place), State::Pending | State::Persistent)
    }

    /// Deletes the rows that pair two objects.
    fn remove_pair(
        &mut self,
        place: Place,
        relation: &'static RelationInfo,
        through: &Through,
        other: Place,
    ) -> Result<()> {
        let mut pairs = self.pairs_at_hand(place, relation, through, other)?;
        pairs.retain(|pair| !self.is_leaving(*pair));
        let new = |place: Place| self.state_of(place) == State::Pending;
        let is_whole = is_pair_alone(through);
        // A new row may stand beside one that was not loaded.
        let unsure = pairs.iter().any(|pair| self.unsure.contains(pair));
        if !(new(place) || new(other)) && (pairs.is_empty() || !is_whole || unsure) {
            if self.knows_pair(place, relation, other) != Some(false) {
                let query = self.pair_query(place, relation, through, other)?;
                let stored =
                    self.no_autoflush(|session| session.load_untyped(through.model, &query));
                for pair in stored? {
                    if !pairs.contains(&pair) && !self.is_leaving(pair) {
                        pairs.push(pair);
                    }
                }
            }
        }
        if pairs.is_empty() {
            return Err(self.not_related(place, relation, other));
        }
        for pair in pairs {
            self.mark_deleted(pair)?;
        }
        Ok(())
    }

    /// The query for the rows that pair two stored objects.
    fn pair_query(
        &self,
        place: Place,
        relation: &'static RelationInfo,
        through: &Through,
        other: Place,
    ) -> Result<Select> {
        let route = (relation.route)();
        let mut select = Select::of(through.model);
        for (fields, place, targets) in [
            (&through.local, place, &route.local),
            (&through.remote, other, &route.remote),
        ] {
            for (field, target) in fields.iter().zip(targets) {
                let field = &through.model.fields[*field];
                let value = self.store(place).stored_value(place.slot, *target)?;
                let bound = Node::bind(value, field.bind_type());
                select.filter.push(node_equal(field.node(), bound));
            }
        }
        Ok(select)
    }

    /// The rows that pair two objects, of those that the session tracks.
    fn pairs_at_hand(
        &mut self,
        place: Place,
        relation: &'static RelationInfo,
        through: &Through,
        other: Place,
    ) -> Result<Vec<Place>> {
        let store = self.number_of_model(through.model);
        let ends = self.ends(through);
        // By its key, where the pair is all that it is; otherwise whichever references both.
        let candidates: Vec<Place> = match self.pair_key(place, through, other, &ends)? {
            Some(key) => {
                let slot = self.stores[store as usize].ledger().identities.get(&key);
                let tracked = slot.map(|slot| Place { store, slot });
                let new = self.new_pairs.get(&(relation.index, place, other));
                let new = new.into_iter().flatten().copied();
                tracked.into_iter().chain(new).collect()
            }
            None => (self.stores[store as usize].ledger().slots())
                .map(|slot| Place { store, slot })
                .collect(),
        };
        let mut pairs = Vec::new();
        for pair in candidates {
            let state = self.state_of(pair);
            let there = matches!(state, State::Pending | State::Persistent | State::Deleting);
            if there
                && self.store(pair).has_object(pair.slot)
                && self.references(pair, &through.local, place, &ends.0)?
                && self.references(pair, &through.remote, other, &ends.1)?
                && !pairs.contains(&pair)
            {
                pairs.push(pair);
            }
        }
        Ok(pairs)
    }

    /// The fields that the two sides of a pair reference.
    fn ends(&self, through: &Through) -> (Vec<usize>, Vec<usize>) {
        let targets = |fields: &[usize]| {
            let all = references(through.model);
            let found = all.into_iter().find(|reference| reference.fields == fields);
            found.map_or_else(Vec::new, |reference| reference.target_fields)
        };
        (targets(&through.local), targets(&through.remote))
    }

    /// The key of the row that pairs two objects, where it is those two and both have theirs.
    fn pair_key(
        &self,
        place: Place,
        through: &Through,
        other: Place,
        ends: &(Vec<usize>, Vec<usize>),
    ) -> Result<Option<Identity>> {
        let mut key = Vec::new();
        for field in through.model.key {
            let at = |fields: &[usize]| fields.iter().position(|own| own == field);
            let (place, target) = match (at(&through.local), at(&through.remote)) {
                (Some(at), _) => (place, ends.0.get(at)),
                (None, Some(at)) => (other, ends.1.get(at)),
                (None, None) => return Ok(None),
            };
            let Some(target) = target else {
                return Ok(None);
            };
            key.push(self.store(place).value(place.slot, *target)?);
        }
        Ok(Some(Identity::new(&key)))
    }
}

/// Whether the rows of the table between two models are pairs and nothing else.
fn is_pair_alone(through: &Through) -> bool {
    let pair = |field: &usize| through.local.contains(field) || through.remote.contains(field);
    through.model.key.iter().all(pair)
}

/// Fails where a row of the table between two models needs more than the pair.
fn refuse_incomplete(relation: &'static RelationInfo, through: &Through) -> Result<()> {
    let model: &'static ModelInfo = through.model;
    let pair = |field: &usize| through.local.contains(field) || through.remote.contains(field);
    let missing = (model.fields.iter().enumerate()).find(|(position, field)| {
        let identity = model.identity && model.key == [*position];
        !pair(position) && !identity && !field.has_default()
    });
    match missing {
        None => Ok(()),
        Some((_, field)) => Err(Error::session(format!(
            "{}: {} has columns of its own that must be given ({}); add its row instead of linking",
            relation.subject(),
            model.name,
            field.field
        ))),
    }
}
