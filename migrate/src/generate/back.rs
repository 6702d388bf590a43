//! The way back: what a downgrade does, which nobody can be asked about.

use birgus_core::Result;
use birgus_core::schema::{ColumnType, Table};

use super::literal::zero;
use crate::state::expression::{put_name, type_name};
use crate::state::{Decisions, Operation, Question, State, TableDefinition, plan};

/// The operations that take back what leads from `old` to `new`.
///
/// Rows get in a column that is there again, and that can't be NULL, its default or the zero of its type; where it has to be
/// unique, the text or number of the row's key. Values that have no way back stop the downgrade before it begins.
pub(super) fn back(old: &State, new: &State, decisions: &Decisions) -> Result<Vec<Operation>> {
    let mut inverse = inverted(old, new, decisions);
    let asked = plan(new, old, &inverse)?.questions;
    let mut reasons = Vec::new();
    for question in asked {
        match question {
            Question::Backfill { table, column } => {
                let value = match old.table(&table) {
                    Some(definition) => {
                        let now = now_of(new, &inverse, &table);
                        value(definition, now, &column)?
                    }
                    None => continue,
                };
                inverse.backfills.insert((table, column), value);
            }
            Question::Conversion { table, column, from, to, reason } => reasons.push(format!(
                "{table}.{column} was {to} and is {from}: {reason}; write `using` at its alter_column below, and delete this \
                 operation"
            )),
            // A text that is new goes.
            Question::EnumValue { table, column, old, .. } => {
                inverse.dropped.insert(format!("{table}.{column}.{old}"));
            }
            other => reasons.push(other.to_string()),
        }
    }
    let operations = plan(new, old, &inverse)?.operations;
    let stops = reasons
        .into_iter()
        .map(|reason| Operation::Irreversible { reason });
    Ok(stops.chain(operations).collect())
}

/// The decisions the other way round.
fn inverted(old: &State, new: &State, decisions: &Decisions) -> Decisions {
    let mut inverse = Decisions::default();
    for (from, to) in &decisions.renamed_tables {
        inverse.renamed_tables.insert(to.clone(), from.clone());
    }
    let was = |table: &String| inverse.renamed_tables.get(table).unwrap_or(table).clone();
    for ((table, from), to) in &decisions.renamed_columns {
        inverse
            .renamed_columns
            .insert((was(table), to.clone()), from.clone());
    }
    for ((table, column, from), to) in &decisions.renamed_values {
        let before = was(table);
        let renamed =
            (decisions.renamed_columns.iter()).find(|((of, _), new)| of == table && *new == column);
        let column = renamed.map_or(column, |((_, old), _)| old).clone();
        inverse
            .renamed_values
            .insert((before, column, to.clone()), from.clone());
    }
    // What is new goes: nothing of it is a rename, or it would be among those.
    for table in new.tables() {
        let before = was(&table.name);
        let Some(old) = old.table(&before) else {
            inverse.dropped.insert(table.name.clone());
            continue;
        };
        for column in &table.columns {
            if old.column(&column.name).is_none() {
                inverse.dropped.insert(format!("{before}.{}", column.name));
            }
        }
    }
    inverse
}

/// The table as it is before the downgrade, by the name that it has after it.
fn now_of<'a>(new: &'a State, inverse: &Decisions, table: &str) -> Option<&'a TableDefinition> {
    let mut renames = inverse.renamed_tables.iter();
    let name = renames
        .find(|(_, to)| *to == table)
        .map_or(table, |(from, _)| from);
    new.table(name)
}

/// What rows get in a column that is there again.
fn value(
    definition: &TableDefinition,
    now: Option<&TableDefinition>,
    column: &str,
) -> Result<String> {
    if let Some(default) = definition
        .column(column)
        .and_then(|column| column.default.clone())
    {
        return Ok(default);
    }
    let table = definition.to_table()?;
    let Some(known) = table.column(column) else {
        return Ok(String::new());
    };
    let unique = (table.indexes.iter())
        .any(|index| index.unique && index.columns.iter().any(|name| name == column));
    let own = unique
        .then(|| key_of(&table, now, &known.column_type))
        .flatten();
    Ok(own.unwrap_or_else(|| zero(&known.column_type)))
}

/// The row's key as a value of a type, where the key is one whole number.
fn key_of(
    table: &Table,
    now: Option<&TableDefinition>,
    column_type: &ColumnType,
) -> Option<String> {
    let [key] = &table.primary_key[..] else {
        return None;
    };
    let whole = |column_type: &ColumnType| {
        matches!(
            column_type,
            ColumnType::SmallInt | ColumnType::Integer | ColumnType::BigInt
        )
    };
    let key_type = &table.column(key)?.column_type;
    // The column must be there already, and be the same.
    let there = now?.column(key)?;
    if !whole(key_type) || there.column_type != key_type.to_string() {
        return None;
    }
    let mut name = String::new();
    put_name(&mut name, key);
    match column_type {
        own if whole(own) => Some(name),
        ColumnType::Varchar { .. }
        | ColumnType::Text
        | ColumnType::Double
        | ColumnType::Decimal { .. } => Some(format!(
            "cast:{}({name})",
            type_name(column_type.bind_type())
        )),
        _ => None,
    }
}
