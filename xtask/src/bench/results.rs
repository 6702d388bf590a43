//! The table of `benches/RESULTS.md`.

use std::fmt::Write as _;
use std::fs;
use std::process::Command;
use std::thread;

use anyhow::{Result, bail};

use super::estimates::Median;
use crate::pairs::Pair;
use crate::plan::Plan;

/// The order of the columns; the fastest of them is set in bold.
const STRATEGIES: [&str; 5] = ["select", "dynamic", "joined", "subquery", "selectin"];

/// Puts the tables and the circumstances into the template.
pub(super) fn fill(template: &str, medians: &[Median], circumstances: &str) -> Result<String> {
    for mark in ["{{tables}}", "{{circumstances}}"] {
        if !template.contains(mark) {
            bail!("the template lacks {mark}");
        }
    }
    if medians.is_empty() {
        bail!("criterion left no medians of loading_strategies");
    }
    Ok(template
        .replace("{{tables}}", tables(medians).trim_end())
        .replace("{{circumstances}}", circumstances))
}

/// One table an engine, in the order of the pairs that are tested, then by what is not among them.
fn tables(medians: &[Median]) -> String {
    let mut engines: Vec<&str> = medians
        .iter()
        .map(|median| median.engine.as_str())
        .collect();
    engines.sort_by_key(|engine| (place(engine), *engine));
    engines.dedup();
    let mut text = String::new();
    for engine in engines {
        let of_engine: Vec<&Median> = medians
            .iter()
            .filter(|median| median.engine == engine)
            .collect();
        let mut sizes: Vec<&str> = of_engine
            .iter()
            .map(|median| median.size.as_str())
            .collect();
        sizes.sort_by_key(|size| numbers(size));
        sizes.dedup();
        let _ = writeln!(
            text,
            "### {engine}\n\n| parents × children | {} |",
            STRATEGIES.join(" | ")
        );
        let _ = writeln!(text, "|---|{}", "---:|".repeat(STRATEGIES.len()));
        for size in sizes {
            let of_size = |strategy: &str| {
                let found = of_engine
                    .iter()
                    .find(|median| median.size == size && median.strategy == strategy);
                found.map(|median| median.microseconds)
            };
            let least = STRATEGIES
                .into_iter()
                .filter_map(of_size)
                .fold(f64::INFINITY, f64::min);
            let cells = STRATEGIES.map(|strategy| match of_size(strategy) {
                None => "–".to_owned(),
                Some(time) if time <= least => format!("**{}**", shown(time)),
                Some(time) => shown(time),
            });
            let _ = writeln!(
                text,
                "| {} | {} |",
                size.replace('x', "×"),
                cells.join(" | ")
            );
        }
        text.push('\n');
    }
    text
}

fn place(engine: &str) -> usize {
    let order = [
        "SQLite",
        "PostgreSQL, libpq",
        "PostgreSQL, `postgres`",
        "MariaDB",
        "MySQL",
    ];
    order
        .iter()
        .position(|known| *known == engine)
        .unwrap_or(order.len())
}

/// `100 x 10` before `1000 x 1`; the tree, which has three numbers, last.
fn numbers(size: &str) -> (usize, Vec<u64>) {
    let numbers: Vec<u64> = size
        .split('x')
        .filter_map(|number| number.trim().parse().ok())
        .collect();
    (numbers.len(), numbers)
}

/// Microseconds, with three digits at least and a comma between thousands.
fn shown(time: f64) -> String {
    if time < 100.0 {
        return format!("{time:.1}");
    }
    let digits = format!("{time:.0}");
    let mut text = String::new();
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// On what it was measured.
pub(super) fn circumstances(plan: &Plan) -> String {
    let mut engines = vec!["SQLite in memory".to_owned()];
    for (pair, name) in [
        (Pair::Postgres, "PostgreSQL"),
        (Pair::MariaDb, "MariaDB"),
        (Pair::MySql, "MySQL"),
    ] {
        if let Some(found) = plan.found(pair) {
            engines.push(format!("{name} {}", found.version));
        }
    }
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let mut text = format!("{} on {cores} cores", engines.join(", "));
    if let Some(rustc) = version_of_rustc() {
        let _ = write!(text, ", {rustc}");
    }
    if let Some(load) = load() {
        let _ = write!(text, "; the machine's load when the run ended was {load}");
    }
    text
}

fn version_of_rustc() -> Option<String> {
    let output = Command::new("rustc").arg("--version").output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let version = text.split(' ').nth(1)?;
    Some(format!("Rust {version}"))
}

/// The average of the last 15 minutes, where the system tells it.
fn load() -> Option<String> {
    let text = fs::read_to_string("/proc/loadavg").ok()?;
    text.split(' ').nth(2).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn median(engine: &str, strategy: &str, size: &str, microseconds: f64) -> Median {
        Median {
            engine: engine.into(),
            strategy: strategy.into(),
            size: size.into(),
            microseconds,
        }
    }

    #[test]
    fn the_tables_have_the_engines_and_sizes_in_order_and_the_fastest_in_bold() {
        let medians = [
            median("MariaDB", "select", "10 x 1", 1234.6),
            median("SQLite", "selectin", "100 x 10 x 3", 1_234_567.0),
            median("SQLite", "joined", "1000 x 1", 20.0),
            median("SQLite", "selectin", "100 x 10", 99.94),
            median("SQLite", "joined", "100 x 10", 101.4),
        ];
        assert_eq!(
            tables(&medians),
            "### SQLite\n\n\
             | parents × children | select | dynamic | joined | subquery | selectin |\n\
             |---|---:|---:|---:|---:|---:|\n\
             | 100 × 10 | – | – | 101 | – | **99.9** |\n\
             | 1000 × 1 | – | – | **20.0** | – | – |\n\
             | 100 × 10 × 3 | – | – | – | – | **1,234,567** |\n\n\
             ### MariaDB\n\n\
             | parents × children | select | dynamic | joined | subquery | selectin |\n\
             |---|---:|---:|---:|---:|---:|\n\
             | 10 × 1 | **1,235** | – | – | – | – |\n\n"
        );
    }

    #[test]
    fn what_the_template_says_around_the_tables_stays() {
        let medians = [median("SQLite", "joined", "10 x 1", 20.0)];
        let text = fill(
            "Choose.\n{{tables}}\nOn {{circumstances}}.\n",
            &medians,
            "a machine",
        )
        .unwrap();
        assert!(text.starts_with("Choose.\n### SQLite"), "{text}");
        assert!(text.ends_with("|\nOn a machine.\n"), "{text}");
        assert!(fill("Choose. {{tables}}", &medians, "").is_err());
        assert!(fill("{{tables}} {{circumstances}}", &[], "").is_err());
    }
}
