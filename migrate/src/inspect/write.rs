//! The source of planned models.

use birgus_core::schema::{
    ColumnType, ForeignKey, Index, ReferentialAction, foreign_key_name, index_name, table_name,
    unique_name,
};

use super::InspectOptions;
use super::attribute::{self, Item};
use super::names;
use super::plan::{Condition, Enum, Field, Model, Plan};
use super::relations::{Kind, Relation};

const HEADER: &str = "\
//! Models of the tables of a database that was there before them.
//!
//! Names of types and fields are a start: rename them as you like, the names of the tables and columns stand beside them.
";

const EXISTING: &str = "\
//! A model that says `existing` is of a table that other engines could not have, or that says more than a model can:
//! `create_all`, `drop_all` and migrations leave it alone. What the database alone knows stands in comments.
";

pub(super) fn source(plan: &Plan<'_>, options: &InspectOptions) -> String {
    let mut out = String::from(HEADER);
    if plan.models.iter().any(|model| model.existing) {
        out.push_str("//!\n");
        out.push_str(EXISTING);
    }
    let mut fields = plan.models.iter().flat_map(|model| &model.fields);
    if fields.any(|field| field.column.column_type == ColumnType::Json) {
        out.push_str("//!\n//! Documents need the crate `serde_json`, or types of your own in place of its `Value`.\n");
    }
    out.push('\n');
    if !plan.models.is_empty() {
        out.push_str("use birgus::prelude::*;\n");
    }
    if !plan.without_model.is_empty() {
        out.push('\n');
    }
    for (table, problem) in &plan.without_model {
        comment(
            &mut out,
            0,
            &format!("The table `{table}` has no model: {problem}."),
        );
    }
    for model in &plan.models {
        out.push('\n');
        write_model(&mut out, model, plan, options);
        for one in &model.enums {
            out.push('\n');
            write_enum(&mut out, model, one);
        }
    }
    out
}

/// A comment of one line, whatever the text.
fn comment(out: &mut String, indent: usize, text: &str) {
    let text: Vec<&str> = text.split_whitespace().collect();
    out.push_str(&format!("{}// {}\n", " ".repeat(indent), text.join(" ")));
}

fn doc(out: &mut String, indent: usize, text: &str) {
    let text: Vec<&str> = text.split_whitespace().collect();
    out.push_str(&format!("{}/// {}\n", " ".repeat(indent), text.join(" ")));
}

fn write_model(out: &mut String, model: &Model<'_>, plan: &Plan<'_>, options: &InspectOptions) {
    let table = model.table;
    doc(out, 0, &format!("A row of the table `{}`.", table.name));
    for remark in &model.remarks {
        comment(out, 0, &format!("Left out: {remark}"));
    }
    for condition in &model.checks {
        if let (Some(sql), None) = (condition.sql, &condition.expression) {
            comment(out, 0, &format!("{}: {sql}", condition.check.name));
        }
    }
    out.push_str("#[derive(Model, Debug, Clone)]\n");
    let mut items = Vec::new();
    if table_name(&model.name) != table.name {
        items.push(Item::text("table", &table.name));
    }
    if let Some(bind) = &options.bind {
        items.push(Item::text("bind", bind));
    }
    if model.existing {
        items.push(Item::word("existing"));
    }
    items.extend(table.comment.as_deref().map(comment_item));
    if !items.is_empty() {
        attribute::write(out, 0, "model", &items);
    }
    for index in table
        .indexes
        .iter()
        .filter(|index| stands_apart(model, index))
    {
        attribute::write(out, 0, "model", &[index_item(model, index)]);
    }
    for key in foreign_keys(model).filter(|key| !stands_at_field(model, key)) {
        if let Some(item) = foreign_key_item(model, key, plan) {
            attribute::write(out, 0, "model", &[item]);
        }
    }
    for condition in &model.checks {
        attribute::write(out, 0, "model", &[check_item(model, condition)]);
    }
    out.push_str(&format!("pub struct {} {{\n", model.name));
    for field in &model.fields {
        write_field(out, model, field, plan);
    }
    for relation in &model.relations {
        write_relation(out, relation);
    }
    out.push_str("}\n");
}

