//! The field of a relationship to many.

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

/// The rows on the other side of a relationship to many, as far as they were loaded: the field of a `#[has_many]` or
/// `#[many_to_many]`.
///
/// A query loads it with its rows ([`Query::with`]), and [`Many::load`] for one row. Reading what was not loaded is an
/// error, never an empty list. A clone shares the rows.
///
/// Serialised, it is a list when it is loaded and `null` otherwise; `#[serde(skip_serializing_if = "Many::is_unloaded")]`
/// leaves it out, and `#[serde(default)]` lets it be missing.
///
/// ```
/// # extern crate birgus_core as birgus;
/// use birgus::prelude::*;
///
/// #[derive(Model, Debug)]
/// pub struct User {
///     #[key]
///     pub id: i64,
///     #[has_many(Post, backref = author)]
///     pub posts: Many<Post>,
/// }
///
/// #[derive(Model, Debug)]
/// pub struct Post {
///     #[key]
///     pub id: i64,
///     #[column(references = User::id)]
///     pub author_id: i64,
///     #[belongs_to(author_id)]
///     pub author: One<User>,
/// }
///
/// # fn main() {}
/// fn posts(db: &Database) -> birgus::Result<usize> {
///     let users = User::query().with(User::posts.selectin()).all(db)?; // two statements, however many users
///     let mut number = 0;
///     for user in &users {
///         number += user.posts.loaded()?.len();
///     }
///     Ok(number)
/// }
/// ```
pub struct Many<T> {
    info: Option<&'static RelationInfo>,
    owner: Owner,
    rows: Option<Shared<Vec<T>>>,
    lazy: Option<Strategy>,
    partial: bool,
    /// Whether the rows were given by hand: a row with them that is added has them added along.
    given: bool,
}

impl<T: Send + Sync + 'static> Many<T> {
    /// The rows.
    ///
    /// # Errors
    ///
    /// `is_not_loaded()`, naming model.field and what loads it.
    pub fn loaded(&self) -> Result<&[T]> {
        match self.rows.as_ref().and_then(Shared::get) {
            Some(rows) => Ok(rows),
            None => Err(self.not_loaded()),
        }
    }

    /// The rows, to be changed in place. They are values: no change is stored.
    ///
    /// # Errors
    ///
    /// As [`Many::loaded`].
    pub fn loaded_mut(&mut self) -> Result<&mut Vec<T>>
    where
        T: Clone,
    {
        let error = self.not_loaded();
        self.rows.as_mut().and_then(Shared::make_mut).ok_or(error)
    }

    /// The rows, taken out; they are cloned when another value has them too.
    ///
    /// # Errors
    ///
    /// As [`Many::loaded`].
    pub fn into_loaded(self) -> Result<Vec<T>>
    where
        T: Clone,
    {
        let error = self.not_loaded();
        self.rows.and_then(Shared::into_inner).ok_or(error)
    }

    /// Whether the rows are there.
    pub fn is_loaded(&self) -> bool {
        self.rows.is_some()
    }

    /// Whether the rows are not there.
    pub fn is_unloaded(&self) -> bool {
        self.rows.is_none()
    }

    /// Whether perhaps not all rows are there: they were filtered, limited, or come from a join written by hand.
    pub fn is_partial(&self) -> bool {
        self.partial
    }

    /// Drops the rows, so that they are loaded anew.
    pub fn unload(&mut self) {
        self.rows = None;
        self.partial = false;
        self.given = false;
    }

    fn strategy(&self) -> Strategy {
        let own = self.info.map_or(Strategy::Select, |info| info.lazy);
        self.lazy.unwrap_or(own)
    }

    fn not_loaded(&self) -> Error {
        not_loaded(self.info, self.strategy(), std::any::type_name::<Self>())
    }
}

