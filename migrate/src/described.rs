//! Tables part by part, as readable text, and what separates two sets of them.

use std::fmt;

use birgus_core::schema::Table;
use serde::{Serialize, Serializer};

use crate::state::{Action, TableDefinition, type_text};

/// A table, part by part.
#[derive(Clone, Debug)]
pub(crate) struct Described {
    name: String,
    columns: Vec<String>,
    /// `primary key`, `column email`, `index ix_post_author_id`, each with what it is.
    parts: Vec<(String, Text)>,
}

/// What a part is: attributes with their values.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Text(Vec<(&'static str, String)>);

/// Attributes whose values speak for themselves.
const BARE: [&str; 5] = ["type", "null", "columns", "holds", "flag"];

/// A part of a table that is not the same in two sets; the whole table where the part has no name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Part {
    pub(crate) table: String,
    pub(crate) part: String,
    pub(crate) wanted: Option<Text>,
    pub(crate) found: Option<Text>,
}

/// What stands for an expression that an engine does not tell.
const SOME: &str = "an expression";

impl Text {
    fn attribute(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.0.push((name, value.into()));
        self
    }

    fn with(self, name: &'static str, value: Option<impl Into<String>>) -> Self {
        match value {
            Some(value) => self.attribute(name, value),
            None => self,
        }
    }

    fn flag(self, word: &'static str, there: bool) -> Self {
        self.with(word, there.then_some(""))
    }

    fn value(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(known, _)| *known == name);
        found.map(|(_, value)| value.as_str())
    }

    /// What of this became something else in the other: `type integer → bigint, not null → null`.
    pub(crate) fn became(&self, other: &Self) -> String {
        let mut names: Vec<&str> = self.0.iter().map(|(name, _)| *name).collect();
        for (name, _) in &other.0 {
            if !names.contains(name) {
                names.push(name);
            }
        }
        let mut changes = Vec::new();
        for name in names {
            let (was, is) = (self.value(name), other.value(name));
            if was == is {
                continue;
            }
            let label = match name {
                "null" | "holds" => String::new(),
                name => format!("{name} "),
            };
            changes.push(match (was, is) {
                (Some(""), None) => format!("no longer {name}"),
                (None, Some("")) => format!("now {name}"),
                (was, is) => format!(
                    "{label}{} → {}",
                    was.unwrap_or("none"),
                    is.unwrap_or("none")
                ),
            });
        }
        changes.join(", ")
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, (name, value)) in self.0.iter().enumerate() {
            if position > 0 {
                f.write_str(", ")?;
            }
            match (BARE.contains(name), value.as_str()) {
                (true, value) => f.write_str(value)?,
                (false, "") => f.write_str(name)?,
                (false, value) => write!(f, "{name} {value}")?,
            }
        }
        Ok(())
    }
}

impl Serialize for Text {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

fn listed(names: &[String]) -> String {
    format!("({})", names.join(", "))
}

fn null(nullable: bool) -> &'static str {
    if nullable { "null" } else { "not null" }
}

fn quoted(comment: Option<&String>) -> Option<String> {
    comment.map(|comment| format!("{comment:?}"))
}

fn key(columns: &[String], table: &str, of: &[String]) -> Text {
    Text::default()
        .attribute("columns", listed(columns))
        .attribute("references", format!("{table} {}", listed(of)))
}

impl Described {
    /// A table of a database or of models; of its expressions only whether they are there, since engines do not tell them.
    pub(crate) fn table(table: &Table) -> Self {
        let mut parts = Vec::new();
        if !table.primary_key.is_empty() {
            let text = Text::default().attribute("columns", listed(&table.primary_key));
            parts.push(("primary key".to_owned(), text));
        }
        for column in &table.columns {
            let text = Text::default()
                .attribute("type", type_text(&column.column_type))
                .attribute("null", null(column.nullable))
                .flag("identity", column.identity)
                .with("default", column.default.as_ref().map(|_| SOME))
                .with("computed as", column.computed.as_ref().map(|_| SOME))
                .with("comment", quoted(column.comment.as_ref()));
            parts.push((format!("column {}", column.name), text));
        }
        for index in &table.indexes {
            let text = Text::default()
                .attribute("columns", listed(&index.columns))
                .flag("unique", index.unique);
            parts.push((format!("index {}", index.name), text));
        }
        for foreign in &table.foreign_keys {
            let text = key(
                &foreign.columns,
                &foreign.references_table,
                &foreign.references_columns,
            )
            .attribute("on delete", foreign.on_delete.sql().to_lowercase())
            .attribute("on update", foreign.on_update.sql().to_lowercase());
            parts.push((format!("foreign key {}", foreign.name), text));
        }
        for check in &table.checks {
            let text = Text::default().attribute("holds", SOME);
            parts.push((format!("check {}", check.name), text));
        }
        let columns = table.columns.iter().map(|column| column.name.clone());
        Self {
            name: table.name.clone(),
            columns: columns.collect(),
            parts: with_comment(parts, table.comment.as_ref()),
        }
    }

