//! The steps by which an engine carries out the operations of a revision.

use std::collections::BTreeSet;
use std::sync::Arc;

use birgus_core::backend::{
    ChangeKind, Dialect, Effect, Guard, SchemaObject, SchemaStep, TableChange,
};
use birgus_core::query::{Node, column_sql};
use birgus_core::schema::{ColumnExpression, ForeignKey, Table};
use birgus_core::{Error, Result};

use super::backfill::Backfill;
use crate::state::{Obstacle, Operation, State, expression, obstacles};

/// One step of a revision.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    /// The operation that it belongs to, counted from 0.
    pub(crate) operation: usize,
    /// What is done.
    pub(crate) work: Work,
}

/// What a step does.
#[derive(Clone, Debug)]
pub(crate) enum Work {
    /// What the dialect wrote.
    Schema(SchemaStep),
    /// Rows are set in parts.
    Backfill(Backfill),
    /// A function of the program is called, with the tables as they are.
    Code {
        /// Its name.
        function: String,
        /// The tables.
        tables: Arc<Vec<Table>>,
    },
}

impl Work {
    /// Whether it must run outside of a transaction.
    pub(crate) fn outside_transaction(&self) -> bool {
        match self {
            Self::Schema(step) => step.outside_transaction,
            // Each part has a transaction of its own.
            Self::Backfill(_) => true,
            Self::Code { .. } => false,
        }
    }

    /// What it runs, for somebody to read, and to tell whether it is still the same step.
    pub(crate) fn statements(&self) -> Vec<String> {
        match self {
            Self::Schema(step) => step.statements(),
            Self::Backfill(backfill) => vec![backfill.statement()],
            Self::Code { function, .. } => vec![format!("-- calls the function {function}")],
        }
    }
}

/// The steps of operations, which lead the state on.
///
/// # Errors
///
/// `is_configuration()` for an operation that does not fit the state; whatever the dialect refuses to write.
pub(crate) fn steps(
    dialect: &dyn Dialect,
    state: &mut State,
    operations: &[Operation],
) -> Result<Vec<Step>> {
    let mut writing = Writing {
        dialect,
        steps: Vec::new(),
        group: Group::default(),
    };
    for (number, operation) in operations.iter().enumerate() {
        let before = state.clone();
        state
            .apply(operation)
            .and_then(|()| writing.operation(number, operation, &before, state))
            .map_err(|error| error.context(format!("operation {}", number + 1)))?;
    }
    writing.flush()?;
    Ok(writing.steps)
}

/// Changes of one table that follow each other.
#[derive(Default)]
struct Group {
    number: usize,
    table: String,
    guards: Vec<Guard>,
    changes: Vec<TableChange>,
    /// The columns that are not what they were before the first change.
    touched: BTreeSet<String>,
}

struct Writing<'a> {
    dialect: &'a dyn Dialect,
    steps: Vec<Step>,
    group: Group,
}

