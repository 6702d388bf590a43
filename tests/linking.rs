//! Random sequences of links between the objects of a session, beside a plain model of what must come of them: at each look
//! both sides of each relationship show what the model says, and after each flush the rows do.
//!
//! `BIRGUS_SEQUENCES` is the number of sequences, `BIRGUS_SEQUENCES_SEED` what they are drawn from; both are printed.
#![forbid(unsafe_code)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use birgus::model::ModelInfo;
use birgus::prelude::*;
use birgus::relation::{Relation, RelationType};
use birgus_conformance::Bed;
use proptest::collection::vec;
use proptest::strategy::{Just, Strategy, Union};
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner};

/// How many sequences run when nothing is said.
const SEQUENCES: u32 = 20;

/// What they are drawn from then.
const SEED: u64 = 20_261_121;

/// What the others are in. Nothing that is linked to it is a change of its own row.
#[derive(Model, Debug, Clone)]
#[model(register = false)]
struct Crate {
    #[key]
    id: i64,
    #[column(length = 20)]
    tag: String,
    #[version]
    version: i64,
    #[has_many(Item, backref = home)]
    items: Many<Item>,
    #[has_many(Part, backref = home)]
    parts: Many<Part>,
    #[has_one(Lid, backref = home)]
    lid: One<Option<Lid>>,
    #[has_one(Seal, backref = home)]
    seal: One<Option<Seal>>,
}

macro_rules! children {
    ($($name:ident, $parent:ident, [$($column:tt)*], $type:ty, $one:ty, [$($rest:tt)*];)*) => {$(
        #[derive(Model, Debug, Clone)]
        #[model(register = false)]
        struct $name {
            #[key]
            id: i64,
            #[column(length = 20)]
            tag: String,
            #[column(references = $parent::id, $($column)*)]
            home_id: $type,
            #[belongs_to(home_id)]
            home: One<$one>,
            $($rest)*
        }
    )*};
}

