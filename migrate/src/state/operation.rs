//! The operations of a revision: what changes, in terms that every engine can carry out.

use birgus_core::{Error, Result};
use serde::{Deserialize, Serialize};

use super::definition::{
    CheckDefinition, ColumnDefinition, ForeignKeyDefinition, IndexDefinition, TableDefinition,
};
use super::{State, expression};

/// One change of the schema.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "operation", rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum Operation {
    /// Makes a table, with all that belongs to it.
    CreateTable {
        /// The table.
        table: TableDefinition,
    },
    /// Drops a table, with its rows.
    DropTable {
        /// The table.
        table: String,
    },
    /// Gives a table another name; foreign keys follow.
    RenameTable {
        /// The table.
        table: String,
        /// The new name.
        to: String,
    },
    /// Adds a column.
    AddColumn {
        /// The table.
        table: String,
        /// The column.
        column: ColumnDefinition,
        /// What rows get that are there already: an expression over their other columns.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        backfill: Option<String>,
    },
    /// Drops a column, with its values.
    DropColumn {
        /// The table.
        table: String,
        /// The column.
        column: String,
    },
    /// Gives a column another name; indexes, keys and expressions follow.
    RenameColumn {
        /// The table.
        table: String,
        /// The column.
        column: String,
        /// The new name.
        to: String,
    },
    /// Gives a column another type, nullability, default or computation.
    AlterColumn {
        /// The table.
        table: String,
        /// The column as it is to be.
        column: ColumnDefinition,
        /// What takes the place of NULL in rows that are there already.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        backfill: Option<String>,
    },
    /// Chooses other columns for the primary key.
    ChangePrimaryKey {
        /// The table.
        table: String,
        /// The columns, in order.
        columns: Vec<String>,
    },
    /// Makes an index.
    CreateIndex {
        /// The table.
        table: String,
        /// The index.
        index: IndexDefinition,
    },
    /// Drops an index.
    DropIndex {
        /// The table.
        table: String,
        /// Its name.
        index: String,
    },
    /// Adds a foreign key.
    AddForeignKey {
        /// The table.
        table: String,
        /// The foreign key.
        foreign_key: ForeignKeyDefinition,
    },
    /// Drops a foreign key.
    DropForeignKey {
        /// The table.
        table: String,
        /// Its name.
        foreign_key: String,
    },
    /// Adds a check.
    AddCheck {
        /// The table.
        table: String,
        /// The check.
        check: CheckDefinition,
    },
    /// Drops a check.
    DropCheck {
        /// The table.
        table: String,
        /// Its name.
        check: String,
    },
}

impl Operation {
    /// The table that it is about.
    pub fn table(&self) -> &str {
        match self {
            Self::CreateTable { table } => &table.name,
            Self::DropTable { table }
            | Self::RenameTable { table, .. }
            | Self::AddColumn { table, .. }
            | Self::DropColumn { table, .. }
            | Self::RenameColumn { table, .. }
            | Self::AlterColumn { table, .. }
            | Self::ChangePrimaryKey { table, .. }
            | Self::CreateIndex { table, .. }
            | Self::DropIndex { table, .. }
            | Self::AddForeignKey { table, .. }
            | Self::DropForeignKey { table, .. }
            | Self::AddCheck { table, .. }
            | Self::DropCheck { table, .. } => table,
        }
    }
}

impl State {
    /// Carries an operation out.
    ///
    /// # Errors
    ///
    /// `is_configuration()` when it does not fit the tables: something is missing, or there already.
    pub fn apply(&mut self, operation: &Operation) -> Result<()> {
        match operation {
            Operation::CreateTable { table } => {
                self.refuse_table(&table.name)?;
                table.to_table()?;
                self.tables.push(table.clone());
                self.tables
                    .sort_by(|left, right| left.name.cmp(&right.name));
            }
            Operation::DropTable { table } => {
                self.table_mut(table)?;
                self.tables.retain(|known| known.name != *table);
            }
            Operation::RenameTable { table, to } => {
                self.refuse_table(to)?;
                self.table_mut(table)?.name.clone_from(to);
                for key in self
                    .tables
                    .iter_mut()
                    .flat_map(|table| &mut table.foreign_keys)
                {
                    if key.references == *table {
                        key.references.clone_from(to);
                    }
                }
                self.tables
                    .sort_by(|left, right| left.name.cmp(&right.name));
            }
            Operation::AddColumn { table, column, .. } => {
                let table = self.table_mut(table)?;
                refuse(&table.columns, &column.name, &table.name)?;
                table.columns.push(column.clone());
                table.to_table()?;
            }
            Operation::DropColumn { table, column } => {
                let table = self.table_mut(table)?;
                remove(&mut table.columns, column, &table.name)?;
                // No expression may look at it any more.
                table.to_table()?;
            }
            Operation::RenameColumn { table, column, to } => {
                self.rename_column(table, column, to)?
            }
            Operation::AlterColumn { table, column, .. } => {
                let table = self.table_mut(table)?;
                let known = table
                    .columns
                    .iter_mut()
                    .find(|known| known.name == column.name);
                let Some(known) = known else {
                    return Err(missing::<ColumnDefinition>(&table.name, &column.name));
                };
                known.clone_from(column);
                table.to_table()?;
            }
            Operation::ChangePrimaryKey { table, columns } => {
                let table = self.table_mut(table)?;
                for column in columns {
                    if table.column(column).is_none() {
                        return Err(missing::<ColumnDefinition>(&table.name, column));
                    }
                }
                table.primary_key.clone_from(columns);
            }
            Operation::CreateIndex { table, index } => {
                let table = self.table_mut(table)?;
                insert(&mut table.indexes, index, &table.name)?;
            }
            Operation::DropIndex { table, index } => {
                let table = self.table_mut(table)?;
                remove(&mut table.indexes, index, &table.name)?;
            }
            Operation::AddForeignKey { table, foreign_key } => {
                let table = self.table_mut(table)?;
                insert(&mut table.foreign_keys, foreign_key, &table.name)?;
            }
            Operation::DropForeignKey { table, foreign_key } => {
                let table = self.table_mut(table)?;
                remove(&mut table.foreign_keys, foreign_key, &table.name)?;
            }
            Operation::AddCheck { table, check } => {
                let table = self.table_mut(table)?;
                insert(&mut table.checks, check, &table.name)?;
                table.to_table()?;
            }
            Operation::DropCheck { table, check } => {
                let table = self.table_mut(table)?;
                remove(&mut table.checks, check, &table.name)?;
            }
        }
        Ok(())
    }
}

