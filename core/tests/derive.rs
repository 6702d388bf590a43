#![forbid(unsafe_code)]
extern crate birgus_core as birgus;
use birgus::prelude::*;

#[derive(Model, Debug)]
pub struct User {
    #[key]
    pub id: i64,
    /// What they are called.
    #[column(length = 64, unique)]
    pub username: String,
    #[column(length = 120, unique)]
    pub email: String,
    #[column(default = Utc::now)]
    pub joined: DateTime<Utc>,
}

#[derive(Model, Debug)]
pub struct Post {
    #[key]
    pub id: i64,
    #[column(length = 140)]
    pub body: String,
    #[column(references = User::id, on_delete = cascade)]
    pub author_id: i64,
}

fn add(row: impl NewRow) {
    let _ = row.into_draft();
}

#[test]
fn works() {
    println!("{:#?}", User::info().to_table().unwrap());
    add(User::build().username("x").email("y"));
    add(Post::build().body("x").author_id(5));
}
