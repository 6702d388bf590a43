extern crate birgus_core as birgus;

use birgus::prelude::*;

#[derive(Model)]
struct User {
    id: i64,
    username: String,
}

fn main() {}
