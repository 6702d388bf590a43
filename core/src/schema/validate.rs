//! What a model may declare: only what every engine can hold, so that no deployment is the first to refuse it.

use std::collections::HashSet;

use super::computed::validate_expressions;
use super::identifier::{self, folded, identifier, validate_names};
use super::{ColumnType, ForeignKey, ReferentialAction, Table};
use crate::{Error, Result};

/// The longest text, in characters, that an index takes on every engine: 3,072 bytes of InnoDB over four bytes a
/// character (<https://dev.mysql.com/doc/refman/8.4/en/innodb-limits.html>).
pub const INDEXED_LENGTH_LIMIT: u32 = 768;

/// The longest `length` of a text column on every engine: MySQL's row limit of 65,535 bytes over four bytes a
/// character (<https://dev.mysql.com/doc/refman/8.4/en/column-count-limit.html>), with room for other columns.
const VARCHAR_LENGTH_LIMIT: u32 = 16_000;

/// The longest text, in bytes of UTF-8, that PostgreSQL's index takes for sure: a third of a page, 2,704 bytes with its
/// header (<https://www.postgresql.org/docs/current/btree.html>). It compresses what it can, so that most texts may be
/// longer; which ones, nobody can say beforehand.
pub const INDEXED_BYTES_LIMIT: usize = 2_688;

/// The longest key of an index over one column, in bytes (InnoDB), a character of text taking four.
const COLUMN_KEY_LIMIT: u32 = 3_072;

/// The longest key of an index over several columns, in bytes, a character of text taking four: that of PostgreSQL,
/// with eight bytes for the header and the alignment of each of up to 16 columns.
const COMPOSITE_KEY_LIMIT: u32 = 2_560;

/// The most columns of an index (<https://dev.mysql.com/doc/refman/8.4/en/innodb-limits.html>).
const INDEXED_COLUMNS_LIMIT: usize = 16;

/// The longest row, in bytes, not counting text without a length, bytes and documents
/// (<https://dev.mysql.com/doc/refman/8.4/en/column-count-limit.html>).
const ROW_BYTES_LIMIT: u32 = 65_535;

/// The most bytes of the texts of a table's enums. MariaDB keeps the checks of a table in 65,536 bytes (measured on
/// 10.11); the rest is for the checks that the model declares.
const ENUMS_LIMIT: usize = 60_000;

/// The most bytes of the texts of an enum that MySQL lets stand in no check, and that are kept in a comment: it has 1,024
/// characters (<https://dev.mysql.com/doc/refman/8.4/en/create-table.html>), with room for the column's name.
const COMMENTED_ENUM_LIMIT: usize = 800;

/// The longest comment, in characters, of a table or a column: MySQL's 1,024 of a column
/// (<https://dev.mysql.com/doc/refman/8.4/en/create-table.html>), with room for what an engine keeps beside it.
const COMMENT_LIMIT: usize = 900;

/// Checks that tables mean the same on every engine.
///
/// # Errors
///
/// `is_invalid_model()`, naming `table.column` and the rule.
pub fn validate(tables: &[Table]) -> Result<()> {
    let mut names = HashSet::new();
    for table in tables {
        if !names.insert(folded(&table.name)) {
            return Err(Error::invalid_model(
                &table.name,
                "two models have this table name (case does not tell them apart)",
            ));
        }
        validate_table(table)?;
        validate_row(table)?;
        validate_enums(table)?;
        validate_comments(table)?;
        for key in &table.foreign_keys {
            validate_foreign_key(table, key, tables)?;
        }
        validate_expressions(table)?;
    }
    validate_names(tables)
}

fn validate_enum(subject: &str, values: &[String]) -> Result<()> {
    if values.is_empty() {
        return Err(Error::invalid_model(subject, "an enum needs a variant"));
    }
    if let Some(text) = values.iter().find(|text| text.contains('\0')) {
        let problem = format!(
            "the text {text:?} of the enum has NUL (U+0000), which not every engine can hold"
        );
        return Err(Error::invalid_model(subject, problem));
    }
    Ok(())
}

