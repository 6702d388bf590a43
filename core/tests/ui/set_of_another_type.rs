extern crate birgus_core as birgus;

use birgus::prelude::*;

#[derive(Model)]
struct Post {
    #[key]
    id: i64,
    body: String,
    likes: i32,
    note: Option<i32>,
}

fn main() {
    let _ = Post::likes.set("many");
    let _ = Post::likes.set(Post::body);
    let _ = Post::likes.set(Post::note);
    let _ = Post::body.set(Post::likes + 1);
}
