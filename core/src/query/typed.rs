//! Queries as values: built, kept, cloned and refined.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use super::left_out::LeftOut;
use super::select::{Body, Derived, Item, Join, JoinKind, Lock, Select, SetOperator, Source};
use super::selection::{Decoder, decoder};
use super::{Equals, Executor, Expr, Expression, FromItem, Node, Order, Selection, Table};
use crate::Result;
use crate::backend::{Dialect, Row, Statement};
use crate::model::{ColumnValue, FromRow, Model, ModelInfo, PrimaryKey as _};
use crate::relation::level::Values;
use crate::relation::loading::{self, ValuesHost};
use crate::relation::{Relationship, add_step};
use crate::value::Value;

/// A query over the model `M` that gives an `O` for each row: a value that can be kept, cloned and refined.
///
/// `User::query()` gives whole models; [`Query::select`] chooses something else. Terminals take what runs the statement:
/// `&db`, `&mut session` or `&mut connection`.
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
/// let pairs: Vec<(i64, Option<i32>)> = adults.clone().select((User::id, User::age)).all(&db)?;
/// let susan: Option<User> = User::query().filter(User::username.eq("susan")).first(&db)?;
///
/// // Of every row that the filter keeps, in one statement; no session takes part.
/// let changed: u64 = adults.update(User::age.set(None), &db)?;
/// let gone: u64 = User::query().filter(User::username.like("x%")).delete(&db)?;
/// # let _ = (page, number, names, pairs, susan, changed, gone);
/// # Ok(())
/// # }
/// ```
#[must_use = "a query does nothing until a terminal runs it"]
pub struct Query<M, O = M> {
    pub(crate) select: Select,
    pub(super) decode: Decoder<O>,
    /// Reads the rows and what is loaded along with them, where they are whole models.
    pub(super) along: Option<Along<O>>,
    marker: PhantomData<fn() -> M>,
}

/// How whole models are read together with what is loaded along with them.
pub(super) struct Along<O> {
    pub(super) model: &'static ModelInfo,
    pub(super) read: fn(Select, &mut dyn Executor) -> Result<Vec<O>>,
}

impl<O> Clone for Along<O> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<O> Copy for Along<O> {}

impl<M, O> Clone for Query<M, O> {
    fn clone(&self) -> Self {
        self.over(self.select.clone())
    }
}

impl<M, O> fmt::Debug for Query<M, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.select, f)
    }
}

impl<M: Model> Query<M> {
    pub(crate) fn new() -> Self {
        Self::of_select(Select::of(M::info()))
    }

    /// A query for whole models, but for the columns that they leave out by themselves.
    pub(crate) fn of_select(mut select: Select) -> Self {
        select.left_out = LeftOut::by_default(M::info());
        Self {
            select,
            decode: |row: &dyn Row, _: &[Item]| M::decode(row, 0),
            along: Some(Along {
                model: M::info(),
                read: read_along::<M>,
            }),
            marker: PhantomData,
        }
    }

    /// Loads a relationship along with the rows, in a way that may differ from the relationship's own.
    ///
    /// ```
    /// # extern crate birgus_core as birgus;
    /// use birgus::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct User { #[key] pub id: i64, #[has_many(Post)] pub posts: Many<Post> }
    /// # #[derive(Model)]
    /// # pub struct Post { #[key] pub id: i64, #[column(references = User::id)] pub author_id: i64,
    /// #     #[belongs_to(author_id)] pub author: One<User>, #[has_many(Comment)] pub comments: Many<Comment> }
    /// # #[derive(Model)]
    /// # pub struct Comment { #[key] pub id: i64, #[column(references = Post::id)] pub post_id: i64 }
    ///
    /// # fn main() {
    /// let users = User::query().with(User::posts.selectin().with(Post::comments.subquery()));
    /// let posts = Post::query().with(Post::author.joined()).with(Post::comments.raise());
    /// # let _ = (users, posts);
    /// # }
    /// ```
    pub fn with(mut self, relationship: impl Relationship<Owner = M>) -> Self {
        let step = relationship.related().into_step();
        if self.along.is_none() {
            let problem = format!(
                "{}: a query that selects by itself loads nothing along; leave select() out",
                step.relation.subject()
            );
            self.select.filter.push(Node::Invalid(problem));
        }
        add_step(&mut self.select.loads, step);
        self
    }

