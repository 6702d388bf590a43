//! The session: a unit of work over an identity map, in its first form.

mod flush;
mod key;
mod object;
mod order;

use std::collections::HashMap;
use std::fmt;
use std::ops::{Index, IndexMut};
use std::sync::atomic::{AtomicU64, Ordering};

pub(crate) use flush::Ranks;
pub use key::{Key, PendingKey};
pub(crate) use object::Identity;
use object::{Awaited, Slot, State};
pub(crate) use order::{deepest_first, in_circle, parents_first, self_references};

use crate::backend::Connection;
use crate::database::{Database, PooledConnection};
use crate::model::{Draft, Input, Model, NewRow, PrimaryKey, ValuesRow};
use crate::query::{Access, Executor, Query};
use crate::transaction::TransactionOptions;
use crate::value::Value;
use crate::{Error, Result};

static SESSIONS: AtomicU64 = AtomicU64::new(1);

/// A unit of work: objects that are added, changed and deleted together, and one object a row.
///
/// Nothing is sent until a flush: [`Session::commit`], or a query that runs in the session. A session takes a
/// connection at its first statement and gives it back at commit, rollback or drop; dropping it without a commit
/// rolls back. Reads before the first write run outside a transaction, which is what READ COMMITTED means anyway; a
/// unit of one statement is sent without BEGIN and COMMIT. [`Database::session_with`] gives a session whose transactions
/// are isolated further, or only read.
///
/// After a statement has failed, the unit is unusable on every engine until [`Session::rollback`].
///
/// ```no_run
/// # extern crate birgus_core as birgus;
/// # use birgus::prelude::*;
/// # #[derive(Model)]
/// # pub struct User { #[key] pub id: i64, #[column(length = 64, unique)] pub username: String }
/// # #[derive(Model)]
/// # pub struct Post { #[key] pub id: i64, pub body: String, #[column(references = User::id)] pub author_id: i64 }
/// # fn main() -> birgus::Result<()> {
/// # let db = Database::open()?;
/// let mut session = db.session()?;
/// let susan = session.add(User::build().username("susan")); // a handle; the object's id is 0 until a flush
/// session.add(Post::build().body("Hello").author_id(susan)); // the handle stands for the id to come
/// session.commit()?; // both rows, in the order that the foreign key needs
///
/// session[susan].username = "susan2".into(); // to change an object is to change its row
/// if let Some(post) = session.get::<Post>(7)? {
///     session.delete(post)?;
/// }
/// let posts = Post::query().filter(Post::author_id.eq(session[susan].id)).all(&mut session)?; // sees the changes
/// # let _ = posts;
/// if let Err(error) = session.commit() {
///     session.rollback()?; // rows and objects are as they were
///     return Err(error);
/// }
/// # Ok(())
/// # }
/// ```
pub struct Session {
    id: u64,
    database: Database,
    /// Of what kind its transactions are.
    options: TransactionOptions,
    connection: Option<PooledConnection>,
    /// What the first failed statement said.
    failed: Option<String>,
    /// Whether a unit was committed, which nothing undoes.
    committed: bool,
    slots: Vec<Slot>,
    identities: HashMap<(&'static str, Identity), usize>,
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("objects", &self.identities.len())
            .field("in_transaction", &self.in_transaction())
            .finish_non_exhaustive()
    }
}

impl Session {
    pub(crate) fn new(database: Database, options: TransactionOptions) -> Self {
        Self {
            id: SESSIONS.fetch_add(1, Ordering::Relaxed),
            database,
            options,
            connection: None,
            failed: None,
            committed: false,
            slots: Vec::new(),
            identities: HashMap::new(),
        }
    }

    /// Adds a row, to be inserted at the next flush, and gives its handle. The handle can stand in a foreign key of
    /// another new row before it has an id.
    ///
    /// A value that does not fit its column is reported by the flush.
    pub fn add<R: NewRow>(&mut self, row: R) -> Key<R::Model> {
        let slot = self.pending_slot::<R::Model>(row.into_draft());
        self.slots.push(slot);
        Key::new(self.id, self.slots.len() - 1)
    }

