//! The session: a unit of work over an identity map.

mod changes;
mod entry;
mod flush;
mod frame;
mod identity;
mod key;
mod late;
mod linked;
mod links;
mod listener;
mod merge;
mod n_plus_one;
mod nested;
mod order;
mod pairs;
mod pending;
mod references;
mod refresh;
mod related;
mod set_based;
mod store;
mod tracked;
mod transaction;
mod unit;
mod unsent;

use std::any::TypeId;
use std::collections::{HashMap, HashSet};
use std::fmt;
use std::ops::{Index, IndexMut};
use std::panic::Location;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

pub use changes::{Change, ChangeKind, FieldChange};
pub use entry::ObjectState;
use entry::{Entry, State};
pub(crate) use flush::Ranks;
use foldhash::fast::RandomState;
use frame::{Frame, Saved};
#[doc(hidden)]
pub use identity::Identity;
pub(crate) use key::Place;
pub use key::{Key, PendingKey};
use late::Late;
use linked::Shown;
pub use listener::SessionListener;
use n_plus_one::LoneLoads;
pub(crate) use order::{deepest_first, in_circle, parents_first, self_references};
pub(crate) use references::references;
use related::Relations;
pub(crate) use related::Tracked;
use store::Objects;
pub(crate) use store::Store;
#[doc(hidden)]
pub use store::{NewStore, new_store};
use unit::Unit;

use crate::backend::Connection;
use crate::database::Database;
use crate::model::{Model, ModelInfo, NewRow};
use crate::query::{Access, Executor, Request, SetChange};
use crate::relation::RelationInfo;
use crate::transaction::TransactionOptions;
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
///
/// # What it holds
///
/// A session holds every object that it was given or has loaded ([`Session::add`], [`Session::get`],
/// [`Session::load`]) until [`Session::clear`], [`Session::expunge`] or its own end: the object itself, 16 bytes, and
/// its place in the identity map (about 24 bytes for a whole number). An object has its whole row: columns that queries
/// leave out ([`Deferred`](crate::Deferred)) are read for it. An object that may have been changed has a copy
/// of its row beside it until the flush, and one until the transaction ends. Rows that a query gives as plain values
/// ([`Query::all`](crate::Query::all)) are not held.
///
/// # Several databases
///
/// Objects of a model with `#[model(bind = "…")]` live in the database of that name. One session works with all of
/// them, with a connection and a transaction each. [`Session::commit`] commits those with a name first, in the order of
/// their names, and the main one last. They are transactions of their own: when one of them fails to commit, those
/// before it stay committed, and the others are rolled back. The error says which ones; the flush, where nearly
/// everything fails that can fail, was through by then. [`TransactionOptions::two_phase`] commits all or none.
pub struct Session {
    id: u64,
    /// The databases that the session has used; the main one is the first.
    units: Vec<Unit>,
    /// Of what kind its transactions are.
    options: TransactionOptions,
    /// Whether a unit was committed, which nothing undoes.
    committed: bool,
    /// What the first failed statement said.
    failed: Option<String>,
    stores: Vec<Box<dyn Store>>,
    numbers: HashMap<TypeId, u32, RandomState>,
    /// What was added, in order; some may be pending no more.
    pending: Vec<Place>,
    /// What may have been changed.
    touched: Vec<Place>,
    /// What the next flush deletes.
    deleting: Vec<Place>,
    /// The unit, and the savepoints inside of it.
    frames: Vec<Frame>,
    autoflush: bool,
    /// What the transaction has changed so far, when somebody listens.
    log: Vec<Change>,
    /// What objects are related to, as far as it was loaded or linked.
    relations: Relations,
    /// References of stored objects to new ones, which are set when those have their values.
    late: HashMap<Place, Vec<Late>, RandomState>,
    /// What the next flush deletes only because it lost its parent.
    orphans: HashSet<Place, RandomState>,
    /// New rows that pair two objects: by the relationship's position, and both.
    new_pairs: HashMap<(usize, Place, Place), Vec<Place>, RandomState>,
    /// New rows of pairs that may be stored already.
    unsure: Vec<Place>,
    /// The foreign keys that relationships go by, by the model's number, as far as it was asked for.
    shown: Vec<Option<Arc<[Shown]>>>,
    /// Which relations were loaded row by row.
    lone_loads: LoneLoads,
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("objects", &self.len())
            .field("in_transaction", &self.in_transaction())
            .finish_non_exhaustive()
    }
}

