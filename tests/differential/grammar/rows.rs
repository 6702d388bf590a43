//! The rows that are there at first.

use super::Grammar;
use crate::differential::models::Table;
use crate::differential::value::Val;

impl Grammar<'_> {
    /// Rows that break no constraint.
    pub(super) fn first_rows(&mut self, table: Table) -> Vec<Vec<Val>> {
        let mut rows: Vec<Vec<Val>> = Vec::new();
        let unique = table.unique();
        for _ in 0..12 {
            let row =
                self.spanned(|grammar| grammar.draw.chance(85).then(|| grammar.row(table, &rows)));
            let Some(row) = row else { break };
            let taken = unique.iter().any(|columns| {
                rows.iter().any(|other| {
                    columns
                        .iter()
                        .all(|column| !row[*column].is_null() && row[*column] == other[*column])
                })
            });
            if !taken && table.meets_check(&row) && self.has_parents(table, &row, &rows) {
                rows.push(row);
            }
        }
        let key = table.info().key[0];
        let keys = rows.iter().map(|row| row[key].clone()).collect();
        self.keys.insert(table, keys);
        rows
    }

    fn has_parents(&self, table: Table, row: &[Val], rows: &[Vec<Val>]) -> bool {
        (0..row.len()).all(|field| match table.reference(field) {
            Some(parent) if parent == table => {
                let key = table.info().key[0];
                row[field].is_null()
                    || row[field] == row[key]
                    || rows.iter().any(|other| other[key] == row[field])
            }
            Some(parent) => row[field].is_null() || self.keys[&parent].contains(&row[field]),
            None => true,
        })
    }

    /// A row; what references another one mostly references one that is there.
    pub(super) fn row(&mut self, table: Table, siblings: &[Vec<Val>]) -> Vec<Val> {
        let mut row = Vec::new();
        for (field, info) in table.fields().iter().enumerate() {
            let parents: Vec<Val> = match table.reference(field) {
                Some(parent) if parent == table => {
                    let key = table.info().key[0];
                    siblings.iter().map(|row| row[key].clone()).collect()
                }
                Some(parent) => self.keys.get(&parent).cloned().unwrap_or_default(),
                None => Vec::new(),
            };
            let free = parents.is_empty() || (info.nullable && self.draw.chance(20));
            row.push(if free {
                self.stored(info)
            } else {
                self.draw.pick(&parents).clone()
            });
        }
        row
    }
}
