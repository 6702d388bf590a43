//! The tables of the models of one database, and what is known from them.

use std::collections::HashMap;

use crate::Error;
use crate::model::ModelInfo;
use crate::schema::{ForeignKey, Table, validate};
use crate::session::Ranks;
use crate::{Result, schema};

/// The tables of the models of one database.
#[derive(Debug)]
pub(crate) struct Catalog {
    /// Sorted so that parents come before their children, as far as there are no circles.
    pub(crate) tables: Vec<Table>,
    pub(crate) ranks: Ranks,
}

impl Catalog {
    pub(crate) fn new(models: &[&'static ModelInfo]) -> Result<Self> {
        let tables = models
            .iter()
            .map(|model| model.to_table())
            .collect::<Result<Vec<_>>>()?;
        validate(&tables)?;
        let tables = in_dependency_order(tables);
        let ranks = tables
            .iter()
            .enumerate()
            .map(|(rank, table)| (table.name.clone(), rank))
            .collect();
        Ok(Self { tables, ranks })
    }

    /// Adds to an error what the engine did not say and the models know: the columns of a constraint, or the name of
    /// the constraint over columns.
    pub(crate) fn complete(&self, error: Error) -> Error {
        if !(error.is_unique_violation()
            || error.is_foreign_key_violation()
            || error.is_check_violation())
        {
            return error;
        }
        if let Some(name) = error.constraint().map(str::to_owned) {
            for table in &self.tables {
                let columns = if let Some(index) =
                    table.indexes.iter().find(|index| index.name == name)
                {
                    index.columns.clone()
                } else if let Some(key) = table.foreign_keys.iter().find(|key| key.name == name) {
                    key.columns.clone()
                } else if table.primary_key_name() == name {
                    table.primary_key.clone()
                } else if let Some(column) = type_checked_column(table, &name) {
                    vec![column]
                } else if table.checks.iter().any(|check| check.name == name) {
                    Vec::new()
                } else {
                    continue;
                };
                let known = !error.columns().is_empty();
                let error = error.with_table(&table.name);
                return if known || columns.is_empty() {
                    error
                } else {
                    error.with_columns(columns)
                };
            }
        } else if let Some(table) = error
            .table()
            .and_then(|name| self.tables.iter().find(|table| table.name == name))
        {
            let columns = error.columns();
            let name = if table.primary_key == columns {
                Some(table.primary_key_name())
            } else {
                table
                    .indexes
                    .iter()
                    .find(|index| index.unique && index.columns == columns)
                    .map(|index| index.name.clone())
            };
            if let Some(name) = name {
                return error.with_constraint(name);
            }
        }
        error
    }
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

/// The foreign keys of a table whose parents are not among `made`: they have to be added later.
pub(crate) fn split_foreign_keys(
    table: &Table,
    made: &HashMap<&str, ()>,
) -> (Vec<ForeignKey>, Vec<ForeignKey>) {
    table.foreign_keys.iter().cloned().partition(|key| {
        key.references_table == table.name || made.contains_key(key.references_table.as_str())
    })
}
