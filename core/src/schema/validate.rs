//! What a model may declare: only what every engine can hold, so that no deployment is the first to refuse it.

use std::collections::{HashMap, HashSet};

use super::{
    ColumnType, IDENTIFIER_LIMIT, ReferentialAction, Table, enum_check_name, type_check_name,
};
use crate::{Error, Result};

/// The longest text, in characters, that an index takes on every engine: 3,072 bytes of InnoDB over four bytes a
/// character (<https://dev.mysql.com/doc/refman/8.4/en/innodb-limits.html>).
pub const INDEXED_LENGTH_LIMIT: u32 = 768;

/// The longest `length` of a text column on every engine: MySQL's row limit of 65,535 bytes over four bytes a
/// character (<https://dev.mysql.com/doc/refman/8.4/en/column-count-limit.html>), with room for other columns.
const VARCHAR_LENGTH_LIMIT: u32 = 16_000;

/// The longest key of an index, in bytes (InnoDB), a character of text taking four.
const INDEXED_BYTES_LIMIT: u32 = 3_072;

/// The most columns of an index (<https://dev.mysql.com/doc/refman/8.4/en/innodb-limits.html>).
const INDEXED_COLUMNS_LIMIT: usize = 16;

/// The longest row, in bytes, not counting text without a length, bytes and documents
/// (<https://dev.mysql.com/doc/refman/8.4/en/column-count-limit.html>).
const ROW_BYTES_LIMIT: u32 = 65_535;

/// Columns that every table of PostgreSQL has (<https://www.postgresql.org/docs/current/ddl-system-columns.html>).
const SYSTEM_COLUMNS: [&str; 6] = ["tableoid", "xmin", "cmin", "xmax", "cmax", "ctid"];

/// Checks that tables mean the same on every engine.
///
/// # Errors
///
/// `is_invalid_model()`, naming `table.column` and the rule.
pub fn validate(tables: &[Table]) -> Result<()> {
    let mut names = HashSet::new();
    for table in tables {
        if !names.insert(table.name.to_lowercase()) {
            return Err(Error::invalid_model(
                &table.name,
                "two models have this table name (case does not tell them apart)",
            ));
        }
        validate_table(table)?;
        validate_row(table)?;
        for key in &table.foreign_keys {
            validate_foreign_key(table, key, tables)?;
        }
    }
    validate_names(tables)
}

/// Tables, indexes and constraints share names: PostgreSQL keeps tables and indexes in one list, SQLite too, MySQL the
/// foreign keys and checks of all tables.
fn validate_names(tables: &[Table]) -> Result<()> {
    let mut owners: HashMap<String, &str> = HashMap::new();
    for table in tables {
        owners.insert(table.name.to_lowercase(), &table.name);
    }
    for table in tables {
        // Which types need a check differs by engine; the name is kept free on all.
        let types = (table.columns.iter()).map(|column| match column.column_type {
            ColumnType::Enum { .. } => enum_check_name(&table.name, &column.name),
            _ => type_check_name(&table.name, &column.name),
        });
        let names = std::iter::once(table.primary_key_name())
            .chain(table.indexes.iter().map(|index| index.name.clone()))
            .chain(table.foreign_keys.iter().map(|key| key.name.clone()))
            .chain(table.checks.iter().map(|check| check.name.clone()))
            .chain(types);
        for name in names {
            if let Some(owner) = owners.insert(name.to_lowercase(), &table.name) {
                let problem = format!(
                    "the name `{name}` is taken by {}; give an index a name of its own, or rename a column",
                    if owner == table.name {
                        "this table itself".to_owned()
                    } else {
                        format!("table {owner}")
                    }
                );
                return Err(Error::invalid_model(&table.name, problem));
            }
        }
    }
    Ok(())
}

fn validate_row(table: &Table) -> Result<()> {
    let bytes: u32 = (table.columns.iter())
        .map(|column| stored_bytes(&column.column_type) + 3)
        .sum();
    if bytes > ROW_BYTES_LIMIT {
        let problem = format!(
            "its row takes up to {bytes} bytes, at most {ROW_BYTES_LIMIT} on every engine; leave out the length of long texts"
        );
        return Err(Error::invalid_model(&table.name, problem));
    }
    Ok(())
}

