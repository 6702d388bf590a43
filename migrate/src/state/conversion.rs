//! How the values of a column become values of another type, alike on every engine.
//!
//! Where every value stays what it is, there is no expression. A conversion that would lose something that nobody asked to lose,
//! or that engines write differently, is not offered: whoever wants it says how, or writes a step in code.

use birgus_core::schema::ColumnType;

use super::definition::read_type;
use super::expression::{put_name, type_name};

/// How values get their new type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Conversion {
    /// Every value stays what it is, if it fits.
    None,
    /// An expression over the column.
    Using(String),
    /// Not offered, and why.
    Refused(&'static str),
}

/// How values of one type become values of another.
pub(crate) fn conversion(column: &str, from: &str, to: &str) -> Conversion {
    let (Some(from), Some(to)) = (read_type(from), read_type(to)) else {
        return Conversion::None;
    };
    let mut name = String::new();
    put_name(&mut name, column);
    of(&name, &from, &to)
}

fn of(name: &str, from: &ColumnType, to: &ColumnType) -> Conversion {
    use ColumnType::{
        BigInt, Boolean, Date, DateTime, Decimal, Double, Enum, Integer, SmallInt, Text, Timestamp,
        Varchar,
    };
    let cast = || Conversion::Using(format!("cast:{}({name})", type_name(to.bind_type())));
    match (from, to) {
        (from, to) if from == to => Conversion::None,
        (SmallInt | Integer | BigInt, SmallInt | Integer | BigInt)
        | (Varchar { .. } | Text | Enum { .. }, Varchar { .. } | Text | Enum { .. }) => {
            Conversion::None
        }
        (Decimal { scale, .. }, Decimal { scale: new, .. }) if scale == new => Conversion::None,
        (Decimal { scale, .. }, Decimal { scale: new, .. }) if new < scale => {
            Conversion::Using(format!("round:{}({name})", type_name(to.bind_type())))
        }
        (
            SmallInt | Integer | BigInt | Decimal { .. },
            Decimal { .. } | Double | Varchar { .. } | Text,
        )
        | (Double, Decimal { .. })
        | (Varchar { .. } | Text, SmallInt | Integer | BigInt | Decimal { .. })
        | (Date | DateTime | Timestamp, Date | DateTime | Timestamp) => cast(),
        (Decimal { scale: 0, .. }, SmallInt | Integer | BigInt) => Conversion::Using(format!(
            "cast:{}(cast:text({name}))",
            type_name(to.bind_type())
        )),
        (Boolean, SmallInt | Integer | BigInt) => {
            let number = type_name(to.bind_type());
            Conversion::Using(format!(
                "case:{number}(eq({name}, true), 1:{number}, eq({name}, false), 0:{number})"
            ))
        }
        (SmallInt | Integer | BigInt, Boolean) => {
            let number = type_name(from.bind_type());
            Conversion::Using(format!(
                "case:boolean(eq({name}, 1:{number}), true, eq({name}, 0:{number}), false)"
            ))
        }
        (Boolean, Varchar { .. } | Text) => Conversion::Using(format!(
            r#"case:text(eq({name}, true), "true", eq({name}, false), "false")"#
        )),
        (Varchar { .. } | Text, Boolean) => Conversion::Using(format!(
            "case:boolean(in(lower:text({name}), {}), true, in(lower:text({name}), {}), false)",
            listed(&TRUE),
            listed(&FALSE)
        )),
        (Double, SmallInt | Integer | BigInt) | (Decimal { .. }, SmallInt | Integer | BigInt) => {
            Conversion::Refused("digits behind the point would be lost; round them first")
        }
        (Double, Varchar { .. } | Text) => {
            Conversion::Refused("engines write such numbers differently as text")
        }
        _ => Conversion::Refused("there is no form that every engine has"),
    }
}

/// The texts that stand for true, in small letters: those that PostgreSQL reads.
const TRUE: [&str; 6] = ["true", "t", "yes", "y", "on", "1"];

/// The texts that stand for false.
const FALSE: [&str; 6] = ["false", "f", "no", "n", "off", "0"];

