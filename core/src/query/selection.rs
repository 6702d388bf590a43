//! What a query gives for each row: columns and expressions, whole models, and tuples of these.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use super::select::Item;
use super::{Aggregated, Column, Expr, Expression, Labelled, Node};
use crate::Result;
use crate::backend::Row;
use crate::model::{ColumnValue, Model};

/// What a query gives for each row: an expression, a whole model ([`model`], [`model_or_none`]), or a tuple of these.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be selected",
    label = "not a column, an expression, a model or a tuple of these"
)]
pub trait Selection {
    /// What is read.
    type Output;

    /// Appends the values.
    #[doc(hidden)]
    fn add_to(self, items: &mut Vec<Item>);

    /// Reads the values from `at` on, and moves it behind them.
    ///
    /// # Errors
    ///
    /// `is_decode()`
    #[doc(hidden)]
    fn read(row: &dyn Row, items: &[Item], at: &mut usize) -> Result<Self::Output>;
}

/// How the rows of a query are read.
pub(crate) type Decoder<O> = fn(&dyn Row, &[Item]) -> Result<O>;

/// The decoder of a selection.
pub(crate) fn decoder<S: Selection>() -> Decoder<S::Output> {
    |row, items| S::read(row, items, &mut 0)
}

fn read_value<T: ColumnValue>(row: &dyn Row, items: &[Item], at: &mut usize) -> Result<T> {
    let scale = items.get(*at).map_or(0, |item| item.node.scale());
    let value = T::read(row, *at, scale)?;
    *at += 1;
    Ok(value)
}

macro_rules! expressions {
    ($([$($generics:tt)*] $of:ident<$($parameter:ident),* => $value:ident>;)*) => {$(
        #[diagnostic::do_not_recommend]
        impl<$($generics)* $value: ColumnValue> Selection for $of<$($parameter,)* $value> {
            type Output = $value;

            fn add_to(self, items: &mut Vec<Item>) {
                items.push(Item::of(self.into_node(), $value::NULLABLE));
            }

            fn read(row: &dyn Row, items: &[Item], at: &mut usize) -> Result<$value> {
                read_value(row, items, at)
            }
        }
    )*};
}

expressions! {
    [M,] Column<M => T>;
    [] Expr< => T>;
    [] Aggregated< => T>;
}

impl<T: ColumnValue> Selection for Labelled<T> {
    type Output = T;

    fn add_to(self, items: &mut Vec<Item>) {
        let name = Some(self.name.clone());
        items.push(Item {
            name,
            ..Item::of(self.into_node(), T::NULLABLE)
        });
    }

    fn read(row: &dyn Row, items: &[Item], at: &mut usize) -> Result<T> {
        read_value(row, items, at)
    }
}

/// Every column of a model, read as the model; made by [`model`].
pub struct Whole<M> {
    table: Cow<'static, str>,
    marker: PhantomData<fn() -> M>,
}

/// Every column of a model behind a left join; made by [`model_or_none`].
pub struct WholeOrNone<M> {
    whole: Whole<M>,
}

impl<M> fmt::Debug for Whole<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Whole").field(&self.table).finish()
    }
}

impl<M> fmt::Debug for WholeOrNone<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.whole, f)
    }
}

impl<M> Whole<M> {
    pub(super) fn of(table: Cow<'static, str>) -> Self {
        Self {
            table,
            marker: PhantomData,
        }
    }

    pub(super) fn or_none(self) -> WholeOrNone<M> {
        WholeOrNone { whole: self }
    }
}

/// A whole model, for a query that gives several things a row.
///
/// ```
/// # extern crate birgus_core as birgus;
/// use birgus::prelude::*;
/// use birgus::query::{model, model_or_none};
/// # #[derive(Model)]
/// # pub struct User { #[key] pub id: i64, pub username: String }
/// # #[derive(Model)]
/// # pub struct Post { #[key] pub id: i64, #[column(references = User::id)] pub author_id: i64 }
///
/// # fn main() {
/// // Query<User, (User, Option<Post>)>
/// let query = User::query()
///     .left_join::<Post>(Post::author_id.eq(User::id))
///     .select((model::<User>(), model_or_none::<Post>()));
/// # let _ = query;
/// # }
/// ```
pub fn model<M: Model>() -> Whole<M> {
    Whole::of(Cow::Borrowed(M::info().table_name()))
}

/// A whole model behind a left join: `None` where there is no row.
pub fn model_or_none<M: Model>() -> WholeOrNone<M> {
    model().or_none()
}

fn items_of<M: Model>(whole: &Whole<M>, items: &mut Vec<Item>) {
    for field in M::info().fields {
        items.push(Item::of(field.node_of(whole.table.clone()), field.nullable));
    }
}

impl<M: Model> Selection for Whole<M> {
    type Output = M;

    fn add_to(self, items: &mut Vec<Item>) {
        items_of(&self, items);
    }

    fn read(row: &dyn Row, _items: &[Item], at: &mut usize) -> Result<M> {
        let start = *at;
        *at += M::info().fields.len();
        M::decode(row, start)
    }
}

impl<M: Model> Selection for WholeOrNone<M> {
    type Output = Option<M>;

    fn add_to(self, items: &mut Vec<Item>) {
        let info = M::info();
        let table = &self.whole.table;
        // The key of a row that is there is never NULL.
        if let Some(key) = info.key_fields().next() {
            let there = Node::IsNull {
                operand: Box::new(key.node_of(table.clone())),
                negated: true,
            };
            items.push(Item::of(there, false));
        }
        let start = items.len();
        items_of(&self.whole, items);
        for item in &mut items[start..] {
            item.nullable = true;
        }
    }

    fn read(row: &dyn Row, _items: &[Item], at: &mut usize) -> Result<Option<M>> {
        let there = row.boolean(*at)?.unwrap_or_default();
        let start = *at + 1;
        *at = start + M::info().fields.len();
        if there {
            M::decode(row, start).map(Some)
        } else {
            Ok(None)
        }
    }
}

macro_rules! tuples {
    ($(($($name:ident $index:tt),+);)*) => {$(
        #[diagnostic::do_not_recommend]
        impl<$($name: Selection),+> Selection for ($($name,)+) {
            type Output = ($($name::Output,)+);

            fn add_to(self, items: &mut Vec<Item>) {
                $(self.$index.add_to(items);)+
            }

            fn read(row: &dyn Row, items: &[Item], at: &mut usize) -> Result<Self::Output> {
                Ok(($($name::read(row, items, at)?,)+))
            }
        }
    )*};
}

tuples! {
    (A 0);
    (A 0, B 1);
    (A 0, B 1, C 2);
    (A 0, B 1, C 2, D 3);
    (A 0, B 1, C 2, D 3, E 4);
    (A 0, B 1, C 2, D 3, E 4, F 5);
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6);
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7);
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8);
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9);
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10);
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10, L 11);
}
