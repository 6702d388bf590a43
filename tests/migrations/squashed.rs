//! Lines of revisions that become one.

use birgus::migrate::generate::{Placement, squash};
use birgus::migrate::state::{Decisions, Operation, State};

use crate::case::decided;
use crate::lab::line;
use crate::schema::{state, table};

fn people(columns: &str) -> State {
    state(&[table("person", &format!("id bigint identity; {columns}"))])
}

/// Whether the revisions from `b1` on are planned anew, and the operations that come of it.
fn squashed(states: &[State], decisions: &[Decisions]) -> (bool, Vec<Operation>) {
    let ids = ["a0", "b1", "c2", "d3"];
    let mut before = State::default();
    let mut revisions = Vec::new();
    for ((id, after), decisions) in ids.into_iter().zip(states).zip(decisions) {
        revisions.push((id, decided(&before, after, decisions), Vec::new()));
        before = after.clone();
    }
    let done = squash(
        &line(&revisions),
        Some("b1"),
        None,
        "all",
        &Placement::default(),
    );
    let done = done.unwrap();
    (done.planned, done.revision.upgrade)
}

fn renamed(from: &str, to: &str) -> Decisions {
    let mut decisions = Decisions::default();
    let key = ("person".to_owned(), from.to_owned());
    decisions.renamed_columns.insert(key, to.to_owned());
    decisions
}

fn dropped(name: &str) -> Decisions {
    let mut decisions = Decisions::default();
    decisions.dropped.insert(name.to_owned());
    decisions
}

#[test]
fn a_rename_is_kept_where_its_old_name_is_used_again() {
    let none = Decisions::default;
    let (planned, operations) = squashed(
        &[
            people("name varchar(9) null"),
            people("full_name varchar(9) null"),
            people("full_name varchar(9) null; name varchar(9) null"),
        ],
        &[none(), renamed("name", "full_name"), none()],
    );
    assert!(!planned);
    let titles: Vec<String> = operations.iter().map(Operation::title).collect();
    assert_eq!(
        titles,
        ["rename_column person.name", "add_column person.name"]
    );
}

#[test]
fn what_is_dropped_and_made_again_is_empty_then() {
    let none = Decisions::default;
    let (planned, operations) = squashed(
        &[
            people("ssn varchar(9) null; size integer null"),
            people("size integer null"),
            people("size integer null; ssn varchar(9) null"),
        ],
        &[none(), dropped("person.ssn"), none()],
    );
    assert!(!planned);
    let titles: Vec<String> = operations.iter().map(Operation::title).collect();
    assert_eq!(titles, ["drop_column person.ssn", "add_column person.ssn"]);
}

#[test]
fn what_comes_and_goes_within_the_line_is_nothing() {
    let none = Decisions::default;
    let (planned, operations) = squashed(
        &[
            people("size integer null"),
            people("size integer null; aside integer null"),
            people("size integer null"),
        ],
        &[none(), none(), dropped("person.aside")],
    );
    assert!(planned);
    assert!(operations.is_empty(), "{operations:?}");
}
