extern crate birgus_core as birgus;

use birgus::prelude::*;

#[derive(Model)]
struct User {
    #[key]
    id: i64,
    // The field holds other rows than the attribute names.
    #[has_many(Post)]
    posts: Many<Comment>,
}

#[derive(Model)]
struct Post {
    #[key]
    id: i64,
    #[column(references = User::id)]
    author_id: i64,
    // The foreign key references users.
    #[belongs_to(author_id)]
    author: One<Comment>,
}

#[derive(Model)]
struct Comment {
    #[key]
    id: i64,
    #[column(references = User::id)]
    user_id: i64,
}

#[derive(Model)]
struct Tag {
    #[key]
    id: i64,
    // No model at all.
    #[has_many(Text)]
    texts: Many<Text>,
}

struct Text;

fn main() {}
