//! Lists behind IN.

use birgus_core::backend::{BindType, StatementBuilder, ValueList};
use birgus_core::{Error, Result, Value, json};

use crate::bind::{Encoded, encode};

/// The longest list that is written with a placeholder for each value; a longer one is one JSON text. Binding is faster for
/// short lists; from some hundred values on the padding, the binds and a long text cost more than JSON does.
const SHORT: usize = 128;

/// From so many binds on, short lists are JSON texts too: SQLite takes 32,766 of them.
const MANY_BINDS: usize = 20_000;

/// Appends the right side of IN.
pub(crate) fn write(out: &mut StatementBuilder<'_>, list: &ValueList<'_>) -> Result<()> {
    if list.values().len() <= SHORT && out.bind_count() < MANY_BINDS {
        list.write_placeholders(out);
        return Ok(());
    }
    let doubles = list.types().contains(&BindType::Double);
    out.push(list.operator()).push("(");
    if doubles {
        out.push(POWERS);
    }
    out.push("SELECT ");
    let several = list.types().len() > 1;
    // Where a value stands within an element of the array.
    let path = |index: usize, inside: &str| match (several, inside) {
        (false, "") => "list.value".to_owned(),
        (false, inside) => format!("list.value ->> '${inside}'"),
        (true, inside) => format!("list.value ->> '$[{index}]{inside}'"),
    };
    for (index, bind_type) in list.types().iter().enumerate() {
        if index > 0 {
            out.push(", ");
        }
        match bind_type {
            BindType::Binary | BindType::Uuid => out.push(&format!("unhex({})", path(index, ""))),
            BindType::Double => out.push(&format!("({}) * p{index}.f", path(index, "[0]"))),
            _ => out.push(&path(index, "")),
        };
    }
    out.push(" FROM json_each(")
        .bind(Value::Text(list.to_json(push)?), BindType::Text)
        .push(") AS list");
    for (index, bind_type) in list.types().iter().enumerate() {
        if *bind_type == BindType::Double {
            let exponent = path(index, "[1]");
            // Written as CROSS JOIN, which SQLite does not reorder: the document is read once.
            out.push(&format!(
                " CROSS JOIN powers AS p{index} ON p{index}.e = ({exponent})"
            ));
        }
    }
    out.push(")");
    Ok(())
}

/// The powers of two, each exact: SQLite reads a decimal number off by some bits, but multiplies exactly.
const POWERS: &str = "WITH RECURSIVE powers(e, f) AS (SELECT 0, 1.0 \
     UNION ALL SELECT e + 1, f * 2.0 FROM powers WHERE e BETWEEN 0 AND 970 \
     UNION ALL SELECT e - 1, f * 0.5 FROM powers WHERE e BETWEEN -1073 AND 0) ";

/// A finite number as a whole number times a power of two.
fn parts(number: f64) -> (i64, i16) {
    let bits = number.to_bits();
    let fraction = bits & ((1 << 52) - 1);
    let exponent = bits >> 52 & 0x7ff;
    let (whole, exponent) = match exponent {
        0 => (fraction, 1),
        exponent => (fraction | 1 << 52, exponent),
    };
    let whole = whole.cast_signed();
    let exponent = i16::try_from(exponent).unwrap_or(i16::MAX) - 1075;
    (if number < 0.0 { -whole } else { whole }, exponent)
}

/// Appends a value as it is stored, as JSON; bytes, which JSON lacks, by their digits.
fn push(out: &mut String, value: &Value, bind_type: BindType) -> Result<()> {
    match encode(value, bind_type)? {
        Some(Encoded::Integer(number)) => out.push_str(&number.to_string()),
        Some(Encoded::Text(text)) => json::push_string(out, text.as_str()),
        None => match value {
            Value::Boolean(value) => out.push(if *value { '1' } else { '0' }),
            Value::Integer(number) => out.push_str(&number.to_string()),
            Value::Double(number) => {
                let (whole, exponent) = parts(*number);
                out.push_str(&format!("[{whole},{exponent}]"));
            }
            Value::Text(text) => json::push_string(out, text),
            Value::Binary(bytes) => json::push_bytes(out, bytes),
            Value::Uuid(uuid) => json::push_bytes(out, uuid.as_bytes()),
            _ => {
                return Err(Error::unsupported(format!(
                    "a list of {bind_type:?} behind IN"
                )));
            }
        },
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::parts;

    #[test]
    fn a_number_is_a_whole_one_times_a_power_of_two() {
        assert_eq!(parts(0.0).0, 0);
        assert_eq!(parts(1.0), (1 << 52, -52));
        assert_eq!(parts(-1.5), (-(3 << 51), -52));
        assert_eq!(parts(5e-324), (1, -1074));
        assert_eq!(parts(f64::MAX), ((1 << 53) - 1, 971));
        assert_eq!(parts(f64::MIN_POSITIVE), (1 << 52, -1074));
    }
}
