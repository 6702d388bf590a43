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
        let Some(first) = times.first() else {
            return;
        };
        println!("\n| {} | µs | ÷ the first | spread |", work.label());
        println!("|---|---:|---:|---:|");
        for (name, times) in self.names.iter().zip(times) {
            println!(
                "| {name} | {:.0} | {:.2} | {:.0} % |",
                times.median(),
                times.ratio(first),
                times.spread() * 100.0
            );
        }
    }

    /// The fastest form of each project, beside each of Birgus' ways.
    fn best(&self, times: &[Times]) {
        let forms: Vec<_> = self.names.iter().copied().zip(times).collect();
        let birgus = || forms.iter().filter(|(name, _)| project(name) == "Birgus");
        let columns: String = birgus()
            .map(|(name, _)| format!(" {name} ÷ it |"))
            .collect();
        println!("\n| the best of each | µs |{columns}");
        println!("|---|---:|{}", "---:|".repeat(birgus().count()));
        let mut seen = Vec::new();
        for (name, _) in &forms {
            if seen.contains(&project(name)) {
                continue;
            }
            seen.push(project(name));
            let of_project = forms
                .iter()
                .filter(|(other, _)| project(other) == project(name));
            let Some((best, times)) =
                of_project.min_by(|(_, one), (_, other)| one.median().total_cmp(&other.median()))
            else {
                continue;
            };
            let ratios: String = birgus()
                .map(|(_, birgus)| format!(" {:.2} |", birgus.ratio(times)))
                .collect();
            println!("| {best} | {:.0} |{ratios}", times.median());
        }
    }
}

/// Whose form this is: what stands before the comma.
fn project(name: &str) -> &str {
    name.split(',').next().unwrap_or(name)
}
