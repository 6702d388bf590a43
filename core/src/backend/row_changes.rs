//! Rows of one table that are changed together.

use super::{BindType, StatementBuilder, ValueList};
use crate::Result;
use crate::value::Value;

/// A column of [`RowChanges`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RowColumn<'a> {
    /// The column's name.
    pub name: &'a str,
    /// How its values are bound.
    pub bind_type: BindType,
    /// The most characters of its texts, where they are limited.
    pub length: Option<u32>,
}

impl<'a> RowColumn<'a> {
    /// A column without a limit.
    pub const fn new(name: &'a str, bind_type: BindType) -> Self {
        Self {
            name,
            bind_type,
            length: None,
        }
    }

    /// A column with texts of so many characters at most.
    #[must_use]
    pub const fn with_length(mut self, length: Option<u32>) -> Self {
        self.length = length;
        self
    }
}

/// Rows of one table that one statement changes: each is found by the values of its `matched` columns, those of the primary
/// key and perhaps others, and gets the values of the columns that are `set`. There is at least one row, and no two have
/// the same key.
#[derive(Clone, Debug)]
pub struct RowChanges<'a> {
    table: &'a str,
    matched: &'a [RowColumn<'a>],
    set: &'a [RowColumn<'a>],
    values: Vec<Value>,
}

impl<'a> RowChanges<'a> {
    /// Rows, one after the other in `values`: of each the values of the columns that are matched, then of those that are
    /// set.
    pub fn new(
        table: &'a str,
        matched: &'a [RowColumn<'a>],
        set: &'a [RowColumn<'a>],
        values: Vec<Value>,
    ) -> Self {
        Self {
            table,
            matched,
            set,
            values,
        }
    }

    /// The table's name.
    pub fn table(&self) -> &'a str {
        self.table
    }

    /// The columns by which a row is found.
    pub fn matched(&self) -> &'a [RowColumn<'a>] {
        self.matched
    }

    /// The columns that are set; none where rows are deleted.
    pub fn set(&self) -> &'a [RowColumn<'a>] {
        self.set
    }

    /// The columns of a row's values: those that are matched, then those that are set.
    pub fn columns(&self) -> impl Iterator<Item = &'a RowColumn<'a>> + use<'a> {
        self.matched.iter().chain(self.set)
    }

    fn width(&self) -> usize {
        (self.matched.len() + self.set.len()).max(1)
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.values.len() / self.width()
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// The values of one column, in the order of [`RowChanges::columns`].
    pub fn column(&self, index: usize) -> impl Iterator<Item = &Value> {
        self.values
            .chunks_exact(self.width())
            .filter_map(move |row| row.get(index))
    }

    /// The values, a list for each column.
    pub fn into_columns(self) -> Vec<Vec<Value>> {
        let width = self.width();
        let mut columns: Vec<Vec<Value>> = (0..width)
            .map(|_| Vec::with_capacity(self.values.len() / width))
            .collect();
        for (place, value) in self.values.into_iter().enumerate() {
            if let Some(column) = columns.get_mut(place % width) {
                column.push(value);
            }
        }
        columns
    }

    /// Appends `(?, ?), (?, ?)`: a bind for each value.
    pub fn write_rows(self, out: &mut StatementBuilder<'_>) {
        let width = self.width();
        // A placeholder with what stands around it: `, $123`.
        out.reserve(self.values.len() * 6, self.values.len());
        let types: Vec<BindType> = self.columns().map(|column| column.bind_type).collect();
        for (place, value) in self.values.into_iter().enumerate() {
            let at = place % width;
            out.push(match (at, place) {
                (0, 0) => "(",
                (0, _) => "), (",
                _ => ", ",
            });
            if let Some(bind_type) = types.get(at) {
                out.bind(value, *bind_type);
            }
        }
        out.push(")");
    }

    /// The rows as a JSON array of arrays; `encode` appends a value that is not NULL as JSON.
    ///
    /// # Errors
    ///
    /// Those of `encode`.
    pub fn to_json(
        &self,
        mut encode: impl FnMut(&mut String, &Value, BindType) -> Result<()>,
    ) -> Result<String> {
        let mut json = String::with_capacity(self.values.len() * 12 + 2);
        for row in self.values.chunks_exact(self.width()) {
            json.push(if json.is_empty() { '[' } else { ',' });
            for (place, (value, column)) in row.iter().zip(self.columns()).enumerate() {
                json.push(if place == 0 { '[' } else { ',' });
                if value.is_null() {
                    json.push_str("null");
                } else {
                    encode(&mut json, value, column.bind_type)?;
                }
            }
            json.push(']');
        }
        json.push(']');
        Ok(json)
    }

    /// Appends `DELETE FROM … WHERE (…) IN (…)`, with the list that the dialect writes.
    ///
    /// # Errors
    ///
    /// Those of [`Dialect::write_list`](super::Dialect::write_list).
    pub fn write_delete(&self, out: &mut StatementBuilder<'_>) -> Result<()> {
        out.push("DELETE FROM ")
            .identifier(self.table)
            .push(" WHERE ");
        let several = self.matched.len() > 1;
        for (position, column) in self.matched.iter().enumerate() {
            out.push(match (position, several) {
                (0, true) => "(",
                (0, false) => "",
                _ => ", ",
            });
            out.identifier(column.name);
        }
        out.push(if several { ")" } else { "" });
        let types: Vec<BindType> = self.columns().map(|column| column.bind_type).collect();
        out.dialect()
            .write_list(out, &ValueList::new(&types, &self.values, false))
    }
}
