//! Lists behind IN.

use birgus_core::backend::{BindType, StatementBuilder, ValueList};
use birgus_core::{Error, Result, Value, json};

use crate::server::Product;

/// The longest list that is written with a placeholder for each value; a longer one is one JSON text. That is as fast with
/// 16 values and twice as fast from 128 on, but the optimizer does not know how many values are in it.
pub(crate) const SHORT: usize = 64;

/// The same for values that are looked up by an index whatever they are: loading 300 parents with their children takes two thirds
/// of the time that a text takes.
const SHORT_BY_INDEX: usize = 512;

/// From so many binds on, short lists are JSON texts too: the protocol takes 65,535 of them.
const MANY_BINDS: usize = 20_000;

/// The longest text that the servers look up by a key in a table of their own; the key has 3,072 bytes at most.
const KEY: usize = 512;

/// Appends the right side of IN.
pub(crate) fn write(
    out: &mut StatementBuilder<'_>,
    product: Product,
    list: &ValueList<'_>,
) -> Result<()> {
    let short = match list.is_by_index() {
        true => SHORT_BY_INDEX,
        false => SHORT,
    };
    if list.values().len() <= short && out.bind_count() < MANY_BINDS {
        list.write_placeholders(out);
        return Ok(());
    }
    let document = list.to_json(push)?;
    out.push(list.operator()).push("(SELECT ");
    if list.is_negated() {
        // MySQL would read the document again for each row, had it not to make the values distinct first.
        names(out, list, &mut |out, _, name| {
            out.push(name);
        });
        out.push(" FROM (SELECT DISTINCT ");
    }
    let negated = list.is_negated();
    names(out, list, &mut |out, bind_type, name| {
        match bind_type {
            BindType::Binary | BindType::Uuid => out.push(&format!("UNHEX({name})")),
            _ => out.push(name),
        };
        if negated {
            out.push(" AS ").push(name);
        }
    });
    out.push(" FROM JSON_TABLE(")
        .bind(Value::Text(document), BindType::Text)
        .push(", '$[*]' COLUMNS (");
    let several = list.types().len() > 1;
    let mut index = 0;
    let mut problem = None;
    names(out, list, &mut |out, bind_type, name| {
        match column_type(product, list, index, bind_type) {
            Ok(column_type) => out.push(&format!("{name} {column_type} PATH ")),
            Err(error) => {
                problem.get_or_insert(error);
                return;
            }
        };
        out.push(&if several {
            format!("'$[{index}]'")
        } else {
            "'$'".to_owned()
        });
        index += 1;
    });
    out.push(")) AS \"list\"");
    if list.is_negated() {
        out.push(") AS \"listed\"");
    }
    out.push(")");
    problem.map_or(Ok(()), Err)
}

fn names(
    out: &mut StatementBuilder<'_>,
    list: &ValueList<'_>,
    each: &mut dyn FnMut(&mut StatementBuilder<'_>, BindType, &str),
) {
    for (index, bind_type) in list.types().iter().enumerate() {
        if index > 0 {
            out.push(", ");
        }
        each(out, *bind_type, &format!("v{index}"));
    }
}

/// The type of a column of the document's table. Texts have the length of the longest one, up to the next power of two.
fn column_type(
    product: Product,
    list: &ValueList<'_>,
    index: usize,
    bind_type: BindType,
) -> Result<String> {
    let longest = |length: &dyn Fn(&Value) -> usize| {
        let longest = list.column(index).map(length).max().unwrap_or(0);
        longest.next_power_of_two().max(16)
    };
    Ok(match bind_type {
        BindType::Text => text_type(
            product,
            longest(&|value| match value {
                Value::Text(text) => text.chars().count(),
                _ => 0,
            }),
        ),
        BindType::Binary | BindType::Uuid => text(longest(&|value| match value {
            Value::Binary(bytes) => bytes.len() * 2,
            _ => 32,
        })),
        _ => plain_type(bind_type)
            .ok_or_else(|| Error::unsupported(format!("a list of {bind_type:?} behind IN")))?,
    })
}

fn text(length: usize) -> String {
    if length <= KEY {
        format!("VARCHAR({length})")
    } else {
        "LONGTEXT".to_owned()
    }
}

/// The type of texts of so many characters, which are compared as columns are.
pub(crate) fn text_type(product: Product, length: usize) -> String {
    format!(
        "{} CHARACTER SET utf8mb4 COLLATE {}",
        text(length),
        product.collation()
    )
}

/// The type of values that are no texts, in JSON neither.
pub(crate) fn plain_type(bind_type: BindType) -> Option<String> {
    Some(match bind_type {
        BindType::Boolean => "TINYINT".to_owned(),
        BindType::SmallInt | BindType::Integer | BindType::BigInt => "BIGINT".to_owned(),
        BindType::Double => "DOUBLE".to_owned(),
        BindType::Decimal { scale } => format!("DECIMAL(38, {scale})"),
        BindType::Date => "DATE".to_owned(),
        BindType::Time => "TIME(6)".to_owned(),
        BindType::DateTime | BindType::Timestamp => "DATETIME(6)".to_owned(),
        _ => return None,
    })
}

/// Appends a value as JSON: exact numbers, dates and documents as their texts, bytes by their digits.
pub(crate) fn push(out: &mut String, value: &Value, bind_type: BindType) -> Result<()> {
    match value {
        Value::Boolean(value) => out.push(if *value { '1' } else { '0' }),
        Value::Integer(number) => out.push_str(&number.to_string()),
        Value::Double(number) => out.push_str(&format!("{number:?}")),
        Value::Text(text) | Value::Json(text) => json::push_string(out, text),
        Value::Binary(bytes) => json::push_bytes(out, bytes),
        Value::Uuid(uuid) => json::push_bytes(out, uuid.as_bytes()),
        Value::Decimal(number) => json::push_string(out, &number.to_string()),
        Value::Date(day) => json::push_string(out, &day.format("%Y-%m-%d").to_string()),
        Value::Time(time) => json::push_string(out, &time.format("%H:%M:%S%.6f").to_string()),
        Value::DateTime(moment) => {
            json::push_string(out, &moment.format("%Y-%m-%d %H:%M:%S%.6f").to_string());
        }
        Value::Timestamp(moment) => {
            json::push_string(out, &moment.format("%Y-%m-%d %H:%M:%S%.6f").to_string());
        }
        _ => {
            return Err(Error::unsupported(format!(
                "a list with a value of {bind_type:?}"
            )));
        }
    }
    Ok(())
}
