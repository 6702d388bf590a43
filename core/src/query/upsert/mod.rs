//! Upsert: INSERT, unless a row is there already.

mod emulated;
mod native;
mod run;
mod target;

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use super::change::{Assignments, collected, complete};
use super::insert::{RowCount, atomically, rows_of};
use super::returning::{Reading, all_there, in_places};
use super::{Assignment, Column, ColumnNode, Executor, Expr, Node, Selection, SetChange};
use crate::backend::{Dialect, Row};
use crate::model::{ColumnValue, Draft, FieldInfo, Model, ModelInfo, PrimaryKey};
use crate::session::Identity;
use crate::value::Value;
use crate::{Error, Result};

pub use target::ConflictTarget;
pub(crate) use target::Target;

/// The name by which the values that were to be inserted go, in PostgreSQL's words.
pub(crate) const EXCLUDED: &str = "excluded";

/// What is done with a row that is there already.
pub(crate) enum Action {
    Nothing,
    Update(Assignments),
}

/// What a row may conflict with, and what is done then.
pub(crate) struct Conflict {
    pub(crate) target: Target,
    pub(crate) action: Action,
}

/// The value that was to be inserted, inside of an upsert's update.
///
/// ```
/// # extern crate birgus_core as birgus;
/// use birgus::prelude::*;
/// use birgus::query::excluded;
/// # #[derive(Model)]
/// # pub struct User { #[key] pub id: i64, #[column(length = 64, unique)] pub email: String, pub visits: i32 }
/// # fn main() {
/// let more = User::visits.set(User::visits + excluded(User::visits));
/// # let _ = more;
/// # }
/// ```
pub fn excluded<M, T: ColumnValue>(column: Column<M, T>) -> Expr<T> {
    Expr::from_node(of_excluded(column.field()))
}

pub(super) fn of_excluded(field: &'static FieldInfo) -> Node {
    if field.model.identity && field.model.key.contains(&field.position()) {
        return Node::Invalid(format!(
            "{}: the database assigns it, so there is no value that was to be inserted",
            field.subject()
        ));
    }
    field.node_of(Cow::Borrowed(EXCLUDED))
}

/// An INSERT whose rows may be there already, before it is said what is done then; made by
/// [`Insert::on_conflict`](super::Insert::on_conflict).
#[must_use = "say what is done by `do_nothing` or `update`"]
pub struct OnConflict<M, R> {
    drafts: Vec<Draft>,
    target: Vec<&'static FieldInfo>,
    marker: PhantomData<fn() -> (M, R)>,
}

impl<M, R> fmt::Debug for OnConflict<M, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OnConflict")
            .field("rows", &self.drafts.len())
            .field("target", &self.target)
            .finish()
    }
}

impl<M: Model, R: RowCount> OnConflict<M, R> {
    pub(super) fn new(drafts: Vec<Draft>, target: Vec<&'static FieldInfo>) -> Self {
        Self {
            drafts,
            target,
            marker: PhantomData,
        }
    }

    /// Leaves a row that is there as it is. Of rows that conflict with each other the first is inserted.
    ///
    /// Only conflicts in the target are passed over; a duplicate in another unique constraint, a missing parent and the
    /// like are errors as always. So is, on PostgreSQL, a row that conflicts in the target and in another constraint with
    /// one that another transaction inserts at that very moment; tried again, it is passed over.
    pub fn do_nothing(self) -> InsertIfMissing<M, R> {
        InsertIfMissing {
            parts: Parts {
                drafts: self.drafts,
                conflict: Target::of(M::info(), &self.target).map(|target| Conflict {
                    target,
                    action: Action::Nothing,
                }),
            },
            marker: PhantomData,
        }
    }

