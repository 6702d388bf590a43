//! What columns are set to.

use std::marker::PhantomData;

use super::operand::expression;
use super::upsert::of_excluded;
use super::{Aggregated, Column, Expr, IntoOperand, Labelled, Node, Typing};
use crate::model::{ColumnValue, FieldInfo};

/// `column = value` of an update of `M`.
#[derive(Debug)]
pub struct Assignment<M> {
    pub(crate) field: &'static FieldInfo,
    pub(crate) value: Node,
    marker: PhantomData<fn() -> M>,
}

impl<M> Clone for Assignment<M> {
    fn clone(&self) -> Self {
        Self::new(self.field, self.value.clone())
    }
}

impl<M> Assignment<M> {
    fn new(field: &'static FieldInfo, value: Node) -> Self {
        Self {
            field,
            value,
            marker: PhantomData,
        }
    }
}

/// One assignment stands where several may: `update(User::age.set(18), …)`.
impl<M> IntoIterator for Assignment<M> {
    type Item = Self;
    type IntoIter = std::iter::Once<Self>;

    fn into_iter(self) -> Self::IntoIter {
        std::iter::once(self)
    }
}

impl<M, T> Column<M, T> {
    /// `column = value`, for an update: a value, or an expression over the row as it was. An expression of whole numbers
    /// fits a column of any width: the database refuses a number out of its range (`is_invalid_value()`).
    ///
    /// ```
    /// # extern crate birgus_core as birgus;
    /// use birgus::prelude::*;
    /// use birgus::query::Assignment;
    /// # #[derive(Model)]
    /// # pub struct Post { #[key] pub id: i64, pub likes: i32, pub best: i32, pub note: Option<String> }
    ///
    /// # fn main() {
    /// let liked: [Assignment<Post>; 3] = [
    ///     Post::likes.set(Post::likes + 1),
    ///     Post::best.set(birgus::query::greatest(Post::likes, Post::best)),
    ///     Post::note.set(None),
    /// ];
    /// # let _ = liked;
    /// # }
    /// ```
    pub fn set(self, value: impl SetOperand<T>) -> Assignment<M> {
        let field = self.field();
        Assignment::new(field, value.into_set(Typing::stored(field)))
    }

    /// `column =` the value that was to be inserted, for the update of an upsert.
    pub fn set_excluded(self) -> Assignment<M> {
        let field = self.field();
        Assignment::new(field, of_excluded(field))
    }
}

/// Something that a column of type `T` can be set to: a value, an expression of that type, or an expression of whole
/// numbers when `T` is one.
#[diagnostic::on_unimplemented(
    message = "a column of type `{T}` can't be set to `{Self}`",
    label = "expected a value, a column or an expression of type `{T}`"
)]
pub trait SetOperand<T> {
    /// The value as plain data; `typing` is that of the column.
    #[doc(hidden)]
    fn into_set(self, typing: Typing) -> Node;
}

#[diagnostic::do_not_recommend]
impl<T, O: IntoOperand<T>> SetOperand<T> for O {
    fn into_set(self, typing: Typing) -> Node {
        self.into_value_of(typing)
    }
}

/// A type whose values fit a column of type `T`: `T` itself, `T` for an `Option<T>`, and whole numbers of any width for
/// each other, whose range the database checks.
#[diagnostic::on_unimplemented(
    message = "a value of type `{Self}` does not fit a column of type `{T}`",
    label = "expected `{T}`"
)]
pub trait FitsColumn<T>: ColumnValue {}

#[diagnostic::do_not_recommend]
impl<T: ColumnValue> FitsColumn<T> for T {}
#[diagnostic::do_not_recommend]
impl<T: ColumnValue> FitsColumn<Option<T>> for T {}

macro_rules! whole_numbers {
    ($($from:ty => $($to:ty),+;)*) => {$($(
        #[diagnostic::do_not_recommend]
        impl FitsColumn<$to> for $from {}
        #[diagnostic::do_not_recommend]
        impl FitsColumn<Option<$to>> for $from {}
        #[diagnostic::do_not_recommend]
        impl FitsColumn<Option<$to>> for Option<$from> {}

        whole_numbers!(expressions [Other,] Column<Other,> $from => $to);
        whole_numbers!(expressions [] Expr<> $from => $to);
        whole_numbers!(expressions [] Aggregated<> $from => $to);
        whole_numbers!(expressions [] Labelled<> $from => $to);
    )+)*};
    (expressions [$($generics:tt)*] $of:ident<$($model:ident,)?> $from:ty => $to:ty) => {
        whole_numbers!(expression [$($generics)*] $of<$($model,)? $from> => $to);
        whole_numbers!(expression [$($generics)*] $of<$($model,)? $from> => Option<$to>);
        whole_numbers!(expression [$($generics)*] $of<$($model,)? Option<$from>> => Option<$to>);
    };
    (expression [$($generics:tt)*] $expression:ty => $to:ty) => {
        #[diagnostic::do_not_recommend]
        impl<$($generics)*> SetOperand<$to> for $expression {
            fn into_set(self, typing: Typing) -> Node {
                expression(self, typing)
            }
        }
    };
}

whole_numbers! {
    i16 => i32, i64;
    i32 => i16, i64;
    i64 => i16, i32;
}