/// A part of a table that has a name.
trait Part: Clone {
    /// How messages call it.
    const KIND: &'static str;

    fn name(&self) -> &str;
}

macro_rules! parts {
    ($($definition:ident is $kind:literal;)*) => {$(
        impl Part for $definition {
            const KIND: &'static str = $kind;

            fn name(&self) -> &str {
                &self.name
            }
        }
    )*};
}

parts! {
    ColumnDefinition is "column";
    IndexDefinition is "index";
    ForeignKeyDefinition is "foreign key";
    CheckDefinition is "check";
}

fn missing<T: Part>(table: &str, name: &str) -> Error {
    Error::configuration(format!("{table}: there is no {} {name}", T::KIND))
}

fn refuse<T: Part>(items: &[T], name: &str, table: &str) -> Result<()> {
    if items.iter().any(|item| item.name() == name) {
        return Err(Error::configuration(format!(
            "{table}: there is a {} {name} already",
            T::KIND
        )));
    }
    Ok(())
}

/// Puts a part into its place among those that are sorted by name.
fn insert<T: Part>(items: &mut Vec<T>, item: &T, table: &str) -> Result<()> {
    refuse(items, item.name(), table)?;
    let at = items.partition_point(|known| known.name() < item.name());
    items.insert(at, item.clone());
    Ok(())
}

fn remove<T: Part>(items: &mut Vec<T>, name: &str, table: &str) -> Result<()> {
    let before = items.len();
    items.retain(|item| item.name() != name);
    if items.len() == before {
        return Err(missing::<T>(table, name));
    }
    Ok(())
}

impl State {
    fn refuse_table(&self, name: &str) -> Result<()> {
        if self.table(name).is_some() {
            return Err(Error::configuration(format!(
                "there is a table {name} already"
            )));
        }
        Ok(())
    }

    fn table_mut(&mut self, name: &str) -> Result<&mut TableDefinition> {
        let found = self.tables.iter_mut().find(|table| table.name == name);
        found.ok_or_else(|| Error::configuration(format!("there is no table {name}")))
    }

    fn rename_column(&mut self, table: &str, column: &str, to: &str) -> Result<()> {
        let owner = self.table_mut(table)?;
        refuse(&owner.columns, to, table)?;
        let Some(known) = owner.columns.iter_mut().find(|known| known.name == column) else {
            return Err(missing::<ColumnDefinition>(table, column));
        };
        to.clone_into(&mut known.name);
        let rename = |names: &mut Vec<String>| {
            for name in names.iter_mut().filter(|name| *name == column) {
                to.clone_into(name);
            }
        };
        rename(&mut owner.primary_key);
        owner
            .indexes
            .iter_mut()
            .for_each(|index| rename(&mut index.columns));
        owner
            .foreign_keys
            .iter_mut()
            .for_each(|key| rename(&mut key.columns));
        for check in &mut owner.checks {
            check.expression = expression::renamed(&check.expression, column, to);
        }
        for known in &mut owner.columns {
            if let Some(computed) = &mut known.computed {
                *computed = expression::renamed(computed, column, to);
            }
        }
        owner.to_table()?;
        for key in self
            .tables
            .iter_mut()
            .flat_map(|table| &mut table.foreign_keys)
        {
            if key.references == table {
                rename(&mut key.references_columns);
            }
        }
        Ok(())
    }
}