    fn pending_slot<M: Model>(&self, draft: Draft) -> Slot {
        let model = M::info();
        let mut slot = Slot::pending(model);
        let mut values = Vec::with_capacity(model.fields.len());
        let now = chrono::Utc::now();
        for (position, input) in draft.with_defaults().inputs.into_iter().enumerate() {
            let field = &model.fields[position];
            let value = match input {
                Input::Value(value) => field.check(value),
                Input::Invalid(error) => Err(error),
                Input::Missing => {
                    slot.awaited.push((position, Awaited::Identity));
                    Ok(Value::Integer(0))
                }
                Input::Clock => {
                    slot.awaited.push((position, Awaited::Clock(now)));
                    field.clock_value(now)
                }
                Input::Pending(key) => self.referenced_value(field, key).map(|(value, awaited)| {
                    slot.awaited
                        .extend(awaited.map(|awaited| (position, awaited)));
                    value
                }),
            };
            match value {
                Ok(value) => values.push(value),
                Err(error) => {
                    slot.error = Some(error);
                    return slot;
                }
            }
        }
        match M::decode(&ValuesRow(&values), 0) {
            Ok(object) => slot.object = Some(Box::new(object)),
            Err(error) => slot.error = Some(error),
        }
        slot
    }

    /// The value of a foreign key that references a tracked object, and what it waits for.
    fn referenced_value(
        &self,
        field: &'static crate::model::FieldInfo,
        key: PendingKey,
    ) -> Result<(Value, Option<Awaited>)> {
        let slot = self.slot(key)?;
        let Some(reference) = &field.references else {
            return Err(Error::session(format!(
                "{}: a key was given, and the field references no model",
                field.subject()
            )));
        };
        let target = (reference.field)().position();
        if slot
            .awaited
            .iter()
            .any(|(position, awaited)| *position == target && !matches!(awaited, Awaited::Clock(_)))
        {
            return Ok((
                Value::Integer(0),
                Some(Awaited::Reference {
                    slot: key.slot,
                    target,
                }),
            ));
        }
        match &slot.object {
            Some(object) => Ok((object.value(target)?, None)),
            None => Err(Error::session(format!(
                "{}: the row that it references is not valid",
                field.subject()
            ))),
        }
    }

    fn slot(&self, key: PendingKey) -> Result<&Slot> {
        if key.session != self.id {
            return Err(Error::session("the key belongs to another session"));
        }
        match self.slots.get(key.slot) {
            Some(slot) if slot.state == State::Detached => Err(Error::session(format!(
                "{}: no longer tracked: its row was deleted, or the transaction that added it was rolled back",
                slot.describe()
            ))),
            Some(slot) => Ok(slot),
            None => Err(Error::session("the key belongs to another session")),
        }
    }

    /// The object behind a key.
    ///
    /// # Errors
    ///
    /// `is_session()` for a key of another session or of an object that is no longer tracked, and whatever made a
    /// new row invalid.
    pub fn try_get<M: Model>(&self, key: Key<M>) -> Result<&M> {
        let slot = self.slot(key.pending())?;
        match slot
            .object
            .as_ref()
            .and_then(|object| object.as_any().downcast_ref())
        {
            Some(object) => Ok(object),
            None => Err(Self::no_object(slot)),
        }
    }

    /// The object behind a key, to be changed; the next flush finds the changes.
    ///
    /// # Errors
    ///
    /// As [`Session::try_get`].
    pub fn try_get_mut<M: Model>(&mut self, key: Key<M>) -> Result<&mut M> {
        self.slot(key.pending())?;
        let slot = &mut self.slots[key.pending().slot];
        slot.remember()?;
        if slot.object.is_none() {
            return Err(Self::no_object(slot));
        }
        let object = slot
            .object
            .as_mut()
            .and_then(|object| object.as_any_mut().downcast_mut());
        object.ok_or_else(|| Error::session("the key belongs to another session"))
    }

    fn no_object(slot: &Slot) -> Error {
        match &slot.error {
            Some(error) => Error::session(format!("{}: not a valid row: {error}", slot.model.name)),
            None => Error::session("the key belongs to another session"),
        }
    }

    /// The row with this primary key, tracked; nothing is sent when it is tracked already.
    ///
    /// # Errors
    ///
    /// `is_session()` after a failed statement, and whatever the database refuses.
    pub fn get<M: Model>(&mut self, key: impl Into<M::Key>) -> Result<Option<Key<M>>> {
        self.usable()?;
        let key = key.into();
        let model = M::info();
        let mut values = key.to_values()?;
        for (field, value) in model.key_fields().zip(&mut values) {
            *value = field.check_operand(std::mem::replace(value, Value::Null))?;
        }
        if let Some(slot) = self
            .identities
            .get(&(model.table_name(), Identity::new(&values)))
        {
            let slot = *slot;
            if !self.slots[slot].stale {
                let deleted = matches!(self.slots[slot].state, State::Deleting | State::Deleted);
                return Ok((!deleted).then(|| Key::new(self.id, slot)));
            }
            let found = self.load(M::query().by_key(key))?.pop();
            if found.is_none() {
                self.slots[slot].state = State::Detached;
                self.forget_detached();
            }
            return Ok(found);
        }
        Ok(self.load(M::query().by_key(key))?.pop())
    }

