//! What is read of rows as they are written: RETURNING, or the same by several statements in one transaction.

use std::fmt;
use std::marker::PhantomData;

use super::change::{Assignments, collected, complete};
use super::insert::{RowCount, atomically, is_one_statement, rows_of};
use super::insert_rows::{in_parents_order, insert_and_read, shown_returning};
use super::select::{Item, Select};
use super::selection::{Decoder, decoder};
use super::stored::{
    Arrivals, compare, fetch_by, in_chunks, items_of, one_of, read_fields, values_of,
};
use super::{Access, Assignment, Executor, Query, Request, Selection, SetChange, found};
use crate::backend::{Connection, Dialect, Row};
use crate::model::{Draft, FieldInfo, Model, ModelInfo};
use crate::session::Identity;
use crate::value::Value;
use crate::{Error, Result};

/// An INSERT that reads something of each row; made by [`Insert::returning`](super::Insert::returning).
#[must_use = "an insert does nothing until `execute` runs it"]
pub struct InsertReturning<M, S: Selection, R> {
    drafts: Vec<Draft>,
    reading: Reading<S::Output>,
    marker: PhantomData<fn() -> (M, R)>,
}

impl<M, S: Selection, R> fmt::Debug for InsertReturning<M, S, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InsertReturning")
            .field("rows", &self.drafts.len())
            .finish_non_exhaustive()
    }
}

impl<M: Model, S: Selection, R: RowCount> InsertReturning<M, S, R> {
    pub(super) fn new(drafts: Vec<Draft>, selection: S) -> Self {
        Self {
            drafts,
            reading: Reading::of(selection),
            marker: PhantomData,
        }
    }

    /// Inserts all rows or none, and gives what is read of each, in the order of the rows.
    ///
    /// # Errors
    ///
    /// `is_invalid_value()` before anything is sent; `is_invalid_query()` when something else than columns of the row and
    /// what is computed from them is read; `is_decode()`, and whatever the database refuses.
    pub fn execute(self, mut executor: impl Executor) -> Result<R::Of<S::Output>> {
        let model = M::info();
        self.reading.check(model)?;
        let rows = rows_of(model, self.drafts)?;
        let mut rows = Some(rows);
        let mut placed = Vec::new();
        let read = self.reading.read(&mut |arrivals| {
            let one = is_one_statement(model);
            atomically(
                &mut executor,
                model,
                rows.take().unwrap_or_default(),
                &|capabilities, rows| capabilities.returning && one(capabilities, rows),
                &mut |connection, mut rows| {
                    placed = in_parents_order(model, &mut rows, |rows| {
                        insert_and_read(connection, model, rows, arrivals)
                    })?;
                    Ok(())
                },
            )
        })?;
        let read = in_places(read, placed);
        R::of(all_there(model, read)?)
    }

    /// The text of the first statement that it sends where the engine has RETURNING, and the values that are bound to it,
    /// in a dialect: for a look at it.
    ///
    /// # Errors
    ///
    /// As [`InsertReturning::execute`], and `is_unsupported()` where the engine has no RETURNING.
    pub fn to_sql(self, dialect: &dyn Dialect) -> Result<String> {
        let model = M::info();
        self.reading.check(model)?;
        native(dialect)?;
        let mut rows = rows_of(model, self.drafts)?;
        shown_returning(dialect, model, &mut rows, &self.reading.items)
    }
}

/// What is read of a row, and how.
pub(super) struct Reading<O> {
    pub(super) items: Vec<Item>,
    decode: Decoder<O>,
}

impl<O> Reading<O> {
    pub(super) fn of<S: Selection<Output = O>>(selection: S) -> Self {
        let mut items = Vec::new();
        selection.add_to(&mut items);
        Self {
            items,
            decode: decoder::<S>(),
        }
    }

    /// Refuses what not every engine reads of a row that it writes.
    pub(super) fn check(&self, model: &ModelInfo) -> Result<()> {
        if self.items.is_empty() {
            return Err(Error::invalid_query(format!(
                "{}: nothing is returned",
                model.name
            )));
        }
        if !self.items.iter().all(|item| item.node.is_of_row()) {
            return Err(Error::invalid_query(format!(
                "{}: an aggregate or a subquery among what is returned; not every engine computes one there, so query for it afterwards",
                model.name
            )));
        }
        for item in &self.items {
            if let Some(column) =
                (item.node.columns().iter()).find(|column| column.table != model.table_name())
            {
                return Err(Error::invalid_query(format!(
                    "{}.{}: returned from a row of {}, which does not have this column; query for it afterwards",
                    column.table,
                    column.name,
                    model.table_name()
                )));
            }
        }
        Ok(())
    }

