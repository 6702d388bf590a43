//! What may go wrong when a revision is applied: rows that are lost or in the way, long locks, programs that still run, and
//! revisions that can't be taken back.
//!
//! [`lint`] looks at a revision alone; [`lint_live`] also counts what is in the way in a database. Each finding has a [`Code`],
//! whose letter is its group: `D` what is lost, `V` rows in the way, `L` locks, `B` programs of the version before, `R` the way
//! back, `S` everything else.

mod code;
mod compatible;
mod data;
mod destructive;
mod finding;
mod live;
mod locks;
mod origin;
mod reversible;
mod style;

use std::collections::BTreeSet;

use birgus_core::Result;
use birgus_core::backend::{Connection, Dialect};

pub use code::Code;
pub use finding::{Finding, Severity};

use crate::apply::Direction;
use crate::history::{Graph, Revision};
use crate::state::{Operation, State};
use data::Doubt;
use origin::Origins;

/// What is looked at, and what is passed over.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct LintOptions {
    /// What is not told, counted rows too: codes (`D102`), groups (`L`), or a code and what it is about (`D102 post.body`).
    pub silence: Vec<String>,
    /// The functions that the program has registered for `code` steps; nothing is said of them where this is not known.
    pub functions: Option<BTreeSet<String>>,
}

impl LintOptions {
    /// See [`LintOptions::silence`].
    #[must_use]
    pub fn silence(mut self, what: impl Into<String>) -> Self {
        self.silence.push(what.into());
        self
    }

    /// See [`LintOptions::functions`].
    #[must_use]
    pub fn functions(mut self, functions: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.functions = Some(functions.into_iter().map(Into::into).collect());
        self
    }
}

/// What may go wrong with a revision, as far as can be told without a database. `state` is what is there before it; without a
/// dialect nothing is said of locks.
///
/// What the revision's own `silence` names is left out.
///
/// ```
/// use birgus_core::chrono::Utc;
/// use birgus_migrate::apply::Direction;
/// use birgus_migrate::history::Revision;
/// use birgus_migrate::lint::{LintOptions, lint};
/// use birgus_migrate::state::State;
///
/// # fn main() -> birgus_core::Result<()> {
/// let revision = Revision::new("b1", vec!["a0".into()], "nothing yet", Utc::now());
/// let options = LintOptions::default();
/// let findings = lint(&State::default(), &revision, Direction::Up, None, &options)?;
/// assert_eq!(findings[0].to_string(), "note S607 b1: it has no operations");
/// # Ok(()) }
/// ```
///
/// # Errors
///
/// `is_configuration()` for an operation that does not fit the state.
pub fn lint(
    state: &State,
    revision: &Revision,
    direction: Direction,
    dialect: Option<&dyn Dialect>,
    options: &LintOptions,
) -> Result<Vec<Finding>> {
    let mut walk = Walk::new(revision, direction, dialect, options);
    let doubts = walk.go(state)?;
    for (_, doubt) in doubts {
        walk.push(doubt.finding);
    }
    Ok(walk.findings())
}

/// What may go wrong with a revision that is the next to be carried out on a database in that state: [`lint`], with what is in the
/// way counted. What the rows allow is left out, and what they do not is an error, which the revision's own `silence` does not
/// hide. What can't be counted since the revision changes it before stays a warning. Changes nothing.
///
/// # Errors
///
/// As [`lint`], and whatever the database refuses.
pub fn lint_live(
    state: &State,
    revision: &Revision,
    direction: Direction,
    connection: &mut dyn Connection,
    options: &LintOptions,
) -> Result<Vec<Finding>> {
    let dialect = connection.dialect();
    let mut walk = Walk::new(revision, direction, Some(dialect), options);
    let doubts = walk.go(state)?;
    for (_, doubt) in doubts {
        if let Some(finding) = live::counted(connection, doubt)? {
            walk.push(finding);
        }
    }
    Ok(walk.findings())
}

/// What in the rows of a database is in the way of the revision that is next: the errors of [`lint_live`] alone.
pub(crate) fn violations(
    state: &State,
    revision: &Revision,
    direction: Direction,
    connection: &mut dyn Connection,
) -> Result<Vec<Finding>> {
    let options = LintOptions::default();
    let dialect = connection.dialect();
    let mut walk = Walk::new(revision, direction, Some(dialect), &options);
    let mut found = Vec::new();
    for (_, doubt) in walk.go(state)? {
        let finding = live::counted(connection, doubt)?;
        found.extend(finding.filter(|finding| finding.severity == Severity::Error));
    }
    Ok(found)
}

