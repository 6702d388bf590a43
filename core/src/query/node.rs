//! Expressions as plain data. The typed builders make them, the renderer turns them into text.

use std::borrow::Cow;
use std::sync::Arc;

use super::Order;
use super::select::Select;
use crate::backend::{AggregateFunction, Bind, BindType, Function, RankFunction};
use crate::model::FieldInfo;
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
    /// `operand [NOT] IN (…)` with values alone, or `(a, b) [NOT] IN (…)` with rows of them; an empty list is false, or
    /// true when negated.
    InValues {
        /// What is looked for.
        operands: Vec<Node>,
        /// How the values of a row are bound.
        types: Vec<BindType>,
        /// Where: row by row, never NULL. Shared, since a list may be long and a query is cloned.
        values: Arc<[Value]>,
        /// Whether it must be missing.
        negated: bool,
        /// Whether there is an index on what is looked for.
        indexed: bool,
    },
    /// `operand [NOT] IN (…)` with expressions; an empty list is false, or true when negated.
    In {
        /// What is looked for.
        operand: Box<Node>,
        /// Where.
        list: Vec<Node>,
        /// Whether it must be missing.
        negated: bool,
    },
    /// `(a, b) [NOT] IN ((…), (…))`
    InRows {
        /// What is looked for.
        operands: Vec<Node>,
        /// Where.
        rows: Vec<Vec<Node>>,
        /// Whether it must be missing.
        negated: bool,
    },
    /// `operand [NOT] IN (SELECT …)`, of one operand or several
    InQuery {
        /// What is looked for.
        operands: Vec<Node>,
        /// Where.
        query: Arc<Select>,
        /// Whether it must be missing.
        negated: bool,
    },
    /// `EXISTS (SELECT …)`
    Exists(Arc<Select>),
    /// `(SELECT …)` of one value
    Subquery(Arc<Select>),
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
    /// An operation on values.
    Call(Box<Call>),
    /// `CASE WHEN … THEN … ELSE … END`
    Case(Box<Case>),
    /// An aggregate over the rows of a group.
    Aggregate(Box<Aggregate>),
    /// `function OVER (…)`
    Window(Box<Window>),
}

/// A column by name.
#[derive(Clone, Debug)]
pub struct ColumnNode {
    /// The table, or the name that the query gives it.
    pub table: Cow<'static, str>,
    /// The column.
    pub name: Cow<'static, str>,
    /// How values of this column are bound.
    pub bind_type: BindType,
    /// Whether it may be NULL: it decides how rows are ordered.
    pub nullable: bool,
    /// The field of a model whose column it is: it knows what may be compared with it.
    pub field: Option<&'static FieldInfo>,
}

impl PartialEq for ColumnNode {
    fn eq(&self, other: &Self) -> bool {
        self.table == other.table && self.name == other.name
    }
}

/// An operation on values.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    /// What is done.
    pub function: Function,
    /// With what.
    pub arguments: Vec<Node>,
    /// What comes out.
    pub result: BindType,
}

/// `CASE WHEN … THEN … ELSE … END`
#[derive(Clone, Debug, PartialEq)]
pub struct Case {
    /// Conditions and what stands for them; the first that is true decides.
    pub branches: Vec<(Node, Node)>,
    /// When none is true; NULL when there is nothing.
    pub otherwise: Option<Node>,
    /// What comes out.
    pub result: BindType,
}

/// An aggregate over the rows of a group.
#[derive(Clone, Debug, PartialEq)]
pub struct Aggregate {
    /// What is computed.
    pub function: AggregateFunction,
    /// Of what, and with what beside it; nothing for a count of rows.
    pub arguments: Vec<Node>,
    /// Whether each value counts once.
    pub distinct: bool,
    /// Which rows take part.
    pub filter: Option<Node>,
    /// In which order.
    pub order: Vec<Order>,
    /// What comes out.
    pub result: BindType,
}

/// `function OVER (PARTITION BY … ORDER BY … frame)`
#[derive(Clone, Debug, PartialEq)]
pub struct Window {
    /// What is computed.
    pub function: WindowFunction,
    /// Rows that agree in these are looked at together.
    pub partition: Vec<Node>,
    /// In which order.
    pub order: Vec<Order>,
    /// Which rows around each one.
    pub frame: Option<Frame>,
}

/// What is computed over a window.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum WindowFunction {
    /// An aggregate of the frame's rows.
    Aggregate(Aggregate),
    /// The place of the row.
    Rank(RankFunction),
    /// The value of the row so many before.
    Lag(Node, u32),
    /// The value of the row so many after.
    Lead(Node, u32),
    /// The value of the frame's first row.
    First(Node),
    /// The value of the frame's last row.
    Last(Node),
}

/// Which rows around each one a window function looks at, in rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame {
    /// How many before; `None` for all.
    pub before: Option<FrameEnd>,
    /// How many after; `None` for all.
    pub after: Option<FrameEnd>,
}

/// An end of a frame: so many rows before (negative) or after this one.
pub type FrameEnd = i32;

/// A comparison of two values; NULL on either side gives NULL, save in the last two.
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
    /// `IS DISTINCT FROM`: NULL is like any other value.
    Distinct,
    /// `IS NOT DISTINCT FROM`
    NotDistinct,
}

