//! What the database may compute for a column: only what every engine takes, and computes alike.

use super::{Column, ReferentialAction, Table};
use crate::backend::{BindType, Function};
use crate::query::Node;
use crate::{Error, Result};

/// Checks the expressions of a table's columns.
///
/// # Errors
///
/// `is_invalid_model()`, naming `table.column` and the rule.
pub(super) fn validate_expressions(table: &Table) -> Result<()> {
    for column in &table.columns {
        let problem = problem_of(table, column);
        if let Some(problem) = problem {
            return Err(Error::invalid_model(
                format!("{}.{}", table.name, column.name),
                problem,
            ));
        }
    }
    Ok(())
}

fn problem_of(table: &Table, column: &Column) -> Option<String> {
    if let Some(computed) = &column.computed {
        let problem = place_of_computed(table, column).map(str::to_owned);
        return problem.or_else(|| {
            let node = computed.expression.as_deref()?;
            (looks_at(table, column, node))
                .or_else(|| not_portable(node))
                .or_else(|| other_type(column, node))
                .map(|problem| format!("computed: {problem}"))
        });
    }
    let default = column.default.as_ref()?;
    if column.identity || table.primary_key.contains(&column.name) {
        return Some("a key has no default_sql: the program must know the key of a new row".into());
    }
    let node = default.expression.as_deref()?;
    let reads = (!node.columns().is_empty())
        .then(|| "a default can't look at columns, not even at those of its own row".to_owned());
    reads
        .or_else(|| not_portable(node))
        .or_else(|| other_type(column, node))
        .map(|problem| format!("default_sql: {problem}"))
}

/// Where no computed column may be.
fn place_of_computed(table: &Table, column: &Column) -> Option<&'static str> {
    if column.default.is_some() {
        return Some("a computed column has no default");
    }
    if column.identity || table.primary_key.contains(&column.name) {
        return Some("a key can't be computed: not every engine takes such a key");
    }
    let references = |key: &super::ForeignKey| key.columns.contains(&column.name);
    (table.foreign_keys.iter().any(references))
        .then_some("a computed column can't reference another table")
}

/// A column of the expression that it can't look at.
fn looks_at(table: &Table, column: &Column, node: &Node) -> Option<String> {
    let changes = |action: ReferentialAction| {
        matches!(
            action,
            ReferentialAction::Cascade | ReferentialAction::SetNull
        )
    };
    for read in node.columns() {
        if read.table != table.name {
            return Some(format!(
                "it can't look at {}.{}, which is another table's",
                read.table, read.name
            ));
        }
        let Some(own) = table.column(&read.name) else {
            return Some(format!("there is no column `{}`", read.name));
        };
        let name = &own.name;
        if own.name == column.name {
            return Some("it can't look at itself".to_owned());
        }
        if own.identity {
            return Some(format!(
                "it can't look at `{name}`, a key that the database assigns"
            ));
        }
        if own.computed.is_some() {
            return Some(format!(
                "it can't look at `{name}`, which is computed too; write out what that one is computed of"
            ));
        }
        let key = (table.foreign_keys.iter()).find(|key| {
            key.columns.contains(name) && (changes(key.on_delete) || changes(key.on_update))
        });
        if let Some(key) = key {
            return Some(format!(
                "it can't look at `{name}`: the foreign key `{}` cascades or sets NULL, which not every engine does below a computed column",
                key.name
            ));
        }
    }
    None
}

/// What not every engine computes for a column.
fn not_portable(node: &Node) -> Option<String> {
    if !node.is_of_row() {
        return Some(
            "aggregates, window functions and queries can't be computed for a column".into(),
        );
    }
    let mut problem = None;
    node.any(&mut |node| {
        problem = match node {
            Node::Invalid(message) => Some(message.clone()),
            // SQLite's LIKE depends on a setting of the connection.
            Node::Like { .. } => Some(
                "not every engine compares with a pattern for a column: like, and contains, starts_with and ends_with of a value"
                    .to_owned(),
            ),
            Node::Call(call) if !is_portable(&call.function, &call.arguments, call.result) => Some(
                format!("not every engine computes {:?} for a column", call.function),
            ),
            _ => None,
        };
        problem.is_some()
    });
    problem
}

/// Whether every engine takes the operation in a computed column: it depends on nothing but its arguments there. A moment
/// with a time zone depends on that of the session, as PostgreSQL sees it, and letters of two cases on the version of the
/// engine.
fn is_portable(function: &Function, arguments: &[Node], result: BindType) -> bool {
    let zoned = result == BindType::Timestamp
        || (arguments.iter()).any(|argument| argument.bind_type() == BindType::Timestamp);
    match function {
        Function::Add
        | Function::Subtract
        | Function::Multiply
        | Function::Negate
        | Function::Absolute
        | Function::Divide
        | Function::IntegerDivide
        | Function::Remainder
        | Function::Round
        | Function::Floor
        | Function::Ceiling
        | Function::Length
        | Function::Trim
        | Function::TrimStart
        | Function::TrimEnd
        | Function::Substring
        | Function::Replace
        | Function::Concat
        | Function::Contains
        | Function::StartsWith
        | Function::EndsWith
        | Function::Coalesce
        | Function::NullIf
        | Function::Greatest
        | Function::Least => true,
        Function::Cast | Function::DatePart(_) | Function::DateDifference(_) => !zoned,
        _ => false,
    }
}

fn other_type(column: &Column, node: &Node) -> Option<String> {
    use BindType::{BigInt, Integer, SmallInt};

    let (wanted, found) = (column.column_type.bind_type(), node.bind_type());
    let whole = |bind_type| matches!(bind_type, SmallInt | Integer | BigInt);
    if wanted == BindType::Json {
        return Some("a document can't be computed alike on every engine".to_owned());
    }
    if wanted == found || (whole(wanted) && whole(found)) {
        return None;
    }
    Some(format!(
        "it is {found:?}, and the column {}",
        column.column_type
    ))
}