    /// Reads the rows that `work` meets, in the order of meeting.
    pub(super) fn read(
        &self,
        work: &mut dyn FnMut(&mut Arrivals<'_>) -> Result<()>,
    ) -> Result<Vec<O>> {
        let mut read = Vec::new();
        let mut each = |row: &dyn Row| {
            read.push((self.decode)(row, &self.items)?);
            Ok(())
        };
        work(&mut Arrivals::new(&self.items, &mut each))?;
        Ok(read)
    }
}

/// Puts what was read into the order of the rows; each place tells which arrival a row was.
pub(super) fn in_places<O>(read: Vec<O>, places: Vec<Option<usize>>) -> Vec<Option<O>> {
    let mut read: Vec<Option<O>> = read.into_iter().map(Some).collect();
    (places.into_iter())
        .map(|place| read.get_mut(place?)?.take())
        .collect()
}

/// What was read of each row, none of which may be missing.
pub(super) fn all_there<O>(model: &ModelInfo, read: Vec<Option<O>>) -> Result<Vec<O>> {
    let all: Option<Vec<O>> = read.into_iter().collect();
    all.ok_or_else(|| {
        Error::decode(format!(
            "{}: a row that was written is not there any more, or not as it was written; does a trigger change it?",
            model.name
        ))
    })
}

impl<M: Model> Query<M> {
    /// Updates as [`Query::update`], and reads something of each row as it is afterwards. The rows come in the order of
    /// their primary key, which the update can't change.
    ///
    /// ```no_run
    /// # extern crate birgus_core as birgus;
    /// use birgus::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Job { #[key] pub id: i64, pub taken: bool, pub tries: i32 }
    /// # fn main() -> birgus::Result<()> {
    /// # let db = Database::open()?;
    /// let taken: Vec<(i64, i32)> = Job::query().filter(!Job::taken.eq(true)).update_returning(
    ///     [Job::taken.set(true), Job::tries.set(Job::tries + 1)],
    ///     (Job::id, Job::tries),
    ///     &db,
    /// )?;
    /// # let _ = taken;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`Query::update`]; `is_invalid_query()` too for an assignment to the primary key, and when something else than
    /// columns of the row and what is computed from them is read; `is_decode()`.
    pub fn update_returning<S: Selection>(
        self,
        assignments: impl IntoIterator<Item = Assignment<M>>,
        selection: S,
        mut executor: impl Executor,
    ) -> Result<Vec<S::Output>> {
        let model = M::info();
        let assignments = complete(model, collected(assignments))?;
        for (field, _) in &assignments {
            if model.key.contains(&field.position()) {
                return Err(Error::invalid_query(format!(
                    "{}: a part of the primary key is set in an update that returns rows; not every engine finds them again",
                    field.subject()
                )));
            }
        }
        let reading = Reading::of(selection);
        reading.check(model)?;
        let mut keys = Vec::new();
        let read = reading.read(&mut |arrivals| {
            keys = update(&self.select, model, &assignments, arrivals, &mut executor)?;
            Ok(())
        })?;
        executor.changed(SetChange::Updated(model))?;
        Ok(by_key(model, keys, read))
    }

    /// Deletes as [`Query::delete`], and reads something of each row as it was. The rows come in the order of their
    /// primary key.
    ///
    /// # Errors
    ///
    /// As [`Query::delete`]; `is_invalid_query()` too when something else than columns of the row and what is computed
    /// from them is read; `is_decode()`.
    pub fn delete_returning<S: Selection>(
        self,
        selection: S,
        mut executor: impl Executor,
    ) -> Result<Vec<S::Output>> {
        let model = M::info();
        let reading = Reading::of(selection);
        reading.check(model)?;
        let mut keys = Vec::new();
        let read = reading.read(&mut |arrivals| {
            keys = delete(&self.select, model, arrivals, &mut executor)?;
            Ok(())
        })?;
        executor.changed(SetChange::Deleted(model))?;
        Ok(by_key(model, keys, read))
    }

    /// The text of the statement that [`Query::update_returning`] sends where the engine has RETURNING, and the values
    /// that are bound to it, in a dialect: for a look at it.
    ///
    /// # Errors
    ///
    /// As [`Query::update_returning`], and `is_unsupported()` where the engine has no RETURNING.
    pub fn update_returning_to_sql(
        &self,
        assignments: impl IntoIterator<Item = Assignment<M>>,
        selection: impl Selection,
        dialect: &dyn Dialect,
    ) -> Result<String> {
        let reading = Reading::of(selection);
        reading.check(M::info())?;
        let assignments = complete(M::info(), collected(assignments))?;
        let items = with_key(M::info(), &reading.items);
        native(dialect)?;
        Ok((self.select.to_update(dialect, &assignments, &items)?).shown())
    }

