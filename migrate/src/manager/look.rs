//! Commands that only look.

use birgus_core::Result;
use birgus_core::chrono::SecondsFormat;
use comfy_table::{Table, presets};
use serde_json::{Value, json};

use super::Exit;
use super::output::{id, mark, warning};
use super::site::Place;
use super::write::{file_of, find};
use crate::apply::{Course, Entry, Status};
use crate::history::{Graph, Revision};
use crate::state::Operation;

pub(super) fn show(site: &Place<'_>, revision: &str, json: bool) -> Result<Exit> {
    let graph = site.graph()?;
    let revision = find(&graph, revision)?;
    if json {
        site.output.line(described(site, &graph, revision)?);
    } else {
        site.output.raw(&whole(site, &graph, revision)?);
    }
    Ok(Exit::Done)
}

pub(super) fn history(
    site: &Place<'_>,
    range: Option<&str>,
    verbose: bool,
    indicate: bool,
    json: bool,
) -> Result<Exit> {
    let graph = site.graph()?;
    let status = if indicate {
        Some(site.status(&graph)?)
    } else {
        None
    };
    let (from, to) = match range {
        None => (None, None),
        // A revision alone is where it begins.
        Some(range) if !range.contains(':') => (Some(range), None),
        Some(range) => super::offline::ends(range),
    };
    let revisions = graph.history(from.filter(|from| *from != "base"), to)?;
    print(site, &graph, &revisions, verbose, status.as_ref(), json)
}

pub(super) fn heads(site: &Place<'_>, verbose: bool, json: bool) -> Result<Exit> {
    let graph = site.graph()?;
    print(site, &graph, &graph.heads(), verbose, None, json)
}

pub(super) fn branches(site: &Place<'_>, verbose: bool) -> Result<Exit> {
    let graph = site.graph()?;
    for point in graph.branch_points() {
        print(site, &graph, &[point], verbose, None, false)?;
        for follower in graph.revisions() {
            if follower.parents.contains(&point.id) {
                site.output
                    .line(format_args!("  -> {}", line_of(&graph, follower, None)));
            }
        }
    }
    Ok(Exit::Done)
}

fn print(
    site: &Place<'_>,
    graph: &Graph,
    revisions: &[&Revision],
    verbose: bool,
    status: Option<&Status>,
    json: bool,
) -> Result<Exit> {
    if json {
        let all: Result<Vec<Value>> = (revisions.iter())
            .map(|revision| described(site, graph, revision))
            .collect();
        site.output.line(Value::from(all?));
        return Ok(Exit::Done);
    }
    for (position, revision) in revisions.iter().enumerate() {
        if verbose {
            if position > 0 {
                site.output.line("");
            }
            site.output.raw(&whole(site, graph, revision)?);
        } else {
            site.output.line(line_of(graph, revision, status));
        }
    }
    Ok(Exit::Done)
}

/// `a1 -> b2 (head), posts table`
fn line_of(graph: &Graph, revision: &Revision, status: Option<&Status>) -> String {
    let before = if revision.parents.is_empty() {
        "base".to_owned()
    } else {
        revision.parents.join(", ")
    };
    let mut line = format!("{before} -> {}", id(&revision.id));
    for name in marks(graph, revision, status) {
        line.push_str(&format!(" {}", mark(&name)));
    }
    if !revision.message.is_empty() {
        line.push_str(&format!(", {}", revision.message));
    }
    line
}

fn marks(graph: &Graph, revision: &Revision, status: Option<&Status>) -> Vec<String> {
    let mut marks: Vec<String> = revision.labels.clone();
    let among = |revisions: Vec<&Revision>| revisions.iter().any(|one| one.id == revision.id);
    if among(graph.heads()) {
        marks.push("head".to_owned());
    }
    if among(graph.branch_points()) {
        marks.push("branch point".to_owned());
    }
    if revision.parents.len() > 1 {
        marks.push("merge".to_owned());
    }
    if let Some(status) = status {
        if status.current.contains(&revision.id) {
            marks.push("current".to_owned());
        } else if status.pending.contains(&revision.id) {
            marks.push("not applied".to_owned());
        }
    }
    marks
}

/// All that is known of a revision.
fn whole(site: &Place<'_>, graph: &Graph, revision: &Revision) -> Result<String> {
    let mut text = format!("revision   {}", id(&revision.id));
    for name in marks(graph, revision, None) {
        text.push_str(&format!(" {}", mark(&name)));
    }
    text.push('\n');
    let mut row = |name: &str, value: &str| {
        if !value.is_empty() {
            text.push_str(&format!("{name:<10} {value}\n"));
        }
    };
    row("message", &revision.message);
    row("follows", &revision.parents.join(", "));
    row("depends on", &revision.depends_on.join(", "));
    row("replaces", &revision.replaces.join(", "));
    row("created", &revision.created);
    let file = file_of(site, revision)?;
    row(
        "file",
        &file.map_or_else(
            || "built into the program".to_owned(),
            |path| path.display().to_string(),
        ),
    );
    for (name, operations) in [
        ("upgrade", &revision.upgrade),
        ("downgrade", &revision.downgrade),
    ] {
        for (position, operation) in operations.iter().enumerate() {
            row(if position == 0 { name } else { "" }, &operation.title());
        }
    }
    Ok(text)
}