    /// The rows of a query, tracked. A row that is tracked already keeps its object, with unsaved changes.
    ///
    /// # Errors
    ///
    /// As [`Query::all`], and `is_session()` after a failed statement.
    pub fn load<M: Model>(&mut self, query: Query<M>) -> Result<Vec<Key<M>>> {
        let objects = query.all(&mut *self)?;
        let mut keys = Vec::with_capacity(objects.len());
        for object in objects {
            keys.push(self.track(object)?);
        }
        Ok(keys)
    }

    fn track<M: Model>(&mut self, object: M) -> Result<Key<M>> {
        let model = M::info();
        let identity = Identity::new(&object.key().to_values()?);
        let next = self.slots.len();
        let slot = *self
            .identities
            .entry((model.table_name(), identity.clone()))
            .or_insert(next);
        let uncommitted = self.in_transaction();
        if slot == next {
            self.slots.push(Slot::persistent(object, identity));
            self.slots[slot].uncommitted = uncommitted;
        } else if self.slots[slot].stale {
            self.slots[slot].object = Some(Box::new(object));
            self.slots[slot].stale = false;
            self.slots[slot].uncommitted = uncommitted;
        }
        Ok(Key::new(self.id, slot))
    }

    /// Deletes the object's row at the next flush; a row that was never sent is forgotten. When a row with the same key
    /// is added before that flush, the flush sends one UPDATE instead, and rows that reference it stay.
    ///
    /// # Errors
    ///
    /// `is_session()` for a key of another session, or of an object that is no longer tracked.
    pub fn delete<M: Model>(&mut self, key: Key<M>) -> Result<()> {
        self.slot(key.pending())?;
        let slot = &mut self.slots[key.pending().slot];
        match slot.state {
            State::Pending => slot.state = State::Detached,
            State::Persistent => {
                slot.remember()?;
                slot.state = State::Deleting;
            }
            State::Deleting | State::Deleted | State::Detached => {}
        }
        Ok(())
    }

    /// Sends what is pending, and commits.
    ///
    /// # Errors
    ///
    /// `is_invalid_value()` for a value that its column can't hold, before anything is sent; `is_session()` after a
    /// failed statement; and whatever the database refuses. Then nothing is committed, and [`Session::rollback`]
    /// makes the session usable again.
    pub fn commit(&mut self) -> Result<()> {
        self.usable()?;
        self.flush(true)?;
        if let Some(connection) = &mut self.connection
            && connection.in_transaction()
        {
            let committed = connection.commit();
            self.noticed(committed)?;
        }
        self.connection = None;
        self.committed = true;
        for slot in &mut self.slots {
            slot.inserted = false;
            slot.uncommitted = false;
            slot.saved = None;
            if slot.state == State::Deleted {
                slot.state = State::Detached;
            }
        }
        self.forget_detached();
        Ok(())
    }

    /// Undoes what was done since the last commit, in the database and in the objects: changed objects are as they
    /// were, deleted ones are back, added ones are no longer tracked. Objects that were read inside the transaction
    /// keep their values until [`Session::get`] or [`Session::load`] reads their rows again.
    ///
    /// # Errors
    ///
    /// Whatever the database refuses; the connection is then given up, which has the same effect.
    pub fn rollback(&mut self) -> Result<()> {
        let mut result = Ok(());
        if let Some(mut connection) = self.connection.take()
            && connection.in_transaction()
        {
            result = connection.rollback();
        }
        self.failed = None;
        for slot in &mut self.slots {
            if slot.state == State::Pending || slot.inserted {
                slot.state = State::Detached;
                slot.inserted = false;
            }
            if matches!(slot.state, State::Deleting | State::Deleted) {
                slot.state = State::Persistent;
            }
            if let (Some(saved), Some(object)) = (slot.saved.take(), &mut slot.object) {
                for (field, value) in saved.iter().enumerate() {
                    object.set(field, value)?;
                }
            }
            slot.snapshot = None;
            slot.stale |= std::mem::take(&mut slot.uncommitted);
            if slot.state == State::Persistent {
                slot.identity = Some(Identity::new(&slot.key()?));
            }
        }
        self.forget_detached();
        // Keys may have changed hands since the transaction began.
        self.identities = (self.slots.iter().enumerate())
            .filter_map(|(number, slot)| {
                Some(((slot.model.table_name(), slot.identity.clone()?), number))
            })
            .filter(|(_, number)| self.slots[*number].state == State::Persistent)
            .collect();
        result
    }

