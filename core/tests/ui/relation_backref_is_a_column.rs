extern crate birgus_core as birgus;

use birgus::prelude::*;

#[derive(Model)]
struct User {
    #[key]
    id: i64,
    #[has_many(Post, backref = author_id)]
    posts: Many<Post>,
}

#[derive(Model)]
struct Post {
    #[key]
    id: i64,
    #[column(references = User::id)]
    author_id: i64,
}

fn main() {}
