//! UPDATE and DELETE to text.

use std::borrow::Cow;

use super::expression::{write, write_alone};
use super::select::{finish, write_filter, write_numbered};
use super::{InStatement, Scope, Sink};
use crate::backend::{Dialect, Statement, StatementBuilder};
use crate::model::{FieldInfo, ModelInfo};
use crate::query::select::{Body, Derived, Item, Projection, Relation, Select, Source};
use crate::query::{ColumnNode, Node};
use crate::schema::ReferentialAction;
use crate::{Error, Result};

impl Select {
    /// The model whose rows are changed, unless the query is not one for rows as they are stored.
    fn changed(&self, verb: &str) -> Result<&'static ModelInfo> {
        let problem = if self.is_limited() || !self.order.is_empty() {
            "order and limit are not offered by every engine"
        } else if self.is_grouped() || self.distinct || self.projection != Projection::Model {
            "it changes rows as they are stored, not what a query makes of them"
        } else {
            match self.model() {
                Some(model) if self.source.name == model.table_name() => return Ok(model),
                _ => "it changes the rows of a model's table, under its own name",
            }
        };
        Err(Error::invalid_query(format!(
            "{}: {verb} takes filters and joins only; {problem}",
            self.subject()
        )))
    }

    /// The statement that sets columns; `returning` is what it gives back of each row.
    pub(crate) fn to_update(
        &self,
        dialect: &dyn Dialect,
        assignments: &[(&'static FieldInfo, Node)],
        returning: &[Item],
    ) -> Result<Statement> {
        let model = self.changed("update")?;
        let mut builder = StatementBuilder::new(dialect);
        builder
            .push("UPDATE ")
            .identifier(model.table_name())
            .push(" SET ");
        let scope = Scope::of(&self.source);
        let mut sink = InStatement {
            builder: &mut builder,
            scope: &scope,
        };
        write_assignments(&mut sink, assignments)?;
        let keys = assignments
            .iter()
            .any(|(field, _)| field.unique || model.key.contains(&field.position()));
        self.write_changed(&mut builder, model, &|follows| keys && follows.on_update)?;
        write_returning(&mut builder, &self.source, returning)?;
        finish(builder, self.subject())
    }

    /// The statement that deletes rows; `returning` is what it gives back of each.
    pub(crate) fn to_delete(&self, dialect: &dyn Dialect, returning: &[Item]) -> Result<Statement> {
        let model = self.changed("delete")?;
        let mut builder = StatementBuilder::new(dialect);
        builder.push("DELETE FROM ").identifier(model.table_name());
        self.write_changed(&mut builder, model, &|follows| follows.on_delete)?;
        write_returning(&mut builder, &self.source, returning)?;
        finish(builder, self.subject())
    }

    /// WHERE of a statement that changes rows. With joins, and where an engine does not read a table that it changes,
    /// the rows are found by their keys.
    fn write_changed(
        &self,
        builder: &mut StatementBuilder<'_>,
        model: &'static ModelInfo,
        follows: &dyn Fn(Follows) -> bool,
    ) -> Result<()> {
        let reads = builder.dialect().capabilities().reads_changed_table;
        let changing = self.filter.iter().any(|node| {
            node.reads_any(&|read| changes_with(read, model, follows, &mut Vec::new()))
                || node.columns().iter().any(|column| refers_to_itself(column))
        });
        let scope = Scope::of(&self.source);
        if self.joins.is_empty() && (reads || !changing) {
            return write_filter(builder, &self.filter, &scope);
        }
        let mut found = self.clone();
        found.distinct = true;
        found.lock = None;
        let key = model.key_fields();
        found.project(key.map(|field| Item::of(field.node(), false)).collect());
        // In parentheses of its own the query is finished before a row is changed.
        let found = Derived::select(Body::of(found), "found");
        let outside = Source {
            name: Cow::Borrowed(""),
            relation: Relation::Table(model),
        };
        let outside = Scope::of(&outside);
        builder.push(" WHERE (");
        for (position, field) in model.key_fields().enumerate() {
            if position > 0 {
                builder.push(", ");
            }
            let mut sink = InStatement {
                builder: &mut *builder,
                scope: &scope,
            };
            sink.identifier(model.table_name());
            sink.push(".");
            sink.identifier(field.column);
        }
        builder.push(") IN (");
        write_numbered(builder, &found, Some(&outside))?;
        builder.push(")");
        Ok(())
    }
}

/// When the rows of a foreign key follow those that they reference.
#[derive(Clone, Copy)]
struct Follows {
    on_delete: bool,
    on_update: bool,
}

impl Follows {
    fn of(on_delete: ReferentialAction, on_update: ReferentialAction) -> Self {
        let follows = |action| {
            matches!(
                action,
                ReferentialAction::Cascade | ReferentialAction::SetNull
            )
        };
        Self {
            on_delete: follows(on_delete),
            on_update: follows(on_update),
        }
    }
}

/// Whether a statement that changes rows of `changed` may change some of `model` too: those of the table itself, and those
/// that follow by a foreign key. An engine may then see them gone while it still looks for rows.
fn changes_with(
    model: &'static ModelInfo,
    changed: &'static ModelInfo,
    follows: &dyn Fn(Follows) -> bool,
    met: &mut Vec<&'static ModelInfo>,
) -> bool {
    if std::ptr::eq(model, changed) {
        return true;
    }
    if met.iter().any(|known| std::ptr::eq(*known, model)) {
        return false;
    }
    met.push(model);
    let single = model.fields.iter().filter_map(|field| {
        let reference = field.references.as_ref()?;
        let action = Follows::of(reference.on_delete, reference.on_update);
        Some((action, (reference.field)().model))
    });
    let several = model.foreign_keys.iter().filter_map(|key| {
        let target = (key.references)().first()?.model;
        Some((Follows::of(key.on_delete, key.on_update), target))
    });
    let parents: Vec<_> = single.chain(several).collect();
    parents
        .into_iter()
        .any(|(action, parent)| follows(action) && changes_with(parent, changed, follows, met))
}

/// Whether the column references its own table: a cascade of the statement itself may set it while rows are still looked
/// for, and an engine may then see the new value.
fn refers_to_itself(column: &ColumnNode) -> bool {
    let Some(field) = column.field else {
        return false;
    };
    let own = |target: &FieldInfo| std::ptr::eq(target.model, field.model);
    let single = field
        .references
        .as_ref()
        .map(|reference| (reference.field)());
    let composite = field.model.foreign_keys.iter().any(|key| {
        key.fields.contains(&field.position())
            && (key.references)().iter().any(|target| own(target))
    });
    composite || single.is_some_and(own)
}

/// `"a" = …, "b" = …`
pub(super) fn write_assignments(
    sink: &mut dyn Sink<'_>,
    assignments: &[(&'static FieldInfo, Node)],
) -> Result<()> {
    for (position, (field, value)) in assignments.iter().enumerate() {
        if position > 0 {
            sink.push(", ");
        }
        sink.identifier(field.column);
        sink.push(" = ");
        if let Node::Bind(_) = value {
            write(sink, value)?;
        } else {
            write_alone(sink, value)?;
        }
    }
    Ok(())
}

/// ` RETURNING …`, or nothing when there are no items.
pub(crate) fn write_returning(
    builder: &mut StatementBuilder<'_>,
    source: &Source,
    items: &[Item],
) -> Result<()> {
    let scope = Scope::of(source);
    for (position, item) in items.iter().enumerate() {
        builder.push(if position == 0 { " RETURNING " } else { ", " });
        let mut sink = InStatement {
            builder: &mut *builder,
            scope: &scope,
        };
        write_alone(&mut sink, &item.node)?;
    }
    Ok(())
}
