//! Rows of one table that are changed or deleted by their keys: few statements for many rows.

use super::Node;
use super::select::Select;
use super::stored::one_of;
use crate::backend::{
    BulkUpdate, Connection, Dialect, RowChanges, RowColumn, Statement, StatementBuilder,
};
use crate::model::{FieldInfo, Kind, ModelInfo};
use crate::value::Value;
use crate::{Error, Result, json};

/// The keys of one DELETE, at most: a power of two, since lists with placeholders are made up to one. More of them in one
/// statement gain nothing more, and hold locks for longer.
const DELETED: usize = 1_024;

/// Rows of one table that get new values in the same columns. No two of them have the same key.
#[derive(Debug)]
pub(crate) struct RowUpdates {
    pub(crate) model: &'static ModelInfo,
    /// The fields by which a row is found: those of the key, and perhaps others that are not nullable.
    pub(crate) matched: Vec<&'static FieldInfo>,
    /// The fields that are set.
    pub(crate) set: Vec<&'static FieldInfo>,
    pub(crate) rows: Vec<RowUpdate>,
}

/// A value for each field of [`RowUpdates`].
#[derive(Debug)]
pub(crate) struct RowUpdate {
    pub(crate) matched: Vec<Value>,
    pub(crate) set: Vec<Value>,
}

/// Updates rows, and counts those that were found. A unique value that moves from one of the rows to another may be a
/// violation, as it is in any UPDATE.
pub(crate) fn update_rows(connection: &mut dyn Connection, updates: RowUpdates) -> Result<u64> {
    if updates.set.is_empty() {
        return Err(Error::invalid_query(format!(
            "{}: an update without assignments",
            updates.model.name
        )));
    }
    let capabilities = connection.dialect().capabilities();
    let most = match capabilities.bulk_update {
        BulkUpdate::Single => 1,
        BulkUpdate::Rows { chunk } => {
            let width = updates.matched.len() + updates.set.len();
            chunk.min(capabilities.max_binds / width)
        }
        BulkUpdate::Lists { chunk } => chunk,
    };
    send(connection, updates, most.max(1))
}

