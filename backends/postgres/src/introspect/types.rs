//! PostgreSQL's types as Birgus's.

use birgus_core::schema::ColumnType;
use birgus_core::{Error, Result};

use super::catalog::ColumnRow;

/// The bytes that a type modifier counts too many: the length of the value's own header.
const HEADER: i64 = 4;

/// The nearest type.
///
/// # Errors
///
/// `is_unsupported()` where there is none.
pub(super) fn column_type(table: &str, column: &ColumnRow) -> Result<ColumnType> {
    let modifier = (column.modifier >= HEADER).then(|| column.modifier - HEADER);
    let found = column.own_type.as_deref().and_then(|name| {
        Some(match (name, modifier) {
            ("bool", _) => ColumnType::Boolean,
            ("int2", _) => ColumnType::SmallInt,
            ("int4", _) => ColumnType::Integer,
            ("int8", _) => ColumnType::BigInt,
            ("float4" | "float8", _) => ColumnType::Double,
            ("varchar" | "bpchar", Some(length)) => ColumnType::Varchar {
                length: u32::try_from(length).ok()?,
            },
            ("text" | "varchar" | "bpchar", _) => ColumnType::Text,
            ("name", _) => ColumnType::Varchar { length: 63 },
            ("bytea", _) => ColumnType::Binary,
            ("numeric", Some(modifier)) => decimal(modifier)?,
            ("date", _) => ColumnType::Date,
            ("time", _) => ColumnType::Time,
            ("timestamp", _) => ColumnType::DateTime,
            ("timestamptz", _) => ColumnType::Timestamp,
            ("uuid", _) => ColumnType::Uuid,
            ("json" | "jsonb", _) => ColumnType::Json,
            _ => return None,
        })
    });
    found.ok_or_else(|| {
        Error::unsupported(format!(
            "{table}.{}: Birgus has no type for {}; change the column, or move the table to another schema",
            column.name, column.written_type
        ))
        .with_table(table)
        .with_columns([column.name.as_str()])
    })
}

/// Precision in the upper half, scale in the lower 11 bits as a signed number: `numeric_typmod_scale` in
/// `src/backend/utils/adt/numeric.c`.
fn decimal(modifier: i64) -> Option<ColumnType> {
    let precision = u8::try_from(modifier >> 16 & 0xffff).ok()?;
    let scale = u8::try_from((modifier & 0x7ff ^ 1024) - 1024).ok()?;
    (scale <= precision).then_some(ColumnType::Decimal { precision, scale })
}

/// The texts in quotes of a constraint's definition, in order.
///
/// PostgreSQL writes `IN ('a', 'b''c')` as `= ANY ((ARRAY['a'::character varying, …])::text[])`; names in double
/// quotes may hold a single one.
pub(super) fn literals(definition: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut letters = definition.chars().peekable();
    while let Some(quote) = letters.next() {
        if quote != '\'' && quote != '"' {
            continue;
        }
        let mut content = String::new();
        while let Some(letter) = letters.next() {
            if letter == quote && letters.next_if_eq(&quote).is_none() {
                break;
            }
            content.push(letter);
        }
        if quote == '\'' {
            found.push(content);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_are_read_beside_quoted_names() {
        let definition = r#"CHECK ((("it's ""a"" column")::text = ANY ((ARRAY['a'::character varying, 'b''c"d'::character varying, '\'::character varying, ''::character varying])::text[])))"#;
        assert_eq!(literals(definition), ["a", "b'c\"d", "\\", ""]);
        assert_eq!(literals("CHECK (((role)::text = 'a'::text))"), ["a"]);
        assert!(literals("CHECK ((age > 5))").is_empty());
    }

    #[test]
    fn a_negative_scale_is_not_described() {
        assert_eq!(
            decimal(10 << 16 | 2),
            Some(ColumnType::Decimal {
                precision: 10,
                scale: 2
            })
        );
        assert_eq!(decimal(5 << 16 | 0x7fe), None);
    }
}
