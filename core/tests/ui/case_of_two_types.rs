extern crate birgus_core as birgus;

use birgus::prelude::*;
use birgus::query::case;

#[derive(Model)]
#[model(register = false)]
struct User {
    #[key]
    id: i64,
    age: i32,
    active: bool,
    #[column(length = 64)]
    username: String,
}

fn main() {
    let _ = User::query().select(case::<String>().when(User::active, "yes").otherwise(0));
}
