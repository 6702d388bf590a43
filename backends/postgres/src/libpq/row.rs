//! Rows of Diesel's.

use std::borrow::Cow;
use std::cell::Cell;

use diesel::pg::{Pg, PgValue};
use diesel::row::{Field as _, Row};

use crate::codec::{Decoded, Field};
use crate::row::Fields;

/// The types of a result's columns, which are the same in every row. Each is asked for once: that takes as long as
/// making the string of a short text.
pub(super) struct ColumnTypes(Vec<Cell<u32>>);

impl ColumnTypes {
    /// Of a result with so many columns.
    pub(super) fn new(columns: usize) -> Self {
        // No type has the id 0.
        Self(vec![Cell::new(0); columns])
    }

    #[inline]
    fn of(&self, index: usize, value: &PgValue<'_>) -> u32 {
        match self.0.get(index).map(Cell::get) {
            Some(known) if known != 0 => known,
            _ => self.ask(index, value),
        }
    }

    #[cold]
    fn ask(&self, index: usize, value: &PgValue<'_>) -> u32 {
        let found = value.get_oid().get();
        if let Some(known) = self.0.get(index) {
            known.set(found);
        }
        found
    }
}

/// A row. Diesel lends a field's bytes for as long as the field itself, so texts and bytes are copied.
pub(super) struct PgFields<'t, R> {
    pub(super) row: R,
    pub(super) types: &'t ColumnTypes,
}

impl<'a, R: Row<'a, Pg>> Fields for PgFields<'_, R> {
    fn count(&self) -> usize {
        self.row.field_count()
    }

    fn name(&self, index: usize) -> Option<Cow<'_, str>> {
        let field = Row::get(&self.row, index)?;
        field.field_name().map(|name| Cow::Owned(name.to_owned()))
    }

    #[inline(always)]
    fn read<T>(
        &self,
        index: usize,
        decode: impl FnOnce(Field<'_>) -> Decoded<T>,
    ) -> Option<Decoded<T>> {
        let field = Row::get(&self.row, index)?;
        let value = field.value()?;
        Some(decode(Field {
            oid: self.types.of(index, &value),
            bytes: value.as_bytes(),
        }))
    }
}
