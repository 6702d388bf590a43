//! Pages by the place in an order.

use std::fmt;

use serde::Serialize;

use super::cursor::{Cursor, digest};
use super::select::Relation;
use super::{Comparison, Executor, Node, Order, Query};
use crate::backend::BindType;
use crate::model::{FieldInfo, Kind, Model};
use crate::value::Value;
use crate::{Error, Result};

/// A query that is read page by page, each one from where another ended; made by [`Query::keyset`].
pub struct Keyset<M> {
    query: Query<M>,
    per_page: u64,
}

impl<M> Clone for Keyset<M> {
    fn clone(&self) -> Self {
        Self {
            query: self.query.clone(),
            per_page: self.per_page,
        }
    }
}

impl<M> fmt::Debug for Keyset<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keyset")
            .field("per_page", &self.per_page)
            .finish_non_exhaustive()
    }
}

/// A page of a [`Keyset`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct KeysetPage<M> {
    /// The rows, in the query's order.
    pub items: Vec<M>,
    /// For [`Keyset::after`]: where the next page begins. `None` on the last page.
    pub next: Option<Cursor>,
    /// For [`Keyset::before`]: where the previous page ends. `None` on the first page.
    pub previous: Option<Cursor>,
}

impl<M: Model> Query<M> {
    /// Pages of so many rows, each from the place where another ended: what comes and goes on other pages does not move
    /// the rows of this one, and the last page is as fast as the first where an index serves the order.
    ///
    /// The order is by columns of the model, in any directions; its primary key is added, so that no two rows share a
    /// place. A join may repeat rows, so it needs [`Query::distinct`]; or filter by [`exists`](super::exists).
    ///
    /// ```no_run
    /// # extern crate birgus_core as birgus;
    /// use birgus::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Post { #[key] pub id: i64, pub likes: i32 }
    /// # fn main() -> birgus::Result<()> {
    /// # let db = Database::open()?;
    ///
    /// let pages = Post::query().order_by(Post::likes.desc()).keyset(20);
    /// let first = pages.first(&db)?;
    /// if let Some(cursor) = &first.next {
    ///     let link = format!("/posts?after={cursor}");
    ///     // … and when it is followed:
    ///     let second = pages.after(&link[13..].parse()?, &db)?;
    ///     # let _ = second;
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn keyset(self, per_page: u64) -> Keyset<M> {
        Keyset {
            query: self,
            per_page,
        }
    }
}

/// A column of the order.
#[derive(Clone)]
struct Place {
    field: &'static FieldInfo,
    order: Order,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Direction {
    Forward,
    Backward,
}

impl<M: Model> Keyset<M> {
    /// The first page.
    ///
    /// # Errors
    ///
    /// `is_invalid_query()` for an order that is not by columns of the model, for a query with groups, a limit, set
    /// operations or joins without `distinct`, and for 0 rows a page; and as [`Query::all`].
    pub fn first(&self, executor: impl Executor) -> Result<KeysetPage<M>> {
        self.page(Direction::Forward, None, executor)
    }

    /// The last page: the last rows, as many as a page has.
    ///
    /// # Errors
    ///
    /// As [`Keyset::first`].
    pub fn last(&self, executor: impl Executor) -> Result<KeysetPage<M>> {
        self.page(Direction::Backward, None, executor)
    }

    /// The page behind a place: [`KeysetPage::next`].
    ///
    /// # Errors
    ///
    /// `is_invalid_value()` for a cursor of another order, and as [`Keyset::first`].
    pub fn after(&self, cursor: &Cursor, executor: impl Executor) -> Result<KeysetPage<M>> {
        self.page(Direction::Forward, Some(cursor), executor)
    }

    /// The page before a place: [`KeysetPage::previous`].
    ///
    /// # Errors
    ///
    /// As [`Keyset::after`].
    pub fn before(&self, cursor: &Cursor, executor: impl Executor) -> Result<KeysetPage<M>> {
        self.page(Direction::Backward, Some(cursor), executor)
    }

