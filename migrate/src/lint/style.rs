//! What is safer written in another way.

use super::{Code, Place, Walk};
use crate::apply::Direction;
use crate::state::{Operation, State};

pub(super) fn look(walk: &mut Walk<'_>, place: Place<'_>) {
    match place.operation {
        Operation::Sql {
            statements,
            repeatable,
            ..
        } => {
            let commits = walk
                .dialect
                .is_none_or(|dialect| !dialect.capabilities().transactional_ddl);
            let engine = walk.dialect.map(|dialect| dialect.name().to_lowercase());
            let own = (engine.as_ref())
                .and_then(|engine| statements.get(engine))
                .or_else(|| statements.get("any"));
            let runs = match (&engine, own) {
                (Some(_), own) => own.is_some_and(|own| !own.is_empty()),
                (None, _) => statements.values().any(|own| !own.is_empty()),
            };
            if runs && commits && !repeatable {
                let message = "the statements may not run twice";
                walk.tell(Code::NotRepeatable, place, "", message);
            }
            let named: Vec<&str> = statements.keys().map(String::as_str).collect();
            match &engine {
                Some(engine) if own.is_none() => {
                    let message = format!("there are no statements for {engine}");
                    let mut finding = walk.finding(Code::NoStatements, Some(place), "", message);
                    finding.severity = super::Severity::Error;
                    walk.push(finding);
                }
                None if own.is_none() => {
                    let message = format!("there are statements only for {}", named.join(", "));
                    walk.tell(Code::NoStatements, place, "", message);
                }
                _ => {}
            }
        }
        Operation::Code { function } => {
            let functions = walk.options.functions.as_ref();
            if functions.is_some_and(|known| !known.contains(function)) {
                let message = format!("nobody has registered the function {function:?}");
                walk.tell(Code::NoFunction, place, function, message);
            }
        }
        Operation::CreateTable { table } => {
            for key in &table.foreign_keys {
                unindexed(walk, place, &table.name, &key.columns);
            }
        }
        Operation::AddForeignKey { table, foreign_key } => {
            unindexed(walk, place, table, &foreign_key.columns);
        }
        _ => {}
    }
}

/// Says when there is no index for a key at this place; one that comes later in the revision is looked for at its end.
fn unindexed(walk: &mut Walk<'_>, place: Place<'_>, table: &str, columns: &[String]) {
    let subject = format!("{table}.{}", columns.join(", "));
    let message = format!("no index of {table} begins with ({})", columns.join(", "));
    walk.tell(Code::NoIndex, place, subject, message);
}

/// Looks at the revision as a whole, and at the tables that it leaves.
pub(super) fn look_at_whole(walk: &mut Walk<'_>, after: &State) {
    walk.found
        .retain(|finding| finding.code != Code::NoIndex || !is_indexed(after, &finding.subject));
    if walk.direction == Direction::Down {
        return;
    }
    let revision = walk.revision;
    let runs = |operations: &[Operation]| {
        let mut all = operations.iter();
        all.any(|operation| {
            matches!(
                operation,
                Operation::Sql { .. } | Operation::Code { .. } | Operation::Irreversible { .. }
            )
        })
    };
    let has_sql = |operation: &Operation| matches!(operation, Operation::Sql { .. });
    if revision.upgrade.iter().any(has_sql) && !runs(&revision.downgrade) {
        walk.whole(Code::SqlStays, "its downgrade takes no statements back");
    }
    let is_merge = revision.parents.len() > 1;
    if revision.upgrade.is_empty() && revision.downgrade.is_empty() && !is_merge {
        walk.whole(Code::Empty, "it has no operations");
    }
    for line in &revision.silence {
        let what = line.split_whitespace().next().unwrap_or_default();
        let known = Code::ALL.iter().map(|code| code.about().code);
        let is_known = |code: &str| code == what || (what.len() == 1 && code.starts_with(what));
        if !known.into_iter().any(is_known) {
            walk.whole(Code::UnknownCode, format!("it silences {what:?}"));
        }
    }
}

fn is_indexed(state: &State, subject: &str) -> bool {
    let Some((table, columns)) = subject.split_once('.') else {
        return false;
    };
    let columns: Vec<String> = columns.split(", ").map(str::to_owned).collect();
    let Some(table) = state.table(table) else {
        // It is gone again.
        return true;
    };
    table.primary_key.starts_with(&columns)
        || (table.indexes.iter()).any(|index| index.columns.starts_with(&columns))
}
