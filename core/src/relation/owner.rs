//! The row that a relation belongs to, as far as it must know it.

use crate::model::ColumnValue;
use crate::value::Value;

/// The values by which a row is related to others.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Owner {
    /// It is not known: the value was made by hand.
    #[default]
    Unknown,
    /// One of them is NULL, so that it is related to nothing.
    Nobody,
    /// The commonest case takes no memory of its own.
    Integer(i64),
    /// Any other.
    #[allow(
        clippy::box_collection,
        reason = "every row has an owner for each relationship: a word is enough for it"
    )]
    Values(Box<Vec<Value>>),
}

impl Owner {
    /// Of one field.
    #[inline]
    pub fn of<T: ColumnValue>(value: &T) -> Self {
        match value.integer() {
            Some(id) => Self::Integer(id),
            None => Self::of_other(value),
        }
    }

    fn of_other<T: ColumnValue>(value: &T) -> Self {
        match value.to_value() {
            Ok(Value::Integer(id)) => Self::Integer(id),
            Ok(Value::Null) => Self::Nobody,
            Ok(value) => Self::Values(Box::new(vec![value])),
            Err(_) => Self::Unknown,
        }
    }

    /// Of several fields.
    pub fn of_values(values: Vec<crate::Result<Value>>) -> Self {
        let values: crate::Result<Vec<Value>> = values.into_iter().collect();
        match values {
            Ok(values) if values.iter().any(Value::is_null) => Self::Nobody,
            Ok(values) => Self::Values(Box::new(values)),
            Err(_) => Self::Unknown,
        }
    }

    /// The values; nothing when the row is related to nothing.
    pub(crate) fn values(&self) -> Option<Vec<Value>> {
        match self {
            Self::Unknown | Self::Nobody => None,
            Self::Integer(id) => Some(vec![Value::Integer(*id)]),
            Self::Values(values) => Some(values.to_vec()),
        }
    }
}