impl Session {
    pub(crate) fn new(database: Database, options: TransactionOptions) -> Self {
        let lone_loads = LoneLoads::new(database.config().n_plus_one);
        Self {
            id: SESSIONS.fetch_add(1, Ordering::Relaxed),
            units: vec![Unit::new(None, database, options.clone())],
            options,
            committed: false,
            failed: None,
            stores: Vec::new(),
            numbers: HashMap::default(),
            pending: Vec::new(),
            touched: Vec::new(),
            deleting: Vec::new(),
            frames: vec![Frame::default()],
            autoflush: true,
            log: Vec::new(),
            relations: Relations::default(),
            late: HashMap::default(),
            orphans: HashSet::default(),
            new_pairs: HashMap::default(),
            unsure: Vec::new(),
            shown: Vec::new(),
            lone_loads,
        }
    }

    /// Adds a row, to be inserted at the next flush, and gives its handle. The handle can stand in a foreign key of
    /// another new row before it has an id.
    ///
    /// A value that does not fit its column is reported by the flush.
    ///
    /// New rows in the fields of a model's relationships (`posts: vec![…].into()`) are added along with it, and linked to it.
    pub fn add<R: NewRow>(&mut self, row: R) -> Key<R::Model> {
        let place = self.add_draft(row.into_draft());
        Key::new(self.id, place)
    }

    /// Adds rows, as [`Session::add`] does each, and gives their handles in order.
    pub fn add_all<R: NewRow>(&mut self, rows: impl IntoIterator<Item = R>) -> Vec<Key<R::Model>> {
        rows.into_iter().map(|row| self.add(row)).collect()
    }

    /// Deletes the object's row at the next flush; a row that was never sent is forgotten. When a row with the same key
    /// is added before that flush, the flush sends one UPDATE instead, and rows that reference it stay.
    ///
    /// What happens to rows that reference it, the `cascade` of their foreign key says; see
    /// [`Cascade`](crate::model::Cascade).
    ///
    /// # Errors
    ///
    /// `is_session()` for a key of another session, or of an object that is no longer tracked.
    pub fn delete<M: Model>(&mut self, key: Key<M>) -> Result<()> {
        let place = self.place(key.untyped())?;
        self.mark_deleted(place)
    }

    fn mark_deleted(&mut self, place: Place) -> Result<()> {
        match self.state_of(place) {
            State::Pending => self.give_up(place),
            State::Persistent => {
                self.drop_unsure(place)?;
                self.pair_leaves(place);
                self.remember(place)?;
                self.set_state(place, State::Deleting);
                self.deleting.push(place);
            }
            State::Deleting | State::Deleted | State::Transient | State::Detached => {}
        }
        Ok(())
    }

    /// A row that was never sent is forgotten, with the rows that pair it with others.
    fn give_up(&mut self, place: Place) {
        let mut pairs = vec![place];
        pairs.extend(self.new_pairs_with(place));
        for place in pairs {
            self.pair_leaves(place);
            self.set_state(place, State::Transient);
            self.store_mut(place).forget(place.slot);
        }
    }

    /// The object behind a key.
    ///
    /// # Errors
    ///
    /// `is_session()` for a key of another session or of an object that is no longer tracked, and whatever made a
    /// new row invalid.
    pub fn try_get<M: Model>(&self, key: Key<M>) -> Result<&M> {
        let place = self.place(key.untyped())?;
        match self
            .objects::<M>(place.store)
            .and_then(|objects| objects.get(place.slot))
        {
            Some(object) => Ok(object),
            None => Err(self.no_object(place)),
        }
    }

    /// The object behind a key, to be changed; the next flush finds the changes.
    ///
    /// # Errors
    ///
    /// As [`Session::try_get`].
    pub fn try_get_mut<M: Model>(&mut self, key: Key<M>) -> Result<&mut M> {
        let place = self.place(key.untyped())?;
        self.remember(place)?;
        if !self.store(place).has_object(place.slot) {
            return Err(self.no_object(place));
        }
        let object = self
            .objects_mut::<M>(place.store)
            .and_then(|objects| objects.get_mut(place.slot));
        object.ok_or_else(|| Error::session("the key belongs to another session"))
    }

    fn no_object(&self, place: Place) -> Error {
        let store = self.store(place);
        match store.ledger().entry(place.slot).and_then(Entry::error) {
            Some(error) => {
                Error::session(format!("{}: not a valid row: {error}", store.model().name))
            }
            None => Error::session("the key belongs to another session"),
        }
    }

    /// Where the object of a key stands; the terms are those of [`ObjectState`].
    ///
    /// # Errors
    ///
    /// `is_session()` for a key of another session.
    pub fn state<M: Model>(&self, key: Key<M>) -> Result<ObjectState> {
        let key = key.untyped();
        self.of_this_session(key)?;
        let ledger = self.stores[key.place.store as usize].ledger();
        // A slot that was cleared is gone.
        let entry = ledger.entry(key.place.slot);
        Ok(entry.map_or(ObjectState::Detached, |entry| entry.state.public()))
    }

