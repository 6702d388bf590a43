//! An object that a session tracks, without its type.

use std::any::Any;

use chrono::{DateTime, Utc};

use crate::Result;
use crate::model::{Model, ModelInfo, ValuesRow};
use crate::value::Value;

/// Any model, behind one type.
pub(crate) trait Object: Send + Sync {
    fn value(&self, field: usize) -> Result<Value>;
    fn set(&mut self, field: usize, value: &Value) -> Result<()>;
    fn as_any(&self) -> &dyn Any;
    fn as_any_mut(&mut self) -> &mut dyn Any;
}

impl<M: Model> Object for M {
    fn value(&self, field: usize) -> Result<Value> {
        Model::value(self, field)
    }

    fn set(&mut self, field: usize, value: &Value) -> Result<()> {
        Model::set(self, field, &ValuesRow(std::slice::from_ref(value)), 0)
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn as_any_mut(&mut self) -> &mut dyn Any {
        self
    }
}

/// Where an object stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// Added, not sent.
    Pending,
    /// A row of the database.
    Persistent,
    /// A row that the next flush deletes.
    Deleting,
    /// A row that this transaction has deleted.
    Deleted,
    /// No longer tracked.
    Detached,
}

/// A field of a pending object whose value is known at flush.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Awaited {
    /// The database assigns it.
    Identity,
    /// The clock of the flush; until then the field holds the clock of the moment when the object was added.
    Clock(DateTime<Utc>),
    /// The field `target` of the object in `slot`.
    Reference { slot: usize, target: usize },
}

pub(crate) struct Slot {
    pub(crate) model: &'static ModelInfo,
    /// `None` when the row was never valid; `error` says why.
    pub(crate) object: Option<Box<dyn Object>>,
    pub(crate) error: Option<crate::Error>,
    pub(crate) state: State,
    /// What a pending object waits for: field, and where its value comes from.
    pub(crate) awaited: Vec<(usize, Awaited)>,
    /// The row as the database has it, from the moment when the object may have been changed.
    pub(crate) snapshot: Option<Vec<Value>>,
    /// The object as it was when the transaction first touched it.
    pub(crate) saved: Option<Vec<Value>>,
    /// Whether this transaction has inserted it.
    pub(crate) inserted: bool,
    /// Whether the program may have changed it since it was added: its values are then not yet as they are stored.
    pub(crate) touched: bool,
    /// Whether it was read inside this transaction, which a rollback may prove wrong.
    pub(crate) uncommitted: bool,
    /// Whether the row has to be read again before the identity map may answer for it.
    pub(crate) stale: bool,
    /// Its entry in the identity map.
    pub(crate) identity: Option<Identity>,
}

/// A primary key as the identity map compares it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Identity {
    Integer(i64),
    Other(String),
}

impl Identity {
    pub(crate) fn new(values: &[Value]) -> Self {
        use std::fmt::Write as _;

        if let [Value::Integer(id)] = values {
            return Self::Integer(*id);
        }
        let mut text = String::new();
        for value in values {
            // Texts are written quoted, so that two keys never look alike.
            let _ = match value {
                Value::Binary(bytes) => write!(text, "{bytes:?},"),
                other => write!(text, "{},", crate::value::Shown(other)),
            };
        }
        Self::Other(text)
    }
}

impl Slot {
    /// An object that was added, before its row is known to be valid.
    pub(crate) fn pending(model: &'static ModelInfo) -> Self {
        Self {
            model,
            object: None,
            error: None,
            state: State::Pending,
            awaited: Vec::new(),
            snapshot: None,
            saved: None,
            inserted: false,
            touched: false,
            uncommitted: false,
            stale: false,
            identity: None,
        }
    }

    /// An object that was read.
    pub(crate) fn persistent<M: Model>(object: M, identity: Identity) -> Self {
        Self {
            object: Some(Box::new(object)),
            state: State::Persistent,
            identity: Some(identity),
            ..Self::pending(M::info())
        }
    }

    /// Stops waiting for what the program has set itself since the object was added.
    pub(crate) fn keep_what_was_set(&mut self) -> Result<()> {
        let Some(object) = &self.object else {
            return Ok(());
        };
        let mut still = Vec::with_capacity(self.awaited.len());
        for (field, awaited) in std::mem::take(&mut self.awaited) {
            let placeholder = match awaited {
                Awaited::Clock(added) => self.model.fields[field].clock_value(added)?,
                Awaited::Identity | Awaited::Reference { .. } => Value::Integer(0),
            };
            if object.value(field)? == placeholder {
                still.push((field, awaited));
            }
        }
        self.awaited = still;
        Ok(())
    }

    /// The values of all fields.
    pub(crate) fn values(&self) -> Result<Vec<Value>> {
        let Some(object) = &self.object else {
            return Ok(Vec::new());
        };
        (0..self.model.fields.len())
            .map(|field| object.value(field))
            .collect()
    }

    /// The values of the key, as the object has them.
    pub(crate) fn key(&self) -> Result<Vec<Value>> {
        let values = self.values()?;
        Ok(self
            .model
            .key
            .iter()
            .filter_map(|position| values.get(*position).cloned())
            .collect())
    }

    /// Remembers the object before it is changed.
    pub(crate) fn remember(&mut self) -> Result<()> {
        self.touched |= self.state == State::Pending;
        if self.state == State::Persistent && (self.snapshot.is_none() || self.saved.is_none()) {
            let values = self.values()?;
            if self.saved.is_none() {
                self.saved = Some(values.clone());
            }
            self.snapshot.get_or_insert(values);
        }
        Ok(())
    }

    /// `User 7`, for messages.
    pub(crate) fn describe(&self) -> String {
        match &self.identity {
            Some(Identity::Integer(id)) => format!("{} {id}", self.model.name),
            Some(Identity::Other(key)) => {
                format!("{} {}", self.model.name, key.trim_end_matches(','))
            }
            None => format!("{} (pending)", self.model.name),
        }
    }
}
