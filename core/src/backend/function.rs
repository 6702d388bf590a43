//! The operations of expressions, by what they mean, and how a dialect writes them.

mod standard;

use super::BindType;
use crate::Result;
use crate::value::Value;

/// An operation on values: what it means, the same on every engine. The dialect says how it is written
/// ([`Dialect::write_function`](super::Dialect::write_function)).
///
/// Unless said otherwise an operation gives NULL when one of its arguments is NULL.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Function {
    /// `a + b`. Whole numbers are added as `BigInt`; out of its range is an error. Decimals have one scale by then.
    Add,
    /// `a - b`, as [`Function::Add`].
    Subtract,
    /// `a * b`, as [`Function::Add`]; the scale of a decimal result is the sum of the scales.
    ///
    /// Decimals are the same everywhere up to 18 digits; beyond them an engine gives the exact result or fails. A double
    /// that is infinite or no number is an error.
    Multiply,
    /// `-a`
    Negate,
    /// The absolute value.
    Absolute,
    /// `a / b`, exact: a double of whole numbers or doubles; of decimals a decimal of the result's scale, rounded half
    /// away from zero. NULL when `b` is 0.
    Divide,
    /// The whole number of times that `b` goes into `a`, rounded towards zero. NULL when `b` is 0.
    IntegerDivide,
    /// What [`Function::IntegerDivide`] leaves, with the sign of `a`. NULL when `b` is 0.
    Remainder,
    /// A decimal of fewer digits behind the point: the result's scale, rounded half away from zero.
    Round,
    /// The greatest whole number that is not above `a`: of a double a double, of a decimal one of scale 0.
    Floor,
    /// The least whole number that is not below `a`, as [`Function::Floor`].
    Ceiling,
    /// The value as one of the result's type: whole numbers to wider ones, to double, decimal and text; decimals to
    /// double, text and a larger scale; a date to the moment at its midnight; a moment to its date or time, and to that of the
    /// other kind, of no zone or in UTC. For migrations also texts to numbers, which fails for a text that is none, and doubles
    /// to decimals, rounded half away from zero from the shortest text that means the same double.
    ///
    /// A bound value is cast to its own type where it stands for a whole expression, and nothing else tells the engine
    /// what comes out: a dialect writes as much as the engine must be told.
    Cast,
    /// Letters made small, one by one, as [`crate::letter_case`] has it.
    Lower,
    /// Letters made capital, likewise.
    Upper,
    /// The number of characters (code points).
    Length,
    /// Without the spaces (U+0020) at both ends.
    Trim,
    /// Without the spaces at the beginning.
    TrimStart,
    /// Without the spaces at the end.
    TrimEnd,
    /// `(text, start, length)`: so many characters from one on, counted from 1; a smaller start is 1, a negative length 0.
    Substring,
    /// `(text, from, to)`: every occurrence of `from` replaced, of an empty one none.
    Replace,
    /// All arguments joined; NULL when one is NULL.
    Concat,
    /// `(text, part)`: whether the part occurs in it, telling cases apart; an empty one does in any text.
    Contains,
    /// `(text, part)`: whether it begins with the part, likewise.
    StartsWith,
    /// `(text, part)`: whether it ends in the part, likewise.
    EndsWith,
    /// The first argument that is not NULL.
    Coalesce,
    /// `(a, b)`: NULL when they are equal, `a` otherwise.
    NullIf,
    /// The greatest argument; NULL when one is NULL.
    Greatest,
    /// The least argument; NULL when one is NULL.
    Least,
    /// A part of a date, time or moment as a whole number.
    DatePart(DatePart),
    /// The beginning of the unit that a date or moment lies in, as the same type; of a date [`DateUnit::Day`] or larger.
    DateTruncate(DateUnit),
    /// `(moment, number)`: so many units later, any whole number, which may be negative; the result has the moment's type.
    /// A month that is too short for the day ends on its last. A result outside of the years 1 to 9999 is NULL, also
    /// where it would be stored. A date takes [`DateUnit::Day`] or larger.
    DateAdd(DateUnit),
    /// `(a, b)`: the whole units from `b` to `a`, cut towards zero, of two dates or two moments of one type. Units up to
    /// [`DateUnit::Week`]; a date counts as its midnight.
    DateDifference(DateUnit),
    /// What is at the path in a document, as the result's type: a string as text, a number that is whole (however it is
    /// written, 1.0 too) and in range as `BigInt`, any number as `Double`, a boolean, or anything as a document. NULL when
    /// there is nothing, a JSON null, or something of another kind; never an error.
    JsonGet(Vec<JsonStep>),
    /// The kind of what is at the path: `object`, `array`, `string`, `number`, `boolean` or `null`; NULL when nothing is.
    JsonType(Vec<JsonStep>),
    /// The number of an array's elements at the path; NULL when there is none.
    JsonLength(Vec<JsonStep>),
    /// `(document, part)`: whether the document contains the part, a bound array or object: an object one whose keys it
    /// has with values that contain theirs, an array one each of whose elements is contained in one of its own; anything
    /// else what is equal. Numbers are equal by value; whole ones in the part lie below 2^53.
    JsonContains,
    /// `(document, value)`: the document with the value, a bound document, at the path: in place of what is there, or added
    /// to the object that the last step leads into. Otherwise the document as it is. The path has a step.
    JsonSet(Vec<JsonStep>),
    /// The document without what is at the path, which has a step.
    JsonRemove(Vec<JsonStep>),
}

