//! The objects of one model while their relations are loaded.

use std::any::Any;
use std::sync::Arc;

use super::loading::{Link, Links};
use super::runs::Runs;
use super::{RelationInfo, Strategy};
use crate::backend::Row;
use crate::model::{Model, ModelInfo};
use crate::session::Tracked;
use crate::value::Value;
use crate::{Error, Result};

/// The objects of one model while their relations are loaded: values, or objects that a session tracks.
pub(crate) trait Level {
    fn model(&self) -> &'static ModelInfo;

    fn len(&self) -> usize;

    /// Reads the object whose columns begin at `at`, and gives its number.
    fn arrive(&mut self, row: &dyn Row, at: usize) -> Result<usize>;

    /// Reads the object whose columns are the first, and notes whose it is.
    fn arrive_linked(&mut self, row: &dyn Row, link: &Link, links: &mut Links) -> Result<()> {
        let object = self.arrive(row, 0)?;
        link.note(row, object, links, |field| self.integer(object, field))?;
        Ok(())
    }

    /// The value of a field.
    fn value(&self, object: usize, field: usize) -> Result<Value>;

    /// The same when it is a whole number; nothing otherwise, or when it is read elsewhere.
    fn integer(&self, _object: usize, _field: usize) -> Option<i64> {
        None
    }

    /// Gives the objects what they are related to.
    fn fill(&mut self, relation: &'static RelationInfo, filled: &Filled);

    /// Says how a relation of the objects is loaded.
    fn set_lazy(&mut self, relation: &'static RelationInfo, lazy: Strategy);

    /// The objects in groups, as the fields of a relationship take them.
    fn into_groups(
        self: Box<Self>,
        relation: &'static RelationInfo,
        links: &Links,
    ) -> Result<Box<dyn Any>>;

    /// The same as objects of a session.
    fn as_tracked(&mut self) -> Option<&mut Tracked> {
        None
    }

    fn tracked(&self) -> Option<&Tracked> {
        None
    }
}

/// What objects are related to.
pub(crate) struct Filled {
    /// The groups that [`Level::into_groups`] gave.
    pub(crate) groups: Box<dyn Any>,
    /// The group of each object, where `Some(None)` is the empty one; nothing for an object that is left as it is.
    pub(crate) group_of: Vec<Option<Option<usize>>>,
    pub(crate) partial: bool,
}

/// An empty level for values of a model, which the model's description makes.
#[doc(hidden)]
pub struct NewLevel(pub(crate) Box<dyn Level>);

/// Makes an empty level for values of the model `M`.
#[doc(hidden)]
pub fn new_level<M: Model>() -> NewLevel {
    NewLevel(Box::new(Values::<M>::new()))
}

/// Values that were read.
pub(crate) struct Values<M>(Runs<M>);

impl<M> Values<M> {
    pub(crate) fn new() -> Self {
        Self(Runs::new())
    }

    pub(crate) fn into_objects(self) -> Vec<M> {
        self.0.into_objects()
    }
}

/// Values that were in hand before.
pub(crate) struct Given<'a, M>(pub(crate) &'a mut [M]);

fn fill<'a, M: Model>(
    objects: impl IntoIterator<Item = &'a mut M>,
    relation: &'static RelationInfo,
    filled: &Filled,
) {
    for (object, group) in objects.into_iter().zip(&filled.group_of) {
        if let (Some(group), Some(field)) = (group, object.relation(relation.index)) {
            field.fill(filled.groups.as_ref(), *group, filled.partial);
        }
    }
}

fn set_lazy<'a, M: Model>(
    objects: impl IntoIterator<Item = &'a mut M>,
    relation: &'static RelationInfo,
    lazy: Strategy,
) {
    for object in objects {
        if let Some(field) = object.relation(relation.index) {
            field.set_lazy(lazy);
        }
    }
}

