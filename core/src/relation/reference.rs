//! What the compiler checks of a relationship: that there is a foreign key, and that both sides belong together.

use super::{ForeignKeyFields, Relation, RelationInfo};
use crate::model::{FieldInfo, Model, ModelInfo};
use crate::query::Column;

/// A model with a foreign key that references the model `P`. The derive implements it for each foreign key, which `K`
/// tells apart; where a model has several to the same one, a relationship names the column: `by = author_id`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no foreign key that references `{P}`",
    label = "no foreign key to `{P}`",
    note = "a relationship goes by a foreign key: give a field of `{Self}` #[column(references = {P}::…)]"
)]
pub trait ForeignKeyTo<P, K> {
    /// Whether it is the only one to that model.
    const ONLY: bool;

    /// The foreign key; of several one of them.
    fn foreign_key() -> ForeignKeyFields;
}

/// The foreign key of `C` that references `P`, when it is the only one.
pub const fn only_foreign_key<C: ForeignKeyTo<P, K>, P, K>() -> Option<fn() -> ForeignKeyFields> {
    if C::ONLY { Some(C::foreign_key) } else { None }
}

/// The foreign key of some columns.
///
/// Where they are none, the fields are empty, which opening the models refuses.
pub fn foreign_key_of(columns: &[&'static FieldInfo]) -> ForeignKeyFields {
    let Some(model) = columns.first().map(|column| column.model) else {
        return ForeignKeyFields::default();
    };
    let fields: Vec<usize> = columns.iter().map(|column| column.position()).collect();
    (crate::session::references(model).into_iter())
        .find(|reference| reference.fields == fields)
        .map(|reference| ForeignKeyFields {
            fields: reference.fields,
            references: reference.target_fields,
        })
        .unwrap_or_default()
}

/// The type of a column of `M` by which a relationship goes must be that of the key of `P`, on the other side.
#[diagnostic::on_unimplemented(
    message = "a column of `{M}` of type `{Self}` can't reference `{P}`, whose key is of type `{T}`",
    label = "expected a foreign key to `{P}`: a column of type `{T}`, or an `Option` of it"
)]
pub trait KeyColumn<M, P, T> {}

impl<M, P, T> KeyColumn<M, P, T> for T {}
impl<M, P, T> KeyColumn<M, P, T> for Option<T> {}

/// Refuses to compile unless a column of `M` can hold the key of `P`, which is one column.
pub const fn key_column<M, P: Model, T: KeyColumn<M, P, P::Key>>(
    column: Column<M, T>,
) -> &'static FieldInfo {
    column.field()
}

/// Whether a column can be a foreign key by itself; where its model has foreign keys of several columns, opening it tells.
/// Called when the program is compiled.
pub const fn is_foreign_key(column: &FieldInfo) -> bool {
    column.references.is_some() || !column.model.foreign_keys.is_empty()
}

/// The column, of a foreign key with several.
pub fn any_key_column<M, T>(column: Column<M, T>) -> &'static FieldInfo {
    column.field()
}

/// The type of a field that a foreign key gives: `One<User>` for `references = User::…`.
#[diagnostic::on_unimplemented(
    message = "the foreign key references `{M}`, and the field is a `{Self}`",
    label = "expected `One<{M}>`, or `One<Option<{M}>>` when the column is an `Option`"
)]
pub trait BelongsTo<M> {}

impl<M: Model> BelongsTo<M> for super::One<M> {}
impl<M: Model> BelongsTo<M> for super::One<Option<M>> {}

/// The other side of a relationship: its field leads back to `M`.
#[diagnostic::on_unimplemented(
    message = "a `backref` leads back to `{M}`, and this one is a `{Self}`",
    label = "not a relationship with `{M}`"
)]
pub trait LeadsBack<M> {
    /// Whether there is no such field.
    const MISSING: bool = false;
}

impl<M: Model> LeadsBack<M> for super::Many<M> {}
impl<M: Model> LeadsBack<M> for super::One<M> {}
impl<M: Model> LeadsBack<M> for super::One<Option<M>> {}

/// What a relationship leads back by whose other side was not declared.
#[derive(Debug)]
pub struct NoRelation;

impl<M> LeadsBack<M> for NoRelation {
    const MISSING: bool = true;
}

/// A relationship of `T` that leads back, and whether it is none; refuses to compile unless it leads to `M`. Called when the
/// program is compiled.
pub const fn other_side<M, T, F: LeadsBack<M>>(
    relation: Relation<T, F>,
) -> (&'static RelationInfo, bool) {
    (relation.info(), F::MISSING)
}

/// The type of the field of a relationship with `M`.
#[diagnostic::on_unimplemented(
    message = "the relationship leads to `{M}`, and its field is a `{Self}`",
    label = "expected `Many<{M}>`, `One<{M}>` or `One<Option<{M}>>`"
)]
pub trait LeadsTo<M> {}

impl<M: Model> LeadsTo<M> for super::Many<M> {}
impl<M: Model> LeadsTo<M> for super::One<M> {}
impl<M: Model> LeadsTo<M> for super::One<Option<M>> {}

/// Refuses to compile unless the type of a field is that of its relationship.
pub fn target<F: LeadsTo<T>, T: Model>() -> &'static ModelInfo {
    T::info()
}

/// Refuses to compile unless the type of a field is that of a foreign key which references `T`.
pub fn belongs_to<F: BelongsTo<T>, T: Model>() -> &'static ModelInfo {
    T::info()
}

/// Whether two relationships name each other, as far as they name anything. Called when the program is compiled.
pub const fn name_each_other(own: &str, other: &RelationInfo) -> bool {
    match other.backref {
        Some(named) => same(own, named.field),
        None => true,
    }
}

/// Whether a relationship and the one that leads back are a pair: many-to-many with its like, the others with the foreign
/// key on one of the sides. Called when the program is compiled.
pub const fn is_pair(own: super::RelationKind, other: &RelationInfo) -> bool {
    use super::RelationKind::{BelongsTo, ManyToMany};

    match own {
        ManyToMany => matches!(other.kind, ManyToMany),
        BelongsTo => !matches!(other.kind, ManyToMany | BelongsTo),
        _ => matches!(other.kind, BelongsTo),
    }
}

const fn same(left: &str, right: &str) -> bool {
    let (left, right) = (left.as_bytes(), right.as_bytes());
    if left.len() != right.len() {
        return false;
    }
    let mut at = 0;
    while at < left.len() {
        if left[at] != right[at] {
            return false;
        }
        at += 1;
    }
    true
}
