//! Reading tables back.
//!
//! What Birgus has no word for is left out, as triggers and views are: partial indexes, indexes over expressions. A
//! column that could be misread is refused.

use std::collections::BTreeMap;

use birgus_core::backend::{Connection, Row, SchemaObject, Statement};
use birgus_core::schema::{
    Check, Column, ColumnExpression, ColumnType, DatabaseExpression, ExpressionOf, ForeignKey,
    Index, Inspected, ReferentialAction, Table, check_name, enum_check_name, foreign_key_name,
    type_check_name, unique_name,
};
use birgus_core::{Error, Result};

use crate::create_sql::{self, Constraints};
use crate::types::{self, Declared};

/// The tables of the file; not SQLite's own, nor virtual tables and what is behind them.
const TABLES: &str = "pragma_table_list AS t JOIN main.sqlite_schema AS s ON s.type = 'table' AND s.name = t.name \
     WHERE t.schema = 'main' AND t.type = 'table' AND lower(substr(t.name, 1, 7)) <> 'sqlite_'";

pub(crate) fn table_names(connection: &mut dyn Connection) -> Result<Vec<String>> {
    let mut names = Vec::new();
    let sql = format!("SELECT t.name FROM {TABLES}");
    connection.query(&Statement::once(sql), &mut |row| {
        names.push(text(row, 0)?);
        Ok(())
    })?;
    names.sort();
    Ok(names)
}

/// A table while it is read, with what decides about its columns.
struct Draft {
    table: Table,
    constraints: Constraints,
}

/// Reads the tables; what can't be described is told beside them.
pub(crate) fn inspect(connection: &mut dyn Connection) -> Result<Inspected> {
    let mut drafts = BTreeMap::new();
    let mut found = Inspected::default();
    let sql = format!("SELECT t.name, s.sql FROM {TABLES}");
    connection.query(&Statement::once(sql), &mut |row| {
        let name = text(row, 0)?;
        let mut draft = Draft {
            table: Table::new(name.clone()),
            constraints: create_sql::constraints(&text(row, 1)?),
        };
        draft.table.comment = draft.constraints.comment.take();
        drafts.insert(name, draft);
        Ok(())
    })?;
    read_columns(connection, &mut drafts, &mut found)?;
    read_indexes(connection, &mut drafts)?;
    read_foreign_keys(connection, &mut drafts, &mut found)?;
    for draft in drafts.values_mut() {
        read_checks(draft, &mut found);
    }
    found.tables = drafts
        .into_values()
        .map(|draft| draft.table.sorted())
        .collect();
    Ok(found.settled())
}

fn text(row: &dyn Row, index: usize) -> Result<String> {
    Ok(row.text(index)?.unwrap_or_default().into_owned())
}

fn integer(row: &dyn Row, index: usize) -> Result<i64> {
    Ok(row.integer(index)?.unwrap_or_default())
}

fn read_columns(
    connection: &mut dyn Connection,
    drafts: &mut BTreeMap<String, Draft>,
    inspected: &mut Inspected,
) -> Result<()> {
    let sql = format!(
        "SELECT t.name, c.name, c.type, c.\"notnull\", c.pk, c.hidden, c.dflt_value \
         FROM (SELECT t.name AS name FROM {TABLES}) AS t, pragma_table_xinfo(t.name, 'main') AS c \
         ORDER BY t.name, c.cid"
    );
    // The place of a column in the primary key, counted from 1.
    let mut keys: BTreeMap<String, Vec<(i64, String)>> = BTreeMap::new();
    connection.query(&Statement::once(sql), &mut |row| {
        let (table, name) = (text(row, 0)?, text(row, 1)?);
        let Some(draft) = drafts.get_mut(&table) else {
            return Ok(());
        };
        // https://sqlite.org/pragma.html#pragma_table_xinfo
        let computed = match integer(row, 5)? {
            0 => None,
            3 => Some(ColumnExpression::unknown()),
            _ => {
                let error = Error::unsupported(format!(
                    "{table}.{name}: a generated column that is not stored can't be described"
                ));
                inspected.leave_out(&table, &name, false, error);
                return Ok(());
            }
        };
        let default = row.text(6)?.filter(|_| computed.is_none());
        let declared = text(row, 2)?;
        let key = integer(row, 4)?;
        if key > 0 {
            keys.entry(table.clone())
                .or_default()
                .push((key, name.clone()));
        }
        let column_type = match column_type(draft, &name, &declared) {
            Ok(column_type) => column_type,
            Err(error) => {
                let required = integer(row, 3)? != 0 && default.is_none();
                inspected.leave_out(&table, &name, required, error);
                return Ok(());
            }
        };
        if let Some(sql) = &default {
            inspected.expressions.push(DatabaseExpression {
                table: table.clone(),
                of: ExpressionOf::Default(name.clone()),
                sql: match column_type {
                    ColumnType::Decimal { scale, .. } => unscaled(sql, scale),
                    _ => sql.clone().into_owned(),
                },
            });
        }
        let alias = key > 0 && declared.eq_ignore_ascii_case("INTEGER");
        let column = Column {
            column_type,
            // SQLite alone lets NULL into primary keys, by what it calls a bug: a key means NOT NULL all the same
            // (<https://www.sqlite.org/lang_createtable.html#the_primary_key>).
            nullable: integer(row, 3)? == 0 && key == 0,
            identity: alias && draft.constraints.autoincrement,
            comment: told(draft, &name),
            name,
            computed,
            default: default.map(|_| ColumnExpression::unknown()),
        };
        draft.table.columns.push(column);
        Ok(())
    })?;
    for (table, mut columns) in keys {
        columns.sort();
        if let Some(draft) = drafts.get_mut(&table) {
            draft.table.primary_key = columns.into_iter().map(|(_, name)| name).collect();
        }
    }
    Ok(())
}

