//! What rows are related to.

mod strategies;

pub(super) fn cases() -> Vec<crate::Case> {
    [strategies::cases()].concat()
}
