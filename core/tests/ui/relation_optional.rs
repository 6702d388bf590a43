extern crate birgus_core as birgus;

use birgus::prelude::*;

#[derive(Model)]
struct User {
    #[key]
    id: i64,
}

#[derive(Model)]
struct Post {
    #[key]
    id: i64,
    #[column(references = User::id)]
    author_id: i64,
    #[column(references = User::id)]
    editor_id: Option<i64>,
    #[belongs_to(author_id)]
    author: One<Option<User>>,
    #[belongs_to(editor_id)]
    editor: One<User>,
}

fn main() {}
