extern crate birgus_core as birgus;

use birgus::prelude::*;

#[derive(Model)]
struct Line {
    #[key]
    #[column(computed = Self::quantity)]
    id: i32,
    quantity: i32,
    #[column(computed = Self::quantity, default = 1)]
    first: i32,
    #[column(computed = Self::quantity, on_update = 1)]
    second: i32,
    #[column(computed = Self::quantity, references = Line::id)]
    third: i32,
    #[version]
    #[column(default_sql = 1)]
    version: i32,
    #[column(default_sql = 1, default = 1)]
    fourth: i32,
    #[column(default_sql = 1)]
    fifth: Option<i32>,
}

#[derive(Model)]
struct Other {
    #[key]
    #[column(default_sql = 1)]
    id: i32,
}

fn main() {}
