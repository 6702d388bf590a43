//! What rows are related to.

mod linking;
mod merging;
mod moving;
mod pairs;
mod strategies;

pub(super) fn cases() -> Vec<crate::Case> {
    [
        strategies::cases(),
        linking::cases(),
        moving::cases(),
        pairs::cases(),
        merging::cases(),
    ]
    .concat()
}
