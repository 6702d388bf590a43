//! What rows are related to.

mod linking;
mod strategies;

pub(super) fn cases() -> Vec<crate::Case> {
    [strategies::cases(), linking::cases()].concat()
}
