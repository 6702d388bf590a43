//! Values as literals, for DDL.

use std::fmt::Write as _;

use birgus_core::Value;
use birgus_core::backend::BindType;
use chrono::NaiveDateTime;

use crate::server::Product;

/// Appends a value as a literal that means the same wherever the server keeps it.
pub(crate) fn write(out: &mut String, product: Product, value: &Value, bind_type: BindType) {
    match value {
        Value::Null => out.push_str("NULL"),
        Value::Boolean(true) => out.push_str("TRUE"),
        Value::Boolean(false) => out.push_str("FALSE"),
        Value::Integer(number) => push(out, format_args!("{number}")),
        // With an exponent it is a double; without one the server would take it for a decimal.
        Value::Double(number) => push(out, format_args!("{number:e}")),
        Value::Decimal(number) => push(out, format_args!("{number}")),
        Value::Text(text) if bind_type != BindType::Json => write_text(out, text),
        Value::Text(text) | Value::Json(text) => write_json(out, product, text),
        Value::Binary(bytes) => {
            out.push_str("X'");
            write_hex(out, bytes);
            out.push('\'');
        }
        Value::Uuid(uuid) => {
            out.push_str("X'");
            write_hex(out, uuid.as_bytes());
            out.push('\'');
        }
        Value::Date(date) => push(out, format_args!("DATE'{}'", date.format("%Y-%m-%d"))),
        Value::Time(time) => push(out, format_args!("TIME'{}'", time.format("%H:%M:%S%.6f"))),
        Value::DateTime(moment) => write_moment(out, moment),
        Value::Timestamp(moment) => write_moment(out, &moment.naive_utc()),
        // Arrays and whatever comes later have no literal: no DDL has a use for them.
        _ => out.push_str("NULL"),
    }
}

/// Appends a text. In a CHECK, MySQL keeps a literal with backslash escapes and parses it again under the session's
/// `sql_mode`, where a backslash is a backslash: `'it''s'` is then a syntax error and a line break becomes `\n`, two
/// letters, without a word (seen on 9.7). Only letters that it writes as they stand are left in a literal; a double quote
/// is not among them, so that in an expression it always begins or ends a name (see [`without_backslash`]).
pub(crate) fn write_text(out: &mut String, text: &str) {
    let plain = text
        .bytes()
        .all(|byte| matches!(byte, b' '..=b'~') && !b"'\"\\".contains(&byte));
    if plain {
        out.push('\'');
        out.push_str(text);
        out.push('\'');
    } else {
        out.push_str("CONVERT(0x");
        write_hex(out, text.as_bytes());
        out.push_str(" USING utf8mb4)");
    }
}

/// Appends a string literal with nothing but quotes doubled: for what is no expression, such as a comment.
pub(crate) fn write_string(out: &mut String, text: &str) {
    out.push('\'');
    out.push_str(&text.replace('\'', "''"));
    out.push('\'');
}

/// In the ESCAPE that every LIKE is written with, the backslash of a CHECK is broken in the same way as in
/// [`write_text`]. No literal of ours holds one, so a quoted backslash can only be that.
pub(crate) fn without_backslash(expression: &str) -> String {
    let parts = expression.split('"').enumerate();
    let parts: Vec<String> = parts
        .map(|(position, part)| {
            let in_name = position % 2 == 1;
            if in_name {
                part.to_owned()
            } else {
                part.replace("'\\'", "CONVERT(0x5C USING utf8mb4)")
            }
        })
        .collect();
    parts.join("\"")
}

fn write_json(out: &mut String, product: Product, text: &str) {
    match product {
        Product::Mysql => {
            out.push_str("CAST(");
            write_text(out, text);
            out.push_str(" AS JSON)");
        }
        Product::MariaDb => write_text(out, text),
    }
}

fn write_moment(out: &mut String, moment: &NaiveDateTime) {
    push(
        out,
        format_args!("TIMESTAMP'{}'", moment.format("%Y-%m-%d %H:%M:%S%.6f")),
    );
}

fn write_hex(out: &mut String, bytes: &[u8]) {
    for byte in bytes {
        push(out, format_args!("{byte:02X}"));
    }
}

fn push(out: &mut String, text: std::fmt::Arguments<'_>) {
    // Writing to a String can't fail.
    let _ = out.write_fmt(text);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn literal(value: Value, bind_type: BindType) -> String {
        let mut out = String::new();
        write(&mut out, Product::Mysql, &value, bind_type);
        out
    }

    #[test]
    fn plain_text_is_a_string_and_any_other_is_hexadecimal() {
        let text = |text: &str| literal(Value::Text(text.into()), BindType::Text);
        assert_eq!(text("admin"), "'admin'");
        assert_eq!(text(""), "''");
        assert_eq!(text("a\"b"), "CONVERT(0x612262 USING utf8mb4)");
        assert_eq!(text("it's"), "CONVERT(0x69742773 USING utf8mb4)");
        assert_eq!(text("é"), "CONVERT(0xC3A9 USING utf8mb4)");
        assert_eq!(text("\\"), "CONVERT(0x5C USING utf8mb4)");
    }

    #[test]
    fn a_double_has_an_exponent() {
        assert_eq!(literal(Value::Double(1.5), BindType::Double), "1.5e0");
        assert_eq!(
            literal(Value::Double(f64::MAX), BindType::Double),
            "1.7976931348623157e308"
        );
    }

    #[test]
    fn the_backslash_of_a_like_is_written_without_one() {
        assert_eq!(
            without_backslash(r#""a'\'b" LIKE 'x%' ESCAPE '\'"#),
            r#""a'\'b" LIKE 'x%' ESCAPE CONVERT(0x5C USING utf8mb4)"#
        );
    }

    #[test]
    fn a_moment_is_typed_and_keeps_its_microseconds() {
        let day = chrono::NaiveDate::from_ymd_opt(1, 2, 3).unwrap();
        let moment = day.and_hms_micro_opt(4, 5, 6, 7).unwrap();
        assert_eq!(
            literal(Value::DateTime(moment), BindType::DateTime),
            "TIMESTAMP'0001-02-03 04:05:06.000007'"
        );
    }
}
