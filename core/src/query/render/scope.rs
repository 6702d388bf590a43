//! The tables that an expression may look at, and the statement that it is written into.

use super::{Sink, exists, select};
use crate::backend::{BindType, Dialect, StatementBuilder, ValueList};
use crate::query::select::{Join, JoinKind, Relation, Select, Source};
use crate::query::{ColumnNode, Node};
use crate::value::Value;
use crate::{Error, Result};

/// The sources of a query, and those of the query around it.
#[derive(Clone, Copy)]
pub(crate) struct Scope<'a> {
    pub(crate) outer: Option<&'a Scope<'a>>,
    pub(crate) source: &'a Source,
    pub(crate) joins: &'a [Join],
    /// Whether the definitions of common table expressions stand in front of the statement already.
    pub(crate) defined: bool,
    /// The query around a query in parentheses, which must not be looked at from inside.
    pub(crate) hidden: Option<&'a Scope<'a>>,
    /// Whether it is that of a join's condition.
    pub(crate) joining: bool,
}

impl<'a> Scope<'a> {
    /// The scope of a statement over one table.
    pub(crate) fn of(source: &'a Source) -> Self {
        Self {
            outer: None,
            source,
            joins: &[],
            defined: false,
            hidden: None,
            joining: false,
        }
    }

    /// The scope of a query, inside of another one.
    pub(crate) fn inside(select: &'a Select, outer: Option<&'a Scope<'a>>) -> Self {
        Self {
            outer,
            source: &select.source,
            joins: &select.joins,
            defined: true,
            hidden: None,
            joining: false,
        }
    }

    /// The scope without the queries around it, which ORDER BY and GROUP BY don't look at.
    pub(crate) fn alone(&self) -> Self {
        Self {
            outer: None,
            ..*self
        }
    }

    /// The scope behind the definitions of common table expressions.
    pub(crate) fn with_definitions(&self) -> Self {
        Self {
            defined: true,
            ..*self
        }
    }

    /// The source of that name in this query, and whether its rows may be missing (a left join).
    pub(crate) fn own(&self, name: &str) -> Option<(&'a Source, bool)> {
        if self.source.name == name {
            return Some((self.source, false));
        }
        let join = self.joins.iter().find(|join| join.source.name == name)?;
        Some((&join.source, join.kind == JoinKind::Left))
    }

    fn find(&self, name: &str) -> Option<&'a Source> {
        match self.own(name) {
            Some((source, _)) => Some(source),
            None => self.outer?.find(name),
        }
    }

    fn sources(&self) -> impl Iterator<Item = &'a Source> {
        std::iter::once(self.source).chain(self.joins.iter().map(|join| &join.source))
    }

    /// The column of a query in parentheses that the expression stands behind.
    pub(crate) fn substitute(&self, node: &Node) -> Option<ColumnNode> {
        for source in self.sources() {
            if let Relation::Derived(derived) = &source.relation {
                let position = derived.originals.iter().position(|known| known == node);
                if let Some(Node::Column(column)) =
                    position.map(|position| source.column(&derived.columns[position]))
                {
                    return Some(column);
                }
            }
        }
        // A table of this query hides what the query around calls by the same name.
        let own = |column: &&ColumnNode| self.own(&column.table).is_some();
        if node.columns().iter().any(own) {
            return None;
        }
        self.outer?.substitute(node)
    }

    /// Whether the expression, or a part of it that no column stands for, is such a one.
    pub(crate) fn any(&self, node: &Node, found: &mut dyn FnMut(&Node) -> bool) -> bool {
        if !node.any(found) {
            return false;
        }
        if self.substitute(node).is_some() {
            return false;
        }
        let mut any = found(node);
        node.children(&mut |child| any = any || self.any(child, found));
        any
    }

    fn has_derived(&self) -> bool {
        self.sources()
            .any(|source| matches!(source.relation, Relation::Derived(_)))
            || self.outer.is_some_and(Scope::has_derived)
    }

    /// Whether the query around these parentheses has the table.
    fn hides(&self, name: &str) -> bool {
        self.hidden.is_some_and(|scope| scope.find(name).is_some())
            || (self.hidden.or(self.outer)).is_some_and(|scope| scope.hides(name))
    }

    fn missing(&self, column: &ColumnNode) -> Error {
        if self.hides(&column.table) {
            return Error::invalid_query(format!(
                "{}.{}: belongs to the query around; one with set operations, or with distinct, order or limit in parentheses, or a common table expression can't look at it",
                column.table, column.name
            ));
        }
        let names: Vec<&str> = self.sources().map(|source| source.name.as_ref()).collect();
        let derived = matches!(self.source.relation, Relation::Derived(_));
        Error::invalid_query(format!(
            "{}.{}: the query is over {}, which does not have this column{}",
            column.table,
            column.name,
            names.join(", "),
            if derived { "; select it" } else { "" }
        ))
    }

    fn check(&self, column: &ColumnNode) -> Result<()> {
        let source = self
            .find(&column.table)
            .ok_or_else(|| self.missing(column))?;
        // Nearly always a model's own field; comparing addresses is faster than comparing names.
        let known = match (&source.relation, column.field) {
            (Relation::Table(model), Some(field)) => std::ptr::eq(*model, field.model),
            _ => source.has(&column.name),
        };
        if known {
            Ok(())
        } else {
            Err(self.missing(column))
        }
    }
}

/// A statement over the tables of a scope.
pub(crate) struct InStatement<'s, 'd> {
    pub(crate) builder: &'s mut StatementBuilder<'d>,
    pub(crate) scope: &'s Scope<'s>,
}

impl<'d> Sink<'d> for InStatement<'_, 'd> {
    fn push(&mut self, sql: &str) {
        self.builder.push(sql);
    }

    fn identifier(&mut self, name: &str) {
        self.builder.identifier(name);
    }

    fn value(&mut self, value: &Value, bind_type: BindType) {
        self.builder.bind(value.clone(), bind_type);
    }

    fn column(&mut self, column: &ColumnNode) -> Result<()> {
        self.scope.check(column)?;
        self.builder
            .identifier(&column.table)
            .push(".")
            .identifier(&column.name);
        Ok(())
    }

    fn select(&mut self, query: &Select) -> Result<()> {
        select::write_select(self.builder, query, Some(self.scope))
    }

    fn exists(&mut self, query: &Select) -> Result<()> {
        exists::write_exists(self.builder, query, self.scope)
    }

    fn list(&mut self, list: &ValueList<'_>) -> Result<()> {
        self.dialect().write_list(self.builder, list)
    }

    fn like_escape(&self) -> &'static str {
        self.dialect().like_escape()
    }

    fn substitute(&self, node: &Node) -> Option<ColumnNode> {
        if !self.scope.has_derived() {
            return None;
        }
        self.scope.substitute(node)
    }

    fn vary(&mut self) {
        self.builder.vary();
    }

    fn may_miss(&self, column: &ColumnNode) -> bool {
        self.scope
            .own(&column.table)
            .is_some_and(|(_, optional)| optional)
    }

    fn dialect(&self) -> &'d dyn Dialect {
        self.builder.dialect()
    }
}
