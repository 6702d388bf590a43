//! The objects of one model: side by side, so that one that is read costs no allocation of its own.

use std::any::Any;
use std::sync::Arc;

use super::entry::{Entry, State};
use super::identity::{Identity, IdentityMap};
use crate::backend::Row;
use crate::model::{Hook, Model, ModelInfo, PrimaryKey as _, ValuesRow};
use crate::value::Value;
use crate::{Error, Result};

/// What is known about the objects of a model, apart from the objects.
#[derive(Debug)]
pub(crate) struct Ledger {
    pub(crate) model: &'static ModelInfo,
    /// The number of the first slot: those before it were cleared, and their keys are good for nothing.
    base: u32,
    entries: Vec<Entry>,
    pub(crate) identities: IdentityMap,
}

impl Ledger {
    fn at(&self, slot: u32) -> Option<usize> {
        slot.checked_sub(self.base).map(|at| at as usize)
    }

    pub(crate) fn entry(&self, slot: u32) -> Option<&Entry> {
        self.entries.get(self.at(slot)?)
    }

    pub(crate) fn entry_mut(&mut self, slot: u32) -> Option<&mut Entry> {
        let at = self.at(slot)?;
        self.entries.get_mut(at)
    }

    /// The numbers of all slots.
    pub(crate) fn slots(&self) -> std::ops::Range<u32> {
        self.base..self.next()
    }

    /// The number of the slot that the next object gets.
    pub(crate) fn next(&self) -> u32 {
        // A session would have to hold 4 thousand million objects to reach the limit.
        self.base
            .saturating_add(u32::try_from(self.entries.len()).unwrap_or(u32::MAX))
    }
}

/// An empty store for a model, which the model's description makes.
#[doc(hidden)]
pub struct NewStore(pub(crate) Box<dyn Store>);

/// Makes an empty store for the model `M`.
#[doc(hidden)]
pub fn new_store<M: Model>() -> NewStore {
    NewStore(Box::new(Objects::<M>::new()))
}

/// The objects of one model, behind one type.
pub(crate) trait Store: Send + Sync {
    fn ledger(&self) -> &Ledger;
    fn ledger_mut(&mut self) -> &mut Ledger;
    /// Whether there is an object: a row that was never valid has none.
    fn has_object(&self, slot: u32) -> bool;
    /// The value of a field, checked to fit its column.
    fn value(&self, slot: u32, field: usize) -> Result<Value>;
    fn set(&mut self, slot: u32, field: usize, value: &Value) -> Result<()>;
    /// Reads an object from the columns of a row that begin at `at`, and holds it until it is known where it belongs; gives its key.
    fn arrive(&mut self, row: &dyn Row, at: usize) -> Result<Identity>;
    /// Adds an object of these values behind all others, or the place of one.
    fn add(&mut self, values: Option<&[Value]>, entry: Entry) -> Result<u32>;
    /// Says to the relations of an object which row they belong to by now.
    fn own_relations(&mut self, slot: u32);
    /// Gives the object that arrived a slot of its own.
    fn keep_arrived(&mut self) -> u32;
    /// Puts the object that arrived in place of another.
    fn replace_by_arrived(&mut self, slot: u32);
    /// Takes an object over from a store of the same model, as if it had arrived; whether that could be done.
    fn adopt_from(&mut self, other: &mut dyn Store, slot: u32) -> bool;
    fn run_hook(&mut self, slot: u32, hook: Hook<'_>) -> Result<()>;
    /// Whether the model has hooks.
    fn has_hooks(&self) -> bool;
    /// Drops the object.
    fn forget(&mut self, slot: u32);
    /// Drops all objects; their slots are not given out again.
    fn clear(&mut self);
    fn as_any(&self) -> &dyn Any;
    fn as_any_mut(&mut self) -> &mut dyn Any;
}

/// The objects of the model `M`.
pub(crate) struct Objects<M> {
    ledger: Ledger,
    objects: Vec<Option<M>>,
    /// An object that was read, until it is known where it belongs.
    arrived: Option<M>,
}

impl<M: Model> Objects<M> {
    pub(crate) fn new() -> Self {
        Self {
            ledger: Ledger {
                model: M::info(),
                base: 0,
                entries: Vec::new(),
                identities: IdentityMap::default(),
            },
            objects: Vec::new(),
            arrived: None,
        }
    }