/// What is told of a column.
fn told(draft: &Draft, column: &str) -> Option<String> {
    let comments = draft.constraints.comments.iter();
    (comments
        .rev()
        .find(|(name, _)| name.eq_ignore_ascii_case(column)))
    .map(|(_, comment)| comment.clone())
}

fn column_type(draft: &Draft, column: &str, declared: &str) -> Result<ColumnType> {
    let table = &draft.table.name;
    let checks = &draft.constraints.checks;
    let named = |name: String| {
        checks
            .iter()
            .find(|check| check.name.as_deref() == Some(name.as_str()))
    };
    match types::read(declared) {
        Declared::Known(ColumnType::Varchar { length }) => {
            Ok(match named(enum_check_name(table, column)) {
                Some(check) => ColumnType::Enum {
                    values: check.literals.clone(),
                },
                None => ColumnType::Varchar { length },
            })
        }
        Declared::Known(column_type) => Ok(column_type),
        Declared::Decimal { precision, scale }
            if named(type_check_name(table, column)).is_some() =>
        {
            Ok(ColumnType::Decimal { precision, scale })
        }
        // SQLite stores what others declare so as a floating-point number; Birgus keeps its own as whole ones.
        Declared::Decimal { .. } => Ok(ColumnType::Double),
        Declared::Unknown => Err(Error::unsupported(format!(
            "{table}.{column}: there is no column type for the declared type `{declared}`"
        ))),
    }
}

/// A default of a decimal, which is stored as a whole number, as the number that it stands for.
fn unscaled(sql: &str, scale: u8) -> String {
    let number = sql.trim_start_matches('(').trim_end_matches(')');
    let Ok(whole) = number.parse::<i64>() else {
        return sql.to_owned();
    };
    let digits = format!(
        "{:0width$}",
        whole.unsigned_abs(),
        width = usize::from(scale) + 1
    );
    let (before, behind) = digits.split_at(digits.len() - usize::from(scale));
    let sign = if whole < 0 { "-" } else { "" };
    format!("{sign}{before}.{behind}")
}

fn read_indexes(
    connection: &mut dyn Connection,
    drafts: &mut BTreeMap<String, Draft>,
) -> Result<()> {
    let sql = format!(
        "SELECT t.name, l.name, l.\"unique\", l.origin, i.name \
         FROM (SELECT t.name AS name FROM {TABLES}) AS t, pragma_index_list(t.name, 'main') AS l, \
         pragma_index_xinfo(l.name, 'main') AS i \
         WHERE i.key = 1 AND l.origin <> 'pk' AND l.partial = 0 ORDER BY t.name, l.seq, i.seqno"
    );
    /// One entry an index: `None` among the columns is an expression.
    struct Found {
        table: String,
        name: String,
        unique: bool,
        from_constraint: bool,
        columns: Vec<Option<String>>,
    }
    let mut found: Vec<Found> = Vec::new();
    connection.query(&Statement::once(sql), &mut |row| {
        let (table, name) = (text(row, 0)?, text(row, 1)?);
        let column = row.text(4)?.map(|name| name.into_owned());
        match found.last_mut() {
            Some(last) if last.table == table && last.name == name => last.columns.push(column),
            _ => found.push(Found {
                unique: integer(row, 2)? == 1,
                from_constraint: text(row, 3)? == "u",
                table,
                name,
                columns: vec![column],
            }),
        }
        Ok(())
    })?;
    for index in found {
        let columns: Option<Vec<String>> = index.columns.into_iter().collect();
        let (Some(columns), Some(draft)) = (columns, drafts.get_mut(&index.table)) else {
            continue;
        };
        let name = if index.from_constraint {
            // The index is SQLite's own; the constraint's name stands in the text alone.
            draft
                .constraints
                .uniques
                .iter()
                .find(|unique| same_names(&unique.columns, &columns))
                .and_then(|unique| unique.name.clone())
                .unwrap_or_else(|| unique_name(&index.table, &columns))
        } else {
            index.name
        };
        draft.table.indexes.push(Index {
            name,
            columns,
            unique: index.unique,
        });
    }
    Ok(())
}

