//! What leads from one state to another, and what has to be decided first.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use birgus_core::Result;
use birgus_core::schema::ColumnType;

use super::conversion::{Conversion, conversion};
use super::definition::{
    CheckDefinition, ColumnDefinition, ForeignKeyDefinition, IndexDefinition, TableDefinition,
    read_type,
};
use super::{Operation, State, expression};

/// What the difference of two states does not tell.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Decisions {
    /// Tables that have another name now: old, new.
    pub renamed_tables: BTreeMap<String, String>,
    /// Columns that have another name now: (table by its new name, old column), new column.
    pub renamed_columns: BTreeMap<(String, String), String>,
    /// Texts of enums that are others now: (table and column by their new names, old text), new text.
    pub renamed_values: BTreeMap<(String, String, String), String>,
    /// Tables, columns and texts of enums that are gone, and are not what others are called now: `user`, `user.name`,
    /// `user.role.admin`.
    pub dropped: BTreeSet<String>,
    /// What rows get that are there already, in a new column that can't be NULL: (table, column), expression.
    pub backfills: BTreeMap<(String, String), String>,
    /// The values of a column in its new type, where there is no conversion that every engine has: (table, column), expression.
    pub conversions: BTreeMap<(String, String), String>,
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
    /// A text of an enum is gone while others are new: was it renamed?
    EnumValue {
        /// The table.
        table: String,
        /// The column.
        column: String,
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
    /// A column has another type, and its values have no form in it that every engine has.
    Conversion {
        /// The table.
        table: String,
        /// The column.
        column: String,
        /// The type now.
        from: String,
        /// The new type.
        to: String,
        /// Why nothing is offered.
        reason: &'static str,
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
            Self::EnumValue {
                table,
                column,
                old,
                new,
            } => {
                let new: Vec<String> = new.iter().map(|text| format!("{text:?}")).collect();
                write!(
                    f,
                    "{table}.{column}: {old:?} is gone, and {} is new: was it renamed, or dropped?",
                    new.join(", ")
                )
            }
            Self::Backfill { table, column } => write!(
                f,
                "{table}.{column} can't be NULL: what do rows get that are there already?"
            ),
            Self::Conversion {
                table,
                column,
                from,
                to,
                reason,
            } => write!(
                f,
                "{table}.{column} was {from} and is {to}: {reason}; what are its values?"
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
        computed: BTreeMap::new(),
        plan: Plan::default(),
    };
    planning.rename()?;
    planning.free_columns()?;
    planning.drop_parts()?;
    planning.rename_values()?;
    planning.rename_parts()?;
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
    /// What columns were computed of that are dropped to be made anew.
    computed: BTreeMap<(String, String), String>,
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
        let tables = self.decisions.renamed_tables.iter();
        let tables: Vec<(String, String)> = tables
            .map(|(old, new)| (old.clone(), new.clone()))
            .collect();
        for (table, to) in in_free_order(tables) {
            self.push(Operation::RenameTable { table, to })?;
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
        let mut columns: BTreeMap<&String, Vec<(String, String)>> = BTreeMap::new();
        for ((table, old), new) in &self.decisions.renamed_columns {
            let of_table = columns.entry(table).or_default();
            of_table.push((old.clone(), new.clone()));
        }
        for (table, columns) in columns {
            for (column, to) in in_free_order(columns) {
                self.push(Operation::RenameColumn {
                    table: table.clone(),
                    column,
                    to,
                })?;
            }
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

    /// Drops computed columns that change, or that look at a column which does, with what stands over them: they are made anew,
    /// and nothing is lost.
    fn free_columns(&mut self) -> Result<()> {
        for (now, new) in self.common() {
            let table = now.to_table()?;
            let changes = |name: &str| match (now.column(name), new.column(name)) {
                (Some(now), Some(new)) => now.column_type != new.column_type,
                (_, new) => new.is_none(),
            };
            for column in &table.columns {
                let Some(known) = new.column(&column.name) else {
                    // It is gone anyhow: before the columns change that it looks at.
                    if column.computed.is_some() {
                        self.drop_column_with_parts(&now.name, &column.name)?;
                    }
                    continue;
                };
                let (was, is) = (now.column(&column.name), Some(known));
                let computed = column.computed.as_ref();
                let sources = computed.and_then(|computed| computed.expression.as_deref());
                let moves = sources
                    .is_some_and(|node| node.columns().iter().any(|read| changes(&read.name)));
                if (computed.is_some() || known.computed.is_some()) && (moves || was != is) {
                    self.drop_column_with_parts(&now.name, &column.name)?;
                }
            }
        }
        Ok(())
    }

    fn drop_column_with_parts(&mut self, table: &str, column: &str) -> Result<()> {
        let Some(owner) = self.now.table(table).cloned() else {
            return Ok(());
        };
        let looks = |expression: &str| -> Result<bool> {
            let node = expression::read(expression, &owner.to_table()?)?;
            Ok(node.columns().iter().any(|read| read.name == column))
        };
        for check in &owner.checks {
            if looks(&check.expression)? {
                self.push(Operation::DropCheck {
                    table: table.to_owned(),
                    check: check.name.clone(),
                })?;
            }
        }
        for index in &owner.indexes {
            if index.columns.iter().any(|name| name == column) {
                self.push(drop_index(table, &index.name))?;
            }
        }
        if let Some(computed) = owner
            .column(column)
            .and_then(|known| known.computed.clone())
        {
            let key = (table.to_owned(), column.to_owned());
            self.computed.insert(key, computed);
        }
        self.push(Operation::DropColumn {
            table: table.to_owned(),
            column: column.to_owned(),
        })
    }

    /// Drops what is in the way of other changes: foreign keys, checks and indexes that are gone or changed, and foreign keys
    /// whose columns change. What only has another name keeps its place.
    fn drop_parts(&mut self) -> Result<()> {
        for (now, new) in self.common() {
            let kept = kept(&now.foreign_keys, &new.foreign_keys, key_name, same_key);
            for key in &now.foreign_keys {
                if !kept.contains(&key.name) || self.unsettled(&now, &new, key) {
                    self.push(Operation::DropForeignKey {
                        table: now.name.clone(),
                        foreign_key: key.name.clone(),
                    })?;
                }
            }
        }
        for (now, new) in self.common() {
            let checks = kept(&now.checks, &new.checks, check_name, same_check);
            for check in now.checks.iter() {
                if !checks.contains(&check.name) {
                    self.push(Operation::DropCheck {
                        table: now.name.clone(),
                        check: check.name.clone(),
                    })?;
                }
            }
            let indexes = kept(&now.indexes, &new.indexes, index_name, same_index);
            for index in &now.indexes {
                if !indexes.contains(&index.name) {
                    self.push(drop_index(&now.name, &index.name))?;
                }
            }
        }
        Ok(())
    }

    /// Whether a foreign key has to make room: its columns, those that it references, or the keys and indexes that it stands on
    /// change.
    fn unsettled(
        &self,
        now: &TableDefinition,
        new: &TableDefinition,
        key: &ForeignKeyDefinition,
    ) -> bool {
        let changes = |now: &TableDefinition, new: &TableDefinition, columns: &[String]| {
            columns.iter().any(|name| {
                let kind = |table: &TableDefinition| {
                    let column = table.column(name)?;
                    Some((column.column_type.clone(), column.identity))
                };
                kind(now) != kind(new)
            })
        };
        // Whether what it stands on goes: each index, and the primary key, that begins with these columns.
        let falls = |now: &TableDefinition, new: &TableDefinition, columns: &[String]| {
            let indexes = kept(&now.indexes, &new.indexes, index_name, same_index);
            let mut ground = (now.indexes.iter())
                .filter(|index| index.columns.starts_with(columns))
                .map(|index| indexes.contains(&index.name))
                .chain(
                    (now.primary_key.starts_with(columns))
                        .then(|| now.primary_key == new.primary_key),
                )
                .peekable();
            ground.peek().is_some() && !ground.any(|stays| stays)
        };
        if changes(now, new, &key.columns) || falls(now, new, &key.columns) {
            return true;
        }
        let parents = (
            self.now.table(&key.references),
            self.new.table(&key.references),
        );
        match parents {
            (Some(now), Some(new)) => {
                changes(now, new, &key.references_columns)
                    || falls(now, new, &key.references_columns)
            }
            _ => true,
        }
    }

    /// Gives texts of enums their new form. Checks and computed columns that name the old one are out of the way by now.
    fn rename_values(&mut self) -> Result<()> {
        let mut columns: BTreeMap<(&String, &String), Vec<(String, String)>> = BTreeMap::new();
        for ((table, column, old), new) in &self.decisions.renamed_values {
            let of_column = columns.entry((table, column)).or_default();
            of_column.push((old.clone(), new.clone()));
        }
        for ((table, column), values) in columns {
            for (value, to) in in_free_order(values) {
                self.push(Operation::RenameEnumValue {
                    table: table.clone(),
                    column: column.clone(),
                    value,
                    to,
                })?;
            }
        }
        for (now, new) in self.common() {
            for column in &now.columns {
                let known = new.column(&column.name);
                let types = (
                    read_type(&column.column_type),
                    known.and_then(|known| read_type(&known.column_type)),
                );
                let (Some(ColumnType::Enum { values }), Some(ColumnType::Enum { values: wanted })) =
                    types
                else {
                    continue;
                };
                let added = wanted.iter().filter(|text| !values.contains(text));
                let added: Vec<String> = added.cloned().collect();
                for old in values.into_iter().filter(|text| !wanted.contains(text)) {
                    let name = format!("{}.{}.{old}", now.name, column.name);
                    if !added.is_empty() && !self.decisions.dropped.contains(&name) {
                        self.plan.questions.push(Question::EnumValue {
                            table: now.name.clone(),
                            column: column.name.clone(),
                            old,
                            new: added.clone(),
                        });
                    }
                }
            }
        }
        Ok(())
    }

    /// Gives parts their new names: those that are the same but for it.
    fn rename_parts(&mut self) -> Result<()> {
        for (now, new) in self.common() {
            let table = &now.name;
            for (name, to) in renamed(&now.indexes, &new.indexes, index_name, same_index) {
                self.push(Operation::RenameIndex {
                    table: table.clone(),
                    index: name,
                    to,
                })?;
            }
            for (name, to) in renamed(
                &now.foreign_keys,
                &new.foreign_keys,
                |part| &part.name,
                same_key,
            ) {
                self.push(Operation::RenameForeignKey {
                    table: table.clone(),
                    foreign_key: name,
                    to,
                })?;
            }
            for (name, to) in renamed(&now.checks, &new.checks, check_name, same_check) {
                self.push(Operation::RenameCheck {
                    table: table.clone(),
                    check: name,
                    to,
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
                key.references == own
                    || now
                        .table(&key.references)
                        .is_some_and(|parent| is_settled(parent, self.new, key))
            };
            let ready = |table: &TableDefinition| {
                (table.foreign_keys.iter()).all(|key| there(key, &table.name, &self.now))
            };
            let next = added.iter().position(ready).unwrap_or(0);
            let mut table = added.remove(next);
            // In a circle the references to tables that come later are added at the end, as are those to tables that change.
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
            if now.comment != new.comment {
                self.push(Operation::CommentTable {
                    table: new.name.clone(),
                    comment: new.comment.clone(),
                })?;
            }
            let key_changes = now.primary_key != new.primary_key;
            for column in &new.columns {
                match now.column(&column.name) {
                    // The database numbers the rows together with the key.
                    None if column.identity => {}
                    None => self.add_column(&new.name, column)?,
                    Some(known) => {
                        let mut column = column.clone();
                        // Only a key is assigned by the database.
                        column.identity &= !key_changes || known.identity;
                        if *known != column {
                            self.alter_column(&new.name, known, &column)?;
                        }
                    }
                }
            }
            let numbered =
                |column: &&ColumnDefinition| column.identity && now.column(&column.name).is_none();
            for column in new.columns.iter().filter(numbered) {
                self.add_column(&new.name, column)?;
            }
            if key_changes {
                // What is no key any more can't be numbered, also when it goes next.
                for column in now.columns.iter().filter(|column| column.identity) {
                    if new.column(&column.name).is_none() {
                        let mut plain = column.clone();
                        plain.identity = false;
                        self.alter_column(&new.name, column, &plain)?;
                    }
                }
                self.push(Operation::ChangePrimaryKey {
                    table: new.name.clone(),
                    columns: new.primary_key.clone(),
                })?;
            }
            for column in new.columns.iter().filter(|column| column.identity) {
                let known = self
                    .now
                    .table(&new.name)
                    .and_then(|now| now.column(&column.name));
                if let Some(known) = known.cloned().filter(|known| known != column) {
                    self.alter_column(&new.name, &known, column)?;
                }
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
        // What was computed until now is kept as it is.
        let computed = (column.computed.is_none() && column.default.is_none())
            .then(|| self.computed.get(&(table.to_owned(), column.name.clone())))
            .flatten();
        let backfill = match computed {
            Some(expression) => Some(expression.clone()),
            None if column.fills_itself() => None,
            None => self.backfill(table, &column.name),
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
        let using = self.using(table, known, column);
        self.push(Operation::AlterColumn {
            table: table.to_owned(),
            column: column.clone(),
            using,
            backfill,
        })
    }

    /// The values of a column in its new type; asks when there is no form that every engine has.
    fn using(
        &mut self,
        table: &str,
        known: &ColumnDefinition,
        column: &ColumnDefinition,
    ) -> Option<String> {
        let key = (table.to_owned(), column.name.clone());
        if let Some(said) = self.decisions.conversions.get(&key) {
            return Some(said.clone());
        }
        match conversion(&column.name, &known.column_type, &column.column_type) {
            Conversion::None => None,
            Conversion::Using(using) => Some(using),
            Conversion::Refused(reason) => {
                self.plan.questions.push(Question::Conversion {
                    table: key.0,
                    column: key.1,
                    from: known.column_type.clone(),
                    to: column.column_type.clone(),
                    reason,
                });
                None
            }
        }
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
                    concurrently: false,
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

/// Whether a table has what a foreign key references as it is to be: the columns, and the key or unique index over them.
fn is_settled(parent: &TableDefinition, new: &State, key: &ForeignKeyDefinition) -> bool {
    let Some(wanted) = new.table(&parent.name) else {
        return false;
    };
    let same = |name: &String| parent.column(name) == wanted.column(name);
    let over = |index: &IndexDefinition| index.unique && index.columns == key.references_columns;
    key.references_columns.iter().all(same)
        && (parent.primary_key == key.references_columns || parent.indexes.iter().any(over))
        && parent.primary_key == wanted.primary_key
}

fn drop_index(table: &str, index: &str) -> Operation {
    Operation::DropIndex {
        table: table.to_owned(),
        index: index.to_owned(),
        concurrently: false,
    }
}

fn same_index(left: &IndexDefinition, right: &IndexDefinition) -> bool {
    left.columns == right.columns && left.unique == right.unique
}

fn same_key(left: &ForeignKeyDefinition, right: &ForeignKeyDefinition) -> bool {
    let named = ForeignKeyDefinition {
        name: right.name.clone(),
        ..left.clone()
    };
    named == *right
}

fn same_check(left: &CheckDefinition, right: &CheckDefinition) -> bool {
    left.expression == right.expression
}

fn index_name(index: &IndexDefinition) -> &String {
    &index.name
}

fn key_name(key: &ForeignKeyDefinition) -> &String {
    &key.name
}

fn check_name(check: &CheckDefinition) -> &String {
    &check.name
}

/// The names of the parts that need not be made anew: those that are the same, but for a name that is free.
fn kept<T: PartialEq>(
    now: &[T],
    new: &[T],
    name: impl Fn(&T) -> &String,
    same: impl Fn(&T, &T) -> bool,
) -> BTreeSet<String> {
    let unchanged = now.iter().filter(|part| new.contains(part));
    let mut kept: BTreeSet<String> = unchanged.map(|part| name(part).clone()).collect();
    let renames = renamed(now, new, name, same).into_iter();
    kept.extend(renames.map(|(name, _)| name));
    kept
}

/// The parts that have another name and are the same but for it: old name, new name. A name that something else has is left:
/// such parts are dropped and made anew.
fn renamed<T>(
    now: &[T],
    new: &[T],
    name: impl Fn(&T) -> &String,
    same: impl Fn(&T, &T) -> bool,
) -> Vec<(String, String)> {
    let known = |parts: &[T], wanted: &String| parts.iter().any(|part| name(part) == wanted);
    let mut pairs: Vec<(String, String)> = Vec::new();
    for part in now.iter().filter(|part| !known(new, name(part))) {
        let to = new.iter().find(|other| {
            same(part, other)
                && !known(now, name(other))
                && !pairs.iter().any(|(_, taken)| taken == name(other))
        });
        pairs.extend(to.map(|to| (name(part).clone(), name(to).clone())));
    }
    pairs
}

/// Renames in an order in which each new name is free; in a circle one goes by a name of its own for a while.
fn in_free_order(mut renames: Vec<(String, String)>) -> Vec<(String, String)> {
    let mut ordered = Vec::new();
    while !renames.is_empty() {
        let free = |(_, to): &(String, String)| !renames.iter().any(|(name, _)| name == to);
        match renames.iter().position(free) {
            Some(next) => ordered.push(renames.remove(next)),
            None => {
                let (name, _) = &mut renames[0];
                let aside = format!("birgus_{}", ordered.len());
                ordered.push((std::mem::replace(name, aside.clone()), aside));
            }
        }
    }
    ordered
}
