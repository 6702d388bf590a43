//! New rows: from what a builder collected to an object that waits for its flush.

use super::entry::{Awaited, Detail, Entry, State};
use super::key::PendingKey;
use super::{Place, Session};
use crate::model::{Draft, FieldInfo, Input, Model, ValuesRow};
use crate::value::Value;
use crate::{Error, Result};

impl Session {
    /// The object of a new row, and what is known about it; no object when the row is not valid.
    pub(super) fn pending_object<M: Model>(&self, draft: Draft) -> (Option<M>, Entry) {
        let mut entry = Entry::new(State::Pending);
        let mut awaited = Vec::new();
        let object = self.values_of_draft(draft, &mut awaited);
        let object = object.and_then(|values| M::decode(&ValuesRow(&values), 0));
        let (object, error) = match object {
            Ok(object) => (Some(object), None),
            Err(error) => (None, Some(error)),
        };
        if error.is_some() || !awaited.is_empty() {
            entry.detail = Some(Box::new(Detail {
                error,
                awaited,
                snapshot: None,
            }));
        }
        (object, entry)
    }

    fn values_of_draft(
        &self,
        draft: Draft,
        awaited: &mut Vec<(usize, Awaited)>,
    ) -> Result<Vec<Value>> {
        let model = draft.model;
        let mut values = Vec::with_capacity(model.fields.len());
        let now = chrono::Utc::now();
        for (position, input) in draft.with_defaults().inputs.into_iter().enumerate() {
            let field = &model.fields[position];
            let value = match input {
                Input::Value(value) => field.check(value)?,
                Input::Invalid(error) => return Err(error),
                Input::Missing => {
                    awaited.push((position, Awaited::Identity));
                    Value::Integer(0)
                }
                Input::Database => {
                    if field.computed.is_none() {
                        awaited.push((position, Awaited::Database));
                    }
                    field.placeholder()
                }
                Input::Clock => {
                    awaited.push((position, Awaited::Clock(now)));
                    field.clock_value(now)?
                }
                Input::Pending(key) => {
                    let (value, waits) = self.referenced_value(field, key)?;
                    awaited.extend(waits.map(|waits| (position, waits)));
                    value
                }
            };
            values.push(value);
        }
        Ok(values)
    }

    /// The value of a foreign key that references a tracked object, and what it waits for.
    pub(super) fn referenced_value(
        &self,
        field: &'static FieldInfo,
        key: PendingKey,
    ) -> Result<(Value, Option<Awaited>)> {
        let place = self.place(key)?;
        let Some(reference) = &field.references else {
            return Err(Error::session(format!(
                "{}: a key was given, and the field references no model",
                field.subject()
            )));
        };
        let target = (reference.field)().position();
        let waits = self.entry(place).is_some_and(|entry| {
            (entry.awaited().iter()).any(|(position, awaited)| {
                *position == target && !matches!(awaited, Awaited::Clock(_))
            })
        });
        if waits {
            return Ok((
                Value::Integer(0),
                Some(Awaited::Reference { place, target }),
            ));
        }
        if !self.store(place).has_object(place.slot) {
            return Err(Error::session(format!(
                "{}: the row that it references is not valid",
                field.subject()
            )));
        }
        let value = self.store(place).value(place.slot, target)?;
        Ok((value, None))
    }

    /// Fails for a row whose foreign key stands for an object that was given up before it was sent.
    pub(super) fn refuse_lost_references(&self, place: Place) -> Result<()> {
        let Some(entry) = self.entry(place) else {
            return Ok(());
        };
        for (field, awaited) in entry.awaited() {
            if let Awaited::Reference { place: target, .. } = awaited
                && !self.state_of(*target).is_tracked()
            {
                return Err(Error::session(format!(
                    "{}: the new {} that it references was deleted before it was sent; set another value, or delete this row too",
                    self.store(place).model().fields[*field].subject(),
                    self.store(*target).model().name
                )));
            }
        }
        Ok(())
    }
}
