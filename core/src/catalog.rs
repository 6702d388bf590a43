//! The tables of the models of one database, and what is known from them.

use std::collections::{HashMap, HashSet};

use crate::backend::violation;
use crate::model::ModelInfo;
use crate::schema::{ForeignKey, Table, validate};
use crate::session::Ranks;
use crate::{DatabaseErrorKind, Error, Result, schema};

/// The tables of the models of one database.
#[derive(Debug)]
pub(crate) struct Catalog {
    /// Sorted so that parents come before their children, as far as there are no circles.
    pub(crate) tables: Vec<Table>,
    pub(crate) ranks: Ranks,
    pub(crate) models: Vec<&'static ModelInfo>,
    /// The names of those that were made elsewhere.
    existing: HashSet<String>,
}

/// The tables of those models that live in the main database, or in the one that is bound to a name, parents before their
/// children: what [`Database::tables`](crate::Database::tables) gives, without a database.
///
/// ```
/// # extern crate birgus_core as birgus;
/// use birgus::model::registered_models;
///
/// # fn main() -> birgus::Result<()> {
/// for table in birgus::model_tables(registered_models(), None)? {
///     println!("{}", table.name);
/// }
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// `is_invalid_model()`, as opening the database says.
pub fn model_tables(
    models: impl IntoIterator<Item = &'static ModelInfo>,
    bind: Option<&str>,
) -> Result<Vec<Table>> {
    let own = models.into_iter().filter(|model| model.bind == bind);
    let own: Vec<&'static ModelInfo> = own.collect();
    let catalog = Catalog::new(&own)?;
    crate::relation::validate(&own)?;
    Ok(catalog.tables)
}

