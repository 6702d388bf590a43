//! The difference between two sets of tables.

use std::fmt;

use birgus_core::schema::Table;

use crate::described::{self, Described, Part};

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
/// Engines do not tell the expressions of checks, defaults and computed columns: these differ when only one side has one.
///
/// ```
/// use birgus_core::schema::{Column, ColumnType, Table};
///
/// let mut wanted = Table::new("note");
/// wanted.columns.push(Column::new("body", ColumnType::Text));
/// let mut found = wanted.clone();
/// found.columns[0].nullable = true;
/// let differences = birgus_migrate::compare(&[wanted], &[found]);
/// assert_eq!(
///     differences[0].to_string(),
///     "note: column body should be text, not null and is text, null"
/// );
/// ```
pub fn compare(wanted: &[Table], found: &[Table]) -> Vec<Difference> {
    let describe = |tables: &[Table]| tables.iter().map(Described::table).collect::<Vec<_>>();
    let parts = described::compare(&describe(wanted), &describe(found));
    parts.into_iter().map(Difference::of).collect()
}

impl Difference {
    fn of(part: Part) -> Self {
        let Part {
            table,
            part,
            wanted,
            found,
        } = part;
        match (part.is_empty(), wanted, found) {
            (true, Some(_), _) => Self::MissingTable { table },
            (true, None, _) => Self::UnexpectedTable { table },
            (false, Some(_), None) => Self::Missing { table, part },
            (false, None, _) => Self::Unexpected { table, part },
            (false, Some(wanted), Some(found)) => Self::Changed {
                table,
                part,
                wanted: wanted.to_string(),
                found: found.to_string(),
            },
        }
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
        assert_eq!(
            texts(&note(), &found),
            ["note: column body should be text, not null and is text, null"]
        );
    }

    #[test]
    fn indexes_and_keys_are_shown_as_people_write_them() {
        let index = |unique| Index {
            name: "ix_note_body".into(),
            columns: vec!["body".into()],
            unique,
        };
        let (mut wanted, mut found) = (note(), note());
        wanted.indexes.push(index(true));
        found.indexes.push(index(false));
        found.primary_key.push("body".into());
        assert_eq!(
            texts(&wanted, &found),
            [
                "note: primary key should be (id) and is (id, body)",
                "note: index ix_note_body should be (body), unique and is (body)",
            ]
        );
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
