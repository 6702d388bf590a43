//! What a database holds, as far as it can be described.

use std::fmt;

use super::Table;
use crate::{Error, Result};

/// What [`Dialect::inspect`](crate::backend::Dialect::inspect) finds.
#[derive(Debug, Default)]
pub struct Inspected {
    /// The tables, sorted by name, without what is left out.
    pub tables: Vec<Table>,
    /// What can't be described, in the order in which it was met.
    pub left_out: Vec<LeftOut>,
    /// Defaults, computed columns and checks, as the engine writes them: their text is of that engine alone.
    pub expressions: Vec<DatabaseExpression>,
}

/// A part of a table that can't be described.
#[derive(Debug)]
pub struct LeftOut {
    /// The table.
    pub table: String,
    /// The columns: one of a type that Birgus has none for, or those of a foreign key.
    pub columns: Vec<String>,
    /// The foreign key, when it is one.
    pub foreign_key: Option<String>,
    /// Whether a new row must have a value in it.
    pub required: bool,
    /// Why; it names `table.column`.
    pub error: Error,
}

/// An expression as an engine writes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DatabaseExpression {
    /// The table.
    pub table: String,
    /// What it is the expression of.
    pub of: ExpressionOf,
    /// The engine's own text.
    pub sql: String,
}

/// What an expression belongs to, by name.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ExpressionOf {
    /// The default of a column.
    Default(String),
    /// A computed column.
    Computed(String),
    /// A check.
    Check(String),
}

impl Inspected {
    /// Leaves a column out, which can't be described; whether a new row must have a value in it.
    pub fn leave_out(&mut self, table: &str, column: &str, required: bool, error: Error) {
        self.left_out.push(LeftOut {
            table: table.to_owned(),
            columns: vec![column.to_owned()],
            foreign_key: None,
            required,
            error,
        });
    }

    /// Leaves a foreign key out, which can't be described.
    pub fn leave_out_foreign_key(
        &mut self,
        table: &str,
        name: &str,
        columns: Vec<String>,
        error: Error,
    ) {
        self.left_out.push(LeftOut {
            table: table.to_owned(),
            columns,
            foreign_key: Some(name.to_owned()),
            required: false,
            error,
        });
    }

    /// The engine's text of an expression.
    pub fn expression(&self, table: &str, of: &ExpressionOf) -> Option<&str> {
        (self.expressions.iter())
            .find(|expression| expression.table == table && expression.of == *of)
            .map(|expression| expression.sql.as_str())
    }

    /// Whether a column is left out.
    pub fn leaves_out(&self, table: &str, column: &str) -> bool {
        self.left_out.iter().any(|left| {
            left.foreign_key.is_none() && left.table == table && left.columns == [column]
        })
    }

    /// The tables without what stands on columns that are left out: indexes, foreign keys, primary keys.
    #[must_use]
    pub fn settled(mut self) -> Self {
        let mut tables = std::mem::take(&mut self.tables);
        for table in &mut tables {
            let name = table.name.clone();
            let whole =
                |columns: &[String]| !columns.iter().any(|column| self.leaves_out(&name, column));
            table.indexes.retain(|index| whole(&index.columns));
            table.foreign_keys.retain(|key| {
                let references = &key.references_table;
                whole(&key.columns)
                    && !(key.references_columns.iter())
                        .any(|column| self.leaves_out(references, column))
            });
            if !whole(&table.primary_key) {
                table.primary_key.clear();
            }
        }
        self.tables = tables;
        self
    }

    /// The tables, when all of them can be described.
    ///
    /// # Errors
    ///
    /// `is_unsupported()`: the first part that can't.
    pub fn whole(self) -> Result<Vec<Table>> {
        match self.left_out.into_iter().next() {
            Some(left) => Err(left.error),
            None => Ok(self.tables),
        }
    }
}

impl fmt::Display for LeftOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.error)
    }
}
