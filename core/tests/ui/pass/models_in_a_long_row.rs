//! Models that lead to one another in a long row: the compiler must not follow all of them to tell whether one is `Send`.
#![deny(missing_docs)]

extern crate birgus_core as birgus;

use birgus::prelude::*;

macro_rules! row {
    ($name:ident => $next:ident) => {
        /// A model that leads to the next one, and back.
        #[derive(Model, Debug, Clone, PartialEq)]
        pub struct $name {
            /// The key.
            #[key]
            pub id: i64,
            /// The next one's key.
            #[column(references = $next::id)]
            pub next_id: Option<i64>,
            /// The next one.
            #[belongs_to(next_id)]
            pub next: One<Option<$next>>,
        }
    };
    ($name:ident => $next:ident, $($rest:tt)+) => {
        row!($name => $next);
        row!($($rest)+);
    };
}

row!(
    M0 => M1,
    M1 => M2,
    M2 => M3,
    M3 => M4,
    M4 => M5,
    M5 => M6,
    M6 => M7,
    M7 => M8,
    M8 => M9,
    M9 => M10,
    M10 => M11,
    M11 => M12,
    M12 => M13,
    M13 => M14,
    M14 => M15,
    M15 => M16,
    M16 => M17,
    M17 => M18,
    M18 => M19,
    M19 => M20,
    M20 => M21,
    M21 => M22,
    M22 => M23,
    M23 => M0
);

fn main() {
    fn sent<T: Send + Sync>() {}
    sent::<M0>();
}
