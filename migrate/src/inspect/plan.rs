//! What the models of a database are: which tables become one, with which fields and names.

use std::collections::{HashMap, HashSet};

use birgus_core::schema::{Check, Column, ColumnType, ExpressionOf, Inspected, Table, validate};

use super::names::{self, Taken};
use super::relations::{self, Relation};
use super::{InspectOptions, check, value};

/// The most columns of a key.
const KEY_LIMIT: usize = 4;

/// All that is written.
pub(super) struct Plan<'a> {
    pub(super) models: Vec<Model<'a>>,
    /// Tables that become no model, and why.
    pub(super) without_model: Vec<(String, String)>,
}

/// A model to be.
pub(super) struct Model<'a> {
    pub(super) table: &'a Table,
    pub(super) name: String,
    /// Whether the table can be nobody's but its own engine's.
    pub(super) existing: bool,
    pub(super) fields: Vec<Field<'a>>,
    pub(super) enums: Vec<Enum>,
    pub(super) relations: Vec<Relation>,
    /// The foreign keys that the model can say, by their positions.
    pub(super) foreign_keys: Vec<usize>,
    /// What can't be said of the table.
    pub(super) remarks: Vec<String>,
    pub(super) checks: Vec<Condition<'a>>,
}

/// A check to be.
pub(super) struct Condition<'a> {
    pub(super) check: &'a Check,
    /// The engine's text, as far as it is told.
    pub(super) sql: Option<&'a str>,
    /// What must hold, when that is simple.
    pub(super) expression: Option<String>,
}

/// A field to be.
pub(super) struct Field<'a> {
    pub(super) column: &'a Column,
    /// Without `r#`.
    pub(super) name: String,
    /// Without `Option`.
    pub(super) rust_type: String,
    /// The value of its default, when that is a constant.
    pub(super) default: Option<String>,
    /// The engine's text of a default or computed column that can't be said.
    pub(super) told: Option<&'a str>,
}

/// The enum of a column.
pub(super) struct Enum {
    pub(super) name: String,
    pub(super) column: String,
    /// Whether it is the whole key.
    pub(super) key: bool,
    /// The variants and their texts.
    pub(super) variants: Vec<(String, String)>,
}

impl Model<'_> {
    pub(super) fn field(&self, column: &str) -> Option<&Field<'_>> {
        self.fields.iter().find(|field| field.column.name == column)
    }

    /// The names of the fields of columns.
    pub(super) fn names(&self, columns: &[String]) -> Vec<String> {
        columns
            .iter()
            .filter_map(|column| self.field(column))
            .map(|field| names::written(&field.name))
            .collect()
    }
}

pub(super) fn plan<'a>(found: &'a Inspected, options: &InspectOptions) -> Plan<'a> {
    let wanted = |name: &String| options.tables.is_empty() || options.tables.contains(name);
    let mut without_model = Vec::new();
    let mut models = Vec::new();
    let mut types = Taken::default();
    for table in found.tables.iter().filter(|table| wanted(&table.name)) {
        match problem(table) {
            Some(problem) => without_model.push((table.name.clone(), problem)),
            None => models.push(model(table, found, &mut types)),
        }
    }
    say_foreign_keys(&mut models);
    let portable = portable(&models);
    for model in &mut models {
        model.existing |= !portable.contains(&model.table.name);
    }
    if options.relationships {
        relations::add(&mut models);
    }
    Plan {
        models,
        without_model,
    }
}

/// Why a table can be no model.
fn problem(table: &Table) -> Option<String> {
    let key = &table.primary_key;
    if key.is_empty() {
        return Some("it has no primary key, and a model needs one".to_owned());
    }
    if key.len() > KEY_LIMIT {
        return Some(format!(
            "its primary key has {} columns, and that of a model at most {KEY_LIMIT}",
            key.len()
        ));
    }
    for column in &table.columns {
        let ColumnType::Enum { values } = &column.column_type else {
            continue;
        };
        if values.is_empty() || values.iter().any(String::is_empty) {
            return Some(format!(
                "the enum of `{}` has a text without letters",
                column.name
            ));
        }
    }
    key.iter().find_map(|name| {
        let column = table.column(name)?;
        let no_key = matches!(
            column.column_type,
            ColumnType::Double | ColumnType::Binary | ColumnType::Json
        );
        no_key.then(|| {
            format!(
                "its key `{name}` is {}, which no key can be",
                column.column_type
            )
        })
    })
}

