//! What is drawn: a graph of rows, and ways to load it.

pub(crate) mod loads;
pub(crate) mod stored;

use proptest::collection::{btree_set, vec};
use proptest::option;
use proptest::strategy::{Just, Strategy, Union};

use stored::{Graph, Kind};

/// What is loaded along with rows of some model.
#[derive(Clone, Debug, Default)]
pub(crate) struct Plan {
    pub(crate) loads: Vec<Load>,
}

/// A relationship that is loaded along.
#[derive(Clone, Debug)]
pub(crate) struct Load {
    /// Which one, as often as it goes into their number.
    pub(crate) relation: u8,
    pub(crate) strategy: Way,
    /// At most so many for each parent, of a collection.
    pub(crate) limit: Option<u8>,
    pub(crate) offset: u8,
    /// How often it is followed, where it leads to its own model.
    pub(crate) depth: u8,
    pub(crate) below: Plan,
}

impl Load {
    /// What is loaded along with its rows.
    pub(crate) fn next(&self, leads_to_its_own: bool) -> Plan {
        let mut below = self.below.clone();
        if leads_to_its_own && self.depth > 1 {
            below.loads.push(Self {
                depth: self.depth - 1,
                ..self.clone()
            });
        }
        below
    }
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Way {
    Joined,
    Subquery,
    Selectin,
}

impl Plan {
    /// The relationships of a model that has so many, each once.
    pub(crate) fn each(&self, relations: u8) -> Vec<(u8, &Load)> {
        let mut found: Vec<(u8, &Load)> = Vec::new();
        for load in &self.loads {
            let relation = load.relation % relations;
            if !found.iter().any(|(known, _)| *known == relation) {
                found.push((relation, load));
            }
        }
        found
    }

    /// The same without limits.
    pub(crate) fn whole(&self) -> Self {
        let whole = |load: &Load| Load {
            limit: None,
            offset: 0,
            below: load.below.whole(),
            ..load.clone()
        };
        Self {
            loads: self.loads.iter().map(whole).collect(),
        }
    }
}

/// Which rows a query gives.
#[derive(Clone, Debug)]
pub(crate) struct Shape {
    pub(crate) descending: bool,
    pub(crate) limit: Option<u8>,
    pub(crate) offset: u8,
}

/// Rows of a model, and what is loaded along.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    pub(crate) kind: Kind,
    pub(crate) shape: Shape,
    pub(crate) plan: Plan,
}

fn plan() -> impl Strategy<Value = Plan> {
    let bottom = Just(Plan::default());
    bottom.prop_recursive(4, 12, 3, |below| {
        let way = Union::new([Way::Joined, Way::Subquery, Way::Selectin].map(Just));
        let limit = option::weighted(0.2, 0..3_u8);
        let offset = Union::new_weighted(vec![(5, Just(0_u8)), (1, Just(1))]);
        let depth = Union::new_weighted(vec![(4, Just(1_u8)), (1, Just(2)), (1, Just(3))]);
        let load = (0..12_u8, way, limit, offset, depth, below).prop_map(
            |(relation, strategy, limit, offset, depth, below)| Load {
                depth,
                relation,
                strategy,
                limit,
                offset,
                below,
            },
        );
        vec(load, 1..4).prop_map(|loads| Plan { loads })
    })
}

/// Ways to load a graph.
pub(crate) fn cases() -> impl Strategy<Value = Vec<Case>> {
    let kinds = vec![
        (4, Just(Kind::Writer)),
        (3, Just(Kind::Essay)),
        (1, Just(Kind::Topic)),
        (1, Just(Kind::Badge)),
        (1, Just(Kind::Review)),
        (3, Just(Kind::Branch)),
        (1, Just(Kind::Shelf)),
        (1, Just(Kind::Volume)),
    ];
    let offset = Union::new_weighted(vec![(4, Just(0_u8)), (1, Just(1))]);
    let shape = (proptest::bool::ANY, option::weighted(0.4, 0..4_u8), offset).prop_map(
        |(descending, limit, offset)| Shape {
            descending,
            limit,
            offset,
        },
    );
    let case = (Union::new_weighted(kinds), shape, plan());
    vec(
        case.prop_map(|(kind, shape, plan)| Case { kind, shape, plan }),
        1..5,
    )
}

/// A graph; what a row refers to is drawn from those that are there.
pub(crate) fn graph() -> impl Strategy<Value = Graph> {
    let any = 0..=u8::MAX;
    let writers = 0..5_usize;
    let essays = vec((any.clone(), option::of(any.clone())), 0..7);
    let badges = btree_set(any.clone(), 0..4);
    let topics = 0..5_usize;
    let pairs = vec((any.clone(), any.clone()), 0..9);
    let follows = vec((any.clone(), any.clone()), 0..9);
    let reviews = vec((any.clone(), any.clone()), 0..7);
    let branches = vec(option::weighted(0.8, any.clone()), 0..8);
    let shelves = 0..4_usize;
    let volumes = vec(option::of(any), 0..6);
    (
        (writers, essays, badges, topics, pairs),
        (follows, reviews, branches, shelves, volumes),
    )
        .prop_map(|(one, other)| {
            let (writers, essays, badges, topics, pairs) = one;
            let (follows, reviews, branches, shelves, volumes) = other;
            Graph::new(
                writers, &essays, &badges, topics, &pairs, &follows, &reviews, &branches, shelves,
                &volumes,
            )
        })
}
