extern crate birgus_core as birgus;

use birgus::prelude::*;

#[derive(Model)]
struct User {
    #[key]
    id: i64,
    username: String,
    #[has_many(Post, backref = author)]
    posts: Many<Post>,
}

#[derive(Model)]
struct Post {
    #[key]
    id: i64,
    body: String,
    #[column(references = User::id)]
    author_id: i64,
    #[belongs_to(author_id)]
    author: One<User>,
    #[has_many(Comment)]
    comments: Many<Comment>,
}

#[derive(Model)]
struct Comment {
    #[key]
    id: i64,
    #[column(references = Post::id)]
    post_id: i64,
}

fn add(session: &mut Session, post: Key<Post>, user: Key<User>) {
    session.add(Post::build().body("…").author(user));
    session.add(Post::build().body("…").author(post));
    session.add(Post::build().body("…").author("susan"));
}

fn main() {}
