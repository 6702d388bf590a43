//! The behaviours, a file a subject.

mod dates;
mod errors;
mod inserts;
mod json;
mod keys;
mod pool;
mod queries;
mod raw;
mod schema;
mod session;
mod text;
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
        text::cases(),
        json::cases(),
        dates::cases(),
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
