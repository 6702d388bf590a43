//! Typed relationships: `User::posts`, and what a query does with one.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use super::step::{Depth, How, Step};
use super::{RelationInfo, RelationType, Strategy, filter};
use crate::model::{ColumnValue, Model};
use crate::query::{
    Aggregated, Alias, Column, Columns, Expr, LeftOut, Node, Order, all_but, refuse_plain,
};

/// A relationship of the model `M`: `User::posts`. The derive makes one constant a field.
///
/// What can be done with it is listed at [`Relationship`].
pub struct Relation<M, F> {
    info: &'static RelationInfo,
    marker: PhantomData<fn() -> (M, F)>,
}

impl<M, F> Relation<M, F> {
    /// Made by the derive.
    #[doc(hidden)]
    pub const fn new(info: &'static RelationInfo) -> Self {
        Self {
            info,
            marker: PhantomData,
        }
    }

    /// The description of the relationship.
    pub const fn info(self) -> &'static RelationInfo {
        self.info
    }
}

impl<M, F> Clone for Relation<M, F> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<M, F> Copy for Relation<M, F> {}

impl<M, F> fmt::Debug for Relation<M, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.info, f)
    }
}

/// A relationship with what was said about its rows: which ones, in which order, how many, how they are loaded.
#[must_use = "it does nothing until a query loads it or filters by it"]
pub struct Related<M, F> {
    pub(crate) step: Step,
    /// The name of the table that has the relationship, where it is not its own.
    pub(super) owner: Option<&'static str>,
    marker: PhantomData<fn() -> (M, F)>,
}

impl<M, F> Related<M, F> {
    /// What is to be loaded.
    pub(crate) fn into_step(self) -> Step {
        let mut step = self.step;
        if let Some(name) = self.owner {
            let relation = step.relation;
            step.filter.push(Node::Invalid(format!(
                "{}: it is loaded for the rows of the query, not for those of the table named {name}; relation() of an alias is for conditions and values: .with({}::{})",
                relation.subject(),
                relation.model.name,
                relation.field
            )));
        }
        step
    }
}

impl<M, F> Clone for Related<M, F> {
    fn clone(&self) -> Self {
        Self {
            step: self.step.clone(),
            owner: self.owner,
            marker: PhantomData,
        }
    }
}

impl<M, F> fmt::Debug for Related<M, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.step, f)
    }
}

/// A relationship: `User::posts`, or one with a filter, an order, a strategy.
///
/// ```
/// # extern crate birgus_core as birgus;
/// use birgus::prelude::*;
/// # #[derive(Model)]
/// # pub struct User { #[key] pub id: i64, pub username: String, #[has_many(Post, backref = author)] pub posts: Many<Post> }
/// # #[derive(Model)]
/// # pub struct Post { #[key] pub id: i64, pub body: String, pub likes: i32,
/// #     #[column(references = User::id)] pub author_id: i64,
/// #     #[belongs_to(author_id)] pub author: One<User>,
/// #     #[has_many(Comment)] pub comments: Many<Comment> }
/// # #[derive(Model)]
/// # pub struct Comment { #[key] pub id: i64, #[column(references = Post::id)] pub post_id: i64 }
///
/// # fn main() {
/// // Two statements, and one more for the comments, however many users there are.
/// let users = User::query().with(User::posts.selectin().with(Post::comments.selectin()));
///
/// // The three best posts of each user.
/// let best = User::query().with(User::posts.order_by(Post::likes.desc()).limit(3));
///
/// // Users with a post about crabs; and those with more than ten posts, the busiest first.
/// let about_crabs = User::query().filter(User::posts.any(Post::body.contains("crab")));
/// let busy = User::query().filter(User::posts.count().gt(10)).order_by(User::posts.count().desc());
///
/// // Posts by their author.
/// let by_susan = Post::query().filter(Post::author.has(User::username.eq("susan")));
/// # let _ = (users, best, about_crabs, busy, by_susan);
/// # }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a relationship",
    label = "expected a relationship, such as `User::posts`"
)]
pub trait Relationship: Sized {
    /// The model that has the relationship.
    type Owner: Model;

    /// The type of its field.
    type Field: RelationType;

    /// The relationship with what was said about it so far.
    fn related(self) -> Related<Self::Owner, Self::Field>;

    /// Loads it parent by parent, when it is asked for: [`Many::load`](super::Many::load). It is then loaded whole: a filter
    /// or a limit is refused, as with the other strategies that load later.
    fn select(self) -> Related<Self::Owner, Self::Field> {
        self.by(Strategy::Select)
    }

