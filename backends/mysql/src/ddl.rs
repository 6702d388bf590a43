//! CREATE TABLE.

use birgus_core::backend::Dialect;
use birgus_core::query::{check_sql, column_sql};
use birgus_core::schema::{
    Column, ColumnType, ForeignKey, ReferentialAction, Table, enum_check_name, type_check_name,
};
use birgus_core::{Error, Result};

use crate::comment;
use crate::dialect::MysqlDialect;
use crate::literal;
use crate::server::Product;

/// The comment of a column that holds instants: they are stored like datetimes of no zone.
pub(crate) const TIMESTAMP_COMMENT: &str = "UTC";

/// What the comment of an enum column starts with when no check can hold its texts.
pub(crate) const ENUM_COMMENT: &str = "enum ";

/// The longest comment of a column (<https://dev.mysql.com/doc/refman/8.4/en/create-table.html>).
const COMMENT_LIMIT: usize = 1024;

/// Writes a table with its checks and the given foreign keys.
///
/// A foreign key without an index makes the server add one, named like the key; it drops that one again when an index
/// that begins with the same columns is created.
pub(crate) fn create_table(
    dialect: &MysqlDialect,
    table: &Table,
    foreign_keys: &[ForeignKey],
) -> Result<String> {
    let mut sql = String::from("CREATE TABLE ");
    dialect.quote_identifier(&mut sql, &table.name);
    sql.push_str(" (");
    for column in &table.columns {
        write_column(&mut sql, dialect, table, column)?;
        sql.push_str(", ");
    }
    if !table.primary_key.is_empty() {
        sql.push_str("PRIMARY KEY (");
        for (position, column) in table.primary_key.iter().enumerate() {
            if position > 0 {
                sql.push_str(", ");
            }
            dialect.quote_identifier(&mut sql, column);
        }
        sql.push_str("), ");
    }
    for column in &table.columns {
        if let Some((name, expression)) = type_check(dialect, table, column) {
            write_check(&mut sql, dialect, &name, &expression);
        }
    }
    for check in &table.checks {
        if let Some(expression) = &check.expression {
            let expression = check_sql(dialect, &table.name, expression)?;
            let expression = literal::without_backslash(&expression);
            write_check(&mut sql, dialect, &check.name, &expression);
        }
    }
    for key in foreign_keys {
        dialect.foreign_key(&mut sql, key);
        sql.push_str(", ");
    }
    sql.truncate(sql.len() - ", ".len());
    // A server's default may be latin1, or compare "a" and "A" as equal.
    sql.push_str(") ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE ");
    sql.push_str(dialect.product().collation());
    if let Some(comment) = &table.comment {
        sql.push_str(" COMMENT ");
        literal::write_string(&mut sql, comment);
    }
    Ok(sql)
}

pub(crate) fn write_column(
    sql: &mut String,
    dialect: &MysqlDialect,
    table: &Table,
    column: &Column,
) -> Result<()> {
    dialect.quote_identifier(sql, &column.name);
    sql.push(' ');
    sql.push_str(&storage(table, column)?);
    if let Some(computed) = &column.computed {
        let expression = column_sql(dialect, &table.name, &column.name, computed)?;
        let expression = literal::without_backslash(&expression);
        sql.push_str(&format!(" GENERATED ALWAYS AS ({expression}) STORED"));
    }
    if !nullability_is_checked(dialect.product(), column) {
        sql.push_str(if column.nullable {
            " NULL"
        } else {
            " NOT NULL"
        });
    }
    if let Some(default) = &column.default {
        let expression = column_sql(dialect, &table.name, &column.name, default)?;
        let expression = literal::without_backslash(&expression);
        sql.push_str(&format!(" DEFAULT ({expression})"));
    }
    if column.identity {
        sql.push_str(" AUTO_INCREMENT");
    }
    if let Some(comment) = comment(dialect, table, column)? {
        sql.push_str(" COMMENT ");
        literal::write_string(sql, &comment);
    }
    if nullability_is_checked(dialect.product(), column) && !column.nullable {
        sql.push_str(" CHECK (");
        dialect.quote_identifier(sql, &column.name);
        sql.push_str(" IS NOT NULL)");
    }
    Ok(())
}

/// What the comment of a column says: what its type does not, and what the model tells people.
fn comment(dialect: &MysqlDialect, table: &Table, column: &Column) -> Result<Option<String>> {
    let marker = match &column.column_type {
        ColumnType::Timestamp => Some(TIMESTAMP_COMMENT.to_owned()),
        ColumnType::Enum { values } if !may_be_checked(table, column) => {
            let mut marker = String::from(ENUM_COMMENT);
            dialect.quote_identifier(&mut marker, &column.name);
            write_list(&mut marker, values);
            Some(marker)
        }
        _ => None,
    };
    let enums = matches!(column.column_type, ColumnType::Enum { .. });
    let comment = comment::join(marker.as_deref(), column.comment.as_deref());
    match comment {
        Some(comment) if comment.chars().count() > COMMENT_LIMIT => Err(Error::invalid_model(
            format!("{}.{}", table.name, column.name),
            if enums {
                "the texts of an enum that follows its parent (on_update = cascade, set_null) are too long together"
            } else {
                "the comment is too long"
            },
        )),
        comment => Ok(comment),
    }
}

