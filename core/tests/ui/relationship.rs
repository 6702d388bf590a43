extern crate birgus_core as birgus;

use birgus::prelude::*;

#[derive(Model)]
struct User {
    #[key]
    id: i64,
    #[has_many(Post)]
    posts: Vec<u8>,
}

fn main() {}
