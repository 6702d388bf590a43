extern crate birgus_core as birgus;

use birgus::prelude::*;

#[derive(Model)]
struct Post {
    #[key]
    id: i64,
}

// No word which relationship it is.
#[derive(Model)]
struct Bare {
    #[key]
    id: i64,
    posts: Many<Post>,
    author: One<Post>,
}

// Columns are no relationships, and one to many is no relationship to one.
#[derive(Model)]
struct Mistyped {
    #[key]
    id: i64,
    #[has_many(Post)]
    posts: Vec<Post>,
    #[belongs_to(post_id)]
    post: Option<Post>,
    #[has_many(Post)]
    others: One<Post>,
    #[has_one(Post)]
    other: Many<Post>,
    #[column(references = Post::id)]
    post_id: i64,
}

#[derive(Model)]
struct User {
    #[key]
    id: i64,
    #[has_many(Post, lazy = eager)]
    eager: Many<Post>,
    #[has_many(Post, back_populates = author)]
    unknown: Many<Post>,
    #[has_one(Post, order_by = Post::id.asc())]
    ordered: One<Post>,
    #[has_many(Post, through = Between)]
    through: Many<Post>,
    #[has_many(Post, lazy = joined, lazy = select)]
    twice: Many<Post>,
    #[has_many(backref = author)]
    nothing: Many<Post>,
    #[many_to_many(Post)]
    between: Many<Post>,
    #[has_many(Post)]
    #[column(unique)]
    column: Many<Post>,
    #[has_many]
    bare: Many<Post>,
    #[has_many(Post, key = name)]
    key: Many<Post>,
}

#[derive(Model)]
struct Comment {
    #[key]
    id: i64,
    post_id: i64,
    #[belongs_to]
    nothing: One<Post>,
    #[belongs_to(post_id)]
    no_key: One<Post>,
    #[belongs_to(autor_id)]
    no_column: One<Post>,
    #[belongs_to(post_id, by = post_id)]
    by: One<Post>,
}

fn main() {}