    /// Loads it with the parents, by a LEFT JOIN. Of several collections the first is joined, the others go by
    /// `selectin`, so that rows don't multiply; so does a collection beside groups, distinct rows or locks.
    fn joined(self) -> Related<Self::Owner, Self::Field> {
        self.by(Strategy::Joined)
    }

    /// Loads it in one statement that repeats the parents' query. Where a limit may cut other rows the second time, as rows
    /// agree in the order, it goes by `selectin`; ordering by the primary key, too, settles it.
    fn subquery(self) -> Related<Self::Owner, Self::Field> {
        self.by(Strategy::Subquery)
    }

    /// Loads it in one statement with a list of the parents' keys.
    fn selectin(self) -> Related<Self::Owner, Self::Field> {
        self.by(Strategy::Selectin)
    }

    /// Leaves it a query, to be refined: [`Many::query`](super::Many::query).
    fn dynamic(self) -> Related<Self::Owner, Self::Field> {
        self.by(Strategy::Dynamic)
    }

    /// Makes it an error to ask for it: no query is hidden.
    fn raise(self) -> Related<Self::Owner, Self::Field> {
        self.by(Strategy::Raise)
    }

    /// Fills it from a join that the query has: what the join and its filters keep is loaded, so a collection may be
    /// partial. Its rows are in the query's order. A limit would cut collections, and is refused:
    /// [`Query::first`](crate::Query::first) has one, while [`Query::one`](crate::Query::one),
    /// [`Query::one_or_none`](crate::Query::one_or_none) and [`Query::get`](crate::Query::get) read every row then.
    ///
    /// ```
    /// # extern crate birgus_core as birgus;
    /// use birgus::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct User { #[key] pub id: i64, #[has_many(Post)] pub posts: Many<Post> }
    /// # #[derive(Model)]
    /// # pub struct Post { #[key] pub id: i64, pub likes: i32, #[column(references = User::id)] pub author_id: i64 }
    /// # fn main() {
    /// let query = User::query()
    ///     .join::<Post>(Post::author_id.eq(User::id))
    ///     .filter(Post::likes.gt(10))
    ///     .with(User::posts.contains());
    /// # let _ = query;
    /// # }
    /// ```
    fn contains(self) -> Related<Self::Owner, Self::Field> {
        let table = <Self::Field as RelationType>::Target::info().table_name();
        let mut related = self.related();
        related.step.how = How::Contains(Cow::Borrowed(table));
        related
    }

    /// As [`Relationship::contains`], of a join with an alias.
    fn contains_as(
        self,
        alias: &Alias<<Self::Field as RelationType>::Target>,
    ) -> Related<Self::Owner, Self::Field> {
        let mut related = self.related();
        related.step.how = How::Contains(Cow::Borrowed(alias.name()));
        related
    }

    /// Only the rows for which the condition is true; several must all be. A collection that is loaded so is partial.
    fn filter(self, condition: impl Into<Expr<bool>>) -> Related<Self::Owner, Self::Field> {
        let mut related = self.related();
        related.step.filter.push(condition.into().into_node());
        related
    }

    /// In this order, in place of the relationship's own; rows that agree in it are ordered by primary key.
    fn order_by(self, order: impl Into<Order>) -> Related<Self::Owner, Self::Field> {
        let mut related = self.related();
        related.step.order.push(order.into());
        related
    }

    /// At most so many rows for each parent, the first ones in the order.
    fn limit(self, rows: u64) -> Related<Self::Owner, Self::Field> {
        let mut related = self.related();
        related.step.limit = Some(rows);
        related
    }

    /// Without the first so many rows of each parent.
    fn offset(self, rows: u64) -> Related<Self::Owner, Self::Field> {
        let mut related = self.related();
        related.step.offset = Some(rows);
        related
    }

    /// Does not read these columns of the rows, as [`Query::defer`](crate::Query::defer).
    fn defer(
        self,
        columns: impl Columns<<Self::Field as RelationType>::Target>,
    ) -> Related<Self::Owner, Self::Field> {
        let mut related = self.related();
        let fields = columns.into_fields();
        match refuse_plain(&fields) {
            Some(problem) => related.step.filter.push(Node::Invalid(problem)),
            None => {
                (fields.iter()).for_each(|field| related.step.left_out.insert(field.position()))
            }
        }
        related
    }