    /// Sends what is pending, without a commit.
    ///
    /// # Errors
    ///
    /// As [`Session::commit`].
    pub fn flush_now(&mut self) -> Result<()> {
        self.usable()?;
        self.flush(false)
    }

    fn forget_detached(&mut self) {
        let slots = &self.slots;
        self.identities
            .retain(|_, slot| slots[*slot].state != State::Detached);
        for slot in &mut self.slots {
            if slot.state == State::Detached {
                // The slot stays, so that its key gives an error and never another row's data.
                slot.object = None;
            }
        }
    }

    pub(crate) fn has_committed(&self) -> bool {
        self.committed
    }

    fn in_transaction(&self) -> bool {
        self.connection
            .as_ref()
            .is_some_and(PooledConnection::in_transaction)
    }

    fn usable(&self) -> Result<()> {
        match &self.failed {
            Some(cause) => Err(Error::session(format!(
                "the session needs a rollback before it can go on, because a statement failed: {cause}"
            ))),
            None => Ok(()),
        }
    }

    /// Remembers that a statement failed.
    fn noticed<T>(&mut self, result: Result<T>) -> Result<T> {
        if let Err(error) = &result
            && error.database_kind().is_some()
        {
            self.failed.get_or_insert_with(|| error.to_string());
        }
        result
    }

    fn connection(&mut self) -> Result<&mut PooledConnection> {
        let connection = match &mut self.connection {
            Some(connection) => connection,
            none => none.insert(self.database.connection()?),
        };
        if self.options.begins_at_once() && !connection.in_transaction() {
            connection.begin(self.options.mode(), self.options.isolation)?;
        }
        Ok(connection)
    }

    fn begun(&mut self) -> Result<&mut PooledConnection> {
        let (mode, isolation) = (self.options.mode(), self.options.isolation);
        let connection = self.connection()?;
        if !connection.in_transaction() {
            connection.begin(mode, isolation)?;
        }
        Ok(connection)
    }

    fn is_clean(&self) -> bool {
        self.slots.iter().all(|slot| match slot.state {
            State::Pending | State::Deleting => false,
            State::Persistent => slot.snapshot.is_none(),
            State::Deleted | State::Detached => true,
        })
    }
}

impl Executor for Session {
    fn with_connection(
        &mut self,
        access: Access,
        work: &mut dyn FnMut(&mut dyn Connection) -> Result<()>,
    ) -> Result<()> {
        self.usable()?;
        if !self.is_clean() {
            self.flush(false)?;
        }
        let connection = match access {
            Access::Read => self.connection(),
            // What is written belongs to the unit, and goes with it when it is rolled back.
            Access::Write | Access::Lock | Access::Together => self.begun(),
        };
        let result = connection.and_then(|connection| connection.with_connection(access, work));
        self.noticed(result)
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        if let Some(mut connection) = self.connection.take()
            && connection.in_transaction()
            && let Err(error) = connection.rollback()
        {
            // The pool drops a connection whose rollback failed, which rolls back too.
            tracing::warn!(%error, "rolling back a dropped session failed");
        }
    }
}

impl<M: Model> Index<Key<M>> for Session {
    type Output = M;

    /// # Panics
    ///
    /// Where [`Session::try_get`] gives an error: the key of another session, or of an object that is no longer
    /// tracked.
    #[allow(
        clippy::panic,
        reason = "the signature of Index leaves no other way, as with a slice"
    )]
    fn index(&self, key: Key<M>) -> &M {
        match self.try_get(key) {
            Ok(object) => object,
            Err(error) => panic!("session[key]: {error}"),
        }
    }
}

impl<M: Model> IndexMut<Key<M>> for Session {
    /// # Panics
    ///
    /// As [`Index::index`].
    #[allow(
        clippy::panic,
        reason = "the signature of IndexMut leaves no other way, as with a slice"
    )]
    fn index_mut(&mut self, key: Key<M>) -> &mut M {
        match self.try_get_mut(key) {
            Ok(object) => object,
            Err(error) => panic!("session[key]: {error}"),
        }
    }
}
