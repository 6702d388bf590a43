//! Changes of tables that exist.
//!
//! DDL commits by itself, so each step is one statement, which the server carries out in whole or not at all
//! (<https://dev.mysql.com/doc/refman/8.4/en/atomic-ddl.html>, <https://mariadb.com/kb/en/atomic-ddl/>), and leaves something
//! behind by which it can be told whether it is done.

use birgus_core::backend::{
    ChangeKind, Connection, Dialect, Effect, SchemaObject, SchemaStep, StepProgram, TableChange,
};
use birgus_core::query::{Node, check_sql, column_sql};
use birgus_core::schema::{Check, Column, ColumnExpression, Index, Table};
use birgus_core::{Error, Result};

use crate::dialect::MysqlDialect;
use crate::{ddl, literal};

/// What a column is called that takes the place of another one.
const ASIDE: &str = "birgus_new_column";

/// The steps of changes of one table.
///
/// # Errors
///
/// `is_invalid_model()` for an expression that can't be written, `is_configuration()` for a part that the tables don't have.
pub(crate) fn steps(dialect: &MysqlDialect, changes: &[TableChange]) -> Result<Vec<SchemaStep>> {
    let mut steps = Vec::new();
    let mut changes = changes.iter().peekable();
    while let Some(change) = changes.next() {
        let mut writing = Change {
            dialect,
            before: &change.before,
            after: &change.after,
            steps: &mut steps,
        };
        // A column that the server numbers must be a key from the start.
        if let ChangeKind::AddColumn { column, .. } = &change.kind
            && change.after.require_column(column)?.identity
            && let Some(key) =
                changes.next_if(|next| matches!(next.kind, ChangeKind::ChangePrimaryKey))
        {
            writing.after = &key.after;
            writing.add_key(column)?;
            continue;
        }
        writing.write(&change.kind)?;
    }
    Ok(steps)
}

struct Change<'a> {
    dialect: &'a MysqlDialect,
    before: &'a Table,
    after: &'a Table,
    steps: &'a mut Vec<SchemaStep>,
}

