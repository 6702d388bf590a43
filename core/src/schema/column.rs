//! A column and its type, in terms that every engine can hold.

use std::fmt;
use std::sync::Arc;

use crate::backend::BindType;
use crate::query::Node;

/// The type of a column, as the program sees it; each engine stores it in its own way.
///
/// What is stored where stands in the crate's guide; the values that a type takes are the same on every engine.
#[derive(Clone, PartialEq, Eq, Debug, Hash)]
#[non_exhaustive]
pub enum ColumnType {
    /// `bool`
    Boolean,
    /// `i16`
    SmallInt,
    /// `i32`
    Integer,
    /// `i64`
    BigInt,
    /// `f64`, finite
    Double,
    /// `String` of at most `length` characters (Unicode scalar values)
    Varchar {
        /// The most characters that fit.
        length: u32,
    },
    /// `String` of any length
    Text,
    /// `Vec<u8>`
    Binary,
    /// `Decimal` of `precision` digits, `scale` of them behind the point
    Decimal {
        /// All digits, 1 to 18.
        precision: u8,
        /// The digits behind the point, 0 to `precision`.
        scale: u8,
    },
    /// `NaiveDate`, year 1 to 9999
    Date,
    /// `NaiveTime`, in microseconds
    Time,
    /// `NaiveDateTime`, in microseconds, year 1 to 9999, of no time zone
    DateTime,
    /// `DateTime<Utc>`, in microseconds, year 1 to 9999
    Timestamp,
    /// `Uuid`
    Uuid,
    /// `Json<T>`
    Json,
    /// A `#[derive(DbEnum)]`: one of these texts
    Enum {
        /// The stored texts, in the order of declaration.
        values: Vec<String>,
    },
}

impl ColumnType {
    /// The characters that a column of this type holds at most, when that is limited.
    ///
    /// ```
    /// use birgus_core::schema::ColumnType;
    /// assert_eq!(ColumnType::Varchar { length: 64 }.length_limit(), Some(64));
    /// assert_eq!(ColumnType::Text.length_limit(), None);
    /// ```
    pub fn length_limit(&self) -> Option<u32> {
        match self {
            Self::Varchar { length } => Some(*length),
            Self::Enum { values } => {
                // An enum column is as wide as its longest text, and never narrower than one character.
                let longest = values
                    .iter()
                    .map(|value| value.chars().count())
                    .max()
                    .unwrap_or(0);
                Some(u32::try_from(longest.max(1)).unwrap_or(u32::MAX))
            }
            _ => None,
        }
    }
}

impl ColumnType {
    /// How values of such a column are bound.
    pub fn bind_type(&self) -> BindType {
        match self {
            Self::Boolean => BindType::Boolean,
            Self::SmallInt => BindType::SmallInt,
            Self::Integer => BindType::Integer,
            Self::BigInt => BindType::BigInt,
            Self::Double => BindType::Double,
            Self::Varchar { .. } | Self::Text | Self::Enum { .. } => BindType::Text,
            Self::Binary => BindType::Binary,
            Self::Decimal { scale, .. } => BindType::Decimal { scale: *scale },
            Self::Date => BindType::Date,
            Self::Time => BindType::Time,
            Self::DateTime => BindType::DateTime,
            Self::Timestamp => BindType::Timestamp,
            Self::Uuid => BindType::Uuid,
            Self::Json => BindType::Json,
        }
    }
}

impl fmt::Display for ColumnType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Boolean => f.write_str("boolean"),
            Self::SmallInt => f.write_str("smallint"),
            Self::Integer => f.write_str("integer"),
            Self::BigInt => f.write_str("bigint"),
            Self::Double => f.write_str("double"),
            Self::Varchar { length } => write!(f, "varchar({length})"),
            Self::Text => f.write_str("text"),
            Self::Binary => f.write_str("binary"),
            Self::Decimal { precision, scale } => write!(f, "decimal({precision}, {scale})"),
            Self::Date => f.write_str("date"),
            Self::Time => f.write_str("time"),
            Self::DateTime => f.write_str("datetime"),
            Self::Timestamp => f.write_str("timestamp"),
            Self::Uuid => f.write_str("uuid"),
            Self::Json => f.write_str("json"),
            Self::Enum { values } => write!(f, "enum({})", values.join(", ")),
        }
    }
}

/// A column of a [`Table`](super::Table).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Column {
    /// The name in the database.
    pub name: String,
    /// What it holds.
    pub column_type: ColumnType,
    /// Whether NULL is allowed; everything else is NOT NULL.
    pub nullable: bool,
    /// Whether the database assigns the value: an identity column, the only column of its primary key, of type
    /// [`ColumnType::BigInt`]. An id is never given twice, even after its row is deleted.
    pub identity: bool,
    /// What the database computes the value of, from the other columns of the row, whenever it stores the row.
    pub computed: Option<ColumnExpression>,
    /// What the database gives a new row that says nothing about the column.
    pub default: Option<ColumnExpression>,
    /// What the database tells people about it.
    pub comment: Option<String>,
}

/// An expression that the database computes for a column.
///
/// As with a [`Check`](super::Check), engines rewrite its text when they store it: two of them are always equal, so that
/// two columns differ when only one of them has an expression. One that was read from a database is not known.
#[derive(Clone)]
pub struct ColumnExpression {
    /// What is computed; `None` when it was read from a database.
    pub expression: Option<Arc<Node>>,
}

impl ColumnExpression {
    /// An expression that is known.
    pub fn new(expression: Node) -> Self {
        Self {
            expression: Some(Arc::new(expression)),
        }
    }

    /// An expression of a database, which does not tell it.
    pub fn unknown() -> Self {
        Self { expression: None }
    }
}

impl PartialEq for ColumnExpression {
    fn eq(&self, _other: &Self) -> bool {
        true
    }
}

impl Eq for ColumnExpression {}

impl fmt::Debug for ColumnExpression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ColumnExpression").finish_non_exhaustive()
    }
}

impl Column {
    /// A NOT NULL column.
    pub fn new(name: impl Into<String>, column_type: ColumnType) -> Self {
        Self {
            name: name.into(),
            column_type,
            nullable: false,
            identity: false,
            computed: None,
            default: None,
            comment: None,
        }
    }

    /// The same column, with NULL allowed.
    #[must_use]
    pub fn nullable(mut self) -> Self {
        self.nullable = true;
        self
    }

    /// The same column, assigned by the database.
    #[must_use]
    pub fn identity(mut self) -> Self {
        self.identity = true;
        self
    }
}
