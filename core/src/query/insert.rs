//! INSERT, of one row or many, with the ids that the database assigned.

use std::fmt;
use std::marker::PhantomData;

use super::insert_rows::{Chunks, Inserted, identity_value, insert_rows, one_shape};
use super::stored::values_of;
use super::upsert::{ConflictTarget, OnConflict};
use super::{Access, Executor, InsertReturning, Request, Selection};
use crate::backend::{Capabilities, Connection};
use crate::model::{Draft, FieldInfo, Input, Model, ModelInfo, NewRow, PrimaryKey, ValuesRow};
use crate::value::Value;
use crate::{Error, Result};

/// An INSERT of one row.
#[must_use = "an insert does nothing until `execute` runs it"]
pub struct Insert<M> {
    many: InsertMany<M>,
}

/// An INSERT of many rows in few statements.
#[must_use = "an insert does nothing until `execute` runs it"]
pub struct InsertMany<M> {
    drafts: Vec<Draft>,
    marker: PhantomData<fn() -> M>,
}

impl<M> fmt::Debug for Insert<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Insert").finish_non_exhaustive()
    }
}

impl<M> fmt::Debug for InsertMany<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InsertMany")
            .field("rows", &self.drafts.len())
            .finish_non_exhaustive()
    }
}

impl<M: Model> Insert<M> {
    pub(crate) fn new<R: NewRow<Model = M>>(row: [R; 1]) -> Self {
        Self {
            many: InsertMany::new(row),
        }
    }

    /// What is done when a row is there already that has the same values in the columns, which are those of the primary
    /// key or of a unique constraint.
    ///
    /// ```no_run
    /// # extern crate birgus_core as birgus;
    /// use birgus::prelude::*;
    /// use birgus::query::excluded;
    /// # #[derive(Model)]
    /// # pub struct User { #[key] pub id: i64, #[column(length = 64, unique)] pub email: String, pub name: String, pub visits: i32 }
    /// # fn main() -> birgus::Result<()> {
    /// # let db = Database::open()?;
    /// # let susan = || User::build().email("susan@example.com").name("Susan").visits(1);
    ///
    /// // The key of the row, be it inserted or updated.
    /// let id: i64 = User::insert(susan())
    ///     .on_conflict(User::email)
    ///     .update([User::name.set_excluded(), User::visits.set(User::visits + excluded(User::visits))])
    ///     .execute(&db)?;
    ///
    /// // The key of the new row, or nothing when one was there.
    /// let new: Option<i64> = User::insert(susan()).on_conflict(User::email).do_nothing().execute(&db)?;
    /// # let _ = (id, new);
    /// # Ok(())
    /// # }
    /// ```
    pub fn on_conflict(self, target: impl ConflictTarget<M>) -> OnConflict<M, OneRow> {
        OnConflict::new(self.many.drafts, target.into_fields())
    }

    /// Reads something of the row once it is inserted, in place of its key.
    ///
    /// ```no_run
    /// # extern crate birgus_core as birgus;
    /// use birgus::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Post { #[key] pub id: i64, pub body: String, #[column(default = Utc::now)] pub written: DateTime<Utc> }
    /// # fn main() -> birgus::Result<()> {
    /// # let db = Database::open()?;
    /// let (id, written): (i64, DateTime<Utc>) =
    ///     Post::insert(Post::build().body("Beautiful day")).returning((Post::id, Post::written)).execute(&db)?;
    /// # let _ = (id, written);
    /// # Ok(())
    /// # }
    /// ```
    pub fn returning<S: Selection>(self, selection: S) -> InsertReturning<M, S, OneRow> {
        InsertReturning::new(self.many.drafts, selection)
    }

    /// Inserts the row and gives its key.
    ///
    /// # Errors
    ///
    /// `is_invalid_value()` before anything is sent, and whatever the database refuses.
    pub fn execute(self, executor: impl Executor) -> Result<M::Key> {
        self.many
            .execute(executor)?
            .pop()
            .ok_or_else(|| Error::decode("INSERT gave no key"))
    }
}

impl<M: Model> InsertMany<M> {
    pub(crate) fn new<R: NewRow<Model = M>>(rows: impl IntoIterator<Item = R>) -> Self {
        Self {
            drafts: rows.into_iter().map(NewRow::into_draft).collect(),
            marker: PhantomData,
        }
    }

    /// What is done with each row that has, in these columns, the values of one that is there already: see
    /// [`Insert::on_conflict`].
    pub fn on_conflict(self, target: impl ConflictTarget<M>) -> OnConflict<M, ManyRows> {
        OnConflict::new(self.drafts, target.into_fields())
    }

    /// Reads something of each row once it is inserted, in the order of the rows: see [`Insert::returning`].
    pub fn returning<S: Selection>(self, selection: S) -> InsertReturning<M, S, ManyRows> {
        InsertReturning::new(self.drafts, selection)
    }

