//! Queries for rows of a model.

use std::cell::Cell;
use std::fmt;
use std::marker::PhantomData;

use super::parts::{Parts, Selection};
use super::rendered::{self, Fixed};
use super::{Access, Assignment, Column, Executor, Expr, Order, fetch, move_sequence, run};
use crate::backend::{Connection, Dialect, Row, Statement};
use crate::model::{ColumnValue, FieldDefault, FieldInfo, Model, ModelInfo, PrimaryKey};
use crate::value::Value;
use crate::{Error, Result};

/// A query for rows of the model `M`: a value that can be kept, cloned and refined.
///
/// Terminals take what runs the statement: `&db`, `&mut session` or `&mut connection`.
///
/// ```no_run
/// # extern crate birgus_core as birgus;
/// use birgus::prelude::*;
/// # #[derive(Model)]
/// # pub struct User { #[key] pub id: i64, pub username: String, pub age: Option<i32> }
/// # fn main() -> birgus::Result<()> {
/// # let db = Database::open()?;
///
/// let adults = User::query().filter(User::age.ge(18));
/// let page: Vec<User> = adults.clone().order_by(User::username.asc()).limit(10).offset(20).all(&db)?;
/// let number: u64 = adults.clone().count(&db)?;
/// let names: Vec<String> = adults.clone().pluck(User::username, &db)?;
/// let susan: Option<User> = User::query().filter(User::username.eq("susan")).first(&db)?;
///
/// // Of every row that the filter keeps, in one statement; no session takes part.
/// let changed: u64 = adults.update(User::age.set(None), &db)?;
/// let gone: u64 = User::query().filter(User::username.like("x%")).delete(&db)?;
/// # let _ = (page, number, names, susan, changed, gone);
/// # Ok(())
/// # }
/// ```
#[must_use = "a query does nothing until a terminal runs it"]
pub struct Query<M> {
    parts: Parts,
    marker: PhantomData<fn() -> M>,
}

impl<M> Clone for Query<M> {
    fn clone(&self) -> Self {
        Self {
            parts: self.parts.clone(),
            marker: PhantomData,
        }
    }
}

impl<M> fmt::Debug for Query<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Query")
            .field("model", &self.parts.model.name)
            .field("filter", &self.parts.filter)
            .field("order", &self.parts.order)
            .field("limit", &self.parts.limit)
            .field("offset", &self.parts.offset)
            .finish()
    }
}

impl<M: Model> Query<M> {
    pub(crate) fn new() -> Self {
        Self {
            parts: Parts::of(M::info()),
            marker: PhantomData,
        }
    }

    /// Keeps the rows for which the condition is true; several filters must all be.
    pub fn filter(mut self, condition: impl Into<Expr<bool>>) -> Self {
        self.parts.filter.push(condition.into().into_node());
        self
    }

    /// Keeps the row with this primary key.
    pub fn by_key(mut self, key: impl Into<M::Key>) -> Self {
        self.parts.with_key(key.into().to_values());
        self
    }

    /// Orders the rows; further orders apply among those that agree so far. NULL is smaller than every value, on
    /// every engine.
    pub fn order_by(mut self, order: impl Into<Order>) -> Self {
        self.parts.order.push(order.into());
        self
    }

    /// At most so many rows.
    pub fn limit(mut self, rows: u64) -> Self {
        self.parts.limit = Some(rows);
        self
    }

    /// Without the first so many rows.
    pub fn offset(mut self, rows: u64) -> Self {
        self.parts.offset = Some(rows);
        self
    }

    /// The statement that [`Query::all`] sends, in a dialect: for a look at it.
    ///
    /// # Errors
    ///
    /// `is_invalid_query()`
    pub fn to_statement(&self, dialect: &dyn Dialect) -> Result<Statement> {
        self.parts.select(dialect, Selection::Model)
    }

    /// Hands each row to `each`, in order, as it arrives.
    ///
    /// # Errors
    ///
    /// `is_invalid_query()`, `is_decode()`, whatever the database refuses, and whatever `each` returns.
    pub fn for_each(
        self,
        mut executor: impl Executor,
        mut each: impl FnMut(M) -> Result<()>,
    ) -> Result<()> {
        let parts = self.parts;
        fetch(
            &mut executor,
            Access::Read,
            &|connection| parts.select_rows(connection.dialect()),
            &mut |row| each(M::decode(row, 0)?),
        )
    }

    /// Every row.
    ///
    /// # Errors
    ///
    /// `is_invalid_query()`, `is_decode()`, and whatever the database refuses.
    pub fn all(self, executor: impl Executor) -> Result<Vec<M>> {
        let mut models = Vec::new();
        self.for_each(executor, |model| {
            models.push(model);
            Ok(())
        })?;
        Ok(models)
    }

    /// The first row, or none.
    ///
    /// # Errors
    ///
    /// As [`Query::all`].
    pub fn first(self, executor: impl Executor) -> Result<Option<M>> {
        let limit = self.parts.limit.unwrap_or(1).min(1);
        Ok(self.limit(limit).all(executor)?.pop())
    }

    /// The only row.
    ///
    /// # Errors
    ///
    /// `is_not_found()` when there is none, `is_multiple_rows()` when there are several, and as [`Query::all`].
    pub fn one(self, executor: impl Executor) -> Result<M> {
        self.one_or_none(executor)?
            .ok_or_else(|| Error::not_found(format!("{}: no row", M::info().name)))
    }