    /// Keeps the row with this primary key, of those that the query gives.
    pub fn by_key(mut self, key: impl Into<M::Key>) -> Self {
        self.select.with_key(M::info(), key.into().to_values());
        self
    }
}

impl<M: Model> Query<M> {
    /// Keeps the row whose primary key has these values.
    pub(crate) fn by_key_values(mut self, values: Vec<Value>) -> Self {
        self.select.with_key(M::info(), Ok(values));
        self
    }

    /// Gives objects that a session tracks already the values of their rows, when [`Session::load`](crate::Session::load)
    /// meets them; what was changed in them and not been sent is lost. Elsewhere it means nothing.
    pub fn populate_existing(mut self) -> Self {
        self.select.populate_existing = true;
        self
    }
}

impl<M, O> Query<M, O> {
    pub(super) fn from_parts(select: Select, decode: Decoder<O>) -> Self {
        Self {
            select,
            decode,
            along: None,
            marker: PhantomData,
        }
    }

    /// The same kind of query, of other parts.
    pub(super) fn over(&self, select: Select) -> Self {
        Self {
            along: self.along,
            ..Self::from_parts(select, self.decode)
        }
    }

    pub(crate) fn into_select(self) -> Arc<Select> {
        Arc::new(self.select)
    }

    /// Keeps the rows for which the condition is true; several filters must all be.
    pub fn filter(mut self, condition: impl Into<Expr<bool>>) -> Self {
        self.select.filter.push(condition.into().into_node());
        self
    }

    /// A filter that applies only when the value is there: for a search whose fields may be left empty.
    ///
    /// ```
    /// # extern crate birgus_core as birgus;
    /// use birgus::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct User { #[key] pub id: i64, pub username: String, pub age: Option<i32> }
    ///
    /// fn search(name: Option<&str>, oldest: Option<i32>) -> Query<User> {
    ///     User::query()
    ///         .filter_if(name, |name| User::username.contains(name))
    ///         .filter_if(oldest, |age| User::age.le(age))
    /// }
    /// # fn main() { let _ = search(None, Some(3)); }
    /// ```
    pub fn filter_if<V, C: Into<Expr<bool>>>(
        self,
        value: Option<V>,
        condition: impl FnOnce(V) -> C,
    ) -> Self {
        match value {
            Some(value) => self.filter(condition(value)),
            None => self,
        }
    }

    /// Keeps the rows whose column equals the value: shorter than `filter(column.eq(value))`; of several columns a tuple,
    /// with a tuple of values.
    ///
    /// ```
    /// # extern crate birgus_core as birgus;
    /// use birgus::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct User { #[key] pub id: i64, pub username: String, pub age: Option<i32>, pub active: bool }
    /// # fn main() {
    /// let susan = User::query().filter_by(User::username, "susan");
    /// let active = User::query().filter_by((User::username, User::active), ("susan", true));
    /// # let _ = (susan, active);
    /// # }
    /// ```
    pub fn filter_by<V>(self, columns: impl Equals<V>, values: V) -> Self {
        self.filter(columns.equal(values))
    }

    /// Joins a model: a row for each pair for which the condition is true. The condition sees the tables that were named
    /// so far. There is no right join: swap the sides. A full join is the union of a left join and of the rows of the
    /// other side that have no partner.
    ///
    /// ```
    /// # extern crate birgus_core as birgus;
    /// use birgus::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct User { #[key] pub id: i64, pub username: String, pub manager: Option<i64> }
    /// # #[derive(Model)]
    /// # pub struct Post { #[key] pub id: i64, #[column(references = User::id)] pub author_id: i64 }
    ///
    /// # fn main() {
    /// let posts = Post::query().join::<User>(User::id.eq(Post::author_id)).filter(User::username.eq("susan"));
    ///
    /// let manager = User::alias("manager");
    /// let pairs = User::query()
    ///     .join_to(&manager, manager.column(User::id).eq(User::manager))
    ///     .select((User::username, manager.column(User::username)));
    /// # let _ = (posts, pairs);
    /// # }
    /// ```
    pub fn join<J: Model>(self, on: impl Into<Expr<bool>>) -> Self {
        self.joined(JoinKind::Inner, Table::<J>::new().source(), Some(on.into()))
    }