    fn page(
        &self,
        direction: Direction,
        cursor: Option<&Cursor>,
        executor: impl Executor,
    ) -> Result<KeysetPage<M>> {
        let places = self.places()?;
        let shape = shape(M::info().table_name(), &places);
        let more = self.per_page.saturating_add(1);
        let mut items = self.rows(&places, direction, cursor, more, executor)?;
        // Of a 32-bit program's rows no more can be there.
        let size = usize::try_from(self.per_page).unwrap_or(usize::MAX);
        let more = items.len() > size;
        items.truncate(size);
        if direction == Direction::Backward {
            items.reverse();
        }
        let at = |item: Option<&M>| -> Result<Option<Cursor>> {
            match (item, cursor) {
                (Some(item), _) => cursor_of(shape, &places, item).map(Some),
                // Nothing is left on this side: the way back leads to the row of the cursor itself.
                (None, cursor) => Ok(cursor.map(Cursor::inclusive)),
            }
        };
        let beyond = |there: bool, item: Option<&M>| if there { at(item) } else { Ok(None) };
        let came_from = cursor.is_some();
        let (before, behind) = match direction {
            Direction::Forward => (came_from, more),
            Direction::Backward => (more, came_from),
        };
        Ok(KeysetPage {
            previous: beyond(before, items.first())?,
            next: beyond(behind, items.last())?,
            items,
        })
    }

    /// So many rows on one side of a place, the nearest first.
    fn rows(
        &self,
        places: &[Place],
        direction: Direction,
        cursor: Option<&Cursor>,
        limit: u64,
        executor: impl Executor,
    ) -> Result<Vec<M>> {
        let mut query = self.query.clone().unordered();
        let mut places = places.to_vec();
        let fields: Vec<_> = places.iter().map(|place| place.field).collect();
        let values = match cursor {
            None => None,
            Some(cursor) => {
                let shape = shape(M::info().table_name(), &places);
                Some(cursor.values(shape, &fields)?)
            }
        };
        for place in &places {
            // The place of a row is told by the values of these.
            query.select.left_out.remove(place.field.position());
        }
        if direction == Direction::Backward {
            for place in &mut places {
                place.order = place.order.clone().reversed();
            }
        }
        if let (Some(cursor), Some(values)) = (cursor, values) {
            let condition = beyond(&places, &values, cursor.inclusive);
            query.select.filter.push(condition);
        }
        query
            .select
            .order
            .extend(places.into_iter().map(|place| place.order));
        query.limit(limit).all(executor)
    }

    /// The columns that rows are ordered by, the primary key among them.
    fn places(&self) -> Result<Vec<Place>> {
        let select = &self.query.select;
        let model = M::info();
        let refuse = |problem: &str| {
            Err(Error::invalid_query(format!(
                "{}: keyset: {problem}",
                select.subject()
            )))
        };
        if self.per_page == 0 {
            return refuse("a page has 1 row at least");
        }
        if select.is_limited() {
            return refuse("a query with a limit of its own has no pages; leave the limit out");
        }
        let own = matches!(&select.source.relation, Relation::Table(table) if std::ptr::eq(*table, model));
        if !own || select.is_grouped() || !select.is_whole() {
            return refuse("it is for the rows of a model's table, as they are stored");
        }
        if !select.joins.is_empty() && !select.distinct {
            return refuse("a join may repeat rows; add distinct(), or filter by exists()");
        }
        let mut places = Vec::with_capacity(select.order.len() + 1);
        for order in &select.order {
            let node = match &order.node {
                Node::Position { operand, .. } => operand,
                node => node,
            };
            match node {
                Node::Column(column) if column.table == select.source.name => {
                    if let Some(field) = column.field {
                        places.push(Place {
                            field,
                            order: order.clone(),
                        });
                        continue;
                    }
                }
                Node::Invalid(problem) => return Err(Error::invalid_query(problem.clone())),
                _ => {}
            }
            return refuse(&format!(
                "the order is by columns of {} alone",
                model.table_name()
            ));
        }
        for field in model.key_fields() {
            let known = |place: &Place| std::ptr::eq(place.field, field);
            if !places.iter().any(known) {
                let node = field.node_of(select.source.name.clone());
                let order = Order::new(node, false);
                places.push(Place { field, order });
            }
        }
        Ok(places)
    }

