//! How SQLite takes a bind.

use birgus_core::backend::{Bind, BindType};
use birgus_core::{Error, Result, Value};
use birgus_diesel_bridge::Binder;
use diesel::query_builder::AstPass;
use diesel::result::QueryResult;
use diesel::sql_types::{BigInt, Binary, Double, Integer, Nullable, Text};
use diesel::sqlite::Sqlite;
use rust_decimal::Decimal;

use crate::temporal::{self, FixedText};

pub(crate) struct SqliteBinder;

/// A value that SQLite has no type for, as what it is stored as.
pub(crate) enum Encoded {
    Integer(i64),
    Text(FixedText),
}

impl Binder for SqliteBinder {
    type Backend = Sqlite;
    type Encoded = Encoded;

    fn encode(bind: &Bind) -> Result<Option<Encoded>> {
        match (&bind.value, bind.bind_type) {
            (Value::Integer(_) | Value::Double(_), BindType::Decimal { .. }) => Err(
                // Stored as it is, 5 would read as 0.05.
                Error::invalid_value("a bind of type decimal", "the value is not a decimal"),
            ),
            _ => encode(&bind.value, bind.bind_type),
        }
    }

    fn push<'b>(
        bind: &'b Bind,
        encoded: Option<&'b Encoded>,
        mut pass: AstPass<'_, 'b, Sqlite>,
    ) -> QueryResult<()> {
        match encoded {
            Some(Encoded::Integer(value)) => return pass.push_bind_param::<BigInt, i64>(value),
            Some(Encoded::Text(text)) => return pass.push_bind_param::<Text, str>(text.as_str()),
            None => {}
        }
        match &bind.value {
            Value::Integer(value) => pass.push_bind_param::<BigInt, i64>(value),
            Value::Boolean(value) => {
                pass.push_bind_param::<Integer, i32>(if *value { &1 } else { &0 })
            }
            Value::Double(value) => pass.push_bind_param::<Double, f64>(value),
            Value::Text(text) | Value::Json(text) => {
                pass.push_bind_param::<Text, str>(text.as_str())
            }
            Value::Binary(bytes) => pass.push_bind_param::<Binary, [u8]>(bytes.as_slice()),
            Value::Uuid(uuid) => pass.push_bind_param::<Binary, [u8]>(uuid.as_bytes().as_slice()),
            // NULL has no type in SQLite. What remains was encoded.
            _ => pass.push_bind_param::<Nullable<BigInt>, Option<i64>>(&None),
        }
    }
}

/// Encodes a value; `None` when it is stored as it stands.
pub(crate) fn encode(value: &Value, bind_type: BindType) -> Result<Option<Encoded>> {
    let text = match value {
        Value::Null
        | Value::Boolean(_)
        | Value::Integer(_)
        | Value::Double(_)
        | Value::Text(_)
        | Value::Binary(_)
        | Value::Uuid(_)
        | Value::Json(_) => return Ok(None),
        Value::Decimal(number) => {
            let BindType::Decimal { scale } = bind_type else {
                return Err(Error::invalid_value(
                    "a decimal",
                    "its bind has no scale, which SQLite needs to store it",
                ));
            };
            return Ok(Some(Encoded::Integer(scaled(*number, scale)?)));
        }
        Value::Date(day) => temporal::write_date(*day),
        Value::Time(time) => temporal::write_time(*time),
        Value::DateTime(moment) => temporal::write_date_time(*moment),
        Value::Timestamp(instant) => temporal::write_timestamp(*instant),
        Value::Array(_) => {
            return Err(Error::unsupported("SQLite takes no arrays as binds"));
        }
        _ => {
            return Err(Error::unsupported(
                "a value of a kind that the SQLite driver does not know",
            ));
        }
    };
    text.map(|text| Some(Encoded::Text(text))).ok_or_else(|| {
        Error::invalid_value(
            "a date or time",
            "outside of the years 1 to 9999, or a leap second",
        )
    })
}

/// The number times 10^scale; it must have no more digits behind the point than `scale`.
fn scaled(number: Decimal, scale: u8) -> Result<i64> {
    let number = number.normalize();
    let missing = u32::from(scale).checked_sub(number.scale());
    missing
        .and_then(|digits| 10_i128.checked_pow(digits))
        .and_then(|factor| number.mantissa().checked_mul(factor))
        .and_then(|value| i64::try_from(value).ok())
        .ok_or_else(|| {
            let problem =
                format!("more than {scale} digits behind the point, or more than 18 in all");
            Error::invalid_value("a decimal", problem)
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decimal(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    #[test]
    fn a_decimal_is_scaled_exactly() {
        assert_eq!(scaled(decimal("1.5"), 2).unwrap(), 150);
        assert_eq!(scaled(decimal("1.500"), 2).unwrap(), 150);
        assert_eq!(scaled(decimal("-0.00"), 2).unwrap(), 0);
        assert_eq!(
            scaled(decimal("-9999999999999999.99"), 2).unwrap(),
            -999_999_999_999_999_999
        );
        assert_eq!(
            scaled(decimal("0.999999999999999999"), 18).unwrap(),
            999_999_999_999_999_999
        );
    }

    #[test]
    fn digits_are_never_cut_off() {
        assert!(scaled(decimal("1.505"), 2).unwrap_err().is_invalid_value());
        assert!(
            scaled(decimal("99999999999999999999"), 0)
                .unwrap_err()
                .is_invalid_value()
        );
    }

    #[test]
    fn an_integer_for_a_decimal_is_refused() {
        let bind = Bind {
            value: Value::Integer(5),
            bind_type: BindType::Decimal { scale: 2 },
        };
        assert!(
            SqliteBinder::encode(&bind)
                .err()
                .unwrap()
                .is_invalid_value()
        );
    }
}