fn model<'a>(table: &'a Table, found: &'a Inspected, types: &mut Taken) -> Model<'a> {
    let name = names::type_name(types, &table.name);
    let mut fields = Vec::new();
    let mut enums = Vec::new();
    let mut taken = Taken::default();
    let mut existing = false;
    for column in &table.columns {
        let field = names::field_name(&mut taken, &column.name);
        let rust_type = match &column.column_type {
            ColumnType::Enum { values } => {
                let one = Enum {
                    name: names::type_name(types, &format!("{name}_{field}")),
                    column: column.name.clone(),
                    key: table.primary_key == [column.name.clone()],
                    variants: variants(values),
                };
                let name = one.name.clone();
                enums.push(one);
                name
            }
            other => rust_type(other).to_owned(),
        };
        let of = match (&column.default, &column.computed) {
            (Some(_), _) => Some(ExpressionOf::Default(column.name.clone())),
            (_, Some(_)) => Some(ExpressionOf::Computed(column.name.clone())),
            _ => None,
        };
        let sql = of.as_ref().and_then(|of| found.expression(&table.name, of));
        let may_say = column.default.is_some()
            && !column.nullable
            && !table.primary_key.contains(&column.name);
        let default = sql.filter(|_| may_say).and_then(|sql| {
            value::constant(sql, &column.column_type, |text| {
                let one = enums.last()?;
                let (variant, _) = one.variants.iter().find(|(_, stored)| stored == text)?;
                Some(format!("{}::{variant}", one.name))
            })
        });
        let untold = of.is_some() && default.is_none();
        let small_identity = column.identity && column.column_type != ColumnType::BigInt;
        existing |= untold || small_identity;
        fields.push(Field {
            column,
            name: field,
            rust_type,
            told: sql.filter(|_| untold),
            default,
        });
    }
    let checks: Vec<_> = (table.checks.iter())
        .map(|check| {
            let of = ExpressionOf::Check(check.name.clone());
            let sql = found.expression(&table.name, &of);
            let field = |column: &str| {
                let field = fields.iter().find(|field| field.column.name == column)?;
                Some(names::written(&field.name))
            };
            Condition {
                check,
                sql,
                expression: sql.and_then(|sql| check::condition(sql, table, field)),
            }
        })
        .collect();
    let untold = |check: &Condition<'_>| check.expression.is_none();
    let remarks: Vec<String> = (found.left_out.iter())
        .filter(|left| left.table == table.name)
        .map(|left| match left.required {
            true => format!(
                "{}. New rows must have it, so this model adds none",
                left.error
            ),
            false => left.error.to_string(),
        })
        .collect();
    Model {
        table,
        name,
        existing: existing || checks.iter().any(untold) || !remarks.is_empty(),
        fields,
        enums,
        relations: Vec::new(),
        foreign_keys: Vec::new(),
        remarks,
        checks,
    }
}

fn variants(values: &[String]) -> Vec<(String, String)> {
    let mut taken = Taken::default();
    (values.iter())
        .map(|text| (names::variant_name(&mut taken, text), text.clone()))
        .collect()
}

fn rust_type(column_type: &ColumnType) -> &'static str {
    match column_type {
        ColumnType::Boolean => "bool",
        ColumnType::SmallInt => "i16",
        ColumnType::Integer => "i32",
        ColumnType::BigInt => "i64",
        ColumnType::Double => "f64",
        ColumnType::Binary => "Vec<u8>",
        ColumnType::Decimal { .. } => "Decimal",
        ColumnType::Date => "NaiveDate",
        ColumnType::Time => "NaiveTime",
        ColumnType::DateTime => "NaiveDateTime",
        ColumnType::Timestamp => "DateTime<Utc>",
        ColumnType::Uuid => "Uuid",
        ColumnType::Json => "Json<serde_json::Value>",
        _ => "String",
    }
}