impl Writing<'_> {
    fn push(&mut self, operation: usize, work: Work) {
        self.steps.push(Step { operation, work });
    }

    fn schema(&mut self, operation: usize, steps: impl IntoIterator<Item = SchemaStep>) {
        for step in steps {
            self.push(operation, Work::Schema(step));
        }
    }

    fn flush(&mut self) -> Result<()> {
        let group = std::mem::take(&mut self.group);
        if group.changes.is_empty() {
            return Ok(());
        }
        self.schema(
            group.number,
            group.guards.into_iter().map(SchemaStep::guard),
        );
        let steps = self.dialect.change_table(&group.changes)?;
        self.schema(group.number, steps);
        Ok(())
    }

    fn operation(
        &mut self,
        number: usize,
        operation: &Operation,
        before: &State,
        after: &State,
    ) -> Result<()> {
        match operation {
            Operation::CreateTable { table } => {
                self.flush()?;
                self.create_table(number, &table.to_table()?)?;
            }
            Operation::DropTable { table } => {
                self.flush()?;
                let sql = self.dialect.drop_table(table);
                let object = SchemaObject::Table(table.clone());
                self.schema(number, [SchemaStep::sql(sql, Effect::Drops(object))]);
            }
            Operation::Sql {
                statements,
                repeatable,
                outside_transaction,
            } => {
                self.flush()?;
                let engine = self.dialect.name().to_lowercase();
                let Some(statements) = statements.get(&engine).or_else(|| statements.get("any"))
                else {
                    return Err(Error::configuration(format!(
                        "there are no statements for {engine}; write them, or an empty list"
                    )));
                };
                let effect = if *repeatable {
                    Effect::Repeatable
                } else {
                    Effect::Unknown
                };
                for sql in statements {
                    let mut step = SchemaStep::sql(sql, effect.clone());
                    step.outside_transaction = *outside_transaction;
                    self.schema(number, [step]);
                }
            }
            Operation::Irreversible { reason } => {
                return Err(Error::migration(format!(
                    "it can't be taken back: {reason}"
                )));
            }
            Operation::Code { function } => {
                self.flush()?;
                let tables = before.tables().iter().map(|table| table.to_table());
                let work = Work::Code {
                    function: function.clone(),
                    tables: Arc::new(tables.collect::<Result<_>>()?),
                };
                self.push(number, work);
            }
            Operation::Backfill {
                table,
                set,
                condition,
                batch,
            } => {
                self.flush()?;
                let table = table_of(before, table)?;
                let backfill =
                    Backfill::new(self.dialect, &table, set, condition.as_deref(), *batch)?;
                self.push(number, Work::Backfill(backfill));
            }
            _ => {
                if let Some(change) = change(operation, before, after)? {
                    self.change(number, operation, change)?;
                }
            }
        }
        Ok(())
    }

    fn create_table(&mut self, number: usize, table: &Table) -> Result<()> {
        // A key over a unique column of the table itself needs the index that comes after the table.
        let adds = self.dialect.capabilities().add_foreign_key;
        let (now, later): (Vec<ForeignKey>, Vec<ForeignKey>) =
            table.foreign_keys.iter().cloned().partition(|key| {
                !adds
                    || key.references_table != table.name
                    || key.references_columns == table.primary_key
            });
        let object = SchemaObject::Table(table.name.clone());
        for sql in self.dialect.create_table(table, &now)? {
            self.schema(
                number,
                [SchemaStep::sql(sql, Effect::Creates(object.clone()))],
            );
        }
        for index in &table.indexes {
            let object = SchemaObject::Index {
                table: table.name.clone(),
                name: index.name.clone(),
            };
            let sql = self.dialect.create_index(table, index);
            self.schema(number, [SchemaStep::sql(sql, Effect::Creates(object))]);
        }
        for key in &later {
            let object = SchemaObject::ForeignKey {
                table: table.name.clone(),
                name: key.name.clone(),
            };
            let sql = self.dialect.add_foreign_key(&table.name, key);
            self.schema(number, [SchemaStep::sql(sql, Effect::Creates(object))]);
        }
        Ok(())
    }

    /// Adds a change to those of its table. Expressions look at columns as they were before the first of them, so that an
    /// engine may carry all of them out at once.
    fn change(&mut self, number: usize, operation: &Operation, change: TableChange) -> Result<()> {
        let obstacles = match operation {
            Operation::AlterColumn { column, using, .. } => {
                let known = State::of(&[change.before.as_ref().clone()])?;
                let from = known
                    .tables()
                    .first()
                    .and_then(|table| table.column(&column.name));
                from.map(|from| {
                    let kind = &from.column_type;
                    let mut found =
                        obstacles(&column.name, kind, &column.column_type, using.as_deref());
                    found.extend(nulls(from.nullable, column, operation));
                    found
                })
                .unwrap_or_default()
            }
            _ => Vec::new(),
        };
        let touched = touched(&change.kind);
        let looked_at = looked_at(&change.kind);
        let meets = touched
            .iter()
            .chain(&looked_at)
            .any(|name| self.group.touched.contains(name));
        // Rows in the way are counted before the first change, by the table's name of then.
        let renamed = (self.group.changes.iter())
            .any(|change| matches!(change.kind, ChangeKind::RenameTable));
        let follows = change.before.name == self.group.table
            && !(meets && (!looked_at.is_empty() || !obstacles.is_empty()))
            && (!renamed || obstacles.is_empty());
        if !follows {
            self.flush()?;
            self.group.number = number;
        }
        for obstacle in obstacles {
            let Obstacle { condition, problem } = obstacle;
            let node = expression::read(&condition, &change.before)?;
            let [column, ..] = &touched[..] else { continue };
            self.group
                .guards
                .push(guard(self.dialect, &change.before, column, node, problem)?);
        }
        self.group.table.clone_from(&change.after.name);
        self.group.touched.extend(touched);
        self.group.changes.push(change);
        Ok(())
    }
}

fn table_of(state: &State, name: &str) -> Result<Table> {
    let found = state.table(name);
    found.map_or_else(
        || Err(Error::configuration(format!("there is no table {name}"))),
        |table| table.to_table(),
    )
}

/// NULLs that nothing takes the place of.
fn nulls(
    was_nullable: bool,
    column: &crate::state::ColumnDefinition,
    operation: &Operation,
) -> Option<Obstacle> {
    let Operation::AlterColumn {
        using, backfill, ..
    } = operation
    else {
        return None;
    };
    if !was_nullable || column.nullable || backfill.is_some() {
        return None;
    }
    let mut name = String::new();
    expression::put_name(&mut name, &column.name);
    let value = using.as_deref().unwrap_or(&name);
    Some(Obstacle {
        condition: format!("is_null({value})"),
        problem: "hold NULL; say what takes its place (backfill)".to_owned(),
    })
}

fn guard(
    dialect: &dyn Dialect,
    table: &Table,
    column: &str,
    condition: Node,
    problem: String,
) -> Result<Guard> {
    let condition = column_sql(
        dialect,
        &table.name,
        column,
        &ColumnExpression::new(condition),
    )?;
    let mut sql = String::from("SELECT COUNT(*) FROM ");
    dialect.quote_identifier(&mut sql, &table.name);
    sql.push_str(&format!(" WHERE {condition}"));
    Ok(Guard {
        sql,
        subject: format!("{}.{column}", table.name),
        problem,
    })
}