impl Node {
    /// A bound value.
    pub fn bind(value: Value, bind_type: BindType) -> Self {
        Self::Bind(Bind { value, bind_type })
    }

    /// An operation.
    pub fn call(
        function: Function,
        arguments: impl IntoIterator<Item = Self>,
        result: BindType,
    ) -> Self {
        Self::Call(Box::new(Call {
            function,
            arguments: arguments.into_iter().collect(),
            result,
        }))
    }

    /// The type of the value.
    pub fn bind_type(&self) -> BindType {
        match self {
            Self::Column(column) => column.bind_type,
            Self::Bind(bind) => bind.bind_type,
            Self::Call(call) => call.result,
            Self::Case(case) => case.result,
            Self::Aggregate(aggregate) => aggregate.result,
            Self::Window(window) => match &window.function {
                WindowFunction::Aggregate(aggregate) => aggregate.result,
                WindowFunction::Lag(node, _)
                | WindowFunction::Lead(node, _)
                | WindowFunction::First(node)
                | WindowFunction::Last(node) => node.bind_type(),
                WindowFunction::Rank(_) => BindType::BigInt,
            },
            Self::Subquery(query) => query.value_type(),
            Self::Position { .. } => BindType::Integer,
            _ => BindType::Boolean,
        }
    }

    /// The digits behind the point of a decimal; 0 of anything else.
    pub fn scale(&self) -> u8 {
        match self.bind_type() {
            BindType::Decimal { scale } => scale,
            _ => 0,
        }
    }

    pub(crate) fn is_null(&self) -> bool {
        matches!(self, Self::Bind(bind) if bind.value.is_null())
    }

    /// Hands out the nodes right below this one; those of subqueries are not.
    pub(crate) fn children<'a>(&'a self, each: &mut dyn FnMut(&'a Self)) {
        match self {
            Self::Column(_)
            | Self::Bind(_)
            | Self::Invalid(_)
            | Self::Exists(_)
            | Self::Subquery(_) => {}
            Self::Compare { left, right, .. } => {
                each(left);
                each(right);
            }
            Self::And(nodes) | Self::Or(nodes) => nodes.iter().for_each(each),
            Self::Not(operand) | Self::IsNull { operand, .. } | Self::Position { operand, .. } => {
                each(operand);
            }
            Self::In { operand, list, .. } => {
                each(operand);
                list.iter().for_each(each);
            }
            Self::InRows { operands, rows, .. } => {
                operands.iter().for_each(&mut *each);
                rows.iter().flatten().for_each(each);
            }
            Self::InQuery { operands, .. } | Self::InValues { operands, .. } => {
                operands.iter().for_each(each);
            }
            Self::Between {
                operand, low, high, ..
            } => {
                each(operand);
                each(low);
                each(high);
            }
            Self::Like {
                operand, pattern, ..
            } => {
                each(operand);
                each(pattern);
            }
            Self::Call(call) => call.arguments.iter().for_each(each),
            Self::Case(case) => {
                for (condition, value) in &case.branches {
                    each(condition);
                    each(value);
                }
                case.otherwise.iter().for_each(each);
            }
            Self::Aggregate(aggregate) => aggregate.children(each),
            Self::Window(window) => {
                match &window.function {
                    WindowFunction::Aggregate(aggregate) => aggregate.children(&mut *each),
                    WindowFunction::Lag(node, _)
                    | WindowFunction::Lead(node, _)
                    | WindowFunction::First(node)
                    | WindowFunction::Last(node) => each(node),
                    WindowFunction::Rank(_) => {}
                }
                window.partition.iter().for_each(&mut *each);
                window.order.iter().for_each(|order| each(&order.node));
            }
        }
    }

    /// The query that stands right in this node.
    pub(crate) fn query(&self) -> Option<&Arc<Select>> {
        match self {
            Self::InQuery { query, .. } | Self::Exists(query) | Self::Subquery(query) => {
                Some(query)
            }
            _ => None,
        }
    }

    /// Whether the node or one below it, subqueries apart, is such a one.
    pub(crate) fn any(&self, found: &mut dyn FnMut(&Self) -> bool) -> bool {
        if found(self) {
            return true;
        }
        let mut any = false;
        self.children(&mut |node| any = any || node.any(found));
        any
    }

    /// The columns that the expression looks at, in the order of reading; those inside of subqueries are not among them.
    pub fn columns(&self) -> Vec<&ColumnNode> {
        let mut columns = Vec::new();
        self.collect_columns(&mut columns);
        columns
    }

    fn collect_columns<'a>(&'a self, columns: &mut Vec<&'a ColumnNode>) {
        if let Self::Column(column) = self {
            columns.push(column);
        }
        self.children(&mut |node| node.collect_columns(columns));
    }
}

impl Aggregate {
    fn children<'a>(&'a self, each: &mut dyn FnMut(&'a Node)) {
        self.arguments.iter().for_each(&mut *each);
        self.filter.iter().for_each(&mut *each);
        self.order.iter().for_each(|order| each(&order.node));
    }
}