/// Whether a check says that the column is never NULL: MariaDB takes no NOT NULL behind a computed column.
fn nullability_is_checked(product: Product, column: &Column) -> bool {
    product == Product::MariaDb && column.computed.is_some()
}

/// The type that a column is stored in.
fn storage(table: &Table, column: &Column) -> Result<String> {
    Ok(match &column.column_type {
        ColumnType::Boolean => "TINYINT(1)".to_owned(),
        ColumnType::SmallInt => "SMALLINT".to_owned(),
        ColumnType::Integer => "INT".to_owned(),
        ColumnType::BigInt => "BIGINT".to_owned(),
        ColumnType::Double => "DOUBLE".to_owned(),
        ColumnType::Varchar { length } => format!("VARCHAR({length})"),
        ColumnType::Text => "LONGTEXT".to_owned(),
        ColumnType::Binary => "LONGBLOB".to_owned(),
        ColumnType::Decimal { precision, scale } => format!("DECIMAL({precision}, {scale})"),
        ColumnType::Date => "DATE".to_owned(),
        ColumnType::Time => "TIME(6)".to_owned(),
        // TIMESTAMP ends in 2038, so instants are datetimes, and the session is at UTC.
        ColumnType::DateTime | ColumnType::Timestamp => "DATETIME(6)".to_owned(),
        ColumnType::Uuid => "BINARY(16)".to_owned(),
        ColumnType::Json => "JSON".to_owned(),
        ColumnType::Enum { .. } => {
            format!(
                "VARCHAR({})",
                column.column_type.length_limit().unwrap_or(1)
            )
        }
        other => {
            return Err(Error::unsupported(format!(
                "{}.{}: MySQL and MariaDB have no column for {other}",
                table.name, column.name
            )));
        }
    })
}

/// Both servers refuse a check over a column that a foreign key changes (errors 3823 and 1901). Such a column only
/// ever takes its parent's values, which the parent's own check holds.
fn may_be_checked(table: &Table, column: &Column) -> bool {
    use ReferentialAction::{Cascade, SetNull};
    !table.foreign_keys.iter().any(|key| {
        key.columns.contains(&column.name)
            && (key.on_delete == SetNull || matches!(key.on_update, SetNull | Cascade))
    })
}

/// The check that holds what a column's own type does not: its name and its expression.
pub(crate) fn type_check(
    dialect: &MysqlDialect,
    table: &Table,
    column: &Column,
) -> Option<(String, String)> {
    if !may_be_checked(table, column) {
        return None;
    }
    let mut expression = String::new();
    dialect.quote_identifier(&mut expression, &column.name);
    let name = match &column.column_type {
        ColumnType::Boolean => {
            expression.push_str(" IN (0, 1)");
            type_check_name(&table.name, &column.name)
        }
        // The type holds intervals too, of up to 838 hours.
        ColumnType::Time => {
            expression.push_str(" BETWEEN '00:00:00' AND '23:59:59.999999'");
            type_check_name(&table.name, &column.name)
        }
        ColumnType::Enum { values } => {
            write_list(&mut expression, values);
            enum_check_name(&table.name, &column.name)
        }
        _ => return None,
    };
    Some((name, expression))
}

fn write_list(out: &mut String, values: &[String]) {
    out.push_str(" IN (");
    for (position, value) in values.iter().enumerate() {
        if position > 0 {
            out.push_str(", ");
        }
        literal::write_text(out, value);
    }
    out.push(')');
}

fn write_check(sql: &mut String, dialect: &MysqlDialect, name: &str, expression: &str) {
    sql.push_str("CONSTRAINT ");
    dialect.quote_identifier(sql, name);
    sql.push_str(" CHECK (");
    sql.push_str(expression);
    sql.push_str("), ");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_written_out() {
        let mut table = Table::new("user");
        table.columns = vec![
            Column::new("id", ColumnType::BigInt).identity(),
            Column::new("on", ColumnType::Boolean),
            Column::new("at", ColumnType::Timestamp).nullable(),
        ];
        table.primary_key = vec!["id".into()];
        assert_eq!(
            create_table(&MysqlDialect::MYSQL, &table, &[]).unwrap(),
            r#"CREATE TABLE "user" ("id" BIGINT NOT NULL AUTO_INCREMENT, "on" TINYINT(1) NOT NULL, "at" DATETIME(6) NULL COMMENT 'UTC', PRIMARY KEY ("id"), CONSTRAINT "ck_user_on_type" CHECK ("on" IN (0, 1))) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_0900_bin"#
        );
    }

    #[test]
    fn an_enum_that_no_comment_can_hold_is_refused() {
        let values = vec!["x".repeat(600), "y".repeat(600)];
        let mut table = Table::new("child");
        table.columns = vec![Column::new("role", ColumnType::Enum { values }).nullable()];
        table.foreign_keys = vec![ForeignKey {
            name: "fk_child_role".into(),
            columns: vec!["role".into()],
            references_table: "parent".into(),
            references_columns: vec!["role".into()],
            on_delete: ReferentialAction::SetNull,
            on_update: ReferentialAction::NoAction,
        }];
        let error = create_table(&MysqlDialect::MYSQL, &table, &[]).unwrap_err();
        assert!(error.is_invalid_model());
        assert!(error.to_string().starts_with("child.role: "));
    }
}
