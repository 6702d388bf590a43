extern crate birgus_core as birgus;

use birgus::prelude::*;

use birgus::FromRow;

#[derive(FromRow)]
struct Total {
    total: Decimal,
}

fn main() {
    let _ = <Total as FromRow>::from_row;
}
