//! The behaviours, a file a subject.

mod errors;
mod insert_select;
mod inserts;
mod keys;
mod pool;
mod queries;
mod raw;
mod returning;
mod schema;
mod session;
mod types;
mod updates;
mod upsert;

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
        inserts::cases(),
        insert_select::cases(),
        updates::cases(),
        upsert::cases(),
        returning::cases(),
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
