extern crate birgus_core as birgus;

use birgus::prelude::*;

#[derive(Model)]
#[model(
    unique(id, nmae),
    index(name, name),
    foreign_key(columns(id), references(User::id, User::name)),
    check(Self::id.gt(0))
)]
struct User {
    #[key]
    id: i64,
    name: String,
    #[column(name = "name")]
    other: String,
    query: String,
}

fn main() {}
