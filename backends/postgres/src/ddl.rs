//! CREATE TABLE.

use birgus_core::backend::Dialect;
use birgus_core::query::{check_sql, column_sql};
use birgus_core::schema::{
    Column, ColumnType, ForeignKey, Table, enum_check_name, type_check_name,
};
use birgus_core::{Error, Result};

use crate::literal;

/// The statement that creates a table, with its primary key, checks and the given foreign keys inside.
///
/// # Errors
///
/// `is_invalid_model()` for a check that can't be written.
pub(crate) fn create_table(
    dialect: &dyn Dialect,
    table: &Table,
    foreign_keys: &[ForeignKey],
) -> Result<Vec<String>> {
    let mut sql = String::from("CREATE TABLE ");
    dialect.quote_identifier(&mut sql, &table.name);
    sql.push_str(" (");
    for (position, column) in table.columns.iter().enumerate() {
        sql.push_str(if position > 0 { ",\n  " } else { "\n  " });
        write_column(dialect, &mut sql, column, &table.name)?;
    }
    if !table.primary_key.is_empty() {
        constraint(dialect, &mut sql, &table.primary_key_name());
        sql.push_str("PRIMARY KEY (");
        for (position, column) in table.primary_key.iter().enumerate() {
            sql.push_str(if position > 0 { ", " } else { "" });
            dialect.quote_identifier(&mut sql, column);
        }
        sql.push(')');
    }
    for column in &table.columns {
        if let Some((name, condition)) = type_check(dialect, &table.name, column) {
            constraint(dialect, &mut sql, &name);
            sql.push_str(&format!("CHECK ({condition})"));
        }
    }
    for check in &table.checks {
        let Some(expression) = &check.expression else {
            return Err(Error::invalid_model(
                &table.name,
                format!(
                    "the check `{}` was read from a database, which does not tell its expression; declare it",
                    check.name
                ),
            ));
        };
        constraint(dialect, &mut sql, &check.name);
        sql.push_str("CHECK (");
        sql.push_str(&check_sql(dialect, &table.name, expression)?);
        sql.push(')');
    }
    for key in foreign_keys {
        sql.push_str(",\n  ");
        dialect.foreign_key(&mut sql, key);
    }
    sql.push_str("\n)");
    let mut statements = vec![sql];
    statements.extend(
        table
            .comment
            .as_ref()
            .map(|_| comment_table(dialect, table)),
    );
    for column in table
        .columns
        .iter()
        .filter(|column| column.comment.is_some())
    {
        statements.push(comment_column(dialect, &table.name, column));
    }
    Ok(statements)
}

/// The check that holds what a column's own type does not: its name and its condition.
pub(crate) fn type_check(
    dialect: &dyn Dialect,
    table: &str,
    column: &Column,
) -> Option<(String, String)> {
    let mut condition = String::new();
    dialect.quote_identifier(&mut condition, &column.name);
    if let Some(range) = range(&column.column_type) {
        condition.push_str(&format!(" {range}"));
        return Some((type_check_name(table, &column.name), condition));
    }
    let ColumnType::Enum { values } = &column.column_type else {
        return None;
    };
    condition.push_str(" IN (");
    for (position, value) in values.iter().enumerate() {
        condition.push_str(if position > 0 { ", " } else { "" });
        literal::text(&mut condition, value);
    }
    condition.push(')');
    Some((enum_check_name(table, &column.name), condition))
}

/// The statement that says what the database tells people about a table.
pub(crate) fn comment_table(dialect: &dyn Dialect, table: &Table) -> String {
    let mut sql = String::from("COMMENT ON TABLE ");
    dialect.quote_identifier(&mut sql, &table.name);
    write_comment(&mut sql, table.comment.as_deref());
    sql
}

/// The statement that says what the database tells people about a column.
pub(crate) fn comment_column(dialect: &dyn Dialect, table: &str, column: &Column) -> String {
    let mut sql = String::from("COMMENT ON COLUMN ");
    dialect.quote_identifier(&mut sql, table);
    sql.push('.');
    dialect.quote_identifier(&mut sql, &column.name);
    write_comment(&mut sql, column.comment.as_deref());
    sql
}

fn write_comment(sql: &mut String, comment: Option<&str>) {
    sql.push_str(" IS ");
    match comment {
        Some(comment) => literal::text(sql, comment),
        None => sql.push_str("NULL"),
    }
}

fn constraint(dialect: &dyn Dialect, sql: &mut String, name: &str) {
    sql.push_str(",\n  CONSTRAINT ");
    dialect.quote_identifier(sql, name);
    sql.push(' ');
}

