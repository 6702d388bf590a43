//! A value from elsewhere, brought together with the object of its row.

use std::collections::HashMap;

use super::{Identity, Key, Place, Session};
use crate::model::{Draft, FieldInfo, Input, ModelInfo, NewRow};
use crate::query::{Select, one_of};
use crate::relation::RelationKind;
use crate::value::Value;
use crate::{Error, Result};

/// The objects of a value and of what is related to it, by model and key.
type Merged = HashMap<(&'static str, Identity), Place>;

impl Session {
    /// Brings a value together with the object of its row: reads the row unless it is tracked, copies the value's fields
    /// over the object's, and gives the object's handle. The next flush sends what differs. A value whose row does not
    /// exist, or that has no key yet, is added.
    ///
    /// A builder copies the columns that it was given, a model all of them but those that its query left out
    /// ([`Deferred`](crate::Deferred)). The version of a model with `#[version]` is
    /// compared, not copied.
    ///
    /// Rows in the fields of its relationships are merged too, each by its key, and linked where they are not related yet (of
    /// a row that comes several times, what differs from the stored row counts);
    /// rows that a field does not have stay related, but in a relationship to one, where they lose their place.
    ///
    /// ```no_run
    /// # extern crate birgus_core as birgus;
    /// # use birgus::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct User { #[key] pub id: i64, #[column(length = 64, unique)] pub username: String }
    /// # fn main() -> birgus::Result<()> {
    /// # let db = Database::open()?;
    /// let mut user = User::query().get(7, &db)?.expect("user 7"); // given to a form, a cache, another thread
    /// user.username = "susan".into();
    ///
    /// let mut session = db.session()?;
    /// session.merge(user)?;
    /// session.commit()?; // UPDATE of what differs
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// `is_stale_object()` when the value has another version than the row, `is_invalid_value()` for a value that its
    /// column can't hold, and as [`Session::get`] and [`Session::link`].
    pub fn merge<R: NewRow>(&mut self, row: R) -> Result<Key<R::Model>> {
        let draft = row.into_draft();
        let place = if draft.related.is_empty() {
            self.merge_draft(draft, &mut Merged::default())?
        } else {
            self.usable()?;
            if self.autoflush {
                self.run_flush(false)?;
            }
            // Rows that are not linked yet are not ready to be sent.
            self.no_autoflush(|session| session.merge_draft(draft, &mut Merged::default()))?
        };
        Ok(Key::new(self.id, place))
    }

    fn merge_draft(&mut self, mut draft: Draft, merged: &mut Merged) -> Result<Place> {
        let model = draft.model;
        let related = std::mem::take(&mut draft.related);
        let (parents, others): (Vec<_>, Vec<_>) = (related.into_iter())
            .partition(|related| model.relations[related.relation].kind == RelationKind::BelongsTo);
        let identity = key_of(&draft)?.map(|key| (model.name, Identity::new(&key)));
        let found = match identity.as_ref().and_then(|identity| merged.get(identity)) {
            Some(place) => Some(*place),
            None => self.object_of(&draft)?,
        };
        let mut to_link = Vec::new();
        for related in parents {
            let relation = &model.relations[related.relation];
            for draft in related.rows {
                let parent = self.merge_draft(draft, merged)?;
                let was = match found {
                    Some(place) => self.is_related(place, relation, parent)?,
                    None => false,
                };
                // What was so before is no change: another foreign key may be one.
                if !was {
                    to_link.push((relation, parent));
                }
            }
        }
        let place = match found {
            None => self.add_draft(draft),
            Some(place) => {
                let again = identity
                    .as_ref()
                    .is_some_and(|identity| merged.contains_key(identity));
                self.copy_over(place, draft, again)?;
                place
            }
        };
        if let Some(identity) = identity {
            merged.insert(identity, place);
        }
        for (relation, parent) in to_link {
            self.link_places(place, relation, parent)?;
        }
        for related in others {
            let relation = &model.relations[related.relation];
            for draft in related.rows {
                let before = match relation.kind {
                    RelationKind::ManyToMany => None,
                    _ => self.object_of(&draft)?,
                };
                let was = match before {
                    Some(other) => self.is_related(place, relation, other)?,
                    None => false,
                };
                let other = self.merge_draft(draft, merged)?;
                if !was {
                    self.link_places(place, relation, other)?;
                }
            }
        }
        Ok(place)
    }

    /// The object of a row; nothing for a new one.
    fn object_of(&mut self, draft: &Draft) -> Result<Option<Place>> {
        match key_of(draft)? {
            Some(key) => self.get_by_values(draft.model, &key),
            None => Ok(None),
        }
    }

    /// The object with this key; nothing is sent when it is tracked.
    fn get_by_values(&mut self, model: &'static ModelInfo, key: &[Value]) -> Result<Option<Place>> {
        self.usable()?;
        let store = self.number_of_model(model);
        let identity = Identity::new(key);
        let tracked = self.stores[store as usize]
            .ledger()
            .identities
            .get(&identity);
        if let Some(slot) = tracked {
            let place = Place { store, slot };
            let stale = self.entry(place).is_some_and(|entry| entry.stale);
            if !stale && self.state_of(place) == super::State::Persistent {
                return Ok(Some(place));
            }
        }
        let fields: Vec<&'static FieldInfo> = model.key_fields().collect();
        let mut select = Select::of(model);
        select.filter.push(one_of(&fields, &[key.to_vec()]));
        Ok(self.load_untyped(model, &select)?.pop())
    }

    /// Copies the columns of a row over those of its object. Of one that comes `again`, as the same row may in several
    /// relationships of a value, what is as it is stored changes nothing.
    fn copy_over(&mut self, place: Place, draft: Draft, again: bool) -> Result<()> {
        let model = self.store(place).model();
        let mut values: Vec<(usize, Value)> = Vec::new();
        for (position, input) in draft.inputs.into_iter().enumerate() {
            let field = &model.fields[position];
            if field.computed.is_some() {
                continue;
            }
            let value = match input {
                Input::Value(value) => field.check(value)?,
                // What the value's query left out stays as it is.
                Input::Invalid(error) if error.is_not_loaded() => continue,
                Input::Invalid(error) => return Err(error),
                Input::Missing | Input::Database | Input::Clock => continue,
                Input::Pending(key) => match self.referenced_value(field, key)? {
                    (value, None) => value,
                    (_, Some(_)) => {
                        // A persistent object can't wait for an id.
                        self.flush()?;
                        self.referenced_value(field, key)?.0
                    }
                },
            };
            if model.version == Some(position) {
                if value != self.store(place).stored_value(place.slot, position)? {
                    return Err(Error::stale_object(self.describe(place)));
                }
                continue;
            }
            if again && value == self.store(place).stored_value(place.slot, position)? {
                continue;
            }
            values.push((position, value));
        }
        self.remember(place)?;
        for (position, value) in values {
            self.store_mut(place).set(place.slot, position, &value)?;
        }
        self.drop_overtaken();
        self.show_references(place);
        Ok(())
    }
}

/// The values of the key that a row has; `None` when it is still to get one.
fn key_of(draft: &Draft) -> Result<Option<Vec<Value>>> {
    let mut key = Vec::with_capacity(draft.model.key.len());
    for position in draft.model.key {
        match draft.inputs.get(*position) {
            Some(Input::Value(value)) => {
                key.push(draft.model.fields[*position].check(value.clone())?);
            }
            _ => return Ok(None),
        }
    }
    Ok(Some(key))
}