    /// Updates a row that is there; a duplicate in another unique constraint is an error, as with
    /// [`OnConflict::do_nothing`]. Columns with `on_update` are set too, unless they are among the assignments.
    ///
    /// Assignments are made of values, of the columns as they are in the row that is there, and of the values that were
    /// to be inserted ([`excluded`], [`Column::set_excluded`]). The columns of the target and of the primary key stay.
    pub fn update(self, assignments: impl IntoIterator<Item = Assignment<M>>) -> Upsert<M, R> {
        Upsert {
            parts: Parts {
                drafts: self.drafts,
                conflict: updating(M::info(), &self.target, collected(assignments)),
            },
            marker: PhantomData,
        }
    }
}

fn updating(
    model: &'static ModelInfo,
    target: &[&'static FieldInfo],
    assignments: Assignments,
) -> Result<Conflict> {
    let target = Target::of(model, target)?;
    for (field, value) in &assignments {
        // Where rows are looked up first, nobody knows what the database would have given the new one.
        let unknown = |column: &&ColumnNode| {
            column.table == EXCLUDED && column.field.is_some_and(FieldInfo::is_read_back)
        };
        if let Some(column) = value.columns().into_iter().find(unknown) {
            return Err(Error::invalid_query(format!(
                "{}: set from the {} that was to be inserted, which the database gives; not every engine tells it",
                field.subject(),
                column.name
            )));
        }
        let problem = if target.fields.iter().any(|own| std::ptr::eq(*own, *field)) {
            "it is in the target of the conflict, so the row has that value already"
        } else if model.key.contains(&field.position()) {
            "an upsert leaves the primary key of a row as it is; change it by an update"
        } else if !value.is_of_row() {
            "an upsert sets a column to values and to what is computed from the row; query for anything else first"
        } else if let Some(column) = foreign_column(model, value) {
            return Err(Error::invalid_query(format!(
                "{column}: {} is set from it, and an upsert sees the columns of its own rows alone",
                field.subject()
            )));
        } else {
            continue;
        };
        return Err(Error::invalid_query(format!(
            "{}: {problem}",
            field.subject()
        )));
    }
    Ok(Conflict {
        target,
        action: Action::Update(complete(model, assignments)?),
    })
}

/// A column in the value that belongs to another table.
fn foreign_column(model: &'static ModelInfo, value: &Node) -> Option<String> {
    let columns = value.columns();
    let foreign = columns.iter().find(|column| {
        let own = (column.field).is_some_and(|field| std::ptr::eq(field.model, model));
        !own || (column.table != model.table_name() && column.table != EXCLUDED)
    })?;
    let table = match foreign.field {
        Some(field) => field.model.table_name(),
        None => &foreign.table,
    };
    Some(format!("{table}.{}", foreign.name))
}

/// Rows, and what is done when they are there already.
struct Parts {
    drafts: Vec<Draft>,
    conflict: Result<Conflict>,
}

impl Parts {
    /// Runs it, and gives what is read of each row: nothing of one that was there and stayed as it was.
    fn execute<O>(
        self,
        model: &'static ModelInfo,
        reading: &Reading<O>,
        executor: &mut dyn Executor,
    ) -> Result<Vec<Option<O>>> {
        let (rows, conflict) = self.checked(model)?;
        let mut rows = Some(rows);
        let mut places = Vec::new();
        let read = reading.read(&mut |arrivals| {
            atomically(
                executor,
                model,
                rows.take().unwrap_or_default(),
                &|capabilities, rows| run::is_one_statement(capabilities, model, &conflict, rows),
                &mut |connection, rows| {
                    places = run::upsert(connection, model, rows, &conflict, arrivals)?;
                    Ok(())
                },
            )
        })?;
        if let Action::Update(_) = conflict.action {
            executor.changed(SetChange::Updated(model))?;
        }
        Ok(in_places(read, places))
    }

    fn checked(self, model: &'static ModelInfo) -> Result<(Vec<Vec<Value>>, Conflict)> {
        let conflict = self.conflict?;
        if model.table_name() == EXCLUDED {
            return Err(Error::invalid_query(format!(
                "{EXCLUDED}: a table of this name takes no upsert; it names the values that were to be inserted"
            )));
        }
        let rows = rows_of(model, self.drafts)?;
        if let Action::Update(_) = conflict.action {
            refuse_duplicates(model, &conflict.target, &rows)?;
        }
        Ok((rows, conflict))
    }
}

/// Refuses rows that conflict with each other: PostgreSQL does, others would update the row twice.
fn refuse_duplicates(
    model: &'static ModelInfo,
    target: &Target,
    rows: &[Vec<Value>],
) -> Result<()> {
    let mut known = std::collections::HashSet::with_capacity(rows.len());
    for row in rows {
        if let Some(identity) = target.identity(row)
            && !known.insert(identity)
        {
            let columns: Vec<&str> = target.fields.iter().map(|field| field.column).collect();
            return Err(Error::invalid_query(format!(
                "{}: two rows of one upsert have the same values in ({}); which of them counts is not said, so give one",
                model.table_name(),
                columns.join(", ")
            )));
        }
    }
    Ok(())
}

impl Target {
    /// The row as the constraint compares it; `None` when a value is NULL, which never conflicts.
    fn identity(&self, row: &[Value]) -> Option<Identity> {
        let values = super::stored::values_of(row, &self.fields);
        if values.iter().any(Value::is_null) {
            return None;
        }
        Some(Identity::new(&values))
    }
}

/// The primary key as something to read.
struct KeyOf<M>(PhantomData<fn() -> M>);

impl<M: Model> Selection for KeyOf<M> {
    type Output = M::Key;

    fn add_to(self, items: &mut Vec<super::Item>) {
        let key: Vec<&'static FieldInfo> = M::info().key_fields().collect();
        items.extend(super::stored::items_of(&key));
    }

    fn read(row: &dyn Row, _items: &[super::Item], at: &mut usize) -> Result<M::Key> {
        let scales: Vec<u8> = M::info().key_fields().map(FieldInfo::scale).collect();
        let start = *at;
        *at += scales.len();
        M::Key::read_key(row, start, &scales)
    }
}

fn key_of<M: Model>() -> Reading<M::Key> {
    Reading::of(KeyOf::<M>(PhantomData))
}

/// An INSERT of rows that are not there yet; made by [`OnConflict::do_nothing`].
#[must_use = "an insert does nothing until `execute` runs it"]
pub struct InsertIfMissing<M, R> {
    parts: Parts,
    marker: PhantomData<fn() -> (M, R)>,
}

/// An INSERT that updates rows that are there already; made by [`OnConflict::update`].
#[must_use = "an upsert does nothing until `execute` runs it"]
pub struct Upsert<M, R> {
    parts: Parts,
    marker: PhantomData<fn() -> (M, R)>,
}

/// An [`InsertIfMissing`] that reads something of each new row.
#[must_use = "an insert does nothing until `execute` runs it"]
pub struct InsertIfMissingReturning<M, S: Selection, R> {
    parts: Parts,
    reading: Reading<S::Output>,
    marker: PhantomData<fn() -> (M, R)>,
}

/// An [`Upsert`] that reads something of each row.
#[must_use = "an upsert does nothing until `execute` runs it"]
pub struct UpsertReturning<M, S: Selection, R> {
    parts: Parts,
    reading: Reading<S::Output>,
    marker: PhantomData<fn() -> (M, R)>,
}

macro_rules! debug {
    ($($name:ident<$($parameter:ident $(: $bound:ident)?),+>;)*) => {$(
        impl<$($parameter $(: $bound)?),+> fmt::Debug for $name<$($parameter),+> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($name))
                    .field("rows", &self.parts.drafts.len())
                    .finish_non_exhaustive()
            }
        }
    )*};
}