impl<M: Model> Level for Values<M> {
    fn model(&self) -> &'static ModelInfo {
        M::info()
    }

    fn len(&self) -> usize {
        self.0.len()
    }

    fn arrive(&mut self, row: &dyn Row, at: usize) -> Result<usize> {
        Ok(self.0.push(M::decode(row, at)?))
    }

    fn arrive_linked(&mut self, row: &dyn Row, link: &Link, links: &mut Links) -> Result<()> {
        // The object stays where it was decoded until it is pushed: with many rows, each move of one shows.
        let decoded = M::decode(row, 0);
        if let Ok(object) = &decoded
            && link.note(row, self.0.len(), links, |field| object.integer(field))?
        {
            self.0.part();
        }
        match decoded {
            Ok(object) => {
                self.0.push(object);
                Ok(())
            }
            Err(error) => Err(error),
        }
    }

    fn value(&self, object: usize, field: usize) -> Result<Value> {
        match self.0.get(object) {
            Some(object) => object.value(field),
            None => Err(Error::decode("there is no such row")),
        }
    }

    fn integer(&self, object: usize, field: usize) -> Option<i64> {
        self.0.get(object)?.integer(field)
    }

    fn fill(&mut self, relation: &'static RelationInfo, filled: &Filled) {
        fill(self.0.iter_mut(), relation, filled);
    }

    fn set_lazy(&mut self, relation: &'static RelationInfo, lazy: Strategy) {
        set_lazy(self.0.iter_mut(), relation, lazy);
    }

    fn into_groups(
        self: Box<Self>,
        relation: &'static RelationInfo,
        links: &Links,
    ) -> Result<Box<dyn Any>> {
        if relation.kind.is_many() {
            let objects = match links.are_all_in_order(self.0.len()) {
                true => match self.0.into_runs(links.groups()) {
                    Ok(runs) => {
                        let shared: Vec<Arc<Vec<M>>> = runs.map(Arc::new).collect();
                        return Ok(Box::new(shared));
                    }
                    Err(objects) => objects,
                },
                false => self.0,
            };
            let mut sizes = vec![0; links.groups()];
            for (group, _) in links.members() {
                sizes[*group] += 1;
            }
            let mut filled: Vec<Vec<M>> = sizes.into_iter().map(Vec::with_capacity).collect();
            links.distribute(objects.into_objects(), |group, object| {
                filled[group].push(object)
            });
            let shared: Vec<Arc<Vec<M>>> = filled.into_iter().map(Arc::new).collect();
            return Ok(Box::new(shared));
        }
        let mut filled: Vec<Option<Arc<M>>> = Vec::with_capacity(links.groups());
        filled.resize_with(links.groups(), || None);
        let mut several_of_one = false;
        links.distribute(self.0.into_objects(), |group, object| {
            several_of_one |= filled[group].replace(Arc::new(object)).is_some();
        });
        if several_of_one {
            return Err(several(relation));
        }
        Ok(Box::new(filled))
    }
}

/// The error for several rows where a relationship leads to one.
pub(crate) fn several(relation: &'static RelationInfo) -> Error {
    Error::multiple_rows(format!(
        "{}: several rows where the relationship leads to one",
        relation.subject()
    ))
}

impl<M: Model> Level for Given<'_, M> {
    fn model(&self) -> &'static ModelInfo {
        M::info()
    }

    fn len(&self) -> usize {
        self.0.len()
    }

    fn arrive(&mut self, _row: &dyn Row, _at: usize) -> Result<usize> {
        Err(Error::decode("values in hand take no rows"))
    }

    fn value(&self, object: usize, field: usize) -> Result<Value> {
        match self.0.get(object) {
            Some(object) => object.value(field),
            None => Err(Error::decode("there is no such row")),
        }
    }

    fn integer(&self, object: usize, field: usize) -> Option<i64> {
        self.0.get(object)?.integer(field)
    }

    fn fill(&mut self, relation: &'static RelationInfo, filled: &Filled) {
        fill(&mut *self.0, relation, filled);
    }

    fn set_lazy(&mut self, relation: &'static RelationInfo, lazy: Strategy) {
        set_lazy(&mut *self.0, relation, lazy);
    }

    fn into_groups(
        self: Box<Self>,
        _relation: &'static RelationInfo,
        _links: &Links,
    ) -> Result<Box<dyn Any>> {
        Err(Error::decode("values in hand are related to nothing"))
    }
}
