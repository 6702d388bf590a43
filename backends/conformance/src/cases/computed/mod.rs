//! Columns that the database gives values to: computed ones, and defaults by SQL.

mod defaults;
mod operations;
mod refused;
mod session;
mod sets;

use birgus::prelude::*;

pub(super) fn cases() -> Vec<crate::Case> {
    [
        sets::cases(),
        operations::cases(),
        session::cases(),
        defaults::cases(),
        refused::cases(),
    ]
    .concat()
}

/// A line of an order.
#[derive(Model, Debug, Clone, PartialEq)]
#[model(register = false)]
struct Line {
    #[key]
    id: i64,
    #[column(length = 40)]
    item: String,
    quantity: i32,
    #[column(precision = 10, scale = 2)]
    price: Decimal,
    #[column(precision = 18, scale = 2, index, computed = Self::price * Self::quantity.to_decimal(0))]
    total: Decimal,
    #[column(computed = Self::quantity.ge(100))]
    wholesale: bool,
    note: Option<String>,
    #[column(computed = Self::note.length())]
    note_length: Option<i64>,
}

impl Line {
    fn of(item: &str, quantity: i32, cents: i64) -> impl NewRow<Model = Self> {
        (Self::build().item(item).quantity(quantity)).price(Decimal::new(cents, 2))
    }
}

/// What is computed of two columns names the row.
#[derive(Model, Debug, Clone, PartialEq)]
#[model(register = false, check(other, Self::label.ne("9/9")))]
struct Seat {
    #[key]
    room: i32,
    #[key]
    number: i32,
    #[column(length = 20, unique, computed = Self::room.to_text().concat("/").concat(Self::number.to_text()))]
    label: String,
}

fn euros(cents: i64) -> Decimal {
    Decimal::new(cents, 2)
}
