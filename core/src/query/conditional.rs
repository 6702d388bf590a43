//! CASE, and the greatest and least of several values.

use std::marker::PhantomData;

use super::arithmetic::rescaled;
use super::expression::parts;
use super::{Case, Expr, Expression, IntoOperand, Node, Ordered, Typing};
use crate::backend::{BindType, Function};
use crate::model::ColumnValue;

/// `CASE WHEN … THEN …`: the value of the first condition that is true. Ended by [`CaseWhen::otherwise`] or
/// [`CaseWhen::end`]. A decimal has as many digits behind the point as the longest of the values.
///
/// ```
/// # extern crate birgus_core as birgus;
/// use birgus::prelude::*;
/// use birgus::query::case;
/// # #[derive(Model)]
/// # pub struct User { #[key] pub id: i64, pub age: i32 }
///
/// # fn main() {
/// let group = case::<String>()
///     .when(User::age.lt(13), "child")
///     .when(User::age.lt(20), "teenager")
///     .otherwise("adult");
/// let query = User::query().select((User::id, group));
/// # let _ = query;
/// # }
/// ```
pub fn case<T: ColumnValue>() -> CaseWhen<T> {
    CaseWhen {
        branches: Vec::new(),
        marker: PhantomData,
    }
}

/// A CASE that is not ended yet.
#[derive(Clone, Debug)]
#[must_use = "a case does nothing until it is ended and a query holds it"]
pub struct CaseWhen<T> {
    branches: Vec<(Node, Node)>,
    marker: PhantomData<fn() -> T>,
}

impl<T: ColumnValue> CaseWhen<T> {
    /// The value, where the condition is true and none before it is.
    pub fn when(mut self, condition: impl Into<Expr<bool>>, value: impl IntoOperand<T>) -> Self {
        let value = value.into_value_of(Typing::any_scale(T::KIND));
        self.branches.push((condition.into().into_node(), value));
        self
    }

    /// The value, where no condition is true.
    pub fn otherwise(self, value: impl IntoOperand<T>) -> Expr<T> {
        let value = value.into_value_of(Typing::any_scale(T::KIND));
        self.finish(Some(value))
    }

    /// NULL, where no condition is true.
    pub fn end<Base: ColumnValue>(self) -> Expr<Option<Base>>
    where
        T: ColumnValue<Base = Base>,
        Option<Base>: ColumnValue,
    {
        self.finish(None)
    }

    fn finish<R>(mut self, mut otherwise: Option<Node>) -> Expr<R> {
        let Some((_, first)) = self.branches.first() else {
            return Expr::invalid("a case without a condition");
        };
        let mut result = first.bind_type();
        if let BindType::Decimal { .. } = result {
            let values = self.branches.iter().map(|(_, value)| value);
            let scale = values.chain(&otherwise).map(Node::scale).max().unwrap_or(0);
            result = BindType::Decimal { scale };
            for value in self.branches.iter_mut().map(|(_, value)| value) {
                bring_to(value, scale);
            }
            otherwise
                .iter_mut()
                .for_each(|value| bring_to(value, scale));
        }
        Expr::from_node(Node::Case(Box::new(Case {
            branches: self.branches,
            otherwise,
            result,
        })))
    }
}

/// Gives a value of a case the digits of the longest one.
fn bring_to(value: &mut Node, scale: u8) {
    if !matches!(value, Node::Invalid(_)) {
        let node = std::mem::replace(value, Node::And(Vec::new()));
        *value = rescaled(node, scale);
    }
}

/// The greater of the two; NULL when one is NULL.
pub fn greatest<E: Expression>(left: E, right: impl IntoOperand<E::Value>) -> Expr<E::Value>
where
    E::Value: Ordered,
{
    extreme(Function::Greatest, left, right)
}

/// The lesser of the two; NULL when one is NULL.
pub fn least<E: Expression>(left: E, right: impl IntoOperand<E::Value>) -> Expr<E::Value>
where
    E::Value: Ordered,
{
    extreme(Function::Least, left, right)
}

fn extreme<E: Expression>(
    function: Function,
    left: E,
    right: impl IntoOperand<E::Value>,
) -> Expr<E::Value> {
    let (left, typing) = parts(left);
    let right = right.into_value_of(typing);
    let result: BindType = left.bind_type();
    Expr::from_node(Node::call(function, [left, right], result))
}