    /// Joins a model, with a row too for what has no partner; the model's columns are NULL there.
    pub fn left_join<J: Model>(self, on: impl Into<Expr<bool>>) -> Self {
        self.joined(JoinKind::Left, Table::<J>::new().source(), Some(on.into()))
    }

    /// A row for each pair.
    pub fn cross_join<J: Model>(self) -> Self {
        self.joined(JoinKind::Cross, Table::<J>::new().source(), None)
    }

    /// As [`Query::join`], with an alias or a common table expression.
    pub fn join_to(self, to: &impl FromItem, on: impl Into<Expr<bool>>) -> Self {
        self.joined(JoinKind::Inner, to.source(), Some(on.into()))
    }

    /// As [`Query::left_join`], with an alias or a common table expression.
    pub fn left_join_to(self, to: &impl FromItem, on: impl Into<Expr<bool>>) -> Self {
        self.joined(JoinKind::Left, to.source(), Some(on.into()))
    }

    /// As [`Query::cross_join`], with an alias or a common table expression.
    pub fn cross_join_to(self, to: &impl FromItem) -> Self {
        self.joined(JoinKind::Cross, to.source(), None)
    }

    fn joined(mut self, kind: JoinKind, source: Source, on: Option<Expr<bool>>) -> Self {
        self.select.joins.push(Join {
            kind,
            source,
            on: on.map(Expr::into_node),
        });
        self
    }

    /// What is read of each row, in place of what was: columns, expressions, whole models, and tuples of these.
    pub fn select<S: Selection>(self, selection: S) -> Query<M, S::Output> {
        let mut items = Vec::new();
        selection.add_to(&mut items);
        let mut select = self.select;
        select.project(items);
        Query::from_parts(select, decoder::<S>())
    }

    /// What is read of each row, into a struct with `#[derive(FromRow)]`: each value by its name, which is its column's
    /// or its label.
    ///
    /// ```
    /// # extern crate birgus_core as birgus;
    /// use birgus::prelude::*;
    /// use birgus::query::count_rows;
    /// # #[derive(Model)]
    /// # pub struct Post { #[key] pub id: i64, pub author_id: i64 }
    ///
    /// #[derive(FromRow)]
    /// struct Author { author_id: i64, posts: i64 }
    ///
    /// # fn main() {
    /// let authors = Post::query()
    ///     .select_as::<Author>((Post::author_id, count_rows().label("posts")))
    ///     .group_by(Post::author_id);
    /// # let _ = authors;
    /// # }
    /// ```
    pub fn select_as<R: FromRow>(self, selection: impl Selection) -> Query<M, R> {
        let mut items = Vec::new();
        selection.add_to(&mut items);
        for position in 0..items.len() {
            let name = items[position].own_name().cloned();
            let taken = |other: &Item| other.name.is_some() && other.name == name;
            let problem = match &name {
                None => Some("a value without a name; give it one by label()".to_owned()),
                Some(name) if items[..position].iter().any(taken) => Some(format!(
                    "two values of the name {name}; tell them apart by label()"
                )),
                Some(_) => None,
            };
            if let Some(problem) = problem {
                items[position].node = Node::Invalid(format!("select_as: {problem}"));
            }
            items[position].name = name;
        }
        let mut select = self.select;
        select.project(items);
        Query::from_parts(select, |row, _| R::from_row(row))
    }

    /// One row for rows that agree in the expression, and in those given before. What is selected is grouped by or
    /// aggregated.
    pub fn group_by(mut self, expression: impl Expression) -> Self {
        self.select.group.push(expression.into_node());
        self
    }

    /// Keeps the groups for which the condition is true; several must all be.
    pub fn having(mut self, condition: impl Into<Expr<bool>>) -> Self {
        self.select.having.push(condition.into().into_node());
        self
    }

