//! What may stand behind IN.

use std::sync::Arc;

use super::select::{Body, Derived, Select};
use super::{Node, Operand, Query, Typing};
use crate::model::ColumnValue;
use crate::value::Value;

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
        let mut list = Listed::new(vec![typing]);
        for value in self {
            list.push([value.into_operand(typing)]);
        }
        list.into_node(vec![operand], negated)
    }
}

#[diagnostic::do_not_recommend]
impl<T: ColumnValue, M, O: ColumnValue<Base = T::Base>> InList<T, OfQuery> for Query<M, O> {
    fn into_in(self, operand: Node, typing: Typing, negated: bool) -> Node {
        of_query(self.into_select(), vec![operand], &[typing], negated)
    }
}

/// `operands [NOT] IN (SELECT …)`. Rows with NULL are left out: one of them would make NOT IN unknown for every row.
pub(super) fn of_query(
    mut query: Arc<Select>,
    operands: Vec<Node>,
    typings: &[Typing],
    negated: bool,
) -> Node {
    let items = query.items();
    for (item, typing) in items.iter().zip(typings) {
        if item.node.bind_type() != typing.bind_type() {
            return Node::Invalid(format!(
                "{}: compared with the values of a query that have another scale; to_decimal() changes it",
                typing.subject()
            ));
        }
    }
    if items.iter().any(|item| item.nullable) {
        drop(items);
        query = Arc::new(not_null(Arc::unwrap_or_clone(query)));
    }
    Node::InQuery {
        operands,
        query,
        negated,
    }
}

/// The rows of a query in which no value is NULL.
pub(crate) fn not_null(mut select: Select) -> Select {
    if !select.items().iter().any(|item| item.nullable) {
        return select;
    }
    if select.is_limited() {
        select = Derived::select(Body::of(select), "listed");
    }
    let there: Vec<Node> = (select.items().iter())
        .filter(|item| item.nullable)
        .map(|item| Node::IsNull {
            operand: Box::new(item.node.clone()),
            negated: true,
        })
        .collect();
    if select.is_grouped() {
        select.having.extend(there);
    } else {
        select.filter.extend(there);
    }
    select
}

/// A list on its way into a condition: as values as long as nothing but values comes.
pub(super) struct Listed {
    typings: Vec<Typing>,
    values: Vec<Value>,
    rows: Option<Vec<Vec<Node>>>,
    problem: Option<String>,
}

impl Listed {
    pub(super) fn new(typings: Vec<Typing>) -> Self {
        Self {
            typings,
            values: Vec::new(),
            rows: None,
            problem: None,
        }
    }

    /// Appends a row with a value of each typing.
    pub(super) fn push<const N: usize>(&mut self, row: [Node; N]) {
        for (node, typing) in row.iter().zip(&self.typings) {
            match node {
                // `x IN (NULL)` is never true and `x NOT IN (NULL)` neither: a trap on every engine.
                node if node.is_null() => {
                    self.problem.get_or_insert_with(|| {
                        format!(
                            "{}: a list must not hold None; ask by is_null()",
                            typing.subject()
                        )
                    });
                    return;
                }
                Node::Invalid(problem) => {
                    self.problem.get_or_insert_with(|| problem.clone());
                    return;
                }
                _ => {}
            }
        }
        let only_values = row.iter().all(|node| matches!(node, Node::Bind(_)));
        if self.rows.is_none() && only_values {
            for node in row {
                if let Node::Bind(bind) = node {
                    self.values.push(bind.value);
                }
            }
            return;
        }
        let (values, typings) = (&mut self.values, &self.typings);
        let rows = self.rows.get_or_insert_with(|| {
            let mut values = std::mem::take(values).into_iter();
            let mut rows = Vec::new();
            while values.len() > 0 {
                let row = typings
                    .iter()
                    .zip(values.by_ref())
                    .map(|(typing, value)| Node::bind(value, typing.bind_type()));
                rows.push(row.collect());
            }
            rows
        });
        rows.push(row.into());
    }

    /// The condition.
    pub(super) fn into_node(self, mut operands: Vec<Node>, negated: bool) -> Node {
        if let Some(problem) = self.problem {
            return Node::Invalid(problem);
        }
        match self.rows {
            None => Node::InValues {
                operands,
                types: self.typings.iter().map(Typing::bind_type).collect(),
                values: self.values.into(),
                negated,
                indexed: false,
            },
            Some(rows) if operands.len() == 1 => Node::In {
                operand: Box::new(operands.remove(0)),
                list: rows.into_iter().flatten().collect(),
                negated,
            },
            Some(rows) => Node::InRows {
                operands,
                rows,
                negated,
            },
        }
    }
}
