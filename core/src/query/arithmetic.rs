//! Arithmetic.

use std::ops;

use rust_decimal::Decimal;

use super::typing::MOST_DIGITS;
use super::{Aggregated, Column, Expr, Expression, Labelled, Node, Typing};
use crate::backend::{BindType, Function};
use crate::model::{ColumnValue, Kind};

/// Numbers: whole ones, `f64`, `Decimal`, and `Option` of these.
///
/// Whole numbers are computed as `i64`, whatever their columns hold; a result out of its range is an error on every
/// engine, and so is an infinite `f64`. Decimals are exact; one of more than 18 digits, the point left out, comes out whole
/// or is an error. Two things are left to the engine: the last digits of a sum of many `f64`, which depend on the order in
/// which they are added, and a product or quotient of `f64` so near to zero that it would be stored as 0, which PostgreSQL
/// refuses.
#[diagnostic::on_unimplemented(message = "`{Self}` is not a number", label = "not a number")]
pub trait Number: ColumnValue {
    /// The type of sums and products.
    type Wide: Number;
    /// The type of exact quotients.
    type Quotient: Number;
}

/// Something that can be added to an `L`, subtracted from it, multiplied with it or divide it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be combined with a number of type `{L}`",
    label = "expected a number of the same kind: whole, f64 or Decimal",
    note = "bring one to the kind of the other: `.to_double()`, `.to_decimal(scale)`; a whole number is an `i64`: `i64::from(n)`"
)]
pub trait NumberOperand<L> {
    /// The type of the result: an `Option` when either may be NULL.
    type Output: Number;
    /// The operand as plain data.
    #[doc(hidden)]
    fn into_number(self) -> Node;
}

macro_rules! numbers {
    ($($type:ty => $wide:ty, $quotient:ty;)*) => {$(
        impl Number for $type {
            type Wide = $wide;
            type Quotient = $quotient;
        }
        impl Number for Option<$type> {
            type Wide = $wide;
            type Quotient = $quotient;
        }
    )*};
}

numbers! {
    i16 => i64, f64;
    i32 => i64, f64;
    i64 => i64, f64;
    f64 => f64, f64;
    Decimal => Decimal, Decimal;
}

// Of whole numbers only `i64`: were there several, `(age + 1).gt(18)` would take its literals for `i32`, and the sum
// is none.
macro_rules! values {
    ($($left:ty: $($right:ty),+ => $wide:ty;)*) => {$($(
        #[diagnostic::do_not_recommend]
        impl NumberOperand<$left> for $right {
            type Output = $wide;
            fn into_number(self) -> Node {
                number(self)
            }
        }
        #[diagnostic::do_not_recommend]
        impl NumberOperand<Option<$left>> for $right {
            type Output = Option<$wide>;
            fn into_number(self) -> Node {
                number(self)
            }
        }
    )+)*};
}

values! {
    i16: i64 => i64;
    i32: i64 => i64;
    i64: i64 => i64;
    f64: f64 => f64;
    Decimal: Decimal => Decimal;
}

/// A number as it stands, with the digits that it has.
fn number<T: ColumnValue>(value: T) -> Node {
    let kind = match T::KIND {
        Kind::SmallInt | Kind::Integer => Kind::BigInt,
        kind => kind,
    };
    Typing::any_scale(kind).operand(value.into_value())
}

/// What a sum of the expression is.
pub(super) fn widened(node: &Node) -> BindType {
    match node.bind_type() {
        BindType::SmallInt | BindType::Integer => BindType::BigInt,
        other => other,
    }
}

/// What a quotient with the expression on top is.
pub(super) fn quotient(node: &Node) -> BindType {
    match node.bind_type() {
        // As many more digits as MySQL gives.
        BindType::Decimal { scale } => BindType::Decimal {
            scale: (scale + 4).min(MOST_DIGITS),
        },
        _ => BindType::Double,
    }
}

/// Brings both to one scale.
fn aligned(left: Node, right: Node) -> (Node, Node, BindType) {
    let result = widened(&left);
    let (BindType::Decimal { scale: own }, BindType::Decimal { scale: other }) =
        (result, right.bind_type())
    else {
        return (left, right, result);
    };
    let scale = own.max(other);
    (
        rescaled(left, scale),
        rescaled(right, scale),
        BindType::Decimal { scale },
    )
}

