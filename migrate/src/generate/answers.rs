//! Answers to what a difference does not tell: given as flags, hinted by models.

use birgus_core::model::{ModelInfo, Rename};
use birgus_core::schema::{ColumnType, Table};
use birgus_core::{Error, Result};

use super::literal;
use crate::state::{Decisions, Operation, State, plan};

/// Answers as flags give them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answers {
    /// Renames: `user` and `account` of a table, `user.name` and `user.full_name` of a column, `user.size.small` and
    /// `user.size.tiny` of a text of an enum.
    pub renames: Vec<(String, String)>,
    /// Tables and columns that were dropped and not renamed: `user`, `user.name`.
    pub drops: Vec<String>,
    /// What rows get that are there already: `post.body` and an expression.
    pub backfills: Vec<(String, String)>,
    /// The values of a column in its new type: `user.age` and an expression over the columns as they were.
    pub usings: Vec<(String, String)>,
}

/// What a model says of a former name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Hint {
    /// A table had another name.
    Table {
        /// The name that it had.
        old: String,
        /// Its name.
        new: String,
    },
    /// A column had another name.
    Column {
        /// The table, by its name now.
        table: String,
        /// The name that it had.
        old: String,
        /// Its name.
        new: String,
    },
    /// A text of an enum had another form.
    Value {
        /// The table, by its name now.
        table: String,
        /// The column, by its name now.
        column: String,
        /// The text that it was.
        old: String,
        /// The text.
        new: String,
    },
}

/// What models say of their former names, in their `was` attributes.
pub fn hints(models: impl IntoIterator<Item = &'static ModelInfo>) -> Vec<Hint> {
    let mut hints = Vec::new();
    for model in models {
        let table = model.table_name().to_owned();
        for rename in model.renames() {
            hints.extend(match rename {
                Rename::Table { was, is } => Some(Hint::Table {
                    old: was.to_owned(),
                    new: is.to_owned(),
                }),
                Rename::Column { field, was } => Some(Hint::Column {
                    table: table.clone(),
                    old: was.to_owned(),
                    new: field.column.to_owned(),
                }),
                Rename::Text { field, was, is } => Some(Hint::Value {
                    table: table.clone(),
                    column: field.column.to_owned(),
                    old: was.to_owned(),
                    new: is.to_owned(),
                }),
                _ => None,
            });
        }
    }
    hints
}

impl Answers {
    /// What they decide about the way from one state to another.
    pub(super) fn decisions(&self, old: &State, new: &State, hints: &[Hint]) -> Result<Decisions> {
        let mut decisions = Decisions::default();
        for (from, to) in &self.renames {
            if !from.contains('.') {
                rename_table(&mut decisions, old, new, from, to)?;
            }
        }
        for hint in hints {
            if let Hint::Table { old: from, new: to } = hint
                && !self.drops.contains(from)
                && !decisions.renamed_tables.contains_key(from)
                && old.table(to).is_none()
                && new.table(from).is_none()
            {
                // A model that was renamed long ago still says so.
                let _ = rename_table(&mut decisions, old, new, from, to);
            }
        }
        for (from, to) in &self.renames {
            if let Some((table, column)) = from.split_once('.') {
                let table = new_name(&decisions, table);
                if let Some((column, text)) = column.split_once('.') {
                    rename_text(&mut decisions, new, (&table, column, text), to)?;
                    continue;
                }
                let to = match to.split_once('.') {
                    Some((other, to)) if new_name(&decisions, other) == table => to,
                    Some(_) => {
                        return Err(Error::configuration(format!(
                            "--rename {from}={to}: a column stays in its table"
                        )));
                    }
                    None => to,
                };
                rename_column(&mut decisions, old, new, (&table, column, to))?;
            }
        }
        for hint in hints {
            if let Hint::Column {
                table,
                old: from,
                new: to,
            } = hint
            {
                let said = (self.drops.iter()).any(|name| {
                    let parts = name.split_once('.');
                    parts.is_some_and(|(owner, column)| {
                        new_name(&decisions, owner) == *table && column == from
                    })
                });
                let key = (table.clone(), from.clone());
                // Where both names are on both sides, a hint tells of a swap only along with the one that closes the circle. Alone it
                // was followed long ago, and its old name is used again.
                let both = |column: &str| {
                    let before = old.table(old_name(&decisions, table));
                    [before, new.table(table)]
                        .iter()
                        .all(|side| side.is_some_and(|table| table.column(column).is_some()))
                };
                let closes = hints.iter().any(|hint| {
                    matches!(hint, Hint::Column { table: other, old, .. } if other == table && old == to)
                });
                let stale = both(from) && both(to) && !closes;
                if !said && !stale && !decisions.renamed_columns.contains_key(&key) {
                    let _ = rename_column(&mut decisions, old, new, (table, from, to));
                }
            }
        }
        for hint in hints {
            if let Hint::Value {
                table,
                column,
                old: from,
                new: to,
            } = hint
            {
                let key = (table.clone(), column.clone(), from.clone());
                let before = old_name(&decisions, table);
                let was = old_column(&decisions, table, column);
                let fits = has_text(old, before, was, from)
                    && !has_text(old, before, was, to)
                    && has_text(new, table, column, to)
                    && !has_text(new, table, column, from);
                if fits && !self.drops.contains(&format!("{table}.{column}.{from}")) {
                    let values = &mut decisions.renamed_values;
                    values.entry(key).or_insert_with(|| to.clone());
                }
            }
        }
        for name in &self.drops {
            drop_named(&mut decisions, old, new, name)?;
        }
        let now = renamed(old, new, &decisions)?;
        for (flag, answers) in [("--backfill", &self.backfills), ("--using", &self.usings)] {
            for (name, text) in answers {
                let place = name
                    .split_once('.')
                    .map(|(table, column)| (new_name(&decisions, table), column.to_owned()));
                let known = place.filter(|(table, column)| {
                    new.table(table)
                        .is_some_and(|table| table.column(column).is_some())
                });
                let Some(place) = known else {
                    return Err(Error::configuration(format!(
                        "{flag} {name}: the models have no such column; write TABLE.COLUMN"
                    )));
                };
                let text = if flag == "--using" {
                    checked_using(&now, new, &place, text)?
                } else {
                    checked_backfill(&now, new, &place, text)?
                };
                let decided = if flag == "--using" {
                    &mut decisions.conversions
                } else {
                    &mut decisions.backfills
                };
                decided.insert(place, text);
            }
        }
        Ok(decisions)
    }
}

