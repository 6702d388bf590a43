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

fn main() {
    // A relationship of posts in a query for users.
    let _ = User::query().with(Post::author);
    let _ = User::query().with(Post::author.joined());
    // Users have no comments, their posts have.
    let _ = User::query().with(User::posts.with(User::posts));
    // A column is no relationship.
    let _ = Post::query().with(Post::author_id);
}

fn load(mut users: Vec<User>, post: Key<Post>, mut session: Session) -> birgus::Result<()> {
    birgus::load(&mut users, Post::author, &mut session)?;
    session.related(post, User::posts)?;
    Ok(())
}
