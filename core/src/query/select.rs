//! SELECT as plain data.

use std::borrow::Cow;
use std::sync::Arc;

use super::left_out::LeftOut;
use super::{ColumnNode, Node, Order};
use crate::backend::BindType;
use crate::model::ModelInfo;
use crate::relation::Step;

/// A SELECT as plain data, so that what writes and runs it is compiled once.
#[derive(Clone, Debug, PartialEq)]
pub struct Select {
    pub(crate) source: Source,
    pub(crate) joins: Vec<Join>,
    pub(crate) projection: Projection,
    pub(crate) distinct: bool,
    pub(crate) filter: Vec<Node>,
    pub(crate) group: Vec<Node>,
    pub(crate) having: Vec<Node>,
    pub(crate) order: Vec<Order>,
    pub(crate) limit: Option<u64>,
    pub(crate) offset: Option<u64>,
    pub(crate) lock: Option<Lock>,
    /// Whether a session's objects get the values of the rows.
    pub(crate) populate_existing: bool,
    /// The relationships that are loaded along with the rows.
    pub(crate) loads: Vec<Step>,
    /// The columns that the outermost query does not read. Inside of another query every column is there.
    pub(crate) left_out: LeftOut,
}

/// What stands behind SELECT.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Projection {
    /// Every column of the model of the first source.
    Model,
    Items(Vec<Item>),
}

/// One value of each row.
#[derive(Clone, Debug, PartialEq)]
pub struct Item {
    pub(crate) node: Node,
    pub(crate) name: Option<Cow<'static, str>>,
    /// Whether NULL can be read.
    pub(crate) nullable: bool,
}

impl Item {
    /// A value without a name of its own.
    pub(crate) fn of(node: Node, nullable: bool) -> Self {
        Self {
            node,
            name: None,
            nullable,
        }
    }

    /// The name that the value has by itself: its own, or its column's.
    pub(crate) fn own_name(&self) -> Option<&Cow<'static, str>> {
        match (&self.name, &self.node) {
            (Some(name), _) => Some(name),
            (None, Node::Column(column)) => Some(&column.name),
            _ => None,
        }
    }
}

/// Something that stands behind FROM or JOIN, and the name that its columns go by.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Source {
    pub(crate) name: Cow<'static, str>,
    pub(crate) relation: Relation,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Relation {
    Table(&'static ModelInfo),
    /// A query in parentheses.
    Derived(Arc<Derived>),
    /// A common table expression.
    Named(Arc<NamedQuery>),
    /// The common table expression inside of which this stands, by its name.
    Itself(Cow<'static, str>, Arc<[OutputColumn]>),
}

/// A query in parentheses, with its columns renamed.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Derived {
    pub(crate) body: Body,
    pub(crate) columns: Vec<OutputColumn>,
    /// The expressions behind the columns: where one occurs outside of the parentheses, the column is meant.
    pub(crate) originals: Vec<Node>,
}

/// A query with set operations.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Body {
    pub(crate) first: Select,
    pub(crate) rest: Vec<(SetOperator, Select)>,
}

/// A column that a query in parentheses or a common table expression has.
#[derive(Clone, Debug, PartialEq)]
pub struct OutputColumn {
    pub(crate) name: Cow<'static, str>,
    pub(crate) bind_type: BindType,
    pub(crate) nullable: bool,
}

/// A common table expression.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct NamedQuery {
    pub(crate) name: Cow<'static, str>,
    pub(crate) columns: Arc<[OutputColumn]>,
    pub(crate) body: Body,
    /// The part that refers to the expression itself.
    pub(crate) recursive: Option<(Recursion, Select)>,
    /// Why it can't be written.
    pub(crate) problem: Option<String>,
}

/// How the rows of the steps of a recursive query are put together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Recursion {
    /// Every row.
    All,
    /// Each row once, so that it ends where rows come again.
    Distinct,
}

/// How the rows of two queries are put together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SetOperator {
    Union,
    UnionAll,
    Intersect,
    Except,
}

impl SetOperator {
    pub(crate) fn sql(self) -> &'static str {
        match self {
            Self::Union => " UNION ",
            Self::UnionAll => " UNION ALL ",
            Self::Intersect => " INTERSECT ",
            Self::Except => " EXCEPT ",
        }
    }

    /// How error messages name it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Union => "union",
            Self::UnionAll => "union_all",
            Self::Intersect => "intersect",
            Self::Except => "except",
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Join {
    pub(crate) kind: JoinKind,
    pub(crate) source: Source,
    /// Nothing for a cross join.
    pub(crate) on: Option<Node>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum JoinKind {
    Inner,
    Left,
    Cross,
}

/// The rows are locked until the transaction ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lock {
    /// Waits for others.
    Update,
    /// Fails when others hold one of them.
    UpdateNoWait,
    /// Leaves out those that others hold.
    UpdateSkipLocked,
}