/// What is wrong with the graph of revisions as a whole: several heads.
pub fn lint_graph(graph: &Graph, options: &LintOptions) -> Vec<Finding> {
    let heads = graph.heads();
    let [first, _, ..] = heads[..] else {
        return Vec::new();
    };
    let ids: Vec<&str> = heads.iter().map(|head| head.id.as_str()).collect();
    let mut walk = Walk::new(first, Direction::Up, None, options);
    let message = format!("there are several heads: {}", ids.join(", "));
    walk.whole(Code::SeveralHeads, message);
    walk.findings()
}

/// Whether a line that silences (`D102`, `L`, `D102 post.body`) is about a code and a subject.
fn silences(line: &str, code: &str, subject: &str) -> bool {
    let (what, about) = line.trim().split_once(' ').unwrap_or((line.trim(), ""));
    let about = about.trim();
    let matches = what == code || (what.len() == 1 && code.starts_with(what));
    matches && (about.is_empty() || about == subject)
}

/// An operation with the tables around it.
#[derive(Clone, Copy)]
struct Place<'a> {
    /// Counted from 0.
    number: usize,
    operation: &'a Operation,
    before: &'a State,
    after: &'a State,
}

struct Walk<'a> {
    revision: &'a Revision,
    direction: Direction,
    dialect: Option<&'a dyn Dialect>,
    options: &'a LintOptions,
    found: Vec<Finding>,
}

impl<'a> Walk<'a> {
    fn new(
        revision: &'a Revision,
        direction: Direction,
        dialect: Option<&'a dyn Dialect>,
        options: &'a LintOptions,
    ) -> Self {
        Self {
            revision,
            direction,
            dialect,
            options,
            found: Vec::new(),
        }
    }

    /// Looks at everything but the rows; gives what only these can tell.
    fn go(&mut self, state: &State) -> Result<Vec<(usize, Doubt)>> {
        let operations = match self.direction {
            Direction::Up => &self.revision.upgrade,
            Direction::Down => &self.revision.downgrade,
        };
        let mut origins = Origins::new(state);
        let mut doubts = Vec::new();
        let mut after = state.clone();
        for (number, operation) in operations.iter().enumerate() {
            let before = after.clone();
            after.apply(operation).map_err(|error| {
                error.context(format!(
                    "{}: operation {}",
                    self.revision.title(),
                    number + 1
                ))
            })?;
            let place = Place {
                number,
                operation,
                before: &before,
                after: &after,
            };
            // What the revision itself has made is empty, and nobody uses it.
            let is_new = (operation.table()).is_some_and(|table| origins.is_new(table));
            if !is_new {
                destructive::look(self, place);
                locks::look(self, place)?;
                if self.direction == Direction::Up {
                    compatible::look(self, place, &origins);
                }
                for doubt in data::doubts(self, place, &origins)? {
                    doubts.push((number, doubt));
                }
            }
            style::look(self, place);
            origins.follow(operation);
        }
        style::look_at_whole(self, &after);
        if self.direction == Direction::Up {
            reversible::look(self, state, &after);
        }
        Ok(doubts)
    }

    /// What is to be told, in the order of the operations.
    fn findings(mut self) -> Vec<Finding> {
        self.found
            .sort_by_key(|finding| (finding.operation, finding.code));
        self.found
    }

    fn finding(
        &self,
        code: Code,
        place: Option<Place<'_>>,
        subject: impl Into<String>,
        message: impl Into<String>,
    ) -> Finding {
        let about = code.about();
        let subject = subject.into();
        let mut silence = format!("silence = [\"{}\"] in the revision file", about.code);
        if !subject.is_empty() {
            silence.push_str(&format!(", or \"{} {subject}\" for this alone", about.code));
        }
        Finding {
            code,
            severity: about.severity,
            revision: self.revision.id.clone(),
            operation: place.map(|place| place.number + 1),
            title: place.map(|place| place.operation.title()),
            subject,
            message: message.into(),
            count: None,
            explanation: about.why,
            remedy: about.remedy.to_owned(),
            silence,
        }
    }

    fn tell(
        &mut self,
        code: Code,
        place: Place<'_>,
        subject: impl Into<String>,
        message: impl Into<String>,
    ) {
        let finding = self.finding(code, Some(place), subject, message);
        self.push(finding);
    }

    fn whole(&mut self, code: Code, message: impl Into<String>) {
        let finding = self.finding(code, None, "", message);
        self.push(finding);
    }

    fn push(&mut self, finding: Finding) {
        let code = finding.code.about().code;
        let hit = |line: &String| silences(line, code, &finding.subject);
        // What the rows say is no matter of opinion.
        let in_file = finding.count.is_none() && self.revision.silence.iter().any(hit);
        if !in_file && !self.options.silence.iter().any(hit) {
            self.found.push(finding);
        }
    }
}

#[cfg(test)]
mod tests;
