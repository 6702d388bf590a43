//! The tables, in Markdown.

use crate::pinned;
use crate::timer::{Competitor, Timer, Times};
use crate::workload::Workload;

/// Prints each line as soon as it is known.
pub(crate) struct Report {
    names: Vec<&'static str>,
}

impl Report {
    pub(crate) fn new(timer: &Timer, quick: bool) -> Self {
        if quick {
            println!("**A quick run: the figures mean nothing.**\n");
        }
        println!(
            "Ratio to the limit, which is given in µs. Medians of {} rounds in turns, at least {} ms a turn; of ratios, \
             within each round. {}.",
            timer.rounds,
            timer.turn.as_millis(),
            pinned::sentence("This program", &pinned::cores("self"))
        );
        Self { names: Vec::new() }
    }

    pub(crate) fn title(&mut self, title: &str) {
        println!("\n{title}\n");
    }

    pub(crate) fn begin(&mut self, competitors: &[Competitor]) {
        self.names = competitors.iter().map(Competitor::name).collect();
        let names = self.names.join(" | ");
        let compared: String = self
            .compared()
            .map(|(birgus, diesel)| format!(" {} ÷ {} |", self.names[birgus], self.names[diesel]))
            .collect();
        println!("| | {names} |{compared} spread |");
        let columns = self.names.len() + self.compared().count() + 1;
        println!("|---|{}", "---:|".repeat(columns));
    }

    /// Each Birgus with the Diesel that goes the same way, which it must not be slower than.
    fn compared(&self) -> impl Iterator<Item = (usize, usize)> {
        let diesel = self
            .names
            .iter()
            .position(|name| name.starts_with("Diesel"));
        self.names
            .iter()
            .enumerate()
            .filter(|(_, name)| name.starts_with("Birgus"))
            .filter_map(move |(birgus, _)| Some((birgus, diesel?)))
    }

    pub(crate) fn add(&mut self, workload: Workload, times: &[Times]) {
        let Some((limit, others)) = times.split_first() else {
            return;
        };
        let median = limit.median();
        let digits = if median < 10.0 { 2 } else { 1 };
        let mut line = format!("| {} | {median:.digits$} µs |", workload.label());
        for other in others {
            line.push_str(&format!(" {:.2} |", other.ratio(limit)));
        }
        for (birgus, diesel) in self.compared() {
            line.push_str(&format!(" {:.2} |", times[birgus].ratio(&times[diesel])));
        }
        let spread = times.iter().map(Times::spread).fold(0.0, f64::max);
        println!("{line} {:.0} % |", spread * 100.0);
    }

    pub(crate) fn end(&mut self) {
        println!(
            "\nSpread: between the quarters of the rounds, of the competitor where it is largest."
        );
    }
}
