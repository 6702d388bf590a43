//! Rows that are going to be changed, found and locked first, where one statement can't do it all.

use std::collections::HashSet;

use super::delete_rows;
use super::select::{Item, Lock, Select};
use super::stored::{Arrivals, items_of, read_fields, values_of};
use crate::Result;
use crate::backend::{Connection, ForeignKeyCheck};
use crate::model::{FieldInfo, ModelInfo};
use crate::schema::ReferentialAction;
use crate::session::{Identity, deepest_first, self_references};
use crate::value::Value;

/// Whether rows of the model can't go before others of them that reference them, on an engine that checks so.
pub(super) fn goes_in_order(model: &'static ModelInfo, check: ForeignKeyCheck) -> bool {
    use ReferentialAction::{NoAction, Restrict};

    let waits = |action: ReferentialAction| match check {
        ForeignKeyCheck::ByStatement => false,
        ForeignKeyCheck::RestrictByRow => action == Restrict,
        ForeignKeyCheck::ByRow => matches!(action, NoAction | Restrict),
    };
    let single = model.fields.iter().any(|field| {
        (field.references.as_ref()).is_some_and(|reference| {
            waits(reference.on_delete) && std::ptr::eq((reference.field)().model, model)
        })
    });
    single
        || model.foreign_keys.iter().any(|key| {
            let targets = (key.references)();
            waits(key.on_delete) && (targets.iter()).all(|target| std::ptr::eq(target.model, model))
        })
}

/// The fields that tell which row it is, and which others of its table it belongs to.
fn identifying(model: &'static ModelInfo) -> Vec<&'static FieldInfo> {
    let mut positions: Vec<usize> = model.key.to_vec();
    for (fields, targets) in self_references(model) {
        positions.extend(fields);
        positions.extend(targets);
    }
    let mut met = HashSet::new();
    positions.retain(|position| met.insert(*position));
    (positions.iter())
        .filter_map(|position| model.fields.get(*position))
        .collect()
}

/// Finds the rows that a query keeps and locks them. Of each it gives a value for each field, NULL for those that don't
/// tell which row it is; `arrivals` reads each once, in the same order.
pub(super) fn find(
    connection: &mut dyn Connection,
    model: &'static ModelInfo,
    select: &Select,
    arrivals: &mut Arrivals<'_>,
) -> Result<Vec<Vec<Value>>> {
    let fields = identifying(model);
    let key: Vec<&'static FieldInfo> = model.key_fields().collect();
    let behind = arrivals.items.len();
    let mut finding = select.clone();
    let items: Vec<Item> = arrivals
        .items
        .iter()
        .cloned()
        .chain(items_of(&fields))
        .collect();
    finding.project(items);
    finding.lock = Some(Lock::Update);
    let statement = finding.to_statement(connection.dialect())?;
    let mut met = HashSet::new();
    let mut rows = Vec::new();
    connection.query(&statement, &mut |row| {
        let mut values = vec![Value::Null; model.fields.len()];
        for (field, value) in fields.iter().zip(read_fields(row, behind, &fields)?) {
            if let Some(slot) = values.get_mut(field.position()) {
                *slot = value;
            }
        }
        // A join may meet a row several times.
        if met.insert(Identity::new(&values_of(&values, &key))) {
            arrivals.take(row)?;
            rows.push(values);
        }
        Ok(())
    })?;
    Ok(rows)
}

/// Deletes rows that were found, those that reference others of them first.
pub(super) fn delete(
    connection: &mut dyn Connection,
    model: &'static ModelInfo,
    rows: &[Vec<Value>],
) -> Result<()> {
    let key: Vec<&'static FieldInfo> = model.key_fields().collect();
    let groups = if self_references(model).is_empty() {
        vec![(0..rows.len()).collect()]
    } else {
        deepest_first(model, rows)
    };
    for group in groups {
        let keys: Vec<Vec<Value>> = (group.iter())
            .map(|number| values_of(&rows[*number], &key))
            .collect();
        delete_rows(connection, model, &key, keys)?;
    }
    Ok(())
}
