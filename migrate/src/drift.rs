//! Whether models, revision files and a database agree: three of them, and who is ahead of whom.

use std::collections::BTreeSet;
use std::fmt;

use birgus_core::Result;
use birgus_core::schema::Table;
use serde::{Serialize, Serializer};

use crate::Status;
use crate::apply::{Course, is_own_table, state_of};
use crate::described::{self, Described, ORDER, Part, Text};
use crate::history::Graph;
use crate::state::State;

/// In what models, revision files and a database differ.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Drift {
    /// What the models have and the revision files do not: a revision is to be written.
    pub models: Vec<DriftLine>,
    /// What the database has and its revisions did not make: somebody changed it by hand.
    pub database: Vec<DriftLine>,
    /// Why the database was not compared with its revisions, where it could have been.
    pub not_compared: Option<String>,
    /// Tables of the database that neither models nor revisions know: another program's. They are no drift.
    pub unknown_tables: Vec<String>,
    /// The ends of the graph, where there are several.
    pub heads: Vec<String>,
    /// Revisions that the database does not have.
    pub pending: Vec<String>,
    /// Revisions of the database that have no file.
    pub ahead: Vec<String>,
    /// Revisions whose files were edited after they were applied.
    pub edited: Vec<String>,
    /// Revisions that were begun and not finished.
    pub unfinished: Vec<String>,
}

/// One thing in which two of them differ.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DriftLine {
    /// The table.
    pub table: String,
    /// `column email`, `index ix_post_author_id`, `primary key`; empty for the table itself.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub part: String,
    /// How it changed.
    pub change: DriftChange,
    /// What was added or dropped, or what became of it: `type integer → bigint`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub detail: String,
}

/// How something changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DriftChange {
    /// It is new.
    Added,
    /// It is gone.
    Dropped,
    /// It is something else.
    Changed,
}

impl DriftChange {
    /// The sign in a listing, and the word in JSON.
    fn sign_and_word(self) -> (char, &'static str) {
        match self {
            Self::Added => ('+', "added"),
            Self::Dropped => ('-', "dropped"),
            Self::Changed => ('~', "changed"),
        }
    }
}

impl Serialize for DriftChange {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.serialize_str(self.sign_and_word().1)
    }
}

impl fmt::Display for DriftLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (sign, _) = self.change.sign_and_word();
        if self.part.is_empty() {
            return write!(f, "{sign} table {}", self.table);
        }
        write!(f, "{sign} {}", self.part)?;
        if self.detail.is_empty() {
            return Ok(());
        }
        write!(f, ": {}", self.detail)
    }
}

/// What is compared, and what is passed over.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct DriftOptions {
    /// Whether a table that neither models nor revisions know is drift; it is only mentioned otherwise, since other programs
    /// may keep theirs in the same schema.
    pub every_table: bool,
    /// Tables of the database that are passed over.
    pub ignored: BTreeSet<String>,
}

impl DriftOptions {
    /// See [`DriftOptions::every_table`].
    #[must_use]
    pub fn every_table(mut self, value: bool) -> Self {
        self.every_table = value;
        self
    }

    /// Passes over a table of the database.
    #[must_use]
    pub fn ignore(mut self, table: impl Into<String>) -> Self {
        self.ignored.insert(table.into());
        self
    }
}

/// Compares models with revision files, and the files of the applied revisions with the tables of a database.
///
/// The order of columns does not count, and migrations' own tables are passed over. Of the expressions of checks, defaults and
/// computed columns, a database tells only whether there is one; models and files are compared to the last letter. Without
/// a status, the database is taken to have all revisions.
///
/// ```
/// use birgus_core::schema::{Column, ColumnType, Table};
/// use birgus_migrate::drift::{DriftOptions, check};
/// use birgus_migrate::history::Graph;
/// use birgus_migrate::state::State;
///
/// # fn main() -> birgus_core::Result<()> {
/// let mut note = Table::new("note");
/// note.columns.push(Column::new("id", ColumnType::BigInt));
/// note.primary_key.push("id".into());
/// let models = State::of(&[note])?;
/// let drift = check(&models, &Graph::default(), None, None, &DriftOptions::default())?;
/// assert!(!drift.is_clean());
/// assert_eq!(drift.models[0].to_string(), "+ table note");
/// # Ok(()) }
/// ```
///
/// # Errors
///
/// `is_configuration()` for revisions that can't be replayed.
pub fn check(
    models: &State,
    graph: &Graph,
    live: Option<&[Table]>,
    status: Option<&Status>,
    options: &DriftOptions,
) -> Result<Drift> {
    let all = graph.revisions().iter().map(|revision| revision.id.clone());
    let all: BTreeSet<String> = all.collect();
    let files = state_of(graph, &all)?;
    let heads = graph.heads();
    let mut drift = Drift {
        models: lines(
            &described::compare(&definitions(models), &definitions(&files)),
            Side::Wanted,
        ),
        ..Drift::default()
    };
    if heads.len() > 1 {
        drift.heads = heads.iter().map(|head| head.id.clone()).collect();
    }
    let mut applied = all;
    if let Some(status) = status {
        drift.pending.clone_from(&status.pending);
        drift.ahead.clone_from(&status.ahead);
        drift.edited.clone_from(&status.edited);
        drift.unfinished.clone_from(&status.unfinished);
        applied = (status.entries.iter())
            .filter(|entry| entry.course == Course::Applied)
            .map(|entry| entry.revision.clone())
            .collect();
    }
    let Some(live) = live else {
        return Ok(drift);
    };
    if let Some(reason) = untold(&drift) {
        drift.not_compared = Some(reason);
        return Ok(drift);
    }
    let made = state_of(graph, &applied)?;
    let wanted = made.tables().iter().map(|table| table.to_table());
    let wanted: Vec<Table> = wanted.collect::<Result<_>>()?;
    let known = |name: &str| {
        [models, &files, &made]
            .iter()
            .any(|state| state.table(name).is_some())
    };
    let mut found = Vec::new();
    for table in live {
        if is_own_table(&table.name) || options.ignored.contains(&table.name) {
            continue;
        }
        if known(&table.name) || options.every_table {
            found.push(Described::table(table));
        } else {
            drift.unknown_tables.push(table.name.clone());
        }
    }
    let wanted: Vec<Described> = wanted
        .iter()
        .filter(|table| !options.ignored.contains(&table.name))
        .map(Described::table)
        .collect();
    drift.database = lines(&described::compare(&wanted, &found), Side::Found);
    Ok(drift)
}

