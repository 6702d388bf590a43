extern crate birgus_core as birgus;

use birgus::prelude::*;

#[derive(Model)]
struct Line {
    #[key]
    id: i64,
    quantity: i32,
    #[column(precision = 10, scale = 2)]
    price: Decimal,
    #[column(precision = 18, scale = 2, computed = Self::price * Self::quantity.to_decimal(0))]
    total: Decimal,
}

fn main() {
    // The database computes it: there is nothing to give.
    let _ = Line::build().quantity(1).total(Decimal::ONE);
}
