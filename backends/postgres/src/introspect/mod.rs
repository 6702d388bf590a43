//! Tables as the catalog describes them: three statements for all tables together.

mod catalog;
mod types;

use std::collections::BTreeMap;

use birgus_core::Result;
use birgus_core::backend::{Connection, SchemaObject};
use birgus_core::schema::{
    Check, Column, ColumnExpression, ColumnType, DatabaseExpression, ExpressionOf, ForeignKey,
    Inspected, Table, enum_check_name, type_check_name,
};

use catalog::{ConstraintRow, Kind};

/// The tables' names, in order.
pub(crate) fn table_names(connection: &mut dyn Connection) -> Result<Vec<String>> {
    catalog::table_names(connection)
}

/// The tables, in the order of their names; what can't be described is told beside them.
pub(crate) fn inspect(connection: &mut dyn Connection) -> Result<Inspected> {
    let mut found = Inspected::default();
    let mut tables: BTreeMap<String, Table> = BTreeMap::new();
    for row in catalog::columns(connection)? {
        let table = tables
            .entry(row.table.clone())
            .or_insert_with(|| Table::new(row.table.clone()));
        table.comment = row.comment;
        let Some(column) = row.column else {
            continue;
        };
        let column_type = match types::column_type(&row.table, &column) {
            Ok(column_type) => column_type,
            Err(error) => {
                let given = column.default || column.computed || column.assigned;
                let required = column.not_null && !given;
                found.leave_out(&row.table, &column.name, required, error);
                continue;
            }
        };
        if let Some(sql) = column.expression {
            let name = column.name.clone();
            found.expressions.push(DatabaseExpression {
                table: row.table,
                of: match column.computed {
                    true => ExpressionOf::Computed(name),
                    false => ExpressionOf::Default(name),
                },
                sql,
            });
        }
        table.columns.push(Column {
            column_type,
            name: column.name,
            nullable: !column.not_null,
            identity: column.assigned,
            computed: column.computed.then(ColumnExpression::unknown),
            default: column.default.then(ColumnExpression::unknown),
            comment: column.comment,
        });
    }
    for row in catalog::constraints(connection)? {
        if let Some(table) = tables.get_mut(&row.table) {
            add_constraint(table, row, &mut found);
        }
    }
    for (table, index) in catalog::indexes(connection)? {
        if let Some(table) = tables.get_mut(&table) {
            table.indexes.push(index);
        }
    }
    let mut tables: Vec<Table> = tables
        .into_values()
        .map(|mut table| {
            // A sequence beside the key is an ordinary default.
            for column in &mut table.columns {
                let sequence = column.identity;
                column.identity &= table.primary_key == [column.name.as_str()];
                if sequence && !column.identity {
                    column.default = Some(ColumnExpression::unknown());
                }
            }
            table.sorted()
        })
        .collect();
    tables.sort_by(|left, right| left.name.cmp(&right.name));
    found.tables = tables;
    Ok(found.settled())
}

fn add_constraint(table: &mut Table, row: ConstraintRow, found: &mut Inspected) {
    match row.kind {
        Kind::PrimaryKey => table.primary_key = row.columns,
        Kind::ForeignKey {
            references_table,
            references_columns,
            actions,
        } => {
            let (on_delete, on_update) = match actions {
                Ok(actions) => actions,
                Err(error) => {
                    found.leave_out_foreign_key(&row.table, &row.name, row.columns, error);
                    return;
                }
            };
            table.foreign_keys.push(ForeignKey {
                name: row.name,
                columns: row.columns,
                references_table,
                references_columns,
                on_delete,
                on_update,
            });
        }
        Kind::Check { definition } => add_check(table, row.name, definition, found),
    }
}

/// A check is an enum's texts, a type's helper, or the user's own; its name tells.
fn add_check(table: &mut Table, name: String, definition: String, found: &mut Inspected) {
    for column in &mut table.columns {
        if name == type_check_name(&table.name, &column.name) {
            return;
        }
        let is_text = matches!(column.column_type, ColumnType::Varchar { .. });
        if is_text && name == enum_check_name(&table.name, &column.name) {
            let values = types::literals(&definition);
            if !values.is_empty() {
                column.column_type = ColumnType::Enum { values };
                return;
            }
        }
    }
    found.expressions.push(DatabaseExpression {
        table: table.name.clone(),
        of: ExpressionOf::Check(name.clone()),
        sql: definition,
    });
    table.checks.push(Check {
        name,
        expression: None,
    });
}

/// Whether something is in the current schema.
pub(crate) fn object_exists(
    connection: &mut dyn Connection,
    object: &SchemaObject,
) -> Result<bool> {
    let tables = match object {
        SchemaObject::Table(name) => return Ok(table_names(connection)?.contains(name)),
        SchemaObject::Index { table, name } => {
            let indexes = catalog::indexes(connection)?;
            return Ok(indexes
                .iter()
                .any(|(owner, index)| owner == table && index.name == *name));
        }
        SchemaObject::Column { table, name } => {
            let columns = catalog::columns(connection)?;
            return Ok(columns.iter().any(|row| {
                row.table == *table
                    && row
                        .column
                        .as_ref()
                        .is_some_and(|column| column.name == *name)
            }));
        }
        _ => catalog::constraints(connection)?,
    };
    Ok(tables.iter().any(|row| match (object, &row.kind) {
        (SchemaObject::ForeignKey { table, name }, Kind::ForeignKey { .. })
        | (SchemaObject::Check { table, name }, Kind::Check { .. }) => {
            row.table == *table && row.name == *name
        }
        (SchemaObject::PrimaryKeyColumns { table, columns }, Kind::PrimaryKey) => {
            row.table == *table && row.columns == *columns
        }
        _ => false,
    }))
}
