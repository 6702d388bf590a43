//! A query without its type: how it is written.

use super::rendered::{self, Fixed};
use super::{Access, Comparison, Executor, Node, Order, expression, fetch};
use crate::backend::{Bind, Dialect, NullOrder, Statement, StatementBuilder};
use crate::model::{FieldInfo, ModelInfo, PrimaryKey};
use crate::value::Value;
use crate::{Error, Result};

/// The query without its type, so that what writes and runs it is compiled once.
#[derive(Clone)]
pub(super) struct Parts {
    pub(super) model: &'static ModelInfo,
    pub(super) filter: Vec<Node>,
    pub(super) order: Vec<Order>,
    pub(super) limit: Option<u64>,
    pub(super) offset: Option<u64>,
}

/// What stands behind SELECT.
#[derive(Clone, Copy)]
pub(super) enum Selection<'a> {
    Model,
    Column(&'a Node),
    Count,
    Exists,
}

/// Without an ordering this is what `LIMIT` needs so that `OFFSET` may follow, on every engine: the largest `i64`.
const NO_LIMIT: u64 = i64::MAX as u64;

/// The most values that a statement can carry on every engine (<https://sqlite.org/limits.html>).
const BIND_LIMIT: usize = 32_766;

impl Parts {
    /// Every row of a model.
    pub(super) fn of(model: &'static ModelInfo) -> Self {
        Self {
            model,
            filter: Vec::new(),
            order: Vec::new(),
            limit: None,
            offset: None,
        }
    }

