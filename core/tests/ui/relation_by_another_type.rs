extern crate birgus_core as birgus;

use birgus::prelude::*;

#[derive(Model)]
struct User {
    #[key]
    id: i64,
    #[has_many(Post, by = title)]
    posts: Many<Post>,
    #[has_one(Post, by = number)]
    first: One<Option<Post>>,
    #[many_to_many(Post, through = Like, from = note, to = post_id)]
    liked: Many<Post>,
}

#[derive(Model)]
struct Post {
    #[key]
    id: i64,
    title: String,
    number: Option<i32>,
    #[column(references = User::id)]
    author_id: i64,
}

#[derive(Model)]
struct Like {
    #[key]
    #[column(references = User::id)]
    user_id: i64,
    #[key]
    #[column(references = Post::id)]
    post_id: i64,
    note: String,
}

fn main() {}
