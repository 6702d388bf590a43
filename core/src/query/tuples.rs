//! Several expressions at once: `(a, b) IN …`, and equal to several values.

use super::expression::{comparable, parts};
use super::in_list::{Listed, OfQuery, OfValues, of_query};
use super::{Expr, Expression, Node, Operand, Query, Typing};
use crate::model::ColumnValue;

/// A tuple of expressions.
///
/// ```
/// # extern crate birgus_core as birgus;
/// use birgus::prelude::*;
/// # #[derive(Model)]
/// # pub struct Seat { #[key] #[column(length = 2)] pub row: String, #[key] pub number: i32, pub taken: bool }
///
/// # fn main() {
/// let seats = Seat::query().filter((Seat::row, Seat::number).in_([("a", 1), ("b", 7)]));
/// let taken = Seat::query().filter(Seat::taken).select((Seat::row, Seat::number));
/// let free = Seat::query().filter((Seat::row, Seat::number).not_in(taken));
/// # let _ = (seats, free);
/// # }
/// ```
pub trait RowExpression: Sized {
    /// What the expressions are, in order.
    #[doc(hidden)]
    type Values;

    /// Whether one of them may be NULL.
    #[doc(hidden)]
    const NULLABLE: bool;

    /// The expressions as plain data.
    #[doc(hidden)]
    fn into_operands(self) -> (Vec<Node>, Vec<Typing>);

    /// `IN`: a list of tuples of any length, or a query for as many values a row. An empty list is false. A row in which
    /// one of the expressions is NULL is found nowhere.
    fn in_<Marker>(self, rows: impl InRows<Self::Values, Marker>) -> Expr<bool> {
        let (operands, typings) = self.into_operands();
        Expr::from_node(rows.into_in_rows(operands, typings, false))
    }

    /// `NOT IN`; an empty list is true. Each of the expressions must be one that can't be NULL.
    fn not_in<Marker>(self, rows: impl InRows<Self::Values, Marker>) -> Expr<bool> {
        let (operands, typings) = self.into_operands();
        if Self::NULLABLE {
            let names: Vec<String> = typings.iter().map(Typing::subject).collect();
            return Expr::invalid(format!(
                "{}: not_in of several columns of which one may be NULL is unknown for some rows; give it a value by coalesce()",
                names.join(", ")
            ));
        }
        Expr::from_node(rows.into_in_rows(operands, typings, true))
    }
}

/// Something that may stand behind `(a, b) IN`: tuples of values, or a query for as many values a row.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no list of rows for these expressions",
    label = "expected tuples of as many values of the same types, or a query that selects such columns"
)]
pub trait InRows<Values, Marker> {
    /// The condition as plain data.
    #[doc(hidden)]
    fn into_in_rows(self, operands: Vec<Node>, typings: Vec<Typing>, negated: bool) -> Node;
}

/// Expressions that are compared with values, one by one: an expression with a value, or a tuple with a tuple.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be compared with `{V}`",
    label = "expected a column with a value of its type, or tuples of as many of both"
)]
pub trait Equals<V> {
    /// Whether all are equal.
    #[doc(hidden)]
    fn equal(self, values: V) -> Expr<bool>;
}

#[diagnostic::do_not_recommend]
impl<E: Expression, V: Operand<E::Value>> Equals<V> for E {
    fn equal(self, value: V) -> Expr<bool> {
        self.eq(value)
    }
}

macro_rules! tuples {
    ($(($($name:ident $value:ident $index:tt),+);)*) => {$(
        #[diagnostic::do_not_recommend]
        impl<$($name: Expression),+> RowExpression for ($($name,)+) {
            type Values = ($($name::Value,)+);

            const NULLABLE: bool = $($name::Value::NULLABLE)||+;

            fn into_operands(self) -> (Vec<Node>, Vec<Typing>) {
                let pairs = [$({
                    let (node, typing) = parts(self.$index);
                    (comparable(typing, node), typing)
                }),+];
                pairs.into_iter().unzip()
            }
        }

        #[diagnostic::do_not_recommend]
        impl<$($name,)+ $($value: Operand<$name>,)+ I> InRows<($($name,)+), OfValues> for I
        where
            I: IntoIterator<Item = ($($value,)+)>,
        {
            fn into_in_rows(self, operands: Vec<Node>, typings: Vec<Typing>, negated: bool) -> Node {
                let mut list = Listed::new(typings.clone());
                for row in self {
                    list.push([$(row.$index.into_operand(typings[$index])),+]);
                }
                list.into_node(operands, negated)
            }
        }

        #[diagnostic::do_not_recommend]
        impl<M, $($name: ColumnValue,)+ $($value: ColumnValue<Base = $name::Base>,)+>
            InRows<($($name,)+), OfQuery> for Query<M, ($($value,)+)>
        {
            fn into_in_rows(self, operands: Vec<Node>, typings: Vec<Typing>, negated: bool) -> Node {
                of_query(self.into_select(), operands, &typings, negated)
            }
        }

        #[diagnostic::do_not_recommend]
        impl<$($name: Expression,)+ $($value: Operand<$name::Value>,)+> Equals<($($value,)+)> for ($($name,)+) {
            fn equal(self, values: ($($value,)+)) -> Expr<bool> {
                let conditions = [$(self.$index.eq(values.$index).into_node()),+];
                Expr::from_node(Node::And(conditions.into()))
            }
        }
    )*};
}

tuples! {
    (A V 0, B W 1);
    (A V 0, B W 1, C X 2);
    (A V 0, B W 1, C X 2, D Y 3);
    (A V 0, B W 1, C X 2, D Y 3, E Z 4);
}
