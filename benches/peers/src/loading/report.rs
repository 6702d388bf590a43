//! Two tables for each engine and depth: everybody, and each project's best form.

use anyhow::Result;

use super::entrant::{At, Entrant};
use super::graph::Work;
use crate::timer::{Timer, Times};

/// No table grows, so a turn may be as long as it likes; this ends the search for its length.
const MOST_TIMES: u32 = 1_000_000;

/// The tables of one engine.
pub(crate) struct Report {
    names: Vec<&'static str>,
}

impl Report {
    pub(super) fn new(title: &str, entrants: &[Entrant]) -> Self {
        println!("\n{title}");
        Self {
            names: entrants.iter().map(Entrant::name).collect(),
        }
    }

    /// Lets everybody work, and prints what came of it.
    pub(super) fn add(&self, work: Work, timer: &Timer, entrants: &mut [Entrant]) -> Result<()> {
        let mut turns: Vec<_> = entrants
            .iter_mut()
            .map(|entrant| At { entrant, work })
            .collect();
        let times = timer.rotate(MOST_TIMES, &mut turns)?;
        self.everybody(work, &times);
        self.best(&times);
        Ok(())
    }

    fn everybody(&self, work: Work, times: &[Times]) {
        let Some(first) = times.first().map(Times::median) else {
            return;
        };
        println!("\n| {} | µs | ÷ the first | spread |", work.label());
        println!("|---|---:|---:|---:|");
        for (name, times) in self.names.iter().zip(times) {
            let median = times.median();
            println!(
                "| {name} | {median:.0} | {:.2} | {:.0} % |",
                median / first,
                times.spread() * 100.0
            );
        }
    }

    /// The fastest form of each project, beside each of Birgus' ways.
    fn best(&self, times: &[Times]) {
        let medians: Vec<_> = self
            .names
            .iter()
            .copied()
            .zip(times.iter().map(Times::median))
            .collect();
        let birgus = || medians.iter().filter(|(name, _)| project(name) == "Birgus");
        let columns: String = birgus()
            .map(|(name, _)| format!(" {name} ÷ it |"))
            .collect();
        println!("\n| the best of each | µs |{columns}");
        println!("|---|---:|{}", "---:|".repeat(birgus().count()));
        let mut seen = Vec::new();
        for (name, _) in &medians {
            if seen.contains(&project(name)) {
                continue;
            }
            seen.push(project(name));
            let forms = medians
                .iter()
                .filter(|(other, _)| project(other) == project(name));
            let Some((best, time)) = forms.min_by(|(_, one), (_, other)| one.total_cmp(other))
            else {
                continue;
            };
            let ratios: String = birgus()
                .map(|(_, birgus)| format!(" {:.2} |", birgus / time))
                .collect();
            println!("| {best} | {time:.0} |{ratios}");
        }
    }
}

/// Whose form this is: what stands before the comma.
fn project(name: &str) -> &str {
    name.split(',').next().unwrap_or(name)
}
