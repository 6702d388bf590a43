//! The static description of a relationship that `#[derive(Model)]` writes.

use std::fmt;

use crate::model::{FieldInfo, ModelInfo};
use crate::query::Order;

/// A relationship of a model, as `#[has_many]`, `#[has_one]`, `#[belongs_to]` and `#[many_to_many]` declare it.
pub struct RelationInfo {
    /// The model whose field it is.
    pub model: &'static ModelInfo,
    /// The field's name.
    pub field: &'static str,
    /// The position among the model's relationships.
    pub index: usize,
    /// What it relates to what.
    pub kind: RelationKind,
    /// Whether there may be nothing on the other side of a relationship to one.
    pub optional: bool,
    /// How it is loaded when a query says nothing.
    pub lazy: Strategy,
    /// The model's own fields that it goes by.
    pub local: &'static [usize],
    /// The model on the other side.
    pub target: fn() -> &'static ModelInfo,
    /// The columns that it goes by.
    pub route: fn() -> Route,
    /// The relationship that leads back, as the declaration names it.
    pub backref: Option<Backref>,
    /// The order of a collection; nothing for that of the primary key.
    pub order: Option<fn() -> Vec<Order>>,
}

/// The field of the other model that leads back.
#[derive(Clone, Copy)]
pub struct Backref {
    /// Its name.
    pub field: &'static str,
    /// Its description.
    pub relation: fn() -> &'static RelationInfo,
}

/// What a relationship relates to what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RelationKind {
    /// The rows of the other model that reference this one.
    HasMany,
    /// The only row of the other model that references this one.
    HasOne,
    /// The row that this one references.
    BelongsTo,
    /// The rows that a table between the two pairs with this one.
    ManyToMany,
}

impl RelationKind {
    /// Whether there may be several rows on the other side.
    pub fn is_many(self) -> bool {
        matches!(self, Self::HasMany | Self::ManyToMany)
    }
}

/// How a relationship is loaded; the terms are SQLAlchemy's.
///
/// | strategy | statements for N parents | form |
/// |---|---|---|
/// | `select` | one for each parent whose relation is asked for | a query for one parent |
/// | `joined` | none of its own | LEFT JOIN in the parents' query |
/// | `subquery` | one | the parents' query is repeated inside of the children's |
/// | `selectin` | one | the parents' keys are a list inside of the children's query |
/// | `dynamic` | one for each use | the field is a query, to be refined |
/// | `raise` | none: asking for it is an error | proves that no query is hidden |
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Strategy {
    /// Parent by parent, when it is asked for.
    #[default]
    Select,
    /// With the parents, by a LEFT JOIN.
    Joined,
    /// In one statement that repeats the parents' query.
    Subquery,
    /// In one statement with a list of the parents' keys.
    Selectin,
    /// Never by itself: it is a query.
    Dynamic,
    /// Never: asking for it is an error.
    Raise,
}

impl Strategy {
    /// Whether the parents come with it loaded.
    pub fn is_eager(self) -> bool {
        matches!(self, Self::Joined | Self::Subquery | Self::Selectin)
    }

    /// The name by which attributes and queries call it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Select => "select",
            Self::Joined => "joined",
            Self::Subquery => "subquery",
            Self::Selectin => "selectin",
            Self::Dynamic => "dynamic",
            Self::Raise => "raise",
        }
    }
}

/// The columns by which a relationship goes from one model to the other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// The fields of the model itself.
    pub local: Vec<usize>,
    /// The fields of the other model, in the same order; of a many-to-many in that of `Through::remote`.
    pub remote: Vec<usize>,
    /// The table between the two.
    pub through: Option<Through>,
}

/// The table between the two models of a many-to-many relationship.
#[derive(Clone, Debug, PartialEq)]
pub struct Through {
    /// Its model.
    pub model: &'static ModelInfo,
    /// The fields that reference the model itself.
    pub local: Vec<usize>,
    /// The fields that reference the other model.
    pub remote: Vec<usize>,
}

impl Eq for Through {}

impl Route {
    /// The route to a model that references this one.
    pub fn has(key: ForeignKeyFields) -> Self {
        Self {
            local: key.references,
            remote: key.fields,
            through: None,
        }
    }

    /// The route to the model that this one references.
    pub fn belongs_to(key: ForeignKeyFields) -> Self {
        Self {
            local: key.fields,
            remote: key.references,
            through: None,
        }
    }

    /// The route of the relationship that leads back.
    #[must_use]
    pub fn reversed(self) -> Self {
        Self {
            local: self.remote,
            remote: self.local,
            through: self.through.map(|through| Through {
                model: through.model,
                local: through.remote,
                remote: through.local,
            }),
        }
    }

    /// The route by a table that references both.
    pub fn through(
        model: &'static ModelInfo,
        own: ForeignKeyFields,
        other: ForeignKeyFields,
    ) -> Self {
        Self {
            local: own.references,
            remote: other.references,
            through: Some(Through {
                model,
                local: own.fields,
                remote: other.fields,
            }),
        }
    }
}

/// A foreign key: fields of a model, and those of another one that they reference.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ForeignKeyFields {
    /// The fields.
    pub fields: Vec<usize>,
    /// The referenced fields, in the same order.
    pub references: Vec<usize>,
}

impl RelationInfo {
    /// `User.posts`, as error messages name it.
    pub fn subject(&self) -> String {
        format!("{}.{}", self.model.name, self.field)
    }

    /// The relationships of the other model that lead back by the same columns.
    pub(crate) fn reverses(&'static self) -> impl Iterator<Item = &'static Self> {
        let target = (self.target)();
        let route = (self.route)();
        target.relations.iter().filter(move |other| {
            std::ptr::eq((other.target)(), self.model)
                && !std::ptr::eq(*other, self)
                && other.kind.is_reverse_of(self.kind)
                && route.is_reverse_of(&(other.route)())
        })
    }

    /// Whether the table between two models may pair the same rows several times.
    pub(crate) fn pairs_may_repeat(&self) -> bool {
        (self.route)().through.is_some_and(|through| {
            let pair =
                |field: &usize| through.local.contains(field) || through.remote.contains(field);
            !through.model.key.iter().all(pair)
        })
    }
}

/// The fields at some positions.
pub(crate) fn fields(model: &'static ModelInfo, positions: &[usize]) -> Vec<&'static FieldInfo> {
    (positions.iter())
        .filter_map(|position| model.fields.get(*position))
        .collect()
}

impl RelationKind {
    fn is_reverse_of(self, other: Self) -> bool {
        match self {
            Self::HasMany | Self::HasOne => other == Self::BelongsTo,
            Self::BelongsTo => matches!(other, Self::HasMany | Self::HasOne),
            Self::ManyToMany => other == Self::ManyToMany,
        }
    }
}

impl Route {
    fn is_reverse_of(&self, other: &Self) -> bool {
        match (&self.through, &other.through) {
            (None, None) => self.local == other.remote && self.remote == other.local,
            (Some(own), Some(other)) => {
                std::ptr::eq(own.model, other.model)
                    && own.local == other.remote
                    && own.remote == other.local
            }
            _ => false,
        }
    }
}

impl fmt::Debug for RelationInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.subject())
    }
}

/// Two descriptions are the same when they are one: each is a static.
impl PartialEq for RelationInfo {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self, other)
    }
}

impl Eq for RelationInfo {}

impl fmt::Debug for Backref {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Backref").field(&self.field).finish()
    }
}
