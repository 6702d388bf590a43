//! The behaviours, a file a subject.

mod aggregates;
mod batches;
mod bulk;
mod choices;
mod computed;
mod ctes;
mod dates;
mod decimals;
mod deferred;
mod errors;
mod few_statements;
mod groups;
mod identifiers;
mod insert_select;
mod inserts;
mod joined_texts;
mod joins;
mod json;
mod keys;
mod lists;
mod locks;
mod naughty;
mod numbers;
mod pages;
mod parity;
mod pool;
mod queries;
mod raw;
mod relations;
mod returning;
mod running;
mod schema;
mod session;
mod sets;
mod subqueries;
mod testing;
mod text;
mod transactions;
mod types;
mod unit_of_work;
mod updates;
mod upsert;
mod windows;

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
        joins::cases(),
        subqueries::cases(),
        sets::cases(),
        ctes::cases(),
        lists::cases(),
        locks::cases(),
        pages::cases(),
        batches::cases(),
        deferred::cases(),
        inserts::cases(),
        insert_select::cases(),
        updates::cases(),
        bulk::cases(),
        few_statements::cases(),
        computed::cases(),
        upsert::cases(),
        relations::cases(),
        returning::cases(),
        keys::cases(),
        session::cases(),
        unit_of_work::cases(),
        transactions::cases(),
        raw::cases(),
        errors::cases(),
        pool::cases(),
        parity::cases(),
        naughty::cases(),
        identifiers::cases(),
        numbers::cases(),
        choices::cases(),
        aggregates::cases(),
        windows::cases(),
        decimals::cases(),
        groups::cases(),
        joined_texts::cases(),
        running::cases(),
        testing::cases(),
    ]
    .concat()
    .into_iter()
    .map(|(name, case)| (name.trim_start_matches("birgus_conformance::cases::"), case))
    .collect()
}
