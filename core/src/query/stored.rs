//! Values of rows as the database has them: read without their Rust types, compared, and rows found by them.

use std::cmp::Ordering;
use std::collections::HashMap;

use super::Node;
use super::select::{Item, Projection, Select};
use crate::backend::{BindType, Connection, Row};
use crate::model::{FieldInfo, Kind, ModelInfo};
use crate::session::Identity;
use crate::value::Value;
use crate::{Result, json};

/// Up to so many rows are named by their keys in one statement.
const KEYS: usize = 1_000;

/// Reads a value as it would be bound: for code that knows a column's type at run time alone.
///
/// # Errors
///
/// `is_decode()` for a value of another type.
pub fn read_value(row: &dyn Row, index: usize, bind_type: BindType) -> Result<Value> {
    let value = match bind_type {
        BindType::Boolean => row.boolean(index)?.map(Value::Boolean),
        BindType::SmallInt | BindType::Integer | BindType::BigInt => {
            row.integer(index)?.map(Value::Integer)
        }
        BindType::Double => row.double(index)?.map(Value::Double),
        BindType::Text => row.string(index)?.map(Value::Text),
        BindType::Binary => (row.binary(index)?).map(|bytes| Value::Binary(bytes.into_owned())),
        BindType::Decimal { scale } => row.decimal(index, scale)?.map(Value::Decimal),
        BindType::Date => row.date(index)?.map(Value::Date),
        BindType::Time => row.time(index)?.map(Value::Time),
        BindType::DateTime => row.date_time(index)?.map(Value::DateTime),
        BindType::Timestamp => row.timestamp(index)?.map(Value::Timestamp),
        BindType::Uuid => row.uuid(index)?.map(Value::Uuid),
        BindType::Json => {
            (row.json(index)?).map(|document| Value::Json(json::canonical_text(&document)))
        }
    };
    Ok(value.unwrap_or(Value::Null))
}