    /// Reads these columns of the rows, which are left out otherwise, as [`Query::undefer`](crate::Query::undefer).
    fn undefer(
        self,
        columns: impl Columns<<Self::Field as RelationType>::Target>,
    ) -> Related<Self::Owner, Self::Field> {
        let mut related = self.related();
        for field in columns.into_fields() {
            related.step.left_out.remove(field.position());
        }
        related
    }

    /// Reads these columns of the rows alone, and the key, as [`Query::load_only`](crate::Query::load_only).
    fn load_only(
        self,
        columns: impl Columns<<Self::Field as RelationType>::Target>,
    ) -> Related<Self::Owner, Self::Field> {
        let mut related = self.related();
        related.step.left_out = LeftOut::default();
        match all_but((related.step.relation.target)(), &columns.into_fields()) {
            Err(problem) => related.step.filter.push(Node::Invalid(problem)),
            Ok(fields) => {
                (fields.iter()).for_each(|field| related.step.left_out.insert(field.position()));
            }
        }
        related
    }

    /// Loads a relationship of the related rows along.
    fn with(
        self,
        nested: impl Relationship<Owner = <Self::Field as RelationType>::Target>,
    ) -> Related<Self::Owner, Self::Field> {
        let mut related = self.related();
        add(&mut related.step.nested, nested.related().into_step());
        related
    }

    /// Follows a relationship of a model with itself so many times: children, their children … Each time is a statement,
    /// or a join.
    fn depth(self, times: u32) -> Related<Self::Owner, Self::Field> {
        let mut related = self.related();
        related.step.depth = Depth::Times(times.max(1));
        related
    }

    /// Follows a relationship of a model with itself as long as it leads to rows that were not met: a whole tree, in one
    /// statement for each of its levels. A row that is met again, as in a circle or among the rows that the query begins
    /// with, has it not loaded there; objects of a session are one, and have it.
    fn recursive(self) -> Related<Self::Owner, Self::Field> {
        let mut related = self.related();
        related.step.depth = Depth::All;
        related
    }

    /// Whether a related row meets the condition. It may look at the row around, too.
    fn any(self, condition: impl Into<Expr<bool>>) -> Expr<bool> {
        filter::exists(&self.related(), Some(condition.into().into_node()))
    }

    /// Whether the related row meets the condition; [`Relationship::any`] by the name that fits a relationship to one.
    fn has(self, condition: impl Into<Expr<bool>>) -> Expr<bool> {
        self.any(condition)
    }

    /// Whether there is a related row.
    fn exists(self) -> Expr<bool> {
        filter::exists(&self.related(), None)
    }

    /// How many related rows there are.
    fn count(self) -> Expr<i64> {
        filter::count(&self.related())
    }

    /// An aggregate over the related rows: `User::posts.aggregate(Post::likes.sum())`.
    fn aggregate<T: ColumnValue>(self, aggregate: Aggregated<T>) -> Expr<T> {
        filter::aggregate(&self.related(), aggregate)
    }

    /// A column of the related row, of which there is one at most; `None` where there is none:
    /// `Post::author.column(User::username)`.
    fn column<T: ColumnValue>(
        self,
        column: Column<<Self::Field as RelationType>::Target, T>,
    ) -> Expr<Option<T::Base>>
    where
        Option<T::Base>: ColumnValue,
    {
        filter::column(&self.related(), column)
    }

    #[doc(hidden)]
    fn by(self, strategy: Strategy) -> Related<Self::Owner, Self::Field> {
        let mut related = self.related();
        related.step.how = How::By(strategy);
        related
    }
}

/// Adds a step, in place of one for the same relationship.
pub(crate) fn add(steps: &mut Vec<Step>, step: Step) {
    match steps
        .iter_mut()
        .find(|known| known.relation == step.relation)
    {
        Some(known) => *known = step,
        None => steps.push(step),
    }
}

impl<M: Model, F: RelationType> Relationship for Relation<M, F> {
    type Owner = M;
    type Field = F;

    fn related(self) -> Related<M, F> {
        Related {
            step: Step::of(self.info),
            owner: None,
            marker: PhantomData,
        }
    }
}

impl<M: Model, F: RelationType> Relationship for Related<M, F> {
    type Owner = M;
    type Field = F;

    fn related(self) -> Self {
        self
    }
}

impl<M: Model> Alias<M> {
    /// A relationship of the table under this name, to filter by or to aggregate over.
    pub fn relation<F: RelationType>(
        self,
        relation: impl Relationship<Owner = M, Field = F>,
    ) -> Related<M, F> {
        let mut related = relation.related();
        related.owner = Some(self.name());
        related
    }
}