/// The most bytes of a value inside its row, as MySQL counts.
fn stored_bytes(column_type: &ColumnType) -> u32 {
    match column_type {
        ColumnType::Boolean => 1,
        ColumnType::SmallInt => 2,
        ColumnType::Integer => 4,
        ColumnType::Date => 3,
        ColumnType::Time => 6,
        ColumnType::Decimal { .. } => 9,
        ColumnType::Uuid => 16,
        ColumnType::Text | ColumnType::Binary | ColumnType::Json => 12,
        other => match other.length_limit() {
            Some(length) => length.saturating_mul(4),
            None => 8,
        },
    }
}

fn identifier(subject: &str, name: &str) -> Result<()> {
    if name.is_empty() {
        return Err(Error::invalid_model(subject, "a name must not be empty"));
    }
    if name.len() > IDENTIFIER_LIMIT {
        let problem = format!(
            "the name `{name}` has {} bytes, at most {IDENTIFIER_LIMIT}",
            name.len()
        );
        return Err(Error::invalid_model(subject, problem));
    }
    if name.contains('\0')
        || name.ends_with(' ')
        || name.chars().any(|letter| u32::from(letter) > 0xFFFF)
    {
        // MySQL: identifiers hold the Basic Multilingual Plane without U+0000, and do not end in a space.
        let problem = format!(
            "the name {name:?} must not hold NUL or a character past U+FFFF, nor end in a space"
        );
        return Err(Error::invalid_model(subject, problem));
    }
    Ok(())
}

fn validate_table(table: &Table) -> Result<()> {
    identifier(&table.name, &table.name)?;
    if table.name.to_lowercase().starts_with("sqlite_") {
        return Err(Error::invalid_model(
            &table.name,
            "the name must not start with `sqlite_`, which SQLite keeps for itself",
        ));
    }
    if table.columns.is_empty() {
        return Err(Error::invalid_model(&table.name, "a table needs a column"));
    }
    if table.primary_key.is_empty() {
        return Err(Error::invalid_model(
            &table.name,
            "a model needs a key: mark a field with #[key]",
        ));
    }
    let mut names = HashSet::new();
    for column in &table.columns {
        let subject = format!("{}.{}", table.name, column.name);
        identifier(&subject, &column.name)?;
        if SYSTEM_COLUMNS.contains(&column.name.as_str()) {
            return Err(Error::invalid_model(
                subject,
                "every table of PostgreSQL has a column of this name already",
            ));
        }
        if !names.insert(column.name.to_lowercase()) {
            return Err(Error::invalid_model(
                subject,
                "two columns have this name (case does not tell them apart)",
            ));
        }
        match &column.column_type {
            ColumnType::Decimal { precision, scale }
                if !(1..=18).contains(precision) || scale > precision =>
            {
                let problem = format!(
                    "decimal({precision}, {scale}) must have 1 to 18 digits, and no more of them behind the point"
                );
                return Err(Error::invalid_model(subject, problem));
            }
            ColumnType::Varchar { length } if !(1..=VARCHAR_LENGTH_LIMIT).contains(length) => {
                let problem = format!(
                    "length = {length} must be 1 to {VARCHAR_LENGTH_LIMIT}; leave it out for text of any length"
                );
                return Err(Error::invalid_model(subject, problem));
            }
            ColumnType::Enum { values } if values.is_empty() => {
                return Err(Error::invalid_model(subject, "an enum needs a variant"));
            }
            _ => {}
        }
        if column.identity
            && (table.primary_key != [column.name.clone()]
                || column.column_type != ColumnType::BigInt)
        {
            return Err(Error::invalid_model(
                subject,
                "only an i64 that is the whole primary key can be assigned by the database",
            ));
        }
        if column.nullable && table.primary_key.contains(&column.name) {
            return Err(Error::invalid_model(
                subject,
                "a key column must not be an Option",
            ));
        }
    }
    index_columns(
        table,
        &table.primary_key,
        "a primary key",
        "the primary key",
    )?;
    let mut names = HashSet::new();
    for index in &table.indexes {
        identifier(&table.name, &index.name)?;
        if !names.insert(&index.name) {
            return Err(Error::invalid_model(
                &table.name,
                format!("two indexes are named `{}`", index.name),
            ));
        }
        if index.columns.is_empty() {
            return Err(Error::invalid_model(
                &table.name,
                format!("index `{}` has no column", index.name),
            ));
        }
        let named = format!("index `{}`", index.name);
        index_columns(table, &index.columns, "an index", &named)?;
    }
    for check in &table.checks {
        identifier(&table.name, &check.name)?;
        // https://dev.mysql.com/doc/refman/8.4/en/create-table-check-constraints.html
        let columns = check
            .expression
            .iter()
            .flat_map(|expression| expression.columns());
        for column in columns {
            if table
                .column(&column.name)
                .is_some_and(|column| column.identity)
            {
                return Err(Error::invalid_model(
                    format!("{}.{}", table.name, column.name),
                    format!(
                        "the check `{}` can't look at a key that the database assigns",
                        check.name
                    ),
                ));
            }
        }
    }
    Ok(())
}

