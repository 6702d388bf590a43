extern crate birgus_core as birgus;

use birgus::prelude::*;

#[derive(Model)]
#[model(register = false)]
struct User {
    #[key]
    id: i64,
    age: i32,
    height: f64,
    active: bool,
    #[column(length = 64)]
    username: String,
}

fn main() {
    let _ = User::height.round(2);
}
