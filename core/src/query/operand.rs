//! What may stand on the other side of an expression.

use super::{Aggregated, Column, Expr, Expression, Labelled, Node, Typing};
use crate::backend::BindType;
use crate::model::ColumnValue;

/// Something that an expression of type `T` can be compared with: a value, or another expression of that type. Either
/// may be an `Option`, save a value that is compared with what can't be NULL.
#[diagnostic::on_unimplemented(
    message = "an expression of type `{T}` can't be compared with `{Self}`",
    label = "expected a value, a column or an expression of type `{T}`"
)]
pub trait Operand<T> {
    /// The operand as plain data; `typing` is that of the expression that it is compared with.
    #[doc(hidden)]
    fn into_operand(self, typing: Typing) -> Node;
}

/// Something whose value is a `T`: a value, or an expression of that type.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not give a `{T}`",
    label = "expected a value, a column or an expression of type `{T}`"
)]
pub trait IntoOperand<T> {
    /// The operand as plain data; `typing` is that of the expression that it is combined with.
    #[doc(hidden)]
    fn into_value_of(self, typing: Typing) -> Node;
}

/// An expression that another one is compared or combined with.
pub(super) fn expression<E: Expression>(expression: E, typing: Typing) -> Node {
    let node = expression.into_node();
    if let BindType::Decimal { scale } = node.bind_type() {
        // An engine without exact numbers stores them scaled, and would compare 1.5 of one scale with 150 of another.
        if scale != typing.scale && !typing.any_scale {
            let other = Typing::of::<E::Value>(&node);
            let done = if typing.stored {
                "set to"
            } else {
                "compared with"
            };
            return Node::Invalid(format!(
                "{}: {done} {}, which has another scale; bring one to the scale of the other by to_decimal()",
                typing.subject(),
                other.subject()
            ));
        }
    }
    node
}

macro_rules! operands {
    ($([$($generics:tt)*] $of:ident<$($parameter:ident),* => $value:ident>;)*) => {$(
        #[diagnostic::do_not_recommend]
        impl<$($generics)* $value: ColumnValue> Operand<$value> for $of<$($parameter,)* $value> {
            fn into_operand(self, typing: Typing) -> Node {
                expression(self, typing)
            }
        }

        #[diagnostic::do_not_recommend]
        impl<$($generics)* $value: ColumnValue> Operand<Option<$value>> for $of<$($parameter,)* $value>
        where
            Option<$value>: ColumnValue,
        {
            fn into_operand(self, typing: Typing) -> Node {
                expression(self, typing)
            }
        }

        #[diagnostic::do_not_recommend]
        impl<$($generics)* $value: ColumnValue> Operand<$value> for $of<$($parameter,)* Option<$value>>
        where
            Option<$value>: ColumnValue,
        {
            fn into_operand(self, typing: Typing) -> Node {
                expression(self, typing)
            }
        }

        #[diagnostic::do_not_recommend]
        impl<$($generics)* $value: ColumnValue> IntoOperand<$value> for $of<$($parameter,)* $value> {
            fn into_value_of(self, typing: Typing) -> Node {
                expression(self, typing)
            }
        }

        #[diagnostic::do_not_recommend]
        impl<$($generics)* $value: ColumnValue> IntoOperand<Option<$value>> for $of<$($parameter,)* $value>
        where
            Option<$value>: ColumnValue,
        {
            fn into_value_of(self, typing: Typing) -> Node {
                expression(self, typing)
            }
        }
    )*};
}

operands! {
    [M,] Column<M => T>;
    [] Expr< => T>;
    [] Aggregated< => T>;
    [] Labelled< => T>;
}
