//! What is stored, in plain Rust: the graph that every way to load it must give.

use std::collections::BTreeSet;

use birgus::prelude::*;
use birgus_conformance::library::{
    Badge, Branch, Essay, EssayTopic, Following, Review, Shelf, Topic, Volume, Writer,
};

use super::Plan;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Writer,
    Essay,
    Topic,
    Badge,
    Review,
    Branch,
    Shelf,
    Volume,
}

impl Kind {
    /// How many relationships are loaded of it.
    pub(crate) fn relations(self) -> u8 {
        match self {
            Self::Writer => 6,
            Self::Essay => 4,
            Self::Branch => 2,
            _ => 1,
        }
    }
}

/// Rows with the ids 1, 2 …, and what they refer to.
#[derive(Clone, Debug, Default)]
pub(crate) struct Graph {
    writers: usize,
    /// The writer and the editor.
    essays: Vec<(usize, Option<usize>)>,
    badges: Vec<usize>,
    topics: usize,
    /// Essay and topic.
    pairs: BTreeSet<(usize, usize)>,
    /// Follower and followed.
    follows: BTreeSet<(usize, usize)>,
    /// Essay and writer; a pair may come again.
    reviews: Vec<(usize, usize)>,
    /// The parents.
    branches: Vec<Option<usize>>,
    shelves: usize,
    volumes: Vec<Option<usize>>,
}

/// One of so many, from 1.
fn pick(among: usize, number: u8) -> Option<usize> {
    (among > 0).then(|| usize::from(number) % among + 1)
}

fn picked(left: usize, right: usize, drawn: &[(u8, u8)]) -> Vec<(usize, usize)> {
    let pair = |(one, other): &(u8, u8)| Some((pick(left, *one)?, pick(right, *other)?));
    drawn.iter().filter_map(pair).collect()
}

impl Graph {
    #[allow(clippy::too_many_arguments, reason = "one for each kind of row")]
    pub(crate) fn new(
        writers: usize,
        essays: &[(u8, Option<u8>)],
        badges: &BTreeSet<u8>,
        topics: usize,
        pairs: &[(u8, u8)],
        follows: &[(u8, u8)],
        reviews: &[(u8, u8)],
        branches: &[Option<u8>],
        shelves: usize,
        volumes: &[Option<u8>],
    ) -> Self {
        let essays: Vec<_> = (essays.iter())
            .filter_map(|(writer, editor)| {
                let editor = editor.and_then(|editor| pick(writers, editor));
                Some((pick(writers, *writer)?, editor))
            })
            .collect();
        let badges: BTreeSet<usize> = (badges.iter())
            .filter_map(|writer| pick(writers, *writer))
            .collect();
        let among = |count: usize| move |number: &Option<u8>| number.and_then(|at| pick(count, at));
        Self {
            writers,
            badges: badges.into_iter().rev().collect(),
            topics,
            pairs: picked(essays.len(), topics, pairs).into_iter().collect(),
            follows: picked(writers, writers, follows).into_iter().collect(),
            reviews: picked(essays.len(), writers, reviews),
            branches: branches.iter().map(among(branches.len())).collect(),
            shelves,
            volumes: volumes.iter().map(among(shelves)).collect(),
            essays,
        }
    }

    /// The rows of a kind.
    pub(crate) fn all(&self, kind: Kind) -> Vec<usize> {
        let count = match kind {
            Kind::Writer => self.writers,
            Kind::Essay => self.essays.len(),
            Kind::Topic => self.topics,
            Kind::Badge => self.badges.len(),
            Kind::Review => self.reviews.len(),
            Kind::Branch => self.branches.len(),
            Kind::Shelf => self.shelves,
            Kind::Volume => self.volumes.len(),
        };
        (1..=count).collect()
    }

    /// What a row is related to, in order, and whether there may be several.
    fn related(&self, kind: Kind, id: usize, relation: u8) -> (Kind, bool, Vec<usize>) {
        let those = |kind: Kind, is: &dyn Fn(usize) -> bool| -> Vec<usize> {
            self.all(kind).into_iter().filter(|id| is(*id)).collect()
        };
        match (kind, relation) {
            (Kind::Writer, 0) => {
                let found = those(Kind::Essay, &|essay| self.essays[essay - 1].0 == id);
                (Kind::Essay, true, found)
            }
            (Kind::Writer, 1) => {
                let found = those(Kind::Essay, &|essay| self.essays[essay - 1].1 == Some(id));
                (Kind::Essay, true, found)
            }
            (Kind::Writer, 2) => {
                let found = those(Kind::Badge, &|badge| self.badges[badge - 1] == id);
                (Kind::Badge, false, found)
            }
            (Kind::Writer, 3) => {
                let found = those(Kind::Writer, &|other| self.follows.contains(&(id, other)));
                (Kind::Writer, true, found)
            }
            (Kind::Writer, 4) => {
                let found = those(Kind::Writer, &|other| self.follows.contains(&(other, id)));
                (Kind::Writer, true, found)
            }
            (Kind::Writer, _) => {
                let found = those(Kind::Essay, &|essay| self.reviews.contains(&(essay, id)));
                (Kind::Essay, true, found)
            }
            (Kind::Essay, 0) => (Kind::Writer, false, vec![self.essays[id - 1].0]),
            (Kind::Essay, 1) => {
                let editor = self.essays[id - 1].1;
                (Kind::Writer, false, editor.into_iter().collect())
            }
            (Kind::Essay, 2) => {
                // By their names, which go down as the ids go up.
                let mut found = those(Kind::Topic, &|topic| self.pairs.contains(&(id, topic)));
                found.reverse();
                (Kind::Topic, true, found)
            }
            (Kind::Essay, _) => {
                let found = those(Kind::Review, &|review| self.reviews[review - 1].0 == id);
                (Kind::Review, true, found)
            }
            (Kind::Topic, _) => {
                let found = those(Kind::Essay, &|essay| self.pairs.contains(&(essay, id)));
                (Kind::Essay, true, found)
            }
            (Kind::Badge, _) => (Kind::Writer, false, vec![self.badges[id - 1]]),
            (Kind::Review, _) => (Kind::Writer, false, vec![self.reviews[id - 1].1]),
            (Kind::Branch, 0) => {
                let parent = self.branches[id - 1];
                (Kind::Branch, false, parent.into_iter().collect())
            }
            (Kind::Branch, _) => {
                let found = those(Kind::Branch, &|child| self.branches[child - 1] == Some(id));
                (Kind::Branch, true, found)
            }
            (Kind::Shelf, _) => {
                let found = those(Kind::Volume, &|volume| self.volumes[volume - 1] == Some(id));
                (Kind::Volume, true, found)
            }
            (Kind::Volume, _) => {
                let shelf = self.volumes[id - 1];
                (Kind::Shelf, false, shelf.into_iter().collect())
            }
        }
    }

