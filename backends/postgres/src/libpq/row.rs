//! Rows of Diesel's.

use std::borrow::Cow;

use diesel::pg::Pg;
use diesel::row::{Field as _, Row};

use crate::codec::{Decoded, Field};
use crate::row::Fields;

/// A row. Diesel lends a field's bytes for as long as the field itself, so texts and bytes are copied.
pub(super) struct PgFields<R>(pub(super) R);

impl<'a, R: Row<'a, Pg>> Fields for PgFields<R> {
    fn count(&self) -> usize {
        self.0.field_count()
    }

    fn name(&self, index: usize) -> Option<Cow<'_, str>> {
        let field = Row::get(&self.0, index)?;
        field.field_name().map(|name| Cow::Owned(name.to_owned()))
    }

    fn read<T>(
        &self,
        index: usize,
        decode: impl FnOnce(Field<'_>) -> Decoded<T>,
    ) -> Option<Decoded<T>> {
        let field = Row::get(&self.0, index)?;
        let value = field.value()?;
        Some(decode(Field {
            oid: value.get_oid().get(),
            bytes: value.as_bytes(),
        }))
    }
}
