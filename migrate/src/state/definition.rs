//! Tables as a revision file describes them: everything is text, so that a change of an expression is seen too.

use std::fmt::Write as _;

use birgus_core::query::Node;
use birgus_core::schema::{
    Check, Column, ColumnExpression, ColumnType, ForeignKey, Index, ReferentialAction, Table,
};
use birgus_core::{Error, Result};
use serde::{Deserialize, Serialize};

use super::expression;

/// A table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TableDefinition {
    /// The name in the database.
    pub name: String,
    /// The columns of the primary key, in order.
    pub primary_key: Vec<String>,
    /// The columns.
    pub columns: Vec<ColumnDefinition>,
    /// The indexes, unique ones among them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub indexes: Vec<IndexDefinition>,
    /// The foreign keys.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub foreign_keys: Vec<ForeignKeyDefinition>,
    /// The checks.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub checks: Vec<CheckDefinition>,
    /// What the database tells people about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
}

/// A column.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ColumnDefinition {
    /// The name in the database.
    pub name: String,
    /// The type: `bigint`, `varchar(64)`, `decimal(10, 2)`, `enum("open", "done")`.
    #[serde(rename = "type")]
    pub column_type: String,
    /// Whether NULL is allowed.
    #[serde(default, skip_serializing_if = "is_false")]
    pub nullable: bool,
    /// Whether the database assigns the value.
    #[serde(default, skip_serializing_if = "is_false")]
    pub identity: bool,
    /// What the database gives a new row that says nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<String>,
    /// What the database computes it of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub computed: Option<String>,
    /// What the database tells people about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
}

/// An index.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IndexDefinition {
    /// The name in the database.
    pub name: String,
    /// The columns, in order.
    pub columns: Vec<String>,
    /// Whether no two rows may agree in all of them.
    #[serde(default, skip_serializing_if = "is_false")]
    pub unique: bool,
}

/// A foreign key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ForeignKeyDefinition {
    /// The name in the database.
    pub name: String,
    /// The columns.
    pub columns: Vec<String>,
    /// The table that they reference.
    pub references: String,
    /// The columns that they reference, in the same order.
    pub references_columns: Vec<String>,
    /// What happens when the referenced row is deleted.
    #[serde(default, skip_serializing_if = "Action::is_nothing")]
    pub on_delete: Action,
    /// What happens when its key changes.
    #[serde(default, skip_serializing_if = "Action::is_nothing")]
    pub on_update: Action,
}

/// A check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CheckDefinition {
    /// The name in the database.
    pub name: String,
    /// What must hold: `ge(age, 18:integer)`.
    pub expression: String,
}

/// What a foreign key does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// The change is refused.
    #[default]
    NoAction,
    /// The rows follow.
    Cascade,
    /// The columns become NULL.
    SetNull,
    /// The change is refused.
    Restrict,
}

impl Action {
    fn is_nothing(&self) -> bool {
        *self == Self::NoAction
    }

    fn of(action: ReferentialAction) -> Self {
        match action {
            ReferentialAction::NoAction => Self::NoAction,
            ReferentialAction::Cascade => Self::Cascade,
            ReferentialAction::SetNull => Self::SetNull,
            ReferentialAction::Restrict => Self::Restrict,
        }
    }

    fn action(self) -> ReferentialAction {
        match self {
            Self::NoAction => ReferentialAction::NoAction,
            Self::Cascade => ReferentialAction::Cascade,
            Self::SetNull => ReferentialAction::SetNull,
            Self::Restrict => ReferentialAction::Restrict,
        }
    }
}

#[allow(
    clippy::trivially_copy_pass_by_ref,
    reason = "the signature that serde asks for"
)]
pub(super) fn is_false(value: &bool) -> bool {
    !value
}

impl TableDefinition {
    /// The definition of a table of the models.
    ///
    /// # Errors
    ///
    /// `is_unsupported()` for an expression that a table can't hold, or that was read from a database, which does not tell it.
    pub fn of(table: &Table) -> Result<Self> {
        let columns = table.columns.iter().map(|column| {
            Ok(ColumnDefinition {
                name: column.name.clone(),
                column_type: type_text(&column.column_type),
                nullable: column.nullable,
                identity: column.identity,
                default: text_of(table, column.default.as_ref())?,
                computed: text_of(table, column.computed.as_ref())?,
                comment: column.comment.clone(),
            })
        });
        let checks = table.checks.iter().map(|check| {
            let Some(node) = &check.expression else {
                return Err(unknown(table, &check.name));
            };
            Ok(CheckDefinition {
                name: check.name.clone(),
                expression: expression::write(node)?,
            })
        });
        Ok(Self {
            name: table.name.clone(),
            primary_key: table.primary_key.clone(),
            columns: columns.collect::<Result<_>>()?,
            indexes: (table.indexes.iter())
                .map(|index| IndexDefinition {
                    name: index.name.clone(),
                    columns: index.columns.clone(),
                    unique: index.unique,
                })
                .collect(),
            foreign_keys: (table.foreign_keys.iter())
                .map(|key| ForeignKeyDefinition {
                    name: key.name.clone(),
                    columns: key.columns.clone(),
                    references: key.references_table.clone(),
                    references_columns: key.references_columns.clone(),
                    on_delete: Action::of(key.on_delete),
                    on_update: Action::of(key.on_update),
                })
                .collect(),
            checks: checks.collect::<Result<_>>()?,
            comment: table.comment.clone(),
        })
    }

