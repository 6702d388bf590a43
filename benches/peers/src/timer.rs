//! Turns: every competitor works a while, then the next one does.

use std::time::Duration;

use anyhow::{Context, Result};

use crate::workload::{Peer, Work, Workload};

/// One who takes part, by name.
pub(crate) struct Competitor {
    name: &'static str,
    table: Table,
    work: Box<dyn Work>,
}

/// How a competitor's table is emptied and filled.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Table {
    /// SQL that empties it.
    pub(crate) empty: &'static str,
    /// SQL that makes the engine look at what is in it.
    pub(crate) analyze: &'static str,
}

/// Somebody who can be told to work.
pub(crate) trait Turn {
    /// Does the work so often, once it is warm, and says how long that took.
    fn turn(&mut self, times: u32) -> Result<Duration>;
}

/// A competitor and what it does.
struct At<'a> {
    competitor: &'a mut Competitor,
    workload: Workload,
}

impl Turn for At<'_> {
    fn turn(&mut self, times: u32) -> Result<Duration> {
        self.competitor.time(self.workload, times)
    }
}

/// How long each competitor needs for the work: one time a round, in microseconds.
#[derive(Debug)]
pub(crate) struct Times {
    rounds: Vec<f64>,
    sorted: Vec<f64>,
}

/// How often and how long.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Timer {
    pub(crate) rounds: u32,
    pub(crate) turn: Duration,
}

impl Competitor {
    pub(crate) fn new(name: &'static str, table: Table, peer: impl Peer + 'static) -> Self {
        Self {
            name,
            table,
            work: Box::new(peer),
        }
    }

    pub(crate) fn name(&self) -> &'static str {
        self.name
    }

    /// Makes the table what it must be before the work.
    fn reset(&mut self, workload: Workload) -> Result<()> {
        self.work.batch(self.table.empty)?;
        if workload.rows() > 0 {
            self.work.batch(&workload.fill())?;
        }
        self.work.batch(self.table.analyze)
    }

    /// Proves that the competitor does the work.
    pub(crate) fn check(&mut self, workload: Workload) -> Result<()> {
        self.reset(workload)
            .and_then(|()| self.work.check(workload))
            .and_then(|()| self.reset(workload))
            .with_context(|| format!("{}: {}", self.name, workload.label()))
    }

    fn time(&mut self, workload: Workload, times: u32) -> Result<Duration> {
        // What the others did has emptied the caches, and an emptied table makes a server plan anew.
        let result = self
            .work
            .time(workload, times.div_ceil(20))
            .and_then(|_| self.work.time(workload, times))
            .with_context(|| format!("{}: {}", self.name, workload.label()))?;
        if workload.writes() {
            self.reset(workload)?;
        }
        Ok(result)
    }
}

impl Timer {
    pub(crate) fn new(rounds: u32, turn: u64) -> Self {
        Self {
            rounds,
            turn: Duration::from_millis(turn),
        }
    }

    /// How often the first competitor can do the work in a turn. Everyone does it as often as that, so that all
    /// tables grow alike.
    fn times(&self, most: u32, first: &mut impl Turn) -> Result<u32> {
        let mut times = 1;
        loop {
            let time = first.turn(times)?;
            if time >= self.turn || times >= most {
                return Ok(times);
            }
            let wanted = self.turn.as_secs_f64() / time.as_secs_f64().max(1e-9);
            // In steps, since the first times are slow ones.
            let factor = (wanted * 1.05).clamp(1.1, 8.0);
            times = ((f64::from(times) * factor).ceil() as u32).min(most);
        }
    }

    /// Lets all competitors do a workload in turns.
    pub(crate) fn run(
        &self,
        workload: Workload,
        competitors: &mut [Competitor],
    ) -> Result<Vec<Times>> {
        let mut turns: Vec<_> = competitors
            .iter_mut()
            .map(|competitor| At {
                competitor,
                workload,
            })
            .collect();
        self.rotate(workload.most_times(), &mut turns)
    }

    /// Lets everybody work in turns, at most so many times a turn; each round begins with another one.
    pub(crate) fn rotate(&self, most: u32, turns: &mut [impl Turn]) -> Result<Vec<Times>> {
        let mut found = vec![Vec::new(); turns.len()];
        let Some(first) = turns.first_mut() else {
            return Ok(Vec::new());
        };
        let times = self.times(most, first)?;
        let count = turns.len();
        // One round more than is counted: it warms everybody up.
        for round in 0..=self.rounds as usize {
            for place in 0..count {
                let turn = (round + place) % count;
                let time = turns[turn].turn(times)?;
                if round > 0 {
                    found[turn].push(time.as_secs_f64() * 1e6 / f64::from(times));
                }
            }
        }
        Ok(found.into_iter().map(Times::new).collect())
    }
}

impl Times {
    fn new(rounds: Vec<f64>) -> Self {
        let sorted = sorted(rounds.clone());
        Self { rounds, sorted }
    }

    pub(crate) fn median(&self) -> f64 {
        at(&self.sorted, 0.5)
    }

    /// How often the other's time goes into this one: the median over the rounds. What slows the machine down for longer than a
    /// round slows both down in it, and is not seen in their ratio.
    pub(crate) fn ratio(&self, other: &Self) -> f64 {
        let ratios = self.rounds.iter().zip(&other.rounds);
        at(
            &sorted(ratios.map(|(this, other)| this / other).collect()),
            0.5,
        )
    }

    /// How far the middle half of the rounds lies apart, as a part of the median.
    pub(crate) fn spread(&self) -> f64 {
        (at(&self.sorted, 0.75) - at(&self.sorted, 0.25)) / self.median()
    }
}

fn sorted(mut numbers: Vec<f64>) -> Vec<f64> {
    numbers.sort_by(f64::total_cmp);
    numbers
}

/// The number that so great a part of them is not greater than.
fn at(sorted: &[f64], part: f64) -> f64 {
    let last = sorted.len().saturating_sub(1);
    let position = (part * last as f64).round() as usize;
    sorted.get(position).copied().unwrap_or(f64::NAN)
}
