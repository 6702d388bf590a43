//! The order of rows of one table that reference each other.

use std::collections::HashMap;

use super::identity::Identity;
use crate::model::ModelInfo;
use crate::value::Value;

/// The foreign keys of a model into its own table: the fields, and those that they reference.
pub(crate) fn self_references(model: &'static ModelInfo) -> Vec<(Vec<usize>, Vec<usize>)> {
    let mut keys = Vec::new();
    for (position, field) in model.fields.iter().enumerate() {
        if let Some(reference) = &field.references {
            let target = (reference.field)();
            if std::ptr::eq(target.model, model) {
                keys.push((vec![position], vec![target.position()]));
            }
        }
    }
    for key in model.foreign_keys {
        let targets = (key.references)();
        if targets
            .iter()
            .all(|target| std::ptr::eq(target.model, model))
        {
            let targets = targets.iter().map(|target| target.position()).collect();
            keys.push((key.fields.to_vec(), targets));
        }
    }
    keys
}

/// The values of some fields; `None` when one is NULL, which references nothing.
fn identity(row: &[Value], fields: &[usize]) -> Option<Identity> {
    let values: Option<Vec<Value>> = fields
        .iter()
        .map(|field| row.get(*field).filter(|value| !value.is_null()).cloned())
        .collect();
    Some(Identity::new(&values?))
}

/// The rows among these that each one references, by their places.
fn parents(model: &'static ModelInfo, rows: &[Vec<Value>]) -> Vec<Vec<usize>> {
    let mut parents: Vec<Vec<usize>> = vec![Vec::new(); rows.len()];
    for (fields, targets) in self_references(model) {
        let positions: HashMap<Identity, usize> = (rows.iter().enumerate())
            .filter_map(|(number, row)| Some((identity(row, &targets)?, number)))
            .collect();
        for (number, row) in rows.iter().enumerate() {
            if let Some(parent) = identity(row, &fields).and_then(|key| positions.get(&key)) {
                parents[number].push(*parent);
            }
        }
    }
    parents
}

/// An order in which rows of one table come behind those that they reference, or `None` when they stand in one
/// already: an engine that checks each row by itself refuses a child that is sent before its parent. Rows that
/// reference each other in a circle keep their order.
pub(crate) fn parents_first(model: &'static ModelInfo, rows: &[Vec<Value>]) -> Option<Vec<usize>> {
    if rows.len() < 2 {
        return None;
    }
    let parents = parents(model, rows);
    if (parents.iter().enumerate()).all(|(number, of)| of.iter().all(|parent| *parent <= number)) {
        return None;
    }
    let mut order = Vec::with_capacity(rows.len());
    let mut met = vec![false; rows.len()];
    for start in 0..rows.len() {
        // A stack of its own: a chain of parents may be as long as the table.
        let mut stack = vec![(start, 0)];
        while let Some((number, next)) = stack.pop() {
            if next == 0 && std::mem::replace(&mut met[number], true) {
                continue;
            }
            match parents[number].get(next) {
                Some(parent) => stack.extend([(number, next + 1), (*parent, 0)]),
                None => order.push(number),
            }
        }
    }
    Some(order)
}

/// Whether rows among these reference each other in a circle.
pub(crate) fn in_circle(model: &'static ModelInfo, rows: &[Vec<Value>]) -> bool {
    let Some(order) = parents_first(model, rows) else {
        return false;
    };
    let mut places = vec![0; order.len()];
    for (place, number) in order.into_iter().enumerate() {
        places[number] = place;
    }
    let parents = parents(model, rows);
    (parents.iter().enumerate())
        .any(|(number, of)| of.iter().any(|parent| places[*parent] > places[number]))
}

/// The rows by how far they are below those that reference nothing: the deepest come first, and no row references
/// another of its own group, save in a circle.
pub(crate) fn deepest_first(model: &'static ModelInfo, rows: &[Vec<Value>]) -> Vec<Vec<usize>> {
    let parents = parents(model, rows);
    let order = parents_first(model, rows).unwrap_or_else(|| (0..rows.len()).collect());
    let mut depth = vec![0; rows.len()];
    let mut groups: Vec<Vec<usize>> = Vec::new();
    for number in order {
        let above = parents[number].iter().filter(|parent| **parent != number);
        depth[number] = above.map(|parent| depth[*parent] + 1).max().unwrap_or(0);
        if groups.len() <= depth[number] {
            groups.resize(depth[number] + 1, Vec::new());
        }
        groups[depth[number]].push(number);
    }
    groups.reverse();
    groups
}
