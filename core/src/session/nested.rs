//! A part of a unit that can fail by itself.

use super::Session;
use super::frame::Frame;
use crate::{Error, Result};

impl Session {
    /// Runs a part of the unit that can fail by itself: an error undoes what the part did, in the database (by a
    /// savepoint) and in the objects, and the unit goes on. What is pending is flushed first; on `Ok`, what the part
    /// has left is flushed too.
    ///
    /// Parts can stand inside of each other. After a deadlock or a serialization failure no savepoint is left on any
    /// engine: the unit then needs a [`Session::rollback`].
    ///
    /// ```no_run
    /// # extern crate birgus_core as birgus;
    /// # use birgus::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct User { #[key] pub id: i64, #[column(length = 64, unique)] pub username: String }
    /// # fn main() -> birgus::Result<()> {
    /// # let db = Database::open()?;
    /// # let mut session = db.session()?;
    /// for name in ["susan", "david", "susan"] {
    ///     let added = session.nested(|session| {
    ///         session.add(User::build().username(name));
    ///         session.flush()
    ///     });
    ///     if let Err(error) = added {
    ///         eprintln!("{name} was left out: {error}"); // the others are still there
    ///     }
    /// }
    /// session.commit()?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Those of `work` and of the flushes; `is_session()` after a failed statement before it.
    pub fn nested<T>(&mut self, work: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        self.usable()?;
        self.run_flush(false)?;
        let depth = self.frames.len();
        for unit in 0..self.units.len() {
            let set = self.units[unit].set_savepoint(depth);
            self.noticed(set)?;
        }
        self.frames.push(Frame::starting_at(self.log.len()));
        let result = work(self);
        if self.frames.len() <= depth {
            // The part has rolled the whole unit back.
            return result;
        }
        let result = result.and_then(|value| {
            self.usable()?;
            self.run_flush(false)?;
            Ok(value)
        });
        match result {
            Ok(value) => {
                for unit in 0..self.units.len() {
                    let released = self.units[unit].release_savepoint(depth);
                    self.noticed(released)?;
                }
                if let (Some(inner), Some(outer)) = (self.frames.pop(), self.frames.last_mut()) {
                    outer.absorb(inner);
                }
                Ok(value)
            }
            Err(error) => {
                self.undo_part(depth, &error);
                Err(error)
            }
        }
    }

    /// Goes back to a savepoint. Where that fails, only a rollback of the whole unit is left.
    fn undo_part(&mut self, depth: usize, cause: &Error) {
        let mut undone = Ok(());
        for unit in &mut self.units {
            undone = undone.and(unit.roll_back_to_savepoint(depth));
        }
        self.failed = match undone {
            Ok(()) => None,
            Err(_) => Some(cause.to_string()),
        };
        if let Some(frame) = self.frames.pop() {
            let read = frame.read.clone();
            let mut restored = self.restore(frame);
            if restored.is_ok() && self.failed.is_none() {
                restored = self.reread_stale(read);
            }
            if let Err(error) = restored {
                self.failed.get_or_insert_with(|| error.to_string());
            }
        }
    }
}
