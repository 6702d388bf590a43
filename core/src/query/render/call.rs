//! Functions and aggregates: the dialect writes them, this is what it writes into.

use super::expression::{operand, write, write_typed};
use super::{Sink, window};
use crate::backend::{AggregateFunction, BindType, Function, FunctionWriter, RankFunction};
use crate::query::{Aggregate, Call, Node, Window};
use crate::value::Value;
use crate::{Error, Result};

struct CallWriter<'a, 'd> {
    sink: &'a mut dyn Sink<'d>,
    arguments: &'a [Node],
    result: BindType,
    /// Whether the range of a whole number is checked further out.
    nested: bool,
    /// Whether the function is itself such arithmetic, so that its arguments are checked with it.
    arithmetic: bool,
    /// Whether an argument may be all that tells the type of the result.
    choice: bool,
    aggregate: Option<&'a Aggregate>,
    window: Option<&'a Window>,
}

impl FunctionWriter for CallWriter<'_, '_> {
    fn push(&mut self, sql: &str) {
        self.sink.push(sql);
    }

    fn argument(&mut self, index: usize) -> Result<()> {
        let Some(node) = self.arguments.get(index) else {
            return Ok(());
        };
        let Some(aggregate) = self.aggregate.filter(|_| index == 0) else {
            return match node {
                Node::Bind(_) if self.choice => write_typed(self.sink, node),
                Node::Call(call) if self.sink.substitute(node).is_none() => {
                    self.sink.push("(");
                    write_call(self.sink, call, self.arithmetic)?;
                    self.sink.push(")");
                    Ok(())
                }
                _ => operand(self.sink, node),
            };
        };
        if aggregate.distinct {
            self.sink.push("DISTINCT ");
        }
        match &aggregate.filter {
            None => write_typed(self.sink, node),
            Some(filter) => {
                self.sink.push("CASE WHEN ");
                write(self.sink, filter)?;
                self.sink.push(" THEN ");
                write_typed(self.sink, node)?;
                self.sink.push(" END");
                Ok(())
            }
        }
    }

    fn count(&self) -> usize {
        self.arguments.len()
    }

    fn argument_type(&self, index: usize) -> BindType {
        self.arguments
            .get(index)
            .map_or(self.result, Node::bind_type)
    }

    fn argument_value(&self, index: usize) -> Option<&Value> {
        match self.arguments.get(index)? {
            Node::Bind(bind) => Some(&bind.value),
            _ => None,
        }
    }

    fn is_nested(&self) -> bool {
        self.nested
    }

    fn result(&self) -> BindType {
        self.result
    }

    fn value(&mut self, value: Value, bind_type: BindType) {
        self.sink.value(&value, bind_type);
    }

    fn vary(&mut self) {
        self.sink.vary();
    }

    fn is_kept(&self) -> bool {
        self.sink.is_kept()
    }

    fn order(&mut self) -> Result<()> {
        let order = self.aggregate.map_or(&[][..], |aggregate| &aggregate.order);
        if order.is_empty() {
            return Ok(());
        }
        self.sink.push(" ");
        window::write_order(self.sink, order)
    }

    fn over(&mut self) -> Result<()> {
        match self.window {
            Some(window) => window::write_over(self.sink, window),
            None => Ok(()),
        }
    }

    fn is_over_window(&self) -> bool {
        self.window.is_some()
    }
}

/// Writes an operation; `nested` says that it is an argument of whole-number arithmetic.
pub(super) fn write_call(sink: &mut dyn Sink<'_>, call: &Call, nested: bool) -> Result<()> {
    let arithmetic = matches!(
        call.function,
        Function::Add | Function::Subtract | Function::Multiply | Function::Negate
    );
    let choice = matches!(
        call.function,
        Function::Coalesce | Function::NullIf | Function::Greatest | Function::Least
    );
    let dialect = sink.dialect();
    dialect.write_function(
        &call.function,
        &mut CallWriter {
            sink,
            arguments: &call.arguments,
            result: call.result,
            nested,
            arithmetic,
            choice,
            aggregate: None,
            window: None,
        },
    )
}

/// Writes an aggregate: of a group, or of a window's rows.
pub(super) fn write_aggregate(
    sink: &mut dyn Sink<'_>,
    aggregate: &Aggregate,
    window: Option<&Window>,
) -> Result<()> {
    if aggregate.distinct && aggregate.function == AggregateFunction::JoinText {
        return Err(Error::invalid_query(
            "texts that are joined can't be distinct on every engine; join those of a common table expression that is",
        ));
    }
    // A count of the rows that a filter keeps counts something that is NULL for the others.
    if let (Some(filter), true) = (&aggregate.filter, aggregate.arguments.is_empty()) {
        sink.push("COUNT(CASE WHEN ");
        write(sink, filter)?;
        sink.push(" THEN 1 END)");
        return match window {
            Some(window) => window::write_over(sink, window),
            None => Ok(()),
        };
    }
    let dialect = sink.dialect();
    dialect.write_aggregate(
        aggregate.function,
        &mut CallWriter {
            sink,
            arguments: &aggregate.arguments,
            result: aggregate.result,
            nested: false,
            arithmetic: false,
            choice: false,
            aggregate: Some(aggregate),
            window,
        },
    )
}

/// Writes the place of a row in a window.
pub(super) fn write_rank(
    sink: &mut dyn Sink<'_>,
    function: RankFunction,
    window: &Window,
) -> Result<()> {
    let dialect = sink.dialect();
    dialect.write_rank(
        function,
        &mut CallWriter {
            sink,
            arguments: &[],
            result: BindType::BigInt,
            nested: false,
            arithmetic: false,
            choice: false,
            aggregate: None,
            window: Some(window),
        },
    )
}
