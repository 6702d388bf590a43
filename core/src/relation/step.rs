//! What a query loads along with its rows, as plain data.

use std::borrow::Cow;

use super::{RelationInfo, Strategy};
use crate::model::ModelInfo;
use crate::query::{LeftOut, Node, Order};
use crate::{Error, Result};

/// A relationship that is loaded along with the rows that have it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Step {
    pub(crate) relation: &'static RelationInfo,
    pub(crate) how: How,
    /// Which of the rows are loaded; the columns are those of the other model, under its table's name.
    pub(crate) filter: Vec<Node>,
    /// In which order; nothing for the relationship's own.
    pub(crate) order: Vec<Order>,
    /// At most so many for each parent.
    pub(crate) limit: Option<u64>,
    /// Without the first so many of each parent.
    pub(crate) offset: Option<u64>,
    /// How often the relationship is followed.
    pub(crate) depth: Depth,
    /// Whether it is followed once more, from the rows that it has led to.
    pub(crate) again: bool,
    pub(crate) nested: Vec<Step>,
    /// The columns of its rows that are not read.
    pub(crate) left_out: LeftOut,
}

/// How a relationship is loaded by a query.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum How {
    By(Strategy),
    /// Of a join in the query itself, which has the other model under this name.
    Contains(Cow<'static, str>),
}

/// How often a relationship of a model with itself is followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Depth {
    Times(u32),
    /// As long as there is something new.
    All,
}

impl Depth {
    /// How often it is followed from the next level on.
    fn next(self) -> Option<Self> {
        match self {
            Self::All => Some(Self::All),
            Self::Times(times) if times > 1 => Some(Self::Times(times - 1)),
            Self::Times(_) => None,
        }
    }
}

impl Step {
    /// The relationship as it is declared; one that is not loaded by itself by `selectin`.
    pub(crate) fn of(relation: &'static RelationInfo) -> Self {
        let strategy = match relation.lazy {
            eager if eager.is_eager() => eager,
            _ => Strategy::Selectin,
        };
        Self {
            relation,
            how: How::By(strategy),
            filter: Vec::new(),
            order: Vec::new(),
            limit: None,
            offset: None,
            depth: Depth::Times(1),
            again: false,
            nested: Vec::new(),
            left_out: LeftOut::by_default((relation.target)()),
        }
    }

    /// Whether it is a hand-written join.
    pub(crate) fn is_contained(&self) -> bool {
        matches!(self.how, How::Contains(_))
    }

    /// Whether it fills a collection from a join of the query, or one below it does.
    pub(crate) fn contains_many(&self) -> bool {
        (self.is_contained() && self.relation.kind.is_many())
            || self.nested.iter().any(Self::contains_many)
    }

    /// Whether perhaps not all related rows are loaded.
    pub(crate) fn is_partial(&self) -> bool {
        self.is_contained() || !self.filter.is_empty() || self.is_limited()
    }

    pub(crate) fn is_limited(&self) -> bool {
        self.limit.is_some() || self.offset.is_some()
    }

    /// Whether something was said about which of the rows are loaded, or in which order.
    pub(crate) fn is_refined(&self) -> bool {
        self.is_limited() || !self.filter.is_empty() || !self.order.is_empty()
    }

    /// The order of a collection.
    pub(crate) fn order(&self) -> Vec<Order> {
        if self.order.is_empty() {
            return super::lazy::order(self.relation);
        }
        super::lazy::then_by_key(self.order.clone(), self.relation)
    }

    /// The field that a collection is ordered by when that is a whole number, the only key of its rows: these have the same
    /// order on every engine and here, so that no engine has to sort what mostly comes in order anyhow.
    pub(crate) fn order_by_integer(&self) -> Option<usize> {
        let target = (self.relation.target)();
        match target.key {
            [key] if self.order.is_empty() && self.relation.order.is_none() => {
                target.fields.get(*key)?.is_integer().then_some(*key)
            }
            _ => None,
        }
    }

    /// What was said that means nothing for such a relationship.
    fn misuse(&self) -> Option<String> {
        let relation = self.relation;
        let invalid = self.filter.iter().find_map(|node| match node {
            Node::Invalid(problem) => Some(problem.clone()),
            _ => None,
        });
        if invalid.is_some() {
            return invalid;
        }
        let target = (relation.target)();
        if self.depth != Depth::Times(1) && !std::ptr::eq(target, relation.model) {
            return Some(format!(
                "{}: depth() and recursive() follow a relationship of a model with itself, and this one leads to {}; .with(…) loads what is further down",
                relation.subject(),
                target.name
            ));
        }
        if self.is_limited() && !relation.kind.is_many() {
            return Some(format!(
                "{}: there is one row at most, so limit() and offset() have no meaning; leave them out",
                relation.subject()
            ));
        }
        None
    }

    /// What is loaded with the rows of the step: what was asked for, the relationship once more where it is followed
    /// further, and what is always loaded with such rows.
    pub(crate) fn below(&self, path: &[&'static ModelInfo]) -> Vec<Self> {
        let mut nested = self.nested.clone();
        let target = (self.relation.target)();
        // What was said about the relationship there counts more.
        let said = nested.iter().any(|step| step.relation == self.relation);
        if let Some(depth) = self.depth.next()
            && std::ptr::eq(target, self.relation.model)
            && !said
        {
            let mut again = self.clone();
            again.depth = depth;
            again.again = true;
            nested.push(again);
        }
        all(target, nested, path)
    }
}

/// What is loaded with rows of a model: what was asked for, and what is always loaded with them. The latter stops at a model
/// that is on the way here already, as there would be no end to it: a model's relationship with itself is followed once.
/// `path` ends with the model.
pub(crate) fn all(
    model: &'static ModelInfo,
    mut asked: Vec<Step>,
    path: &[&'static ModelInfo],
) -> Vec<Step> {
    let before = path.split_last().map_or(&[][..], |(_, before)| before);
    for relation in model.relations {
        let target = (relation.target)();
        let known = |step: &Step| step.relation == relation;
        let on_the_way = before.iter().any(|on| std::ptr::eq(*on, target));
        if relation.lazy.is_eager() && !on_the_way && !asked.iter().any(known) {
            asked.push(Step::of(relation));
        }
    }
    asked
}

/// Refuses what was said of relationships for which it means nothing, rather than to ignore it.
pub(crate) fn check(steps: &[Step]) -> Result<()> {
    for step in steps {
        if let Some(problem) = step.misuse() {
            return Err(Error::invalid_query(problem));
        }
        check(&step.nested)?;
    }
    Ok(())
}