impl Catalog {
    pub(crate) fn new(models: &[&'static ModelInfo]) -> Result<Self> {
        let tables = models
            .iter()
            .map(|model| model.to_table())
            .collect::<Result<Vec<_>>>()?;
        // What was made elsewhere may be as only its own engine has it.
        let existing: HashSet<String> = (models.iter())
            .filter(|model| model.existing)
            .map(|model| model.table_name().to_owned())
            .collect();
        let (others, own): (Vec<Table>, Vec<Table>) = tables
            .iter()
            .cloned()
            .partition(|table| existing.contains(&table.name));
        validate(&own)?;
        validate_existing(&others, &own)?;
        let tables = in_dependency_order(tables);
        let ranks = tables
            .iter()
            .enumerate()
            .map(|(rank, table)| (table.name.clone(), rank))
            .collect();
        Ok(Self {
            tables,
            ranks,
            models: models.to_vec(),
            existing,
        })
    }

    /// The tables that are not somebody else's.
    pub(crate) fn managed(&self) -> Vec<Table> {
        let managed = |table: &&Table| !self.existing.contains(&table.name);
        self.tables.iter().filter(managed).cloned().collect()
    }

    /// Adds to the error of a violated constraint what the engine did not say and the models know, so that it reads
    /// the same on every engine: the table and columns of a constraint, or the name of the constraint over columns.
    pub(crate) fn complete(&self, error: Error) -> Error {
        let Some((table, columns, constraint)) = self.violated(&error) else {
            return error;
        };
        let columns: Vec<&str> = columns.iter().map(String::as_str).collect();
        let reworded = match error.database_kind() {
            Some(DatabaseErrorKind::UniqueViolation) => {
                violation::unique_violation(Some(table), &columns, Some(&constraint))
            }
            Some(DatabaseErrorKind::ForeignKeyViolation) => {
                violation::foreign_key_violation(Some(table), &columns, Some(&constraint))
            }
            Some(DatabaseErrorKind::CheckViolation)
                if stands_for_type(table, &columns, &constraint) =>
            {
                return error.reclassified(violation::type_violation(table, columns[0]));
            }
            Some(DatabaseErrorKind::CheckViolation) => {
                violation::check_violation(Some(table), Some(&constraint)).with_columns(columns)
            }
            _ => return error,
        };
        error.reworded(reworded)
    }

    /// Table, columns and name of the constraint that an error is about.
    fn violated(&self, error: &Error) -> Option<(&str, Vec<String>, String)> {
        if let Some(name) = error.constraint() {
            // The check of a type may have one name in two tables; then the error's own table decides.
            let (own, others): (Vec<&Table>, Vec<&Table>) =
                (self.tables.iter()).partition(|table| Some(table.name.as_str()) == error.table());
            return own.into_iter().chain(others).find_map(|table| {
                let columns = constrained_columns(table, name)?;
                Some((table.name.as_str(), columns, name.to_owned()))
            });
        }
        let columns = error.columns();
        let table = self
            .tables
            .iter()
            .find(|table| Some(table.name.as_str()) == error.table())?;
        let name = if table.primary_key == columns {
            table.primary_key_name()
        } else {
            let index = table
                .indexes
                .iter()
                .find(|index| index.unique && index.columns == columns)?;
            index.name.clone()
        };
        Some((&table.name, columns.to_vec(), name))
    }
}

/// Checks tables that exist elsewhere: they are what they are, as long as each has a name of its own.
fn validate_existing(tables: &[Table], own: &[Table]) -> Result<()> {
    let mut names: HashSet<&str> = own.iter().map(|table| table.name.as_str()).collect();
    for table in tables {
        if !names.insert(&table.name) {
            return Err(Error::invalid_model(
                &table.name,
                "two models have this table name",
            ));
        }
    }
    Ok(())
}

/// Whether a check stands in for a type that the engine does not have: others refuse such a value as one of their type.
fn stands_for_type(table: &str, columns: &[&str], constraint: &str) -> bool {
    matches!(columns, [column] if schema::type_check_name(table, column) == constraint)
}

/// The columns of the constraint of that name; none for a check, which may look at any.
fn constrained_columns(table: &Table, name: &str) -> Option<Vec<String>> {
    if let Some(index) = table.indexes.iter().find(|index| index.name == name) {
        return Some(index.columns.clone());
    }
    if let Some(key) = table.foreign_keys.iter().find(|key| key.name == name) {
        return Some(key.columns.clone());
    }
    if table.primary_key_name() == name {
        return Some(table.primary_key.clone());
    }
    if let Some(column) = type_checked_column(table, name) {
        return Some(vec![column]);
    }
    table
        .checks
        .iter()
        .any(|check| check.name == name)
        .then(Vec::new)
}

fn type_checked_column(table: &Table, name: &str) -> Option<String> {
    let column = table.columns.iter().find(|column| {
        schema::type_check_name(&table.name, &column.name) == name
            || schema::enum_check_name(&table.name, &column.name) == name
    })?;
    Some(column.name.clone())
}

/// Sorts tables so that parents come before their children; tables in a circle keep the order of their names.
pub(crate) fn in_dependency_order(mut tables: Vec<Table>) -> Vec<Table> {
    tables.sort_by(|left, right| left.name.cmp(&right.name));
    let mut ordered: Vec<Table> = Vec::with_capacity(tables.len());
    while !tables.is_empty() {
        let free = tables.iter().position(|table| {
            table.foreign_keys.iter().all(|key| {
                key.references_table == table.name
                    || !tables
                        .iter()
                        .any(|other| other.name == key.references_table)
            })
        });
        ordered.push(tables.remove(free.unwrap_or(0)));
    }
    ordered
}

/// The foreign keys that a table can be created with, and those that have to be added later: their parents are not
/// among `made`, or they reference a unique column of the table itself, whose index comes after the table.
pub(crate) fn split_foreign_keys(
    table: &Table,
    made: &HashMap<&str, ()>,
) -> (Vec<ForeignKey>, Vec<ForeignKey>) {
    table.foreign_keys.iter().cloned().partition(|key| {
        if key.references_table == table.name {
            key.references_columns == table.primary_key
        } else {
            made.contains_key(key.references_table.as_str())
        }
    })
}
