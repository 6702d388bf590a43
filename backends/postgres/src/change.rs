//! Changes of tables that exist. DDL takes part in transactions, so a change may be several statements.

use birgus_core::backend::{
    ChangeKind, Connection, Dialect, Effect, SchemaObject, SchemaStep, StepProgram, TableChange,
};
use birgus_core::query::{Node, check_sql, column_sql};
use birgus_core::schema::{Column, ColumnExpression, Table};
use birgus_core::{Error, Result};

use crate::{PostgresDialect, ddl, literal};

/// The steps of changes of one table.
///
/// # Errors
///
/// `is_invalid_model()` for an expression that can't be written, `is_configuration()` for a part that the tables don't have.
pub(crate) fn steps(dialect: &PostgresDialect, changes: &[TableChange]) -> Result<Vec<SchemaStep>> {
    let mut steps = Vec::new();
    for change in changes {
        Change {
            dialect,
            before: &change.before,
            after: &change.after,
            steps: &mut steps,
        }
        .write(&change.kind)?;
    }
    Ok(steps)
}

struct Change<'a> {
    dialect: &'a PostgresDialect,
    before: &'a Table,
    after: &'a Table,
    steps: &'a mut Vec<SchemaStep>,
}

impl Change<'_> {
    fn write(&mut self, kind: &ChangeKind) -> Result<()> {
        match kind {
            ChangeKind::RenameTable => self.rename_table(),
            ChangeKind::CommentTable => self.run(ddl::comment_table(self.dialect, self.after)),
            ChangeKind::AddColumn { column, fill } => self.add_column(column, fill.as_ref())?,
            ChangeKind::DropColumn { column } => {
                // Checks of its type go with it.
                let column = self.quoted(column);
                self.alter(format!("DROP COLUMN {column}"));
            }
            ChangeKind::RenameColumn { column, to } => self.rename_column(column, to)?,
            ChangeKind::AlterColumn {
                column,
                using,
                fill,
            } => self.alter_column(column, using.as_ref(), fill.as_ref())?,
            ChangeKind::ChangePrimaryKey => self.change_primary_key(),
            ChangeKind::CreateIndex {
                index,
                concurrently,
            } => self.create_index(index, *concurrently)?,
            ChangeKind::DropIndex {
                index,
                concurrently,
            } => self.drop_index(index, *concurrently),
            ChangeKind::RenameIndex { index, to } => {
                let (index, to) = (self.quoted(index), self.quoted(to));
                self.run(format!("ALTER INDEX {index} RENAME TO {to}"));
            }
            ChangeKind::AddForeignKey { foreign_key } => {
                let key = self.after.require_foreign_key(foreign_key)?;
                self.run(self.dialect.add_foreign_key(&self.after.name, key));
            }
            ChangeKind::DropForeignKey { foreign_key: name }
            | ChangeKind::DropCheck { check: name } => {
                let name = self.quoted(name);
                self.alter(format!("DROP CONSTRAINT {name}"));
            }
            ChangeKind::RenameForeignKey {
                foreign_key: name,
                to,
            }
            | ChangeKind::RenameCheck { check: name, to } => {
                let (name, to) = (self.quoted(name), self.quoted(to));
                self.alter(format!("RENAME CONSTRAINT {name} TO {to}"));
            }
            ChangeKind::AddCheck { check } => {
                let check = self.after.require_check(check)?;
                let Some(expression) = &check.expression else {
                    return Err(Error::unsupported(format!(
                        "{}: the expression of the check {} is not known",
                        self.after.name, check.name
                    )));
                };
                let condition = check_sql(self.dialect, &self.after.name, expression)?;
                self.add_check(&check.name, &condition);
            }
            other => {
                return Err(Error::unsupported(format!(
                    "{}: PostgreSQL has no {other:?}",
                    self.before.name
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

    fn run(&mut self, sql: String) {
        self.steps.push(SchemaStep::transactional(sql));
    }

    fn alter(&mut self, what: String) {
        let table = self.quoted(&self.after.name);
        self.run(format!("ALTER TABLE {table} {what}"));
    }

    fn add_check(&mut self, name: &str, condition: &str) {
        let name = self.quoted(name);
        self.alter(format!("ADD CONSTRAINT {name} CHECK ({condition})"));
    }

    /// Runs statements where a constraint of a table is there: one that was made elsewhere has other names.
    fn where_constraint(&mut self, condition: &str, sql: &str) {
        let mut table = String::new();
        literal::text(&mut table, &self.quoted(&self.after.name));
        let mut statement = String::new();
        literal::text(&mut statement, sql);
        let body = format!(
            "DECLARE own text; BEGIN SELECT conname INTO own FROM pg_catalog.pg_constraint \
             WHERE conrelid = {table}::regclass AND {condition}; \
             IF own IS NOT NULL THEN EXECUTE format({statement}, own); END IF; END"
        );
        let mut block = String::from("DO ");
        literal::text(&mut block, &body);
        self.run(block);
    }

    /// Gives a constraint another name, where there is one of that name.
    fn rename_constraint(&mut self, name: &str, to: &str) {
        let mut condition = String::from("conname = ");
        literal::text(&mut condition, name);
        let sql = format!(
            "ALTER TABLE {} RENAME CONSTRAINT %I TO {}",
            self.quoted(&self.after.name),
            self.quoted(to)
        );
        // `format` takes a percent sign in a name for its own.
        let sql = sql.replace('%', "%%").replace("%%I", "%I");
        self.where_constraint(&condition, &sql);
    }

    fn rename_table(&mut self) {
        let (old, new) = (
            self.quoted(&self.before.name),
            self.quoted(&self.after.name),
        );
        self.run(format!("ALTER TABLE {old} RENAME TO {new}"));
        if !self.after.primary_key.is_empty() {
            self.rename_constraint(
                &self.before.primary_key_name(),
                &self.after.primary_key_name(),
            );
        }
        for column in &self.after.columns {
            self.rename_type_check(column, column);
        }
    }

    fn rename_type_check(&mut self, before: &Column, after: &Column) {
        let names = (
            ddl::type_check(self.dialect, &self.before.name, before),
            ddl::type_check(self.dialect, &self.after.name, after),
        );
        if let (Some((old, _)), Some((new, _))) = names {
            self.rename_constraint(&old, &new);
        }
    }

    fn rename_column(&mut self, column: &str, to: &str) -> Result<()> {
        let before = self.before.require_column(column)?;
        let after = self.after.require_column(to)?;
        let (name, to) = (self.quoted(column), self.quoted(to));
        self.alter(format!("RENAME COLUMN {name} TO {to}"));
        self.rename_type_check(before, after);
        Ok(())
    }

    fn add_column(&mut self, column: &str, fill: Option<&Node>) -> Result<()> {
        let column = self.after.require_column(column)?;
        let mut first = column.clone();
        first.nullable |= fill.is_some();
        let mut definition = String::new();
        ddl::write_column(self.dialect, &mut definition, &first, &self.after.name)?;
        self.alter(format!("ADD COLUMN {definition}"));
        if let Some(fill) = fill {
            let value = self.expression(self.before, &column.name, fill)?;
            let (table, name) = (self.quoted(&self.after.name), self.quoted(&column.name));
            self.run(format!("UPDATE {table} SET {name} = {value}"));
            if !column.nullable {
                self.alter(format!("ALTER COLUMN {name} SET NOT NULL"));
            }
        }
        if let Some((name, condition)) = ddl::type_check(self.dialect, &self.after.name, column) {
            self.add_check(&name, &condition);
        }
        if column.comment.is_some() {
            self.run(ddl::comment_column(self.dialect, &self.after.name, column));
        }
        Ok(())
    }

    fn expression(&self, table: &Table, column: &str, node: &Node) -> Result<String> {
        let expression = ColumnExpression::new(node.clone());
        column_sql(self.dialect, &table.name, column, &expression)
    }

    fn alter_column(
        &mut self,
        column: &str,
        using: Option<&Node>,
        fill: Option<&Node>,
    ) -> Result<()> {
        let before = self.before.require_column(column)?.clone();
        let after = self.after.require_column(column)?.clone();
        let name = self.quoted(column);
        let (was, is) = (
            ddl::storage(&self.before.name, &before)?,
            ddl::storage(&self.after.name, &after)?,
        );
        let retyped = was != is || using.is_some();
        let checks = (
            ddl::type_check(self.dialect, &self.before.name, &before),
            ddl::type_check(self.dialect, &self.after.name, &after),
        );
        let rechecked = checks.0 != checks.1 || using.is_some();
        if let (Some((check, _)), true) = (&checks.0, rechecked) {
            let check = self.quoted(check);
            self.alter(format!("DROP CONSTRAINT IF EXISTS {check}"));
        }
        if before.identity && !after.identity {
            self.alter(format!("ALTER COLUMN {name} DROP IDENTITY IF EXISTS"));
            // A `serial` key has a default instead.
            self.alter(format!("ALTER COLUMN {name} DROP DEFAULT"));
        }
        let defaults = retyped || !same_default(self.dialect, &self.after.name, &before, &after);
        if before.default.is_some() && defaults {
            // A default of the old type may have no form in the new one.
            self.alter(format!("ALTER COLUMN {name} DROP DEFAULT"));
        }
        if retyped {
            let using = match using {
                Some(node) => {
                    let value = self.expression(self.before, column, node)?;
                    format!(" USING ({value})")
                }
                None => String::new(),
            };
            self.alter(format!("ALTER COLUMN {name} TYPE {is}{using}"));
        }
        if let Some(fill) = fill {
            let value = self.expression(self.after, column, fill)?;
            let table = self.quoted(&self.after.name);
            self.run(format!(
                "UPDATE {table} SET {name} = {value} WHERE {name} IS NULL"
            ));
        }
        if before.nullable != after.nullable {
            let what = if after.nullable { "DROP" } else { "SET" };
            self.alter(format!("ALTER COLUMN {name} {what} NOT NULL"));
        }
        if let (Some(default), true) = (&after.default, defaults) {
            let value = column_sql(self.dialect, &self.after.name, column, default)?;
            self.alter(format!("ALTER COLUMN {name} SET DEFAULT ({value})"));
        }
        if after.identity && !before.identity {
            self.alter(format!(
                "ALTER COLUMN {name} ADD GENERATED BY DEFAULT AS IDENTITY"
            ));
            let moved = self.dialect.move_sequence(&self.after.name, column);
            moved.into_iter().for_each(|sql| self.run(sql));
        }
        if let (Some((check, condition)), true) = (&checks.1, rechecked) {
            self.add_check(check, condition);
        }
        if before.comment != after.comment {
            self.run(ddl::comment_column(self.dialect, &self.after.name, &after));
        }
        Ok(())
    }

    fn change_primary_key(&mut self) {
        let table = self.quoted(&self.after.name).replace('%', "%%");
        if !self.before.primary_key.is_empty() {
            let sql = format!("ALTER TABLE {table} DROP CONSTRAINT %I");
            self.where_constraint("contype = 'p'", &sql);
        }
        if !self.after.primary_key.is_empty() {
            let columns: Vec<String> = self
                .after
                .primary_key
                .iter()
                .map(|name| self.quoted(name))
                .collect();
            let name = self.quoted(&self.after.primary_key_name());
            self.alter(format!(
                "ADD CONSTRAINT {name} PRIMARY KEY ({})",
                columns.join(", ")
            ));
        }
    }

    fn create_index(&mut self, index: &str, concurrently: bool) -> Result<()> {
        let index = self.after.require_index(index)?;
        let sql = self.dialect.create_index(self.after, index);
        let object = SchemaObject::Index {
            table: self.after.name.clone(),
            name: index.name.clone(),
        };
        if !concurrently {
            self.steps
                .push(SchemaStep::sql(sql, Effect::Creates(object)));
            return Ok(());
        }
        let build = BuildConcurrently {
            // One whose building broke off is there, of no use, and in the way.
            clean: format!(
                "DROP INDEX CONCURRENTLY IF EXISTS {}",
                self.quoted(&index.name)
            ),
            build: sql.replacen(" INDEX ", " INDEX CONCURRENTLY ", 1),
        };
        let step = SchemaStep::program(build, Effect::Creates(object));
        self.steps.push(step.outside_transaction());
        Ok(())
    }

    fn drop_index(&mut self, index: &str, concurrently: bool) {
        let name = self.quoted(index);
        if concurrently {
            let sql = format!("DROP INDEX CONCURRENTLY IF EXISTS {name}");
            let step = SchemaStep::sql(sql, Effect::Repeatable);
            self.steps.push(step.outside_transaction());
            return;
        }
        // An index that a constraint made goes with it alone.
        let mut condition = String::from("contype IN ('u', 'x') AND conname = ");
        literal::text(&mut condition, index);
        let table = self.quoted(&self.after.name).replace('%', "%%");
        self.where_constraint(
            &condition,
            &format!("ALTER TABLE {table} DROP CONSTRAINT %I"),
        );
        self.run(format!("DROP INDEX IF EXISTS {name}"));
    }
}

fn same_default(dialect: &dyn Dialect, table: &str, before: &Column, after: &Column) -> bool {
    let written = |column: &Column| {
        let default = column.default.as_ref();
        default.map(|default| column_sql(dialect, table, &column.name, default).ok())
    };
    written(before) == written(after)
}

/// Builds an index while others write. The two are one step: what a failed attempt left goes with every attempt.
#[derive(Debug)]
struct BuildConcurrently {
    clean: String,
    build: String,
}

impl StepProgram for BuildConcurrently {
    fn statements(&self) -> Vec<String> {
        vec![self.clean.clone(), self.build.clone()]
    }

    fn run(&self, connection: &mut dyn Connection) -> Result<()> {
        // One by one: several statements at once are a transaction, which neither may run in.
        connection.batch(&self.clean)?;
        connection.batch(&self.build)
    }
}
