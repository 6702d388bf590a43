//! Window functions, and ORDER BY.

use super::Sink;
use super::call::{write_aggregate, write_rank};
use super::expression::{write, write_alone};
use crate::backend::{AggregateFunction, NullOrder, RankFunction};
use crate::query::{Frame, Node, Order, Window, WindowFunction};
use crate::{Error, Result};

pub(super) fn write_window(sink: &mut dyn Sink<'_>, window: &Window) -> Result<()> {
    check(window)?;
    match row_of_frame(window) {
        Some((function, rows)) if !sink.dialect().capabilities().frame_of_one_row => {
            // Where there is one row alone, its frame is empty.
            let around = Window {
                frame: None,
                ..window.clone()
            };
            sink.push(&format!("CASE WHEN {function}(1, {rows})"));
            write_over(sink, &around)?;
            sink.push(" = 1 THEN ");
            write_function(sink, window)?;
            let counted = matches!(&window.function, WindowFunction::Aggregate(aggregate)
                if aggregate.function == AggregateFunction::Count);
            sink.push(if counted { " ELSE 0 END" } else { " END" });
            Ok(())
        }
        _ => write_function(sink, window),
    }
}

/// How the row is found that is in the frame whenever any is, of a frame that leaves out its own row.
fn row_of_frame(window: &Window) -> Option<(&'static str, u32)> {
    let frame = window.frame?;
    match (frame.before, frame.after) {
        (Some(first), _) if first > 0 => Some(("LEAD", first.unsigned_abs())),
        (_, Some(last)) if last < 0 => Some(("LAG", last.unsigned_abs())),
        _ => None,
    }
}

fn write_function(sink: &mut dyn Sink<'_>, window: &Window) -> Result<()> {
    match &window.function {
        WindowFunction::Aggregate(aggregate) => {
            return write_aggregate(sink, aggregate, Some(window));
        }
        WindowFunction::Rank(function) => return write_rank(sink, *function, window),
        WindowFunction::Lag(node, offset) => shifted(sink, "LAG(", node, *offset)?,
        WindowFunction::Lead(node, offset) => shifted(sink, "LEAD(", node, *offset)?,
        WindowFunction::First(node) => single(sink, "FIRST_VALUE(", node)?,
        WindowFunction::Last(node) => single(sink, "LAST_VALUE(", node)?,
    }
    write_over(sink, window)
}

/// ` OVER (…)`
pub(super) fn write_over(sink: &mut dyn Sink<'_>, window: &Window) -> Result<()> {
    sink.push(" OVER (");
    for (position, node) in window.partition.iter().enumerate() {
        sink.push(if position == 0 { "PARTITION BY " } else { ", " });
        write(sink, node)?;
    }
    if !window.order.is_empty() {
        if !window.partition.is_empty() {
            sink.push(" ");
        }
        write_order(sink, &window.order)?;
    }
    if let Some(frame) = &window.frame {
        sink.push(" ");
        write_frame(sink, *frame)?;
    }
    sink.push(")");
    Ok(())
}

/// The largest count that every engine takes.
const MOST_ROWS: u32 = i32::MAX as u32;

/// What engines leave to chance, or refuse each in its way.
fn check(window: &Window) -> Result<()> {
    let ordered = !window.order.is_empty();
    let problem = match &window.function {
        WindowFunction::Aggregate(aggregate) if aggregate.distinct => {
            "an aggregate over a window can't be distinct"
        }
        WindowFunction::Aggregate(aggregate)
            if aggregate.function == AggregateFunction::JoinText =>
        {
            "texts can't be joined over a window on every engine; group the rows"
        }
        WindowFunction::Aggregate(aggregate) if !aggregate.order.is_empty() => {
            "an aggregate over a window takes its order from the window"
        }
        WindowFunction::Aggregate(_) if ordered || window.frame.is_none() => return Ok(()),
        WindowFunction::Aggregate(_) => "a frame needs an order",
        WindowFunction::Rank(RankFunction::Buckets(0)) => "rows can't be dealt into 0 buckets",
        WindowFunction::Rank(RankFunction::Buckets(count))
        | WindowFunction::Lag(_, count)
        | WindowFunction::Lead(_, count)
            if *count > MOST_ROWS =>
        {
            "a window function counts up to 2147483647 rows or buckets on every engine"
        }
        _ if !ordered => "a window function needs an order",
        _ => return Ok(()),
    };
    Err(Error::invalid_query(problem))
}

