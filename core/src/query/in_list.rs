//! What may stand behind IN.

use std::sync::Arc;

use super::{Node, Operand, Query, Typing};
use crate::model::ColumnValue;

/// Something that may stand behind `IN`: values, or a query for one value a row.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no list of values of type `{T}`",
    label = "expected values, or a query that selects one column of type `{T}`"
)]
pub trait InList<T, Marker> {
    /// The condition as plain data.
    #[doc(hidden)]
    fn into_in(self, operand: Node, typing: Typing, negated: bool) -> Node;
}

/// A list of values.
#[derive(Debug)]
pub struct OfValues;

/// A query.
#[derive(Debug)]
pub struct OfQuery;

#[diagnostic::do_not_recommend]
impl<T, O: Operand<T>, I: IntoIterator<Item = O>> InList<T, OfValues> for I {
    fn into_in(self, operand: Node, typing: Typing, negated: bool) -> Node {
        let list: Vec<Node> = self
            .into_iter()
            .map(|value| value.into_operand(typing))
            .collect();
        // `x IN (NULL)` is never true and `x NOT IN (NULL)` neither: a trap on every engine.
        if list.iter().any(Node::is_null) {
            return Node::Invalid(format!(
                "{}: a list must not hold None; ask by is_null()",
                typing.subject()
            ));
        }
        Node::In {
            operand: Box::new(operand),
            list,
            negated,
        }
    }
}

#[diagnostic::do_not_recommend]
impl<T: ColumnValue, M, O: ColumnValue<Base = T::Base>> InList<T, OfQuery> for Query<M, O> {
    fn into_in(self, operand: Node, typing: Typing, negated: bool) -> Node {
        let mut query = self.into_select();
        if query.value_type() != typing.bind_type() {
            return Node::Invalid(format!(
                "{}: compared with the values of a query that have another scale",
                typing.subject()
            ));
        }
        // One NULL would make NOT IN unknown for every row.
        if O::NULLABLE && negated {
            if query.is_limited() || query.is_grouped() {
                return Node::Invalid(format!(
                    "{}: not_in a query whose values may be NULL; leave NULL out by a filter and select by coalesce()",
                    typing.subject()
                ));
            }
            let value = query.items()[0].node.clone();
            Arc::make_mut(&mut query).filter.push(Node::IsNull {
                operand: Box::new(value),
                negated: true,
            });
        }
        Node::InQuery {
            operands: vec![operand],
            query,
            negated,
        }
    }
}