    /// Inserts all rows or none, and gives their keys in order.
    ///
    /// # Errors
    ///
    /// `is_invalid_value()` before anything is sent, and whatever the database refuses.
    pub fn execute(self, mut executor: impl Executor) -> Result<Vec<M::Key>> {
        let model = M::info();
        let rows = rows_of(model, self.drafts)?;
        let mut keys = Vec::with_capacity(rows.len());
        if !model.identity {
            let key: Vec<&'static FieldInfo> = model.key_fields().collect();
            let scales: Vec<u8> = key.iter().map(|field| field.scale()).collect();
            for row in &rows {
                let values = values_of(row, &key);
                keys.push(M::Key::read_key(&ValuesRow(&values), 0, &scales)?);
            }
        }
        let mut inserted = Inserted { ids: Vec::new() };
        let mut work = |connection: &mut dyn Connection, rows| {
            inserted = insert_rows(connection, model, rows)?;
            Ok(())
        };
        atomically(
            &mut executor,
            model,
            rows,
            &is_one_statement(model),
            &mut work,
        )?;
        if model.identity {
            for id in inserted.ids {
                let key = id.and_then(M::Key::from_identity);
                keys.push(key.ok_or_else(|| Error::decode("INSERT gave no id"))?);
            }
        }
        Ok(keys)
    }
}

/// How many rows an INSERT was given, which decides about what it gives back.
pub trait RowCount {
    /// One of them, or one for each row.
    type Of<T>;

    /// What there is of each row.
    ///
    /// # Errors
    ///
    /// `is_decode()`
    #[doc(hidden)]
    fn of<T>(all: Vec<T>) -> Result<Self::Of<T>>;
}

/// One row.
#[derive(Debug)]
pub struct OneRow;

/// Many rows.
#[derive(Debug)]
pub struct ManyRows;

impl RowCount for OneRow {
    type Of<T> = T;

    fn of<T>(mut all: Vec<T>) -> Result<T> {
        all.pop()
            .ok_or_else(|| Error::decode("INSERT gave nothing back"))
    }
}

impl RowCount for ManyRows {
    type Of<T> = Vec<T>;

    fn of<T>(all: Vec<T>) -> Result<Vec<T>> {
        Ok(all)
    }
}

/// The values of new rows, one a field; NULL also for an id that the database assigns, and for what it computes.
pub(super) fn rows_of(model: &'static ModelInfo, drafts: Vec<Draft>) -> Result<Vec<Vec<Value>>> {
    let now = chrono::Utc::now();
    let mut rows = Vec::with_capacity(drafts.len());
    for draft in drafts {
        if let Some(related) = draft.related.iter().find(|related| related.given) {
            return Err(Error::invalid_query(format!(
                "{}: an insert sends the rows of one table; add the row to a session, which stores what it is related to",
                draft.model.relations[related.relation].subject()
            )));
        }
        let draft = draft.with_defaults();
        let mut row = Vec::with_capacity(draft.inputs.len());
        for (field, input) in model.fields.iter().zip(draft.inputs) {
            row.push(match input {
                // Values are checked when they are given; NULL also stands for what was not.
                Input::Value(Value::Null) => field.check(Value::Null)?,
                Input::Value(value) => value,
                Input::Clock => field.clock_value(now)?,
                Input::Missing | Input::Database => Value::Null,
                Input::Invalid(error) => return Err(error),
                Input::Pending(_) => {
                    return Err(Error::session(format!(
                        "{}: a session's key stands in it; add the row to that session",
                        field.subject()
                    )));
                }
            });
        }
        rows.push(row);
    }
    Ok(rows)
}

/// Whether an engine inserts the rows by one statement.
pub(super) fn is_one_statement(
    model: &'static ModelInfo,
) -> impl Fn(&Capabilities, &[Vec<Value>]) -> bool {
    move |capabilities, rows| {
        let assigned =
            model.identity && (rows.iter()).all(|row| identity_value(model, Some(row)).is_none());
        one_shape(model, rows)
            && (assigned || !model.identity)
            && Chunks::new(capabilities, model, assigned).take_all(rows)
    }
}

/// What is done with rows on a connection.
type Work<'a> = dyn FnMut(&mut dyn Connection, Vec<Vec<Value>>) -> Result<()> + 'a;

/// Does something with rows that takes effect together or not at all. One statement needs no transaction around it; how
/// many there are depends on the engine.
pub(super) fn atomically(
    executor: &mut dyn Executor,
    model: &'static ModelInfo,
    rows: Vec<Vec<Value>>,
    is_one: &dyn Fn(&Capabilities, &[Vec<Value>]) -> bool,
    work: &mut Work<'_>,
) -> Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    let mut waiting = Some(rows);
    executor.with_connection(Request::new(Access::Write).of(model), &mut |connection| {
        let capabilities = connection.dialect().capabilities();
        match waiting.take_if(|rows| is_one(capabilities, rows)) {
            Some(rows) => work(connection, rows),
            None => Ok(()),
        }
    })?;
    if waiting.is_some() {
        let request = Request::new(Access::Together).of(model);
        executor.with_connection(request, &mut |connection| match waiting.take() {
            Some(rows) => work(connection, rows),
            None => Ok(()),
        })?;
    }
    Ok(())
}
