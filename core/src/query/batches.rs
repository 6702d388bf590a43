//! Many rows, so many at a time.

use std::fmt;

use super::{Cursor, Executor, Keyset, Query};
use crate::Result;
use crate::model::Model;

/// A query that is read so many rows at a time, in the order of the primary key; made by [`Query::batches`].
pub struct Batches<M> {
    keyset: Keyset<M>,
    cursor: Option<Cursor>,
    done: bool,
}

impl<M> fmt::Debug for Batches<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Batches")
            .field("cursor", &self.cursor)
            .field("done", &self.done)
            .finish_non_exhaustive()
    }
}

impl<M: Model> Query<M> {
    /// Reads so many rows at a time, each time by a statement that begins behind the last row: no more than these are in
    /// memory, on every engine, however many there are, and rows may be changed on the way.
    ///
    /// ```no_run
    /// # extern crate birgus_core as birgus;
    /// use birgus::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct User { #[key] pub id: i64, pub active: bool }
    /// # fn main() -> birgus::Result<()> {
    /// # let db = Database::open()?;
    /// # let saved = None::<String>;
    ///
    /// User::query().filter(User::active).batches(1_000).for_each(&db, |users| {
    ///     println!("{} more", users.len());
    ///     Ok(())
    /// })?;
    ///
    /// // Step by step, to go on later from where it was:
    /// let mut batches = User::query().batches(1_000);
    /// if let Some(cursor) = saved {
    ///     batches = batches.starting_after(cursor.parse()?);
    /// }
    /// while let Some(users) = batches.next(&db)? {
    ///     let place = batches.cursor().map(ToString::to_string); // kept when these are done
    ///     # let _ = (users, place);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn batches(self, size: u64) -> Batches<M> {
        Batches {
            keyset: self.keyset(size),
            cursor: None,
            done: false,
        }
    }
}

impl<M: Model> Batches<M> {
    /// Begins behind a place that [`Batches::cursor`] gave.
    #[must_use]
    pub fn starting_after(mut self, cursor: Cursor) -> Self {
        self.cursor = Some(cursor);
        self
    }

    /// The place behind the rows that were given last.
    pub fn cursor(&self) -> Option<&Cursor> {
        self.cursor.as_ref()
    }

    /// The next rows, or none when all were given.
    ///
    /// # Errors
    ///
    /// `is_invalid_query()` for a query with an order, and as [`Keyset::after`]. After an error the same rows are asked for
    /// again.
    pub fn next(&mut self, executor: impl Executor) -> Result<Option<Vec<M>>> {
        if self.done {
            return Ok(None);
        }
        let (rows, last) = self.keyset.batch(self.cursor.as_ref(), executor)?;
        self.done = (rows.len() as u64) < self.keyset.size();
        if last.is_none() {
            return Ok(None);
        }
        self.cursor = last;
        Ok(Some(rows))
    }

    /// Hands the rows to `each`, so many at a time.
    ///
    /// # Errors
    ///
    /// As [`Batches::next`], and whatever `each` returns: the place stays before the rows that failed, so that another call
    /// hands them out again.
    pub fn for_each(
        &mut self,
        mut executor: impl Executor,
        mut each: impl FnMut(Vec<M>) -> Result<()>,
    ) -> Result<()> {
        loop {
            let (place, done) = (self.cursor.clone(), self.done);
            let Some(rows) = self.next(&mut executor)? else {
                return Ok(());
            };
            if let Err(error) = each(rows) {
                (self.cursor, self.done) = (place, done);
                return Err(error);
            }
        }
    }
}
