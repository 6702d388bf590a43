//! A plan as it is said to a query, and what was loaded as a text.

use std::any::TypeId;

use birgus::model::Model;
use birgus::prelude::*;
use birgus::query::Query;
use birgus::relation::{Related, RelationType, Relationship, ToOne};
use birgus::session::Key;
use birgus_conformance::library::{Badge, Branch, Essay, Review, Shelf, Topic, Volume, Writer};

use super::stored::shelf_at;
use super::{Load, Plan, Way};

/// What takes a relationship of `M` to be loaded along.
pub(crate) trait Takes<M: Model>: Sized {
    fn take<F: RelationType>(self, related: Related<M, F>) -> Self;
}

impl<M: Model> Takes<M> for Query<M> {
    fn take<F: RelationType>(self, related: Related<M, F>) -> Self {
        self.with(related)
    }
}

impl<M: Model, F: RelationType> Takes<F::Target> for Related<M, F> {
    fn take<G: RelationType>(self, related: Related<F::Target, G>) -> Self {
        self.with(related)
    }
}

/// Values in hand.
pub(crate) struct Given<'a, M>(pub(crate) Vec<M>, pub(crate) &'a Database);

impl<M: Model> Takes<M> for Given<'_, M> {
    fn take<F: RelationType>(mut self, related: Related<M, F>) -> Self {
        birgus::load(&mut self.0, related, self.1).unwrap();
        self
    }
}

fn by<M: Model, F: RelationType>(
    relation: impl Relationship<Owner = M, Field = F>,
    load: &Load,
) -> Related<M, F> {
    let mut related = match load.strategy {
        Way::Joined => relation.joined(),
        Way::Subquery => relation.subquery(),
        Way::Selectin => relation.selectin(),
    };
    if TypeId::of::<M>() == TypeId::of::<F::Target>() {
        related = related.depth(load.depth.into());
    }
    if F::MANY {
        if let Some(limit) = load.limit {
            related = related.limit(limit.into());
        }
        if load.offset > 0 {
            related = related.offset(load.offset.into());
        }
    }
    related
}

/// What a relationship led to, as a text.
pub(crate) fn listed(relation: u8, found: impl Iterator<Item = String>) -> String {
    format!("{{{relation}: {}}}", found.collect::<Vec<_>>().join(" "))
}

/// A value and what was loaded along with it, as a text.
pub(crate) trait Valued {
    fn shown(&self, plan: &Plan) -> String;
}

/// The same of an object of a session.
pub(crate) trait Tracked {
    fn shown(self, session: &mut Session, plan: &Plan) -> String;
}

/// What a field of a relationship holds.
trait Held {
    type Target;

    /// Nothing where it was not loaded.
    fn held(&self) -> Option<Vec<&Self::Target>>;
}

impl<T: Send + Sync + 'static> Held for Many<T> {
    type Target = T;

    fn held(&self) -> Option<Vec<&T>> {
        self.loaded().ok().map(|rows| rows.iter().collect())
    }
}

impl<T: ToOne> Held for One<T>
where
    for<'a> T::Loaded<'a>: Into<Option<&'a T::Model>>,
{
    type Target = T::Model;

    fn held(&self) -> Option<Vec<&T::Model>> {
        let row: Option<&T::Model> = self.loaded().ok()?.into();
        Some(row.into_iter().collect())
    }
}

/// What a session gives for a relationship.
trait Keys<T> {
    fn keys(self) -> Vec<Key<T>>;
}

impl<T> Keys<T> for Vec<Key<T>> {
    fn keys(self) -> Vec<Key<T>> {
        self
    }
}

impl<T> Keys<T> for Option<Key<T>> {
    fn keys(self) -> Vec<Key<T>> {
        self.into_iter().collect()
    }
}

impl<T> Keys<T> for Key<T> {
    fn keys(self) -> Vec<Key<T>> {
        vec![self]
    }
}

/// Says for a model how its relationships are loaded: their numbers, fields and the models on the other side.
macro_rules! loads {
    ($load:ident, $model:ident, $count:literal, $id:expr; $($number:literal $field:ident $below:ident),+) => {
        pub(crate) fn $load<T: Takes<$model>>(mut to: T, plan: &Plan) -> T {
            for (relation, load) in plan.each($count) {
                to = match relation {
                    $($number => to.take($below(by($model::$field, load), &load.below)),)+
                    _ => to,
                };
            }
            to
        }

        impl Valued for $model {
            fn shown(&self, plan: &Plan) -> String {
                let id: fn(&$model) -> usize = $id;
                let mut text = format!("{}", id(self));
                let planned = plan.each($count);
                $(
                    let is_planned = planned.iter().any(|(relation, _)| *relation == $number);
                    assert_eq!(self.$field.is_loaded(), is_planned, stringify!($field));
                )+
                for (relation, load) in planned {
                    text += &match relation {
                        $($number => {
                            let below = load.next(stringify!($load) == stringify!($below));
                            let held = self.$field.held().unwrap().into_iter();
                            listed(relation, held.map(|row| row.shown(&below)))
                        })+
                        _ => String::new(),
                    };
                }
                text
            }
        }

        impl Tracked for Key<$model> {
            fn shown(self, session: &mut Session, plan: &Plan) -> String {
                let id: fn(&$model) -> usize = $id;
                let mut text = format!("{}", id(&session[self]));
                for (relation, load) in plan.each($count) {
                    text += &match relation {
                        $($number => {
                            let below = load.next(stringify!($load) == stringify!($below));
                            let keys = session.related(self, $model::$field).unwrap().keys();
                            let rows = keys.into_iter().map(|key| key.shown(session, &below));
                            listed(relation, rows)
                        })+
                        _ => String::new(),
                    };
                }
                text
            }
        }
    };
}

fn number(id: i64) -> usize {
    usize::try_from(id).unwrap()
}

loads!(writer, Writer, 6, |row| number(row.id);
    0 essays essay, 1 edited essay, 2 badge badge, 3 following writer, 4 followers writer, 5 reviewed essay);
loads!(essay, Essay, 4, |row| number(row.id);
    0 writer writer, 1 editor writer, 2 topics topic, 3 reviews review);
loads!(topic, Topic, 1, |row| number(row.id); 0 essays essay);
loads!(badge, Badge, 1, |row| number(row.id); 0 writer writer);
loads!(review, Review, 1, |row| number(row.id); 0 writer writer);
loads!(branch, Branch, 2, |row| number(row.id); 0 parent branch, 1 children branch);
loads!(shelf, Shelf, 1, |row| shelf_at(row.room, row.number); 0 volumes volume);
loads!(volume, Volume, 1, |row| number(row.id); 0 shelf shelf);
