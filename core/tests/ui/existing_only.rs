extern crate birgus_core as birgus;

use birgus::prelude::*;

#[derive(Model)]
#[model(check(name = "positive"))]
struct Account {
    #[key(identity)]
    id: i32,
    #[column(default_sql)]
    opened: NaiveDate,
    #[column(computed)]
    total: i64,
    #[column(index = false)]
    name: String,
    #[column(foreign_key = "fk_owner")]
    owner: i64,
}

#[derive(Model)]
#[model(existing)]
struct Seat {
    #[key(order = 2)]
    room: i32,
    #[key]
    number: i32,
}

#[derive(Model)]
#[model(existing)]
struct Row {
    #[key(identity)]
    id: String,
}

fn main() {}
