//! Whether the downgrade leads back: proved by going the way.

use super::{Code, Walk};
use crate::described::{self, Described, ORDER};
use crate::state::{Operation, State};

pub(super) fn look(walk: &mut Walk<'_>, before: &State, after: &State) {
    let revision = walk.revision;
    if revision.upgrade.is_empty() {
        return;
    }
    if revision.downgrade.is_empty() {
        walk.whole(Code::NoDowngrade, "its downgrade is empty");
        return;
    }
    let stops = |operation: &Operation| matches!(operation, Operation::Irreversible { .. });
    if revision.downgrade.iter().any(stops) {
        walk.whole(Code::NoDowngrade, "its downgrade stops whoever tries it");
        return;
    }
    let mut back = after.clone();
    for (number, operation) in revision.downgrade.iter().enumerate() {
        if let Err(error) = back.apply(operation) {
            let place = format!("operation {} of its downgrade", number + 1);
            let message = format!("{place}, {}: {error}", operation.title());
            walk.whole(Code::DowngradeFails, message);
            return;
        }
    }
    let describe = |state: &State| -> Vec<Described> {
        state.tables().iter().map(Described::definition).collect()
    };
    let parts = described::compare(&describe(before), &describe(&back));
    let differences = parts.iter().filter(|part| part.part != ORDER).map(|part| {
        let name = if part.part.is_empty() {
            format!("table {}", part.table)
        } else {
            format!("{} {}", part.table, part.part)
        };
        match (&part.wanted, &part.found) {
            (Some(wanted), Some(found)) => format!("{name}: {}", wanted.became(found)),
            (Some(_), None) => format!("{name} is missing"),
            (None, _) => format!("{name} is left"),
        }
    });
    let differences: Vec<String> = differences.collect();
    if !differences.is_empty() {
        let message = format!(
            "its downgrade does not lead back: {}",
            differences.join("; ")
        );
        walk.whole(Code::LeadsElsewhere, message);
    }
}