debug! {
    InsertIfMissing<M, R>;
    Upsert<M, R>;
    InsertIfMissingReturning<M, S: Selection, R>;
    UpsertReturning<M, S: Selection, R>;
}

impl<M: Model, R: RowCount> InsertIfMissing<M, R> {
    /// Reads something of each row that is inserted, in place of its key.
    pub fn returning<S: Selection>(self, selection: S) -> InsertIfMissingReturning<M, S, R> {
        InsertIfMissingReturning {
            parts: self.parts,
            reading: Reading::of(selection),
            marker: PhantomData,
        }
    }

    /// Inserts what is not there yet, and gives for each row its key when it was inserted, and `None` when one was there.
    ///
    /// # Errors
    ///
    /// `is_invalid_value()` before anything is sent; `is_invalid_query()` when the target is no unique constraint of the
    /// model; and whatever the database refuses.
    pub fn execute(self, mut executor: impl Executor) -> Result<R::Of<Option<M::Key>>> {
        R::of(
            self.parts
                .execute(M::info(), &key_of::<M>(), &mut executor)?,
        )
    }

    /// The text of the statement that it sends, and the values that are bound to it, in a dialect: for a look at it.
    ///
    /// # Errors
    ///
    /// As [`InsertIfMissing::execute`]; `is_unsupported()` where the rows that are there are looked up instead.
    pub fn to_sql(self, dialect: &dyn Dialect) -> Result<String> {
        let (rows, conflict) = self.parts.checked(M::info())?;
        run::shown(dialect, M::info(), rows, &conflict, &key_of::<M>().items)
    }
}

