//! Constants in an engine's text of a default, as Rust values.

use birgus_core::schema::ColumnType;

/// The constant that a default is, as an expression of the column's type; `None` for what is no constant, or not one that the
/// column can hold. `variant` gives the variant of an enum's text.
pub(super) fn constant(
    sql: &str,
    column_type: &ColumnType,
    variant: impl Fn(&str) -> Option<String>,
) -> Option<String> {
    let sql = without_cast(without_parentheses(sql.trim()));
    let (quoted, text) = match quoted(sql) {
        Some(text) => (true, text),
        None => (false, sql.to_owned()),
    };
    let number = text.trim();
    let integer = |low: i64, high: i64| {
        let number: i64 = number.parse().ok()?;
        (low..=high).contains(&number).then(|| number.to_string())
    };
    match column_type {
        ColumnType::Boolean => match number.to_ascii_lowercase().as_str() {
            "true" | "1" | "t" => Some("true".to_owned()),
            "false" | "0" | "f" => Some("false".to_owned()),
            _ => None,
        },
        ColumnType::SmallInt => integer(i64::from(i16::MIN), i64::from(i16::MAX)),
        ColumnType::Integer => integer(i64::from(i32::MIN), i64::from(i32::MAX)),
        ColumnType::BigInt => integer(i64::MIN, i64::MAX),
        ColumnType::Double => {
            let digits = number.trim_start_matches('-');
            let plain = digits.starts_with(|letter: char| letter.is_ascii_digit() || letter == '.');
            let number: f64 = number
                .parse()
                .ok()
                .filter(|number: &f64| number.is_finite())?;
            plain.then(|| format!("{number:?}"))
        }
        ColumnType::Decimal { precision, scale } => decimal(number, *precision, *scale),
        ColumnType::Varchar { length } if quoted => {
            let fits = text.chars().count() <= *length as usize;
            fits.then(|| format!("{text:?}"))
        }
        ColumnType::Text if quoted => Some(format!("{text:?}")),
        ColumnType::Enum { .. } if quoted => variant(&text),
        _ => None,
    }
}

/// `'it''s'`, and what PostgreSQL puts behind it: `'a'::character varying`. A backslash means something to some server.
fn quoted(sql: &str) -> Option<String> {
    let rest = sql.strip_prefix("_utf8mb4").unwrap_or(sql);
    let rest = rest.strip_prefix('\'')?;
    let mut text = String::new();
    let mut letters = rest.chars();
    loop {
        match letters.next()? {
            '\\' => return None,
            '\'' if letters.as_str().starts_with('\'') => {
                letters.next();
                text.push('\'');
            }
            '\'' => break,
            letter => text.push(letter),
        }
    }
    let rest = letters.as_str();
    let of_type = |letter: char| letter.is_alphanumeric() || " _\"(),.".contains(letter);
    let alone = rest.is_empty()
        || rest
            .strip_prefix("::")
            .is_some_and(|rest| rest.chars().all(of_type));
    alone.then_some(text)
}

fn without_parentheses(sql: &str) -> &str {
    // `(1) + (2)` begins and ends with them too, and is no constant without them either.
    match sql.strip_prefix('(').and_then(|sql| sql.strip_suffix(')')) {
        Some(inner) => without_parentheses(inner.trim()),
        None => sql,
    }
}

/// `cast(1 as signed)`, which is how MySQL and MariaDB keep constants that they are given with a type.
fn without_cast(sql: &str) -> &str {
    let Some((cast, inner)) = sql.split_once('(') else {
        return sql;
    };
    if !cast.eq_ignore_ascii_case("cast") {
        return sql;
    }
    let lower = inner.to_ascii_lowercase();
    let constant = inner.strip_suffix(')').and(lower.rfind(" as "));
    match constant.and_then(|end| inner.get(..end)) {
        Some(constant) => without_cast(without_parentheses(constant.trim())),
        None => sql,
    }
}

fn decimal(number: &str, precision: u8, scale: u8) -> Option<String> {
    let number = number.split("::").next()?;
    let (negative, digits) = match number.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, number),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let fraction = fraction.trim_end_matches('0');
    let all = format!("{whole}{fraction}");
    let fits = !all.is_empty()
        && all.bytes().all(|byte| byte.is_ascii_digit())
        && fraction.len() <= usize::from(scale)
        && whole.trim_start_matches('0').len() <= usize::from(precision.saturating_sub(scale));
    let mantissa: i64 = all.parse().ok().filter(|_| fits)?;
    let sign = if negative && mantissa != 0 { "-" } else { "" };
    Some(format!(
        "Decimal::new({sign}{mantissa}, {})",
        fraction.len()
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(sql: &str, column_type: &ColumnType) -> Option<String> {
        constant(sql, column_type, |text| {
            (text == "G").then(|| "Rating::G".to_owned())
        })
    }

    #[test]
    fn constants_are_read_in_the_words_of_every_engine() {
        let decimal = ColumnType::Decimal {
            precision: 4,
            scale: 2,
        };
        let rating = ColumnType::Enum {
            values: vec!["G".into()],
        };
        for (sql, column_type, value) in [
            ("7", ColumnType::Integer, "7"),
            ("'-1'::integer", ColumnType::BigInt, "-1"),
            ("('0')", ColumnType::SmallInt, "0"),
            ("true", ColumnType::Boolean, "true"),
            ("'it''s'", ColumnType::Text, "\"it's\""),
            (
                "'a'::character varying",
                ColumnType::Varchar { length: 1 },
                "\"a\"",
            ),
            ("4.990", decimal.clone(), "Decimal::new(499, 2)"),
            ("'-0.5'::numeric(4,2)", decimal, "Decimal::new(-5, 1)"),
            ("0", ColumnType::Double, "0.0"),
            ("'G'::rating", rating, "Rating::G"),
            ("(cast(1 as signed))", ColumnType::Boolean, "true"),
            (
                "cast(_utf8mb4'a as b' as char)",
                ColumnType::Text,
                "\"a as b\"",
            ),
        ] {
            assert_eq!(read(sql, &column_type).as_deref(), Some(value), "{sql}");
        }
    }

    #[test]
    fn what_is_no_constant_of_the_column_is_not_guessed() {
        for (sql, column_type) in [
            ("CURRENT_TIMESTAMP", ColumnType::DateTime),
            ("nextval('a_seq'::regclass)", ColumnType::Integer),
            ("40000", ColumnType::SmallInt),
            ("1 + 1", ColumnType::Integer),
            ("'ab'", ColumnType::Varchar { length: 1 }),
            ("'a' || 'b'", ColumnType::Text),
            (r"'it\'s'", ColumnType::Text),
            ("inf", ColumnType::Double),
            ("now()", ColumnType::Text),
            (
                "'0.001'",
                ColumnType::Decimal {
                    precision: 4,
                    scale: 2,
                },
            ),
        ] {
            assert_eq!(read(sql, &column_type), None, "{sql}");
        }
    }
}
