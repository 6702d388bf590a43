//! Lists of values behind IN.

use super::{BindType, StatementBuilder};
use crate::Result;
use crate::value::Value;

/// Up to so many rows it does not matter how often the last one is repeated.
const FINE: usize = 64;

/// The values that stand behind IN: rows of one value, or of several for `(a, b) IN …`. There is at least one row, and
/// none of the values is NULL.
#[derive(Clone, Copy, Debug)]
pub struct ValueList<'a> {
    types: &'a [BindType],
    values: &'a [Value],
    negated: bool,
    indexed: bool,
}

impl<'a> ValueList<'a> {
    /// A list of rows, one after the other in `values`, each with a value of each of the `types`.
    pub fn new(types: &'a [BindType], values: &'a [Value], negated: bool) -> Self {
        Self {
            types,
            values,
            negated,
            indexed: false,
        }
    }

    /// The same list, of values that are looked up by an index whatever they are: those of the keys that relationships go by.
    #[must_use]
    pub fn by_index(self, indexed: bool) -> Self {
        Self { indexed, ..self }
    }

    /// Whether the values are looked up by an index, so that one plan serves lists of all lengths.
    pub fn is_by_index(&self) -> bool {
        self.indexed
    }

    /// The types of a row's values.
    pub fn types(&self) -> &'a [BindType] {
        self.types
    }

    /// All values, row by row.
    pub fn values(&self) -> &'a [Value] {
        self.values
    }

    /// The rows.
    pub fn rows(
        &self,
    ) -> impl DoubleEndedIterator<Item = &'a [Value]> + ExactSizeIterator + use<'a> {
        self.values.chunks_exact(self.types.len().max(1))
    }

    /// The values of one column.
    pub fn column(&self, index: usize) -> impl Iterator<Item = &'a Value> + use<'a> {
        self.rows().filter_map(move |row| row.get(index))
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.rows().len()
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether it stands behind NOT IN.
    pub fn is_negated(&self) -> bool {
        self.negated
    }

    /// ` IN ` or ` NOT IN `
    pub fn operator(&self) -> &'static str {
        if self.negated { " NOT IN " } else { " IN " }
    }

    /// Appends the operator and a placeholder for each value. The last row is repeated up to the next power of two: the
    /// number of texts stays small then, so that prepared statements are kept. A long list of values that are looked up by an
    /// index is repeated less, up to the next eighth of that power: engines look each value up, however often it is there.
    pub fn write_placeholders(&self, out: &mut StatementBuilder<'_>) {
        let rows_as_values = out.dialect().capabilities().row_list_needs_values;
        let several = self.types.len() > 1;
        out.push(self.operator()).push("(");
        if several && rows_as_values {
            out.push("VALUES ");
        }
        let last = self.rows().next_back();
        let power = self.len().next_power_of_two();
        let padded = match self.indexed && power > FINE {
            true => self.len().next_multiple_of(power / 8),
            false => power,
        };
        let rows = self.rows().chain(std::iter::repeat(last).flatten());
        for (position, row) in rows.take(padded).enumerate() {
            if position > 0 {
                out.push(", ");
            }
            if several {
                out.push("(");
            }
            for (place, (value, bind_type)) in row.iter().zip(self.types).enumerate() {
                if place > 0 {
                    out.push(", ");
                }
                out.bind(value.clone(), *bind_type);
            }
            if several {
                out.push(")");
            }
        }
        out.push(")");
    }

    /// The list as a JSON array, of values or of arrays of values; `encode` appends one value as JSON.
    ///
    /// # Errors
    ///
    /// Those of `encode`.
    pub fn to_json(
        &self,
        mut encode: impl FnMut(&mut String, &Value, BindType) -> Result<()>,
    ) -> Result<String> {
        let several = self.types.len() > 1;
        let mut json = String::with_capacity(self.values.len() * 12 + 2);
        json.push('[');
        for (position, row) in self.rows().enumerate() {
            if position > 0 {
                json.push(',');
            }
            if several {
                json.push('[');
            }
            for (place, (value, bind_type)) in row.iter().zip(self.types).enumerate() {
                if place > 0 {
                    json.push(',');
                }
                encode(&mut json, value, *bind_type)?;
            }
            if several {
                json.push(']');
            }
        }
        json.push(']');
        Ok(json)
    }
}
