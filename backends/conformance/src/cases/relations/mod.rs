//! What rows are related to.

mod linking;
mod merging;
mod moving;
mod strategies;

pub(super) fn cases() -> Vec<crate::Case> {
    [
        strategies::cases(),
        linking::cases(),
        moving::cases(),
        merging::cases(),
    ]
    .concat()
}