/// Checks that an index can hold its columns together.
fn index_columns(table: &Table, columns: &[String], what: &str, named: &str) -> Result<()> {
    let mut bytes = 0;
    for column in columns {
        bytes += indexable(table, column, what)?;
    }
    if bytes > INDEXED_BYTES_LIMIT || columns.len() > INDEXED_COLUMNS_LIMIT {
        let problem = format!(
            "{named} is over {} columns of up to {bytes} bytes (four a character), at most {INDEXED_COLUMNS_LIMIT} and {INDEXED_BYTES_LIMIT} on every engine",
            columns.len()
        );
        return Err(Error::invalid_model(&table.name, problem));
    }
    Ok(())
}

/// Gives the bytes that the column adds to an index.
fn indexable(table: &Table, name: &str, what: &str) -> Result<u32> {
    let subject = format!("{}.{name}", table.name);
    let Some(column) = table.column(name) else {
        return Err(Error::invalid_model(
            subject,
            format!("{what} names a column that the table does not have"),
        ));
    };
    match &column.column_type {
        ColumnType::Text | ColumnType::Binary | ColumnType::Json => Err(Error::invalid_model(
            subject,
            format!(
                "{what} can't hold {}: give a text a length of at most {INDEXED_LENGTH_LIMIT} (length = …)",
                column.column_type
            ),
        )),
        other => match other.length_limit() {
            Some(length) if length > INDEXED_LENGTH_LIMIT => Err(Error::invalid_model(
                subject,
                format!(
                    "{what} holds texts of at most {INDEXED_LENGTH_LIMIT} characters, this one has length = {length}"
                ),
            )),
            _ => Ok(stored_bytes(other)),
        },
    }
}

