//! Unique values that move from one row to another: who gives one up does so before the other gets it.

use std::collections::{HashMap, HashSet};

use super::inserts::values_at;
use super::{Plan, RowChange};
use crate::Result;
use crate::model::ModelInfo;
use crate::session::entry::State;
use crate::session::{Identity, Place, Session};
use crate::value::Value;

/// A row that gives up unique values: what it has, and what it is going to have where that is known.
struct Giver {
    place: Place,
    /// Nothing for a row that is deleted.
    fields: Option<Vec<usize>>,
    before: Vec<Value>,
    after: Option<Vec<Value>>,
}

/// Values of some fields of a model that no two rows may agree in: the model's number, that of the fields, the values.
type Unique = (u32, usize, Identity);

impl Session {
    /// Frees unique values that rows of the plan have and others are going to get: sets them to NULL for a moment, or
    /// deletes the row at once when nothing can reference it. Gives the rows that were deleted.
    pub(super) fn vacate(&mut self, plan: &mut Plan) -> Result<Vec<Place>> {
        let givers = self.givers(plan)?;
        if givers.is_empty() {
            return Ok(Vec::new());
        }
        let taken = self.taken(plan, &givers)?;
        let mut changes = Vec::new();
        let mut early = Vec::new();
        for giver in givers {
            let model = self.store(giver.place).model();
            for (number, set) in unique_sets(model).iter().enumerate() {
                let Some(before) = values_at(&giver.before, set) else {
                    continue;
                };
                let after = (giver.after.as_ref()).and_then(|after| values_at(after, set));
                let key = (giver.place.store, number, Identity::new(&before));
                let by_others =
                    (taken.get(&key)).is_some_and(|by| by.iter().any(|by| *by != giver.place));
                if after.as_ref() == Some(&before) || !by_others {
                    continue;
                }
                if let Some(field) = self.field_to_null(model, set, giver.fields.as_deref())? {
                    changes.push(RowChange {
                        place: giver.place,
                        key: self.store(giver.place).stored_key(giver.place.slot)?,
                        version: None,
                        fields: vec![(field, Value::Null)],
                    });
                } else if giver.fields.is_none() && self.children_of(model)?.is_empty() {
                    early.push(giver.place);
                    break;
                }
            }
        }
        changes.retain(|change| !early.contains(&change.place));
        changes.sort_by_key(|change| (change.place.store, change.fields[0].0, change.place));
        self.null_references(changes)?;
        early.sort_unstable();
        for group in early.chunk_by(|left, right| left.store == right.store) {
            self.delete_together(group)?;
        }
        for place in &early {
            self.set_state(*place, State::Deleted);
        }
        plan.deletes.retain(|place| !early.contains(place));
        Ok(early)
    }

    /// The rows that lose unique values.
    fn givers(&self, plan: &Plan) -> Result<Vec<Giver>> {
        let mut givers = Vec::new();
        if plan.inserts.len() + plan.replaced.len() + plan.updates.len() + plan.late.len() == 0 {
            return Ok(givers);
        }
        for place in &plan.deletes {
            if has_unique(self.store(*place).model()) {
                givers.push(Giver {
                    place: *place,
                    fields: None,
                    before: self.store(*place).stored(place.slot)?.to_vec(),
                    after: None,
                });
            }
        }
        for update in &plan.updates {
            let model = self.store(update.place).model();
            let positions = update.positions();
            if gives_unique(model, &positions) {
                let before = self.store(update.place).stored(update.place.slot)?.to_vec();
                let mut after = before.clone();
                for (field, value) in &update.fields {
                    after[*field] = value.clone();
                }
                givers.push(Giver {
                    place: update.place,
                    fields: Some(positions),
                    before,
                    after: Some(after),
                });
            }
        }
        for place in &plan.late {
            let model = self.store(*place).model();
            let late = self.late.get(place).into_iter().flatten();
            let late: Vec<usize> = late.map(|late| late.field).collect();
            let changed = self.changed_fields(*place)?;
            let mut positions: Vec<usize> = changed.iter().map(|(field, _)| *field).collect();
            positions.extend(&late);
            if gives_unique(model, &positions) {
                let mut after = self.store(*place).values(place.slot)?.to_vec();
                for field in &late {
                    // It is that of a row which is not stored yet: nobody has it.
                    after[*field] = Value::Null;
                }
                givers.push(Giver {
                    place: *place,
                    fields: Some(positions),
                    before: self.store(*place).stored(place.slot)?.to_vec(),
                    after: Some(after),
                });
            }
        }
        Ok(givers)
    }

    /// The unique values that rows of the givers' models get, and which rows.
    fn taken(&self, plan: &Plan, givers: &[Giver]) -> Result<HashMap<Unique, Vec<Place>>> {
        let stores: HashSet<u32> = givers.iter().map(|giver| giver.place.store).collect();
        let mut taken: HashMap<Unique, Vec<Place>> = HashMap::new();
        let mut take = |place: Place, model: &'static ModelInfo, row: &[Value]| {
            for (number, set) in unique_sets(model).iter().enumerate() {
                if let Some(values) = values_at(row, set) {
                    let key = (place.store, number, Identity::new(&values));
                    taken.entry(key).or_default().push(place);
                }
            }
        };
        let inserts = plan.inserts.iter().copied();
        let inserts = inserts.chain(plan.replaced.iter().map(|(new, _)| *new));
        for place in inserts.filter(|place| stores.contains(&place.store)) {
            take(place, self.store(place).model(), &self.row(place)?);
        }
        for giver in givers {
            if let Some(after) = &giver.after {
                take(giver.place, self.store(giver.place).model(), after);
            }
        }
        Ok(taken)
    }

    /// The field that can be NULL for a moment: one that is set afterwards, and that no row references.
    fn field_to_null(
        &mut self,
        model: &'static ModelInfo,
        set: &[usize],
        changed: Option<&[usize]>,
    ) -> Result<Option<usize>> {
        let referenced: Vec<usize> = (self.children_of(model)?.into_iter())
            .flat_map(|(_, reference)| reference.target_fields)
            .collect();
        let fits = |field: &&usize| {
            model.fields[**field].nullable
                && !referenced.contains(field)
                && changed.is_none_or(|changed| changed.contains(field))
        };
        Ok(set.iter().find(fits).copied())
    }
}

/// The fields of a model that no two rows may agree in, but for its key.
fn unique_sets(model: &'static ModelInfo) -> Vec<Vec<usize>> {
    let single = (model.fields.iter().enumerate())
        .filter(|(_, field)| field.unique)
        .map(|(position, _)| vec![position]);
    let several = (model.indexes.iter())
        .filter(|index| index.unique)
        .map(|index| index.fields.to_vec());
    single.chain(several).collect()
}

fn has_unique(model: &'static ModelInfo) -> bool {
    model.fields.iter().any(|field| field.unique) || model.indexes.iter().any(|index| index.unique)
}

/// Whether a change of these fields may give up a unique value.
fn gives_unique(model: &'static ModelInfo, changed: &[usize]) -> bool {
    changed.iter().any(|field| model.fields[*field].unique)
        || (model.indexes.iter())
            .any(|index| index.unique && index.fields.iter().any(|field| changed.contains(field)))
}
