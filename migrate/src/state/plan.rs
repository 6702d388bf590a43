//! What leads from one state to another, and what has to be decided first.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use birgus_core::Result;

use super::definition::{ColumnDefinition, ForeignKeyDefinition, TableDefinition};
use super::{Operation, State};

/// What the difference of two states does not tell.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Decisions {
    /// Tables that have another name now: old, new.
    pub renamed_tables: BTreeMap<String, String>,
    /// Columns that have another name now: (table by its new name, old column), new column.
    pub renamed_columns: BTreeMap<(String, String), String>,
    /// Tables and columns that are gone, and are not what others are called now: `user`, `user.name`.
    pub dropped: BTreeSet<String>,
    /// What rows get that are there already, in a new column that can't be NULL: (table, column), expression.
    pub backfills: BTreeMap<(String, String), String>,
}

/// Something that has to be decided: a plan never guesses.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Question {
    /// A table is gone while others are new: was it renamed?
    Table {
        /// The one that is gone.
        old: String,
        /// Those that are new.
        new: Vec<String>,
    },
    /// A column is gone while others are new: was it renamed?
    Column {
        /// The table.
        table: String,
        /// The one that is gone.
        old: String,
        /// Those that are new.
        new: Vec<String>,
    },
    /// A column can't be NULL: what do rows get that are there already?
    Backfill {
        /// The table.
        table: String,
        /// The column.
        column: String,
    },
}

impl fmt::Display for Question {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Table { old, new } => {
                write!(
                    f,
                    "the table {old} is gone, and {} is new: was it renamed, or dropped?",
                    new.join(", ")
                )
            }
            Self::Column { table, old, new } => write!(
                f,
                "{table}.{old} is gone, and {} is new: was it renamed, or dropped?",
                new.join(", ")
            ),
            Self::Backfill { table, column } => write!(
                f,
                "{table}.{column} can't be NULL: what do rows get that are there already?"
            ),
        }
    }
}

/// What leads from one state to another.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// The operations, in order.
    pub operations: Vec<Operation>,
    /// What has to be decided before they are right.
    pub questions: Vec<Question>,
}

/// The operations that lead from one state to another. Where something is gone and something else is new, or a new column
/// needs values for the rows that are there, the plan asks instead of guessing; `decisions` answers.
///
/// ```
/// # extern crate birgus_core as birgus;
/// use birgus::schema::{Column, ColumnType, Table};
/// use birgus_migrate::state::{Decisions, Question, State, plan};
///
/// # fn main() -> birgus::Result<()> {
/// let mut note = Table::new("note");
/// note.columns.push(Column::new("id", ColumnType::BigInt).identity());
/// note.primary_key = vec!["id".into()];
/// let old = State::of(&[note.clone()])?;
/// note.columns.push(Column::new("body", ColumnType::Text));
/// let new = State::of(&[note])?;
///
/// let asked = plan(&old, &new, &Decisions::default())?.questions; // what do the notes get that are there already?
/// assert!(matches!(&asked[..], [Question::Backfill { column, .. }] if column == "body"));
///
/// let mut decisions = Decisions::default();
/// decisions.backfills.insert(("note".into(), "body".into()), r#""""#.into());
/// let plan = plan(&old, &new, &decisions)?;
/// assert!(plan.questions.is_empty());
/// let mut now = old;
/// for operation in &plan.operations {
///     now.apply(operation)?;
/// }
/// assert_eq!(now, new);
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// `is_configuration()` when a decision names what is not there.
pub fn plan(old: &State, new: &State, decisions: &Decisions) -> Result<Plan> {
    let mut planning = Planning {
        now: old.clone(),
        new,
        decisions,
        plan: Plan::default(),
    };
    planning.rename()?;
    planning.drop_parts()?;
    planning.drop_tables()?;
    planning.create_tables()?;
    planning.change_columns()?;
    planning.add_parts()?;
    Ok(planning.plan)
}

struct Planning<'a> {
    /// The state that the operations so far lead to.
    now: State,
    new: &'a State,
    decisions: &'a Decisions,
    plan: Plan,
}

