extern crate birgus_core as birgus;

use birgus::prelude::*;

#[derive(Model)]
struct User {
    #[key]
    id: i64,
}

#[derive(Model)]
struct Post {
    #[key]
    id: i64,
    #[column(references = User::id)]
    author_id: String,
}

fn main() {}