    /// Whether the next flush would send something for the object, as far as is known without comparing: it was added,
    /// deleted, or lent out to be changed since the last flush.
    ///
    /// # Errors
    ///
    /// `is_session()` for a key of another session, or of an object that is no longer tracked.
    pub fn is_modified<M: Model>(&self, key: Key<M>) -> Result<bool> {
        let place = self.place(key.untyped())?;
        let store = self.store(place);
        Ok(match self.state_of(place) {
            State::Pending | State::Deleting => true,
            State::Persistent if self.is_late(place) => true,
            State::Persistent => match store.ledger().entry(place.slot).and_then(Entry::snapshot) {
                // A value that does not fit its column is a change too.
                Some(snapshot) => store
                    .values(place.slot)
                    .map_or(true, |now| now != *snapshot),
                None => false,
            },
            _ => false,
        })
    }

    /// How many objects the session tracks.
    pub fn len(&self) -> usize {
        let tracked = |store: &dyn Store| {
            let ledger = store.ledger();
            let entries = ledger.slots().filter_map(|slot| ledger.entry(slot));
            entries.filter(|entry| entry.state.is_tracked()).count()
        };
        self.stores
            .iter()
            .map(|store| tracked(store.as_ref()))
            .sum()
    }

    /// Whether the session tracks nothing.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The place of a key of this session, whose object is tracked.
    fn place(&self, key: PendingKey) -> Result<Place> {
        self.of_this_session(key)?;
        let place = key.place;
        let store = self.store(place);
        match store.ledger().entry(place.slot) {
            Some(entry) if entry.state.is_tracked() => Ok(place),
            Some(_) => Err(Error::session(format!(
                "{}: no longer tracked: its row was deleted, it was expunged, or the transaction that added it was rolled back",
                store.model().name
            ))),
            None => Err(Error::session(format!(
                "{}: no longer tracked: the session was cleared",
                store.model().name
            ))),
        }
    }

    fn of_this_session(&self, key: PendingKey) -> Result<()> {
        if key.session != self.id || key.place.store as usize >= self.stores.len() {
            return Err(Error::session("the key belongs to another session"));
        }
        Ok(())
    }

    /// The number of the model's store, which is made at the first use.
    fn number_of<M: Model>(&mut self) -> u32 {
        match self.numbers.get(&TypeId::of::<M>()) {
            Some(number) => *number,
            None => {
                // Cascades may have met the model before its type was known.
                let number = self.number_of_model(M::info());
                self.numbers.insert(TypeId::of::<M>(), number);
                number
            }
        }
    }

    /// The number of the model's store, which is made at the first use.
    fn number_of_model(&mut self, model: &'static ModelInfo) -> u32 {
        let known = (self.stores.iter()).position(|store| std::ptr::eq(store.model(), model));
        let number = known.unwrap_or_else(|| {
            self.stores.push((model.new_store)().0);
            self.stores.len() - 1
        });
        // There are as many stores as models.
        u32::try_from(number).unwrap_or(u32::MAX)
    }

    fn store(&self, place: Place) -> &(dyn Store + 'static) {
        self.stores[place.store as usize].as_ref()
    }

    fn store_mut(&mut self, place: Place) -> &mut (dyn Store + 'static) {
        self.stores[place.store as usize].as_mut()
    }

    fn objects<M: Model>(&self, store: u32) -> Option<&Objects<M>> {
        self.stores.get(store as usize)?.as_any().downcast_ref()
    }

    fn objects_mut<M: Model>(&mut self, store: u32) -> Option<&mut Objects<M>> {
        let store = self.stores.get_mut(store as usize)?;
        store.as_any_mut().downcast_mut()
    }

    fn state_of(&self, place: Place) -> State {
        let entry = self.store(place).ledger().entry(place.slot);
        entry.map_or(State::Detached, |entry| entry.state)
    }

    fn set_state(&mut self, place: Place, state: State) {
        if let Some(entry) = self.entry_mut(place) {
            entry.state = state;
        }
    }

    fn entry(&self, place: Place) -> Option<&Entry> {
        self.store(place).ledger().entry(place.slot)
    }

    fn entry_mut(&mut self, place: Place) -> Option<&mut Entry> {
        self.store_mut(place).ledger_mut().entry_mut(place.slot)
    }

    /// Notes how an object was before the innermost frame, unless that is known.
    fn save(&mut self, place: Place, saved: Saved) {
        if let Some(frame) = self.frames.last_mut() {
            frame.saved.entry(place).or_insert(saved);
        }
    }

