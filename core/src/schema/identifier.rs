//! Names: which ones every engine takes, and which ones every engine tells apart.

use std::collections::{HashMap, HashSet};

use super::{ColumnType, IDENTIFIER_LIMIT, Table, enum_check_name, type_check_name};
use crate::{Error, Result};

/// Columns that tables have of themselves: every one of PostgreSQL
/// (<https://www.postgresql.org/docs/current/ddl-system-columns.html>), and every one of InnoDB, in any case.
const SYSTEM_COLUMNS: [&str; 10] = [
    "tableoid",
    "xmin",
    "cmin",
    "xmax",
    "cmax",
    "ctid",
    "db_row_id",
    "db_trx_id",
    "db_roll_ptr",
    "fts_doc_id",
];

/// The indexes that InnoDB makes itself, in any case.
const SYSTEM_INDEXES: [&str; 3] = ["primary", "gen_clust_index", "fts_doc_id_index"];

/// What no table's name begins with, in any case, and why.
const TABLE_PREFIXES: [(&str, &str); 4] = [
    ("sqlite_", "which SQLite keeps for itself"),
    (
        "pragma_",
        "which SQLite's table-valued functions begin with",
    ),
    (
        "pg_",
        "which PostgreSQL's own tables begin with, and they are found first",
    ),
    (
        "#mysql50#",
        "which MariaDB takes for the mark of an old file's name",
    ),
];

/// Functions of SQLite that a table of that name would hide.
const TABLE_FUNCTIONS: [&str; 2] = ["json_each", "json_tree"];

/// The longest name of a table as the name of a file: 255 bytes of every usual file system, with room for the file's
/// ending (<https://dev.mysql.com/doc/refman/8.4/en/identifier-mapping.html>).
const FILE_NAME_LIMIT: usize = 250;

/// Checks the name of a table.
pub(super) fn table_name(name: &str) -> Result<()> {
    identifier(name, name)?;
    let lower = name.to_ascii_lowercase();
    if let Some((prefix, why)) = TABLE_PREFIXES
        .iter()
        .find(|(prefix, _)| lower.starts_with(prefix))
    {
        let problem = format!("the name must not start with `{prefix}`, {why}");
        return Err(Error::invalid_model(name, problem));
    }
    if TABLE_FUNCTIONS.contains(&lower.as_str()) {
        return Err(Error::invalid_model(
            name,
            "SQLite has a function of this name, which the table would hide",
        ));
    }
    // A table is a file to MySQL, which writes `@0020` for a space.
    let bytes: usize = name
        .chars()
        .map(|letter| {
            if letter.is_ascii_alphanumeric() || letter == '_' {
                1
            } else {
                5
            }
        })
        .sum();
    if bytes > FILE_NAME_LIMIT {
        let problem = format!(
            "the name takes {bytes} bytes as the name of a file, at most {FILE_NAME_LIMIT}: one for an ASCII letter, \
             a digit and `_`, five for any other character"
        );
        return Err(Error::invalid_model(name, problem));
    }
    Ok(())
}

/// Checks the name of a column; `subject` is `table.column`.
pub(super) fn column_name(subject: &str, name: &str) -> Result<()> {
    identifier(subject, name)?;
    if SYSTEM_COLUMNS.contains(&name.to_ascii_lowercase().as_str()) {
        return Err(Error::invalid_model(
            subject,
            "every table of PostgreSQL or MySQL has a column of this name already",
        ));
    }
    Ok(())
}

/// Checks the name of an index.
pub(super) fn index_name(subject: &str, name: &str) -> Result<()> {
    identifier(subject, name)?;
    let lower = name.to_ascii_lowercase();
    let kept = SYSTEM_INDEXES.contains(&lower.as_str())
        || lower.starts_with("sqlite_")
        || lower.starts_with("pg_");
    if kept {
        let problem = format!("the index name `{name}` is one that an engine keeps for itself");
        return Err(Error::invalid_model(subject, problem));
    }
    Ok(())
}

/// Checks any name.
pub(super) fn identifier(subject: &str, name: &str) -> Result<()> {
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
    // MySQL: identifiers hold the Basic Multilingual Plane without U+0000, and do not end in a space. MariaDB writes
    // other control characters as `\0001` in what it says of a name.
    if name.ends_with(' ')
        || (name.chars()).any(|letter| letter.is_control() || u32::from(letter) > 0xFFFF)
    {
        let problem = format!(
            "the name {name:?} must not hold a control character or one past U+FFFF, nor end in a space"
        );
        return Err(Error::invalid_model(subject.escape_debug(), problem));
    }
    Ok(())
}

/// The form in which names are compared: two with the same form are one name to some engine.
///
/// MySQL folds letter by letter, to one letter each: `Σ` is `σ` wherever it stands, and `İ` is `i`.
pub(super) fn folded(name: &str) -> String {
    name.chars()
        .filter_map(|letter| letter.to_lowercase().next())
        .collect()
}

