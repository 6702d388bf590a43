//! What has changed: for a look before a flush, and for listeners after a commit.

use std::fmt;

use super::entry::{Awaited, Entry, State};
use super::key::PendingKey;
use super::{Identity, Key, Place, Session};
use crate::Result;
use crate::model::{FieldInfo, Model, ModelInfo};
use crate::value::Value;

/// What happens to an object's row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ChangeKind {
    /// It is inserted.
    Insert,
    /// Some of its columns are changed.
    Update,
    /// It is deleted.
    Delete,
}

/// A change of one object.
///
/// `Display` names the kind, the model and the key, `Debug` the types of values too; neither shows a value.
#[derive(Clone, Debug)]
pub struct Change {
    key: PendingKey,
    model: &'static ModelInfo,
    primary_key: Vec<Value>,
    kind: ChangeKind,
    fields: Vec<FieldChange>,
}

/// A field of an object with its values.
#[derive(Clone, Debug, PartialEq)]
pub struct FieldChange {
    field: &'static FieldInfo,
    old: Option<Value>,
    new: Option<Value>,
}

/// Two descriptions are the same when they are one: each is a static.
impl PartialEq for FieldInfo {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self, other)
    }
}

impl Change {
    /// The object's key in the session. After a commit it is good as long as the session is.
    pub fn key(&self) -> PendingKey {
        self.key
    }

    /// Whether the object is this one.
    pub fn is_of<M: Model>(&self, key: Key<M>) -> bool {
        self.key == key.untyped()
    }

    /// The model's name.
    pub fn model(&self) -> &'static str {
        self.model.name
    }

    /// The values of the primary key; NULL for an id that the database is still to assign.
    pub fn primary_key(&self) -> &[Value] {
        &self.primary_key
    }

    /// What happens to the row.
    pub fn kind(&self) -> ChangeKind {
        self.kind
    }

    /// The fields: all of a row that is inserted or deleted, the changed ones of a row that is updated.
    pub fn fields(&self) -> &[FieldChange] {
        &self.fields
    }
}

impl FieldChange {
    /// The field's name.
    pub fn name(&self) -> &'static str {
        self.field.field
    }

    /// What the database has; `None` for a row that is inserted.
    pub fn before(&self) -> Option<&Value> {
        self.old.as_ref()
    }

    /// What it gets; `None` for a row that is deleted.
    pub fn after(&self) -> Option<&Value> {
        self.new.as_ref()
    }
}

/// `update of User 7`
impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.kind {
            ChangeKind::Insert => "insert",
            ChangeKind::Update => "update",
            ChangeKind::Delete => "delete",
        };
        write!(f, "{kind} of {}", self.model.name)?;
        if self.primary_key.iter().any(Value::is_null) {
            return f.write_str(" (new)");
        }
        write!(f, " {}", Identity::new(&self.primary_key))
    }
}

impl Session {
    /// What the next flush would send, in the order in which it was asked for: rows to insert, changes, rows to delete.
    /// What a cascade, `on_update` or a hook adds is found by the flush.
    ///
    /// ```no_run
    /// # extern crate birgus_core as birgus;
    /// # use birgus::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct User { #[key] pub id: i64, #[column(length = 64, unique)] pub username: String }
    /// # fn main() -> birgus::Result<()> {
    /// # let db = Database::open()?;
    /// # let mut session = db.session()?;
    /// # let susan = session.add(User::build().username("susan"));
    /// session[susan].username = "sue".into();
    /// for change in session.changes()? {
    ///     for field in change.fields() {
    ///         println!("{change}: {} was {:?}", field.name(), field.before());
    ///     }
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// `is_invalid_value()` for a value that its column can't hold.
    pub fn changes(&self) -> Result<Vec<Change>> {
        let mut changes = Vec::new();
        for place in self.in_state(&self.pending, State::Pending) {
            if let Some(error) = self.entry(place).and_then(Entry::error) {
                return Err(crate::Error::invalid_value(self.describe(place), error));
            }
            changes.push(self.inserted(place)?);
        }
        for place in self.in_state(&self.touched, State::Persistent) {
            let mut fields = self.changed_fields(place)?;
            for late in self.late.get(&place).into_iter().flatten() {
                // The value to come; that of a new row is what its object has until then.
                let value = self.store(late.parent).value(late.parent.slot, late.target);
                if let Ok(value) = value {
                    fields.retain(|(field, _)| *field != late.field);
                    fields.push((late.field, value));
                }
            }
            fields.sort_by_key(|(field, _)| *field);
            if !fields.is_empty() {
                changes.push(self.updated(place, &fields)?);
            }
        }
        for place in self.in_state(&self.deleting, State::Deleting) {
            changes.push(self.deleted(place)?);
        }
        Ok(changes)
    }