/// A step of a path into a JSON document.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum JsonStep {
    /// The value of an object's key, which neither begins with `-` nor holds NUL; arrays have none, also not of a number.
    Key(String),
    /// An element of an array, counted from 0, below 2^31; objects and single values have none.
    Index(u32),
}

/// A part of a date, time or moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DatePart {
    /// The year, 1 to 9999.
    Year,
    /// The quarter, 1 to 4.
    Quarter,
    /// The month, 1 to 12.
    Month,
    /// The week of ISO 8601, 1 to 53.
    Week,
    /// The day of the month, 1 to 31.
    Day,
    /// The day of the year, 1 to 366.
    DayOfYear,
    /// The day of the week by ISO 8601: Monday is 1, Sunday 7.
    Weekday,
    /// The hour, 0 to 23.
    Hour,
    /// The minute, 0 to 59.
    Minute,
    /// The whole second, 0 to 59.
    Second,
    /// The microseconds within the second, 0 to 999,999.
    Microsecond,
}

/// A unit of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DateUnit {
    /// Twelve months.
    Year,
    /// Three months.
    Quarter,
    /// A calendar month.
    Month,
    /// Seven days; truncated to Monday.
    Week,
    /// 24 hours.
    Day,
    /// 3,600 seconds.
    Hour,
    /// 60 seconds.
    Minute,
    /// A second.
    Second,
    /// A millionth of a second.
    Microsecond,
}

impl DatePart {
    /// The name, in small letters: `day_of_year`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Year => "year",
            Self::Quarter => "quarter",
            Self::Month => "month",
            Self::Week => "week",
            Self::Day => "day",
            Self::DayOfYear => "day_of_year",
            Self::Weekday => "weekday",
            Self::Hour => "hour",
            Self::Minute => "minute",
            Self::Second => "second",
            Self::Microsecond => "microsecond",
        }
    }
}

impl DateUnit {
    /// The name, in small letters: `month`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Year => "year",
            Self::Quarter => "quarter",
            Self::Month => "month",
            Self::Week => "week",
            Self::Day => "day",
            Self::Hour => "hour",
            Self::Minute => "minute",
            Self::Second => "second",
            Self::Microsecond => "microsecond",
        }
    }

    /// The months that the unit has; 0 of one that is no calendar unit.
    pub fn months(self) -> i64 {
        match self {
            Self::Year => 12,
            Self::Quarter => 3,
            Self::Month => 1,
            _ => 0,
        }
    }

    /// The microseconds that the unit has; 0 of a calendar unit.
    pub fn microseconds(self) -> i64 {
        match self {
            Self::Year | Self::Quarter | Self::Month => 0,
            Self::Week => 7 * 86_400_000_000,
            Self::Day => 86_400_000_000,
            Self::Hour => 3_600_000_000,
            Self::Minute => 60_000_000,
            Self::Second => 1_000_000,
            Self::Microsecond => 1,
        }
    }

    /// A number of units that leads out of the years 1 to 9999 from any moment, and that every engine can still compute
    /// with: whatever is further away may be taken for it.
    pub fn limit(self) -> i64 {
        const YEARS: i64 = 10_000;
        match self.months() {
            0 => YEARS * 366 * 86_400_000_000 / self.microseconds(),
            months => YEARS * 12 / months,
        }
    }
}