fn same_names(left: &[String], right: &[String]) -> bool {
    left.len() == right.len()
        && left
            .iter()
            .zip(right)
            .all(|(left, right)| left.eq_ignore_ascii_case(right))
}

fn read_foreign_keys(
    connection: &mut dyn Connection,
    drafts: &mut BTreeMap<String, Draft>,
    inspected: &mut Inspected,
) -> Result<()> {
    let sql = format!(
        "SELECT t.name, f.id, f.\"table\", f.\"from\", f.\"to\", f.on_delete, f.on_update \
         FROM (SELECT t.name AS name FROM {TABLES}) AS t, pragma_foreign_key_list(t.name, 'main') AS f \
         ORDER BY t.name, f.id, f.seq"
    );
    /// `to` is `None` for all columns when the key references whatever the primary key is.
    struct Found {
        table: String,
        id: i64,
        parent: String,
        from: Vec<String>,
        to: Vec<Option<String>>,
        on_delete: String,
        on_update: String,
    }
    let mut found: Vec<Found> = Vec::new();
    connection.query(&Statement::once(sql), &mut |row| {
        let (table, id) = (text(row, 0)?, integer(row, 1)?);
        let from = text(row, 3)?;
        let to = row.text(4)?.map(|name| name.into_owned());
        match found.last_mut() {
            Some(last) if last.table == table && last.id == id => {
                last.from.push(from);
                last.to.push(to);
            }
            _ => found.push(Found {
                on_delete: text(row, 5)?,
                on_update: text(row, 6)?,
                parent: text(row, 2)?,
                table,
                id,
                from: vec![from],
                to: vec![to],
            }),
        }
        Ok(())
    })?;
    for key in found {
        // SQLite knows tables without regard to case, and gives back what the user wrote.
        let parent = drafts
            .values()
            .map(|draft| &draft.table)
            .find(|table| table.name.eq_ignore_ascii_case(&key.parent));
        let references_table = parent.map_or(key.parent, |table| table.name.clone());
        let to: Option<Vec<String>> = key.to.into_iter().collect();
        let references_columns =
            to.unwrap_or_else(|| parent.map_or_else(Vec::new, |table| table.primary_key.clone()));
        let whole: Vec<bool> = (references_columns.iter())
            .map(|column| {
                let column = parent.and_then(|table| table.column(column));
                column.is_some_and(|column| column.column_type == ColumnType::BigInt)
            })
            .collect();
        let Some(draft) = drafts.get_mut(&key.table) else {
            continue;
        };
        follow_parent(draft, &key.from, &whole);
        // Numbers count from the last one that is written.
        let names = &draft.constraints.foreign_keys;
        let name = usize::try_from(key.id)
            .ok()
            .and_then(|id| names.len().checked_sub(id + 1))
            .and_then(|position| names.get(position).cloned().flatten())
            .unwrap_or_else(|| foreign_key_name(&key.table, &key.from));
        let subject = format!("{}.{}", key.table, key.from.join("+"));
        let actions = (
            action(&subject, &key.on_delete),
            action(&subject, &key.on_update),
        );
        let (on_delete, on_update) = match actions {
            (Ok(on_delete), Ok(on_update)) => (on_delete, on_update),
            (Err(error), _) | (_, Err(error)) => {
                inspected.leave_out_foreign_key(&key.table, &name, key.from, error);
                continue;
            }
        };
        draft.table.foreign_keys.push(ForeignKey {
            name,
            columns: key.from,
            references_table,
            references_columns,
            on_delete,
            on_update,
        });
    }
    Ok(())
}

