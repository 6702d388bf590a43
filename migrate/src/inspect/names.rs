//! Names in Rust of what has one in a database.

use std::collections::HashSet;

use heck::{ToSnakeCase, ToUpperCamelCase};

/// Words that Rust keeps (<https://doc.rust-lang.org/reference/keywords.html>).
const KEYWORDS: [&str; 47] = [
    "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "do", "dyn",
    "else", "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let",
    "loop", "macro", "match", "mod", "move", "mut", "override", "priv", "pub", "ref", "return",
    "static", "struct", "trait", "true", "try", "type", "typeof", "unsafe", "unsized", "use",
    "virtual", "where", "while",
];

/// Keywords that even `r#` doesn't free.
const NEVER: [&str; 4] = ["self", "super", "crate", "_"];

/// What a model's own functions are called.
const FUNCTIONS: [&str; 4] = ["build", "insert", "insert_many", "query"];

/// Types and traits that the source names, or that it brings along by the prelude.
const TYPES: [&str; 46] = [
    "Aggregates",
    "Box",
    "Clone",
    "Config",
    "Copy",
    "Database",
    "DateExpression",
    "DateTime",
    "DbEnum",
    "Debug",
    "Decimal",
    "Default",
    "Deferred",
    "Eq",
    "Executor",
    "Expression",
    "From",
    "FromRow",
    "Into",
    "Isolation",
    "Iterator",
    "Json",
    "JsonExpression",
    "Key",
    "Many",
    "Model",
    "NaiveDate",
    "NaiveDateTime",
    "NaiveTime",
    "NewRow",
    "NumberExpression",
    "One",
    "Option",
    "PartialEq",
    "Query",
    "Relationship",
    "Result",
    "RowExpression",
    "Self",
    "Session",
    "String",
    "TextExpression",
    "TransactionOptions",
    "Utc",
    "Uuid",
    "Vec",
];

/// Names that were given, each once.
#[derive(Debug, Default)]
pub(super) struct Taken(HashSet<String>);

impl Taken {
    /// The name, or the same with the first number that is free.
    pub(super) fn take(&mut self, name: String) -> String {
        let mut free = name.clone();
        let mut number = 2;
        while !self.0.insert(free.clone()) {
            free = format!("{name}_{number}");
            number += 1;
        }
        free
    }

    /// The first of the names that is free.
    pub(super) fn take_one(&mut self, names: impl IntoIterator<Item = String>) -> Option<String> {
        names.into_iter().find(|name| self.0.insert(name.clone()))
    }
}

/// A struct's or an enum's name, which is free, and whose builder's is too.
pub(super) fn type_name(taken: &mut Taken, name: &str) -> String {
    let mut camel = letters(name).to_upper_camel_case();
    if !camel.starts_with(|letter: char| letter.is_alphabetic()) {
        camel.insert_str(0, "Table");
    }
    if TYPES.contains(&camel.as_str()) {
        camel.push_str("Row");
    }
    let base = camel.clone();
    let mut number = 2;
    let builder = |name: &str| format!("{name}Builder");
    while taken.0.contains(&camel) || taken.0.contains(&builder(&camel)) {
        camel = format!("{base}{number}");
        number += 1;
    }
    taken.0.insert(builder(&camel));
    taken.0.insert(camel.clone());
    camel
}

/// A field's name as it is stored, without `r#`.
pub(super) fn field_name(taken: &mut Taken, column: &str) -> String {
    let mut snake = snake(column);
    if !snake.starts_with(|letter: char| letter.is_alphabetic()) {
        snake.insert_str(0, "column_");
    }
    taken.take(usable(snake).trim_end_matches("__").to_owned())
}

/// A name in snake case; that of a table or column which is in snake case already stays as it is.
pub(super) fn snake(name: &str) -> String {
    let letters = letters(name);
    let is_snake = letters.trim_matches('_') == letters && !letters.chars().any(char::is_uppercase);
    if is_snake {
        letters
    } else {
        letters.to_snake_case()
    }
}

/// The same name when a field of a model can have it, another one otherwise.
pub(super) fn usable(name: String) -> String {
    if FUNCTIONS.contains(&name.as_str()) || NEVER.contains(&name.as_str()) {
        name + "_"
    } else {
        name
    }
}

/// A name as it is written: `r#type`.
pub(super) fn written(name: &str) -> String {
    if KEYWORDS.contains(&name) {
        format!("r#{name}")
    } else {
        name.to_owned()
    }
}

/// A variant of an enum.
pub(super) fn variant_name(taken: &mut Taken, text: &str) -> String {
    let mut camel = letters(text).to_upper_camel_case();
    if !camel.starts_with(|letter: char| letter.is_alphabetic()) || camel == "Self" {
        camel.insert_str(0, "Value");
    }
    let base = camel.clone();
    let mut number = 2;
    while taken.0.contains(&camel) {
        camel = format!("{base}{number}");
        number += 1;
    }
    taken.0.insert(camel.clone());
    camel
}

/// What the derive stores for a variant that says nothing.
pub(super) fn stored_as(variant: &str) -> String {
    variant.to_snake_case()
}

/// More than one, in simple English; names of others are no more than a start.
pub(super) fn plural(name: &str) -> String {
    let consonant = |letter: char| !"aeiou".contains(letter);
    match name.strip_suffix('y') {
        Some(stem) if stem.ends_with(consonant) => format!("{stem}ies"),
        _ if name.ends_with("ss") || name.ends_with('x') || name.ends_with("ch") => {
            format!("{name}es")
        }
        _ if name.ends_with('s') => name.to_owned(),
        _ => format!("{name}s"),
    }
}

/// Every other character than letters, digits and `_` separates words.
fn letters(name: &str) -> String {
    let letter = |letter: char| {
        if letter.is_alphanumeric() || letter == '_' {
            letter
        } else {
            '_'
        }
    };
    name.chars().map(letter).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(column: &str) -> String {
        field_name(&mut Taken::default(), column)
    }

    #[test]
    fn columns_become_names_that_fields_can_have() {
        assert_eq!(field("AlbumId"), "album_id");
        assert_eq!(field("first_name"), "first_name");
        assert_eq!(field("address2"), "address2");
        assert_eq!(field("Order ID"), "order_id");
        assert_eq!(field("2020"), "column_2020");
        assert_eq!(field("self"), "self_");
        assert_eq!(field("query"), "query_");
        assert_eq!(field("größe"), "größe");
        assert_eq!(field("%"), "column_");
        assert_eq!(written("type"), "r#type");
    }

    #[test]
    fn two_columns_have_two_names() {
        let mut taken = Taken::default();
        assert_eq!(field_name(&mut taken, "Name"), "name");
        assert_eq!(field_name(&mut taken, "name"), "name_2");
    }

    #[test]
    fn types_are_not_those_of_the_prelude() {
        let mut taken = Taken::default();
        assert_eq!(type_name(&mut taken, "order details"), "OrderDetails");
        assert_eq!(type_name(&mut taken, "OrderDetails"), "OrderDetails2");
        assert_eq!(type_name(&mut taken, "session"), "SessionRow");
        assert_eq!(type_name(&mut taken, "2fa"), "Table2fa");
    }

    #[test]
    fn plurals_are_simple() {
        assert_eq!(plural("city"), "cities");
        assert_eq!(plural("album"), "albums");
        assert_eq!(plural("address"), "addresses");
        assert_eq!(plural("orders"), "orders");
        assert_eq!(plural("key"), "keys");
    }
}