    /// Holds an object until it is known where it belongs; gives its key.
    pub(crate) fn arrived(&mut self, object: M) -> Result<Identity> {
        let identity = object.key().identity();
        self.arrived = Some(object);
        identity
    }

    pub(crate) fn reserve(&mut self, more: usize) {
        self.objects.reserve(more);
        self.ledger.entries.reserve(more);
        self.ledger.identities.reserve(more);
    }

    /// Puts an object, or the place of one, behind all others.
    pub(crate) fn push(&mut self, object: Option<M>, entry: Entry) -> u32 {
        let slot = self.ledger.next();
        self.objects.push(object);
        self.ledger.entries.push(entry);
        slot
    }

    pub(crate) fn get(&self, slot: u32) -> Option<&M> {
        self.objects.get(self.ledger.at(slot)?)?.as_ref()
    }

    pub(crate) fn get_mut(&mut self, slot: u32) -> Option<&mut M> {
        let at = self.ledger.at(slot)?;
        self.objects.get_mut(at)?.as_mut()
    }

    pub(crate) fn put(&mut self, slot: u32, object: M) {
        if let Some(place) = self.ledger.at(slot).and_then(|at| self.objects.get_mut(at)) {
            *place = Some(object);
        }
    }

    pub(crate) fn take(&mut self, slot: u32) -> Option<M> {
        let at = self.ledger.at(slot)?;
        self.objects.get_mut(at)?.take()
    }
}

fn no_object(model: &ModelInfo) -> Error {
    Error::session(format!("{}: there is no such object", model.name))
}

impl<M: Model> Store for Objects<M> {
    fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    fn ledger_mut(&mut self) -> &mut Ledger {
        &mut self.ledger
    }

    fn has_object(&self, slot: u32) -> bool {
        self.get(slot).is_some()
    }

    fn value(&self, slot: u32, field: usize) -> Result<Value> {
        match self.get(slot) {
            Some(object) => object.value(field),
            None => Err(no_object(self.ledger.model)),
        }
    }

    fn set(&mut self, slot: u32, field: usize, value: &Value) -> Result<()> {
        match self.get_mut(slot) {
            Some(object) => {
                object.set(field, &ValuesRow(std::slice::from_ref(value)), 0)?;
                object.own_relations();
                Ok(())
            }
            None => Err(no_object(M::info())),
        }
    }

    fn arrive(&mut self, row: &dyn Row, at: usize) -> Result<Identity> {
        let object = M::decode(row, at)?;
        self.arrived(object)
    }

    fn add(&mut self, values: Option<&[Value]>, entry: Entry) -> Result<u32> {
        let object = match values {
            Some(values) => Some(M::decode(&ValuesRow(values), 0)?),
            None => None,
        };
        Ok(self.push(object, entry))
    }

    fn own_relations(&mut self, slot: u32) {
        if let Some(object) = self.get_mut(slot) {
            object.own_relations();
        }
    }

    fn keep_arrived(&mut self) -> u32 {
        let object = self.arrived.take();
        self.push(object, Entry::new(State::Persistent))
    }

    fn replace_by_arrived(&mut self, slot: u32) {
        if let Some(object) = self.arrived.take() {
            self.put(slot, object);
        }
    }

    fn adopt_from(&mut self, other: &mut dyn Store, slot: u32) -> bool {
        let other = other.as_any_mut().downcast_mut::<Self>();
        self.arrived = other.and_then(|other| other.take(slot));
        self.arrived.is_some()
    }