impl<T: Model> Many<T> {
    /// The rows, loaded by one statement unless they are there; a partial collection is loaded whole. For many rows
    /// [`Query::with`] and [`load`](crate::load) need one statement together.
    ///
    /// # Errors
    ///
    /// `is_not_loaded()` where the relationship is `raise`, or the value was made by hand; and as [`Query::all`].
    #[track_caller]
    pub fn load(&mut self, mut executor: impl Executor) -> Result<&[T]> {
        if self.rows.is_none() || self.partial {
            let query = lazy::ordered(self.info, &self.owner, self.strategy());
            let Some(query) = query else {
                return Err(self.not_loaded());
            };
            let rows = match query {
                lazy::Rows::None => Vec::new(),
                lazy::Rows::Of(select) => {
                    if let Some(info) = self.info {
                        executor.loads_one(info, Location::caller())?;
                    }
                    Query::<T>::of_select(*select).all(executor)?
                }
            };
            self.rows = Some(Shared::new(Arc::new(rows)));
            self.partial = false;
            self.given = false;
        }
        self.loaded()
    }

    /// A query for the rows, to be refined: filtered, ordered, counted, paged, loaded. It has the order of the
    /// relationship, where one is declared.
    ///
    /// ```no_run
    /// # extern crate birgus_core as birgus;
    /// # use birgus::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct User { #[key] pub id: i64, #[has_many(Post, lazy = dynamic)] pub posts: Many<Post> }
    /// # #[derive(Model)]
    /// # pub struct Post { #[key] pub id: i64, pub likes: i32, #[column(references = User::id)] pub author_id: i64 }
    /// # fn main() {}
    /// fn best(user: &User, db: &Database) -> birgus::Result<Vec<Post>> {
    ///     user.posts.query().filter(Post::likes.gt(10)).order_by(Post::likes.desc()).limit(3).all(db)
    /// }
    /// ```
    pub fn query(&self) -> Query<T> {
        Query::of_select(lazy::query::<T>(self.info, &self.owner, self.strategy()))
    }
}

impl<T: Model> RelationField for Many<T> {
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
        let Some(groups) = groups.downcast_ref::<Vec<Arc<Vec<T>>>>() else {
            return;
        };
        let rows = group.and_then(|group| groups.get(group));
        self.rows = Some(Shared::new(rows.map_or_else(Arc::default, Arc::clone)));
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
        let rows = self.rows.iter().filter_map(Shared::get).flatten();
        rows.map(finished).collect()
    }
}

impl<T: Model> RelationType for Many<T> {
    type Target = T;
    type Keys = Vec<Key<T>>;

    const MANY: bool = true;
    const OPTIONAL: bool = true;

    fn keys(keys: Vec<Key<T>>, _info: &'static RelationInfo) -> Result<Vec<Key<T>>> {
        Ok(keys)
    }
}

impl<T> Default for Many<T> {
    fn default() -> Self {
        Self {
            info: None,
            owner: Owner::Unknown,
            rows: None,
            lazy: None,
            partial: false,
            given: false,
        }
    }
}

/// New rows that are added along with the row that has them; see [`Session::add`](crate::Session::add).
impl<T: Send + Sync + 'static> From<Vec<T>> for Many<T> {
    fn from(rows: Vec<T>) -> Self {
        Self {
            rows: Some(Shared::new(Arc::new(rows))),
            given: true,
            ..Self::default()
        }
    }
}

impl<T> Clone for Many<T> {
    fn clone(&self) -> Self {
        Self {
            info: self.info,
            owner: self.owner.clone(),
            rows: self.rows.clone(),
            lazy: self.lazy,
            partial: self.partial,
            given: self.given,
        }
    }
}

impl<T: fmt::Debug + 'static> fmt::Debug for Many<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.rows.as_ref().and_then(Shared::get) {
            Some(rows) => fmt::Debug::fmt(rows, f),
            None => f.write_str("(not loaded)"),
        }
    }
}

/// Two are equal when both are not loaded, or both have the same rows.
impl<T: PartialEq + 'static> PartialEq for Many<T> {
    fn eq(&self, other: &Self) -> bool {
        self.rows.as_ref().and_then(Shared::get) == other.rows.as_ref().and_then(Shared::get)
    }
}

impl<T: Eq + 'static> Eq for Many<T> {}

impl<T: Serialize + 'static> Serialize for Many<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        self.rows
            .as_ref()
            .and_then(Shared::get)
            .serialize(serializer)
    }
}

impl<'de, T: Deserialize<'de> + Send + Sync + 'static> Deserialize<'de> for Many<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        let rows: Option<Vec<T>> = Option::deserialize(deserializer)?;
        Ok(rows.map_or_else(Self::default, Self::from))
    }
}
