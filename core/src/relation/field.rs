//! What the fields of relationships have in common.

use std::any::Any;

use super::{Owner, RelationInfo, Strategy};
use crate::model::{Draft, Model};
use crate::session::Key;
use crate::{Error, Result};

/// The field of a relationship, behind one type: what fills it need not know what it holds.
#[doc(hidden)]
pub trait RelationField {
    /// The field of a row that was read: nothing is loaded yet.
    fn owned(info: &'static RelationInfo, owner: Owner) -> Self
    where
        Self: Sized;

    /// Says to which row the field belongs. Where that was another one, what was loaded for it is dropped.
    fn own(&mut self, info: &'static RelationInfo, owner: Owner);

    /// Takes one of the groups of rows that `Many` and `One` make in [`Groups`]; `None` is the empty one.
    fn fill(&mut self, groups: &dyn Any, group: Option<usize>, partial: bool);

    /// Says how the field is loaded, instead of how its relationship is.
    fn set_lazy(&mut self, lazy: Strategy);

    /// Drops what was loaded.
    fn unload(&mut self);

    /// Whether the rows were given by hand, not loaded.
    fn is_given(&self) -> bool;

    /// The rows as they would be added.
    fn drafts(&self) -> Vec<Draft>;
}

/// The type of a relationship's field: [`Many`](super::Many) or [`One`](super::One).
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not the type of a relationship",
    label = "expected `Many<…>`, `One<…>` or `One<Option<…>>`"
)]
pub trait RelationType: RelationField + 'static {
    /// The model on the other side.
    type Target: Model;

    /// What a session gives for it: keys, a key, or perhaps a key.
    type Keys;

    /// Whether there may be several rows.
    const MANY: bool;

    /// Whether there may be none, where there are not several.
    const OPTIONAL: bool;

    /// The keys in the form that the field has.
    ///
    /// # Errors
    ///
    /// `is_not_found()` when there must be one and is none.
    #[doc(hidden)]
    fn keys(keys: Vec<Key<Self::Target>>, info: &'static RelationInfo) -> Result<Self::Keys>;
}

/// The error for a relation that is asked for and was not loaded.
pub(crate) fn not_loaded(
    info: Option<&'static RelationInfo>,
    lazy: Strategy,
    type_name: &str,
) -> Error {
    let Some(info) = info else {
        return Error::not_loaded(
            type_name,
            "it was made by hand, and belongs to no row; query the row",
        );
    };
    let relation = format!("{}::{}", info.model.name, info.field);
    let remedy = if lazy == Strategy::Raise {
        format!("it is lazy = raise; load it with the row: .with({relation}.selectin())")
    } else {
        format!(
            "load it with the row: .with({relation}.selectin()), or by itself: .{}.load(&mut session)",
            info.field
        )
    };
    Error::not_loaded(info.subject(), remedy)
}
