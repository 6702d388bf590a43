//! Rust types that are columns.

use super::{AssignReference, Decode, Draft, FieldInfo};
use crate::Result;
use crate::backend::{BindType, Row};
use crate::query::{IntoOperand, Node, Operand, Typing};
use crate::value::Value;

/// What a column holds, before length and precision are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[allow(missing_docs, reason = "each is the ColumnType of that name")]
pub enum Kind {
    Boolean,
    SmallInt,
    Integer,
    BigInt,
    Double,
    String,
    Binary,
    Decimal,
    Date,
    Time,
    DateTime,
    Timestamp,
    Uuid,
    Json,
    Enum(&'static [&'static str]),
}

impl Kind {
    /// How a value of this kind is bound; `scale` is for decimals.
    pub fn bind_type(self, scale: u8) -> BindType {
        match self {
            Self::Boolean => BindType::Boolean,
            Self::SmallInt => BindType::SmallInt,
            Self::Integer => BindType::Integer,
            Self::BigInt => BindType::BigInt,
            Self::Double => BindType::Double,
            Self::String | Self::Enum(_) => BindType::Text,
            Self::Binary => BindType::Binary,
            Self::Decimal => BindType::Decimal { scale },
            Self::Date => BindType::Date,
            Self::Time => BindType::Time,
            Self::DateTime => BindType::DateTime,
            Self::Timestamp => BindType::Timestamp,
            Self::Uuid => BindType::Uuid,
            Self::Json => BindType::Json,
        }
    }
}

/// A Rust type that a column can hold.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a type that a column can hold",
    label = "not a column type",
    note = "columns hold bool, i16, i32, i64, f64, String, Vec<u8>, Decimal, NaiveDate, NaiveTime, NaiveDateTime, DateTime<Utc>, Uuid, Json<T>, a #[derive(DbEnum)], and Option of these"
)]
pub trait ColumnValue: Decode + Sized {
    /// What the column holds.
    const KIND: Kind;
    /// Whether it may be NULL.
    const NULLABLE: bool = false;
    /// The texts of an enum that were others before: the text before, and the text now.
    const RENAMED_TEXTS: &'static [(&'static str, &'static str)] = &[];
    /// The type without an `Option` around it.
    type Base: ColumnValue<Base = Self::Base>;
    /// Another type, with an `Option` around it where this one has one.
    type As<U: ColumnValue>: ColumnValue;

    /// The value as it is bound, before its column's rules are applied.
    ///
    /// # Errors
    ///
    /// `is_invalid_value()` when it can't be written at all (a JSON document whose `Serialize` fails).
    fn to_value(&self) -> Result<Value>;

    /// The same of a value that is given away: a text or bytes are not copied.
    ///
    /// # Errors
    ///
    /// As [`ColumnValue::to_value`].
    fn into_value(self) -> Result<Value> {
        self.to_value()
    }

    /// The value when it is a whole number: what rows are mostly known and related by.
    #[doc(hidden)]
    fn integer(&self) -> Option<i64> {
        match self.to_value() {
            Ok(Value::Integer(number)) => Some(number),
            _ => None,
        }
    }

    /// Reads a column that has so many digits behind the point; NULL only into an `Option`.
    ///
    /// # Errors
    ///
    /// `is_decode()`
    #[doc(hidden)]
    fn read(row: &dyn Row, index: usize, scale: u8) -> Result<Self> {
        super::decode_field(row, index, scale)
    }
}

/// Something that can be put into a column of type `T`: a `T`, or what is usually written for one (`"text"`).
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be put into a column of type `{T}`",
    label = "expected a value of type `{T}`"
)]
pub trait IntoColumnValue<T> {
    /// The value as it is bound.
    ///
    /// # Errors
    ///
    /// As [`ColumnValue::to_value`].
    fn into_column_value(self) -> Result<Value>;
}

impl<T: ColumnValue> IntoColumnValue<T> for T {
    fn into_column_value(self) -> Result<Value> {
        self.into_value()
    }
}

impl<T: ColumnValue> IntoColumnValue<Option<T>> for T
where
    Option<T>: ColumnValue,
{
    fn into_column_value(self) -> Result<Value> {
        self.into_value()
    }
}

// The traits that take a value of a column take the same types. One blanket implementation over `IntoColumnValue` would
// say so shorter, but the compiler refuses it: another crate could implement that for this crate's `Column` and `Key`.
macro_rules! forward {
    ([$($generics:tt)*] $from:ty => $to:ty) => {
        #[diagnostic::do_not_recommend]
        impl<$($generics)*> Operand<$to> for $from {
            fn into_operand(self, typing: Typing) -> Node {
                typing.operand(IntoColumnValue::<$to>::into_column_value(self))
            }
        }

        #[diagnostic::do_not_recommend]
        impl<$($generics)*> IntoOperand<$to> for $from {
            fn into_value_of(self, typing: Typing) -> Node {
                typing.operand(IntoColumnValue::<$to>::into_column_value(self))
            }
        }

        #[diagnostic::do_not_recommend]
        impl<Referenced, $($generics)*> AssignReference<$to, Referenced> for $from {
            fn assign_reference(self, draft: &mut Draft, field: &'static FieldInfo) {
                draft.assign::<$to>(field, self);
            }
        }
    };
}

forward!([T: ColumnValue] T => T);
forward!([T: ColumnValue] T => Option<T>);

macro_rules! borrowed {
    ($([$($generics:tt)*] $borrowed:ty => $owned:ty, $variant:ident;)*) => {$(
        #[diagnostic::do_not_recommend]
        impl<$($generics)*> IntoColumnValue<$owned> for $borrowed {
            fn into_column_value(self) -> Result<Value> {
                Ok(Value::$variant(self.to_owned().into()))
            }
        }
        #[diagnostic::do_not_recommend]
        impl<$($generics)*> IntoColumnValue<Option<$owned>> for $borrowed {
            fn into_column_value(self) -> Result<Value> {
                Ok(Value::$variant(self.to_owned().into()))
            }
        }
        forward!([$($generics)*] $borrowed => $owned);
        forward!([$($generics)*] $borrowed => Option<$owned>);
    )*};
}

borrowed! {
    [] &str => String, Text;
    [] &String => String, Text;
    [] &[u8] => Vec<u8>, Binary;
    [] &Vec<u8> => Vec<u8>, Binary;
    [const N: usize] &[u8; N] => Vec<u8>, Binary;
}
