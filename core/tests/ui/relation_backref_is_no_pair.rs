extern crate birgus_core as birgus;

use birgus::prelude::*;

#[derive(Model)]
struct User {
    #[key]
    id: i64,
    // Many to many beside the foreign key of one.
    #[has_many(Post, by = author_id, backref = readers)]
    posts: Many<Post>,
    // It names another.
    #[has_many(Post, by = editor_id, backref = editor)]
    edited: Many<Post>,
    #[has_one(Post, by = editor_id)]
    last: One<Option<Post>>,
}

#[derive(Model)]
struct Post {
    #[key]
    id: i64,
    #[column(references = User::id)]
    author_id: i64,
    #[column(references = User::id)]
    editor_id: i64,
    #[belongs_to(editor_id, backref = last)]
    editor: One<User>,
    #[many_to_many(User, through = Reading)]
    readers: Many<User>,
}

#[derive(Model)]
struct Reading {
    #[key]
    #[column(references = User::id)]
    user_id: i64,
    #[key]
    #[column(references = Post::id)]
    post_id: i64,
}

fn main() {}