impl Select {
    /// Every row of a model.
    pub(crate) fn of(model: &'static ModelInfo) -> Self {
        Self::from_source(Source {
            name: Cow::Borrowed(model.table_name()),
            relation: Relation::Table(model),
        })
    }

    pub(crate) fn from_source(source: Source) -> Self {
        Self {
            source,
            joins: Vec::new(),
            projection: Projection::Model,
            distinct: false,
            filter: Vec::new(),
            group: Vec::new(),
            having: Vec::new(),
            order: Vec::new(),
            limit: None,
            offset: None,
            lock: None,
            populate_existing: false,
            loads: Vec::new(),
            left_out: LeftOut::default(),
        }
    }

    /// Chooses what stands behind SELECT.
    pub(crate) fn project(&mut self, items: Vec<Item>) {
        self.projection = Projection::Items(items);
        self.left_out = LeftOut::default();
        self.loads.clear();
    }

    /// Whether anything is loaded along with rows of the model.
    pub(crate) fn loads_along(&self, model: &'static ModelInfo) -> bool {
        !self.loads.is_empty()
            || model
                .relations
                .iter()
                .any(|relation| relation.lazy.is_eager())
    }

    /// The model of the first source.
    pub(crate) fn model(&self) -> Option<&'static ModelInfo> {
        match self.source.relation {
            Relation::Table(model) => Some(model),
            _ => None,
        }
    }

    /// Whether a session's objects get the values of the rows: rows are locked to be read as they are now.
    pub(crate) fn populates(&self) -> bool {
        self.populate_existing || self.lock.is_some()
    }

    /// How error messages name the query.
    pub(crate) fn subject(&self) -> &str {
        &self.source.name
    }

    /// The values of each row.
    pub(crate) fn items(&self) -> Cow<'_, [Item]> {
        match &self.projection {
            Projection::Items(items) => Cow::Borrowed(items),
            Projection::Model => {
                let fields = self.model().map_or(&[][..], |model| model.fields);
                let item = |field: &'static crate::model::FieldInfo| {
                    Item::of(field.node_of(self.source.name.clone()), field.nullable)
                };
                fields.iter().map(item).collect()
            }
        }
    }

    /// How the only value of each row is bound.
    pub(crate) fn value_type(&self) -> BindType {
        match &self.projection {
            Projection::Items(items) => items
                .first()
                .map_or(BindType::BigInt, |item| item.node.bind_type()),
            Projection::Model => self
                .model()
                .and_then(|model| model.fields.first())
                .map_or(BindType::BigInt, |field| field.bind_type()),
        }
    }

    /// Whether it asks for every row of a model, in any order.
    pub(crate) fn is_bare(&self) -> bool {
        self.filter.is_empty()
            && self.order.is_empty()
            && self.limit.is_none()
            && self.offset.is_none()
            && self.is_plain()
            && self.source.name == self.model().map_or("", |model| model.table_name())
    }

    /// Whether it is over the rows of one model, as they are stored.
    pub(crate) fn is_plain(&self) -> bool {
        self.projection == Projection::Model
            && self.joins.is_empty()
            && !self.is_grouped()
            && !self.distinct
            && self.lock.is_none()
    }

    /// Whether each row is the first source's model, whole.
    pub(crate) fn is_whole(&self) -> bool {
        match &self.projection {
            Projection::Model => true,
            Projection::Items(items) => {
                let model = Self::from_source(self.source.clone());
                let whole = model.items();
                items.len() == whole.len()
                    && items
                        .iter()
                        .zip(whole.iter())
                        .all(|(item, own)| item.node == own.node)
            }
        }
    }

    pub(crate) fn is_grouped(&self) -> bool {
        !self.group.is_empty() || !self.having.is_empty() || self.has_aggregates()
    }

    pub(crate) fn has_aggregates(&self) -> bool {
        match &self.projection {
            Projection::Model => false,
            Projection::Items(items) => items.iter().any(|item| aggregates(&item.node)),
        }
    }

    pub(crate) fn is_limited(&self) -> bool {
        self.limit.is_some() || self.offset.is_some()
    }

    /// Its expressions; those of the queries in FROM are not among them.
    pub(crate) fn nodes(&self) -> impl Iterator<Item = &Node> {
        let items = match &self.projection {
            Projection::Model => &[][..],
            Projection::Items(items) => items,
        };
        (items.iter().map(|item| &item.node))
            .chain(self.joins.iter().filter_map(|join| join.on.as_ref()))
            .chain(&self.filter)
            .chain(&self.group)
            .chain(&self.having)
            .chain(self.order.iter().map(|order| &order.node))
    }

    /// Hands out the query and every one inside of it, save those of common table expressions.
    pub(crate) fn each_query<'a>(&'a self, each: &mut dyn FnMut(&'a Self)) {
        each(self);
        let sources =
            std::iter::once(&self.source).chain(self.joins.iter().map(|join| &join.source));
        for source in sources {
            if let Relation::Derived(derived) = &source.relation {
                for select in derived.body.selects() {
                    select.each_query(each);
                }
            }
        }
        for node in self.nodes() {
            each_query_below(node, each);
        }
    }
}

