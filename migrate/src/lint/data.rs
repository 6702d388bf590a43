//! What only the rows can tell: whether a change fails at them, and the query that counts those in the way.

use birgus_core::Result;
use birgus_core::backend::Dialect;
use birgus_core::query::{Node, column_sql};
use birgus_core::schema::{ColumnExpression, Table};

use super::origin::{Origin, Origins, TableOrigin};
use super::{Code, Finding, Place, Walk};
use crate::state::{ColumnDefinition, Obstacle, Operation, expression, obstacles, read_type};

/// Something that the rows decide.
pub(super) struct Doubt {
    /// What is told where nobody counts.
    pub(super) finding: Finding,
    /// What the rows are that are in the way: `post.title: rows that hold NULL`.
    pub(super) what: String,
    pub(super) count: Count,
}

/// How the rows are asked.
pub(super) enum Count {
    /// By a query that counts what is in the way.
    Of(String),
    /// What is in the way can't be counted, but there is nothing where this counts no rows.
    Any(String),
    /// Not at all.
    Unknown,
}

/// What the rows decide of an operation.
pub(super) fn doubts(walk: &Walk<'_>, place: Place<'_>, origins: &Origins) -> Result<Vec<Doubt>> {
    let Some(table) = place.operation.table() else {
        return Ok(Vec::new());
    };
    let Some(origin) = origins.table(table) else {
        return Ok(Vec::new());
    };
    let asking = Asking {
        walk,
        place,
        origins,
        table,
        origin,
    };
    match place.operation {
        Operation::AddColumn {
            column,
            backfill: None,
            ..
        } if !column.fills_itself() => {
            let what = "rows that would have no value";
            let count = asking.all_rows(Count::Of);
            Ok(vec![asking.doubt(
                Code::AddWithoutValue,
                &column.name,
                what,
                count,
            )])
        }
        Operation::AlterColumn {
            column,
            using,
            backfill,
            ..
        } => asking.alter(column, using.as_deref(), backfill.is_some()),
        Operation::CreateIndex { index, .. } if index.unique => {
            Ok(asking.duplicates(Code::UniqueOverRows, &index.columns))
        }
        Operation::ChangePrimaryKey { columns, .. } if !columns.is_empty() => {
            Ok(asking.duplicates(Code::KeyOverRows, columns))
        }
        Operation::AddForeignKey { foreign_key, .. } => Ok(asking.orphans(
            &foreign_key.columns,
            &foreign_key.references,
            &foreign_key.references_columns,
        )),
        Operation::AddCheck { check, .. } => {
            let condition = format!("not({})", check.expression);
            let what = format!("rows that break the check {}", check.name);
            let count = asking.condition(&condition)?;
            Ok(vec![asking.doubt(Code::CheckOverRows, "", what, count)])
        }
        _ => Ok(Vec::new()),
    }
}

/// An operation on a table that was there.
struct Asking<'a> {
    walk: &'a Walk<'a>,
    place: Place<'a>,
    origins: &'a Origins,
    table: &'a str,
    origin: &'a TableOrigin,
}

