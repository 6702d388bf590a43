//! The rows of `parity.txt`, the cases that carry their numbers, and the page that tells users about them.

use std::collections::BTreeSet;

/// The numbers of the table's rows in a text whose lines begin with `start`.
fn numbers(text: &str, start: &str) -> Vec<(usize, String)> {
    text.lines()
        .filter_map(|line| {
            let (number, rest) = line.strip_prefix(start)?.split_once(" | ")?;
            Some((number.trim().parse().ok()?, rest.to_owned()))
        })
        .collect()
}

fn rows() -> Vec<(usize, String)> {
    numbers(include_str!("../parity.txt"), "")
}

fn page() -> Vec<(usize, String)> {
    numbers(include_str!("../../../docs/same-everywhere.md"), "| ")
}

/// The number of a parity case, and its name.
fn numbered() -> Vec<(usize, &'static str)> {
    crate::cases()
        .into_iter()
        .filter_map(|(name, _)| {
            let (_, name) = name.rsplit_once("::")?;
            let digits = name.strip_prefix("parity_")?.split('_').next()?;
            let number = digits.parse().ok();
            Some((number.unwrap_or_else(|| panic!("{name}: no number")), name))
        })
        .collect()
}

#[test]
fn the_rows_are_1_to_84_each_with_a_trap_and_a_rule() {
    let rows = rows();
    let lines = include_str!("../parity.txt").lines().count();
    assert_eq!(rows.len(), lines, "a line is not a row");
    let expected: Vec<usize> = (1..=84).collect();
    assert_eq!(
        rows.iter().map(|(number, _)| *number).collect::<Vec<_>>(),
        expected
    );
    for (number, rest) in rows {
        let parts: Vec<&str> = rest.split(" | ").map(str::trim).collect();
        assert!(
            parts.len() == 2 && parts.iter().all(|part| !part.is_empty()),
            "{number}: {rest}"
        );
    }
}

#[test]
fn a_case_has_the_number_of_a_row_and_a_sentence() {
    let cases = numbered();
    assert!(!cases.is_empty());
    let mut names = BTreeSet::new();
    for (number, name) in cases {
        assert!((1..=84).contains(&number), "{name}");
        assert!(name.starts_with(&format!("parity_{number:02}_")), "{name}");
        assert!(names.insert(name), "two cases are called {name}");
    }
}

#[test]
fn the_page_has_the_same_rows_and_says_which_have_no_case() {
    let page = page();
    let expected: Vec<usize> = rows().into_iter().map(|(number, _)| number).collect();
    assert_eq!(
        page.iter().map(|(number, _)| *number).collect::<Vec<_>>(),
        expected
    );
    let covered: BTreeSet<usize> = numbered().into_iter().map(|(number, _)| number).collect();
    for (number, rest) in page {
        let planned = rest.trim_end_matches(" |").ends_with(" | planned");
        assert_eq!(
            planned,
            !covered.contains(&number),
            "row {number} is `planned` exactly as long as it has no case: {rest}"
        );
    }
}