/// A table's name in the models.
fn new_name(decisions: &Decisions, table: &str) -> String {
    let renamed = decisions.renamed_tables.get(table);
    renamed.map_or_else(|| table.to_owned(), Clone::clone)
}

/// A table's name in the revisions.
fn old_name<'a>(decisions: &'a Decisions, table: &'a str) -> &'a str {
    let mut renames = decisions.renamed_tables.iter();
    renames
        .find(|(_, new)| *new == table)
        .map_or(table, |(old, _)| old)
}

/// A column's name in the revisions.
fn old_column<'a>(decisions: &'a Decisions, table: &str, column: &'a str) -> &'a str {
    let mut renames = decisions.renamed_columns.iter();
    let renamed = renames.find(|((of, _), new)| of == table && *new == column);
    renamed.map_or(column, |((_, old), _)| old)
}

fn rename_table(
    decisions: &mut Decisions,
    old: &State,
    new: &State,
    from: &str,
    to: &str,
) -> Result<()> {
    let wrong = |problem: String| Error::configuration(format!("--rename {from}={to}: {problem}"));
    if old.table(from).is_none() {
        return Err(wrong(format!("the revisions make no table {from}")));
    }
    if new.table(to).is_none() {
        return Err(wrong(format!("the models have no table {to}")));
    }
    decisions
        .renamed_tables
        .insert(from.to_owned(), to.to_owned());
    Ok(())
}

fn rename_column(
    decisions: &mut Decisions,
    old: &State,
    new: &State,
    (table, from, to): (&str, &str, &str),
) -> Result<()> {
    let wrong = |problem: String| {
        Error::configuration(format!("--rename {table}.{from}={table}.{to}: {problem}"))
    };
    let before = old.table(old_name(decisions, table));
    let has = |table: Option<&crate::state::TableDefinition>, column: &str| {
        table.is_some_and(|table| table.column(column).is_some())
    };
    if !has(before, from) {
        return Err(wrong(format!("the revisions make no column {from} there")));
    }
    if !has(new.table(table), to) {
        return Err(wrong(format!("the model has no column {to}")));
    }
    if has(new.table(table), from) && has(before, to) && from != to {
        // Two that were swapped are renamed both.
        decisions
            .renamed_columns
            .insert((table.to_owned(), from.to_owned()), to.to_owned());
        return Ok(());
    }
    if has(new.table(table), from) {
        return Err(wrong(format!("the model still has {from}")));
    }
    if has(before, to) {
        return Err(wrong(format!("{to} was there before")));
    }
    decisions
        .renamed_columns
        .insert((table.to_owned(), from.to_owned()), to.to_owned());
    Ok(())
}

/// A text of an enum: `user.size.small` and `user.size.tiny`, or the new text alone.
fn rename_text(
    decisions: &mut Decisions,
    new: &State,
    (table, column, text): (&str, &str, &str),
    to: &str,
) -> Result<()> {
    let place = format!("{table}.{column}.");
    let to = to.strip_prefix(&place).unwrap_or(to);
    if !has_text(new, table, column, to) {
        return Err(Error::configuration(format!(
            "--rename {place}{text}={place}{to}: the model's enum has no text {to:?}"
        )));
    }
    let key = (table.to_owned(), column.to_owned(), text.to_owned());
    decisions.renamed_values.insert(key, to.to_owned());
    Ok(())
}

