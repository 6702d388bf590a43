//! Terminals: what runs a query.

use std::cell::Cell;

use super::left_out::LeftOut;
use super::rendered::{self, Columns, Fixed};
use super::select::{Projection, Select};
use super::{Access, Executor, Query, Request, Selection, fetch};
use crate::backend::{Bind, Connection, Dialect, Row, Statement};
use crate::model::{Model, ModelInfo, PrimaryKey};
use crate::relation::Step;
use crate::{Error, Result};

impl Select {
    /// What a connection is wanted for, to read the rows.
    pub(crate) fn request(&self) -> Request<'static> {
        let access = if self.lock.is_some() {
            Access::Lock
        } else {
            Access::Read
        };
        Request::new(access).bound_to(self.bind())
    }

    /// The statement for whole rows.
    pub(crate) fn to_rows(&self, dialect: &'static dyn Dialect) -> Result<Statement> {
        let render = || self.to_statement(dialect);
        match (self.model(), self.fixed_columns()) {
            (Some(model), Some(columns)) if self.is_bare() => {
                let text = rendered::text(model, Fixed::All(columns), dialect, render)?;
                Ok(Statement::of(text, Vec::new()))
            }
            _ => render(),
        }
    }

    /// Which columns it reads, when these are the same for many queries.
    fn fixed_columns(&self) -> Option<Columns> {
        if self.left_out.is_empty() {
            return Some(Columns::All);
        }
        let default = LeftOut::by_default(self.model()?);
        (self.left_out == default).then_some(Columns::Default)
    }

    /// The binds of the query for the row with this key, when there is nothing else to it: its text is then the same
    /// every time. `None` too for a value that can't be a key; rendering the query tells why.
    fn key_binds(
        &self,
        model: &'static ModelInfo,
        key: &impl PrimaryKey,
    ) -> Option<(Fixed, Vec<Bind>)> {
        if !self.is_bare() {
            return None;
        }
        let columns = self.fixed_columns()?;
        let values = key.to_values().ok()?;
        let checked = model.key_fields().zip(values).map(|(field, value)| {
            Some(Bind {
                value: field.check_operand(value).ok()?,
                bind_type: field.bind_type(),
            })
        });
        Some((Fixed::ByKey(columns), checked.collect::<Option<_>>()?))
    }
}

impl<M, O> Query<M, O> {
    /// Hands each row to `each`, in order, as it arrives. Clients of engines without
    /// [`Capabilities::streaming`](crate::backend::Capabilities::streaming) hold all rows in memory first, as every engine
    /// does for a query that loads relationships along; [`Query::batches`] holds so many rows on every engine.
    ///
    /// # Errors
    ///
    /// `is_invalid_query()`, `is_decode()`, whatever the database refuses, and whatever `each` returns.
    pub fn for_each(
        self,
        executor: impl Executor,
        each: impl FnMut(O) -> Result<()>,
    ) -> Result<()> {
        self.read(false, executor, each)
    }

    /// Hands each row to `each`, which says whether it keeps all of them.
    fn read(
        self,
        keeps_rows: bool,
        mut executor: impl Executor,
        mut each: impl FnMut(O) -> Result<()>,
    ) -> Result<()> {
        let Self {
            select,
            decode,
            along,
            ..
        } = self;
        if let Some(along) = along
            && select.loads_along(along.model)
        {
            let rows = (along.read)(select, &mut executor)?;
            return rows.into_iter().try_for_each(each);
        }
        let items = match &select.projection {
            Projection::Model => &[][..],
            Projection::Items(items) => items,
        };
        fetch(
            &mut executor,
            select.request(),
            &|connection| {
                let statement = select.to_rows(connection.dialect())?;
                Ok(if keeps_rows {
                    statement.keeping_rows()
                } else {
                    statement
                })
            },
            &mut |row| each((select.left_out).seen(row, 0, |row| decode(row, items))?),
        )
    }

    /// Every row.
    ///
    /// # Errors
    ///
    /// `is_invalid_query()`, `is_decode()`, and whatever the database refuses.
    pub fn all(self, executor: impl Executor) -> Result<Vec<O>> {
        let mut rows = Vec::new();
        self.read(true, executor, |row| {
            rows.push(row);
            Ok(())
        })?;
        Ok(rows)
    }

    /// The first row, or none. Its limit is refused beside [`contains`](crate::relation::Relationship::contains) of a collection, which
    /// it would cut: filter by what the row is known by, and ask for [`Query::one_or_none`].
    ///
    /// # Errors
    ///
    /// As [`Query::all`].
    pub fn first(self, executor: impl Executor) -> Result<Option<O>> {
        let limit = self.select.limit.unwrap_or(1).min(1);
        Ok(self.limit(limit).all(executor)?.pop())
    }

