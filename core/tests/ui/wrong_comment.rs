extern crate birgus_core as birgus;

use birgus::prelude::*;

#[derive(Model)]
#[model(comment = true)]
struct User {
    #[key]
    id: i64,
    #[column(comment = 7)]
    username: String,
    #[column(comment)]
    email: String,
    #[column(comment = "")]
    age: i32,
}

fn main() {}
