//! The behaviours, a file a subject.

mod batches;
mod ctes;
mod errors;
mod inserts;
mod joins;
mod keys;
mod lists;
mod locks;
mod pages;
mod pool;
mod queries;
mod raw;
mod schema;
mod session;
mod sets;
mod subqueries;
mod types;

use crate::Case;

/// Lists functions as cases: `subject::function`.
macro_rules! cases {
    ($($name:ident),* $(,)?) => {
        pub(super) fn cases() -> Vec<crate::Case> {
            vec![$((concat!(module_path!(), "::", stringify!($name)), $name)),*]
        }
    };
}
use cases;

pub(crate) fn all() -> Vec<Case> {
    [
        types::cases(),
        schema::cases(),
        queries::cases(),
        joins::cases(),
        subqueries::cases(),
        sets::cases(),
        ctes::cases(),
        lists::cases(),
        locks::cases(),
        pages::cases(),
        batches::cases(),
        inserts::cases(),
        keys::cases(),
        session::cases(),
        raw::cases(),
        errors::cases(),
        pool::cases(),
    ]
    .concat()
    .into_iter()
    .map(|(name, case)| (name.trim_start_matches("birgus_conformance::cases::"), case))
    .collect()
}
