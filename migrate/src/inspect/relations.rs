//! Relationships of models, from the foreign keys between their tables.

use birgus_core::schema::Table;

use super::names::{self, Taken};
use super::plan::Model;

/// A relationship to be.
pub(super) struct Relation {
    /// The field, without `r#`.
    pub(super) field: String,
    /// The model on the other side.
    pub(super) target: String,
    pub(super) kind: Kind,
}

pub(super) enum Kind {
    /// By these fields; whether there may be none.
    BelongsTo { fields: Vec<String>, optional: bool },
    /// The other side of one, by that one's field. `by` names the other model's fields where there are several foreign keys, `key`
    /// the own fields that they reference where those are no primary key.
    Has {
        one: bool,
        backref: String,
        by: Vec<String>,
        key: Vec<String>,
    },
}

/// What a column that references another table often ends in.
const ENDINGS: [&str; 6] = ["_id", "_uuid", "_code", "_key", "_no", "_fk"];

/// Gives the models the fields of their relationships, as far as there are names for them.
pub(super) fn add(models: &mut [Model<'_>]) {
    let mut taken: Vec<Taken> = models.iter().map(names_of).collect();
    for child in 0..models.len() {
        let keys = models[child].foreign_keys.clone();
        for (place, position) in keys.iter().enumerate() {
            let columns = &models[child].table.foreign_keys[*position].columns;
            // Of two foreign keys over the same columns a relationship can't tell which it goes by.
            let again = keys.iter().enumerate().any(|(other, key)| {
                other != place && models[child].table.foreign_keys[*key].columns == *columns
            });
            if !again {
                add_pair(models, &mut taken, child, *position);
            }
        }
    }
}

fn names_of(model: &Model<'_>) -> Taken {
    let mut taken = Taken::default();
    for field in &model.fields {
        taken.take(field.name.clone());
    }
    taken
}

/// Adds both sides of a foreign key.
fn add_pair(models: &mut [Model<'_>], taken: &mut [Taken], child: usize, position: usize) {
    let key = &models[child].table.foreign_keys[position];
    let Some(parent) = (models.iter()).position(|model| model.table.name == key.references_table)
    else {
        return;
    };
    let itself = child == parent;
    let fields = models[child].names(&key.columns);
    let raw: Vec<&str> = (key.columns.iter())
        .filter_map(|column| models[child].field(column))
        .map(|field| field.name.as_str())
        .collect();
    let parent_name = names::snake(&models[parent].name);
    let optional = (key.columns.iter())
        .filter_map(|column| models[child].table.column(column))
        .any(|column| column.nullable);
    let several = (models[child].foreign_keys.iter())
        .filter(|other| {
            let other = &models[child].table.foreign_keys[**other];
            other.references_table == key.references_table
        })
        .count()
        > 1;
    let names = names_of_parent(&raw, &parent_name, several || itself);
    let Some(field) = taken[child].take_one(names) else {
        return;
    };
    let one = is_unique(models[child].table, &key.columns);
    let child_name = names::snake(&models[child].name);
    let back = back_names(&child_name, &field, one, several || itself);
    let references = key.references_columns.clone();
    let key_fields = match references == models[parent].table.primary_key {
        true => Vec::new(),
        false => models[parent].names(&references),
    };
    let back = taken[parent].take_one(back).map(|back| Relation {
        field: back,
        target: models[child].name.clone(),
        kind: Kind::Has {
            one,
            backref: field.clone(),
            by: if several { fields.clone() } else { Vec::new() },
            key: key_fields,
        },
    });
    let relation = Relation {
        field,
        target: models[parent].name.clone(),
        kind: Kind::BelongsTo { fields, optional },
    };
    models[child].relations.push(relation);
    models[parent].relations.extend(back);
}

/// What the row that a foreign key references may be called, the best name first: `artist` of `artist_id`.
fn names_of_parent(fields: &[&str], parent: &str, several: bool) -> Vec<String> {
    let mut found = Vec::new();
    if let [field] = fields {
        let stem = ENDINGS.iter().find_map(|ending| field.strip_suffix(ending));
        found.extend(stem.filter(|stem| !stem.is_empty()).map(str::to_owned));
    }
    if !several {
        found.push(parent.to_owned());
    }
    let fields = fields.join("_and_");
    found.push(match fields.ends_with(parent) {
        true => format!("{fields}_row"),
        false => format!("{fields}_{parent}"),
    });
    found.into_iter().map(names::usable).collect()
}

/// What the rows that reference one may be called: `albums`, or `films_by_original_language` where there are several.
fn back_names(child: &str, field: &str, one: bool, several: bool) -> Vec<String> {
    let plain = match one {
        true => child.to_owned(),
        false => names::plural(child),
    };
    let told_apart = format!("{plain}_by_{field}");
    let found = match several {
        true => vec![told_apart],
        false => vec![plain, told_apart],
    };
    found.into_iter().map(names::usable).collect()
}

fn is_unique(table: &Table, columns: &[String]) -> bool {
    table.primary_key == columns
        || (table.indexes.iter()).any(|index| index.unique && index.columns == columns)
}
