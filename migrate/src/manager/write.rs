//! Commands that write revision files.

use std::fs;
use std::path::PathBuf;

use birgus_core::{Error, Result};

use super::Exit;
use super::arguments::{Answering, Naming, Placing};
use super::output::{good, id};
use super::site::Place;
use super::terminal::Terminal;
use crate::generate::{self, Answers, Asker, GenerateOptions, Generated, Nobody, Placement};
use crate::history::{Graph, Revision};

/// What the folder tells those who look into it.
const README: &str = "\
# Revisions

Each file is one change of the tables, with the way back. `db migrate -m \"…\"` writes one from the models; read it before it is
committed. `db upgrade` applies what is missing. A file that was applied somewhere is not edited any more: write a new one.
";

pub(super) fn init(site: &Place<'_>) -> Result<Exit> {
    let folder = site.folder();
    if site
        .graph()
        .is_ok_and(|graph| !graph.revisions().is_empty())
        && folder.is_dir()
    {
        return Err(Error::configuration(format!(
            "{}: there are revisions already",
            folder.display()
        )));
    }
    let failed = |error: std::io::Error| {
        Error::configuration(format!("{}: {error}", folder.display())).with_source(error)
    };
    fs::create_dir_all(&folder).map_err(failed)?;
    let readme = folder.join("README.md");
    if !readme.exists() {
        fs::write(readme, README).map_err(failed)?;
    }
    site.output.line(format_args!(
        "{} {}; next: {} migrate -m \"first tables\"",
        good("made"),
        folder.display(),
        site.manager.group
    ));
    Ok(Exit::Done)
}

fn placement(placing: &Placing) -> Placement {
    Placement {
        head: placing.head.clone(),
        splice: placing.splice,
        depends_on: placing.depends_on.clone(),
        ..named(&placing.naming)
    }
}

fn named(naming: &Naming) -> Placement {
    Placement {
        branch_label: naming.branch_label.clone(),
        rev_id: naming.rev_id.clone(),
        ..Placement::default()
    }
}

pub(super) fn revision(site: &Place<'_>, placing: &Placing) -> Result<Exit> {
    let graph = site.graph()?;
    let revision = generate::revision(&graph, &placing.message, &placement(placing))?;
    put(site, &revision)
}

pub(super) fn merge(
    site: &Place<'_>,
    revisions: &[String],
    message: &str,
    naming: &Naming,
) -> Result<Exit> {
    let graph = site.graph()?;
    let revision = generate::merge(&graph, revisions, message, &named(naming))?;
    put(site, &revision)
}

fn put(site: &Place<'_>, revision: &Revision) -> Result<Exit> {
    let path = generate::write(&site.folder(), revision)?;
    site.output
        .line(format_args!("{} {}", good("wrote"), path.display()));
    Ok(Exit::Done)
}

pub(super) fn migrate(
    site: &Place<'_>,
    placing: &Placing,
    answering: &Answering,
    dry_run: bool,
) -> Result<Exit> {
    let graph = site.graph()?;
    let options = GenerateOptions {
        message: placing.message.clone(),
        placement: placement(placing),
        answers: Answers {
            renames: answering.rename.clone(),
            drops: answering.drop.clone(),
            backfills: answering.backfill.clone(),
            usings: answering.using.clone(),
        },
        hints: site.hints(),
    };
    let asks = site.output.is_interactive() && !answering.no_input;
    let asker: &mut dyn Asker = if asks { &mut Terminal } else { &mut Nobody };
    let generated = generate::generate(&graph, &site.tables()?, &options, asker)?;
    let Generated::Revision(revision) = generated else {
        site.output
            .line("no change: the revisions make the tables of the models");
        return Ok(Exit::Done);
    };
    if dry_run {
        site.output.raw(&revision.write()?);
        return Ok(Exit::Done);
    }
    for operation in &revision.upgrade {
        site.output.line(format_args!("  {}", operation.title()));
    }
    put(site, &revision)
}

