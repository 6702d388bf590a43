//! What Birgus gives to the tests of other programs.

mod recorded;

pub(super) fn cases() -> Vec<crate::Case> {
    recorded::cases()
}