    /// A table of a state, with its expressions.
    pub(crate) fn definition(table: &TableDefinition) -> Self {
        let mut parts = Vec::new();
        if !table.primary_key.is_empty() {
            let text = Text::default().attribute("columns", listed(&table.primary_key));
            parts.push(("primary key".to_owned(), text));
        }
        for column in &table.columns {
            let text = Text::default()
                .attribute("type", column.column_type.clone())
                .attribute("null", null(column.nullable))
                .flag("identity", column.identity)
                .with("default", column.default.clone())
                .with("computed as", column.computed.clone())
                .with("comment", quoted(column.comment.as_ref()));
            parts.push((format!("column {}", column.name), text));
        }
        for index in &table.indexes {
            let text = Text::default()
                .attribute("columns", listed(&index.columns))
                .flag("unique", index.unique);
            parts.push((format!("index {}", index.name), text));
        }
        for foreign in &table.foreign_keys {
            let text = key(
                &foreign.columns,
                &foreign.references,
                &foreign.references_columns,
            )
            .attribute("on delete", action(foreign.on_delete))
            .attribute("on update", action(foreign.on_update));
            parts.push((format!("foreign key {}", foreign.name), text));
        }
        for check in &table.checks {
            let text = Text::default().attribute("holds", check.expression.clone());
            parts.push((format!("check {}", check.name), text));
        }
        let columns = table.columns.iter().map(|column| column.name.clone());
        Self {
            name: table.name.clone(),
            columns: columns.collect(),
            parts: with_comment(parts, table.comment.as_ref()),
        }
    }

    fn part(&self, name: &str) -> Option<&Text> {
        let found = self.parts.iter().find(|(known, _)| known == name);
        found.map(|(_, text)| text)
    }
}

fn action(action: Action) -> &'static str {
    match action {
        Action::NoAction => "no action",
        Action::Cascade => "cascade",
        Action::SetNull => "set null",
        Action::Restrict => "restrict",
    }
}

fn with_comment(mut parts: Vec<(String, Text)>, comment: Option<&String>) -> Vec<(String, Text)> {
    if let Some(comment) = quoted(comment) {
        let text = Text::default().attribute("holds", comment);
        parts.push(("comment".to_owned(), text));
    }
    parts
}

/// What is not the same in two sets of tables, in the order of the wanted ones.
pub(crate) fn compare(wanted: &[Described], found: &[Described]) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut push = |table: &Described, part: &str, wanted: Option<Text>, found: Option<Text>| {
        parts.push(Part {
            table: table.name.clone(),
            part: part.to_owned(),
            wanted,
            found,
        });
    };
    for table in wanted {
        let Some(other) = found.iter().find(|other| other.name == table.name) else {
            push(table, "", Some(Text::default()), None);
            continue;
        };
        for (name, text) in &table.parts {
            let found = other.part(name);
            if found != Some(text) {
                push(table, name, Some(text.clone()), found.cloned());
            }
        }
        for (name, text) in &other.parts {
            if table.part(name).is_none() {
                push(table, name, None, Some(text.clone()));
            }
        }
        let sorted = |table: &Described| {
            let mut columns = table.columns.clone();
            columns.sort_unstable();
            columns
        };
        if table.columns != other.columns && sorted(table) == sorted(other) {
            let text = |table: &Described| {
                Some(Text::default().attribute("holds", listed(&table.columns)))
            };
            push(table, ORDER, text(table), text(other));
        }
    }
    for table in found {
        if !wanted.iter().any(|other| other.name == table.name) {
            push(table, "", None, Some(Text::default()));
        }
    }
    parts
}

/// The part that says in what order the columns stand.
pub(crate) const ORDER: &str = "order of columns";
