//! What rows are related to.

mod linking;
mod n_plus_one;
mod strategies;

pub(super) fn cases() -> Vec<crate::Case> {
    [strategies::cases(), linking::cases(), n_plus_one::cases()].concat()
}
