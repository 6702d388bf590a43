//! A row that does not exist yet: what a builder collects.

use super::{FieldInfo, IntoColumnValue, Model, ModelInfo};
use crate::relation::RelationInfo;
use crate::session::{Key, PendingKey};
use crate::value::Value;
use crate::{Error, Result};

/// A row that does not exist yet: one input a field.
#[derive(Debug)]
pub struct Draft {
    pub(crate) model: &'static ModelInfo,
    pub(crate) inputs: Vec<Input>,
    /// The rows in the fields of its relationships.
    pub(crate) related: Vec<RelatedDrafts>,
}

/// The rows in the field of a relationship.
#[doc(hidden)]
#[derive(Debug)]
pub struct RelatedDrafts {
    /// The position of the relationship.
    pub relation: usize,
    /// Whether they were given by hand: those that a query loaded are there already.
    pub given: bool,
    /// The rows.
    pub rows: Vec<Draft>,
}

/// What is known of a field of a new row.
#[derive(Debug)]
#[non_exhaustive]
pub enum Input {
    /// Nothing: the default applies, or the database assigns it.
    Missing,
    /// A value that fits the column.
    Value(Value),
    /// Nothing: the database computes it.
    Database,
    /// The clock of the flush.
    Clock,
    /// The key of an object that a session tracks, perhaps without an id yet.
    Pending(PendingKey),
    /// A value that does not fit; the error is given when the row is sent.
    Invalid(Error),
}

impl Draft {
    /// A row about which nothing is known.
    pub fn new(model: &'static ModelInfo) -> Self {
        Self {
            model,
            inputs: model.fields.iter().map(|_| Input::Missing).collect(),
            related: Vec::new(),
        }
    }

    /// What is known of each field, in the order of the model's fields.
    pub fn inputs(&self) -> &[Input] {
        &self.inputs
    }

    /// Sets a field to a value.
    pub fn assign<T>(&mut self, field: &'static FieldInfo, value: impl IntoColumnValue<T>) {
        self.put(field, value.into_column_value());
    }

    fn put(&mut self, field: &'static FieldInfo, value: Result<Value>) {
        let input = match value.and_then(|value| field.check(value)) {
            Ok(value) => Input::Value(value),
            Err(error) => Input::Invalid(error),
        };
        if let Some(slot) = self.inputs.get_mut(field.position()) {
            *slot = input;
        }
    }

    /// Sets a field that references `R` to a value, or to the key of an object that a session tracks.
    pub fn assign_reference<T, R>(
        &mut self,
        field: &'static FieldInfo,
        value: impl AssignReference<T, R>,
    ) {
        value.assign_reference(self, field);
    }

    /// Sets the fields of a foreign key to those of the row that it references.
    pub fn assign_related<R>(
        &mut self,
        relation: &'static RelationInfo,
        value: impl AssignRelated<R>,
    ) {
        let route = (relation.route)();
        let target = (relation.target)();
        for (field, other) in route.local.iter().zip(&route.remote) {
            let (Some(field), Some(other)) =
                (self.model.fields.get(*field), target.fields.get(*other))
            else {
                continue;
            };
            match value.related(other) {
                Ok(value) => self.put(field, Ok(value)),
                Err(Related::Pending(key)) => {
                    if let Some(slot) = self.inputs.get_mut(field.position()) {
                        *slot = Input::Pending(key);
                    }
                }
                Err(Related::Invalid(error)) => self.put(field, Err(error)),
            }
        }
    }

    /// Fills in the defaults of what is missing.
    pub(crate) fn with_defaults(mut self) -> Self {
        for (position, field) in self.model.fields.iter().enumerate() {
            if matches!(self.inputs[position], Input::Missing) {
                self.inputs[position] =
                    field.default_input(self.model.identity && self.model.key == [position]);
            }
        }
        self
    }
}

/// Something that can be put into a column that references the model `R`: a value, or a session's [`Key`] of it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be put into a column of type `{T}` that references `{R}`",
    label = "expected `{T}` or `Key<{R}>`"
)]
pub trait AssignReference<T, R> {
    /// Sets the field.
    fn assign_reference(self, draft: &mut Draft, field: &'static FieldInfo);
}

impl<T, R: Model> AssignReference<T, R> for Key<R> {
    fn assign_reference(self, draft: &mut Draft, field: &'static FieldInfo) {
        if let Some(slot) = draft.inputs.get_mut(field.position()) {
            *slot = Input::Pending(self.untyped());
        }
    }
}

/// A row that a new one can be related to: a session's [`Key`], or a value that a query gave.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a `{R}` that a row can belong to",
    label = "expected `Key<{R}>` or `&{R}`"
)]
pub trait AssignRelated<R> {
    /// The value of a field of the row, or what is known instead.
    #[doc(hidden)]
    #[allow(private_interfaces, reason = "no part of the interface")]
    fn related(&self, field: &'static FieldInfo) -> std::result::Result<Value, Related>;
}

/// What is known of a row instead of its value.
pub(crate) enum Related {
    Pending(PendingKey),
    Invalid(Error),
}

impl<R: Model> AssignRelated<R> for Key<R> {
    #[allow(private_interfaces, reason = "see the trait")]
    fn related(&self, _field: &'static FieldInfo) -> std::result::Result<Value, Related> {
        Err(Related::Pending(self.untyped()))
    }
}

impl<R: Model> AssignRelated<R> for &R {
    #[allow(private_interfaces, reason = "see the trait")]
    fn related(&self, field: &'static FieldInfo) -> std::result::Result<Value, Related> {
        self.value(field.position()).map_err(Related::Invalid)
    }
}

/// A new row: a builder with all that is required, or a finished model.
///
/// The database assigns the key of a finished model whose key it assigns when that key is 0, as in
/// `User { id: 0, .. }`; any other key is kept.
///
/// The derive implements it for each model and its builder. One implementation for all models would make the compiler
/// blame the whole builder for a missing column, instead of naming the column.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a row that can be added",
    label = "not a builder or model"
)]
pub trait NewRow {
    /// The model.
    type Model: Model;

    /// The row.
    fn into_draft(self) -> Draft;
}

/// A finished model as a new row.
#[doc(hidden)]
pub fn finished<M: Model>(model: &M) -> Draft {
    let info = M::info();
    let mut draft = Draft::new(info);
    for (position, input) in draft.inputs.iter_mut().enumerate() {
        if info.fields[position].computed.is_some() {
            continue;
        }
        *input = match model.value(position) {
            Ok(Value::Integer(0)) if info.identity && info.key == [position] => Input::Missing,
            Ok(value) => Input::Value(value),
            Err(error) => Input::Invalid(error),
        };
    }
    draft.related = model.related_drafts();
    draft
}

/// The mark of a required column that a builder has been given. The mark of one that is missing is named after it.
#[derive(Debug, Clone, Copy)]
pub struct Set;
