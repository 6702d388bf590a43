//! Set-based UPDATE and DELETE.

use super::select::Select;
use super::stored::Arrivals;
use super::upsert::EXCLUDED;
use super::{
    Access, Assignment, Call, Executor, Node, Query, Request, SetChange, found, move_sequence, run,
};
use crate::backend::{BindType, Connection, Dialect, Function, Row};
use crate::model::{FieldDefault, FieldInfo, Model, ModelInfo};
use crate::value::Value;
use crate::{Error, Result};

/// The assignments of an update, in the order of writing.
pub(crate) type Assignments = Vec<(&'static FieldInfo, Node)>;

impl<M: Model> Query<M> {
    /// Sets columns of every row that the query keeps, in one statement, and counts the rows. Columns with `on_update`
    /// are set too, and a `#[version]` is counted, unless they are among the assignments.
    ///
    /// A column is set to a value, to an expression over the row, or to a subquery over other tables
    /// ([`Query::as_value`]). Each expression sees the row as it was before. Rows may be chosen by joins: a row that is
    /// met several times is changed once.
    ///
    /// ```no_run
    /// # extern crate birgus_core as birgus;
    /// use birgus::prelude::*;
    /// use birgus::query::count_rows;
    /// # #[derive(Model)]
    /// # pub struct User { #[key] pub id: i64, pub active: bool, pub posts: i64 }
    /// # #[derive(Model)]
    /// # pub struct Post { #[key] pub id: i64, #[column(references = User::id)] pub author_id: i64, pub likes: i32 }
    ///
    /// # fn main() -> birgus::Result<()> {
    /// # let db = Database::open()?;
    /// let liked: u64 = Post::query()
    ///     .join::<User>(User::id.eq(Post::author_id))
    ///     .filter(User::active)
    ///     .update(Post::likes.set(Post::likes + 1), &db)?;
    ///
    /// let own = Post::query().filter(Post::author_id.eq(User::id)).select(count_rows());
    /// User::query().update(User::posts.set(own.as_value().coalesce(0)), &db)?;
    /// # let _ = liked;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// `is_invalid_value()`, also for a computed value that its column can't hold; `is_invalid_query()` for a query with
    /// order or limit, for no assignment at all, for columns that are set from each other, and for a value that is read
    /// from the changed table by a subquery; and whatever the database refuses.
    pub fn update(
        self,
        assignments: impl IntoIterator<Item = Assignment<M>>,
        mut executor: impl Executor,
    ) -> Result<u64> {
        let select = self.select;
        let assignments = complete(M::info(), collected(assignments))?;
        if sets_identity(M::info(), &assignments) {
            let mut matched = 0;
            let request = Request::new(Access::Together).of(M::info());
            executor.with_connection(request, &mut |connection| {
                let statement = select.to_update(connection.dialect(), &assignments, &[])?;
                matched = connection.execute(&statement)?;
                move_sequence(connection, M::info())
            })?;
            executor.changed(SetChange::Updated(M::info()))?;
            return Ok(matched);
        }
        let request = Request::new(Access::Write).of(M::info());
        let matched = run(&mut executor, request, &|connection: &dyn Connection| {
            select.to_update(connection.dialect(), &assignments, &[])
        })?;
        executor.changed(SetChange::Updated(M::info()))?;
        Ok(matched)
    }

    /// Deletes every row that the query keeps, in one statement, and counts them.
    ///
    /// Rows that reference each other are deleted together, children first where the engine looks at one row after the
    /// other; it then takes several statements. Not even so does MySQL delete rows that reference each other in a circle.
    ///
    /// # Errors
    ///
    /// `is_invalid_query()` for a query with order or limit, and whatever the database refuses.
    pub fn delete(self, mut executor: impl Executor) -> Result<u64> {
        let count = delete(&self.select, M::info(), &mut executor)?;
        executor.changed(SetChange::Deleted(M::info()))?;
        Ok(count)
    }

    /// The text of the statement that [`Query::update`] sends, and the values that are bound to it, in a dialect: for a
    /// look at it. It shows the values, so it does not belong into a log.
    ///
    /// # Errors
    ///
    /// `is_invalid_query()` and `is_invalid_value()`, as [`Query::update`].
    pub fn update_to_sql(
        &self,
        assignments: impl IntoIterator<Item = Assignment<M>>,
        dialect: &dyn Dialect,
    ) -> Result<String> {
        let assignments = complete(M::info(), collected(assignments))?;
        let statement = self.select.to_update(dialect, &assignments, &[])?;
        Ok(statement.shown())
    }

    /// The text of the statement that [`Query::delete`] sends, and the values that are bound to it, in a dialect: for a
    /// look at it.
    ///
    /// # Errors
    ///
    /// `is_invalid_query()`, as [`Query::delete`].
    pub fn delete_to_sql(&self, dialect: &dyn Dialect) -> Result<String> {
        Ok(self.select.to_delete(dialect, &[])?.shown())
    }
}

fn delete(select: &Select, model: &'static ModelInfo, executor: &mut dyn Executor) -> Result<u64> {
    let mut count = 0;
    let mut in_order = false;
    executor.with_connection(Request::new(Access::Write).of(model), &mut |connection| {
        let statement = select.to_delete(connection.dialect(), &[])?;
        let check = connection.dialect().capabilities().foreign_key_check;
        in_order = found::goes_in_order(model, check);
        if !in_order {
            count = connection.execute(&statement)?;
        }
        Ok(())
    })?;
    if in_order {
        executor.with_connection(
            Request::new(Access::Together).of(model),
            &mut |connection| {
                let mut nothing = |_: &dyn Row| Ok(());
                let rows = found::find(
                    connection,
                    model,
                    select,
                    &mut Arrivals::new(&[], &mut nothing),
                )?;
                count = rows.len() as u64;
                found::delete(connection, model, &rows)
            },
        )?;
    }
    Ok(count)
}

/// The assignments without their type.
pub(super) fn collected<M>(
    assignments: impl IntoIterator<Item = Assignment<M>>,
) -> Vec<(&'static FieldInfo, Node)> {
    assignments
        .into_iter()
        .map(|assignment| (assignment.field, assignment.value))
        .collect()
}

/// The version that a row has after a change, from the one that it has.
fn next_version(field: &'static FieldInfo) -> Node {
    let one = Node::bind(Value::Integer(1), BindType::BigInt);
    Node::Call(Box::new(Call {
        function: Function::Add,
        arguments: vec![field.node(), one],
        result: BindType::BigInt,
    }))
}

/// Whether the update gives rows other ids than those that the database assigned.
fn sets_identity(model: &ModelInfo, assignments: &Assignments) -> bool {
    model.identity
        && assignments
            .iter()
            .any(|(field, _)| model.key.contains(&field.position()))
}

/// The assignments of an update, with those of `on_update` columns, in an order in which none reads a column that was
/// set before it: an engine may show it the new value.
pub(super) fn complete(
    model: &'static ModelInfo,
    assignments: Vec<(&'static FieldInfo, Node)>,
) -> Result<Assignments> {
    let mut complete: Assignments = Vec::with_capacity(assignments.len());
    for (field, value) in assignments {
        refuse_computed(field)?;
        if let Node::Invalid(problem) = value {
            return Err(Error::invalid_value(
                field.subject(),
                without(&problem, field),
            ));
        }
        if complete.iter().any(|(set, _)| std::ptr::eq(*set, field)) {
            return Err(Error::invalid_query(format!(
                "{}: set twice in one update",
                field.subject()
            )));
        }
        if value.reads(model) {
            return Err(Error::invalid_query(format!(
                "{}: set from a subquery over the table that is changed; engines differ in which rows it sees, so read the value first",
                field.subject()
            )));
        }
        complete.push((field, value));
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
        let value = match &field.on_update {
            FieldDefault::None => continue,
            FieldDefault::Clock => field.clock_value(chrono::Utc::now())?,
            FieldDefault::Call(function) => field.check(function()?)?,
        };
        complete.push((field, Node::bind(value, field.bind_type())));
    }
    if let Some(version) = model.version.map(|position| &model.fields[position])
        && !complete.iter().any(|(set, _)| std::ptr::eq(*set, version))
    {
        // Sessions that have read the row must learn that it was changed.
        complete.push((version, next_version(version)));
    }
    readers_first(model, complete)
}

/// Refuses to give a value to what the database computes.
pub(crate) fn refuse_computed(field: &FieldInfo) -> Result<()> {
    if field.computed.is_none() {
        return Ok(());
    }
    Err(Error::invalid_query(format!(
        "{}: the database computes it; set the columns that it is computed of",
        field.subject()
    )))
}

/// The problem without the name of the field in front of it, which the error adds itself.
fn without<'a>(problem: &'a str, field: &FieldInfo) -> &'a str {
    problem
        .strip_prefix(&format!("{}: ", field.subject()))
        .unwrap_or(problem)
}

fn readers_first(model: &'static ModelInfo, mut waiting: Assignments) -> Result<Assignments> {
    let mut ordered = Vec::with_capacity(waiting.len());
    while !waiting.is_empty() {
        let free = waiting.iter().position(|(field, _)| {
            waiting
                .iter()
                .all(|(other, value)| std::ptr::eq(*other, *field) || !reads_column(value, field))
        });
        let Some(free) = free else {
            return Err(Error::invalid_query(format!(
                "{}: columns that are set from each other in one update; engines differ in which of the values they see",
                model.name
            )));
        };
        ordered.push(waiting.remove(free));
    }
    Ok(ordered)
}

/// Whether the value depends on the column of the row that is changed, be it inside of a subquery.
fn reads_column(value: &Node, field: &FieldInfo) -> bool {
    value.any_column(&mut |column| {
        column.name == field.column
            && column.table != EXCLUDED
            && column.table == field.model.table_name()
    })
}
