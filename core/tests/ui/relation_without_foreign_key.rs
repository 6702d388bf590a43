extern crate birgus_core as birgus;

use birgus::prelude::*;

#[derive(Model)]
struct User {
    #[key]
    id: i64,
    #[has_many(Post)]
    posts: Many<Post>,
    #[has_one(Post)]
    first: One<Option<Post>>,
    #[many_to_many(Post, through = Like)]
    liked: Many<Post>,
}

#[derive(Model)]
struct Post {
    #[key]
    id: i64,
    author_id: i64,
}

// It references users, and no posts.
#[derive(Model)]
struct Like {
    #[key]
    #[column(references = User::id)]
    user_id: i64,
    #[key]
    post_id: i64,
}

fn main() {}
