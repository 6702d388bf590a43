//! The operations of a revision: what changes, in terms that every engine can carry out.

use std::collections::BTreeMap;

use birgus_core::schema::ColumnType;
use birgus_core::{Error, Result};
use serde::{Deserialize, Serialize};

use super::definition::{
    CheckDefinition, ColumnDefinition, ForeignKeyDefinition, IndexDefinition, TableDefinition,
    is_false, read_type, type_text,
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
    /// Gives a column another type, nullability, default, computation or comment.
    AlterColumn {
        /// The table.
        table: String,
        /// The column as it is to be.
        column: ColumnDefinition,
        /// The values of the new type, an expression over the columns as they were; without it every value stays what it is,
        /// and one that does not fit is an error.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        using: Option<String>,
        /// What takes the place of NULL in rows that are there already.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        backfill: Option<String>,
    },
    /// Gives a text of an enum column another form, in its rows too.
    RenameEnumValue {
        /// The table.
        table: String,
        /// The column.
        column: String,
        /// The text.
        value: String,
        /// The new text.
        to: String,
    },
    /// Changes what the database tells people about a table.
    CommentTable {
        /// The table.
        table: String,
        /// The comment; none to have none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        comment: Option<String>,
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
        /// Whether writers may go on meanwhile: outside of a transaction, where the engine can (`CREATE INDEX CONCURRENTLY`).
        #[serde(default, skip_serializing_if = "is_false")]
        concurrently: bool,
    },
    /// Drops an index.
    DropIndex {
        /// The table.
        table: String,
        /// Its name.
        index: String,
        /// Whether readers and writers may go on meanwhile.
        #[serde(default, skip_serializing_if = "is_false")]
        concurrently: bool,
    },
    /// Gives an index another name.
    RenameIndex {
        /// The table.
        table: String,
        /// Its name.
        index: String,
        /// The new name.
        to: String,
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
    /// Gives a foreign key another name.
    RenameForeignKey {
        /// The table.
        table: String,
        /// Its name.
        foreign_key: String,
        /// The new name.
        to: String,
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
    /// Gives a check another name.
    RenameCheck {
        /// The table.
        table: String,
        /// Its name.
        check: String,
        /// The new name.
        to: String,
    },
    /// Sets columns of the rows that are there, so many rows at a time, each part in a transaction of its own: what was done
    /// stays done when the program ends, and the next one goes on.
    Backfill {
        /// The table; its primary key is one column.
        table: String,
        /// The columns, each with an expression over the columns of its row.
        set: BTreeMap<String, String>,
        /// Which rows; all of them without it. Rows that are done already should not be among them.
        #[serde(default, rename = "where", skip_serializing_if = "Option::is_none")]
        condition: Option<String>,
        /// The rows of a part, 1,000 where nothing is said.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        batch: Option<u32>,
    },
    /// Runs statements of an engine. They change nothing that the models know of.
    Sql {
        /// The statements by engine, as `sqlite`, `postgresql`, `mysql`, `mariadb`, or `any` for those that are not named. An
        /// engine with neither is refused; an empty list says that it needs none.
        statements: BTreeMap<String, Vec<String>>,
        /// Whether they may run twice: where DDL commits by itself, nobody can tell whether one was done that was about to
        /// run when the program ended.
        #[serde(default, skip_serializing_if = "is_false")]
        repeatable: bool,
        /// Whether they must run outside of a transaction.
        #[serde(default, skip_serializing_if = "is_false")]
        outside_transaction: bool,
    },
    /// Calls a function of the program that was registered under a name, with the tables as they are at this place.
    Code {
        /// The name.
        function: String,
    },
    /// Stops whoever would carry the revision out this way, before anything is changed: in a downgrade that nobody can write
    /// without knowing more.
    Irreversible {
        /// Why, and what could be done.
        reason: String,
    },
}

impl Operation {
    /// What messages call it: `add_column post.body`.
    pub fn title(&self) -> String {
        let part = match self {
            Self::AddColumn { column, .. } | Self::AlterColumn { column, .. } => &column.name,
            Self::DropColumn { column, .. }
            | Self::RenameColumn { column, .. }
            | Self::RenameEnumValue { column, .. } => column,
            Self::CreateIndex { index, .. } => &index.name,
            Self::DropIndex { index, .. } | Self::RenameIndex { index, .. } => index,
            Self::AddForeignKey { foreign_key, .. } => &foreign_key.name,
            Self::DropForeignKey { foreign_key, .. }
            | Self::RenameForeignKey { foreign_key, .. } => foreign_key,
            Self::AddCheck { check, .. } => &check.name,
            Self::DropCheck { check, .. } | Self::RenameCheck { check, .. } => check,
            Self::Code { function } => function,
            _ => "",
        };
        let mut title = self.kind().to_owned();
        for (position, name) in [self.table().unwrap_or_default(), part]
            .into_iter()
            .enumerate()
        {
            if !name.is_empty() {
                let before = if position > 0 && self.table().is_some() {
                    '.'
                } else {
                    ' '
                };
                title.push(before);
                title.push_str(name);
            }
        }
        title
    }

    /// Its word in a revision file: `add_column`.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::CreateTable { .. } => "create_table",
            Self::DropTable { .. } => "drop_table",
            Self::RenameTable { .. } => "rename_table",
            Self::AddColumn { .. } => "add_column",
            Self::DropColumn { .. } => "drop_column",
            Self::RenameColumn { .. } => "rename_column",
            Self::AlterColumn { .. } => "alter_column",
            Self::RenameEnumValue { .. } => "rename_enum_value",
            Self::CommentTable { .. } => "comment_table",
            Self::ChangePrimaryKey { .. } => "change_primary_key",
            Self::CreateIndex { .. } => "create_index",
            Self::DropIndex { .. } => "drop_index",
            Self::RenameIndex { .. } => "rename_index",
            Self::AddForeignKey { .. } => "add_foreign_key",
            Self::DropForeignKey { .. } => "drop_foreign_key",
            Self::RenameForeignKey { .. } => "rename_foreign_key",
            Self::AddCheck { .. } => "add_check",
            Self::DropCheck { .. } => "drop_check",
            Self::RenameCheck { .. } => "rename_check",
            Self::Backfill { .. } => "backfill",
            Self::Sql { .. } => "sql",
            Self::Code { .. } => "code",
            Self::Irreversible { .. } => "irreversible",
        }
    }

    /// The table that it is about; none for statements and functions.
    pub fn table(&self) -> Option<&str> {
        Some(match self {
            Self::CreateTable { table } => &table.name,
            Self::DropTable { table }
            | Self::RenameTable { table, .. }
            | Self::AddColumn { table, .. }
            | Self::DropColumn { table, .. }
            | Self::RenameColumn { table, .. }
            | Self::AlterColumn { table, .. }
            | Self::RenameEnumValue { table, .. }
            | Self::CommentTable { table, .. }
            | Self::ChangePrimaryKey { table, .. }
            | Self::CreateIndex { table, .. }
            | Self::DropIndex { table, .. }
            | Self::RenameIndex { table, .. }
            | Self::AddForeignKey { table, .. }
            | Self::DropForeignKey { table, .. }
            | Self::RenameForeignKey { table, .. }
            | Self::AddCheck { table, .. }
            | Self::DropCheck { table, .. }
            | Self::RenameCheck { table, .. }
            | Self::Backfill { table, .. } => table,
            Self::Sql { .. } | Self::Code { .. } | Self::Irreversible { .. } => return None,
        })
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
            Operation::RenameEnumValue {
                table,
                column,
                value,
                to,
            } => self.rename_enum_value(table, column, value, to)?,
            Operation::CommentTable { table, comment } => {
                self.table_mut(table)?.comment.clone_from(comment);
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
            Operation::CreateIndex { table, index, .. } => {
                let table = self.table_mut(table)?;
                insert(&mut table.indexes, index, &table.name)?;
            }
            Operation::DropIndex { table, index, .. } => {
                let table = self.table_mut(table)?;
                remove(&mut table.indexes, index, &table.name)?;
            }
            Operation::RenameIndex { table, index, to } => {
                let table = self.table_mut(table)?;
                rename(&mut table.indexes, index, to, &table.name)?;
            }
            Operation::AddForeignKey { table, foreign_key } => {
                let table = self.table_mut(table)?;
                insert(&mut table.foreign_keys, foreign_key, &table.name)?;
            }
            Operation::DropForeignKey { table, foreign_key } => {
                let table = self.table_mut(table)?;
                remove(&mut table.foreign_keys, foreign_key, &table.name)?;
            }
            Operation::RenameForeignKey {
                table,
                foreign_key,
                to,
            } => {
                let table = self.table_mut(table)?;
                rename(&mut table.foreign_keys, foreign_key, to, &table.name)?;
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
            Operation::RenameCheck { table, check, to } => {
                let table = self.table_mut(table)?;
                rename(&mut table.checks, check, to, &table.name)?;
            }
            Operation::Backfill {
                table,
                set,
                condition,
                ..
            } => self.check_backfill(table, set, condition.as_deref())?,
            Operation::Sql { .. } | Operation::Code { .. } | Operation::Irreversible { .. } => {}
        }
        Ok(())
    }
}

/// A part of a table that has a name.
trait Part: Clone {
    /// How messages call it.
    const KIND: &'static str;

    fn name(&self) -> &str;

    fn set_name(&mut self, name: &str);
}

macro_rules! parts {
    ($($definition:ident is $kind:literal;)*) => {$(
        impl Part for $definition {
            const KIND: &'static str = $kind;

            fn name(&self) -> &str {
                &self.name
            }

            fn set_name(&mut self, name: &str) {
                name.clone_into(&mut self.name);
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

fn rename<T: Part>(items: &mut Vec<T>, name: &str, to: &str, table: &str) -> Result<()> {
    let Some(mut item) = items.iter().find(|item| item.name() == name).cloned() else {
        return Err(missing::<T>(table, name));
    };
    remove(items, name, table)?;
    item.set_name(to);
    insert(items, &item, table)
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

    fn rename_enum_value(
        &mut self,
        table: &str,
        column: &str,
        value: &str,
        to: &str,
    ) -> Result<()> {
        let owner = self.table_mut(table)?;
        let Some(known) = owner.columns.iter_mut().find(|known| known.name == column) else {
            return Err(missing::<ColumnDefinition>(table, column));
        };
        let wrong = |problem: &str| Error::configuration(format!("{table}.{column}: {problem}"));
        let Some(ColumnType::Enum { mut values }) = read_type(&known.column_type) else {
            return Err(wrong("it is no enum"));
        };
        if values.iter().any(|known| known == to) {
            return Err(wrong(&format!("the enum has {to:?} already")));
        }
        let Some(renamed) = values.iter_mut().find(|known| *known == value) else {
            return Err(wrong(&format!("the enum has no {value:?}")));
        };
        to.clone_into(renamed);
        known.column_type = type_text(&ColumnType::Enum { values });
        let text = |value: &str| serde_json::Value::from(value).to_string();
        if known.default.as_deref() == Some(&text(value)) {
            known.default = Some(text(to));
        }
        owner.to_table().map(drop)
    }

    fn check_backfill(
        &mut self,
        table: &str,
        set: &BTreeMap<String, String>,
        condition: Option<&str>,
    ) -> Result<()> {
        let owner = self.table_mut(table)?;
        let known = owner.to_table()?;
        for (column, expression) in set {
            match owner.column(column) {
                None => return Err(missing::<ColumnDefinition>(table, column)),
                Some(column) if column.computed.is_some() => {
                    return Err(Error::configuration(format!(
                        "{table}.{}: the database computes it, nothing sets it",
                        column.name
                    )));
                }
                Some(_) => expression::read(expression, &known)?,
            };
        }
        if let Some(condition) = condition {
            expression::read(condition, &known)?;
        }
        if owner.primary_key.len() != 1 {
            return Err(Error::configuration(format!(
                "{table}: rows are set in parts by a primary key of one column; it has {}",
                owner.primary_key.len()
            )));
        }
        Ok(())
    }
}