impl<M: Model, R: RowCount> Upsert<M, R> {
    /// Reads something of each row, inserted or updated, in place of its key.
    pub fn returning<S: Selection>(self, selection: S) -> UpsertReturning<M, S, R> {
        UpsertReturning {
            parts: self.parts,
            reading: Reading::of(selection),
            marker: PhantomData,
        }
    }

    /// Inserts what is not there yet, updates the others, and gives the key of each row, in the order of the rows.
    ///
    /// # Errors
    ///
    /// `is_invalid_value()` before anything is sent; `is_invalid_query()` when the target is no unique constraint of the
    /// model, when the assignments are refused, and for two rows with the same values in the target; and whatever the
    /// database refuses: `is_unique_violation()` for a duplicate in another constraint.
    pub fn execute(self, mut executor: impl Executor) -> Result<R::Of<M::Key>> {
        let model = M::info();
        let keys = self.parts.execute(model, &key_of::<M>(), &mut executor)?;
        R::of(all_there(model, keys)?)
    }

    /// The text of the first statement that it sends, and the values that are bound to it, in a dialect: for a look at it.
    ///
    /// # Errors
    ///
    /// As [`Upsert::execute`]; `is_unsupported()` where the engine has no such statement and rows are looked up instead.
    pub fn to_sql(self, dialect: &dyn Dialect) -> Result<String> {
        let (rows, conflict) = self.parts.checked(M::info())?;
        run::shown(dialect, M::info(), rows, &conflict, &key_of::<M>().items)
    }
}

impl<M: Model, S: Selection, R: RowCount> InsertIfMissingReturning<M, S, R> {
    /// Inserts what is not there yet, and gives for each row what is read of it when it was inserted, and `None` when one
    /// was there.
    ///
    /// # Errors
    ///
    /// As [`InsertIfMissing::execute`]; `is_invalid_query()` too when something else than columns of the row and what is
    /// computed from them is read; `is_decode()`.
    pub fn execute(self, mut executor: impl Executor) -> Result<R::Of<Option<S::Output>>> {
        self.reading.check(M::info())?;
        R::of(
            self.parts
                .execute(M::info(), &self.reading, &mut executor)?,
        )
    }
}

impl<M: Model, S: Selection, R: RowCount> UpsertReturning<M, S, R> {
    /// Inserts what is not there yet, updates the others, and gives what is read of each row, in the order of the rows.
    ///
    /// # Errors
    ///
    /// As [`Upsert::execute`]; `is_invalid_query()` too when something else than columns of the row and what is computed
    /// from them is read; `is_decode()`.
    pub fn execute(self, mut executor: impl Executor) -> Result<R::Of<S::Output>> {
        let model = M::info();
        self.reading.check(model)?;
        let read = self.parts.execute(model, &self.reading, &mut executor)?;
        R::of(all_there(model, read)?)
    }
}
