//! Random graphs of rows that are related to each other, loaded by random strategies and nestings, as values and in a
//! session: whatever the way, what is loaded is what was stored.
//!
//! `BIRGUS_GRAPHS` is the number of graphs, `BIRGUS_GRAPHS_SEED` what they are drawn from; both are printed.
#![forbid(unsafe_code)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod related_graph;
mod support;

use std::sync::Arc;

use birgus::prelude::*;
use birgus::query::Query;
use birgus_conformance::{Bed, library};
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner};

use library::{Badge, Branch, Essay, Review, Shelf, Topic, Volume, Writer};
use related_graph::loads::{
    Tracked, Valued, badge, branch, essay, review, shelf, topic, volume, writer,
};
use related_graph::stored::{Graph, Kind};
use related_graph::{Case, Shape};

/// How many graphs are drawn when nothing is said.
const GRAPHS: u32 = 40;

/// What they are drawn from then.
const SEED: u64 = 20_261_121;

/// The rows of a query for parents, in this shape.
fn shaped<M: birgus::model::Model>(
    query: Query<M>,
    order: impl Fn(bool) -> Vec<birgus::query::Order>,
    shape: &Shape,
) -> Query<M> {
    let mut query = order(shape.descending)
        .into_iter()
        .fold(query, Query::order_by);
    if let Some(limit) = shape.limit {
        query = query.limit(limit.into());
    }
    if shape.offset > 0 {
        query = query.offset(shape.offset.into());
    }
    query
}

/// The rows that the shape leaves of those that were stored.
fn cut(mut ids: Vec<usize>, shape: &Shape) -> Vec<usize> {
    if shape.descending {
        ids.reverse();
    }
    let limit = shape.limit.map_or(usize::MAX, usize::from);
    ids.into_iter()
        .skip(shape.offset.into())
        .take(limit)
        .collect()
}

macro_rules! check {
    ($db:expr, $graph:expr, $session:expr, $case:expr, $model:ident, $load:ident, $($key:ident)+) => {{
        let (shape, plan) = (&$case.shape, &$case.plan);
        let ids = cut($graph.all(Kind::$model), shape);
        let order = |descending: bool| {
            vec![$(if descending { $model::$key.desc() } else { $model::$key.asc() }),+]
        };
        let parents = || shaped($model::query(), order, shape);
        let shown = |values: &[$model]| -> Vec<String> {
            values.iter().map(|value| value.shown(plan)).collect()
        };
        let stored: Vec<String> = ids.iter().map(|id| $graph.shown(Kind::$model, *id, plan)).collect();
        assert_eq!(shown(&$load(parents(), plan).all($db).unwrap()), stored, "values");
        let mut values = parents().all($db).unwrap();
        values = $load(related_graph::loads::Given(values, $db), plan).0;
        assert_eq!(shown(&values), stored, "values in hand");
        // In a session everything is loaded whole.
        let plan = &plan.whole();
        let stored: Vec<String> = ids.iter().map(|id| $graph.shown(Kind::$model, *id, plan)).collect();
        let keys = $session.load($load(parents(), plan)).unwrap();
        let (tracked, sent) = $db.recorded(|| -> Vec<String> {
            keys.iter().map(|key| key.shown($session, plan)).collect()
        });
        assert_eq!(tracked, stored, "in a session");
        assert!(sent.statements().is_empty(), "it was loaded before: {sent}");
    }};
}

fn run(db: &Database, graph: &Graph, cases: &[Case]) {
    graph.store(db);
    let mut one = db.session().unwrap();
    for case in cases {
        let mut fresh = db.session().unwrap();
        // One that knows what the cases before loaded, and one that knows nothing.
        for session in [&mut one, &mut fresh] {
            match case.kind {
                Kind::Writer => check!(db, graph, session, case, Writer, writer, id),
                Kind::Essay => check!(db, graph, session, case, Essay, essay, id),
                Kind::Topic => check!(db, graph, session, case, Topic, topic, id),
                Kind::Badge => check!(db, graph, session, case, Badge, badge, id),
                Kind::Review => check!(db, graph, session, case, Review, review, id),
                Kind::Branch => check!(db, graph, session, case, Branch, branch, id),
                Kind::Shelf => check!(db, graph, session, case, Shelf, shelf, room number),
                Kind::Volume => check!(db, graph, session, case, Volume, volume, id),
            }
        }
    }
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
fn every_way_to_load_gives_what_was_stored() {
    let graphs = setting("BIRGUS_GRAPHS").map_or(GRAPHS, |number| number.try_into().unwrap());
    let seed = setting("BIRGUS_GRAPHS_SEED").unwrap_or(SEED);
    for pair in birgus_conformance::known_pairs(&support::linked_pairs()).unwrap() {
        eprintln!("{graphs} graphs of seed {seed} on {}", pair.name());
        let bed = Bed::new(&Arc::new(pair)).unwrap();
        let db = bed.database(&library::models());
        let config = Config {
            cases: graphs,
            failure_persistence: None,
            max_shrink_iters: 500,
            ..Config::default()
        };
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&seed.to_le_bytes());
        let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
        let drawn = (related_graph::graph(), related_graph::cases());
        let result = TestRunner::new_with_rng(config, rng).run(&drawn, |(graph, cases)| {
            let run = std::panic::AssertUnwindSafe(|| run(&db, &graph, &cases));
            std::panic::catch_unwind(run).map_err(|panic| {
                let text = panic.downcast_ref::<String>().cloned();
                TestCaseError::fail(text.unwrap_or_else(|| "a panic".to_owned()))
            })
        });
        drop(db);
        bed.remove().unwrap();
        if let Err(TestError::Fail(reason, drawn)) = result {
            panic!("seed {seed}: {}\n{drawn:#?}", reason.message());
        }
    }
}
