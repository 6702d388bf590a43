extern crate birgus_core as birgus;

use birgus::prelude::*;

#[derive(Model)]
#[model(tabel = "users", table = "")]
#[column(length = 5)]
struct User {
    #[key]
    id: i64,
    #[column(lenght = 64)]
    username: String,
    #[column(length = 5, length = 6)]
    email: String,
    #[column(length = 5, scale = 2)]
    age: i32,
    #[model(table = "x")]
    #[column(on_delete = cascade)]
    first: i64,
    #[column(references = User::id, on_delete = cascad, on_update = Utc::now)]
    second: i64,
    #[column(on_update = set_null)]
    third: Option<i64>,
    #[column(references = id)]
    fourth: i64,
}

fn main() {}
