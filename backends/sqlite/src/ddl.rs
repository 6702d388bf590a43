//! CREATE TABLE.

use birgus_core::backend::Dialect;
use birgus_core::query::{check_sql, column_sql};
use birgus_core::schema::{
    Column, ColumnType, ForeignKey, Table, enum_check_name, type_check_name,
};
use birgus_core::{Error, Result};

use crate::create_sql;
use crate::dialect::{SqliteDialect, quote_text};
use crate::types;

/// The statement that creates a table, with everything but its indexes in it: SQLite adds no constraint later.
pub(crate) fn create_table(
    dialect: &SqliteDialect,
    table: &Table,
    foreign_keys: &[ForeignKey],
) -> Result<String> {
    create_table_as(dialect, table, foreign_keys, &table.name, &[])
}

/// The same under another name, which nothing in it mentions, with more parts: constraints that are text already.
pub(crate) fn create_table_as(
    dialect: &SqliteDialect,
    table: &Table,
    foreign_keys: &[ForeignKey],
    name: &str,
    more: &[String],
) -> Result<String> {
    let mut parts = Vec::new();
    for column in &table.columns {
        parts.push(define(dialect, table, column)?);
    }
    if table.identity_column().is_none() && !table.primary_key.is_empty() {
        let mut part = constraint(dialect, &table.primary_key_name());
        part.push_str(" PRIMARY KEY (");
        for (position, column) in table.primary_key.iter().enumerate() {
            if position > 0 {
                part.push_str(", ");
            }
            dialect.quote_identifier(&mut part, column);
        }
        part.push(')');
        parts.push(part);
    }
    for key in foreign_keys {
        let mut part = String::new();
        dialect.foreign_key(&mut part, key);
        parts.push(part);
    }
    for check in &table.checks {
        let Some(expression) = &check.expression else {
            return Err(Error::unsupported(format!(
                "{}: the check {} was read from a database, which does not give its expression back",
                table.name, check.name
            )));
        };
        let condition = check_sql(dialect, &table.name, expression)?;
        let part = constraint(dialect, &check.name);
        parts.push(format!("{part} CHECK ({condition})"));
    }
    parts.extend(more.iter().cloned());
    let mut sql = String::from("CREATE TABLE ");
    dialect.quote_identifier(&mut sql, name);
    sql.push_str(" (");
    if let Some(comment) = &table.comment {
        create_sql::write_comment(&mut sql, comment);
    }
    sql.push_str("\n    ");
    sql.push_str(&parts.join(",\n    "));
    sql.push_str("\n)");
    Ok(sql)
}

fn constraint(dialect: &SqliteDialect, name: &str) -> String {
    let mut part = String::from("CONSTRAINT ");
    dialect.quote_identifier(&mut part, name);
    part
}

pub(crate) fn define(dialect: &SqliteDialect, table: &Table, column: &Column) -> Result<String> {
    let mut quoted = String::new();
    dialect.quote_identifier(&mut quoted, &column.name);
    // Behind the name, so that it stays with the column whatever ALTER TABLE writes behind it.
    let mut part = quoted.clone();
    if let Some(comment) = &column.comment {
        part.push(' ');
        create_sql::write_comment(&mut part, comment);
    }
    if column.identity {
        // These very words: any other type or order makes a key that does not assign itself, or gives ids twice.
        return Ok(format!("{part} INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL"));
    }
    part.push_str(&format!(" {}", types::declare(&column.column_type)));
    if !column.nullable {
        part.push_str(" NOT NULL");
    }
    if let Some(computed) = &column.computed {
        let expression = column_sql(dialect, &table.name, &column.name, computed)?;
        part.push_str(&format!(" GENERATED ALWAYS AS ({expression}) STORED"));
    }
    if let Some(default) = &column.default {
        let expression = column_sql(dialect, &table.name, &column.name, default)?;
        part.push_str(&format!(" DEFAULT ({expression})"));
    }
    let (name, condition) = if let ColumnType::Enum { values } = &column.column_type {
        (
            enum_check_name(&table.name, &column.name),
            Some(one_of(&quoted, values)),
        )
    } else {
        (
            type_check_name(&table.name, &column.name),
            types::condition(&column.column_type, &quoted),
        )
    };
    if let Some(condition) = condition {
        part.push(' ');
        part.push_str(&constraint(dialect, &name));
        // `typeof` of NULL is 'null' and not NULL, which alone would refuse it.
        if column.nullable {
            part.push_str(&format!(" CHECK ({quoted} IS NULL OR ({condition}))"));
        } else {
            part.push_str(&format!(" CHECK ({condition})"));
        }
    }
    Ok(part)
}

fn one_of(quoted: &str, values: &[String]) -> String {
    let mut condition = format!("{quoted} IN (");
    for (position, value) in values.iter().enumerate() {
        if position > 0 {
            condition.push_str(", ");
        }
        quote_text(&mut condition, value);
    }
    condition.push(')');
    condition
}
