//! What would run, as a script.

use std::collections::BTreeSet;

use birgus_core::Result;
use birgus_core::backend::find_driver;

use super::Exit;
use super::site::Place;
use crate::apply::{Direction, script, state_of};
use crate::history::{Graph, Revision, Target};

/// The ends of a range `A:B`; only the second where there is no `:`.
pub(super) fn ends(range: &str) -> (Option<&str>, Option<&str>) {
    let some = |text: &'_ str| !text.is_empty();
    match range.split_once(':') {
        Some((from, to)) => (Some(from).filter(|t| some(t)), Some(to).filter(|t| some(t))),
        None => (None, Some(range).filter(|t| some(t))),
    }
}

pub(super) fn print(
    site: &Place<'_>,
    range: &str,
    engine: Option<&str>,
    down: bool,
) -> Result<Exit> {
    let graph = site.graph()?;
    let scheme = engine.map_or_else(|| site.scheme(), str::to_owned);
    let dialect = find_driver(&scheme)?.dialect(&scheme)?;
    let (applied, revisions, direction) = way(&graph, range, down)?;
    let state = state_of(&graph, &applied)?;
    let text = script(dialect, &state, &revisions, direction)?;
    site.output.raw(&text);
    Ok(Exit::Done)
}

/// What is there before the revisions of a range, they in order, and which way they go.
pub(super) fn way<'a>(
    graph: &'a Graph,
    range: &str,
    down: bool,
) -> Result<(BTreeSet<String>, Vec<&'a Revision>, Direction)> {
    let (from, to) = ends(range);
    if down {
        // Without a beginning from every head.
        let applied = up_to(graph, from.unwrap_or("heads"))?;
        let way = graph.downgrade(&applied, &Target::read(to.unwrap_or("base"))?)?;
        return Ok((applied, way, Direction::Down));
    }
    let applied = up_to(graph, from.unwrap_or("base"))?;
    let way = graph.upgrade(&applied, &Target::read(to.unwrap_or("heads"))?)?;
    Ok((applied, way, Direction::Up))
}

/// The revisions that are there once a target is reached.
fn up_to(graph: &Graph, target: &str) -> Result<BTreeSet<String>> {
    let way = graph.upgrade(&BTreeSet::new(), &Target::read(target)?)?;
    Ok(way.iter().map(|one| one.id.clone()).collect())
}
