//! Expressions and conditions as data, and how the builder makes them.

use birgus::prelude::*;
use birgus::query::{
    Aggregated, Expr, Operand, Order, Over, case, count_rows, dense_rank, greatest, least, ntile,
    over, rank, row_number, value,
};

use super::read::{Read, Scope, any_row, value_of, within};
use super::value::{Any, Kind, Slot, Val};

/// A value of each row.
#[derive(Clone, Debug)]
pub(crate) enum Ex {
    /// A column of a source of the query so many levels further out.
    Column {
        level: usize,
        source: usize,
        field: usize,
    },
    Literal(Kind, Val),
    Truth(Box<Condition>),
    Coalesce(Box<Ex>, Val),
    OrElse(Box<Ex>, Box<Ex>),
    NullIf(Box<Ex>, Box<Ex>),
    Case(Vec<(Condition, Ex)>, Option<Box<Ex>>),
    Greatest(Box<Ex>, Box<Ex>),
    Least(Box<Ex>, Box<Ex>),
    Arithmetic(Arithmetic, Box<Ex>, Box<Ex>),
    Number(NumberFunction, Box<Ex>),
    Text(TextFunction, Box<Ex>),
    Substring(Box<Ex>, Box<Ex>, Box<Ex>),
    Replace(Box<Ex>, String, String),
    Concat(Box<Ex>, Box<Ex>),
    Aggregate(Box<Aggregate>),
    Window(Box<Window>),
    Scalar(Kind, Box<Read>),
}

