//! Expressions to text.

use super::{Sink, call, check, window};
use crate::backend::{BindType, Function, ValueList};
use crate::query::select::{Body, Derived};
use crate::query::{Call, Comparison, Node};
use crate::value::Value;
use crate::{Error, Result};

/// Writes an expression.
pub(crate) fn write(sink: &mut dyn Sink<'_>, node: &Node) -> Result<()> {
    if !matches!(node, Node::Bind(_) | Node::Invalid(_))
        && let Some(column) = sink.substitute(node)
    {
        return sink.column(&column);
    }
    match node {
        Node::Column(column) => sink.column(column)?,
        Node::Bind(bind) => sink.value(&bind.value, bind.bind_type),
        Node::Invalid(message) => return Err(Error::invalid_query(message.clone())),
        Node::Position {
            operand: value,
            list,
        } => {
            sink.push("CASE ");
            operand(sink, value)?;
            for (position, text) in list.iter().enumerate() {
                sink.push(" WHEN ");
                sink.value(&Value::Text((*text).to_owned()), BindType::Text);
                sink.push(&format!(" THEN {position}"));
            }
            sink.push(" END");
        }
        Node::Compare {
            left,
            operator,
            right,
        } => compare(sink, left, *operator, right)?,
        Node::And(nodes) => junction(sink, nodes, " AND ", "1 = 1")?,
        Node::Or(nodes) => junction(sink, nodes, " OR ", "1 = 0")?,
        Node::Not(inner) => {
            sink.push("NOT (");
            write(sink, inner)?;
            sink.push(")");
        }
        Node::InValues {
            values, negated, ..
        } if values.is_empty() => constant(sink, *negated)?,
        Node::InValues {
            operands,
            types,
            values,
            negated,
            indexed,
        } => {
            looked_for(sink, operands)?;
            sink.list(&ValueList::new(types, values, *negated).by_index(*indexed))?;
        }
        Node::In { list, negated, .. } if list.is_empty() => constant(sink, *negated)?,
        Node::In {
            operand: value,
            list,
            negated,
        } => {
            subject(sink, value)?;
            sink.push(if *negated { " NOT IN " } else { " IN " });
            row(sink, list)?;
            sink.vary();
        }
        Node::InRows { rows, negated, .. } if rows.is_empty() => constant(sink, *negated)?,
        Node::InRows {
            operands,
            rows,
            negated,
        } => in_rows(sink, operands, rows, *negated)?,
        Node::InQuery {
            operands,
            query,
            negated,
        } => {
            check::listed(query)?;
            looked_for(sink, operands)?;
            sink.push(if *negated { " NOT IN (" } else { " IN (" });
            if query.is_limited() && !sink.dialect().capabilities().limit_in_subquery {
                sink.select(&Derived::select(
                    Body::of(query.as_ref().clone()),
                    "limited",
                ))?;
            } else {
                sink.select(query)?;
            }
            sink.push(")");
        }
        Node::Exists(query) => {
            sink.push("EXISTS (");
            sink.exists(query)?;
            sink.push(")");
        }
        Node::Subquery(query) => {
            check::at_most_one_row(query)?;
            sink.push("(");
            sink.select(query)?;
            sink.push(")");
        }
        Node::Between {
            operand: value,
            low,
            high,
            negated,
        } => {
            subject(sink, value)?;
            sink.push(if *negated {
                " NOT BETWEEN "
            } else {
                " BETWEEN "
            });
            operand(sink, low)?;
            sink.push(" AND ");
            operand(sink, high)?;
        }
        Node::IsNull {
            operand: value,
            negated,
        } => {
            subject(sink, value)?;
            sink.push(if *negated { " IS NOT NULL" } else { " IS NULL" });
        }
        Node::Like {
            operand: value,
            pattern,
            negated,
        } => {
            subject(sink, value)?;
            sink.push(if *negated { " NOT LIKE " } else { " LIKE " });
            operand(sink, pattern)?;
            sink.push(" ESCAPE ");
            sink.push(sink.like_escape());
        }
        Node::Call(inner) => call::write_call(sink, inner, false)?,
        Node::Case(case) => {
            sink.push("CASE");
            for (condition, value) in &case.branches {
                sink.push(" WHEN ");
                write(sink, condition)?;
                sink.push(" THEN ");
                write_alone(sink, value)?;
            }
            if let Some(value) = &case.otherwise {
                sink.push(" ELSE ");
                write_alone(sink, value)?;
            }
            sink.push(" END");
        }
        Node::Aggregate(aggregate) => call::write_aggregate(sink, aggregate, None)?,
        Node::Window(inner) => window::write_window(sink, inner)?,
    }
    Ok(())
}