/// The decimal with more digits behind the point.
pub(super) fn rescaled(node: Node, scale: u8) -> Node {
    if node.scale() == scale {
        return node;
    }
    if let Node::Bind(bind) = &node
        && let crate::Value::Decimal(mut number) = bind.value
    {
        number.rescale(u32::from(scale));
        return Node::bind(crate::Value::Decimal(number), BindType::Decimal { scale });
    }
    Node::call(Function::Cast, [node], BindType::Decimal { scale })
}

fn sum<T>(function: Function, left: Node, right: Node) -> Expr<T> {
    let (left, right, result) = aligned(left, right);
    Expr::from_node(Node::call(function, [left, right], result))
}

fn product<T>(left: Node, right: Node) -> Expr<T> {
    let result = match (widened(&left), right.bind_type()) {
        (BindType::Decimal { scale: left }, BindType::Decimal { scale: right }) => {
            let scale = left + right;
            if scale > MOST_DIGITS {
                return Expr::invalid(format!(
                    "a product with {scale} digits behind the point, at most {MOST_DIGITS} on every engine; round() a factor first"
                ));
            }
            BindType::Decimal { scale }
        }
        (other, _) => other,
    };
    Expr::from_node(Node::call(Function::Multiply, [left, right], result))
}

macro_rules! operators {
    ($([$($generics:tt)*] $of:ident<$($parameter:ident),* => $value:ident>;)*) => {$(
        #[diagnostic::do_not_recommend]
        impl<$($generics)* $value: Number, L: Number<Wide = $value::Wide>> NumberOperand<L> for $of<$($parameter,)* $value>
        where
            $value::As<L::As<L::Wide>>: Number,
        {
            type Output = $value::As<L::As<L::Wide>>;

            fn into_number(self) -> Node {
                self.into_node()
            }
        }

        impl<$($generics)* $value: Number, R: NumberOperand<$value>> ops::Add<R> for $of<$($parameter,)* $value> {
            type Output = Expr<R::Output>;

            fn add(self, other: R) -> Self::Output {
                sum(Function::Add, self.into_node(), other.into_number())
            }
        }

        impl<$($generics)* $value: Number, R: NumberOperand<$value>> ops::Sub<R> for $of<$($parameter,)* $value> {
            type Output = Expr<R::Output>;

            fn sub(self, other: R) -> Self::Output {
                sum(Function::Subtract, self.into_node(), other.into_number())
            }
        }

        impl<$($generics)* $value: Number, R: NumberOperand<$value>> ops::Mul<R> for $of<$($parameter,)* $value> {
            type Output = Expr<R::Output>;

            fn mul(self, other: R) -> Self::Output {
                product(self.into_node(), other.into_number())
            }
        }

        /// Exact: 5 / 2 is 2.5. Of whole numbers an `f64`, of decimals one with four more digits, rounded half away from
        /// zero. Division by zero gives `None`.
        impl<$($generics)* $value: Number, R: NumberOperand<$value>> ops::Div<R> for $of<$($parameter,)* $value> {
            type Output = Expr<Option<$value::Quotient>>;

            fn div(self, other: R) -> Self::Output {
                let left = self.into_node();
                let result = quotient(&left);
                Expr::from_node(Node::call(Function::Divide, [left, other.into_number()], result))
            }
        }

        /// What [`NumberExpression::int_div`] leaves, with the sign of the dividend; `None` of a division by zero.
        impl<$($generics)* $value: Number<Wide = i64>, R: NumberOperand<$value>> ops::Rem<R> for $of<$($parameter,)* $value> {
            type Output = Expr<Option<i64>>;

            fn rem(self, other: R) -> Self::Output {
                Expr::from_node(Node::call(
                    Function::Remainder,
                    [self.into_node(), other.into_number()],
                    BindType::BigInt,
                ))
            }
        }

        impl<$($generics)* $value: Number> ops::Neg for $of<$($parameter,)* $value> {
            type Output = Expr<$value::As<$value::Wide>>;

            fn neg(self) -> Self::Output {
                let node = self.into_node();
                let result = widened(&node);
                Expr::from_node(Node::call(Function::Negate, [node], result))
            }
        }
    )*};
}

operators! {
    [M,] Column<M => T>;
    [] Expr< => T>;
    [] Aggregated< => T>;
    [] Labelled< => T>;
}