    pub(super) fn batch(
        &self,
        cursor: Option<&Cursor>,
        executor: impl Executor,
    ) -> Result<(Vec<M>, Option<Cursor>)> {
        if !self.query.select.order.is_empty() {
            return Err(Error::invalid_query(format!(
                "{}: batches go by the primary key; leave the order out, or read pages by keyset()",
                self.query.select.subject()
            )));
        }
        let places = self.places()?;
        let rows = self.rows(&places, Direction::Forward, cursor, self.per_page, executor)?;
        let shape = shape(M::info().table_name(), &places);
        let last = match rows.last() {
            Some(last) => Some(cursor_of(shape, &places, last)?),
            None => None,
        };
        Ok((rows, last))
    }

    pub(super) fn size(&self) -> u64 {
        self.per_page
    }
}

fn cursor_of<M: Model>(shape: u64, places: &[Place], item: &M) -> Result<Cursor> {
    let values: Vec<Value> = places
        .iter()
        .map(|place| item.value(place.field.position()))
        .collect::<Result<_>>()?;
    Cursor::new(shape, &values)
}

/// What tells the order from others.
fn shape(table: &str, places: &[Place]) -> u64 {
    let mut text = table.to_owned();
    for Place { field, order } in places {
        text.push_str(&format!(
            "\0{}\0{}\0{}",
            field.column, order.descending, order.nulls_first
        ));
    }
    digest(text.bytes())
}

/// The condition for the rows behind a place, with the row there itself or without it.
fn beyond(places: &[Place], values: &[Value], inclusive: bool) -> Node {
    let pairs: Vec<(&Place, &Value)> = places.iter().zip(values).collect();
    let equal = |pairs: &[(&Place, &Value)]| -> Vec<Node> {
        pairs
            .iter()
            .map(|(place, value)| is_at(place, value))
            .collect()
    };
    let mut any = Vec::new();
    for (position, (place, value)) in pairs.iter().enumerate() {
        if let Some(behind) = is_behind(place, value) {
            let mut all = equal(&pairs[..position]);
            all.push(behind);
            any.push(Node::And(all));
        }
    }
    if inclusive {
        any.push(Node::And(equal(&pairs)));
    }
    let condition = Node::Or(any);
    // The first column alone bounds the rows: an index serves that in one range, which it would not find in an OR.
    match pairs.first() {
        Some((place, value)) if !place.field.nullable && pairs.len() > 1 => {
            let operator = if place.order.descending {
                Comparison::LessOrEqual
            } else {
                Comparison::GreaterOrEqual
            };
            Node::And(vec![compared(place, operator, value), condition])
        }
        _ => condition,
    }
}

fn is_null(place: &Place, negated: bool) -> Node {
    Node::IsNull {
        operand: Box::new(place.order.node.clone()),
        negated,
    }
}

fn is_at(place: &Place, value: &Value) -> Node {
    if value.is_null() {
        return is_null(place, false);
    }
    compared(place, Comparison::Equal, value)
}

/// `None` when nothing is behind.
fn is_behind(place: &Place, value: &Value) -> Option<Node> {
    let nulls_first = place.order.nulls_first;
    if value.is_null() {
        return nulls_first.then(|| is_null(place, true));
    }
    let operator = if place.order.descending {
        Comparison::Less
    } else {
        Comparison::Greater
    };
    let behind = compared(place, operator, value);
    if place.field.nullable && !nulls_first {
        return Some(Node::Or(vec![behind, is_null(place, false)]));
    }
    Some(behind)
}

/// An enum is compared by its place in the declaration, as it is ordered.
fn compared(place: &Place, operator: Comparison, value: &Value) -> Node {
    let right = match (place.field.kind, value) {
        (Kind::Enum(list), Value::Text(text)) => {
            let position = list.iter().position(|known| known == text);
            let position = position.and_then(|position| i64::try_from(position).ok());
            Node::bind(
                position.map_or(Value::Null, Value::Integer),
                BindType::BigInt,
            )
        }
        _ => Node::bind(value.clone(), place.field.bind_type()),
    };
    Node::Compare {
        left: Box::new(place.order.node.clone()),
        operator,
        right: Box::new(right),
    }
}
