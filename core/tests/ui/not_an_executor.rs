extern crate birgus_core as birgus;

use birgus::prelude::*;

#[derive(Model)]
struct User {
    #[key]
    id: i64,
    name: String,
}

fn database(db: Database) -> birgus::Result<Vec<User>> {
    User::query().all(db)
}

fn text(db: &Database) -> birgus::Result<Vec<(i64,)>> {
    birgus::sql("SELECT id FROM user WHERE age > :age").bind("age", 18u8).all(db)
}

fn main() {}