/// Writes what stands for a whole expression: a condition that is unknown is false, as a filter takes it.
pub(super) fn write_alone(sink: &mut dyn Sink<'_>, node: &Node) -> Result<()> {
    if may_be_unknown(node) && sink.substitute(node).is_none() {
        sink.push("COALESCE(");
        write(sink, node)?;
        sink.push(", 1 = 0)");
        return Ok(());
    }
    write_typed(sink, node)
}

/// Writes what takes its type from nothing around it: a bound value says its own.
pub(super) fn write_typed(sink: &mut dyn Sink<'_>, node: &Node) -> Result<()> {
    let Node::Bind(bind) = node else {
        return write(sink, node);
    };
    let itself = Call {
        function: Function::Cast,
        arguments: vec![node.clone()],
        result: bind.bind_type,
    };
    call::write_call(sink, &itself, false)
}

/// Whether it is a condition that NULL makes unknown.
fn may_be_unknown(node: &Node) -> bool {
    matches!(
        node,
        Node::Compare {
            operator: Comparison::Equal
                | Comparison::NotEqual
                | Comparison::Less
                | Comparison::LessOrEqual
                | Comparison::Greater
                | Comparison::GreaterOrEqual,
            ..
        } | Node::And(_)
            | Node::Or(_)
            | Node::Not(_)
            | Node::In { .. }
            | Node::InRows { .. }
            | Node::InQuery { .. }
            | Node::Between { .. }
            | Node::Like { .. }
    ) || matches!(node, Node::Call(call) if looks_for_part(&call.function))
}

/// Whether the operation is a condition on a text and a part of it, either of which may be NULL.
fn looks_for_part(function: &Function) -> bool {
    matches!(
        function,
        Function::Contains | Function::StartsWith | Function::EndsWith
    )
}

/// Writes a part of a larger expression: in parentheses unless it is a column, a value, or holds together by itself.
pub(super) fn operand(sink: &mut dyn Sink<'_>, node: &Node) -> Result<()> {
    if matches!(
        node,
        Node::Column(_)
            | Node::Bind(_)
            | Node::Invalid(_)
            | Node::Position { .. }
            | Node::Subquery(_)
            | Node::Case(_)
            | Node::Aggregate(_)
    ) || sink.substitute(node).is_some()
    {
        return write(sink, node);
    }
    sink.push("(");
    write(sink, node)?;
    sink.push(")");
    Ok(())
}

/// Writes what something is compared with. A bound value says its type: from another one beside it MySQL takes none, and
/// compares texts as numbers.
fn subject(sink: &mut dyn Sink<'_>, node: &Node) -> Result<()> {
    match node {
        Node::Bind(_) => write_typed(sink, node),
        _ => operand(sink, node),
    }
}

/// A condition that is true, or false. Where an engine does not read the table that it changes it is sent as a value:
/// MySQL leaves out what a constant decides, and then takes the table for one that stands beside the changed one.
fn constant(sink: &mut dyn Sink<'_>, value: bool) -> Result<()> {
    if sink.dialect().capabilities().reads_changed_table {
        sink.push(if value { "1 = 1" } else { "1 = 0" });
        return Ok(());
    }
    write_typed(sink, &Node::bind(Value::Boolean(value), BindType::Boolean))
}