    /// Each row once. The order is by what is selected. Documents have no equality that is the same on every engine: they
    /// are selected as part of a whole model, or beside its key, or not at all.
    pub fn distinct(mut self) -> Self {
        self.select.distinct = true;
        self
    }

    /// Orders the rows; further orders apply among those that agree so far. NULL is smaller than every value, on
    /// every engine.
    pub fn order_by(mut self, order: impl Into<Order>) -> Self {
        self.select.order.push(order.into());
        self
    }

    /// Without the orders given so far.
    pub fn unordered(mut self) -> Self {
        self.select.order.clear();
        self
    }

    /// At most so many rows. Inside of another query a limit needs an order, unless there is one row at most.
    pub fn limit(mut self, rows: u64) -> Self {
        self.select.limit = Some(rows);
        self
    }

    /// Without the first so many rows.
    pub fn offset(mut self, rows: u64) -> Self {
        self.select.offset = Some(rows);
        self
    }

    /// Locks the rows, of joined tables too, until the transaction ends; waits for those that others hold. An engine
    /// without row locks (SQLite) gives the same guarantee by a transaction that no other may write beside.
    ///
    /// It takes a session or a connection with a transaction: elsewhere the lock would end with the statement, and is
    /// refused. Only rows of tables can be locked: not those of groups, distinct rows, set operations and left joins.
    ///
    /// ```no_run
    /// # extern crate birgus_core as birgus;
    /// use birgus::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Job { #[key] pub id: i64, pub done: bool }
    /// # fn main() -> birgus::Result<()> {
    /// # let db = Database::open()?;
    /// // Any number of workers: each takes a job that no other holds.
    /// let mut session = db.session()?;
    /// let waiting = Job::query().filter(!Job::done.eq(true)).order_by(Job::id);
    /// if let Some(job) = waiting.for_update_skip_locked().first(&mut session)? {
    ///     // … the work …
    ///     Job::query().by_key(job.id).update(Job::done.set(true), &mut session)?;
    /// }
    /// session.commit()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn for_update(self) -> Self {
        self.locked(Lock::Update)
    }

    /// As [`Query::for_update`], but fails at once when another transaction holds one of the rows, with an error that
    /// `is_retryable()`. SQLite waits for the database as always, and fails so when that takes too long.
    pub fn for_update_nowait(self) -> Self {
        self.locked(Lock::UpdateNoWait)
    }

    /// As [`Query::for_update`], but leaves out the rows that other transactions hold: for queues. On SQLite only one
    /// transaction writes at a time: there are never any to leave out.
    pub fn for_update_skip_locked(self) -> Self {
        self.locked(Lock::UpdateSkipLocked)
    }

    fn locked(mut self, lock: Lock) -> Self {
        self.select.lock = Some(lock);
        self
    }

    /// The rows of both, each once. NULL is like any other value here.
    ///
    /// What follows applies to the result: `a.union(b).except(c)` is over the union, and a filter or an order over the
    /// values that the first query selects. The order and limit that a query has by itself stay its own.
    ///
    /// ```
    /// # extern crate birgus_core as birgus;
    /// use birgus::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct User { #[key] pub id: i64, pub username: String, pub age: Option<i32> }
    /// # fn main() {
    /// let oldest = User::query().order_by(User::age.desc()).limit(3);
    /// let named = User::query().filter(User::username.starts_with("s"));
    /// let query = oldest.union(named).order_by(User::username).limit(10);
    /// # let _ = query;
    /// # }
    /// ```
    pub fn union<N>(self, other: Query<N, O>) -> Self {
        self.combined(SetOperator::Union, other)
    }

    /// The rows of both.
    pub fn union_all<N>(self, other: Query<N, O>) -> Self {
        self.combined(SetOperator::UnionAll, other)
    }

    /// The rows that both have, each once.
    pub fn intersect<N>(self, other: Query<N, O>) -> Self {
        self.combined(SetOperator::Intersect, other)
    }

    /// The rows that the other has not, each once.
    pub fn except<N>(self, other: Query<N, O>) -> Self {
        self.combined(SetOperator::Except, other)
    }

    fn combined<N>(self, operator: SetOperator, other: Query<N, O>) -> Self {
        let mut first = self.select;
        let loads = std::mem::take(&mut first.loads);
        let mut body = Body::of(first);
        body.rest.push((operator, other.select));
        let mut select = Derived::select(body, "combined");
        select.loads = loads;
        Self {
            along: self.along,
            ..Self::from_parts(select, self.decode)
        }
    }

    /// The query as one value, for use inside of another query: its only row, or NULL. It must give one row at most: it
    /// aggregates all rows, filters by a key or a unique column, or is ordered and has `limit(1)`.
    ///
    /// ```
    /// # extern crate birgus_core as birgus;
    /// use birgus::prelude::*;
    /// use birgus::query::count_rows;
    /// # #[derive(Model)]
    /// # pub struct User { #[key] pub id: i64, pub username: String }
    /// # #[derive(Model)]
    /// # pub struct Post { #[key] pub id: i64, #[column(references = User::id)] pub author_id: i64 }
    ///
    /// # fn main() {
    /// let posts = Post::query().filter(Post::author_id.eq(User::id)).select(count_rows()).as_value();
    /// let query = User::query().select((User::username, posts));
    /// # let _ = query;
    /// # }
    /// ```
    pub fn as_value<Base: ColumnValue>(self) -> Expr<Option<Base>>
    where
        O: ColumnValue<Base = Base>,
        Option<Base>: ColumnValue,
    {
        Expr::from_node(Node::Subquery(self.into_select()))
    }

    /// The statement that [`Query::all`] sends, in a dialect: for a look at it. Of what is loaded along it has what is
    /// joined, without the columns that are left out; the statements for the rest are not known before its rows are.
    ///
    /// # Errors
    ///
    /// `is_invalid_query()`
    pub fn to_statement(&self, dialect: &dyn Dialect) -> Result<Statement> {
        match self.along {
            Some(along) if self.select.loads_along(along.model) => {
                loading::with_joins(along.model, self.select.clone())?.to_statement(dialect)
            }
            _ => self.select.to_statement(dialect),
        }
    }

    /// The text of the statement that [`Query::all`] sends, and the values that are bound to it, in a dialect: for a look
    /// at it, as [`Query::to_statement`]. It shows the values, so it does not belong into a log.
    ///
    /// # Errors
    ///
    /// `is_invalid_query()`
    pub fn to_sql(&self, dialect: &dyn Dialect) -> Result<String> {
        Ok(self.to_statement(dialect)?.shown())
    }
}