fn validate_foreign_key(table: &Table, key: &super::ForeignKey, tables: &[Table]) -> Result<()> {
    let subject = format!("{}.{}", table.name, key.columns.join("+"));
    identifier(&subject, &key.name)?;
    if key.columns.len() != key.references_columns.len() || key.columns.is_empty() {
        return Err(Error::invalid_model(
            subject,
            "a foreign key has as many columns as it references",
        ));
    }
    let changes = [key.on_delete, key.on_update].contains(&ReferentialAction::SetNull)
        || key.on_update == ReferentialAction::Cascade;
    for check in table.checks.iter().filter(|_| changes) {
        // https://dev.mysql.com/doc/refman/8.4/en/create-table-check-constraints.html
        let looks_at = check
            .expression
            .iter()
            .flat_map(|expression| expression.columns());
        if let Some(column) = looks_at
            .into_iter()
            .find(|column| key.columns.iter().any(|name| *name == column.name))
        {
            let problem = format!(
                "the check `{}` can't look at a column that a foreign key changes",
                check.name
            );
            return Err(Error::invalid_model(
                format!("{}.{}", table.name, column.name),
                problem,
            ));
        }
    }
    for column in &key.columns {
        let Some(column) = table.column(column) else {
            return Err(Error::invalid_model(
                subject,
                format!("the foreign key names an unknown column `{column}`"),
            ));
        };
        let sets_null = [key.on_delete, key.on_update].contains(&ReferentialAction::SetNull);
        if sets_null && !column.nullable {
            return Err(Error::invalid_model(
                subject,
                "set_null needs an Option field",
            ));
        }
    }
    // A parent that is not among the models is the user's to create.
    let Some(parent) = tables
        .iter()
        .find(|parent| parent.name == key.references_table)
    else {
        return Ok(());
    };
    for (column, references) in key.columns.iter().zip(&key.references_columns) {
        let (Some(column), Some(references)) = (table.column(column), parent.column(references))
        else {
            return Err(Error::invalid_model(
                subject,
                format!(
                    "the foreign key references an unknown column `{}.{references}`",
                    parent.name
                ),
            ));
        };
        if column.column_type != references.column_type {
            return Err(Error::invalid_model(
                subject,
                format!(
                    "{} references {}.{}, which is {}",
                    column.column_type, parent.name, references.name, references.column_type
                ),
            ));
        }
    }
    let unique = parent.primary_key == key.references_columns
        || parent
            .indexes
            .iter()
            .any(|index| index.unique && index.columns == key.references_columns);
    if !unique {
        let problem = format!(
            "references {}.{}, which is neither its primary key nor unique",
            parent.name,
            key.references_columns.join("+")
        );
        return Err(Error::invalid_model(subject, problem));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::{Column, Index};
    use super::*;

    fn table(column: Column) -> Table {
        let mut table = Table::new("note");
        table.columns = vec![Column::new("id", ColumnType::BigInt).identity(), column];
        table.primary_key = vec!["id".into()];
        table
    }

    fn problem(table: Table) -> String {
        match validate(&[table]) {
            Err(error) if error.is_invalid_model() => error.to_string(),
            other => panic!("expected a refusal, got {other:?}"),
        }
    }

    #[test]
    fn an_index_over_unlimited_text_is_refused() {
        let mut table = table(Column::new("body", ColumnType::Text));
        table.indexes.push(Index {
            name: "ix_note_body".into(),
            columns: vec!["body".into()],
            unique: false,
        });
        assert!(problem(table).starts_with("note.body: an index can't hold text"));
    }

    #[test]
    fn an_index_over_too_long_text_is_refused() {
        let mut table = table(Column::new("body", ColumnType::Varchar { length: 1000 }));
        table.indexes.push(Index {
            name: "uq".into(),
            columns: vec!["body".into()],
            unique: true,
        });
        assert_eq!(
            problem(table),
            "note.body: an index holds texts of at most 768 characters, this one has length = 1000"
        );
    }

    #[test]
    fn an_index_that_is_too_long_together_is_refused() {
        let mut long = table(Column::new("body", ColumnType::Varchar { length: 768 }));
        long.indexes.push(Index {
            name: "ix".into(),
            columns: vec!["body".into(), "id".into()],
            unique: false,
        });
        assert!(
            problem(long).starts_with("note: index `ix` is over 2 columns of up to 3080 bytes")
        );
        let mut long = table(Column::new("body", ColumnType::Varchar { length: 600 }));
        long.columns
            .push(Column::new("title", ColumnType::Varchar { length: 600 }));
        long.columns[0].identity = false;
        long.primary_key = vec!["body".into(), "title".into()];
        assert!(problem(long).starts_with("note: the primary key is over 2 columns"));
    }

    #[test]
    fn a_row_that_is_too_long_is_refused() {
        let mut long = table(Column::new("body", ColumnType::Varchar { length: 16_000 }));
        assert!(validate(&[long.clone()]).is_ok());
        long.columns
            .push(Column::new("title", ColumnType::Varchar { length: 1_000 }));
        assert!(problem(long).starts_with("note: its row takes up to 68017 bytes"));
    }

    #[test]
    fn names_that_an_engine_keeps_for_itself_are_refused() {
        assert!(problem(table(Column::new("xmin", ColumnType::BigInt))).starts_with("note.xmin: "));
        let mut table = table(Column::new("body", ColumnType::Text));
        table.name = "sqlite_note".into();
        assert!(problem(table).starts_with("sqlite_note: "));
    }

    #[test]
    fn one_name_for_two_things_is_refused() {
        let with_index = |name: &str, index: &str| {
            let mut table = table(Column::new("at", ColumnType::BigInt));
            table.name = name.into();
            table.indexes.push(Index {
                name: index.into(),
                columns: vec!["at".into()],
                unique: false,
            });
            table
        };
        let error = validate(&[with_index("a", "same"), with_index("b", "same")]).unwrap_err();
        assert!(
            error.is_invalid_model()
                && error
                    .to_string()
                    .starts_with("b: the name `same` is taken by table a"),
            "{error}"
        );
        assert!(validate(&[with_index("a", "b"), with_index("b", "other")]).is_err());
    }

    #[test]
    fn a_check_on_a_key_that_the_database_assigns_is_refused() {
        use crate::backend::BindType;
        use crate::query::{ColumnNode, Node};
        use crate::schema::Check;

        let mut table = table(Column::new("body", ColumnType::Text));
        let column = Node::Column(ColumnNode {
            table: "note".into(),
            name: "id".into(),
            bind_type: BindType::BigInt,
            nullable: false,
            field: None,
        });
        table.checks.push(Check {
            name: "ck_note_x".into(),
            expression: Some(std::sync::Arc::new(column)),
        });
        assert!(problem(table).starts_with("note.id: the check `ck_note_x`"));
    }

    #[test]
    fn a_name_of_64_bytes_is_refused() {
        let name = "n".repeat(64);
        assert!(
            problem(table(Column::new(name, ColumnType::Text))).contains("64 bytes, at most 63")
        );
    }

    #[test]
    fn nineteen_digits_are_refused() {
        let column = Column::new(
            "price",
            ColumnType::Decimal {
                precision: 19,
                scale: 2,
            },
        );
        assert!(problem(table(column)).contains("1 to 18 digits"));
    }

    #[test]
    fn a_check_on_a_column_that_a_foreign_key_changes_is_refused() {
        use crate::backend::BindType;
        use crate::query::{ColumnNode, Node};
        use crate::schema::{Check, ForeignKey};

        let mut table = table(Column::new("parent", ColumnType::BigInt).nullable());
        let column = ColumnNode {
            table: "note".into(),
            name: "parent".into(),
            bind_type: BindType::BigInt,
            nullable: true,
            field: None,
        };
        let expression = Node::IsNull {
            operand: Box::new(Node::Column(column)),
            negated: true,
        };
        table.checks.push(Check {
            name: "ck_note_x".into(),
            expression: Some(std::sync::Arc::new(expression)),
        });
        let key = |on_delete| ForeignKey {
            name: "fk_note_parent".into(),
            columns: vec!["parent".into()],
            references_table: "note".into(),
            references_columns: vec!["id".into()],
            on_delete,
            on_update: ReferentialAction::NoAction,
        };
        table.foreign_keys = vec![key(ReferentialAction::Cascade)];
        assert!(validate(&[table.clone()]).is_ok());
        table.foreign_keys = vec![key(ReferentialAction::SetNull)];
        assert!(problem(table).starts_with("note.parent: the check `ck_note_x`"));
    }

    #[test]
    fn names_that_differ_by_case_are_refused() {
        let mut table = table(Column::new("body", ColumnType::Text));
        table.columns.push(Column::new("Body", ColumnType::Text));
        assert!(problem(table).starts_with("note.Body: two columns have this name"));
    }
}
