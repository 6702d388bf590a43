//! The difference between two sets of tables.

use std::fmt::{self, Debug};

use birgus_core::schema::Table;

/// One thing in which two sets of tables differ.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Difference {
    /// A table of the wanted set is not in the found one.
    MissingTable {
        /// The table.
        table: String,
    },
    /// A table of the found set is not in the wanted one.
    UnexpectedTable {
        /// The table.
        table: String,
    },
    /// A part of a table (a column, index, foreign key or check) is not in the found one.
    Missing {
        /// The table.
        table: String,
        /// `column email`, `index ix_post_author_id`
        part: String,
    },
    /// A part of a table is not in the wanted one.
    Unexpected {
        /// The table.
        table: String,
        /// `column email`, `index ix_post_author_id`
        part: String,
    },
    /// A part of a table is in both, and not the same.
    Changed {
        /// The table.
        table: String,
        /// `column email`, `index ix_post_author_id`, `primary key`, `order of columns`
        part: String,
        /// How it should be.
        wanted: String,
        /// How it is.
        found: String,
    },
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MissingTable { table } => write!(f, "table {table} is missing"),
            Self::UnexpectedTable { table } => write!(f, "table {table} is not among the models"),
            Self::Missing { table, part } => write!(f, "{table}: {part} is missing"),
            Self::Unexpected { table, part } => write!(f, "{table}: {part} is not in the model"),
            Self::Changed {
                table,
                part,
                wanted,
                found,
            } => {
                write!(f, "{table}: {part} should be {wanted} and is {found}")
            }
        }
    }
}

/// What separates the tables that were found from those that are wanted, in the order of the wanted ones.
///
/// ```
/// use birgus_core::schema::{Column, ColumnType, Table};
///
/// let mut wanted = Table::new("note");
/// wanted.columns.push(Column::new("body", ColumnType::Text));
/// let found = Table::new("note");
/// let differences = birgus_migrate::compare(&[wanted], &[found]);
/// assert_eq!(differences[0].to_string(), "note: column body is missing");
/// ```
pub fn compare(wanted: &[Table], found: &[Table]) -> Vec<Difference> {
    let mut differences = Vec::new();
    for table in wanted {
        match found.iter().find(|other| other.name == table.name) {
            Some(other) => compare_table(table, other, &mut differences),
            None => differences.push(Difference::MissingTable {
                table: table.name.clone(),
            }),
        }
    }
    for table in found
        .iter()
        .filter(|table| !wanted.iter().any(|other| other.name == table.name))
    {
        differences.push(Difference::UnexpectedTable {
            table: table.name.clone(),
        });
    }
    differences
}

fn compare_table(wanted: &Table, found: &Table, differences: &mut Vec<Difference>) {
    let table = &wanted.name;
    let mut changed = |part: &str, wanted: &dyn Debug, found: &dyn Debug| {
        differences.push(Difference::Changed {
            table: table.clone(),
            part: part.to_owned(),
            wanted: format!("{wanted:?}"),
            found: format!("{found:?}"),
        });
    };
    if wanted.primary_key != found.primary_key {
        changed("primary key", &wanted.primary_key, &found.primary_key);
    }
    let names = |table: &Table| {
        table
            .columns
            .iter()
            .map(|column| column.name.clone())
            .collect::<Vec<_>>()
    };
    let (mut wanted_names, mut found_names) = (names(wanted), names(found));
    if wanted_names != found_names {
        wanted_names.sort_unstable();
        found_names.sort_unstable();
        if wanted_names == found_names {
            changed("order of columns", &names(wanted), &names(found));
        }
    }
    parts(
        "column",
        table,
        &wanted.columns,
        &found.columns,
        |column| &column.name,
        differences,
    );
    parts(
        "index",
        table,
        &wanted.indexes,
        &found.indexes,
        |index| &index.name,
        differences,
    );
    parts(
        "foreign key",
        table,
        &wanted.foreign_keys,
        &found.foreign_keys,
        |key| &key.name,
        differences,
    );
    parts(
        "check",
        table,
        &wanted.checks,
        &found.checks,
        |check| &check.name,
        differences,
    );
}

fn parts<T: PartialEq + Debug>(
    kind: &str,
    table: &str,
    wanted: &[T],
    found: &[T],
    name: impl Fn(&T) -> &str,
    differences: &mut Vec<Difference>,
) {
    for item in wanted {
        let part = format!("{kind} {}", name(item));
        match found.iter().find(|other| name(other) == name(item)) {
            None => differences.push(Difference::Missing {
                table: table.to_owned(),
                part,
            }),
            Some(other) if other != item => differences.push(Difference::Changed {
                table: table.to_owned(),
                part,
                wanted: format!("{item:?}"),
                found: format!("{other:?}"),
            }),
            Some(_) => {}
        }
    }
    for item in found
        .iter()
        .filter(|item| !wanted.iter().any(|other| name(other) == name(item)))
    {
        differences.push(Difference::Unexpected {
            table: table.to_owned(),
            part: format!("{kind} {}", name(item)),
        });
    }
}

#[cfg(test)]
mod tests {
    use birgus_core::schema::{Column, ColumnType, Index};

    use super::*;

    fn note() -> Table {
        let mut table = Table::new("note");
        table.columns = vec![
            Column::new("id", ColumnType::BigInt),
            Column::new("body", ColumnType::Text),
        ];
        table.primary_key = vec!["id".into()];
        table
    }

    fn texts(wanted: &Table, found: &Table) -> Vec<String> {
        compare(std::slice::from_ref(wanted), std::slice::from_ref(found))
            .iter()
            .map(ToString::to_string)
            .collect()
    }

    #[test]
    fn equal_tables_differ_in_nothing() {
        assert!(texts(&note(), &note()).is_empty());
    }

    #[test]
    fn tables_of_either_side_alone_are_named() {
        assert_eq!(
            compare(&[note()], &[])[0].to_string(),
            "table note is missing"
        );
        assert_eq!(
            compare(&[], &[note()])[0].to_string(),
            "table note is not among the models"
        );
    }

    #[test]
    fn a_changed_column_shows_both_sides() {
        let mut found = note();
        found.columns[1].nullable = true;
        let text = &texts(&note(), &found)[0];
        assert!(text.starts_with("note: column body should be"), "{text}");
    }

    #[test]
    fn parts_of_either_side_alone_are_named() {
        let mut other = note();
        other.indexes.push(Index {
            name: "ix_note_body".into(),
            columns: vec!["body".into()],
            unique: false,
        });
        assert_eq!(
            texts(&other, &note()),
            ["note: index ix_note_body is missing"]
        );
        assert_eq!(
            texts(&note(), &other),
            ["note: index ix_note_body is not in the model"]
        );
    }

    #[test]
    fn the_order_of_columns_counts() {
        let mut other = note();
        other.columns.swap(0, 1);
        assert!(texts(&note(), &other)[0].starts_with("note: order of columns"));
    }
}
