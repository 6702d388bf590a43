//! Revisions written from the models: what separates them from the state that the revision files make.

mod answers;
mod ask;
mod back;
mod file;
mod literal;
mod place;
mod squash;

use birgus_core::schema::Table;
use birgus_core::{Error, Result};

pub use answers::{Answers, Hint, hints};
pub use ask::{Answer, Asker, Nobody};
pub use file::write;
pub use place::{Placement, merge, revision};
pub use squash::{Squash, squash};

use crate::history::{Graph, Revision};
use crate::state::{Operation, State, TableDefinition};

/// How a revision is generated.
#[derive(Clone, Debug, Default)]
pub struct GenerateOptions {
    /// What it does, in a few words.
    pub message: String,
    /// Where it stands in the graph.
    pub placement: Placement,
    /// Answers to what the difference does not tell.
    pub answers: Answers,
    /// What the models say of their former names. A hint that fits nothing is passed over: it stays in a model for long.
    pub hints: Vec<Hint>,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub enum Generated {
    /// The models say what the revisions say.
    Nothing,
    /// A revision that leads to the models.
    Revision(Box<Revision>),
}

/// Compares the models' tables with what the revisions make, and writes the revision that leads there and back. No database is
/// needed. What can't be told is asked; where nobody can be asked, every open question is in the error, with the flag that
/// answers it.
///
/// ```
/// # extern crate birgus_core as birgus;
/// use birgus::schema::{Column, ColumnType, Table};
/// use birgus_migrate::generate::{GenerateOptions, Generated, Nobody, generate};
/// use birgus_migrate::history::Graph;
///
/// # fn main() -> birgus::Result<()> {
/// let mut note = Table::new("note");
/// note.columns.push(Column::new("id", ColumnType::BigInt).identity());
/// note.primary_key = vec!["id".into()];
///
/// let options = GenerateOptions { message: "notes table".into(), ..GenerateOptions::default() };
/// let generated = generate(&Graph::default(), &[note.clone()], &options, &mut Nobody)?;
/// let Generated::Revision(revision) = generated else { panic!("the table is new") };
/// assert_eq!(revision.upgrade[0].title(), "create_table note");
/// assert_eq!(revision.downgrade[0].title(), "drop_table note");
///
/// let graph = Graph::new(vec![*revision])?;
/// assert_eq!(generate(&graph, &[note], &options, &mut Nobody)?, Generated::Nothing);
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// `is_migration()` for open questions and for a place in the graph that does not fit; `is_configuration()` for an answer that
/// fits nothing, and revisions that don't fit each other; `is_unsupported()` for a table that no file can describe.
pub fn generate(
    graph: &Graph,
    tables: &[Table],
    options: &GenerateOptions,
    asker: &mut dyn Asker,
) -> Result<Generated> {
    let mut revision = place::revision(graph, &options.message, &options.placement)?;
    let heads: Vec<&str> = graph.heads().iter().map(|head| head.id.as_str()).collect();
    // The models know the tables of all branches.
    let old = graph.state(&heads)?;
    let new = State::of(tables)?;
    if same(&old, &new) {
        return Ok(Generated::Nothing);
    }
    let decisions = options.answers.decisions(&old, &new, &options.hints)?;
    let (operations, decisions) = ask::settle(&old, &new, decisions, asker)?;
    if operations.is_empty() {
        return Ok(Generated::Nothing);
    }
    revision.upgrade = operations;
    revision.downgrade = back::back(&old, &new, &decisions)?;
    prove(&old, &new, &revision)?;
    let mut own = graph.state(&parents(&revision))?;
    for operation in &revision.upgrade {
        own.apply(operation).map_err(|error| {
            error.context(format!(
                "the change needs what is on another branch than {}: merge them first (db merge)",
                revision.parents.join(", ")
            ))
        })?;
    }
    Ok(Generated::Revision(Box::new(revision)))
}

fn parents(revision: &Revision) -> Vec<&str> {
    revision.parents.iter().map(String::as_str).collect()
}

/// Replays a revision there and back, and looks whether it leads where it should.
fn prove(old: &State, new: &State, revision: &Revision) -> Result<()> {
    let lead = |from: &State, to: &State, operations: &[Operation], way: &str| -> Result<()> {
        let mut state = from.clone();
        for operation in operations {
            state
                .apply(operation)
                .map_err(|error| error.context(format!("{way}: {}", operation.title())))?;
        }
        if same(&state, to) {
            return Ok(());
        }
        let differs =
            |table: &&TableDefinition| state.table(&table.name).map(sorted) != Some(sorted(table));
        let names = to.tables().iter().filter(differs).map(|table| &*table.name);
        Err(Error::migration(format!(
            "the {way} does not lead to what is wanted of {}; this is a mistake of Birgus, please report it",
            names.collect::<Vec<_>>().join(", ")
        )))
    };
    lead(old, new, &revision.upgrade, "upgrade")?;
    lead(new, old, &revision.downgrade, "downgrade")
}

/// Whether two states are the same, but for the order of columns, which an engine can't change.
pub(crate) fn same(left: &State, right: &State) -> bool {
    left.tables().len() == right.tables().len()
        && (left.tables().iter().zip(right.tables()))
            .all(|(left, right)| sorted(left) == sorted(right))
}

fn sorted(table: &TableDefinition) -> TableDefinition {
    let mut table = table.clone();
    table
        .columns
        .sort_by(|left, right| left.name.cmp(&right.name));
    table
        .indexes
        .sort_by(|left, right| left.name.cmp(&right.name));
    table
        .foreign_keys
        .sort_by(|left, right| left.name.cmp(&right.name));
    table
        .checks
        .sort_by(|left, right| left.name.cmp(&right.name));
    table
}