/// Reads values and what is loaded along with them.
fn read_along<M: Model>(select: Select, executor: &mut dyn Executor) -> Result<Vec<M>> {
    let mut values = Values::new();
    loading::read(&mut ValuesHost(executor), &mut values, select)?;
    Ok(values.into_objects())
}

impl Select {
    /// Keeps the row of `model`, which the query gives whole, with this key.
    pub(super) fn with_key(
        &mut self,
        model: &'static ModelInfo,
        values: Result<Vec<crate::Value>>,
    ) {
        let values = match values {
            Ok(values) => values,
            Err(error) => return self.filter.push(Node::Invalid(error.to_string())),
        };
        let items = self.items();
        let mut conditions = Vec::with_capacity(values.len());
        for (field, value) in model.key_fields().zip(values) {
            // What is selected there is the field, of a table or of what stands in front of one.
            let whole = items.len() == model.fields.len();
            let Some(item) = items.get(field.position()).filter(|_| whole) else {
                let problem = format!("{}: the query does not give it", field.subject());
                return self.filter.push(Node::Invalid(problem));
            };
            conditions.push(Node::Compare {
                left: Box::new(item.node.clone()),
                operator: super::Comparison::Equal,
                right: Box::new(field.operand(Ok(value))),
            });
        }
        if self.is_limited() || self.is_grouped() {
            // The row is looked for among those that are left.
            let mut inner = std::mem::replace(self, Self::of(model));
            let loads = std::mem::take(&mut inner.loads);
            *self = Derived::select(Body::of(inner), "rows");
            self.loads = loads;
        }
        self.filter.extend(conditions);
    }
}