fn write_field(out: &mut String, model: &Model<'_>, field: &Field<'_>, plan: &Plan<'_>) {
    let column = field.column;
    if let Some(sql) = field.told {
        let what = if column.computed.is_some() {
            "Computed as"
        } else {
            "By default"
        };
        doc(out, 4, &format!("{what} `{}`.", sql.replace('`', "'")));
    }
    let referenced = foreign_keys(model)
        .find(|key| stands_at_field(model, key) && key.columns == [column.name.clone()]);
    let position = (model.table.primary_key.iter()).position(|name| *name == column.name);
    if let Some(position) = position {
        attribute::write(
            out,
            4,
            "key",
            &key_items(model, field, position, referenced.is_some()),
        );
    }
    let mut items = Vec::new();
    if column.name != field.name {
        items.push(Item::text("name", &column.name));
    }
    match &column.column_type {
        ColumnType::Varchar { length } => items.push(Item::word(format!("length = {length}"))),
        ColumnType::Decimal { precision, scale } => {
            items.push(Item::word(format!("precision = {precision}")));
            items.push(Item::word(format!("scale = {scale}")));
        }
        _ => {}
    }
    let mut own = (model.table.indexes.iter())
        .filter(|index| index.columns == [column.name.clone()] && !stands_apart(model, index));
    if let Some(index) = own.next()
        && !made_for_key(model, index)
    {
        items.push(Item::word(if index.unique { "unique" } else { "index" }));
    }
    if let Some(key) = referenced
        && let Some(path) = paths(key, plan, &model.name).pop()
    {
        items.push(Item::Expression(format!("references = {path}")));
        if key.name != foreign_key_name(&model.table.name, &key.columns) {
            items.push(Item::text("foreign_key", &key.name));
        }
        items.extend(actions(key));
        if !model.table.is_indexed_by(&key.columns) {
            items.push(Item::word("index = false"));
        }
    }
    match (&field.default, &column.default) {
        (Some(value), _) => items.push(Item::Expression(format!("default_sql = {value}"))),
        (None, Some(_)) => items.push(Item::word("default_sql")),
        (None, None) => {}
    }
    if column.computed.is_some() {
        items.push(Item::word("computed"));
    }
    items.extend(column.comment.as_deref().map(comment_item));
    if !items.is_empty() {
        attribute::write(out, 4, "column", &items);
    }
    let rust_type = match column.nullable {
        true => format!("Option<{}>", field.rust_type),
        false => field.rust_type.clone(),
    };
    let name = names::written(&field.name);
    out.push_str(&format!("    pub {name}: {rust_type},\n"));
}

fn key_items(model: &Model<'_>, field: &Field<'_>, position: usize, references: bool) -> Vec<Item> {
    let key = &model.table.primary_key;
    if key.len() == 1 {
        let whole = field.column.column_type == ColumnType::BigInt;
        return match (field.column.identity, whole) {
            (true, false) => vec![Item::word("identity")],
            (false, true) if !references => vec![Item::word("natural")],
            _ => Vec::new(),
        };
    }
    let in_struct: Vec<&String> = (model.fields.iter())
        .map(|field| &field.column.name)
        .filter(|name| key.contains(name))
        .collect();
    match in_struct.iter().zip(key).all(|(one, other)| *one == other) {
        true => Vec::new(),
        false => vec![Item::word(format!("order = {}", position + 1))],
    }
}

fn write_relation(out: &mut String, relation: &Relation) {
    let (name, items, rust_type) = match &relation.kind {
        Kind::BelongsTo { fields, optional } => {
            let items = fields
                .iter()
                .map(|field| Item::word(field.clone()))
                .collect();
            let rust_type = match optional {
                true => format!("One<Option<{}>>", relation.target),
                false => format!("One<{}>", relation.target),
            };
            ("belongs_to", items, rust_type)
        }
        Kind::Has {
            one,
            backref,
            by,
            key,
        } => {
            let backref = names::written(backref);
            let mut items = vec![
                Item::word(relation.target.clone()),
                Item::Expression(format!("backref = {backref}")),
            ];
            for (name, fields) in [("by", by), ("key", key)] {
                match &fields[..] {
                    [] => {}
                    [field] => items.push(Item::Expression(format!("{name} = {field}"))),
                    several => {
                        let list = several.join(", ");
                        items.push(Item::Expression(format!("{name}({list})")));
                    }
                }
            }
            match one {
                true => (
                    "has_one",
                    items,
                    format!("One<Option<{}>>", relation.target),
                ),
                false => ("has_many", items, format!("Many<{}>", relation.target)),
            }
        }
    };
    attribute::write(out, 4, name, &items);
    let field = names::written(&relation.field);
    out.push_str(&format!("    pub {field}: {rust_type},\n"));
}

fn write_enum(out: &mut String, model: &Model<'_>, one: &Enum) {
    doc(
        out,
        0,
        &format!("The texts of `{}.{}`.", model.table.name, one.column),
    );
    out.push_str("#[derive(DbEnum, Clone, Copy, Debug, PartialEq, Eq)]\n");
    if one.key {
        out.push_str("#[db(key)]\n");
    }
    out.push_str(&format!("pub enum {} {{\n", one.name));
    for (variant, text) in &one.variants {
        if names::stored_as(variant) != *text {
            attribute::write(out, 4, "db", &[Item::text("name", text)]);
        }
        out.push_str(&format!("    {variant},\n"));
    }
    out.push_str("}\n");
}