    /// Remembers an object before it is changed.
    fn remember(&mut self, place: Place) -> Result<()> {
        let state = self.state_of(place);
        if state == State::Pending {
            if self.entry(place).is_some_and(|entry| entry.touched) {
                return Ok(());
            }
            let shown = self.shown(place.store);
            let parents = (!shown.is_empty()).then(|| self.shown_parents(place, &shown));
            if let Some(entry) = self.entry_mut(place) {
                entry.touched = true;
                if parents.is_some() {
                    entry.detail_mut().shown = parents;
                }
            }
            return Ok(());
        }
        if state != State::Persistent {
            return Ok(());
        }
        let known = self.entry(place).and_then(Entry::snapshot).is_some();
        let saved = (self.frames.last()).is_some_and(|frame| frame.saved.contains_key(&place));
        if known && saved {
            return Ok(());
        }
        let values = self.store(place).stored(place.slot)?;
        let present = Saved::Present {
            state,
            values: values.clone(),
        };
        self.save(place, present);
        if !known {
            if let Some(entry) = self.entry_mut(place) {
                entry.detail_mut().snapshot = Some(values);
            }
            self.touched.push(place);
        }
        Ok(())
    }

    pub(crate) fn has_committed(&self) -> bool {
        self.committed
    }

    fn in_transaction(&self) -> bool {
        self.units.iter().any(Unit::in_transaction)
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
            && (error.database_kind().is_some() || error.is_stale_object())
        {
            self.failed.get_or_insert_with(|| error.to_string());
        }
        result
    }

    /// The number of the unit that works with the database of that name.
    fn unit_of(&mut self, bind: Option<&'static str>) -> Result<usize> {
        if let Some(number) = self.units.iter().position(|unit| unit.bind == bind) {
            return Ok(number);
        }
        let main = &self.units[0].database;
        let database = main.of_bind(bind)?;
        if main.is(&database) {
            return Ok(0);
        }
        self.units
            .push(Unit::new(bind, database, self.options.clone()));
        Ok(self.units.len() - 1)
    }

    /// Whether nothing waits for a flush.
    fn is_clean(&self) -> bool {
        let any = |places: &[Place], state: State| {
            places.iter().any(|place| self.state_of(*place) == state)
        };
        !any(&self.pending, State::Pending)
            && !any(&self.deleting, State::Deleting)
            && !any(&self.touched, State::Persistent)
    }

    /// Runs something without the flush before its queries: they see the database as it was at the last flush.
    ///
    /// ```no_run
    /// # extern crate birgus_core as birgus;
    /// # use birgus::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct User { #[key] pub id: i64, #[column(length = 64, unique)] pub username: String }
    /// # fn main() -> birgus::Result<()> {
    /// # let db = Database::open()?;
    /// # let mut session = db.session()?;
    /// let susan = session.add(User::build().username("susan"));
    /// let taken = session.no_autoflush(|session| {
    ///     User::query().filter(User::username.eq("susan")).exists(&mut *session)
    /// })?;
    /// if taken {
    ///     session[susan].username = "susan-2".into();
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn no_autoflush<T>(&mut self, work: impl FnOnce(&mut Self) -> T) -> T {
        let before = std::mem::replace(&mut self.autoflush, false);
        let result = work(self);
        self.autoflush = before;
        result
    }

    /// Sends what is pending before a query; an error names the query.
    fn flush_before(&mut self, request: &Request<'_>) -> Result<()> {
        if !self.autoflush || self.is_clean() {
            return Ok(());
        }
        let Err(error) = self.run_flush(false) else {
            return Ok(());
        };
        let unit = self.unit_of(request.bind()).unwrap_or(0);
        let text = match self.units[unit].connection() {
            Ok(connection) => request.text(connection),
            Err(_) => None,
        };
        let query = text.unwrap_or_else(|| "a query".to_owned());
        Err(error.context(format!(
            "the flush before {query} (no_autoflush runs it without)"
        )))
    }
}

impl Executor for Session {
    fn with_connection(
        &mut self,
        request: Request<'_>,
        work: &mut dyn FnMut(&mut dyn Connection) -> Result<()>,
    ) -> Result<()> {
        self.usable()?;
        self.flush_before(&request)?;
        let unit = self.unit_of(request.bind())?;
        let unit = &mut self.units[unit];
        let connection = match request.access() {
            Access::Read => unit.connection(),
            // What is written belongs to the unit, and goes with it when it is rolled back.
            Access::Write | Access::Lock | Access::Together => unit.begun(),
        };
        let result = connection.and_then(|connection| connection.with_connection(request, work));
        self.noticed(result)
    }

    fn changed(&mut self, change: SetChange) -> Result<()> {
        self.read_changed(change)
    }

    fn loads_one(
        &mut self,
        relation: &'static RelationInfo,
        caller: &'static Location<'static>,
    ) -> Result<()> {
        self.count_lone_load(relation, caller)
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        for unit in &mut self.units {
            if let Err(error) = unit.rollback() {
                // The pool drops a connection whose rollback failed, which rolls back too.
                tracing::warn!(%error, "rolling back a dropped session failed");
            }
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
