//! Many rows of one table that get new values in the same columns, or go.

use super::Node;
use super::select::Select;
use super::stored::one_of;
use crate::Result;
use crate::backend::{Connection, StatementBuilder};
use crate::model::{FieldInfo, ModelInfo};
use crate::value::Value;

/// Rows of one table that get new values in the same columns.
pub(crate) struct RowUpdates {
    pub(crate) model: &'static ModelInfo,
    /// The fields by which a row is known.
    pub(crate) matched: Vec<&'static FieldInfo>,
    pub(crate) set: Vec<&'static FieldInfo>,
    pub(crate) rows: Vec<RowUpdate>,
}

/// The values by which a row is known, and those that it gets.
pub(crate) struct RowUpdate {
    pub(crate) matched: Vec<Value>,
    pub(crate) set: Vec<Value>,
}

fn write_key(builder: &mut StatementBuilder<'_>, fields: &[&'static FieldInfo], key: &[Value]) {
    for (position, (field, value)) in fields.iter().zip(key).enumerate() {
        builder.push(if position == 0 { " WHERE " } else { " AND " });
        builder
            .identifier(field.column)
            .push(" = ")
            .bind(value.clone(), field.bind_type());
    }
}

/// Sends them, and counts the rows that were matched.
pub(crate) fn update_rows(connection: &mut dyn Connection, updates: RowUpdates) -> Result<u64> {
    let mut count = 0;
    for row in updates.rows {
        let mut builder = StatementBuilder::new(connection.dialect());
        builder
            .push("UPDATE ")
            .identifier(updates.model.table_name())
            .push(" SET ");
        for (position, (field, value)) in updates.set.iter().zip(row.set).enumerate() {
            if position > 0 {
                builder.push(", ");
            }
            builder
                .identifier(field.column)
                .push(" = ")
                .bind(value, field.bind_type());
        }
        write_key(&mut builder, &updates.matched, &row.matched);
        count += connection.execute(&builder.finish())?;
    }
    Ok(count)
}

/// Gives the row with this key the values of a new one, one a field, and the defaults of the database where that says
/// nothing; counts the rows that were matched, unless there is nothing but the key.
pub(crate) fn replace_row(
    connection: &mut dyn Connection,
    model: &'static ModelInfo,
    key: &[Value],
    row: &[Value],
) -> Result<Option<u64>> {
    let fields: Vec<&'static FieldInfo> = model.key_fields().collect();
    let rest = model.fields.iter().zip(row).enumerate();
    let assignments: Vec<(&'static FieldInfo, Node)> = rest
        .filter(|(position, (field, _))| !model.key.contains(position) && field.computed.is_none())
        .map(|(_, (field, value))| match field.default_sql {
            Some(default) if value.is_null() => (field, default()),
            _ => (field, Node::bind(value.clone(), field.bind_type())),
        })
        .collect();
    if assignments.is_empty() {
        return Ok(None);
    }
    let mut select = Select::of(model);
    select.filter.push(one_of(&fields, &[key.to_vec()]));
    let statement = select.to_update(connection.dialect(), &assignments, &[])?;
    connection.execute(&statement).map(Some)
}

/// Deletes the rows whose fields have these values, and counts them.
pub(crate) fn delete_rows(
    connection: &mut dyn Connection,
    model: &'static ModelInfo,
    matched: &[&'static FieldInfo],
    keys: Vec<Vec<Value>>,
) -> Result<u64> {
    let mut count = 0;
    for key in keys {
        let mut builder = StatementBuilder::new(connection.dialect());
        builder.push("DELETE FROM ").identifier(model.table_name());
        write_key(&mut builder, matched, &key);
        count += connection.execute(&builder.finish())?;
    }
    Ok(count)
}
