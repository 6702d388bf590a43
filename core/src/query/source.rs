//! What a query may be over: tables under their own name or another, and common table expressions.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use super::select::{
    Body, NamedQuery, OutputColumn, Projection, Recursion, Relation, Select, Source,
};
use super::selection::Decoder;
use super::{Column, Expr, Labelled, Query, Whole, WholeOrNone};
use crate::model::{ColumnValue, Model};

/// Something that a query can join: an [`Alias`] or a [`Cte`].
pub trait FromItem {
    /// What stands behind JOIN.
    #[doc(hidden)]
    #[allow(
        private_interfaces,
        reason = "the plain form of a source is no part of the interface"
    )]
    fn source(&self) -> Source;
}

/// A table under its own name.
pub(super) struct Table<M>(PhantomData<fn() -> M>);

impl<M: Model> Table<M> {
    pub(super) fn new() -> Self {
        Self(PhantomData)
    }

    pub(super) fn source(&self) -> Source {
        Select::of(M::info()).source
    }
}

/// A table under another name, so that a query can use it twice; made by [`Model::alias`].
pub struct Alias<M> {
    name: &'static str,
    marker: PhantomData<fn() -> M>,
}

impl<M> Clone for Alias<M> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<M> Copy for Alias<M> {}

impl<M> fmt::Debug for Alias<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Alias").field(&self.name).finish()
    }
}

impl<M: Model> Alias<M> {
    pub(crate) fn new(name: &'static str) -> Self {
        Self {
            name,
            marker: PhantomData,
        }
    }

    /// The name.
    pub(crate) fn name(self) -> &'static str {
        self.name
    }

    /// A column of the table under this name.
    pub fn column<T: ColumnValue>(self, column: Column<M, T>) -> Expr<T> {
        Expr::from_node(column.field().node_of(Cow::Borrowed(self.name)))
    }

    /// A whole row of the table under this name.
    pub fn model(self) -> Whole<M> {
        Whole::of(Cow::Borrowed(self.name))
    }

    /// A whole row of the table under this name behind a left join.
    pub fn model_or_none(self) -> WholeOrNone<M> {
        self.model().or_none()
    }

    /// A query over the table under this name.
    pub fn query(self) -> Query<M> {
        Query::of_select(Select::from_source(FromItem::source(&self)))
    }
}

impl<M: Model> FromItem for Alias<M> {
    #[allow(private_interfaces, reason = "see the trait")]
    fn source(&self) -> Source {
        Source {
            name: Cow::Borrowed(self.name),
            relation: Relation::Table(M::info()),
        }
    }
}

/// A common table expression: a query with a name, that other queries are over. Made by [`Query::cte`].
///
/// ```
/// # extern crate birgus_core as birgus;
/// use birgus::prelude::*;
/// use birgus::query::count_rows;
/// # #[derive(Model)]
/// # pub struct User { #[key] pub id: i64, pub username: String }
/// # #[derive(Model)]
/// # pub struct Post { #[key] pub id: i64, #[column(references = User::id)] pub author_id: i64 }
///
/// # fn main() {
/// let posts = count_rows().label("posts");
/// let writers = Post::query().select((Post::author_id, posts.clone())).group_by(Post::author_id).cte("writers");
/// let query = User::query()
///     .join_to(&writers, writers.column(Post::author_id).eq(User::id))
///     .select((User::username, writers.label(&posts)));
/// # let _ = query;
/// # }
/// ```
pub struct Cte<O> {
    source: Source,
    decode: Decoder<O>,
}

impl<O> Clone for Cte<O> {
    fn clone(&self) -> Self {
        Self {
            source: self.source.clone(),
            decode: self.decode,
        }
    }
}

impl<O> fmt::Debug for Cte<O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Cte").field(&self.source.name).finish()
    }
}

impl<O> Cte<O> {
    /// The value that the query selects of that column. Where the query selects it as one that may be NULL, so is this:
    /// select it by `.nullable()`.
    pub fn column<M, T: ColumnValue>(&self, column: Column<M, T>) -> Expr<T> {
        self.named(column.field().column)
    }

    /// The value that the query selects under that label.
    pub fn label<T: ColumnValue>(&self, label: &Labelled<T>) -> Expr<T> {
        self.named(&label.name)
    }

    fn named<T: ColumnValue>(&self, name: &str) -> Expr<T> {
        let columns = self.source.columns().unwrap_or_default();
        let Some(column) = columns.iter().find(|column| column.name == name) else {
            return Expr::invalid(format!(
                "{}.{name}: the common table expression does not select it",
                self.source.name
            ));
        };
        let node = self.source.column(column);
        if column.bind_type != T::KIND.bind_type(node.scale()) {
            return Expr::invalid(format!(
                "{}.{name}: the common table expression selects another type under this name",
                self.source.name
            ));
        }
        Expr::from_node(node)
    }

    /// The same under another name, so that a query can use it twice.
    pub fn alias(&self, name: &'static str) -> Self {
        Self {
            source: Source {
                name: Cow::Borrowed(name),
                relation: self.source.relation.clone(),
            },
            decode: self.decode,
        }
    }

