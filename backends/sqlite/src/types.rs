//! Column types: how they are declared, what keeps other values out, and how a declaration is read back.

use birgus_core::schema::ColumnType;

/// The declared type. SQLite takes the affinity of a column from its letters
/// (<https://www.sqlite.org/datatype3.html#determination_of_column_affinity>): each of these keeps the stored form as it
/// is. `INTEGER` is not among them: as a primary key it would be an alias of the rowid, and assign itself.
pub(crate) fn declare(column_type: &ColumnType) -> String {
    match column_type {
        ColumnType::Boolean => "BOOLEAN".to_owned(),
        ColumnType::SmallInt => "SMALLINT".to_owned(),
        ColumnType::Integer => "INT".to_owned(),
        ColumnType::BigInt => "BIGINT".to_owned(),
        ColumnType::Double => "REAL".to_owned(),
        ColumnType::Varchar { length } => format!("VARCHAR({length})"),
        ColumnType::Text => "TEXT".to_owned(),
        ColumnType::Binary => "BLOB".to_owned(),
        ColumnType::Decimal { precision, scale } => format!("DECIMAL({precision},{scale})"),
        // Without the second word these and JSON have numeric affinity: the document `1.0` would become the number 1.
        ColumnType::Date => "DATE TEXT".to_owned(),
        ColumnType::Time => "TIME TEXT".to_owned(),
        ColumnType::DateTime => "DATETIME TEXT".to_owned(),
        ColumnType::Timestamp => "TIMESTAMP TEXT".to_owned(),
        ColumnType::Uuid => "BLOB(16)".to_owned(),
        ColumnType::Json => "JSON TEXT".to_owned(),
        ColumnType::Enum { .. } => {
            format!("VARCHAR({})", column_type.length_limit().unwrap_or(1))
        }
        // A type that a newer core knows: the crates are released together.
        _ => "TEXT".to_owned(),
    }
}

/// The condition that keeps out what the type can't hold, for a value that is not NULL; `column` is quoted. `None` for
/// an enum, whose texts say it all.
pub(crate) fn condition(column_type: &ColumnType, column: &str) -> Option<String> {
    let integer = |low: i64, high: i64| {
        format!("typeof({column}) = 'integer' AND {column} BETWEEN {low} AND {high}")
    };
    Some(match column_type {
        // The affinity has made 1.0 and '1' the integer 1 by the time that a check looks.
        ColumnType::Boolean => format!("{column} IN (0, 1)"),
        ColumnType::SmallInt => integer(i64::from(i16::MIN), i64::from(i16::MAX)),
        ColumnType::Integer => integer(i64::from(i32::MIN), i64::from(i32::MAX)),
        ColumnType::BigInt => format!("typeof({column}) = 'integer'"),
        // Arithmetic that overflows gives an infinity here, and an error elsewhere.
        ColumnType::Double => {
            let largest = f64::MAX;
            format!("typeof({column}) = 'real' AND {column} BETWEEN -{largest:e} AND {largest:e}")
        }
        ColumnType::Varchar { length } => {
            format!("typeof({column}) = 'text' AND length({column}) <= {length}")
        }
        ColumnType::Text => format!("typeof({column}) = 'text'"),
        ColumnType::Binary => format!("typeof({column}) = 'blob'"),
        ColumnType::Decimal { precision, .. } => {
            let largest = 10_i64
                .checked_pow(u32::from(*precision))
                .map_or(i64::MAX, |power| power - 1);
            integer(-largest, largest)
        }
        // Adding nothing makes SQLite look for a day that exists: it would give February 30 and hour 24 back otherwise.
        ColumnType::Date => format!(
            "typeof({column}) = 'text' AND date({column}, '+0 days') IS {column} AND {column} >= '0001'"
        ),
        ColumnType::Time => temporal(column, "time", 8, ""),
        ColumnType::DateTime => temporal(column, "datetime", 19, ""),
        ColumnType::Timestamp => temporal(column, "datetime", 19, "Z"),
        ColumnType::Uuid => format!("typeof({column}) = 'blob' AND length({column}) = 16"),
        ColumnType::Json => format!("typeof({column}) = 'text' AND json_valid({column})"),
        _ => return None,
    })
}

/// SQLite's own function gives back the part up to the seconds if it is valid; the six digits behind are looked at by
/// their form, since that function knows three.
fn temporal(column: &str, function: &str, width: usize, suffix: &str) -> String {
    let head = format!("substr({column}, 1, {width})");
    let tail = format!("substr({column}, {})", width + 1);
    // A time of day has no year.
    let year = if function == "datetime" {
        format!(" AND {column} >= '0001'")
    } else {
        String::new()
    };
    format!(
        "typeof({column}) = 'text' AND {function}({head}, '+0 days') IS {head} \
         AND {tail} GLOB '.[0-9][0-9][0-9][0-9][0-9][0-9]{suffix}'{year}"
    )
}

/// What a declared type means.
pub(crate) enum Declared {
    Known(ColumnType),
    /// A decimal is only what Birgus means by it if Birgus made it: SQLite stores others as floats.
    Decimal {
        precision: u8,
        scale: u8,
    },
    Unknown,
}

