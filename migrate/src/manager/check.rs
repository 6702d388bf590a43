//! Commands that look for what is wrong: between models, revisions and database, and in revisions.

use std::collections::BTreeSet;

use birgus_core::Result;
use birgus_core::backend::{Connection as _, find_driver};
use serde_json::json;

use super::Exit;
use super::arguments::Linting;
use super::output::good;
use super::site::Place;
use crate::Migrator;
use crate::apply::{Course, Direction, state_of};
use crate::drift::{self, DriftOptions};
use crate::history::{Graph, Revision, Target};
use crate::lint::{Finding, LintOptions, Severity, lint, lint_graph, lint_live};
use crate::state::State;

pub(super) fn check(
    site: &Place<'_>,
    offline: bool,
    every_table: bool,
    ignored: &[String],
    json: bool,
) -> Result<Exit> {
    let graph = site.graph()?;
    let models = State::of(&site.tables()?)?;
    let mut options = DriftOptions::default().every_table(every_table);
    for table in ignored {
        options = options.ignore(table);
    }
    let drift = if offline {
        drift::check(&models, &graph, None, None, &options)?
    } else {
        let database = site.database()?;
        let live = database.introspect()?;
        let status = Migrator::new(&database, &graph).status()?;
        drift::check(&models, &graph, Some(&live), Some(&status), &options)?
    };
    if json {
        let all = serde_json::to_value(&drift).unwrap_or_default();
        site.output.line(all);
    } else if drift.is_clean() {
        site.output.line(format_args!("{} {drift}", good("clean:")));
    } else {
        site.output.line(drift.to_string().trim_end());
    }
    Ok(if drift.is_clean() {
        Exit::Done
    } else {
        Exit::Refused
    })
}

pub(super) fn look(site: &Place<'_>, linting: &Linting) -> Result<Exit> {
    let graph = site.graph()?;
    let mut options = LintOptions::default().functions(site.manager.codes.keys());
    for what in &linting.silence {
        options = options.silence(what);
    }
    let mut findings = lint_graph(&graph, &options);
    if linting.offline || linting.range.is_some() || linting.engine.is_some() {
        findings.extend(of_files(site, &graph, linting, &options)?);
    } else {
        findings.extend(of_database(site, &graph, &options)?);
    }
    if linting.json {
        site.output.line(json!(findings));
    } else {
        for finding in &findings {
            site.output.line(format_args!("{finding:#}"));
        }
        if findings.is_empty() {
            site.output
                .line(format_args!("{} nothing was found", good("clean:")));
        }
    }
    let bad = |finding: &Finding| finding.severity >= Severity::Warning;
    Ok(if findings.iter().any(bad) {
        Exit::Refused
    } else {
        Exit::Done
    })
}

/// Of the revisions that the database does not have: the next one with its rows.
fn of_database(site: &Place<'_>, graph: &Graph, options: &LintOptions) -> Result<Vec<Finding>> {
    let database = site.database()?;
    let status = Migrator::new(&database, graph).status()?;
    let entries = status.entries.iter();
    let applied: BTreeSet<String> = entries
        .filter(|entry| entry.course == Course::Applied)
        .map(|entry| entry.revision.clone())
        .collect();
    let pending = graph.upgrade(&applied, &Target::Heads)?;
    let mut connection = database.connection()?;
    let mut state = state_of(graph, &applied)?;
    let mut findings = Vec::new();
    for (position, revision) in pending.into_iter().enumerate() {
        findings.extend(if position == 0 {
            lint_live(&state, revision, Direction::Up, &mut connection, options)?
        } else {
            let dialect = connection.dialect();
            lint(&state, revision, Direction::Up, Some(dialect), options)?
        });
        lead_on(&mut state, revision, Direction::Up)?;
    }
    Ok(findings)
}

/// Of the files of a range, whatever a database has.
fn of_files(
    site: &Place<'_>,
    graph: &Graph,
    linting: &Linting,
    options: &LintOptions,
) -> Result<Vec<Finding>> {
    let scheme = (linting.engine.clone()).unwrap_or_else(|| site.scheme());
    let dialect = find_driver(&scheme)?.dialect(&scheme)?;
    let range = linting.range.as_deref().unwrap_or_default();
    let (applied, way, direction) = super::offline::way(graph, range, linting.down)?;
    let mut state = state_of(graph, &applied)?;
    let mut findings = Vec::new();
    for revision in way {
        findings.extend(lint(&state, revision, direction, Some(dialect), options)?);
        lead_on(&mut state, revision, direction)?;
    }
    Ok(findings)
}

fn lead_on(state: &mut State, revision: &Revision, direction: Direction) -> Result<()> {
    let operations = match direction {
        Direction::Up => &revision.upgrade,
        Direction::Down => &revision.downgrade,
    };
    for operation in operations {
        state
            .apply(operation)
            .map_err(|error| error.context(revision.title()))?;
    }
    Ok(())
}
