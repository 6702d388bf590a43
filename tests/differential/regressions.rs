//! Programs on which engines once differed.

use super::expression::{
    Aggregate, AggregateFunction, Arithmetic, Comparison, Condition, Ex, NumberFunction, Ordering,
    TextTest, Window, WindowFunction,
};
use super::models::Table;
use super::program::{Operation, Program, Terminal};
use super::read::{Join, Read, SetOperator, Source};
use super::value::{Kind, Mood, Val};

/// A name that says what is the same, and the program.
pub(crate) type Regression = (&'static str, fn() -> Program);

pub(crate) const REGRESSIONS: &[Regression] = &[
    (
        "a query that failed between two rows can run again",
        a_query_that_failed_runs_again,
    ),
    (
        "an offset counts behind a filter by EXISTS",
        an_offset_counts_behind_exists,
    ),
    (
        "the rows of a set operation are ordered by a value that the first query selects",
        rows_are_ordered_by_a_selected_value,
    ),
    (
        "rows are grouped by a quotient and a remainder",
        rows_are_grouped_by_a_quotient,
    ),
    (
        "an offset counts behind distinct rows that all agree",
        an_offset_counts_behind_rows_that_agree,
    ),
    (
        "a frame that leaves out its own row is empty for the only row",
        a_frame_without_its_own_row,
    ),
    (
        "a constant of a common table expression is NULL where a left join finds nothing",
        a_constant_behind_a_left_join,
    ),
    (
        "a computed column of a common table expression is NULL where a left join finds nothing, and in no list",
        a_computed_column_behind_a_left_join,
    ),
    (
        "a left join gives a row once, however many its condition finds",
        a_left_join_by_a_query,
    ),
    (
        "a condition of a left join looks at a common table expression alone",
        a_left_join_of_joined_rows,
    ),
    (
        "a condition that is false of every row is selected again and again",
        a_constant_is_selected_again,
    ),
    (
        "doubles that are computed of values alone are doubles, whatever was sent before",
        doubles_of_values,
    ),
    (
        "patterns match characters of values too",
        patterns_match_characters,
    ),
    (
        "rows that a delete takes along are still seen by its filter",
        a_delete_sees_what_it_takes_along,
    ),
];

fn program(operations: impl IntoIterator<Item = Operation>) -> Program {
    Program {
        operations: operations.into_iter().collect(),
    }
}

fn column(field: usize) -> Ex {
    column_of(0, field)
}

fn column_of(source: usize, field: usize) -> Ex {
    Ex::Column {
        level: 0,
        source,
        field,
    }
}

/// A column of the query around.
fn outer(field: usize) -> Ex {
    Ex::Column {
        level: 1,
        source: 0,
        field,
    }
}

fn big(number: i64) -> Ex {
    Ex::Literal(Kind::Big, Val::Big(number))
}

fn text(text: &str) -> Ex {
    Ex::Literal(Kind::Text, Val::Text(text.to_owned()))
}

fn equal(left: Ex, right: Ex) -> Condition {
    Condition::Compare(Comparison::Eq, left, right)
}

fn by(expression: Ex) -> Ordering {
    Ordering {
        by: expression,
        descending: false,
        nulls_first: None,
    }
}

fn over(source: Source, items: impl IntoIterator<Item = Ex>) -> Read {
    let mut read = Read::over(source);
    read.select = items.into_iter().collect();
    read
}

fn left_join(source: Source, on: Condition) -> Join {
    Join {
        left: true,
        source,
        on: Some(on),
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

fn gauges() -> Operation {
    Operation::Insert(Table::Gauge, vec![gauge(1, 5), gauge(2, 7)])
}

fn an_offset_counts_behind_exists() -> Program {
    let mut read = over(Source::Table(Table::Gauge), [column(0)]);
    read.filter = vec![Condition::Exists(Box::new(Read::over(Source::Alias(
        Table::Gauge,
        "other",
    ))))];
    read.order = vec![by(column(0))];
    read.total = true;
    read.offset = Some(1);
    program([gauges(), Operation::Read(Terminal::All, read)])
}

fn rows_are_ordered_by_a_selected_value() -> Program {
    let mut read = over(Source::Table(Table::Gauge), [big(3), column(0)]);
    let other = over(Source::Table(Table::Gauge), [column(5), column(0)]);
    read.sets = vec![(SetOperator::UnionAll, other)];
    read.order = vec![by(big(3)), by(column(0))];
    read.total = true;
    let mood = |mood| Ex::Literal(Kind::Mood, Val::Mood(mood));
    let mut moods = over(Source::Table(Table::Gauge), [mood(Mood::Grumpy), column(0)]);
    let others = [Mood::SoSo, Mood::Happy].map(|other| {
        let read = over(Source::Table(Table::Gauge), [mood(other), column(0)]);
        (SetOperator::UnionAll, read)
    });
    moods.sets = others.into();
    moods.order = vec![by(mood(Mood::Grumpy)), by(column(0))];
    moods.total = true;
    let rows = vec![gauge(1, 5), gauge(2, 1)];
    program([
        Operation::Insert(Table::Gauge, rows),
        Operation::Read(Terminal::All, read),
        Operation::Read(Terminal::All, moods),
    ])
}

fn rows_are_grouped_by_a_quotient() -> Program {
    let grouped = |operator| {
        let number = Ex::Arithmetic(operator, Box::new(column(5)), Box::new(column(0)));
        let count = Aggregate {
            function: AggregateFunction::Count,
            of: None,
            distinct: false,
            filter: None,
        };
        let mut read = over(
            Source::Table(Table::Gauge),
            [number.clone(), Ex::Aggregate(Box::new(count))],
        );
        read.group = vec![number.clone()];
        read.order = vec![by(number)];
        read.total = true;
        Operation::Read(Terminal::All, read)
    };
    program([
        gauges(),
        grouped(Arithmetic::IntDiv),
        grouped(Arithmetic::Remainder),
        grouped(Arithmetic::Divide),
    ])
}

fn an_offset_counts_behind_rows_that_agree() -> Program {
    let distinct = |item: Ex| {
        let mut read = over(Source::Table(Table::Gauge), [item.clone()]);
        read.distinct = true;
        read.order = vec![by(item)];
        read.total = true;
        read.offset = Some(1);
        read
    };
    let terminals = [Terminal::All, Terminal::Count, Terminal::Exists];
    let reads = terminals.into_iter().flat_map(|terminal| {
        [
            Operation::Read(terminal, distinct(big(3))),
            Operation::Read(terminal, distinct(column(1))),
        ]
    });
    program([gauges()].into_iter().chain(reads))
}

fn a_frame_without_its_own_row() -> Program {
    let aggregate = |function, of| {
        WindowFunction::Aggregate(Aggregate {
            function,
            of,
            distinct: false,
            filter: None,
        })
    };
    let window = |function, frame| {
        Ex::Window(Box::new(Window {
            function,
            partition: Vec::new(),
            order: vec![by(column(0))],
            frame: Some(frame),
        }))
    };
    let mut items = vec![column(0)];
    for frame in [(Some(1), 2), (Some(-2), -1)] {
        items.push(window(WindowFunction::First(column(0)), frame));
        items.push(window(WindowFunction::Last(column(0)), frame));
        items.push(window(aggregate(AggregateFunction::Count, None), frame));
        items.push(window(
            aggregate(AggregateFunction::Min, Some(column(5))),
            frame,
        ));
    }
    let mut one = over(Source::Table(Table::Gauge), items);
    one.order = vec![by(column(0))];
    one.total = true;
    let all = one.clone();
    one.filter = vec![equal(column(0), big(1))];
    program([
        gauges(),
        Operation::Read(Terminal::All, one),
        Operation::Read(Terminal::All, all),
    ])
}

/// Gauges beside a common table expression of which a left join finds no row.
fn beside_nothing(items: [Ex; 2], filter: impl FnOnce(Ex) -> Condition) -> Program {
    let inner = over(Source::Table(Table::Gauge), items);
    let mut read = over(Source::Table(Table::Gauge), [column(0)]);
    let source = Source::Cte("nothing", Box::new(inner));
    read.joins = vec![left_join(source, equal(column(0), big(77)))];
    read.filter = vec![filter(column_of(1, 1))];
    read.order = vec![by(column(0))];
    read.total = true;
    program([gauges(), Operation::Read(Terminal::All, read)])
}

fn a_constant_behind_a_left_join() -> Program {
    let truth = Ex::Literal(Kind::Bool, Val::Bool(true));
    beside_nothing([column(0), truth], Condition::Holds)
}

fn a_computed_column_behind_a_left_join() -> Program {
    let looked_up = |number, negated| {
        let computed = Ex::Coalesce(Box::new(column(6)), Val::Big(number));
        let ids = over(Source::Alias(Table::Gauge, "other"), [column(0)]);
        beside_nothing([column(0), computed], |column| {
            Condition::InRead(column, Box::new(ids), negated)
        })
    };
    let operations = [looked_up(1, false), looked_up(3, true)];
    let [mut first, second] = operations.map(|program| program.operations);
    // The rows are there already.
    first.extend(second.into_iter().skip(1));
    program(first)
}

fn branches() -> Operation {
    let branch = |id: i64, parent: Option<i64>| {
        vec![
            Val::Big(id),
            parent.map_or(Val::Null, Val::Big),
            Val::Text(String::new()),
            Val::Int(0),
        ]
    };
    let rows = vec![branch(1, None), branch(2, Some(1)), branch(3, Some(1))];
    Operation::Insert(Table::Branch, rows)
}

fn a_left_join_by_a_query() -> Program {
    let mut children = over(Source::Alias(Table::Branch, "child"), [outer(0)]);
    children.filter = vec![equal(column(1), outer(0))];
    let on = Condition::InRead(column(0), Box::new(children), false);
    let mut read = over(Source::Table(Table::Branch), [column(0), column_of(1, 0)]);
    read.joins = vec![left_join(Source::Alias(Table::Gauge, "beside"), on)];
    read.order = vec![by(column(0)), by(column_of(1, 0))];
    read.total = true;
    let one = Operation::Insert(Table::Gauge, vec![gauge(1, 5)]);
    program([one, branches(), Operation::Read(Terminal::All, read)])
}

fn a_left_join_of_joined_rows() -> Program {
    let name = Ex::Case(
        vec![(equal(column(0), big(1)), column(2))],
        Some(Box::new(text(""))),
    );
    let mut inner = over(Source::Table(Table::Branch), [name]);
    inner.joins = vec![Join {
        left: false,
        source: Source::Alias(Table::Branch, "parent"),
        on: Some(equal(column(1), column_of(1, 0))),
    }];
    let name = || column_of(1, 0);
    let mut read = over(Source::Table(Table::Branch), [column(0)]);
    read.joins = vec![left_join(
        Source::Cte("joined", Box::new(inner)),
        Condition::Between(name(), name(), name()),
    )];
    program([branches(), Operation::Read(Terminal::All, read)])
}

fn a_constant_is_selected_again() -> Program {
    let none = Ex::Truth(Box::new(Condition::In(column(0), Vec::new(), false)));
    let again = || select(Table::Gauge, [none.clone()]);
    program([gauges(), again(), again(), again()])
}

fn doubles_of_values() -> Program {
    let double = |number| Box::new(Ex::Literal(Kind::Double, Val::Double(number)));
    let computed = |(left, right): (f64, f64)| {
        let of = |operator| Ex::Arithmetic(operator, double(left), double(right));
        let operators = [
            Arithmetic::Add,
            Arithmetic::Subtract,
            Arithmetic::Multiply,
            Arithmetic::Divide,
        ];
        select(Table::Gauge, operators.map(of))
    };
    let pairs = [
        (0.0, 3.0),
        (1e300, 7.0),
        (0.1, 0.0),
        (-2.5, 1e-300),
        (0.0, 3.0),
    ];
    program([gauges()].into_iter().chain(pairs.map(computed)))
}

fn patterns_match_characters() -> Program {
    let matching = |test, value: Ex, pattern: &str| {
        let mut read = over(Source::Table(Table::Gauge), [column(0)]);
        read.filter = vec![Condition::Text(test, value, pattern.to_owned())];
        Operation::Read(Terminal::All, read)
    };
    let joined = Ex::Concat(Box::new(text("ß")), Box::new(text("é")));
    program([
        gauges(),
        matching(TextTest::Ilike, text("ß"), "_"),
        matching(TextTest::Like, text("ß"), "_"),
        matching(TextTest::Like, joined, "__"),
        matching(TextTest::Like, text("\\"), "\\\\"),
    ])
}

fn a_delete_sees_what_it_takes_along() -> Program {
    let word = |code: &str, name: &str, tag: &str| {
        vec![
            Val::Text(code.to_owned()),
            Val::Text(name.to_owned()),
            Val::Text(String::new()),
            Val::Null,
            Val::Text(tag.to_owned()),
            Val::Mood(Mood::Happy),
            Val::Null,
        ]
    };
    let link = vec![
        Val::Int(1),
        Val::Text("a".to_owned()),
        Val::Big(1),
        Val::Small(0),
        Val::Null,
    ];
    let mut linked = over(Source::Alias(Table::Link, "link"), [column(1)]);
    linked.distinct = true;
    let unlinked = Condition::InRead(column(4), Box::new(linked), true);
    program([
        gauges(),
        Operation::Insert(Table::Word, vec![word("a", "a", ""), word("b", "b", "a")]),
        Operation::Insert(Table::Link, vec![link]),
        Operation::Delete(Table::Word, vec![unlinked]),
        select(Table::Word, [column(0)]),
    ])
}
