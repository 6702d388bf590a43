//! What derived code calls, so that it stays small. Not for use by hand.

use super::info::DEFAULT_SCALE;
use super::{Decode, FieldInfo, Model, ModelInfo, decode};
use crate::backend::Row;
use crate::query::{Column, Node, SetOperand, Typing};
use crate::value::Value;
use crate::{Error, Result};

pub use super::decode::column_index;
pub use super::deferred::{deferred_value, read_deferred, read_deferred_named};
pub use super::draft::finished;
pub use super::hooks::run_hook;
pub use crate::relation::new_level;
pub use crate::relation::reference::{
    NoRelation, any_key_column, belongs_to, foreign_key_of, is_foreign_key, is_pair, key_column,
    name_each_other, only_foreign_key, other_side, target,
};
pub use crate::session::new_store;

/// The scale of a decimal that has no other.
pub const SCALE: u8 = DEFAULT_SCALE;

/// Reads a column by name.
///
/// # Errors
///
/// `is_decode()`
pub fn read_named<T: Decode>(row: &dyn Row, name: &str, scale: u8) -> Result<T> {
    super::decode_field(row, decode::column_index(row, name)?, scale)
}

/// A model is asked for a field that it does not have.
pub fn no_such_field(model: &ModelInfo, position: usize) -> Error {
    Error::invalid_query(format!("{} has no field {position}", model.name))
}

/// The value of a field when it is a whole number.
pub fn integer_value<M: Model>(model: &M, field: usize) -> Option<i64> {
    match model.value(field) {
        Ok(Value::Integer(number)) => Some(number),
        _ => None,
    }
}

/// A text that no variant of an enum has.
pub fn unknown_variant(row: &dyn Row, index: usize, name: &str, known: &[&str]) -> Error {
    Error::decode(format!(
        "{}: a text that is no {name}; it has {}",
        decode::Name(row, index),
        known.join(", ")
    ))
}

/// What the database computes for a column: a value, or an expression that fits it.
pub fn column_expression<M, T>(column: Column<M, T>, value: impl SetOperand<T>) -> Node {
    value.into_set(Typing::stored(column.field()))
}

/// A field may reference a column: they have one type, apart from an `Option` around the field's.
#[diagnostic::on_unimplemented(
    message = "a field of type `{Self}` can't reference a column of `{M}` whose type is `{T}`",
    label = "expected `{T}`, or an `Option` of it"
)]
pub trait References<M, T> {}

impl<M: Model, T> References<M, T> for T {}
impl<M: Model, T> References<M, T> for Option<T> {}

/// A column that a field references.
pub struct Referenced<M, T>(Column<M, T>);

/// Begins a reference. The column's type must be known before the field's is compared with it, or the compiler would
/// blame the column.
pub fn referenced<M, T>(column: Column<M, T>) -> Referenced<M, T> {
    Referenced(column)
}

impl<M, T> Referenced<M, T> {
    /// Refuses to compile unless a field of type `F` may reference the column.
    pub fn by<F: References<M, T>>(self) -> &'static FieldInfo {
        self.0.field()
    }
}