/// The change of a table that an operation is; none for one that changes nothing in a database.
pub(crate) fn change(
    operation: &Operation,
    before: &State,
    after: &State,
) -> Result<Option<TableChange>> {
    let Some(name) = operation.table() else {
        return Ok(None);
    };
    let old = table_of(before, name)?;
    let read = |text: &Option<String>, table: &Table| -> Result<Option<Node>> {
        text.as_deref()
            .map(|text| expression::read(text, table))
            .transpose()
    };
    let mut new_name = name;
    let kind = match operation {
        Operation::RenameTable { to, .. } => {
            new_name = to;
            ChangeKind::RenameTable
        }
        Operation::AddColumn {
            column, backfill, ..
        } => ChangeKind::AddColumn {
            column: column.name.clone(),
            fill: read(backfill, &old)?,
        },
        Operation::DropColumn { column, .. } => ChangeKind::DropColumn {
            column: column.clone(),
        },
        Operation::RenameColumn { column, to, .. } => ChangeKind::RenameColumn {
            column: column.clone(),
            to: to.clone(),
        },
        Operation::AlterColumn {
            column,
            using,
            backfill,
            ..
        } => {
            let new = table_of(after, name)?;
            ChangeKind::AlterColumn {
                column: column.name.clone(),
                using: read(using, &old)?,
                fill: read(backfill, &new)?,
            }
        }
        Operation::RenameEnumValue {
            column, value, to, ..
        } => {
            let mut quoted = String::new();
            expression::put_name(&mut quoted, column);
            let text = |value: &str| serde_json::Value::from(value).to_string();
            let using = format!(
                "case:text(eq({quoted}, {}), {}, {quoted})",
                text(value),
                text(to)
            );
            ChangeKind::AlterColumn {
                column: column.clone(),
                using: Some(expression::read(&using, &old)?),
                fill: None,
            }
        }
        Operation::CommentTable { .. } => ChangeKind::CommentTable,
        Operation::ChangePrimaryKey { .. } => ChangeKind::ChangePrimaryKey,
        Operation::CreateIndex {
            index,
            concurrently,
            ..
        } => ChangeKind::CreateIndex {
            index: index.name.clone(),
            concurrently: *concurrently,
        },
        Operation::DropIndex {
            index,
            concurrently,
            ..
        } => ChangeKind::DropIndex {
            index: index.clone(),
            concurrently: *concurrently,
        },
        Operation::RenameIndex { index, to, .. } => ChangeKind::RenameIndex {
            index: index.clone(),
            to: to.clone(),
        },
        Operation::AddForeignKey { foreign_key, .. } => ChangeKind::AddForeignKey {
            foreign_key: foreign_key.name.clone(),
        },
        Operation::DropForeignKey { foreign_key, .. } => ChangeKind::DropForeignKey {
            foreign_key: foreign_key.clone(),
        },
        Operation::RenameForeignKey {
            foreign_key, to, ..
        } => ChangeKind::RenameForeignKey {
            foreign_key: foreign_key.clone(),
            to: to.clone(),
        },
        Operation::AddCheck { check, .. } => ChangeKind::AddCheck {
            check: check.name.clone(),
        },
        Operation::DropCheck { check, .. } => ChangeKind::DropCheck {
            check: check.clone(),
        },
        Operation::RenameCheck { check, to, .. } => ChangeKind::RenameCheck {
            check: check.clone(),
            to: to.clone(),
        },
        Operation::CreateTable { .. }
        | Operation::DropTable { .. }
        | Operation::Backfill { .. }
        | Operation::Sql { .. }
        | Operation::Code { .. }
        | Operation::Irreversible { .. } => return Ok(None),
    };
    Ok(Some(TableChange {
        after: Arc::new(table_of(after, new_name)?),
        before: Arc::new(old),
        kind,
    }))
}

/// The columns that are not what they were.
fn touched(kind: &ChangeKind) -> Vec<String> {
    match kind {
        ChangeKind::AddColumn { column, .. }
        | ChangeKind::DropColumn { column }
        | ChangeKind::AlterColumn { column, .. } => vec![column.clone()],
        ChangeKind::RenameColumn { column, to } => vec![column.clone(), to.clone()],
        _ => Vec::new(),
    }
}

/// The columns that the expressions of a change look at.
fn looked_at(kind: &ChangeKind) -> BTreeSet<String> {
    let nodes: Vec<&Node> = match kind {
        ChangeKind::AddColumn { fill, .. } => fill.iter().collect(),
        ChangeKind::AlterColumn { using, fill, .. } => using.iter().chain(fill).collect(),
        _ => Vec::new(),
    };
    let columns = nodes.into_iter().flat_map(Node::columns);
    columns
        .map(|column| column.name.clone().into_owned())
        .collect()
}