/// Reads a declared type, of Birgus or of others.
pub(crate) fn read(declared: &str) -> Declared {
    let upper = declared.to_ascii_uppercase();
    let (name, arguments) = match upper.split_once('(') {
        Some((name, rest)) => (name, rest.trim_end().strip_suffix(')').unwrap_or(rest)),
        None => (upper.as_str(), ""),
    };
    let name: Vec<&str> = name.split_whitespace().collect();
    let arguments: Option<Vec<u32>> = arguments
        .split(',')
        .map(str::trim)
        .filter(|argument| !argument.is_empty())
        .map(|argument| argument.parse().ok())
        .collect();
    let Some(arguments) = arguments else {
        return Declared::Unknown;
    };
    let known = match (name.join(" ").as_str(), arguments.as_slice()) {
        ("BOOLEAN" | "BOOL", []) => ColumnType::Boolean,
        ("SMALLINT" | "INT2" | "TINYINT", _) => ColumnType::SmallInt,
        ("INT" | "INT4" | "MEDIUMINT", _) => ColumnType::Integer,
        ("BIGINT" | "INT8" | "INTEGER", _) => ColumnType::BigInt,
        ("REAL" | "DOUBLE" | "DOUBLE PRECISION" | "FLOAT", _) => ColumnType::Double,
        (
            "VARCHAR" | "CHAR" | "NVARCHAR" | "NCHAR" | "CHARACTER" | "CHARACTER VARYING"
            | "VARYING CHARACTER",
            [length],
        ) => ColumnType::Varchar { length: *length },
        ("TEXT" | "CLOB" | "VARCHAR" | "NVARCHAR", []) => ColumnType::Text,
        ("BLOB", [16]) => ColumnType::Uuid,
        ("BLOB", []) => ColumnType::Binary,
        ("DATE" | "DATE TEXT", []) => ColumnType::Date,
        ("TIME" | "TIME TEXT", _) => ColumnType::Time,
        ("DATETIME" | "DATETIME TEXT", _) => ColumnType::DateTime,
        ("TIMESTAMP" | "TIMESTAMP TEXT", _) => ColumnType::Timestamp,
        ("JSON" | "JSON TEXT", []) => ColumnType::Json,
        ("DECIMAL" | "NUMERIC", [precision, scale]) => {
            return match (u8::try_from(*precision), u8::try_from(*scale)) {
                (Ok(precision), Ok(scale)) => Declared::Decimal { precision, scale },
                _ => Declared::Known(ColumnType::Double),
            };
        }
        _ => match by_affinity(&name) {
            Some(column_type) => column_type,
            None => return Declared::Unknown,
        },
    };
    Declared::Known(known)
}

/// What SQLite itself makes of a type that it does not know, where that says what is stored. It also takes the letters of
/// `POINT` for those of a whole number.
fn by_affinity(words: &[&str]) -> Option<ColumnType> {
    const WHOLE: [&str; 8] = [
        "INT",
        "INTEGER",
        "TINYINT",
        "SMALLINT",
        "MEDIUMINT",
        "BIGINT",
        "INT2",
        "INT8",
    ];
    let any = |is: &dyn Fn(&str) -> bool| words.iter().any(|word| is(word));
    if any(&|word| WHOLE.contains(&word)) {
        return Some(ColumnType::BigInt);
    }
    if any(&|word| {
        ["CHAR", "CLOB", "TEXT"]
            .iter()
            .any(|part| word.contains(part))
    }) {
        return Some(ColumnType::Text);
    }
    let floating = ["REAL", "FLOAT", "DOUBLE", "NUMERIC", "DECIMAL"];
    any(&|word| floating.contains(&word)).then_some(ColumnType::Double)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(declared: &str) -> Option<ColumnType> {
        match read(declared) {
            Declared::Known(column_type) => Some(column_type),
            Declared::Decimal { precision, scale } => {
                Some(ColumnType::Decimal { precision, scale })
            }
            Declared::Unknown => None,
        }
    }

    #[test]
    fn every_declaration_reads_back() {
        for column_type in [
            ColumnType::Boolean,
            ColumnType::SmallInt,
            ColumnType::Integer,
            ColumnType::BigInt,
            ColumnType::Double,
            ColumnType::Varchar { length: 64 },
            ColumnType::Text,
            ColumnType::Binary,
            ColumnType::Decimal {
                precision: 18,
                scale: 4,
            },
            ColumnType::Date,
            ColumnType::Time,
            ColumnType::DateTime,
            ColumnType::Timestamp,
            ColumnType::Uuid,
            ColumnType::Json,
        ] {
            assert_eq!(known(&declare(&column_type)), Some(column_type));
        }
    }

    #[test]
    fn what_others_declare_is_read_as_the_nearest_type() {
        assert_eq!(known("integer"), Some(ColumnType::BigInt));
        assert_eq!(known("double  precision"), Some(ColumnType::Double));
        assert_eq!(
            known("character varying (20)"),
            Some(ColumnType::Varchar { length: 20 })
        );
        assert_eq!(known("INT(11)"), Some(ColumnType::Integer));
        assert_eq!(known(""), None);
        assert_eq!(known("MONEY"), None);
        assert_eq!(known("POINT"), None);
        assert_eq!(known("DECIMAL"), Some(ColumnType::Double));
        assert_eq!(known("unsigned big int"), Some(ColumnType::BigInt));
        assert_eq!(known("VARCHAR2(40)"), Some(ColumnType::Text));
        assert_eq!(known("VARCHAR(x)"), None);
    }
}