    /// The only row, or none.
    ///
    /// # Errors
    ///
    /// `is_multiple_rows()` when there are several, and as [`Query::all`].
    pub fn one_or_none(self, executor: impl Executor) -> Result<Option<M>> {
        let limit = self.parts.limit.unwrap_or(2).min(2);
        let mut rows = self.limit(limit).all(executor)?;
        if rows.len() > 1 {
            return Err(Error::multiple_rows(format!(
                "{}: several rows where one was asked for",
                M::info().name
            )));
        }
        Ok(rows.pop())
    }

    /// The row with this primary key, or none.
    ///
    /// # Errors
    ///
    /// As [`Query::all`].
    pub fn get(self, key: impl Into<M::Key>, mut executor: impl Executor) -> Result<Option<M>> {
        let key = key.into();
        let mut found = None;
        let mut each = |row: &dyn Row| {
            found = Some(M::decode(row, 0)?);
            Ok(())
        };
        match self.parts.key_binds(&key) {
            Some(binds) => {
                let model = self.parts.model;
                let binds = Cell::new(binds);
                let build = |connection: &dyn Connection| {
                    let dialect = connection.dialect();
                    let render = || self.clone().by_key(key.clone()).to_statement(dialect);
                    let text = rendered::text(model, Fixed::ByKey, dialect, render)?;
                    Ok(Statement::of(text, binds.take()))
                };
                fetch(&mut executor, Access::Read, &build, &mut each)?;
            }
            None => {
                let parts = self.by_key(key).parts;
                let build = |connection: &dyn Connection| parts.select_rows(connection.dialect());
                fetch(&mut executor, Access::Read, &build, &mut each)?;
            }
        }
        Ok(found)
    }

    /// How many rows there are.
    ///
    /// # Errors
    ///
    /// `is_invalid_query()`, and whatever the database refuses.
    pub fn count(self, mut executor: impl Executor) -> Result<u64> {
        let count = self.parts.number(&mut executor)?;
        u64::try_from(count).map_err(|_| Error::decode("COUNT gave a negative number"))
    }

    /// Whether there is a row.
    ///
    /// # Errors
    ///
    /// `is_invalid_query()`, and whatever the database refuses.
    pub fn exists(self, mut executor: impl Executor) -> Result<bool> {
        self.parts.exists(&mut executor)
    }

    /// One column of every row.
    ///
    /// # Errors
    ///
    /// As [`Query::all`].
    pub fn pluck<T: ColumnValue>(
        self,
        column: Column<M, T>,
        mut executor: impl Executor,
    ) -> Result<Vec<T>> {
        let parts = self.parts;
        let field = column.field();
        let node = field.node();
        let mut values = Vec::new();
        fetch(
            &mut executor,
            Access::Read,
            &|connection| parts.select(connection.dialect(), Selection::Column(&node)),
            &mut |row| {
                values.push(crate::model::decode_field(row, 0, field.scale())?);
                Ok(())
            },
        )?;
        Ok(values)
    }

    /// Sets columns of every row that the filter keeps, in one statement, and counts the rows. Columns with
    /// `on_update` are set too, unless they are among the assignments.
    ///
    /// # Errors
    ///
    /// `is_invalid_value()`, `is_invalid_query()` for a query with order or limit or for no assignment at all, and
    /// whatever the database refuses.
    pub fn update(
        self,
        assignments: impl IntoIterator<Item = Assignment<M>>,
        mut executor: impl Executor,
    ) -> Result<u64> {
        self.parts.refuse_limit("update")?;
        let assignments = complete(M::info(), assignments)?;
        let parts = self.parts;
        let of_identity = parts.model.identity
            && (assignments.iter()).any(|(field, _)| parts.model.key.contains(&field.position()));
        if of_identity {
            let mut matched = 0;
            executor.with_connection(Access::Together, &mut |connection| {
                let statement = parts.update(connection.dialect(), &assignments)?;
                matched = connection.execute(&statement)?;
                move_sequence(connection, parts.model)
            })?;
            return Ok(matched);
        }
        run(&mut executor, &|connection: &dyn Connection| {
            parts.update(connection.dialect(), &assignments)
        })
    }

    /// Deletes every row that the filter keeps, in one statement, and counts them.
    ///
    /// # Errors
    ///
    /// `is_invalid_query()` for a query with order or limit, and whatever the database refuses.
    pub fn delete(self, mut executor: impl Executor) -> Result<u64> {
        self.parts.refuse_limit("delete")?;
        let parts = self.parts;
        run(&mut executor, &|connection: &dyn Connection| {
            parts.delete(connection.dialect())
        })
    }
}

/// The assignments of a set-based update, with those of `on_update` columns.
fn complete<M>(
    model: &'static ModelInfo,
    assignments: impl IntoIterator<Item = Assignment<M>>,
) -> Result<Vec<(&'static FieldInfo, Value)>> {
    let mut complete = Vec::new();
    for assignment in assignments {
        complete.push((assignment.field, assignment.value?));
    }
    if complete.is_empty() {
        return Err(Error::invalid_query(format!(
            "{}: an update without assignments",
            model.name
        )));
    }
    for field in model.fields {
        if complete.iter().any(|(set, _)| std::ptr::eq(*set, field)) {
            continue;
        }
        match &field.on_update {
            FieldDefault::None => {}
            FieldDefault::Clock => complete.push((field, field.clock_value(chrono::Utc::now())?)),
            FieldDefault::Call(function) => complete.push((field, field.check(function()?)?)),
        }
    }
    Ok(complete)
}