/// Gives columns of `INT` and the like, which hold any whole number where no check of Birgus says otherwise, the type of the
/// `INTEGER` that they reference.
fn follow_parent(draft: &mut Draft, columns: &[String], whole: &[bool]) {
    let table = &mut draft.table;
    for (name, _) in columns.iter().zip(whole).filter(|(_, whole)| **whole) {
        let check = type_check_name(&table.name, name);
        let checked = (draft.constraints.checks.iter())
            .any(|one| one.name.as_deref() == Some(check.as_str()));
        let column = table.columns.iter_mut().find(|column| {
            column.name == *name
                && matches!(
                    column.column_type,
                    ColumnType::SmallInt | ColumnType::Integer
                )
        });
        if let Some(column) = column.filter(|_| !checked) {
            column.column_type = ColumnType::BigInt;
        }
    }
}

fn action(subject: &str, sql: &str) -> Result<ReferentialAction> {
    [
        ReferentialAction::NoAction,
        ReferentialAction::Cascade,
        ReferentialAction::SetNull,
        ReferentialAction::Restrict,
    ]
    .into_iter()
    .find(|action| action.sql() == sql)
    .ok_or_else(|| {
        Error::unsupported(format!(
            "{subject}: a foreign key with the action {sql} can't be described"
        ))
    })
}

/// Keeps the checks that the user declared: not those that stand for a type.
fn read_checks(draft: &mut Draft, inspected: &mut Inspected) {
    let table = &mut draft.table;
    let mut unnamed = 0;
    for check in &draft.constraints.checks {
        let name = match &check.name {
            Some(name) => name.clone(),
            None => {
                unnamed += 1;
                check_name(&table.name, &unnamed.to_string())
            }
        };
        let of_type = table.columns.iter().any(|column| {
            name == type_check_name(&table.name, &column.name)
                || name == enum_check_name(&table.name, &column.name)
        });
        if !of_type {
            // Beside a decimal, which is stored as a whole number, a constant is not what it looks like.
            let mut decimals = table
                .columns
                .iter()
                .filter(|column| matches!(column.column_type, ColumnType::Decimal { .. }));
            if !decimals.any(|column| check.sql.contains(&column.name)) {
                inspected.expressions.push(DatabaseExpression {
                    table: table.name.clone(),
                    of: ExpressionOf::Check(name.clone()),
                    sql: check.sql.clone(),
                });
            }
            table.checks.push(Check {
                name,
                expression: None,
            });
        }
    }
}

/// Whether something is in the file.
pub(crate) fn object_exists(
    connection: &mut dyn Connection,
    object: &SchemaObject,
) -> Result<bool> {
    let wanted = match object {
        SchemaObject::Table(table) => table,
        SchemaObject::Column { table, .. }
        | SchemaObject::Index { table, .. }
        | SchemaObject::ForeignKey { table, .. }
        | SchemaObject::Check { table, .. }
        | SchemaObject::PrimaryKeyColumns { table, .. } => table,
        other => {
            return Err(Error::unsupported(format!(
                "SQLite does not tell whether there is a {other}"
            )));
        }
    };
    let tables = inspect(connection)?.tables;
    let Some(table) = tables.iter().find(|table| table.name == *wanted) else {
        return Ok(false);
    };
    Ok(match object {
        SchemaObject::Column { name, .. } => table.column(name).is_some(),
        SchemaObject::Index { name, .. } => table.indexes.iter().any(|index| index.name == *name),
        SchemaObject::ForeignKey { name, .. } => {
            table.foreign_keys.iter().any(|key| key.name == *name)
        }
        SchemaObject::Check { name, .. } => table.checks.iter().any(|check| check.name == *name),
        SchemaObject::PrimaryKeyColumns { columns, .. } => table.primary_key == *columns,
        _ => true,
    })
}

/// Rows that reference no row, ten at most.
pub(crate) fn dangling_rows(connection: &mut dyn Connection) -> Result<Vec<String>> {
    let mut rows = Vec::new();
    let sql = "SELECT \"table\", rowid, parent FROM pragma_foreign_key_check LIMIT 10";
    connection.query(&Statement::once(sql), &mut |row| {
        let (table, parent) = (text(row, 0)?, text(row, 2)?);
        rows.push(match row.integer(1)? {
            Some(id) => format!("row {id} of {table} references no {parent}"),
            None => format!("a row of {table} references no {parent}"),
        });
        Ok(())
    })?;
    Ok(rows)
}
