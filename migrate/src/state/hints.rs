//! What models say was called something else before, as decisions of a plan.

use std::collections::BTreeMap;

use birgus_core::model::{Kind, ModelInfo, Rename};
use birgus_core::schema::ColumnType;
use birgus_core::{Error, Result};

use super::definition::{ColumnDefinition, TableDefinition, read_type};
use super::{Decisions, State};

/// Adds the renames that the models tell by `was = "…"` to the decisions.
///
/// A hint counts where the old state has the former name and the models have it no more, and the old state does not have the
/// new name: one that was followed already says nothing. What the decisions say of a name comes first.
///
/// ```
/// # extern crate birgus_core as birgus;
/// use birgus::prelude::*;
/// use birgus_migrate::state::{Decisions, State, hints, plan};
///
/// mod before {
///     # use birgus::prelude::*;
///     #[derive(Model)]
///     pub struct Account {
///         #[key]
///         pub id: i64,
///         pub name: String,
///     }
/// }
///
/// #[derive(Model)]
/// #[model(was = "account")]
/// pub struct User {
///     #[key]
///     pub id: i64,
///     #[column(was = "name")]
///     pub full_name: String,
/// }
///
/// # fn main() -> birgus::Result<()> {
/// let old = State::of(&[before::Account::info().to_table()?])?;
/// let new = State::of(&[User::info().to_table()?])?;
///
/// let mut decisions = Decisions::default();
/// hints(&[User::info()], &old, &mut decisions)?;
/// let plan = plan(&old, &new, &decisions)?;
/// assert!(plan.questions.is_empty());
/// let titles: Vec<String> = plan.operations.iter().map(|operation| operation.title()).collect();
/// assert_eq!(titles, ["rename_table account", "rename_column user.name"]);
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// `is_invalid_model()` when two models say that they were the same table.
pub fn hints(models: &[&'static ModelInfo], old: &State, decisions: &mut Decisions) -> Result<()> {
    let renames: Vec<(&ModelInfo, Rename)> = (models.iter())
        .filter(|model| !model.existing)
        .flat_map(|model| {
            model
                .renames()
                .into_iter()
                .map(move |rename| (*model, rename))
        })
        .collect();
    // From the outside in: where a column was, is known when its table is.
    let mut former: BTreeMap<&str, &str> = BTreeMap::new();
    for (_, rename) in &renames {
        let Rename::Table { was, is } = *rename else {
            continue;
        };
        if let Some(other) = former.insert(was, is) {
            return Err(Error::invalid_model(
                is,
                format!("was = {was:?}, which {other} says too; one table has one new name"),
            ));
        }
        let stays = models.iter().any(|model| model.table_name() == was);
        if !stays && old.table(was).is_some() && old.table(is).is_none() {
            decisions.hint_table(was, is);
        }
    }
    for (model, rename) in &renames {
        let (Rename::Column { field, was }, Some(table)) =
            (rename, decisions.table_before(model.table_name(), old))
        else {
            continue;
        };
        let stays = model.field_of_column(was).is_some();
        if !stays && table.column(was).is_some() && table.column(field.column).is_none() {
            decisions.hint_column(model.table_name(), was, field.column);
        }
    }
    for (model, rename) in &renames {
        let (Rename::Text { field, was, is }, Some(table)) =
            (rename, decisions.table_before(model.table_name(), old))
        else {
            continue;
        };
        let column = decisions.column_before(model.table_name(), field.column, table);
        let Some(ColumnType::Enum { values }) =
            column.and_then(|column| read_type(&column.column_type))
        else {
            continue;
        };
        let has = |text: &str| values.iter().any(|known| known == text);
        let stays = matches!(field.kind, Kind::Enum(texts) if texts.contains(was));
        if !stays && has(was) && !has(is) {
            decisions.hint_text(model.table_name(), field.column, was, is);
        }
    }
    Ok(())
}

impl Decisions {
    fn hint_table(&mut self, was: &str, is: &str) {
        let decided = self.dropped.contains(was)
            || (self.renamed_tables.iter()).any(|(old, new)| old == was || new == is);
        if !decided {
            self.renamed_tables.insert(was.to_owned(), is.to_owned());
        }
    }

    fn hint_column(&mut self, table: &str, was: &str, is: &str) {
        let of_table = (self.renamed_columns.iter()).filter(|((of, _), _)| of == table);
        let decided = self.dropped.contains(&format!("{table}.{was}"))
            || of_table
                .into_iter()
                .any(|((_, old), new)| old == was || new == is);
        if !decided {
            let key = (table.to_owned(), was.to_owned());
            self.renamed_columns.insert(key, is.to_owned());
        }
    }

    fn hint_text(&mut self, table: &str, column: &str, was: &str, is: &str) {
        let of_column =
            (self.renamed_values.iter()).filter(|((of, name, _), _)| of == table && name == column);
        let decided = self.dropped.contains(&format!("{table}.{column}.{was}"))
            || of_column
                .into_iter()
                .any(|((_, _, old), new)| old == was || new == is);
        if !decided {
            let key = (table.to_owned(), column.to_owned(), was.to_owned());
            self.renamed_values.insert(key, is.to_owned());
        }
    }

    /// What a table was, by its name now.
    fn table_before<'a>(&self, table: &str, old: &'a State) -> Option<&'a TableDefinition> {
        let mut renamed = self.renamed_tables.iter();
        match renamed.find(|(_, new)| *new == table) {
            Some((name, _)) => old.table(name),
            None if self.renamed_tables.contains_key(table) => None,
            None => old.table(table),
        }
    }

    /// What a column was, by its name now and that of its table.
    fn column_before<'a>(
        &self,
        table: &str,
        column: &str,
        before: &'a TableDefinition,
    ) -> Option<&'a ColumnDefinition> {
        let mut renamed = self.renamed_columns.iter();
        match renamed.find(|((of, _), new)| of == table && *new == column) {
            Some(((_, name), _)) => before.column(name),
            None if self
                .renamed_columns
                .contains_key(&(table.to_owned(), column.to_owned())) =>
            {
                None
            }
            None => before.column(column),
        }
    }
}
