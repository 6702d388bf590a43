//! Who takes part, within this process or in one of its own.

use std::hint::black_box;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

use super::graph::{Graph, Rows, Work};
use crate::timer::Turn;

/// A project that loads users with what belongs to them, in one of its own forms and with its own structs.
pub(crate) trait Loader {
    type Flat: Into<Graph>;
    type Tree: Into<Graph>;

    /// Runs one statement that gives no rows.
    fn batch(&mut self, sql: &str) -> Result<()>;
    /// Every user with their posts.
    fn flat(&mut self) -> Result<Self::Flat>;
    /// Every user with their posts, and those with their comments.
    fn tree(&mut self) -> Result<Self::Tree>;
}

/// A loader without its types.
pub(super) trait Load {
    fn batch(&mut self, sql: &str) -> Result<()>;

    /// Loads so often, and says how long that took. What is loaded is dropped within that time.
    fn time(&mut self, work: Work, times: u32) -> Result<Duration>;

    /// Loads once, and says what.
    fn graph(&mut self, work: Work) -> Result<Graph>;
}

impl<L: Loader> Load for L {
    fn batch(&mut self, sql: &str) -> Result<()> {
        Loader::batch(self, sql)
    }

    fn time(&mut self, work: Work, times: u32) -> Result<Duration> {
        let start = Instant::now();
        match work {
            Work::Flat => {
                for _ in 0..times {
                    black_box(self.flat()?);
                }
            }
            Work::Tree => {
                for _ in 0..times {
                    black_box(self.tree()?);
                }
            }
        }
        Ok(start.elapsed())
    }

    fn graph(&mut self, work: Work) -> Result<Graph> {
        Ok(match work {
            Work::Flat => self.flat()?.into(),
            Work::Tree => self.tree()?.into(),
        })
    }
}

/// One who takes part, by name.
pub(crate) struct Entrant {
    name: &'static str,
    load: Box<dyn Load>,
}

/// An entrant and what it does.
pub(super) struct At<'a> {
    pub(super) entrant: &'a mut Entrant,
    pub(super) work: Work,
}

impl Entrant {
    /// The name begins with the project's, since a project's forms are compared to another's best.
    pub(crate) fn new(name: &'static str, loader: impl Loader + 'static) -> Self {
        Self::of(name, Box::new(loader))
    }

    pub(super) fn of(name: &'static str, load: Box<dyn Load>) -> Self {
        Self { name, load }
    }

    pub(super) fn name(&self) -> &'static str {
        self.name
    }

    pub(super) fn batch(&mut self, statements: &[String]) -> Result<()> {
        for statement in statements {
            self.load
                .batch(statement)
                .with_context(|| format!("{}: {statement}", self.name))?;
        }
        Ok(())
    }

    /// Proves that it loads what there is.
    pub(super) fn check(&mut self, work: Work, rows: Rows) -> Result<()> {
        let found = self
            .load
            .graph(work)
            .with_context(|| format!("{}: {}", self.name, work.label()))?
            .sorted();
        let wanted = rows.graph(work);
        ensure!(
            found == wanted,
            "{}, {}: loaded {} where there are {}, or others of them",
            self.name,
            work.label(),
            found.size(),
            wanted.size()
        );
        Ok(())
    }
}

impl Turn for At<'_> {
    fn turn(&mut self, times: u32) -> Result<Duration> {
        // What the others did has emptied the caches.
        self.entrant
            .load
            .time(self.work, times.div_ceil(20))
            .and_then(|_| self.entrant.load.time(self.work, times))
            .with_context(|| format!("{}: {}", self.entrant.name, self.work.label()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives what the rows of another run would be.
    struct Other(Rows);

    impl Loader for Other {
        type Flat = Graph;
        type Tree = Graph;

        fn batch(&mut self, _sql: &str) -> Result<()> {
            Ok(())
        }

        fn flat(&mut self) -> Result<Graph> {
            Ok(self.0.graph(Work::Flat))
        }

        fn tree(&mut self) -> Result<Graph> {
            // As somebody who loads the posts, and forgets their comments.
            self.flat()
        }
    }

    #[test]
    fn whoever_loads_something_else_is_found() {
        let mut right = Entrant::new("right", Other(Rows::UNEVEN));
        assert!(right.check(Work::Flat, Rows::UNEVEN).is_ok());

        let forgetful = right.check(Work::Tree, Rows::UNEVEN);
        let message = forgetful.expect_err("no comments were loaded").to_string();
        assert!(message.contains("27 posts, 0 comments where"), "{message}");

        let mut other = Entrant::new("other", Other(Work::Flat.rows()));
        assert!(other.check(Work::Flat, Rows::UNEVEN).is_err());
    }
}