/// The bytes of an enum's texts as MariaDB writes them in a check: `'plain'`, or `convert(0x… using utf8mb4)` for what
/// is not plain ASCII.
fn written_bytes(values: &[String]) -> usize {
    let plain = |byte: u8| matches!(byte, b' '..=b'~') && !b"'\"\\".contains(&byte);
    (values.iter())
        .map(|text| match text.bytes().all(plain) {
            true => text.len() + "'',".len(),
            false => 2 * text.len() + "convert(0x using utf8mb4),".len(),
        })
        .sum()
}

/// An enum's texts stand in a check, or in a comment where a foreign key changes the column.
fn validate_enums(table: &Table) -> Result<()> {
    let mut all = 0;
    for column in &table.columns {
        let ColumnType::Enum { values } = &column.column_type else {
            continue;
        };
        let bytes = written_bytes(values);
        all += bytes;
        let follows = (table.foreign_keys.iter())
            .any(|key| changes_columns(key) && key.columns.contains(&column.name));
        let comment = column
            .comment
            .as_ref()
            .map_or(0, |text| text.chars().count());
        if follows && bytes <= COMMENTED_ENUM_LIMIT && bytes + comment > COMMENTED_ENUM_LIMIT {
            let problem = format!(
                "its comment has {comment} characters, and the texts of an enum that a foreign key changes take {bytes} bytes: at most {COMMENTED_ENUM_LIMIT} together on every engine"
            );
            return Err(Error::invalid_model(
                format!("{}.{}", table.name, column.name),
                problem,
            ));
        }
        if follows && bytes > COMMENTED_ENUM_LIMIT {
            let problem = format!(
                "the texts of an enum that a foreign key changes take {bytes} bytes, at most {COMMENTED_ENUM_LIMIT} on every engine"
            );
            return Err(Error::invalid_model(
                format!("{}.{}", table.name, column.name),
                problem,
            ));
        }
    }
    if all > ENUMS_LIMIT {
        let problem = format!(
            "the texts of its enums take {all} bytes, at most {ENUMS_LIMIT} on every engine; give an enum shorter texts, or a table of its own"
        );
        return Err(Error::invalid_model(&table.name, problem));
    }
    Ok(())
}

fn validate_comments(table: &Table) -> Result<()> {
    let columns = (table.columns.iter()).map(|column| (Some(&column.name), &column.comment));
    for (column, comment) in std::iter::once((None, &table.comment)).chain(columns) {
        let Some(comment) = comment else {
            continue;
        };
        let characters = comment.chars().count();
        let problem = if comment.is_empty() {
            "an empty comment, which not every engine tells from none; leave it out".to_owned()
        } else if comment.contains('\0') {
            "its comment has NUL (U+0000), which not every engine can hold".to_owned()
        } else if let Some(odd) = comment.chars().find(|letter| u32::from(*letter) > 0xFFFF) {
            // MySQL and MariaDB keep comments in three bytes a character, and store a question mark for others.
            format!(
                "its comment has {odd:?} (U+{:X}); not every engine can hold what lies beyond U+FFFF in a comment",
                u32::from(odd)
            )
        } else if characters > COMMENT_LIMIT {
            format!(
                "its comment has {characters} characters, at most {COMMENT_LIMIT} on every engine"
            )
        } else {
            continue;
        };
        let subject = match column {
            Some(column) => format!("{}.{column}", table.name),
            None => table.name.clone(),
        };
        return Err(Error::invalid_model(subject, problem));
    }
    Ok(())
}