/// Gives the row that has these values (its key, and perhaps its version) the values of a new one, one a field, and the defaults of the database where that says
/// nothing; counts the rows that were matched, unless there is nothing but the key.
pub(crate) fn replace_row(
    connection: &mut dyn Connection,
    model: &'static ModelInfo,
    matched: &[(&'static FieldInfo, Value)],
    row: &[Value],
) -> Result<Option<u64>> {
    let fields: Vec<&'static FieldInfo> = matched.iter().map(|(field, _)| *field).collect();
    let values = matched.iter().map(|(_, value)| value.clone()).collect();
    let rest = model.fields.iter().zip(row).enumerate();
    let assignments: Vec<(&'static FieldInfo, Node)> = rest
        .filter(|(position, (field, _))| !model.key.contains(position) && field.computed.is_none())
        .map(|(_, (field, value))| match field.default_sql {
            Some(default) if value.is_null() && !field.nullable => {
                let unknown = || {
                    Node::Invalid(format!(
                        "{}: its default is known to the database alone; give the row a value",
                        field.subject()
                    ))
                };
                (field, default().unwrap_or_else(unknown))
            }
            _ => (field, Node::bind(value.clone(), field.bind_type())),
        })
        .collect();
    if assignments.is_empty() {
        return Ok(None);
    }
    let mut select = Select::of(model);
    select.filter.push(one_of(&fields, &[values]));
    let statement = select.to_update(connection.dialect(), &assignments, &[])?;
    connection.execute(&statement).map(Some)
}

/// Deletes rows, and counts those that were found. One that goes by the cascade of another before its turn is counted by
/// some engines.
pub(crate) fn delete_rows(
    connection: &mut dyn Connection,
    model: &'static ModelInfo,
    matched: &[&'static FieldInfo],
    keys: Vec<Vec<Value>>,
) -> Result<u64> {
    let binds = connection.dialect().capabilities().max_binds;
    let most = (binds / matched.len().max(1))
        .checked_ilog2()
        .map_or(1, |power| 1 << power);
    let rows = (keys.into_iter())
        .map(|matched| RowUpdate {
            matched,
            set: Vec::new(),
        })
        .collect();
    let deletes = RowUpdates {
        model,
        matched: matched.to_vec(),
        set: Vec::new(),
        rows,
    };
    send(connection, deletes, DELETED.min(most))
}

/// Sends the rows, so many in a statement at most, and counts those that were found.
fn send(connection: &mut dyn Connection, updates: RowUpdates, most: usize) -> Result<u64> {
    let RowUpdates {
        model,
        matched,
        set,
        rows,
    } = updates;
    let misshapen =
        |row: &RowUpdate| row.matched.len() != matched.len() || row.set.len() != set.len();
    if matched.is_empty() || rows.iter().any(misshapen) {
        return Err(Error::invalid_query(format!(
            "{}: rows are changed by a value for each field",
            model.name
        )));
    }
    let columns = Columns {
        model,
        matched: matched.iter().map(|field| column(field)).collect(),
        set: set.iter().map(|field| column(field)).collect(),
    };
    let limit = connection.dialect().capabilities().statement_bytes;
    let mut found = 0;
    let mut rest = rows.into_iter();
    loop {
        let count = together(rest.as_slice(), most, limit);
        let chunk: Vec<RowUpdate> = rest.by_ref().take(count).collect();
        if chunk.is_empty() {
            return Ok(found);
        }
        let statement = columns.statement(connection.dialect(), chunk)?;
        found += connection.execute(&statement)?;
    }
}

/// A field as the dialect writes it.
fn column(field: &'static FieldInfo) -> RowColumn<'static> {
    let length = match field.kind {
        Kind::Enum(texts) => {
            let lengths = texts.iter().map(|text| text.chars().count());
            lengths.max().and_then(|length| u32::try_from(length).ok())
        }
        _ => field.length,
    };
    RowColumn::new(field.column, field.bind_type()).with_length(length)
}

/// How many of the rows, from the first on, go into one statement. A row alone is sent however large it is: the engine
/// decides.
fn together(rows: &[RowUpdate], most: usize, limit: usize) -> usize {
    let mut bytes = 0_usize;
    for (number, row) in rows.iter().take(most).enumerate() {
        for value in row.matched.iter().chain(&row.set) {
            bytes = bytes.saturating_add(size(value));
        }
        if bytes > limit && number > 0 {
            return number;
        }
    }
    most.min(rows.len())
}

/// The bytes of a value as JSON, the longest of the forms in which engines take it.
fn size(value: &Value) -> usize {
    /// Of a moment in quotes, with the comma behind it; numbers are shorter or as long.
    const FIXED: usize = 32;
    match value {
        Value::Text(text) | Value::Json(text) => json::quoted_length(text) + 1,
        Value::Binary(bytes) => bytes.len() * 2 + 3,
        _ => FIXED,
    }
}

/// The table and the columns of what is sent.
struct Columns {
    model: &'static ModelInfo,
    matched: Vec<RowColumn<'static>>,
    set: Vec<RowColumn<'static>>,
}

impl Columns {
    /// The statement for some rows: an UPDATE, or a DELETE where nothing is set.
    fn statement(&self, dialect: &dyn Dialect, mut rows: Vec<RowUpdate>) -> Result<Statement> {
        let mut builder = StatementBuilder::new(dialect);
        if rows.len() == 1
            && let Some(row) = rows.pop()
        {
            self.write_single(&mut builder, row);
            return Ok(builder.finish());
        }
        let values = (rows.into_iter())
            .flat_map(|row| row.matched.into_iter().chain(row.set))
            .collect();
        let table = self.model.table_name();
        let changes = RowChanges::new(table, &self.matched, &self.set, values);
        if self.set.is_empty() {
            dialect.delete_rows(&mut builder, changes)?;
        } else {
            dialect.update_rows(&mut builder, changes)?;
        }
        Ok(builder.finish())
    }

    fn write_single(&self, builder: &mut StatementBuilder<'_>, row: RowUpdate) {
        builder
            .push(if self.set.is_empty() {
                "DELETE FROM "
            } else {
                "UPDATE "
            })
            .identifier(self.model.table_name());
        write_equal(builder, " SET ", ", ", &self.set, row.set);
        write_equal(builder, " WHERE ", " AND ", &self.matched, row.matched);
    }
}

/// Appends `a = ?` for each column.
fn write_equal(
    builder: &mut StatementBuilder<'_>,
    before: &str,
    between: &str,
    columns: &[RowColumn<'_>],
    values: Vec<Value>,
) {
    for (position, (column, value)) in columns.iter().zip(values).enumerate() {
        builder
            .push(if position == 0 { before } else { between })
            .identifier(column.name)
            .push(" = ")
            .bind(value, column.bind_type);
    }
}