impl Change<'_> {
    fn write(&mut self, kind: &ChangeKind) -> Result<()> {
        match kind {
            ChangeKind::RenameTable => self.rename_table(),
            ChangeKind::CommentTable => {
                let mut clause = String::from("COMMENT = ");
                literal::write_string(&mut clause, self.after.comment.as_deref().unwrap_or(""));
                self.alter(&[clause], Effect::Repeatable);
            }
            ChangeKind::AddColumn { column, fill } => self.add_column(column, fill.as_ref())?,
            ChangeKind::DropColumn { column } => {
                let known = self.before.require_column(column)?;
                if let Some((check, _)) = ddl::type_check(self.dialect, self.before, known) {
                    self.drop_check_if_there(&check);
                }
                let clause = format!("DROP COLUMN {}", self.quoted(column));
                let effect = Effect::Drops(self.column(column));
                self.alter(&[clause], effect);
            }
            ChangeKind::RenameColumn { column, to } => self.rename_column(column, to)?,
            ChangeKind::AlterColumn {
                column,
                using,
                fill,
            } => match using {
                Some(using) => self.convert_column(column, using, fill.as_ref())?,
                None => self.alter_column(column, fill.as_ref())?,
            },
            ChangeKind::ChangePrimaryKey => {
                let mut clauses = Vec::new();
                self.write_primary_key(&mut clauses);
                let effect = Effect::Creates(self.primary_key());
                self.alter(&clauses, effect);
            }
            ChangeKind::CreateIndex { index, .. } => {
                let index = self.after.require_index(index)?;
                let sql = self.dialect.create_index(self.after, index);
                let effect = Effect::Creates(self.index(&index.name));
                self.steps.push(SchemaStep::sql(sql, effect));
            }
            ChangeKind::DropIndex { index, .. } => {
                let sql = self.dialect.drop_index(&self.after.name, index);
                let effect = Effect::Drops(self.index(index));
                self.steps.push(SchemaStep::sql(sql, effect));
            }
            ChangeKind::RenameIndex { index, to } => {
                let clause = format!("RENAME INDEX {} TO {}", self.quoted(index), self.quoted(to));
                let effect = Effect::Creates(self.index(to));
                self.alter(&[clause], effect);
            }
            ChangeKind::AddForeignKey { foreign_key } => self.add_foreign_key(foreign_key)?,
            ChangeKind::DropForeignKey { foreign_key } => self.drop_foreign_key(foreign_key),
            ChangeKind::RenameForeignKey { foreign_key, to } => {
                self.drop_foreign_key(foreign_key);
                self.add_foreign_key(to)?;
            }
            ChangeKind::AddCheck { check } => self.add_user_check(check)?,
            ChangeKind::DropCheck { check } => self.drop_check(check),
            ChangeKind::RenameCheck { check, to } => {
                self.drop_check(check);
                self.add_user_check(to)?;
            }
            other => {
                return Err(Error::unsupported(format!(
                    "{}: {} has no {other:?}",
                    self.before.name,
                    self.dialect.name()
                )));
            }
        }
        Ok(())
    }

    fn quoted(&self, name: &str) -> String {
        let mut quoted = String::new();
        self.dialect.quote_identifier(&mut quoted, name);
        quoted
    }

    fn column(&self, name: &str) -> SchemaObject {
        SchemaObject::Column {
            table: self.after.name.clone(),
            name: name.to_owned(),
        }
    }

    fn index(&self, name: &str) -> SchemaObject {
        SchemaObject::Index {
            table: self.after.name.clone(),
            name: name.to_owned(),
        }
    }

    fn check(&self, name: &str) -> SchemaObject {
        SchemaObject::Check {
            table: self.after.name.clone(),
            name: name.to_owned(),
        }
    }

    fn foreign_key(&self, name: &str) -> SchemaObject {
        SchemaObject::ForeignKey {
            table: self.after.name.clone(),
            name: name.to_owned(),
        }
    }

    fn primary_key(&self) -> SchemaObject {
        SchemaObject::PrimaryKeyColumns {
            table: self.after.name.clone(),
            columns: self.after.primary_key.clone(),
        }
    }

    fn alter(&mut self, clauses: &[String], effect: Effect) {
        let sql = format!(
            "ALTER TABLE {} {}",
            self.quoted(&self.after.name),
            clauses.join(", ")
        );
        self.steps.push(SchemaStep::sql(sql, effect));
    }

    fn definition(&self, table: &Table, column: &Column) -> Result<String> {
        let mut definition = String::new();
        ddl::write_column(&mut definition, self.dialect, table, column)?;
        Ok(definition)
    }

    fn expression(&self, table: &Table, column: &str, node: &Node) -> Result<String> {
        let expression = ColumnExpression::new(node.clone());
        column_sql(self.dialect, &table.name, column, &expression)
    }

    fn drop_check(&mut self, name: &str) {
        let clause = format!("DROP CONSTRAINT {}", self.quoted(name));
        let effect = Effect::Drops(self.check(name));
        self.alter(&[clause], effect);
    }

    /// Drops a check of a type: a table that was made elsewhere has none.
    fn drop_check_if_there(&mut self, name: &str) {
        let sql = format!(
            "ALTER TABLE {} DROP CONSTRAINT {}",
            self.quoted(&self.after.name),
            self.quoted(name)
        );
        let program = IfThere {
            object: self.check(name),
            sql,
        };
        let effect = Effect::Drops(self.check(name));
        self.steps.push(SchemaStep::program(program, effect));
    }

    fn check_clause(&self, name: &str, condition: &str) -> String {
        format!("ADD CONSTRAINT {} CHECK ({condition})", self.quoted(name))
    }

    fn add_check(&mut self, name: &str, condition: &str) {
        let clause = self.check_clause(name, condition);
        let effect = Effect::Creates(self.check(name));
        self.alter(&[clause], effect);
    }

    fn condition(&self, table: &Table, check: &Check) -> Result<String> {
        let Some(expression) = &check.expression else {
            return Err(Error::unsupported(format!(
                "{}: the expression of the check {} is not known",
                table.name, check.name
            )));
        };
        let condition = check_sql(self.dialect, &table.name, expression)?;
        Ok(literal::without_backslash(&condition))
    }

    fn add_user_check(&mut self, name: &str) -> Result<()> {
        let check = self.after.require_check(name)?;
        let condition = self.condition(self.after, check)?;
        self.add_check(name, &condition);
        Ok(())
    }

    fn add_foreign_key(&mut self, name: &str) -> Result<()> {
        let key = self.after.require_foreign_key(name)?;
        // A column that a key changes can't be checked: what its type needs stands in its comment then.
        for column in &key.columns {
            self.follow_foreign_keys(column)?;
        }
        let sql = self.dialect.add_foreign_key(&self.after.name, key);
        let effect = Effect::Creates(self.foreign_key(name));
        self.steps.push(SchemaStep::sql(sql, effect));
        Ok(())
    }

    fn drop_foreign_key(&mut self, name: &str) {
        let sql = self.dialect.drop_foreign_key(&self.after.name, name);
        let effect = Effect::Drops(self.foreign_key(name));
        self.steps.push(SchemaStep::sql(sql, effect));
        let key = self.before.foreign_keys.iter().find(|key| key.name == name);
        for column in key.map(|key| key.columns.clone()).unwrap_or_default() {
            // What can't be written was there before: it stays.
            let _ = self.follow_foreign_keys(&column);
        }
    }

    /// Moves what a column's type needs from its check to its comment, or back, as foreign keys come and go.
    fn follow_foreign_keys(&mut self, column: &str) -> Result<()> {
        let (Some(before), Some(after)) = (self.before.column(column), self.after.column(column))
        else {
            return Ok(());
        };
        let was = ddl::type_check(self.dialect, self.before, before);
        let is = ddl::type_check(self.dialect, self.after, after);
        if was == is {
            return Ok(());
        }
        if let Some((check, _)) = was {
            self.drop_check_if_there(&check);
        }
        let clause = format!("MODIFY COLUMN {}", self.definition(self.after, after)?);
        self.alter(&[clause], Effect::Repeatable);
        if let Some((check, condition)) = is {
            self.add_check(&check, &condition);
        }
        Ok(())
    }

    fn rename_table(&mut self) {
        let (old, new) = (
            self.quoted(&self.before.name),
            self.quoted(&self.after.name),
        );
        let effect = Effect::Creates(SchemaObject::Table(self.after.name.clone()));
        self.steps.push(SchemaStep::sql(
            format!("RENAME TABLE {old} TO {new}"),
            effect,
        ));
        for column in &self.after.columns {
            let was = ddl::type_check(self.dialect, self.before, column);
            let is = ddl::type_check(self.dialect, self.after, column);
            if let (Some((old, _)), Some((new, condition))) = (was, is) {
                self.drop_check_if_there(&old);
                self.add_check(&new, &condition);
            }
        }
    }

    /// A check that looks at a column keeps its name from changing: it is dropped and added within the same statement.
    fn rename_column(&mut self, column: &str, to: &str) -> Result<()> {
        let (before, after) = (
            self.before.require_column(column)?,
            self.after.require_column(to)?,
        );
        if let Some((check, _)) = ddl::type_check(self.dialect, self.before, before) {
            self.drop_check_if_there(&check);
        }
        let looking: Vec<&Check> = self
            .before
            .checks
            .iter()
            .filter(|check| looks_at(check, column))
            .collect();
        for check in &looking {
            self.drop_check(&check.name);
        }
        // The whole definition: what its type needs may stand in its comment, with its name.
        let clause = format!(
            "CHANGE COLUMN {} {}",
            self.quoted(column),
            self.definition(self.after, after)?
        );
        let effect = Effect::Creates(self.column(to));
        self.alter(&[clause], effect);
        for check in looking {
            self.add_user_check(&check.name)?;
        }
        if let Some((check, condition)) = ddl::type_check(self.dialect, self.after, after) {
            self.add_check(&check, &condition);
        }
        Ok(())
    }

    fn add_column(&mut self, column: &str, fill: Option<&Node>) -> Result<()> {
        let column = self.after.require_column(column)?;
        let check = ddl::type_check(self.dialect, self.after, column);
        let effect = Effect::Creates(self.column(&column.name));
        let Some(fill) = fill else {
            let mut clauses = vec![format!(
                "ADD COLUMN {}",
                self.definition(self.after, column)?
            )];
            clauses.extend(check.map(|(name, condition)| self.check_clause(&name, &condition)));
            self.alter(&clauses, effect);
            return Ok(());
        };
        let mut first = column.clone();
        first.nullable = true;
        let clause = format!("ADD COLUMN {}", self.definition(self.after, &first)?);
        self.alter(&[clause], effect);
        let value = self.expression(self.before, &column.name, fill)?;
        self.set(&column.name, &value, "");
        if !column.nullable {
            let clause = format!("MODIFY COLUMN {}", self.definition(self.after, column)?);
            self.alter(&[clause], Effect::Repeatable);
        }
        if let Some((check, condition)) = check {
            self.add_check(&check, &condition);
        }
        Ok(())
    }

    fn set(&mut self, column: &str, value: &str, condition: &str) {
        let sql = format!(
            "UPDATE {} SET {} = {value}{condition}",
            self.quoted(&self.after.name),
            self.quoted(column)
        );
        self.steps.push(SchemaStep::transactional(sql));
    }

    /// A new column that the server numbers, which is the key at once.
    fn add_key(&mut self, column: &str) -> Result<()> {
        let known = self.after.require_column(column)?;
        let mut clauses = vec![format!(
            "ADD COLUMN {}",
            self.definition(self.after, known)?
        )];
        self.write_primary_key(&mut clauses);
        let effect = Effect::Creates(self.column(column));
        self.alter(&clauses, effect);
        Ok(())
    }

    fn write_primary_key(&self, clauses: &mut Vec<String>) {
        if !self.before.primary_key.is_empty() {
            clauses.push("DROP PRIMARY KEY".to_owned());
        }
        if !self.after.primary_key.is_empty() {
            clauses.push(self.primary_key_clause());
        }
    }

    fn primary_key_clause(&self) -> String {
        let columns: Vec<String> = self
            .after
            .primary_key
            .iter()
            .map(|name| self.quoted(name))
            .collect();
        format!("ADD PRIMARY KEY ({})", columns.join(", "))
    }

    /// A column whose values stay what they are.
    fn alter_column(&mut self, column: &str, fill: Option<&Node>) -> Result<()> {
        let (before, after) = (
            self.before.require_column(column)?,
            self.after.require_column(column)?,
        );
        let was = ddl::type_check(self.dialect, self.before, before);
        let is = ddl::type_check(self.dialect, self.after, after);
        if let (Some((check, _)), true) = (&was, was != is) {
            self.drop_check_if_there(check);
        }
        // A default of the new type may have no form in the old one, and NULL goes before it is forbidden.
        if let Some(fill) = fill {
            let value = self.expression(self.after, column, fill)?;
            let condition = format!(" WHERE {} IS NULL", self.quoted(column));
            self.set(column, &value, &condition);
        }
        let clause = format!("MODIFY COLUMN {}", self.definition(self.after, after)?);
        self.alter(&[clause], Effect::Repeatable);
        if let (Some((check, condition)), true) = (&is, was != is) {
            self.add_check(check, condition);
        }
        Ok(())
    }

    /// A column whose values are converted: a new one beside it is filled, and takes its place in one statement, with all that
    /// stands over it.
    fn convert_column(&mut self, column: &str, using: &Node, fill: Option<&Node>) -> Result<()> {
        let (before, after) = (
            self.before.require_column(column)?,
            self.after.require_column(column)?,
        );
        let mut aside = after.clone();
        ASIDE.clone_into(&mut aside.name);
        aside.nullable = true;
        aside.default = None;
        aside.comment = None;
        let clause = format!(
            "ADD COLUMN {} AFTER {}",
            self.definition(self.after, &aside)?,
            self.quoted(column)
        );
        let effect = Effect::Creates(self.column(ASIDE));
        self.alter(&[clause], effect);
        let value = self.expression(self.before, column, using)?;
        self.set(ASIDE, &value, "");
        if let Some(fill) = fill {
            let value = self.expression(self.after, column, fill)?;
            let condition = format!(" WHERE {} IS NULL", self.quoted(ASIDE));
            self.set(ASIDE, &value, &condition);
        }
        let looking: Vec<&Check> = self
            .before
            .checks
            .iter()
            .filter(|check| looks_at(check, column))
            .collect();
        for check in &looking {
            self.drop_check(&check.name);
        }
        if let Some((check, _)) = ddl::type_check(self.dialect, self.before, before) {
            self.drop_check_if_there(&check);
        }
        let over: Vec<&Index> = (self.before.indexes.iter())
            .filter(|index| index.columns.iter().any(|name| name == column))
            .collect();
        let in_key = self.before.primary_key.iter().any(|name| name == column);
        let mut clauses = Vec::new();
        if in_key {
            clauses.push("DROP PRIMARY KEY".to_owned());
        }
        for index in &over {
            clauses.push(format!("DROP INDEX {}", self.quoted(&index.name)));
        }
        clauses.push(format!("DROP COLUMN {}", self.quoted(column)));
        clauses.push(format!(
            "CHANGE COLUMN {} {}",
            self.quoted(ASIDE),
            self.definition(self.after, after)?
        ));
        if in_key {
            clauses.push(self.primary_key_clause());
        }
        for index in over {
            let columns: Vec<String> = index.columns.iter().map(|name| self.quoted(name)).collect();
            clauses.push(format!(
                "ADD {} {} ({})",
                if index.unique {
                    "UNIQUE INDEX"
                } else {
                    "INDEX"
                },
                self.quoted(&index.name),
                columns.join(", ")
            ));
        }
        let effect = Effect::Drops(self.column(ASIDE));
        self.alter(&clauses, effect);
        for check in looking {
            self.add_user_check(&check.name)?;
        }
        if let Some((check, condition)) = ddl::type_check(self.dialect, self.after, after) {
            self.add_check(&check, &condition);
        }
        Ok(())
    }
}

/// A statement that runs where something is there.
#[derive(Debug)]
struct IfThere {
    object: SchemaObject,
    sql: String,
}

impl StepProgram for IfThere {
    fn statements(&self) -> Vec<String> {
        vec![self.sql.clone()]
    }

    fn run(&self, connection: &mut dyn Connection) -> Result<()> {
        if connection
            .dialect()
            .object_exists(connection, &self.object)?
        {
            connection.batch(&self.sql)?;
        }
        Ok(())
    }
}

fn looks_at(check: &Check, column: &str) -> bool {
    let expression = check.expression.as_ref();
    expression.is_some_and(|node| node.columns().iter().any(|read| read.name == column))
}