/// Whether a change of the parent can change the columns of the key.
fn changes_columns(key: &ForeignKey) -> bool {
    [key.on_delete, key.on_update].contains(&ReferentialAction::SetNull)
        || key.on_update == ReferentialAction::Cascade
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

fn validate_table(table: &Table) -> Result<()> {
    identifier::table_name(&table.name)?;
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
        identifier::column_name(&subject, &column.name)?;
        if !names.insert(folded(&column.name)) {
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
            ColumnType::Enum { values } => validate_enum(&subject, values)?,
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
        identifier::index_name(&table.name, &index.name)?;
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
    let limit = if columns.len() > 1 {
        COMPOSITE_KEY_LIMIT
    } else {
        COLUMN_KEY_LIMIT
    };
    if bytes > limit || columns.len() > INDEXED_COLUMNS_LIMIT {
        let problem = format!(
            "{named} is over {} columns of up to {bytes} bytes (four a character), at most {INDEXED_COLUMNS_LIMIT} and {limit} on every engine",
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

fn validate_foreign_key(table: &Table, key: &ForeignKey, tables: &[Table]) -> Result<()> {
    let subject = format!("{}.{}", table.name, key.columns.join("+"));
    identifier(&subject, &key.name)?;
    if key.columns.len() != key.references_columns.len() || key.columns.is_empty() {
        return Err(Error::invalid_model(
            subject,
            "a foreign key has as many columns as it references",
        ));
    }
    for check in table.checks.iter().filter(|_| changes_columns(key)) {
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
        if references.computed.is_some() || references.default.is_some() {
            return Err(Error::invalid_model(
                subject,
                format!(
                    "references {}.{}, which the database gives; reference a column that the program knows",
                    parent.name, references.name
                ),
            ));
        }
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

    fn enum_of(texts: &[&str]) -> ColumnType {
        let values = texts.iter().map(|text| (*text).to_owned()).collect();
        ColumnType::Enum { values }
    }

    #[test]
    fn an_enum_that_an_engine_can_not_hold_is_refused() {
        assert!(problem(table(Column::new("role", enum_of(&[])))).contains("needs a variant"));
        assert!(
            problem(table(Column::new("role", enum_of(&["a", "b\0"]))))
                .starts_with("note.role: the text \"b\\0\" of the enum has NUL")
        );
        let texts: Vec<String> = (0..1_100).map(|number| format!("{number:047}")).collect();
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        assert!(validate(&[table(Column::new("role", enum_of(&texts)))]).is_ok());
        let mut two = table(Column::new("role", enum_of(&texts[..550])));
        two.columns.push(Column::new("other", enum_of(&texts)));
        assert!(problem(two).starts_with("note: the texts of its enums take 82500 bytes"));
    }

    #[test]
    fn an_enum_that_no_comment_can_hold_is_refused() {
        let texts = ["é".repeat(100), "y".repeat(400)];
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let mut table = table(Column::new("role", enum_of(&texts)).nullable());
        let key = |on_delete| ForeignKey {
            name: "fk_note_role".into(),
            columns: vec!["role".into()],
            references_table: "elsewhere".into(),
            references_columns: vec!["role".into()],
            on_delete,
            on_update: ReferentialAction::NoAction,
        };
        table.foreign_keys = vec![key(ReferentialAction::Cascade)];
        assert!(validate(&[table.clone()]).is_ok());
        table.foreign_keys = vec![key(ReferentialAction::SetNull)];
        assert!(problem(table).starts_with("note.role: the texts of an enum that a foreign key"));
    }

    #[test]
    fn a_comment_that_an_engine_can_not_hold_is_refused() {
        let commented = |comment: &str| {
            let mut table = table(Column::new("body", ColumnType::Text));
            table.columns[1].comment = Some(comment.to_owned());
            table
        };
        assert!(validate(&[commented(&"é".repeat(900))]).is_ok());
        assert_eq!(
            problem(commented(&"é".repeat(901))),
            "note.body: its comment has 901 characters, at most 900 on every engine"
        );
        assert!(problem(commented("a\0b")).starts_with("note.body: its comment has NUL"));
        assert!(problem(commented("🦀")).contains("'🦀' (U+1F980)"));
        assert!(problem(commented("")).starts_with("note.body: an empty comment"));
        let mut table = commented("fine");
        table.comment = Some("\0".to_owned());
        assert!(problem(table).starts_with("note: its comment has NUL"));
    }

    #[test]
    fn a_comment_beside_an_enum_that_stands_in_one_is_shorter() {
        let mut table = table(Column::new("role", enum_of(&["a", "b"])).nullable());
        table.columns[1].comment = Some("x".repeat(800));
        assert!(validate(&[table.clone()]).is_ok());
        table.foreign_keys = vec![ForeignKey {
            name: "fk_note_role".into(),
            columns: vec!["role".into()],
            references_table: "elsewhere".into(),
            references_columns: vec!["role".into()],
            on_delete: ReferentialAction::SetNull,
            on_update: ReferentialAction::NoAction,
        }];
        assert!(problem(table).starts_with("note.role: its comment has 800 characters"));
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
}
