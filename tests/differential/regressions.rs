//! Programs on which engines once differed.

use super::expression::{Ex, NumberFunction};
use super::models::Table;
use super::program::{Operation, Program, Terminal};
use super::read::{Read, Source};
use super::value::{Kind, Val};

/// A name that says what is the same, and the program.
pub(crate) type Regression = (&'static str, fn() -> Program);

pub(crate) const REGRESSIONS: &[Regression] = &[(
    "a query that failed between two rows can run again",
    a_query_that_failed_runs_again,
)];

fn program(operations: impl IntoIterator<Item = Operation>) -> Program {
    Program {
        operations: operations.into_iter().collect(),
    }
}

fn column(field: usize) -> Ex {
    Ex::Column {
        level: 0,
        source: 0,
        field,
    }
}

fn select(table: Table, items: impl IntoIterator<Item = Ex>) -> Operation {
    let mut read = Read::over(Source::Table(table));
    read.select = items.into_iter().collect();
    Operation::Read(Terminal::All, read)
}

/// A row of gauges with these numbers; everything else is 0 or NULL.
fn gauge(id: i64, big: i64) -> Vec<Val> {
    vec![
        Val::Big(id),
        Val::Small(0),
        Val::Null,
        Val::Int(0),
        Val::Null,
        Val::Big(big),
        Val::Null,
        Val::Double(0.0),
        Val::Null,
        Val::Bool(false),
        Val::Null,
    ]
}

fn a_query_that_failed_runs_again() -> Program {
    let negated = || Ex::Number(NumberFunction::Negate, Box::new(column(5)));
    program([
        Operation::Insert(Table::Gauge, vec![gauge(1, 5), gauge(2, i64::MIN)]),
        select(Table::Gauge, [negated()]),
        select(Table::Gauge, [negated()]),
        select(
            Table::Gauge,
            [column(0), column(5), Ex::Literal(Kind::Big, Val::Big(1))],
        ),
    ])
}
