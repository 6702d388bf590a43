//! Expressions of dates, times and moments.

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, Utc};

use super::expression::parts;
use super::{Aggregated, Column, Expr, Expression, Labelled, Node, NumberOperand, Typing};
use crate::backend::{BindType, DatePart, DateUnit, Function};
use crate::model::{ColumnValue, Kind};
use crate::value::Value;

/// What has a day: `NaiveDate`, `NaiveDateTime`, `DateTime<Utc>`, and `Option` of these.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no day",
    label = "not a date, and not a date with a time"
)]
pub trait HasDate: ColumnValue {}

/// What has a time of day: `NaiveTime`, `NaiveDateTime`, `DateTime<Utc>`, and `Option` of these.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no time of day",
    label = "not a time, and not a date with a time"
)]
pub trait HasTime: ColumnValue {}

/// A date with a time: `NaiveDateTime`, `DateTime<Utc>`, and `Option` of these.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a date with a time",
    label = "not a NaiveDateTime, and not a DateTime<Utc>"
)]
pub trait Moment: HasDate + HasTime {}

/// A date alone: `NaiveDate` and `Option<NaiveDate>`.
#[diagnostic::on_unimplemented(message = "`{Self}` is not a date", label = "not a NaiveDate")]
pub trait Day: HasDate {}

macro_rules! temporal {
    ($($type:ty: $($marker:ident),+;)*) => {$($(
        impl $marker for $type {}
        impl $marker for Option<$type> {}
    )+)*};
}

temporal! {
    NaiveDate: HasDate, Day;
    NaiveTime: HasTime;
    NaiveDateTime: HasDate, HasTime, Moment;
    DateTime<Utc>: HasDate, HasTime, Moment;
}

/// Something that a date or moment of type `Base` can be measured from: a value, or an expression, which may be NULL.
#[diagnostic::on_unimplemented(
    message = "the time between a `{Base}` and `{Self}` can't be told",
    label = "expected a value, a column or an expression of type `{Base}`"
)]
pub trait DateOperand<Base> {
    /// `Base`, or an `Option` of it where it may be NULL.
    type Value: ColumnValue;
    /// The operand as plain data.
    #[doc(hidden)]
    fn into_date(self) -> Node;
}

macro_rules! values {
    ($($type:ty),*) => {$(
        impl DateOperand<Self> for $type {
            type Value = Self;

            fn into_date(self) -> Node {
                Typing::plain(Self::KIND, 0).operand(self.to_value())
            }
        }
    )*};
}

values!(NaiveDate, NaiveDateTime, DateTime<Utc>);

macro_rules! expressions {
    ($([$($generics:tt)*] $of:ident<$($parameter:ident),* => $value:ident>;)*) => {$(
        #[diagnostic::do_not_recommend]
        impl<$($generics)* $value: HasDate> DateOperand<$value::Base> for $of<$($parameter,)* $value> {
            type Value = $value;

            fn into_date(self) -> Node {
                self.into_node()
            }
        }
    )*};
}

expressions! {
    [M,] Column<M => T>;
    [] Expr< => T>;
    [] Aggregated< => T>;
    [] Labelled< => T>;
}

/// A whole number, or an `Option` of one where one of the others may be NULL.
type Whole<A, B> = <A as ColumnValue>::As<<B as ColumnValue>::As<i64>>;

/// A span of time to add to a date or moment, or to take from it: so many units, a value or a whole-number expression.
///
/// ```
/// # extern crate birgus_core as birgus;
/// use birgus::prelude::*;
/// use birgus::query::Interval;
/// # #[derive(Model)]
/// # pub struct Loan { #[key] pub id: i64, pub lent: NaiveDate, pub weeks: i32 }
///
/// # fn main() {
/// let due = Loan::lent.plus(Interval::weeks(Loan::weeks));
/// let warned = due.minus(Interval::days(3));
/// let query = Loan::query().select((Loan::id, warned));
/// # let _ = query;
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use = "an interval does nothing until it is added to a date or moment"]
pub struct Interval {
    unit: DateUnit,
    number: Node,
}

impl Interval {
    fn of<N: NumberOperand<i64>>(unit: DateUnit, number: N) -> Self {
        Self {
            unit,
            number: number.into_number(),
        }
    }

    /// So many times twelve months.
    pub fn years<N: NumberOperand<i64>>(number: N) -> Self {
        Self::of(DateUnit::Year, number)
    }

    /// So many calendar months.
    pub fn months<N: NumberOperand<i64>>(number: N) -> Self {
        Self::of(DateUnit::Month, number)
    }

    /// So many times seven days.
    pub fn weeks<N: NumberOperand<i64>>(number: N) -> Self {
        Self::of(DateUnit::Week, number)
    }

    /// So many days.
    pub fn days<N: NumberOperand<i64>>(number: N) -> Self {
        Self::of(DateUnit::Day, number)
    }

