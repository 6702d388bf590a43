extern crate birgus_core as birgus;

use birgus::prelude::*;

#[derive(Model)]
struct User {
    #[key]
    id: i64,
    #[column(deferred)]
    bio: Deferred<String>,
}

#[derive(Model)]
struct Post {
    #[key]
    id: i64,
}

fn main() {
    let _ = User::query().defer(Post::id);
    let _ = User::query().load_only((User::bio, Post::id));
    let _ = User::query().undefer("bio");
    let _ = User::query().select(User::id).defer(User::bio);
    let _ = User::build().bio(5);
    let user = User { id: 1, bio: "short".to_owned() };
}
