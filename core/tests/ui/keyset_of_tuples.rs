//! Pages by a place are pages of whole models.

extern crate birgus_core as birgus;

use birgus::prelude::*;

#[derive(Model)]
pub struct User {
    #[key]
    pub id: i64,
    pub age: Option<i32>,
}

fn main() {
    let _ = User::query().select((User::id, User::age)).keyset(10);
}
