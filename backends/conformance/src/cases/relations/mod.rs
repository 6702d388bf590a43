//! What rows are related to.

mod n_plus_one;
mod strategies;

pub(super) fn cases() -> Vec<crate::Case> {
    [n_plus_one::cases(), strategies::cases()].concat()
}
