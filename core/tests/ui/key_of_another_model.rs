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
    author_id: i64,
}

fn add(post: Key<Post>) {
    let _ = Post::build().author_id(post);
}

fn main() {}
