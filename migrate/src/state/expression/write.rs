//! Expressions to text.

use std::fmt::Write as _;

use birgus_core::backend::BindType;
use birgus_core::query::Node;
use birgus_core::{Error, Result, Value};

use super::{COMPARISONS, TYPES, function_name};

/// Writes an expression of a table.
///
/// # Errors
///
/// `is_unsupported()` for what no table can hold: a query, an aggregate, a document's path.
pub(crate) fn write(node: &Node) -> Result<String> {
    let mut out = String::new();
    put(&mut out, node)?;
    Ok(out)
}

fn put(out: &mut String, node: &Node) -> Result<()> {
    match node {
        Node::Column(column) => put_name(out, &column.name),
        Node::Bind(bind) => put_value(out, &bind.value, bind.bind_type)?,
        Node::Compare {
            left,
            operator,
            right,
        } => {
            let name = COMPARISONS.iter().find(|(_, known)| known == operator);
            call(out, name.map_or("eq", |(name, _)| name), &[left, right])?;
        }
        Node::And(nodes) => call(out, "and", &nodes.iter().collect::<Vec<_>>())?,
        Node::Or(nodes) => call(out, "or", &nodes.iter().collect::<Vec<_>>())?,
        Node::Not(operand) => call(out, "not", &[operand])?,
        Node::IsNull { operand, negated } => {
            call(
                out,
                if *negated { "is_not_null" } else { "is_null" },
                &[operand],
            )?;
        }
        Node::Between {
            operand,
            low,
            high,
            negated,
        } => {
            let name = if *negated { "not_between" } else { "between" };
            call(out, name, &[operand, low, high])?;
        }
        Node::Like {
            operand,
            pattern,
            negated,
        } => call(
            out,
            if *negated { "not_like" } else { "like" },
            &[operand, pattern],
        )?,
        Node::In {
            operand,
            list,
            negated,
        } => {
            let mut arguments = vec![operand.as_ref()];
            arguments.extend(list);
            call(out, if *negated { "not_in" } else { "in" }, &arguments)?;
        }
        Node::InValues {
            operands,
            types,
            values,
            negated,
            ..
        } if operands.len() == 1 => {
            let list: Vec<Node> = (values.iter())
                .zip(types.iter().cycle())
                .map(|(value, bind_type)| Node::bind(value.clone(), *bind_type))
                .collect();
            let arguments: Vec<&Node> = operands.iter().chain(&list).collect();
            call(out, if *negated { "not_in" } else { "in" }, &arguments)?;
        }
        Node::Call(inner) => {
            out.push_str(&function_name(&inner.function)?);
            out.push(':');
            put_type(out, inner.result);
            arguments(out, &inner.arguments.iter().collect::<Vec<_>>())?;
        }
        Node::Case(case) => {
            out.push_str("case:");
            put_type(out, case.result);
            let mut parts = Vec::new();
            for (condition, value) in &case.branches {
                parts.extend([condition, value]);
            }
            parts.extend(&case.otherwise);
            arguments(out, &parts)?;
        }
        Node::Invalid(problem) => return Err(Error::invalid_query(problem.clone())),
        _ => {
            return Err(Error::unsupported(
                "a table's expression is over the columns of its row: no query, aggregate or window",
            ));
        }
    }
    Ok(())
}

fn call(out: &mut String, name: &str, nodes: &[&Node]) -> Result<()> {
    out.push_str(name);
    arguments(out, nodes)
}

fn arguments(out: &mut String, nodes: &[&Node]) -> Result<()> {
    out.push('(');
    for (position, node) in nodes.iter().enumerate() {
        if position > 0 {
            out.push_str(", ");
        }
        put(out, node)?;
    }
    out.push(')');
    Ok(())
}

/// A type as expressions name it.
pub(crate) fn type_name(bind_type: BindType) -> String {
    let mut name = String::new();
    put_type(&mut name, bind_type);
    name
}

fn put_type(out: &mut String, bind_type: BindType) {
    match bind_type {
        BindType::Decimal { scale } => {
            let _ = write!(out, "decimal({scale})");
        }
        other => {
            let known = TYPES.iter().find(|(_, known)| *known == other);
            out.push_str(known.map_or("text", |(name, _)| name));
        }
    }
}

/// A name; one that could be taken for something else is quoted.
pub(crate) fn put_name(out: &mut String, name: &str) {
    let mut letters = name.chars();
    let starts = |letter: char| letter.is_ascii_alphabetic() || letter == '_';
    let plain = letters.next().is_some_and(starts)
        && letters.all(|letter| starts(letter) || letter.is_ascii_digit())
        && !matches!(name, "true" | "false" | "null");
    if plain {
        out.push_str(name);
        return;
    }
    out.push('`');
    out.push_str(&name.replace('`', "``"));
    out.push('`');
}

fn put_value(out: &mut String, value: &Value, bind_type: BindType) -> Result<()> {
    let quoted = |out: &mut String, text: &str| {
        out.push_str(&serde_json::Value::String(text.to_owned()).to_string());
    };
    let plain = match value {
        Value::Null => {
            out.push_str("null");
            None
        }
        Value::Boolean(value) => {
            let _ = write!(out, "{value}");
            Some(BindType::Boolean)
        }
        Value::Integer(number) => {
            let _ = write!(out, "{number}");
            Some(BindType::BigInt)
        }
        Value::Double(number) => {
            let _ = write!(out, "{number:?}");
            Some(BindType::Double)
        }
        Value::Text(text) => {
            quoted(out, text);
            Some(BindType::Text)
        }
        Value::Decimal(number) => {
            quoted(out, &number.to_string());
            None
        }
        Value::Date(day) => {
            quoted(out, &day.format("%Y-%m-%d").to_string());
            None
        }
        Value::Time(time) => {
            quoted(out, &time.format("%H:%M:%S%.6f").to_string());
            None
        }
        Value::DateTime(moment) => {
            quoted(out, &moment.format("%Y-%m-%dT%H:%M:%S%.6f").to_string());
            None
        }
        Value::Timestamp(moment) => {
            quoted(out, &moment.format("%Y-%m-%dT%H:%M:%S%.6fZ").to_string());
            None
        }
        Value::Uuid(uuid) => {
            quoted(out, &uuid.to_string());
            None
        }
        Value::Binary(bytes) => {
            let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            quoted(out, &hex);
            None
        }
        Value::Json(document) => {
            quoted(out, document);
            None
        }
        _ => {
            return Err(Error::unsupported(
                "a list of values has no form in a revision file",
            ));
        }
    };
    if plain != Some(bind_type) {
        out.push(':');
        put_type(out, bind_type);
    }
    Ok(())
}
