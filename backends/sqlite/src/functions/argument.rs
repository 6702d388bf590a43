//! What the functions take and give: values of SQLite's, which may be of any kind in any place.

use std::fmt;

use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::serialize::{self, IsNull, Output, ToSql};
use diesel::sql_types::{Nullable, Text};
use diesel::sqlite::{Sqlite, SqliteBindValue, SqliteType, SqliteValue};

use crate::temporal::FixedText;

/// Why a function fails. No message quotes a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    OutOfRange,
    Infinite,
    NotAnInteger,
    NotANumber,
    NoNumber,
    NotAText,
    NotADate,
    NoDay,
    NoTime,
    NotAPart,
    NotAScale,
    NotADocument,
    NotAPath,
    NoStep,
}

impl Refusal {
    pub(super) const ALL: [Self; 14] = [
        Self::OutOfRange,
        Self::Infinite,
        Self::NotAnInteger,
        Self::NotANumber,
        Self::NoNumber,
        Self::NotAText,
        Self::NotADate,
        Self::NoDay,
        Self::NoTime,
        Self::NotAPart,
        Self::NotAScale,
        Self::NotADocument,
        Self::NotAPath,
        Self::NoStep,
    ];

    pub(super) fn message(self) -> &'static str {
        match self {
            Self::OutOfRange => "integer out of range",
            Self::Infinite => "double out of range",
            Self::NotAnInteger => "a function got another value where it takes an integer",
            Self::NotANumber => "a function got another value where it takes a number",
            Self::NoNumber => "a text that is to be a number is none",
            Self::NotAText => "a function got another value where it takes a text",
            Self::NotADate => {
                "a function got another value where it takes a date or time in the form that it is stored in"
            }
            Self::NoDay => "a time of day has no date; use a date, a datetime or a timestamp",
            Self::NoTime => "a date has no time of day; use a time, a datetime or a timestamp",
            Self::NotAPart => "no part of a date or time has this name",
            Self::NotAScale => "a scale is a number of digits from 0 to 38",
            Self::NotADocument => "a function got another value where it takes a JSON document",
            Self::NotAPath => "the path into a JSON document is not an array of keys and indexes",
            Self::NoStep => {
                "the path into a JSON document is empty; name what to set or remove inside of it"
            }
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.message())
    }
}

impl std::error::Error for Refusal {}

/// What can be read from a value that is not NULL.
pub(super) trait Argument: Sized {
    fn read(value: SqliteValue<'_, '_, '_>) -> Result<Self, Refusal>;
}

/// An argument. A refusal waits until it is known that no other argument is NULL.
#[derive(Debug, FromSqlRow)]
pub(super) struct Given<T>(Option<Result<T, Refusal>>);

impl<T: Argument, S> FromSql<Nullable<S>, Sqlite> for Given<T>
where
    Nullable<S>: diesel::sql_types::SqlType,
    S: diesel::sql_types::SqlType<IsNull = diesel::sql_types::is_nullable::NotNull>,
{
    fn from_sql(value: SqliteValue<'_, '_, '_>) -> deserialize::Result<Self> {
        Ok(Self(Some(T::read(value))))
    }

    fn from_nullable_sql(value: Option<SqliteValue<'_, '_, '_>>) -> deserialize::Result<Self> {
        Ok(Self(value.map(T::read)))
    }
}

/// What a function gives: a value, NULL, or an error.
#[derive(Debug)]
pub(super) struct Checked<T>(Result<Option<T>, Refusal>);

impl<T: Answer, S> ToSql<Nullable<S>, Sqlite> for Checked<T>
where
    S: diesel::sql_types::SqlType<IsNull = diesel::sql_types::is_nullable::NotNull>,
{
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
        match &self.0 {
            Ok(Some(value)) => {
                out.set_value(value.value());
                Ok(IsNull::No)
            }
            Ok(None) => Ok(IsNull::Yes),
            Err(refusal) => Err(Box::new(*refusal)),
        }
    }
}

/// What SQLite can be given.
pub(super) trait Answer: fmt::Debug {
    fn value(&self) -> SqliteBindValue<'_>;
}

impl Answer for i64 {
    fn value(&self) -> SqliteBindValue<'_> {
        (*self).into()
    }
}

impl Answer for f64 {
    fn value(&self) -> SqliteBindValue<'_> {
        (*self).into()
    }
}

impl Answer for bool {
    fn value(&self) -> SqliteBindValue<'_> {
        i32::from(*self).into()
    }
}

impl Answer for String {
    fn value(&self) -> SqliteBindValue<'_> {
        self.as_str().into()
    }
}

impl Answer for &'static str {
    fn value(&self) -> SqliteBindValue<'_> {
        (*self).into()
    }
}

impl Answer for FixedText {
    fn value(&self) -> SqliteBindValue<'_> {
        self.as_str().into()
    }
}

/// Calls a function of one argument, unless that is NULL.
pub(super) fn with<A, T>(
    a: Given<A>,
    call: impl FnOnce(A) -> Result<Option<T>, Refusal>,
) -> Checked<T> {
    Checked(match a.0 {
        Some(a) => a.and_then(call),
        None => Ok(None),
    })
}

/// Calls a function of two arguments, unless one is NULL.
pub(super) fn with_two<A, B, T>(
    a: Given<A>,
    b: Given<B>,
    call: impl FnOnce(A, B) -> Result<Option<T>, Refusal>,
) -> Checked<T> {
    Checked(match (a.0, b.0) {
        (Some(a), Some(b)) => a.and_then(|a| call(a, b?)),
        _ => Ok(None),
    })
}

/// Calls a function of three arguments, unless one is NULL.
pub(super) fn with_three<A, B, C, T>(
    a: Given<A>,
    b: Given<B>,
    c: Given<C>,
    call: impl FnOnce(A, B, C) -> Result<Option<T>, Refusal>,
) -> Checked<T> {
    Checked(match (a.0, b.0, c.0) {
        (Some(a), Some(b), Some(c)) => a.and_then(|a| call(a, b?, c?)),
        _ => Ok(None),
    })
}

impl Argument for i64 {
    fn read(mut value: SqliteValue<'_, '_, '_>) -> Result<Self, Refusal> {
        match value.value_type() {
            Some(SqliteType::Long) => Ok(value.read_long()),
            // What SQLite makes of a sum, difference or product that no integer holds.
            Some(SqliteType::Double) => Err(Refusal::OutOfRange),
            _ => Err(Refusal::NotAnInteger),
        }
    }
}

impl Argument for f64 {
    fn read(mut value: SqliteValue<'_, '_, '_>) -> Result<Self, Refusal> {
        match value.value_type() {
            Some(SqliteType::Double | SqliteType::Long) => Ok(value.read_double()),
            _ => Err(Refusal::NotANumber),
        }
    }
}

impl Argument for String {
    fn read(value: SqliteValue<'_, '_, '_>) -> Result<Self, Refusal> {
        match value.value_type() {
            Some(SqliteType::Text) => {
                <Self as FromSql<Text, Sqlite>>::from_sql(value).map_err(|_| Refusal::NotAText)
            }
            _ => Err(Refusal::NotAText),
        }
    }
}

/// Reads a text in place; `None` from `read` is the refusal.
pub(super) fn read_text<T>(
    mut value: SqliteValue<'_, '_, '_>,
    refusal: Refusal,
    read: impl FnOnce(&str) -> Option<T>,
) -> Result<T, Refusal> {
    match value.value_type() {
        Some(SqliteType::Text) => read(value.read_text()).ok_or(refusal),
        _ => Err(refusal),
    }
}
