//! A table.

use super::{Check, Column, ForeignKey, Index, primary_key_name};
use crate::{Error, Result};

/// A table: what a model declares, what `create_all` makes, what `introspect` reads back.
///
/// Indexes, foreign keys and checks are sorted by name, columns stand in their order, so that two tables are equal
/// when they are the same.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Table {
    /// The name in the database.
    pub name: String,
    /// The columns, in order.
    pub columns: Vec<Column>,
    /// The columns of the primary key, in order.
    pub primary_key: Vec<String>,
    /// The indexes, unique ones among them.
    pub indexes: Vec<Index>,
    /// The foreign keys.
    pub foreign_keys: Vec<ForeignKey>,
    /// The checks that the user declared; those that an engine needs for a type are not listed.
    pub checks: Vec<Check>,
    /// What the database tells people about it.
    pub comment: Option<String>,
}

impl Table {
    /// A table without columns.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            columns: Vec::new(),
            primary_key: Vec::new(),
            indexes: Vec::new(),
            foreign_keys: Vec::new(),
            checks: Vec::new(),
            comment: None,
        }
    }

    /// The column of that name.
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// The column of that name, which must be there.
    ///
    /// # Errors
    ///
    /// `is_configuration()` when there is none.
    pub fn require_column(&self, name: &str) -> Result<&Column> {
        self.require(&self.columns, name, "column", |column| &column.name)
    }

    /// The index of that name, which must be there.
    ///
    /// # Errors
    ///
    /// As [`Table::require_column`].
    pub fn require_index(&self, name: &str) -> Result<&Index> {
        self.require(&self.indexes, name, "index", |index| &index.name)
    }

    /// The foreign key of that name, which must be there.
    ///
    /// # Errors
    ///
    /// As [`Table::require_column`].
    pub fn require_foreign_key(&self, name: &str) -> Result<&ForeignKey> {
        self.require(&self.foreign_keys, name, "foreign key", |key| &key.name)
    }

    /// The check of that name, which must be there.
    ///
    /// # Errors
    ///
    /// As [`Table::require_column`].
    pub fn require_check(&self, name: &str) -> Result<&Check> {
        self.require(&self.checks, name, "check", |check| &check.name)
    }

    fn require<'a, T>(
        &self,
        parts: &'a [T],
        wanted: &str,
        kind: &str,
        name: impl Fn(&T) -> &String,
    ) -> Result<&'a T> {
        let found = parts.iter().find(|part| name(part) == wanted);
        found.ok_or_else(|| {
            Error::configuration(format!("{}: there is no {kind} {wanted}", self.name))
        })
    }

    /// The column whose value the database assigns.
    pub fn identity_column(&self) -> Option<&Column> {
        self.columns.iter().find(|column| column.identity)
    }

    /// The name of the primary key constraint, on engines that name it.
    pub fn primary_key_name(&self) -> String {
        primary_key_name(&self.name)
    }

    /// Whether an index, or the primary key, begins with these columns: then a search by them needs no other.
    pub fn is_indexed_by(&self, columns: &[String]) -> bool {
        self.primary_key.starts_with(columns)
            || self
                .indexes
                .iter()
                .any(|index| index.columns.starts_with(columns))
    }

    /// Puts the parts that have no order of their own into the order in which tables are compared.
    #[must_use]
    pub fn sorted(mut self) -> Self {
        self.indexes
            .sort_by(|left, right| left.name.cmp(&right.name));
        self.foreign_keys
            .sort_by(|left, right| left.name.cmp(&right.name));
        self.checks
            .sort_by(|left, right| left.name.cmp(&right.name));
        self
    }
}
