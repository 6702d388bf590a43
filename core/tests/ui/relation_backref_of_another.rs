extern crate birgus_core as birgus;

use birgus::prelude::*;

#[derive(Model)]
struct User {
    #[key]
    id: i64,
    // It leads to tags.
    #[has_many(Post, by = author_id, backref = tag)]
    posts: Many<Post>,
}

#[derive(Model)]
struct Tag {
    #[key]
    id: i64,
}

#[derive(Model)]
struct Post {
    #[key]
    id: i64,
    #[column(references = User::id)]
    author_id: i64,
    #[column(references = Tag::id)]
    tag_id: i64,
    #[belongs_to(tag_id)]
    tag: One<Tag>,
}

fn main() {}
