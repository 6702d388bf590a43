//! Primary keys.

use super::ColumnValue;
use crate::Result;
use crate::backend::Row;
use crate::session::Identity;
use crate::value::Value;

/// The type of a primary key: a column's type, or a tuple of up to four for a composite key.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be a primary key",
    label = "not the type of a key",
    note = "a key is a bool, i16, i32, i64, String, Decimal, NaiveDate, NaiveTime, NaiveDateTime, DateTime<Utc>, Uuid, a #[derive(DbEnum)] with #[db(key)], or up to four columns"
)]
pub trait PrimaryKey: Clone + Send + Sync + 'static {
    /// The values, one a key column, in order.
    ///
    /// # Errors
    ///
    /// As [`ColumnValue::to_value`].
    fn to_values(&self) -> Result<Vec<Value>>;

    /// The key as a session compares it.
    ///
    /// # Errors
    ///
    /// As [`PrimaryKey::to_values`].
    #[doc(hidden)]
    fn identity(&self) -> Result<Identity> {
        Ok(Identity::new(&self.to_values()?))
    }

    /// Reads the key from columns that follow each other from `at` on; `scales` tells the digits behind the point of each.
    ///
    /// # Errors
    ///
    /// `is_decode()`
    #[doc(hidden)]
    fn read_key(row: &dyn Row, at: usize, scales: &[u8]) -> Result<Self>;

    /// The key that the database assigned.
    #[doc(hidden)]
    fn from_identity(id: i64) -> Option<Self> {
        let _ = id;
        None
    }
}

macro_rules! single {
    ($($type:ty),* $(,)?) => {$(
        #[diagnostic::do_not_recommend]
        impl PrimaryKey for $type {
            fn to_values(&self) -> Result<Vec<Value>> {
                Ok(vec![self.to_value()?])
            }

            fn read_key(row: &dyn Row, at: usize, scales: &[u8]) -> Result<Self> {
                <Self as ColumnValue>::read(row, at, scales.first().copied().unwrap_or(0))
            }
        }
    )*};
}

single!(
    bool,
    String,
    uuid::Uuid,
    rust_decimal::Decimal,
    chrono::NaiveDate,
    chrono::NaiveTime,
    chrono::NaiveDateTime,
    chrono::DateTime<chrono::Utc>
);

#[diagnostic::do_not_recommend]
impl PrimaryKey for i64 {
    fn to_values(&self) -> Result<Vec<Value>> {
        Ok(vec![Value::Integer(*self)])
    }

    fn identity(&self) -> Result<Identity> {
        Ok(Identity::integer(*self))
    }

    fn read_key(row: &dyn Row, at: usize, scales: &[u8]) -> Result<Self> {
        <Self as ColumnValue>::read(row, at, scales.first().copied().unwrap_or(0))
    }

    fn from_identity(id: i64) -> Option<Self> {
        Some(id)
    }
}

macro_rules! integer {
    ($($type:ty),*) => {$(
        #[diagnostic::do_not_recommend]
        impl PrimaryKey for $type {
            fn to_values(&self) -> Result<Vec<Value>> {
                Ok(vec![Value::Integer(i64::from(*self))])
            }

            fn read_key(row: &dyn Row, at: usize, scales: &[u8]) -> Result<Self> {
                <Self as ColumnValue>::read(row, at, scales.first().copied().unwrap_or(0))
            }

            fn from_identity(id: i64) -> Option<Self> {
                Self::try_from(id).ok()
            }
        }
    )*};
}

integer!(i16, i32);

macro_rules! composite {
    ($($name:ident $index:tt),+) => {
        #[diagnostic::do_not_recommend]
        impl<$($name: ColumnValue + Clone + Send + Sync + 'static),+> PrimaryKey for ($($name,)+) {
            fn to_values(&self) -> Result<Vec<Value>> {
                Ok(vec![$(self.$index.to_value()?),+])
            }

            fn read_key(row: &dyn Row, at: usize, scales: &[u8]) -> Result<Self> {
                Ok(($(
                    <$name as ColumnValue>::read(
                        row,
                        at + $index,
                        scales.get($index).copied().unwrap_or(0),
                    )?,
                )+))
            }
        }
    };
}

composite!(A 0, B 1);
composite!(A 0, B 1, C 2);
composite!(A 0, B 1, C 2, D 3);
