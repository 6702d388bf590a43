//! The field of a relationship to one.

use std::any::Any;
use std::fmt;
use std::panic::Location;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::field::not_loaded;
use super::shared::Shared;
use super::{Owner, RelationField, RelationInfo, RelationType, Strategy, lazy};
use crate::model::{Draft, Model, finished};
use crate::query::{Executor, Query};
use crate::session::Key;
use crate::{Error, Result};

/// What a relationship to one holds: a model, or an `Option` of one.
#[diagnostic::on_unimplemented(
    message = "`One<{Self}>` is not a relationship",
    label = "expected a model, or an `Option` of one"
)]
pub trait ToOne: 'static {
    /// The model.
    type Model: Model;

    /// What reading it gives: a reference, or perhaps one.
    type Loaded<'a>;

    /// What a session gives for it.
    type Keys;

    /// Whether there may be none.
    const OPTIONAL: bool;

    /// What was found, in the form that the field has.
    ///
    /// # Errors
    ///
    /// `is_not_found()` when there must be one and is none.
    #[doc(hidden)]
    fn given(
        found: Option<&Self::Model>,
        missing: impl FnOnce() -> Error,
    ) -> Result<Self::Loaded<'_>>;

    /// As [`ToOne::given`], of a session's key.
    ///
    /// # Errors
    ///
    /// As [`ToOne::given`].
    #[doc(hidden)]
    fn key(found: Option<Key<Self::Model>>, missing: impl FnOnce() -> Error) -> Result<Self::Keys>;
}

impl<M: Model> ToOne for M {
    type Model = M;
    type Loaded<'a> = &'a M;
    type Keys = Key<M>;

    const OPTIONAL: bool = false;

    fn given(found: Option<&M>, missing: impl FnOnce() -> Error) -> Result<&M> {
        found.ok_or_else(missing)
    }

    fn key(found: Option<Key<M>>, missing: impl FnOnce() -> Error) -> Result<Key<M>> {
        found.ok_or_else(missing)
    }
}

impl<M: Model> ToOne for Option<M> {
    type Model = M;
    type Loaded<'a> = Option<&'a M>;
    type Keys = Option<Key<M>>;

    const OPTIONAL: bool = true;

    fn given(found: Option<&M>, _missing: impl FnOnce() -> Error) -> Result<Option<&M>> {
        Ok(found)
    }

    fn key(found: Option<Key<M>>, _missing: impl FnOnce() -> Error) -> Result<Option<Key<M>>> {
        Ok(found)
    }
}

/// The row on the other side of a relationship to one, as far as it was loaded: the field of a `#[belongs_to]` or
/// `#[has_one]`. `One<User>` has a row always, `One<Option<User>>` perhaps.
///
/// A query loads it with its rows ([`Query::with`]), and [`One::load`] for one row. Reading what was not loaded is an
/// error, never `None`. Rows that have the same one share it, as clones do.
///
/// Serialised, it is the row, or `null` when there is none or it is not loaded;
/// `#[serde(skip_serializing_if = "One::is_unloaded")]` leaves the latter out, and `#[serde(default)]` lets it be missing.
/// A `null` is read as not loaded.
pub struct One<T: ToOne> {
    info: Option<&'static RelationInfo>,
    owner: Owner,
    state: State<T::Model>,
    lazy: Option<Strategy>,
    partial: bool,
    /// Whether the row was given by hand: a row with it that is added has it added along.
    given: bool,
}

enum State<M> {
    Unloaded,
    Loaded(Option<Shared<M>>),
}

impl<T: ToOne> One<T> {
    /// The row.
    ///
    /// # Errors
    ///
    /// `is_not_loaded()`, naming model.field and what loads it; `is_not_found()` where there must be a row and is none.
    pub fn loaded(&self) -> Result<T::Loaded<'_>> {
        match &self.state {
            State::Loaded(found) => {
                T::given(found.as_ref().and_then(Shared::get), || self.missing())
            }
            State::Unloaded => Err(self.not_loaded()),
        }
    }

    /// The row, taken out, if there is one; it is cloned when another value has it too.
    ///
    /// # Errors
    ///
    /// `is_not_loaded()`, naming model.field and what loads it.
    pub fn into_loaded(self) -> Result<Option<T::Model>>
    where
        T::Model: Clone,
    {
        let error = self.not_loaded();
        match self.state {
            State::Loaded(found) => Ok(found.and_then(Shared::into_inner)),
            State::Unloaded => Err(error),
        }
    }

    /// Whether it is known what is there.
    pub fn is_loaded(&self) -> bool {
        matches!(self.state, State::Loaded(_))
    }

    /// Whether it is not known what is there.
    pub fn is_unloaded(&self) -> bool {
        !self.is_loaded()
    }

    /// Whether a row may have been left out, since it was filtered or comes from a join written by hand.
    pub fn is_partial(&self) -> bool {
        self.partial
    }

    /// Drops the row, so that it is loaded anew.
    pub fn unload(&mut self) {
        self.state = State::Unloaded;
        self.partial = false;
        self.given = false;
    }

    /// The row, loaded by one statement unless it is there; none is sent where the foreign key is `None`. For many rows
    /// [`Query::with`] and [`load`](crate::load) need one statement together.
    ///
    /// # Errors
    ///
    /// As [`One::loaded`]; `is_not_loaded()` where the relationship is `raise`, or the value was made by hand; and as
    /// [`Query::all`].
    #[track_caller]
    pub fn load(&mut self, mut executor: impl Executor) -> Result<T::Loaded<'_>> {
        if self.is_unloaded() || self.partial {
            let query = lazy::ordered(self.info, &self.owner, self.strategy());
            let Some(query) = query else {
                return Err(self.not_loaded());
            };
            let found = match query {
                lazy::Rows::None => None,
                lazy::Rows::Of(select) => {
                    if let Some(info) = self.info {
                        executor.loads_one(info, Location::caller())?;
                    }
                    let query = Query::<T::Model>::of_select(*select);
                    query
                        .one_or_none(executor)?
                        .map(|row| Shared::new(Arc::new(row)))
                }
            };
            self.state = State::Loaded(found);
            self.partial = false;
            self.given = false;
        }
        self.loaded()
    }

    /// A query for the row, to be refined.
    pub fn query(&self) -> Query<T::Model> {
        Query::of_select(lazy::query::<T::Model>(
            self.info,
            &self.owner,
            self.strategy(),
        ))
    }

    fn strategy(&self) -> Strategy {
        let own = self.info.map_or(Strategy::Select, |info| info.lazy);
        self.lazy.unwrap_or(own)
    }

    fn missing(&self) -> Error {
        let subject = self.info.map(RelationInfo::subject);
        missing(&subject.unwrap_or_else(|| std::any::type_name::<Self>().to_owned()))
    }

    fn not_loaded(&self) -> Error {
        not_loaded(self.info, self.strategy(), std::any::type_name::<Self>())
    }
}

