extern crate birgus_core as birgus;

use birgus::prelude::*;

#[derive(Model)]
struct Account {
    #[key]
    #[version]
    id: i64,
    #[version]
    version: Option<i32>,
    #[version]
    #[column(default = 7)]
    second: i64,
    #[version(5)]
    third: String,
}

#[derive(Model)]
struct Post {
    #[key]
    id: i64,
    #[column(references = Account::id, cascade = everything)]
    account_id: i64,
    #[column(cascade = delete)]
    likes: i32,
}

fn main() {}