/// Reads the values of fields that follow each other from `at` on.
pub(super) fn read_fields(
    row: &dyn Row,
    at: usize,
    fields: &[&'static FieldInfo],
) -> Result<Vec<Value>> {
    fields
        .iter()
        .enumerate()
        .map(|(position, field)| read_value(row, at + position, field.bind_type()))
        .collect()
}

/// The values of fields, in a row that has one for each field of the model.
pub(super) fn values_of(row: &[Value], fields: &[&'static FieldInfo]) -> Vec<Value> {
    let value = |field: &&FieldInfo| row.get(field.position()).cloned();
    fields
        .iter()
        .map(|field| value(field).unwrap_or(Value::Null))
        .collect()
}

/// Fields as what is read behind everything else, to know the row again.
pub(super) fn items_of(fields: &[&'static FieldInfo]) -> impl Iterator<Item = Item> {
    fields
        .iter()
        .map(|field| Item::of(field.node(), field.nullable))
}

/// The condition that the fields have one of these values, none of which is NULL.
pub(crate) fn one_of(fields: &[&'static FieldInfo], rows: &[Vec<Value>]) -> Node {
    if let [field] = fields
        && rows.len() > KEYS
    {
        // More than a statement binds one by one.
        return Node::InValues {
            operands: vec![field.node()],
            types: vec![field.bind_type()],
            values: rows.iter().flatten().cloned().collect(),
            negated: false,
            indexed: false,
        };
    }
    let bound = |(field, value): (&&'static FieldInfo, &Value)| {
        Node::bind(value.clone(), field.bind_type())
    };
    if let [field] = fields {
        let values = rows.iter().flatten().map(|value| bound((field, value)));
        return Node::In {
            operand: Box::new(field.node()),
            list: values.collect(),
            negated: false,
        };
    }
    let rows = (rows.iter()).map(|row| fields.iter().zip(row).map(bound).collect());
    Node::InRows {
        operands: fields.iter().map(|field| field.node()).collect(),
        rows: rows.collect(),
        negated: false,
    }
}

/// Splits keys into those of one statement each.
pub(super) fn in_chunks<'a>(
    keys: &'a [Vec<Value>],
    connection: &dyn Connection,
) -> std::slice::Chunks<'a, Vec<Value>> {
    // Half of the binds are left for what else the statement holds.
    let binds = connection.dialect().capabilities().max_binds / 2;
    let columns = keys.first().map_or(1, Vec::len).max(1);
    keys.chunks((binds / columns).clamp(1, KEYS))
}

/// Rows on their way to the program: each is read as it comes, and counted.
pub(super) struct Arrivals<'a> {
    pub(super) items: &'a [Item],
    pub(super) each: &'a mut dyn FnMut(&dyn Row) -> Result<()>,
    count: usize,
}

impl<'a> Arrivals<'a> {
    pub(super) fn new(items: &'a [Item], each: &'a mut dyn FnMut(&dyn Row) -> Result<()>) -> Self {
        Self {
            items,
            each,
            count: 0,
        }
    }

    /// Reads a row, and gives its number.
    pub(super) fn take(&mut self, row: &dyn Row) -> Result<usize> {
        (self.each)(row)?;
        self.count += 1;
        Ok(self.count - 1)
    }
}

/// Reads the rows whose fields have these values, and gives the number of the arrival of each.
pub(super) fn fetch_by(
    connection: &mut dyn Connection,
    model: &'static ModelInfo,
    fields: &[&'static FieldInfo],
    rows: &[Vec<Value>],
    arrivals: &mut Arrivals<'_>,
) -> Result<HashMap<Identity, usize>> {
    let mut places = HashMap::with_capacity(rows.len());
    let behind = arrivals.items.len();
    for rows in in_chunks(rows, connection) {
        let mut select = Select::of(model);
        select.projection = Projection::Items(
            arrivals
                .items
                .iter()
                .cloned()
                .chain(items_of(fields))
                .collect(),
        );
        select.filter.push(one_of(fields, rows));
        let statement = select.to_statement(connection.dialect())?;
        connection.query(&statement, &mut |row| {
            let known = Identity::new(&read_fields(row, behind, fields)?);
            places.insert(known, arrivals.take(row)?);
            Ok(())
        })?;
    }
    Ok(places)
}

/// How keys of a model are ordered: as a query orders them by the key's fields.
pub(super) fn compare(fields: &[&'static FieldInfo], left: &[Value], right: &[Value]) -> Ordering {
    let pairs = fields.iter().zip(left.iter().zip(right));
    pairs
        .map(|(field, (left, right))| compare_values(field.kind, left, right))
        .find(|order| order.is_ne())
        .unwrap_or(Ordering::Equal)
}

fn compare_values(kind: Kind, left: &Value, right: &Value) -> Ordering {
    match (left, right) {
        (Value::Boolean(left), Value::Boolean(right)) => left.cmp(right),
        (Value::Integer(left), Value::Integer(right)) => left.cmp(right),
        (Value::Double(left), Value::Double(right)) => left.total_cmp(right),
        (Value::Text(left), Value::Text(right)) => match kind {
            Kind::Enum(list) => {
                let place = |text: &String| list.iter().position(|known| known == text);
                place(left).cmp(&place(right))
            }
            _ => left.cmp(right),
        },
        (Value::Binary(left), Value::Binary(right)) => left.cmp(right),
        (Value::Decimal(left), Value::Decimal(right)) => left.cmp(right),
        (Value::Date(left), Value::Date(right)) => left.cmp(right),
        (Value::Time(left), Value::Time(right)) => left.cmp(right),
        (Value::DateTime(left), Value::DateTime(right)) => left.cmp(right),
        (Value::Timestamp(left), Value::Timestamp(right)) => left.cmp(right),
        (Value::Uuid(left), Value::Uuid(right)) => left.cmp(right),
        _ => Ordering::Equal,
    }
}
