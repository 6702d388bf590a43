extern crate birgus_core as birgus;

use birgus::prelude::*;

#[derive(Model)]
struct Post {
    #[key]
    id: i64,
    body: String,
    likes: i32,
    note: Option<String>,
}

fn text_into_number(db: &Database) -> birgus::Result<u64> {
    Post::query().select((Post::body, Post::note)).insert_into((Post::likes, Post::note), db)
}

fn maybe_into_required(db: &Database) -> birgus::Result<u64> {
    Post::query().select(Post::note).insert_into(Post::body, db)
}

fn too_few_columns(db: &Database) -> birgus::Result<u64> {
    Post::query().select((Post::body, Post::likes)).insert_into(Post::body, db)
}

fn whole_rows(db: &Database) -> birgus::Result<u64> {
    Post::query().insert_into((Post::body, Post::likes), db)
}

fn main() {}
