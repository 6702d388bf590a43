extern crate birgus_core as birgus;

use birgus::prelude::*;

#[derive(Model)]
struct Page<T> {
    #[key]
    id: i64,
    content: T,
}

#[derive(Model)]
struct Pair(i64, i64);

#[derive(Model)]
enum Either {
    Left,
    Right,
}

fn main() {}