/// Finds the foreign keys that models can say: between models, of columns of one type.
fn say_foreign_keys(models: &mut [Model<'_>]) {
    let mut said = Vec::with_capacity(models.len());
    for model in models.iter() {
        let keys = model.table.foreign_keys.iter().enumerate();
        let (said_keys, problems): (Vec<_>, Vec<_>) = keys
            .map(
                |(position, key)| match foreign_key_problem(model, position, models) {
                    None => Ok(position),
                    Some(problem) => Err(format!(
                        "the foreign key `{}` over {} is not said: {problem}",
                        key.name,
                        key.columns.join(", ")
                    )),
                },
            )
            .partition(Result::is_ok);
        let said_keys: Vec<usize> = said_keys.into_iter().flatten().collect();
        let problems: Vec<String> = problems.into_iter().filter_map(Result::err).collect();
        said.push((said_keys, problems));
    }
    for (model, (keys, problems)) in models.iter_mut().zip(said) {
        model.foreign_keys = keys;
        model.existing |= !problems.is_empty();
        model.remarks.extend(problems);
    }
}

fn foreign_key_problem(model: &Model<'_>, key: usize, models: &[Model<'_>]) -> Option<String> {
    let key = model.table.foreign_keys.get(key)?;
    let Some(parent) = (models.iter()).find(|other| other.table.name == key.references_table)
    else {
        return Some(format!("there is no model of `{}`", key.references_table));
    };
    for (own, other) in key.columns.iter().zip(&key.references_columns) {
        let (Some(own), Some(other)) = (model.field(own), parent.field(other)) else {
            return Some(format!(
                "`{}` has no column `{other}`",
                key.references_table
            ));
        };
        if other.column.nullable {
            return Some(format!(
                "it references `{}`, which may be NULL, and a model's does not",
                other.column.name
            ));
        }
        if own.rust_type != other.rust_type {
            return Some(format!(
                "`{}` is {} and `{}` {}",
                own.column.name, own.rust_type, other.column.name, other.rust_type
            ));
        }
    }
    None
}

/// The tables that every engine can have, together.
fn portable(models: &[Model<'_>]) -> HashSet<String> {
    let mut tables: Vec<Table> = Vec::new();
    // A table that is only its engine's own can be nobody's parent elsewhere.
    let mut left: Vec<&Model<'_>> = models.iter().filter(|model| !model.existing).collect();
    let known: HashMap<&str, bool> = (models.iter())
        .map(|model| (model.table.name.as_str(), model.existing))
        .collect();
    loop {
        let before = tables.len();
        left.retain(|model| {
            let table = model.table;
            let waits = table.foreign_keys.iter().any(|key| {
                key.references_table != table.name
                    && !tables
                        .iter()
                        .any(|other| other.name == key.references_table)
            });
            if waits {
                return true;
            }
            tables.push(table.clone());
            if validate(&tables).is_err() {
                tables.pop();
            }
            false
        });
        if tables.len() == before {
            break;
        }
    }
    // What is left waits for one another, or for a parent that is not portable.
    let circle: Vec<Table> = (left.iter())
        .filter(|model| {
            let mut keys = model.table.foreign_keys.iter();
            keys.all(|key| known.get(key.references_table.as_str()) == Some(&false))
        })
        .map(|model| model.table.clone())
        .collect();
    let complete = |set: &[Table]| {
        set.iter().flat_map(|table| &table.foreign_keys).all(|key| {
            let mut all = set.iter().chain(&tables);
            all.any(|other| other.name == key.references_table)
        })
    };
    if complete(&circle) {
        let mut all = tables.clone();
        all.extend(circle);
        if validate(&all).is_ok() {
            tables = all;
        }
    }
    tables.into_iter().map(|table| table.name).collect()
}