    /// The table that is meant.
    ///
    /// # Errors
    ///
    /// `is_configuration()` for a type or an expression that can't be read, saying where.
    pub fn to_table(&self) -> Result<Table> {
        let mut table = Table::new(&self.name);
        for column in &self.columns {
            table.columns.push(column.plain(&self.name)?);
        }
        table.primary_key.clone_from(&self.primary_key);
        // Expressions look at columns, which are all there by now.
        let known = table.clone();
        for (column, definition) in table.columns.iter_mut().zip(&self.columns) {
            let read = |text: &Option<String>| -> Result<Option<ColumnExpression>> {
                let node = text.as_deref().map(|text| expression::read(text, &known));
                Ok(node.transpose()?.map(ColumnExpression::new))
            };
            column.default = read(&definition.default)?;
            column.computed = read(&definition.computed)?;
        }
        for index in &self.indexes {
            table.indexes.push(Index {
                name: index.name.clone(),
                columns: index.columns.clone(),
                unique: index.unique,
            });
        }
        for key in &self.foreign_keys {
            table.foreign_keys.push(ForeignKey {
                name: key.name.clone(),
                columns: key.columns.clone(),
                references_table: key.references.clone(),
                references_columns: key.references_columns.clone(),
                on_delete: key.on_delete.action(),
                on_update: key.on_update.action(),
            });
        }
        for check in &self.checks {
            let node: Node = expression::read(&check.expression, &known)?;
            table.checks.push(Check {
                name: check.name.clone(),
                expression: Some(node.into()),
            });
        }
        table.comment.clone_from(&self.comment);
        Ok(table.sorted())
    }

    /// The column of that name.
    pub fn column(&self, name: &str) -> Option<&ColumnDefinition> {
        self.columns.iter().find(|column| column.name == name)
    }
}

impl ColumnDefinition {
    /// The column without its expressions.
    fn plain(&self, table: &str) -> Result<Column> {
        let Some(column_type) = read_type(&self.column_type) else {
            return Err(Error::configuration(format!(
                "{table}.{}: unknown type {:?}",
                self.name, self.column_type
            )));
        };
        let mut column = Column::new(&self.name, column_type);
        column.nullable = self.nullable;
        column.identity = self.identity;
        column.comment.clone_from(&self.comment);
        Ok(column)
    }

    /// Whether rows that are there already get a value by themselves.
    pub fn fills_itself(&self) -> bool {
        self.nullable || self.default.is_some() || self.computed.is_some() || self.identity
    }
}

fn text_of(table: &Table, expression: Option<&ColumnExpression>) -> Result<Option<String>> {
    let Some(expression) = expression else {
        return Ok(None);
    };
    match &expression.expression {
        Some(node) => self::expression::write(node).map(Some),
        None => Err(unknown(table, "an expression of a column")),
    }
}

fn unknown(table: &Table, what: &str) -> Error {
    Error::unsupported(format!(
        "{}: {what} was read from a database, which does not tell it in a form that every engine has",
        table.name
    ))
}

/// A type as text.
pub(crate) fn type_text(column_type: &ColumnType) -> String {
    let ColumnType::Enum { values } = column_type else {
        return column_type.to_string();
    };
    let mut text = "enum(".to_owned();
    for (position, value) in values.iter().enumerate() {
        let value = serde_json::Value::String(value.clone());
        let _ = write!(text, "{}{value}", if position > 0 { ", " } else { "" });
    }
    text + ")"
}

pub(crate) fn read_type(text: &str) -> Option<ColumnType> {
    let text = text.trim();
    let Some((name, arguments)) = text.split_once('(') else {
        return Some(match text {
            "boolean" => ColumnType::Boolean,
            "smallint" => ColumnType::SmallInt,
            "integer" => ColumnType::Integer,
            "bigint" => ColumnType::BigInt,
            "double" => ColumnType::Double,
            "text" => ColumnType::Text,
            "binary" => ColumnType::Binary,
            "date" => ColumnType::Date,
            "time" => ColumnType::Time,
            "datetime" => ColumnType::DateTime,
            "timestamp" => ColumnType::Timestamp,
            "uuid" => ColumnType::Uuid,
            "json" => ColumnType::Json,
            _ => return None,
        });
    };
    let arguments = arguments.strip_suffix(')')?;
    match name.trim() {
        "varchar" => Some(ColumnType::Varchar {
            length: arguments.trim().parse().ok()?,
        }),
        "decimal" => {
            let (precision, scale) = arguments.split_once(',')?;
            Some(ColumnType::Decimal {
                precision: precision.trim().parse().ok()?,
                scale: scale.trim().parse().ok()?,
            })
        }
        // The texts are written as JSON writes them.
        "enum" => Some(ColumnType::Enum {
            values: serde_json::from_str(&format!("[{arguments}]")).ok()?,
        }),
        _ => None,
    }
}
