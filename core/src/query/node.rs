//! Expressions as plain data. The typed builders make them, the renderer turns them into text.

use std::borrow::Cow;

use crate::backend::{Bind, BindType};
use crate::value::Value;

/// An expression without its Rust type. Nodes are made by the typed builders and by drivers' tests, not by hand.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Node {
    /// A column of a table in FROM.
    Column(ColumnNode),
    /// A value, sent apart from the text.
    Bind(Bind),
    /// A value that could not be made, with the message that says why; it fails when the statement is built.
    Invalid(String),
    /// The place of a text in a list, from 0: enums are ordered as they are declared, not by their texts.
    Position {
        /// The text.
        operand: Box<Node>,
        /// The list.
        list: &'static [&'static str],
    },
    /// `left op right`
    Compare {
        /// The left side.
        left: Box<Node>,
        /// How the sides are compared.
        operator: Comparison,
        /// The right side.
        right: Box<Node>,
    },
    /// All of them; true when there are none.
    And(Vec<Node>),
    /// At least one of them; false when there are none.
    Or(Vec<Node>),
    /// `NOT operand`
    Not(Box<Node>),
    /// `operand [NOT] IN (…)`; an empty list is false, or true when negated.
    In {
        /// What is looked for.
        operand: Box<Node>,
        /// Where.
        list: Vec<Node>,
        /// Whether it must be missing.
        negated: bool,
    },
    /// `operand [NOT] BETWEEN low AND high`, both ends included.
    Between {
        /// What is compared.
        operand: Box<Node>,
        /// The lower end.
        low: Box<Node>,
        /// The upper end.
        high: Box<Node>,
        /// Whether it must lie outside.
        negated: bool,
    },
    /// `operand IS [NOT] NULL`
    IsNull {
        /// What is looked at.
        operand: Box<Node>,
        /// Whether it must not be NULL.
        negated: bool,
    },
    /// `operand [NOT] LIKE pattern ESCAPE '\'`, telling cases apart
    Like {
        /// The text.
        operand: Box<Node>,
        /// The pattern: `%` any text, `_` any character, `\` takes the next one literally.
        pattern: Box<Node>,
        /// Whether it must not match.
        negated: bool,
    },
}

/// A column by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ColumnNode {
    /// The table.
    pub table: Cow<'static, str>,
    /// The column.
    pub name: Cow<'static, str>,
    /// How values of this column are bound.
    pub bind_type: BindType,
    /// Whether it may be NULL: it decides how rows are ordered.
    pub nullable: bool,
}

/// A comparison of two values; NULL on either side gives NULL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// `=`
    Equal,
    /// `<>`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
}

impl Comparison {
    pub(crate) fn sql(self) -> &'static str {
        match self {
            Self::Equal => " = ",
            Self::NotEqual => " <> ",
            Self::Less => " < ",
            Self::LessOrEqual => " <= ",
            Self::Greater => " > ",
            Self::GreaterOrEqual => " >= ",
        }
    }
}

impl Node {
    /// The columns that the expression looks at, in the order of reading.
    pub fn columns(&self) -> Vec<&ColumnNode> {
        let mut columns = Vec::new();
        self.collect_columns(&mut columns);
        columns
    }

    fn collect_columns<'a>(&'a self, columns: &mut Vec<&'a ColumnNode>) {
        match self {
            Self::Column(column) => columns.push(column),
            Self::Bind(_) | Self::Invalid(_) => {}
            Self::Compare { left, right, .. } => {
                left.collect_columns(columns);
                right.collect_columns(columns);
            }
            Self::And(nodes) | Self::Or(nodes) => {
                nodes.iter().for_each(|node| node.collect_columns(columns))
            }
            Self::Not(operand) | Self::IsNull { operand, .. } | Self::Position { operand, .. } => {
                operand.collect_columns(columns)
            }
            Self::In { operand, list, .. } => {
                operand.collect_columns(columns);
                list.iter().for_each(|node| node.collect_columns(columns));
            }
            Self::Between {
                operand, low, high, ..
            } => {
                operand.collect_columns(columns);
                low.collect_columns(columns);
                high.collect_columns(columns);
            }
            Self::Like {
                operand, pattern, ..
            } => {
                operand.collect_columns(columns);
                pattern.collect_columns(columns);
            }
        }
    }

    /// A bound value.
    pub fn bind(value: Value, bind_type: BindType) -> Self {
        Self::Bind(Bind { value, bind_type })
    }
}