fn shifted(sink: &mut dyn Sink<'_>, name: &str, node: &Node, offset: u32) -> Result<()> {
    sink.push(name);
    write_alone(sink, node)?;
    sink.push(&format!(", {offset})"));
    Ok(())
}

fn single(sink: &mut dyn Sink<'_>, name: &str, node: &Node) -> Result<()> {
    sink.push(name);
    write_alone(sink, node)?;
    sink.push(")");
    Ok(())
}

fn write_frame(sink: &mut dyn Sink<'_>, frame: Frame) -> Result<()> {
    let end = |rows: i32| match rows {
        0 => "CURRENT ROW".to_owned(),
        rows if rows < 0 => format!("{} PRECEDING", rows.unsigned_abs()),
        rows => format!("{rows} FOLLOWING"),
    };
    if let (Some(first), Some(last)) = (frame.before, frame.after)
        && first > last
    {
        return Err(Error::invalid_query("a frame that ends before it begins"));
    }
    sink.push("ROWS BETWEEN ");
    sink.push(
        &frame
            .before
            .map_or_else(|| "UNBOUNDED PRECEDING".to_owned(), end),
    );
    sink.push(" AND ");
    sink.push(
        &frame
            .after
            .map_or_else(|| "UNBOUNDED FOLLOWING".to_owned(), end),
    );
    Ok(())
}

/// `ORDER BY …`
pub(super) fn write_order(sink: &mut dyn Sink<'_>, orders: &[Order]) -> Result<()> {
    for (position, order) in orders.iter().enumerate() {
        sink.push(if position == 0 { "ORDER BY " } else { ", " });
        let nullable = may_be_null(sink, &order.node);
        write_item(sink, order, nullable, &mut |sink| write(sink, &order.node))?;
    }
    Ok(())
}

/// Whether the order of NULL has to be said.
pub(super) fn may_be_null(sink: &dyn Sink<'_>, node: &Node) -> bool {
    // Outside of parentheses a column of those inside is meant: the other half of a union may give NULL for it.
    if let Some(column) = sink.substitute(node) {
        return column.nullable || sink.may_miss(&column);
    }
    match node {
        Node::Column(column) => column.nullable || sink.may_miss(column),
        Node::Position { operand, .. } => may_be_null(sink, operand),
        Node::Aggregate(aggregate) => aggregate.function != AggregateFunction::Count,
        Node::Bind(bind) => bind.value.is_null(),
        Node::Window(window) => match &window.function {
            WindowFunction::Rank(_) => false,
            WindowFunction::Aggregate(aggregate) => aggregate.function != AggregateFunction::Count,
            _ => true,
        },
        _ => true,
    }
}

/// An item of ORDER BY, whose expression `expression` writes.
pub(super) fn write_item(
    sink: &mut dyn Sink<'_>,
    order: &Order,
    nullable: bool,
    expression: &mut dyn FnMut(&mut dyn Sink<'_>) -> Result<()>,
) -> Result<()> {
    let direction = if order.descending { " DESC" } else { " ASC" };
    if !nullable {
        expression(sink)?;
        sink.push(direction);
        return Ok(());
    }
    let null_order = sink.dialect().capabilities().null_order;
    let as_smallest = order.nulls_first != order.descending;
    match null_order {
        NullOrder::First | NullOrder::FirstWithSyntax if as_smallest => {
            expression(sink)?;
            sink.push(direction);
        }
        NullOrder::First => {
            sink.push("(");
            expression(sink)?;
            sink.push(if order.nulls_first {
                ") IS NULL DESC, "
            } else {
                ") IS NULL ASC, "
            });
            expression(sink)?;
            sink.push(direction);
        }
        NullOrder::FirstWithSyntax | NullOrder::LastWithSyntax => {
            expression(sink)?;
            sink.push(direction);
            sink.push(if order.nulls_first {
                " NULLS FIRST"
            } else {
                " NULLS LAST"
            });
        }
    }
    Ok(())
}
