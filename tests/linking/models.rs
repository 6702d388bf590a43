//! Models that belong to each other in every way, and what they have in common.

use std::collections::BTreeMap;

use birgus::model::ModelInfo;
use birgus::prelude::*;
use birgus::relation::{Relation, RelationType};

/// What the others are in. Nothing that is linked to it is a change of its own row.
#[derive(Model, Debug, Clone)]
#[model(register = false)]
pub(crate) struct Crate {
    #[key]
    pub(crate) id: i64,
    #[column(length = 20)]
    pub(crate) tag: String,
    #[version]
    pub(crate) version: i64,
    #[has_many(Item, backref = home)]
    pub(crate) items: Many<Item>,
    #[has_many(Part, backref = home)]
    pub(crate) parts: Many<Part>,
    #[has_one(Lid, backref = home)]
    pub(crate) lid: One<Option<Lid>>,
    #[has_one(Seal, backref = home)]
    pub(crate) seal: One<Option<Seal>>,
}

macro_rules! children {
    ($($name:ident, $parent:ident, [$($column:tt)*], $type:ty, $one:ty, [$($rest:tt)*];)*) => {$(
        #[derive(Model, Debug, Clone)]
        #[model(register = false)]
        pub(crate) struct $name {
            #[key]
            pub(crate) id: i64,
            #[column(length = 20)]
            pub(crate) tag: String,
            #[column(references = $parent::id, $($column)*)]
            pub(crate) home_id: $type,
            #[belongs_to(home_id)]
            pub(crate) home: One<$one>,
            $($rest)*
        }
    )*};
}

children! {
    Item, Crate, [], Option<i64>, Option<Crate>,
        [#[many_to_many(Mark, through = ItemMark, backref = items)] pub(crate) marks: Many<Mark>,];
    Part, Crate, [cascade = delete_orphan], i64, Crate, [];
    Lid, Crate, [unique, cascade = delete_orphan], Option<i64>, Option<Crate>, [];
    Seal, Crate, [unique, cascade = delete_orphan], i64, Crate, [];
    Node, Node, [], Option<i64>, Option<Node>,
        [#[has_many(Node, backref = home)] pub(crate) nodes: Many<Node>,];
}

#[derive(Model, Debug, Clone)]
#[model(register = false)]
pub(crate) struct Mark {
    #[key]
    pub(crate) id: i64,
    #[column(length = 20)]
    pub(crate) tag: String,
    #[many_to_many(Item, through = ItemMark, backref = marks)]
    pub(crate) items: Many<Item>,
}

#[derive(Model, Debug, Clone)]
#[model(register = false)]
pub(crate) struct ItemMark {
    #[key]
    #[column(references = Item::id)]
    pub(crate) item_id: i64,
    #[key]
    #[column(references = Mark::id)]
    pub(crate) mark_id: i64,
}

pub(crate) fn models() -> Vec<&'static ModelInfo> {
    vec![
        Crate::info(),
        Item::info(),
        Part::info(),
        Lid::info(),
        Seal::info(),
        Node::info(),
        Mark::info(),
        ItemMark::info(),
    ]
}

/// What `related` gives, as a list.
pub(crate) trait Listed<M> {
    fn listed(self) -> Vec<Key<M>>;
}

impl<M> Listed<M> for Key<M> {
    fn listed(self) -> Vec<Key<M>> {
        vec![self]
    }
}

impl<M> Listed<M> for Option<Key<M>> {
    fn listed(self) -> Vec<Key<M>> {
        self.into_iter().collect()
    }
}

impl<M> Listed<M> for Vec<Key<M>> {
    fn listed(self) -> Vec<Key<M>> {
        self
    }
}

/// A model whose rows have names.
pub(crate) trait Named: Model {
    fn tag(&self) -> &str;
    fn of_tag(tag: &str) -> Query<Self>;
    fn keys(keys: &mut Keys) -> &mut BTreeMap<String, Key<Self>>;
}

macro_rules! named {
    ($($name:ident, $keys:ident;)*) => {
        $(impl Named for $name {
            fn tag(&self) -> &str {
                &self.tag
            }

            fn of_tag(tag: &str) -> Query<Self> {
                Self::query().filter(Self::tag.eq(tag))
            }

            fn keys(keys: &mut Keys) -> &mut BTreeMap<String, Key<Self>> {
                &mut keys.$keys
            }
        })*

        /// The objects that the session has given, by their tags.
        #[derive(Default)]
        pub(crate) struct Keys {
            $(pub(crate) $keys: BTreeMap<String, Key<$name>>,)*
        }
    };
}

named! {
    Crate, crates;
    Item, items;
    Part, parts;
    Lid, lids;
    Seal, seals;
    Node, nodes;
    Mark, marks;
}

/// A model that belongs to another one.
pub(crate) trait Child: Named {
    type Parent: Named;
    type Up: RelationType<Target = Self::Parent, Keys: Listed<Self::Parent>>;
    type Down: RelationType<Target = Self, Keys: Listed<Self>>;
    const UP: Relation<Self, Self::Up>;
    const DOWN: Relation<Self::Parent, Self::Down>;
    fn add(session: &mut Session, tag: &str, home: Option<Key<Self::Parent>>) -> Key<Self>;
    fn set_home(&mut self, id: Option<i64>);
    fn id_of(parent: &Self::Parent) -> i64;
}

macro_rules! child {
    ($name:ident, $parent:ident, $down:ident, $one:ty, $many:ty, $add:expr, $set:expr) => {
        impl Child for $name {
            type Parent = $parent;
            type Up = One<$one>;
            type Down = $many;
            const UP: Relation<Self, Self::Up> = $name::home;
            const DOWN: Relation<Self::Parent, Self::Down> = $parent::$down;

            fn add(session: &mut Session, tag: &str, home: Option<Key<$parent>>) -> Key<Self> {
                let add: fn(&mut Session, &str, Option<Key<$parent>>) -> Key<Self> = $add;
                add(session, tag, home)
            }

            fn set_home(&mut self, id: Option<i64>) {
                let set: fn(&mut Self, Option<i64>) = $set;
                set(self, id);
            }

            fn id_of(parent: &$parent) -> i64 {
                parent.id
            }
        }
    };
}

macro_rules! optional_child {
    ($name:ident, $parent:ident, $down:ident, $many:ty) => {
        child!(
            $name,
            $parent,
            $down,
            Option<$parent>,
            $many,
            |session, tag, home| match home {
                Some(home) => session.add($name::build().tag(tag).home(home)),
                None => session.add($name::build().tag(tag)),
            },
            |row, id| row.home_id = id
        );
    };
}

macro_rules! required_child {
    ($name:ident, $down:ident, $many:ty) => {
        child!(
            $name,
            Crate,
            $down,
            Crate,
            $many,
            |session, tag, home| session.add($name::build().tag(tag).home(home.unwrap())),
            |row, id| row.home_id = id.unwrap()
        );
    };
}

optional_child!(Item, Crate, items, Many<Item>);
optional_child!(Lid, Crate, lid, One<Option<Lid>>);
optional_child!(Node, Node, nodes, Many<Node>);
required_child!(Part, parts, Many<Part>);
required_child!(Seal, seal, One<Option<Seal>>);
