//! What the compiler checks of a relationship: that there is a foreign key, and that both sides belong together.

use super::{ForeignKeyFields, Relation, RelationInfo, RelationType};
use crate::model::{Model, ModelInfo};
use crate::query::Column;

/// A model with a foreign key that references the model `P`. The derive implements it for each foreign key, which `K`
/// tells apart; where a model has several to the same one, a relationship names the column: `by = author_id`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no foreign key that references `{P}`",
    label = "no foreign key to `{P}`",
    note = "a relationship goes by a foreign key: give a field of `{Self}` #[column(references = …)]"
)]
pub trait ForeignKeyTo<P, K> {
    /// The foreign key.
    fn foreign_key() -> ForeignKeyFields;
}

/// The foreign key of `C` that references `P`, when it is the only one.
pub fn only_foreign_key<C: ForeignKeyTo<P, K>, P, K>() -> ForeignKeyFields {
    C::foreign_key()
}

/// The foreign key of some columns.
///
/// Where they are none, the fields are empty, which opening the models refuses.
pub fn foreign_key_of(columns: &[&'static crate::model::FieldInfo]) -> ForeignKeyFields {
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

/// The type of a column that a relationship goes by must be that of the key on the other side.
#[diagnostic::on_unimplemented(
    message = "a relationship can't go by a column of type `{Self}`: the key on the other side is a `{T}`",
    label = "expected `{T}`, or an `Option` of it"
)]
pub trait KeyColumn<T> {}

impl<T> KeyColumn<T> for T {}
impl<T> KeyColumn<T> for Option<T> {}

/// Refuses to compile unless a column of `M` can hold the key of `P`, which is one column.
pub fn key_column<M, P: Model, T: KeyColumn<P::Key>>(
    column: Column<M, T>,
) -> &'static crate::model::FieldInfo {
    column.field()
}

/// The column, of a foreign key with several.
pub fn any_key_column<M, T>(column: Column<M, T>) -> &'static crate::model::FieldInfo {
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
    message = "the `backref` does not lead back to `{M}`: it is a `{Self}`",
    label = "not a relationship with `{M}`"
)]
pub trait LeadsBack<M> {}

impl<F: RelationType<Target = M>, M: Model> LeadsBack<M> for F {}

/// Refuses to compile unless a relationship of `T` leads back to `M`.
pub const fn backref<M, T, F: LeadsBack<M>>(relation: Relation<T, F>) -> &'static RelationInfo {
    relation.info()
}

/// Refuses to compile unless the type of a field is that of its relationship.
pub fn target<F: RelationType<Target = T>, T: Model>() -> &'static ModelInfo {
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
