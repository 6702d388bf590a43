//! Expressions of checks, computed columns and defaults as text: what a revision file holds, and what a dialect writes later.
//!
//! An expression is written as calls: `and(ge(age, 18:integer), contains(email, "@"))`. An operation on values says its type
//! (`add:bigint(a, b)`), a value too where its form does not tell it: `18:integer`, `"2024-05-06":date`.

mod read;
mod rename;
mod write;

use birgus_core::backend::{BindType, DatePart, DateUnit, Function};
use birgus_core::query::Comparison;
use birgus_core::{Error, Result};

pub(crate) use read::read;
pub(crate) use rename::renamed;
pub(crate) use write::{put_name, type_name, write};

const COMPARISONS: [(&str, Comparison); 8] = [
    ("eq", Comparison::Equal),
    ("ne", Comparison::NotEqual),
    ("lt", Comparison::Less),
    ("le", Comparison::LessOrEqual),
    ("gt", Comparison::Greater),
    ("ge", Comparison::GreaterOrEqual),
    ("is_distinct_from", Comparison::Distinct),
    ("is_not_distinct_from", Comparison::NotDistinct),
];

const FUNCTIONS: [(&str, Function); 28] = [
    ("add", Function::Add),
    ("subtract", Function::Subtract),
    ("multiply", Function::Multiply),
    ("negate", Function::Negate),
    ("absolute", Function::Absolute),
    ("divide", Function::Divide),
    ("integer_divide", Function::IntegerDivide),
    ("remainder", Function::Remainder),
    ("round", Function::Round),
    ("floor", Function::Floor),
    ("ceiling", Function::Ceiling),
    ("cast", Function::Cast),
    ("lower", Function::Lower),
    ("upper", Function::Upper),
    ("length", Function::Length),
    ("trim", Function::Trim),
    ("trim_start", Function::TrimStart),
    ("trim_end", Function::TrimEnd),
    ("substring", Function::Substring),
    ("replace", Function::Replace),
    ("concat", Function::Concat),
    ("contains", Function::Contains),
    ("starts_with", Function::StartsWith),
    ("ends_with", Function::EndsWith),
    ("coalesce", Function::Coalesce),
    ("null_if", Function::NullIf),
    ("greatest", Function::Greatest),
    ("least", Function::Least),
];

const UNITS: [DateUnit; 9] = [
    DateUnit::Year,
    DateUnit::Quarter,
    DateUnit::Month,
    DateUnit::Week,
    DateUnit::Day,
    DateUnit::Hour,
    DateUnit::Minute,
    DateUnit::Second,
    DateUnit::Microsecond,
];

const PARTS: [DatePart; 11] = [
    DatePart::Year,
    DatePart::Quarter,
    DatePart::Month,
    DatePart::Week,
    DatePart::Day,
    DatePart::DayOfYear,
    DatePart::Weekday,
    DatePart::Hour,
    DatePart::Minute,
    DatePart::Second,
    DatePart::Microsecond,
];

const TYPES: [(&str, BindType); 13] = [
    ("boolean", BindType::Boolean),
    ("smallint", BindType::SmallInt),
    ("integer", BindType::Integer),
    ("bigint", BindType::BigInt),
    ("double", BindType::Double),
    ("text", BindType::Text),
    ("binary", BindType::Binary),
    ("date", BindType::Date),
    ("time", BindType::Time),
    ("datetime", BindType::DateTime),
    ("timestamp", BindType::Timestamp),
    ("uuid", BindType::Uuid),
    ("json", BindType::Json),
];

fn function_name(function: &Function) -> Result<String> {
    if let Some((name, _)) = FUNCTIONS.iter().find(|(_, known)| known == function) {
        return Ok((*name).to_owned());
    }
    match function {
        Function::DatePart(part) => Ok(format!("part_{}", part.name())),
        Function::DateTruncate(unit) => Ok(format!("truncate_{}", unit.name())),
        Function::DateAdd(unit) => Ok(format!("plus_{}", unit.name())),
        Function::DateDifference(unit) => Ok(format!("between_{}", unit.name())),
        _ => Err(Error::unsupported(format!(
            "{function:?} has no form in a revision file"
        ))),
    }
}

fn function_of(name: &str) -> Option<Function> {
    if let Some((_, function)) = FUNCTIONS.iter().find(|(known, _)| *known == name) {
        return Some(function.clone());
    }
    let unit = |name: &str| UNITS.into_iter().find(|unit| unit.name() == name);
    if let Some(name) = name.strip_prefix("part_") {
        let part = PARTS.into_iter().find(|part| part.name() == name)?;
        return Some(Function::DatePart(part));
    }
    if let Some(name) = name.strip_prefix("truncate_") {
        return unit(name).map(Function::DateTruncate);
    }
    if let Some(name) = name.strip_prefix("plus_") {
        return unit(name).map(Function::DateAdd);
    }
    unit(name.strip_prefix("between_")?).map(Function::DateDifference)
}