    fn run_hook(&mut self, slot: u32, hook: Hook<'_>) -> Result<()> {
        match self.get_mut(slot) {
            Some(object) => object.run_hook(hook),
            None => Ok(()),
        }
    }

    fn has_hooks(&self) -> bool {
        M::HOOKS
    }

    fn forget(&mut self, slot: u32) {
        self.take(slot);
        if let Some(entry) = self.ledger.entry_mut(slot) {
            entry.detail = None;
        }
    }

    fn clear(&mut self) {
        self.ledger.base = self.ledger.next();
        self.ledger.entries = Vec::new();
        self.ledger.identities.clear();
        self.objects = Vec::new();
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn as_any_mut(&mut self) -> &mut dyn Any {
        self
    }
}

impl dyn Store {
    pub(crate) fn model(&self) -> &'static ModelInfo {
        self.ledger().model
    }

    /// The values of all fields, as the object has them.
    pub(crate) fn values(&self, slot: u32) -> Result<Arc<[Value]>> {
        (0..self.model().fields.len())
            .map(|field| self.value(slot, field))
            .collect()
    }

    /// The row as the database has it.
    pub(crate) fn stored(&self, slot: u32) -> Result<Arc<[Value]>> {
        match self.ledger().entry(slot).and_then(Entry::snapshot) {
            Some(snapshot) => Ok(Arc::clone(snapshot)),
            None => self.values(slot),
        }
    }

    /// The value of a field as the database has it.
    pub(crate) fn stored_value(&self, slot: u32, field: usize) -> Result<Value> {
        match self.ledger().entry(slot).and_then(Entry::snapshot) {
            Some(snapshot) => Ok(snapshot.get(field).cloned().unwrap_or(Value::Null)),
            None => self.value(slot, field),
        }
    }

    /// The values of the key, as the database has them.
    pub(crate) fn stored_key(&self, slot: u32) -> Result<Vec<Value>> {
        let key = self.model().key;
        key.iter()
            .map(|field| self.stored_value(slot, *field))
            .collect()
    }

    /// The values of the key, as the object has them.
    pub(crate) fn key(&self, slot: u32) -> Result<Vec<Value>> {
        let key = self.model().key;
        key.iter().map(|field| self.value(slot, *field)).collect()
    }

    /// Stops waiting for what the program has set itself since the object was added.
    pub(crate) fn keep_what_was_set(&mut self, slot: u32) -> Result<()> {
        use super::entry::Awaited;

        if !self.has_object(slot) {
            return Ok(());
        }
        let model = self.model();
        let Some(entry) = self.ledger().entry(slot) else {
            return Ok(());
        };
        // They stay until all is known: a value that its column can't hold stops here, to be set again.
        let awaited = entry.awaited().to_vec();
        if awaited.is_empty() {
            return Ok(());
        }
        let mut still = Vec::with_capacity(awaited.len());
        for (field, awaited) in awaited {
            let placeholder = match awaited {
                Awaited::Clock(added) => model.fields[field].clock_value(added)?,
                Awaited::Database => model.fields[field].placeholder(),
                Awaited::Identity | Awaited::Reference { .. } => Value::Integer(0),
            };
            if self.value(slot, field)? == placeholder {
                still.push((field, awaited));
            }
        }
        if let Some(entry) = self.ledger_mut().entry_mut(slot) {
            entry.detail_mut().awaited = still;
        }
        Ok(())
    }

    /// `User 7`, for messages.
    pub(crate) fn describe(&self, slot: u32) -> String {
        let name = self.model().name;
        let pending = self
            .ledger()
            .entry(slot)
            .is_none_or(|entry| matches!(entry.state, State::Pending | State::Transient));
        match (pending, self.stored_key(slot)) {
            (false, Ok(key)) => format!("{name} {}", Identity::new(&key)),
            _ => format!("{name} (new)"),
        }
    }
}
