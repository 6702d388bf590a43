//! New rows: from what a builder collected to an object that waits for its flush.

use super::entry::{Awaited, Entry, Named, State};
use super::frame::Saved;
use super::key::PendingKey;
use super::references::references;
use super::{Place, Session};
use crate::model::{Draft, FieldInfo, Input};
use crate::relation::RelationInfo;
use crate::value::Value;
use crate::{Error, Result};

impl Session {
    /// Adds the object of a new row, and those of new rows that are related to it. Of a row that is not valid there is no
    /// object; the flush tells why.
    pub(super) fn add_draft(&mut self, mut draft: Draft) -> Place {
        let related = std::mem::take(&mut draft.related);
        let model = draft.model;
        let store = self.number_of_model(model);
        let mut awaited = Vec::new();
        let mut named = Vec::new();
        let values = self.values_of_draft(draft, &mut awaited, &mut named);
        let objects = self.stores[store as usize].as_mut();
        let added = values.and_then(|values| {
            let mut entry = Entry::new(State::Pending);
            if !awaited.is_empty() {
                entry.detail_mut().awaited = awaited;
            }
            if !named.is_empty() {
                entry.detail_mut().named = named;
            }
            objects.add(Some(&values), entry)
        });
        let slot = added.or_else(|error| {
            let mut entry = Entry::new(State::Pending);
            entry.detail_mut().error = Some(error);
            objects.add(None, entry)
        });
        let place = Place {
            store,
            slot: slot.unwrap_or(u32::MAX),
        };
        self.pending.push(place);
        self.save(place, Saved::Absent);
        self.now_related(place);
        // Those that a query loaded are there already.
        for related in related.into_iter().filter(|related| related.given) {
            self.add_related(place, &model.relations[related.relation], related.rows);
        }
        place
    }

    /// Adds new rows that a new row was given, and links them to it.
    fn add_related(&mut self, place: Place, relation: &'static RelationInfo, drafts: Vec<Draft>) {
        for draft in drafts {
            let other = self.add_draft(draft);
            if let Err(error) = self.link_places(place, relation, other)
                && let Some(entry) = self.entry_mut(place)
            {
                // As any other row that is not valid: the flush tells.
                entry.detail_mut().error.get_or_insert(error);
            }
        }
    }

    fn values_of_draft(
        &self,
        draft: Draft,
        awaited: &mut Vec<(usize, Awaited)>,
        named: &mut Vec<Named>,
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
                    match waits {
                        Some(waits) => awaited.push((position, waits)),
                        None if self.state_of(key.place) == State::Pending => named.push(Named {
                            field: position,
                            parent: key.place,
                            value: value.clone(),
                        }),
                        None => {}
                    }
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
        let Some(target) = self.target_of(field, place) else {
            return Err(Error::session(format!(
                "{}: a key was given, and the field references no model",
                field.subject()
            )));
        };
        self.value_of_parent(field, place, target)
    }

    /// The field of an object's model that a field references.
    fn target_of(&self, field: &'static FieldInfo, place: Place) -> Option<usize> {
        let model = self.store(place).model();
        // The commonest case is that of one column, for each new row.
        if let Some(reference) = &field.references {
            let target = (reference.field)();
            if std::ptr::eq(target.model, model) {
                return Some(target.position());
            }
        }
        let position = field.position();
        references(field.model).into_iter().find_map(|reference| {
            let at = reference.fields.iter().position(|own| *own == position)?;
            std::ptr::eq(reference.target, model).then(|| reference.target_fields[at])
        })
    }

    /// The value that a field of an object will have in its row, for one that references it.
    pub(super) fn value_of_parent(
        &self,
        field: &'static FieldInfo,
        place: Place,
        target: usize,
    ) -> Result<(Value, Option<Awaited>)> {
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
