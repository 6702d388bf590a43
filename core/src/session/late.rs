//! References to new objects: what they have is not known, or not stored yet.

use super::entry::{Awaited, Named, State};
use super::{Place, Session};
use crate::value::Value;

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
    pub(super) fn revive(&mut self, child: Place) {
        if self.orphans.remove(&child) && self.state_of(child) == State::Deleting {
            self.set_state(child, State::Persistent);
            self.touched.push(child);
        }
    }

    /// Forgets which new object a field references.
    pub(super) fn forget_reference(&mut self, child: Place, field: usize) {
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
}