    fn table(&self) -> &'static str {
        self.model.table_name()
    }

    fn write_columns(&self, builder: &mut StatementBuilder<'_>) {
        let table = self.table();
        for (position, field) in self.model.fields.iter().enumerate() {
            if position > 0 {
                builder.push(", ");
            }
            builder.identifier(table).push(".").identifier(field.column);
        }
    }

    fn write_filter(&self, builder: &mut StatementBuilder<'_>) -> Result<()> {
        for (position, node) in self.filter.iter().enumerate() {
            builder.push(if position == 0 { " WHERE " } else { " AND " });
            let grouped = self.filter.len() > 1 && matches!(node, Node::Or(_));
            if grouped {
                builder.push("(");
            }
            expression(builder, &[self.table()], node)?;
            if grouped {
                builder.push(")");
            }
        }
        Ok(())
    }

    fn write_order(&self, builder: &mut StatementBuilder<'_>) -> Result<()> {
        for (position, order) in self.order.iter().enumerate() {
            builder.push(if position == 0 { " ORDER BY " } else { ", " });
            expression(builder, &[self.table()], &order.node)?;
            builder.push(if order.descending { " DESC" } else { " ASC" });
            let column = match &order.node {
                Node::Position { operand, .. } => operand,
                node => node,
            };
            let nullable = matches!(column, Node::Column(column) if column.nullable);
            if nullable && builder.dialect().capabilities().null_order == NullOrder::LastWithSyntax
            {
                builder.push(if order.descending {
                    " NULLS LAST"
                } else {
                    " NULLS FIRST"
                });
            }
        }
        Ok(())
    }

    fn write_limit(&self, builder: &mut StatementBuilder<'_>) {
        // Limits are literals: a bound one makes SQLite prepare the statement again. Texts then vary by limit, so only
        // the commonest is kept.
        if self.limit.is_some() || self.offset.is_some() {
            builder.push(&format!(
                " LIMIT {}",
                self.limit.unwrap_or(NO_LIMIT).min(NO_LIMIT)
            ));
            if self.limit != Some(1) && self.limit != Some(2) {
                builder.vary();
            }
        }
        if let Some(offset) = self.offset {
            builder.push(&format!(" OFFSET {}", offset.min(NO_LIMIT)));
            builder.vary();
        }
    }

    pub(super) fn select(
        &self,
        dialect: &dyn Dialect,
        selection: Selection<'_>,
    ) -> Result<Statement> {
        let mut builder = StatementBuilder::new(dialect);
        let limited = self.limit.is_some() || self.offset.is_some();
        match selection {
            Selection::Model => {
                builder.push("SELECT ");
                self.write_columns(&mut builder);
            }
            Selection::Column(node) => {
                builder.push("SELECT ");
                expression(&mut builder, &[self.table()], node)?;
            }
            Selection::Count if limited => {
                builder
                    .push("SELECT COUNT(*) FROM (SELECT 1 AS ")
                    .identifier("one");
            }
            Selection::Count => {
                builder.push("SELECT COUNT(*)");
            }
            Selection::Exists => {
                builder.push("SELECT EXISTS(SELECT 1");
            }
        }
        builder.push(" FROM ").identifier(self.table());
        self.write_filter(&mut builder)?;
        match selection {
            Selection::Model | Selection::Column(_) => {
                self.write_order(&mut builder)?;
                self.write_limit(&mut builder);
            }
            Selection::Count if limited => {
                self.write_limit(&mut builder);
                builder.push(") AS ").identifier("counted");
            }
            Selection::Count => {}
            Selection::Exists => {
                self.write_limit(&mut builder);
                builder.push(")");
            }
        }
        self.finish(builder)
    }

    /// The statement, unless an engine would refuse it for its size.
    fn finish(&self, builder: StatementBuilder<'_>) -> Result<Statement> {
        let count = builder.bind_count();
        if count > BIND_LIMIT {
            return Err(Error::invalid_query(format!(
                "{}: {count} values in one statement, at most {BIND_LIMIT} on every engine; split the list",
                self.model.name
            )));
        }
        Ok(builder.finish())
    }

    pub(super) fn number(&self, executor: &mut dyn Executor) -> Result<i64> {
        let mut count = None;
        fetch(
            executor,
            Access::Read,
            &|connection| self.select(connection.dialect(), Selection::Count),
            &mut |row| {
                count = row.integer(0)?;
                Ok(())
            },
        )?;
        count.ok_or_else(|| Error::decode("COUNT gave no row"))
    }

    pub(super) fn exists(&self, executor: &mut dyn Executor) -> Result<bool> {
        let mut found = None;
        fetch(
            executor,
            Access::Read,
            &|connection| self.select(connection.dialect(), Selection::Exists),
            &mut |row| {
                found = row.boolean(0)?;
                Ok(())
            },
        )?;
        found.ok_or_else(|| Error::decode("EXISTS gave no row"))
    }

    pub(super) fn refuse_limit(&self, verb: &str) -> Result<()> {
        if self.limit.is_some() || self.offset.is_some() || !self.order.is_empty() {
            return Err(Error::invalid_query(format!(
                "{}: {verb} takes a filter only; order and limit are not offered by every engine",
                self.model.name
            )));
        }
        Ok(())
    }

    pub(super) fn update(
        &self,
        dialect: &dyn Dialect,
        assignments: &[(&'static FieldInfo, Value)],
    ) -> Result<Statement> {
        let mut builder = StatementBuilder::new(dialect);
        builder
            .push("UPDATE ")
            .identifier(self.table())
            .push(" SET ");
        for (position, (field, value)) in assignments.iter().enumerate() {
            if position > 0 {
                builder.push(", ");
            }
            builder
                .identifier(field.column)
                .push(" = ")
                .bind(value.clone(), field.bind_type());
        }
        self.write_filter(&mut builder)?;
        self.finish(builder)
    }

    pub(super) fn delete(&self, dialect: &dyn Dialect) -> Result<Statement> {
        let mut builder = StatementBuilder::new(dialect);
        builder.push("DELETE FROM ").identifier(self.table());
        self.write_filter(&mut builder)?;
        self.finish(builder)
    }

    /// Whether it asks for every row, in any order.
    fn is_bare(&self) -> bool {
        self.filter.is_empty()
            && self.order.is_empty()
            && self.limit.is_none()
            && self.offset.is_none()
    }

    /// The statement for whole rows.
    pub(super) fn select_rows(&self, dialect: &'static dyn Dialect) -> Result<Statement> {
        let render = || self.select(dialect, Selection::Model);
        if !self.is_bare() {
            return render();
        }
        let text = rendered::text(self.model, Fixed::All, dialect, render)?;
        Ok(Statement::of(text, Vec::new()))
    }

    /// The binds of the query for the row with this key, when there is nothing else to it: its text is then the same
    /// every time. `None` too for a value that can't be a key; rendering the query tells why.
    pub(super) fn key_binds(&self, key: &impl PrimaryKey) -> Option<Vec<Bind>> {
        if !self.is_bare() {
            return None;
        }
        let values = key.to_values().ok()?;
        let checked = self.model.key_fields().zip(values).map(|(field, value)| {
            Some(Bind {
                value: field.check_operand(value).ok()?,
                bind_type: field.bind_type(),
            })
        });
        checked.collect()
    }

    pub(super) fn with_key(&mut self, values: Result<Vec<Value>>) {
        match values {
            Ok(values) => {
                for (field, value) in self.model.key_fields().zip(values) {
                    self.filter.push(Node::Compare {
                        left: Box::new(field.node()),
                        operator: Comparison::Equal,
                        right: Box::new(field.operand(Ok(value))),
                    });
                }
            }
            Err(error) => self.filter.push(Node::Invalid(error.to_string())),
        }
    }
}