fn listed(texts: &[&str]) -> String {
    let quoted: Vec<String> = texts.iter().map(|text| format!("{text:?}")).collect();
    quoted.join(", ")
}

/// What is in the way of a change of a column: a condition over the table as it is, and what it means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Obstacle {
    /// Holds for the rows that are in the way.
    pub(crate) condition: String,
    /// `hold more than 20 characters`
    pub(crate) problem: String,
}

/// What values of a column, or what `using` makes of them, do not fit into a type.
pub(crate) fn obstacles(column: &str, from: &str, to: &str, using: Option<&str>) -> Vec<Obstacle> {
    let (Some(from_type), Some(to_type)) = (read_type(from), read_type(to)) else {
        return Vec::new();
    };
    let mut name = String::new();
    put_name(&mut name, column);
    let own = matches!(of(&name, &from_type, &to_type), Conversion::Using(own) if Some(own.as_str()) == using);
    let value = using.unwrap_or(&name);
    let mut obstacles = Vec::new();
    let mut push = |condition: String, problem: String| {
        obstacles.push(Obstacle { condition, problem });
    };
    // What can't be read at all comes first: an engine may fail at it where another gives nothing.
    if own && is_text(&from_type) {
        match &to_type {
            ColumnType::Boolean => push(
                format!(
                    "not_in(lower:text({name}), {}, {})",
                    listed(&TRUE),
                    listed(&FALSE)
                ),
                format!(
                    "hold a text that is neither of {} nor of {}",
                    TRUE.join(", "),
                    FALSE.join(", ")
                ),
            ),
            ColumnType::Decimal { .. } => push(
                no_number(&name, true),
                "hold a text that is no number".to_owned(),
            ),
            _ => push(
                no_number(&name, false),
                "hold a text that is no whole number".to_owned(),
            ),
        }
        return obstacles;
    }
    if own && matches!(to_type, ColumnType::Boolean) {
        push(
            format!("and(is_not_null({name}), is_null({value}))"),
            "hold a number other than 0 and 1".to_owned(),
        );
        return obstacles;
    }
    match (&from_type, &to_type) {
        (from, ColumnType::SmallInt)
            if using.is_some() || !matches!(from, ColumnType::SmallInt) =>
        {
            push(
                format!("not_between({value}, {}, {})", i16::MIN, i16::MAX),
                format!("hold a number outside of {} to {}", i16::MIN, i16::MAX),
            )
        }
        (from, ColumnType::Integer)
            if using.is_some() || !matches!(from, ColumnType::SmallInt | ColumnType::Integer) =>
        {
            push(
                format!("not_between({value}, {}, {})", i32::MIN, i32::MAX),
                format!("hold a number outside of {} to {}", i32::MIN, i32::MAX),
            );
        }
        (from, ColumnType::Varchar { length })
            if using.is_some() || from.length_limit().is_none_or(|limit| limit > *length) =>
        {
            push(
                format!("gt(length:bigint({value}), {length})"),
                format!("hold more than {length} characters"),
            );
        }
        (from, ColumnType::Enum { values }) => {
            let known = |own: &String| values.contains(own);
            let all = matches!(from, ColumnType::Enum { values } if values.iter().all(known));
            if using.is_some() || !all {
                let texts: Vec<&str> = values.iter().map(String::as_str).collect();
                push(
                    format!("not_in({value}, {})", json_listed(&texts)),
                    format!("hold a text that is none of {}", texts.join(", ")),
                );
            }
        }
        (from, ColumnType::Decimal { precision, scale }) => {
            let whole = i32::from(*precision) - i32::from(*scale);
            let before = match from {
                ColumnType::Decimal { precision, scale } => {
                    i32::from(*precision) - i32::from(*scale)
                }
                _ => i32::MAX,
            };
            // Rounding may carry into one digit more.
            let carries = matches!(from, ColumnType::Decimal { scale: own, .. } if own > scale);
            if before > whole || carries {
                let limit = "9".repeat(usize::from(*precision));
                let limit = match limit.split_at(usize::try_from(whole).unwrap_or(0)) {
                    (whole, "") => whole.to_owned(),
                    ("", rest) => format!("0.{rest}"),
                    (whole, rest) => format!("{whole}.{rest}"),
                };
                let decimal = type_name(to_type.bind_type());
                // An integer's own type has no room for a limit of another kind: it is compared as what it becomes.
                push(
                    format!(r#"not_between({value}, "-{limit}":{decimal}, "{limit}":{decimal})"#),
                    format!("hold a number outside of -{limit} to {limit}"),
                );
            }
        }
        _ => {}
    }
    obstacles
}

fn is_text(column_type: &ColumnType) -> bool {
    matches!(column_type, ColumnType::Varchar { .. } | ColumnType::Text)
}

fn json_listed(texts: &[&str]) -> String {
    let quoted = texts
        .iter()
        .map(|text| serde_json::Value::from(*text).to_string());
    quoted.collect::<Vec<_>>().join(", ")
}

/// Holds for texts that are no number: what is left without its digits is more than a sign and a point. Said so since no
/// operation of every engine tells a number from another text.
fn no_number(name: &str, with_point: bool) -> String {
    let mut rest = name.to_owned();
    for digit in 0..=9 {
        rest = format!(r#"replace:text({rest}, "{digit}", "")"#);
    }
    let forms = if with_point {
        r#""", "-", ".", "-.""#
    } else {
        r#""", "-""#
    };
    format!(
        r#"and(is_not_null({name}), or(not_in({rest}, {forms}), in({name}, {forms}), and(starts_with:boolean({rest}, "-"), not(starts_with:boolean({name}, "-")))))"#
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stays_the_same_needs_no_expression() {
        for (from, to) in [
            ("integer", "bigint"),
            ("bigint", "integer"),
            ("varchar(10)", "text"),
            ("text", "varchar(5)"),
            (r#"enum("a")"#, "text"),
            ("text", r#"enum("a", "b")"#),
            ("decimal(10, 2)", "decimal(12, 2)"),
        ] {
            assert_eq!(conversion("x", from, to), Conversion::None, "{from} {to}");
        }
    }

    #[test]
    fn other_values_are_written_out() {
        let using = |from, to| match conversion("a b", from, to) {
            Conversion::Using(using) => using,
            other => format!("{other:?}"),
        };
        assert_eq!(using("integer", "varchar(20)"), "cast:text(`a b`)");
        assert_eq!(using("text", "integer"), "cast:integer(`a b`)");
        assert_eq!(using("date", "datetime"), "cast:datetime(`a b`)");
        assert_eq!(
            using("boolean", "integer"),
            "case:integer(eq(`a b`, true), 1:integer, eq(`a b`, false), 0:integer)"
        );
        assert!(using("decimal(10, 4)", "decimal(10, 2)").starts_with("round:decimal"));
        assert!(using("double", "bigint").starts_with("Refused"));
    }

    #[test]
    fn only_narrower_types_have_obstacles() {
        let problems = |from: &str, to: &str| -> Vec<String> {
            let using = match conversion("x", from, to) {
                Conversion::Using(using) => Some(using),
                _ => None,
            };
            let found = obstacles("x", from, to, using.as_deref());
            found.into_iter().map(|found| found.problem).collect()
        };
        assert!(problems("integer", "bigint").is_empty());
        assert_eq!(problems("bigint", "integer").len(), 1);
        assert_eq!(
            problems("varchar(10)", "varchar(5)"),
            ["hold more than 5 characters"]
        );
        assert!(problems("varchar(5)", "varchar(10)").is_empty());
        assert_eq!(
            problems(r#"enum("a", "b")"#, r#"enum("a")"#),
            ["hold a text that is none of a"]
        );
        assert!(problems(r#"enum("a")"#, r#"enum("a", "b")"#).is_empty());
        assert!(problems("decimal(10, 2)", "decimal(12, 2)").is_empty());
        assert_eq!(
            problems("decimal(10, 2)", "decimal(5, 2)"),
            ["hold a number outside of -999.99 to 999.99"]
        );
        assert_eq!(
            problems("text", "integer"),
            ["hold a text that is no whole number"]
        );
        assert_eq!(problems("text", "boolean").len(), 1);
    }
}