    /// A query for its rows.
    pub fn query(&self) -> Query<Self, O> {
        let mut select = Select::from_source(self.source.clone());
        let columns = self.source.columns().unwrap_or_default();
        let items = columns.iter().map(|column| super::select::Item {
            node: self.source.column(column),
            name: None,
            nullable: column.nullable,
        });
        select.projection = Projection::Items(items.collect());
        if let Relation::Named(named) = &self.source.relation {
            select.left_out = named.body.first.left_out.clone();
        }
        Query::from_parts(select, self.decode)
    }
}

impl<O> FromItem for Cte<O> {
    #[allow(private_interfaces, reason = "see the trait")]
    fn source(&self) -> Source {
        self.source.clone()
    }
}

/// The columns of a query, under the names that they have, and why they can't be told apart.
fn columns(select: &Select, name: &str) -> (Arc<[OutputColumn]>, Option<String>) {
    let mut problem = None;
    let mut columns: Vec<OutputColumn> = Vec::new();
    for (position, item) in select.items().iter().enumerate() {
        let own = item.own_name().cloned();
        let column = own.unwrap_or_else(|| Cow::Owned(format!("c{}", position + 1)));
        if columns.iter().any(|known| known.name == column) {
            problem = Some(format!(
                "{name}: a common table expression with two columns of the name {column}; tell them apart by label()"
            ));
        }
        columns.push(OutputColumn {
            name: column,
            bind_type: item.node.bind_type(),
            nullable: item.nullable,
        });
    }
    (Arc::from(columns), problem)
}

impl<M, O> Query<M, O> {
    /// The query as a common table expression, `WITH name AS (…)`. Its columns go by their own names and labels. It can be
    /// used several times, in subqueries too, and takes the place of a query behind FROM (a derived table).
    pub fn cte(self, name: &'static str) -> Cte<O> {
        let (columns, problem) = columns(&self.select, name);
        Cte {
            decode: self.decode,
            source: Source {
                name: Cow::Borrowed(name),
                relation: Relation::Named(Arc::new(NamedQuery {
                    name: Cow::Borrowed(name),
                    columns,
                    body: Body::of(self.select),
                    recursive: None,
                    problem,
                })),
            },
        }
    }

    /// The query as a common table expression that goes on: `step` gets the rows found last and gives a query for the
    /// next ones, until there are none. In a graph with circles the step has to count and to stop, or
    /// [`Query::recursive_cte_distinct`] is meant.
    ///
    /// The step is over the rows found last, once, by an inner join or behind FROM, and takes filters and joins only.
    ///
    /// ```
    /// # extern crate birgus_core as birgus;
    /// use birgus::prelude::*;
    /// use birgus::query::value;
    /// # #[derive(Model)]
    /// # pub struct Folder { #[key] pub id: i64, pub name: String, pub parent: Option<i64> }
    ///
    /// # fn main() {
    /// let depth = value(0_i64).label("depth");
    /// let tree = Folder::query()
    ///     .filter(Folder::parent.is_null())
    ///     .select((Folder::id, depth.clone()))
    ///     .recursive_cte("tree", |tree| {
    ///         Folder::query()
    ///             .join_to(tree, tree.column(Folder::id).eq(Folder::parent))
    ///             .select((Folder::id, tree.label(&depth) + 1))
    ///     });
    /// let query = tree.query(); // (id, depth) of every folder
    /// # let _ = query;
    /// # }
    /// ```
    pub fn recursive_cte<N>(
        self,
        name: &'static str,
        step: impl FnOnce(&Cte<O>) -> Query<N, O>,
    ) -> Cte<O> {
        self.recursion(Recursion::All, name, step)
    }

    /// As [`Query::recursive_cte`], with each row once: it ends when a step finds nothing new, in circles too.
    pub fn recursive_cte_distinct<N>(
        self,
        name: &'static str,
        step: impl FnOnce(&Cte<O>) -> Query<N, O>,
    ) -> Cte<O> {
        self.recursion(Recursion::Distinct, name, step)
    }

    fn recursion<N>(
        self,
        recursion: Recursion,
        name: &'static str,
        step: impl FnOnce(&Cte<O>) -> Query<N, O>,
    ) -> Cte<O> {
        let (columns, problem) = columns(&self.select, name);
        let itself = Cte {
            decode: self.decode,
            source: Source {
                name: Cow::Borrowed(name),
                relation: Relation::Itself(Cow::Borrowed(name), Arc::clone(&columns)),
            },
        };
        let step = step(&itself).select;
        Cte {
            decode: self.decode,
            source: Source {
                name: Cow::Borrowed(name),
                relation: Relation::Named(Arc::new(NamedQuery {
                    name: Cow::Borrowed(name),
                    columns,
                    body: Body::of(self.select),
                    recursive: Some((recursion, step)),
                    problem,
                })),
            },
        }
    }
}
