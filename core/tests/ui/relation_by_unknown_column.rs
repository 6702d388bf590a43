extern crate birgus_core as birgus;

use birgus::prelude::*;

#[derive(Model)]
struct User {
    #[key]
    id: i64,
    #[has_many(Post, by = autor_id)]
    posts: Many<Post>,
    #[has_many(Post, by = author_id, order_by = Post::titel.asc())]
    ordered: Many<Post>,
}

#[derive(Model)]
struct Post {
    #[key]
    id: i64,
    #[column(references = User::id)]
    author_id: i64,
}

fn main() {}
