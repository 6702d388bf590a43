//! Where the tables of a revision's middle come from: what a database calls them before it begins.

use std::collections::{BTreeMap, BTreeSet};

use crate::state::{Operation, State};

/// Where a column's values are before the revision begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// In the column of that name.
    Stored(String),
    /// It is new, and NULL in every row.
    Null,
    /// Nowhere: the revision sets them.
    Unknown,
}

/// A table that was there.
#[derive(Clone, Debug)]
pub(super) struct TableOrigin {
    pub(super) name: String,
    columns: BTreeMap<String, Origin>,
    /// The columns that the revision has not made, by the names that they have now.
    there: BTreeSet<String>,
}

impl TableOrigin {
    pub(super) fn column(&self, name: &str) -> Origin {
        self.columns.get(name).cloned().unwrap_or(Origin::Unknown)
    }
}

/// The tables at one place of a revision, by the names that they have there.
#[derive(Clone, Debug)]
pub(super) struct Origins {
    tables: BTreeMap<String, TableOrigin>,
    /// Whether something ran of which nobody knows what it did to the rows.
    pub(super) is_unsure: bool,
}

impl Origins {
    pub(super) fn new(state: &State) -> Self {
        let tables = state.tables().iter().map(|table| {
            let columns = table.columns.iter();
            let origin = TableOrigin {
                name: table.name.clone(),
                there: columns.clone().map(|column| column.name.clone()).collect(),
                columns: columns
                    .map(|column| (column.name.clone(), Origin::Stored(column.name.clone())))
                    .collect(),
            };
            (table.name.clone(), origin)
        });
        Self {
            tables: tables.collect(),
            is_unsure: false,
        }
    }

    /// Whether the revision has made the table.
    pub(super) fn is_new(&self, table: &str) -> bool {
        !self.tables.contains_key(table)
    }

    pub(super) fn table(&self, name: &str) -> Option<&TableOrigin> {
        self.tables.get(name)
    }

    /// Whether the table was there, and the column in it, perhaps under other names or with other values.
    pub(super) fn was_there(&self, table: &str, column: &str) -> bool {
        self.tables
            .get(table)
            .is_some_and(|table| table.there.contains(column))
    }

    /// Goes past an operation.
    pub(super) fn follow(&mut self, operation: &Operation) {
        match operation {
            Operation::DropTable { table } => {
                self.tables.remove(table);
            }
            Operation::RenameTable { table, to } => {
                if let Some(origin) = self.tables.remove(table) {
                    self.tables.insert(to.clone(), origin);
                }
            }
            Operation::AddColumn {
                table,
                column,
                backfill,
            } => {
                let is_null = column.nullable
                    && backfill.is_none()
                    && column.default.is_none()
                    && column.computed.is_none();
                let origin = if is_null {
                    Origin::Null
                } else {
                    Origin::Unknown
                };
                self.set(table, &column.name, origin);
            }
            Operation::DropColumn { table, column } => {
                if let Some(table) = self.tables.get_mut(table) {
                    table.columns.remove(column);
                    table.there.remove(column);
                }
            }
            Operation::RenameColumn { table, column, to } => {
                if let Some(table) = self.tables.get_mut(table)
                    && let Some(origin) = table.columns.remove(column)
                {
                    table.columns.insert(to.clone(), origin);
                    if table.there.remove(column) {
                        table.there.insert(to.clone());
                    }
                }
            }
            Operation::AlterColumn {
                table,
                column,
                using,
                backfill,
            } if using.is_some() || backfill.is_some() || column.computed.is_some() => {
                self.set(table, &column.name, Origin::Unknown);
            }
            Operation::RenameEnumValue { table, column, .. } => {
                self.set(table, column, Origin::Unknown);
            }
            Operation::Backfill { table, set, .. } => {
                for column in set.keys() {
                    self.set(table, column, Origin::Unknown);
                }
            }
            Operation::Sql { .. } | Operation::Code { .. } => self.is_unsure = true,
            _ => {}
        }
    }

    fn set(&mut self, table: &str, column: &str, origin: Origin) {
        if let Some(table) = self.tables.get_mut(table) {
            table.columns.insert(column.to_owned(), origin);
        }
    }
}