fn definitions(state: &State) -> Vec<Described> {
    state.tables().iter().map(Described::definition).collect()
}

/// Why it can't be told what a database should have.
fn untold(drift: &Drift) -> Option<String> {
    if !drift.ahead.is_empty() {
        return Some(format!(
            "nobody can tell what the revision {} did, which has no file",
            drift.ahead.join(", ")
        ));
    }
    if !drift.unfinished.is_empty() {
        return Some(format!(
            "the revision {} was stopped half-way; run the upgrade again first",
            drift.unfinished.join(", ")
        ));
    }
    None
}

/// Which side is what the other became.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Wanted,
    Found,
}

fn lines(parts: &[Part], newer: Side) -> Vec<DriftLine> {
    let parts = parts.iter().filter(|part| part.part != ORDER);
    let lines = parts.map(|part| {
        let (old, new) = match newer {
            Side::Wanted => (&part.found, &part.wanted),
            Side::Found => (&part.wanted, &part.found),
        };
        let text = |side: &Option<Text>| side.as_ref().map(Text::to_string).unwrap_or_default();
        let (change, detail) = match (old, new) {
            (Some(old), Some(new)) => (DriftChange::Changed, old.became(new)),
            (None, _) => (DriftChange::Added, text(new)),
            (Some(_), None) => (DriftChange::Dropped, text(old)),
        };
        DriftLine {
            table: part.table.clone(),
            part: part.part.clone(),
            change,
            detail,
        }
    });
    lines.collect()
}

impl Drift {
    /// Whether all agree, and nothing is left to do. Tables that nobody knows do not count.
    pub fn is_clean(&self) -> bool {
        self.models.is_empty()
            && self.database.is_empty()
            && self.not_compared.is_none()
            && [
                &self.heads,
                &self.pending,
                &self.ahead,
                &self.edited,
                &self.unfinished,
            ]
            .iter()
            .all(|list| list.is_empty())
    }
}

/// A listing: the heading of each comparison, then tables with what was added (`+`), dropped (`-`) and changed (`~`).
impl fmt::Display for Drift {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut first = true;
        let mut section = |f: &mut fmt::Formatter<'_>, heading: String, lines: &[DriftLine]| {
            if !std::mem::take(&mut first) {
                writeln!(f)?;
            }
            write!(f, "{heading}")?;
            listing(f, lines)
        };
        if !self.models.is_empty() {
            let heading =
                "the models have changed since the last revision; write one (db migrate):";
            section(f, heading.to_owned(), &self.models)?;
        }
        if !self.database.is_empty() {
            let heading = "the database was changed by hand; it is not what its revisions made:";
            section(f, heading.to_owned(), &self.database)?;
        }
        if let Some(reason) = &self.not_compared {
            let heading = format!("the database was not compared with its revisions: {reason}");
            section(f, heading, &[])?;
        }
        for (ids, text) in [
            (
                &self.heads,
                "there are several heads; merge them (db merge)",
            ),
            (
                &self.pending,
                "the database does not have all revisions yet (db upgrade)",
            ),
            (
                &self.ahead,
                "the database has revisions without files: it is ahead of this program, or files were lost",
            ),
            (&self.edited, "files were edited after they were applied"),
            (
                &self.unfinished,
                "revisions were begun and not finished; run the upgrade again (db upgrade)",
            ),
        ] {
            if !ids.is_empty() {
                section(f, format!("{text}: {}", ids.join(", ")), &[])?;
            }
        }
        if !self.unknown_tables.is_empty() {
            let tables = self.unknown_tables.join(", ");
            let text = "note: tables that neither models nor revisions know";
            section(f, format!("{text}: {tables}"), &[])?;
        }
        if first {
            f.write_str("models, revisions and database agree")?;
        }
        Ok(())
    }
}

fn listing(f: &mut fmt::Formatter<'_>, lines: &[DriftLine]) -> fmt::Result {
    let mut table = "";
    for line in lines {
        if line.part.is_empty() {
            write!(f, "\n  {line}")?;
            continue;
        }
        if line.table != table {
            table = &line.table;
            write!(f, "\n  {table}")?;
        }
        write!(f, "\n    {line}")?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
