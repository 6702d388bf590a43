//! The rows of a table between two models, which links add and delete.

use super::entry::State;
use super::references::references;
use super::{Identity, PendingKey, Place, Session};
use crate::model::{Draft, Input, ModelInfo};
use crate::query::{Node, Select, node_equal};
use crate::relation::{RelationInfo, Through};
use crate::{Error, Result};

impl Session {
    /// Adds the row that pairs two objects.
    pub(super) fn add_pair(
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
    pub(super) fn remove_pair(
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
        let may_be_stored = !(new(place) || new(other))
            && (pairs.is_empty() || !is_whole || unsure)
            && self.knows_pair(place, relation, other) != Some(false);
        if may_be_stored {
            let query = self.pair_query(place, relation, through, other)?;
            let stored = self.no_autoflush(|session| session.load_untyped(through.model, &query));
            for pair in stored? {
                if !pairs.contains(&pair) && !self.is_leaving(pair) {
                    pairs.push(pair);
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
pub(super) fn refuse_incomplete(relation: &'static RelationInfo, through: &Through) -> Result<()> {
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