    /// So many hours.
    pub fn hours<N: NumberOperand<i64>>(number: N) -> Self {
        Self::of(DateUnit::Hour, number)
    }

    /// So many minutes.
    pub fn minutes<N: NumberOperand<i64>>(number: N) -> Self {
        Self::of(DateUnit::Minute, number)
    }

    /// So many seconds.
    pub fn seconds<N: NumberOperand<i64>>(number: N) -> Self {
        Self::of(DateUnit::Second, number)
    }

    /// So many millionths of a second.
    pub fn microseconds<N: NumberOperand<i64>>(number: N) -> Self {
        Self::of(DateUnit::Microsecond, number)
    }

    /// The span back in time.
    fn negated(self) -> Self {
        let number = match self.number {
            Node::Bind(mut bind) => {
                if let Value::Integer(number) = &mut bind.value {
                    // What is lost is beyond the years 1 to 9999 either way.
                    *number = number.saturating_neg();
                }
                Node::Bind(bind)
            }
            Node::Invalid(message) => Node::Invalid(message),
            number => Node::call(Function::Negate, [number], BindType::BigInt),
        };
        Self { number, ..self }
    }
}

/// What can be done with a date, a time, or a moment (a date with a time).
///
/// Everything is of the proleptic Gregorian calendar, without leap seconds, and of UTC for `DateTime<Utc>`. A result
/// outside of the years 1 to 9999, which not every engine can hold, is `None`.
///
/// ```
/// # extern crate birgus_core as birgus;
/// use birgus::prelude::*;
/// use birgus::query::{DateUnit, Interval};
/// # #[derive(Model)]
/// # pub struct Visit { #[key] pub id: i64, pub came: DateTime<Utc>, pub left: Option<DateTime<Utc>>, pub booked: NaiveDate }
///
/// # fn main() {
/// let by_month = Visit::query()
///     .group_by(Visit::came.truncate(DateUnit::Month))
///     .select((Visit::came.truncate(DateUnit::Month), Visit::id.count()));
/// let long = Visit::query()
///     .filter(Visit::left.difference(DateUnit::Minute, Visit::came).ge(90)) // whole minutes
///     .filter(Visit::came.weekday().eq(7))                                 // a Sunday
///     .filter(Visit::came.plus(Interval::days(30)).gt(Utc::now()))
///     .filter(Visit::came.date().ne(Visit::booked));
/// # let _ = (by_month, long);
/// # }
/// ```
///
/// A part that the type lacks does not compile:
///
/// ```compile_fail,E0277
/// # extern crate birgus_core as birgus;
/// # use birgus::prelude::*;
/// # #[derive(Model)]
/// # pub struct Visit { #[key] pub id: i64, pub booked: NaiveDate }
/// # fn main() {
/// let hour = Visit::booked.hour();
/// # }
/// ```
pub trait DateExpression: Expression {
    /// The year, 1 to 9999.
    fn year(self) -> Expr<<Self::Value as ColumnValue>::As<i64>>
    where
        Self::Value: HasDate,
    {
        part(DatePart::Year, self)
    }

    /// The quarter, 1 to 4.
    fn quarter(self) -> Expr<<Self::Value as ColumnValue>::As<i64>>
    where
        Self::Value: HasDate,
    {
        part(DatePart::Quarter, self)
    }

    /// The month, 1 to 12.
    fn month(self) -> Expr<<Self::Value as ColumnValue>::As<i64>>
    where
        Self::Value: HasDate,
    {
        part(DatePart::Month, self)
    }

    /// The week of ISO 8601, 1 to 53: week 1 is that of January 4, so the first days of a year may lie in week 52 or 53,
    /// and the last ones in week 1.
    fn week(self) -> Expr<<Self::Value as ColumnValue>::As<i64>>
    where
        Self::Value: HasDate,
    {
        part(DatePart::Week, self)
    }

    /// The day of the month, 1 to 31.
    fn day(self) -> Expr<<Self::Value as ColumnValue>::As<i64>>
    where
        Self::Value: HasDate,
    {
        part(DatePart::Day, self)
    }

    /// The day of the year, 1 to 366.
    fn day_of_year(self) -> Expr<<Self::Value as ColumnValue>::As<i64>>
    where
        Self::Value: HasDate,
    {
        part(DatePart::DayOfYear, self)
    }

    /// The day of the week, as ISO 8601 counts: Monday is 1, Sunday 7.
    fn weekday(self) -> Expr<<Self::Value as ColumnValue>::As<i64>>
    where
        Self::Value: HasDate,
    {
        part(DatePart::Weekday, self)
    }

    /// The hour, 0 to 23.
    fn hour(self) -> Expr<<Self::Value as ColumnValue>::As<i64>>
    where
        Self::Value: HasTime,
    {
        part(DatePart::Hour, self)
    }

