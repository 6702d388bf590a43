extern crate birgus_core as birgus;

use birgus::prelude::*;

#[derive(Model)]
struct User {
    #[key]
    id: i64,
    #[has_many(Post, by = likes)]
    posts: Many<Post>,
    #[many_to_many(Post, through = Reading, from = times, to = post_id)]
    read: Many<Post>,
}

#[derive(Model)]
struct Post {
    #[key]
    id: i64,
    likes: i64,
    #[column(references = User::id)]
    author_id: i64,
}

#[derive(Model)]
struct Reading {
    #[key]
    #[column(references = User::id)]
    user_id: i64,
    #[key]
    #[column(references = Post::id)]
    post_id: i64,
    times: i64,
}

fn main() {}
