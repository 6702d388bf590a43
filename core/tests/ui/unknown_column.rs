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
    let _ = User::nickname.eq("susan");
    let _ = User::build().nickname("susan");
}