fn described(site: &Place<'_>, graph: &Graph, revision: &Revision) -> Result<Value> {
    let titles = |operations: &[Operation]| -> Vec<String> {
        operations.iter().map(Operation::title).collect()
    };
    let heads = graph.heads();
    Ok(json!({
        "id": revision.id,
        "message": revision.message,
        "parents": revision.parents,
        "depends_on": revision.depends_on,
        "labels": revision.labels,
        "replaces": revision.replaces,
        "created": revision.created,
        "head": heads.iter().any(|head| head.id == revision.id),
        "file": file_of(site, revision)?.map(|path| path.display().to_string()),
        "upgrade": titles(&revision.upgrade),
        "downgrade": titles(&revision.downgrade),
    }))
}

pub(super) fn current(
    site: &Place<'_>,
    verbose: bool,
    check_heads: bool,
    json: bool,
) -> Result<Exit> {
    let graph = site.graph()?;
    let status = site.status(&graph)?;
    let mut heads: Vec<&str> = graph.heads().iter().map(|head| head.id.as_str()).collect();
    heads.sort_unstable();
    let mut at: Vec<&str> = status.current.iter().map(String::as_str).collect();
    at.sort_unstable();
    if json {
        site.output.line(json!({
            "current": status.current,
            "entries": status.entries.iter().map(noted).collect::<Vec<_>>(),
        }));
    } else if verbose {
        site.output.line(journal(&status.entries));
    } else if at.is_empty() {
        site.output.line("no revision is applied");
    } else {
        for one in &status.current {
            match graph.find(one) {
                Ok(revision) => {
                    let name = if heads.contains(&one.as_str()) {
                        "head"
                    } else {
                        ""
                    };
                    let mark = if name.is_empty() {
                        String::new()
                    } else {
                        format!(" {}", mark(name))
                    };
                    let text = format!("{}{mark} {}", id(one), revision.message);
                    site.output.line(text.trim_end());
                }
                Err(_) => site.output.line(format_args!(
                    "{} {}",
                    id(one),
                    mark("no file of it is here")
                )),
            }
        }
    }
    warn(site, &status);
    if check_heads && at != heads {
        site.output
            .message(warning("the database is not at every head"));
        return Ok(Exit::Refused);
    }
    Ok(Exit::Done)
}

/// What is out of order.
fn warn(site: &Place<'_>, status: &Status) {
    for (ids, problem) in [
        (&status.ahead, "applied, and no file of it is here"),
        (&status.edited, "edited after it was applied"),
        (
            &status.unfinished,
            "begun and not finished: run the same command again",
        ),
    ] {
        for one in ids {
            site.output
                .message(warning(format_args!("{} is {problem}", id(one))));
        }
    }
}

fn journal(entries: &[Entry]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header(["revision", "message", "state", "began", "done", "by"]);
    for entry in entries {
        let time = |moment: birgus_core::chrono::DateTime<birgus_core::chrono::Utc>| {
            moment.to_rfc3339_opts(SecondsFormat::Secs, true)
        };
        table.add_row([
            entry.revision.clone(),
            entry.message.clone(),
            course(entry),
            time(entry.started),
            entry.finished.map(time).unwrap_or_default(),
            entry.who.clone(),
        ]);
    }
    table
}

fn course(entry: &Entry) -> String {
    let steps = format!("{} of {} steps", entry.done, entry.total);
    match entry.course {
        Course::Applied => "applied".to_owned(),
        Course::Upgrading => format!("being applied, {steps}"),
        Course::Downgrading => format!("being taken back, {steps}"),
    }
}

fn noted(entry: &Entry) -> Value {
    let time = |moment: birgus_core::chrono::DateTime<birgus_core::chrono::Utc>| {
        moment.to_rfc3339_opts(SecondsFormat::Micros, true)
    };
    json!({
        "revision": entry.revision,
        "message": entry.message,
        "state": match entry.course {
            Course::Applied => "applied",
            Course::Upgrading => "upgrading",
            Course::Downgrading => "downgrading",
        },
        "done": entry.done,
        "total": entry.total,
        "checksum": entry.checksum,
        "started": time(entry.started),
        "finished": entry.finished.map(time),
        "who": entry.who,
    })
}

pub(super) fn status(site: &Place<'_>, json: bool) -> Result<Exit> {
    let graph = site.graph()?;
    let status = site.status(&graph)?;
    let clean = status.pending.is_empty()
        && status.ahead.is_empty()
        && status.edited.is_empty()
        && status.unfinished.is_empty();
    if json {
        site.output.line(json!({
            "current": status.current,
            "pending": status.pending,
            "ahead": status.ahead,
            "edited": status.edited,
            "unfinished": status.unfinished,
        }));
    } else {
        let listed = |ids: &[String]| {
            let all: Vec<String> = ids.iter().map(|one| id(one)).collect();
            if all.is_empty() {
                "none".to_owned()
            } else {
                all.join(", ")
            }
        };
        site.output
            .line(format_args!("current  {}", listed(&status.current)));
        site.output
            .line(format_args!("pending  {}", listed(&status.pending)));
        warn(site, &status);
    }
    Ok(if clean { Exit::Done } else { Exit::Refused })
}