fn compare(sink: &mut dyn Sink<'_>, left: &Node, operator: Comparison, right: &Node) -> Result<()> {
    use crate::backend::NullSafeEquality::{DistinctFrom, Is, Spaceship};

    let sql = match operator {
        Comparison::Distinct | Comparison::NotDistinct => {
            let distinct = operator == Comparison::Distinct;
            match sink.dialect().capabilities().null_safe_equality {
                DistinctFrom if distinct => " IS DISTINCT FROM ",
                DistinctFrom => " IS NOT DISTINCT FROM ",
                Is if distinct => " IS NOT ",
                Is => " IS ",
                Spaceship if distinct => {
                    sink.push("NOT (");
                    subject(sink, left)?;
                    sink.push(" <=> ");
                    operand(sink, right)?;
                    sink.push(")");
                    return Ok(());
                }
                Spaceship => " <=> ",
            }
        }
        Comparison::Equal => " = ",
        Comparison::NotEqual => " <> ",
        Comparison::Less => " < ",
        Comparison::LessOrEqual => " <= ",
        Comparison::Greater => " > ",
        Comparison::GreaterOrEqual => " >= ",
    };
    subject(sink, left)?;
    sink.push(sql);
    operand(sink, right)
}

/// What stands before IN.
fn looked_for(sink: &mut dyn Sink<'_>, operands: &[Node]) -> Result<()> {
    match operands {
        [only] => subject(sink, only),
        several => row(sink, several),
    }
}

/// `(a, b)`
fn row(sink: &mut dyn Sink<'_>, nodes: &[Node]) -> Result<()> {
    sink.push("(");
    for (position, node) in nodes.iter().enumerate() {
        if position > 0 {
            sink.push(", ");
        }
        write(sink, node)?;
    }
    sink.push(")");
    Ok(())
}

fn in_rows(
    sink: &mut dyn Sink<'_>,
    operands: &[Node],
    rows: &[Vec<Node>],
    negated: bool,
) -> Result<()> {
    row(sink, operands)?;
    let values = sink.dialect().capabilities().row_list_needs_values;
    sink.push(if negated { " NOT IN (" } else { " IN (" });
    if values {
        sink.push("VALUES ");
    }
    for (position, values) in rows.iter().enumerate() {
        if position > 0 {
            sink.push(", ");
        }
        row(sink, values)?;
    }
    sink.push(")");
    sink.vary();
    Ok(())
}

/// From so many conditions on they are written in groups: an engine may parse a chain of them one inside of the other, and
/// refuse it for its depth (SQLite's is 1,000, <https://sqlite.org/limits.html>).
const MANY: usize = 200;

fn junction(sink: &mut dyn Sink<'_>, nodes: &[Node], word: &str, empty: &str) -> Result<()> {
    match nodes {
        [] => sink.push(empty),
        [only] => write(sink, only)?,
        _ if nodes.len() > MANY => {
            for (position, group) in nodes.chunks(nodes.len().isqrt()).enumerate() {
                sink.push(if position > 0 { word } else { "" });
                sink.push("(");
                chain(sink, group, word)?;
                sink.push(")");
            }
        }
        _ => chain(sink, nodes, word)?,
    }
    Ok(())
}

fn chain(sink: &mut dyn Sink<'_>, nodes: &[Node], word: &str) -> Result<()> {
    for (position, node) in nodes.iter().enumerate() {
        if position > 0 {
            sink.push(word);
        }
        // An AND inside an AND keeps its meaning without parentheses; everything that binds less tightly doesn't.
        if matches!(node, Node::And(_) | Node::Or(_) | Node::Not(_)) {
            operand(sink, node)?;
        } else {
            write(sink, node)?;
        }
    }
    Ok(())
}

/// Writes conditions that must all be true; there is one at least.
pub(super) fn all_of(sink: &mut dyn Sink<'_>, conditions: &[Node]) -> Result<()> {
    if conditions.len() > MANY {
        return junction(sink, conditions, " AND ", "");
    }
    for (position, node) in conditions.iter().enumerate() {
        if position > 0 {
            sink.push(" AND ");
        }
        if conditions.len() > 1 && matches!(node, Node::Or(_)) {
            operand(sink, node)?;
        } else {
            write(sink, node)?;
        }
    }
    Ok(())
}