/// An aggregate, by what it means. NULL takes no part; of no values all but [`AggregateFunction::Count`] give NULL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AggregateFunction {
    /// How many values, or how many rows when there is no argument.
    Count,
    /// The sum: whole numbers as `BigInt`, out of its range is an error; decimals keep their scale. An engine may also
    /// fail where the sum only leaves the range on its way.
    Sum,
    /// The mean: of whole numbers their sum, as [`AggregateFunction::Sum`] has it, as a double divided by their number;
    /// of doubles a double; of decimals a decimal of the result's scale, rounded half away from zero.
    Average,
    /// The least.
    Minimum,
    /// The greatest.
    Maximum,
    /// Texts joined, with the second argument, a bound value, between them, in the order given. Neither distinct nor over
    /// a window.
    JoinText,
    /// Whether all are true.
    All,
    /// Whether one is true.
    Any,
}

/// The place of a row in a window, by what it means: always a `BigInt`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RankFunction {
    /// The number of the row, from 1.
    RowNumber,
    /// The number of the first row that agrees with it in order.
    Rank,
    /// The rank without gaps.
    DenseRank,
    /// The number of the bucket, when the rows are dealt into so many.
    Buckets(u32),
}

/// What a function is written into, with its arguments.
pub trait FunctionWriter {
    /// Appends text as it stands.
    fn push(&mut self, sql: &str);

    /// Appends an argument, in parentheses where it needs them; an argument may be written several times.
    ///
    /// An aggregate's argument comes with DISTINCT and its filter.
    ///
    /// # Errors
    ///
    /// `is_invalid_query()`
    fn argument(&mut self, index: usize) -> Result<()>;

    /// How many arguments there are.
    fn count(&self) -> usize;

    /// The type of an argument.
    fn argument_type(&self, index: usize) -> BindType;

    /// The value of an argument that is a bound value; for a dialect whose SQL takes only literals in its place.
    fn argument_value(&self, index: usize) -> Option<&Value>;

    /// Whether this function is an argument of whole-number arithmetic, which checks the range for all of it.
    fn is_nested(&self) -> bool;

    /// The type of the result.
    fn result(&self) -> BindType;

    /// Appends a value, bound in a statement, a literal in DDL.
    fn value(&mut self, value: Value, bind_type: BindType);

    /// Says that the text depends on a bound value, so that the statement is not kept for others.
    fn vary(&mut self) {}

    /// Whether this is part of DDL: the engine keeps the text, and may parse it again in a session of other settings.
    fn is_kept(&self) -> bool {
        false
    }

    /// Appends `ORDER BY …` of an aggregate, with a space before it, or nothing.
    ///
    /// # Errors
    ///
    /// `is_invalid_query()`
    fn order(&mut self) -> Result<()> {
        Ok(())
    }

    /// Appends ` OVER (…)` of an aggregate over a window, or nothing. A dialect MUST call it right behind each call of an
    /// aggregate: what it writes around those is computed of what the window gives.
    ///
    /// # Errors
    ///
    /// `is_invalid_query()`
    fn over(&mut self) -> Result<()> {
        Ok(())
    }

    /// Whether the aggregate is over a window.
    fn is_over_window(&self) -> bool {
        false
    }
}

/// Writes a function as the SQL standard has it; a dialect calls it for what its engine, named for errors, does alike.
///
/// # Errors
///
/// `is_unsupported()` for what the standard lacks, and as [`FunctionWriter::argument`].
pub fn write_standard_function(
    engine: &str,
    function: &Function,
    out: &mut dyn FunctionWriter,
) -> Result<()> {
    standard::function(engine, function, out)
}

/// Writes an aggregate as the SQL standard has it.
///
/// # Errors
///
/// As [`write_standard_function`].
pub fn write_standard_aggregate(
    engine: &str,
    function: AggregateFunction,
    out: &mut dyn FunctionWriter,
) -> Result<()> {
    standard::aggregate(engine, function, out)
}

/// Writes a rank as the SQL standard has it.
///
/// # Errors
///
/// As [`FunctionWriter::over`].
pub fn write_standard_rank(function: RankFunction, out: &mut dyn FunctionWriter) -> Result<()> {
    standard::rank(function, out)
}
