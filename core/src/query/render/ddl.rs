//! Expressions in DDL, with literals.

use super::expression::write_alone;
use super::{Sink, write};
use crate::backend::{BindType, Dialect, ValueList};
use crate::query::select::Select;
use crate::query::{ColumnNode, Node};
use crate::schema::ColumnExpression;
use crate::value::Value;
use crate::{Error, Result};

struct InDdl<'a> {
    dialect: &'a dyn Dialect,
    table: &'a str,
    /// How messages name what is written.
    what: &'static str,
    out: String,
}

impl InDdl<'_> {
    fn no_query(&self) -> Error {
        Error::invalid_model(self.table, format!("{} can't hold a query", self.what))
    }
}

impl<'a> Sink<'a> for InDdl<'a> {
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
                    "{} can't look at {}.{}, which is another table's",
                    self.what, column.table, column.name
                ),
            ));
        }
        self.identifier(&column.name);
        Ok(())
    }

    fn select(&mut self, _select: &Select) -> Result<()> {
        Err(self.no_query())
    }

    fn exists(&mut self, _select: &Select) -> Result<()> {
        Err(self.no_query())
    }

    fn list(&mut self, list: &ValueList<'_>) -> Result<()> {
        let several = list.types().len() > 1;
        self.push(list.operator());
        self.push("(");
        for (position, row) in list.rows().enumerate() {
            if position > 0 {
                self.push(", ");
            }
            if several {
                self.push("(");
            }
            for (place, (value, bind_type)) in row.iter().zip(list.types()).enumerate() {
                if place > 0 {
                    self.push(", ");
                }
                self.value(value, *bind_type);
            }
            if several {
                self.push(")");
            }
        }
        self.push(")");
        Ok(())
    }

    fn like_escape(&self) -> &'static str {
        "'\\'"
    }

    fn substitute(&self, _node: &Node) -> Option<ColumnNode> {
        None
    }

    fn vary(&mut self) {}

    fn is_kept(&self) -> bool {
        true
    }

    fn may_miss(&self, _column: &ColumnNode) -> bool {
        false
    }

    fn dialect(&self) -> &'a dyn Dialect {
        self.dialect
    }
}

/// Writes the expression of a check of `table`, with literals: for a dialect's `create_table`.
///
/// # Errors
///
/// `is_invalid_model()` when the expression looks at another table, holds a value that its column can't, or something
/// that no check may hold on every engine.
pub fn check_sql(dialect: &dyn Dialect, table: &str, expression: &Node) -> Result<String> {
    let portable = !expression.any(&mut |node| {
        matches!(
            node,
            Node::Call(_) | Node::Aggregate(_) | Node::Window(_) | Node::Subquery(_)
        )
    });
    if !portable {
        return Err(Error::invalid_model(
            table,
            "check: only comparisons of columns and values are offered by every engine",
        ));
    }
    let mut sink = InDdl {
        dialect,
        table,
        what: "a check",
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

/// Writes what a column of `table` is computed of, or its default, with literals: for a dialect's `create_table`. Whether
/// every engine takes it was decided when the model was opened.
///
/// # Errors
///
/// `is_invalid_model()` when the expression was read from a database, which does not tell it, or can't be written.
pub fn column_sql(
    dialect: &dyn Dialect,
    table: &str,
    column: &str,
    expression: &ColumnExpression,
) -> Result<String> {
    let subject = || format!("{table}.{column}");
    let Some(node) = &expression.expression else {
        return Err(Error::invalid_model(
            subject(),
            "its expression was read from a database, which does not tell it; declare it",
        ));
    };
    let mut sink = InDdl {
        dialect,
        table,
        what: "a column's expression",
        out: String::new(),
    };
    // A condition that is unknown is stored as false, as everywhere.
    write_alone(&mut sink, node).map_err(|error| {
        if error.is_invalid_model() {
            error
        } else {
            Error::invalid_model(subject(), error)
        }
    })?;
    Ok(sink.out)
}
