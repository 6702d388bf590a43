//! What a model does at the moments of an object's life in a session.

use std::fmt;

use super::{FieldInfo, Model};
use crate::query::Column;
use crate::{Error, Result};

/// What a model does at the moments of an object's life in a session: checks, derived fields, a log.
///
/// A model that has hooks says so: `#[model(hooks)]`. They run for objects that a session tracks; set-based statements
/// (`query.update(…)`, `insert_many`) and values that a query gives run none.
///
/// The hooks before a statement may change the object, and what they change is sent. Those after it see the object as
/// it is stored. An error of any hook stops the flush; what runs before the statements leaves the unit as it was.
///
/// ```no_run
/// # extern crate birgus_core as birgus;
/// use birgus::prelude::*;
/// use birgus::model::{Hooks, Problems};
///
/// #[derive(Model)]
/// #[model(hooks)]
/// pub struct User {
///     #[key]
///     pub id: i64,
///     #[column(length = 120, unique)]
///     pub email: String,
/// }
///
/// impl Hooks for User {
///     fn validate(&self, problems: &mut Problems) {
///         if !self.email.contains('@') {
///             problems.add(User::email, "is not an address");
///         }
///     }
///
///     fn before_insert(&mut self) -> birgus::Result<()> {
///         self.email = self.email.trim().to_owned();
///         Ok(())
///     }
/// }
///
/// # fn main() -> birgus::Result<()> {
/// # let db = Database::open()?;
/// let mut session = db.session()?;
/// session.add(User::build().email("susan"));
/// let error = session.commit().unwrap_err(); // nothing was sent
/// assert!(error.is_validation());
/// assert_eq!(error.problems()[0].field(), "email");
/// # Ok(())
/// # }
/// ```
#[diagnostic::on_unimplemented(
    message = "the model `{Self}` says that it has hooks, and has none",
    label = "`impl Hooks for {Self}` is missing",
    note = "without #[model(hooks)] it needs none; an empty `impl Hooks for {Self} {{}}` will do"
)]
pub trait Hooks: Model {
    /// Says what is wrong with the object, for all fields at once. It runs for every object that the flush would insert
    /// or update, after the hooks before the statement; when any of them has a problem, nothing is sent.
    fn validate(&self, problems: &mut Problems) {
        let _ = problems;
    }

    /// Runs before the object is inserted.
    ///
    /// # Errors
    ///
    /// Yours: it stops the flush before anything is sent.
    fn before_insert(&mut self) -> Result<()> {
        Ok(())
    }

    /// Runs when the object was inserted, with its id and defaults.
    ///
    /// # Errors
    ///
    /// Yours: it fails the unit.
    fn after_insert(&mut self) -> Result<()> {
        Ok(())
    }

    /// Runs before changes of the object are sent. It does not run for an object that is as it was.
    ///
    /// # Errors
    ///
    /// Yours: it stops the flush before anything is sent.
    fn before_update(&mut self) -> Result<()> {
        Ok(())
    }

    /// Runs when changes of the object were sent.
    ///
    /// # Errors
    ///
    /// Yours: it fails the unit.
    fn after_update(&mut self) -> Result<()> {
        Ok(())
    }

    /// Runs before the object's row is deleted.
    ///
    /// # Errors
    ///
    /// Yours: it stops the flush before anything is sent.
    fn before_delete(&mut self) -> Result<()> {
        Ok(())
    }

    /// Runs when the object's row was deleted.
    ///
    /// # Errors
    ///
    /// Yours: it fails the unit.
    fn after_delete(&mut self) -> Result<()> {
        Ok(())
    }

    /// Runs when a session has read the object, and when it has read it anew.
    ///
    /// # Errors
    ///
    /// Yours: the query fails with it.
    fn after_load(&mut self) -> Result<()> {
        Ok(())
    }
}

/// A moment in an object's life.
#[doc(hidden)]
#[derive(Debug)]
pub enum Hook<'a> {
    Validate(&'a mut Problems),
    BeforeInsert,
    AfterInsert,
    BeforeUpdate,
    AfterUpdate,
    BeforeDelete,
    AfterDelete,
    AfterLoad,
}

/// Runs the hook of that moment.
#[doc(hidden)]
pub fn run_hook<M: Hooks>(object: &mut M, hook: Hook<'_>) -> Result<()> {
    match hook {
        Hook::Validate(problems) => {
            problems.model = M::info().name;
            object.validate(problems);
            Ok(())
        }
        Hook::BeforeInsert => object.before_insert(),
        Hook::AfterInsert => object.after_insert(),
        Hook::BeforeUpdate => object.before_update(),
        Hook::AfterUpdate => object.after_update(),
        Hook::BeforeDelete => object.before_delete(),
        Hook::AfterDelete => object.after_delete(),
        Hook::AfterLoad => object.after_load(),
    }
}

/// What is wrong with objects that a flush was going to send.
#[derive(Debug, Default)]
pub struct Problems {
    model: &'static str,
    found: Vec<Problem>,
}

impl Problems {
    /// Says what is wrong with a field. The message is shown to whoever sees the error: keep the value out of it.
    pub fn add<M: Model, T>(&mut self, field: Column<M, T>, message: impl Into<String>) {
        self.found.push(Problem::new(field.field(), message.into()));
    }

    /// Says what is wrong with the object as a whole.
    pub fn add_whole(&mut self, message: impl Into<String>) {
        self.found.push(Problem {
            model: self.model,
            field: "",
            message: message.into(),
        });
    }

    /// Nothing was found, or the error that tells all of it.
    pub(crate) fn into_result(self) -> Result<()> {
        if self.found.is_empty() {
            return Ok(());
        }
        Err(Error::validation(self.found))
    }
}

/// What is wrong with a field of an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    model: &'static str,
    field: &'static str,
    message: String,
}

impl Problem {
    fn new(field: &'static FieldInfo, message: String) -> Self {
        Self {
            model: field.model.name,
            field: field.field,
            message,
        }
    }

    /// The model's name.
    pub fn model(&self) -> &'static str {
        self.model
    }

    /// The field's name; empty when the problem is about the object as a whole.
    pub fn field(&self) -> &'static str {
        self.field
    }

    /// What is wrong.
    pub fn message(&self) -> &str {
        &self.message
    }
}

/// `User.email: is not an address`
impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.model)?;
        if !self.field.is_empty() {
            write!(f, ".{}", self.field)?;
        }
        write!(f, ": {}", self.message)
    }
}
