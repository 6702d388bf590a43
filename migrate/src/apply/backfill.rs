//! Rows that are set in parts, so that no lock is held for long and a program that ends loses one part at most.

use std::collections::BTreeMap;

use birgus_core::backend::{BindType, Connection, Dialect, StatementBuilder};
use birgus_core::query::{Node, column_sql, read_value};
use birgus_core::schema::{ColumnExpression, Table};
use birgus_core::{Error, Result, Value};

use crate::state::expression;

/// The rows of a part where nothing is said.
const BATCH: u32 = 1_000;

/// Rows that are set in parts.
#[derive(Clone, Debug)]
pub(crate) struct Backfill {
    table: Table,
    key: String,
    key_type: BindType,
    /// `"a" = …, "b" = …`
    assignments: String,
    /// `(…)`
    condition: Option<String>,
    batch: u32,
}

/// How far it has come.
#[derive(Clone, Debug)]
pub(crate) struct Part {
    /// The last key that is done, as an expression.
    pub(crate) position: String,
    /// The rows of this part.
    pub(crate) rows: u64,
}

impl Backfill {
    pub(crate) fn new(
        dialect: &dyn Dialect,
        table: &Table,
        set: &BTreeMap<String, String>,
        condition: Option<&str>,
        batch: Option<u32>,
    ) -> Result<Self> {
        let [key] = &table.primary_key[..] else {
            return Err(Error::configuration(format!(
                "{}: rows are set in parts by a primary key of one column",
                table.name
            )));
        };
        let key_type = table
            .column(key)
            .map(|column| column.column_type.bind_type());
        let written = |column: &str, text: &str| -> Result<String> {
            let node = ColumnExpression::new(expression::read(text, table)?);
            column_sql(dialect, &table.name, column, &node)
        };
        let mut assignments = String::new();
        for (column, text) in set {
            if !assignments.is_empty() {
                assignments.push_str(", ");
            }
            dialect.quote_identifier(&mut assignments, column);
            assignments.push_str(&format!(" = {}", written(column, text)?));
        }
        let condition = condition.map(|text| written(key, text)).transpose()?;
        Ok(Self {
            key: key.clone(),
            key_type: key_type.unwrap_or(BindType::BigInt),
            assignments,
            condition: condition.map(|condition| format!("({condition})")),
            batch: batch.unwrap_or(BATCH).max(1),
            table: table.clone(),
        })
    }

    /// The whole of it as one statement, for somebody to read.
    pub(crate) fn statement(&self) -> String {
        let condition = self
            .condition
            .as_ref()
            .map(|condition| format!(" WHERE {condition}"));
        format!(
            "UPDATE {} SET {}{}",
            quoted(&self.table.name),
            self.assignments,
            condition.unwrap_or_default()
        )
    }

    /// How many rows there are to set.
    pub(crate) fn count(&self, connection: &mut dyn Connection) -> Result<u64> {
        let dialect = connection.dialect();
        let mut sql = StatementBuilder::new(dialect);
        sql.vary()
            .push("SELECT COUNT(*) FROM ")
            .identifier(&self.table.name);
        if let Some(condition) = &self.condition {
            sql.push(" WHERE ").push(condition);
        }
        let mut count = 0;
        connection.query(&sql.finish(), &mut |row| {
            count = u64::try_from(row.integer(0)?.unwrap_or(0)).unwrap_or(0);
            Ok(())
        })?;
        Ok(count)
    }

    /// Sets the rows of the next part, in the transaction that is open; `None` when there are none any more.
    pub(crate) fn part(
        &self,
        connection: &mut dyn Connection,
        position: Option<&str>,
    ) -> Result<Option<Part>> {
        let after = position.map(|text| self.key_of(text)).transpose()?;
        let Some((last, rows)) = self.last_key(connection, after.as_ref())? else {
            return Ok(None);
        };
        let dialect = connection.dialect();
        let mut sql = StatementBuilder::new(dialect);
        sql.vary()
            .push("UPDATE ")
            .identifier(&self.table.name)
            .push(" SET ")
            .push(&self.assignments);
        self.write_range(&mut sql, after.as_ref());
        sql.push(" AND ")
            .identifier(&self.key)
            .push(" <= ")
            .bind(last.clone(), self.key_type);
        connection.execute(&sql.finish())?;
        let position = expression::write(&Node::bind(last, self.key_type))?;
        Ok(Some(Part { position, rows }))
    }

    /// The last key of the next part, and its rows.
    fn last_key(
        &self,
        connection: &mut dyn Connection,
        after: Option<&Value>,
    ) -> Result<Option<(Value, u64)>> {
        let mut sql = StatementBuilder::new(connection.dialect());
        sql.vary()
            .push("SELECT ")
            .identifier(&self.key)
            .push(" FROM ")
            .identifier(&self.table.name);
        self.write_range(&mut sql, after);
        sql.push(" ORDER BY ")
            .identifier(&self.key)
            .push(&format!(" LIMIT {}", self.batch));
        let (mut last, mut rows) = (None, 0);
        connection.query(&sql.finish(), &mut |row| {
            last = Some(read_value(row, 0, self.key_type)?);
            rows += 1;
            Ok(())
        })?;
        Ok(last.map(|last| (last, rows)))
    }

    fn write_range(&self, sql: &mut StatementBuilder<'_>, after: Option<&Value>) {
        sql.push(" WHERE ");
        match &self.condition {
            Some(condition) => sql.push(condition),
            None => sql.push("1 = 1"),
        };
        if let Some(after) = after {
            sql.push(" AND ")
                .identifier(&self.key)
                .push(" > ")
                .bind(after.clone(), self.key_type);
        }
    }

    fn key_of(&self, position: &str) -> Result<Value> {
        match expression::read(position, &self.table)? {
            Node::Bind(bind) => Ok(bind.value),
            _ => Err(Error::configuration(format!(
                "{}: the place {position:?} in the journal is no key",
                self.table.name
            ))),
        }
    }
}

/// The name in the quotes of the standard, for somebody to read.
fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