fn each_query_below<'a>(node: &'a Node, each: &mut dyn FnMut(&'a Select)) {
    if let Some(query) = node.query() {
        query.each_query(each);
    }
    node.children(&mut |child| each_query_below(child, each));
}

/// Whether an aggregate occurs in the expression, other than one over a window.
pub(crate) fn aggregates(node: &Node) -> bool {
    if let Node::Window(_) = node {
        let mut any = false;
        node.children(&mut |child| any = any || aggregates(child));
        return any;
    }
    if let Node::Aggregate(_) = node {
        return true;
    }
    let mut any = false;
    node.children(&mut |child| any = any || aggregates(child));
    any
}

impl Source {
    /// The columns of a derived source; of a table none, its model knows them.
    pub(crate) fn columns(&self) -> Option<&[OutputColumn]> {
        match &self.relation {
            Relation::Table(_) => None,
            Relation::Derived(derived) => Some(&derived.columns),
            Relation::Named(named) => Some(&named.columns),
            Relation::Itself(_, columns) => Some(columns),
        }
    }

    /// The expression behind a column of a query in parentheses.
    fn original(&self, node: &Node) -> Option<&Node> {
        let (Relation::Derived(derived), Node::Column(column)) = (&self.relation, node) else {
            return None;
        };
        let is_it = |known: &OutputColumn| known.name == column.name;
        let position = derived.columns.iter().position(is_it)?;
        (column.table == self.name).then(|| &derived.originals[position])
    }

    pub(crate) fn has(&self, column: &str) -> bool {
        match (&self.relation, self.columns()) {
            (Relation::Table(model), _) => model.field_of_column(column).is_some(),
            (_, columns) => columns
                .unwrap_or_default()
                .iter()
                .any(|known| known.name == column),
        }
    }

    /// A column of the source.
    pub(crate) fn column(&self, column: &OutputColumn) -> Node {
        Node::Column(ColumnNode {
            table: self.name.clone(),
            name: column.name.clone(),
            bind_type: column.bind_type,
            nullable: column.nullable,
            field: None,
        })
    }
}

impl NamedQuery {
    pub(crate) fn selects(&self) -> impl Iterator<Item = &Select> {
        let step = self.recursive.as_ref().map(|(_, step)| step);
        self.body.selects().chain(step)
    }
}

impl Body {
    pub(crate) fn of(select: Select) -> Self {
        Self {
            first: select,
            rest: Vec::new(),
        }
    }

    pub(crate) fn selects(&self) -> impl Iterator<Item = &Select> {
        std::iter::once(&self.first).chain(self.rest.iter().map(|(_, select)| select))
    }
}

impl Derived {
    /// A query in parentheses whose columns are `c1`, `c2` …
    pub(crate) fn new(body: Body) -> Self {
        let items = body.first.items();
        let columns = items
            .iter()
            .enumerate()
            .map(|(position, item)| OutputColumn {
                name: Cow::Owned(format!("c{}", position + 1)),
                bind_type: item.node.bind_type(),
                nullable: item.nullable,
            })
            .collect();
        let source = &body.first.source;
        let originals = items
            .iter()
            .map(|item| source.original(&item.node).unwrap_or(&item.node).clone())
            .collect();
        Self {
            body,
            columns,
            originals,
        }
    }

    /// A query for everything that the query in parentheses has.
    pub(crate) fn select(body: Body, name: &'static str) -> Select {
        let names: Vec<_> = body
            .first
            .items()
            .iter()
            .map(|item| (item.own_name().cloned(), item.nullable))
            .collect();
        // What the query in parentheses would leave out, this one does.
        let left_out = body.first.left_out.clone();
        let derived = Arc::new(Self::new(body));
        let source = Source {
            name: Cow::Borrowed(name),
            relation: Relation::Derived(Arc::clone(&derived)),
        };
        let items = derived
            .columns
            .iter()
            .zip(names)
            .map(|(column, (name, nullable))| Item {
                node: source.column(column),
                name,
                nullable,
            })
            .collect();
        let mut select = Select::from_source(source);
        select.projection = Projection::Items(items);
        select.left_out = left_out;
        select
    }
}