    /// The text of the statement that [`Query::delete_returning`] sends where the engine has RETURNING, and the values
    /// that are bound to it, in a dialect: for a look at it.
    ///
    /// # Errors
    ///
    /// As [`Query::delete_returning`], and `is_unsupported()` where the engine has no RETURNING.
    pub fn delete_returning_to_sql(
        &self,
        selection: impl Selection,
        dialect: &dyn Dialect,
    ) -> Result<String> {
        let reading = Reading::of(selection);
        reading.check(M::info())?;
        native(dialect)?;
        let items = with_key(M::info(), &reading.items);
        Ok(self.select.to_delete(dialect, &items)?.shown())
    }
}

fn native(dialect: &dyn Dialect) -> Result<()> {
    if dialect.capabilities().returning {
        return Ok(());
    }
    Err(Error::unsupported(format!(
        "{} has no RETURNING: the rows are locked, written and read by several statements",
        dialect.name()
    )))
}

/// What is read, and the primary key behind it.
fn with_key(model: &'static ModelInfo, items: &[Item]) -> Vec<Item> {
    let key: Vec<&'static FieldInfo> = model.key_fields().collect();
    items.iter().cloned().chain(items_of(&key)).collect()
}

/// Runs a statement with RETURNING, and gives the keys of the rows that arrive.
fn read_keys(
    connection: &mut dyn Connection,
    model: &'static ModelInfo,
    statement: &crate::backend::Statement,
    arrivals: &mut Arrivals<'_>,
) -> Result<Vec<Vec<Value>>> {
    let key: Vec<&'static FieldInfo> = model.key_fields().collect();
    let behind = arrivals.items.len();
    let mut keys = Vec::new();
    connection.query(statement, &mut |row| {
        arrivals.take(row)?;
        keys.push(read_fields(row, behind, &key)?);
        Ok(())
    })?;
    Ok(keys)
}

/// Updates, and gives the keys of the rows in the order of arrival.
fn update(
    select: &Select,
    model: &'static ModelInfo,
    assignments: &Assignments,
    arrivals: &mut Arrivals<'_>,
    executor: &mut dyn Executor,
) -> Result<Vec<Vec<Value>>> {
    let mut keys = None;
    executor.with_connection(Request::new(Access::Write).of(model), &mut |connection| {
        let dialect = connection.dialect();
        let items = if dialect.capabilities().returning {
            with_key(model, arrivals.items)
        } else {
            Vec::new()
        };
        // Built in any case: what is refused is refused on every engine.
        let statement = select.to_update(dialect, assignments, &items)?;
        if dialect.capabilities().returning {
            keys = Some(read_keys(connection, model, &statement, arrivals)?);
        }
        Ok(())
    })?;
    if let Some(keys) = keys {
        return Ok(keys);
    }
    let key: Vec<&'static FieldInfo> = model.key_fields().collect();
    let mut arrived = Vec::new();
    executor.with_connection(
        Request::new(Access::Together).of(model),
        &mut |connection| {
            let mut nothing = |_: &dyn Row| Ok(());
            let found = found::find(
                connection,
                model,
                select,
                &mut Arrivals::new(&[], &mut nothing),
            )?;
            let keys: Vec<Vec<Value>> = found.iter().map(|row| values_of(row, &key)).collect();
            for keys in in_chunks(&keys, connection) {
                let mut changing = Select::of(model);
                changing.filter.push(one_of(&key, keys));
                let statement = changing.to_update(connection.dialect(), assignments, &[])?;
                connection.execute(&statement)?;
            }
            let places = fetch_by(connection, model, &key, &keys, arrivals)?;
            arrived = keys
                .into_iter()
                .filter_map(|key| Some((*places.get(&Identity::new(&key))?, key)))
                .collect();
            Ok(())
        },
    )?;
    arrived.sort_by_key(|(place, _)| *place);
    Ok(arrived.into_iter().map(|(_, key)| key).collect())
}

/// Deletes, and gives the keys of the rows in the order of arrival.
fn delete(
    select: &Select,
    model: &'static ModelInfo,
    arrivals: &mut Arrivals<'_>,
    executor: &mut dyn Executor,
) -> Result<Vec<Vec<Value>>> {
    let mut keys = None;
    executor.with_connection(Request::new(Access::Write).of(model), &mut |connection| {
        let dialect = connection.dialect();
        let capabilities = dialect.capabilities();
        let in_order = found::goes_in_order(model, capabilities.foreign_key_check);
        let alone = capabilities.returning && !in_order;
        let items = if alone {
            with_key(model, arrivals.items)
        } else {
            Vec::new()
        };
        let statement = select.to_delete(dialect, &items)?;
        if alone {
            keys = Some(read_keys(connection, model, &statement, arrivals)?);
        }
        Ok(())
    })?;
    if let Some(keys) = keys {
        return Ok(keys);
    }
    let mut found = Vec::new();
    executor.with_connection(
        Request::new(Access::Together).of(model),
        &mut |connection| {
            found = found::find(connection, model, select, arrivals)?;
            found::delete(connection, model, &found)
        },
    )?;
    let key: Vec<&'static FieldInfo> = model.key_fields().collect();
    Ok(found.iter().map(|row| values_of(row, &key)).collect())
}

/// Puts what was read into the order of the keys.
fn by_key<O>(model: &'static ModelInfo, keys: Vec<Vec<Value>>, read: Vec<O>) -> Vec<O> {
    let fields: Vec<&'static FieldInfo> = model.key_fields().collect();
    let mut rows: Vec<(Vec<Value>, O)> = keys.into_iter().zip(read).collect();
    rows.sort_by(|(left, _), (right, _)| compare(&fields, left, right));
    rows.into_iter().map(|(_, read)| read).collect()
}
