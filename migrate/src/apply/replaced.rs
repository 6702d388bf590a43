//! Databases that have what a revision has taken the place of have it.

use birgus_core::{Error, PooledConnection, Result};

use super::journal::{self, Course, Entry};
use super::lock;
use crate::history::{Graph, Revision};

/// The entries with those of replaced revisions put together, and the revisions that stand for them now.
pub(super) fn settled(graph: &Graph, entries: Vec<Entry>) -> Result<(Vec<Entry>, Vec<&Revision>)> {
    let mut entries = entries;
    let mut adopted = Vec::new();
    for revision in graph.revisions() {
        let has = |id: &String| {
            let mut all = entries.iter();
            all.any(|entry| entry.revision == *id && entry.course == Course::Applied)
        };
        if revision.replaces.is_empty() || has(&revision.id) || !revision.replaces.iter().all(has) {
            continue;
        }
        let (old, mut rest): (Vec<Entry>, Vec<Entry>) =
            (entries.into_iter()).partition(|entry| revision.replaces.contains(&entry.revision));
        let mut entry = Entry::begin(revision, Course::Applied, 0)?;
        entry.finished = old.iter().filter_map(|entry| entry.finished).max();
        if let Some(started) = old.iter().map(|entry| entry.started).min() {
            entry.started = started;
        }
        rest.push(entry);
        rest.sort_by_key(|entry| entry.started);
        entries = rest;
        adopted.push(revision);
    }
    Ok((entries, adopted))
}

/// Writes the same down in the journal.
pub(super) fn adopt(
    connection: &mut PooledConnection,
    graph: &Graph,
    wait: std::time::Duration,
) -> Result<Vec<Entry>> {
    let entries = journal::entries(&mut *connection)?;
    refuse_parts(graph, &entries)?;
    let (settled_entries, adopted) = settled(graph, entries)?;
    if adopted.is_empty() {
        return Ok(settled_entries);
    }
    lock::begin(connection, wait)?;
    let result = (|| {
        // Somebody else may have done so meanwhile.
        let entries = journal::entries(&mut *connection)?;
        let (entries, adopted) = settled(graph, entries)?;
        for revision in adopted {
            for old in &revision.replaces {
                journal::remove(old, &mut *connection)?;
            }
            let own = entries.iter().find(|entry| entry.revision == revision.id);
            if let Some(entry) = own {
                journal::save(entry, &mut *connection)?;
            }
        }
        Ok(entries)
    })();
    lock::finish(connection, result)
}

fn refuse_parts(graph: &Graph, entries: &[Entry]) -> Result<()> {
    for revision in graph.revisions() {
        let has = |id: &&String| {
            let mut all = entries.iter();
            all.any(|entry| entry.revision == **id && entry.course == Course::Applied)
        };
        let (there, missing): (Vec<&String>, Vec<&String>) =
            revision.replaces.iter().partition(has);
        if !there.is_empty() && !missing.is_empty() {
            let missing: Vec<&str> = missing.iter().map(|id| id.as_str()).collect();
            return Err(Error::migration(format!(
                "{} has taken the place of {} revisions, of which the database lacks {}: upgrade it first with a program that has \
                 their files",
                revision.title(),
                revision.replaces.len(),
                missing.join(", ")
            )));
        }
    }
    Ok(())
}
