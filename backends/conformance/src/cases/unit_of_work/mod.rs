//! The session as a unit of work over an identity map.

mod autoflush;
mod binds;
mod cascades;
mod changes;
mod flushes;
mod hooks;
mod identity;
mod merges;
mod nested;
mod set_based;
mod situations;
mod states;
mod versions;

use birgus::prelude::*;

use crate::Case;
use crate::models::User;

pub(super) fn cases() -> Vec<Case> {
    [
        states::cases(),
        situations::cases(),
        identity::cases(),
        flushes::cases(),
        autoflush::cases(),
        nested::cases(),
        merges::cases(),
        versions::cases(),
        cascades::cases(),
        hooks::cases(),
        changes::cases(),
        set_based::cases(),
        binds::cases(),
    ]
    .concat()
}

/// A user of that name.
fn user(name: &str) -> impl NewRow<Model = User> + use<> {
    User::build()
        .username(name)
        .email(format!("{name}@example.com"))
}