/// The file of a revision, whatever its name.
pub(super) fn file_of(site: &Place<'_>, revision: &Revision) -> Result<Option<PathBuf>> {
    let folder = site.folder();
    let usual = folder.join(revision.file_name());
    if usual.is_file() {
        return Ok(Some(usual));
    }
    let Ok(files) = fs::read_dir(&folder) else {
        return Ok(None);
    };
    for path in files.flatten().map(|file| file.path()) {
        if path
            .extension()
            .is_some_and(|extension| extension == "toml")
            && let Ok(text) = fs::read_to_string(&path)
            && Revision::read(&text, "").is_ok_and(|read| read.id == revision.id)
        {
            return Ok(Some(path));
        }
    }
    Ok(None)
}

/// The one revision that a text names.
pub(super) fn find<'a>(graph: &'a Graph, text: &str) -> Result<&'a Revision> {
    if text == "head" {
        return graph.head();
    }
    graph
        .history(Some(text), Some(text))?
        .pop()
        .ok_or_else(|| Error::configuration(format!("{text} is no revision")))
}

pub(super) fn edit(site: &Place<'_>, revision: &str) -> Result<Exit> {
    let graph = site.graph()?;
    let revision = find(&graph, revision)?;
    let path = file_of(site, revision)?.ok_or_else(|| {
        Error::configuration(format!("{}: there is no file of it here", revision.title()))
    })?;
    let editor = ["VISUAL", "EDITOR"]
        .into_iter()
        .find_map(|name| std::env::var(name).ok());
    let editor = editor
        .filter(|editor| !editor.trim().is_empty())
        .ok_or_else(|| {
            Error::configuration(format!(
                "neither $VISUAL nor $EDITOR says which editor to open {} in",
                path.display()
            ))
        })?;
    let mut words = editor.split_whitespace();
    let program = words.next().unwrap_or("vi");
    let failed = |problem: String| Error::configuration(format!("{program}: {problem}"));
    let status = std::process::Command::new(program)
        .args(words)
        .arg(&path)
        .status()
        .map_err(|error| failed(error.to_string()))?;
    if !status.success() {
        return Err(failed(status.to_string()));
    }
    // A mistake is told while the file is still in mind.
    let graph = site.graph()?;
    let heads: Vec<&str> = graph.heads().iter().map(|head| head.id.as_str()).collect();
    graph.state(&heads)?;
    Ok(Exit::Done)
}

pub(super) fn squash(
    site: &Place<'_>,
    range: &str,
    message: &str,
    naming: &Naming,
) -> Result<Exit> {
    let graph = site.graph()?;
    let (from, to) = super::offline::ends(range);
    let from = from.filter(|from| *from != "base");
    let done = generate::squash(&graph, from, to, message, &named(naming))?;
    if done.replaced.len() < 2 {
        return Err(Error::migration("one revision alone is not squashed"));
    }
    let mut files = Vec::new();
    for revision in &done.replaced {
        files.extend(file_of(site, revision)?);
    }
    if files.len() < done.replaced.len() {
        return Err(Error::configuration(format!(
            "{}: not all of the revisions have a file here",
            site.folder().display()
        )));
    }
    // Both are there for a moment: whoever looks then is told that ids are taken twice, never a wrong thing.
    let path = generate::write(&site.folder(), &done.revision)?;
    for file in files {
        fs::remove_file(&file).map_err(|error| {
            Error::configuration(format!("{}: {error}", file.display())).with_source(error)
        })?;
    }
    let how = if done.planned {
        "planned anew"
    } else {
        "put one behind the other, since rows, statements or functions are involved"
    };
    site.output.line(format_args!(
        "{} {} of {} revisions, {how}",
        good("wrote"),
        path.display(),
        done.replaced.len()
    ));
    for revision in &done.replaced {
        site.output.line(format_args!(
            "  replaces {} {}",
            id(&revision.id),
            revision.message
        ));
    }
    Ok(Exit::Done)
}