    /// A row with everything that a plan loads along, as a text.
    pub(crate) fn shown(&self, kind: Kind, id: usize, plan: &Plan) -> String {
        let mut text = format!("{id}");
        for (relation, load) in plan.each(kind.relations()) {
            let (target, many, mut found) = self.related(kind, id, relation);
            if many {
                let limit = load.limit.map_or(usize::MAX, usize::from);
                found = (found.into_iter().skip(load.offset.into()).take(limit)).collect();
            }
            let below = load.next(kind == target);
            let found = found.into_iter().map(|id| self.shown(target, id, &below));
            text += &super::loads::listed(relation, found);
        }
        text
    }

    /// Stores it in place of the one before.
    pub(crate) fn store(&self, db: &Database) {
        Branch::query()
            .update(Branch::parent_id.set(None), db)
            .unwrap();
        Branch::query().delete(db).unwrap();
        Volume::query().delete(db).unwrap();
        Shelf::query().delete(db).unwrap();
        Review::query().delete(db).unwrap();
        EssayTopic::query().delete(db).unwrap();
        Following::query().delete(db).unwrap();
        Badge::query().delete(db).unwrap();
        Topic::query().delete(db).unwrap();
        Essay::query().delete(db).unwrap();
        Writer::query().delete(db).unwrap();
        let id = |id: usize| i64::try_from(id).unwrap();
        let numbered = |position: usize| id(position + 1);
        let writers = self.all(Kind::Writer);
        let writers = writers
            .iter()
            .map(|at| Writer::build().id(id(*at)).name("w"));
        Writer::insert_many(writers).execute(db).unwrap();
        let essays = self
            .essays
            .iter()
            .enumerate()
            .map(|(at, (writer, editor))| {
                Essay::build()
                    .id(numbered(at))
                    .title("e")
                    .writer_id(id(*writer))
                    .editor_id(editor.map(id))
            });
        Essay::insert_many(essays).execute(db).unwrap();
        let badges = self.badges.iter().enumerate().map(|(at, writer)| {
            Badge::build()
                .id(numbered(at))
                .text("b")
                .writer_id(Some(id(*writer)))
        });
        Badge::insert_many(badges).execute(db).unwrap();
        let topics = self.all(Kind::Topic);
        let topics = topics
            .iter()
            .map(|at| Topic::build().id(id(*at)).name(format!("{}", 9 - at)));
        Topic::insert_many(topics).execute(db).unwrap();
        let pairs = self.pairs.iter();
        let pairs = pairs.map(|(essay, topic)| {
            EssayTopic::build()
                .essay_id(id(*essay))
                .topic_id(id(*topic))
        });
        EssayTopic::insert_many(pairs).execute(db).unwrap();
        let follows = self.follows.iter().map(|(one, other)| {
            Following::build()
                .follower_id(id(*one))
                .followed_id(id(*other))
        });
        Following::insert_many(follows).execute(db).unwrap();
        let reviews = self
            .reviews
            .iter()
            .enumerate()
            .map(|(at, (essay, writer))| {
                Review::build()
                    .id(numbered(at))
                    .essay_id(id(*essay))
                    .writer_id(id(*writer))
            });
        Review::insert_many(reviews).execute(db).unwrap();
        let branches =
            (0..self.branches.len()).map(|at| Branch::build().id(numbered(at)).name("b"));
        Branch::insert_many(branches).execute(db).unwrap();
        for (at, parent) in self.branches.iter().enumerate() {
            if let Some(parent) = parent {
                let branch = Branch::query().by_key(numbered(at));
                branch
                    .update(Branch::parent_id.set(Some(id(*parent))), db)
                    .unwrap();
            }
        }
        let shelves = self.all(Kind::Shelf);
        let shelves = shelves.iter().map(|at| {
            let (room, number) = place(*at);
            Shelf::build().room(room).number(number)
        });
        Shelf::insert_many(shelves).execute(db).unwrap();
        let volumes = self.volumes.iter().enumerate().map(|(at, shelf)| {
            let place = shelf.map(place);
            Volume::build()
                .id(numbered(at))
                .room(place.map(|place| place.0))
                .number(place.map(|place| place.1))
        });
        Volume::insert_many(volumes).execute(db).unwrap();
    }
}

/// Where a shelf stands: two in each room.
fn place(shelf: usize) -> (i32, i32) {
    let shelf = i32::try_from(shelf - 1).unwrap();
    (shelf / 2, shelf % 2)
}

/// The shelf that stands there.
pub(crate) fn shelf_at(room: i32, number: i32) -> usize {
    usize::try_from(room * 2 + number + 1).unwrap()
}
