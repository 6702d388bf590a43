//! Nodes to text.

use super::{ColumnNode, Node};
use crate::backend::{BindType, Dialect, StatementBuilder};
use crate::value::Value;
use crate::{Error, Result};

/// Where an expression is written to: a statement with binds, or DDL with literals.
trait Sink {
    fn push(&mut self, sql: &str);
    fn identifier(&mut self, name: &str);
    fn value(&mut self, value: &Value, bind_type: BindType);
    fn column(&mut self, column: &ColumnNode) -> Result<()>;
    /// The text depends on how many items a list has: it varies without limit.
    fn vary(&mut self);
}

/// A statement over the tables of its FROM.
pub(crate) struct InStatement<'b, 'd> {
    pub(crate) builder: &'b mut StatementBuilder<'d>,
    pub(crate) from: &'b [&'b str],
}

impl Sink for InStatement<'_, '_> {
    fn push(&mut self, sql: &str) {
        self.builder.push(sql);
    }

    fn identifier(&mut self, name: &str) {
        self.builder.identifier(name);
    }

    fn value(&mut self, value: &Value, bind_type: BindType) {
        self.builder.bind(value.clone(), bind_type);
    }

    fn column(&mut self, column: &ColumnNode) -> Result<()> {
        if !self.from.contains(&column.table.as_ref()) {
            return Err(Error::invalid_query(format!(
                "{}.{}: the query is over {}, which does not have this column",
                column.table,
                column.name,
                self.from.join(", ")
            )));
        }
        self.builder
            .identifier(&column.table)
            .push(".")
            .identifier(&column.name);
        Ok(())
    }

    fn vary(&mut self) {
        self.builder.vary();
    }
}

struct InDdl<'a> {
    dialect: &'a dyn Dialect,
    table: &'a str,
    out: String,
}

impl Sink for InDdl<'_> {
    fn push(&mut self, sql: &str) {
        self.out.push_str(sql);
    }

    fn identifier(&mut self, name: &str) {
        self.dialect.quote_identifier(&mut self.out, name);
    }

    fn value(&mut self, value: &Value, bind_type: BindType) {
        self.dialect.literal(&mut self.out, value, bind_type);
    }

    fn column(&mut self, column: &ColumnNode) -> Result<()> {
        if column.table != self.table {
            return Err(Error::invalid_model(
                self.table,
                format!(
                    "a check can't look at {}.{}, which is another table's",
                    column.table, column.name
                ),
            ));
        }
        self.identifier(&column.name);
        Ok(())
    }

    fn vary(&mut self) {}
}

/// Writes the expression of a check of `table`, with literals: for a dialect's `create_table`.
///
/// # Errors
///
/// `is_invalid_model()` when the expression looks at another table or holds a value that its column can't.
pub fn check_sql(dialect: &dyn Dialect, table: &str, expression: &Node) -> Result<String> {
    let mut sink = InDdl {
        dialect,
        table,
        out: String::new(),
    };
    write(&mut sink, expression).map_err(|error| {
        if error.is_invalid_model() {
            error
        } else {
            Error::invalid_model(table, format!("check: {error}"))
        }
    })?;
    Ok(sink.out)
}

/// Writes an expression into a statement.
pub(crate) fn expression(
    builder: &mut StatementBuilder<'_>,
    from: &[&str],
    node: &Node,
) -> Result<()> {
    write(&mut InStatement { builder, from }, node)
}

fn write(sink: &mut dyn Sink, node: &Node) -> Result<()> {
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
        } => {
            operand(sink, left)?;
            sink.push(operator.sql());
            operand(sink, right)?;
        }
        Node::And(nodes) => junction(sink, nodes, " AND ", "1 = 1")?,
        Node::Or(nodes) => junction(sink, nodes, " OR ", "1 = 0")?,
        Node::Not(inner) => {
            sink.push("NOT (");
            write(sink, inner)?;
            sink.push(")");
        }
        Node::In { list, negated, .. } if list.is_empty() => {
            sink.push(if *negated { "1 = 1" } else { "1 = 0" })
        }
        Node::In {
            operand: value,
            list,
            negated,
        } => {
            operand(sink, value)?;
            sink.push(if *negated { " NOT IN (" } else { " IN (" });
            for (position, item) in list.iter().enumerate() {
                if position > 0 {
                    sink.push(", ");
                }
                write(sink, item)?;
            }
            sink.push(")");
            sink.vary();
        }
        Node::Between {
            operand: value,
            low,
            high,
            negated,
        } => {
            operand(sink, value)?;
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
            operand(sink, value)?;
            sink.push(if *negated { " IS NOT NULL" } else { " IS NULL" });
        }
        Node::Like {
            operand: value,
            pattern,
            negated,
        } => {
            operand(sink, value)?;
            sink.push(if *negated { " NOT LIKE " } else { " LIKE " });
            operand(sink, pattern)?;
            sink.push(" ESCAPE '\\'");
        }
    }
    Ok(())
}

/// Writes a part of a larger expression: in parentheses unless it is a column or a value.
fn operand(sink: &mut dyn Sink, node: &Node) -> Result<()> {
    if matches!(
        node,
        Node::Column(_) | Node::Bind(_) | Node::Invalid(_) | Node::Position { .. }
    ) {
        return write(sink, node);
    }
    sink.push("(");
    write(sink, node)?;
    sink.push(")");
    Ok(())
}

fn junction(sink: &mut dyn Sink, nodes: &[Node], word: &str, empty: &str) -> Result<()> {
    match nodes {
        [] => sink.push(empty),
        [only] => write(sink, only)?,
        _ => {
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
        }
    }
    Ok(())
}