fn missing(subject: &str) -> Error {
    Error::not_found(format!(
        "{subject}: there is no row; One<Option<…>> is for a relationship that may have none"
    ))
}

impl<T: ToOne> RelationField for One<T> {
    fn owned(info: &'static RelationInfo, owner: Owner) -> Self {
        Self {
            info: Some(info),
            owner,
            ..Self::default()
        }
    }

    fn own(&mut self, info: &'static RelationInfo, owner: Owner) {
        self.info = Some(info);
        if self.owner != owner {
            if self.owner != Owner::Unknown {
                self.unload();
            }
            self.owner = owner;
        }
    }

    fn fill(&mut self, groups: &dyn Any, group: Option<usize>, partial: bool) {
        let Some(groups) = groups.downcast_ref::<Vec<Option<Arc<T::Model>>>>() else {
            return;
        };
        let row = group.and_then(|group| groups.get(group));
        self.state = State::Loaded(row.and_then(Clone::clone).map(Shared::new));
        self.partial = partial;
        self.given = false;
    }

    fn set_lazy(&mut self, lazy: Strategy) {
        self.lazy = Some(lazy);
    }

    fn unload(&mut self) {
        Self::unload(self);
    }

    fn is_given(&self) -> bool {
        self.given
    }

    fn drafts(&self) -> Vec<Draft> {
        match &self.state {
            State::Loaded(Some(row)) => row.get().map(finished).into_iter().collect(),
            _ => Vec::new(),
        }
    }
}

impl<T: ToOne> RelationType for One<T> {
    type Target = T::Model;
    type Keys = T::Keys;

    const MANY: bool = false;
    const OPTIONAL: bool = T::OPTIONAL;

    fn keys(keys: Vec<Key<T::Model>>, info: &'static RelationInfo) -> Result<T::Keys> {
        T::key(keys.into_iter().next(), || missing(&info.subject()))
    }
}

impl<T: ToOne> Default for One<T> {
    fn default() -> Self {
        Self {
            info: None,
            owner: Owner::Unknown,
            state: State::Unloaded,
            lazy: None,
            partial: false,
            given: false,
        }
    }
}

impl<T: ToOne> One<T> {
    /// A new row that is added along with the row that has it; see [`Session::add`](crate::Session::add).
    pub fn new(row: T::Model) -> Self {
        Self {
            state: State::Loaded(Some(Shared::new(Arc::new(row)))),
            given: true,
            ..Self::default()
        }
    }
}

impl<M> Clone for State<M> {
    fn clone(&self) -> Self {
        match self {
            Self::Unloaded => Self::Unloaded,
            Self::Loaded(row) => Self::Loaded(row.clone()),
        }
    }
}

impl<T: ToOne> Clone for One<T> {
    fn clone(&self) -> Self {
        Self {
            info: self.info,
            owner: self.owner.clone(),
            state: self.state.clone(),
            lazy: self.lazy,
            partial: self.partial,
            given: self.given,
        }
    }
}

impl<T: ToOne> fmt::Debug for One<T>
where
    T::Model: fmt::Debug,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.state {
            State::Loaded(row) => fmt::Debug::fmt(&row.as_ref().and_then(Shared::get), f),
            State::Unloaded => f.write_str("(not loaded)"),
        }
    }
}

/// Two are equal when both are not loaded, or both have the same row, or both none.
impl<T: ToOne> PartialEq for One<T>
where
    T::Model: PartialEq,
{
    fn eq(&self, other: &Self) -> bool {
        match (&self.state, &other.state) {
            (State::Loaded(left), State::Loaded(right)) => {
                left.as_ref().and_then(Shared::get) == right.as_ref().and_then(Shared::get)
            }
            (State::Unloaded, State::Unloaded) => true,
            _ => false,
        }
    }
}

impl<T: ToOne> Eq for One<T> where T::Model: Eq {}

impl<T: ToOne> Serialize for One<T>
where
    T::Model: Serialize,
{
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        match &self.state {
            State::Loaded(Some(row)) => row.get().serialize(serializer),
            _ => serializer.serialize_none(),
        }
    }
}

impl<'de, T: ToOne> Deserialize<'de> for One<T>
where
    T::Model: Deserialize<'de>,
{
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        let row: Option<T::Model> = Option::deserialize(deserializer)?;
        Ok(row.map_or_else(Self::default, Self::new))
    }
}
