extern crate birgus_core as birgus;

use birgus::model::{Hooks, Problems};
use birgus::prelude::*;

#[derive(Model)]
#[model(hooks)]
struct Account {
    #[key]
    id: i64,
    owner: String,
}

impl Hooks for Account {
    fn validate(&self, problems: &mut Problems) {
        if self.owner.is_empty() {
            problems.add(Account::ownr, "is missing");
        }
    }
}

fn main() {}
