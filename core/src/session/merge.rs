//! A value from elsewhere, brought together with the object of its row.

use super::{Identity, Key, Place, Session};
use crate::model::{Draft, Input, Model, NewRow};
use crate::query::Query;
use crate::value::Value;
use crate::{Error, Result};

impl Session {
    /// Brings a value together with the object of its row: reads the row unless it is tracked, copies the value's fields
    /// over the object's, and gives the object's handle. The next flush sends what differs. A value whose row does not
    /// exist, or that has no key yet, is added.
    ///
    /// A builder copies the columns that it was given, a model all of them but those that its query left out
    /// ([`Deferred`](crate::Deferred)). The version of a model with `#[version]` is
    /// compared, not copied.
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
    /// column can't hold, and as [`Session::get`].
    pub fn merge<R: NewRow>(&mut self, row: R) -> Result<Key<R::Model>> {
        let draft = row.into_draft();
        let Some(key) = key_of(&draft)? else {
            return Ok(Key::new(self.id, self.add_draft(draft)));
        };
        match self.get_by_values::<R::Model>(key)? {
            None => Ok(Key::new(self.id, self.add_draft(draft))),
            Some(place) => {
                self.copy_over(place, draft)?;
                Ok(Key::new(self.id, place))
            }
        }
    }

    /// The object with this key; nothing is sent when it is tracked.
    fn get_by_values<M: Model>(&mut self, key: Vec<Value>) -> Result<Option<Place>> {
        let store = self.number_of::<M>();
        let identity = Identity::new(&key);
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
        let query: Query<M> = M::query().by_key_values(key);
        let found = self.load(query)?.pop();
        Ok(found.map(|key| key.untyped().place))
    }

    fn copy_over(&mut self, place: Place, draft: Draft) -> Result<()> {
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
            values.push((position, value));
        }
        self.remember(place)?;
        for (position, value) in values {
            self.store_mut(place).set(place.slot, position, &value)?;
        }
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
