extern crate birgus_core as birgus;

use birgus::prelude::*;

#[derive(Model)]
#[model(was = "user")]
struct User {
    #[key]
    id: i64,
    #[column(was = "username")]
    username: String,
    #[column(was = "mail", name = "e-mail")]
    email: String,
    #[column(was = "mail")]
    second: Option<String>,
    #[column(was = email)]
    third: Option<String>,
}

#[derive(DbEnum)]
enum Mood {
    #[db(was = "happy")]
    Happy,
    #[db(was = "blue")]
    Sad,
    #[db(name = "low", was = "blue")]
    Down,
    #[db(was = 7)]
    Other,
}

fn main() {}
