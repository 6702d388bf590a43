extern crate birgus_core as birgus;

use birgus::prelude::*;

#[derive(Model)]
struct Line {
    #[key]
    id: i64,
    quantity: i32,
    note: Option<String>,
    #[column(computed = Self::quantity + 1)]
    name: String,
    #[column(computed = Self::note)]
    text: String,
    #[column(default_sql = "ten")]
    ten: i32,
}

fn main() {}
