//! What Birgus gives to the tests of other programs.

mod places;
mod recorded;
mod transaction;

pub(super) fn cases() -> Vec<crate::Case> {
    [recorded::cases(), places::cases(), transaction::cases()].concat()
}
