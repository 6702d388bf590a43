extern crate birgus_core as birgus;

use birgus::prelude::*;

#[derive(Model)]
struct User {
    #[key]
    id: i64,
    #[column(length = 60, unique)]
    email: String,
}

#[derive(Model)]
struct Post {
    #[key]
    id: i64,
    body: String,
}

fn main() {
    let _ = User::insert(User::build().email("s")).on_conflict(Post::id).do_nothing();
}