/// What a column holds where PostgreSQL's own type holds more: NaN and infinities, years past 9999 and before 1, and the
/// time 24:00:00. Rust never sends those, and no other engine has them; NaN is larger than every number here.
fn range(column_type: &ColumnType) -> Option<String> {
    Some(match column_type {
        ColumnType::Double => format!("BETWEEN '-{0:e}' AND '{0:e}'", f64::MAX),
        ColumnType::Decimal { .. } => "< 'NaN'".to_owned(),
        ColumnType::Date => "BETWEEN '0001-01-01' AND '9999-12-31'".to_owned(),
        ColumnType::Time => "< '24:00:00'".to_owned(),
        ColumnType::DateTime => {
            "BETWEEN '0001-01-01 00:00:00' AND '9999-12-31 23:59:59.999999'".to_owned()
        }
        ColumnType::Timestamp => {
            "BETWEEN '0001-01-01 00:00:00+00' AND '9999-12-31 23:59:59.999999+00'".to_owned()
        }
        _ => return None,
    })
}

/// The type that a column is stored in.
pub(crate) fn storage(table: &str, column: &Column) -> Result<String> {
    let length = column.column_type.length_limit();
    Ok(match (&column.column_type, length) {
        (ColumnType::Boolean, _) => "BOOLEAN".to_owned(),
        (ColumnType::SmallInt, _) => "SMALLINT".to_owned(),
        (ColumnType::Integer, _) => "INTEGER".to_owned(),
        (ColumnType::BigInt, _) => "BIGINT".to_owned(),
        (ColumnType::Double, _) => "DOUBLE PRECISION".to_owned(),
        // By code point, whatever the database's own collation is.
        (ColumnType::Varchar { .. } | ColumnType::Enum { .. }, Some(length)) => {
            format!("VARCHAR({length}) COLLATE \"C\"")
        }
        (ColumnType::Text, _) => "TEXT COLLATE \"C\"".to_owned(),
        (ColumnType::Binary, _) => "BYTEA".to_owned(),
        (ColumnType::Decimal { precision, scale }, _) => format!("NUMERIC({precision}, {scale})"),
        (ColumnType::Date, _) => "DATE".to_owned(),
        (ColumnType::Time, _) => "TIME(6)".to_owned(),
        (ColumnType::DateTime, _) => "TIMESTAMP(6)".to_owned(),
        (ColumnType::Timestamp, _) => "TIMESTAMPTZ(6)".to_owned(),
        (ColumnType::Uuid, _) => "UUID".to_owned(),
        (ColumnType::Json, _) => "JSONB".to_owned(),
        (other, _) => {
            return Err(Error::invalid_model(
                format_args!("{table}.{}", column.name),
                format_args!("PostgreSQL has no type for {other}"),
            ));
        }
    })
}

pub(crate) fn write_column(
    dialect: &dyn Dialect,
    sql: &mut String,
    column: &Column,
    table: &str,
) -> Result<()> {
    dialect.quote_identifier(sql, &column.name);
    sql.push(' ');
    sql.push_str(&storage(table, column)?);
    if column.identity {
        sql.push_str(" GENERATED BY DEFAULT AS IDENTITY");
    }
    if let Some(computed) = &column.computed {
        let expression = column_sql(dialect, table, &column.name, computed)?;
        sql.push_str(&format!(" GENERATED ALWAYS AS ({expression}) STORED"));
    }
    if let Some(default) = &column.default {
        let expression = column_sql(dialect, table, &column.name, default)?;
        sql.push_str(&format!(" DEFAULT ({expression})"));
    }
    if !column.nullable {
        sql.push_str(" NOT NULL");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::PostgresDialect;

    #[test]
    fn a_table_reads_as_one_would_write_it() {
        let mut table = Table::new("user");
        table.columns = vec![
            Column::new("id", ColumnType::BigInt).identity(),
            Column::new("name", ColumnType::Varchar { length: 64 }),
            Column::new(
                "role",
                ColumnType::Enum {
                    values: vec!["it's".into(), "b".into()],
                },
            )
            .nullable(),
        ];
        table.primary_key = vec!["id".into()];
        let statements = create_table(&PostgresDialect::new(true), &table, &[]).unwrap();
        assert_eq!(
            statements,
            ["CREATE TABLE \"user\" (\n  \
              \"id\" BIGINT GENERATED BY DEFAULT AS IDENTITY NOT NULL,\n  \
              \"name\" VARCHAR(64) COLLATE \"C\" NOT NULL,\n  \
              \"role\" VARCHAR(4) COLLATE \"C\",\n  \
              CONSTRAINT \"pk_user\" PRIMARY KEY (\"id\"),\n  \
              CONSTRAINT \"ck_user_role_enum\" CHECK (\"role\" IN ('it''s', 'b'))\n)"]
        );
    }

    #[test]
    fn a_check_without_its_expression_is_refused() {
        let mut table = Table::new("t");
        table.checks.push(birgus_core::schema::Check {
            name: "ck_t_x".into(),
            expression: None,
        });
        let error = create_table(&PostgresDialect::new(true), &table, &[]).unwrap_err();
        assert!(
            error.is_invalid_model() && error.to_string().contains("ck_t_x"),
            "{error}"
        );
    }
}