    /// The only row.
    ///
    /// # Errors
    ///
    /// `is_not_found()` when there is none, `is_multiple_rows()` when there are several, and as [`Query::all`].
    pub fn one(self, executor: impl Executor) -> Result<O> {
        let subject = self.subject();
        self.one_or_none(executor)?
            .ok_or_else(|| Error::not_found(format!("{subject}: no row")))
    }

    /// The only row, or none. A second one is looked for, and no third, unless
    /// [`contains`](crate::relation::Relationship::contains) fills a collection, which takes every row of the query.
    ///
    /// # Errors
    ///
    /// `is_multiple_rows()` when there are several, and as [`Query::all`].
    pub fn one_or_none(self, executor: impl Executor) -> Result<Option<O>> {
        let subject = self.subject();
        let query = match self.select.limit {
            // A limit would cut the collection that the query's own joins fill.
            None if self.select.loads.iter().any(Step::contains_many) => self,
            limit => self.limit(limit.unwrap_or(2).min(2)),
        };
        let mut rows = query.all(executor)?;
        if rows.len() > 1 {
            return Err(Error::multiple_rows(format!(
                "{subject}: several rows where one was asked for"
            )));
        }
        Ok(rows.pop())
    }

    /// How error messages about its rows name it.
    fn subject(&self) -> String {
        match self.select.model() {
            Some(model) => model.name.to_owned(),
            None => self.select.subject().to_owned(),
        }
    }

    /// How many rows there are.
    ///
    /// # Errors
    ///
    /// `is_invalid_query()`, and whatever the database refuses.
    pub fn count(self, mut executor: impl Executor) -> Result<u64> {
        let count = number(&self.select, &mut executor)?;
        u64::try_from(count).map_err(|_| Error::decode("COUNT gave a negative number"))
    }

    /// Whether there is a row.
    ///
    /// # Errors
    ///
    /// `is_invalid_query()`, and whatever the database refuses.
    pub fn exists(self, mut executor: impl Executor) -> Result<bool> {
        any(&self.select, &mut executor)
    }

    /// One value of every row.
    ///
    /// # Errors
    ///
    /// As [`Query::all`].
    pub fn pluck<S: Selection>(
        self,
        selection: S,
        executor: impl Executor,
    ) -> Result<Vec<S::Output>> {
        self.select(selection).all(executor)
    }

    /// The value of the only row: for `query.select(…)` of an aggregate.
    ///
    /// # Errors
    ///
    /// As [`Query::one`].
    pub fn scalar(self, executor: impl Executor) -> Result<O> {
        self.one(executor)
    }
}

fn number(select: &Select, executor: &mut dyn Executor) -> Result<i64> {
    let mut count = None;
    fetch(
        executor,
        Request::new(Access::Read).bound_to(select.bind()),
        &|connection| select.to_count(connection.dialect()),
        &mut |row| {
            count = row.integer(0)?;
            Ok(())
        },
    )?;
    count.ok_or_else(|| Error::decode("COUNT gave no row"))
}

fn any(select: &Select, executor: &mut dyn Executor) -> Result<bool> {
    let mut found = None;
    fetch(
        executor,
        Request::new(Access::Read).bound_to(select.bind()),
        &|connection| select.to_exists(connection.dialect()),
        &mut |row| {
            found = row.boolean(0)?;
            Ok(())
        },
    )?;
    found.ok_or_else(|| Error::decode("EXISTS gave no row"))
}

impl<M: Model> Query<M> {
    /// The row with this primary key, or none.
    ///
    /// # Errors
    ///
    /// As [`Query::all`].
    pub fn get(self, key: impl Into<M::Key>, mut executor: impl Executor) -> Result<Option<M>> {
        let key = key.into();
        let model = M::info();
        let left_out = self.select.left_out.clone();
        let mut found = None;
        let mut each = |row: &dyn Row| {
            found = Some(left_out.seen(row, 0, |row| M::decode(row, 0))?);
            Ok(())
        };
        if self.select.loads_along(model) {
            return self.by_key(key).one_or_none(executor);
        }
        match self.select.key_binds(model, &key) {
            Some((query, binds)) => {
                let binds = Cell::new(binds);
                let build = |connection: &dyn Connection| {
                    let dialect = connection.dialect();
                    let render = || self.clone().by_key(key.clone()).to_statement(dialect);
                    let text = rendered::text(model, query, dialect, render)?;
                    Ok(Statement::of(text, binds.take()))
                };
                fetch(
                    &mut executor,
                    Request::new(Access::Read).of(model),
                    &build,
                    &mut each,
                )?;
            }
            None => {
                let select = self.by_key(key).select;
                let build = |connection: &dyn Connection| select.to_rows(connection.dialect());
                fetch(&mut executor, select.request(), &build, &mut each)?;
            }
        }
        Ok(found)
    }
}
