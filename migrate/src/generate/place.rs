//! Where a new revision stands in the graph.

use birgus_core::chrono::Utc;
use birgus_core::{Error, Result};

use crate::history::{Graph, Revision, Target};

/// The digits of a new id.
const ID: usize = 12;

/// Where a new revision stands in the graph, and what it is called there.
#[derive(Clone, Debug, Default)]
pub struct Placement {
    /// The revision that it follows: an id or the beginning of it, `shop@head`, or `base` to begin a branch of its own. Without
    /// it the only head.
    pub head: Option<String>,
    /// Whether it may follow one that others follow already: a branch begins.
    pub splice: bool,
    /// The name of the branch that begins with it.
    pub branch_label: Option<String>,
    /// Its id; 12 random hexadecimal digits otherwise.
    pub rev_id: Option<String>,
    /// Revisions of other branches that must be there before it.
    pub depends_on: Vec<String>,
}

/// A revision without operations, in its place.
///
/// # Errors
///
/// `is_migration()` when there are several heads and nothing says which, or one follows a revision that is no head;
/// `is_configuration()` for what is not there, and an id or label that is taken.
pub fn revision(graph: &Graph, message: &str, placement: &Placement) -> Result<Revision> {
    let parents = match &placement.head {
        None => match &graph.heads()[..] {
            [] => Vec::new(),
            [head] => vec![head.id.clone()],
            several => return Err(undecided(several)),
        },
        Some(head) => resolve(graph, head)?,
    };
    for id in &parents {
        let followed = graph
            .revisions()
            .iter()
            .any(|other| other.parents.contains(id));
        if followed && !placement.splice {
            return Err(Error::migration(format!(
                "{} is no head, others follow it; say --splice to begin a branch there",
                graph.find(id)?.title()
            )));
        }
    }
    placed(graph, message, placement, parents)
}

/// A revision that follows several, without operations: those named, or all heads.
///
/// # Errors
///
/// `is_migration()` when there are no two of them; as [`revision`].
pub fn merge(
    graph: &Graph,
    revisions: &[String],
    message: &str,
    placement: &Placement,
) -> Result<Revision> {
    let mut parents: Vec<String> = Vec::new();
    if revisions.is_empty() {
        parents.extend(graph.heads().iter().map(|head| head.id.clone()));
    }
    for name in revisions {
        for id in resolve(graph, name)? {
            if !parents.contains(&id) {
                parents.push(id);
            }
        }
    }
    if parents.len() < 2 {
        let heads: Vec<String> = graph.heads().iter().map(|head| head.title()).collect();
        return Err(Error::migration(format!(
            "a merge takes two revisions; the heads are: {}",
            heads.join(", ")
        )));
    }
    let names: Vec<&str> = parents.iter().map(String::as_str).collect();
    graph
        .state(&names)
        .map_err(|error| error.context("the branches don't fit each other"))?;
    placed(graph, message, placement, parents)
}

fn placed(
    graph: &Graph,
    message: &str,
    placement: &Placement,
    parents: Vec<String>,
) -> Result<Revision> {
    let id = placement.rev_id.clone().unwrap_or_else(|| new_id(graph));
    let mut revision = Revision::new(id, parents, message, Utc::now());
    revision.labels.extend(placement.branch_label.clone());
    for name in &placement.depends_on {
        revision.depends_on.push(graph.find(name)?.id.clone());
    }
    // Whether it can be read again, and stand beside the others.
    Revision::read(&revision.write()?, "the new revision")?;
    let all = graph.revisions().iter().cloned().chain([revision.clone()]);
    Graph::new(all.collect())?;
    Ok(revision)
}

/// The ids that a text names.
fn resolve(graph: &Graph, text: &str) -> Result<Vec<String>> {
    match graph.heads()[..] {
        ref several @ [_, _, ..] if text == "head" => return Err(undecided(several)),
        _ => {}
    }
    // What would be there when one goes to it, without what others of them stand on.
    let way = graph.upgrade(&std::collections::BTreeSet::new(), &Target::read(text)?)?;
    let ends = way.iter().filter(|one| {
        let mut others = way.iter();
        !others.any(|other| other.parents.contains(&one.id) || other.depends_on.contains(&one.id))
    });
    Ok(ends.map(|one| one.id.clone()).collect())
}

fn undecided(heads: &[&Revision]) -> Error {
    let titles: Vec<String> = heads.iter().map(|head| head.title()).collect();
    Error::migration(format!(
        "there are several heads: {}; say which one the revision follows (--head {}), or join them first (db merge)",
        titles.join(", "),
        heads.first().map_or("ID", |head| &head.id)
    ))
}

/// A new id that none begins with.
pub(super) fn new_id(graph: &Graph) -> String {
    loop {
        let id: String = (0..ID)
            .map(|_| char::from_digit(fastrand::u32(0..16), 16).unwrap_or('0'))
            .collect();
        if graph.find(&id).is_err() {
            return id;
        }
    }
}
