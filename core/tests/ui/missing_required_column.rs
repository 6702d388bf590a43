extern crate birgus_core as birgus;

use birgus::prelude::*;

#[derive(Model)]
struct User {
    #[key]
    id: i64,
    username: String,
    email: String,
}

fn main() {
    let _ = User::insert(User::build().username("susan"));
}
