//! Names that need quoting work everywhere, or are refused alike.

mod lists;
mod refused;
mod work;

use crate::Case;

pub(super) fn cases() -> Vec<Case> {
    [work::cases(), lists::cases(), refused::cases()].concat()
}
