//! What an INSERT does with a row that is there already, to text.

use super::change::write_assignments;
use super::{InStatement, Scope, Sink};
use crate::backend::{BindType, Dialect, Statement, StatementBuilder, UpsertForm, ValueList};
use crate::model::{FieldInfo, ModelInfo};
use crate::query::select::Select;
use crate::query::stored::values_of;
use crate::query::upsert::{Action, Conflict, EXCLUDED};
use crate::query::{ColumnNode, Node};
use crate::value::Value;
use crate::{Error, Result};

/// Where the values come from that were to be inserted.
#[derive(Clone, Copy)]
enum Excluded<'a> {
    /// `"excluded"."column"`
    Table,
    /// `VALUES("column")`
    Function,
    /// The row is known: its values are bound.
    Row(&'a [Value]),
}

/// The update of an upsert.
struct InUpsert<'s, 'd> {
    inner: InStatement<'s, 'd>,
    excluded: Excluded<'s>,
}

impl<'d> Sink<'d> for InUpsert<'_, 'd> {
    fn push(&mut self, sql: &str) {
        self.inner.push(sql);
    }

    fn identifier(&mut self, name: &str) {
        self.inner.identifier(name);
    }

    fn value(&mut self, value: &Value, bind_type: BindType) {
        self.inner.value(value, bind_type);
    }

    fn column(&mut self, column: &ColumnNode) -> Result<()> {
        let field = match column.field {
            Some(field) if column.table == EXCLUDED => field,
            _ => return self.inner.column(column),
        };
        match self.excluded {
            Excluded::Table => {
                self.identifier(EXCLUDED);
                self.push(".");
                self.identifier(field.column);
            }
            Excluded::Function => {
                self.push("VALUES(");
                self.identifier(field.column);
                self.push(")");
            }
            Excluded::Row(row) => {
                let value = row.get(field.position()).unwrap_or(&Value::Null);
                self.value(value, field.bind_type());
            }
        }
        Ok(())
    }

    fn select(&mut self, select: &Select) -> Result<()> {
        self.inner.select(select)
    }

    fn exists(&mut self, select: &Select) -> Result<()> {
        self.inner.exists(select)
    }

    fn list(&mut self, list: &ValueList<'_>) -> Result<()> {
        self.inner.list(list)
    }

    fn like_escape(&self) -> &'static str {
        self.inner.like_escape()
    }

    fn substitute(&self, node: &Node) -> Option<ColumnNode> {
        self.inner.substitute(node)
    }

    fn vary(&mut self) {
        self.inner.vary();
    }

    fn may_miss(&self, column: &ColumnNode) -> bool {
        self.inner.may_miss(column)
    }

    fn dialect(&self) -> &'d dyn Dialect {
        self.inner.dialect()
    }
}

/// Writes what stands behind the rows of an INSERT.
pub(crate) fn write_conflict(
    builder: &mut StatementBuilder<'_>,
    model: &'static ModelInfo,
    conflict: &Conflict,
) -> Result<()> {
    let form = builder.dialect().capabilities().upsert;
    match form {
        UpsertForm::OnConflict => {
            builder.push(" ON CONFLICT (");
            for (position, field) in conflict.target.fields.iter().enumerate() {
                builder
                    .push(if position > 0 { ", " } else { "" })
                    .identifier(field.column);
            }
            builder.push(")");
        }
        UpsertForm::OnDuplicateKey => {
            builder.push(" ON DUPLICATE KEY UPDATE ");
            write_guard(builder, model, &conflict.target.fields);
        }
        UpsertForm::LookUp => {
            return Err(Error::unsupported(format!(
                "{} has no statement for an upsert: rows are looked up first",
                builder.dialect().name()
            )));
        }
    }
    let Action::Update(assignments) = &conflict.action else {
        if form == UpsertForm::OnConflict {
            builder.push(" DO NOTHING");
        }
        return Ok(());
    };
    builder.push(match form {
        UpsertForm::OnConflict => " DO UPDATE SET ",
        _ => ", ",
    });
    let excluded = match form {
        UpsertForm::OnConflict => Excluded::Table,
        _ => Excluded::Function,
    };
    write_update(builder, model, assignments, excluded)
}

/// Leaves a column of the target as it is, unless the row that is there agrees with the new one in another constraint
/// alone: then the statement fails, since a subquery for one value gives two.
fn write_guard(
    builder: &mut StatementBuilder<'_>,
    model: &'static ModelInfo,
    target: &[&'static FieldInfo],
) {
    let Some(first) = target.first() else {
        return;
    };
    builder.identifier(first.column).push(" = IF(IF(");
    for (position, field) in target.iter().enumerate() {
        builder
            .push(if position > 0 { " AND " } else { "" })
            .identifier(model.table_name())
            .push(".")
            .identifier(field.column)
            .push(" = VALUES(")
            .identifier(field.column)
            .push(")");
    }
    builder.push(", 1, (SELECT 1 UNION SELECT 2)) = 1, ");
    for end in [", ", ")"] {
        builder
            .identifier(model.table_name())
            .push(".")
            .identifier(first.column)
            .push(end);
    }
}

fn write_update(
    builder: &mut StatementBuilder<'_>,
    model: &'static ModelInfo,
    assignments: &[(&'static FieldInfo, Node)],
    excluded: Excluded<'_>,
) -> Result<()> {
    let source = Select::of(model).source;
    let scope = Scope::of(&source);
    let mut sink = InUpsert {
        inner: InStatement {
            builder,
            scope: &scope,
        },
        excluded,
    };
    write_assignments(&mut sink, assignments)
}

/// The update of the row that is there, when it is looked up first.
pub(crate) fn update_of_row(
    dialect: &dyn Dialect,
    model: &'static ModelInfo,
    conflict: &Conflict,
    assignments: &[(&'static FieldInfo, Node)],
    row: &[Value],
) -> Result<Statement> {
    let mut builder = StatementBuilder::new(dialect);
    builder
        .push("UPDATE ")
        .identifier(model.table_name())
        .push(" SET ");
    write_update(&mut builder, model, assignments, Excluded::Row(row))?;
    let target = &conflict.target.fields;
    for (position, (field, value)) in target.iter().zip(values_of(row, target)).enumerate() {
        builder
            .push(if position == 0 { " WHERE " } else { " AND " })
            .identifier(field.column)
            .push(" = ")
            .bind(value, field.bind_type());
    }
    Ok(builder.finish())
}
