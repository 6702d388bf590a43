//! Objects in the order in which they came, those of one parent in a run of their own.

use std::cell::Cell;

/// So few runs cost nothing, however short they are.
const FEW: usize = 8;

/// Objects in the order in which they came. The rows of one parent mostly come one after the other: each run of them stands
/// by itself, so that it can be handed to the parent as it is.
pub(crate) struct Runs<M> {
    runs: Vec<Run<M>>,
    len: usize,
    /// The run that was looked into last: the next object mostly is in it too.
    found: Cell<usize>,
    /// Whether objects of several parents stand in one run.
    mixed: bool,
}

struct Run<M> {
    /// The number of its first object.
    first: usize,
    objects: Vec<M>,
}

impl<M> Run<M> {
    fn get(&self, object: usize) -> Option<&M> {
        self.objects.get(object.checked_sub(self.first)?)
    }
}

impl<M> Runs<M> {
    pub(crate) fn new() -> Self {
        Self {
            runs: vec![Run {
                first: 0,
                objects: Vec::new(),
            }],
            len: 0,
            found: Cell::new(0),
            mixed: false,
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// Adds an object, and gives its number.
    // Inlined, so that the object is moved once from where it was decoded to where it stays.
    #[inline(always)]
    pub(crate) fn push(&mut self, object: M) -> usize {
        if let Some(run) = self.runs.last_mut() {
            run.objects.push(object);
            self.len += 1;
        }
        self.len.saturating_sub(1)
    }

    /// Lets the object that comes next begin a run.
    pub(crate) fn part(&mut self) {
        let count = self.runs.len();
        let Some(last) = self.runs.last() else {
            return;
        };
        if last.objects.is_empty() {
            return;
        }
        if count > FEW && count * 2 > self.len {
            // Rows come in another order: a list for each would cost more than it saves.
            self.mixed = true;
            return;
        }
        self.runs.push(Run {
            first: self.len,
            // Parents often have about as many as the one before.
            objects: Vec::with_capacity(last.objects.len()),
        });
    }

    pub(crate) fn get(&self, object: usize) -> Option<&M> {
        if let Some(found) = self.runs.last().and_then(|run| run.get(object)) {
            return Some(found);
        }
        let hint = self.found.get();
        let run = (self.runs.get(hint..)?.iter().take(2))
            .position(|run| run.get(object).is_some())
            .map(|behind| hint + behind)
            .or_else(|| {
                let behind = self.runs.partition_point(|run| run.first <= object);
                behind.checked_sub(1)
            })?;
        self.found.set(run);
        self.runs.get(run)?.get(object)
    }

    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = &mut M> {
        self.runs.iter_mut().flat_map(|run| &mut run.objects)
    }

    /// The objects, without their runs.
    pub(crate) fn into_objects(self) -> Vec<M> {
        let mut runs = self.runs.into_iter();
        let mut objects = runs.next().map(|run| run.objects).unwrap_or_default();
        objects.reserve_exact(self.len - objects.len());
        for run in runs {
            objects.extend(run.objects);
        }
        objects
    }

    /// The runs, if each is one parent's and there are so many; otherwise everything as it was.
    pub(crate) fn into_runs(self, parents: usize) -> Result<impl Iterator<Item = Vec<M>>, Self> {
        if self.mixed || self.len == 0 || self.runs.len() != parents {
            return Err(self);
        }
        Ok(self.runs.into_iter().map(|run| {
            let mut objects = run.objects;
            if objects.capacity() > objects.len() * 2 {
                objects.shrink_to_fit();
            }
            objects
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Objects that know their parent.
    fn runs(parents: &[usize]) -> Runs<(usize, usize)> {
        let mut runs = Runs::new();
        let mut last = None;
        for (number, parent) in parents.iter().enumerate() {
            if last.replace(parent) != Some(parent) {
                runs.part();
            }
            assert_eq!(runs.push((*parent, number)), number);
        }
        runs
    }

    #[test]
    fn each_object_is_found_by_its_number() {
        for parents in [&[1, 1, 2, 2, 2, 3][..], &[1], &[1, 2, 1, 2, 1, 2, 1, 2]] {
            let runs = runs(parents);
            assert_eq!(runs.len(), parents.len());
            for number in (0..parents.len()).chain((0..parents.len()).rev()) {
                assert_eq!(runs.get(number), Some(&(parents[number], number)));
            }
            assert_eq!(runs.get(parents.len()), None);
            let numbers: Vec<usize> = (runs.into_objects().iter()).map(|(_, n)| *n).collect();
            assert_eq!(numbers, (0..parents.len()).collect::<Vec<_>>());
        }
    }

    #[test]
    fn objects_that_come_parent_by_parent_are_handed_out_so() {
        let handed: Vec<Vec<(usize, usize)>> = match runs(&[7, 7, 3, 5, 5]).into_runs(3) {
            Ok(runs) => runs.collect(),
            Err(_) => panic!("three parents have three runs"),
        };
        let wanted = [vec![(7, 0), (7, 1)], vec![(3, 2)], vec![(5, 3), (5, 4)]];
        assert_eq!(handed, wanted);
    }

    #[test]
    fn a_parent_whose_objects_come_in_two_runs_has_none_to_itself() {
        assert!(runs(&[7, 7, 3, 7]).into_runs(2).is_err());
    }

    #[test]
    fn short_runs_are_given_up() {
        let parents: Vec<usize> = (0..100).map(|number| number % 50).collect();
        let runs = runs(&parents);
        assert!(runs.runs.len() < 60);
        assert!(runs.into_runs(50).is_err());
    }
}
