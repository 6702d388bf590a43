//! EXISTS to text.

use super::body::{Nothing, write_definitions};
use super::select::{Form, hint, one, write_formed, write_rows};
use super::{Scope, check};
use crate::Result;
use crate::Value;
use crate::backend::{AggregateFunction, BindType, StatementBuilder};
use crate::query::select::{Projection, Select};
use crate::query::{Aggregate, Comparison, Node};

/// Writes a query whose rows don't count, only whether there are any.
pub(super) fn write_exists(
    builder: &mut StatementBuilder<'_>,
    select: &Select,
    outer: &Scope<'_>,
) -> Result<()> {
    // A limit leaves a row where there is one; it takes an offset, or a limit of 0, to leave none.
    let limited = select.offset.is_some() || select.limit == Some(0);
    if limited && let Some(grouped) = in_groups(select)? {
        return write_formed(builder, &grouped, Some(outer), Form::Counted);
    }
    if limited && select.distinct {
        return write_apart(builder, select, outer);
    }
    if select.is_grouped() || select.distinct || limited {
        return write_formed(builder, select, Some(outer), Form::Counted);
    }
    if !outer.defined {
        write_definitions(builder, select)?;
    }
    builder.push("SELECT ");
    builder.push(hint(builder.dialect(), outer)).push("1");
    write_rows(builder, select, outer)
}

/// The query with groups that no engine leaves out. Of what only has to exist some do so with DISTINCT, and with GROUP BY
/// where no aggregate needs it; an offset would then count other rows.
fn in_groups(select: &Select) -> Result<Option<Select>> {
    let mut grouped = select.clone();
    if select.distinct {
        let window = |node: &Node| node.any(&mut |node| matches!(node, Node::Window(_)));
        let items = select.items();
        let hidden = items
            .iter()
            .any(|item| window(&item.node) || check::looks_outside(select, &item.node));
        if select.is_grouped() || hidden {
            return Ok(None);
        }
        check::documents(select, "distinct")?;
        grouped.distinct = false;
        let of_rows = |node: &&Node| !matches!(node, Node::Bind(_));
        grouped.group = match (&select.projection, select.model()) {
            // Rows of a model are told apart by its key.
            (Projection::Model, Some(model)) => {
                grouped.projection = one();
                let name = &select.source.name;
                let keys = model.key_fields();
                keys.map(|field| field.node_of(name.clone())).collect()
            }
            _ => {
                let nodes = items.iter().map(|item| &item.node);
                let rows: Vec<Node> = nodes.clone().filter(of_rows).cloned().collect();
                if rows.is_empty() {
                    nodes.take(1).cloned().collect()
                } else {
                    rows
                }
            }
        };
    } else if select.group.is_empty() {
        return Ok(None);
    }
    grouped.having.push(Node::Compare {
        left: Box::new(Node::Aggregate(Box::new(Aggregate {
            function: AggregateFunction::Count,
            arguments: Vec::new(),
            distinct: false,
            filter: None,
            order: Vec::new(),
            result: BindType::BigInt,
        }))),
        operator: Comparison::Greater,
        right: Box::new(Node::bind(Value::Integer(0), BindType::BigInt)),
    });
    Ok(Some(grouped))
}

/// Writes the query in parentheses of its own, from where it can't look at the query around.
fn write_apart(
    builder: &mut StatementBuilder<'_>,
    select: &Select,
    outer: &Scope<'_>,
) -> Result<()> {
    if !outer.defined {
        write_definitions(builder, select)?;
    }
    builder.push("SELECT 1 FROM (");
    let outside = Nothing::around(outer);
    let outside = outside.scope().with_definitions();
    write_formed(builder, select, Some(&outside), Form::Counted)?;
    builder.push(") AS ").identifier("counted");
    Ok(())
}
