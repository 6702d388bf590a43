//! Queries as data, and how the builder makes them.

use std::fmt;
use std::sync::OnceLock;

use birgus::Result;
use birgus::backend::Row;
use birgus::prelude::*;
use birgus::query::{Cte, Expr, Item, Labelled, Selection, exists, value};

use super::expression::{Condition, Ex, Ordering};
use super::models::{Family, Rows, Table};
use super::value::{Any, KINDS, Kind, Slot, Val};

/// A query.
#[derive(Clone)]
pub(crate) struct Read {
    pub(crate) from: Source,
    pub(crate) joins: Vec<Join>,
    pub(crate) filter: Vec<Condition>,
    pub(crate) group: Vec<Ex>,
    pub(crate) having: Vec<Condition>,
    /// What is selected; nothing for whole rows of the first table.
    pub(crate) select: Vec<Ex>,
    pub(crate) sets: Vec<(SetOperator, Read)>,
    pub(crate) distinct: bool,
    pub(crate) order: Vec<Ordering>,
    /// Whether the order leaves nothing to chance.
    pub(crate) total: bool,
    pub(crate) limit: Option<u64>,
    pub(crate) offset: Option<u64>,
}

impl Read {
    /// Everything of a source.
    pub(crate) fn over(from: Source) -> Self {
        Self {
            from,
            joins: Vec::new(),
            filter: Vec::new(),
            group: Vec::new(),
            having: Vec::new(),
            select: Vec::new(),
            sets: Vec::new(),
            distinct: false,
            order: Vec::new(),
            total: false,
            limit: None,
            offset: None,
        }
    }
}

/// Shows what there is; the parts that are empty are not there.
impl fmt::Debug for Read {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Read");
        shown.field("from", &self.from);
        let lists: [(&str, usize, &dyn fmt::Debug); 7] = [
            ("joins", self.joins.len(), &self.joins),
            ("filter", self.filter.len(), &self.filter),
            ("group", self.group.len(), &self.group),
            ("having", self.having.len(), &self.having),
            ("select", self.select.len(), &self.select),
            ("sets", self.sets.len(), &self.sets),
            ("order", self.order.len(), &self.order),
        ];
        for (name, _, list) in lists.iter().filter(|(_, length, _)| *length > 0) {
            shown.field(name, list);
        }
        if self.distinct {
            shown.field("distinct", &self.distinct);
        }
        for (name, number) in [("limit", self.limit), ("offset", self.offset)] {
            if let Some(number) = number {
                shown.field(name, &number);
            }
        }
        shown.finish()
    }
}

