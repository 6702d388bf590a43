//! Values of every column type, without their Rust types.

use std::fmt;

use birgus::DbEnum;
use birgus::model::ColumnValue;
use birgus::prelude::*;
use birgus::query::{Assignment, Column, Expr};

/// Declared in another order than that of its texts.
#[derive(DbEnum, Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mood {
    Happy,
    Grumpy,
    #[db(name = "so-so")]
    SoSo,
}

/// A type that columns and expressions have.
pub(crate) trait Slot: ColumnValue<Base = Self> + Clone + Send + Sync + 'static {
    const KIND: Kind;

    fn any(expression: Expr<Option<Self>>) -> Any;
    fn expr(any: Any) -> Option<Expr<Option<Self>>>;
    fn val(self) -> Val;
    fn of(val: &Val) -> Option<Self>;
}

/// The type of a model's field: a [`Slot`], or an `Option` of one.
pub(crate) trait Cell: ColumnValue {
    fn into_val(self) -> Val;
    fn from_val(val: &Val) -> Self;

    /// `column = value`, or the other value where an expression is NULL and the column must not be.
    fn set<M>(column: Column<M, Self>, value: Result<Val, Any>, instead: &Val) -> Assignment<M>;
}

impl<T: Slot + Cell> Cell for Option<T>
where
    Self: ColumnValue<Base = T>,
{
    fn into_val(self) -> Val {
        self.map_or(Val::Null, Slot::val)
    }

    fn from_val(val: &Val) -> Self {
        T::of(val)
    }

    fn set<M>(column: Column<M, Self>, value: Result<Val, Any>, _instead: &Val) -> Assignment<M> {
        match value {
            Ok(value) => column.set(Self::from_val(&value)),
            Err(any) => column.set(T::expr(any).expect("an expression of the column's kind")),
        }
    }
}

macro_rules! kinds {
    ($($kind:ident($type:ty),)*) => {
        /// The types of columns and expressions.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub(crate) enum Kind { $($kind),* }

        /// Every kind.
        pub(crate) const KINDS: &[Kind] = &[$(Kind::$kind),*];

        /// A value, or NULL.
        #[derive(Clone)]
        pub(crate) enum Val { Null, $($kind($type)),* }

        /// An expression that may be NULL.
        #[derive(Clone)]
        pub(crate) enum Any { $($kind(Expr<Option<$type>>)),* }

        impl fmt::Debug for Val {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self {
                    Self::Null => f.write_str("NULL"),
                    Self::Bytes(bytes) if bytes.len() > 300 => write!(f, "{} bytes", bytes.len()),
                    $(Self::$kind(value) => write!(f, "{value:?}"),)*
                }
            }
        }

        impl Any {
            pub(crate) fn kind(&self) -> Kind {
                match self { $(Self::$kind(_) => Kind::$kind),* }
            }
        }

        $(
            impl Slot for $type {
                const KIND: Kind = Kind::$kind;

                fn any(expression: Expr<Option<Self>>) -> Any {
                    Any::$kind(expression)
                }

                fn expr(any: Any) -> Option<Expr<Option<Self>>> {
                    match any {
                        Any::$kind(expression) => Some(expression),
                        _ => None,
                    }
                }

                fn val(self) -> Val {
                    Val::$kind(self)
                }

                fn of(val: &Val) -> Option<Self> {
                    match val {
                        Val::$kind(value) => Some(value.clone()),
                        _ => None,
                    }
                }
            }

            impl Cell for $type {
                fn into_val(self) -> Val {
                    Val::$kind(self)
                }

                fn from_val(val: &Val) -> Self {
                    Self::of(val).expect("a value of the column's kind")
                }

                fn set<M>(column: Column<M, Self>, value: Result<Val, Any>, instead: &Val) -> Assignment<M> {
                    match value {
                        Ok(value) => column.set(Self::from_val(&value)),
                        Err(any) => {
                            let expression = <$type as Slot>::expr(any).expect("an expression of the column's kind");
                            column.set(expression.coalesce(Self::from_val(instead)))
                        }
                    }
                }
            }
        )*

        /// Binds an expression, whatever its kind, with the name of its type.
        macro_rules! with_any {
            ($any:expr, $expression:ident => $body:expr) => {
                match $any { $($crate::differential::value::Any::$kind($expression) => $body),* }
            };
        }

        /// Names the type of a kind.
        macro_rules! with_kind {
            ($chosen:expr, $name:ident => $body:expr) => {
                match $chosen { $($crate::differential::value::Kind::$kind => { type $name = $type; $body }),* }
            };
        }

        /// Two expressions of one kind.
        macro_rules! with_pair {
            ($left:expr, $right:expr, ($a:ident, $b:ident) => $body:expr) => {
                match ($left, $right) {
                    $(($crate::differential::value::Any::$kind($a), $crate::differential::value::Any::$kind($b)) => $body,)*
                    (left, right) => panic!("{:?} beside {:?}", left.kind(), right.kind()),
                }
            };
        }
    };
}

kinds! {
    Bool(bool),
    Small(i16),
    Int(i32),
    Big(i64),
    Double(f64),
    Text(String),
    Bytes(Vec<u8>),
    Decimal(Decimal),
    Date(NaiveDate),
    Time(NaiveTime),
    Moment(NaiveDateTime),
    Instant(DateTime<Utc>),
    Uuid(Uuid),
    Json(birgus::Json<serde_json::Value>),
    Mood(crate::differential::value::Mood),
}

impl Val {
    pub(crate) fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }
}

/// Floats are compared by their bits, decimals with their digits, documents as Rust has them.
impl PartialEq for Val {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Null, Self::Null) => true,
            (Self::Double(left), Self::Double(right)) => left.to_bits() == right.to_bits(),
            (Self::Decimal(left), Self::Decimal(right)) => {
                left == right && left.scale() == right.scale()
            }
            (Self::Json(left), Self::Json(right)) => left.0 == right.0,
            (left, right) => {
                std::mem::discriminant(left) == std::mem::discriminant(right)
                    && format!("{left:?}") == format!("{right:?}")
            }
        }
    }
}