fn has_text(state: &State, table: &str, column: &str, text: &str) -> bool {
    let table = state.table(table).and_then(|table| table.to_table().ok());
    let column = table.as_ref().and_then(|table| table.column(column));
    matches!(
        column.map(|column| &column.column_type),
        Some(ColumnType::Enum { values }) if values.iter().any(|known| known == text)
    )
}

fn drop_named(decisions: &mut Decisions, old: &State, new: &State, name: &str) -> Result<()> {
    let wrong = |problem: &str| Error::configuration(format!("--drop {name}: {problem}"));
    if let Some((table, column)) = name.split_once('.') {
        let table = new_name(decisions, table);
        if let Some((column, text)) = column.split_once('.') {
            if has_text(new, &table, column, text) {
                return Err(wrong("the model's enum still has it"));
            }
            decisions.dropped.insert(format!("{table}.{column}.{text}"));
            return Ok(());
        }
        let before = old.table(old_name(decisions, &table));
        if before.is_none_or(|before| before.column(column).is_none()) {
            return Err(wrong("the revisions make no such column"));
        }
        if new
            .table(&table)
            .is_some_and(|now| now.column(column).is_some())
        {
            return Err(wrong("the model still has it"));
        }
        decisions.dropped.insert(format!("{table}.{column}"));
        return Ok(());
    }
    if old.table(name).is_none() {
        return Err(wrong("the revisions make no such table"));
    }
    if new.table(name).is_some() {
        return Err(wrong("the models still have it"));
    }
    decisions.dropped.insert(name.to_owned());
    Ok(())
}

/// The old state with all that has another name now.
pub(super) fn renamed(old: &State, new: &State, decisions: &Decisions) -> Result<State> {
    let mut state = old.clone();
    for operation in &plan(old, new, decisions)?.operations {
        match operation {
            Operation::RenameTable { .. } | Operation::RenameColumn { .. } => {
                state.apply(operation)?;
            }
            _ => break,
        }
    }
    Ok(state)
}

/// What rows get that are there already, in the type of the column.
pub(super) fn checked_backfill(
    now: &State,
    new: &State,
    (table, column): &(String, String),
    text: &str,
) -> Result<String> {
    let wanted = wanted(new, table)?;
    let before = now.table(table).map(|table| table.to_table()).transpose()?;
    // A column that is new is computed of what the others were.
    let read_by = match before {
        Some(before) if before.column(column).is_none() => before,
        _ => wanted.clone(),
    };
    typed(&read_by, &wanted, column, text)
}

/// The values of a column in its new type.
pub(super) fn checked_using(
    now: &State,
    new: &State,
    (table, column): &(String, String),
    text: &str,
) -> Result<String> {
    let wanted = wanted(new, table)?;
    let before = now.table(table).map(|table| table.to_table()).transpose()?;
    typed(before.as_ref().unwrap_or(&wanted), &wanted, column, text)
}

fn wanted(new: &State, table: &str) -> Result<Table> {
    let found = new.table(table);
    found.map_or_else(
        || Err(Error::configuration(format!("there is no table {table}"))),
        |table| table.to_table(),
    )
}

fn typed(read_by: &Table, wanted: &Table, column: &str, text: &str) -> Result<String> {
    match wanted.column(column) {
        Some(known) => literal::for_column(text, read_by, column, &known.column_type),
        None => Err(Error::configuration(format!(
            "{}: there is no column {column}",
            wanted.name
        ))),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use birgus_core::schema::Column;

    use super::*;

    fn people(columns: &[&str]) -> State {
        let mut table = Table::new("person");
        for name in columns {
            table.columns.push(Column::new(*name, ColumnType::Integer));
        }
        State::of(&[table]).unwrap()
    }

    fn was(old: &str, new: &str) -> Hint {
        Hint::Column {
            table: "person".to_owned(),
            old: old.to_owned(),
            new: new.to_owned(),
        }
    }

    fn renamed(old: &State, new: &State, hints: &[Hint]) -> Vec<(String, String)> {
        let decisions = Answers::default().decisions(old, new, hints).unwrap();
        let renames = decisions.renamed_columns.into_iter();
        renames.map(|((_, old), new)| (old, new)).collect()
    }

    #[test]
    fn a_hint_that_was_followed_long_ago_says_nothing_when_its_old_name_is_used_again() {
        let both = people(&["full_name", "name"]);
        assert!(renamed(&both, &both, &[was("name", "full_name")]).is_empty());
        let more = people(&["full_name", "name", "size"]);
        assert!(renamed(&both, &more, &[was("name", "full_name")]).is_empty());
    }

    #[test]
    fn hints_that_close_a_circle_are_a_swap() {
        let both = people(&["a", "b"]);
        let swap = [was("a", "b"), was("b", "a")];
        assert_eq!(renamed(&both, &both, &swap).len(), 2);
    }
}
