//! Rows, as short texts, by the types of their columns.

use birgus::backend::{BindType, Connection, StatementBuilder};
use birgus::chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, Utc};
use birgus::migrate::state::State;
use birgus::query::read_value;
use birgus::rust_decimal::Decimal;
use birgus::{Database, Value};

/// The rows of a table: its name, its columns, and each row with a `|` between two values.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Rows {
    pub(crate) table: &'static str,
    pub(crate) columns: &'static str,
    pub(crate) rows: Vec<String>,
}

pub(crate) fn rows(table: &'static str, columns: &'static str, rows: &[&str]) -> Rows {
    Rows {
        table,
        columns,
        rows: rows.iter().map(|row| (*row).to_owned()).collect(),
    }
}

impl Rows {
    fn types(&self, state: &State) -> Vec<(String, BindType)> {
        let table = state.table(self.table).unwrap().to_table().unwrap();
        let columns = self.columns.split_whitespace();
        columns
            .map(|name| {
                let column = table.column(name);
                let column = column.unwrap_or_else(|| panic!("{}.{name}", self.table));
                (name.to_owned(), column.column_type.bind_type())
            })
            .collect()
    }

    /// Stores the rows.
    pub(crate) fn insert(&self, db: &Database, state: &State) {
        let mut connection = db.connection().unwrap();
        let types = self.types(state);
        for row in &self.rows {
            let mut sql = StatementBuilder::new(connection.dialect());
            sql.vary()
                .push("INSERT INTO ")
                .identifier(self.table)
                .push(" (");
            for (position, (name, _)) in types.iter().enumerate() {
                sql.push(if position > 0 { ", " } else { "" })
                    .identifier(name);
            }
            sql.push(") VALUES (");
            for (position, (text, (_, bind_type))) in row.split('|').zip(&types).enumerate() {
                sql.push(if position > 0 { ", " } else { "" });
                sql.bind(value(text, *bind_type), *bind_type);
            }
            sql.push(")");
            let statement = sql.finish();
            connection
                .execute(&statement)
                .unwrap_or_else(|error| panic!("{} {row}: {error}", self.table));
        }
        // The ids are the test's own: the next one comes after them.
        let table = state.table(self.table).unwrap().to_table().unwrap();
        if let Some(column) = table.identity_column()
            && connection
                .dialect()
                .capabilities()
                .explicit_id_leaves_sequence
        {
            let sql = connection
                .dialect()
                .move_sequence(self.table, &column.name)
                .unwrap();
            connection.batch(&sql).unwrap();
        }
    }

    /// The rows that the database has, ordered by their first column.
    pub(crate) fn stored(&self, db: &Database, state: &State) -> Self {
        let mut connection = db.connection().unwrap();
        let types = self.types(state);
        let mut sql = StatementBuilder::new(connection.dialect());
        sql.vary().push("SELECT ");
        for (position, (name, _)) in types.iter().enumerate() {
            sql.push(if position > 0 { ", " } else { "" })
                .identifier(name);
        }
        sql.push(" FROM ")
            .identifier(self.table)
            .push(" ORDER BY 1");
        let mut rows = Vec::new();
        connection
            .query(&sql.finish(), &mut |row| {
                let values = types.iter().enumerate();
                let values = values.map(|(at, (_, kind))| Ok(text(&read_value(row, at, *kind)?)));
                rows.push(values.collect::<birgus::Result<Vec<_>>>()?.join("|"));
                Ok(())
            })
            .unwrap();
        Self {
            rows,
            ..self.clone()
        }
    }
}

/// The value that a text stands for.
pub(crate) fn value(text: &str, bind_type: BindType) -> Value {
    if text == "NULL" {
        return Value::Null;
    }
    match bind_type {
        BindType::Boolean => Value::Boolean(text.parse().unwrap()),
        BindType::SmallInt | BindType::Integer | BindType::BigInt => {
            Value::Integer(text.parse().unwrap())
        }
        BindType::Double => Value::Double(text.parse().unwrap()),
        BindType::Text => Value::Text(text.to_owned()),
        BindType::Binary => Value::Binary(text.as_bytes().to_vec()),
        BindType::Decimal { scale } => {
            let mut number: Decimal = text.parse().unwrap();
            number.rescale(scale.into());
            Value::Decimal(number)
        }
        BindType::Date => Value::Date(text.parse::<NaiveDate>().unwrap()),
        BindType::Time => Value::Time(text.parse::<NaiveTime>().unwrap()),
        BindType::DateTime => Value::DateTime(text.parse::<NaiveDateTime>().unwrap()),
        BindType::Timestamp => Value::Timestamp(text.parse::<DateTime<Utc>>().unwrap()),
        BindType::Uuid => Value::Uuid(text.parse().unwrap()),
        BindType::Json => Value::Json(text.to_owned()),
        other => panic!("{other:?}"),
    }
}

fn text(value: &Value) -> String {
    match value {
        Value::Null => "NULL".to_owned(),
        Value::Boolean(value) => value.to_string(),
        Value::Integer(value) => value.to_string(),
        Value::Double(value) => value.to_string(),
        Value::Text(value) | Value::Json(value) => value.clone(),
        Value::Binary(value) => String::from_utf8_lossy(value).into_owned(),
        Value::Decimal(value) => value.to_string(),
        Value::Date(value) => value.to_string(),
        Value::Time(value) => value.to_string(),
        Value::DateTime(value) => value.format("%Y-%m-%dT%H:%M:%S%.f").to_string(),
        Value::Timestamp(value) => value.format("%Y-%m-%dT%H:%M:%S%.fZ").to_string(),
        Value::Uuid(value) => value.to_string(),
        other => panic!("{other:?}"),
    }
}
