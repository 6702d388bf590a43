//! What objects of a session are related to.

use std::any::Any;
use std::collections::{HashMap, HashSet};
use std::panic::Location;

use foldhash::fast::RandomState;

use super::entry::State;
use super::{Identity, Key, Place, Session, Store};
use crate::backend::Row;
use crate::model::{Model, ModelInfo};
use crate::query::{Executor, Select};
use crate::relation::level::{Filled, Level};
use crate::relation::loading::{self, Host, Links, Parents, Wanted};
use crate::relation::{
    Relation, RelationInfo, RelationKind, RelationType, Step, Strategy, not_loaded,
};
use crate::value::Value;
use crate::{Error, Result};

/// What objects are related to, as far as it is known.
#[derive(Debug, Default)]
pub(super) struct Relations {
    /// By the object, and the position of the relationship among those of its model.
    loaded: HashMap<(Place, usize), Collection, RandomState>,
    /// How a query said that a relation is loaded, instead of how it is declared.
    lazy: HashMap<(Place, usize), Strategy, RandomState>,
}

/// What an object is related to.
#[derive(Clone, Debug, Default)]
pub(super) struct Collection {
    pub(super) places: Vec<Place>,
    /// Whether there may be more.
    pub(super) partial: bool,
}

impl Collection {
    /// Of one object, which is all there is.
    pub(super) fn of(place: Place) -> Self {
        Self {
            places: vec![place],
            partial: false,
        }
    }
}

impl Relations {
    pub(super) fn get(&self, place: Place, relation: &RelationInfo) -> Option<&Collection> {
        self.loaded.get(&(place, relation.index))
    }

    pub(super) fn get_mut(
        &mut self,
        place: Place,
        relation: &RelationInfo,
    ) -> Option<&mut Collection> {
        self.loaded.get_mut(&(place, relation.index))
    }

    pub(super) fn set(&mut self, place: Place, relation: &RelationInfo, collection: Collection) {
        self.loaded.insert((place, relation.index), collection);
    }

    /// Forgets what an object is related to.
    pub(super) fn forget(&mut self, place: Place, relation: &RelationInfo) {
        self.loaded.remove(&(place, relation.index));
    }

    /// Forgets what an object is related to. Where it is what others are related to, its state tells that it is gone.
    pub(super) fn forget_of(&mut self, place: Place, model: &ModelInfo) {
        for relation in model.relations {
            self.forget(place, relation);
        }
    }

    /// Forgets everything: it is loaded again when it is asked for.
    pub(super) fn clear(&mut self) {
        self.loaded.clear();
    }

    /// Forgets what some objects are related to.
    pub(super) fn forget_those(&mut self, which: impl Fn(Place) -> bool) {
        self.loaded.retain(|(place, _), _| !which(*place));
    }
}

/// Objects of a session while their relations are loaded.
pub(crate) struct Tracked {
    model: &'static ModelInfo,
    /// What arrives waits in a store of its own: the session is busy with the query.
    fresh: Box<dyn Store>,
    arrived: Vec<(Identity, u32)>,
    places: Vec<Place>,
    populate: bool,
}

impl Tracked {
    fn new(model: &'static ModelInfo, populate: bool) -> Self {
        Self {
            model,
            fresh: (model.new_store)().0,
            arrived: Vec::new(),
            places: Vec::new(),
            populate,
        }
    }
}

