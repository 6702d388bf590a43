//! `cargo xtask parity`: the rows of `parity.txt` by pair, from a run of the cases that carry their numbers.

use std::collections::{BTreeMap, BTreeSet};
use std::process::{ExitCode, Stdio};

use anyhow::{Context, Result, bail};
use comfy_table::{Table, presets};

use crate::Selection;
use crate::pairs::Pair;
use crate::run;
use crate::servers::Machine;

/// The rows, one a line: `number | trap | rule`.
const ROWS: &str = include_str!("../../backends/conformance/parity.txt");

/// Runs the numbered cases on every pair, and prints the rows with what became of them.
pub(crate) fn parity(selection: &Selection) -> Result<ExitCode> {
    let mut machine = Machine::default();
    let plan = run::prepare(selection, &mut machine, "to be compared")?;
    let tested = plan.tested();
    let mut command = run::cargo();
    command
        .args(["test", "--package", "birgus", "--test", "conformance"])
        .args(["--features", &run::features(&tested, selection.bundled)])
        .args(["--", "parity_", "--format", "pretty", "--color", "never"]);
    run::environment(&mut command, &plan);
    let output = command
        .stdout(Stdio::piped())
        .spawn()
        .and_then(std::process::Child::wait_with_output)
        .context("cargo test")?;
    let text = String::from_utf8_lossy(&output.stdout);
    let outcomes = outcomes(&text);
    if outcomes.is_empty() {
        bail!("no case ran ({})", output.status);
    }
    if let Some(failures) = text.find("\nfailures:\n") {
        eprintln!("{}", text[failures..].trim());
    }
    let report = Report::new(rows(ROWS)?, &tested, &outcomes)?;
    println!("{}", report.draw());
    let complete = report.covered() == report.rows.len();
    Ok(if complete && output.status.success() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// A case that ran.
#[derive(Debug, PartialEq)]
struct Outcome<'a> {
    pair: &'a str,
    number: usize,
    case: &'a str,
    passed: bool,
}

/// What the suite printed: `test sqlite::parity::text::parity_25_equality_is_case_sensitive ... ok`.
fn outcomes(text: &str) -> Vec<Outcome<'_>> {
    text.lines()
        .filter_map(|line| {
            let (name, outcome) = line.strip_prefix("test ")?.rsplit_once(" ... ")?;
            let (pair, name) = name.trim_end().split_once("::")?;
            let (_, case) = name.rsplit_once("::")?;
            let number = case.strip_prefix("parity_")?.split('_').next()?;
            Some(Outcome {
                pair,
                number: number.parse().ok()?,
                case,
                // A case that was left out proves nothing.
                passed: outcome.trim() == "ok",
            })
        })
        .collect()
}

fn rows(text: &'static str) -> Result<Vec<(usize, &'static str)>> {
    text.lines()
        .map(|line| {
            let mut parts = line.splitn(3, " | ");
            let number = parts.next().and_then(|number| number.trim().parse().ok());
            match (number, parts.next(), parts.next()) {
                (Some(number), Some(trap), Some(_)) => Ok((number, trap)),
                _ => bail!("parity.txt: not `number | trap | rule`: {line}"),
            }
        })
        .collect()
}

/// What became of a row on a pair.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Mark {
    Passed,
    Failed,
    /// No case ran, or the pair was not there.
    Missing,
}

struct Row {
    number: usize,
    trap: &'static str,
    /// In the order of [`Pair::ALL`].
    marks: Vec<Mark>,
    cases: usize,
}

struct Report {
    tested: Vec<Pair>,
    rows: Vec<Row>,
}