children! {
    Item, Crate, [], Option<i64>, Option<Crate>,
        [#[many_to_many(Mark, through = ItemMark, backref = items)] marks: Many<Mark>,];
    Part, Crate, [cascade = delete_orphan], i64, Crate, [];
    Lid, Crate, [unique, cascade = delete_orphan], Option<i64>, Option<Crate>, [];
    Seal, Crate, [unique, cascade = delete_orphan], i64, Crate, [];
    Node, Node, [], Option<i64>, Option<Node>,
        [#[has_many(Node, backref = home)] nodes: Many<Node>,];
}

#[derive(Model, Debug, Clone)]
#[model(register = false)]
struct Mark {
    #[key]
    id: i64,
    #[column(length = 20)]
    tag: String,
    #[many_to_many(Item, through = ItemMark, backref = marks)]
    items: Many<Item>,
}

#[derive(Model, Debug, Clone)]
#[model(register = false)]
struct ItemMark {
    #[key]
    #[column(references = Item::id)]
    item_id: i64,
    #[key]
    #[column(references = Mark::id)]
    mark_id: i64,
}

fn models() -> Vec<&'static ModelInfo> {
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
trait Listed<M> {
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
trait Named: Model {
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
        struct Keys {
            $($keys: BTreeMap<String, Key<$name>>,)*
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
trait Child: Named {
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

/// The models with a parent, by the first letter of their tags.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Item,
    Part,
    Lid,
    Seal,
    Node,
}

const KINDS: [Kind; 5] = [Kind::Item, Kind::Part, Kind::Lid, Kind::Seal, Kind::Node];

macro_rules! of_kind {
    ($kind:expr, $world:ident . $method:ident ( $($argument:expr),* )) => {
        match $kind {
            Kind::Item => $world.$method::<Item>($($argument),*),
            Kind::Part => $world.$method::<Part>($($argument),*),
            Kind::Lid => $world.$method::<Lid>($($argument),*),
            Kind::Seal => $world.$method::<Seal>($($argument),*),
            Kind::Node => $world.$method::<Node>($($argument),*),
        }
    };
}

impl Kind {
    fn letter(self) -> char {
        match self {
            Self::Item => 'i',
            Self::Part => 'p',
            Self::Lid => 'l',
            Self::Seal => 's',
            Self::Node => 'n',
        }
    }

    fn of(tag: &str) -> Option<Self> {
        KINDS
            .into_iter()
            .find(|kind| tag.starts_with(kind.letter()))
    }

    fn parent(self) -> char {
        if self == Self::Node { 'n' } else { 'c' }
    }

    fn is_one(self) -> bool {
        matches!(self, Self::Lid | Self::Seal)
    }

    fn is_required(self) -> bool {
        matches!(self, Self::Part | Self::Seal)
    }

    fn is_orphan(self) -> bool {
        !matches!(self, Self::Item | Self::Node)
    }
}

/// What a program does. The numbers choose among what is there.
#[derive(Clone, Debug)]
enum Step {
    AddParent(bool),
    Add(Kind, Option<u8>),
    Link(Kind, u8, u8, bool),
    Unlink(Kind, u8, bool),
    SetUp(Kind, u8, Option<u8>),
    SetDown(Kind, u8, u8),
    Assign(Kind, u8, Option<u8>),
    Delete(u8),
    LinkDeleted(Kind, u8, u8),
    Pair(u8, u8, bool),
    Unpair(u8, u8, bool),
    SetPairs(u8, u8, bool),
    PairByHand(u8, u8),
    UnpairByHand(u8),
    Look(u8),
    LookAtAll,
    Load(Kind, u8, u8),
    LoadPairs(u8, bool),
    Refresh(u8),
    Flush,
    Commit,
    Rollback,
    Begin,
    End(bool),
    Clear,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let any = || 0..=u8::MAX;
    let maybe = || proptest::option::of(0..=u8::MAX);
    let kind = || (0..KINDS.len()).prop_map(|at| KINDS[at]);
    let either = || proptest::bool::ANY;
    let choices = vec![
        (6, either().prop_map(Step::AddParent).boxed()),
        (
            10,
            (kind(), maybe())
                .prop_map(|(kind, at)| Step::Add(kind, at))
                .boxed(),
        ),
        (
            14,
            (kind(), any(), any(), either())
                .prop_map(|(kind, at, to, up)| Step::Link(kind, at, to, up))
                .boxed(),
        ),
        (
            5,
            (kind(), any(), either())
                .prop_map(|(kind, at, up)| Step::Unlink(kind, at, up))
                .boxed(),
        ),
        (
            3,
            (kind(), any(), maybe())
                .prop_map(|(kind, at, to)| Step::SetUp(kind, at, to))
                .boxed(),
        ),
        (
            4,
            (kind(), any(), any())
                .prop_map(|(kind, at, to)| Step::SetDown(kind, at, to))
                .boxed(),
        ),
        (
            3,
            (kind(), any(), maybe())
                .prop_map(|(kind, at, to)| Step::Assign(kind, at, to))
                .boxed(),
        ),
        (5, any().prop_map(Step::Delete).boxed()),
        (
            1,
            (kind(), any(), any())
                .prop_map(|(kind, at, to)| Step::LinkDeleted(kind, at, to))
                .boxed(),
        ),
        (
            8,
            (any(), any(), either())
                .prop_map(|(at, to, up)| Step::Pair(at, to, up))
                .boxed(),
        ),
        (
            4,
            (any(), any(), either())
                .prop_map(|(at, to, up)| Step::Unpair(at, to, up))
                .boxed(),
        ),
        (
            2,
            (any(), any(), either())
                .prop_map(|(at, to, up)| Step::SetPairs(at, to, up))
                .boxed(),
        ),
        (
            2,
            (any(), any())
                .prop_map(|(at, to)| Step::PairByHand(at, to))
                .boxed(),
        ),
        (2, any().prop_map(Step::UnpairByHand).boxed()),
        (8, any().prop_map(Step::Look).boxed()),
        (4, Just(Step::LookAtAll).boxed()),
        (
            4,
            (kind(), any(), any())
                .prop_map(|(kind, how, at)| Step::Load(kind, how, at))
                .boxed(),
        ),
        (
            2,
            (any(), either())
                .prop_map(|(how, up)| Step::LoadPairs(how, up))
                .boxed(),
        ),
        (3, any().prop_map(Step::Refresh).boxed()),
        (6, Just(Step::Flush).boxed()),
        (3, Just(Step::Commit).boxed()),
        (2, Just(Step::Rollback).boxed()),
        (2, Just(Step::Begin).boxed()),
        (3, either().prop_map(Step::End).boxed()),
        (1, Just(Step::Clear).boxed()),
    ];
    vec(Union::new_weighted(choices), 1..60)
}

/// The rows by their tags, and the pairs.
#[derive(Clone, Debug, Default, PartialEq)]
struct Rows {
    /// Each row with its parent.
    rows: BTreeMap<String, Option<String>>,
    pairs: BTreeSet<(String, String)>,
}

/// What is to be, before a flush.
#[derive(Clone, Debug, Default)]
struct Now {
    is: Rows,
    /// What the next flush deletes.
    deleted: BTreeSet<String>,
    /// Whether the program has set foreign keys itself: they show with the next flush.
    blurred: bool,
}

impl Now {
    fn parent(&self, tag: &str) -> Option<&String> {
        let parent = self.is.rows.get(tag)?.as_ref()?;
        (!self.deleted.contains(parent)).then_some(parent)
    }

    fn is_there(&self, tag: &str) -> bool {
        self.is.rows.contains_key(tag) && !self.deleted.contains(tag)
    }

    fn children(&self, kind: Kind, parent: &str) -> Vec<String> {
        let is = |tag: &&String| {
            Kind::of(tag) == Some(kind)
                && !self.deleted.contains(*tag)
                && self.parent(tag).is_some_and(|own| own == parent)
        };
        self.is.rows.keys().filter(is).cloned().collect()
    }

    fn partners(&self, tag: &str) -> Vec<String> {
        let pairs = self.is.pairs.iter();
        let other = |(item, mark): &(String, String)| match tag {
            _ if item == tag => Some(mark.clone()),
            _ if mark == tag => Some(item.clone()),
            _ => None,
        };
        let there = |tag: &String| self.is_there(tag);
        pairs.filter_map(other).filter(there).collect()
    }
}

struct World<'a> {
    db: &'a Database,
    now: Now,
    /// As the database is, seen from inside of the transaction.
    flushed: Rows,
    /// As it was at the last commit, and at each savepoint.
    saved: Vec<Rows>,
    next: u32,
    keys: Keys,
}

type Outcome = birgus::Result<()>;

impl World<'_> {
    fn tag(&mut self, letter: char) -> String {
        self.next += 1;
        format!("{letter}{:04}", self.next)
    }

    /// One of the rows whose tags begin so, and that nobody has deleted.
    fn pick(&self, letter: char, at: u8) -> Option<String> {
        let rows: Vec<&String> = (self.now.is.rows.keys())
            .filter(|tag| tag.starts_with(letter) && !self.now.deleted.contains(*tag))
            .collect();
        let number = usize::from(at).checked_rem(rows.len())?;
        Some(rows[number].clone())
    }

    /// The key of the object with that tag, which is read when the session does not track it.
    fn key<M: Named>(&mut self, session: &mut Session, tag: &str) -> Key<M> {
        if let Some(key) = M::keys(&mut self.keys).get(tag)
            && session.try_get(*key).is_ok()
        {
            return *key;
        }
        let found = session
            .no_autoflush(|session| session.load(M::of_tag(tag)))
            .unwrap();
        assert_eq!(found.len(), 1, "{tag} is in the database");
        M::keys(&mut self.keys).insert(tag.to_owned(), found[0]);
        found[0]
    }

    /// Whether a row was never sent.
    fn is_new(&self, tag: &str) -> bool {
        !self.flushed.rows.contains_key(tag)
    }

    /// What becomes of the model when a child gets another parent or none.
    fn moves(now: &mut Now, flushed: &Rows, kind: Kind, tag: &str, to: Option<&str>) {
        if let Some(to) = to
            && kind.is_one()
        {
            for before in now.children(kind, to) {
                if before != tag {
                    Self::moves(now, flushed, kind, &before, None);
                }
            }
        }
        if to.is_none() && kind.is_orphan() && !flushed.rows.contains_key(tag) {
            now.is.rows.remove(tag);
        } else {
            now.is.rows.insert(tag.to_owned(), to.map(str::to_owned));
        }
    }

    /// Whether a flush would have to give a unique value that can't be NULL from one row to another: it is refused.
    fn is_refused(now: &Now, flushed: &Rows) -> bool {
        let seals = || now.is.rows.iter().filter(|(tag, _)| tag.starts_with('s'));
        seals().any(|(tag, home)| {
            let before = (flushed.rows.iter()).find(|(other, parent)| {
                other.starts_with('s') && *other != tag && *parent == home && home.is_some()
            });
            before.is_some_and(|(other, _)| {
                now.is_there(other) && now.is.rows[other].is_some() && now.is_there(tag)
            })
        })
    }

    /// Does something to a copy of the model; where the flush would be refused, nothing.
    fn try_moves(&mut self, kind: Kind, moves: &[(&str, Option<&str>)]) -> bool {
        let mut now = self.now.clone();
        for (tag, to) in moves {
            if now.is.rows.contains_key(*tag) {
                Self::moves(&mut now, &self.flushed, kind, tag, *to);
            }
        }
        if Self::is_refused(&now, &self.flushed) {
            return false;
        }
        self.now = now;
        true
    }

    /// Takes note of a flush that must have succeeded.
    fn is_flushed(&mut self) {
        let deleted = std::mem::take(&mut self.now.deleted);
        self.now.blurred = false;
        let flushed = &self.flushed;
        let rows = &mut self.now.is.rows;
        rows.retain(|tag, _| !deleted.contains(tag));
        let there: BTreeSet<String> = rows.keys().cloned().collect();
        rows.retain(|tag, parent| {
            let Some(kind) = Kind::of(tag) else {
                return true;
            };
            if parent
                .as_ref()
                .is_some_and(|parent| !there.contains(parent))
            {
                *parent = None;
                return !kind.is_orphan();
            }
            let had = flushed.rows.get(tag).is_some_and(Option::is_some);
            !(kind.is_orphan() && had && parent.is_none())
        });
        let rows = &self.now.is.rows;
        (self.now.is.pairs)
            .retain(|(item, mark)| rows.contains_key(item) && rows.contains_key(mark));
        self.flushed = self.now.is.clone();
    }

    fn back_to(&mut self, depth: usize) {
        self.saved.truncate(depth + 1);
        self.flushed = self.saved[depth].clone();
        self.now = Now {
            is: self.flushed.clone(),
            ..Now::default()
        };
    }

    /// Runs steps up to the end of a part, whose number is given.
    fn run(&mut self, session: &mut Session, steps: &[Step], at: &mut usize) -> Outcome {
        while let Some(step) = steps.get(*at) {
            *at += 1;
            match step {
                Step::Begin => self.part(session, steps, at),
                Step::End(ok) if self.saved.len() > 1 => {
                    return match ok {
                        true => Ok(()),
                        false => Err(birgus::Error::session("given up")),
                    };
                }
                step => self.step(session, step),
            }
        }
        Ok(())
    }

    fn part(&mut self, session: &mut Session, steps: &[Step], at: &mut usize) {
        let depth = self.saved.len();
        let start = *at;
        let result = session.nested(|session| {
            self.is_flushed();
            self.saved.push(self.now.is.clone());
            self.run(session, steps, at)
        });
        match result {
            Ok(()) => {
                self.is_flushed();
                self.saved.truncate(depth);
            }
            Err(error) => {
                assert_eq!(error.to_string(), "given up");
                *at = start;
                skip_part(steps, at);
                self.back_to(depth);
                self.saved.truncate(depth);
            }
        }
        self.look_at_all(session);
    }

    fn step(&mut self, session: &mut Session, step: &Step) {
        match step {
            Step::AddParent(is_mark) => {
                let tag = self.tag(if *is_mark { 'm' } else { 'c' });
                if *is_mark {
                    let key = session.add(Mark::build().tag(tag.as_str()));
                    self.keys.marks.insert(tag.clone(), key);
                } else {
                    let key = session.add(Crate::build().tag(tag.as_str()));
                    self.keys.crates.insert(tag.clone(), key);
                }
                self.now.is.rows.insert(tag, None);
            }
            Step::Add(kind, home) => of_kind!(*kind, self.add(session, *kind, *home)),
            Step::Link(kind, at, to, up) => {
                of_kind!(*kind, self.link(session, *kind, *at, *to, *up));
            }
            Step::Unlink(kind, at, up) => of_kind!(*kind, self.unlink(session, *kind, *at, *up)),
            Step::SetUp(kind, at, to) => of_kind!(*kind, self.set_up(session, *kind, *at, *to)),
            Step::SetDown(kind, at, to) => of_kind!(*kind, self.set_down(session, *kind, *at, *to)),
            Step::Assign(kind, at, to) => of_kind!(*kind, self.assign(session, *kind, *at, *to)),
            Step::Delete(at) => self.delete(session, *at),
            Step::LinkDeleted(kind, at, to) => {
                of_kind!(*kind, self.link_deleted(session, *kind, *at, *to));
            }
            Step::Pair(at, to, up) => {
                if let (Some(item), Some(mark)) = (self.pick('i', *at), self.pick('m', *to)) {
                    let (one, other) = (self.key(session, &item), self.key(session, &mark));
                    match up {
                        true => session.link(one, Item::marks, other).unwrap(),
                        false => session.link(other, Mark::items, one).unwrap(),
                    }
                    self.now.is.pairs.insert((item, mark));
                }
            }
            Step::Unpair(at, to, up) => {
                let Some(item) = self.pick('i', *at) else {
                    return;
                };
                let marks = self.now.partners(&item);
                if let Some(number) = usize::from(*to).checked_rem(marks.len()) {
                    let mark = marks[number].clone();
                    let (one, other) = (self.key(session, &item), self.key(session, &mark));
                    let result = match up {
                        true => session.unlink(one, Item::marks, other),
                        false => session.unlink(other, Mark::items, one),
                    };
                    result.unwrap();
                    self.now.is.pairs.remove(&(item, mark));
                }
            }
            Step::SetPairs(at, which, up) => self.set_pairs(session, *at, *which, *up),
            Step::PairByHand(at, to) => {
                if let (Some(item), Some(mark)) = (self.pick('i', *at), self.pick('m', *to))
                    && !self.now.is.pairs.contains(&(item.clone(), mark.clone()))
                {
                    let (one, other) = (
                        self.key::<Item>(session, &item),
                        self.key::<Mark>(session, &mark),
                    );
                    session.add(ItemMark::build().item_id(one).mark_id(other));
                    self.now.is.pairs.insert((item, mark));
                }
            }
            Step::UnpairByHand(at) => {
                let stored: Vec<_> = (self.flushed.pairs.intersection(&self.now.is.pairs))
                    .filter(|(item, mark)| self.now.is_there(item) && self.now.is_there(mark))
                    .cloned()
                    .collect();
                if let Some(number) = usize::from(*at).checked_rem(stored.len()) {
                    let (item, mark) = stored[number].clone();
                    let (one, other) = (
                        self.key::<Item>(session, &item),
                        self.key::<Mark>(session, &mark),
                    );
                    let query = ItemMark::query()
                        .filter(ItemMark::item_id.eq(session[one].id))
                        .filter(ItemMark::mark_id.eq(session[other].id));
                    let pair = session.no_autoflush(|session| session.load(query)).unwrap();
                    session.delete(pair[0]).unwrap();
                    self.now.is.pairs.remove(&(item, mark));
                }
            }
            Step::Look(at) => {
                let tags: Vec<String> = self.now.is.rows.keys().cloned().collect();
                if let Some(number) = usize::from(*at).checked_rem(tags.len()) {
                    self.look(session, &tags[number]);
                }
            }
            Step::LookAtAll => self.look_at_all(session),
            Step::Load(kind, how, at) => of_kind!(*kind, self.load(session, *how, *at)),
            Step::LoadPairs(how, up) => {
                if *up {
                    self.load_with(session, Item::marks, *how);
                } else {
                    self.load_with(session, Mark::items, *how);
                }
            }
            Step::Refresh(at) => self.refresh(session, *at),
            Step::Flush => {
                session.flush().unwrap();
                self.is_flushed();
                self.check_rows(&mut *session);
            }
            Step::Commit => {
                if self.saved.len() > 1 {
                    assert!(session.commit().unwrap_err().is_session());
                    return;
                }
                session.commit().unwrap();
                self.is_flushed();
                self.saved = vec![self.now.is.clone()];
                self.check_rows(self.db);
            }
            Step::Rollback => {
                if self.saved.len() == 1 {
                    session.rollback().unwrap();
                    self.back_to(0);
                    self.check_rows(self.db);
                }
            }
            Step::Clear => {
                session.clear();
                self.now = Now {
                    is: self.flushed.clone(),
                    ..Now::default()
                };
            }
            Step::Begin | Step::End(_) => {}
        }
    }

    fn add<C: Child>(&mut self, session: &mut Session, kind: Kind, home: Option<u8>) {
        let home = home.and_then(|at| self.pick(kind.parent(), at));
        // Who is added beside another one in a relationship to one is refused as a duplicate.
        let taken = |home: &String| kind.is_one() && !self.now.children(kind, home).is_empty();
        if home.as_ref().is_some_and(taken) || (home.is_none() && kind.is_required()) {
            return;
        }
        let tag = self.tag(kind.letter());
        let mut now = self.now.clone();
        now.is.rows.insert(tag.clone(), home.clone());
        if Self::is_refused(&now, &self.flushed) {
            return;
        }
        let home = home.map(|home| self.key::<C::Parent>(session, &home));
        let key = C::add(session, &tag, home);
        C::keys(&mut self.keys).insert(tag, key);
        self.now = now;
    }

    fn link<C: Child>(&mut self, session: &mut Session, kind: Kind, at: u8, to: u8, up: bool) {
        let (Some(tag), Some(home)) = (self.pick(kind.letter(), at), self.pick(kind.parent(), to))
        else {
            return;
        };
        if !self.try_moves(kind, &[(&tag, Some(&home))]) {
            return;
        }
        let (child, parent) = (
            self.key::<C>(session, &tag),
            self.key::<C::Parent>(session, &home),
        );
        match up {
            true => session.link(child, C::UP, parent).unwrap(),
            false => session.link(parent, C::DOWN, child).unwrap(),
        }
    }

    fn unlink<C: Child>(&mut self, session: &mut Session, kind: Kind, at: u8, up: bool) {
        let Some(tag) = self.pick(kind.letter(), at) else {
            return;
        };
        let Some(home) = self.now.parent(&tag).cloned() else {
            return;
        };
        let (child, parent) = (
            self.key::<C>(session, &tag),
            self.key::<C::Parent>(session, &home),
        );
        match up {
            true => session.unlink(child, C::UP, parent).unwrap(),
            false => session.unlink(parent, C::DOWN, child).unwrap(),
        }
        assert!(self.try_moves(kind, &[(&tag, None)]));
    }

    fn set_up<C: Child>(&mut self, session: &mut Session, kind: Kind, at: u8, to: Option<u8>) {
        let Some(tag) = self.pick(kind.letter(), at) else {
            return;
        };
        let home = to.and_then(|to| self.pick(kind.parent(), to));
        // Where there must be one, and is none, there is nothing that could be asked for.
        if self.now.blurred || (kind.is_required() && self.now.parent(&tag).is_none()) {
            return;
        }
        if home.is_none() && self.now.is.rows[&tag].is_some() && self.now.parent(&tag).is_none() {
            return;
        }
        let is_none = home.is_none() && self.now.parent(&tag).is_none();
        if !is_none && !self.try_moves(kind, &[(&tag, home.as_deref())]) {
            return;
        }
        let child = self.key::<C>(session, &tag);
        let parent = home.map(|home| self.key::<C::Parent>(session, &home));
        session.set(child, C::UP, parent).unwrap();
    }

    fn set_down<C: Child>(&mut self, session: &mut Session, kind: Kind, at: u8, which: u8) {
        let Some(home) = self.pick(kind.parent(), at) else {
            return;
        };
        if self.now.blurred {
            return;
        }
        let all: Vec<String> = (self.now.is.rows.keys())
            .filter(|tag| Kind::of(tag) == Some(kind) && !self.now.deleted.contains(*tag))
            .cloned()
            .collect();
        let mut wanted: Vec<String> = (all.iter().enumerate())
            .filter(|(number, _)| which >> (number % 7) & 1 == 1)
            .map(|(_, tag)| tag.clone())
            .collect();
        if kind.is_one() {
            wanted.truncate(1);
        }
        let before = self.now.children(kind, &home);
        let leaving = before.iter().filter(|tag| !wanted.contains(tag));
        let mut moves: Vec<(&str, Option<&str>)> =
            leaving.map(|tag| (tag.as_str(), None)).collect();
        moves.extend(wanted.iter().map(|tag| (tag.as_str(), Some(home.as_str()))));
        if !self.try_moves(kind, &moves) {
            return;
        }
        let wanted: Vec<Key<C>> = wanted.iter().map(|tag| self.key(session, tag)).collect();
        let parent = self.key::<C::Parent>(session, &home);
        session.set(parent, C::DOWN, wanted).unwrap();
    }

    fn set_pairs(&mut self, session: &mut Session, at: u8, which: u8, up: bool) {
        let (near, far) = if up { ('i', 'm') } else { ('m', 'i') };
        let Some(tag) = self.pick(near, at) else {
            return;
        };
        let others: Vec<String> = (self.now.is.rows.keys())
            .filter(|tag| tag.starts_with(far) && !self.now.deleted.contains(*tag))
            .enumerate()
            .filter(|(number, _)| which >> (number % 7) & 1 == 1)
            .map(|(_, tag)| tag.clone())
            .collect();
        let deleted = self.now.deleted.clone();
        (self.now.is.pairs).retain(|(item, mark)| {
            let (own, other) = if up { (item, mark) } else { (mark, item) };
            // What pairs it with a deleted one goes with that.
            *own != tag || deleted.contains(other)
        });
        if up {
            let key = self.key::<Item>(session, &tag);
            let keys: Vec<Key<Mark>> = others
                .iter()
                .map(|other| self.key(session, other))
                .collect();
            session.set(key, Item::marks, keys).unwrap();
        } else {
            let key = self.key::<Mark>(session, &tag);
            let keys: Vec<Key<Item>> = others
                .iter()
                .map(|other| self.key(session, other))
                .collect();
            session.set(key, Mark::items, keys).unwrap();
        }
        for other in others {
            let pair = if up {
                (tag.clone(), other)
            } else {
                (other, tag.clone())
            };
            self.now.is.pairs.insert(pair);
        }
    }

    /// Sets a foreign key, as any other field.
    fn assign<C: Child>(&mut self, session: &mut Session, kind: Kind, at: u8, to: Option<u8>) {
        let Some(tag) = self.pick(kind.letter(), at) else {
            return;
        };
        let home = to.and_then(|to| self.pick(kind.parent(), to));
        let taken = |home: &String| {
            let rows = self.now.is.rows.iter().chain(&self.flushed.rows);
            kind.is_one() && { rows }
                .any(|(other, parent)| *other != tag && parent.as_ref() == Some(home))
        };
        let waits = |home: &String| self.is_new(home);
        let before = self.now.is.rows[&tag].as_ref();
        if before.is_some_and(waits)
            || home.as_ref().is_some_and(|home| waits(home) || taken(home))
            || (before.is_none() && kind.is_required())
            || (home.is_none() && (kind.is_required() || (kind.is_orphan() && self.is_new(&tag))))
        {
            return;
        }
        let id = home.as_ref().map(|home| {
            let key = self.key::<C::Parent>(session, home);
            C::id_of(&session[key])
        });
        let key = self.key::<C>(session, &tag);
        session[key].set_home(id);
        self.now.is.rows.insert(tag, home);
        self.now.blurred = true;
    }

    fn delete(&mut self, session: &mut Session, at: u8) {
        let tags: Vec<String> = (self.now.is.rows.keys())
            .filter(|tag| !self.now.deleted.contains(*tag))
            .cloned()
            .collect();
        let Some(number) = usize::from(at).checked_rem(tags.len()) else {
            return;
        };
        let tag = tags[number].clone();
        let awaited = self
            .now
            .is
            .rows
            .values()
            .any(|parent| parent.as_ref() == Some(&tag));
        let orphan =
            Kind::of(&tag).is_some_and(Kind::is_required) && self.now.is.rows[&tag].is_none();
        // Rows that wait for one which was never sent are refused: that has a case of its own.
        if (self.is_new(&tag) && awaited) || orphan {
            return;
        }
        let result = match tag.chars().next() {
            Some('c') => self.key::<Crate>(session, &tag).delete(session),
            Some('m') => self.key::<Mark>(session, &tag).delete(session),
            _ => match Kind::of(&tag).unwrap() {
                Kind::Item => self.key::<Item>(session, &tag).delete(session),
                Kind::Part => self.key::<Part>(session, &tag).delete(session),
                Kind::Lid => self.key::<Lid>(session, &tag).delete(session),
                Kind::Seal => self.key::<Seal>(session, &tag).delete(session),
                Kind::Node => self.key::<Node>(session, &tag).delete(session),
            },
        };
        result.unwrap();
        if self.is_new(&tag) {
            self.now.is.rows.remove(&tag);
            (self.now.is.pairs).retain(|(item, mark)| *item != tag && *mark != tag);
        } else {
            self.now.deleted.insert(tag);
        }
    }

    fn link_deleted<C: Child>(&mut self, session: &mut Session, kind: Kind, at: u8, to: u8) {
        let Some(tag) = self.pick(kind.letter(), at) else {
            return;
        };
        let gone: Vec<String> = (self.now.deleted.iter())
            .filter(|gone| gone.starts_with(kind.parent()))
            .cloned()
            .collect();
        if let Some(number) = usize::from(to).checked_rem(gone.len()) {
            let child = self.key::<C>(session, &tag);
            if let Some(parent) = <C::Parent as Named>::keys(&mut self.keys)
                .get(&gone[number])
                .copied()
            {
                assert!(session.link(child, C::UP, parent).unwrap_err().is_session());
                assert!(
                    session
                        .link(parent, C::DOWN, child)
                        .unwrap_err()
                        .is_session()
                );
            }
        }
    }

    /// Loads one side of a relationship.
    fn load<C: Child>(&mut self, session: &mut Session, how: u8, at: u8) {
        if at % 2 == 0 {
            self.load_with(session, C::UP, how);
        } else {
            self.load_with(session, C::DOWN, how);
        }
    }

    fn load_with<M: Model, F: RelationType>(
        &mut self,
        session: &mut Session,
        relation: Relation<M, F>,
        how: u8,
    ) {
        let along = match how % 3 {
            0 => relation.joined(),
            1 => relation.selectin(),
            _ => relation.subquery(),
        };
        let query = M::query().with(along);
        if how % 2 == 0 {
            session.load(query).unwrap();
            self.is_flushed();
        } else {
            session.no_autoflush(|session| session.load(query)).unwrap();
        }
    }

    /// Reads a row again: what was linked and not sent is lost.
    fn refresh(&mut self, session: &mut Session, at: u8) {
        let tags: Vec<String> = (self.flushed.rows.keys())
            .filter(|tag| self.now.is_there(tag))
            .cloned()
            .collect();
        let Some(number) = usize::from(at).checked_rem(tags.len()) else {
            return;
        };
        let tag = &tags[number];
        let before = self.flushed.rows[tag].clone();
        let Some(kind) = Kind::of(tag) else {
            if tag.starts_with('c') {
                let key = self.key::<Crate>(session, tag);
                session.refresh(key).unwrap();
            } else {
                let key = self.key::<Mark>(session, tag);
                session.refresh(key).unwrap();
            }
            return;
        };
        let taken = |home: &String| {
            kind.is_one()
                && self
                    .now
                    .children(kind, home)
                    .iter()
                    .any(|other| other != tag)
        };
        let mut now = self.now.clone();
        now.is.rows.insert(tag.clone(), before.clone());
        // An orphan has no row to be refreshed from: it goes.
        if before.as_ref().is_some_and(taken)
            || (kind.is_required() && self.now.is.rows[tag].is_none())
            || Self::is_refused(&now, &self.flushed)
        {
            return;
        }
        of_kind!(kind, self.refresh_key(session, tag));
        self.now = now;
    }

    fn refresh_key<C: Child>(&mut self, session: &mut Session, tag: &str) {
        let key = self.key::<C>(session, tag);
        session.refresh(key).unwrap();
    }

    fn look_at_all(&mut self, session: &mut Session) {
        for tag in self.now.is.rows.keys().cloned().collect::<Vec<_>>() {
            self.look(session, &tag);
        }
    }

    /// Both sides of an object's relationships are as the model says, without a flush.
    fn look(&mut self, session: &mut Session, tag: &str) {
        if self.now.blurred || self.now.deleted.contains(tag) {
            return;
        }
        if let Some(kind) = Kind::of(tag) {
            if kind.is_required() && self.now.parent(tag).is_none() {
                return;
            }
            of_kind!(kind, self.look_up(session, tag));
        }
        match tag.chars().next() {
            Some('c') => {
                self.look_down::<Item>(session, Kind::Item, tag);
                self.look_down::<Part>(session, Kind::Part, tag);
                self.look_down::<Lid>(session, Kind::Lid, tag);
                self.look_down::<Seal>(session, Kind::Seal, tag);
            }
            Some('n') => self.look_down::<Node>(session, Kind::Node, tag),
            Some('i') => self.look_at_pairs(session, Item::marks, tag),
            Some('m') => self.look_at_pairs(session, Mark::items, tag),
            _ => {}
        }
    }

    fn look_up<C: Child>(&mut self, session: &mut Session, tag: &str) {
        let key = self.key::<C>(session, tag);
        let found = session
            .no_autoflush(|session| session.related(key, C::UP))
            .unwrap()
            .listed();
        let found: Vec<&str> = found.iter().map(|key| session[*key].tag()).collect();
        let wanted: Vec<&str> = self
            .now
            .parent(tag)
            .map(String::as_str)
            .into_iter()
            .collect();
        assert_eq!(found, wanted, "what {tag} belongs to");
    }

    fn look_down<C: Child>(&mut self, session: &mut Session, kind: Kind, tag: &str) {
        let key = self.key::<C::Parent>(session, tag);
        let found = session
            .no_autoflush(|session| session.related(key, C::DOWN))
            .unwrap()
            .listed();
        let mut found: Vec<&str> = found.iter().map(|key| session[*key].tag()).collect();
        found.sort_unstable();
        assert_eq!(found, self.now.children(kind, tag), "{kind:?} of {tag}");
    }

    fn look_at_pairs<M: Named, T: Named>(
        &mut self,
        session: &mut Session,
        relation: Relation<M, Many<T>>,
        tag: &str,
    ) {
        let key = self.key::<M>(session, tag);
        let found = session
            .no_autoflush(|session| session.related(key, relation))
            .unwrap();
        let mut found: Vec<&str> = found.iter().map(|key| session[*key].tag()).collect();
        found.sort_unstable();
        assert_eq!(found, self.now.partners(tag), "pairs of {tag}");
    }

    /// The rows of the database are as the model says.
    fn check_rows(&self, mut executor: impl Executor) {
        let mut found = Rows::default();
        let mut tags: BTreeMap<(char, i64), String> = BTreeMap::new();
        for row in Crate::query().all(&mut executor).unwrap() {
            assert_eq!(
                row.version, 1,
                "{}: nothing of its own has changed",
                row.tag
            );
            tags.insert(('c', row.id), row.tag.clone());
            found.rows.insert(row.tag, None);
        }
        for row in Mark::query().all(&mut executor).unwrap() {
            tags.insert(('m', row.id), row.tag.clone());
            found.rows.insert(row.tag, None);
        }
        let nodes = Node::query().all(&mut executor).unwrap();
        tags.extend(nodes.iter().map(|row| (('n', row.id), row.tag.clone())));
        for row in nodes {
            let home = row.home_id.map(|id| tags[&('n', id)].clone());
            found.rows.insert(row.tag, home);
        }
        let of_crate = |id: Option<i64>| id.map(|id| tags[&('c', id)].clone());
        let mut items: BTreeMap<i64, String> = BTreeMap::new();
        for row in Item::query().all(&mut executor).unwrap() {
            items.insert(row.id, row.tag.clone());
            found.rows.insert(row.tag, of_crate(row.home_id));
        }
        for row in Part::query().all(&mut executor).unwrap() {
            found.rows.insert(row.tag, of_crate(Some(row.home_id)));
        }
        for row in Lid::query().all(&mut executor).unwrap() {
            found.rows.insert(row.tag, of_crate(row.home_id));
        }
        for row in Seal::query().all(&mut executor).unwrap() {
            found.rows.insert(row.tag, of_crate(Some(row.home_id)));
        }
        for row in ItemMark::query().all(&mut executor).unwrap() {
            let mark = tags[&('m', row.mark_id)].clone();
            found.pairs.insert((items[&row.item_id].clone(), mark));
        }
        assert_eq!(found, self.now.is);
    }
}

trait Deletes {
    fn delete(self, session: &mut Session) -> Outcome;
}

impl<M: Model> Deletes for Key<M> {
    fn delete(self, session: &mut Session) -> Outcome {
        session.delete(self)
    }
}

/// Goes behind the end of the part that was begun.
fn skip_part(steps: &[Step], at: &mut usize) {
    let mut open = 1;
    while let Some(step) = steps.get(*at) {
        *at += 1;
        match step {
            Step::Begin => open += 1,
            Step::End(_) => open -= 1,
            _ => {}
        }
        if open == 0 {
            return;
        }
    }
}

fn run(db: &Database, steps: &[Step]) {
    ItemMark::query().delete(db).unwrap();
    Mark::query().delete(db).unwrap();
    Item::query().delete(db).unwrap();
    Part::query().delete(db).unwrap();
    Lid::query().delete(db).unwrap();
    Seal::query().delete(db).unwrap();
    Node::query().update(Node::home_id.set(None), db).unwrap();
    Node::query().delete(db).unwrap();
    Crate::query().delete(db).unwrap();
    let mut session = db.session().unwrap();
    let mut world = World {
        db,
        now: Now::default(),
        flushed: Rows::default(),
        saved: vec![Rows::default()],
        next: 0,
        keys: Keys::default(),
    };
    let mut at = 0;
    while at < steps.len() {
        world.run(&mut session, steps, &mut at).unwrap();
    }
    world.look_at_all(&mut session);
    session.commit().unwrap();
    world.is_flushed();
    world.look_at_all(&mut session);
    world.check_rows(db);
}

fn setting(variable: &str) -> Option<u64> {
    let value = std::env::var(variable).ok()?;
    Some(
        value
            .parse()
            .unwrap_or_else(|_| panic!("{variable}: not a whole number")),
    )
}

#[test]
fn both_sides_and_the_rows_agree_after_each_step() {
    let sequences =
        setting("BIRGUS_SEQUENCES").map_or(SEQUENCES, |number| number.try_into().unwrap());
    let seed = setting("BIRGUS_SEQUENCES_SEED").unwrap_or(SEED);
    for pair in birgus_conformance::known_pairs(&support::linked_pairs()).unwrap() {
        eprintln!("{sequences} sequences of seed {seed} on {}", pair.name());
        let bed = Bed::new(&Arc::new(pair)).unwrap();
        let db = bed.database(&models());
        let config = Config {
            cases: sequences,
            failure_persistence: None,
            max_shrink_iters: 2_000,
            ..Config::default()
        };
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&seed.to_le_bytes());
        let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
        let result = TestRunner::new_with_rng(config, rng).run(&steps(), |steps| {
            let run = std::panic::AssertUnwindSafe(|| run(&db, &steps));
            std::panic::catch_unwind(run).map_err(|panic| {
                let text = panic.downcast_ref::<String>().cloned();
                TestCaseError::fail(text.unwrap_or_else(|| "a panic".to_owned()))
            })
        });
        drop(db);
        bed.remove().unwrap();
        if let Err(TestError::Fail(reason, steps)) = result {
            panic!("seed {seed}: {}\n{steps:#?}", reason.message());
        }
    }
}
