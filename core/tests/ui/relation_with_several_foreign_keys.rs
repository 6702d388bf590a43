extern crate birgus_core as birgus;

use birgus::prelude::*;

#[derive(Model)]
struct User {
    #[key]
    id: i64,
    #[has_many(Post)]
    posts: Many<Post>,
}

#[derive(Model)]
struct Post {
    #[key]
    id: i64,
    #[column(references = User::id)]
    author_id: i64,
    #[column(references = User::id)]
    editor_id: Option<i64>,
}

#[derive(Model)]
struct Reader {
    #[key]
    id: i64,
    #[many_to_many(Post, through = Review)]
    reviewed: Many<Post>,
}

#[derive(Model)]
struct Review {
    #[key]
    id: i64,
    #[column(references = Reader::id)]
    reader_id: i64,
    #[column(references = Reader::id)]
    guest_id: i64,
    #[column(references = Post::id)]
    post_id: i64,
}

fn main() {}
