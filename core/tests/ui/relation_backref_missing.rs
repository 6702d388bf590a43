extern crate birgus_core as birgus;

use birgus::prelude::*;

#[derive(Model)]
struct User {
    #[key]
    id: i64,
    #[has_many(Post, backref = author)]
    posts: Many<Post>,
}

#[derive(Model)]
struct Post {
    #[key]
    id: i64,
    #[column(references = User::id)]
    author_id: i64,
    #[column(references = User::id)]
    editor_id: i64,
    #[belongs_to(editor_id, backref = edited)]
    editor: One<User>,
}

fn main() {}