impl Level for Tracked {
    fn model(&self) -> &'static ModelInfo {
        self.model
    }

    fn len(&self) -> usize {
        self.places.len() + self.arrived.len()
    }

    fn arrive(&mut self, row: &dyn Row, at: usize) -> Result<usize> {
        let identity = self.fresh.arrive(row, at)?;
        self.arrived.push((identity, self.fresh.keep_arrived()));
        Ok(self.len() - 1)
    }

    fn value(&self, _object: usize, _field: usize) -> Result<Value> {
        Err(Error::session("a tracked object is read by its session"))
    }

    fn fill(&mut self, _relation: &'static RelationInfo, _filled: &Filled) {}

    fn set_lazy(&mut self, _relation: &'static RelationInfo, _lazy: Strategy) {}

    fn into_groups(
        self: Box<Self>,
        _relation: &'static RelationInfo,
        _links: &Links,
    ) -> Result<Box<dyn Any>> {
        Err(Error::session("a tracked object is kept by its session"))
    }

    fn as_tracked(&mut self) -> Option<&mut Tracked> {
        Some(self)
    }

    fn tracked(&self) -> Option<&Tracked> {
        Some(self)
    }
}

fn tracked(level: &dyn Level) -> Result<&Tracked> {
    (level.tracked()).ok_or_else(|| Error::session("the objects are not tracked"))
}

impl Host for Session {
    fn reads_whole(&self) -> bool {
        // What is tracked is compared with its row as a whole.
        true
    }

    fn executor(&mut self) -> &mut dyn Executor {
        self
    }

    fn new_level(&mut self, model: &'static ModelInfo) -> Box<dyn Level> {
        Box::new(Tracked::new(model, false))
    }

    fn settle(&mut self, level: &mut dyn Level) -> Result<()> {
        let Some(level) = level.as_tracked() else {
            return Ok(());
        };
        let store = self.number_of_model(level.model);
        for (identity, slot) in std::mem::take(&mut level.arrived) {
            let place = self.track(store, level.fresh.as_mut(), identity, slot, level.populate)?;
            level.places.push(place);
        }
        Ok(())
    }

    fn values(
        &self,
        level: &dyn Level,
        object: usize,
        fields: &[usize],
    ) -> Result<Option<Vec<Value>>> {
        match tracked(level)?.places.get(object) {
            Some(place) => self.values_of(*place, fields),
            None => Ok(None),
        }
    }

    fn known(
        &mut self,
        relation: &'static RelationInfo,
        keys: &mut Vec<Wanted>,
        level: &mut dyn Level,
        links: &mut Links,
    ) -> Result<()> {
        let target = (relation.target)();
        if relation.kind != RelationKind::BelongsTo || (relation.route)().remote != target.key {
            return Ok(());
        }
        let Some(level) = level.as_tracked() else {
            return Ok(());
        };
        let store = self.number_of_model(target);
        keys.retain(|(identity, _)| {
            let slot = (self.stores[store as usize].ledger())
                .identities
                .get(identity);
            let Some(place) = slot.map(|slot| Place { store, slot }) else {
                return true;
            };
            let is_known = self.state_of(place) == State::Persistent
                && self.entry(place).is_some_and(|entry| !entry.stale);
            if is_known {
                links.push(identity.clone(), level.places.len());
                level.places.push(place);
            }
            !is_known
        });
        Ok(())
    }

    fn assign(
        &mut self,
        level: &mut dyn Level,
        parents: &Parents,
        relation: &'static RelationInfo,
        children: Box<dyn Level>,
        links: &Links,
        partial: bool,
    ) -> Result<()> {
        let children = &tracked(children.as_ref())?.places;
        let mut places: Vec<Vec<Place>> = vec![Vec::new(); links.groups()];
        let mut met: HashSet<(usize, Place), RandomState> = HashSet::default();
        for (group, child) in links.members() {
            if let Some(place) = children.get(*child)
                && met.insert((*group, *place))
            {
                let list = &mut places[*group];
                if !list.is_empty() && !relation.kind.is_many() {
                    return Err(crate::relation::level::several(relation));
                }
                list.push(*place);
            }
        }
        let level = tracked(level)?;
        let mut owners = Vec::new();
        for (owner, parent) in level.places.iter().zip(parents) {
            let Some(key) = parent else {
                continue;
            };
            let known = self.relations.get(*owner, relation);
            if known.is_some_and(|known| !known.partial) && !level.populate {
                // What was loaded before stays, as the values of the object do.
                continue;
            }
            let group = key.as_ref().and_then(|key| links.known(key));
            let places = group.map_or_else(Vec::new, |group| places[group].clone());
            (self.relations).set(*owner, relation, Collection { places, partial });
            owners.push(*owner);
        }
        self.show_unsent(relation, &owners)
    }

    fn set_lazy(&mut self, level: &mut dyn Level, relation: &'static RelationInfo, lazy: Strategy) {
        if let Some(level) = level.as_tracked() {
            for place in &level.places {
                self.relations.lazy.insert((*place, relation.index), lazy);
            }
        }
    }
}

impl Session {
    /// The rows of a query and what is loaded along with them, tracked.
    pub(super) fn load_along<M: Model>(&mut self, select: Select) -> Result<Vec<Key<M>>> {
        let mut level = Tracked::new(M::info(), select.populates());
        loading::read(self, &mut level, select)?;
        let session = self.id;
        Ok((level.places.into_iter())
            .map(|place| Key::new(session, place))
            .collect())
    }

    /// What an object is related to, tracked: keys for a relationship to many, a key for one to one, perhaps a key for an
    /// optional one. It is loaded by one statement unless it was loaded before, by a query's
    /// [`with`](crate::Query::with) or by this; the row of a foreign key that is tracked already takes none.
    ///
    /// What is linked and unlinked shows at once. The objects come in the order in which they were loaded; what was linked
    /// since stands behind them.
    ///
    /// ```no_run
    /// # extern crate birgus_core as birgus;
    /// # use birgus::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct User { #[key] pub id: i64, #[has_many(Post)] pub posts: Many<Post> }
    /// # #[derive(Model)]
    /// # pub struct Post { #[key] pub id: i64, pub likes: i32, #[column(references = User::id)] pub author_id: i64,
    /// #     #[belongs_to(author_id)] pub author: One<User> }
    /// # fn main() -> birgus::Result<()> {
    /// # let db = Database::open()?;
    /// let mut session = db.session()?;
    /// for user in session.load(User::query().with(User::posts.selectin()))? {
    ///     for post in session.related(user, User::posts)? {
    ///         session[post].likes += 1;
    ///     }
    /// }
    /// session.commit()?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// `is_session()` for a key of another session or of an object that is no longer tracked; `is_not_loaded()` where the
    /// relationship is `raise`; `is_not_found()` where there must be a row and is none; and as
    /// [`Query::all`](crate::Query::all).
    #[track_caller]
    pub fn related<M: Model, F: RelationType>(
        &mut self,
        key: Key<M>,
        relation: Relation<M, F>,
    ) -> Result<F::Keys> {
        let caller = Location::caller();
        let place = self.place(key.untyped())?;
        let info = relation.info();
        let places = self.related_places(place, info, caller)?;
        let session = self.id;
        let keys = places.into_iter().map(|place| Key::new(session, place));
        F::keys(keys.collect(), info)
    }

    /// Whether perhaps not all of what an object is related to was loaded: it was filtered, limited, or comes from a join
    /// written by hand. What was not loaded at all is not partial.
    ///
    /// # Errors
    ///
    /// `is_session()` for a key of another session or of an object that is no longer tracked.
    pub fn is_partial<M: Model, F: RelationType>(
        &self,
        key: Key<M>,
        relation: Relation<M, F>,
    ) -> Result<bool> {
        let place = self.place(key.untyped())?;
        let known = self.relations.get(place, relation.info());
        Ok(known.is_some_and(|known| known.partial))
    }

    /// What an object is related to, loaded unless it was before.
    pub(super) fn related_places(
        &mut self,
        place: Place,
        relation: &'static RelationInfo,
        caller: &'static Location<'static>,
    ) -> Result<Vec<Place>> {
        if !self.is_known(place, relation) {
            let lazy = self.relations.lazy.get(&(place, relation.index)).copied();
            let lazy = lazy.unwrap_or(relation.lazy);
            if lazy == Strategy::Raise {
                return Err(not_loaded(Some(relation), lazy, ""));
            }
        }
        self.places_now(place, relation, caller)
    }

    /// The same for a change, which has to know: also where the relationship is `raise`.
    pub(super) fn places_now(
        &mut self,
        place: Place,
        relation: &'static RelationInfo,
        caller: &'static Location<'static>,
    ) -> Result<Vec<Place>> {
        if !self.is_known(place, relation) {
            self.load_relation(place, relation, caller)?;
        }
        let places = match self.relations.get(place, relation) {
            Some(known) => known.places.clone(),
            None => Vec::new(),
        };
        // What is deleted is no longer there, as after a flush.
        let there =
            |place: &Place| matches!(self.state_of(*place), State::Pending | State::Persistent);
        Ok(places.into_iter().filter(there).collect())
    }

    /// Whether it is known what an object is related to. Stored rows whose objects were expunged are to be read again.
    fn is_known(&self, place: Place, relation: &'static RelationInfo) -> bool {
        let expunged = |place: &Place| {
            self.state_of(*place) == State::Detached
                && self.entry(*place).is_none_or(|entry| entry.stale)
        };
        let known = self.relations.get(place, relation);
        known.is_some_and(|known| {
            self.state_of(place) == State::Pending || !known.places.iter().any(expunged)
        })
    }

    fn load_relation(
        &mut self,
        place: Place,
        relation: &'static RelationInfo,
        caller: &'static Location<'static>,
    ) -> Result<()> {
        self.usable()?;
        if relation.kind == RelationKind::BelongsTo
            && let Some(parent) =
                (relation.local.iter()).find_map(|field| self.awaits(place, *field))
        {
            self.relations.set(place, relation, Collection::of(parent));
            return Ok(());
        }
        self.relations.forget(place, relation);
        if self.state_of(place) == State::Pending {
            if relation.kind != RelationKind::BelongsTo {
                // What is linked with a new object is known; nothing else can be.
                return Ok(());
            }
        } else if self.autoflush && !self.is_clean() {
            // What it is related to may not be stored yet.
            self.run_flush(false)?;
        }
        let mut level = Tracked::new(self.store(place).model(), false);
        level.places.push(place);
        if !self.is_at_hand(place, relation)? {
            self.loads_one(relation, caller)?;
        }
        let mut step = Step::of(relation);
        step.how = crate::relation::step::How::By(Strategy::Selectin);
        loading::load(self, &mut level, vec![step])
    }

    /// Whether no statement is needed to know what an object is related to.
    fn is_at_hand(&mut self, place: Place, relation: &'static RelationInfo) -> Result<bool> {
        let Some(values) = self.values_of(place, relation.local)? else {
            return Ok(true);
        };
        let mut keys = vec![(Identity::new(&values), 0)];
        let mut level = Tracked::new((relation.target)(), false);
        self.known(relation, &mut keys, &mut level, &mut Links::default())?;
        Ok(keys.is_empty())
    }

    /// The values of an object's fields; `None` when one is NULL.
    pub(super) fn values_of(&self, place: Place, fields: &[usize]) -> Result<Option<Vec<Value>>> {
        let mut values = Vec::with_capacity(fields.len());
        for field in fields {
            match self.store(place).value(place.slot, *field)? {
                Value::Null => return Ok(None),
                value => values.push(value),
            }
        }
        Ok(Some(values))
    }
}