/// The foreign keys that the model says.
fn foreign_keys<'a>(model: &'a Model<'_>) -> impl Iterator<Item = &'a ForeignKey> {
    (model.foreign_keys.iter()).filter_map(|position| model.table.foreign_keys.get(*position))
}

/// What the database tells people. Texts may be long, and rustfmt leaves attributes with expressions as they are.
fn comment_item(comment: &str) -> Item {
    Item::Expression(format!("comment = {comment:?}"))
}

/// Whether a foreign key is the first over its only column.
fn stands_at_field(model: &Model<'_>, key: &ForeignKey) -> bool {
    let mut same = foreign_keys(model).filter(|other| other.columns == key.columns);
    key.columns.len() == 1 && same.next() == Some(key)
}

/// Whether an index is said by the model and not by a field: over several columns, by another name, or the second of its column.
fn stands_apart(model: &Model<'_>, index: &Index) -> bool {
    if made_for_key(model, index) {
        return false;
    }
    let by_rule = match index.unique {
        true => unique_name(&model.table.name, &index.columns),
        false => index_name(&model.table.name, &index.columns),
    };
    let unique_too = !index.unique
        && (model.table.indexes.iter()).any(|other| {
            other.unique
                && other.columns == index.columns
                && other.name == unique_name(&model.table.name, &other.columns)
        });
    index.columns.len() > 1 || index.name != by_rule || unique_too
}

/// Whether an index is what a foreign key brings along when there is no other.
fn made_for_key(model: &Model<'_>, index: &Index) -> bool {
    let table = model.table;
    let other = |columns: &[String]| {
        table.primary_key.starts_with(columns)
            || (table.indexes.iter())
                .any(|other| other.name != index.name && other.columns.starts_with(columns))
    };
    !index.unique
        && index.name == index_name(&table.name, &index.columns)
        && foreign_keys(model).any(|key| key.columns == index.columns)
        && !other(&index.columns)
}

fn check_item(model: &Model<'_>, condition: &Condition<'_>) -> Item {
    let name = &condition.check.name;
    let is_name = |name: &&str| names::snake(name) == **name && names::written(name) == **name;
    let short = (name.strip_prefix(&format!("ck_{}_", model.table.name)))
        .filter(is_name)
        .filter(|short| short.starts_with(|letter: char| letter.is_alphabetic()));
    let mut items = match (short, &condition.expression) {
        (Some(short), Some(_)) => vec![Item::word(short)],
        _ => vec![Item::text("name", name)],
    };
    items.extend(condition.expression.clone().map(Item::Expression));
    Item::List("check", items)
}

fn index_item(model: &Model<'_>, index: &Index) -> Item {
    let (word, by_rule) = match index.unique {
        true => ("unique", unique_name(&model.table.name, &index.columns)),
        false => ("index", index_name(&model.table.name, &index.columns)),
    };
    let mut items = Vec::new();
    if index.name != by_rule {
        items.push(Item::text("name", &index.name));
    }
    items.extend(model.names(&index.columns).into_iter().map(Item::word));
    Item::List(word, items)
}

fn foreign_key_item(model: &Model<'_>, key: &ForeignKey, plan: &Plan<'_>) -> Option<Item> {
    let references = paths(key, plan, &model.name);
    if references.len() != key.columns.len() {
        return None;
    }
    let mut items = Vec::new();
    if key.name != foreign_key_name(&model.table.name, &key.columns) {
        items.push(Item::text("name", &key.name));
    }
    let words = |names: Vec<String>| names.into_iter().map(Item::word).collect();
    items.push(Item::List("columns", words(model.names(&key.columns))));
    items.push(Item::List("references", words(references)));
    items.extend(actions(key));
    if !model.table.is_indexed_by(&key.columns) {
        items.push(Item::word("index = false"));
    }
    Some(Item::List("foreign_key", items))
}

/// `User::id` of each column that a key references.
fn paths(key: &ForeignKey, plan: &Plan<'_>, model: &str) -> Vec<String> {
    let parent = (plan.models.iter()).find(|other| other.table.name == key.references_table);
    let Some(parent) = parent else {
        return Vec::new();
    };
    let name = match parent.name == model {
        true => "Self",
        false => parent.name.as_str(),
    };
    (parent.names(&key.references_columns).iter())
        .map(|field| format!("{name}::{field}"))
        .collect()
}

fn actions(key: &ForeignKey) -> Vec<Item> {
    let action = |name: &str, action: ReferentialAction| {
        let word = match action {
            ReferentialAction::NoAction => return None,
            ReferentialAction::Cascade => "cascade",
            ReferentialAction::SetNull => "set_null",
            ReferentialAction::Restrict => "restrict",
        };
        Some(Item::Expression(format!("{name} = {word}")))
    };
    [
        action("on_delete", key.on_delete),
        action("on_update", key.on_update),
    ]
    .into_iter()
    .flatten()
    .collect()
}
