//! INSERT, UPDATE and DELETE.

use super::{Grammar, Sight, type_of};
use crate::differential::expression::{Comparison, Condition, Ex};
use crate::differential::models::Table;
use crate::differential::program::{Assigned, Operation};
use crate::differential::value::Val;

impl Grammar<'_> {
    /// Rows of which some break a constraint.
    pub(super) fn insert(&mut self) -> Operation {
        let table = self.table();
        let mut siblings = Vec::new();
        let mut rows = self.several(1, 6, 30, |grammar| {
            let row = grammar.row(table, &siblings);
            siblings.push(row.clone());
            row
        });
        // Mostly the checks hold, or hardly a row would pass.
        if !self.draw.chance(10) {
            rows.retain(|row| table.meets_check(row));
        }
        if self.draw.chance(3) {
            self.too_long(table, &mut rows);
        }
        Operation::Insert(table, rows)
    }

    /// A text that is longer than its column.
    fn too_long(&mut self, table: Table, rows: &mut [Vec<Val>]) {
        let limited = table
            .fields()
            .iter()
            .position(|field| field.length.is_some());
        if let (Some(field), Some(row)) = (limited, rows.last_mut()) {
            row[field] = Val::Text("é".repeat(30));
        }
    }

    pub(super) fn delete(&mut self) -> Operation {
        let table = self.table();
        let filter = self.changed(table);
        Operation::Delete(table, filter)
    }

    /// The rows that are changed.
    fn changed(&mut self, table: Table) -> Vec<Condition> {
        let sight = Sight {
            levels: vec![self.columns(table, 0)],
        };
        let mut filter = vec![self.condition(&sight, 2)];
        if self.draw.chance(30) {
            filter.push(self.condition(&sight, 1));
        }
        filter
    }

    pub(super) fn update(&mut self) -> Operation {
        let table = self.table();
        let fields = table.fields();
        let guarded = |field: usize| {
            table
                .unique()
                .iter()
                .any(|columns| columns.contains(&field))
        };
        let field = self.draw.below(fields.len());
        if guarded(field) {
            return self.update_of_one(table, field);
        }
        let filter = self.changed(table);
        let mut assigned = vec![self.assigned(table, field)];
        let other = self.draw.below(fields.len());
        if other != field && !guarded(other) && table.reference(other).is_none() {
            assigned.push(self.assigned(table, other));
        }
        Operation::Update(table, filter, assigned)
    }

    /// What must be unique changes in one row at a time: of several, engines differ in which they change first.
    fn update_of_one(&mut self, table: Table, field: usize) -> Operation {
        let info = table.info();
        let filter = info.key.iter().map(|key| {
            let of = type_of(&info.fields[*key]);
            let value = if *key == info.key[0] && !self.keys[&table].is_empty() {
                self.draw.pick(&self.keys[&table]).clone()
            } else {
                self.literal(of)
            };
            let column = Ex::Column {
                level: 0,
                source: 0,
                field: *key,
            };
            Condition::Compare(Comparison::Eq, column, Ex::Literal(of.kind, value))
        });
        let filter: Vec<Condition> = filter.collect();
        let own = match filter.first() {
            Some(Condition::Compare(_, _, Ex::Literal(_, value))) => Some(value.clone()),
            _ => None,
        };
        let is_tree = info.key == [field]
            && (0..info.fields.len()).any(|field| table.reference(field) == Some(table));
        let info = &info.fields[field];
        let of = type_of(info);
        let mut value = self.stored(info);
        // SQLite (3.51 to 3.53) takes a key that is set to what it was for a violation when the row references itself and
        // others reference it too.
        if is_tree && own.as_ref() == Some(&value) {
            value = Val::Big(777);
        }
        let assigned = Assigned {
            field,
            value: Ex::Literal(of.kind, value.clone()),
            instead: value,
        };
        Operation::Update(table, filter, vec![assigned])
    }

    fn assigned(&mut self, table: Table, field: usize) -> Assigned {
        let info = &table.fields()[field];
        let of = type_of(info);
        let mut instead = self.stored(info);
        if instead.is_null() && !info.nullable {
            instead = self.literal(of);
        }
        let sight = Sight {
            levels: vec![self.columns(table, 0)],
        };
        let literal =
            table.reference(field).is_some() || info.length.is_some() || !self.draw.chance(50);
        let value = if literal {
            Ex::Literal(of.kind, instead.clone())
        } else {
            match self.value(&sight, of, 2) {
                value if value.has_columns() => value,
                // Of values alone PostgreSQL computes it even when there are no rows, and it may be out of range.
                _ => Ex::Literal(of.kind, instead.clone()),
            }
        };
        Assigned {
            field,
            value,
            instead,
        }
    }
}
