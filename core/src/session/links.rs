//! Linking and unlinking: relationships that are changed, on both sides at once.

use std::collections::HashSet;
use std::panic::Location;

use super::entry::{Awaited, State};
use super::late::Late;
use super::pairs::refuse_incomplete;
use super::references::{Reference, references};
use super::{Key, Place, Session};
use crate::model::{Cascade, Model};
use crate::relation::{Relation, RelationInfo, RelationKind, RelationType};
use crate::value::Value;
use crate::{Error, Result};

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

    pub(super) fn not_related(
        &self,
        place: Place,
        relation: &'static RelationInfo,
        other: Place,
    ) -> Error {
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

    pub(super) fn place_is_usable(&self, place: Place) -> Result<()> {
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
    pub(super) fn references(
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
}
