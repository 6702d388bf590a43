//! The behaviours, a file a subject.

mod choices;
mod dates;
mod errors;
mod identifiers;
mod insert_select;
mod inserts;
mod keys;
mod naughty;
mod numbers;
mod parity;
mod pool;
mod queries;
mod raw;
mod returning;
mod schema;
mod session;
mod text;
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
        text::cases(),
        dates::cases(),
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
        parity::cases(),
        naughty::cases(),
        identifiers::cases(),
        numbers::cases(),
        choices::cases(),
    ]
    .concat()
    .into_iter()
    .map(|(name, case)| (name.trim_start_matches("birgus_conformance::cases::"), case))
    .collect()
}
