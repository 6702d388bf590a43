extern crate birgus_core as birgus;

use birgus::prelude::*;

#[derive(Model)]
struct User {
    #[key]
    id: i64,
    username: String,
    email: String,
}

#[derive(Model)]
struct Post {
    #[key]
    id: i64,
    body: String,
}

fn change(db: &Database) -> birgus::Result<u64> {
    User::query().update([Post::body.set("gone")], db)
}

fn main() {}