/// What a query is over.
#[derive(Clone, Debug)]
pub(crate) enum Source {
    Table(Table),
    Alias(Table, &'static str),
    Cte(&'static str, Box<Read>),
}

#[derive(Clone, Debug)]
pub(crate) struct Join {
    pub(crate) left: bool,
    pub(crate) source: Source,
    /// Nothing for every pair.
    pub(crate) on: Option<Condition>,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum SetOperator {
    Union,
    UnionAll,
    Intersect,
    Except,
}

/// The sources that an expression may look at.
pub(crate) struct Scope<'a> {
    sources: Vec<Bound>,
    outer: Option<&'a Scope<'a>>,
}

enum Bound {
    Table(Table, Option<&'static str>),
    Cte(Cte<Vec<Val>>, Vec<Kind>),
}

impl<'a> Scope<'a> {
    /// That of a statement over one table.
    pub(crate) fn of(table: Table) -> Self {
        Self {
            sources: vec![Bound::Table(table, None)],
            outer: None,
        }
    }

    fn new(read: &Read, outer: Option<&'a Scope<'a>>) -> Self {
        let sources = std::iter::once(&read.from).chain(read.joins.iter().map(|join| &join.source));
        Self {
            sources: sources.map(Bound::new).collect(),
            outer,
        }
    }

    pub(crate) fn column(&self, level: usize, source: usize, field: usize) -> Any {
        if level > 0 {
            let outer = self.outer.expect("a query around this one");
            return outer.column(level - 1, source, field);
        }
        match &self.sources[source] {
            Bound::Table(table, alias) => with_model!(*table, M => M::column(field, *alias)),
            Bound::Cte(cte, kinds) => {
                let kind = kinds[field];
                with_kind!(kind, T => T::any(cte.label(&value(None::<T>).label(label(field, kind)))))
            }
        }
    }
}

impl Bound {
    fn new(source: &Source) -> Self {
        match source {
            Source::Table(table) => Self::Table(*table, None),
            Source::Alias(table, name) => Self::Table(*table, Some(name)),
            Source::Cte(name, read) => {
                let scope = Scope::new(read, None);
                let kinds = read.select.iter().map(|item| item.build(&scope).kind());
                let kinds = kinds.collect();
                Self::Cte(with_rows!(rows(read), query => query.cte(name)), kinds)
            }
        }
    }
}

/// The name of a selected value: it tells how it is read.
fn label(position: usize, kind: Kind) -> &'static str {
    const MOST: usize = 12;
    static LABELS: OnceLock<Vec<String>> = OnceLock::new();
    let labels = LABELS.get_or_init(|| {
        let name = |position| {
            KINDS
                .iter()
                .map(move |kind| format!("{kind:?}_{position}").to_lowercase())
        };
        (0..MOST).flat_map(name).collect()
    });
    let own = KINDS.iter().position(|known| *known == kind).unwrap();
    &labels[position * KINDS.len() + own]
}

fn kind_of_label(label: &str) -> Option<Kind> {
    let (name, _) = label.split_once('_')?;
    let named = |kind: &&Kind| format!("{kind:?}").to_lowercase() == name;
    KINDS.iter().find(named).copied()
}

/// Any number of values of each row, whatever their types.
struct Selected(Vec<Any>);

impl Selection for Selected {
    type Output = Vec<Val>;

    fn add_to(self, items: &mut Vec<Item>) {
        for (position, any) in self.0.into_iter().enumerate() {
            let name = label(position, any.kind());
            with_any!(any, expression => expression.label(name).add_to(items));
        }
    }

    fn read(row: &dyn Row, items: &[Item], at: &mut usize) -> Result<Vec<Val>> {
        let mut values = Vec::with_capacity(items.len());
        while *at < items.len() {
            let name = row.column_name(*at).unwrap_or_default();
            let kind = kind_of_label(&name).unwrap_or_else(|| panic!("a column `{name}`"));
            with_kind!(kind, T => {
                let value = <Labelled<Option<T>> as Selection>::read(row, items, at)?;
                values.push(value.map_or(Val::Null, Slot::val));
            });
        }
        Ok(values)
    }
}

/// Binds the query over the first source.
macro_rules! with_source {
    ($read:expr, $scope:expr, $query:ident => $body:expr) => {
        match &$read.from {
            Source::Table(table) => with_model!(*table, M => { let $query = M::query(); $body }),
            Source::Alias(table, name) => {
                with_model!(*table, M => { let $query = M::alias(name).query(); $body })
            }
            Source::Cte(..) => {
                let Bound::Cte(cte, _) = &$scope.sources[0] else {
                    panic!("the source is bound as what it is")
                };
                let $query = cte.query();
                $body
            }
        }
    };
}

/// Everything but what is selected, and what comes after that.
fn clauses<M, O>(mut query: Query<M, O>, read: &Read, scope: &Scope<'_>) -> Query<M, O> {
    for (join, bound) in read.joins.iter().zip(&scope.sources[1..]) {
        let on = join.on.as_ref().map(|on| on.build(scope));
        query = match bound {
            Bound::Table(table, Some(alias)) => {
                with_model!(*table, J => joined(query, &J::alias(alias), join.left, on))
            }
            Bound::Table(table, None) => with_model!(*table, J => match on {
                Some(on) if join.left => query.left_join::<J>(on),
                Some(on) => query.join::<J>(on),
                None => query.cross_join::<J>(),
            }),
            Bound::Cte(cte, _) => joined(query, cte, join.left, on),
        };
    }
    for condition in &read.filter {
        query = query.filter(condition.build(scope));
    }
    for expression in &read.group {
        query = with_any!(expression.build(scope), by => query.group_by(by));
    }
    for condition in &read.having {
        query = query.having(condition.build(scope));
    }
    query
}

fn joined<M, O>(
    query: Query<M, O>,
    to: &impl birgus::query::FromItem,
    left: bool,
    on: Option<Expr<bool>>,
) -> Query<M, O> {
    match on {
        Some(on) if left => query.left_join_to(to, on),
        Some(on) => query.join_to(to, on),
        None => query.cross_join_to(to),
    }
}

/// Order and limit.
fn ending<M, O>(mut query: Query<M, O>, read: &Read, scope: &Scope<'_>) -> Query<M, O> {
    for order in &read.order {
        query = query.order_by(order.build(scope));
    }
    if let Some(limit) = read.limit {
        query = query.limit(limit);
    }
    if let Some(offset) = read.offset {
        query = query.offset(offset);
    }
    query
}

fn selected<M, O>(query: Query<M, O>, read: &Read, scope: &Scope<'_>) -> Query<M, Vec<Val>> {
    let items = read.select.iter().map(|item| item.build(scope)).collect();
    let mut query = clauses(query, read, scope).select(Selected(items));
    if read.distinct {
        query = query.distinct();
    }
    for (operator, other) in &read.sets {
        query = with_rows!(rows(other), other => match operator {
            SetOperator::Union => query.union(other),
            SetOperator::UnionAll => query.union_all(other),
            SetOperator::Intersect => query.intersect(other),
            SetOperator::Except => query.except(other),
        });
    }
    ending(query, read, scope)
}

/// The query for what is selected.
pub(crate) fn rows(read: &Read) -> Rows {
    let scope = Scope::new(read, None);
    with_source!(read, scope, query => selected(query, read, &scope).into())
}

/// The query for whole rows of the table.
pub(crate) fn whole<M: Family>(query: Query<M>, read: &Read) -> Query<M> {
    let scope = Scope::new(read, None);
    let mut query = clauses(query, read, &scope);
    if read.distinct {
        query = query.distinct();
    }
    ending(query, read, &scope)
}

fn one<M, O, T: Slot>(query: Query<M, O>, read: &Read, scope: &Scope<'_>) -> Query<M, Option<T>> {
    let item = T::expr(read.select[0].build(scope)).expect("a value of the kind");
    let query = clauses(query, read, scope).select(item);
    let query = if read.distinct {
        query.distinct()
    } else {
        query
    };
    ending(query, read, scope)
}

/// The query as a value.
pub(crate) fn value_of<T: Slot>(read: &Read, outer: &Scope<'_>) -> Any {
    let scope = Scope::new(read, Some(outer));
    with_source!(read, scope, query => T::any(one::<_, _, T>(query, read, &scope).as_value()))
}

/// `IN (SELECT …)`
pub(crate) fn within<T: Slot>(
    operand: Expr<Option<T>>,
    read: &Read,
    negated: bool,
    outer: &Scope<'_>,
) -> Expr<bool> {
    let scope = Scope::new(read, Some(outer));
    with_source!(read, scope, query => {
        let query = one::<_, _, T>(query, read, &scope);
        if negated { operand.not_in(query) } else { operand.in_(query) }
    })
}

/// `EXISTS (SELECT …)`
pub(crate) fn any_row(read: &Read, outer: &Scope<'_>) -> Expr<bool> {
    let scope = Scope::new(read, Some(outer));
    with_source!(read, scope, query => exists(clauses(query, read, &scope)))
}