/// What is true, false or unknown of each row.
#[derive(Clone, Debug)]
pub(crate) enum Condition {
    Holds(Ex),
    Not(Box<Condition>),
    And(Vec<Condition>),
    Or(Vec<Condition>),
    Compare(Comparison, Ex, Ex),
    Between(Ex, Ex, Ex),
    In(Ex, Vec<Val>, bool),
    InRead(Ex, Box<Read>, bool),
    Exists(Box<Read>),
    IsNull(Ex, bool),
    Text(TextTest, Ex, String),
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Comparison {
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
    Distinct,
    NotDistinct,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum TextTest {
    Like,
    NotLike,
    Ilike,
    NotIlike,
    Contains,
    StartsWith,
    EndsWith,
    Icontains,
    IstartsWith,
    IendsWith,
    Ieq,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Arithmetic {
    Add,
    Subtract,
    Multiply,
    Divide,
    IntDiv,
    Remainder,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum NumberFunction {
    Negate,
    Abs,
    Floor,
    Ceil,
    Round(u8),
    ToDouble,
    ToDecimal(u8),
    ToText,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum TextFunction {
    Lower,
    Upper,
    Length,
    Trim,
    TrimStart,
    TrimEnd,
}

/// An aggregate of a group, or of a window.
#[derive(Clone, Debug)]
pub(crate) struct Aggregate {
    pub(crate) function: AggregateFunction,
    pub(crate) of: Option<Ex>,
    pub(crate) distinct: bool,
    pub(crate) filter: Option<Condition>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum AggregateFunction {
    Count,
    Min,
    Max,
    Sum,
    Average,
    All,
    Any,
}

#[derive(Clone, Debug)]
pub(crate) struct Window {
    pub(crate) function: WindowFunction,
    pub(crate) partition: Vec<Ex>,
    pub(crate) order: Vec<Ordering>,
    pub(crate) frame: Option<(Option<i32>, i32)>,
}

#[derive(Clone, Debug)]
pub(crate) enum WindowFunction {
    RowNumber,
    Rank,
    DenseRank,
    Ntile(u32),
    Lag(Ex, u32),
    Lead(Ex, u32),
    First(Ex),
    Last(Ex),
    Aggregate(Aggregate),
}

/// An item of an order.
#[derive(Clone, Debug)]
pub(crate) struct Ordering {
    pub(crate) by: Ex,
    pub(crate) descending: bool,
    /// Where NULL stands, when it is said.
    pub(crate) nulls_first: Option<bool>,
}

impl Ordering {
    pub(crate) fn build(&self, scope: &Scope<'_>) -> Order {
        let order = with_any!(self.by.build(scope), expression => if self.descending {
            expression.desc()
        } else {
            expression.asc()
        });
        match self.nulls_first {
            None => order,
            Some(true) => order.nulls_first(),
            Some(false) => order.nulls_last(),
        }
    }
}

/// The numbers, whole ones apart.
macro_rules! whole {
    ($any:expr, $expression:ident => $body:expr, $($rest:tt)*) => {
        match $any {
            Any::Small($expression) => $body,
            Any::Int($expression) => $body,
            Any::Big($expression) => $body,
            $($rest)*
        }
    };
}

/// What has a least and a greatest value.
macro_rules! with_ordered {
    ($any:expr, $expression:ident => $body:expr) => {
        match $any {
            Any::Small($expression) => $body,
            Any::Int($expression) => $body,
            Any::Big($expression) => $body,
            Any::Double($expression) => $body,
            Any::Text($expression) => $body,
            Any::Decimal($expression) => $body,
            Any::Date($expression) => $body,
            Any::Time($expression) => $body,
            Any::Moment($expression) => $body,
            Any::Instant($expression) => $body,
            other => panic!("{:?} has no least value", other.kind()),
        }
    };
}

fn same<T: Slot>(any: Any) -> Expr<Option<T>> {
    let kind = any.kind();
    T::expr(any).unwrap_or_else(|| panic!("{kind:?} where {:?} is expected", <T as Slot>::KIND))
}

fn of<T: Slot>(_: &Expr<Option<T>>, any: Any) -> Expr<Option<T>> {
    same(any)
}

impl Ex {
    pub(crate) fn build(&self, scope: &Scope<'_>) -> Any {
        match self {
            Self::Column {
                level,
                source,
                field,
            } => scope.column(*level, *source, *field),
            Self::Literal(kind, literal) => {
                with_kind!(*kind, T => T::any(value(<T as Slot>::of(literal))))
            }
            Self::Truth(condition) => Any::Bool(condition.build(scope).nullable()),
            Self::Coalesce(left, instead) => {
                with_any!(left.build(scope), left => coalesce(left, instead))
            }
            Self::OrElse(left, right) => {
                with_pair!(left.build(scope), right.build(scope), (left, right) => Slot::any(left.or_else(right)))
            }
            Self::NullIf(left, right) => {
                with_any!(left.build(scope), left => null_if(left, right, scope))
            }
            Self::Case(branches, otherwise) => {
                with_kind!(branches[0].1.build(scope).kind(), T => cases::<T>(branches, otherwise.as_deref(), scope))
            }
            Self::Greatest(left, right) => with_ordered!(left.build(scope), left => {
                let right = of(&left, right.build(scope));
                Slot::any(greatest(left, right))
            }),
            Self::Least(left, right) => with_ordered!(left.build(scope), left => {
                let right = of(&left, right.build(scope));
                Slot::any(least(left, right))
            }),
            Self::Arithmetic(operator, left, right) => {
                arithmetic(*operator, left.build(scope), right.build(scope))
            }
            Self::Number(function, operand) => number(*function, operand.build(scope)),
            Self::Text(function, operand) => {
                let text = same::<String>(operand.build(scope));
                match function {
                    TextFunction::Lower => Any::Text(text.lower()),
                    TextFunction::Upper => Any::Text(text.upper()),
                    TextFunction::Length => Any::Big(text.length()),
                    TextFunction::Trim => Any::Text(text.trim()),
                    TextFunction::TrimStart => Any::Text(text.trim_start()),
                    TextFunction::TrimEnd => Any::Text(text.trim_end()),
                }
            }
            Self::Substring(text, start, length) => {
                let text = same::<String>(text.build(scope));
                let start = same::<i64>(start.build(scope)).coalesce(1);
                let length = same::<i64>(length.build(scope)).coalesce(1);
                Any::Text(text.substring(start, length))
            }
            Self::Replace(text, from, to) => {
                let text = same::<String>(text.build(scope));
                Any::Text(text.replace(from.as_str(), to.as_str()))
            }
            Self::Concat(left, right) => {
                let (left, right) = (left.build(scope), right.build(scope));
                let right = same::<String>(right);
                Any::Text(same::<String>(left).concat(right))
            }
            Self::Aggregate(aggregate) => aggregate.build(scope, None),
            Self::Window(window) => window.build(scope),
            Self::Scalar(kind, read) => with_kind!(*kind, T => value_of::<T>(read, scope)),
        }
    }
}

impl Ex {
    /// Whether it depends on a row.
    pub(crate) fn has_columns(&self) -> bool {
        format!("{self:?}").contains("Column {")
    }

    /// Whether it is a sum or mean, which engines add up in orders of their own.
    pub(crate) fn is_rounded(&self) -> bool {
        let added = |aggregate: &Aggregate| {
            matches!(
                aggregate.function,
                AggregateFunction::Sum | AggregateFunction::Average
            )
        };
        match self {
            Self::Aggregate(aggregate) => added(aggregate),
            Self::Window(window) => {
                matches!(&window.function, WindowFunction::Aggregate(aggregate) if added(aggregate))
            }
            _ => false,
        }
    }
}

fn coalesce<T: Slot>(left: Expr<Option<T>>, instead: &Val) -> Any
where
    Option<T>: birgus::model::ColumnValue<Base = T>,
{
    let instead = T::of(instead).expect("a value of the kind");
    T::any(left.coalesce(instead).nullable())
}

fn cases<T: Slot>(branches: &[(Condition, Ex)], otherwise: Option<&Ex>, scope: &Scope<'_>) -> Any {
    let mut cases = case::<Option<T>>();
    for (condition, then) in branches {
        cases = cases.when(condition.build(scope), same::<T>(then.build(scope)));
    }
    T::any(match otherwise {
        Some(otherwise) => cases.otherwise(same::<T>(otherwise.build(scope))),
        None => cases.end(),
    })
}

fn null_if<T: Slot>(left: Expr<Option<T>>, right: &Ex, scope: &Scope<'_>) -> Any {
    T::any(match right {
        Ex::Literal(_, value) => left.null_if(T::of(value)),
        right => left.null_if(same::<T>(right.build(scope))),
    })
}

fn arithmetic(operator: Arithmetic, left: Any, right: Any) -> Any {
    macro_rules! exact {
        ($left:ident, $right:ident) => {
            match operator {
                Arithmetic::Add => Any::Big($left + $right),
                Arithmetic::Subtract => Any::Big($left - $right),
                Arithmetic::Multiply => Any::Big($left * $right),
                Arithmetic::Divide => Any::Double($left / $right),
                Arithmetic::IntDiv => Any::Big($left.int_div($right)),
                Arithmetic::Remainder => Any::Big($left % $right),
            }
        };
    }
    macro_rules! with_points {
        ($kind:ident, $left:ident, $right:ident) => {
            match operator {
                Arithmetic::Add => Any::$kind($left + $right),
                Arithmetic::Subtract => Any::$kind($left - $right),
                Arithmetic::Multiply => Any::$kind($left * $right),
                Arithmetic::Divide => Any::$kind($left / $right),
                other => panic!("{other:?} is for whole numbers"),
            }
        };
    }
    match (left, right) {
        (Any::Double(left), Any::Double(right)) => with_points!(Double, left, right),
        (Any::Decimal(left), Any::Decimal(right)) => with_points!(Decimal, left, right),
        (left, right) => whole!(left, left => whole!(right, right => exact!(left, right),
            other => panic!("whole numbers beside {:?}", other.kind())),
            other => panic!("arithmetic of {:?}", other.kind())),
    }
}

fn number(function: NumberFunction, any: Any) -> Any {
    match (function, any) {
        (NumberFunction::Negate, Any::Double(number)) => Any::Double(-number),
        (NumberFunction::Negate, Any::Decimal(number)) => Any::Decimal(-number),
        (NumberFunction::Negate, any) => {
            whole!(any, number => Any::Big(-number), other => panic!("{:?}", other.kind()))
        }
        (NumberFunction::Abs, Any::Double(number)) => Any::Double(number.abs()),
        (NumberFunction::Abs, Any::Decimal(number)) => Any::Decimal(number.abs()),
        (NumberFunction::Abs, any) => {
            whole!(any, number => Any::Big(number.abs()), other => panic!("{:?}", other.kind()))
        }
        (NumberFunction::Floor, Any::Double(number)) => Any::Double(number.floor()),
        (NumberFunction::Floor, Any::Decimal(number)) => Any::Decimal(number.floor()),
        (NumberFunction::Ceil, Any::Double(number)) => Any::Double(number.ceil()),
        (NumberFunction::Ceil, Any::Decimal(number)) => Any::Decimal(number.ceil()),
        (NumberFunction::Round(scale), Any::Decimal(number)) => Any::Decimal(number.round(scale)),
        (NumberFunction::ToDouble, Any::Double(number)) => Any::Double(number),
        (NumberFunction::ToDouble, Any::Decimal(number)) => Any::Double(number.to_double()),
        (NumberFunction::ToDouble, any) => {
            whole!(any, number => Any::Double(number.to_double()), other => panic!("{:?}", other.kind()))
        }
        (NumberFunction::ToDecimal(scale), Any::Decimal(number)) => {
            Any::Decimal(number.to_decimal(scale))
        }
        (NumberFunction::ToDecimal(scale), any) => {
            whole!(any, number => Any::Decimal(number.to_decimal(scale)), other => panic!("{:?}", other.kind()))
        }
        (NumberFunction::ToText, Any::Decimal(number)) => Any::Text(number.to_text()),
        (NumberFunction::ToText, any) => {
            whole!(any, number => Any::Text(number.to_text()), other => panic!("{:?}", other.kind()))
        }
        (function, any) => panic!("{function:?} of {:?}", any.kind()),
    }
}

impl Aggregate {
    fn refined<T: Slot>(
        &self,
        aggregated: Aggregated<Option<T>>,
        scope: &Scope<'_>,
        window: Option<Over>,
    ) -> Any {
        self.finish(aggregated, scope, window, T::any)
    }

    fn finish<T: birgus::model::ColumnValue>(
        &self,
        mut aggregated: Aggregated<T>,
        scope: &Scope<'_>,
        window: Option<Over>,
        any: fn(Expr<T>) -> Any,
    ) -> Any {
        if self.distinct {
            aggregated = aggregated.distinct();
        }
        if let Some(filter) = &self.filter {
            aggregated = aggregated.filter(filter.build(scope));
        }
        any(match window {
            Some(window) => aggregated.over(window),
            None => aggregated.into_expr(),
        })
    }

    fn build(&self, scope: &Scope<'_>, window: Option<Over>) -> Any {
        let counted = |count: Expr<i64>| Any::Big(count.nullable());
        let Some(of) = &self.of else {
            return self.finish(count_rows(), scope, window, counted);
        };
        let of = of.build(scope);
        match self.function {
            AggregateFunction::Count => {
                with_any!(of, of => self.finish(of.count(), scope, window, counted))
            }
            AggregateFunction::Min => {
                with_ordered!(of, of => self.refined(of.min(), scope, window))
            }
            AggregateFunction::Max => {
                with_ordered!(of, of => self.refined(of.max(), scope, window))
            }
            AggregateFunction::Sum => match of {
                Any::Double(of) => self.refined(of.sum(), scope, window),
                Any::Decimal(of) => self.refined(of.sum(), scope, window),
                of => {
                    whole!(of, of => self.refined(of.sum(), scope, window), other => panic!("{:?}", other.kind()))
                }
            },
            AggregateFunction::Average => match of {
                Any::Double(of) => self.refined(of.avg(), scope, window),
                Any::Decimal(of) => self.refined(of.avg(), scope, window),
                of => {
                    whole!(of, of => self.refined(of.avg(), scope, window), other => panic!("{:?}", other.kind()))
                }
            },
            AggregateFunction::All => self.refined(same::<bool>(of).bool_and(), scope, window),
            AggregateFunction::Any => self.refined(same::<bool>(of).bool_or(), scope, window),
        }
    }
}

impl Window {
    fn build(&self, scope: &Scope<'_>) -> Any {
        let mut window = over();
        for expression in &self.partition {
            window = with_any!(expression.build(scope), by => window.partition_by(by));
        }
        for order in &self.order {
            window = window.order_by(order.build(scope));
        }
        window = match self.frame {
            None => window,
            Some((Some(first), last)) => window.rows(first, last),
            Some((None, 0)) => window.rows_so_far(),
            Some((None, _)) => window.all_rows(),
        };
        match &self.function {
            WindowFunction::RowNumber => Any::Big(row_number(window).nullable()),
            WindowFunction::Rank => Any::Big(rank(window).nullable()),
            WindowFunction::DenseRank => Any::Big(dense_rank(window).nullable()),
            WindowFunction::Ntile(buckets) => Any::Big(ntile(*buckets, window).nullable()),
            WindowFunction::Lag(of, rows) => {
                with_any!(of.build(scope), of => Slot::any(of.lag(*rows, window)))
            }
            WindowFunction::Lead(of, rows) => {
                with_any!(of.build(scope), of => Slot::any(of.lead(*rows, window)))
            }
            WindowFunction::First(of) => {
                with_any!(of.build(scope), of => Slot::any(of.first_value(window)))
            }
            WindowFunction::Last(of) => {
                with_any!(of.build(scope), of => Slot::any(of.last_value(window)))
            }
            WindowFunction::Aggregate(aggregate) => aggregate.build(scope, Some(window)),
        }
    }
}

impl Condition {
    pub(crate) fn build(&self, scope: &Scope<'_>) -> Expr<bool> {
        match self {
            Self::Holds(truth) => same::<bool>(truth.build(scope)).into(),
            Self::Not(condition) => !condition.build(scope),
            Self::And(conditions) => {
                let built = conditions.iter().map(|condition| condition.build(scope));
                built.reduce(Expr::and).expect("at least one condition")
            }
            Self::Or(conditions) => {
                let built = conditions.iter().map(|condition| condition.build(scope));
                built.reduce(Expr::or).expect("at least one condition")
            }
            Self::Compare(comparison, left, right) => {
                with_any!(left.build(scope), left => match right {
                    Ex::Literal(_, value) => literal_compared(left, *comparison, value),
                    right => {
                        let right = of(&left, right.build(scope));
                        compared(left, *comparison, right)
                    }
                })
            }
            Self::Between(left, low, high) => {
                with_any!(left.build(scope), left => between(left, low, high, scope))
            }
            Self::In(left, list, negated) => {
                with_any!(left.build(scope), left => in_list(left, list, *negated))
            }
            Self::InRead(left, read, negated) => {
                with_any!(left.build(scope), left => within(left, read, *negated, scope))
            }
            Self::Exists(read) => any_row(read, scope),
            Self::IsNull(operand, negated) => {
                with_any!(operand.build(scope), operand => if *negated { operand.is_not_null() } else { operand.is_null() })
            }
            Self::Text(test, operand, part) => {
                let text = same::<String>(operand.build(scope));
                let part = part.as_str();
                match test {
                    TextTest::Like => text.like(part),
                    TextTest::NotLike => text.not_like(part),
                    TextTest::Ilike => text.ilike(part),
                    TextTest::NotIlike => text.not_ilike(part),
                    TextTest::Contains => text.contains(part),
                    TextTest::StartsWith => text.starts_with(part),
                    TextTest::EndsWith => text.ends_with(part),
                    TextTest::Icontains => text.icontains(part),
                    TextTest::IstartsWith => text.istarts_with(part),
                    TextTest::IendsWith => text.iends_with(part),
                    TextTest::Ieq => text.ieq(part),
                }
            }
        }
    }
}

fn compared<T: Slot>(
    left: Expr<Option<T>>,
    comparison: Comparison,
    right: impl Operand<Option<T>>,
) -> Expr<bool> {
    match comparison {
        Comparison::Eq => left.eq(right),
        Comparison::Ne => left.ne(right),
        Comparison::Lt => left.lt(right),
        Comparison::Le => left.le(right),
        Comparison::Gt => left.gt(right),
        Comparison::Ge => left.ge(right),
        Comparison::Distinct => left.is_distinct_from(right),
        Comparison::NotDistinct => left.is_not_distinct_from(right),
    }
}

fn literal_compared<T: Slot>(
    left: Expr<Option<T>>,
    comparison: Comparison,
    value: &Val,
) -> Expr<bool> {
    compared(left, comparison, T::of(value))
}

fn between<T: Slot>(left: Expr<Option<T>>, low: &Ex, high: &Ex, scope: &Scope<'_>) -> Expr<bool> {
    match (low, high) {
        (Ex::Literal(_, low), Ex::Literal(_, high)) => left.between(T::of(low), T::of(high)),
        (low, high) => left.between(same::<T>(low.build(scope)), same::<T>(high.build(scope))),
    }
}

fn in_list<T: Slot>(left: Expr<Option<T>>, list: &[Val], negated: bool) -> Expr<bool> {
    let list: Vec<Option<T>> = list.iter().map(T::of).collect();
    if negated {
        left.not_in(list)
    } else {
        left.in_(list)
    }
}
