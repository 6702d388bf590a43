//! Changes of tables that exist: what `ALTER TABLE` does right it does, for the rest the table is made anew, once for all changes
//! that follow each other.

use std::collections::BTreeMap;

use birgus_core::backend::{ChangeKind, Dialect, Effect, SchemaStep, TableChange};
use birgus_core::query::{Node, column_sql};
use birgus_core::schema::{ColumnExpression, Table};
use birgus_core::{Error, Result};

use crate::ddl;
use crate::dialect::SqliteDialect;
use crate::rebuild::Rebuild;

/// The steps of changes of one table.
///
/// # Errors
///
/// `is_invalid_model()` for an expression that can't be written, `is_configuration()` for a part that the tables don't have.
pub(crate) fn steps(dialect: &SqliteDialect, changes: &[TableChange]) -> Result<Vec<SchemaStep>> {
    let mut steps = Vec::new();
    if changes.iter().all(is_native) {
        for change in changes {
            let statements = native(dialect, change)?;
            steps.extend(statements.into_iter().map(SchemaStep::transactional));
        }
        return Ok(steps);
    }
    let mut draft: Option<Draft<'_>> = None;
    for change in changes {
        let renames = matches!(
            change.kind,
            ChangeKind::RenameTable | ChangeKind::RenameColumn { .. }
        );
        // The engine itself renames, so that others that mention the name follow: before anything is made anew.
        if renames && let Some(ready) = draft.take_if(|draft| draft.is_changed) {
            steps.push(ready.finish()?);
        }
        draft
            .get_or_insert_with(|| Draft::new(dialect, &change.before))
            .change(change)?;
    }
    if let Some(draft) = draft {
        steps.push(draft.finish()?);
    }
    Ok(steps)
}

/// Whether `ALTER TABLE` leaves the table as it would have been made.
pub(crate) fn is_native(change: &TableChange) -> bool {
    match &change.kind {
        ChangeKind::CreateIndex { .. }
        | ChangeKind::DropIndex { .. }
        | ChangeKind::RenameIndex { .. } => true,
        ChangeKind::AddColumn { column, .. } => change.after.column(column).is_some_and(|column| {
            column.nullable
                && !column.identity
                && column.computed.is_none()
                && column.default.is_none()
        }),
        ChangeKind::DropColumn { column } => {
            let before = &change.before;
            let holds = |columns: &[String]| columns.iter().any(|name| name == column);
            !holds(&before.primary_key)
                && !before.indexes.iter().any(|index| holds(&index.columns))
                && !before.foreign_keys.iter().any(|key| holds(&key.columns))
        }
        _ => false,
    }
}

fn quoted(dialect: &SqliteDialect, name: &str) -> String {
    let mut quoted = String::new();
    dialect.quote_identifier(&mut quoted, name);
    quoted
}

fn native(dialect: &SqliteDialect, change: &TableChange) -> Result<Vec<String>> {
    let table = quoted(dialect, &change.before.name);
    let create = |name: &str| -> Result<String> {
        let index = change.after.require_index(name)?;
        Ok(dialect.create_index(&change.after, index))
    };
    Ok(match &change.kind {
        ChangeKind::CreateIndex { index, .. } => vec![create(index)?],
        ChangeKind::DropIndex { index, .. } => {
            vec![dialect.drop_index(&change.before.name, index)]
        }
        ChangeKind::RenameIndex { index, to } => {
            vec![dialect.drop_index(&change.before.name, index), create(to)?]
        }
        ChangeKind::AddColumn { column, fill } => {
            let added = change.after.require_column(column)?;
            let definition = ddl::define(dialect, &change.after, added)?;
            let mut statements = vec![format!("ALTER TABLE {table} ADD COLUMN {definition}")];
            if let Some(fill) = fill {
                let value = written(dialect, &change.before, column, fill)?;
                let column = quoted(dialect, column);
                statements.push(format!("UPDATE {table} SET {column} = {value}"));
            }
            statements
        }
        ChangeKind::DropColumn { column } => {
            let column = quoted(dialect, column);
            vec![format!("ALTER TABLE {table} DROP COLUMN {column}")]
        }
        other => {
            return Err(Error::unsupported(format!(
                "{}: SQLite has no statement for {other:?}",
                change.before.name
            )));
        }
    })
}

fn written(
    dialect: &SqliteDialect,
    table: &Table,
    column: &str,
    expression: &Node,
) -> Result<String> {
    let expression = ColumnExpression::new(expression.clone());
    column_sql(dialect, &table.name, column, &expression)
}

/// A table that is to be made anew, while the changes are gathered.
struct Draft<'a> {
    dialect: &'a SqliteDialect,
    first: &'a Table,
    last: &'a Table,
    /// What the engine renames by itself, before.
    renames: Vec<String>,
    /// What rows get, by column: an expression over the table as it is renamed.
    values: BTreeMap<String, String>,
    is_changed: bool,
}

impl<'a> Draft<'a> {
    fn new(dialect: &'a SqliteDialect, first: &'a Table) -> Self {
        let stored = first
            .columns
            .iter()
            .filter(|column| column.computed.is_none());
        Self {
            dialect,
            first,
            last: first,
            renames: Vec::new(),
            values: stored
                .map(|column| (column.name.clone(), quoted(dialect, &column.name)))
                .collect(),
            is_changed: false,
        }
    }

    fn change(&mut self, change: &'a TableChange) -> Result<()> {
        self.last = &change.after;
        let dialect = self.dialect;
        match &change.kind {
            ChangeKind::RenameTable => {
                let (old, new) = (&change.before.name, &change.after.name);
                self.renames.push(format!(
                    "ALTER TABLE {} RENAME TO {}",
                    quoted(dialect, old),
                    quoted(dialect, new)
                ));
                return Ok(());
            }
            ChangeKind::RenameColumn { column, to } => {
                self.renames.push(format!(
                    "ALTER TABLE {} RENAME COLUMN {} TO {}",
                    quoted(dialect, &change.before.name),
                    quoted(dialect, column),
                    quoted(dialect, to)
                ));
                if self.values.remove(column).is_some() {
                    self.values.insert(to.clone(), quoted(dialect, to));
                }
                return Ok(());
            }
            // One without a value gets its default, NULL, or a number.
            ChangeKind::AddColumn {
                column,
                fill: Some(fill),
            } => {
                let value = written(dialect, &change.before, column, fill)?;
                self.values.insert(column.clone(), value);
            }
            ChangeKind::DropColumn { column } => {
                self.values.remove(column);
            }
            ChangeKind::AlterColumn {
                column,
                using,
                fill,
            } => {
                // One that was just added gets what it gets.
                let known = match using {
                    Some(using) => Some(written(dialect, &change.before, column, using)?),
                    None => self.values.get(column).cloned(),
                };
                if let Some(mut value) = known {
                    if let Some(fill) = fill {
                        let fill = written(dialect, &change.after, column, fill)?;
                        value = format!("COALESCE({value}, {fill})");
                    }
                    self.values.insert(column.clone(), value);
                }
            }
            _ => {}
        }
        self.is_changed = true;
        Ok(())
    }

    fn finish(self) -> Result<SchemaStep> {
        let rebuild = Rebuild::new(
            self.dialect,
            self.first,
            self.last,
            self.renames,
            &self.values,
        )?;
        let step = SchemaStep::program(rebuild, Effect::Transactional);
        Ok(step.without_foreign_keys())
    }
}
