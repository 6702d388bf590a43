//! Columns that a query may leave out.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{ColumnValue, FieldInfo, column_index};
use crate::backend::Row;
use crate::value::Value;
use crate::{Error, Result};

/// A column that a query may leave out: its value, or nothing when it was not read.
///
/// Only a field of this type can be left out, by [`Query::defer`](crate::Query::defer) and
/// [`Query::load_only`](crate::Query::load_only); every other field of a model always holds what its row holds. With
/// `#[column(deferred)]` it is left out unless a query says [`Query::undefer`](crate::Query::undefer).
///
/// The column is an ordinary one of type `T`: conditions, orders, assignments and the builder take a `T`. A column that may
/// be NULL is a `Deferred<Option<T>>`, so that NULL and what was not read are two things.
///
/// ```
/// # extern crate birgus_core as birgus;
/// use birgus::prelude::*;
///
/// #[derive(Model)]
/// pub struct User {
///     #[key]
///     pub id: i64,
///     pub username: String,
///     #[column(deferred)]
///     pub bio: Deferred<Option<String>>,
/// }
///
/// fn biography(id: i64, db: &Database) -> birgus::Result<Option<String>> {
///     let users = User::query().all(db)?; // `bio` is not read
///     assert!(users.iter().all(|user| user.bio.loaded().is_err()));
///
///     // With the row, or alone: a value does not know its row, so that it can't be asked for the column later.
///     let user = User::query().undefer(User::bio).get(id, db)?;
///     let alone = User::query().by_key(id).pluck(User::bio, db)?;
///     # let _ = alone;
///     user.map_or(Ok(None), |user| user.bio.into_loaded())
/// }
/// # fn main() {}
/// ```
///
/// serde writes the value, or null when there is none; `#[serde(skip_serializing_if = "Deferred::is_deferred", default)]`
/// leaves such a field out. A null is read as "not loaded", also where the column may be NULL: what was not read is never
/// taken for NULL and stored so.
pub struct Deferred<T> {
    value: Option<T>,
    /// The field that it was read for, so that an error can name it.
    field: Option<&'static FieldInfo>,
}

/// Whether a query may leave a column out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Deferral {
    /// It is always read.
    #[default]
    Never,
    /// A query may leave it out: the field is a [`Deferred`].
    Possible,
    /// It is left out unless a query says otherwise: `#[column(deferred)]`.
    ByDefault,
}

impl<T> Deferred<T> {
    /// The value.
    ///
    /// # Errors
    ///
    /// `is_not_loaded()` when the query left the column out.
    pub fn loaded(&self) -> Result<&T> {
        self.value.as_ref().ok_or_else(|| self.missing())
    }

    /// Gives the value away.
    ///
    /// # Errors
    ///
    /// As [`Deferred::loaded`].
    pub fn into_loaded(self) -> Result<T> {
        let Self { value, field } = self;
        value.ok_or_else(|| Self { value: None, field }.missing())
    }

    /// Whether there is a value.
    pub fn is_loaded(&self) -> bool {
        self.value.is_some()
    }

    /// Whether there is none: for `#[serde(skip_serializing_if = "Deferred::is_deferred")]`.
    pub fn is_deferred(&self) -> bool {
        self.value.is_none()
    }

    /// Puts a value in; a session sends it with its next flush.
    pub fn set(&mut self, value: T) {
        self.value = Some(value);
    }

    fn missing(&self) -> Error {
        match self.field {
            Some(field) => Error::not_loaded(format_args!("{field:?}"), remedy(field)),
            None => Error::not_loaded("a Deferred field", "no query read it, and nothing was set"),
        }
    }
}

/// How the field comes to have a value.
fn remedy(field: &FieldInfo) -> String {
    let (model, field) = (field.model.name, field.field);
    format!("load it by .undefer({model}::{field}) or load_only")
}

impl<T> Default for Deferred<T> {
    /// Not loaded.
    fn default() -> Self {
        Self {
            value: None,
            field: None,
        }
    }
}

impl<T> From<T> for Deferred<T> {
    fn from(value: T) -> Self {
        Self {
            value: Some(value),
            field: None,
        }
    }
}

impl<T: Clone> Clone for Deferred<T> {
    fn clone(&self) -> Self {
        Self {
            value: self.value.clone(),
            field: self.field,
        }
    }
}

impl<T: fmt::Debug> fmt::Debug for Deferred<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.value {
            Some(value) => f.debug_tuple("Deferred").field(value).finish(),
            None => f.write_str("Deferred(not loaded)"),
        }
    }
}

/// Two that are not loaded are equal.
impl<T: PartialEq> PartialEq for Deferred<T> {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}

impl<T: Eq> Eq for Deferred<T> {}

impl<T: Serialize> Serialize for Deferred<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        match &self.value {
            Some(value) => value.serialize(serializer),
            None => serializer.serialize_none(),
        }
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Deferred<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        Ok(Self {
            value: Option::deserialize(deserializer)?,
            field: None,
        })
    }
}

/// Reads a field of a model that a query may have left out.
///
/// # Errors
///
/// As [`ColumnValue::read`].
#[doc(hidden)]
pub fn read_deferred<T: ColumnValue>(
    row: &dyn Row,
    index: usize,
    scale: u8,
    field: &'static FieldInfo,
) -> Result<Deferred<T>> {
    let value = if row.is_left_out(index) {
        None
    } else {
        Some(T::read(row, index, scale)?)
    };
    Ok(Deferred {
        value,
        field: Some(field),
    })
}

/// The same by the column's name; a row without it has left it out.
///
/// # Errors
///
/// As [`ColumnValue::read`].
#[doc(hidden)]
pub fn read_deferred_named<T: ColumnValue>(
    row: &dyn Row,
    scale: u8,
    field: &'static FieldInfo,
) -> Result<Deferred<T>> {
    match column_index(row, field.column) {
        Ok(index) => read_deferred(row, index, scale, field),
        Err(_) => Ok(Deferred {
            value: None,
            field: Some(field),
        }),
    }
}

/// The value of a field as it is bound, for a row that is going to be stored.
///
/// # Errors
///
/// `is_not_loaded()`, and as [`ColumnValue::to_value`].
#[doc(hidden)]
pub fn deferred_value<T: ColumnValue>(
    deferred: &Deferred<T>,
    field: &'static FieldInfo,
) -> Result<Value> {
    match &deferred.value {
        Some(value) => value.to_value(),
        None => Err(Error::not_loaded(
            format_args!("{field:?}"),
            format_args!(
                "to be stored it needs a value: set one, or {}",
                remedy(field)
            ),
        )),
    }
}