/// Checks that no name is given twice.
///
/// Tables, indexes and constraints share names: PostgreSQL keeps tables and indexes in one list, SQLite too, MySQL the
/// foreign keys and checks of all tables.
pub(super) fn validate_names(tables: &[Table]) -> Result<()> {
    let mut owners: HashMap<String, &str> = HashMap::new();
    for table in tables {
        owners.insert(folded(&table.name), &table.name);
    }
    for table in tables {
        // Booleans and enums have a check on every engine that wants the names of checks to differ between tables. That
        // of another type, where there is one, must be told from the other constraints of its own table alone.
        let (shared, own): (Vec<_>, Vec<_>) = (table.columns.iter())
            .map(|column| match column.column_type {
                ColumnType::Enum { .. } => (true, enum_check_name(&table.name, &column.name)),
                ColumnType::Boolean => (true, type_check_name(&table.name, &column.name)),
                _ => (false, type_check_name(&table.name, &column.name)),
            })
            .partition(|(shared, _)| *shared);
        let names = std::iter::once(table.primary_key_name())
            .chain(table.indexes.iter().map(|index| index.name.clone()))
            .chain(table.foreign_keys.iter().map(|key| key.name.clone()))
            .chain(table.checks.iter().map(|check| check.name.clone()))
            .chain(shared.into_iter().map(|(_, name)| name));
        let mut of_table = HashSet::new();
        for name in names {
            if let Some(owner) = owners.insert(folded(&name), &table.name) {
                return Err(taken(table, &name, owner));
            }
            of_table.insert(folded(&name));
        }
        for (_, name) in own {
            if !of_table.insert(folded(&name)) {
                return Err(taken(table, &name, &table.name));
            }
        }
    }
    Ok(())
}

fn taken(table: &Table, name: &str, owner: &str) -> Error {
    let owner = if owner == table.name {
        "this table itself".to_owned()
    } else {
        format!("table {owner}")
    };
    let problem = format!(
        "the name `{name}` is taken by {owner}; give an index a name of its own, or rename a column"
    );
    Error::invalid_model(&table.name, problem)
}

#[cfg(test)]
mod tests {
    use super::super::{Check, Column, Index, validate};
    use super::*;

    fn table(name: &str, columns: &[(&str, ColumnType)]) -> Table {
        let mut table = Table::new(name);
        table.columns = vec![Column::new("id", ColumnType::BigInt).identity()];
        for (name, column_type) in columns {
            table.columns.push(Column::new(*name, column_type.clone()));
        }
        table.primary_key = vec!["id".into()];
        table
    }

    fn problem(tables: &[Table]) -> String {
        match validate(tables) {
            Err(error) if error.is_invalid_model() => error.to_string(),
            other => panic!("expected a refusal, got {other:?}"),
        }
    }

    fn problem_of_column(name: &str) -> String {
        problem(&[table("note", &[(name, ColumnType::Text)])])
    }

    #[test]
    fn a_name_of_64_bytes_is_refused() {
        assert!(problem_of_column(&"n".repeat(64)).contains("64 bytes, at most 63"));
        assert!(problem_of_column(&"é".repeat(32)).contains("64 bytes, at most 63"));
        assert!(validate(&[table(&"n".repeat(63), &[])]).is_ok());
    }

    #[test]
    fn a_table_that_is_no_file_is_refused() {
        let dots = ".".repeat(51);
        assert!(problem(&[table(&dots, &[])]).contains("255 bytes as the name of a file"));
        assert!(validate(&[table(&dots[1..], &[])]).is_ok());
        let columns = [(dots.as_str(), ColumnType::Text)];
        assert!(validate(&[table("note", &columns)]).is_ok());
    }

    #[test]
    fn names_that_an_engine_keeps_for_itself_are_refused() {
        for name in ["xmin", "DB_ROW_ID", "Fts_Doc_Id"] {
            assert!(problem_of_column(name).starts_with(&format!("note.{name}: every table")));
        }
        for name in ["sqlite_note", "PG_class", "Pragma_x", "#mysql50#x"] {
            assert!(
                problem(&[table(name, &[])]).starts_with(&format!("{name}: the name must not"))
            );
        }
        assert!(problem(&[table("json_each", &[])]).starts_with("json_each: SQLite has"));
        for name in ["PRIMARY", "pg_note", "sqlite_autoindex_note_1"] {
            let mut table = table("note", &[("at", ColumnType::BigInt)]);
            table.indexes.push(Index {
                name: name.into(),
                columns: vec!["at".into()],
                unique: false,
            });
            assert!(problem(&[table]).starts_with(&format!("note: the index name `{name}`")));
        }
    }

    #[test]
    fn names_that_differ_by_case_are_refused() {
        for (one, other) in [("body", "Body"), ("ÄB", "äb"), ("ΑΣ", "ασ"), ("i", "İ")] {
            let columns = [(one, ColumnType::Text), (other, ColumnType::Text)];
            let problem = problem(&[table("note", &columns)]);
            assert!(problem.starts_with(&format!("note.{other}: two columns have this name")));
        }
        assert!(problem(&[table("σ", &[]), table("Σ", &[])]).contains("two models"));
    }

    #[test]
    fn one_name_for_two_things_is_refused() {
        let with_index = |name: &str, index: &str| {
            let mut table = table(name, &[("at", ColumnType::BigInt)]);
            table.indexes.push(Index {
                name: index.into(),
                columns: vec!["at".into()],
                unique: false,
            });
            table
        };
        assert!(
            problem(&[with_index("a", "same"), with_index("b", "same")])
                .starts_with("b: the name `same` is taken by table a")
        );
        assert!(validate(&[with_index("a", "b"), with_index("b", "other")]).is_err());
    }

    #[test]
    fn the_names_of_two_tables_may_be_joined_alike() {
        let tables = |column_type: ColumnType| {
            [
                table("user", &[("group_of", column_type.clone())]),
                table("user_group", &[("of", column_type)]),
            ]
        };
        assert!(validate(&tables(ColumnType::BigInt)).is_ok());
        assert!(
            problem(&tables(ColumnType::Boolean))
                .starts_with("user_group: the name `ck_user_group_of_type` is taken by table user")
        );
        let mut own = table("user", &[("group", ColumnType::BigInt)]);
        own.checks.push(Check {
            name: type_check_name("user", "group"),
            expression: None,
        });
        assert!(problem(&[own]).contains("`ck_user_group_type` is taken by this table itself"));
    }
}
