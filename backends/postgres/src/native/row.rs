//! Rows of the `postgres` crate.

use std::borrow::Cow;
use std::error::Error as StdError;

use postgres::Row;
use postgres::types::{FromSql, Type};

use crate::codec::{self, Decoded, Field};
use crate::row::Fields;

/// A field's bytes, as they came.
struct Raw<'a>(&'a [u8]);

impl<'a> FromSql<'a> for Raw<'a> {
    fn from_sql(_type: &Type, bytes: &'a [u8]) -> Result<Self, Box<dyn StdError + Sync + Send>> {
        Ok(Self(bytes))
    }

    fn accepts(_type: &Type) -> bool {
        true
    }
}

impl Fields for Row {
    fn count(&self) -> usize {
        self.len()
    }

    fn name(&self, index: usize) -> Option<Cow<'_, str>> {
        self.columns()
            .get(index)
            .map(|column| Cow::Borrowed(column.name()))
    }

    #[inline]
    fn read<T>(
        &self,
        index: usize,
        decode: impl FnOnce(Field<'_>) -> Decoded<T>,
    ) -> Option<Decoded<T>> {
        field(self, index).map(decode)
    }

    fn text(&self, index: usize) -> Option<Decoded<Cow<'_, str>>> {
        field(self, index).map(|field| codec::text(field).map(Cow::Borrowed))
    }

    fn binary(&self, index: usize) -> Option<Decoded<Cow<'_, [u8]>>> {
        field(self, index).map(|field| codec::binary(field).map(Cow::Borrowed))
    }
}

#[inline]
fn field(row: &Row, index: usize) -> Option<Field<'_>> {
    // Fails for an index past the last column alone.
    let raw: Option<Raw<'_>> = row.try_get(index).ok()?;
    raw.map(|raw| Field {
        oid: row.columns()[index].type_().oid(),
        bytes: raw.0,
    })
}
