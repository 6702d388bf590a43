extern crate birgus_core as birgus;

use birgus::prelude::*;

#[derive(Model)]
#[model(hooks)]
struct Account {
    #[key]
    id: i64,
}

fn main() {}
