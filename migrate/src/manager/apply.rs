//! Commands that lead a database along.

use std::time::Duration;

use birgus_core::{Error, Result};

use super::Exit;
use super::arguments::{Offline, Waiting};
use super::offline;
use super::output::{good, id};
use super::site::Place;
use crate::history::{Graph, Target};

pub(super) fn upgrade(
    site: &Place<'_>,
    target: &str,
    offline: &Offline,
    waiting: &Waiting,
) -> Result<Exit> {
    if offline.sql {
        return offline::print(site, target, offline.engine.as_deref(), false);
    }
    refuse_range(target)?;
    let graph = site.graph()?;
    let database = site.database()?;
    let done = site
        .migrator(&database, &graph, waiting)
        .upgrade(&Target::read(target)?)?;
    if done.is_empty() {
        nothing(site, &graph, &database)?;
    }
    Ok(Exit::Done)
}

pub(super) fn downgrade(
    site: &Place<'_>,
    target: &str,
    offline: &Offline,
    waiting: &Waiting,
) -> Result<Exit> {
    if offline.sql {
        return offline::print(site, target, offline.engine.as_deref(), true);
    }
    refuse_range(target)?;
    let graph = site.graph()?;
    let database = site.database()?;
    let done = site
        .migrator(&database, &graph, waiting)
        .downgrade(&Target::read(target)?)?;
    if done.is_empty() {
        nothing(site, &graph, &database)?;
    }
    Ok(Exit::Done)
}

fn refuse_range(target: &str) -> Result<()> {
    if target.contains(':') {
        return Err(Error::configuration(format!(
            "{target}: a range is for --sql; a database knows where it is"
        )));
    }
    Ok(())
}

fn nothing(site: &Place<'_>, graph: &Graph, database: &birgus_core::Database) -> Result<()> {
    let status = crate::Migrator::new(database, graph).status()?;
    let at: Vec<String> = status.current.iter().map(|one| id(one)).collect();
    let at = if at.is_empty() {
        "no revision".to_owned()
    } else {
        at.join(", ")
    };
    site.output
        .line(format_args!("nothing to do: the database is at {at}"));
    Ok(())
}

pub(super) fn stamp(
    site: &Place<'_>,
    target: &str,
    purge: bool,
    lock_timeout: Option<Duration>,
) -> Result<Exit> {
    let waiting = &Waiting {
        lock_timeout,
        ..Waiting::default()
    };
    let graph = site.graph()?;
    let database = site.database()?;
    let stamped = site
        .migrator(&database, &graph, waiting)
        .stamp(&Target::read(target)?, purge)?;
    if stamped.is_empty() {
        site.output.line("no revision is noted as applied now");
    }
    for one in &stamped {
        let revision = graph.find(one)?;
        let text = format!("{} {} {}", good("noted"), id(one), revision.message);
        site.output.line(text.trim_end());
    }
    Ok(Exit::Done)
}