/// What else can be done with a number.
///
/// ```
/// # extern crate birgus_core as birgus;
/// use birgus::prelude::*;
/// # #[derive(Model)]
/// # pub struct Line { #[key] pub id: i64, pub count: i32, #[column(precision = 10, scale = 2)] pub price: Decimal }
///
/// # fn main() {
/// let total = Line::price * Line::count.to_decimal(0);
/// let dozens = Line::count.int_div(12);       // 30 → 2
/// let exact = Line::count / 12;               // 30 → 2.5
/// let query = Line::query().select((total.round(1), dozens, exact)).filter((Line::count + 1).gt(3));
/// # let _ = query;
/// # }
/// ```
pub trait NumberExpression: Expression {
    /// The whole number of times that the other goes into this, rounded towards zero; `None` when it is zero.
    fn int_div<R: NumberOperand<Self::Value>>(self, other: R) -> Expr<Option<i64>>
    where
        Self::Value: Number<Wide = i64>,
    {
        Expr::from_node(Node::call(
            Function::IntegerDivide,
            [self.into_node(), other.into_number()],
            BindType::BigInt,
        ))
    }

    /// The absolute value.
    fn abs(self) -> Expr<<Self::Value as ColumnValue>::As<<Self::Value as Number>::Wide>>
    where
        Self::Value: Number,
    {
        let node = self.into_node();
        let result = widened(&node);
        Expr::from_node(Node::call(Function::Absolute, [node], result))
    }

    /// The decimal rounded to so many digits behind the point, half away from zero. There is none for `f64`: engines
    /// round 2.5 each in its way; [`NumberExpression::floor`] and [`NumberExpression::ceil`] agree.
    fn round(self, scale: u8) -> Expr<Self::Value>
    where
        Self::Value: Number<Wide = Decimal>,
    {
        let node = self.into_node();
        if scale >= node.scale() {
            return Expr::from_node(node);
        }
        Expr::from_node(Node::call(
            Function::Round,
            [node],
            BindType::Decimal { scale },
        ))
    }

    /// The greatest whole number that is not above the value.
    fn floor(self) -> Expr<Self::Value>
    where
        Self::Value: Number<Wide = <Self::Value as Number>::Quotient>,
    {
        whole(Function::Floor, self.into_node())
    }

    /// The least whole number that is not below the value.
    fn ceil(self) -> Expr<Self::Value>
    where
        Self::Value: Number<Wide = <Self::Value as Number>::Quotient>,
    {
        whole(Function::Ceiling, self.into_node())
    }

    /// The nearest `f64`.
    fn to_double(self) -> Expr<<Self::Value as ColumnValue>::As<f64>>
    where
        Self::Value: Number,
    {
        let node = self.into_node();
        if node.bind_type() == BindType::Double {
            return Expr::from_node(node);
        }
        Expr::from_node(Node::call(Function::Cast, [node], BindType::Double))
    }

    /// The whole number or decimal as a decimal with so many digits behind the point; fewer than it has are got by
    /// [`NumberExpression::round`].
    fn to_decimal(self, scale: u8) -> Expr<<Self::Value as ColumnValue>::As<Decimal>>
    where
        Self::Value: Number + Exact,
    {
        let node = self.into_node();
        if scale > MOST_DIGITS || scale < node.scale() {
            return Expr::invalid(format!(
                "to_decimal({scale}): from {} to {MOST_DIGITS} digits behind the point",
                node.scale()
            ));
        }
        if matches!(node.bind_type(), BindType::Decimal { .. }) {
            return Expr::from_node(rescaled(node, scale));
        }
        Expr::from_node(Node::call(
            Function::Cast,
            [node],
            BindType::Decimal { scale },
        ))
    }

    /// The number as text, as Rust writes it: `-12`, `12.50`.
    fn to_text(self) -> Expr<<Self::Value as ColumnValue>::As<String>>
    where
        Self::Value: Number + Exact,
    {
        Expr::from_node(Node::call(
            Function::Cast,
            [self.into_node()],
            BindType::Text,
        ))
    }
}

impl<E: Expression> NumberExpression for E {}

/// Numbers without rounding: whole ones and decimals.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not exact",
    label = "not a whole number or a Decimal"
)]
pub trait Exact {}

macro_rules! exact {
    ($($type:ty),*) => {$(
        impl Exact for $type {}
        impl Exact for Option<$type> {}
    )*};
}

exact!(i16, i32, i64, Decimal);

fn whole<T>(function: Function, node: Node) -> Expr<T> {
    let result = match node.bind_type() {
        BindType::Decimal { .. } => BindType::Decimal { scale: 0 },
        other => other,
    };
    Expr::from_node(Node::call(function, [node], result))
}

/// A value as an expression of its own, for where there is no column beside it: `value(1)`.
pub fn value<T: ColumnValue>(value: T) -> Expr<T> {
    Expr::from_node(Typing::any_scale(T::KIND).operand(value.into_value()))
}