impl Report {
    fn new(
        rows: Vec<(usize, &'static str)>,
        tested: &[Pair],
        outcomes: &[Outcome<'_>],
    ) -> Result<Self> {
        let mut by_row: BTreeMap<usize, Vec<&Outcome<'_>>> = BTreeMap::new();
        for outcome in outcomes {
            if rows.iter().all(|(number, _)| *number != outcome.number) {
                bail!("{}: parity.txt has no row {}", outcome.case, outcome.number);
            }
            by_row.entry(outcome.number).or_default().push(outcome);
        }
        let rows = rows
            .into_iter()
            .map(|(number, trap)| {
                let ran = by_row.remove(&number).unwrap_or_default();
                let cases: BTreeSet<&str> = ran.iter().map(|outcome| outcome.case).collect();
                let marks = Pair::ALL.map(|pair| {
                    let of_pair = ran.iter().filter(|outcome| outcome.pair == pair.name());
                    let passed: Vec<bool> = of_pair.map(|outcome| outcome.passed).collect();
                    // A case that ran on some pairs only is missing on the others.
                    if passed.contains(&false) {
                        Mark::Failed
                    } else if passed.is_empty() || passed.len() < cases.len() {
                        Mark::Missing
                    } else {
                        Mark::Passed
                    }
                });
                Row {
                    number,
                    trap,
                    marks: marks.to_vec(),
                    cases: cases.len(),
                }
            })
            .collect();
        Ok(Self {
            tested: tested.to_vec(),
            rows,
        })
    }

    /// The rows that every tested pair passed.
    fn covered(&self) -> usize {
        let is_covered = |row: &&Row| {
            let mut marks = Pair::ALL.iter().zip(&row.marks);
            marks.all(|(pair, mark)| *mark == Mark::Passed || !self.tested.contains(pair))
        };
        self.rows.iter().filter(is_covered).count()
    }

    fn draw(&self) -> String {
        let mut table = Table::new();
        table.load_style(presets::UTF8_FULL_CONDENSED);
        let pairs = Pair::ALL.map(Pair::name);
        table.set_header(
            ["#", "trap"]
                .into_iter()
                .chain(pairs)
                .chain(std::iter::once("cases")),
        );
        for row in &self.rows {
            let mut cells = vec![row.number.to_string(), row.trap.to_owned()];
            cells.extend(row.marks.iter().map(|mark| {
                let mark = match mark {
                    Mark::Passed => "✔",
                    Mark::Failed => "✗",
                    Mark::Missing => "–",
                };
                mark.to_owned()
            }));
            cells.push(row.cases.to_string());
            table.add_row(cells);
        }
        format!(
            "{table}\n{} of {} rows covered on {} pairs",
            self.covered(),
            self.rows.len(),
            self.tested.len()
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RAN: &str = "\
        running 3 tests\n\
        test sqlite::parity::text::parity_25_equality_is_case_sensitive    ... ok\n\
        test mysql::parity::text::parity_25_equality_is_case_sensitive     ... FAILED\n\
        test sqlite::types::booleans                                       ... ok\n\
        test sqlite::parity::numbers::parity_03_integers_past_their_limits ... ok\n\
        \n\
        test result: FAILED. 2 passed; 1 failed\n";

    fn report(tested: &[Pair]) -> Report {
        let rows = rows("3 | overflow | refused\n4 | sums | exact\n25 | case | counts").unwrap();
        Report::new(rows, tested, &outcomes(RAN)).unwrap()
    }

    #[test]
    fn the_numbered_cases_are_read_and_no_others() {
        let outcomes = outcomes(RAN);
        assert_eq!(outcomes.len(), 3);
        assert_eq!(
            outcomes[1],
            Outcome {
                pair: "mysql",
                number: 25,
                case: "parity_25_equality_is_case_sensitive",
                passed: false
            }
        );
    }

    #[test]
    fn a_row_is_covered_when_every_tested_pair_passed_it() {
        assert_eq!(report(&[Pair::Sqlite]).covered(), 2);
        let both = report(&[Pair::Sqlite, Pair::MySql]);
        assert_eq!(both.covered(), 0);
        let text = both.draw();
        assert!(text.ends_with("\n0 of 3 rows covered on 2 pairs"), "{text}");
        let line = text.lines().find(|line| line.contains("case  ")).unwrap();
        assert!(
            line.contains('✔') && line.contains('✗') && line.contains('–'),
            "{text}"
        );
    }

    #[test]
    fn a_case_that_ran_on_one_pair_only_is_missing_on_the_others() {
        let two = "test sqlite::parity::a::parity_04_one ... ok\n\
                   test sqlite::parity::a::parity_04_two ... ok\n\
                   test mysql::parity::a::parity_04_one ... ok\n";
        let rows = rows("4 | sums | exact").unwrap();
        let tested = [Pair::Sqlite, Pair::MySql];
        let report = Report::new(rows, &tested, &outcomes(two)).unwrap();
        assert_eq!((report.covered(), report.rows[0].cases), (0, 2));
    }

    #[test]
    fn a_case_without_a_row_is_an_error() {
        let text = "test sqlite::parity::a::parity_85_more ... ok\n";
        assert!(Report::new(rows(ROWS).unwrap(), &[Pair::Sqlite], &outcomes(text)).is_err());
    }

    #[test]
    fn there_are_84_rows() {
        let numbers: Vec<usize> = rows(ROWS)
            .unwrap()
            .iter()
            .map(|(number, _)| *number)
            .collect();
        assert_eq!(numbers, (1..=84).collect::<Vec<_>>());
    }
}
