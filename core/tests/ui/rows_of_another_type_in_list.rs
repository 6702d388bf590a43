//! A tuple of columns is looked for among tuples of their types.

extern crate birgus_core as birgus;

use birgus::prelude::*;

#[derive(Model)]
pub struct Seat {
    #[key]
    #[column(length = 2)]
    pub row: String,
    #[key]
    pub number: i32,
}

fn main() {
    let _ = Seat::query().filter((Seat::row, Seat::number).in_([(1, 1)]));
    let _ = Seat::query().filter((Seat::row, Seat::number).in_(Seat::query().select(Seat::row)));
    let _ = Seat::query().filter_by((Seat::row, Seat::number), ("a", "b"));
}
