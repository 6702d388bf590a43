//! The columns by which a row counts as being there already.

use crate::model::{FieldInfo, Model, ModelInfo};
use crate::query::Column;
use crate::schema::{primary_key_name, unique_name};
use crate::{Error, Result};

/// Columns of the model `M`: one, or a tuple of up to four.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a column of `{M}`, or a tuple of up to four",
    label = "expected the columns of a unique constraint, or of the primary key"
)]
pub trait ConflictTarget<M> {
    /// The fields.
    #[doc(hidden)]
    fn into_fields(self) -> Vec<&'static FieldInfo>;
}

#[diagnostic::do_not_recommend]
impl<M: Model, T> ConflictTarget<M> for Column<M, T> {
    fn into_fields(self) -> Vec<&'static FieldInfo> {
        vec![self.field()]
    }
}

macro_rules! tuples {
    ($(($($name:ident $index:tt),+);)*) => {$(
        #[diagnostic::do_not_recommend]
        impl<M: Model, $($name),+> ConflictTarget<M> for ($(Column<M, $name>,)+) {
            fn into_fields(self) -> Vec<&'static FieldInfo> {
                vec![$(self.$index.field()),+]
            }
        }
    )*};
}

tuples! {
    (A 0);
    (A 0, B 1);
    (A 0, B 1, C 2);
    (A 0, B 1, C 2, D 3);
}

/// A primary key or a unique constraint.
pub(crate) struct Target {
    pub(crate) fields: Vec<&'static FieldInfo>,
    /// The constraint's name.
    pub(crate) constraint: String,
}

impl Target {
    /// The constraint over these fields, in any order.
    pub(super) fn of(model: &'static ModelInfo, fields: &[&'static FieldInfo]) -> Result<Self> {
        let mut positions: Vec<usize> = fields.iter().map(|field| field.position()).collect();
        positions.sort_unstable();
        let known = constraints(model);
        let same = |target: &&Self| {
            let mut own: Vec<usize> = target.fields.iter().map(|field| field.position()).collect();
            own.sort_unstable();
            own == positions
        };
        if let Some(field) = fields.iter().find(|field| field.is_read_back()) {
            return Err(Error::invalid_query(format!(
                "{}: the database gives its value, so that not every engine can look for a row that has it already; name a constraint over columns that the program gives",
                field.subject()
            )));
        }
        let Some(found) = known.iter().position(|target| same(&target)) else {
            return Err(missing(model, fields, &known));
        };
        known
            .into_iter()
            .nth(found)
            .ok_or_else(|| Error::invalid_query("no constraint"))
    }
}

fn constraints(model: &'static ModelInfo) -> Vec<Target> {
    let table = model.table_name();
    let mut all = vec![Target {
        fields: model.key_fields().collect(),
        constraint: primary_key_name(table),
    }];
    for field in model.fields.iter().filter(|field| field.unique) {
        all.push(Target {
            fields: vec![field],
            constraint: unique_name(table, &[field.column]),
        });
    }
    for index in model.indexes.iter().filter(|index| index.unique) {
        let fields: Vec<&'static FieldInfo> = (index.fields.iter())
            .filter_map(|position| model.fields.get(*position))
            .collect();
        let columns: Vec<&str> = fields.iter().map(|field| field.column).collect();
        all.push(Target {
            constraint: index
                .name
                .map_or_else(|| unique_name(table, &columns), str::to_owned),
            fields,
        });
    }
    all
}

fn missing(model: &'static ModelInfo, fields: &[&'static FieldInfo], known: &[Target]) -> Error {
    let list = |fields: &[&'static FieldInfo]| {
        let columns: Vec<&str> = fields.iter().map(|field| field.column).collect();
        columns.join(", ")
    };
    let known: Vec<String> = known
        .iter()
        .map(|target| format!("{} ({})", target.constraint, list(&target.fields)))
        .collect();
    Error::invalid_query(format!(
        "{}: no primary key or unique constraint is over ({}); there are {}",
        model.table_name(),
        list(fields),
        known.join(", ")
    ))
}
