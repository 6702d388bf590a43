//! Models: Rust structs that are rows.

mod decode;
mod deferred;
mod draft;
#[doc(hidden)]
pub mod glue;
mod hooks;
mod info;
mod key;
mod kinds;
mod rename;
mod value;

#[doc(hidden)]
pub use decode::column_index;
pub use decode::{Decode, FromRow, Name, ValuesRow};
pub use deferred::{Deferral, Deferred};
#[doc(hidden)]
pub use draft::RelatedDrafts;
pub(crate) use draft::finished;
pub use draft::{AssignReference, AssignRelated, Draft, Input, NewRow, Set};
#[doc(hidden)]
pub use hooks::{Hook, run_hook};
pub use hooks::{Hooks, Problem, Problems};
pub(crate) use info::normalize;
pub use info::registered_models;
pub use info::{
    Cascade, CheckInfo, FieldDefault, FieldInfo, ForeignKeyInfo, IndexInfo, ModelInfo,
    ModelRegistration, Reference,
};
pub use key::PrimaryKey;
pub use kinds::Json;
#[doc(hidden)]
pub use kinds::decode_field;
pub use rename::Rename;
pub use value::{ColumnValue, IntoColumnValue, Kind};

use crate::backend::Row;
use crate::relation::RelationField;
use crate::value::Value;
use crate::{Result, query};

/// A struct that is a row of a table. Derive it: `#[derive(Model)]`.
///
/// The derived code is a static description ([`Model::info`]) and a little glue; everything that runs queries works
/// on the description, not on the type.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a model",
    label = "not a model",
    note = "add `#[derive(Model)]` to the struct"
)]
pub trait Model: Sized + Send + Sync + 'static {
    /// The primary key: the key field's type, or a tuple of them in the order of the fields.
    type Key: PrimaryKey;

    /// The description of the model.
    fn info() -> &'static ModelInfo;

    /// Reads a row whose columns, from `start` on, are the model's in their order.
    ///
    /// # Errors
    ///
    /// `is_decode()` when a column holds something else.
    fn decode(row: &dyn Row, start: usize) -> Result<Self>;

    /// The value of a field, checked to fit its column.
    ///
    /// # Errors
    ///
    /// `is_invalid_value()`
    fn value(&self, field: usize) -> Result<Value>;

    /// The value of a field when it is a whole number: what relationships mostly go by.
    #[doc(hidden)]
    fn integer(&self, field: usize) -> Option<i64> {
        glue::integer_value(self, field)
    }

    /// Sets a field from a column of a row.
    ///
    /// # Errors
    ///
    /// `is_decode()`
    fn set(&mut self, field: usize, row: &dyn Row, index: usize) -> Result<()>;

    /// The primary key.
    fn key(&self) -> Self::Key;

    /// The field of a relationship, by its position among them.
    #[doc(hidden)]
    fn relation(&mut self, index: usize) -> Option<&mut dyn RelationField> {
        let _ = index;
        None
    }

    /// The rows in the fields of relationships.
    #[doc(hidden)]
    fn related_drafts(&self) -> Vec<RelatedDrafts> {
        Vec::new()
    }

    /// Says to the fields of relationships which row they belong to by now; those that belonged to another one drop what
    /// they have.
    #[doc(hidden)]
    fn own_relations(&mut self) {}

    /// Whether the model has [`Hooks`].
    #[doc(hidden)]
    const HOOKS: bool = false;

    /// Runs a hook of the model, if it has any.
    #[doc(hidden)]
    fn run_hook(&mut self, hook: Hook<'_>) -> Result<()> {
        let _ = hook;
        Ok(())
    }

    /// A query for all rows, to be refined.
    fn query() -> query::Query<Self> {
        query::Query::new()
    }

    /// The table under another name, so that a query can use it twice.
    fn alias(name: &'static str) -> query::Alias<Self> {
        query::Alias::new(name)
    }

    /// An INSERT of one row; it gives the row's key.
    fn insert(row: impl NewRow<Model = Self>) -> query::Insert<Self> {
        query::Insert::new([row])
    }

    /// An INSERT of many rows in few statements; it gives their keys, in order.
    fn insert_many<R: NewRow<Model = Self>>(
        rows: impl IntoIterator<Item = R>,
    ) -> query::InsertMany<Self> {
        query::InsertMany::new(rows)
    }
}
