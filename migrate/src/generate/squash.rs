//! Several revisions made one that does the same.

use birgus_core::{Error, Result};

use super::place::{Placement, new_id};
use super::{back, prove, same};
use crate::history::{Graph, Revision};
use crate::state::{Decisions, Operation, State, plan};

/// A revision that takes the place of others.
#[derive(Clone, Debug)]
#[must_use]
pub struct Squash {
    /// It.
    pub revision: Revision,
    /// Those whose place it takes, in order.
    pub replaced: Vec<Revision>,
    /// Whether their operations were planned anew, rather than put one behind the other.
    pub planned: bool,
}

/// Makes one revision of those from one to another, both among them, which must stand in one line. A database that has all of
/// them has it then. Where no rows, statements or functions are involved, what was made and changed within the line is planned
/// anew; otherwise the operations are put one behind the other.
///
/// # Errors
///
/// `is_migration()` for revisions that are no line, `is_configuration()` for those that are not there.
pub fn squash(
    graph: &Graph,
    from: Option<&str>,
    to: Option<&str>,
    message: &str,
    placement: &Placement,
) -> Result<Squash> {
    let mut replaced: Vec<Revision> = graph.history(from, to)?.into_iter().cloned().collect();
    replaced.reverse();
    refuse_branches(graph, &replaced)?;
    let (Some(first), Some(last)) = (replaced.first(), replaced.last()) else {
        return Err(Error::migration("there is nothing to squash"));
    };
    let id = placement.rev_id.clone().unwrap_or_else(|| new_id(graph));
    let mut revision = Revision::new(
        id,
        first.parents.clone(),
        message,
        birgus_core::chrono::Utc::now(),
    );
    // It sorts where those stood whose place it takes.
    revision.created.clone_from(&last.created);
    revision.labels.extend(placement.branch_label.clone());
    for one in &replaced {
        revision.labels.extend(one.labels.iter().cloned());
        let outside = |id: &&String| !replaced.iter().any(|other| other.id == **id);
        revision
            .depends_on
            .extend(one.depends_on.iter().filter(outside).cloned());
        revision.replaced_before.extend(one.stands_for().cloned());
        revision.replaces.push(one.id.clone());
    }
    let parents: Vec<&str> = (revision.parents.iter().chain(&revision.depends_on))
        .map(String::as_str)
        .collect();
    let before = graph.state(&parents)?;
    let mut after = before.clone();
    for operation in replaced.iter().flat_map(|one| &one.upgrade) {
        after.apply(operation)?;
    }
    let planned = plan_anew(&before, &after, &replaced)?;
    let is_planned = planned.is_some();
    if let Some((upgrade, downgrade)) = planned {
        (revision.upgrade, revision.downgrade) = (upgrade, downgrade);
        prove(&before, &after, &revision)?;
    } else {
        let up = replaced.iter().flat_map(|one| &one.upgrade);
        revision.upgrade = up.cloned().collect();
        let down = replaced.iter().rev().flat_map(|one| &one.downgrade);
        revision.downgrade = down.cloned().collect();
    }
    let others = graph
        .revisions()
        .iter()
        .filter(|one| !replaced.iter().any(|other| other.id == one.id));
    let all = others.cloned().chain([revision.clone()]);
    Graph::new(all.collect())?;
    Ok(Squash {
        revision,
        replaced,
        planned: is_planned,
    })
}

/// The operations there and back when only what the line leads to counts.
fn plan_anew(
    before: &State,
    after: &State,
    replaced: &[Revision],
) -> Result<Option<(Vec<Operation>, Vec<Operation>)>> {
    let mut made = Vec::new();
    // What was there before the line and went within it: of the same name again, it is not the same.
    let mut gone: Vec<(&str, Option<&str>)> = Vec::new();
    for operation in replaced.iter().flat_map(|one| &one.upgrade) {
        let of_new_table = operation.table().is_some_and(|table| made.contains(&table));
        let sets_rows = match operation {
            Operation::Backfill { .. }
            | Operation::Sql { .. }
            | Operation::Code { .. }
            | Operation::Irreversible { .. } => true,
            Operation::AddColumn { backfill, .. } => backfill.is_some() && !of_new_table,
            Operation::AlterColumn {
                using, backfill, ..
            } => (using.is_some() || backfill.is_some()) && !of_new_table,
            // The name may be another's at the end of the line, and then nothing tells whose rows are whose.
            Operation::RenameEnumValue { .. }
            | Operation::RenameColumn { .. }
            | Operation::RenameTable { .. } => !of_new_table,
            _ => false,
        };
        if sets_rows {
            return Ok(None);
        }
        match operation {
            Operation::CreateTable { table } => made.push(&table.name),
            Operation::RenameTable { to, .. } if of_new_table => made.push(to),
            Operation::DropTable { table } if !of_new_table => gone.push((table, None)),
            Operation::DropColumn { table, column } if !of_new_table => {
                gone.push((table, Some(column)));
            }
            _ => {}
        }
    }
    let is_back = |(table, column): &(&str, Option<&str>)| {
        after.table(table).is_some_and(|table| match column {
            Some(column) => table.column(column).is_some(),
            None => true,
        })
    };
    if gone.iter().any(is_back) {
        return Ok(None);
    }
    let stops = |operation: &Operation| {
        matches!(
            operation,
            Operation::Irreversible { .. }
                | Operation::Sql { .. }
                | Operation::Code { .. }
                | Operation::Backfill { .. }
        )
    };
    if replaced.iter().flat_map(|one| &one.downgrade).any(stops) {
        return Ok(None);
    }
    let there = plan(before, after, &Decisions::default())?;
    if !there.questions.is_empty() {
        return Ok(None);
    }
    let back = back::back(before, after, &Decisions::default())?;
    let mut state = before.clone();
    for operation in &there.operations {
        state.apply(operation)?;
    }
    Ok(same(&state, after).then_some((there.operations, back)))
}

/// A line: each follows the one before it and none else, and nothing but the last is followed from outside.
fn refuse_branches(graph: &Graph, line: &[Revision]) -> Result<()> {
    for pair in line.windows(2) {
        let [one, next] = pair else { continue };
        if next.parents != [one.id.clone()] {
            return Err(Error::migration(format!(
                "{} does not follow {} alone: only a line of revisions is squashed",
                next.title(),
                one.title()
            )));
        }
        let outside = graph
            .revisions()
            .iter()
            .find(|other| other.parents.contains(&one.id) && other.id != next.id);
        if let Some(other) = outside {
            return Err(Error::migration(format!(
                "{} follows {} too: only a line of revisions is squashed",
                other.title(),
                one.title()
            )));
        }
    }
    Ok(())
}
