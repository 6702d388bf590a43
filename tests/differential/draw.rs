//! Draws from which a program is made, and how they are made fewer and smaller when it fails.
//!
//! A program is a function of the numbers that it draws: it shrinks by shrinking these, whatever it is made of, so that a
//! feature of the grammar needs no shrinking of its own. The first alternative of every draw is the simplest one.

use std::fmt;
use std::rc::Rc;

use proptest::prelude::any;
use proptest::strategy::{NewTree, Strategy, ValueTree};
use proptest::test_runner::TestRunner;

/// Where a program draws from: numbers that are given, then those of a seed, then zeros.
pub(crate) struct Draw {
    given: Vec<u64>,
    seed: Option<u64>,
    drawn: Vec<u64>,
    /// What was drawn together: begin and end.
    spans: Vec<(usize, usize)>,
}

impl Draw {
    fn seeded(seed: u64) -> Self {
        Self {
            given: Vec::new(),
            seed: Some(seed),
            drawn: Vec::new(),
            spans: Vec::new(),
        }
    }

    fn replayed(given: Vec<u64>) -> Self {
        Self {
            given,
            seed: None,
            drawn: Vec::new(),
            spans: Vec::new(),
        }
    }

    /// SplitMix64: small, and the same on every platform and in every version.
    fn next(&mut self) -> u64 {
        if let Some(given) = self.given.get(self.drawn.len()) {
            return *given;
        }
        let Some(seed) = &mut self.seed else { return 0 };
        *seed = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = *seed;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `end`, which is not 0.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        let number = self.next() % end as u64;
        self.drawn.push(number);
        usize::try_from(number).unwrap()
    }

    /// True in so many of a hundred cases.
    pub(crate) fn chance(&mut self, percent: usize) -> bool {
        self.below(100) >= 100 - percent
    }

    /// One of several.
    pub(crate) fn pick<'a, T>(&mut self, several: &'a [T]) -> &'a T {
        &several[self.below(several.len())]
    }

    /// What is drawn from here to [`Draw::close`] belongs together: it can be left out, or stand for something of which
    /// it is a part.
    pub(crate) fn open(&mut self) -> usize {
        let begin = self.drawn.len();
        self.spans.push((begin, begin));
        self.spans.len() - 1
    }

    pub(crate) fn close(&mut self, span: usize) {
        self.spans[span].1 = self.drawn.len();
    }
}

/// A strategy whose values a function makes of draws.
pub(crate) struct Drawn<T> {
    pub(crate) make: fn(&mut Draw) -> T,
    /// The seed of the only case, instead of one from the runner.
    pub(crate) only: Option<u64>,
}

impl<T> fmt::Debug for Drawn<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Drawn").finish_non_exhaustive()
    }
}

/// A value, and the seed of the case that it began as.
#[derive(Clone)]
pub(crate) struct Seeded<T> {
    pub(crate) value: Rc<T>,
    pub(crate) seed: u64,
}

impl<T> fmt::Debug for Seeded<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "case {}", self.seed)
    }
}

impl<T> Strategy for Drawn<T> {
    type Tree = Shrinking<T>;
    type Value = Seeded<T>;

    fn new_tree(&self, runner: &mut TestRunner) -> NewTree<Self> {
        let seed = match self.only {
            Some(seed) => seed,
            None => any::<u64>().new_tree(runner)?.current(),
        };
        let mut draw = Draw::seeded(seed);
        let value = (self.make)(&mut draw);
        Ok(Shrinking {
            make: self.make,
            seed,
            best: Rc::new(draw),
            current: Rc::new(value),
            tried: None,
            pass: Pass::Halves(usize::MAX),
            position: 0,
            improved: false,
        })
    }
}

/// What is tried to make the draws fewer or smaller.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Pass {
    /// Leaves out so many draws at once.
    Halves(usize),
    /// Leaves out what belongs together.
    Spans,
    /// Puts a part in the place of the whole.
    Parts,
    /// Draws the simplest alternative.
    Zeros,
    /// Draws half of it.
    Smaller,
    /// Draws one less.
    Less,
}