    /// Those of the places whose objects are in a state.
    pub(super) fn in_state(&self, places: &[Place], state: State) -> Vec<Place> {
        let mut found: Vec<Place> = (places.iter().copied())
            .filter(|place| self.state_of(*place) == state)
            .collect();
        if state != State::Pending {
            // An object may have been touched again; it is one object all the same.
            let mut met = std::collections::HashSet::with_capacity(found.len());
            found.retain(|place| met.insert(*place));
        }
        found
    }

    /// The fields of an object that differ from its row, with their values.
    pub(super) fn changed_fields(&self, place: Place) -> Result<Vec<(usize, Value)>> {
        let store = self.store(place);
        let Some(snapshot) = self.entry(place).and_then(Entry::snapshot) else {
            return Ok(Vec::new());
        };
        let mut fields = Vec::new();
        for (position, old) in snapshot.iter().enumerate() {
            let value = store.value(place.slot, position)?;
            if value != *old {
                fields.push((position, value));
            }
        }
        Ok(fields)
    }

    fn change(
        &self,
        place: Place,
        kind: ChangeKind,
        primary_key: Vec<Value>,
        fields: Vec<FieldChange>,
    ) -> Change {
        Change {
            key: PendingKey {
                session: self.id,
                place,
            },
            model: self.store(place).model(),
            primary_key,
            kind,
            fields,
        }
    }

    /// The insertion of an object.
    pub(super) fn inserted(&self, place: Place) -> Result<Change> {
        let store = self.store(place);
        let model = store.model();
        let pending = self.state_of(place) == State::Pending;
        let open = |position: usize, value: &Value| {
            let field = &model.fields[position];
            let awaited = self.entry(place).map_or(&[][..], Entry::awaited);
            let awaited = awaited.iter().find(|(awaiting, _)| *awaiting == position);
            match awaited.map(|(_, awaited)| awaited) {
                Some(Awaited::Identity) => *value == Value::Integer(0),
                Some(Awaited::Database) => *value == field.placeholder(),
                _ => pending && field.computed.is_some(),
            }
        };
        let mut values = Vec::with_capacity(model.fields.len());
        for position in 0..model.fields.len() {
            let value = store.value(place.slot, position)?;
            let open = open(position, &value);
            values.push(if open { Value::Null } else { value });
        }
        let key = (model.key.iter())
            .map(|field| values[*field].clone())
            .collect();
        let fields = (model.fields.iter().zip(values))
            .map(|(field, value)| FieldChange {
                field,
                old: None,
                new: Some(value),
            })
            .collect();
        Ok(self.change(place, ChangeKind::Insert, key, fields))
    }

    /// The change of some fields of an object.
    pub(super) fn updated(&self, place: Place, fields: &[(usize, Value)]) -> Result<Change> {
        let store = self.store(place);
        let key = store.stored_key(place.slot)?;
        let stored = store.stored(place.slot)?;
        let fields = fields
            .iter()
            .map(|(position, value)| FieldChange {
                field: &store.model().fields[*position],
                old: stored.get(*position).cloned(),
                new: Some(value.clone()),
            })
            .collect();
        Ok(self.change(place, ChangeKind::Update, key, fields))
    }

    /// The deletion of an object.
    pub(super) fn deleted(&self, place: Place) -> Result<Change> {
        let store = self.store(place);
        let key = store.stored_key(place.slot)?;
        let stored = store.stored(place.slot)?;
        let fields = (store.model().fields.iter().zip(stored.iter()))
            .map(|(field, value)| FieldChange {
                field,
                old: Some(value.clone()),
                new: None,
            })
            .collect();
        Ok(self.change(place, ChangeKind::Delete, key, fields))
    }
}
