//! What rows are related to.

mod contains;
mod defaults;
mod fields;
mod filters;
mod given;
mod keys;
mod kinds;
mod lazy;
mod limits;
mod linking;
mod merging;
mod misuse;
mod moving;
mod n_plus_one;
mod nested;
mod pairs;
mod shapes;
mod stock;
mod strategies;
mod trees;

use birgus::model::Model;
use birgus::prelude::*;

use crate::watch::statements;

pub(super) fn cases() -> Vec<crate::Case> {
    [
        contains::cases(),
        defaults::cases(),
        fields::cases(),
        filters::cases(),
        given::cases(),
        keys::cases(),
        kinds::cases(),
        lazy::cases(),
        limits::cases(),
        linking::cases(),
        merging::cases(),
        moving::cases(),
        misuse::cases(),
        n_plus_one::cases(),
        nested::cases(),
        pairs::cases(),
        shapes::cases(),
        strategies::cases(),
        trees::cases(),
    ]
    .concat()
}

/// The rows of a query, which is sent in so many statements.
fn rows<M: Model>(count: usize, query: &Query<M>, db: &Database) -> Vec<M> {
    let mut found = Vec::new();
    let sent = statements(|| found = query.clone().all(db).unwrap());
    assert_eq!(sent.len(), count, "{query:?}: {sent:#?}");
    found
}

/// The names of some rows.
fn names<'a, M>(rows: &'a [M], name: impl Fn(&'a M) -> &'a str) -> Vec<&'a str> {
    rows.iter().map(name).collect()
}