/// A case, and the smaller ones.
pub(crate) struct Shrinking<T> {
    make: fn(&mut Draw) -> T,
    seed: u64,
    /// The smallest draws that failed so far.
    best: Rc<Draw>,
    current: Rc<T>,
    tried: Option<Draw>,
    pass: Pass,
    position: usize,
    improved: bool,
}

impl<T> Shrinking<T> {
    /// What the pass makes of the best draws at a position; `None` when it is through.
    fn candidate(&self) -> Option<Option<Vec<u64>>> {
        let drawn = &self.best.drawn;
        let without = |begin: usize, end: usize| [&drawn[..begin], &drawn[end..]].concat();
        let with = |value: u64| {
            let mut drawn = drawn.clone();
            drawn[self.position] = value;
            drawn
        };
        match self.pass {
            Pass::Halves(size) => {
                let begin = self
                    .position
                    .checked_mul(size)
                    .filter(|at| *at < drawn.len())?;
                Some(Some(without(begin, drawn.len().min(begin + size))))
            }
            Pass::Spans => {
                let (begin, end) = self.best.spans.get(self.position)?;
                Some(Some(without(*begin, *end)))
            }
            Pass::Parts => {
                let spans = &self.best.spans;
                // A part stands behind its whole, and rarely far.
                let (whole, part) = (self.position / 8, self.position / 8 + 1 + self.position % 8);
                let (begin, end) = *spans.get(whole)?;
                let inside = spans.get(part).filter(|(_, last)| *last <= end);
                Some(inside.map(|(first, last)| {
                    [&drawn[..begin], &drawn[*first..*last], &drawn[end..]].concat()
                }))
            }
            Pass::Zeros => {
                let value = drawn.get(self.position)?;
                Some((*value > 0).then(|| with(0)))
            }
            Pass::Smaller => {
                let value = drawn.get(self.position)?;
                Some((*value > 1).then(|| with(value / 2)))
            }
            Pass::Less => {
                let value = drawn.get(self.position)?;
                Some((*value > 0).then(|| with(value - 1)))
            }
        }
    }

    fn next_pass(&mut self) -> bool {
        self.position = 0;
        self.pass = match self.pass {
            Pass::Halves(usize::MAX) => Pass::Halves(self.best.drawn.len().max(8) / 4),
            Pass::Halves(size) if size > 1 => Pass::Halves(size / 2),
            Pass::Halves(_) => Pass::Spans,
            Pass::Spans => Pass::Parts,
            Pass::Parts => Pass::Zeros,
            Pass::Zeros => Pass::Smaller,
            Pass::Smaller => Pass::Less,
            Pass::Less if std::mem::take(&mut self.improved) => Pass::Halves(usize::MAX),
            Pass::Less => return false,
        };
        true
    }

    /// Moves to the next value that is smaller than the best one.
    fn advance(&mut self) -> bool {
        loop {
            let Some(candidate) = self.candidate() else {
                if !self.next_pass() {
                    return false;
                }
                continue;
            };
            self.position += 1;
            let Some(given) = candidate else { continue };
            let mut draw = Draw::replayed(given);
            let value = (self.make)(&mut draw);
            let smaller =
                (draw.drawn.len(), &draw.drawn) < (self.best.drawn.len(), &self.best.drawn);
            if smaller {
                self.current = Rc::new(value);
                self.tried = Some(draw);
                return true;
            }
        }
    }
}

impl<T> ValueTree for Shrinking<T> {
    type Value = Seeded<T>;

    fn current(&self) -> Seeded<T> {
        Seeded {
            value: Rc::clone(&self.current),
            seed: self.seed,
        }
    }

    fn simplify(&mut self) -> bool {
        if let Some(draw) = self.tried.take() {
            self.best = Rc::new(draw);
            self.improved = true;
            // The position now holds what came behind.
            self.position = self.position.saturating_sub(1);
        }
        self.advance()
    }

    fn complicate(&mut self) -> bool {
        self.tried = None;
        self.advance()
    }
}