    /// The minute, 0 to 59.
    fn minute(self) -> Expr<<Self::Value as ColumnValue>::As<i64>>
    where
        Self::Value: HasTime,
    {
        part(DatePart::Minute, self)
    }

    /// The whole second, 0 to 59.
    fn second(self) -> Expr<<Self::Value as ColumnValue>::As<i64>>
    where
        Self::Value: HasTime,
    {
        part(DatePart::Second, self)
    }

    /// The microseconds within the second, 0 to 999,999.
    fn microsecond(self) -> Expr<<Self::Value as ColumnValue>::As<i64>>
    where
        Self::Value: HasTime,
    {
        part(DatePart::Microsecond, self)
    }

    /// The beginning of the unit that the date or moment lies in; that of a week is Monday. A date has none below
    /// [`DateUnit::Day`].
    fn truncate(self, unit: DateUnit) -> Expr<Self::Value>
    where
        Self::Value: HasDate,
    {
        let (node, typing) = parts(self);
        if let Some(problem) = too_fine(typing, unit) {
            return Expr::invalid(problem);
        }
        let finest = match typing.kind {
            Kind::Date => DateUnit::Day,
            _ => DateUnit::Microsecond,
        };
        if unit == finest {
            return Expr::from_node(node);
        }
        let result = node.bind_type();
        Expr::from_node(Node::call(Function::DateTruncate(unit), [node], result))
    }

    /// So much later. A month that is too short for the day ends on its last: January 31 and a month is February 28 or 29.
    /// `None` outside of the years 1 to 9999. A date takes no interval below a day.
    fn plus(self, interval: Interval) -> Expr<Option<<Self::Value as ColumnValue>::Base>>
    where
        Self::Value: HasDate,
    {
        let (node, typing) = parts(self);
        if let Some(problem) = too_fine(typing, interval.unit) {
            return Expr::invalid(problem);
        }
        let result = node.bind_type();
        Expr::from_node(Node::call(
            Function::DateAdd(interval.unit),
            [node, interval.number],
            result,
        ))
    }

    /// So much earlier, as [`DateExpression::plus`].
    fn minus(self, interval: Interval) -> Expr<Option<<Self::Value as ColumnValue>::Base>>
    where
        Self::Value: HasDate,
    {
        self.plus(interval.negated())
    }

    /// The whole units from the other date or moment to this one, cut towards zero; negative when the other is later.
    /// There are none of calendar units, which differ in length: the largest is [`DateUnit::Week`].
    fn difference<R>(self, unit: DateUnit, since: R) -> Expr<Whole<R::Value, Self::Value>>
    where
        Self::Value: HasDate,
        R: DateOperand<<Self::Value as ColumnValue>::Base>,
    {
        let (node, typing) = parts(self);
        if matches!(unit, DateUnit::Year | DateUnit::Quarter | DateUnit::Month) {
            return Expr::invalid(format!(
                "{}: a difference in {}s, whose lengths differ; take weeks or a smaller unit",
                typing.subject(),
                unit.name()
            ));
        }
        Expr::from_node(Node::call(
            Function::DateDifference(unit),
            [node, since.into_date()],
            BindType::BigInt,
        ))
    }

    /// The date of a moment.
    fn date(self) -> Expr<<Self::Value as ColumnValue>::As<NaiveDate>>
    where
        Self::Value: Moment,
    {
        cast(self, BindType::Date)
    }

    /// The time of day of a moment.
    fn time(self) -> Expr<<Self::Value as ColumnValue>::As<NaiveTime>>
    where
        Self::Value: Moment,
    {
        cast(self, BindType::Time)
    }

    /// The moment at which the date begins.
    fn at_midnight(self) -> Expr<<Self::Value as ColumnValue>::As<NaiveDateTime>>
    where
        Self::Value: Day,
    {
        cast(self, BindType::DateTime)
    }
}

impl<E: Expression> DateExpression for E {}

fn part<T>(part: DatePart, of: impl Expression) -> Expr<T> {
    Expr::from_node(Node::call(
        Function::DatePart(part),
        [of.into_node()],
        BindType::BigInt,
    ))
}

fn cast<T>(expression: impl Expression, result: BindType) -> Expr<T> {
    Expr::from_node(Node::call(Function::Cast, [expression.into_node()], result))
}

/// Why a unit is too fine for the expression, if it is.
fn too_fine(typing: Typing, unit: DateUnit) -> Option<String> {
    let fine = matches!(
        unit,
        DateUnit::Hour | DateUnit::Minute | DateUnit::Second | DateUnit::Microsecond
    );
    (fine && typing.kind == Kind::Date).then(|| {
        format!(
            "{}: a date has no {}s; take days or a larger unit, or the moment .at_midnight()",
            typing.subject(),
            unit.name()
        )
    })
}