impl Planning<'_> {
    fn push(&mut self, operation: Operation) -> Result<()> {
        self.now.apply(&operation)?;
        self.plan.operations.push(operation);
        Ok(())
    }

    /// The tables that both states have.
    fn common(&self) -> Vec<(TableDefinition, TableDefinition)> {
        (self.now.tables().iter())
            .filter_map(|table| Some((table.clone(), self.new.table(&table.name)?.clone())))
            .collect()
    }

    fn rename(&mut self) -> Result<()> {
        for (old, new) in &self.decisions.renamed_tables {
            self.push(Operation::RenameTable {
                table: old.clone(),
                to: new.clone(),
            })?;
        }
        let gone: Vec<String> = (self.now.tables().iter())
            .filter(|table| self.new.table(&table.name).is_none())
            .map(|table| table.name.clone())
            .collect();
        let added: Vec<String> = (self.new.tables().iter())
            .filter(|table| self.now.table(&table.name).is_none())
            .map(|table| table.name.clone())
            .collect();
        for old in gone {
            if !added.is_empty() && !self.decisions.dropped.contains(&old) {
                self.plan.questions.push(Question::Table {
                    old,
                    new: added.clone(),
                });
            }
        }
        for ((table, old), new) in &self.decisions.renamed_columns {
            self.push(Operation::RenameColumn {
                table: table.clone(),
                column: old.clone(),
                to: new.clone(),
            })?;
        }
        for (now, new) in self.common() {
            let added: Vec<String> = (new.columns.iter())
                .filter(|column| now.column(&column.name).is_none())
                .map(|column| column.name.clone())
                .collect();
            for column in &now.columns {
                let name = format!("{}.{}", now.name, column.name);
                let open = new.column(&column.name).is_none()
                    && !added.is_empty()
                    && !self.decisions.dropped.contains(&name);
                if open {
                    self.plan.questions.push(Question::Column {
                        table: now.name.clone(),
                        old: column.name.clone(),
                        new: added.clone(),
                    });
                }
            }
        }
        Ok(())
    }

    /// Drops what is in the way of other changes: foreign keys, checks and indexes that are gone or changed.
    fn drop_parts(&mut self) -> Result<()> {
        for (now, new) in self.common() {
            let table = &now.name;
            for key in now
                .foreign_keys
                .iter()
                .filter(|key| !new.foreign_keys.contains(key))
            {
                self.push(Operation::DropForeignKey {
                    table: table.clone(),
                    foreign_key: key.name.clone(),
                })?;
            }
            for check in now
                .checks
                .iter()
                .filter(|check| !new.checks.contains(check))
            {
                self.push(Operation::DropCheck {
                    table: table.clone(),
                    check: check.name.clone(),
                })?;
            }
            for index in now
                .indexes
                .iter()
                .filter(|index| !new.indexes.contains(index))
            {
                self.push(Operation::DropIndex {
                    table: table.clone(),
                    index: index.name.clone(),
                })?;
            }
        }
        Ok(())
    }

    fn drop_tables(&mut self) -> Result<()> {
        let gone = |table: &&TableDefinition| self.new.table(&table.name).is_none();
        let mut gone: Vec<TableDefinition> =
            self.now.tables().iter().filter(gone).cloned().collect();
        while !gone.is_empty() {
            // One that no other of them references goes next; in a circle a reference goes first.
            let free = |table: &TableDefinition| {
                (gone.iter().filter(|other| other.name != table.name)).all(|other| {
                    !other
                        .foreign_keys
                        .iter()
                        .any(|key| key.references == table.name)
                })
            };
            let next = gone.iter().position(free).unwrap_or(0);
            let table = gone.remove(next);
            for other in &mut gone {
                let (referencing, others): (Vec<_>, Vec<_>) =
                    (std::mem::take(&mut other.foreign_keys).into_iter())
                        .partition(|key| key.references == table.name);
                other.foreign_keys = others;
                for key in referencing {
                    self.push(Operation::DropForeignKey {
                        table: other.name.clone(),
                        foreign_key: key.name,
                    })?;
                }
            }
            self.push(Operation::DropTable { table: table.name })?;
        }
        Ok(())
    }

    fn create_tables(&mut self) -> Result<()> {
        let added = |table: &&TableDefinition| self.now.table(&table.name).is_none();
        let mut added: Vec<TableDefinition> =
            self.new.tables().iter().filter(added).cloned().collect();
        while !added.is_empty() {
            let there = |key: &ForeignKeyDefinition, own: &str, now: &State| {
                key.references == own || now.table(&key.references).is_some()
            };
            let ready = |table: &TableDefinition| {
                (table.foreign_keys.iter()).all(|key| there(key, &table.name, &self.now))
            };
            let next = added.iter().position(ready).unwrap_or(0);
            let mut table = added.remove(next);
            // In a circle the references to tables that come later are added at the end.
            let name = table.name.clone();
            table
                .foreign_keys
                .retain(|key| there(key, &name, &self.now));
            self.push(Operation::CreateTable { table })?;
        }
        Ok(())
    }

    fn change_columns(&mut self) -> Result<()> {
        for (now, new) in self.common() {
            for column in &new.columns {
                match now.column(&column.name) {
                    None => self.add_column(&new.name, column)?,
                    Some(known) if known != column => {
                        self.alter_column(&new.name, known, column)?
                    }
                    Some(_) => {}
                }
            }
            if now.primary_key != new.primary_key {
                self.push(Operation::ChangePrimaryKey {
                    table: new.name.clone(),
                    columns: new.primary_key.clone(),
                })?;
            }
            for column in &now.columns {
                if new.column(&column.name).is_none() {
                    self.push(Operation::DropColumn {
                        table: new.name.clone(),
                        column: column.name.clone(),
                    })?;
                }
            }
        }
        Ok(())
    }

    /// What rows get that are there already; asks when nobody has said.
    fn backfill(&mut self, table: &str, column: &str) -> Option<String> {
        let key = (table.to_owned(), column.to_owned());
        let known = self.decisions.backfills.get(&key).cloned();
        if known.is_none() {
            self.plan.questions.push(Question::Backfill {
                table: key.0,
                column: key.1,
            });
        }
        known
    }

    fn add_column(&mut self, table: &str, column: &ColumnDefinition) -> Result<()> {
        let backfill = if column.fills_itself() {
            None
        } else {
            self.backfill(table, &column.name)
        };
        self.push(Operation::AddColumn {
            table: table.to_owned(),
            column: column.clone(),
            backfill,
        })
    }

    fn alter_column(
        &mut self,
        table: &str,
        known: &ColumnDefinition,
        column: &ColumnDefinition,
    ) -> Result<()> {
        let backfill = if known.nullable && !column.nullable {
            self.backfill(table, &column.name)
        } else {
            None
        };
        self.push(Operation::AlterColumn {
            table: table.to_owned(),
            column: column.clone(),
            backfill,
        })
    }

    fn add_parts(&mut self) -> Result<()> {
        // Indexes and checks before foreign keys: one may stand on a unique index that is new.
        for (now, new) in self.common() {
            for index in new
                .indexes
                .iter()
                .filter(|index| !now.indexes.contains(index))
            {
                self.push(Operation::CreateIndex {
                    table: new.name.clone(),
                    index: index.clone(),
                })?;
            }
            for check in new
                .checks
                .iter()
                .filter(|check| !now.checks.contains(check))
            {
                self.push(Operation::AddCheck {
                    table: new.name.clone(),
                    check: check.clone(),
                })?;
            }
        }
        for (now, new) in self.common() {
            for key in new
                .foreign_keys
                .iter()
                .filter(|key| !now.foreign_keys.contains(key))
            {
                self.push(Operation::AddForeignKey {
                    table: new.name.clone(),
                    foreign_key: key.clone(),
                })?;
            }
        }
        Ok(())
    }
}