impl Asking<'_> {
    fn doubt(&self, code: Code, column: &str, what: impl AsRef<str>, count: Count) -> Doubt {
        let subject = if column.is_empty() {
            self.table.to_owned()
        } else {
            format!("{}.{column}", self.table)
        };
        let what = format!("{subject}: {}", what.as_ref());
        let message = format!("{what} would make it fail");
        let count = if self.origins.is_unsure {
            Count::Unknown
        } else {
            count
        };
        Doubt {
            finding: self.walk.finding(code, Some(self.place), subject, message),
            what,
            count,
        }
    }

    fn alter(
        &self,
        column: &ColumnDefinition,
        using: Option<&str>,
        filled: bool,
    ) -> Result<Vec<Doubt>> {
        let known = self.place.before.table(self.table);
        let Some(before) = known.and_then(|table| table.column(&column.name)) else {
            return Ok(Vec::new());
        };
        let texts = |kind: &str| {
            use birgus_core::schema::ColumnType::{Enum, Text, Varchar};
            matches!(read_type(kind), Some(Varchar { .. } | Text | Enum { .. }))
        };
        let code = if texts(&before.column_type) && !texts(&column.column_type) {
            Code::TextConverted
        } else {
            Code::Narrower
        };
        let mut doubts = Vec::new();
        for Obstacle { condition, problem } in obstacles(
            &column.name,
            &before.column_type,
            &column.column_type,
            using,
        ) {
            let count = self.condition(&condition)?;
            let what = format!("rows that {problem}");
            doubts.push(self.doubt(code, &column.name, what, count));
        }
        if before.nullable && !column.nullable && !filled {
            let mut name = String::new();
            expression::put_name(&mut name, &column.name);
            let value = using.unwrap_or(&name);
            let count = self.condition(&format!("is_null({value})"))?;
            let what = "rows that hold NULL";
            doubts.push(self.doubt(Code::SetNotNull, &column.name, what, count));
        }
        Ok(doubts)
    }

    /// Counts the rows for which a condition over the table at this place holds.
    fn condition(&self, condition: &str) -> Result<Count> {
        let (Some(dialect), Some(table)) = (self.walk.dialect, self.place.before.table(self.table))
        else {
            return Ok(Count::Unknown);
        };
        let table: Table = table.to_table()?;
        let node: Node = expression::read(condition, &table)?;
        let read = node.columns();
        let columns: Vec<&str> = read.iter().map(|column| column.name.as_ref()).collect();
        let Some(source) = self.source(dialect, self.origin, self.table, &columns) else {
            return Ok(self.all_rows(Count::Any));
        };
        let condition = column_sql(
            dialect,
            self.table,
            "",
            &ColumnExpression::new(node.clone()),
        )?;
        Ok(Count::Of(format!(
            "SELECT COUNT(*) FROM {source} WHERE {condition}"
        )))
    }

    /// The table as a query finds it before the revision, under the names of this place; nothing where the revision sets one of
    /// the columns.
    fn source(
        &self,
        dialect: &dyn Dialect,
        origin: &TableOrigin,
        table: &str,
        columns: &[&str],
    ) -> Option<String> {
        let quoted = |name: &str| quoted(dialect, name);
        let mut renamed = origin.name != table;
        let mut selected = Vec::new();
        for column in columns {
            let Origin::Stored(stored) = origin.column(column) else {
                return None;
            };
            renamed |= stored != *column;
            let column = format!("{} AS {}", quoted(&stored), quoted(column));
            if !selected.contains(&column) {
                selected.push(column);
            }
        }
        if !renamed {
            return Some(quoted(table));
        }
        if selected.is_empty() {
            return Some(quoted(&origin.name));
        }
        Some(format!(
            "(SELECT {} FROM {}) AS {}",
            selected.join(", "),
            quoted(&origin.name),
            quoted(table)
        ))
    }

    fn all_rows(&self, count: impl Fn(String) -> Count) -> Count {
        let Some(dialect) = self.walk.dialect else {
            return Count::Unknown;
        };
        let table = quoted(dialect, &self.origin.name);
        count(format!("SELECT COUNT(*) FROM {table}"))
    }

    /// Whether nothing but NULL can be in one of the columns.
    fn is_null(&self, columns: &[String]) -> bool {
        let mut columns = columns.iter();
        columns.any(|column| self.origin.column(column) == Origin::Null)
    }

    fn duplicates(&self, code: Code, columns: &[String]) -> Vec<Doubt> {
        let is_key = code == Code::KeyOverRows;
        if !is_key && self.is_null(columns) {
            return Vec::new();
        }
        let list = columns.join(", ");
        let mut doubts = Vec::new();
        let names: Vec<&str> = columns.iter().map(String::as_str).collect();
        let written = self.walk.dialect.and_then(|dialect| {
            let source = self.source(dialect, self.origin, self.table, &names)?;
            let columns: Vec<String> = names.iter().map(|name| quoted(dialect, name)).collect();
            let there: Vec<String> = (columns.iter())
                .map(|column| format!("{column} IS NOT NULL"))
                .collect();
            let missing: Vec<String> = (columns.iter())
                .map(|column| format!("{column} IS NULL"))
                .collect();
            let twice = format!(
                "SELECT COUNT(*) FROM (SELECT 1 AS {one} FROM {source} WHERE {} GROUP BY {} HAVING COUNT(*) > 1) AS {several}",
                there.join(" AND "),
                columns.join(", "),
                one = quoted(dialect, "one"),
                several = quoted(dialect, "several"),
            );
            let nulls = format!(
                "SELECT COUNT(*) FROM {source} WHERE {}",
                missing.join(" OR ")
            );
            Some((twice, nulls))
        });
        let (twice, nulls) = match written {
            Some((twice, nulls)) => (Count::Of(twice), Count::Of(nulls)),
            None => (self.all_rows(Count::Any), self.all_rows(Count::Any)),
        };
        let subject = if columns.len() == 1 {
            list.as_str()
        } else {
            ""
        };
        let what = format!("values of ({list}) that stand in more than one row");
        doubts.push(self.doubt(code, subject, what, twice));
        let known = self.place.before.table(self.table);
        let nullable = (columns.iter()).any(|column| {
            let column = known.and_then(|table| table.column(column));
            column.is_some_and(|column| column.nullable)
        });
        if is_key && nullable {
            let what = format!("rows that hold NULL in ({list})");
            doubts.push(self.doubt(code, subject, what, nulls));
        }
        doubts
    }

    fn orphans(&self, columns: &[String], parent: &str, parent_columns: &[String]) -> Vec<Doubt> {
        if self.is_null(columns) {
            return Vec::new();
        }
        let written = self.walk.dialect.and_then(|dialect| {
            let quoted = |name: &str| quoted(dialect, name);
            let names: Vec<&str> = columns.iter().map(String::as_str).collect();
            let child = self.source(dialect, self.origin, self.table, &names)?;
            let (one, other) = (quoted("child_row"), quoted("parent_row"));
            let mut conditions: Vec<String> = (names.iter())
                .map(|name| format!("{one}.{} IS NOT NULL", quoted(name)))
                .collect();
            // A table that the revision has made is empty.
            if let Some(origin) = self.origins.table(parent) {
                let names: Vec<&str> = parent_columns.iter().map(String::as_str).collect();
                let parent = self.source(dialect, origin, parent, &names)?;
                let pairs = columns.iter().zip(&names);
                let equal: Vec<String> = pairs
                    .map(|(own, its)| format!("{other}.{} = {one}.{}", quoted(its), quoted(own)))
                    .collect();
                conditions.push(format!(
                    "NOT EXISTS (SELECT 1 FROM {} WHERE {})",
                    aliased(&parent, &other),
                    equal.join(" AND ")
                ));
            }
            Some(format!(
                "SELECT COUNT(*) FROM {} WHERE {}",
                aliased(&child, &one),
                conditions.join(" AND ")
            ))
        });
        let count = match written {
            Some(sql) => Count::Of(sql),
            None => self.all_rows(Count::Any),
        };
        let what = format!("rows that reference no row of {parent}");
        let subject = match columns {
            [column] => column.as_str(),
            _ => "",
        };
        vec![self.doubt(Code::ForeignKeyOverRows, subject, what, count)]
    }
}

/// A source under another name: one that is a query has a name already, which is put aside.
fn aliased(source: &str, alias: &str) -> String {
    if source.starts_with('(') {
        return format!("(SELECT * FROM {source}) AS {alias}");
    }
    format!("{source} AS {alias}")
}

fn quoted(dialect: &dyn Dialect, name: &str) -> String {
    let mut quoted = String::new();
    dialect.quote_identifier(&mut quoted, name);
    quoted
}
